"""From a server without a shop to one that sells, on one card."""

from collections.abc import AsyncIterator

import pytest
from nextcord.ext import commands

from bot.sandbox import Community, Permission, Person, Sandbox, Seen
from models.audit import AuditLog
from models.base import Db
from models.errors import NoShop
from models.payment_method import PaymentMethod
from services import Services
from tests.cogs.conftest import running


@pytest.fixture(autouse=True)
async def bot(discord: Sandbox, guild: Community, services: Services) -> AsyncIterator[commands.Bot]:
    """The bot in a guild that has no shop yet."""
    assert guild.name == "Aurora"
    async with running(discord, services) as started:
        yield started


async def claimed(olivia: Person) -> Seen:
    """The first step of the wizard, after the owner named her shop."""
    seen = await olivia.run("/admin setup")
    form = await seen.open("Name the shop")
    return await form.submit({"Name of the shop": "Aurora *Goods*"})


async def test_the_wizard_leads_from_nothing_to_a_shop_on_one_card(
    guild: Community, olivia: Person, services: Services
) -> None:
    """Name, roles, channel, payment, currency: every step edits the same message; the end says what lacks."""
    staff = guild.add_role("Helpers")
    room = guild.add_channel("till", visible_to=[staff, guild.bot_role])
    first = seen = await claimed(olivia)
    seen = await seen.choose("Roles of the staff", staff)
    seen = await seen.press("Next")
    seen = await seen.choose("Staff channel: payments to check, alerts", room)
    assert "⚠️" not in seen.text
    seen = await seen.press("Next")
    form = await seen.choose_form("Set up a way to pay", "Venmo")
    seen = await form.submit({form.fields[0].label: "@aurora-shop"})
    seen = await seen.press("Next")
    seen = await seen.choose("Currency", "EUR · Euro")
    seen = await seen.choose("Currency", "USD · US Dollar")
    seen = await seen.press("Finish")
    assert seen.id == first.id
    assert "nothing to buy yet" in seen.text
    assert "/admin product" in seen.text
    shop = await services.shops.of_guild(str(guild.id))
    assert shop.name == "Aurora *Goods*"
    assert shop.config.staff_role_ids == [str(staff.id)]
    assert shop.config.staff_channel_id == str(room.id)
    assert shop.config.enabled_payment_methods == [PaymentMethod.VENMO]


async def test_a_customer_cannot_claim_the_server_by_command_click_or_form(
    guild: Community, olivia: Person, ada: Person, services: Services
) -> None:
    """Neither the command nor a forged button nor a form from elsewhere opens a shop."""
    seen = await ada.run("/admin setup")
    assert "Manage Server" in seen.text
    answer = await ada.click(seen, custom_id="setup:claim", forged=True)
    assert "Manage Server" in answer.text
    form = await (await olivia.run("/admin setup")).open("Name the shop")
    form.person = ada
    assert "Manage Server" in (await form.submit({"Name of the shop": "Mine"})).text
    with pytest.raises(NoShop):
        await services.shops.of_guild(str(guild.id))


async def test_somebody_who_manages_the_server_may_open_the_shop(guild: Community) -> None:
    """Manage Server is enough, ownership is not needed; who opened it rules it."""
    manager = guild.add_role("Managers", permissions=int(Permission.MANAGE_GUILD))
    mia = guild.add_member("mia", roles=[manager])
    seen = await claimed(mia)
    assert "Who runs the shop" in seen.text
    guild.take(mia, manager)
    assert "Who runs the shop" in (await mia.run("/admin setup")).text


async def test_a_second_claim_is_refused_kindly(olivia: Person) -> None:
    """The form of an older message cannot open a second shop."""
    seen = await olivia.run("/admin setup")
    form = await seen.open("Name the shop")
    await claimed(olivia)
    assert "has a shop already" in (await form.submit({"Name of the shop": "Again"})).text
    assert "has a shop already" in (await seen.press("Name the shop")).text


async def test_only_admins_run_the_wizard_again(guild: Community, olivia: Person, ada: Person) -> None:
    """Staff and customers are told which key they lack; admins may."""
    staff, admins = guild.add_role("Helpers"), guild.add_role("Bosses")
    seen = await claimed(olivia)
    seen = await seen.choose("Roles of the staff", staff)
    await seen.choose("Roles of the admins", admins)
    guild.give(ada, staff)
    assert "setup.run" in (await ada.run("/admin setup")).text
    guild.give(ada, admins)
    assert "Who runs the shop" in (await ada.run("/admin setup")).text


async def test_the_channel_step_warns_where_the_bot_cannot_write_or_everybody_reads(
    guild: Community, olivia: Person
) -> None:
    """A channel that hides from the bot and a public one are named with the remedy."""
    hidden = guild.add_channel("hidden", visible_to=[])
    seen = await (await claimed(olivia)).press("Next")
    seen = await seen.choose("Staff channel: payments to check, alerts", hidden)
    assert "View Channel" in seen.text
    seen = await seen.choose("Staff channel: payments to check, alerts", guild.general)
    assert "Everybody can read" in seen.text


async def test_every_step_leaves_an_audit_row(db: Db, olivia: Person, guild: Community) -> None:
    """Claim and changes are written down with who did them."""
    seen = await claimed(olivia)
    await seen.choose("Roles of the staff", guild.add_role("Helpers"))
    rows = await AuditLog.find_all(db, {}, sort="_id")
    assert [(row.action, row.actor_id) for row in rows] == [
        ("shop.claim", str(olivia.id)),
        ("config.edit", str(olivia.id)),
    ]
