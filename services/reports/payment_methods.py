"""PAYMENT_METHODS: how people pay, how long it takes, and how often it comes to nothing."""

from typing import Any, Self

from models.payment import Payment, PaymentStatus
from services.payments import get_payment_method_descriptor
from services.reports.contract import Chart, Column, Figure, Look, ReportType, Series, Table, Unit, Word
from services.reports.report import Question, Report, Result, rows, share_percent

_HOUR_MS = 3_600_000


class MethodLine(Result):
    """One way to pay; shares in percent of the payments begun with it, `share_pct` of all money confirmed."""

    method: str
    begun: int
    confirmed: int
    confirmed_cents: int
    share_pct: float | None
    hours_to_confirm: float | None
    rejected_pct: float | None
    expired_pct: float | None
    underpaid_pct: float | None


class PaymentMethods(Result):
    """The payments that were begun in the period, and what has become of them since."""

    begun: int = 0
    confirmed: int = 0
    confirmed_pct: float | None = None
    hours_to_confirm: float | None = None
    methods: list[MethodLine]

    @classmethod
    def empty(cls) -> Self:
        """Nobody paid."""
        return cls(methods=[])


class MethodsReport(Report[PaymentMethods]):
    """Payments of nothing, for orders that cost nothing, do not count."""

    type = ReportType.PAYMENT_METHODS
    title = "Ways to pay"
    about = "How people pay, how long it takes until it is confirmed, and how often it is not."
    result = PaymentMethods

    async def query(self, asked: Question) -> PaymentMethods:
        """Sums by method, the one that brought most first."""
        found = await rows(Payment.rows(asked.db), [{"$match": _where(asked)}, {"$group": _GROUP}])
        short = await _underpaid(asked)
        money = sum(int(row["cents"]) for row in found)
        lines = [_line(row, money, short.get(row["_id"], 0)) for row in found]
        begun, confirmed = sum(line.begun for line in lines), sum(line.confirmed for line in lines)
        return PaymentMethods(
            begun=begun,
            confirmed=confirmed,
            confirmed_pct=share_percent(confirmed, begun),
            hours_to_confirm=_hours(sum(int(row["waited"]) for row in found), confirmed),
            methods=sorted(lines, key=lambda line: (-line.confirmed_cents, -line.begun, line.method)),
        )

    def figures(self, now: PaymentMethods, before: PaymentMethods) -> list[Figure]:
        """Payments, how many were confirmed, and how fast."""
        return [
            Figure("Payments confirmed", now.confirmed, Unit.COUNT, before.confirmed),
            Figure("Of all that were begun", now.confirmed_pct, Unit.PERCENT, before.confirmed_pct),
            Figure("Until confirmed", now.hours_to_confirm, Unit.HOURS, before.hours_to_confirm),
        ]

    def chart(self, now: PaymentMethods, before: PaymentMethods) -> Chart:
        """What came in each way, then and now."""
        known = {line.method: line.confirmed_cents for line in before.methods}
        return Chart(
            Look.BARS,
            Unit.MONEY,
            [_name(line.method) for line in now.methods],
            [
                Series("Confirmed", [line.confirmed_cents for line in now.methods]),
                Series("Before", [known.get(line.method) for line in now.methods], ghost=True),
            ],
        )

    def table(self, now: PaymentMethods) -> Table:
        """A row a method."""
        columns = [
            Column("method", "Way to pay", Unit.TEXT),
            Column("begun", "Begun", Unit.COUNT),
            Column("confirmed", "Confirmed", Unit.COUNT),
            Column("confirmedCents", "Came in", Unit.MONEY),
            Column("sharePct", "Share", Unit.PERCENT),
            Column("hoursToConfirm", "Until confirmed", Unit.HOURS),
            Column("rejectedPct", "Rejected", Unit.PERCENT),
            Column("expiredPct", "Not paid in time, or cancelled", Unit.PERCENT),
            Column("underpaidPct", "Too little was paid", Unit.PERCENT),
        ]
        every = [
            (_name(line.method), *list(line.model_dump(exclude={"method"}).values())) for line in now.methods
        ]
        return Table(columns, every)


def _is_set(field: str) -> dict[str, Any]:
    return {"$gt": [f"${field}", None]}


# Clocks of several machines may differ by a moment.
_WAITED = {"$max": [0, {"$subtract": ["$confirmedAt", "$createdAt"]}]}
_GROUP: dict[str, Any] = {
    "_id": "$method",
    "begun": {"$sum": 1},
    "confirmed": {"$sum": {"$cond": [_is_set("confirmedAt"), 1, 0]}},
    "cents": {"$sum": {"$cond": [_is_set("confirmedAt"), "$amountCents", 0]}},
    "waited": {"$sum": {"$cond": [_is_set("confirmedAt"), _WAITED, 0]}},
    "rejected": {"$sum": {"$cond": [_is_set("rejectedAt"), 1, 0]}},
    "expired": {"$sum": {"$cond": [{"$eq": ["$status", PaymentStatus.EXPIRED]}, 1, 0]}},
}


def _where(asked: Question) -> dict[str, Any]:
    return {
        "tenantId": asked.tenant_id,
        "currency": asked.currency,
        "createdAt": asked.period.within,
        "amountCents": {"$gt": 0},
    }


async def _underpaid(asked: Question) -> dict[str, int]:
    """How many came short at any time, by method: few, and found by an index of their own."""
    where = {**_where(asked), "history.what": "underpaid"}
    group = {"_id": "$method", "payments": {"$sum": 1}}
    found = await rows(Payment.rows(asked.db), [{"$match": where}, {"$group": group}])
    return {row["_id"]: row["payments"] for row in found}


def _line(row: dict[str, Any], money: int, underpaid: int) -> MethodLine:
    return MethodLine(
        method=row["_id"],
        begun=row["begun"],
        confirmed=row["confirmed"],
        confirmed_cents=int(row["cents"]),
        share_pct=share_percent(int(row["cents"]), money),
        hours_to_confirm=_hours(int(row["waited"]), row["confirmed"]),
        rejected_pct=share_percent(row["rejected"], row["begun"]),
        expired_pct=share_percent(row["expired"], row["begun"]),
        underpaid_pct=share_percent(underpaid, row["begun"]),
    )


def _hours(milliseconds: int, count: int) -> float | None:
    return round(milliseconds / count / _HOUR_MS, 2) if count else None


def _name(method: str) -> Word:
    return Word(get_payment_method_descriptor(method).display_name)


REPORT = MethodsReport()
