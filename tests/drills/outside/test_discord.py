"""Discord on bad days: people go on buying, nothing is asked in a storm, and all of it arrives once."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.client import Bot
from bot.looking_out import look
from models.outbox import OutboxEffect, OutboxStatus
from services.rules import Rules
from services.worker import AT_ONCE
from tests.cogs.conftest import running
from tests.drills.outside.street import PAID, ROLE, Street
from tests.services.conftest import TestClock

EVERYTHING_OWED = ("/channels/*", "/guilds/*", "/users/@me/channels")


@pytest.fixture
def clock() -> TestClock:
    """The street's time, set forward by the drill."""
    return TestClock()


@pytest.fixture
def rules() -> Rules:
    """Effects that hang are cut off after two seconds."""
    return Rules(outbox_lease=timedelta(seconds=2.5))


@pytest.fixture
async def bot(street: Street) -> AsyncIterator[Bot]:
    """The bot, connected to the street's Discord."""
    async with running(street.discord, street.services) as started:
        yield started


async def sold(street: Street, count: int = 1) -> None:
    """So many people buy by clicks, and their money comes."""
    assert all([await street.buy(person) for person in street.people[:count]])
    await street.pay_all()
    for notice in street.square.notices:
        signed = {name.lower(): value for name, value in notice.headers.items()}
        taken = await street.services.inbox.receive("cashapp_pay", street.shop.id, notice.body, signed)
        assert taken == 200
    await street.services.inbox.drain()


async def later(street: Street, clock: TestClock, seconds: float = 61) -> None:
    """What is due by then happens."""
    clock.forward(seconds=seconds)
    while await street.services.worker.drain():
        pass


@pytest.mark.usefixtures("bot")
@pytest.mark.parametrize("status", [500, 503])
async def test_while_discord_is_down_nobody_storms_it_and_then_all_arrives(
    street: Street, clock: TestClock, status: int
) -> None:
    """Twenty minutes of errors: people buy, few requests are made, and soon after its end all is there."""
    for place in EVERYTHING_OWED:
        street.discord.faults.fail("*", place, times=100_000, status=status)
    await sold(street, 4)
    before = len(street.discord.requests)
    for _ in range(20):
        await later(street, clock)
    assert len(street.discord.requests) - before < 60
    owed = await OutboxEffect.find_all(street.db, {"status": OutboxStatus.PENDING})
    assert len(owed) >= 12
    assert max(each.attempts for each in owed) <= 4
    street.discord.faults.clear()
    await later(street, clock)
    await later(street, clock, 20)
    assert await street.owed() == []
    assert await street.check() == 4


async def test_in_a_quiet_shop_nobody_waits_for_the_next_try(
    street: Street, clock: TestClock, bot: Bot
) -> None:
    """Forty minutes of errors, and nothing else is owed by which it would be noticed that they are over."""
    for place in EVERYTHING_OWED:
        street.discord.faults.fail("*", place, times=100_000, status=503)
    street.discord.faults.fail("GET", "/users/@me", times=100_000, status=503)
    await sold(street)
    for _ in range(240):
        clock.forward(seconds=10)
        await look(bot, street.services)
        await later(street, clock, 0)
    owed = await OutboxEffect.find_all(street.db, {"status": OutboxStatus.PENDING})
    assert max(each.attempts for each in owed) <= 3
    street.discord.faults.clear()
    clock.forward(seconds=31)
    await look(bot, street.services)
    await later(street, clock, 1)
    await later(street, clock, 1)
    assert await street.owed() == []
    assert await street.check() == 1


@pytest.mark.usefixtures("bot")
async def test_lost_answers_double_nothing(street: Street, clock: TestClock) -> None:
    """Done, and the connection cut before the answer: a role, a DM and a post each come once."""
    await sold(street, 3)
    street.discord.faults.lose("PUT", "/guilds/*", times=2)
    street.discord.faults.lose("POST", "/channels/*/messages", times=2)
    for _ in range(3):
        await later(street, clock)
    assert await street.check() == 3


@pytest.mark.usefixtures("bot")
async def test_a_global_limit_is_kept_by_everybody(street: Street, clock: TestClock) -> None:
    """What was under way may still be sent; nothing else is while it lasts, and then all of it comes."""
    discord = street.discord
    await sold(street, 8)
    discord.faults.limit("*", "/channels/*", retry_after=1.6, is_global=True)
    drain = asyncio.create_task(street.services.worker.drain())
    await discord.until(lambda: discord.recorder.limited == 1)
    asked = discord.recorder.count
    await asyncio.sleep(1.4)
    assert discord.recorder.count - asked < sum(AT_ONCE.values())
    await drain
    for _ in range(3):
        await later(street, clock)
    assert discord.recorder.limited == 1
    assert await street.check() == 8


@pytest.mark.usefixtures("bot")
async def test_what_hangs_holds_up_nobody_else(street: Street, clock: TestClock) -> None:
    """DMs take ten seconds each: roles are there at once, and in the end each DM came once."""
    await sold(street, 3)
    street.discord.faults.delay("POST", "/users/@me/channels", seconds=10, times=100)
    run = asyncio.create_task(street.services.worker.run())
    buyers = street.people[:3]
    await street.discord.until(lambda: all(ROLE in each.role_names for each in buyers), timeout=2.0)
    run.cancel()
    await asyncio.gather(run, return_exceptions=True)
    assert await street.services.worker.hand_back() >= 3
    assert not any(PAID in seen.text for each in buyers for seen in each.dms)
    street.discord.faults.clear()
    for _ in range(3):
        await later(street, clock)
    assert await street.check() == 3
