"""CHECKOUT_FUNNEL: how far carts come, where they are left, and how many become orders."""

from typing import Any, Self

from models.session import OrderSession, SessionState, SessionStep
from services.reports.contract import Chart, Column, Figure, Look, ReportType, Series, Table, Unit, Word
from services.reports.report import Question, Report, Result, rows, share_percent

_ORDERED = "ORDERED"
_NAMES = {
    SessionStep.CART: Word("Cart"),
    SessionStep.ADDRESS: Word("Address"),
    SessionStep.SHIPPING: Word("Shipping"),
    SessionStep.DONATION: Word("Gift to the fund"),
    SessionStep.PAYMENT: Word("Payment"),
    SessionStep.REVIEW: Word("Review"),
    _ORDERED: Word("Ordered"),
}


class Step(Result):
    """Carts that came to this step or further, of all in percent, and those that were left right there."""

    step: str
    reached: int = 0
    reached_pct: float | None = None
    left: int = 0


class CheckoutFunnel(Result):
    """The carts that were begun in the period; abandoned are those that were left, of all that are closed."""

    sessions: int = 0
    ordered: int = 0
    abandoned: int = 0
    open: int = 0
    conversion_pct: float | None = None
    abandonment_pct: float | None = None
    steps: list[Step]

    @classmethod
    def empty(cls) -> Self:
        """Nobody put anything into a cart."""
        return cls(steps=[Step(step=name) for name in _NAMES])


class FunnelReport(Report[CheckoutFunnel]):
    """A step that a cart had no need for, such as the address of a download, counts as reached."""

    type = ReportType.CHECKOUT_FUNNEL
    title = "Checkout"
    about = "How far carts come on their way through the checkout, and how many become orders."
    result = CheckoutFunnel
    of_money = False
    said = tuple(_NAMES.values())

    async def query(self, asked: Question) -> CheckoutFunnel:
        """Counts by furthest step and state."""
        where = {"tenantId": asked.tenant_id, "createdAt": asked.period.within}
        group = {"_id": {"step": "$step", "state": "$state"}, "sessions": {"$sum": 1}}
        found = await rows(OrderSession.rows(asked.db), [{"$match": where}, {"$group": group}])
        return _funnel({(row["_id"].get("step"), row["_id"].get("state")): row["sessions"] for row in found})

    def figures(self, now: CheckoutFunnel, before: CheckoutFunnel) -> list[Figure]:
        """Carts, and what became of them."""
        return [
            Figure("Carts", now.sessions, Unit.COUNT, before.sessions),
            Figure("Became orders", now.conversion_pct, Unit.PERCENT, before.conversion_pct),
            Figure("Were left", now.abandonment_pct, Unit.PERCENT, before.abandonment_pct),
        ]

    def chart(self, now: CheckoutFunnel, before: CheckoutFunnel) -> Chart:
        """How many came to each step, then and now."""
        return Chart(
            Look.BARS,
            Unit.COUNT,
            [_NAMES[each.step] for each in now.steps],
            [
                Series("Carts", [each.reached for each in now.steps]),
                Series("Before", [each.reached for each in before.steps], ghost=True),
            ],
        )

    def table(self, now: CheckoutFunnel) -> Table:
        """A row a step."""
        columns = [
            Column("step", "Step", Unit.TEXT),
            Column("reached", "Carts that came here", Unit.COUNT),
            Column("reachedPct", "Of all", Unit.PERCENT),
            Column("left", "Left here", Unit.COUNT),
        ]
        every = [(_NAMES[each.step], each.reached, each.reached_pct, each.left) for each in now.steps]
        return Table(columns, every)


def _funnel(counts: dict[tuple[Any, Any], int]) -> CheckoutFunnel:
    sessions = sum(counts.values())
    ordered, abandoned = (
        sum(many for (_, state), many in counts.items() if state == wanted)
        for wanted in (SessionState.SUBMITTED, SessionState.EXPIRED)
    )
    steps, reached = [], sessions
    for name in SessionStep:
        here = {state: many for (step, state), many in counts.items() if _known(step) is name}
        left = here.get(SessionState.EXPIRED, 0)
        steps.append(_step(name, reached, sessions, left))
        # Whatever was ordered came to the end, wherever it was ordered from.
        reached -= sum(many for state, many in here.items() if state != SessionState.SUBMITTED)
    return CheckoutFunnel(
        sessions=sessions,
        ordered=ordered,
        abandoned=abandoned,
        open=sessions - ordered - abandoned,
        conversion_pct=share_percent(ordered, sessions),
        abandonment_pct=share_percent(abandoned, ordered + abandoned),
        steps=[*steps, _step(_ORDERED, ordered, sessions, 0)],
    )


def _known(step: Any) -> SessionStep:
    return SessionStep(step) if step in set(SessionStep) else SessionStep.CART


def _step(name: str, reached: int, sessions: int, left: int) -> Step:
    return Step(step=name, reached=reached, reached_pct=share_percent(reached, sessions), left=left)


REPORT = FunnelReport()
