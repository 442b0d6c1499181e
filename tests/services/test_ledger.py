"""The stock's books: whatever is done in whatever order, the ledger replays to the snapshot."""

from collections.abc import Callable
from typing import Any

from bson import ObjectId
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.base import Db
from models.errors import ShopError
from models.inventory import InventorySnapshot, replay
from models.member import Member
from models.order import Order
from services import Services
from services.shops import Shop
from tests.services import buying
from tests.services.conftest import OWNER, Audited, MakeProduct, TestClock

WHAT = ["order", "claim", "approve", "reject", "cancel", "staff_cancel", "restock", "adjust", "wait", "sweep"]
STEPS = st.lists(st.tuples(st.sampled_from(WHAT), st.integers(0, 5)), min_size=5, max_size=25)


class Trade:
    """A shop in which one thing after the other happens, refused or not."""

    def __init__(self, services: Services, shop: Shop, product: Any, clock: TestClock) -> None:
        self.services = services
        self.shop = shop
        self.product = product
        self.clock = clock
        self.orders: list[Order] = []

    def somebody(self, number: int) -> Member:
        """One of a few customers."""
        return Member(str(50 + number), f"user{number}", f"User {number}")

    async def take(self, what: str, number: int) -> None:
        """One step; a refusal is an outcome like any other."""
        act: Callable[[int], Any] = getattr(self, what)
        try:
            await act(number)
        except ShopError:
            return

    async def order(self, number: int) -> None:
        member = self.somebody(number)
        self.orders.append(await buying.order(self.services, self.shop, member, self.product, number + 1))

    def picked(self, number: int) -> tuple[Member, Order]:
        order = self.orders[number % len(self.orders)]
        return Member(order.customer.discord_id, "user", "User"), order

    async def claim(self, number: int) -> None:
        if self.orders:
            member, order = self.picked(number)
            await self.services.claims.claim(self.shop, member, order.key, "sent it")

    async def approve(self, number: int) -> None:
        if self.orders:
            _, order = self.picked(number)
            claim = await self.services.claims.view(self.shop, order.payment_id)
            await self.services.claims.approve(
                self.shop, OWNER, order.payment_id, claim.payment.claims, order.order_number
            )

    async def reject(self, number: int) -> None:
        if self.orders:
            _, order = self.picked(number)
            claim = await self.services.claims.view(self.shop, order.payment_id)
            await self.services.claims.reject(
                self.shop, OWNER, order.payment_id, claim.payment.claims, "not there"
            )

    async def cancel(self, number: int) -> None:
        if self.orders:
            member, order = self.picked(number)
            await self.services.orders.cancel(self.shop, member, order.key)

    async def staff_cancel(self, number: int) -> None:
        if self.orders:
            await self.services.orders.staff_cancel(self.shop, OWNER, self.picked(number)[1].key, "why not")

    async def restock(self, number: int) -> None:
        await self.services.stock.restock(self.shop, OWNER, self.product.key, number + 1, "box")

    async def adjust(self, number: int) -> None:
        await self.services.stock.adjust(self.shop, OWNER, self.product.key, -number, "lost")

    async def wait(self, number: int) -> None:
        self.clock.forward(hours=6 * number)

    async def sweep(self, _number: int) -> None:
        await self.services.sweeper.sweep()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
async def test_any_history_leaves_books_that_add_up(
    db: Db,
    services: Services,
    shop: Shop,
    product: MakeProduct,
    clock: TestClock,
    audited: Audited,
    steps: list[tuple[str, int]],
) -> None:
    """Orders, decisions, cancellations, restocks and time in any order: never below 0, never adrift."""
    made = await product(str(ObjectId()), stock=8)
    trade = Trade(services, shop, made, clock)
    for step in steps:
        await trade.take(*step)
        snapshot = await InventorySnapshot.of_product(db, shop.id, made.key)
        now = (snapshot.quantity_available, snapshot.quantity_reserved)
        assert min(now) >= 0
        assert now == await replay(db, shop.id, made.key)
    assert await audited() == []
