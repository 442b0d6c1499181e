"""Whatever happens between a shop and a provider, in whatever order: paid once, stock and money add up."""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from bson import ObjectId
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.outside import Outside
from models.base import Db
from models.entitlement import Entitlement
from models.errors import ShopError
from models.inventory import InventoryMove, InventorySnapshot, InventoryTransaction, replay
from models.member import Member
from models.order import Order
from models.outbox import OutboxEffect
from models.payment import PaymentStatus, RefundState
from services import Services
from services.hosted import Unmatched
from services.payments.processor import Site
from services.shops import Shop
from tests.fakes.provider import Fault
from tests.fakes.square import Square
from tests.outside import OUTSIDE
from tests.services import hosting
from tests.services.conftest import OWNER, Audited, MakeProduct, TestClock
from tests.services.quiet import quiet

WHAT = [
    *("order", "page", "pay", "pay", "decline", "deliver", "deliver", "deliver", "crash"),
    *("wait", "sweep", "poll", "cancel", "staff_cancel", "refund", "dashboard", "work"),
    *("fulfil", "dispute", "settle_dispute", "fault", "wrong_sum", "webhook", "webhook", "by_hand"),
]
STEPS = st.lists(st.tuples(st.sampled_from(WHAT), st.integers(0, 40)), min_size=10, max_size=40)


@pytest.fixture
def square(square: Square) -> Square:
    """Refunds are made at once."""
    square.instant_refunds = True
    return square


@pytest.fixture
def outside(square: Square) -> Outside:
    """Square answers here."""
    return Outside(OUTSIDE.vault, {"cashapp_pay": Site(square.url)})


@pytest.fixture
async def shop(shop: Shop, services: Services) -> Shop:
    """A shop that also takes Cash App Pay."""
    return await hosting.offer(services, shop)


class Trade:
    """A shop in which one thing after the other happens, refused or not."""

    def __init__(
        self, db: Db, services: Services, shop: Shop, product: Any, clock: TestClock, square: Square
    ) -> None:
        self.db = db
        self.services = services
        self.shop = shop
        self.product = product
        self.clock = clock
        self.square = square
        self.told = len(square.notices)
        self.orders: list[Order] = []
        self.by_hands: Counter[str] = Counter()
        square.registered_url = f"https://shop.example/webhooks/cashapp_pay/{shop.id}"

    async def take(self, what: str, number: int) -> None:
        """One step; a refusal is an outcome like any other."""
        act: Callable[[int], Any] = getattr(self, what)
        if what != "order" and not self.orders:
            return
        try:
            await act(number)
        except (ShopError, Unmatched):
            return

    def picked(self, number: int) -> Order:
        return self.orders[number % len(self.orders)]

    async def ref(self, number: int) -> str | None:
        return (await hosting.payment(self.services, self.shop, self.picked(number))).provider_ref

    async def order(self, number: int) -> None:
        member = Member(str(100 + number), f"user{number}", f"User {number}")
        self.orders.append(
            await hosting.order(self.services, self.shop, member, self.product, 1 + number % 3)
        )

    async def page(self, number: int) -> None:
        await self.services.hosted.open(self.shop, self.picked(number))

    def payable(self, ref: str) -> bool:
        """Whether the page is still there."""
        return ref.partition(":")[2] in self.square.links

    async def pay(self, number: int) -> None:
        if (ref := await self.ref(number)) and self.payable(ref):
            self.square.pay(ref)

    async def wrong_sum(self, number: int) -> None:
        if (ref := await self.ref(number)) and self.payable(ref):
            self.square.pay(ref, cents=1 + number)

    async def decline(self, number: int) -> None:
        if (ref := await self.ref(number)) and self.payable(ref):
            self.square.decline(ref)

    async def deliver(self, number: int) -> None:
        """A webhook, old or new, and sometimes two at once."""
        notices = self.square.notices[self.told :]
        if not notices:
            return
        adapter = self.services.hosted._adapters.named("cashapp_pay")
        found = adapter.read_webhook(notices[number % len(notices)].body).news
        takes = [
            self.services.hosted.take(self.shop.id, "cashapp_pay", news)
            for news in found
            for _ in range(1 + number % 2)
        ]
        await asyncio.gather(*takes, return_exceptions=True)

    async def webhook(self, number: int) -> None:
        """The whole way in: delivered once or twice at once, kept, answered, acted upon now or later."""
        notices = self.square.notices[self.told :]
        if not notices:
            return
        notice = notices[number % len(notices)]
        headers = {name.lower(): value for name, value in notice.headers.items()}
        receive = self.services.inbox.receive
        copies = [
            receive("cashapp_pay", self.shop.id, notice.body, headers) for _ in range(1 + number // 2 % 2)
        ]
        assert set(await asyncio.gather(*copies)) == {200}
        if number % 3:
            await self.services.inbox.drain()

    async def by_hand(self, number: int) -> None:
        """Staff give money back themselves and say so."""
        order = self.picked(number)
        await self.services.refunds.ask(self.shop, OWNER, order.payment_id, 900, "here", by_hand=True)
        self.by_hands[order.key] += 900

    async def crash(self, number: int) -> None:
        """A webhook whose processing ends somewhere in the middle."""
        task = asyncio.create_task(self.deliver(number))
        await asyncio.wait({task}, timeout=number / 2000)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async def wait(self, number: int) -> None:
        self.clock.forward(minutes=7 * number)

    async def sweep(self, _number: int) -> None:
        await self.services.sweeper.sweep()

    async def poll(self, _number: int) -> None:
        await self.services.poller.poll(0)

    async def cancel(self, number: int) -> None:
        order = self.picked(number)
        member = Member(order.customer.discord_id, "user", "User")
        await self.services.orders.cancel(self.shop, member, order.key)

    async def staff_cancel(self, number: int) -> None:
        await self.services.orders.staff_cancel(self.shop, OWNER, self.picked(number).key, "why not")

    async def refund(self, number: int) -> None:
        await self.services.refunds.ask(self.shop, OWNER, self.picked(number).payment_id, 500, "sorry")

    async def dashboard(self, number: int) -> None:
        payments = [each for each in self.square.payments.values() if each["status"] == "COMPLETED"]
        if payments:
            chosen = payments[number % len(payments)]
            left = chosen["amount_money"]["amount"] - self.given_back(chosen["id"])
            if left > 0 and any(chosen["note"].endswith(order.key) for order in self.orders):
                self.square.settle_refund(self.square.refund_in_dashboard(chosen["id"], min(left, 300)))

    async def work(self, _number: int) -> None:
        await self.services.worker.drain()

    async def fulfil(self, number: int) -> None:
        await self.services.decisions.fulfil(self.shop, OWNER, self.picked(number).payment_id, "all right")

    async def dispute(self, number: int) -> None:
        payments = [each["id"] for each in self.square.payments.values() if each["status"] == "COMPLETED"]
        if payments:
            self.square.dispute(payments[number % len(payments)])

    async def settle_dispute(self, number: int) -> None:
        if self.square.disputes:
            key = list(self.square.disputes)[number % len(self.square.disputes)]
            self.square.settle_dispute(key, ("WON", "LOST")[number % 2])

    async def fault(self, number: int) -> None:
        kinds = (Fault.DOWN, Fault.LATE_ERROR, Fault.LOST, Fault.BUSY, Fault.PAGE)
        self.square.fail(kinds[number % len(kinds)])

    def given_back(self, payment_id: str) -> int:
        """What went back of a payment, as Square has it."""
        return sum(
            int(each["amount_money"]["amount"])
            for each in self.square.refunds.values()
            if each["payment_id"] == payment_id and each["status"] in {"COMPLETED", "PENDING"}
        )

    async def come_to_rest(self) -> None:
        """Every webhook arrives in the end, and everything owed is worked off."""
        self.square.recover()
        self.clock.forward(minutes=1)
        for number in range(len(self.square.notices) - self.told):
            await self.deliver(number)
        for _ in range(8):
            self.clock.forward(hours=13)
            await self.services.worker.drain()
            await self.services.inbox.drain()
        for number in range(len(self.square.notices) - self.told):
            await self.deliver(number)
        await self.services.sweeper.sweep()


async def adds_up(trade: Trade) -> None:
    """Stock is conserved, every order is sold at most once, and its goods are owed at most once."""
    snapshot = await InventorySnapshot.of_product(trade.db, trade.shop.id, trade.product.key)
    now = (snapshot.quantity_available, snapshot.quantity_reserved)
    assert min(now) >= 0
    assert now == await replay(trade.db, trade.shop.id, trade.product.key)
    for order in trade.orders:
        rows = await InventoryTransaction.find_all(trade.db, {"orderId": order.key})
        assert sum(row.type is InventoryMove.SALE for row in rows) <= 1
        assert len(await Entitlement.find_all(trade.db, {"orderId": order.key})) <= 1
    effects = await OutboxEffect.find_all(trade.db, {"tenantId": trade.shop.id})
    assert max(Counter(each.dedupe_key for each in effects).values(), default=1) == 1


async def never_too_much(trade: Trade) -> None:
    """At every moment: what is booked was taken, once, and no more is given back than was booked."""
    for order in trade.orders:
        payment = await hosting.payment(trade.services, trade.shop, order)
        taken = {ref: each["amount_money"]["amount"] for ref, each in trade.square.payments.items()}
        refs = [each.ref for each in payment.receipts]
        assert len(set(refs)) == len(refs)
        assert all(taken[each.ref] == each.amount_cents for each in payment.receipts)
        asked = [each for each in payment.refunds if each.actor_id and each.state is not RefundState.FAILED]
        assert sum(each.amount_cents for each in asked) <= payment.received_cents
    for ref, each in trade.square.payments.items():
        assert trade.given_back(ref) <= each["amount_money"]["amount"]


async def money_adds_up(trade: Trade) -> None:
    """What Square took and gave back for each order is what the shop has in its books."""
    for order in trade.orders:
        payment = await hosting.payment(trade.services, trade.shop, order)
        ref = (payment.provider_ref or "-").partition(":")[0]
        taken = [
            each
            for each in trade.square.payments.values()
            if each["order_id"] == ref and each["status"] == "COMPLETED"
        ]
        assert payment.received_cents == sum(each["amount_money"]["amount"] for each in taken)
        back = sum(trade.given_back(each["id"]) for each in taken)
        disputed = sum(
            each.amount_cents for each in payment.refunds if (each.provider_ref or "").startswith("dispute:")
        )
        assert payment.refunded_cents - disputed - trade.by_hands[order.key] == back
        paid = payment.status in {
            PaymentStatus.CONFIRMED,
            PaymentStatus.PARTIALLY_REFUNDED,
            PaymentStatus.REFUNDED,
            PaymentStatus.DISPUTED,
        }
        now = await Order.get(trade.db, trade.shop.id, order.key)
        assert now is not None
        assert paid == (now.paid_at is not None)


@pytest.fixture
def discord(services: Services) -> None:
    """A Discord that takes everything."""
    quiet(services)


@pytest.mark.usefixtures("discord")
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=STEPS)
async def test_any_history_of_payments_adds_up(
    db: Db,
    services: Services,
    shop: Shop,
    product: MakeProduct,
    clock: TestClock,
    square: Square,
    audited: Audited,
    steps: list[tuple[str, int]],
) -> None:
    """Create, pay, duplicate and late webhooks, expiry, polls, refunds, disputes, faults and crashes."""
    made = await product(str(ObjectId()), stock=6, granted_role_ids=["77"])
    trade = Trade(db, services, shop, made, clock, square)
    for step in [("order", 0), ("page", 0), *steps]:
        await trade.take(*step)
        await adds_up(trade)
        await never_too_much(trade)
    await trade.come_to_rest()
    await adds_up(trade)
    await money_adds_up(trade)
    assert await audited() == []
