"""Payments, carts and the fund in reports equal what plain Python makes of the same records."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from bson import ObjectId
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.base import Db
from models.fund import CommunityFundContribution
from models.fund_ledger import FundEntry, FundMove
from models.payment import Payment, PaymentEvent, PaymentStatus
from models.payment_method import PaymentMethod
from models.session import OrderSession, SessionState, SessionStep
from services.reports.checkout_funnel import REPORT as FUNNEL
from services.reports.community_fund import REPORT as FUND
from services.reports.payment_methods import REPORT as METHODS
from services.reports.period import Period
from tests.models.samples import sample
from tests.services.reports.trade import CURRENCY, OTHER, Trade, moments, percent, periods, several

some = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
currencies = st.sampled_from([CURRENCY, CURRENCY, OTHER])
WAYS = [PaymentMethod.VENMO, PaymentMethod.STRIPE, PaymentMethod.ZELLE]


def after(period: Period) -> st.SearchStrategy[datetime | None]:
    """A moment at which something happened, or that it did not."""
    return st.one_of(st.none(), moments(period))


@st.composite
def payments(draw: st.DrawFn, trade: Trade) -> Payment:
    """A payment in any state."""
    begun, minutes = draw(moments(trade.period)), draw(st.sampled_from([90, 7, 9999, -2, None]))
    waited = None if minutes is None else timedelta(minutes=minutes)
    words = draw(st.lists(st.sampled_from(["underpaid", "paid", "conflict_underpaid"]), max_size=3))
    return sample(
        Payment,
        tenant_id=trade.tenant_id,
        order_id=str(ObjectId()),
        method=draw(st.sampled_from(WAYS)),
        status=draw(st.sampled_from(PaymentStatus)),
        amount_cents=draw(st.sampled_from([0, 1, 1999, 70_000])),
        currency=draw(currencies),
        created_at=begun,
        confirmed_at=None if waited is None else begun + waited,
        rejected_at=draw(after(trade.period)),
        history=[PaymentEvent(at=begun, what=word) for word in words],
    )  # fmt: skip


def hours(spans: Sequence[timedelta]) -> float | None:
    """The average; what seems to have ended before it began took no time."""
    spans = [max(each, timedelta()) for each in spans]
    return (
        round(sum(spans, timedelta()) / timedelta(milliseconds=1) / len(spans) / 3_600_000, 2)
        if spans
        else None
    )


@some
@given(data=st.data(), period=periods())
async def test_ways_to_pay_are_what_became_of_their_payments(
    db: Db, data: st.DataObject, period: Period
) -> None:
    """Counts, money, times and what failed, of each way that was begun in the period."""
    trade = Trade(period)
    made = data.draw(several(payments(trade), 12))
    await trade.write(db, made)
    told = (await METHODS.query(trade.asked(db))).payload()
    mine = [p for p in made if trade.within(p.created_at) and p.currency == CURRENCY and p.amount_cents]
    came = [p for p in mine if p.confirmed_at]
    assert (told["begun"], told["confirmed"]) == (len(mine), len(came))
    assert told["confirmedPct"] == percent(len(came), len(mine))
    assert told["hoursToConfirm"] == hours([p.confirmed_at - p.created_at for p in came if p.confirmed_at])
    expected = []
    for way in {p.method for p in mine}:
        of_it = [p for p in mine if p.method is way]
        paid = [p for p in of_it if p.confirmed_at]
        cents = sum(p.amount_cents for p in paid)
        short = [p for p in of_it if any(event.what == "underpaid" for event in p.history)]
        line = {
            "method": way,
            "begun": len(of_it),
            "confirmed": len(paid),
            "confirmedCents": cents,
            "sharePct": percent(cents, sum(p.amount_cents for p in came)),
            "hoursToConfirm": hours([p.confirmed_at - p.created_at for p in paid if p.confirmed_at]),
            "rejectedPct": percent(sum(p.rejected_at is not None for p in of_it), len(of_it)),
            "expiredPct": percent(sum(p.status is PaymentStatus.EXPIRED for p in of_it), len(of_it)),
            "underpaidPct": percent(len(short), len(of_it)),
        }
        expected.append((-cents, -len(of_it), way, line))
    assert told["methods"] == [line for *_, line in sorted(expected, key=lambda each: each[:3])]


@st.composite
def sessions(draw: st.DrawFn, trade: Trade) -> OrderSession:
    """A cart, left, ordered or open."""
    state = draw(st.sampled_from(SessionState))
    return sample(
        OrderSession,
        tenant_id=trade.tenant_id,
        discord_user_id=str(ObjectId()),
        state=state,
        is_open=state in {SessionState.OPEN, SessionState.CONFIRMING},
        step=draw(st.sampled_from(SessionStep)),
        created_at=draw(moments(trade.period)),
    )


@some
@given(data=st.data(), period=periods())
async def test_the_funnel_is_what_became_of_the_carts(db: Db, data: st.DataObject, period: Period) -> None:
    """How many came how far, and what became of them."""
    trade = Trade(period)
    made = data.draw(several(sessions(trade), 14))
    await trade.write(db, made)
    told = (await FUNNEL.query(trade.asked(db))).payload()
    mine = [each for each in made if trade.within(each.created_at)]
    ordered = [each for each in mine if each.state is SessionState.SUBMITTED]
    left = [each for each in mine if each.state is SessionState.EXPIRED]
    assert (told["sessions"], told["ordered"], told["abandoned"]) == (len(mine), len(ordered), len(left))
    assert told["open"] == len(mine) - len(ordered) - len(left)
    assert told["conversionPct"] == percent(len(ordered), len(mine))
    assert told["abandonmentPct"] == percent(len(left), len(left) + len(ordered))
    order = list(SessionStep)
    for at, name in enumerate(order):
        came = [each for each in mine if each in ordered or order.index(each.step) >= at]
        assert told["steps"][at] == {
            "step": name,
            "reached": len(came),
            "reachedPct": percent(len(came), len(mine)),
            "left": sum(each.step is name for each in left),
        }
    assert told["steps"][-1]["step"] == "ORDERED"
    assert told["steps"][-1]["reached"] == len(ordered)


@st.composite
def movements(draw: st.DrawFn, trade: Trade) -> FundEntry:
    """A row of the fund's books."""
    return sample(
        FundEntry,
        tenant_id=trade.tenant_id,
        currency=draw(currencies),
        move=draw(st.sampled_from(FundMove)),
        amount_cents=draw(st.integers(-5000, 5000)),
        at=draw(moments(trade.period)),
    )


@st.composite
def gifts(draw: st.DrawFn, trade: Trade) -> CommunityFundContribution:
    """A gift, some of which went back."""
    return sample(
        CommunityFundContribution,
        tenant_id=trade.tenant_id,
        order_id=str(ObjectId()),
        customer_id=draw(st.sampled_from(trade.people)),
        currency=draw(currencies),
        created_at=draw(moments(trade.period)),
        returned_at=draw(after(trade.period)),
    )


@some
@given(data=st.data(), period=periods())
async def test_the_fund_is_what_its_books_say(db: Db, data: st.DataObject, period: Period) -> None:
    """In, out and balance of every local day, and how many gave."""
    trade = Trade(period)
    entries = data.draw(several(movements(trade), 12))
    given_by = data.draw(several(gifts(trade), 8))
    await trade.write(db, entries, given_by)
    told = (await FUND.query(trade.asked(db))).payload()
    mine = [each for each in entries if each.currency == CURRENCY]
    came, went = Counter[date](), Counter[date]()
    for each in mine:
        gift = each.move in {FundMove.CONTRIBUTION, FundMove.RETURNED, FundMove.RESTORED}
        day = trade.local(each.at).date()
        came[day] += each.amount_cents if gift else 0
        went[day] -= 0 if gift else each.amount_cents
    total = defaultdict[str, int](int)
    for day in told["days"]:
        on = date.fromisoformat(day["date"])
        until = sum(each.amount_cents for each in mine if trade.local(each.at).date() <= on)
        assert day == {
            "date": day["date"], "inCents": came[on], "outCents": went[on], "balanceCents": until
        }  # fmt: skip
        total["in"], total["out"] = total["in"] + came[on], total["out"] + went[on]
    assert len(told["days"]) == period.length
    assert (told["inCents"], told["outCents"]) == (total["in"], total["out"])
    assert told["balanceCents"] == told["days"][-1]["balanceCents"]
    kept = [
        each
        for each in given_by
        if each.currency == CURRENCY and trade.within(each.created_at) and each.returned_at is None
    ]
    assert (told["gifts"], told["donors"]) == (len(kept), len({each.customer_id for each in kept}))
