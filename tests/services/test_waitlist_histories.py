"""Lines and offers in any history: the books add up after each step, and nobody is passed over."""

from bson import ObjectId
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.base import Db
from models.inventory import InventorySnapshot, replay
from models.waiting import Waiting, WaitStatus
from services import Services
from services.shops import Shop
from tests.services import buying
from tests.services.conftest import OWNER, Audited, MakeProduct, TestClock
from tests.services.test_ledger import Trade

WHAT = ["ask", "ask", "withdraw", "restock", "adjust", "confirm", "cancel", "lapse", "hide", "show", "sweep"]
STEPS = st.lists(st.tuples(st.sampled_from(WHAT), st.integers(0, 5)), min_size=5, max_size=25)


class Line(Trade):
    """A product that is sold out now and then, and six people who want it."""

    async def ask(self, number: int) -> None:
        await self.services.waitlist.ask(self.shop, self.somebody(number), self.product.key)

    async def withdraw(self, number: int) -> None:
        await self.services.waitlist.withdraw(self.shop, self.somebody(number), self.product.key)

    async def adjust(self, number: int) -> None:
        await self.services.stock.adjust(self.shop, OWNER, self.product.key, 2 - number, "counted")

    async def confirm(self, number: int) -> None:
        member = self.somebody(number)
        await self.services.carts.clear(self.shop, member)
        self.orders.append(await buying.order(self.services, self.shop, member, self.product, number % 2 + 1))

    async def lapse(self, number: int) -> None:
        self.clock.forward(minutes=10 * number, seconds=1)
        await self.services.sweeper.sweep()

    async def hide(self, _number: int) -> None:
        await self.services.catalog.edit(self.shop, OWNER, self.product.key, {"is_active": False})

    async def show(self, _number: int) -> None:
        await self.services.catalog.edit(self.shop, OWNER, self.product.key, {"is_active": True})


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
async def test_any_history_of_a_line_adds_up(
    db: Db,
    services: Services,
    shop: Shop,
    product: MakeProduct,
    clock: TestClock,
    audited: Audited,
    steps: list[tuple[str, int]],
) -> None:
    """Never below 0, the ledger and what is kept replay to the snapshot, and nobody is passed over.

    Who is offered a unit has one in the snapshot, and who still waits asked later than all of them.
    """
    made = await product(str(ObjectId()), stock=1)
    line = Line(services, shop, made, clock)
    for step in steps:
        clock.forward(seconds=1)
        await line.take(*step)
        snapshot = await InventorySnapshot.of_product(db, shop.id, made.key)
        now = (snapshot.quantity_available, snapshot.quantity_reserved)
        assert min(now) >= 0
        assert now == await replay(db, shop.id, made.key)
        waits = await Waiting.find_all(db, {"tenantId": shop.id, "productId": made.key, "isOpen": True})
        kept = {each.key for each in waits if each.status is WaitStatus.OFFERED}
        assert kept == {offer.waiting_id for offer in snapshot.offers}
        assert len({each.discord_user_id for each in waits}) == len(waits)
        product_now = await services.catalog.resolve(shop, made.key, staff=True)
        waiting = [each for each in waits if each.status is WaitStatus.WAITING]
        if product_now.is_active:
            assert not (waiting and snapshot.quantity_available), "somebody waits beside a full shelf"
            latest = max((each.asked_at for each in waits if each.key in kept), default=None)
            assert latest is None or all(latest < each.asked_at for each in waiting)
        else:
            assert not snapshot.offers
    assert await audited() == []
