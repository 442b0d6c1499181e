"""The permanent message: it keeps step with the shop, survives what happens to it, and answers everybody."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from bot.sandbox import Community, Permission, Person, Room, Sandbox, Seen, messages
from models.audit import AuditLog
from models.base import Db
from models.outbox import OutboxEffect
from models.product import Product, QtyVisibility
from models.storefront import Storefront
from services import Services
from services.effects import EffectKind
from services.rules import Rules
from services.shops import Shop
from tests.cogs.conftest import member, running, services_over, shelf
from tests.services.conftest import MakeProduct, TestClock

MESSAGES = "/channels/{channel_id}/messages"
MESSAGE = "/channels/{channel_id}/messages/{message_id}"
with_bot = pytest.mark.usefixtures("bot")

type Settle = Callable[..., Awaitable[None]]


@pytest.fixture
def window(guild: Community) -> Room:
    """The channel in which the shop shall stand."""
    return guild.add_channel("window")


@pytest.fixture
def settle(services: Services, clock: TestClock) -> Settle:
    """Lets some time pass, by default the pause between edits, then what is due be shown."""

    async def settled(**by: float) -> None:
        clock.forward(**(by or {"seconds": Rules().storefront_pause.total_seconds()}))
        await services.storefront_worker.drain()

    return settled


@pytest.fixture
async def mug(product: MakeProduct) -> Product:
    """A mug, of which there are three."""
    return await product("Mug", 1500, 3)


@pytest.fixture
async def up(
    services: Services, shop: Shop, olivia: Person, window: Room, mug: Product, settle: Settle, bot: object
) -> Seen:
    """The message as it was first posted."""
    assert mug.is_active
    assert bot is not None
    await services.storefronts.place(shop, member(olivia), str(window.id), "en-US")
    await settle()
    (message,) = window.messages
    return message


def asked(discord: Sandbox, method: str, template: str, channel: Room) -> int:
    """How often Discord was asked to do this in the channel."""
    return sum(
        request.method == method
        and request.template == template
        and request.params["channel_id"] == str(channel.id)
        for request in discord.requests
    )


def delete(discord: Sandbox, seen: Seen) -> None:
    """Let somebody delete a message."""
    messages.remove(discord.world, seen.message)


def allow(
    discord: Sandbox, guild: Community, room: Room, overwrites: dict[int, tuple[int, int, int]]
) -> None:
    """Change who may do what in a channel."""
    room.channel.overwrites = overwrites
    guild.guild.version += 1
    discord.world.channel_changed(room.channel)


async def staff_calls(db: Db, shop: Shop) -> int:
    """How often staff were called about the storefront."""
    alerts = {"tenantId": shop.id, "message": "storefront_failed"}
    called = await db.database["alerts"].count_documents(alerts)
    owed = await OutboxEffect.find_all(db, {"tenantId": shop.id, "kind": EffectKind.STAFF_ALERT})
    assert len(owed) >= called
    return int(called)


@with_bot
async def test_staff_put_it_up_move_it_and_take_it_down(
    sam: Person,
    guild: Community,
    window: Room,
    mug: Product,
    settle: Settle,
    services: Services,
    shop: Shop,
    db: Db,
) -> None:
    """By a card; the message follows, there is never more than one, and every act is in the books."""
    assert mug.name == "Mug"
    seen = await sam.run("/admin storefront")
    assert "It stands nowhere yet." in seen.text
    seen = await seen.choose("Channel", window)
    assert "on its way" in seen.text
    await settle()
    assert "Mug" in window.messages[0].text
    seen = await seen.press("Look again")
    assert "It stands in" in seen.text
    other = guild.add_channel("market")
    seen = await seen.choose("Channel", other)
    await settle()
    assert window.messages == []
    assert len(other.messages) == 1
    seen = await (await seen.press("Look again")).press("Remove it")
    await settle()
    assert other.messages == []
    assert "It stands nowhere yet." in seen.text
    where = {"tenantId": shop.id, "action": {"$regex": "^storefront"}}
    acts = await AuditLog.find_all(db, where, sort="_id")
    assert [act.action for act in acts] == ["storefront.place"] * 2 + ["storefront.remove"]
    await services.stock.restock(shop, member(guild.owner), mug.key, 1, "box")
    await settle(hours=1)
    assert other.messages == []


async def test_it_shows_what_the_shop_shows(
    up: Seen,
    services: Services,
    shop: Shop,
    olivia: Person,
    mug: Product,
    product: MakeProduct,
    settle: Settle,
) -> None:
    """Stock, price, name, what is hidden or sold out, and the shop's own name; what is private stays so."""
    owner = member(olivia)
    assert (up.embeds[0]["title"], up.pings) == ("Aurora", [])
    assert "3 left" in up.text
    await services.stock.adjust(shop, owner, mug.key, -3, "broken")
    await settle()
    assert "Sold out" in up.now.text
    await services.catalog.edit(shop, owner, mug.key, {"name": "Big mug", "price_cents": 1900})
    await product("Cap", 700, 5, qty_visibility=QtyVisibility.PRIVATE)
    await settle()
    assert "Big mug" in up.now.text
    assert "$19.00" in up.now.text
    assert "5 left" not in up.now.text
    await services.catalog.edit(shop, owner, mug.key, {"is_active": False})
    await services.shops.configure(shop, owner, name="Aurora & friends")
    await settle()
    assert "Big mug" not in up.now.text
    assert up.now.embeds[0]["title"] == "Aurora & friends"


async def test_a_purchase_is_seen_in_it(
    up: Seen, ada: Person, services: Services, shop: Shop, settle: Settle
) -> None:
    """Confirm marks it and edits nothing itself; a moment later it says what is left, also after Cancel."""
    seen = await (await ada.run("/cart add", product="Mug")).press("Check out")
    await (await seen.choose("Choose how to pay", "Zelle")).press("Confirm")
    assert "3 left" in up.now.text
    await settle()
    assert "2 left" in up.now.text
    (order,) = (await services.orders.of_member(shop, member(ada))).orders
    await services.orders.cancel(shop, member(ada), order.key)
    await settle()
    assert "3 left" in up.now.text


async def test_a_thousand_changes_make_few_edits_and_the_last_one_wins(
    up: Seen,
    discord: Sandbox,
    window: Room,
    services: Services,
    shop: Shop,
    olivia: Person,
    mug: Product,
    clock: TestClock,
) -> None:
    """A thousand in 100 seconds, with a look at what is due after each: one edit every 15 seconds."""
    before = asked(discord, "PATCH", MESSAGE, window)
    for _ in range(1000):
        clock.forward(seconds=0.1)
        await services.stock.restock(shop, member(olivia), mug.key, 1, "one more")
        await services.storefront_worker.drain()
    clock.forward(seconds=15)
    await services.storefront_worker.drain()
    assert "1003 left" in up.now.text
    assert 6 <= asked(discord, "PATCH", MESSAGE, window) - before <= 8
    assert len(window.messages) == 1


async def test_changes_that_nobody_sees_edit_nothing(
    up: Seen, discord: Sandbox, window: Room, product: MakeProduct, services: Services, settle: Settle
) -> None:
    """What stands on a later page, or changes back, is looked at and left."""
    for name in "ABCDEFG":
        await product(f"{name} first", 100, 1)
    await settle()
    before = asked(discord, "PATCH", MESSAGE, window)
    await product("Zebra", 100, 1)
    await settle()
    assert asked(discord, "PATCH", MESSAGE, window) == before + 1  # there is one product more
    for name in ("Zz", "Zzz"):
        made = await product(name, 100, 0, is_active=False)
        assert not made.is_active
    await settle()
    assert asked(discord, "PATCH", MESSAGE, window) == before + 1
    assert up.now.text.count("We have 9 products") == 1
    assert await services.storefront_worker.drain() == 0


async def test_many_people_press_its_buttons_and_each_sees_only_their_own(
    up: Seen, guild: Community, bob: Person, ada: Person, window: Room
) -> None:
    """Browse, cart, orders, help and the menu answer whoever comes; the message itself stays as it is."""
    crowd = [ada, bob, *(guild.add_member(f"guest{number}") for number in range(8))]

    async def visit(person: Person) -> None:
        mine = window.messages_for(person)[0]
        assert "Add to cart" in [b.label.strip("🛒 ") for b in (await mine.choose(None, "Mug")).buttons]
        assert "Search" in [b.label.strip("🔍 ") for b in (await mine.press("Browse the shop")).buttons]
        assert "Your cart is empty." in (await mine.press("My cart")).text
        assert (await mine.press("My orders")).ephemeral
        assert "Buy something" in (await mine.press("Help")).text
        assert all(seen.ephemeral for seen in person.whispers)

    await asyncio.gather(*map(visit, crowd))
    assert len(window.messages) == 1
    assert up.now.text == up.text


async def test_ids_of_another_shop_open_nothing_from_it(
    up: Seen,
    ada: Person,
    elsewhere: tuple[Community, Shop],
    services: Services,
) -> None:
    """A forged choice or button with a foreign product's id is answered as an unknown one."""
    place, other = elsewhere
    foreign = await shelf(services, other, place.owner)("Secret thing")
    seen = await ada.choose(up, None, foreign.key, forged=True)
    assert "cannot find that product" in seen.text
    answer = await ada.click(up, custom_id=f"shop:buy:{foreign.key}", forged=True)
    assert isinstance(answer, Seen)
    assert "cannot find that product" in answer.text


async def test_it_stands_in_its_own_guild_only(
    up: Seen, sam: Person, services: Services, shop: Shop, elsewhere: tuple[Community, Shop], settle: Settle
) -> None:
    """A forged channel of another guild is refused, and the other shop's staff see nothing of it."""
    place, other = elsewhere
    seen = await sam.run("/admin storefront")
    answer = await sam.choose(seen, "Channel", str(place.general.id), forged=True)
    assert "I cannot take that" in answer.text
    await settle()
    assert place.general.messages == []
    assert await services.storefronts.of(other) is None
    front = await services.storefronts.of(shop)
    assert front is not None
    assert front.message_id == str(up.id)


@with_bot
async def test_only_holders_of_the_key_may_place_it(ada: Person, window: Room) -> None:
    """A customer is told which permission it takes."""
    assert "storefront.manage" in (await ada.run("/admin storefront")).text
    assert window.messages == []


async def test_a_deleted_message_comes_back(
    up: Seen, discord: Sandbox, window: Room, services: Services, shop: Shop, olivia: Person, mug: Product,
    settle: Settle,
) -> None:  # fmt: skip
    """With the next change, or else when somebody looks after a while; once, and not by hammering."""
    delete(discord, up)
    await services.stock.restock(shop, member(olivia), mug.key, 1, "box")
    await settle()
    (again,) = window.messages
    assert "4 left" in again.text
    delete(discord, again)
    posts = asked(discord, "POST", MESSAGES, window)
    for _ in range(20):
        await settle(seconds=20)
    assert asked(discord, "POST", MESSAGES, window) == posts
    await settle(minutes=10)
    assert len(window.messages) == 1
    assert asked(discord, "POST", MESSAGES, window) == posts + 1


async def test_a_deleted_channel_is_told_once_and_another_one_mends_it(
    up: Seen, db: Db, guild: Community, window: Room, staff_room: Room,
    services: Services, shop: Shop, olivia: Person, mug: Product, settle: Settle,
) -> None:  # fmt: skip
    """Staff hear of it in words; the next channel works, and nothing is left of the old one."""
    assert up.text
    guild.remove_channel(window)
    for _ in range(5):
        await services.stock.restock(shop, member(olivia), mug.key, 1, "box")
        await settle(minutes=11)
    await services.worker.drain()
    assert await staff_calls(db, shop) == 1
    (said,) = [each for each in staff_room.messages if "The channel of the storefront" in each.text]
    seen = await said.press("Open storefront")
    assert "Its channel was deleted." in seen.text
    other = guild.add_channel("market")
    await seen.choose("Channel", other)
    await settle()
    assert "8 left" in other.messages[0].text
    front = await Storefront.of_tenant(db, shop.id)
    assert front is not None
    assert (front.problem, front.leftovers) == (None, [])


async def test_a_lost_permission_is_told_once_and_mends_itself(
    up: Seen, db: Db, discord: Sandbox, guild: Community, window: Room,
    services: Services, shop: Shop, olivia: Person, mug: Product, settle: Settle,
) -> None:  # fmt: skip
    """One call to the staff, few tries, and the message is right again soon after the permission is back."""
    view = int(Permission.VIEW_CHANNEL)
    allow(discord, guild, window, {guild.id: (0, 0, view)})
    before = asked(discord, "PATCH", MESSAGE, window)
    for _ in range(40):
        await services.stock.restock(shop, member(olivia), mug.key, 1, "box")
        await settle(seconds=20)
    assert await staff_calls(db, shop) == 1
    assert asked(discord, "PATCH", MESSAGE, window) - before <= 3
    assert "I cannot write there." in (await olivia.run("/admin storefront")).text
    allow(discord, guild, window, {guild.id: (0, 0, view), guild.bot_role.id: (0, view, 0)})
    await settle(minutes=11)
    assert "43 left" in up.now.text
    front = await services.storefronts.of(shop)
    assert front is not None
    assert front.problem is None


async def test_discord_in_trouble_is_met_with_patience(
    up: Seen, db: Db, discord: Sandbox, services: Services, shop: Shop, olivia: Person, mug: Product,
    settle: Settle,
) -> None:  # fmt: skip
    """A server error that stays is tried again a minute later, and staff need not hear of it."""
    discord.faults.fail("PATCH", MESSAGE, times=5, status=400)
    await services.stock.restock(shop, member(olivia), mug.key, 1, "box")
    await settle()
    discord.faults.clear()
    await settle(seconds=30)
    assert "3 left" in up.now.text
    await settle(seconds=31)
    assert "4 left" in up.now.text
    assert await staff_calls(db, shop) == 0


async def test_it_goes_on_after_a_restart_and_two_processes_make_one_message(
    discord: Sandbox,
    db: Db,
    clock: TestClock,
    services: Services,
    shop: Shop,
    olivia: Person,
    window: Room,
    product: MakeProduct,
) -> None:
    """The new process edits the old one's message; two that look at once never post twice."""
    mug = await product("Mug", 1500, 3)
    owner = member(olivia)
    async with running(discord, services):
        await services.storefronts.place(shop, owner, str(window.id), "en-US")
        await services.storefront_worker.drain()
        (first,) = window.messages
    one, two = services_over(db, clock), services_over(db, clock)
    async with running(discord, one), running(discord, two):
        await one.stock.restock(shop, owner, mug.key, 1, "box")
        clock.forward(seconds=16)
        await asyncio.gather(one.storefront_worker.drain(), two.storefront_worker.drain())
        assert "4 left" in first.now.text
        delete(discord, first)
        clock.forward(minutes=11)
        await asyncio.gather(one.storefront_worker.drain(), two.storefront_worker.drain())
        assert len(window.messages) == 1


async def test_a_post_that_was_never_noted_down_is_not_made_twice(
    up: Seen, db: Db, discord: Sandbox, window: Room, settle: Settle
) -> None:
    """A process dies between Discord's answer and its own note: the same message is found by its nonce."""
    delete(discord, up)
    await settle(minutes=11)
    (again,) = window.messages
    forgotten = {"$set": {"messageId": None}, "$inc": {"posts": -1}}
    await Storefront.rows(db).update_many({}, forgotten)
    await settle(minutes=11)
    (still,) = window.messages
    assert still.id == again.id
    await settle(minutes=11)
    assert len(window.messages) == 1
