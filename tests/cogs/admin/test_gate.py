"""Nobody gets behind the counter: not by command, suggestion, forged click or forged form."""

import inspect
import json
from typing import Any

import pytest
from nextcord.ext import commands

from bot.sandbox import Community, Form, NotOfferedError, Person, Sandbox, Seen
from bot.sandbox.limits_commands import MAX_CHARACTERS, characters
from cogs._ui.visit import Kind
from models.access import Role, RoleAssignment, User
from models.base import Db
from services.shops import Shop
from tests.cogs.admin.conftest import Buy, Neighbour, everything
from tests.services.conftest import MakeProduct

# The first plan is there; what may come is that which forks and later versions think of.
LATER_SUBCOMMANDS = 5
# Sections that let some in without a key, and the key that lets in everybody else.
OWN_GATES = {"setup": "setup.run", "fund": "fund.manage"}
LONGEST = 78


def sections(bot: commands.Bot) -> list[Any]:
    """The sections of /admin that this bot runs."""
    return [cog for name, cog in bot.cogs.items() if name.startswith("admin.")]


def ways(bot: commands.Bot, kind: Kind) -> list[tuple[str, int]]:
    """Every action behind a key that a click or a form can name, with how many arguments it takes."""
    found = []
    for section in sections(bot):
        for its_kind, action, name in section._marked():
            places = inspect.signature(getattr(section, name)).parameters
            if its_kind is kind and section.needs is not None:
                found.append((action, len(places) - 1))
    assert found
    return found


def custom_id(action: str, arguments: int, value: str) -> str:
    parts = [action, *[value] * arguments]
    while len(":".join(parts)) > LONGEST:  # as many as a button holds
        parts[max(at for at, part in enumerate(parts) if part == value)] = "0"
    return ":".join(parts)


async def own_card(person: Person) -> Seen:
    """A message of the person's own, from which a forged click can come."""
    return await person.run("/admin config")


async def a_form(olivia: Person) -> Form:
    """A form that is open on the owner's screen."""
    return await (await olivia.run("/admin product")).open("New product")


async def test_every_subcommand_names_the_key_that_is_missing(
    bot: commands.Bot, ada: Person, product: MakeProduct
) -> None:
    """A customer sees /admin, and reads which permission each part of it takes."""
    mug = await product()
    for section in sections(bot):
        if section.entry is None:
            continue
        kind = {"kind": "products"}
        needed = {"stock": {"product": mug.key}, "import": kind, "export": kind}
        seen = await ada.run(section.entry.path, needed.get(section.entry.name, {}))
        assert seen.ephemeral
        assert f"`{section.needs or OWN_GATES[section.entry.name]}`" in seen.text


async def test_forged_clicks_of_a_customer_do_nothing(
    db: Db, bot: commands.Bot, ada: Person, buy: Buy
) -> None:
    """Every action of every section is tried with a real order's id."""
    order = await buy(ada)
    seen = await own_card(ada)
    before = await everything(db)
    for action, arguments in ways(bot, Kind.CLICK):
        forged = custom_id(action, arguments, order.items[0].product_id)
        answer = await ada.click(seen, custom_id=forged, forged=True)
        assert isinstance(answer, Seen), action
        assert "permission" in answer.text, action
    assert await everything(db) == before


@pytest.mark.usefixtures("bot")
async def test_the_wizard_shows_and_changes_nothing_for_a_customer(db: Db, ada: Person) -> None:
    """Its steps take their key, and there is nothing left to claim."""
    seen = await own_card(ada)
    before = await everything(db)
    for step in ("roles", "channels", "methods", "currency", "done", "nonsense"):
        answer = await ada.click(seen, custom_id=f"setup:step:{step}", forged=True)
        assert "`setup.run`" in answer.text
    assert "has a shop already" in (await ada.click(seen, custom_id="setup:claim", forged=True)).text
    assert await everything(db) == before


async def test_forged_forms_of_a_customer_do_nothing(
    db: Db, bot: commands.Bot, ada: Person, olivia: Person, buy: Buy
) -> None:
    """A form's id is as little a key as a button's."""
    order = await buy(ada)
    form = await a_form(olivia)
    form.person = ada
    before = await everything(db)
    for action, arguments in ways(bot, Kind.FORM):
        form.modal["custom_id"] = custom_id(action, arguments, order.items[0].product_id)
        answer = await form.submit({"name": "Mine", "price": "0", "sku": "MINE"})
        assert "permission" in answer.text, action
    assert await everything(db) == before


@pytest.mark.usefixtures("bot")
async def test_suggestions_tell_a_customer_nothing(ada: Person, sam: Person, buy: Buy) -> None:
    """Products and orders are suggested to staff alone."""
    await buy(ada, name="Hidden gem", is_active=True)
    assert await sam.suggest("/admin stock", product="hidden")
    assert await sam.suggest("/admin order", find="ada")
    assert await sam.suggest("/admin product", name="gem")
    assert await ada.suggest("/admin stock", product="hidden") == []
    assert await ada.suggest("/admin order", find="ada") == []
    assert await ada.suggest("/admin product", name="gem") == []


@pytest.mark.usefixtures("bot")
async def test_staff_have_the_counter_but_not_the_settings(sam: Person) -> None:
    """The staff role opens products, orders, stock and payments; settings stay with the admins."""
    assert "Products" in (await sam.run("/admin product")).text
    assert "orders" in (await sam.run("/admin order")).text
    assert "No payment waits" in (await sam.run("/admin payments")).text
    assert "config.manage" in (await sam.run("/admin config")).text
    assert "setup.run" in (await sam.run("/admin setup")).text


@pytest.mark.usefixtures("bot")
async def test_a_role_of_the_shop_opens_exactly_what_its_keys_say(
    db: Db, shop: Shop, bob: Person, ada: Person, buy: Buy
) -> None:
    """Somebody without any Discord role may read orders, when a Role of the shop says so, and no more."""
    order = await buy(ada)
    role = await Role(tenant_id=shop.id, name="Clerk", permission_keys=["order.view"]).insert(db)
    user = await User(tenant_id=shop.id, username="bob", display_name="Bob", discord_id=str(bob.id)).insert(
        db
    )
    await RoleAssignment(tenant_id=shop.id, user_id=user.key, role_id=role.key).insert(db)
    seen = await bob.run("/admin order", find=order.order_number)
    assert order.order_number in seen.text
    assert "order.manage" in (await seen.press("Add note")).text
    assert "order.manage" in (await seen.press("Cancel the order")).text
    assert "product.manage" in (await bob.run("/admin product")).text


@pytest.mark.usefixtures("bot")
async def test_another_shops_owner_is_a_stranger_here(guild: Community, neighbour: Neighbour) -> None:
    """Owning one guild's shop opens nothing in another guild."""
    boris = neighbour.guild.owner
    assert "Secret thing" in (await boris.run("/admin product")).text
    guild.join(boris)
    answer = await boris.run("/admin product", at=guild.general)
    assert "product.manage" in answer.text


async def test_ids_of_another_shop_are_unknown_everywhere(
    db: Db, bot: commands.Bot, olivia: Person, neighbour: Neighbour
) -> None:
    """The owner tries every action with the neighbour's order, product and payment: nothing of it shows."""
    await olivia.run("/admin fund")  # whose rules are written down at the first visit
    seen = await own_card(olivia)
    before = await everything(db)
    theirs = (neighbour.product_id, neighbour.order_id, neighbour.payment_id)
    for action, arguments in ways(bot, Kind.CLICK):
        if not arguments or action.startswith(("config:", "shipping:")):
            continue
        for key in theirs:
            answer = await olivia.click(seen, custom_id=custom_id(action, arguments, key), forged=True)
            shown = answer.text + json.dumps(answer.modal if isinstance(answer, Form) else answer.payload)
            assert "went wrong" not in shown, action
            assert "Secret thing" not in shown, action
            assert neighbour.order_number not in shown, action
    assert await everything(db) == before


@pytest.mark.usefixtures("bot")
async def test_options_with_another_shops_ids_find_nothing(olivia: Person, neighbour: Neighbour) -> None:
    """Typed into the commands they are as good as unknown."""
    assert "cannot find" in (await olivia.run("/admin stock", product=neighbour.product_id)).text
    assert "cannot find" in (await olivia.run("/admin product", name=neighbour.product_id)).text
    for text in (neighbour.order_id, neighbour.order_number):
        assert "Nothing found" in (await olivia.run("/admin order", find=text)).text
    assert await olivia.suggest("/admin order", find=neighbour.order_number) == []


@pytest.mark.usefixtures("bot")
async def test_forged_choices_of_an_admin_are_refused(db: Db, olivia: Person, product: MakeProduct) -> None:
    """Values that no menu offered change nothing, also for those who may do everything."""
    mug = await product()
    seen = await olivia.run("/admin product", name=mug.key)
    settings = await olivia.run("/admin config")
    pay = await settings.choose("Change a part", "Ways to pay")
    before = await everything(db)
    for menu, value in (
        ("Roles that the buyer gets", "12 or 1=1"),
        ("Roles that may buy (empty: everybody)", "-1"),
        ("Who sees the stock", "nobody"),
    ):
        assert "cannot take that" in (await olivia.choose(seen, menu, value, forged=True)).text
    assert "not offered here" in (await olivia.choose(pay, "Set up a way to pay", "GOLD", forged=True)).text
    assert "cannot find that" in (await olivia.choose(settings, "Change a part", "tenant", forged=True)).text
    for forged in ("config:channel:tenant_id:config", "config:currency:config", "shipping:remove"):
        assert isinstance(await olivia.click(settings, custom_id=forged, forged=True), Seen)
    assert await everything(db) == before


@pytest.mark.usefixtures("bot")
async def test_admin_is_shown_to_everybody_in_the_guild_and_nobody_in_a_dm(
    discord: Sandbox, ada: Person
) -> None:
    """The shop's own roles decide, so Discord hides it from no member; in a DM there is no shop."""
    command = registered(discord)
    assert command["default_member_permissions"] is None
    assert command["contexts"] == [0]
    with pytest.raises(NotOfferedError):
        await ada.run("/admin config", at=ada.dm)


@pytest.mark.usefixtures("bot")
async def test_the_definition_leaves_room_for_later_subcommands(discord: Sandbox) -> None:
    """Discord counts 8,000 characters of a whole command, each text in its longest language."""
    command = registered(discord)
    largest = max(characters(option) for option in command["options"])
    assert characters(command) + LATER_SUBCOMMANDS * largest < MAX_CHARACTERS


def registered(discord: Sandbox) -> dict[str, Any]:
    """/admin as Discord knows it."""
    found: dict[str, Any] = next(
        command for command in discord.world.commands.all(None) if command["name"] == "admin"
    )
    return found
