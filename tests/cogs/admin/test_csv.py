"""/admin import and export, as staff see them: shown first, then done; and who may."""

import asyncio
import contextlib
import time
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any

import pytest

from bot.sandbox import Person, Room, Sandbox, Seen
from bot.sandbox.errors import NoAnswerError
from models.base import Db
from models.data_import import DataImport
from models.product import Product
from services import Services
from services.shops import Shop
from tests.cogs.admin.conftest import Buy, Neighbour, everything
from tests.cogs.conftest import give_key, member
from tests.services.conftest import MakeProduct, TestClock
from tests.services.csv_files import table

pytestmark = pytest.mark.usefixtures("bot")


def file_of(discord: Sandbox, seen: Seen) -> tuple[str, bytes]:
    """The file that came with a message."""
    (shown,) = seen.message.payload["attachments"]
    found = discord.world.files[int(shown["id"])]
    return found.name, found.content


async def bring(person: Person, kind: str, text: str, name: str = "file.csv") -> Seen:
    """Attach a file to the command."""
    return await person.run("/admin import", kind=kind, file=(name, text.encode()))


async def test_a_file_is_shown_first_and_brought_in_by_a_click(
    db: Db, sam: Person, product: MakeProduct
) -> None:
    """Before → after, nothing changed yet; then all of it, in the same message, which tells nobody twice."""
    await product("Mug", sku="MUG")
    seen = await bring(sam, "products", "sku;name;price;colour\nMUG;Mug;12,50;red\nCAP;Cap;9;blue\n")
    assert "New: 1" in seen.text
    assert "Changed: 1" in seen.text
    assert "price: `15.00` → `12,50`" in seen.text
    assert "`colour`" in seen.text
    assert await Product.rows(db).count_documents({}) == 1
    done = await seen.press("Import")
    assert done.message is seen.message
    assert "1 new, 1 changed" in done.text
    assert await Product.rows(db).count_documents({"priceCents": {"$in": [1250, 900]}}) == 2
    (record,) = await DataImport.find_all(db, {})
    assert (record.told, record.content) == (True, b"")
    assert "1 new, 1 changed" in (await sam.run("/admin import", kind="products")).text


async def test_bad_lines_are_on_the_card_and_all_of_them_in_a_file(
    db: Db, discord: Sandbox, sam: Person
) -> None:
    """The first twenty to read, the rest to download; there is nothing to press but to check again."""
    rows = "\n".join(f"=P{at},Product,much" for at in range(30))
    before = await everything(db)
    seen = await bring(sam, "products", f"sku,name,price\n{rows}\n")
    assert seen.text.count("Please write it like 12.50") == 20
    assert [button.label for button in seen.buttons] == ["Check again"]
    name, data = file_of(discord, seen)
    assert name == "problems.csv"
    found = table(data)
    assert len(found) == 30
    assert (found[0]["Line"], found[0]["Record"], found[0]["Column"]) == ("2", "'=P0", "price")
    (record,) = await DataImport.find_all(db, {})
    forged = await sam.click(seen, custom_id=f"import:go:{record.key}", forged=True)
    assert isinstance(forged, Seen)
    assert "have to be corrected first" in forged.text
    await DataImport.rows(db).delete_many({})
    assert await everything(db) == before


async def test_a_few_rows_are_pasted(db: Db, sam: Person) -> None:
    """Without any file; the form begins with the columns."""
    form = await (await sam.run("/admin import", kind="products")).open("Paste rows")
    assert str(form.fields[0].value).startswith("sku,name,")
    seen = await form.submit({form.fields[0].label: "sku,name,price\nMUG,Mug ☕,3\n"})
    assert "New: 1" in seen.text
    assert "1 new" in (await seen.press("Import")).text
    assert (await Product.find_all(db, {}))[0].name == "Mug ☕"


async def test_what_changed_meanwhile_is_named_and_checked_again(
    services: Services, shop: Shop, sam: Person, olivia: Person, product: MakeProduct
) -> None:
    """Nothing is overwritten; one click shows how it is now."""
    mug = await product("Mug", sku="MUG")
    seen = await bring(sam, "products", "sku,price\nMUG,9\n")
    await services.catalog.edit(shop, member(olivia), mug.key, {"price_cents": 2000})
    assert "`MUG`" in (await seen.press("Import")).text
    again = await seen.press("Check again")
    assert "price: `20.00` → `9`" in again.text
    assert "1 changed" in (await again.press("Import")).text


@pytest.mark.parametrize(
    ("key", "kind", "missing"),
    [
        ("data.export", "products", "data.import"),
        ("data.import", "products", "product.manage"),
        ("data.import", "stock", "stock.manage"),
        ("data.import", "discounts", "discount.manage"),
        ("data.import", "keys", "stock.manage"),
        ("data.import", "customers", "customer.manage"),
    ],
)
async def test_a_kind_asks_for_the_key_that_its_records_ask_for(
    db: Db, shop: Shop, ada: Person, key: str, kind: str, missing: str
) -> None:
    """One key of the other does not help."""
    await give_key(db, shop, ada, key)
    before = await everything(db)
    assert missing in (await bring(ada, kind, "sku,key\nM,K\n")).text
    assert await everything(db) == before


@pytest.mark.parametrize(
    ("kind", "missing"), [("products", "product.manage"), ("discounts", "discount.manage")]
)
async def test_costs_and_codes_are_taken_out_by_who_sees_them_anyway(
    db: Db, shop: Shop, ada: Person, kind: str, missing: str
) -> None:
    """The key of the export alone is not enough; with both it is."""
    await give_key(db, shop, ada, "data.export")
    assert missing in (await ada.run("/admin export", kind=kind)).text
    await db.database["roles"].update_many({}, {"$push": {"permissionKeys": missing}})
    assert "0 rows" in (await ada.run("/admin export", kind=kind)).text


async def test_who_holds_both_keys_brings_products_in_and_no_ruling_role(
    db: Db, shop: Shop, ada: Person, staff_role: object
) -> None:
    """The role of the staff cannot be sold by whoever could buy it."""
    await give_key(db, shop, ada, "data.import", "product.manage")
    role = shop.config.staff_role_ids[0]
    assert staff_role is not None
    seen = await bring(ada, "products", f"sku,name,price,grantedRoleIds\nM,Mug,1,{role}\n")
    assert "no file can put it on sale" in seen.text
    assert "New: 1" in (await bring(ada, "products", "sku,name,price\nM,Mug,1\n")).text


async def test_a_long_look_shows_how_far_it_is(discord: Sandbox, sam: Person) -> None:
    """By editing the one message, at most every two seconds."""
    rows = "\n".join(f"P{at},Product {at},1" for at in range(12_000))
    begun = time.monotonic()
    seen = await bring(sam, "products", f"sku,name,price\n{rows}\n")
    await discord.until(lambda: "New: 12000" in seen.now.text, timeout=120, what="the end of it")
    spent = time.monotonic() - begun
    shown = [str(each.body) for each in discord.requests if "@original" in each.path]
    counted = [each for each in shown if "of 12000 rows" in each]
    assert len(counted) >= (spent > 3)
    assert len(counted) <= spent / 2


async def too_late(discord: Sandbox, step: Coroutine[Any, Any, Any]) -> None:
    """Take a step whose interaction is over before anything can be answered."""
    known = set(discord.world.interactions)
    task = asyncio.create_task(step)
    while not set(discord.world.interactions) - known:  # noqa: ASYNC110 - nothing rings
        await asyncio.sleep(0)  # any longer, and the bot may have answered
    for token in set(discord.world.interactions) - known:
        discord.world.interactions[token].created -= timedelta(minutes=16)
    with contextlib.suppress(NoAnswerError):
        await task


async def test_an_import_that_outlived_its_message_is_told_by_dm(
    db: Db, discord: Sandbox, services: Services, clock: TestClock, sam: Person
) -> None:
    """Discord takes no answer after a quarter of an hour; the rows are there, and the person hears of it."""
    seen = await bring(sam, "products", "sku,name,price\nMUG,Mug,1\n")
    await too_late(discord, seen.press("Import"))
    (record,) = await DataImport.find_all(db, {})
    assert (record.state, record.told) == ("DONE", False)
    clock.forward(minutes=2)
    await services.worker.drain()
    assert "1 new" in sam.dms[-1].text


async def test_an_export_that_outlived_its_message_comes_by_dm(
    discord: Sandbox, sam: Person, product: MakeProduct, staff_room: Room
) -> None:
    """With its file; where DMs are closed the staff's channel says what to do, without the file."""
    await product("Mug", sku="MUG")
    await too_late(discord, sam.run("/admin export", kind="products"))
    await discord.until(lambda: sam.dms, what="the DM")
    assert table(file_of(discord, sam.dms[-1])[1])[0]["sku"] == "MUG"
    sam.close_dms()
    await too_late(discord, sam.run("/admin export", kind="products"))
    await discord.until(lambda: staff_room.messages, what="the post")
    assert "open your DMs" in staff_room.messages[-1].text
    assert not staff_room.messages[-1].message.payload["attachments"]


async def test_another_shops_import_is_as_good_as_unknown(db: Db, sam: Person, neighbour: Neighbour) -> None:
    """Forged clicks change nothing, and show nothing."""
    boris = neighbour.guild.owner
    await bring(boris, "products", "sku,name,price\nSECRET-9,Secret,1\n")
    (record,) = await DataImport.find_all(db, {})
    mine = await bring(sam, "products", "sku,name,price\nM,Mug,1\n")
    before = await everything(db)
    for action in ("go", "again"):
        answer = await sam.click(mine, custom_id=f"import:{action}:{record.key}", forged=True)
        assert isinstance(answer, Seen)
        assert "not kept any more" in answer.text
    assert await everything(db) == before


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", "sku,name\nM,Mug".encode("utf-16"), "CSV UTF-8"),
        ("a.csv", b"", "empty"),
        ("a.xlsx", b"PK\x03\x04\xff\xfe\x00", "UTF"),
        ("a.csv", b"name,price\nMug,1", "column sku"),
    ],
)
async def test_a_file_that_cannot_be_read_is_refused_kindly(
    sam: Person, name: str, content: bytes, said: str
) -> None:
    """With what to do about it."""
    seen = await sam.run("/admin import", kind="products", file=(name, content))
    assert said in seen.text.replace("`", "").replace("*", "")


async def test_an_import_that_nobody_could_watch_is_told_afterwards(
    db: Db, services: Services, clock: TestClock, sam: Person, product: MakeProduct
) -> None:
    """By DM, once; a closed one goes to the staff's channel."""
    await product("Mug", sku="MUG")
    await (await bring(sam, "products", "sku,price\nMUG,1\n")).press("Import")
    await DataImport.rows(db).update_many({}, {"$set": {"told": False}})
    clock.forward(minutes=2)
    await services.worker.drain()
    assert "1 changed" in sam.dms[-1].text
    await services.worker.drain()
    assert len([dm for dm in sam.dms if "1 changed" in dm.text]) == 1


async def test_an_import_that_was_stopped_says_how_far_it_came(
    db: Db, services: Services, clock: TestClock, sam: Person, staff_room: Room
) -> None:
    """To whoever brought it in, to the staff, and on the card of the command; the file is sent again."""
    await bring(sam, "products", "sku,name,price\nA,A,1\nB,B,1\n")
    broken = {"state": "APPLYING", "owner": "dead", "leaseUntil": clock.now(), "content": b"\xff"}
    await DataImport.rows(db).update_many({}, {"$set": broken})
    for _ in range(5):
        clock.forward(minutes=9)
        await services.sweeper.sweep()
    await services.worker.drain()
    assert "stopped after 0 of 2 rows" in sam.dms[-1].text
    assert "0 of 2 rows are done, 2 are left" in staff_room.messages[-1].text
    assert "stopped after 0 of 2" in (await sam.run("/admin import", kind="products")).text
    seen = await bring(sam, "products", "sku,name,price\nA,A,1\nB,B,1\n")
    assert "2 new" in (await seen.press("Import")).text


async def test_products_go_out_as_a_spreadsheet_reads_them(
    discord: Sandbox, sam: Person, product: MakeProduct
) -> None:
    """With a mark at the beginning, amounts as decimals with their currency, and formulas as texts."""
    await product("=HYPERLINK(1)", sku="MUG", price=1250)
    seen = await sam.run("/admin export", kind="products")
    name, data = file_of(discord, seen)
    assert name.startswith("products-")
    assert data.startswith(b"\xef\xbb\xbf")
    (row,) = table(data)
    assert (row["name"], row["price"], row["currency"]) == ("'=HYPERLINK(1)", "12.50", "USD")
    assert "1 row" in seen.text


async def test_orders_go_out_with_names_or_without(
    db: Db, discord: Sandbox, shop: Shop, sam: Person, ada: Person, bob: Person, buy: Buy
) -> None:
    """Names are for who sees orders anyway; a period takes what was placed in it."""
    order = await buy(ada, name="Mug")
    (row,) = table(file_of(discord, await sam.run("/admin export", kind="orders"))[1])
    assert (row["orderNumber"], row["discordDisplayName"], row["total"]) == (
        order.order_number,
        "Ada",
        "15.00",
    )
    await give_key(db, shop, bob, "data.export")
    assert "order.view" in (await bob.run("/admin export", kind="orders")).text
    assert "customer.manage" in (await bob.run("/admin export", kind="customers")).text
    seen = await bob.run("/admin export", kind="orders", anonymous=True)
    data = file_of(discord, seen)[1]
    assert str(ada.id).encode() not in data
    assert b"Ada" not in data
    assert "trackingNumber" not in table(data)[0]
    assert table(data)[0]["items"] == "1 × MUG Mug"  # noqa: RUF001 - times
    none = await sam.run("/admin export", {"kind": "orders", "since": "2020-01-01", "until": "2020-12-31"})
    assert table(file_of(discord, none)[1]) == []
    wrong = await sam.run("/admin export", {"kind": "orders", "since": "yesterday"})
    assert "2026-12-24" in wrong.text


async def test_customers_and_the_ledger_go_out_too(
    discord: Sandbox, sam: Person, ada: Person, buy: Buy
) -> None:
    """Each with what it is about."""
    order = await buy(ada, name="Mug", stock=4)
    people = table(file_of(discord, await sam.run("/admin export", kind="customers"))[1])
    assert [row["discordUsername"] for row in people] == ["ada"]
    rows = table(file_of(discord, await sam.run("/admin export", kind="ledger"))[1])
    assert {(row["type"], row["quantityDelta"], row["orderNumber"]) for row in rows} == {
        ("RESTOCK", "4", ""),
        ("RESERVE", "-1", order.order_number),
    }
    assert {row["sku"] for row in rows} == {"MUG"}


async def test_german_staff_read_german(german_owner: Person) -> None:
    """Cards, problems and the file of problems."""
    seen = await bring(german_owner, "products", "sku;name;price\nM;Tasse;1.234,56\n")
    assert "Nichts wird importiert" in seen.text
    assert "ihn so: 12,50." in seen.text
