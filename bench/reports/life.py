"""The life of a large shop, order by order, as raw documents: the same one every time."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from bson import ObjectId

from bench.reports import blank
from bench.reports.blank import Row
from bench.reports.trader import DISCOUNTS, GONE, PERIOD, PRODUCTS, STOCK, Kind, Rows, Trader, key
from models.entitlement import EntitlementStatus
from models.inventory import InventoryMove
from models.order import OrderStatus
from models.payment import PaymentStatus
from models.payment_method import PaymentMethod
from models.session import SessionState, SessionStep
from models.shipment import ShipmentStatus
from services.reports.period import Period

_METHODS = (PaymentMethod.VENMO, PaymentMethod.PAYPAL, PaymentMethod.CASHAPP_PAY, PaymentMethod.ZELLE)
_STEPS = tuple(SessionStep)
# Of all orders.
_UNPAID, _SHIPS, _OFF, _BACK, _GIVES = 0.08, 0.35, 0.15, 0.03, 0.05
_HOUR = timedelta(hours=1)
_COLLECTIONS = (
    *("orders", "payments", "ordersessions", "shipments", "inventorytransactions", "entitlements"),
    *("communityfundcontributions", "fundentries"),
)


class Days:
    """The life of a shop, order by order; `sold` counts what left its shelves."""

    def __init__(self, trader: Trader) -> None:
        self.trader = trader
        self.sold = dict.fromkeys(range(GONE, PRODUCTS), 0)
        self._random = random.Random(trader.number)  # noqa: S311 - the same shop every time
        # Their records are told from those that were there before by the number.
        self._serial = 1000

    def portions(self, size: int) -> Iterator[Rows]:
        """Everything that came about, some orders at a time."""
        yield from self._year(PERIOD.before, self.trader.orders // 10, size)
        yield from self._year(PERIOD, self.trader.orders, size)
        stocked = [
            {**blank.SNAPSHOT, **self.trader.of(Kind.SNAPSHOT, n), "productId": self.trader.product(n)}
            | {"quantityAvailable": STOCK - many}
            for n, many in sorted(self.sold.items())
            if n >= GONE
        ]
        yield {"inventorysnapshots": stocked}

    def _year(self, period: Period, orders: int, size: int) -> Iterator[Rows]:
        step = (period.end - period.start) / max(orders, 1)
        for first in range(0, orders, size):
            rows: Rows = {name: [] for name in _COLLECTIONS}
            for n in range(first, min(first + size, orders)):
                # An order belongs to its own moment; it may be some hours off, for people sleep.
                at = period.start + step * (n + self._random.random())
                self._order(rows, at)
            yield rows

    def _order(self, rows: Rows, at: datetime) -> None:
        self._serial += 1
        _Story(self, self._serial, at, self._random.random).tell(rows)


@dataclass
class _Story:
    """One order with everything that hangs on it."""

    days: Days
    serial: int
    at: datetime
    chance: Callable[[], float]

    def tell(self, rows: Rows) -> None:
        ships = self.chance() < _SHIPS
        paid = self.chance() >= _UNPAID
        lines = self._lines(ships=ships)
        self._ordered(rows, lines, ships=ships, paid=paid)
        self._carts(rows, paid=paid)
        if not paid:
            return
        if ships:
            self._sent(rows, lines)
        else:
            self._handed_over(rows, lines)
        if self.chance() < _GIVES:
            self._gave(rows)

    @cached_property
    def person(self) -> int:
        return int(self.chance() ** 2 * self.days.trader.people)

    @cached_property
    def paid_at(self) -> datetime:
        return self.at + _HOUR * (self.chance() * 2)

    @cached_property
    def key(self) -> str:
        return key(self.days.trader.number, Kind.ORDER, self.serial)

    def _of(self, kind: Kind, part: int = 0) -> Row:
        trader = self.days.trader
        return {**trader.of(kind, self.serial * 4 + part), "createdAt": self.at, "updatedAt": self.at}

    def _lines(self, *, ships: bool) -> list[Row]:
        found = list[Row]()
        for _ in range(1 + int(self.chance() * 2)):
            n = int(self.chance() ** 2 * PRODUCTS)
            n -= n % 3 if ships else 0
            n += (n % 3 == 0) if not ships else 0
            n %= PRODUCTS
            name = {"productId": self.days.trader.product(n), "sku": f"T{n}", "name": f"Thing {n}"}
            quantity = 1 + int(self.chance() * 2)
            line = {
                **blank.ITEM,
                **name,
                "quantity": quantity,
                "unitPriceCents": 500 + 10 * n,
                "isDigital": not ships,
            }
            if all(line["productId"] != other["productId"] for other in found):
                found.append(line)
        return found

    def _ordered(self, rows: Rows, lines: list[Row], *, ships: bool, paid: bool) -> None:
        subtotal = sum(line["quantity"] * line["unitPriceCents"] for line in lines)
        off: Row = {}
        if self.chance() < _OFF:
            n = int(self.chance() * DISCOUNTS)
            for line in lines:
                line["discountCents"] = line["quantity"] * line["unitPriceCents"] // 10
            cents = sum(line["discountCents"] for line in lines)
            off = {"discountId": key(self.days.trader.number, Kind.DISCOUNT, n), "discountCode": f"OFF{n}"}
            off["discountAmountCents"] = cents
        tax, shipping = subtotal // 20, 450 if ships else 0
        total = subtotal - off.get("discountAmountCents", 0) + tax + shipping
        back = self._given_back(lines) if paid and self.chance() < _BACK else {}
        person = self.person
        method = _METHODS[int(self.chance() ** 2 * len(_METHODS))]
        order = {
            **blank.ORDER,
            **self._of(Kind.ORDER),
            "_id": ObjectId(self.key),
            "orderNumber": f"S-{self.serial}",
            **off,
            **back,
        }
        order |= {
            "items": lines,
            "subtotalCents": subtotal,
            "taxAmountCents": tax,
            "shippingCostCents": shipping,
            "totalCents": total,
            "customerId": key(self.days.trader.number, Kind.CUSTOMER, person),
            "customer": {
                **blank.ORDER["customer"],
                "discordId": str(10**17 + person),
                "discordUsername": f"user{person}",
            },
            "paymentMethod": method,
            "paymentId": key(self.days.trader.number, Kind.PAYMENT, self.serial * 4),
        }
        if paid:
            order |= {"status": OrderStatus.COMPLETE, "paidAt": self.paid_at}
        else:
            order |= {"status": OrderStatus.CANCELLED, "cancelledAt": self.at}
        rows["orders"].append(order)
        self._money(rows, method, total, paid=paid)

    @staticmethod
    def _given_back(lines: list[Row]) -> Row:
        line = lines[0]
        cents = line["quantity"] * line["unitPriceCents"] - line["discountCents"]
        for other in lines:
            other["refundedCents"] = 0
        line["refundedCents"], line["refundedQuantity"] = cents, line["quantity"]
        return {"refundedGoodsCents": cents, "refundedCents": cents + cents // 20}

    def _money(self, rows: Rows, method: str, total: int, *, paid: bool) -> None:
        payment = {
            **blank.PAYMENT,
            **self._of(Kind.PAYMENT),
            "orderId": self.key,
            "orderNumber": f"S-{self.serial}",
        }
        payment |= {"method": method, "amountCents": total}
        if paid:
            payment |= {"status": PaymentStatus.CONFIRMED, "confirmedAt": self.paid_at}
        elif self.chance() < 0.25:
            payment |= {"status": PaymentStatus.REJECTED, "rejectedAt": self.paid_at}
        else:
            payment["status"] = PaymentStatus.EXPIRED
            if self.chance() < 0.1:
                payment["history"] = [blank.UNDERPAID]
        rows["payments"].append(payment)

    def _carts(self, rows: Rows, *, paid: bool) -> None:
        who = str(10**17 + self.person)
        done = {"state": SessionState.SUBMITTED, "step": SessionStep.REVIEW, "submittedOrderId": self.key}
        rows["ordersessions"].append(
            {**blank.SESSION, **self._of(Kind.SESSION), "discordUserId": who, **done}
        )
        if paid and self.chance() < 0.5:
            step = _STEPS[int(self.chance() ** 2 * len(_STEPS))]
            left = {"state": SessionState.EXPIRED, "step": step}
            rows["ordersessions"].append(
                {**blank.SESSION, **self._of(Kind.SESSION, 1), "discordUserId": who, **left}
            )

    def _sent(self, rows: Rows, lines: list[Row]) -> None:
        parcel = {**blank.SHIPMENT, **self._of(Kind.SHIPMENT), "orderId": self.key, "paidAt": self.paid_at}
        sent = self.paid_at + _HOUR * (4 + 60 * self.chance())
        if self.chance() < 0.99:
            parcel |= {"shippedAt": sent, "deliveredAt": sent + _HOUR * (20 + 100 * self.chance())}
        else:
            parcel["status"] = ShipmentStatus.EXCEPTION
        rows["shipments"].append(parcel)
        for part, line in enumerate(lines):
            n = int(line["sku"][1:])
            self.days.sold[n] = self.days.sold.get(n, 0) + line["quantity"]
            move = {"orderId": self.key, "productId": line["productId"], "quantityDelta": -line["quantity"]}
            for kind, type_ in ((0, InventoryMove.RESERVE), (1, InventoryMove.SALE)):
                of = self._of(Kind.MOVE, 2 * part + kind)
                rows["inventorytransactions"].append({**blank.MOVE, **of, **move, "type": type_})

    def _handed_over(self, rows: Rows, lines: list[Row]) -> None:
        owed = {
            **blank.ENTITLEMENT,
            **self._of(Kind.ENTITLEMENT),
            "orderId": self.key,
            "productId": lines[0]["productId"],
        }
        if self.chance() < 0.002:
            owed["status"] = EntitlementStatus.FAILED
        rows["entitlements"].append(owed)

    def _gave(self, rows: Rows) -> None:
        cents = 100 * (1 + int(self.chance() * 20))
        of = self._of(Kind.GIFT)
        gift = {**blank.GIFT, **of, "orderId": self.key, "amountCents": cents}
        gift["customerId"] = key(self.days.trader.number, Kind.CUSTOMER, self.person)
        rows["communityfundcontributions"].append(gift)
        moved = {"at": self.paid_at, "amountCents": cents, "contributionId": str(of["_id"])}
        rows["fundentries"].append({**blank.ENTRY, **self._of(Kind.ENTRY), **moved})
