"""Purchases at Discord itself as they reach the staff: by gateway, webhook, and the list after a restart."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import ClientResponse, ClientSession
from nextcord.ext import commands

from bot.outside import Outside
from bot.sandbox import Community, Person, Room, Sandbox
from bot.web.app import make_app
from bot.web.listener import Listener
from models.base import Db
from models.platform_entitlement import PlatformEntitlement, PlatformState
from models.webhook import WebhookEvent
from services import Services
from services.shops import Shop
from tests.cogs.conftest import running, services_over
from tests.fakes.discord_events import DiscordEvents
from tests.fakes.provider import Notice
from tests.outside import OUTSIDE
from tests.services.conftest import TestClock

LIST = "/applications/{application_id}/entitlements"
SKU = 1019475255913222144
PATIENCE = 15.0


@pytest.fixture
def events() -> DiscordEvents:
    """The application's key at Discord."""
    return DiscordEvents()


@pytest.fixture
def outside(events: DiscordEvents) -> Outside:
    """The installation knows that key."""
    return Outside(OUTSIDE.vault, discord_public_key=events.public_key)


class Door:
    """The listener's address for a shop."""

    def __init__(self, url: str, http: ClientSession) -> None:
        self._url = url
        self._http = http

    async def deliver(self, shop_id: str, notice: Notice, **other: str) -> ClientResponse:
        """Deliver a webhook event, with other headers than its own where given; the answer, read."""
        url = f"{self._url}/webhooks/discord/{shop_id}"
        headers = {**notice.headers, "Content-Type": "application/json", **other}
        answer = await self._http.post(url, data=notice.body, headers=headers)
        await answer.read()
        return answer


@pytest.fixture
async def door(db: Db, services: Services) -> AsyncIterator[Door]:
    """The real listener over HTTP."""
    app = make_app(db=db, cache=None, links=services.links, invoices=services.invoices, inbox=services.inbox)
    listener = Listener(app)
    await listener.start()
    async with ClientSession() as http:
        yield Door(listener.url, http)
    await listener.stop()


async def known(db: Db, discord: Sandbox, count: int = 1) -> list[PlatformEntitlement]:
    """What is known of entitlements, once the bot has heard of so many."""
    found: list[PlatformEntitlement] = []
    async with asyncio.timeout(PATIENCE):
        while len(found) < count:
            await discord.quiet(0.02)
            found = await PlatformEntitlement.find_all(db, {}, sort="entitlementId")
    return found


async def until_state(db: Db, shop: Shop, entitlement: dict[str, Any], state: PlatformState) -> None:
    """Wait until the shop knows this of an entitlement."""
    record = None
    async with asyncio.timeout(PATIENCE):
        while record is None or record.state is not state:
            record = await PlatformEntitlement.of(db, shop.id, entitlement["id"])


@pytest.mark.usefixtures("bot")
async def test_a_purchase_is_told_once_by_gateway_and_webhook(
    db: Db,
    discord: Sandbox,
    services: Services,
    guild: Community,
    ada: Person,
    shop: Shop,
    staff_room: Room,
    events: DiscordEvents,
    door: Door,
) -> None:
    """Staff read who bought what, and what to do; twice by both ways is once in their channel."""
    pro = discord.store.sell(ada, guild=guild, sku_id=SKU)
    discord.store.tell("CREATE", pro)
    for _ in range(2):
        notice = events.event("ENTITLEMENT_CREATE", pro, datetime.now(UTC))
        assert (await door.deliver(shop.id, notice)).status == 204
    await services.inbox.drain()
    [record] = await known(db, discord)
    assert (record.tenant_id, record.user_id, record.sku_id) == (shop.id, str(ada.id), str(SKU))
    await services.worker.drain()
    [seen] = staff_room.messages
    assert f"@Ada has bought `{SKU}` from Discord itself and paid there." in seen.text
    assert "If you owe something for it, please see to it." in seen.text


@pytest.mark.usefixtures("bot")
async def test_ends_and_refunds_are_told(
    db: Db,
    discord: Sandbox,
    services: Services,
    guild: Community,
    ada: Person,
    shop: Shop,
    staff_room: Room,
    clock: TestClock,
) -> None:
    """An end that was announced, one that is told, a refund, and a test that nobody paid for."""
    quiet, over, back = (discord.store.sell(ada, guild=guild) for _ in range(3))
    trial = discord.store.sell(ada, guild=guild, kind=4)
    discord.store.end(quiet, clock.now() + timedelta(days=2))
    discord.store.end(over, clock.now() - timedelta(minutes=1))
    discord.store.take_back(back)
    await known(db, discord, 4)
    await until_state(db, shop, over, PlatformState.ENDED)
    await until_state(db, shop, back, PlatformState.DELETED)
    clock.forward(days=2)
    await services.sweeper.sweep()
    await until_state(db, shop, quiet, PlatformState.ENDED)
    while await services.worker.drain():
        pass
    texts = [seen.text for seen in staff_room.messages]
    assert len(texts) == 7
    for entitlement, words in [
        (quiet, "and its time is over."),
        (over, "and its time is over."),
        (back, "and Discord took it back, most likely with a refund."),
        (trial, "as a test or a gift: nobody paid for it."),
    ]:
        assert [text for text in texts if entitlement["sku_id"] in text and words in text], words


@pytest.mark.usefixtures("bot")
async def test_nonsense_does_not_take_the_bot_down(
    db: Db, discord: Sandbox, guild: Community, ada: Person, shop: Shop
) -> None:
    """Whatever the gateway says of entitlements, the connection holds and the next purchase is heard."""
    nonsenses: list[Any] = [None, [], 5, "x", {}, {"id": {}, "sku_id": [], "type": "8", "ends_at": 1}]
    for nonsense in nonsenses:
        for kind in ("CREATE", "UPDATE", "DELETE", "SPLIT"):
            discord.store.tell(kind, nonsense)
    pro = discord.store.sell(ada, guild=guild)
    [record] = await known(db, discord)
    assert (record.tenant_id, record.entitlement_id) == (shop.id, pro["id"])
    assert (discord.gateway.identified, discord.gateway.resumed) == (1, 0)
    assert "Aurora" in (await ada.run("/shop browse")).text


async def test_a_restart_makes_up_for_what_was_missed(
    db: Db,
    discord: Sandbox,
    services: Services,
    clock: TestClock,
    outside: Outside,
    guild: Community,
    ada: Person,
    shop: Shop,
) -> None:
    """Bought, ended and refunded while the bot was away; more than fit on one page of the list."""
    async with running(discord, services):
        over, back = (discord.store.sell(ada, guild=guild) for _ in range(2))
        await known(db, discord, 2)
    clock.forward(hours=1)
    discord.store.end(over, clock.now() - timedelta(minutes=30))
    discord.store.take_back(back)
    for _ in range(101):
        discord.store.sell(ada, guild=guild)
    async with running(discord, services_over(db, clock, outside)):
        assert len(await known(db, discord, 103)) == 103
        await until_state(db, shop, over, PlatformState.ENDED)
        await until_state(db, shop, back, PlatformState.DELETED)
    pages = discord.recorder.to("GET", LIST)[1:]
    assert ["before" in page.query for page in pages] == [False, True]


async def test_a_lost_session_is_made_up_for(
    db: Db, discord: Sandbox, services: Services, guild: Community, ada: Person, shop: Shop
) -> None:
    """When Discord forgets the session, it replays nothing: the list is read again."""
    async with running(discord, services):
        discord.store.sell(ada, guild=guild, quietly=True)
        discord.gateway.invalidate()
        [record] = await known(db, discord)
        assert record.tenant_id == shop.id


@pytest.mark.parametrize("status", [403, 404, 500])
async def test_a_list_that_cannot_be_had_keeps_nobody_from_the_shop(
    db: Db,
    discord: Sandbox,
    services: Services,
    guild: Community,
    ada: Person,
    shop: Shop,
    status: int,
) -> None:
    """The bot starts and hears of purchases; the list is read when there is occasion again."""
    discord.faults.fail("GET", LIST, times=5, status=status)
    discord.store.sell(ada, guild=guild, quietly=True)
    async with running(discord, services):
        assert "Aurora" in (await ada.run("/shop browse")).text
        discord.store.sell(ada, guild=guild)
        [record] = await known(db, discord)
        assert record.tenant_id == shop.id
        discord.faults.clear()
        services.discord.ask()
        await known(db, discord, 2)


@pytest.mark.usefixtures("bot")
async def test_a_purchase_for_another_guild_is_that_shops(
    db: Db,
    discord: Sandbox,
    services: Services,
    ada: Person,
    shop: Shop,
    staff_room: Room,
    elsewhere: tuple[Community, Shop],
    events: DiscordEvents,
    door: Door,
) -> None:
    """Also at this shop's address; with several shops a purchase without a guild is the address's."""
    place, other = elsewhere
    theirs = discord.store.sell(ada, guild=place)
    own = discord.store.sell(ada)
    for each in (theirs, own):
        notice = events.event("ENTITLEMENT_CREATE", each, datetime.now(UTC))
        assert (await door.deliver(shop.id, notice)).status == 204
    await services.inbox.drain()
    records = await known(db, discord, 2)
    assert [(each.entitlement_id, each.tenant_id) for each in records] == [
        (theirs["id"], other.id),
        (own["id"], shop.id),
    ]
    while await services.worker.drain():
        pass
    [seen] = staff_room.messages
    assert own["sku_id"] in seen.text


async def test_discord_probes_the_address(db: Db, shop: Shop, events: DiscordEvents, door: Door) -> None:
    """A PING that is signed is answered by 204 and a content type; bad ones by 401, unknown shops by 404."""
    ping = events.ping()
    good = await door.deliver(shop.id, ping)
    assert (good.status, await good.read()) == (204, b"")
    assert good.headers["Content-Type"]
    flipped = "0" if ping.headers["X-Signature-Ed25519"][0] != "0" else "1"
    for bad in (
        {"X-Signature-Ed25519": flipped + ping.headers["X-Signature-Ed25519"][1:]},
        {"X-Signature-Ed25519": ""},
        {"X-Signature-Ed25519": "zz"},
        {"X-Signature-Timestamp": "1795435199"},
    ):
        assert (await door.deliver(shop.id, ping, **bad)).status == 401
    assert (await door.deliver(shop.id, DiscordEvents().ping())).status == 401
    assert (await door.deliver(shop.id, Notice(ping.body))).status == 401
    assert (await door.deliver("nobody", ping)).status == 404
    assert (await door.deliver(shop.id, events.signed(b"["))).status == 400
    assert await WebhookEvent.find_all(db, {}) == []


async def test_a_shop_without_purchases_asks_once_and_is_left_alone(
    db: Db, discord: Sandbox, staff_room: Room, bot: commands.Bot
) -> None:
    """The list is empty: one request, and not a word to anybody."""
    assert bot.application_id == discord.application_id
    assert [request.answer for request in discord.recorder.to("GET", LIST)] == [[]]
    assert await PlatformEntitlement.find_all(db, {}) == []
    assert staff_room.messages == []
