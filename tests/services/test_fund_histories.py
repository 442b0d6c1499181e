"""Any history of gifts, refunds, bounces, payments out and mistakes: the ledger replays to the balance."""

import contextlib
from collections.abc import Callable
from typing import Any

import pytest
from bson import ObjectId
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.outside import Outside
from models.alert import Alert
from models.base import Db
from models.errors import FundShort, ShopError
from models.fund import CommunityFundContribution, CommunityFundDisbursement
from models.order import Order, OrderStatus
from models.outbox import OutboxEffect
from services import Services
from services.hosted import Unmatched
from services.payments.processor import Site
from services.refund_desk import all_of
from services.settling.credit import Picked
from services.shops import Shop
from tests.fakes.square import Square
from tests.outside import OUTSIDE
from tests.services import giving, hosting, refunding
from tests.services.conftest import ADA, OWNER, Audited, TestClock
from tests.services.quiet import quiet

WHAT = [
    *("give", "give", "buy", "line", "all", "amount", "work", "deliver", "deliver", "bounce", "bounce"),
    *("pay", "pay", "pay", "undo", "look", "sweep", "dashboard"),
]
STEPS = st.lists(st.tuples(st.sampled_from(WHAT), st.integers(0, 40)), min_size=5, max_size=30)


@pytest.fixture
def outside(square: Square) -> Outside:
    """Square answers here."""
    return Outside(OUTSIDE.vault, {"cashapp_pay": Site(square.url)})


class Chest:
    """A fund to which one thing after the other happens."""

    def __init__(
        self, db: Db, services: Services, shop: Shop, product: str, clock: TestClock, square: Square
    ) -> None:
        self.db, self.services, self.shop, self.product = db, services, shop, product
        self.clock, self.square = clock, square
        self.told = len(square.notices)
        self.orders: list[Order] = []
        self.paid: dict[str, int] = {}
        self.undone: set[str] = set()
        self.went_below = False

    async def take(self, what: str, number: int) -> None:
        """One step; a refusal is an outcome like any other."""
        act: Callable[[int], Any] = getattr(self, what)
        try:
            await act(number)
        except ShopError:
            return

    async def give(self, number: int) -> None:
        """A gift alone, paid at Square."""
        cents = 100 + number * 10
        await self._pay_for(await giving.gift(self.services, self.shop, ADA, cents, method="CASHAPP_PAY"))

    async def buy(self, number: int) -> None:
        """A mug and a gift."""
        await self.services.carts.add(self.shop, ADA, self.product)
        await self.services.checkout.give(self.shop, ADA, 100 + number)
        view = await self.services.checkout.choose_payment(self.shop, ADA, "CASHAPP_PAY")
        seen = (view.session.key, view.session.version)
        await self._pay_for(await self.services.placement.place(self.shop, ADA, *seen))

    async def _pay_for(self, placed: Order) -> None:
        payment = await self.services.hosted.open(self.shop, placed)
        self.square.pay(payment.provider_ref or "")
        await self.deliver(0)
        self.orders.append(placed)

    def _one(self, number: int) -> Order | None:
        return self.orders[number % len(self.orders)] if self.orders else None

    async def line(self, number: int) -> None:
        placed = self._one(number)
        if placed is not None:
            await refunding.take_back(self.services, self.shop, placed, Picked({self.product: 1}, gift=True))

    async def all(self, number: int) -> None:
        placed = self._one(number)
        if placed is not None:
            view = await self.services.refund_desk.view(self.shop, placed.key)
            by_hand = number % 4 == 0
            await refunding.take_back(self.services, self.shop, placed, all_of(view), by_hand=by_hand)

    async def amount(self, number: int) -> None:
        placed = self._one(number)
        if placed is not None:
            await self.services.refunds.ask(self.shop, OWNER, placed.payment_id, 1 + number * 7, "sorry")

    async def dashboard(self, number: int) -> None:
        """Somebody gives all of it back at Square."""
        placed = self._one(number)
        if placed is not None:
            payment = await hosting.payment(self.services, self.shop, placed)
            if payment.refundable_cents == payment.received_cents:
                self.square.refund_in_dashboard(payment.receipts[0].ref, payment.refundable_cents)

    async def work(self, _number: int) -> None:
        self.clock.forward(minutes=3)
        await self.services.worker.drain()

    async def deliver(self, number: int) -> None:
        """What Square has to tell, each once or twice."""
        adapter = self.services.hosted._adapters.named("cashapp_pay")
        for notice in self.square.notices[self.told :]:
            self.told += 1
            for news in adapter.read_webhook(notice.body).news * (1 + number % 2):
                # The worker also makes happen what the shop of an earlier example owes.
                with contextlib.suppress(Unmatched):
                    await self.services.hosted.take(self.shop.id, "cashapp_pay", news)

    async def bounce(self, number: int) -> None:
        """A refund goes through, or comes back after it was made."""
        some = sorted(self.square.refunds)
        if some:
            key = some[number % len(some)]
            waiting = self.square.refunds[key]["status"] == "PENDING"
            self.square.settle_refund(key, "COMPLETED" if waiting and number % 3 else "FAILED")
            await self.deliver(number)

    async def pay(self, number: int) -> None:
        """Paid out as long as there is enough, refused otherwise."""
        before = (await giving.balance(self.services, self.shop))[0]
        cents, key = 50 + number * 9, str(ObjectId())
        paying = giving.pay_out(self.services, self.shop, f"{cents / 100:.2f}", key=key)
        if cents > before:
            with pytest.raises(FundShort) as short:
                await paying
            assert short.value.balance_cents == before
        else:
            await paying
            self.paid[key] = cents

    async def undo(self, number: int) -> None:
        """A payment was a mistake; the second time that is refused."""
        if self.paid:
            key = sorted(self.paid)[number % len(self.paid)]
            await self.services.fund_desk.reverse(self.shop, OWNER, key, "a mistake")
            self.undone.add(key)

    async def look(self, number: int) -> None:
        await self.services.fund_desk.book(self.shop, number)

    async def sweep(self, _number: int) -> None:
        await self.services.sweeper.sweep()


async def adds_up(chest: Chest) -> None:
    """Gifts stand as long as their orders do, payments until they are taken back, and the sums agree."""
    db, shop = chest.db, chest.shop
    cents = await giving.books_agree(db, chest.services, shop)
    standing = 0
    for placed in chest.orders:
        order = await refunding.now(chest.services, shop, placed)
        gift = await CommunityFundContribution.of_order(db, shop.id, placed.key)
        assert gift is not None
        assert (gift.returned_at is not None) is (order.status is OrderStatus.REFUNDED)
        standing += 0 if gift.returned_at else gift.amount_cents
    out = sum(paid for key, paid in chest.paid.items() if key not in chest.undone)
    assert cents == standing - out
    rows = await CommunityFundDisbursement.find_all(db, {"tenantId": shop.id})
    assert {row.key: row.amount_cents for row in rows} == chest.paid
    assert {row.key for row in rows if row.reversed_at} == chest.undone
    chest.went_below |= cents < 0
    alerts = await Alert.find_all(db, {"tenantId": shop.id, "message": "fund_below_zero"})
    assert bool(alerts) is chest.went_below
    celebrations = await OutboxEffect.find_all(db, {"tenantId": shop.id, "kind": "fund.celebrate"})
    assert len(celebrations) == len(chest.orders)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=STEPS)
async def test_any_history_of_the_fund_adds_up(
    db: Db, services: Services, clock: TestClock, square: Square, audited: Audited,
    steps: list[tuple[str, int]],
) -> None:  # fmt: skip
    """In any order, with webhooks that come twice, the books and the balance say the same."""
    quiet(services)
    name = str(ObjectId())
    shop = await services.shops.claim(str(int(name, 16) % 10**18), name, OWNER)
    shop = await giving.opened(services, await hosting.offer(services, shop))
    made = await services.catalog.create(
        shop,
        OWNER,
        {"name": "Mug", "sku": "MUG", "price_cents": 300, "is_digital": True, "inventory_tracked": False},
    )
    chest = Chest(db, services, shop, made.key, clock, square)
    for step in [("give", 20), *steps]:
        await chest.take(*step)
        await adds_up(chest)
    assert await audited(tenant_id=shop.id) == []
