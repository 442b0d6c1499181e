"""A bot of several processes: each holds its shards, begins in its turn, and judges its own servers only."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import nextcord
import pytest
from redis.asyncio import Redis

from bot.client import Bot, connect, make_bot
from bot.sandbox import Community, Sandbox, Starts
from bot.shards import Shards, shard_of
from models.base import Db
from services import Services
from tests.cogs import buying
from tests.cogs.conftest import member, services_over, shelf
from tests.services.conftest import TestClock

CODE = "TESTCODE"


@pytest.fixture
async def services(db: Db) -> AsyncIterator[Services]:
    """Every service, without Redis."""
    built = services_over(db, TestClock())
    yield built
    await built.calls.close()


@asynccontextmanager
async def holding(
    discord: Sandbox,
    db: Db,
    shards: Shards,
    redis: Redis | None = None,
    services: Services | None = None,
) -> AsyncIterator[Bot]:
    """A bot process, as it were, that holds these shards."""
    services = services or services_over(db, TestClock())
    bot = make_bot(services, reference=lambda: CODE, api_url=discord.api_url, shards=shards, redis=redis)
    await bot.login(discord.token)
    task = asyncio.create_task(connect(bot))
    try:
        yield bot
    finally:
        await bot.close()
        await asyncio.gather(task, return_exceptions=True)
        await bot.http.close()
        await services.calls.close()


async def a_guild_of(discord: Sandbox, shard: int, name: str) -> Community:
    """A guild that this shard of two hears of."""
    while True:
        made = discord.add_guild(name)
        if shard_of(made.id, 2) == shard:
            return made
        made.expel_bot()
        await asyncio.sleep(0.001)


async def test_two_processes_begin_in_turn_and_answer_their_own_guilds(db: Db, redis_url: str) -> None:
    """Started at one moment, they keep Discord's five seconds; each command is answered by one of them."""
    async with Sandbox(starts=Starts(recommended=2, apart=5)) as discord, Redis.from_url(redis_url) as redis:
        guilds = [await a_guild_of(discord, number, name) for number, name in enumerate(("Aurora", "Bora"))]
        async with (
            holding(discord, db, Shards(0, 0, 2), redis) as first,
            holding(discord, db, Shards(1, 1, 2), redis) as second,
        ):
            await discord.until(lambda: discord.gateway.shards == {0, 1}, timeout=20, what="both shards")
            await discord.ready("shop")
            for guild in guilds:
                assert "no shop yet" in (await guild.owner.run("/shop browse")).text
            answered = [one.path for one in discord.requests if one.path.endswith("/callback")]
            assert len(answered) == 2
            assert [[each.id for each in bot.guilds] for bot in (first, second)] == [
                [guild.id] for guild in guilds
            ]
        assert discord.gateway.starts.refused == 0


async def test_a_server_that_was_left_while_a_session_was_lost_is_noticed_and_no_other(
    services: Services, db: Db
) -> None:
    """What the new session does not name is forgotten; another shard's server is none of its business."""
    async with Sandbox() as discord:
        mine, other = [await a_guild_of(discord, number, f"Guild {number}") for number in (0, 1)]
        shops = [
            await services.shops.claim(str(each.id), each.owner.name, member(each.owner))
            for each in (mine, other)
        ]
        async with holding(discord, db, Shards(0, 0, 2)) as bot:
            await discord.until(lambda: bot.get_guild(mine.id) is not None, what="the first session")
            discord.gateway.invalidate()
            mine.expel_bot()
            other.expel_bot()
            await discord.until(lambda: bot.get_guild(mine.id) is None, timeout=20, what="another session")
            for _ in range(400):
                if await services.absences.away(shops[0].id):
                    break
                await asyncio.sleep(0.05)
            await discord.quiet(0.3)
        assert [await services.absences.away(each.id) for each in shops] == [True, False]


async def test_without_the_members_privilege_shards_go_on_without_it(db: Db) -> None:
    """It is asked for beforehand: one refusal would close them all."""
    async with Sandbox(privileged_intents=0) as stingy:
        stingy.add_guild("Aurora")
        async with holding(stingy, db, Shards(0, 0, 1)) as bot:
            await stingy.ready("shop")
            assert not bot.intents.members


async def test_too_few_shards_are_named_in_the_log(
    services: Services, caplog: pytest.LogCaptureFixture
) -> None:
    """The operator learns what to start."""
    async with Sandbox(starts=Starts(guilds_per_shard=0)) as discord:
        discord.add_guild("Aurora")
        bot = make_bot(services, reference=lambda: CODE, api_url=discord.api_url)
        await bot.login(discord.token)
        with pytest.raises(nextcord.ConnectionClosed):
            await connect(bot)
        await bot.close()
        await bot.http.close()
    assert "shards_wrong" in caplog.messages


async def test_a_dm_about_a_server_of_another_shard_names_its_roles(services: Services, db: Db) -> None:
    """Clicks in DMs come in on the first shard, which is not told of the server that they are about."""
    async with Sandbox() as discord:
        guild = await a_guild_of(discord, 1, "Aurora")
        shop = await services.shops.claim(str(guild.id), "Aurora", member(guild.owner))
        ways = {"recipient": "@aurora-shop"}
        shop = await services.methods.configure(shop, member(guild.owner), "VENMO", ways)
        role, ada = guild.add_role("Patron"), guild.add_member("ada")
        vip = await shelf(services, shop, guild.owner)("VIP", granted_role_ids=[str(role.id)])
        async with holding(discord, db, Shards(0, 0, 2), services=services) as bot:
            await discord.ready("orders")
            order = await buying.placed(services, shop, ada, vip.key)
            await buying.paid(services, shop, ada, guild.owner, order)
            while await services.worker.drain():
                pass
            assert bot.get_guild(guild.id) is None
            assert ada.role_names == ["Patron"]
            items = await ada.dms[-1].press("Get my items")
            assert "**Patron**" in items.text
