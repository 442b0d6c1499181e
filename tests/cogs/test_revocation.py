"""Taking back what was bought: roles go unless another purchase grants them, digital items are hidden."""

import asyncio
from collections.abc import Iterable

import pytest

from bot.sandbox import Community, Person
from models.alert import Alert
from models.base import transact
from models.entitlement import Entitlement, EntitlementStatus, EntitlementType
from models.order import Order
from models.outbox import OutboxStatus
from services.effects import EffectKind
from services.shops import Shop
from tests.cogs.conftest import member, running, services_over, shelf
from tests.cogs.test_effects import BOT_MAY_NOT_MANAGE_ROLES, Scene, closed_scene, scene
from tests.services import buying
from tests.services.conftest import MakeProduct

__all__ = ["closed_scene", "scene"]


async def revoke(scene: Scene, order: Order, lines: Iterable[str] | None = None) -> int:
    """Take these lines of an order back, or all of them."""
    products = [item.product_id for item in order.items] if lines is None else list(lines)
    owe = scene.services.revocation.revoke
    return await transact(scene.db, lambda tx: owe(scene.shop.id, order.key, products, "refunded", tx))


async def test_a_revoked_role_is_removed_and_dated_once(scene: Scene) -> None:
    """Role and digital item go with their line; taking them back again takes nothing."""
    order = await scene.order()
    await scene.drain()
    assert await revoke(scene, order) == 2
    assert scene.ada.role_names == ["VIP"]
    scene.clock.forward(minutes=1)
    await scene.drain()
    assert scene.ada.role_names == []
    owed = await Entitlement.of_order(scene.db, scene.shop.id, order.key)
    assert {each.status for each in owed} == {EntitlementStatus.REVOKED}
    role = next(each for each in owed if each.type is EntitlementType.DISCORD_ROLE)
    assert role.revoked_at == scene.clock.now()
    assert await revoke(scene, order) == 0
    assert (await scene.effect(EffectKind.ROLE_REVOKE)).outcome == "removed"


async def test_a_role_stays_while_another_purchase_grants_it(scene: Scene) -> None:
    """Two orders of one role: the first refund keeps it, the second takes it."""
    first, second = await scene.order(), await scene.order()
    await scene.drain()
    await revoke(scene, first)
    await scene.drain()
    assert scene.ada.role_names == ["VIP"]
    await revoke(scene, second)
    await scene.drain()
    assert scene.ada.role_names == []
    assert [effect.outcome for effect in await scene.effects(EffectKind.ROLE_REVOKE)] == ["kept", "removed"]


async def test_a_purchase_whose_grant_is_still_owed_keeps_the_role(scene: Scene) -> None:
    """Paid but not yet granted, or failed so far: nothing is taken away that comes at any moment."""
    first = await scene.order()
    await scene.drain()
    await scene.order()
    await revoke(scene, first)
    await scene.drain()
    assert scene.ada.role_names == ["VIP"]


async def test_only_the_lines_that_were_named_are_taken_back(scene: Scene, product: MakeProduct) -> None:
    """Of an order with two lines one is refunded; the other's role and order stay as they were."""
    gold = scene.guild.add_role("Gold")
    ring = await product("Ring", 500, 3, granted_role_ids=[str(gold.id)])
    await scene.services.carts.add(scene.shop, member(scene.ada), ring.key)
    order = await scene.order()
    await scene.drain()
    assert sorted(scene.ada.role_names) == ["Gold", "VIP"]
    assert await revoke(scene, order, [ring.key]) == 1
    await scene.drain()
    assert scene.ada.role_names == ["VIP"]


async def test_a_role_that_was_revoked_before_it_was_granted_never_comes(scene: Scene) -> None:
    """Grant and removal are both owed: in whatever order they run, the member ends without the role."""
    order = await scene.order()
    await revoke(scene, order)
    await scene.drain()
    assert scene.ada.role_names == []
    assert (await scene.role(order)).status is EntitlementStatus.REVOKED


async def test_a_grant_whose_process_died_before_its_note_is_undone(scene: Scene) -> None:
    """Given by Discord, not noted, then revoked and removed, and only now tried again: the role is gone."""
    order = await scene.order()
    await revoke(scene, order)
    await scene.drain()
    scene.guild.give(scene.ada, scene.vip)
    granting = await scene.effect(EffectKind.ROLE_GRANT)
    again = {"$set": {"status": OutboxStatus.PENDING, "leaseToken": None, "nextAttemptAt": scene.clock.now()}}
    await type(granting).change(scene.db, {"_id": granting.id}, again)
    await scene.drain()
    assert scene.ada.role_names == []


@pytest.mark.parametrize("trouble", ["role_too_high", "missing_permission"])
async def test_what_keeps_a_role_from_being_removed_is_said_once_and_tried_again(
    scene: Scene, trouble: str
) -> None:
    """One alert with its remedy however often it fails; after the remedy the role goes."""
    order = await scene.order()
    await scene.drain()
    await revoke(scene, order)
    own = scene.guild.bot_role
    if trouble == "role_too_high":
        scene.guild.move_role(scene.vip, 9)
    else:
        scene.guild.set_permissions(own, BOT_MAY_NOT_MANAGE_ROLES)
    for _ in range(2):
        await scene.drain()
        scene.clock.forward(minutes=7)
    effect = await scene.effect(EffectKind.ROLE_REVOKE)
    assert (effect.status, effect.last_error) == (OutboxStatus.PENDING, trouble)
    said = [seen.text for seen in scene.staff_room.messages if "could not take the role" in seen.text]
    remedy = "Drag my role above it" if trouble == "role_too_high" else "Manage Roles"
    assert len(said) == 1
    assert remedy in said[0]
    assert len(await Alert.find_all(scene.db, {"message": "role_not_removed"})) == 1
    if trouble == "role_too_high":
        scene.guild.move_role(scene.vip, 1)
    else:
        scene.guild.set_permissions(own, int(own.permissions) | 1 << 28)
    scene.clock.forward(hours=1)
    await scene.drain()
    assert scene.ada.role_names == []


@pytest.mark.parametrize("gone", ["member_left", "role_gone"])
async def test_where_nothing_is_left_to_remove_nobody_is_bothered(scene: Scene, gone: str) -> None:
    """A member who left or a role that was deleted: done at once, no alert; coming back gives nothing."""
    order = await scene.order()
    await scene.drain()
    await revoke(scene, order)
    if gone == "member_left":
        scene.guild.leave(scene.ada)
    else:
        scene.guild.remove_role(scene.vip)
    await scene.drain()
    effect = await scene.effect(EffectKind.ROLE_REVOKE)
    assert (effect.status, effect.outcome) == (OutboxStatus.DONE, gone)
    assert await Alert.find_all(scene.db, {"message": "role_not_removed"}) == []
    if gone == "member_left":
        scene.guild.join(scene.ada)
        await scene.discord.quiet(0.2)
        await scene.drain()
        assert scene.ada.role_names == []


async def test_get_my_items_says_kindly_why_something_is_not_there_any_more(scene: Scene) -> None:
    """The key is shown no more, not even in a DM's button; the reason stands in its place."""
    order = await scene.order()
    await scene.drain()
    told = next(seen for seen in scene.ada.dms if "has received your payment" in seen.text)
    await revoke(scene, order)
    await scene.drain()
    seen = await told.press("Get my items")
    assert "AB-12" not in seen.text
    assert "**Season pass**: it was refunded, so it was taken back." in seen.text
    assert seen.files == {}


async def test_another_shop_s_purchases_are_neither_found_nor_counted(
    scene: Scene, elsewhere: tuple[Community, Shop]
) -> None:
    """The same member and role id in another tenant's books: untouched, and no reason to keep a role."""
    place, other = elsewhere
    otto = place.owner
    make = shelf(scene.services, other, otto)
    pass_there = await make("Pass", 100, 5, granted_role_ids=[str(scene.vip.id)])
    there = await buying_there(scene, other, otto, pass_there.key)
    order = await scene.order()
    await scene.drain()
    products = [item.product_id for item in there.items]
    owe = scene.services.revocation.revoke
    taken = await transact(scene.db, lambda tx: owe(scene.shop.id, there.key, products, "refunded", tx))
    assert taken == 0
    await revoke(scene, order)
    await scene.drain()
    assert scene.ada.role_names == []
    [foreign] = await Entitlement.of_order(scene.db, other.id, there.key)
    assert foreign.status is not EntitlementStatus.REVOKED


async def buying_there(scene: Scene, shop: Shop, owner: Person, product_id: str) -> Order:
    """Ada's paid order in another shop."""
    ada = member(scene.ada)
    await scene.services.carts.add(shop, ada, product_id)
    view = await scene.services.checkout.choose_payment(shop, ada, "VENMO")
    placed = await scene.services.placement.place(shop, ada, view.session.key, view.session.version)
    claim = (await buying.claimed(scene.services, shop, ada, placed)).payment
    await scene.services.claims.approve(shop, member(owner), claim.key, claim.claims, placed.order_number)
    return placed


async def test_two_processes_that_grant_and_revoke_at_once_end_as_the_books_say(scene: Scene) -> None:
    """One order is taken back while another comes in, on two workers: the role is there in the end."""
    other = services_over(scene.db, scene.clock)
    async with running(scene.discord, other):
        for _ in range(5):
            first = await scene.order()
            await scene.drain()
            second = await scene.order()
            await revoke(scene, first)
            await asyncio.gather(scene.services.worker.drain(), other.worker.drain())
            await scene.drain()
            assert scene.ada.role_names == ["VIP"]
            await revoke(scene, second)
            await asyncio.gather(scene.services.worker.drain(), other.worker.drain())
            assert scene.ada.role_names == []
    await other.calls.close()
