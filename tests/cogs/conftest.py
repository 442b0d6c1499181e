"""A shop in a guild, its bot, and the people who come to it: Ada and Bob buy, Olivia owns, Sam is staff."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.client import Bot, make_bot
from bot.outside import Outside
from bot.sandbox import Community, Person, Room, Sandbox
from bot.sandbox.guilds import Role
from bot.sandbox.openapi import DESCRIPTION, violations
from bot.wiring import build
from cogs._charts import Charts
from models.access import Role as Keys
from models.access import RoleAssignment, User
from models.base import Db
from models.member import Member
from models.product import Product
from models.tenant import ShippingType
from services import Services
from services.links import Links
from services.rules import Rules
from services.shops import Shop
from tests.cogs.speaking import pinging
from tests.outside import OUTSIDE
from tests.services.conftest import MakeProduct, TestClock, clock, outside

__all__ = ["clock", "outside"]

CONTRACT = Path(__file__).parents[2] / DESCRIPTION
PUBLIC_URL = "https://shop.example"
CODE = "TESTCODE"
# Seconds in which a bot whose commands are registered has said the rest.
_MOMENT = 0.02

type OpenShop = Callable[[Community], Awaitable[Shop]]


@pytest.fixture
async def discord() -> AsyncIterator[Sandbox]:
    """A Discord; in the end nothing was asked of it that the real one does not have or allow."""
    async with Sandbox() as sandbox:
        yield sandbox
    assert not sandbox.unknown
    assert pinging(sandbox.requests) == []
    if CONTRACT.exists():
        assert violations(sandbox.requests, CONTRACT) == []


@pytest.fixture
def guild(discord: Sandbox) -> Community:
    """The guild Aurora."""
    return discord.add_guild("Aurora", owner="olivia")


@pytest.fixture
def staff_role(guild: Community) -> Role:
    """The Discord role of the people behind the counter."""
    return guild.add_role("Staff")


@pytest.fixture
def staff_room(guild: Community, staff_role: Role) -> Room:
    """The channel where the staff are called."""
    return guild.add_channel("staff", visible_to=[staff_role, guild.bot_role])


@pytest.fixture
def olivia(guild: Community) -> Person:
    """The owner of guild and shop."""
    return guild.owner


@pytest.fixture
def sam(guild: Community, staff_role: Role) -> Person:
    """A member of the staff."""
    return guild.add_member("sam", display_name="Sam", roles=[staff_role])


@pytest.fixture
def ada(guild: Community) -> Person:
    """A customer."""
    return guild.add_member("ada", display_name="Ada")


@pytest.fixture
def bob(guild: Community) -> Person:
    """Another customer."""
    return guild.add_member("bob", display_name="Bob")


@pytest.fixture
def greta(guild: Community) -> Person:
    """A customer whose Discord speaks German."""
    return guild.add_member("greta", display_name="Greta", locale="de")


@pytest.fixture
def pilar(guild: Community) -> Person:
    """A customer whose Discord speaks the Spanish of Spain."""
    return guild.add_member("pilar", display_name="Pilar", locale="es-ES")


@pytest.fixture
def marta(guild: Community) -> Person:
    """A customer whose Discord speaks the Spanish of Latin America."""
    return guild.add_member("marta", display_name="Marta", locale="es-419")


@pytest.fixture
def spanish_owner(olivia: Person) -> Person:
    """The owner, whose Discord speaks Spanish."""
    olivia.user.locale = "es-ES"
    return olivia


@pytest.fixture
def german_owner(olivia: Person) -> Person:
    """The owner, whose Discord speaks German."""
    olivia.user.locale = "de"
    return olivia


def member(person: Person) -> Member:
    """A person as the services see them."""
    found = person.guild.members[person.id]
    return Member(
        str(person.id),
        person.user.name,
        person.name,
        role_ids=frozenset(map(str, found.role_ids)),
        locale=person.user.locale,
        owns_guild=person.guild.owner_id == person.id,
    )


async def give_key(db: Db, shop: Shop, person: Person, key: str, *more: str) -> None:
    """Let somebody hold this one permission key, or these, and no other."""
    role = await Keys(tenant_id=shop.id, name=key, permission_keys=[key, *more]).insert(db)
    user = User(tenant_id=shop.id, username=person.name, display_name=person.name, discord_id=str(person.id))
    await user.insert(db)
    await RoleAssignment(tenant_id=shop.id, user_id=user.key, role_id=role.key).insert(db)


@pytest.fixture
async def services(db: Db, clock: TestClock, outside: Outside) -> AsyncIterator[Services]:
    """Every service over this test's database, without Redis."""
    built = services_over(db, clock, outside)
    yield built
    await built.calls.close()


def services_over(db: Db, clock: TestClock, outside: Outside = OUTSIDE) -> Services:
    """Every service as another process would have them."""
    links = Links(["a-secret-that-is-long-enough-for-tests"], PUBLIC_URL, clock)
    return build(db, clock, Rules(), links, outside)


@pytest.fixture
def open_shop(services: Services) -> OpenShop:
    """Opens a guild's shop: Zelle, Venmo, Cash App and cash, two ways to ship, in dollars."""

    async def opened(place: Community) -> Shop:
        owner = member(place.owner)
        shop = await services.shops.claim(str(place.id), place.name, owner)
        shop = await services.methods.configure(shop, owner, "ZELLE", {"recipient": "pay@aurora.example"})
        shop = await services.methods.configure(shop, owner, "VENMO", {"recipient": "@aurora-shop"})
        shop = await services.methods.configure(shop, owner, "CASHAPP", {"recipient": "$AuroraShop"})
        shop = await services.methods.configure(shop, owner, "MANUAL", {"text": "Bring cash on Friday."})
        ways = [
            ShippingType(code="post", label="Letter post", cost_cents=450, estimated_days=5),
            ShippingType(code="express", label="Express", cost_cents=1200),
        ]
        return await services.shops.configure(shop, owner, shipping_types=ways)

    return opened


@pytest.fixture
async def shop(
    services: Services, guild: Community, staff_role: Role, staff_room: Room, open_shop: OpenShop
) -> Shop:
    """The shop of the guild Aurora, with its staff."""
    made = await open_shop(guild)
    return await services.shops.configure(
        made,
        member(guild.owner),
        staff_role_ids=[str(staff_role.id)],
        admin_channel_id=str(staff_room.id),
    )


@pytest.fixture
def product(services: Services, shop: Shop, olivia: Person) -> MakeProduct:
    """Puts a digital product on the shelf with `stock` units, or untracked with None."""
    return shelf(services, shop, olivia)


def shelf(services: Services, shop: Shop, owner: Person) -> MakeProduct:
    """What puts products on a shop's shelf."""

    async def make(name: str = "Mug", price: int = 1500, stock: int | None = 10, **fields: object) -> Product:
        known = {"name": name, "sku": name.upper()[:40], "price_cents": price, "is_digital": True}
        known["inventory_tracked"] = stock is not None
        made = await services.catalog.create(shop, member(owner), {**known, **fields})
        if stock:
            await services.stock.restock(shop, member(owner), made.key, stock, "first delivery")
        return made

    return make


@pytest.fixture
async def elsewhere(discord: Sandbox, open_shop: OpenShop) -> tuple[Community, Shop]:
    """Another guild with a shop of its own, in which the same bot serves."""
    place = discord.add_guild("Borealis", owner="otto")
    return place, await open_shop(place)


async def connected(discord: Sandbox, bot: Bot) -> None:
    """Wait until a bot is connected and has registered all its commands."""
    await discord.ready(*(str(each.name) for each in bot.get_all_application_commands()))
    await discord.quiet(_MOMENT)


@asynccontextmanager
async def running(
    discord: Sandbox,
    services: Services,
    charts: Charts | None = None,
    *,
    reference: Callable[[], str] = lambda: CODE,
) -> AsyncIterator[Bot]:
    """A new bot process, as it were, on the same database until the block ends."""
    bot = make_bot(services, reference=reference, api_url=discord.api_url, charts=charts)
    task = asyncio.create_task(bot.start(discord.token))
    ready = asyncio.create_task(connected(discord, bot))
    try:
        await asyncio.wait({task, ready}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            ready.cancel()
            await task
        await ready
        yield bot
    finally:
        await bot.close()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def bot(discord: Sandbox, services: Services, shop: Shop) -> AsyncIterator[Bot]:
    """The bot, connected and with its commands registered, in the guild of the shop."""
    assert shop.name == "Aurora"
    async with running(discord, services) as started:
        yield started
