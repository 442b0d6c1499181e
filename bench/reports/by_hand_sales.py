"""By hand: the five reports that read orders."""

from collections import Counter
from typing import Any, ClassVar

from bson import ObjectId

from bench.reports.by_hand import Asked, ByHand, Figures, Own
from models.base import dated, index
from services.reports.contract import ReportType
from services.reports.period import HOUR_MS, Period
from services.time_zones import zone

_SOLD = {"$subtract": ["$subtotalCents", "$discountAmountCents"]}
_BACK = {"$ifNull": ["$refundedGoodsCents", {"$min": [_SOLD, "$refundedCents"]}]}
_REVENUE = {"$subtract": [_SOLD, _BACK]}
_FIRST = ("tenantId", "currency", "isGift", "paidAt")
_MONEY = ("subtotalCents", "discountAmountCents", "refundedGoodsCents", "refundedCents")


def _own(*fields: str) -> Own:
    return Own("orders", index(*_FIRST, *fields, only=dated("paidAt")))


def _paid(asked: Asked) -> dict[str, Any]:
    return {**asked.money, "paidAt": asked.period.within, "isGift": False}


class Revenue(ByHand):
    """A sum a day."""

    type = ReportType.REVENUE_OVERVIEW
    own: ClassVar[Own] = _own(*_MONEY, "taxAmountCents", "shippingCostCents")

    async def figures(self, asked: Asked) -> Figures:
        """Revenue, orders, sold, given back, tax and shipping by day."""
        sums = {
            "orders": {"$sum": 1},
            "subtotal": {"$sum": "$subtotalCents"},
            "discount": {"$sum": "$discountAmountCents"},
            "back": {"$sum": _BACK},
            "tax": {"$sum": "$taxAmountCents"},
            "shipping": {"$sum": "$shippingCostCents"},
        }
        group = {"$group": {"_id": asked.period.day("paidAt"), **sums}}
        found = await asked.rows("orders", {"$match": _paid(asked)}, group, hint=self.hint)
        return {
            asked.period.day_of(row["_id"]): (
                row["subtotal"] - row["discount"] - row["back"],
                *(row["orders"], row["subtotal"] - row["discount"], row["back"]),
                *(row["tax"], row["shipping"]),
            )
            for row in found
        }

    def told(self, result: Any) -> Figures:
        """The days on which something was sold."""
        return {
            day.date: (
                *(day.revenue_cents, day.order_count, apart.sold_cents),
                *(apart.refunded_cents, apart.tax_cents, apart.shipping_cents),
            )
            for day, apart in zip(result.daily_breakdown, result.apart, strict=True)
            if day.order_count
        }


class Velocity(ByHand):
    """A count an hour."""

    type = ReportType.SALES_VELOCITY
    own: ClassVar[Own] = _own()

    async def figures(self, asked: Asked) -> Figures:
        """Orders by day, and by hour of the week."""
        group = {"$group": {"_id": asked.period.hour("paidAt"), "orders": {"$sum": 1}}}
        figures = Counter[Any]()
        for row in await asked.rows("orders", {"$match": _paid(asked)}, group, hint=self.hint):
            day, hour = asked.period.day_of(row["_id"]), int(row["_id"] // HOUR_MS) % 24
            figures[day] += row["orders"]
            figures[day.weekday(), hour] += row["orders"]
        return figures

    def told(self, result: Any) -> Figures:
        """Those that are not 0."""
        grid = {(d, h): n for d, row in enumerate(result.dow_heatmap) for h, n in enumerate(row) if n}
        return grid | {day.date: day.order_count for day in result.orders_per_day if day.order_count}


class Products(ByHand):
    """Sums of lines: no index can hold them, for it would have an entry for each."""

    type = ReportType.PRODUCT_PERFORMANCE
    own: ClassVar[Own] = _own()

    async def figures(self, asked: Asked) -> Figures:
        """Name, revenue, pieces and orders by product."""
        line = {
            "$subtract": [
                {"$multiply": ["$items.quantity", "$items.unitPriceCents"]},
                {"$add": ["$items.discountCents", {"$ifNull": ["$items.refundedCents", 0]}]},
            ]
        }
        sums = {
            "revenue": {"$sum": line},
            "units": {"$sum": {"$subtract": ["$items.quantity", "$items.refundedQuantity"]}},
            "orders": {"$sum": 1},
            "last": {"$max": "$paidAt"},
        }
        group = {"$group": {"_id": "$items.productId", **sums}}
        on_sale = {**asked.money, "isActive": True}
        sold = await asked.rows(
            "orders", {"$match": _paid(asked)}, {"$unwind": "$items"}, group, hint=self.hint
        )
        known = await asked.found("products", on_sale, {"name": 1})
        names = {str(row["_id"]): row["name"] for row in known}
        figures: Figures = {key: (name, 0, 0, 0) for key, name in names.items()}
        for row in sold:
            name = names.get(row["_id"]) or await self._was_called(asked, row)
            figures[row["_id"]] = (name, row["revenue"], row["units"], row["orders"])
        return figures

    async def _was_called(self, asked: Asked, row: dict[str, Any]) -> str:
        where = {**_paid(asked), "paidAt": row["last"], "items.productId": row["_id"]}
        order = await asked.database["orders"].find_one(where, {"items": 1}, hint=self.hint)
        assert order is not None
        return str(next(each["name"] for each in order["items"] if each["productId"] == row["_id"]))

    def told(self, result: Any) -> Figures:
        """All of it."""
        return {
            each.product_id: (each.name, each.revenue_cents, each.units_sold, each.order_count)
            for each in result.products
        }


class Customers(ByHand):
    """Sums by customer over all time."""

    type = ReportType.CUSTOMER_INSIGHTS
    own: ClassVar[Own] = _own("customerId", *_MONEY)

    async def figures(self, asked: Asked) -> Figures:
        """How many are new and came again, who spent most, and months by their newcomers."""
        start = asked.period.start
        here = {"$gte": ["$paidAt", start]}
        where = {**_paid(asked), "paidAt": {**dated("paidAt")["paidAt"], "$lt": asked.period.end}}
        oldest = await self._oldest(asked, where)
        customer = {
            "_id": "$customerId",
            "first": {"$min": "$paidAt"},
            "all": {"$sum": 1},
            "life": {"$sum": _REVENUE},
            "orders": {"$sum": {"$cond": [here, 1, 0]}},
            "revenue": {"$sum": {"$cond": [here, _REVENUE, 0]}},
        }
        totals = {
            "_id": None,
            "customers": {"$sum": 1},
            "new": {"$sum": {"$cond": [{"$gte": ["$first", start]}, 1, 0]}},
            "repeat": {"$sum": {"$cond": [{"$gt": ["$all", 1]}, 1, 0]}},
        }
        month = {"_id": oldest.day("first"), "customers": {"$sum": 1}, "life": {"$sum": "$life"}}
        buying = {"$match": {"orders": {"$gt": 0}}}
        facets = {
            "totals": [buying, {"$group": totals}],
            "top": [buying, {"$sort": {"revenue": -1, "_id": 1}}, {"$limit": 25}],
            "months": [{"$group": month}],
        }
        steps = ({"$match": {**where, "customerId": {"$gt": ""}}}, {"$group": customer}, {"$facet": facets})
        [found] = await asked.rows("orders", *steps, hint=self.hint)
        names = await self._names(asked, found["top"])
        cohorts = dict[str, tuple[int, int]]()
        for row in found["months"]:
            name = f"{oldest.day_of(row['_id']):%Y-%m}"
            people, life = cohorts.get(name, (0, 0))
            cohorts[name] = people + row["customers"], life + row["life"]
        counts = [(row["customers"], row["new"], row["repeat"]) for row in found["totals"]]
        top = [(names[row["_id"]], row["orders"], row["revenue"], row["life"]) for row in found["top"]]
        return {"totals": counts, "top": top, "cohorts": cohorts}

    async def _oldest(self, asked: Asked, where: dict[str, Any]) -> Period:
        """All days since the first order."""
        sort = [(name, 1) for name in _FIRST]
        row = await asked.database["orders"].find_one(
            where, {"_id": 0, "paidAt": 1}, sort=sort, hint=self.hint
        )
        assert row is not None
        first = row["paidAt"].astimezone(zone(asked.period.zone)).date()
        return Period(first, asked.period.last, asked.period.zone)

    async def _names(self, asked: Asked, top: list[dict[str, Any]]) -> dict[str, str]:
        ids = [ObjectId(row["_id"]) for row in top]
        where = {**asked.mine, "_id": {"$in": ids}}
        found = await asked.found("customers", where, {"discordDisplayName": 1})
        return {str(row["_id"]): row["discordDisplayName"] for row in found}

    def told(self, result: Any) -> Figures:
        """All of it."""
        return {
            "totals": [(result.customers, result.new_customers, result.repeat_customers)],
            "top": [
                (each.name, each.order_count, each.revenue_cents, each.lifetime_cents)
                for each in result.top_spenders
            ],
            "cohorts": {each.month: (each.customers, each.lifetime_cents) for each in result.cohorts},
        }


class Discounts(ByHand):
    """Sums by discount; the shop's own index holds no more than they need."""

    type = ReportType.DISCOUNT_PERFORMANCE

    async def figures(self, asked: Asked) -> Figures:
        """Name, uses, revenue and cost by discount."""
        where = {**asked.money, "paidAt": asked.period.within, "discountId": {"$gt": ""}}
        sums = {
            "uses": {"$sum": 1},
            "revenue": {"$sum": _REVENUE},
            "cost": {"$sum": "$discountAmountCents"},
        }
        steps = ({"$match": where}, {"$group": {"_id": "$discountId", **sums}})
        found = await asked.rows("orders", *steps)
        known = await asked.found("discounts", asked.mine, {"label": 1})
        names = {str(row["_id"]): row["label"] for row in known}
        return {row["_id"]: (names[row["_id"]], row["uses"], row["revenue"], row["cost"]) for row in found}

    def told(self, result: Any) -> Figures:
        """All of it."""
        return {
            each.discount_id: (each.name, each.uses, each.revenue_cents, each.cost_cents)
            for each in result.discounts
        }


SALES: tuple[ByHand, ...] = (Revenue(), Velocity(), Products(), Customers(), Discounts())
