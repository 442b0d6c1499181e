"""Roles for a time: they add up, are announced before the end, and go at the end exactly once."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from models.entitlement import Entitlement, EntitlementStatus
from models.outbox import OutboxEffect
from models.product import Product
from services.effects import EffectKind, Notice
from tests.cogs.conftest import member, running, services_over
from tests.cogs.test_effects import Scene, closed_scene, scene
from tests.cogs.test_revocation import revoke
from tests.services.conftest import MakeProduct

__all__ = ["closed_scene", "scene"]


@pytest.fixture
async def month(scene: Scene, product: MakeProduct) -> Product:
    """A pass whose role lasts thirty days."""
    return await product("Month", 500, 50, granted_role_ids=[str(scene.vip.id)], role_days=30)


async def pass_time(scene: Scene, **by: float) -> None:
    """Let time pass, and everything happen that it brings."""
    scene.clock.forward(**by)
    await scene.services.sweeper.sweep()
    await scene.drain()


async def told(scene: Scene, event: Notice) -> int:
    """How often the customer was to be told of this."""
    return len(await OutboxEffect.find_all(scene.db, {"payload.event": event}))


async def test_a_role_for_thirty_days_is_announced_three_days_before_and_removed_at_its_end(
    scene: Scene, month: Product
) -> None:
    """One notice before, one at the end, each once; the role is there to the last minute."""
    order = await scene.order(month)
    await scene.drain()
    end = scene.clock.now() + timedelta(days=30)
    seen = await (await scene.ada.run("/orders view", order=order.key)).press("Get my items")
    assert f"you have it until {end.day} {end:%B %Y %H:%M}" in seen.text
    await pass_time(scene, days=26, hours=23)
    assert await told(scene, Notice.ROLE_ENDING) == 0
    for _ in range(3):
        await pass_time(scene, hours=2)
    assert await told(scene, Notice.ROLE_ENDING) == 1
    warning = scene.ada.dms[-1].text
    assert "ends soon" in warning
    assert f"ends {end.day} {end:%B %Y %H:%M}" in warning
    assert scene.ada.role_names == ["VIP"]
    for _ in range(3):
        await pass_time(scene, days=3)
    assert scene.ada.role_names == []
    assert await told(scene, Notice.ROLE_ENDED) == 1
    assert len(await scene.effects(EffectKind.ROLE_REVOKE)) == 1
    assert "has ended" in scene.ada.dms[-1].text
    seen = await scene.ada.dms[-1].press("Get my items")
    assert "its time ended" in seen.text
    assert (await scene.role(order)).revoked_reason == "expired"


async def test_a_short_time_is_announced_halfway(scene: Scene, product: MakeProduct) -> None:
    """Of two days, one is left when the customer hears of it."""
    short = await product("Weekend", 100, 5, granted_role_ids=[str(scene.vip.id)], role_days=2)
    await scene.order(short)
    await scene.drain()
    await pass_time(scene, hours=23)
    assert await told(scene, Notice.ROLE_ENDING) == 0
    await pass_time(scene, hours=2)
    assert await told(scene, Notice.ROLE_ENDING) == 1


async def test_buying_again_adds_the_time_and_says_nothing_in_between(scene: Scene, month: Product) -> None:
    """Thirty days and thirty more are sixty from the first grant, with one notice and one removal."""
    await scene.order(month)
    await scene.drain()
    began = scene.clock.now()
    await pass_time(scene, days=10)
    second = await scene.order(month)
    await scene.drain()
    assert (await scene.role(second)).expires_at == began + timedelta(days=60)
    await pass_time(scene, days=25)
    assert scene.ada.role_names == ["VIP"]
    assert (await told(scene, Notice.ROLE_ENDING), await told(scene, Notice.ROLE_ENDED)) == (0, 0)
    await pass_time(scene, days=24)
    assert await told(scene, Notice.ROLE_ENDING) == 1
    await pass_time(scene, days=2)
    assert scene.ada.role_names == []
    assert await told(scene, Notice.ROLE_ENDED) == 1


async def test_several_pieces_last_as_long_as_all_of_them(scene: Scene, month: Product) -> None:
    """Two of thirty days in one line are sixty days."""
    await scene.services.carts.add(scene.shop, member(scene.ada), month.key)
    order = await scene.order(month)
    await scene.drain()
    role = await scene.role(order)
    assert (role.days, role.expires_at) == (60, scene.clock.now() + timedelta(days=60))


async def test_a_role_bought_for_ever_stays_when_a_month_of_it_ends(scene: Scene, month: Product) -> None:
    """The end of the timed purchase takes nothing and tells nothing."""
    await scene.order(month)
    await scene.order()
    await scene.drain()
    await pass_time(scene, days=31)
    assert scene.ada.role_names == ["VIP"]
    assert (await told(scene, Notice.ROLE_ENDING), await told(scene, Notice.ROLE_ENDED)) == (0, 0)


async def test_what_is_given_back_takes_its_unused_time_with_it(scene: Scene, month: Product) -> None:
    """The first of two months is refunded after ten days: the second ends after forty, and says so before."""
    first = await scene.order(month)
    await scene.drain()
    began = scene.clock.now()
    second = await scene.order(month)
    await scene.drain()
    await pass_time(scene, days=10)
    await revoke(scene, first)
    await scene.drain()
    assert scene.ada.role_names == ["VIP"]
    assert (await scene.role(second)).expires_at == began + timedelta(days=40)
    await pass_time(scene, days=27, hours=1)
    assert await told(scene, Notice.ROLE_ENDING) == 1
    await pass_time(scene, days=3)
    assert scene.ada.role_names == []


async def test_a_refund_after_a_silenced_notice_brings_the_notice_back(scene: Scene, month: Product) -> None:
    """Nothing was told because more time was bought; that is refunded, so the end is told after all."""
    await scene.order(month)
    await scene.drain()
    await pass_time(scene, days=5)
    second = await scene.order(month)
    await scene.drain()
    await pass_time(scene, days=23)
    assert await told(scene, Notice.ROLE_ENDING) == 0
    await revoke(scene, second)
    await pass_time(scene, minutes=1)
    assert await told(scene, Notice.ROLE_ENDING) == 1


async def test_the_time_begins_with_the_grant_and_not_with_the_payment(scene: Scene, month: Product) -> None:
    """Five days during which Discord did not let us are not lost to the customer."""
    scene.guild.move_role(scene.vip, 9)
    order = await scene.order(month)
    await scene.drain()
    scene.guild.move_role(scene.vip, 1)
    scene.clock.forward(days=5)
    await scene.drain()
    assert (await scene.role(order)).expires_at == scene.clock.now() + timedelta(days=30)


async def test_who_leaves_and_comes_back_has_the_same_end(scene: Scene, month: Product) -> None:
    """Rejoining gives the role for what is left of its time; after the end it gives nothing."""
    order = await scene.order(month)
    await scene.drain()
    end = scene.clock.now() + timedelta(days=30)
    scene.guild.leave(scene.ada)
    await pass_time(scene, days=10)
    scene.guild.join(scene.ada)
    await scene.discord.quiet(0.2)
    await scene.drain()
    role = await scene.role(order)
    assert (scene.ada.role_names, role.status, role.expires_at) == (["VIP"], EntitlementStatus.GRANTED, end)
    scene.guild.leave(scene.ada)
    await pass_time(scene, days=25)
    scene.guild.join(scene.ada)
    await scene.discord.quiet(0.2)
    await scene.drain()
    assert scene.ada.role_names == []


async def test_two_workers_and_two_sweepers_end_a_role_once(scene: Scene, month: Product) -> None:
    """Two months granted at once are two months, and each end is written, told and made to happen once."""
    other = services_over(scene.db, scene.clock)
    async with running(scene.discord, other):
        orders = [await scene.order(month) for _ in range(4)]
        began = scene.clock.now()
        await asyncio.gather(scene.services.worker.drain(), other.worker.drain())
        await scene.drain()
        ends = sorted([(await scene.role(order)).expires_at or began for order in orders])
        assert ends == [began + timedelta(days=30 * n) for n in (1, 2, 3, 4)]
        scene.clock.forward(days=121)
        await asyncio.gather(*[each.sweeper.sweep() for each in (scene.services, other) * 2])
        await asyncio.gather(scene.services.worker.drain(), other.worker.drain())
        await scene.drain()
    await other.calls.close()
    assert scene.ada.role_names == []
    assert await told(scene, Notice.ROLE_ENDED) == 1
    assert len(await scene.effects(EffectKind.ROLE_REVOKE)) == 4


async def test_the_days_are_frozen_into_the_order(scene: Scene, month: Product) -> None:
    """A product that changes afterwards changes nothing that was bought."""
    order = await scene.order(month, approved=False)
    await scene.services.catalog.edit(scene.shop, member(scene.olivia), month.key, {"role_days": 1})
    await scene.approve(await scene.waiting())
    assert (await scene.role(order)).days == 30


async def test_a_broken_record_keeps_nobody_else_waiting(scene: Scene, month: Product) -> None:
    """One entitlement that cannot be read, and the next one's time still ends."""
    broken, fine = await scene.order(month), await scene.order(month)
    await scene.drain()
    key = (await scene.role(broken)).id
    wrong: dict[str, Any] = {"$set": {"type": "NOTHING"}}
    await Entitlement.rows(scene.db).update_one({"_id": key}, wrong)
    await pass_time(scene, days=61)
    assert (await scene.role(fine)).status is EntitlementStatus.REVOKED


async def test_the_product_says_for_how_long_and_staff_set_it(scene: Scene, month: Product) -> None:
    """Days are set in a form, shown on both cards, and refused when they are no days."""
    seen = await scene.ada.run("/shop product", name=month.key)
    assert "@VIP for 30 days" in seen.text
    staff = await scene.olivia.run("/admin product", name=month.key)
    assert "for 30 days" in staff.text
    label = "Days the roles are kept (empty: for ever)"
    form = await staff.open("Picture, delivery")
    assert next(field.value for field in form.fields if field.label == label) == "30"
    for wrong in ("0", "-3", "soon", "9999"):
        form = await staff.open("Picture, delivery")
        refused = await form.submit({label: wrong})
        assert "days that the roles are kept" in refused.text
    form = await staff.open("Picture, delivery")
    staff = await form.submit({label: ""})
    assert "for 30 days" not in staff.text
    kept = await Product.get(scene.db, scene.shop.id, month.key)
    assert kept is not None
    assert kept.role_days is None


async def test_other_days_than_the_cart_showed_are_shown_first(scene: Scene, month: Product) -> None:
    """What was thirty days in the review is seven now: nothing is placed, and the change is named."""
    seen = await scene.ada.run("/cart add", product=month.key)
    seen = await seen.press("Check out")
    seen = await seen.choose("Choose how to pay", "Zelle")
    await scene.services.catalog.edit(scene.shop, member(scene.olivia), month.key, {"role_days": 7})
    seen = await seen.press("Confirm")
    assert "**Month**: Its role now lasts 7 days." in seen.text
