"""Stopped in the middle of everything: within ten seconds, nothing lost, nothing twice, nothing delayed."""

import asyncio
import random
import signal
import time

import pytest

from tests.drills.outside.conftest import Shopkeeper
from tests.drills.outside.pipe import Pipe
from tests.drills.outside.street import Street

IN_ALL = 10.0


async def soon(street: Street, paid: int) -> None:
    """So many have paid."""
    async with asyncio.timeout(30):
        while await street.pay_all() < paid:  # noqa: ASYNC110 - the database tells nobody
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
async def test_a_stop_under_load_loses_nothing(
    street: Street, keeper: Shopkeeper, sign: signal.Signals
) -> None:
    """Told once or twice it ends with status 0; the next one goes on at once, without waiting for leases."""
    async with street.busy(keeper.courier), keeper.opened() as program:
        await soon(street, 12)
        began = time.monotonic()
        impatient = asyncio.create_task(program.told(sign))
        await asyncio.sleep(0.1)
        assert (await program.told(sign), await impatient) == (0, 0)
        assert time.monotonic() - began < IN_ALL
        assert "Traceback" not in program.said
    async with keeper.opened() as program:
        await street.all_arrives(keeper.courier, 15.0)
        assert await street.check() >= 12
        assert "Traceback" not in program.said


async def test_a_program_that_is_killed_again_and_again_loses_nothing(
    street: Street, keeper: Shopkeeper
) -> None:
    """At three moments under load, without any chance to tidy up: leases end, and all of it arrives once."""
    async with street.busy(keeper.courier):
        for wanted in (4, 9, 15):
            async with keeper.opened(SHOP__LEASE_SECONDS="8") as program:
                await soon(street, wanted)
                await asyncio.sleep(random.uniform(0, 0.5))  # noqa: S311 - chance, not secrecy
                await program.kill()
            # What it had begun locks records for as long as mongod lets transactions live.
            await street.db.client.admin.command("killAllSessions", [])
    async with keeper.opened(SHOP__LEASE_SECONDS="8"):
        await street.all_arrives(keeper.courier, 110.0)
        assert await street.check() >= 15


async def test_a_stop_while_discord_hangs(street: Street, keeper: Shopkeeper) -> None:
    """Neither its API nor its gateway says another word: what was begun is handed back and comes later."""
    async with street.busy(keeper.courier), keeper.opened() as program:
        await soon(street, 6)
        street.discord.faults.delay("*", "*", seconds=60, times=100_000)
        street.discord.gateway.freeze()
        await asyncio.sleep(1)
        began = time.monotonic()
        assert await program.told(signal.SIGTERM) == 0
        assert time.monotonic() - began < IN_ALL
        assert "effects_handed_back" in program.said
    street.discord.faults.clear()
    street.discord.gateway.thaw()
    async with keeper.opened():
        await street.all_arrives(keeper.courier, 12.0)
        assert await street.check() >= 6


async def test_a_stop_while_the_database_hangs(street: Street, keeper: Shopkeeper, pipe: Pipe) -> None:
    """It takes connections and answers nothing: the program ends all the same, within the ten seconds."""
    way = f"mongodb://127.0.0.1:{pipe.port}/?directConnection=true"
    async with (
        street.busy(keeper.courier),
        keeper.opened(DATABASE__URI=way, SHOP__LEASE_SECONDS="10") as program,
    ):
        await soon(street, 6)
        pipe.hold()
        await asyncio.sleep(0.5)
        began = time.monotonic()
        assert await program.told(signal.SIGTERM) == 0
        assert time.monotonic() - began < IN_ALL
    # Leases that nobody could give back end by themselves.
    async with keeper.opened():
        await street.all_arrives(keeper.courier, 110.0)
        assert await street.check() >= 6
