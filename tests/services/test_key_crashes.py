"""A process killed with SIGKILL while keys move: each is handed out once, and what is paid arrives."""

import contextlib

from models.base import Db
from models.digital_key import DigitalKey, KeyStatus
from models.entitlement import Entitlement, EntitlementStatus
from models.errors import KeysRefused, Refused
from models.inventory import InventorySnapshot, InventoryTransaction
from models.order import OrderStatus
from models.outbox import OutboxEffect
from services import Services
from services.shops import Shop
from tests.services import buying, keys
from tests.services.conftest import ADA, OWNER, MakeProduct, TestClock
from tests.services.mortal import dies
from tests.services.quiet import quiet
from tests.services.test_crashes import MOST_COMMANDS, everything_fits


async def test_handing_out_killed_anywhere_serves_the_order_once(
    db: Db, mongo_uri: str, services: Services, shop: Shop, product: MakeProduct, clock: TestClock
) -> None:
    """Whoever comes after the crash finds what was taken, takes the rest, and tells the customer once."""
    quiet(services)
    pool = [f"SECRET-{n}" for n in range(100)]
    game = await keys.pool(services, shop, product, pool)
    everybodys: set[str] = set()
    for last in range(1, MOST_COMMANDS):
        order = await buying.paid(services, shop, ADA, game, 3)
        (owed,) = await Entitlement.of_order(db, shop.id, order.key)
        died = await dies(db, mongo_uri, last, "assign", shop.id, owed.key, order.key)
        clock.forward(minutes=2)
        await services.worker.drain()
        got = set(await keys.handed(services, shop, order.key))
        assert len(got) == 3, f"after command {last}"
        assert not got & everybodys
        everybodys |= got
        assert await keys.states(db, shop) == {"FREE": 100 - 3 * last, "TAKEN": 3 * last, "REPLACED": 0}
        told = {"orderId": order.key, "payload.event": "keyDelivered"}
        assert len(await OutboxEffect.find_all(db, told)) == 1
        assert (await services.orders.staff_view(shop, order.key)).order.status is OrderStatus.COMPLETE
        await everything_fits(db, shop, game)
        if not died:
            assert last > 8, "the step was killed too seldom to prove anything"
            return
    raise AssertionError("the step never ended")


async def test_failing_for_want_of_keys_killed_anywhere_is_told_once(
    db: Db, mongo_uri: str, services: Services, shop: Shop, product: MakeProduct, clock: TestClock
) -> None:
    """However often it is found out that no key is left: FAILED, one alert, and never lost."""
    quiet(services)
    for last in range(1, MOST_COMMANDS):
        game = await keys.pool(services, shop, product, ["LOST"], f"Game {last}")
        order = await buying.paid(services, shop, ADA, game)
        await DigitalKey.rows(db).delete_many({"status": "FREE"})
        (owed,) = await Entitlement.of_order(db, shop.id, order.key)
        died = await dies(db, mongo_uri, last, "assign", shop.id, owed.key, order.key)
        clock.forward(minutes=2)
        await services.worker.drain()
        (owed,) = await Entitlement.of_order(db, shop.id, order.key)
        assert (owed.status, owed.failed_reason) == (EntitlementStatus.FAILED, "no_keys")
        alerts = {"message": "keys_missing", "params.orderId": order.key}
        assert await db.database["alerts"].count_documents(alerts) == 1
        if not died:
            assert last > 5, "the step was killed too seldom to prove anything"
            return
    raise AssertionError("the step never ended")


async def test_an_import_killed_anywhere_is_whole_or_never_was(
    db: Db, mongo_uri: str, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """As many keys as stock, in the ledger too; and importing again ends with each key there once."""
    game = await keys.pool(services, shop, product, [])
    for last in range(1, MOST_COMMANDS):
        fresh = [f"{last}-{n}" for n in range(5)]
        died = await dies(db, mongo_uri, last, "import", game.key, fresh)
        there = await DigitalKey.rows(db).count_documents({})
        assert there in {5 * last - 5, 5 * last}
        assert (await InventorySnapshot.of_product(db, shop.id, game.key)).quantity_available == there
        with contextlib.suppress(KeysRefused):
            await keys.fill(services, shop, game.key, fresh)
        assert await DigitalKey.rows(db).count_documents({}) == 5 * last
        rows = await InventoryTransaction.find_all(db, {"tenantId": shop.id})
        assert [row.quantity_delta for row in rows] == [5] * last
        await everything_fits(db, shop, game)
        if not died:
            assert last > 5, "the step was killed too seldom to prove anything"
            return
    raise AssertionError("the step never ended")


async def test_a_replacement_killed_anywhere_gives_one_new_key(
    db: Db, mongo_uri: str, services: Services, shop: Shop, product: MakeProduct, clock: TestClock
) -> None:
    """Either the bad key is still there, or it is marked and one other took its place and left the shelf."""
    quiet(services)
    game = await keys.pool(services, shop, product, [f"SECRET-{n}" for n in range(100)])
    for last in range(1, MOST_COMMANDS):
        order = await buying.paid(services, shop, ADA, game)
        await services.worker.drain()
        (bad,) = await DigitalKey.find_all(db, {"orderId": order.key})
        died = await dies(db, mongo_uri, last, "replace", bad.key, "used up")
        with contextlib.suppress(Refused):
            await services.keys.replace(shop, OWNER, bad.key, "used up")
        clock.forward(minutes=2)
        await services.worker.drain()
        found = await DigitalKey.find_all(db, {"orderId": order.key})
        assert sorted(each.status for each in found) == [KeyStatus.REPLACED, KeyStatus.TAKEN]
        snapshot = await InventorySnapshot.of_product(db, shop.id, game.key)
        assert snapshot.quantity_available == (await keys.states(db, shop))[KeyStatus.FREE]
        assert (
            len(
                await OutboxEffect.find_all(
                    db, {"orderId": order.key, "kind": "customer.notice", "payload.event": "keyReplaced"}
                )
            )
            == 1
        )
        await everything_fits(db, shop, game)
        if not died:
            assert last > 8, "the step was killed too seldom to prove anything"
            return
    raise AssertionError("the step never ended")
