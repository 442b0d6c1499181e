"""The gateway on bad days: dropped, forgotten, silent, shut; people are served afterwards."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import nextcord
import pytest
from nextcord.gateway import KeepAliveHandler

from bot.arrival import stay
from bot.client import Bot, make_bot
from bot.config import ConfigError
from bot.sandbox import Sandbox
from tests.cogs.conftest import CODE
from tests.drills.outside.street import Street

HEARTBEAT_MS, GIVEN_UP = 300, 1.0


@pytest.fixture
async def bot(street: Street) -> AsyncIterator[Bot]:
    """A bot that is logged in."""
    made = make_bot(street.services, reference=lambda: CODE, api_url=street.discord.api_url)
    await made.login(street.discord.token)
    yield made
    await made.close()
    for thread in threading.enumerate():
        # Whoever is cancelled between two sessions leaves the heart of the next one beating.
        if isinstance(thread, KeepAliveHandler):
            thread.stop()


@pytest.fixture
async def there(street: Street, bot: Bot) -> AsyncIterator[asyncio.Task[None]]:
    """The bot's stay in Discord, connected."""
    task = asyncio.create_task(stay(bot, street.discord.token, street.services, logged_in=True))
    await street.discord.ready("shop", "cart")
    yield task
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def drop(discord: Sandbox) -> None:
    """The network fails."""
    discord.gateway.drop()


async def deploy(discord: Sandbox) -> None:
    """Discord asks to connect anew."""
    discord.gateway.ask_reconnect()


async def invalid(discord: Sandbox) -> None:
    """The session can be resumed all the same."""
    discord.gateway.invalidate(resumable=True)


async def forgotten(discord: Sandbox) -> None:
    """The session is gone."""
    discord.gateway.invalidate()


def closed(code: int) -> Callable[[Sandbox], Awaitable[None]]:
    """Discord hangs up with this code."""

    async def hang_up(discord: Sandbox) -> None:
        await discord.gateway.hang_up(code)

    return hang_up


@pytest.mark.parametrize(
    "fault",
    [drop, deploy, invalid, forgotten, *(closed(code) for code in (1000, 4000, 4007, 4008, 4009))],
)
async def test_people_are_served_after_whatever_befell_the_gateway(
    street: Street, there: asyncio.Task[None], fault: Callable[[Sandbox], Awaitable[None]]
) -> None:
    """What they click meanwhile is heard when the session is resumed; else they click again."""
    gateway = street.discord.gateway
    before = gateway.identified + gateway.resumed
    await fault(street.discord)
    await street.discord.until(
        lambda: gateway.identified + gateway.resumed > before and gateway.connected, timeout=15
    )
    assert await street.buy(street.people[0])
    assert not there.done()


async def test_a_connection_at_whose_end_is_nobody_is_given_up(street: Street, bot: Bot) -> None:
    """It stands, and no heartbeat is answered: the bot connects anew by itself."""
    gateway = street.discord.gateway
    gateway.heartbeat_ms = HEARTBEAT_MS
    bot._connection.heartbeat_timeout = GIVEN_UP
    task = asyncio.create_task(stay(bot, street.discord.token, street.services, logged_in=True))
    await street.discord.ready("shop", "cart")
    gateway.freeze()
    await asyncio.sleep(GIVEN_UP)
    gateway.thaw()
    await street.discord.until(lambda: gateway.resumed and gateway.connected, timeout=15)
    assert await street.buy(street.people[0])
    assert not task.done()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_gateway_that_hangs_up_on_everybody_is_not_stormed(
    street: Street, there: asyncio.Task[None]
) -> None:
    """Six seconds of it are a handful of tries; when it is well again the bot is back."""
    gateway = street.discord.gateway
    gateway.turns_away = 4000
    gateway.drop()
    await asyncio.sleep(6)
    assert 2 <= gateway.turned_away <= 8
    gateway.turns_away = None
    await street.discord.until(lambda: gateway.connected, timeout=20)
    assert await street.buy(street.people[0])
    assert not there.done()


async def test_sessions_that_are_forgotten_again_and_again_use_up_no_days_allowance(
    street: Street, there: asyncio.Task[None]
) -> None:
    """Between two logins there are five seconds, then ten, then twenty: at the most 720 in a day."""
    gateway = street.discord.gateway
    logins = gateway.identified
    end = asyncio.get_running_loop().time() + 7
    while asyncio.get_running_loop().time() < end:
        gateway.invalidate()
        await asyncio.sleep(0.2)
    assert gateway.identified - logins <= 1
    assert not there.done()


async def test_a_gateway_that_is_away_at_the_first_connect_is_waited_for(street: Street, bot: Bot) -> None:
    """There is nothing to resume yet, which ended the program before."""
    street.discord.faults.fail("GET", "/gateway", times=2, status=503)
    task = asyncio.create_task(stay(bot, street.discord.token, street.services, logged_in=True))
    await street.discord.until(lambda: street.discord.gateway.connected, timeout=30)
    assert not task.done()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize(("code", "error"), [(4004, ConfigError), (4013, nextcord.ConnectionClosed)])
async def test_what_no_retry_can_mend_ends_the_stay(
    street: Street, there: asyncio.Task[None], code: int, error: type[Exception], caplog: Any
) -> None:
    """A refused token is said in a sentence, other codes are in the log."""
    await street.discord.gateway.hang_up(code)
    with pytest.raises(error):
        await asyncio.wait_for(there, 5)
    assert (code == 4013) is ("gateway_refused" in caplog.messages)


async def test_a_token_that_the_api_refuses_ends_the_stay(
    street: Street, bot: Bot, there: asyncio.Task[None]
) -> None:
    """Three times in a row, while the gateway still stands: each more would be one towards a ban."""
    street.discord.world.token = "another-token-altogether"
    for _ in range(3):
        with pytest.raises(nextcord.Unauthorized):
            await bot.http.get_roles(street.guild.id)
    with pytest.raises(ConfigError, match="does not accept the token"):
        await asyncio.wait_for(there, 5)
