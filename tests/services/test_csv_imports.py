"""Files brought in: what is read, what is refused, and that all of it happens or nothing."""

import asyncio

import pytest
from bson import Decimal128

from models.alert import Alert
from models.audit import AuditLog
from models.base import Db
from models.customer import Customer
from models.data_import import DataImport, ImportState
from models.discount import Discount
from models.errors import BadInput, ImportStale, ImportUnderWay, NotFound, Refused
from models.inventory import InventorySnapshot, InventoryTransaction, StockHold, replay
from models.product import Product
from services import Services
from services.cells import harmless
from services.shops import Shop
from services.vault import Vault
from tests.cogs.admin.conftest import everything
from tests.services import keys
from tests.services.conftest import ADA, OWNER, MakeProduct, TestClock
from tests.services.csv_files import Clerk, counts, problems
from tests.services.test_csv_contract import without_imports


@pytest.fixture
def clerk(services: Services, shop: Shop) -> Clerk:
    """Olivia, who brings files in."""
    return Clerk(services, shop)


async def of_sku(db: Db, shop: Shop, sku: str) -> Product:
    """The product with this SKU."""
    found = await Product.named(db, shop.id, sku)
    assert found is not None
    return found


@pytest.mark.parametrize(
    "text",
    [
        "sku,name,price\nM-1,Mug,12.50\n",
        "\ufeffsku,name,price\r\nM-1,Mug,12.50\r\n",
        "SKU;Name;PRICE\nM-1;Mug;12,50",
        'price\tname\tsku\n12.5\t"Mug"\tM-1\n\n',
        '"name","sku","price"\n"Mug","M-1","$12.50"\n',
    ],
)
async def test_a_file_is_read_as_people_and_programs_write_it(
    db: Db, clerk: Clerk, shop: Shop, text: str
) -> None:
    """With and without a mark, by comma, semicolon or tab, in any order and case, with empty lines."""
    assert (await clerk.bring("products", text)).state is ImportState.DONE
    mug = await of_sku(db, shop, "M-1")
    assert (mug.name, mug.price_cents, mug.currency, mug.is_active) == ("Mug", 1250, "USD", False)
    assert await InventorySnapshot.of(db, shop.id, [mug.key]) == {mug.key: 0}


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("sku,name\nM,Mug\n".encode("utf-16"), "utf_16"),
        ("sku,name\nM,Mug\n".encode("utf-16-le"), "utf_16"),
        ("sku,name\nM,Müg\n".encode("latin-1"), "not_text"),
        (b"sku,name\nM," + b"x" * 80 + b"\0\n", "not_text"),
        (b"", "empty_file"),
        (b"\n\n", "empty_file"),
        (b"sku,name,price\n", "no_rows"),
        (b"name,price\nMug,1\n", "column_missing"),
        (b"sku,SKU\nM,M\n", "column_twice"),
        (b"sku,name\n" + b"M,Mug\n" * 50_001, "too_many_rows"),
        (b"sku,name\n" + b"M,Mug\n" * 50_001 + b'M,"' + b"x" * 200_000, "too_many_rows"),
        (b"x" * (10 * 1024 * 1024 + 1), "file_size"),
        (b'sku,name\nM,"' + b"x" * 200_000 + b'"\n', "not_text"),
    ],
)
async def test_what_is_no_such_table_is_refused_whole(
    db: Db, clerk: Clerk, content: bytes, problem: str
) -> None:
    """Each with its own reason, and nothing is kept of it."""
    with pytest.raises(BadInput) as refused:
        await clerk.check("products", content)
    assert (refused.value.field, refused.value.problem) == ("csv_file", problem)
    assert await DataImport.find_all(db, {}) == []


async def test_each_bad_line_is_named_with_its_reason_and_stops_the_file(
    db: Db, clerk: Clerk, product: MakeProduct
) -> None:
    """By the line where it begins, also after cells of several lines; nothing is brought in."""
    await product("Mug", sku="MUG")
    lines = [
        "sku,name,price,isActive,roleDays,imageUrl,requiredRoleIds,currency,description",
        'GOOD,Good,1,yes,,,,,"Good\nthing"',
        "MUG,,1.234,,,,,",
        f"LONG,{'x' * 4000},1,,,,,",
        'COMMA,Comma,"1.234,56",,,,,',
        "FLAG,Flag,1,perhaps,,,,",
        "DAYS,Days,1,,2.0,,,",
        "LINK,Link,1,,,javascript:alert(1),,",
        "ROLE,Role,1,,,,1.23E+17,",
        "EURO,Euro,1,,,,,EUR",
        "NEW,,1,,,,,",
        "GOOD,Twice,1,,,,,",
        "MANY,Many,1,,,,,,,,",
        ",Nameless,1,,,,,",
        f"{'S' * 41},Sku,1,,,,,",
    ]
    view = await clerk.check("products", "\n".join(lines))
    assert problems(view) == [
        (4, "price", "not_an_amount"),
        (5, "name", "length"),
        (6, "price", "not_an_amount"),
        (7, "isActive", "example"),
        (8, "roleDays", "not_a_number"),
        (9, "imageUrl", "not_a_link"),
        (10, "requiredRoleIds", "not_ids"),
        (11, "currency", "example"),
        (12, "name", "csv_needed"),
        (13, "sku", "csv_twice"),
        (14, "sku", "csv_cells"),
        (15, "sku", "csv_needed"),
        (16, "sku", "length"),
    ]
    before = await everything(db)
    with pytest.raises(BadInput, match="csv_wrong"):
        await clerk.services.imports.apply(clerk.desk, view.record.key)
    assert await everything(db) == before


async def test_columns_that_are_not_there_stay_as_they_are(
    db: Db, clerk: Clerk, shop: Shop, product: MakeProduct
) -> None:
    """An empty cell clears what can be empty, a missing column nothing; unknown ones are named."""
    await product("Mug", sku="MUG", description="Blue", cost_cents=700)
    view = await clerk.check("products", "sku,price,cost,colour\nMUG,9.99,,red\n")
    assert (counts(view), view.unknown) == ((0, 1, 0, 0), ["colour"])
    (step,) = view.look.samples
    assert (dict(step.before), dict(step.after)) == (
        {"price": "15.00", "cost": "7.00"},
        {"price": "9.99", "cost": ""},
    )
    await clerk.services.imports.apply(clerk.desk, view.record.key)
    mug = await of_sku(db, shop, "MUG")
    assert (mug.price_cents, mug.cost_cents, mug.description, mug.is_active) == (999, None, "Blue", True)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "'=1", "=cmd|' /C calc'!A0", "＝1"])  # noqa: RUF001 - one is meant
async def test_formulas_go_out_harmless_and_come_in_as_they_were(
    db: Db, clerk: Clerk, shop: Shop, product: MakeProduct, text: str
) -> None:
    """No program runs them; the shop has them as somebody wrote them."""
    await product("Mug", sku="MUG", description=text)
    data = await clerk.text("products")
    assert f"'{text}".encode() in data
    assert counts(await clerk.check("products", data)) == (0, 0, 1, 0)
    await clerk.bring("products", f'sku,description\nMUG,"{harmless(text)} again"\n')
    assert (await of_sku(db, shop, "MUG")).description == f"{text} again".strip()


async def test_what_changed_since_it_was_shown_is_refused_with_its_name(
    db: Db, clerk: Clerk, shop: Shop, product: MakeProduct
) -> None:
    """A changed record, and one that was made; another look shows it as it is now, and goes through."""
    mug = await product("Mug", sku="MUG")
    view = await clerk.check("products", "sku,name,price\nMUG,Mug,1\nCAP,Cap,2\n")
    await clerk.services.catalog.edit(shop, OWNER, mug.key, {"description": "Changed"})
    await product("Cap", sku="CAP")
    before = await everything(db)
    with pytest.raises(ImportStale) as stale:
        await clerk.services.imports.apply(clerk.desk, view.record.key)
    assert (stale.value.rows, stale.value.total) == (("MUG", "CAP"), 2)
    assert await everything(db) == before
    again = await clerk.services.imports.again(clerk.desk, view.record.key)
    assert counts(again) == (0, 2, 0, 0)
    assert (await clerk.services.imports.apply(clerk.desk, again.record.key)).state is ImportState.DONE
    assert (await of_sku(db, shop, "MUG")).description == "Changed"


async def test_a_count_becomes_the_difference_that_was_shown(
    db: Db, clerk: Clerk, shop: Shop, product: MakeProduct
) -> None:
    """What was sold since the file was looked at stays sold; the ledger replays to the snapshot."""
    mug, cap = await product("Mug", sku="MUG", stock=10), await product("Cap", sku="CAP", stock=5)
    view = await clerk.check("stock", "sku,quantityAvailable\nMUG,40\nCAP,5\n")
    assert counts(view) == (0, 1, 1, 0)
    await sell(db, clerk, mug, 3)
    await clerk.services.imports.apply(clerk.desk, view.record.key)
    (row,) = await InventoryTransaction.find_all(db, {"reason": "import: file.csv"})
    assert (row.quantity_delta, row.type) == (30, "ADJUSTMENT")
    assert await replay(db, shop.id, mug.key) == (37, 3)
    assert await replay(db, shop.id, cap.key) == (5, 0)


async def sell(db: Db, clerk: Clerk, product: Product, quantity: int) -> None:
    """Keep units for an order."""
    hold = StockHold(order_id="o", quantity=quantity, taken_at=clerk.services.clock.now())
    assert await InventorySnapshot.take(db, hold, tenant_id=clerk.shop.id, product_id=product.key)


async def test_a_row_that_was_shown_as_unchanged_puts_nothing_back_on_sale(
    db: Db, clerk: Clerk, shop: Shop, product: MakeProduct
) -> None:
    """Only the other one was edited; the audit log says what it was and is."""
    mug, cap = await product("Mug", sku="MUG", stock=40), await product("Cap", sku="CAP", stock=10)
    view = await clerk.check("stock", "sku,quantityAvailable\nMUG,40\nCAP,12\n")
    await sell(db, clerk, mug, 3)
    await sell(db, clerk, cap, 1)
    await clerk.services.imports.apply(clerk.desk, view.record.key)
    assert await InventorySnapshot.of(db, shop.id, [mug.key, cap.key]) == {mug.key: 37, cap.key: 11}
    (act,) = await AuditLog.find_all(db, {"action": "data.import.rows"})
    assert act.meta["records"] == {
        cap.key: {"before": {"quantityAvailable": 9}, "after": {"quantityAvailable": 11}}
    }


async def test_a_difference_that_is_not_there_any_more_is_refused_and_another_look_counts_anew(
    db: Db, clerk: Clerk, shop: Shop, product: MakeProduct
) -> None:
    """Ten less of the two that are left; the next look shows two."""
    mug = await product("Mug", sku="MUG", stock=10)
    view = await clerk.check("stock", "sku,quantityAvailable\nMUG,0\n")
    await sell(db, clerk, mug, 8)
    with pytest.raises(ImportStale) as stale:
        await clerk.services.imports.apply(clerk.desk, view.record.key)
    assert stale.value.rows == ("MUG",)
    again = await clerk.services.imports.again(clerk.desk, view.record.key)
    assert dict(again.look.samples[0].before) == {"quantityAvailable": "2"}
    await clerk.services.imports.apply(clerk.desk, again.record.key)
    assert await InventorySnapshot.of(db, shop.id, [mug.key]) == {mug.key: 0}


async def test_stock_that_runs_low_is_told_of_a_few_products(
    db: Db, clerk: Clerk, shop: Shop, product: MakeProduct
) -> None:
    """Not fifty thousand alerts; those that rose again are watched anew."""
    made = [await product(f"P{at}", sku=f"P{at}", stock=50) for at in range(8)]
    rows = "\n".join(f"P{at},0" for at in range(8))
    await clerk.bring("stock", f"sku,quantityAvailable\n{rows}\nP0,1\n".replace("\nP0,1", ""))
    assert len(await Alert.find_all(db, {"type": "LOW_INVENTORY"})) == 5
    low = await InventorySnapshot.find_all(db, {"lowAlerted": True})
    assert {each.product_id for each in low} == {each.key for each in made}
    await clerk.bring("stock", "sku,quantityAvailable\nP0,90\n")
    assert not (await InventorySnapshot.of_product(db, shop.id, made[0].key)).low_alerted


async def test_keys_come_in_sealed_and_are_never_said(
    db: Db, clerk: Clerk, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """Into the pool of their product, as many on sale; neither file nor audit nor problem says one."""
    game = await keys.pool(services, shop, product, ["OLD-KEY"], "Game")
    await product("Mug", sku="MUG")
    bad = await clerk.check(
        "keys",
        f"sku,key\n{game.sku},OLD-KEY\n{game.sku},NEW-KEY\n{game.sku},NEW-KEY\nMUG,M\nNO,N\n{game.sku},\n",
    )
    assert [problem for _, _, problem in problems(bad)] == [
        "csv_key_known",
        "csv_twice",
        "keys_off",
        "csv_unknown",
        "required",
    ]
    done = await clerk.bring("keys", f"sku,key\n{game.sku},NEW-KEY\n{game.sku},=KEY-2\n")
    assert (done.added, await keys.states(db, shop)) == (2, {"FREE": 3, "TAKEN": 0, "REPLACED": 0})
    assert await replay(db, shop.id, game.key) == (3, 0)
    assert "NEW-KEY" not in str(await everything(db))
    (act,) = await AuditLog.find_all(db, {"action": "data.import.rows"})
    assert act.meta["records"] == {game.key: {"after": {"count": 2}}}
    with pytest.raises(NotFound):
        await clerk.take("keys")
    stock = await clerk.check("stock", f"sku,quantityAvailable\n{game.sku},99\n")
    assert problems(stock) == [(2, "quantityAvailable", "csv_by_keys")]


async def test_customers_are_met_by_their_discord_id(
    db: Db, clerk: Clerk, services: Services, shop: Shop
) -> None:
    """Their names stay Discord's; a new one is found at the first visit; wrong ones are refused."""
    ada = await services.customers.of(shop, ADA)
    await Customer.rows(db).update_one({"_id": ada.id}, {"$set": {"emailRefused": True}})
    text = (
        "discordId,discordUsername,email,notes\n"
        "2,renamed,ada@example.com,VIP\n"
        "123456789012345678,newcomer,,\n"
        "1.23457E+17,broken,,\n"
        "223456789012345678,x,not-an-address,\n"
    )
    assert problems(await clerk.check("customers", text)) == [
        (4, "discordId", "not_ids"),
        (5, "email", "not_an_email"),
    ]
    await clerk.bring("customers", "\n".join(text.splitlines()[:3]))
    seen = await Customer.of_discord(db, shop.id, "2")
    assert seen is not None
    assert (seen.discord_username, seen.email, seen.email_refused) == ("ada", "ada@example.com", False)
    made = await Customer.of_discord(db, shop.id, "123456789012345678")
    assert made is not None
    assert (made.discord_username, made.source) == ("newcomer", "MANUAL")


async def test_terms_that_somebody_was_shown_stay(
    db: Db, clerk: Clerk, shop: Shop, product: MakeProduct
) -> None:
    """New discounts are off; one that is on can only be switched."""
    mug = await product("Mug", sku="MUG")
    text = (
        "code,type,percent,amount,productSkus,endsAt\nsummer-10,PERCENT,10,,MUG,2030-01-01\n,AMOUNT,,2.50,,\n"
    )
    await clerk.bring("discounts", text)
    found = await Discount.of_code(db, shop.id, "SUMMER-10")
    assert found is not None
    assert (found.product_ids, found.applies_to_all, found.is_active) == ([mug.key], False, False)
    assert len(await Discount.find_all(db, {"code": None, "amountCents": 250})) == 1
    await clerk.bring("discounts", "code,isActive\nSUMMER-10,true\n")
    refused = await clerk.check("discounts", "code,percent\nSUMMER-10,20\nNEW,30\n")
    assert problems(refused) == [(2, "percent", "csv_terms"), (3, "type", "csv_needed")]
    wrong = "code,type,percent,amount\nA,PERCENT,,5\nB,AMOUNT,5,1\nC,PERCENT,101,\n"
    assert [each[1:] for each in problems(await clerk.check("discounts", wrong))] == [
        ("percent", "example"),
        ("percent", "csv_one_of"),
        ("percent", "example"),
    ]


async def test_another_shops_records_are_as_good_as_unknown(
    db: Db, clerk: Clerk, services: Services, product: MakeProduct
) -> None:
    """Their SKU is free here, their stock cannot be counted, and their imports cannot be carried out."""
    mug = await product("Mug", sku="MUG")
    there = Clerk(services, await services.shops.claim("901", "Borealis", OWNER))
    assert problems(await there.check("stock", "sku,quantityAvailable\nMUG,1\n")) == [
        (2, "sku", "csv_unknown")
    ]
    view = await clerk.check("products", "sku,price\nMUG,1\n")
    with pytest.raises(NotFound):
        await services.imports.apply(there.desk, view.record.key)
    await there.bring("products", "sku,name,price\nMUG,Cup,3\n")
    assert (await of_sku(db, there.shop, "MUG")).name == "Cup"
    assert (await of_sku(db, clerk.shop, mug.sku)).name == "Mug"


async def test_a_guarded_role_is_not_put_on_sale_by_a_file(services: Services, shop: Shop) -> None:
    """By whoever could buy it then; what is on sale already may stay."""
    clerk = Clerk(services, shop, guarded=frozenset({"123456789012345"}))
    text = "sku,name,price,grantedRoleIds\nMUG,Mug,1,{}\n"
    assert problems(await clerk.check("products", text.format("123456789012345"))) == [
        (2, "grantedRoleIds", "csv_guarded")
    ]
    await Clerk(services, shop).bring("products", text.format("123456789012345"))
    assert problems(await clerk.check("products", text.format("123456789012345 654321987654321"))) == []


async def test_two_clicks_and_two_imports_at_once_are_one(db: Db, clerk: Clerk) -> None:
    """One file is brought in once; of two files the second is told to wait."""
    rows = "\n".join(f"P{at},Product,1" for at in range(1200))
    view = await clerk.check("products", f"sku,name,price\n{rows}\n")
    other = await clerk.check("products", "sku,name,price\nX,X,1\n")
    imports = clerk.services.imports
    ended = await asyncio.gather(
        *(imports.apply(clerk.desk, each.record.key) for each in (view, view, other)), return_exceptions=True
    )
    assert sum(isinstance(each, DataImport) for each in ended) in {1, 2}
    assert all(isinstance(each, DataImport | Refused | ImportUnderWay) for each in ended), ended
    assert await Product.rows(db).count_documents({"sku": {"$regex": "^P"}}) in {0, 1200}
    assert len(await DataImport.find_all(db, {"state": "APPLYING"})) == 0


async def test_one_that_begins_while_another_runs_is_told_so(db: Db, clerk: Clerk, clock: TestClock) -> None:
    """The one under way keeps its place until its process is given up."""
    first = await clerk.check("products", "sku,name,price\nA,A,1\n")
    second = await clerk.check("products", "sku,name,price\nB,B,1\n")
    state = {"state": "APPLYING", "owner": "dead", "leaseUntil": clock.now()}
    await DataImport.rows(db).update_one({"_id": first.record.id}, {"$set": state})
    with pytest.raises(ImportUnderWay):
        await clerk.services.imports.apply(clerk.desk, second.record.key)
    clock.forward(seconds=1)
    assert await clerk.services.imports.sweep() == 1
    await clerk.services.imports.apply(clerk.desk, second.record.key)
    assert await Product.rows(db).count_documents({}) == 2


async def test_one_whose_seal_does_not_open_keeps_nobody_else_waiting(
    db: Db, clerk: Clerk, services: Services, shop: Shop, product: MakeProduct, clock: TestClock
) -> None:
    """A file of keys under a secret that was changed: the sweeper goes on, and tries again later."""
    game = await keys.pool(services, shop, product, ["OLD"], "Game")
    view = await clerk.check("keys", f"sku,key\n{game.sku},NEW\n")
    lost = Vault(["quite another secret"]).seal("sku,key", about=f"{shop.id}/imports").encode()
    fields = {"state": "APPLYING", "owner": "dead", "leaseUntil": clock.now(), "content": lost}
    await DataImport.rows(db).update_one({"_id": view.record.id}, {"$set": fields})
    clock.forward(seconds=1)
    assert (await services.sweeper.sweep())["imports"] == 0
    assert await keys.states(db, shop) == {"FREE": 1, "TAKEN": 0, "REPLACED": 0}


async def test_what_somebody_makes_in_between_is_changed_instead(
    db: Db, clerk: Clerk, shop: Shop, product: MakeProduct
) -> None:
    """Two batches, and a product of the second is made while the first is carried out."""
    rows = "\n".join(f"P{at},Product,1" for at in range(600))
    view = await clerk.check("products", f"sku,name,price\n{rows}\n")

    async def meanwhile(done: int, _: int) -> None:
        if done == 500:
            await product("Mine", sku="P599", description="Kept")

    done = await clerk.services.imports.apply(clerk.desk, view.record.key, meanwhile)
    assert (done.done, done.left_out) == (600, [])
    mine = await of_sku(db, shop, "P599")
    assert (mine.name, mine.price_cents, mine.description) == ("Product", 100, "Kept")


async def test_what_became_impossible_in_between_is_left_out_and_named(
    db: Db, clerk: Clerk, services: Services, shop: Shop
) -> None:
    """A discount that is switched on while others are changed keeps the terms that people see."""
    rows = "\n".join(f"C{at},PERCENT,10" for at in range(501))
    await clerk.bring("discounts", f"code,type,percent\n{rows}\n")
    view = await clerk.check("discounts", f"code,type,percent\n{rows.replace(',10', ',20')}\n")
    last = await Discount.of_code(db, shop.id, "C500")
    assert last is not None

    async def meanwhile(done: int, _: int) -> None:
        if done == 500:
            await services.discounts.switch(shop, OWNER, last.key, active=True)

    done = await services.imports.apply(clerk.desk, view.record.key, meanwhile)
    assert (done.state, done.left_out) == (ImportState.DONE, ["502: C500"])
    assert len(await Discount.find_all(db, {"percent": Decimal128("20")})) == 500


async def test_the_act_is_in_the_audit_log_and_found_by_each_record(
    db: Db, clerk: Clerk, shop: Shop, product: MakeProduct
) -> None:
    """One row with counts and the file's digest; each record leads to what became of it."""
    mug = await product("Mug", sku="MUG")
    done = await clerk.bring("products", "sku,name,price\nMUG,Mug,1\nCAP,Cap,2\n")
    (act,) = await AuditLog.find_all(db, {"action": "data.import"})
    assert (act.entity_id, act.meta["after"]["changed"], act.meta["after"]["added"]) == (done.key, 1, 1)
    assert len(act.meta["after"]["digest"]) == 64
    newest, *_ = await AuditLog.about(db, shop.id, "Product", mug.key, skip=0, limit=5)
    assert newest.meta == {"import": done.key, "before": {"priceCents": 1500}, "after": {"priceCents": 100}}
    assert await AuditLog.about(db, "other", "Product", mug.key, skip=0, limit=5) == []


@pytest.mark.parametrize("name", ["orders", "ledger", "nothing", ""])
async def test_what_cannot_be_brought_in_is_refused(clerk: Clerk, name: str) -> None:
    """Books are not written by files."""
    with pytest.raises(NotFound):
        await clerk.check(name, "sku\nM\n")


async def test_an_unchanged_file_writes_nothing(db: Db, clerk: Clerk, product: MakeProduct) -> None:
    """Not even when it was touched."""
    await product("Mug", sku="MUG")
    first = await without_imports(db)
    await clerk.bring("products", "sku,name,price\nMUG,Mug,15.00\n")
    assert await without_imports(db) == first
