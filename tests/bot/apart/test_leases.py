"""Workers that die or stand still with effects under way: others take over, and nothing happens twice."""

import asyncio
import signal
from collections.abc import Sequence
from contextlib import AsyncExitStack

from bot.sandbox import Person
from models.outbox import OutboxEffect, OutboxStatus
from tests.bot.apart.conftest import LEASE, START, Launch, Place, Town, all_of
from tests.bot.apart.test_trade import TOLD
from tests.bot.conftest import Program
from tests.cogs import buying

DM = "/channels/*/messages"


async def buyers(town: Town, place: Place, many: int) -> list[Person]:
    """So many people whose orders were paid just now, so that much is owed to each."""
    people = [place.guild.add_member(f"person{number}") for number in range(many)]
    for each in people:
        order = await buying.placed(town.services, place.shop, each, place.vip.key)
        await buying.paid(town.services, place.shop, each, place.guild.owner, order)
    return people


async def rows(town: Town) -> list[OutboxEffect]:
    """Every effect as it stands."""
    return await OutboxEffect.find_all(town.db, {}, sort="_id")


async def leased(town: Town) -> set[str]:
    """Which effects some worker holds, once what was on its way to the database has arrived."""
    await asyncio.sleep(0.2)
    pending = [each for each in await rows(town) if each.status is OutboxStatus.PENDING]
    return {each.key for each in pending if each.lease_token is not None}


async def under_way(town: Town, many: int) -> None:
    """Wait until so many messages are on their way to Discord."""
    await town.discord.until(lambda: town.discord.recorder.in_flight >= many, timeout=START, what="effects")


def served(people: Sequence[Person]) -> None:
    """Each has the role and got each message once, in order."""
    for each in people:
        assert each.role_names == ["VIP"]
        assert [seen.content for seen in each.dms] == TOLD


async def two_workers(stack: AsyncExitStack, launch: Launch) -> tuple[Program, Program]:
    """One that works and one that stands still."""
    first, second = await all_of(stack, launch("worker"), launch("worker"))
    second.send(signal.SIGSTOP)
    return first, second


async def test_what_a_killed_worker_had_begun_arrives_once(town: Town, launch: Launch) -> None:
    """Killed while Discord takes its time with its messages; another does the rest when the leases end."""
    place = await town.place()
    async with AsyncExitStack() as stack:
        first, second = await two_workers(stack, launch)
        town.discord.faults.delay("POST", DM, seconds=1.5, times=6)
        people = await buyers(town, place, 6)
        await under_way(town, 3)
        await first.kill()
        await town.free()
        begun = await leased(town)
        assert begun
        second.send(signal.SIGCONT)
        await town.settled(within=LEASE + 90)
        served(people)
        after = await rows(town)
        assert {each.status for each in after} == {OutboxStatus.DONE}
        again = [each for each in after if each.key in begun]
        assert {each.attempts for each in again} == {2}
        await town.discord.quiet(1.7)
        assert len(place.staff.messages) == sum(each.outcome == "posted" for each in after)
        assert await second.told(signal.SIGTERM) == 0


async def test_a_worker_that_stood_still_past_its_lease_has_no_say(town: Town, launch: Launch) -> None:
    """Another settled what it had begun; awake again it changes nothing of that, and works on."""
    place = await town.place()
    async with AsyncExitStack() as stack:
        first, second = await two_workers(stack, launch)
        town.discord.faults.delay("POST", DM, seconds=1.5, times=3)
        people = await buyers(town, place, 1)
        await under_way(town, 1)
        first.send(signal.SIGSTOP)
        await town.free()
        begun = await leased(town)
        assert begun
        second.send(signal.SIGCONT)
        await town.settled(within=LEASE + 90)
        settled = await rows(town)
        assert {each.attempts for each in settled if each.key in begun} == {2}
        first.send(signal.SIGCONT)
        await first.until_said("effect_lease_lost")
        await asyncio.sleep(0.5)
        assert await rows(town) == settled
        served(people)
        # Both share what Discord allows; who is told to wait does so, and that is no failure.
        town.discord.faults.rate_limit_all(limit=5, per=0.5)
        more = await buyers(town, place, 5)
        await town.settled()
        assert town.discord.recorder.limited
        known = {each.key for each in settled}
        assert {each.attempts for each in await rows(town) if each.key not in known} == {1}
        served(more)
        assert [await each.told(signal.SIGTERM) for each in (first, second)] == [0, 0]
