"""FULFILLMENT_PERFORMANCE: how fast goods leave and arrive, what failed, and what is waiting."""

from datetime import date, datetime
from typing import Self

from models import undelivered
from models.base import Document, Where
from models.entitlement import Entitlement, EntitlementStatus
from models.order import Order
from models.shipment import Shipment, ShipmentStatus
from services.reports.contract import Chart, Column, Figure, Look, ReportType, Series, Table, Unit
from services.reports.report import Question, Report, Result, rows

_HOUR_MS = 3_600_000
_HOUR_S = 3600


class Day(Result):
    """One local day: parcels that left and arrived on it, and how long that took on average."""

    date: date
    shipped: int = 0
    hours_to_ship: float | None = None
    delivered: int = 0
    hours_to_deliver: float | None = None


class FulfillmentPerformance(Result):
    """Orders that were sent and delivered in the period; what is waiting is so at this moment."""

    shipped: int = 0
    hours_to_ship: float | None = None
    delivered: int = 0
    hours_to_deliver: float | None = None
    failed_parcels: int = 0
    failed_deliveries: int = 0
    waiting: int = 0
    oldest_waiting_hours: float | None = None
    days: list[Day]

    @classmethod
    def empty(cls) -> Self:
        """No days at all."""
        return cls(days=[])


class FulfillmentReport(Report[FulfillmentPerformance]):
    """Time to ship runs from the payment, time to deliver from the first parcel to the last arrival."""

    type = ReportType.FULFILLMENT_PERFORMANCE
    title = "Fulfilment"
    about = "How fast orders are sent and arrive, what failed, and how long the oldest one is waiting."
    result = FulfillmentPerformance
    of_money = False

    async def query(self, asked: Question) -> FulfillmentPerformance:
        """Sums by local day of what left and of what arrived."""
        parcels = {"status": ShipmentStatus.EXCEPTION, "createdAt": asked.period.within}
        goods = {"status": EntitlementStatus.FAILED, "createdAt": asked.period.within}
        sent, came = await _took(asked, "shippedAt", "paidAt"), await _took(asked, "deliveredAt", "shippedAt")
        waiting, since = await _waiting(asked)
        return FulfillmentPerformance(
            shipped=sum(each.count for each in sent.values()),
            hours_to_ship=_hours(*sent.values()),
            delivered=sum(each.count for each in came.values()),
            hours_to_deliver=_hours(*came.values()),
            failed_parcels=await _count(asked, Shipment, parcels),
            failed_deliveries=await _count(asked, Entitlement, goods),
            waiting=waiting,
            oldest_waiting_hours=_age(since, asked.now),
            days=[_day(day, sent.get(day, _NONE), came.get(day, _NONE)) for day in asked.period.days],
        )

    def figures(self, now: FulfillmentPerformance, before: FulfillmentPerformance) -> list[Figure]:
        """Both times, and the age of what waits longest."""
        return [
            Figure("Until sent", now.hours_to_ship, Unit.HOURS, before.hours_to_ship),
            Figure("On its way", now.hours_to_deliver, Unit.HOURS, before.hours_to_deliver),
            Figure("Waiting longest", now.oldest_waiting_hours, Unit.HOURS),
        ]

    def chart(self, now: FulfillmentPerformance, before: FulfillmentPerformance) -> Chart:
        """How long it took until orders were sent, day by day."""
        return Chart(
            Look.LINE,
            Unit.HOURS,
            [day.date for day in now.days],
            [
                Series("Until sent", [day.hours_to_ship for day in now.days]),
                Series("Before", [day.hours_to_ship for day in before.days], ghost=True),
            ],
        )

    def table(self, now: FulfillmentPerformance) -> Table:
        """A row a day."""
        columns = [
            Column("date", "Day", Unit.DATE),
            Column("shipped", "Sent", Unit.COUNT),
            Column("hoursToShip", "Until sent", Unit.HOURS),
            Column("delivered", "Delivered", Unit.COUNT),
            Column("hoursToDeliver", "On its way", Unit.HOURS),
        ]
        return Table(columns, [list(day.model_dump().values()) for day in now.days])


class _Took:
    """How many, how many of them with a known time, and what these took together."""

    def __init__(self, count: int = 0, timed: int = 0, milliseconds: int = 0) -> None:
        self.count, self.timed, self.milliseconds = count, timed, milliseconds


_NONE = _Took()


async def _took(asked: Question, end: str, begin: str) -> dict[date, _Took]:
    """What ended in the period, by its local day."""
    known = {"$gt": [f"${begin}", None]}
    took = {"$max": [0, {"$subtract": [f"${end}", f"${begin}"]}]}
    group = {
        "_id": asked.period.day(end),
        "count": {"$sum": 1},
        "timed": {"$sum": {"$cond": [known, 1, 0]}},
        "took": {"$sum": {"$cond": [known, took, 0]}},
    }
    where = {"tenantId": asked.tenant_id, end: asked.period.within}
    found = await rows(Shipment.rows(asked.db), [{"$match": where}, {"$group": group}])
    return {
        asked.period.day_of(row["_id"]): _Took(row["count"], row["timed"], int(row["took"])) for row in found
    }


async def _count(asked: Question, document: type[Document], where: Where) -> int:
    return await undelivered.how_many(asked.db, document, {"tenantId": asked.tenant_id, **where})


async def _waiting(asked: Question) -> tuple[int, datetime | None]:
    """How much that was paid has not left or was not handed over, and since when."""
    if asked.to_compare:
        return 0, None
    goods = undelivered.deliveries(asked.tenant_id, asked.now)
    places: list[tuple[type[Document], Where, str]] = [
        (Order, undelivered.parcels(asked.tenant_id, asked.now), "paidAt"),
        (Entitlement, goods, "createdAt"),
    ]
    every = [await _oldest(asked, *place) for place in places]
    since = [oldest for _, oldest in every if oldest]
    return sum(count for count, _ in every), min(since, default=None)


async def _oldest(
    asked: Question, document: type[Document], where: Where, name: str
) -> tuple[int, datetime | None]:
    """How many, and since when the first of them."""
    count = await undelivered.how_many(asked.db, document, where)
    first = await document.rows(asked.db).find_one(where, {name: 1}, sort=[(name, 1)])
    return count, first[name] if first else None


def _day(day: date, sent: _Took, came: _Took) -> Day:
    return Day(
        date=day,
        shipped=sent.count,
        hours_to_ship=_hours(sent),
        delivered=came.count,
        hours_to_deliver=_hours(came),
    )


def _hours(*took: _Took) -> float | None:
    timed = sum(each.timed for each in took)
    return round(sum(each.milliseconds for each in took) / timed / _HOUR_MS, 2) if timed else None


def _age(since: datetime | None, now: datetime) -> float | None:
    return None if since is None else round(max(0.0, (now - since).total_seconds()) / _HOUR_S, 2)


REPORT = FulfillmentReport()
