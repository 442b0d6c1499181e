"""Taking roles back in a process that is killed anywhere: wholly, once, and told once."""

from collections import Counter

from models.base import Db
from models.entitlement import Entitlement, EntitlementStatus
from models.outbox import OutboxEffect
from services import Services
from services.effects import EffectKind, Notice
from services.shops import Shop
from tests.services import buying, dying
from tests.services.conftest import ADA, BOB, MakeProduct, TestClock
from tests.services.mortal import dies

MOST_COMMANDS = 30


async def removals(db: Db, role: Entitlement) -> int:
    """How many removals of a role are owed."""
    return len(await OutboxEffect.find_all(db, {"kind": EffectKind.ROLE_REVOKE, "orderId": role.order_id}))


async def test_a_revocation_killed_anywhere_is_whole_or_never_was(
    db: Db, mongo_uri: str, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """Role and text go together and with the effect that removes the role; again ends with one of each."""
    vip = await product("VIP", stock=None, granted_role_ids=["77"], role_days=30, delivery_text="AB-12")
    for last in range(1, MOST_COMMANDS):
        order = await buying.paid(services, shop, ADA, vip)
        owed = await Entitlement.of_order(db, shop.id, order.key)
        role = next(each for each in owed if each.role_id)
        await dying.deliver(services, shop, "granted", role.key)
        died = await dies(db, mongo_uri, last, "revoke", order.key, vip.key)
        found = Counter([each.status for each in await Entitlement.of_order(db, shop.id, order.key)])
        assert found in ({EntitlementStatus.REVOKED: 2}, {EntitlementStatus.GRANTED: 2}), f"after {last}"
        assert await removals(db, role) == found[EntitlementStatus.REVOKED] / 2
        await dying.revoke(services, shop, db, order.key, vip.key)
        assert await removals(db, role) == 1
        if not died:
            assert last > 4, "the step was killed too seldom to prove anything"
            return
    raise AssertionError("the step never ended")


async def test_an_end_killed_anywhere_comes_once_with_one_notice(
    db: Db, mongo_uri: str, services: Services, shop: Shop, product: MakeProduct, clock: TestClock
) -> None:
    """The time is over, the sweeper dies, the next one ends it: one removal, one notice, one warning."""
    vip, start = await product("VIP", stock=None, granted_role_ids=["77"], role_days=2), clock.now()
    for last in range(1, MOST_COMMANDS):
        order = await buying.paid(services, shop, ADA, vip)
        role = (await Entitlement.of_order(db, shop.id, order.key))[0]
        await dying.deliver(services, shop, "granted", role.key)
        # The dying process lives by the system's clock, which this test's has left behind.
        past = {"expiresAt": start, "warnAt": None, "warned": True}
        await Entitlement.change(db, {"_id": role.id}, {"$set": past})
        died = await dies(db, mongo_uri, last, "end")
        clock.forward(seconds=1)
        await services.sweeper.sweep()
        ended = await Entitlement.get(db, shop.id, role.key)
        assert ended is not None
        assert (ended.status, ended.revoked_reason) == (EntitlementStatus.REVOKED, "expired")
        assert await removals(db, role) == 1
        told = {"orderId": order.key, "payload.event": Notice.ROLE_ENDED}
        assert len(await OutboxEffect.find_all(db, told)) == 1, f"after command {last}"
        if not died:
            assert last > 4, "the step was killed too seldom to prove anything"
            return
    raise AssertionError("the step never ended")


async def test_a_warning_killed_anywhere_is_owed_once(
    db: Db, mongo_uri: str, services: Services, shop: Shop, product: MakeProduct, clock: TestClock
) -> None:
    """Killed between the note that somebody was told and the telling: both or neither."""
    vip, start = await product("VIP", stock=None, granted_role_ids=["77"], role_days=2), clock.now()
    for last in range(1, MOST_COMMANDS):
        order = await buying.paid(services, shop, BOB, vip)
        role = (await Entitlement.of_order(db, shop.id, order.key))[0]
        await dying.deliver(services, shop, "granted", role.key)
        await Entitlement.change(db, {"_id": role.id}, {"$set": {"warnAt": start}})
        died = await dies(db, mongo_uri, last, "end")
        clock.forward(seconds=1)
        await services.sweeper.sweep()
        told = {"orderId": order.key, "payload.event": Notice.ROLE_ENDING}
        assert len(await OutboxEffect.find_all(db, told)) == 1, f"after command {last}"
        await dying.revoke(services, shop, db, order.key, vip.key)
        if not died:
            assert last > 4, "the step was killed too seldom to prove anything"
            return
    raise AssertionError("the step never ended")
