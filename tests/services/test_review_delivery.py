"""What is owed after payment survives a process that is killed between any two commands."""

from typing import Any

from models.alert import Alert
from models.base import Db, utc_now
from models.entitlement import Entitlement, EntitlementStatus
from models.order import Order, OrderStatus
from models.outbox import OutboxEffect, OutboxStatus
from services import Services
from services.effects import EffectKind, Notice, notice
from services.shops import Shop
from services.worker import EffectFailed
from tests.services import buying, dying
from tests.services.conftest import ADA, MakeProduct, TestClock
from tests.services.mortal import dies

MOST_COMMANDS = 20


async def owed_role(db: Db, services: Services, shop: Shop, product: MakeProduct, name: str) -> Entitlement:
    """The entitlement of a paid order that grants one role."""
    vip = await product(name, stock=None, granted_role_ids=["77"])
    order = await buying.paid(services, shop, ADA, vip)
    return (await Entitlement.of_order(db, shop.id, order.key))[0]


async def test_an_order_is_complete_also_when_the_process_dies_after_the_role_was_noted(
    db: Db, mongo_uri: str, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """Killed between the entitlement and the order: the effect's next try still completes the order."""
    for last in range(1, MOST_COMMANDS):
        role = await owed_role(db, services, shop, product, f"VIP {last}")
        died = await dies(db, mongo_uri, last, "granted", role.key)
        await dying.deliver(services, shop, "granted", role.key)
        order = await Order.get(db, shop.id, role.order_id)
        assert order is not None
        assert order.status is OrderStatus.COMPLETE, f"after command {last}"
        if not died:
            assert last > 3, "the step was killed too seldom to prove anything"
            return
    raise AssertionError("the step never ended")


async def test_staff_and_customer_hear_of_a_hindered_role_also_when_the_process_dies(
    db: Db, mongo_uri: str, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """Killed anywhere while the reason is noted: after the next try one alert stands and is owed."""
    for last in range(1, MOST_COMMANDS):
        role = await owed_role(db, services, shop, product, f"VIP {last}")
        died = await dies(db, mongo_uri, last, "failed", role.key)
        await dying.deliver(services, shop, "failed", role.key)
        about = {"tenantId": shop.id, "message": "role_failed", "entityId": role.order_id}
        alerts = await Alert.find_all(db, about)
        assert len(alerts) == 1, f"after command {last}"
        told: dict[str, Any] = {"kind": EffectKind.STAFF_ALERT, "payload.alertId": alerts[0].key}
        assert len(await OutboxEffect.find_all(db, told)) == 1
        heard = {"orderId": role.order_id, "payload.event": Notice.ROLE_FAILED}
        assert len(await OutboxEffect.find_all(db, heard)) == 1
        if not died:
            assert last > 3, "the step was killed too seldom to prove anything"
            return
    raise AssertionError("the step never ended")


async def test_a_reason_that_comes_back_is_told_once(
    db: Db, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """One reason, another, and the first again: two alerts, and no try is refused as already owed."""
    role = await owed_role(db, services, shop, product, "VIP")
    for reason in ["role_too_high", "role_too_high", "member_left", "role_too_high"]:
        owed = await services.delivery.owed(shop.id, role.key)
        assert owed is not None
        await services.delivery.failed(owed, reason)
    assert len(await Alert.find_all(db, {"message": "role_failed"})) == 2
    found = await Entitlement.get(db, shop.id, role.key)
    assert found is not None
    assert (found.status, found.failed_reason) == (EntitlementStatus.FAILED, "role_too_high")


async def test_a_member_who_comes_back_never_waits_for_a_role_that_nobody_owes(
    db: Db, mongo_uri: str, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """Killed anywhere while roles are owed anew: none is marked as missing without an effect."""
    roles = [await owed_role(db, services, shop, product, f"VIP {n}") for n in range(2)]
    for last in range(1, MOST_COMMANDS):
        for role in roles:
            await services.delivery.granted(role)
        await OutboxEffect.rows(db).delete_many({})
        died = await dies(db, mongo_uri, last, "rejoined", ["77"])
        for role in roles:
            found = await Entitlement.get(db, shop.id, role.key)
            again = await OutboxEffect.find_all(db, {"payload.entitlementId": role.key})
            assert found is not None
            assert (found.status is EntitlementStatus.PENDING) == (len(again) == 1), f"after command {last}"
        if not died:
            assert last > 3, "the step was killed too seldom to prove anything"
            return
    raise AssertionError("the step never ended")


async def test_an_effect_is_never_dead_without_its_alert(
    db: Db, mongo_uri: str, services: Services, shop: Shop, clock: TestClock
) -> None:
    """Killed while an effect is given up: it is tried again, or dead with one alert that will be told."""
    await OutboxEffect.rows(db).delete_many({})

    async def fail(_: OutboxEffect) -> str:
        raise EffectFailed("broken", final=True)

    services.worker.register(EffectKind.CUSTOMER_NOTICE, fail)
    for last in range(1, MOST_COMMANDS):
        owed = await notice(Notice.ORDER_RECEIVED, shop.id, f"o{last}", utc_now()).insert(db)
        died = await dies(db, mongo_uri, last, "give_up")
        clock.forward(minutes=2)
        await services.worker.drain()
        found = await OutboxEffect.get(db, shop.id, owed.key)
        assert found is not None
        assert found.status is OutboxStatus.DEAD
        alerts = await Alert.find_all(db, {"entityId": owed.key})
        assert len(alerts) == 1, f"after command {last}"
        assert await OutboxEffect.find_one(db, {"payload.alertId": alerts[0].key}) is not None
        if not died:
            assert last > 3, "the step was killed too seldom to prove anything"
            return
    raise AssertionError("the step never ended")
