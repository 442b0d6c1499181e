"""Whatever happens to orders paid in Bitcoin, in parts, twice or too late: the money adds up."""

from collections import Counter
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest
from bson import ObjectId
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bot.outside import Outside
from models.base import Db
from models.member import Member
from models.order import Order
from models.payment import Payment, PaymentStatus, RefundState
from services import Services
from services.payments.processor import Site
from services.shops import Shop
from tests.fakes.nowpayments import SATOSHI, NowPayments
from tests.outside import OUTSIDE
from tests.services import hosting
from tests.services.conftest import OWNER, Audited, MakeProduct, TestClock
from tests.services.test_payment_histories import Trade, adds_up, discord

__all__ = ["discord"]
METHOD = "BTC_NOWPAYMENTS"
SHARES = [Decimal(each) for each in ("1", "0.5", "0.25", "0.999", "1.3", "1")]
WHAT = [
    *("order", "page", "pay", "pay", "pay", "rest", "other_coin", "lapse", "fail"),
    *("webhook", "webhook", "webhook", "webhook", "crash", "poll", "wait", "sweep", "work"),
    *("cancel", "staff_cancel", "by_hand", "fulfil"),
]
STEPS = st.lists(st.tuples(st.sampled_from(WHAT), st.integers(0, 40)), min_size=10, max_size=40)
MONEY = {"finished", "partially_paid"}


@pytest.fixture
async def account() -> AsyncIterator[NowPayments]:
    """NOWPayments, on this machine."""
    async with NowPayments() as fake:
        yield fake


@pytest.fixture
def outside(account: NowPayments) -> Outside:
    """NOWPayments answers here."""
    return Outside(OUTSIDE.vault, {"nowpayments": Site(account.url)})


@pytest.fixture
async def shop(shop: Shop, services: Services) -> Shop:
    """A shop that takes Bitcoin and forgives nothing."""
    keys = {"api_key": NowPayments.API_KEY, "ipn_secret": NowPayments.IPN_SECRET}
    return await services.providers.configure(shop, OWNER, METHOD, keys)


class Coins(Trade):
    """The same shop, whose customers pay in coins."""

    def __init__(
        self, db: Db, services: Services, shop: Shop, product: Any, clock: TestClock, account: NowPayments
    ) -> None:
        self.db, self.services, self.shop, self.product = db, services, shop, product
        self.clock, self.account = clock, account
        self.told = len(account.notices)
        self.orders: list[Order] = []
        self.by_hands: Counter[str] = Counter()

    async def order(self, number: int) -> None:
        member = Member(str(100 + number), f"user{number}", f"User {number}")
        quantity = 1 + number % 3
        made = await hosting.order(self.services, self.shop, member, self.product, quantity, METHOD)
        self.orders.append(made)

    def addresses(self, number: int) -> list[str]:
        """The ids of everything that can be paid to for an order."""
        key = self.picked(number).key
        return [ref for ref, each in self.account.payments.items() if each["order_id"] == key]

    async def pay(self, number: int) -> None:
        for ref in self.addresses(number)[-1:]:
            status = self.account.payments[ref]["payment_status"]
            if status != "finished":
                # What came in part grows to the whole under the same id.
                self.account.pay(ref, Decimal(1) if status in MONEY else SHARES[number % len(SHARES)])

    async def rest(self, number: int) -> None:
        """What is missing, or again as much, to the same address."""
        for ref in self.addresses(number)[:1]:
            payment = self.account.payments[ref]
            missing = payment["pay_amount"] - payment["actually_paid"]
            self.account.redeposit(ref, missing if missing > 0 else payment["pay_amount"])

    async def other_coin(self, number: int) -> None:
        """The payer begins once more on the invoice's page."""
        payment = await hosting.payment(self.services, self.shop, self.picked(number))
        if payment.provider_ref:
            self.account.choose(payment.provider_ref)

    async def lapse(self, number: int) -> None:
        self._end(number, "expired")

    async def fail(self, number: int) -> None:
        self._end(number, "failed")

    def _end(self, number: int, how: str) -> None:
        for ref in self.addresses(number)[-1:]:
            if self.account.payments[ref]["payment_status"] == "waiting":
                self.account.walk(ref, how)

    async def webhook(self, number: int) -> None:
        notices = self.account.notices[self.told :]
        for notice in notices and [notices[number * 7 % len(notices)]] * (1 + number % 2):
            await self.receive(notice)
        if number % 3:
            await self.services.inbox.drain()

    async def receive(self, notice: Any) -> None:
        """The way in, with its answer."""
        headers = {name.lower(): value for name, value in notice.headers.items()}
        assert await self.services.inbox.receive("nowpayments", self.shop.id, notice.body, headers) == 200

    async def deliver(self, number: int) -> None:
        await self.webhook(number * 3 + 1)

    async def come_to_rest(self) -> None:
        """Every webhook arrives and is tried as often as need be, and every payment is asked about."""
        for notice in self.account.notices[self.told :]:
            await self.receive(notice)
        for _ in range(6):
            self.clock.forward(hours=13)
            await self.services.inbox.drain()
            await self.services.worker.drain()
            await self.services.sweeper.sweep()
        for order in self.orders:
            payment = await hosting.payment(self.services, self.shop, order)
            if payment.provider_ref:
                await self.services.hosted.staff_check(self.shop, payment.key)

    def worth(self, order: Order) -> dict[str, int]:
        """What came for an order by NOWPayments' books, in cents by its ids, at the rate of its payment."""
        cents = order.total_cents
        every = {ref: each for ref, each in self.account.payments.items() if each["order_id"] == order.key}

        def asked(each: dict[str, Any]) -> Any:
            parent = every.get(str(each.get("parent_payment_id") or ""), each)
            return parent["pay_amount"]

        return {
            ref: int(cents * each["actually_paid"] / asked(each))
            for ref, each in every.items()
            if each["payment_status"] in MONEY and each["actually_paid"] >= SATOSHI
        }


async def never_too_much(trade: Coins) -> None:
    """At every moment: what is booked came, once, and no more is given back than was booked."""
    for order in trade.orders:
        payment = await hosting.payment(trade.services, trade.shop, order)
        came = trade.worth(order)
        refs = [each.ref for each in payment.receipts]
        assert len(set(refs)) == len(refs)
        assert all(each.amount_cents <= came[each.ref] for each in payment.receipts)
        asked = [each for each in payment.refunds if each.state is not RefundState.FAILED]
        assert sum(each.amount_cents for each in asked) <= payment.received_cents
        assert payment.refunded_cents == trade.by_hands[order.key]


async def money_adds_up(trade: Coins) -> None:
    """Everything that came is booked, and money without a paid order is in somebody's hands."""
    for order in trade.orders:
        payment = await hosting.payment(trade.services, trade.shop, order)
        booked = {each.ref: each.amount_cents for each in payment.receipts}
        assert booked == trade.worth(order)
        now = await Order.get(trade.db, trade.shop.id, order.key)
        assert now is not None
        assert payment.settled == (now.paid_at is not None)
        kept = payment.received_cents - payment.refunded_cents
        assert payment.settled or kept == 0 or in_hand(payment)


def in_hand(payment: Payment) -> bool:
    """Whether staff see that they have to decide, or the customer that there is something to pay."""
    return payment.conflict is not None or payment.status is PaymentStatus.UNDERPAID


@pytest.mark.usefixtures("discord")
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=STEPS)
@example(steps=[("pay", 1), ("webhook", 2), ("pay", 1)])  # half, told, then the whole under the same id
@example(steps=[("pay", 1), ("webhook", 2), ("rest", 0), ("pay", 0)])  # half, told, then the rest and more
@example(steps=[("pay", 0), ("webhook", 2), *[("by_hand", 0)] * 5])  # paid, then given back again and again
async def test_any_history_of_coins_adds_up(
    db: Db,
    services: Services,
    shop: Shop,
    product: MakeProduct,
    clock: TestClock,
    account: NowPayments,
    audited: Audited,
    steps: list[tuple[str, int]],
) -> None:
    """Parts, rests, second payments, lapsed addresses, late and doubled notices, crashes, cancellations."""
    made = await product(str(ObjectId()), stock=6, granted_role_ids=["77"])
    trade = Coins(db, services, shop, made, clock, account)
    for step in [("order", 0), ("page", 0), *steps]:
        await trade.take(*step)
        await adds_up(trade)
        await never_too_much(trade)
    await trade.come_to_rest()
    await adds_up(trade)
    await never_too_much(trade)
    await money_adds_up(trade)
    assert await audited() == []
