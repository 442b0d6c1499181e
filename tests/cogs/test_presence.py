"""The bot is removed from a server, waits, and comes back: nothing of the shop is lost or burnt meanwhile."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.outside import Outside
from bot.sandbox import Community, Person, Room, Sandbox
from cogs.presence import Presence
from models.absence import Absence
from models.alert import Alert, AlertSeverity, AlertType
from models.base import Db
from models.entitlement import Entitlement, EntitlementStatus
from models.order import Order
from models.outbox import OutboxEffect, OutboxStatus
from models.session import OrderSession
from services import Services
from services.rules import Rules
from services.shops import Shop
from services.stock import alert_effect
from tests.cogs.conftest import member, running
from tests.cogs.test_mail import relay
from tests.fakes.mailserver import MailServer
from tests.outside import OUTSIDE
from tests.services import buying
from tests.services.conftest import MakeProduct, TestClock

GRACE = Rules().grace.total_seconds()
with_bot = pytest.mark.usefixtures("bot")


async def gone(db: Db, shop: Shop) -> Absence | None:
    """Whether the shop knows that its bot is out."""
    return await Absence.of(db, shop.id)


async def expelled(discord: Sandbox, guild: Community, services: Services, shop: Shop) -> None:
    """The bot is removed, and has heard of it."""
    guild.expel_bot()
    await eventually(discord, services, shop, away=True)
    await services.worker.drain()


async def paid(
    services: Services, shop: Shop, olivia: Person, ada: Person, product: MakeProduct, role_id: int
) -> Order:
    """Ada has paid for a role, and nothing of it has happened yet."""
    vip = await product("VIP", granted_role_ids=[str(role_id)])
    placed = await buying.order(services, shop, member(ada), vip)
    claim = await buying.claimed(services, shop, member(ada), placed)
    await services.claims.approve(shop, member(olivia), claim.payment.key, claim.payment.claims, "ref")
    return placed


@with_bot
async def test_the_owner_is_told_once_and_the_shop_goes_on_when_the_bot_is_back(
    discord: Sandbox, guild: Community, services: Services, shop: Shop, olivia: Person, db: Db
) -> None:
    """A message when it is removed, one when it is back, however often anybody hears of either."""
    discord.add_guild("Commons").join(olivia)
    await expelled(discord, guild, services, shop)
    assert not await services.absences.left(str(guild.id))
    await services.worker.drain()
    (told,) = olivia.dms
    assert "Aurora" in told.text
    assert "/admin setup" in told.text
    guild.invite_bot()
    await eventually(discord, services, shop, away=False)
    await services.worker.drain()
    assert await gone(db, shop) is None
    assert len(olivia.dms) == 2
    assert "goes on where it stopped" in olivia.dms[-1].text
    assert "Aurora" in (await olivia.run("/shop browse", at=guild.general)).text


@with_bot
async def test_nobody_is_told_late_of_what_is_over(
    discord: Sandbox,
    guild: Community,
    services: Services,
    server: MailServer,
    shop: Shop,
    olivia: Person,
    clock: TestClock,
) -> None:
    """Neither that the bot is out once it is back, by e-mail neither, nor that it is back once it is out."""
    olivia.close_dms()
    await services.shops.configure(shop, member(olivia), admin_notify_email="staff@aurora.example")
    for away in (True, False, True):
        guild.expel_bot() if away else guild.invite_bot()
        await eventually(discord, services, shop, away=away)
    server.says("MAIL", "451 later")
    await services.worker.drain()
    assert server.commands.count("MAIL") == 1
    guild.invite_bot()
    await eventually(discord, services, shop, away=False)
    clock.forward(minutes=2)
    await services.worker.drain()
    await services.worker.drain()
    assert ["back" in mail["Subject"] for mail in server.letters] == [True]


@with_bot
async def test_an_outage_is_no_leaving(
    discord: Sandbox, guild: Community, services: Services, shop: Shop, olivia: Person, db: Db
) -> None:
    """A server that is unavailable is still the shop's, and nobody is told anything."""
    guild.fail()
    await discord.quiet()
    assert await gone(db, shop) is None
    guild.recover()
    await discord.quiet()
    await services.worker.drain()
    assert await gone(db, shop) is None
    assert olivia.dms == []


@with_bot
async def test_what_needs_the_server_waits_without_using_up_its_tries(
    discord: Sandbox,
    guild: Community,
    services: Services,
    shop: Shop,
    product: MakeProduct,
    olivia: Person,
    ada: Person,
    staff_room: Room,
    clock: TestClock,
    db: Db,
) -> None:
    """Days later a role and the staff's posts are as fresh as ever, and happen once the bot is back."""
    role = guild.add_role("VIP")
    order = await paid(services, shop, olivia, ada, product, role.id)
    guild.expel_bot()
    await discord.quiet()
    for _ in range(8):
        await services.worker.drain()
        clock.forward(hours=12)
    waiting = await OutboxEffect.find_all(db, {"tenantId": shop.id, "lastError": "guild_left"})
    assert {"role.grant", "staff.alert"} <= {each.kind for each in waiting}
    assert {(each.status, each.attempts) for each in waiting} == {(OutboxStatus.PENDING, 0)}
    assert await OutboxEffect.find_one(db, {"tenantId": shop.id, "status": OutboxStatus.DEAD}) is None
    guild.invite_bot()
    await eventually(discord, services, shop, away=False)
    await services.worker.drain()
    assert "VIP" in ada.role_names
    (owed,) = await Entitlement.of_order(db, shop.id, order.key)
    assert owed.status is EntitlementStatus.GRANTED
    assert len(staff_room.messages) == sum(each.kind == "staff.alert" for each in waiting)


@with_bot
async def test_what_was_given_up_just_before_the_bot_was_known_to_be_out_is_tried_again(
    discord: Sandbox,
    guild: Community,
    services: Services,
    shop: Shop,
    product: MakeProduct,
    olivia: Person,
    ada: Person,
    db: Db,
) -> None:
    """An effect that had died of the bot's absence lives again with its return."""
    role = guild.add_role("VIP")
    order = await paid(services, shop, olivia, ada, product, role.id)
    dead = {"status": OutboxStatus.DEAD, "lastError": "guild_gone"}
    await OutboxEffect.rows(db).update_one({"orderId": order.key, "kind": "role.grant"}, {"$set": dead})
    await expelled(discord, guild, services, shop)
    guild.invite_bot()
    await eventually(discord, services, shop, away=False)
    await services.worker.drain()
    assert "VIP" in ada.role_names


async def test_a_start_finds_what_happened_while_no_process_ran(
    discord: Sandbox,
    guild: Community,
    services: Services,
    shop: Shop,
    elsewhere: tuple[Community, Shop],
    db: Db,
) -> None:
    """A server missing at the start is left, one that is there again is back; a neighbour is untouched."""
    guild.expel_bot()
    async with running(discord, services):
        await discord.until(lambda: discord.recorder.in_flight == 0)
        await eventually(discord, services, shop, away=True)
        assert await gone(db, elsewhere[1]) is None
    guild.invite_bot()
    async with running(discord, services):
        await eventually(discord, services, shop, away=False)


async def test_a_look_that_fails_is_made_again_and_so_is_one_for_what_nobody_heard(
    discord: Sandbox,
    guild: Community,
    services: Services,
    shop: Shop,
    elsewhere: tuple[Community, Shop],
) -> None:
    """Two leaves that nobody heard: the line drops at one question, and the next look asks again."""
    guild.expel_bot()
    elsewhere[0].expel_bot()
    # A client may ask once more by itself.
    discord.faults.lose("GET", "/guilds/*", times=2)
    async with running(discord, services) as bot:
        watch = Presence(bot, services, every=timedelta(seconds=0.05))
        await watch.on_ready()
        for each in (shop, elsewhere[1]):
            await eventually(discord, services, each, away=True)
        # A return of which nobody heard is found, too.
        guild.invite_bot()
        await eventually(discord, services, shop, away=False)
        assert await services.absences.left(str(guild.id))
        await eventually(discord, services, shop, away=False)
        watch.cog_unload()


async def eventually(discord: Sandbox, services: Services, shop: Shop, *, away: bool) -> None:
    """Wait until the bot has looked round: nextcord says that it is ready two seconds late."""
    for _ in range(100):
        if await services.absences.away(shop.id) is away:
            return
        await discord.quiet()
        await asyncio.sleep(0.05)
    raise AssertionError(f"away is not {away}")


@with_bot
async def test_nothing_is_deleted_when_the_time_is_over_and_the_bot_may_still_come_back(
    discord: Sandbox,
    guild: Community,
    services: Services,
    shop: Shop,
    product: MakeProduct,
    olivia: Person,
    ada: Person,
    clock: TestClock,
    db: Db,
) -> None:
    """Carts end, the owner is told once, an order stays; an invitation opens the shop again."""
    discord.add_guild("Commons").join(olivia)
    mug = await product()
    placed = await buying.order(services, shop, member(ada), mug)
    await expelled(discord, guild, services, shop)
    clock.forward(seconds=GRACE - 1)
    await services.absences.sweep()
    await services.carts.add(shop, member(ada), mug.key, 1)
    assert await OrderSession.current(db, shop.id, str(ada.id)) is not None
    clock.forward(seconds=2)
    assert await services.absences.sweep() == 1
    assert await services.absences.sweep() == 0
    await services.worker.drain()
    assert await OrderSession.current(db, shop.id, str(ada.id)) is None
    assert "closed" in olivia.dms[-1].text
    assert await Order.get(db, shop.id, placed.key) is not None
    absence = await gone(db, shop)
    assert absence is not None
    assert absence.closed_at is not None
    guild.invite_bot()
    await eventually(discord, services, shop, away=False)
    assert await gone(db, shop) is None


@with_bot
async def test_a_closed_dm_falls_back_to_the_shops_own_address(
    discord: Sandbox,
    guild: Community,
    services: Services,
    server: MailServer,
    shop: Shop,
    olivia: Person,
) -> None:
    """Without a server in common Discord delivers no DM; the e-mail says the same, with the day in words."""
    olivia.close_dms()
    await services.shops.configure(shop, member(olivia), admin_notify_email="staff@aurora.example")
    await expelled(discord, guild, services, shop)
    await services.worker.drain()
    assert olivia.dms == []
    (mail,) = server.letters
    body = mail.get_body(("plain",))
    assert body is not None
    assert "Aurora" in mail["Subject"]
    assert "/admin setup" in body.get_content()
    assert "<t:" not in body.get_content()


@with_bot
async def test_an_alarm_reaches_the_shops_address_while_its_post_waits(
    discord: Sandbox,
    guild: Community,
    services: Services,
    server: MailServer,
    shop: Shop,
    olivia: Person,
    staff_room: Room,
    clock: TestClock,
    db: Db,
) -> None:
    """One e-mail at once, however often the post is looked at; the post follows when the bot is back."""
    olivia.close_dms()
    shop = await services.shops.configure(shop, member(olivia), admin_notify_email="staff@aurora.example")
    await expelled(discord, guild, services, shop)
    params = {"kind": "role.grant", "reason": "role_gone", "orderId": None}
    alert = Alert(
        tenant_id=shop.id, type=AlertType.FULFILLMENT_FAILED, severity=AlertSeverity.ERROR,
        message="effect_dead", params=params,
    )  # fmt: skip
    await alert.insert(db)
    await OutboxEffect.owe(db, [alert_effect(alert, clock)])
    for _ in range(3):
        await services.worker.drain()
        await services.worker.drain()
        clock.forward(hours=1)
    subjects = [mail["Subject"] for mail in server.letters]
    assert len(subjects) == 2
    assert "Something needs your staff" in subjects[1]
    # Weeks later what was sent is forgotten, while the post still waits.
    await OutboxEffect.rows(db).delete_many({"kind": "mail.staff"})
    await services.worker.drain()
    await services.worker.drain()
    assert len(server.letters) == 2
    assert staff_room.messages == []
    guild.invite_bot()
    await eventually(discord, services, shop, away=False)
    await services.worker.drain()
    assert len(staff_room.messages) == 1


@pytest.fixture
async def server() -> AsyncIterator[MailServer]:
    """The mail server of the installation."""
    async with MailServer() as made:
        yield made


@pytest.fixture
def outside(server: MailServer) -> Outside:
    """Shops without a mail service use it."""
    return Outside(OUTSIDE.vault, mail=relay(server.port))
