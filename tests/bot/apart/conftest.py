"""Real processes over one database and one Redis, a Discord and a provider that all of them reach."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.outside import Outside
from bot.sandbox import Community, Person, Room, Sandbox
from bot.shards import shard_of
from bot.wiring import build
from models.base import Db
from models.outbox import OutboxEffect, OutboxStatus
from models.product import Product
from services import Services
from services.clock import SystemClock
from services.links import Links
from services.payments.processor import Site
from services.rules import Rules
from services.shops import Shop
from services.vault import Vault
from tests.bot.conftest import Program, Start
from tests.cogs.conftest import member
from tests.fakes.square import Square
from tests.services import hosting

SECRET = "a-secret-of-forty-characters-or-even-more"
PUBLIC = "https://shop.example"
# Seconds, after which another process takes over; 30 unless configured.
LEASE = 8.0
# Six processes that start at one moment share the processors.
START = 120.0


@dataclass(frozen=True)
class Place:
    """A guild with its shop, where VIP is sold."""

    guild: Community
    shop: Shop
    vip: Product
    customer: Person
    staff: Room

    @property
    def path(self) -> str:
        """Where the provider delivers its webhooks."""
        return f"/webhooks/cashapp_pay/{self.shop.id}"


class Town:
    """What all processes share, and the people in it; `services` are the test's own."""

    def __init__(self, db: Db, services: Services, discord: Sandbox, square: Square) -> None:
        self.db = db
        self.services = services
        self.discord = discord
        self.square = square

    async def place(self, shard: int = 0, *, locale: str = "en-US") -> Place:
        """A guild that this shard of two hears of, with a shop."""
        guild = self.discord.add_guild("Aurora", locale=locale)
        while shard_of(guild.id, 2) != shard:
            guild.expel_bot()
            await asyncio.sleep(0.001)
            guild = self.discord.add_guild("Aurora", locale=locale)
        owner = member(guild.owner)
        shop = await self.services.shops.claim(str(guild.id), "Aurora", owner)
        room = guild.add_channel("staff")
        shop = await self.services.shops.configure(shop, owner, admin_channel_id=str(room.channel.id))
        shop = await self.services.methods.configure(shop, owner, "VENMO", {"recipient": "@aurora"})
        keys = hosting.KEYS["CASHAPP_PAY"]
        shop = await self.services.providers.configure(shop, owner, "CASHAPP_PAY", keys)
        fields = {"name": "VIP", "sku": "VIP", "price_cents": 1500, "is_digital": True}
        roles = [str(guild.add_role("VIP").id)]
        vip = await self.services.catalog.create(shop, owner, {**fields, "granted_role_ids": roles})
        await self.services.stock.restock(shop, owner, vip.key, 100, "delivery")
        return Place(guild, shop, vip, guild.add_member("ada"), room)

    async def free(self) -> None:
        """End every transaction: one of a process that stands still would lock its records for a minute."""
        await self.db.client.admin.command("killAllSessions", [])

    async def settled(self, *, within: float = 90.0) -> None:
        """Wait until nothing is owed any more."""
        for _ in range(int(within / 0.05)):
            if await OutboxEffect.find_one(self.db, {"status": OutboxStatus.PENDING}) is None:
                return
            await asyncio.sleep(0.05)
        left = await OutboxEffect.find_all(self.db, {"status": OutboxStatus.PENDING})
        raise AssertionError([(each.kind, each.attempts, each.last_error) for each in left])


@pytest.fixture
async def town(db: Db, stand_in: Sandbox, square: Square) -> AsyncIterator[Town]:
    """Everything but the processes."""
    clock = SystemClock()
    outside = Outside(Vault([SECRET]), {"cashapp_pay": Site(square.url)})
    services = build(db, clock, Rules(), Links([SECRET], PUBLIC, clock), outside)
    yield Town(db, services, stand_in, square)
    await services.calls.close()


type Launch = Callable[..., AbstractAsyncContextManager[Program]]


@pytest.fixture
def launch(
    town: Town, start: Start, mongo_uri: str, redis_url: str, database_name: str, tmp_path: Path
) -> Launch:
    """Starts a part of the house, which has begun when the block does."""

    @contextlib.asynccontextmanager
    async def launched(*arguments: str, **more: str) -> AsyncIterator[Program]:
        settings = {
            "DISCORD__TOKEN": town.discord.token,
            "DISCORD__API_URL": town.discord.api_url,
            "DATABASE__URI": mongo_uri,
            "DATABASE__NAME": database_name,
            "REDIS__URL": redis_url,
            "DATA_DIR": str(tmp_path),
            "WEB__PORT": "0",
            "WEB__PUBLIC_URL": PUBLIC,
            "SECURITY__SECRETS": SECRET,
            "PROVIDERS__SQUARE_URL": town.square.url,
            "SHOP__LEASE_SECONDS": str(LEASE),
        }
        async with start(*arguments, **{**settings, **more}) as program:
            await program.until_said("started", within=START)
            yield program

    return launched


async def all_of(stack: AsyncExitStack, *starting: AbstractAsyncContextManager[Program]) -> list[Program]:
    """Start several at one moment, as a host does after a power cut."""
    begun: list[Awaitable[Program]] = [stack.enter_async_context(each) for each in starting]
    return list(await asyncio.gather(*begun))


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
