"""By hand: the five reports that read payments, stock, parcels, carts and the fund, by the shop's indexes."""

from collections import Counter
from typing import Any

from bench.reports.by_hand import Asked, ByHand, Figures
from models.entitlement import EntitlementStatus
from models.fund_ledger import GIFTS
from models.inventory import InventoryMove
from models.order import OrderStatus
from models.payment import PaymentStatus
from models.session import SessionState
from models.shipment import ShipmentStatus
from services.reports.contract import ReportType

_SENT = [
    OrderStatus.PAID,
    OrderStatus.FULFILLING,
    OrderStatus.SHIPPED,
    OrderStatus.COMPLETE,
    OrderStatus.PARTIALLY_REFUNDED,
]


def _known(field: str) -> dict[str, Any]:
    return {"$gt": [f"${field}", None]}


def _took(begin: str, end: str) -> dict[str, Any]:
    return {"$max": [0, {"$subtract": [f"${end}", f"${begin}"]}]}


class Payments(ByHand):
    """Sums by method."""

    type = ReportType.PAYMENT_METHODS

    async def figures(self, asked: Asked) -> Figures:
        """Begun, confirmed and how much, how long that took, rejected, expired and underpaid by method."""
        where = {**asked.money, "createdAt": asked.period.within, "amountCents": {"$gt": 0}}
        confirmed = _known("confirmedAt")
        sums = {
            "_id": "$method",
            "begun": {"$sum": 1},
            "confirmed": {"$sum": {"$cond": [confirmed, 1, 0]}},
            "cents": {"$sum": {"$cond": [confirmed, "$amountCents", 0]}},
            "waited": {"$sum": {"$cond": [confirmed, _took("createdAt", "confirmedAt"), 0]}},
            "rejected": {"$sum": {"$cond": [_known("rejectedAt"), 1, 0]}},
            "expired": {"$sum": {"$cond": [{"$eq": ["$status", PaymentStatus.EXPIRED]}, 1, 0]}},
        }
        short = {**where, "history.what": "underpaid"}
        found = await asked.rows("payments", {"$match": where}, {"$group": sums})
        by_method = {"_id": "$method", "n": {"$sum": 1}}
        few = await asked.rows("payments", {"$match": short}, {"$group": by_method})
        underpaid = {row["_id"]: row["n"] for row in few}
        return {
            row["_id"]: (
                *(row["begun"], row["confirmed"], row["cents"]),
                round(row["waited"] / row["confirmed"] / 3_600_000, 2),
                *(_share(row[name], row["begun"]) for name in ("rejected", "expired")),
                _share(underpaid.get(row["_id"], 0), row["begun"]),
            )
            for row in found
        }

    def told(self, result: Any) -> Figures:
        """All of it."""
        return {
            each.method: (
                *(each.begun, each.confirmed, each.confirmed_cents, each.hours_to_confirm),
                *(each.rejected_pct, each.expired_pct, each.underpaid_pct),
            )
            for each in result.methods
        }


class Stock(ByHand):
    """What was sold, and every movement there ever was, against what is there."""

    type = ReportType.INVENTORY_HEALTH

    async def figures(self, asked: Asked) -> Figures:
        """Name, stock, sold and drift by product."""
        sale = {**asked.mine, "createdAt": asked.period.within, "type": InventoryMove.SALE}
        sold = {"_id": "$productId", "units": {"$sum": "$quantityDelta"}}
        counted = {**asked.money, "inventoryTracked": True}
        stock = {"_id": 0, "productId": 1, "quantityAvailable": 1, "quantityReserved": 1}
        products = await asked.found("products", counted, {"name": 1, "costCents": 1})
        snapshots = await asked.found("inventorysnapshots", asked.mine, stock)
        sales = await asked.rows("inventorytransactions", {"$match": sale}, {"$group": sold})
        ledger = await self._ledger(asked, [str(row["_id"]) for row in products])
        there = {row["productId"]: (row["quantityAvailable"], row["quantityReserved"]) for row in snapshots}
        units = {row["_id"]: -row["units"] for row in sales}
        figures: Figures = {}
        for row in products:
            key = str(row["_id"])
            available, reserved = there[key]
            # What is on its way out is in neither: a sale takes from what is held, not from what is there.
            drift = 0 if asked.compared else available + reserved - ledger[key]
            figures[key] = (row["name"], available, reserved, units.get(key, 0), drift)
        return figures

    async def _ledger(self, asked: Asked, keys: list[str]) -> Counter[str]:
        told = Counter[str]()
        if asked.compared:
            return told
        by_type = {"_id": {"product": "$productId", "type": "$type"}, "n": {"$sum": "$quantityDelta"}}
        settled = {**asked.mine, "productId": {"$in": keys}, "settled": True}
        held = {InventoryMove.RESERVE, InventoryMove.RELEASE}
        for row in await asked.rows("inventorytransactions", {"$match": settled}, {"$group": by_type}):
            if row["_id"]["type"] not in held:  # these two only move pieces from one pile to the other
                told[row["_id"]["product"]] += row["n"]
        return told

    def told(self, result: Any) -> Figures:
        """All of it."""
        return {
            each.product_id: (each.name, each.available, each.reserved, each.units_sold, each.drift)
            for each in result.products
        }


class Parcels(ByHand):
    """Sums by day of what left and of what came."""

    type = ReportType.FULFILLMENT_PERFORMANCE

    async def figures(self, asked: Asked) -> Figures:
        """How many and how long by day, failures, and how many wait."""
        now = asked.now
        failed = {**asked.mine, "createdAt": asked.period.within}
        waiting = {**asked.mine, "awaitsParcel": True, "status": {"$in": _SENT}, "paidAt": {"$lte": now}}
        lost = await self._count(asked, "shipments", {**failed, "status": ShipmentStatus.EXCEPTION})
        undone = await self._count(asked, "entitlements", {**failed, "status": EntitlementStatus.FAILED})
        every = [await self._oldest(asked, *of) for of in (("orders", "paidAt", waiting), self._owed(asked))]
        return {
            "sent": await self._by_day(asked, "paidAt", "shippedAt"),
            "came": await self._by_day(asked, "shippedAt", "deliveredAt"),
            "failed": (lost, undone),
            "waiting": sum(many for many, _ in every),
        }

    def _owed(self, asked: Asked) -> tuple[str, str, dict[str, Any]]:
        late = {"status": EntitlementStatus.PENDING, "createdAt": {"$lte": asked.now}}
        where = {**asked.mine, "$or": [{"status": EntitlementStatus.FAILED}, late]}
        return "entitlements", "createdAt", where

    async def _by_day(self, asked: Asked, begin: str, end: str) -> Figures:
        known = _known(begin)
        sums = {
            "_id": asked.period.day(end),
            "count": {"$sum": 1},
            "timed": {"$sum": {"$cond": [known, 1, 0]}},
            "took": {"$sum": {"$cond": [known, _took(begin, end), 0]}},
        }
        where = {**asked.mine, end: asked.period.within}
        found = await asked.rows("shipments", {"$match": where}, {"$group": sums})
        return {
            asked.period.day_of(row["_id"]): (row["count"], round(row["took"] / row["timed"] / 3_600_000, 2))
            for row in found
        }

    async def _count(self, asked: Asked, collection: str, where: dict[str, Any]) -> int:
        return await asked.database[collection].count_documents(where)

    async def _oldest(self, asked: Asked, name: str, at: str, where: dict[str, Any]) -> tuple[int, Any]:
        if asked.compared:
            return 0, None
        oldest = await asked.database[name].find_one(where, {"_id": 0, at: 1}, sort=[(at, 1)])
        return await self._count(asked, name, where), oldest and oldest[at]

    def told(self, result: Any) -> Figures:
        """All but the age of what waits, which grows."""
        return {
            "sent": {day.date: (day.shipped, day.hours_to_ship) for day in result.days if day.shipped},
            "came": {day.date: (day.delivered, day.hours_to_deliver) for day in result.days if day.delivered},
            "failed": (result.failed_parcels, result.failed_deliveries),
            "waiting": result.waiting,
        }


class Carts(ByHand):
    """Counts by step and state."""

    type = ReportType.CHECKOUT_FUNNEL

    async def figures(self, asked: Asked) -> Figures:
        """All carts, those that were ordered and left, and those left by step."""
        where = {**asked.mine, "createdAt": asked.period.within}
        group = {"_id": {"step": "$step", "state": "$state"}, "n": {"$sum": 1}}
        figures = Counter[Any]()
        for row in await asked.rows("ordersessions", {"$match": where}, {"$group": group}):
            figures[row["_id"]["state"]] += row["n"]
            if row["_id"]["state"] == SessionState.EXPIRED:
                figures[row["_id"]["step"]] += row["n"]
        return figures

    def told(self, result: Any) -> Figures:
        """Those that are not 0."""
        steps = {each.step: each.left for each in result.steps if each.left}
        return {SessionState.SUBMITTED: result.ordered, SessionState.EXPIRED: result.abandoned, **steps}


class Fund(ByHand):
    """Sums by day, on what was there before."""

    type = ReportType.COMMUNITY_FUND

    async def figures(self, asked: Asked) -> Figures:
        """In and out by day, the balance, gifts and donors."""
        before = {**asked.money, "at": {"$lt": asked.period.start}}
        within = {**asked.money, "at": asked.period.within}
        total = {"_id": None, "n": {"$sum": "$amountCents"}}
        sums = {
            "_id": asked.period.day("at"),
            "came": {"$sum": {"$cond": [{"$in": ["$move", sorted(GIFTS)]}, "$amountCents", 0]}},
            "moved": {"$sum": "$amountCents"},
        }
        kept = {"$cond": [_known("returnedAt"), 0, 1]}
        gifts = (
            {"$match": {**asked.money, "createdAt": asked.period.within}},
            {"$group": {"_id": "$customerId", "gifts": {"$sum": kept}}},
            {"$match": {"gifts": {"$gt": 0}}},
            {"$group": {"_id": None, "gifts": {"$sum": "$gifts"}, "donors": {"$sum": 1}}},
        )
        opened = await asked.rows("fundentries", {"$match": before}, {"$group": total})
        days = await asked.rows("fundentries", {"$match": within}, {"$group": sums})
        givers = await asked.rows("communityfundcontributions", *gifts)
        balance = sum(row["n"] for row in opened) + sum(row["moved"] for row in days)
        by_day = {asked.period.day_of(row["_id"]): (row["came"], row["came"] - row["moved"]) for row in days}
        people = [(row["gifts"], row["donors"]) for row in givers]
        return {"days": by_day, "balance": balance, "people": people}

    def told(self, result: Any) -> Figures:
        """The days on which something moved, and the sums."""
        moved = {
            day.date: (day.in_cents, day.out_cents) for day in result.days if day.in_cents or day.out_cents
        }
        people = [(result.gifts, result.donors)] if result.gifts else []
        return {"days": moved, "balance": result.balance_cents, "people": people}


def _share(part: int, whole: int) -> float:
    return round(part * 100 / whole, 1)


OTHERS: tuple[ByHand, ...] = (Payments(), Stock(), Parcels(), Carts(), Fund())
