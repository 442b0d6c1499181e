"""Whatever happens to a pool of keys: none is handed out twice, and what is paid arrives or says why."""

from collections import Counter
from itertools import count
from typing import Any

from bson import ObjectId
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.alert import Alert
from models.base import Db
from models.digital_key import DigitalKey, unserved
from models.entitlement import Entitlement, EntitlementStatus
from models.inventory import InventorySnapshot, replay
from models.order import Order
from models.product import Product
from services import Services
from services.shops import Shop
from tests.services import keys
from tests.services.conftest import OWNER, Audited, MakeProduct, TestClock
from tests.services.quiet import quiet
from tests.services.test_ledger import Trade

WHAT = [
    "order", "order", "claim", "approve", "approve", "cancel", "staff_cancel", "adjust", "wait", "sweep",
    "fill", "work", "replace", "lose", "dies",
]  # fmt: skip
STEPS = st.lists(st.tuples(st.sampled_from(WHAT), st.integers(0, 5)), min_size=5, max_size=25)


class KeyTrade(Trade):
    """The same shop selling keys, some of which turn out bad or are gone."""

    def __init__(self, db: Db, services: Services, shop: Shop, product: Any, clock: TestClock) -> None:
        super().__init__(services, shop, product, clock)
        self.db = db
        self.fresh = count()

    async def fill(self, number: int) -> None:
        """Staff import some keys."""
        added = [f"{self.product.key}-{next(self.fresh)}" for _ in range(number + 1)]
        await keys.fill(self.services, self.shop, self.product.key, added)

    async def work(self, _number: int) -> None:
        """The worker makes happen what is due."""
        await self.services.worker.drain()

    async def replace(self, number: int) -> None:
        """A key that was handed out is bad."""
        taken = await DigitalKey.find_all(self.db, {"productId": self.product.key, "status": "TAKEN"})
        if taken:
            await self.services.keys.replace(self.shop, OWNER, taken[number % len(taken)].key, "used up")

    async def lose(self, _number: int) -> None:
        """A free key vanishes, so that stock and pool disagree."""
        await DigitalKey.rows(self.db).delete_one({"productId": self.product.key, "status": "FREE"})

    async def dies(self, number: int) -> None:
        """A worker takes some of an order's keys and is gone before it tells anybody."""
        owed = await Entitlement.owing_keys(self.db, self.shop.id, self.product.key)
        for slot in range(min(number, owed[0].keys) if owed else 0):
            filled = {"entitlementId": owed[0].key, "slot": slot, "status": "TAKEN"}
            if not await DigitalKey.find_all(self.db, filled):
                await DigitalKey.take(self.db, owed[0], slot, self.clock.now())


async def books_fit(db: Db, shop: Shop, made: Product) -> None:
    """The ledger replays to the snapshot, and no slot of anything owed has two keys."""
    snapshot = await InventorySnapshot.of_product(db, shop.id, made.key)
    now = (snapshot.quantity_available, snapshot.quantity_reserved)
    assert min(now) >= 0
    assert now == await replay(db, shop.id, made.key)
    taken = await DigitalKey.find_all(db, {"productId": made.key, "status": "TAKEN"})
    assert max(Counter((key.entitlement_id, key.slot) for key in taken).values(), default=1) == 1


async def everything_arrived(db: Db, services: Services, shop: Shop, orders: list[Order]) -> None:
    """Each paid line has exactly its keys, or is FAILED with an alert; nobody holds a key of anybody else."""
    everybodys: Counter[str] = Counter()
    for order in orders:
        for owed in await Entitlement.of_order(db, shop.id, order.key):
            held = (await services.keys.held(shop.id, [owed])).get(owed.key, [])
            everybodys.update(key.text or "" for key in held)
            current = [key for key in held if key.replaced_at is None]
            if owed.status is EntitlementStatus.GRANTED:
                assert len(current) == owed.keys
                continue
            assert (owed.status, owed.failed_reason) == (EntitlementStatus.FAILED, "no_keys")
            assert len(current) < owed.keys
            assert await Alert.find_all(db, {"message": "keys_missing", "params.orderId": order.key})
    assert max(everybodys.values(), default=1) == 1


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
async def test_any_history_of_a_pool_ends_with_each_key_at_one_buyer(
    db: Db,
    services: Services,
    shop: Shop,
    product: MakeProduct,
    clock: TestClock,
    audited: Audited,
    steps: list[tuple[str, int]],
) -> None:
    """Buy, pay, cancel, import, replace, lose and die in any order; a last import serves all that waits."""
    quiet(services)
    made = await keys.pool(services, shop, product, [], str(ObjectId()))
    await keys.fill(services, shop, made.key, [f"{made.key}-first-{n}" for n in range(6)])
    trade = KeyTrade(db, services, shop, made, clock)
    for step in steps:
        await trade.take(*step)
        await books_fit(db, shop, made)
    clock.forward(hours=13)
    await services.worker.drain()
    await everything_arrived(db, services, shop, trade.orders)
    missing = await unserved(db, shop.id, made.key)
    if missing:
        await keys.fill(services, shop, made.key, [f"{made.key}-last-{n}" for n in range(missing)])
        await services.worker.drain()
    assert await unserved(db, shop.id, made.key) == 0
    await everything_arrived(db, services, shop, trade.orders)
    await books_fit(db, shop, made)
    assert await audited() == []
