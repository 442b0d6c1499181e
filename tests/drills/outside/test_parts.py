"""One part of the house is stopped or killed while customers buy: the others go on, all arrives once."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

import aiohttp
import pytest
from yarl import URL

from models.inventory import InventorySnapshot
from tests.bot.conftest import Program
from tests.drills.outside.conftest import Shopkeeper
from tests.drills.outside.street import Street

IN_ALL = 10.0
PATIENCE = 120.0
PARTS = ("worker", "web", "bot")
EACH = 3


async def until(reached: Callable[[], Awaitable[bool]], what: str) -> None:
    """Wait for something that nobody rings a bell for."""
    try:
        async with asyncio.timeout(PATIENCE):
            while not await reached():  # noqa: ASYNC110 - neither database nor programs ring one
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(what) from None


class House:
    """Bot, listener and worker, a process each; whoever is gone is started again, as a supervisor does."""

    def __init__(self, street: Street, keeper: Shopkeeper, stack: AsyncExitStack) -> None:
        self._street, self._keeper, self._stack = street, keeper, stack
        self._parts: dict[str, Program] = {}

    async def start(self, part: str) -> None:
        """Start a part, and wait until it does its work."""
        gateway = self._street.discord.gateway
        before = gateway.identified
        more = {"SHOP__LEASE_SECONDS": "8", "SHOP__STALE_CONFIRM_SECONDS": "10"}
        program = await self._stack.enter_async_context(
            self._keeper.run(part, **{**self._keeper.settings, **more})
        )
        await program.until_said("started", within=PATIENCE)
        if part == "bot":
            await self._street.discord.until(
                lambda: gateway.identified > before, timeout=PATIENCE, what=program.said
            )
            await self._street.discord.ready("shop", "cart")
        self._parts[part] = program

    async def strike(self, part: str, sign: signal.Signals) -> None:
        """Stop it, which takes at most ten seconds and ends well, or kill it."""
        program = self._parts.pop(part)
        if sign is signal.SIGKILL:
            await program.kill()
            # What it had begun locks records for as long as mongod lets transactions live.
            await self._street.db.client.admin.command("killAllSessions", [])
            return
        began = time.monotonic()
        assert await program.told(sign) == 0, program.said
        assert time.monotonic() - began < IN_ALL
        assert "Traceback" not in program.said


@asynccontextmanager
async def opened(street: Street, keeper: Shopkeeper) -> AsyncIterator[House]:
    """All three, started at one moment."""
    async with AsyncExitStack() as stack:
        house = House(street, keeper, stack)
        await asyncio.gather(*map(house.start, PARTS))
        yield house


async def others_go_on(street: Street, keeper: Shopkeeper, gone: str) -> None:
    """What does not need the part that is gone happens."""
    placed = street.confirmed

    async def goes_on() -> bool:
        if gone != "web" and not await _serves(keeper):
            return False
        # Without a bot nobody buys; whoever had paid gets all that they paid for.
        return street.confirmed > placed if gone != "bot" else not await street.owed()

    await until(goes_on, f"nothing went on without {gone}")


async def _serves(keeper: Shopkeeper) -> bool:
    async with (
        aiohttp.ClientSession() as http,
        http.get(URL(keeper.courier.url).with_path("/healthz")) as page,
    ):
        return page.status == 200


async def held_for_nobody(street: Street) -> bool:
    """Whether what an interrupted Confirm held was given back."""
    (snapshot,) = await InventorySnapshot.find_all(street.db, {"productId": street.product_id})
    return not snapshot.holds


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGKILL])
async def test_each_part_may_go_at_any_moment(
    street: Street, keeper: Shopkeeper, sign: signal.Signals
) -> None:
    """Worker, listener and bot in turn: nothing is lost, nothing happens twice."""
    async with opened(street, keeper) as house:
        async with street.busy(keeper.courier):
            for many, part in enumerate(PARTS, start=1):
                await until(partial(_paid, street, EACH * many), f"not so many paid before {part}")
                await house.strike(part, sign)
                await others_go_on(street, keeper, part)
                await house.start(part)
            await until(partial(_paid, street, EACH * (len(PARTS) + 1)), "nobody buys in the end")
        await street.all_arrives(keeper.courier, PATIENCE)
        await until(partial(held_for_nobody, street), "something is held for nobody")
        assert await street.check() >= EACH * (len(PARTS) + 1)


async def _paid(street: Street, many: int) -> bool:
    return await street.pay_all() >= many
