"""Help: what everybody can do, and what each of the staff can do beyond."""

import pytest

from bot.sandbox import Person, Sandbox
from cogs._ui.words import Words
from cogs.admin import kinds
from cogs.help import behind_counter
from models.base import Db
from services import Services
from services.partner import PartnerKind
from services.partners import known_partners
from services.shops import Shop
from tests.cogs.conftest import give_key, member

pytestmark = pytest.mark.usefixtures("bot")
SUBCOMMAND = 1
# Looked up before any bot loads these files anew, which makes classes of its own.
ENTRIES = {kind.entry.path: kind.entry.description for kind in kinds() if kind.entry is not None}


async def test_customers_read_what_they_can_do_and_nothing_of_the_counter(ada: Person) -> None:
    """The customer's commands are there, with buttons that lead on."""
    seen = await ada.run("/help")
    assert seen.ephemeral
    for command in ("/shop browse", "/cart view", "/checkout", "/orders list", "/account profile"):
        assert f"`{command}`" in seen.text
    assert "/admin" not in seen.text
    assert "You have not ordered anything yet." in (await seen.press("My orders")).text


async def test_staff_read_what_their_permissions_allow(sam: Person, olivia: Person) -> None:
    """Sam of the staff is not shown what only the owner may do."""
    hers, his = await olivia.run("/help"), await sam.run("/help")
    for command in ("/admin payments", "/admin order", "/admin product", "/admin stock"):
        assert f"`{command}`" in hers.text
        assert f"`{command}`" in his.text
    assert "`/admin setup`" in hers.text
    assert "`/admin setup`" not in his.text


async def test_every_subcommand_is_named_and_no_partner_is_promised_that_is_not_there(olivia: Person) -> None:
    """What providers do is said as soon as there is one that does it, and not before."""
    text = (await olivia.run("/help")).text
    assert [name for name in ENTRIES if f"`{name}`" not in text] == []
    said = next(line for line in text.splitlines() if "/admin providers" in line)
    there = PartnerKind.SHIPPING in {partner.kind for partner in known_partners()}
    assert ("shipping" in said) is there
    assert ("shipping" in ENTRIES["/admin providers"]) is there


async def test_a_shops_name_cannot_break_out_of_the_card(
    ada: Person, olivia: Person, services: Services, shop: Shop
) -> None:
    """Markdown and mentions in the name are shown as they are written."""
    await services.shops.configure(shop, member(olivia), name="**Au** @everyone <@&1>")
    seen = await ada.run("/help")
    assert r"\*\*Au\*\*" in seen.text
    assert not seen.pings


def test_no_line_for_staff_is_cut_however_many_there_are() -> None:
    """Twenty long lines stand whole, in fields that Discord takes."""
    lines = [f"`/admin {n}`: " + "x" * 90 for n in range(20)]
    fields = behind_counter(lines, Words.of(None))
    assert "\n".join(field.value for field in fields).split("\n") == lines
    assert len(fields) == 3
    assert all(len(field.value) <= 1024 for field in fields)
    assert [field.name for field in fields][1:] == ["", ""]


async def test_every_command_of_a_customer_is_named(discord: Sandbox, ada: Person) -> None:
    """What Discord offers, without what is for staff; the fund's only where there is one."""
    offered = [
        f"/{each['name']} {option['name']}" if option.get("type") == SUBCOMMAND else f"/{each['name']}"
        for each in discord.world.commands.all(None)
        for option in each.get("options") or [{}]
        if each["name"] not in {"admin", "fund", "help"}
    ]
    text = (await ada.run("/help")).text
    assert len(offered) > 10
    assert [name for name in offered if f"`{name}`" not in text] == []
    assert "/fund" not in text


async def test_who_holds_one_key_reads_the_one_line(ada: Person, shop: Shop, db: Db) -> None:
    """A customer with a role of the shop sees the counter, and of it only what is theirs."""
    await give_key(db, shop, ada, "stock.manage")
    text = (await ada.run("/help")).text
    assert "`/admin stock`" in text
    assert text.count("`/admin ") == 1


async def test_where_there_is_no_shop_it_says_how_one_is_opened(discord: Sandbox, shop: Shop) -> None:
    """The bot was just invited."""
    place = discord.add_guild("Fresh", owner="fred")
    await discord.quiet()
    assert shop.name
    assert "`/admin setup`" in (await place.owner.run("/help")).text
