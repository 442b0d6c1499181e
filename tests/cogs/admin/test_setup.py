"""From a server without a shop to one that sells, on one card."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.client import Bot
from bot.sandbox import Community, Permission, Person, Sandbox, Seen
from models.audit import AuditLog
from models.base import Db
from models.errors import NoShop
from models.order import Order
from models.payment_method import PaymentMethod
from models.product import Product
from services import Services
from tests.cogs.conftest import member, running
from tests.services import buying


@pytest.fixture(autouse=True)
async def bot(discord: Sandbox, guild: Community, services: Services) -> AsyncIterator[Bot]:
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
    seen = await seen.press("Next")
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
    assert "Step 2 of 5" in (await ada.run("/admin setup")).text


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


async def test_from_invitation_to_the_first_sale_in_a_handful_of_clicks(
    guild: Community, olivia: Person, ada: Person, services: Services, db: Db
) -> None:
    """Every message is read, every click and form counted; what the customer then buys is paid for."""
    staff = guild.add_role("Helpers")
    clicks, forms = 1, 1  # the command is typed, not clicked
    seen = await claimed(olivia)
    assert "Step 1 of 5" in seen.text
    assert "Staff may do all the daily work" in seen.text
    seen, clicks = await seen.choose("Roles of the staff", staff), clicks + 1
    seen, clicks = await seen.press("Next"), clicks + 1
    assert "Step 2 of 5" in seen.text
    seen, clicks = await seen.press("Make a staff channel"), clicks + 1
    assert "⚠️" not in seen.text
    seen, clicks = await seen.press("Make a shop channel"), clicks + 1
    seen, clicks = await seen.press("Next"), clicks + 1
    assert "Step 3 of 5" in seen.text
    form, clicks = await seen.choose_form("Set up a way to pay", "Venmo"), clicks + 1
    seen, forms = await form.submit({form.fields[0].label: "@aurora-shop"}), forms + 1
    assert "**: offered" in seen.text
    seen, clicks = await seen.press("Next"), clicks + 1
    assert "Step 4 of 5" in seen.text
    seen, clicks = await seen.press("Next"), clicks + 1
    assert "Step 5 of 5" in seen.text
    form, clicks = await seen.open("Add a product"), clicks + 1
    seen, forms = (
        await form.submit({"Name": "Coffee mug", "Price in USD": "12.50", "How many are there": "3"}),
        forms + 1,
    )
    assert "There is 1 product already." in seen.text
    seen, clicks = await seen.press("Finish"), clicks + 1
    assert "is set up" in seen.text
    assert "nothing to buy" not in seen.text
    assert (clicks, forms) == (11, 3)
    shop = await services.shops.of_guild(str(guild.id))
    mug = await services.catalog.resolve(shop, "Coffee mug")
    placed = await buying.order(services, shop, member(ada), mug)
    claim = await buying.claimed(services, shop, member(ada), placed)
    await services.claims.approve(shop, member(olivia), claim.payment.key, claim.payment.claims, "ref")
    order = await Order.get(db, shop.id, placed.key)
    assert order is not None
    assert order.paid_at is not None
    assert "Coffee mug" in (await ada.run("/shop browse")).text


async def test_a_choice_leaves_the_way_through_as_it_is(guild: Community, olivia: Person) -> None:
    """After each choice and form the step still says where it is, and offers what it offered."""
    seen = await (await claimed(olivia)).choose("Roles of the staff", guild.add_role("Helpers"))
    assert "Step 1 of 5" in seen.text
    seen = await seen.press("Next")
    seen = await seen.choose("Channel for new orders (else the staff channel)", guild.general)
    assert "Step 2 of 5" in seen.text
    assert {"Make a staff channel", "Make a shop channel"} <= {each.label for each in seen.buttons}
    seen = await seen.press("Next")
    form = await seen.choose_form("Set up a way to pay", "Venmo")
    seen = await form.submit({"Venmo user name": "@aurora-shop"})
    assert "Step 3 of 5" in seen.text
    seen = await (await seen.press("Next")).choose("Currency", "EUR · Euro")
    assert "Step 4 of 5" in seen.text
    assert [each.label for each in seen.buttons] == ["Back", "Next"]


async def test_two_clicks_make_one_channel_and_a_lost_one_is_found_again(
    guild: Community, olivia: Person, ada: Person, services: Services
) -> None:
    """At once or one after the other, also when nobody wrote down what was made; only the staff see it."""
    staff = guild.add_role("Helpers")
    seen = await (await claimed(olivia)).choose("Roles of the staff", staff)
    seen = await seen.press("Next")
    await asyncio.gather(*(olivia.click(seen, "Make a staff channel") for _ in range(2)))
    await olivia.click(seen, "Make a staff channel")
    (made,) = [each for each in guild.guild.channels.values() if each.name == "shop-staff"]
    shop = await services.shops.of_guild(str(guild.id))
    assert shop.config.staff_channel_id == str(made.id)
    await services.shops.configure(shop, member(olivia), announcement_channel_id=None)
    await olivia.click(seen, "Make a staff channel")
    shop = await services.shops.of_guild(str(guild.id))
    assert shop.config.staff_channel_id == str(made.id)
    assert not guild.guild.may_see(ada.id, made)
    guild.give(ada, staff)
    assert guild.guild.may_see(ada.id, made)
    await asyncio.gather(*(olivia.click(seen, "Make a shop channel") for _ in range(2)))
    assert [each.name for each in guild.guild.channels.values()].count("shop") == 1


async def test_a_channel_of_that_name_is_the_staffs_only_if_nobody_else_sees_it(
    guild: Community, olivia: Person, ada: Person, services: Services
) -> None:
    """A hidden one is opened to the roles chosen, and to no others; one that everybody sees is left alone."""
    staff = guild.add_role("Helpers")
    seen = await (await claimed(olivia)).choose("Roles of the staff", staff)
    seen = await seen.press("Next")
    await olivia.click(seen, "Make a staff channel")
    (made,) = [each for each in guild.guild.channels.values() if each.name == "shop-staff"]
    shop, view = await services.shops.of_guild(str(guild.id)), int(Permission.VIEW_CHANNEL)
    made.overwrites.pop(staff.id)
    made.overwrites[ada.id] = (1, view, 0)
    await services.shops.configure(shop, member(olivia), announcement_channel_id=None)
    await olivia.click(seen, "Make a staff channel")
    assert not guild.guild.may_see(ada.id, made)
    guild.give(ada, staff)
    assert guild.guild.may_see(ada.id, made)
    made.overwrites = {}
    shop = await services.shops.of_guild(str(guild.id))
    await services.shops.configure(shop, member(olivia), announcement_channel_id=None)
    await olivia.click(seen, "Make a staff channel")
    shop = await services.shops.of_guild(str(guild.id))
    assert shop.config.staff_channel_id != str(made.id)


async def test_without_manage_channels_the_wizard_says_so_and_offers_what_is_there(
    guild: Community, olivia: Person, services: Services
) -> None:
    """A hidden channel whose name fits can be taken with one click; a public one is not offered."""
    room = guild.add_channel("staff-room", visible_to=[guild.bot_role])
    guild.add_channel("staff-picks")
    guild.set_permissions(guild.bot_role, guild.bot_role.permissions & ~int(Permission.MANAGE_CHANNELS))
    seen = await (await claimed(olivia)).press("Next")
    assert "Manage Channels" in (await seen.press("Make a staff channel")).text
    assert [each.name for each in guild.guild.channels.values()] == ["general", "staff-room", "staff-picks"]
    assert "Use #staff-picks" not in [each.label for each in seen.buttons]
    await seen.press("Use #staff-room")
    shop = await services.shops.of_guild(str(guild.id))
    assert shop.config.staff_channel_id == str(room.id)


async def test_a_step_may_be_left_out_and_is_taken_up_again(guild: Community, olivia: Person) -> None:
    """The wizard begins where something is missing; the end names it, by the doctor's own words."""
    seen = await claimed(olivia)
    for step in (2, 3, 4, 5):
        seen = await seen.press("Next")
        assert f"Step {step} of 5" in seen.text
    seen = await seen.press("Finish")
    for said in ("nothing to buy yet", "staff channel", "cannot pay"):
        assert said in seen.text.lower()
    seen = await olivia.run("/admin setup")
    assert "Step 1 of 5" in seen.text
    await seen.choose("Roles of the staff", guild.add_role("Helpers"))
    assert "Step 2 of 5" in (await olivia.run("/admin setup")).text


async def test_hostile_words_for_a_first_product_are_refused_in_words(olivia: Person, db: Db) -> None:
    """No price, no number, nothing at all: each gets a sentence and makes no product."""
    seen = await claimed(olivia)
    for _ in range(4):
        seen = await seen.press("Next")
    for name, price, stock, said in (
        ("Mug", "cheap", "3", "cannot read that as an amount"),
        ("Mug", "12.50", "-3", "digits only"),
        ("Mug", "12.50", "3.5", "digits only"),
        ("\u200b", "12.50", "", "name"),
    ):
        form = await seen.open("Add a product")
        told = await form.submit({"Name": name, "Price in USD": price, "How many are there": stock})
        assert said in told.text
    assert await Product.find_one(db, {}) is None
    form = await seen.open("Add a product")
    await form.submit({"Name": "Mug", "Price in USD": "12.50", "How many are there": ""})
    form = await seen.open("Add a product")
    again = await form.submit({"Name": "Mug", "Price in USD": "12.50", "How many are there": ""})
    assert "SKU" in again.text
