"""What a drill of the outside starts with: a street of customers, and the program in a process of its own."""

import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.outside import Outside, open_database
from bot.sandbox import Patience, Sandbox
from bot.wiring import build
from models.base import Db
from models.registry import create_indexes
from services.clock import Clock, SystemClock
from services.links import Links
from services.payments.processor import Site
from services.rules import Rules
from services.vault import Vault
from tests.bot.conftest import Program, start
from tests.cogs.conftest import member
from tests.drills.outside.pipe import Pipe, pipe_to
from tests.drills.outside.street import PRODUCT, ROLE, Courier, Street
from tests.fakes.square import Square
from tests.services import hosting

__all__ = ["start"]

SECRET = "a-secret-of-forty-characters-or-even-more"
PUBLIC_URL = "https://shop.example"
STOCK = 5000


@pytest.fixture
async def db(mongo_uri: str, database_name: str) -> AsyncIterator[Db]:
    """This drill's database, which is well: what befalls databases is drilled elsewhere."""
    opened = open_database(mongo_uri, database_name)
    await create_indexes(opened)
    yield opened
    opened.client.close()


@pytest.fixture
async def pipe(mongo_uri: str) -> AsyncIterator[Pipe]:
    """The way by which the program reaches the database in drills where that goes silent."""
    async with pipe_to(mongo_uri) as made:
        yield made


@pytest.fixture
def clock() -> Clock:
    """The street's time; drills within one process may set it forward."""
    return SystemClock()


@pytest.fixture
def rules() -> Rules:
    """The shop's patience."""
    return Rules()


@pytest.fixture
async def street(db: Db, square: Square, clock: Clock, rules: Rules) -> AsyncIterator[Street]:
    """A shop with eight customers; its staff are called in a channel."""
    outside = Outside(Vault([SECRET]), {"cashapp_pay": Site(square.url)})
    services = build(db, clock, rules, Links([SECRET], PUBLIC_URL, clock), outside)
    async with Sandbox(patience=Patience(first=3.0, last=5.0)) as discord:
        guild = discord.add_guild("Aurora", owner="olivia")
        role = guild.add_role(ROLE)
        staff = guild.add_channel("staff", visible_to=[guild.bot_role])
        owner = member(guild.owner)
        shop = await services.shops.claim(str(guild.id), guild.name, owner)
        shop = await services.shops.configure(shop, owner, admin_channel_id=str(staff.id))
        shop = await services.providers.configure(shop, owner, "CASHAPP_PAY", hosting.KEYS["CASHAPP_PAY"])
        square.registered_url = f"{PUBLIC_URL}/webhooks/cashapp_pay/{shop.id}"
        shelf = {"name": PRODUCT, "sku": "PASS", "price_cents": 500, "is_digital": True}
        product = await services.catalog.create(
            shop, owner, {**shelf, "inventory_tracked": True, "granted_role_ids": [str(role.id)]}
        )
        await services.stock.restock(shop, owner, product.key, STOCK, "first delivery")
        people = [guild.add_member(f"c{at}", display_name=f"Customer {at}") for at in range(8)]
        yield Street(db, services, discord, guild, staff, shop, square, product.key, people)
        await services.calls.close()


@dataclass(frozen=True)
class Shopkeeper:
    """Starts the program over the street's database, as often as wanted at the same address."""

    run: Callable[..., AbstractAsyncContextManager[Program]]
    settings: dict[str, str]
    courier: Courier
    street: Street

    @asynccontextmanager
    async def opened(self, *, awaited: bool = True, **more: str) -> AsyncIterator[Program]:
        """The program, connected to Discord unless that is not awaited."""
        before = self.street.discord.gateway.identified
        async with self.run(**{**self.settings, **more}) as program:
            if awaited:
                await program.until_said("listener_started")
                await self.street.discord.until(
                    lambda: self.street.discord.gateway.identified > before, timeout=30, what=program.said
                )
                await self.street.discord.ready("shop", "cart")
            yield program


@pytest.fixture
def keeper(
    street: Street,
    start: Callable[..., AbstractAsyncContextManager[Program]],
    tmp_path: Path,
    mongo_uri: str,
    redis_url: str,
    database_name: str,
) -> Shopkeeper:
    """The program's settings: quick rounds, and providers on this machine."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = {
        "DISCORD__TOKEN": street.discord.token,
        "DISCORD__API_URL": street.discord.api_url,
        "DATA_DIR": str(tmp_path),
        "DATABASE__URI": mongo_uri,
        "DATABASE__NAME": database_name,
        "REDIS__URL": redis_url,
        "SECURITY__SECRETS": SECRET,
        "WEB__PORT": str(port),
        "WEB__PUBLIC_URL": PUBLIC_URL,
        "SHOP__POLL_SECONDS": "0.2",
        "SHOP__SWEEP_SECONDS": "2",
        "PROVIDERS__SQUARE_URL": street.square.url,
    }
    url = f"http://127.0.0.1:{port}/webhooks/cashapp_pay/{street.shop.id}"
    return Shopkeeper(start, settings, Courier(street.square, url), street)
