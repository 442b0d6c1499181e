"""A worker without a connection still speaks a server's language, names roles, and tells what it may not."""

from collections.abc import AsyncIterator

import pytest

from bot.client import Bot, make_bot
from bot.sandbox import Community, Permission, Person, Room, Sandbox
from services import Services
from services.shops import Shop
from tests.cogs import buying
from tests.cogs.conftest import CODE, member
from tests.services.conftest import MakeProduct, TestClock

GUILD = "/guilds/{guild_id}"


@pytest.fixture
def guild(discord: Sandbox) -> Community:
    """A guild that speaks German."""
    return discord.add_guild("Aurora", owner="olivia", locale="de")


@pytest.fixture
async def worker(discord: Sandbox, services: Services, shop: Shop) -> AsyncIterator[Bot]:
    """What a worker has of a bot: a login and no more."""
    assert shop.name == "Aurora"
    bot = make_bot(services, reference=lambda: CODE, api_url=discord.api_url)
    await bot.login(discord.token)
    yield bot
    await bot.close()
    await bot.http.close()


async def all_done(services: Services) -> None:
    """Everything owed happens, also what it owes in turn."""
    while await services.worker.drain():
        pass


@pytest.mark.usefixtures("worker")
async def test_posts_messages_and_roles_are_as_from_a_connected_bot(
    discord: Sandbox,
    guild: Community,
    services: Services,
    shop: Shop,
    olivia: Person,
    greta: Person,
    staff_room: Room,
    product: MakeProduct,
) -> None:
    """German in the staff's room, the role's name in a DM; the server is looked up once, not for each."""
    role = guild.add_role("Gönner")
    vip = await product("VIP", granted_role_ids=[str(role.id)])
    order = await buying.placed(services, shop, greta, vip.key)
    await buying.paid(services, shop, greta, olivia, order)
    await all_done(services)
    assert greta.role_names == ["Gönner"]
    assert "**Gönner**" in greta.dms[-1].text
    assert any(f"Bestellung **{order.order_number}**" in each.text for each in staff_room.messages)
    assert len(discord.recorder.to("GET", GUILD)) == 1
    assert not discord.gateway.identified


async def storefront(services: Services, shop: Shop, olivia: Person, window: Room) -> None:
    """Put the storefront here, and let it be shown."""
    await services.storefronts.place(shop, member(olivia), str(window.channel.id), "de")
    await services.storefront_worker.drain()


@pytest.mark.usefixtures("worker")
async def test_a_storefront_is_not_left_torn(
    discord: Sandbox,
    guild: Community,
    services: Services,
    shop: Shop,
    olivia: Person,
    product: MakeProduct,
    clock: TestClock,
) -> None:
    """Without Embed Links Discord takes a message and shows nothing of it: the staff hear why."""
    mug = await product("Becher")
    window = guild.add_channel("window")
    allow(discord, guild, window, denied=int(Permission.EMBED_LINKS))
    await storefront(services, shop, olivia, window)
    assert window.messages == []
    front = await services.storefronts.of(shop)
    assert front is not None
    assert front.problem == "missing_permission"
    other = guild.add_channel("other")
    await storefront(services, shop, olivia, other)
    (shown,) = other.messages
    assert "Becher" in shown.text
    allow(discord, guild, other, denied=int(Permission.EMBED_LINKS))
    await services.catalog.edit(shop, member(olivia), mug.key, {"name": "Tasse"})
    clock.forward(minutes=1)
    await services.storefront_worker.drain()
    front = await services.storefronts.of(shop)
    assert front is not None
    assert front.problem == "missing_permission"


def allow(discord: Sandbox, guild: Community, room: Room, *, denied: int) -> None:
    """Deny everybody something in a channel."""
    room.channel.overwrites[guild.id] = (0, 0, denied)
    discord.world.channel_changed(room.channel)
