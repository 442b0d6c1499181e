"""Started before what it stands on is there, as hosts do that start everything at once."""

import asyncio
import signal
from pathlib import Path

from bot.sandbox import Sandbox
from tests.bot.conftest import Start
from tests.drills.outside.conftest import SECRET, Shopkeeper
from tests.drills.outside.pipe import pipe_to
from tests.drills.outside.street import Street
from tests.drills.outside.test_stops import soon


async def test_a_start_waits_for_its_database(street: Street, keeper: Shopkeeper, mongo_uri: str) -> None:
    """It says so once, and goes on as soon as the database is there."""
    async with pipe_to(mongo_uri) as pipe:
        port = pipe.port
    way = f"mongodb://127.0.0.1:{port}/?directConnection=true"
    async with keeper.opened(awaited=False, DATABASE__URI=way) as program:
        await program.until_said("database_awaited")
        async with pipe_to(mongo_uri, port):
            await program.until_said("started")
            await street.discord.ready("shop", "cart")
            assert await street.buy(street.people[0])
            assert await program.told(signal.SIGTERM) == 0
            assert program.said.count("database_awaited") == 1


async def test_a_start_without_database_gives_up_in_time(start: Start, tmp_path: Path) -> None:
    """After the time that the setting gives, with status 1 and no traceback."""
    async with start(
        DISCORD__TOKEN="some-token-some-token",
        DATABASE__URI="mongodb://127.0.0.1:1/?directConnection=true",
        DATABASE__WAIT_SECONDS="1",
        SECURITY__SECRETS=SECRET,
        DATA_DIR=str(tmp_path),
    ) as program:
        assert await program.ended() == 1
        assert "start_failed" in program.said
        assert "Traceback" not in program.said


async def test_a_start_without_discord_takes_webhooks_and_goes_there_later(
    street: Street, keeper: Shopkeeper
) -> None:
    """The listener takes in what was paid; when Discord is there, the bot is, and all is handed over."""
    discord = street.discord
    async with keeper.opened():
        assert await street.buy(street.people[0])
    await street.pay_all()
    discord.faults.fail("*", "*", times=100_000, status=502)
    delivery = asyncio.create_task(keeper.courier.run())
    async with keeper.opened(awaited=False) as program:
        await program.until_said("discord_away")
        async with asyncio.timeout(20):
            while not keeper.courier.statuses[200]:  # noqa: ASYNC110 - the courier tells nobody
                await asyncio.sleep(0.05)
        discord.faults.clear()
        await discord.until(lambda: discord.gateway.connected, timeout=30)
        await street.all_arrives(keeper.courier, 75.0)
        assert await street.check() == 1
        assert await program.told(signal.SIGTERM) == 0
    delivery.cancel()


async def test_a_token_that_is_taken_away_keeps_what_is_owed_for_later(
    street: Street, keeper: Shopkeeper
) -> None:
    """The program ends with status 2 and a sentence; with a new token everything arrives."""
    async with street.busy(keeper.courier), keeper.opened() as program:
        await soon(street, 6)
        old, street.discord.world.token = street.discord.world.token, "another-token-altogether"
        assert await program.ended() == 2
        assert "Discord does not accept the token" in program.said
        assert "Traceback" not in program.said
        street.discord.world.token = old
    async with keeper.opened():
        await street.all_arrives(keeper.courier, 20.0)
        assert await street.check() >= 6


async def test_a_discord_that_is_nowhere_is_waited_for(keeper: Shopkeeper) -> None:
    """An address where nobody listens is no wrong token: the program tries on until it is told to stop."""
    async with Sandbox() as gone:
        address = gone.api_url
    async with keeper.opened(awaited=False, DISCORD__API_URL=address) as program:
        await program.until_said("discord_away")
        await program.until_said("started")
        assert await program.told(signal.SIGTERM) == 0
        assert "Traceback" not in program.said
