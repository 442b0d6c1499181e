"""Any history of refunds by line, by amount and in full, with bounces and dashboards: all of it adds up."""

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
from models.member import Member
from models.order import Order, OrderStatus
from models.outbox import OutboxEffect
from models.payment import Payment, PaymentStatus, RefundState
from services import Services
from services.effects import EffectKind
from services.payments.processor import Site
from services.settling.credit import Picked, left_of, pieces_of
from services.shops import Shop
from tests.fakes.provider import Fault
from tests.fakes.square import Square
from tests.outside import OUTSIDE
from tests.services import hosting, refunding
from tests.services.conftest import OWNER, Audited, MakeProduct, TestClock
from tests.services.quiet import quiet
from tests.services.refunding import TOTAL, Basket, back_on_the_shelf, revoked, stock_fits

WHAT = [
    *("line", "line", "line", "all", "amount", "work", "work", "deliver", "deliver"),
    *("bank", "bank", "bounce", "dashboard", "fault", "by_hand", "made", "unmade"),
]
STEPS = st.lists(st.tuples(st.sampled_from(WHAT), st.integers(0, 60)), min_size=5, max_size=30)


@pytest.fixture
def outside(square: Square) -> Outside:
    """Square answers here."""
    return Outside(OUTSIDE.vault, {"cashapp_pay": Site(square.url)})


@pytest.fixture
async def shop(shop: Shop, services: Services) -> Shop:
    """A shop with everything configured, and a Discord that takes everything."""
    quiet(services)
    return await refunding.opened(services, shop)


class Desk:
    """One paid basket, of which one thing after the other goes back, or does not."""

    def __init__(
        self, db: Db, services: Services, shop: Shop, of: Basket, clock: TestClock, square: Square
    ) -> None:
        self.db, self.services, self.shop, self.of = db, services, shop, of
        self.clock, self.square = clock, square
        self.told = len(square.notices)
        self.lost: set[str] = set()

    async def open(self) -> None:
        """Somebody buys and pays."""
        who = Member(str(ObjectId()), "eve", "Eve")
        self.placed = await refunding.order(self.services, self.shop, self.of, who=who)
        payment = await self.services.hosted.open(self.shop, self.placed)
        self.charge = self.square.pay(payment.provider_ref or "")
        await self.deliver(0)
        assert (await self.payment()).received_cents == TOTAL

    async def payment(self) -> Payment:
        return await hosting.payment(self.services, self.shop, self.placed)

    async def order(self) -> Order:
        return await refunding.now(self.services, self.shop, self.placed)

    async def take(self, what: str, number: int) -> None:
        """One step; a refusal is an outcome like any other."""
        act: Callable[[int], Any] = getattr(self, what)
        try:
            await act(number)
        except ShopError:
            return

    async def line(self, number: int) -> None:
        product = self.of.all[number % 3]
        picked = Picked({product.key: 1 + number % 2}, shipping=number % 7 == 0)
        await self._take_back(picked, restock=number % 5 > 0)

    async def all(self, number: int) -> None:
        left = left_of(await self.order(), await self.payment())
        await self._take_back(Picked(left.pieces, shipping=left.shipping_cents > 0), restock=number % 2 > 0)

    async def by_hand(self, number: int) -> None:
        """Staff send it by themselves, after they have seen what Square gave back."""
        await self.deliver(0)
        product = self.of.all[number % 3]
        await self._take_back(Picked({product.key: 1}), restock=True, by_hand=True)

    async def _take_back(self, picked: Picked, *, restock: bool, by_hand: bool = False) -> None:
        await refunding.take_back(
            self.services, self.shop, self.placed, picked, restock=restock, by_hand=by_hand
        )

    async def amount(self, number: int) -> None:
        cents = 1 + number * 40
        await self.services.refunds.ask(self.shop, OWNER, self.placed.payment_id, cents, "sorry")

    async def work(self, _number: int) -> None:
        self.clock.forward(minutes=3)
        await self.services.worker.drain()

    async def deliver(self, number: int) -> None:
        """Square delivers some more of what it has not delivered, each once or twice."""
        adapter = self.services.hosted._adapters.named("cashapp_pay")
        new = self.square.notices[self.told :]
        for notice in new[: number or len(new)]:
            self.told += 1
            for news in adapter.read_webhook(notice.body).news * (1 + number % 2):
                await self.services.hosted.take(self.shop.id, "cashapp_pay", news)
                await self.note_lost()

    async def note_lost(self) -> None:
        """What the customer has lost by now stays lost, even if the money that went back bounces at once."""
        payment, items = await self.payment(), (await self.order()).items
        made = [each for each in payment.refunds if each.state is RefundState.DONE]
        full = payment.refunded_cents >= payment.received_cents > 0
        self.lost |= {
            item.product_id
            for item in items
            if item.granted_role_ids or item.delivery_text
            if full or pieces_of(made, item.product_id) >= item.quantity
        }

    async def bank(self, number: int) -> None:
        """A bank decides about a refund that is on its way."""
        waiting = [key for key, each in self.refunds() if each["status"] == "PENDING"]
        if waiting:
            status = "COMPLETED" if number % 3 else "FAILED"
            self.square.settle_refund(waiting[number % len(waiting)], status)

    async def bounce(self, number: int) -> None:
        """A refund that was made comes back."""
        made = [key for key, each in self.refunds() if each["status"] == "COMPLETED"]
        if made:
            self.square.settle_refund(made[number % len(made)], "FAILED")

    async def dashboard(self, number: int) -> None:
        """Somebody gives money back there, of what is still there and not given by hand."""
        payment = await self.payment()
        left = min(TOTAL - self.given(), payment.refundable_cents)
        if left > 0:
            self.square.refund_in_dashboard(self.charge, min(left, 1 + number * 90))
        if any(each.by_hand for each in payment.refunds):
            # Neither knows of what the other gave, unless both are told before the next step.
            await self.deliver(0)

    async def fault(self, number: int) -> None:
        kinds = (Fault.DOWN, Fault.LATE_ERROR, Fault.LOST, Fault.BUSY)
        self.square.fail(kinds[number % len(kinds)])

    async def made(self, number: int) -> None:
        await self._resolve(number, done=True)

    async def unmade(self, number: int) -> None:
        await self._resolve(number, done=False)

    async def _resolve(self, _number: int, *, done: bool) -> None:
        """Staff look at Square and say what they see, which must be what is there."""
        for each in (await self.payment()).refunds:
            sent = each.key in self.square_keys()
            if each.state is RefundState.UNKNOWN and sent is done:
                await self.services.refunds.resolve(
                    self.shop, OWNER, self.placed.payment_id, each.key, done=done
                )

    def square_keys(self) -> set[str]:
        """The keys of refunds that Square has made something of."""
        path = "/v2/refunds"
        return {each.removeprefix(path) for each in self.square._answers if each.startswith(path)}

    def refunds(self) -> list[tuple[str, dict[str, Any]]]:
        return [each for each in self.square.refunds.items() if each[1]["payment_id"] == self.charge]

    def given(self) -> int:
        """What Square gave back, or is about to."""
        kept = {"COMPLETED", "PENDING"}
        return sum(
            int(each["amount_money"]["amount"]) for _, each in self.refunds() if each["status"] in kept
        )

    async def come_to_rest(self) -> None:
        """Every webhook arrives in the end, and everything owed is worked off."""
        self.square.recover()
        for _ in range(8):
            self.clock.forward(hours=13)
            await self.services.worker.drain()
        for key in [key for key, each in self.refunds() if each["status"] == "PENDING"]:
            self.square.settle_refund(key)
        await self.deliver(0)
        await self.services.sweeper.sweep()


async def adds_up(desk: Desk) -> None:
    """No more went back than came, no piece twice, and goods follow the money."""
    payment, order = await desk.payment(), await desk.order()
    assert payment.refunded_cents <= payment.received_cents == TOTAL
    given = [each for each in payment.refunds if each.state is not RefundState.FAILED]
    made = [each for each in given if each.state is RefundState.DONE]
    full = payment.refunded_cents >= payment.received_cents
    await desk.note_lost()
    assert await revoked(desk.db, desk.shop, desk.placed) == desk.lost
    assert (order.status is OrderStatus.REFUNDED) is full
    assert (payment.status is PaymentStatus.REFUNDED) is full
    assert (order.status is OrderStatus.PARTIALLY_REFUNDED) is (0 < payment.refunded_cents < TOTAL)
    assert order.refunded_cents == payment.refunded_cents
    goods_agree(order, payment)
    shelf = await back_on_the_shelf(desk.db, desk.placed)
    assert all(shelf[item.product_id] <= item.quantity for item in order.items)
    assert shelf[desk.of.book.key] == 0
    for item in order.items:
        wanted = pieces_of([each for each in made if each.restock], item.product_id)
        if item.inventory_tracked:
            assert shelf[item.product_id] >= min(wanted, item.quantity)
    await stock_fits(desk.db, desk.shop, desk.of)
    removals = await OutboxEffect.find_all(desk.db, {"orderId": order.key, "kind": EffectKind.ROLE_REVOKE})
    assert len(removals) == (desk.of.vip.key in desk.lost)
    owed = await Entitlement.of_order(desk.db, desk.shop.id, order.key)
    assert len(owed) == 2


def goods_agree(order: Order, payment: Payment) -> None:
    """The order says how much of what went back was for each line: neither shipping nor more than it cost."""
    net = [item.line_cents - item.discount_cents for item in order.items]
    back = [item.refunded_cents or 0 for item in order.items]
    made = [each for each in payment.refunds if each.state is RefundState.DONE]
    assert order.refunded_goods_cents in {sum(back), None if order.refunded_cents == 0 else sum(back)}
    assert all(0 <= gone <= cost for gone, cost in zip(back, net, strict=True))
    shipping = sum(each.shipping_cents for each in made)
    # The basket has no tax: what is not for shipping is for lines, until all of them have gone.
    assert sum(back) == min(sum(net), order.refunded_cents - shipping)
    for item, gone in zip(order.items, back, strict=True):
        named = sum(line.cents for each in made for line in each.lines if line.product_id == item.product_id)
        assert gone >= named
        whole = order.status is OrderStatus.REFUNDED
        pieces = item.quantity if whole else min(item.quantity, pieces_of(made, item.product_id))
        assert item.refunded_quantity == pieces


async def books_agree(desk: Desk) -> None:
    """In the end nothing waits, and the shop's books are Square's, beside what staff sent by hand."""
    payment = await desk.payment()
    assert not any(each.state is RefundState.ASKED for each in payment.refunds)
    by_hand = sum(each.amount_cents for each in payment.refunds if each.by_hand)
    assert payment.refunded_cents - by_hand == desk.given()


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=STEPS)
async def test_any_history_of_refunds_adds_up(
    db: Db,
    services: Services,
    shop: Shop,
    product: MakeProduct,
    clock: TestClock,
    square: Square,
    audited: Audited,
    steps: list[tuple[str, int]],
) -> None:
    """Lines, amounts, everything, bounces, dashboards, faults, lost answers and webhooks, in any order."""
    desk = Desk(db, services, shop, await refunding.basket(product, str(ObjectId())), clock, square)
    await desk.open()
    for step in steps:
        await desk.take(*step)
        await adds_up(desk)
    await desk.come_to_rest()
    await adds_up(desk)
    await books_agree(desk)
    assert await audited() == []
