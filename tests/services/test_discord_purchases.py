"""What people buy from Discord itself: told in any order, way and number of times, it is one purchase."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from itertools import count, permutations
from typing import Any

import pytest
from motor.motor_asyncio import AsyncIOMotorClient

from bot.outside import Outside
from bot.wiring import build
from models.alert import Alert
from models.base import Db
from models.errors import Declined, Unavailable
from models.outbox import OutboxEffect
from models.platform_entitlement import PlatformEntitlement, PlatformState
from models.webhook import WebhookEvent, WebhookState
from services import Services
from services.discord_gateway import PAGE_SIZE
from services.links import Links
from services.rules import Rules
from services.shops import Shop
from tests.fakes.discord_events import DiscordEvents
from tests.outside import OUTSIDE
from tests.services.conftest import OWNER, TestClock

EPOCH_MS = 1_420_070_400_000
NUMBERS = count(1)


@pytest.fixture
def discord() -> DiscordEvents:
    """The application's key at Discord."""
    return DiscordEvents()


@pytest.fixture
def outside(discord: DiscordEvents) -> Outside:
    """The installation knows that key."""
    return Outside(OUTSIDE.vault, discord_public_key=discord.public_key)


@pytest.fixture
async def other(services: Services, shop: Shop) -> Shop:
    """A second shop of the same installation."""
    assert shop.guild_id == "900"
    return await services.shops.claim("901", "Borealis", OWNER)


def bought(clock: TestClock, *, ago: timedelta = timedelta(), **fields: Any) -> dict[str, Any]:
    """An entitlement as Discord shows it, bought some time ago for the guild of the shop."""
    milliseconds = int((clock.now() - ago).timestamp() * 1000) - EPOCH_MS
    entitlement = {
        "id": str((milliseconds << 22) + next(NUMBERS)),
        "sku_id": "1019475255913222144",
        "application_id": "1019370614521200640",
        "user_id": "771129655544643584",
        "guild_id": "900",
        "promotion_id": None,
        "type": 8,
        "deleted": False,
        "gift_code_flags": 0,
        "consumed": False,
        "starts_at": "2026-09-14T17:00:18.704163+00:00",
        "ends_at": None,
    }
    return entitlement | fields


async def deliver(
    services: Services, shop: Shop, discord: DiscordEvents, kind: str, data: Any, at: datetime
) -> int:
    """Deliver a webhook event to a shop's address; the answer's status."""
    notice = discord.event(f"ENTITLEMENT_{kind}", data, at)
    headers = {name.lower(): value for name, value in notice.headers.items()}
    return await services.inbox.receive("discord", shop.id, notice.body, headers)


async def records(db: Db) -> list[PlatformEntitlement]:
    """Everything that is known of entitlements."""
    return await PlatformEntitlement.find_all(db, {})


async def told(db: Db) -> list[str]:
    """What staff are told, oldest first; each is owed once to the channel."""
    alerts = await Alert.find_all(db, {}, sort="_id")
    owed = await OutboxEffect.find_all(db, {"kind": "staff.alert"})
    assert sorted(each.payload["alertId"] for each in owed) == sorted(each.key for each in alerts)
    return [each.message for each in alerts]


async def test_webhook_and_gateway_tell_of_one_purchase(
    db: Db, services: Services, shop: Shop, discord: DiscordEvents, clock: TestClock
) -> None:
    """Many copies by both ways at once: one record, and staff are told once."""
    pro = bought(clock)
    at = clock.now()
    answers = await asyncio.gather(
        *(services.discord.hear("CREATE", pro) for _ in range(5)),
        *(deliver(services, shop, discord, "CREATE", pro, at) for _ in range(5)),
    )
    assert sorted(map(str, answers)) == ["204"] * 5 + ["known"] * 4 + ["new"]
    await services.inbox.drain()
    [record] = await records(db)
    assert (record.tenant_id, record.state, record.guild_id) == (shop.id, PlatformState.ACTIVE, "900")
    assert await told(db) == ["discord_purchase"]
    [event] = await WebhookEvent.find_all(db, {})
    assert (event.state, event.deliveries, event.outcome) == (WebhookState.DONE, 5, "known")


async def test_every_order_of_events_ends_in_the_same(
    db: Db, services: Services, shop: Shop, discord: DiscordEvents, clock: TestClock
) -> None:
    """Creation, two changes and a deletion, in all 24 orders, the first of them once more at the end."""
    for order in permutations(range(4)):
        pro = bought(clock)
        later, latest = (
            (clock.now() + timedelta(days=days)).isoformat(timespec="milliseconds") for days in (30, 60)
        )
        story = [
            ("CREATE", pro),
            ("UPDATE", pro | {"ends_at": later}),
            ("UPDATE", pro | {"ends_at": latest}),
            ("DELETE", pro | {"ends_at": latest, "deleted": True}),
        ]
        before = len(await told(db))
        for step in (*order, order[0]):
            at = clock.now() + timedelta(seconds=step)
            assert await deliver(services, shop, discord, *story[step], at) == 204
            await services.inbox.drain()
        record = await PlatformEntitlement.of(db, shop.id, pro["id"])
        assert record is not None
        assert (record.state, record.deleted) == (PlatformState.DELETED, True), order
        first = [] if order[0] == 3 else ["discord_purchase"]
        assert (await told(db))[before:] == [*first, "discord_purchase_deleted"], order


async def test_the_newest_change_counts(
    db: Db, services: Services, shop: Shop, discord: DiscordEvents, clock: TestClock
) -> None:
    """Changes that overtake one another leave what the newest says, also with the creation in between."""
    for order in permutations(range(3)):
        pro = bought(clock)
        ends = [None, *((clock.now() + timedelta(days=days)).isoformat() for days in (30, 60))]
        for step in order:
            kind = "UPDATE" if step else "CREATE"
            at = clock.now() + timedelta(seconds=step)
            await deliver(services, shop, discord, kind, pro | {"ends_at": ends[step]}, at)
            await services.inbox.drain()
        record = await PlatformEntitlement.of(db, shop.id, pro["id"])
        assert record is not None
        assert record.ends_at == clock.now() + timedelta(days=60), order
    assert await told(db) == ["discord_purchase"] * 6


async def test_changes_that_the_gateway_tells_in_one_moment_keep_their_order(
    db: Db, services: Services, shop: Shop, clock: TestClock
) -> None:
    """As after a resumed session: the last one told is what holds."""
    pro = bought(clock)
    ends = [(clock.now() + timedelta(days=days)).isoformat() for days in range(1, 9)]
    changes = [services.discord.hear("UPDATE", pro | {"ends_at": each}) for each in ends]
    await asyncio.gather(services.discord.hear("CREATE", pro), *changes)
    [record] = await records(db)
    assert (record.tenant_id, record.ends_at) == (shop.id, datetime.fromisoformat(ends[-1]))


async def test_a_subscription_ends_without_a_word(
    db: Db, services: Services, shop: Shop, clock: TestClock
) -> None:
    """Its end is told ahead or never: the sweeper tells staff once, and a late copy changes nothing."""
    pro = bought(clock)
    ending = pro | {"ends_at": (clock.now() + timedelta(days=3)).isoformat()}
    await services.discord.hear("CREATE", pro)
    await services.discord.hear("UPDATE", ending)
    assert (await services.sweeper.sweep())["entitlements"] == 0
    clock.forward(days=3)
    swept = await asyncio.gather(*(services.sweeper.sweep() for _ in range(3)))
    assert sum(each["entitlements"] for each in swept) == 1
    # The list counts as a little older than this end, which is the past all the same.
    assert await services.discord.compare(Listing(ending).page) == {"known": 1}
    await services.discord.hear("UPDATE", ending)
    await services.discord.hear("DELETE", ending)
    assert await told(db) == ["discord_purchase", "discord_purchase_ended"]
    [record] = await records(db)
    assert (record.tenant_id, record.state) == (shop.id, PlatformState.DELETED)


async def test_an_end_in_the_past_ends_it_now_and_a_renewal_begins_it_anew(
    db: Db, services: Services, shop: Shop, clock: TestClock
) -> None:
    """Staff hear of each turn, and of none of them twice."""
    pro = bought(clock)
    over = pro | {"ends_at": (clock.now() - timedelta(seconds=1)).isoformat()}
    for entitlement in (pro, pro, over, over, pro, pro):
        await services.discord.hear("UPDATE", entitlement)
        clock.forward(seconds=1)
    assert await told(db) == ["discord_purchase", "discord_purchase_ended", "discord_purchase"]
    [record] = await records(db)
    assert (record.tenant_id, record.state) == (shop.id, PlatformState.ACTIVE)


@pytest.mark.parametrize("kind", [3, 4, 5, 10])
async def test_what_nobody_paid_for_is_told_apart(
    db: Db, services: Services, shop: Shop, clock: TestClock, kind: int
) -> None:
    """A developer's gift, a purchase in test mode, a free one and a reward are no income."""
    await services.discord.hear("CREATE", bought(clock, type=kind))
    assert await told(db) == ["discord_purchase_free"]
    assert {each.tenant_id for each in await records(db)} == {shop.id}


async def test_a_purchase_goes_to_the_shop_of_its_guild(
    db: Db, services: Services, shop: Shop, other: Shop, discord: DiscordEvents, clock: TestClock
) -> None:
    """Also when it is delivered to another shop's address: that one keeps no record and hears nothing."""
    pro = bought(clock, guild_id=other.guild_id)
    await deliver(services, shop, discord, "CREATE", pro, clock.now())
    await services.inbox.drain()
    assert await services.discord.hear("CREATE", pro) == "known"
    assert {each.tenant_id for each in await records(db)} == {other.id}
    assert {each.tenant_id for each in await Alert.find_all(db, {})} == {other.id}


@pytest.mark.parametrize("guild_id", [None, "999"])
async def test_of_several_shops_the_address_says_whose_a_purchase_is(
    db: Db,
    services: Services,
    shop: Shop,
    other: Shop,
    discord: DiscordEvents,
    clock: TestClock,
    guild_id: str | None,
) -> None:
    """Bought by a person alone, or for a guild without a shop: the gateway cannot tell, the address does."""
    pro = bought(clock, guild_id=guild_id)
    assert await services.discord.hear("CREATE", pro) == "no_shop"
    assert await records(db) == []
    await deliver(services, other, discord, "CREATE", pro, clock.now())
    await services.inbox.drain()
    assert {each.tenant_id for each in await records(db)} == {other.id}
    assert {each.tenant_id for each in await Alert.find_all(db, {})} == {other.id}
    assert shop.id != other.id


async def test_the_only_shop_gets_what_a_person_bought_for_themselves(
    db: Db, services: Services, shop: Shop, discord: DiscordEvents, clock: TestClock
) -> None:
    """By gateway and webhook alike."""
    pro = bought(clock, guild_id=None)
    assert await services.discord.hear("CREATE", pro) == "new"
    await deliver(services, shop, discord, "CREATE", pro, clock.now())
    await services.inbox.drain()
    assert [each.tenant_id for each in await records(db)] == [shop.id]
    assert await told(db) == ["discord_purchase"]


async def test_without_any_shop_nothing_is_kept(db: Db, services: Services, clock: TestClock) -> None:
    """A bot that has no shop yet hears of purchases all the same."""
    assert await services.discord.hear("CREATE", bought(clock)) == "no_shop"
    assert await records(db) == []


@pytest.mark.parametrize("nonsense", [None, [], 5, "x", {}, {"id": "1"}, {"id": [], "sku_id": {}, "type": 8}])
async def test_nonsense_from_the_gateway_is_logged(
    db: Db, services: Services, shop: Shop, nonsense: Any
) -> None:
    """Nothing is raised and nothing kept, whatever kind it is said to be of."""
    assert await services.discord.hear("UPDATE", nonsense) == "unreadable"
    assert await services.discord.hear("SPLIT", nonsense) == "unreadable"
    assert await records(db) == []
    assert shop.guild_id == "900"


class Listing:
    """Discord's list; `asked` keeps every page's `before`, `failing` is raised instead of an answer."""

    def __init__(self, *entitlements: Any) -> None:
        self.entitlements = list(entitlements)
        self.asked: asyncio.Queue[str | None] = asyncio.Queue()
        self.failing: Exception | None = None

    async def page(self, before: str | None) -> list[Any]:
        """The newest entitlements older than an id."""
        self.asked.put_nowait(before)
        if self.failing is not None:
            raise self.failing
        listed = sorted(self.entitlements, key=lambda each: -int(each["id"]) if "id" in each else 0)
        fitting = [each for each in listed if before is None or int(each.get("id", 0)) < int(before)]
        return fitting[:PAGE_SIZE]


async def test_the_list_brings_what_was_missed(
    db: Db, services: Services, shop: Shop, clock: TestClock
) -> None:
    """A purchase, an end and a refund that nobody told; a second reading finds nothing new."""
    missed, ended, refunded, steady = (bought(clock) for _ in range(4))
    for each in (ended, refunded, steady):
        await services.discord.hear("CREATE", each)
    clock.forward(hours=1)
    past = (clock.now() - timedelta(minutes=1)).isoformat()
    listing = Listing(missed, steady, ended | {"ends_at": past}, refunded | {"deleted": True}, {"type": 8})
    assert await services.discord.compare(listing.page) == {"new": 1, "changed": 2, "known": 1}
    assert await services.discord.compare(listing.page) == {"known": 4}
    await services.sweeper.sweep()
    assert sorted(await told(db)) == sorted(
        ["discord_purchase"] * 4 + ["discord_purchase_ended", "discord_purchase_deleted"]
    )
    assert {each.tenant_id for each in await records(db)} == {shop.id}


async def test_the_list_never_undoes_what_is_newer(
    db: Db, services: Services, shop: Shop, clock: TestClock
) -> None:
    """What arrives while the list is on its way, and what is told with a clock behind ours, stays."""
    renewed, gone, behind = (bought(clock) for _ in range(3))
    soon = (clock.now() + timedelta(days=1)).isoformat()
    listing = Listing(*(each | {"ends_at": soon} for each in (renewed, gone, behind)))
    for each in listing.entitlements:
        await services.discord.hear("UPDATE", each)
    clock.forward(minutes=10)

    async def page(before: str | None) -> list[Any]:
        answer = await listing.page(before)
        await services.discord.hear("UPDATE", renewed)
        await services.discord.hear("DELETE", gone)
        clock.forward(minutes=-2)
        await services.discord.hear("UPDATE", behind)
        return answer

    assert await services.discord.compare(page) == {"known": 3}
    found = {each.entitlement_id: each for each in await records(db)}
    assert found[renewed["id"]].ends_at is None
    assert found[behind["id"]].ends_at is None
    assert found[gone["id"]].state is PlatformState.DELETED
    assert {each.tenant_id for each in found.values()} == {shop.id}


async def test_a_long_list_is_read_to_its_end(
    db: Db, services: Services, shop: Shop, clock: TestClock
) -> None:
    """Page by page from the newest on; a page that is answered twice ends it."""
    listing = Listing(*(bought(clock) for _ in range(2 * PAGE_SIZE + 1)))
    assert await services.discord.compare(listing.page) == {"new": 2 * PAGE_SIZE + 1}
    assert listing.asked.qsize() == 3
    stuck = (await listing.page(None))[:PAGE_SIZE]
    asked = []

    async def page(before: str | None) -> list[Any]:
        asked.append(before)
        return stuck

    assert await services.discord.compare(page) == {"known": 2 * PAGE_SIZE}
    assert len(asked) == 2
    assert {each.tenant_id for each in await records(db)} == {shop.id}


async def test_old_purchases_that_the_list_brings_are_kept_but_no_news(
    db: Db, services: Services, shop: Shop, clock: TestClock
) -> None:
    """A shop that is set up after years of sales is not told of each; what happens to them later, it is."""
    week = timedelta(days=7)
    old, recent = bought(clock, ago=week), bought(clock, ago=week - timedelta(minutes=1))
    over = bought(clock, ago=2 * week, ends_at=(clock.now() - week).isoformat())
    listing = Listing(old, recent, over)
    assert await services.discord.compare(listing.page) == {"new": 3}
    assert await told(db) == ["discord_purchase"]
    await services.discord.hear("DELETE", old)
    assert await told(db) == ["discord_purchase", "discord_purchase_deleted"]
    await services.discord.hear("UPDATE", bought(clock, ago=2 * week))
    assert (await told(db))[2:] == ["discord_purchase"]
    states = {each.entitlement_id: each.state for each in await records(db)}
    assert states[over["id"]] is PlatformState.ENDED
    assert {each.tenant_id for each in await records(db)} == {shop.id}


@pytest.fixture
async def keeping_up(services: Services) -> AsyncIterator[Listing]:
    """The comparison as it runs, with a list that cannot be had at first."""
    listing = Listing()
    listing.failing = Unavailable("discord")
    task = asyncio.create_task(services.discord.keep_up(listing.page))
    yield listing
    assert not task.done()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_list_that_cannot_be_had_is_asked_for_again(
    db: Db, services: Services, shop: Shop, clock: TestClock, keeping_up: Listing
) -> None:
    """Discord away or unwilling ends nothing; when asked next time, what was missed is made up for."""
    for failure in (Declined("discord", "50001"), Unavailable("discord"), None):
        await asyncio.wait_for(keeping_up.asked.get(), 10)
        keeping_up.failing = failure
        services.discord.ask()
    keeping_up.entitlements = [bought(clock)]
    for _ in range(2):
        await asyncio.wait_for(keeping_up.asked.get(), 10)
        services.discord.ask()
    assert [each.tenant_id for each in await records(db)] == [shop.id]


async def test_a_broken_record_keeps_no_other_from_being_compared(
    db: Db, services: Services, shop: Shop, clock: TestClock
) -> None:
    """It is logged and left alone, by list and gateway."""
    broken, sound = bought(clock), bought(clock)
    row = {"tenantId": shop.id, "entitlementId": broken["id"], "state": "?"}
    await PlatformEntitlement.rows(db).insert_one(row)
    assert await services.discord.compare(Listing(broken, sound).page) == {"unreadable": 1, "new": 1}
    assert await services.discord.hear("UPDATE", broken) == "unreadable"
    assert await services.discord.hear("CREATE", sound) == "known"


async def test_what_cannot_be_stored_is_looked_for_in_the_list(clock: TestClock) -> None:
    """With the database away the gateway's word is lost, so the list is asked for at once."""
    client = AsyncIOMotorClient[dict[str, Any]]("mongodb://127.0.0.1:9/", serverSelectionTimeoutMS=20)
    links = Links(["a-secret-that-is-long-enough-for-tests"], None, clock)
    services = build(Db(client=client, database="away"), clock, Rules(), links, OUTSIDE)
    listing = Listing()
    listing.failing = Unavailable("discord")
    task = asyncio.create_task(services.discord.keep_up(listing.page))
    await asyncio.wait_for(listing.asked.get(), 10)
    assert await services.discord.hear("CREATE", bought(clock)) == "later"
    await asyncio.wait_for(listing.asked.get(), 10)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    client.close()
