"""Suggestions, options and files: guessed, made by hand, and not what they say they are."""

from collections.abc import Iterator
from typing import Any

import pytest

from bot.sandbox import Choice, Person, Room, Sandbox, Seen
from bot.sandbox.interactions import COMMAND, open_interaction
from models.base import Db
from services import Services
from tests.cogs.admin.conftest import Buy, Claim, Neighbour, everything
from tests.services.conftest import MakeProduct

APOLOGY = "TESTCODE"
SUBCOMMANDS = (1, 2)
pytestmark = pytest.mark.usefixtures("bot")


def completing(options: list[dict[str, Any]], path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every option that suggests values, with the command it belongs to."""
    for option in options:
        if option["type"] in SUBCOMMANDS:
            yield from completing(option.get("options") or [], f"{path} {option['name']}")
        elif option.get("autocomplete"):
            yield path, option


def every_suggestion(discord: Sandbox) -> list[tuple[str, dict[str, Any]]]:
    """Of all commands that are registered."""
    commands = discord.world.commands.all(None)
    found = [each for one in commands for each in completing(one.get("options") or [], f"/{one['name']}")]
    assert {path for path, _ in found} >= {
        "/shop product",
        "/cart add",
        "/cart remove",
        "/orders view",
        "/admin stock",
    }
    return found


async def suggested(person: Person, path: str, option: str, typed: str) -> list[Choice]:
    """What somebody is offered who types this into an option."""
    given: dict[str, Any] = {option: typed}
    return await person.suggest(path, **given)


async def test_no_suggestion_knows_of_another_shop_or_customer(
    discord: Sandbox, ada: Person, bob: Person, olivia: Person, buy: Buy, neighbour: Neighbour
) -> None:
    """Whatever is typed: names and numbers of the next shop for the owner, Ada's for Bob."""
    order = await buy(ada, name="Only Ada's")
    theirs = (neighbour.order_number, neighbour.product_id, neighbour.order_id, "Secret", "nils", "")
    own = {str(ada.id), order.order_number, order.key}
    for path, option in every_suggestion(discord):
        for typed in theirs:
            shown = str(await suggested(olivia, path, option["name"], typed))
            for secret in ("Secret thing", neighbour.order_number, neighbour.product_id, neighbour.order_id):
                assert secret not in shown, (path, typed)
        for typed in (*own, "ada", ""):
            shown = str(await suggested(bob, path, option["name"], typed))
            assert not [each for each in own if each in shown], (path, typed)


async def test_staff_cards_in_a_channel_that_everybody_reads_obey_only_staff(
    db: Db, staff_room: Room, ada: Person, bob: Person, claim: Claim, services: Services
) -> None:
    """Somebody opened the staff's channel by mistake: the buttons are seen, and do nothing for others."""
    await claim(ada)
    while await services.worker.drain():
        pass
    card = next(each for each in staff_room.messages if "Approve" in str(each.buttons))
    staff_room.channel.overwrites.clear()
    before = await everything(db)
    for person in (ada, bob):
        for button in card.buttons:
            answer = await person.click(Seen(person, card.message), custom_id=button.custom_id, forged=True)
            assert "permission" in answer.text, button.label
    assert await everything(db) == before


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("products.csv", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20),
        ("products.csv", b"MZ\x90\x00" + b"\x00" * 4000),
        ("products.csv", b"PK\x03\x04 a spreadsheet"),
        ("products.csv", "sku,name,price\nM,Mug,1\n".encode("utf-16")),
        ("products.csv", b""),
        ("../../etc/passwd\u202e", b"root:x:0:0"),
        ("products.csv", b"sku,name,price\n" + b'"' * 9000),
    ],
)
async def test_a_file_that_is_no_table_is_refused_in_words(
    db: Db, olivia: Person, product: MakeProduct, name: str, content: bytes
) -> None:
    """Whatever its name says; nothing is kept and nothing changes."""
    await product("Mug")
    before = await everything(db)
    answer = await olivia.run("/admin import", kind="products", file=(name, content))
    assert APOLOGY not in answer.text
    assert "Import" not in [each.label for each in answer.buttons]
    assert {k: v for k, v in (await everything(db)).items() if k != "dataimports"} == {
        k: v for k, v in before.items() if k != "dataimports"
    }


async def test_options_that_no_client_offers_are_refused(
    db: Db, discord: Sandbox, olivia: Person, product: MakeProduct
) -> None:
    """Values beside the choices, numbers out of range, and options that are missing or of another type."""
    await product("Mug")
    assert "0 rows" not in (await olivia.run("/admin export", kind="products")).text
    before = await everything(db)
    for path, options in (
        (("admin", "export"), [("kind", 3, "passwords")]),
        (("admin", "import"), [("kind", 3, "orders")]),
        (("admin", "analytics"), [("report", 3, "EVERYTHING"), ("period", 3, "for ever")]),
        (("cart", "add"), [("product", 3, "Mug"), ("quantity", 4, -5)]),
        (("cart", "add"), [("product", 3, "Mug"), ("quantity", 4, 9_007_199_254_740_991)]),
        (("shop", "product"), [("name", 3, "x" * 6000)]),
        (("orders", "view"), [("order", 3, "\x00")]),
        (("fund", "donate"), [("amount", 3, "9" * 400)]),
    ):
        given = [{"name": name, "type": kind, "value": value} for name, kind, value in options]
        named = next(each for each in discord.world.commands.all(None) if each["name"] == path[0])
        sub = {"name": path[1], "type": 1, "options": given}
        data = {"id": named["id"], "name": path[0], "type": 1, "options": [sub]}
        where = olivia._place(None)
        answer = await olivia._await(open_interaction(discord.world, COMMAND, olivia.user, where, data))
        assert APOLOGY not in answer.text, path
    after = await everything(db)
    ours = {"ordersessions", "customers", "auditlogs", "communityfundconfigs"}
    assert {k: v for k, v in after.items() if k not in ours} == {
        k: v for k, v in before.items() if k not in ours
    }
    assert "is empty" in (await olivia.run("/cart view")).text
