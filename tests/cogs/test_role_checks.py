"""The daily comparison: what drifted is mended both ways, gently, once, and told in one line."""

import asyncio
from typing import Any

from bot.sandbox import Community, Person
from models.entitlement import Entitlement, EntitlementStatus
from models.order import Order
from models.outbox import OutboxEffect, OutboxStatus
from models.role_check import RoleCheck
from services.effects import EffectKind
from services.queue_entries import QueueKind
from services.role_checks import SLICE
from services.shops import Shop
from tests.cogs.conftest import member, running, services_over, shelf
from tests.cogs.test_effects import Scene, closed_scene, scene
from tests.cogs.test_revocation import buying_there, revoke

__all__ = ["closed_scene", "scene"]
GET_MEMBER = "/guilds/{guild_id}/members/{user_id}"


async def day(scene: Scene) -> None:
    """A day passes, and whatever was due in it happens."""
    await scene.services.sweeper.sweep()
    scene.clock.forward(days=1)
    await scene.services.sweeper.sweep()
    for _ in range(5):
        await scene.drain()
        scene.clock.forward(minutes=2)
    await scene.drain()


def summaries(scene: Scene) -> list[str]:
    """What staff were told of comparisons."""
    return [seen.text for seen in scene.staff_room.messages if "compared everybody's roles" in seen.text]


async def forget_removal(scene: Scene, order: Order) -> None:
    """An order was revoked, and whatever was to give or remove its role was given up."""
    await revoke(scene, order)
    dead = {"$set": {"status": OutboxStatus.DEAD}}
    await OutboxEffect.rows(scene.db).update_many({"kind": {"$regex": "^role"}}, dead)


async def test_a_role_that_was_taken_by_hand_comes_back_and_staff_hear_one_line(scene: Scene) -> None:
    """Granted and not there: given again, with the end it had; the next day has nothing to tell."""
    order = await scene.order()
    await scene.drain()
    scene.guild.take(scene.ada, scene.vip)
    await day(scene)
    assert scene.ada.role_names == ["VIP"]
    assert (await scene.role(order)).status is EntitlementStatus.GRANTED
    assert summaries(scene) == [
        "I compared everybody's roles with what they bought. 1 role was missing: I give it again."
    ]
    await day(scene)
    assert len(summaries(scene)) == 1


async def test_what_staff_did_by_hand_is_left_as_they_left_it(scene: Scene) -> None:
    """They gave something else instead; who leaves and comes back gets what the purchase says."""
    scene.guild.move_role(scene.vip, 9)
    order = await scene.order()
    await scene.drain()
    (entry,) = (await scene.services.queue.page(scene.shop, QueueKind.DELIVERY)).entries
    await scene.services.queue.close(scene.shop, member(scene.olivia), entry.id, "Ada wanted a mug instead.")
    scene.guild.move_role(scene.vip, 1)
    await day(scene)
    assert scene.ada.role_names == []
    assert summaries(scene) == []
    await scene.services.delivery.rejoined(scene.shop, member(scene.ada), {str(scene.vip.id)})
    await scene.drain()
    assert scene.ada.role_names == ["VIP"]
    assert not (await scene.role(order)).by_hand
    scene.guild.take(scene.ada, scene.vip)
    await day(scene)
    assert scene.ada.role_names == ["VIP"]


async def test_where_nothing_drifted_nobody_is_bothered(scene: Scene) -> None:
    """A whole turn over a role that is there: no effect, no alert."""
    await scene.order()
    await scene.drain()
    await day(scene)
    assert [effect.outcome for effect in await scene.effects(EffectKind.ROLE_CHECK)] == ["finished"]
    assert len(await scene.effects(EffectKind.ROLE_GRANT)) == 1
    assert summaries(scene) == []


async def test_a_role_whose_removal_never_happened_is_removed(scene: Scene) -> None:
    """Revoked, the removal given up: the role goes with the next comparison."""
    order = await scene.order()
    await scene.drain()
    await forget_removal(scene, order)
    assert scene.ada.role_names == ["VIP"]
    await day(scene)
    assert scene.ada.role_names == []
    assert "1 role was left over: I take it away." in summaries(scene)[0]


async def test_a_role_that_others_gave_after_its_removal_is_theirs(scene: Scene) -> None:
    """We gave it and took it away; staff gave it afterwards as a present: it stays."""
    order = await scene.order()
    await scene.drain()
    await revoke(scene, order)
    await scene.drain()
    scene.guild.give(scene.ada, scene.vip)
    await day(scene)
    assert scene.ada.role_names == ["VIP"]
    assert summaries(scene) == []


async def test_a_role_that_was_never_granted_by_us_stays(scene: Scene) -> None:
    """Staff helped themselves while we could not: what we did not give, we do not look for."""
    scene.guild.move_role(scene.vip, 9)
    order = await scene.order()
    await scene.drain()
    scene.guild.give(scene.ada, scene.vip)
    await forget_removal(scene, order)
    scene.guild.move_role(scene.vip, 1)
    await day(scene)
    assert scene.ada.role_names == ["VIP"]


async def test_who_left_before_the_end_and_got_the_role_back_from_another_bot_loses_it(scene: Scene) -> None:
    """Revoked while away, and a bot that remembers roles gives it at the return: it was ours, it goes."""
    order = await scene.order()
    await scene.drain()
    scene.guild.leave(scene.ada)
    await revoke(scene, order)
    await scene.drain()
    scene.guild.join(scene.ada, roles=[scene.vip])
    await scene.discord.quiet(0.2)
    await scene.drain()
    assert scene.ada.role_names == ["VIP"]
    await day(scene)
    assert scene.ada.role_names == []


async def test_who_came_back_while_the_bot_was_away_gets_the_roles(closed_scene: Scene) -> None:
    """No word of the return ever came: the comparison sees that the role is missing."""
    scene = closed_scene
    async with running(scene.discord, scene.services):
        await scene.order()
        await scene.drain()
        await scene.services.sweeper.sweep()
    scene.guild.leave(scene.ada)
    scene.guild.join(scene.ada)
    scene.services = services_over(scene.db, scene.clock)
    async with running(scene.discord, scene.services):
        await scene.drain()
        assert scene.ada.role_names == []
        await day(scene)
        assert scene.ada.role_names == ["VIP"]
    await scene.services.calls.close()


async def test_who_left_is_let_be(scene: Scene) -> None:
    """Somebody who is not there misses no role: nothing is owed, nobody is told."""
    await scene.order()
    await scene.drain()
    scene.guild.leave(scene.ada)
    await day(scene)
    assert len(await scene.effects(EffectKind.ROLE_GRANT)) == 1
    assert summaries(scene) == []


async def test_two_purchases_of_a_missing_role_are_one_repair(scene: Scene) -> None:
    """One grant gives it back; a failed or an ended one is not looked at."""
    await scene.order()
    await scene.order()
    await scene.drain()
    scene.guild.take(scene.ada, scene.vip)
    await day(scene)
    assert scene.ada.role_names == ["VIP"]
    assert "1 role was missing" in summaries(scene)[0]


async def test_what_the_bot_may_not_give_is_left_without_a_flood_of_failures(scene: Scene) -> None:
    """A role that was deleted or stands above the bot: no grant is owed, no customer is told."""
    order = await scene.order()
    await scene.drain()
    scene.guild.take(scene.ada, scene.vip)
    scene.guild.move_role(scene.vip, 9)
    await day(scene)
    scene.guild.remove_role(scene.vip)
    await day(scene)
    assert len(await scene.effects(EffectKind.ROLE_GRANT)) == 1
    assert (await scene.role(order)).status is EntitlementStatus.GRANTED
    assert summaries(scene) == []


async def test_many_members_are_asked_for_in_slices_with_pauses(scene: Scene) -> None:
    """More members than a slice holds: at once only a slice is asked for, in the end everybody once."""
    people = [scene.guild.add_member(f"fan{n}") for n in range(SLICE + 3)]
    for person in people:
        await buy_free(scene, person)
    await scene.drain()
    for person in people:
        scene.guild.take(person, scene.vip)
    await scene.services.sweeper.sweep()
    scene.clock.forward(days=1)
    await scene.services.sweeper.sweep()
    before = len(asked(scene))
    await scene.drain()
    assert len(asked(scene)) - before <= SLICE + 1
    scene.clock.forward(minutes=2)
    await scene.drain()
    assert all(person.role_names == ["VIP"] for person in people)
    assert len(summaries(scene)) == 1
    assert f"{SLICE + 3} were missing" in summaries(scene)[0]


def asked(scene: Scene) -> list[Any]:
    """The requests for single members so far."""
    return [each for each in scene.discord.requests if (each.method, each.template) == ("GET", GET_MEMBER)]


async def buy_free(scene: Scene, person: Person) -> None:
    """Somebody's role, without the way through payment."""
    await Entitlement(
        tenant_id=scene.shop.id,
        user_id=str(person.id),
        order_id="x",
        product_id=scene.season.key,
        type="DISCORD_ROLE",
        role_id=str(scene.vip.id),
        status=EntitlementStatus.GRANTED,
        granted_at=scene.clock.now(),
    ).insert(scene.db)
    scene.guild.give(person, scene.vip)


async def test_two_processes_make_one_turn_of_a_day(scene: Scene) -> None:
    """Both sweep and both work: one turn, one repair, one line."""
    await scene.order()
    await scene.drain()
    await scene.services.sweeper.sweep()
    scene.guild.take(scene.ada, scene.vip)
    other = services_over(scene.db, scene.clock)
    async with running(scene.discord, other):
        scene.clock.forward(days=1)
        await asyncio.gather(*[each.sweeper.sweep() for each in (scene.services, other) * 3])
        await asyncio.gather(scene.services.worker.drain(), other.worker.drain())
        await scene.drain()
    await other.calls.close()
    assert len(await scene.effects(EffectKind.ROLE_CHECK)) == 1
    assert scene.ada.role_names == ["VIP"]
    assert len(summaries(scene)) == 1


async def test_a_slice_that_is_done_again_after_a_crash_mends_and_counts_once(scene: Scene) -> None:
    """Everything of the slice happened but its own end was never noted: again changes nothing."""
    await scene.order()
    await scene.drain()
    scene.guild.take(scene.ada, scene.vip)
    await day(scene)
    check = await RoleCheck.of(scene.db, scene.shop.id)
    assert check is not None
    forgotten = {"$set": {"status": OutboxStatus.PENDING, "leaseToken": None}}
    await OutboxEffect.rows(scene.db).update_many({"kind": EffectKind.ROLE_CHECK}, forgotten)
    unfinished = {"$set": {"running": True, "given": 0}}
    await RoleCheck.rows(scene.db).update_many({}, unfinished)
    scene.guild.take(scene.ada, scene.vip)
    await scene.drain()
    assert len(summaries(scene)) == 1
    assert len(await scene.effects(EffectKind.ROLE_GRANT)) == 2


async def test_an_error_of_discord_is_waited_out(scene: Scene) -> None:
    """A 503 in the middle of a slice: it is tried again, and what is missing still comes."""
    await scene.order()
    await scene.drain()
    scene.guild.take(scene.ada, scene.vip)
    await scene.services.sweeper.sweep()
    scene.clock.forward(days=1)
    await scene.services.sweeper.sweep()
    scene.discord.faults.fail("GET", f"/guilds/*/members/{scene.ada.id}", status=503)
    await scene.drain()
    scene.clock.forward(minutes=2)
    await scene.drain()
    assert scene.ada.role_names == ["VIP"]


async def test_a_guild_that_the_bot_left_ends_quietly(scene: Scene) -> None:
    """Nothing can be compared there; nobody is told of it day after day."""
    await scene.order()
    await scene.drain()
    await scene.services.sweeper.sweep()
    scene.guild.expel_bot()
    scene.clock.forward(days=1)
    await scene.services.sweeper.sweep()
    await scene.drain()
    assert (await scene.effect(EffectKind.ROLE_CHECK)).outcome == "guild_left"


async def test_another_shop_s_purchases_mend_nothing_here(
    scene: Scene, elsewhere: tuple[Community, Shop]
) -> None:
    """The same member and role id in another tenant's books gives and takes nothing in this guild."""
    place, other = elsewhere
    make = shelf(scene.services, other, place.owner)
    pass_there = await make("Pass", 100, 5, granted_role_ids=[str(scene.vip.id)])
    there = await buying_there(scene, other, place.owner, pass_there.key)
    [foreign] = await Entitlement.of_order(scene.db, other.id, there.key)
    await Entitlement.grant(scene.db, other.id, foreign.id, scene.clock.now())
    await OutboxEffect.rows(scene.db).delete_many({"tenantId": other.id})
    await day(scene)
    assert scene.ada.role_names == []
    after = await Entitlement.get(scene.db, other.id, foreign.id)
    assert after is not None
    assert after.status is EntitlementStatus.GRANTED
