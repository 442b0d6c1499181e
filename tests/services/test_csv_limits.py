"""What a file cannot do, although its rows can be read."""

import asyncio

import pytest

from models.base import Db
from models.customer import Customer
from models.data_import import DataImport
from models.discount import Discount
from models.errors import BadInput, ImportStale
from models.product import Product
from services import Services
from services.shops import Shop
from tests.services.conftest import ADA, OWNER, TestClock
from tests.services.csv_files import Clerk, problems, table

ROLE = "123456789012345678"


@pytest.fixture
def clerk(services: Services, shop: Shop) -> Clerk:
    """Olivia, who brings files in."""
    return Clerk(services, shop)


async def test_keys_of_too_many_products_are_refused_before_they_are_looked_at(clerk: Clerk) -> None:
    """All of them would be one transaction; as many as fit into it are looked at."""
    rows = [f"G{at},KEY-{at}" for at in range(101)]
    with pytest.raises(BadInput) as refused:
        await clerk.check("keys", "\n".join(["sku,key", *rows]))
    assert (refused.value.problem, refused.value.limit) == ("csv_too_many_products", 100)
    assert (await clerk.check("keys", "\n".join(["sku,key", *rows[1:], rows[1]]))).look.wrong == 101


async def test_nobody_who_was_erased_is_taken_out_or_filled_in_again(
    db: Db, clerk: Clerk, services: Services, shop: Shop
) -> None:
    """The pseudonym is no customer to write to."""
    ada = await services.customers.of(shop, ADA)
    name = "erased-0123456789"
    fields = {"discordId": name, "erasedAt": clerk.services.clock.now()}
    await Customer.rows(db).update_one({"_id": ada.id}, {"$set": fields})
    assert table(await clerk.text("customers")) == []
    view = await clerk.check("customers", f"discordId,email\n{name},ada@example.com\n")
    assert problems(view) == [(2, "discordId", "csv_erased")]


@pytest.mark.parametrize("role", ["12345678901234", "012345678901234567", "123456789012345678901", "1.2E+17"])
async def test_what_is_no_whole_role_is_refused(clerk: Clerk, role: str) -> None:
    """Too short, too long, cut by a spreadsheet, or beginning with a zero."""
    view = await clerk.check("products", f"sku,name,price,grantedRoleIds\nM,Mug,1,{role}\n")
    assert problems(view) == [(2, "grantedRoleIds", "not_ids")]


async def test_a_product_has_as_many_roles_as_its_card_and_not_everyone(services: Services) -> None:
    """The id of the server is the role that all have."""
    clerk = Clerk(services, await services.shops.claim("900000000000000009", "Borealis", OWNER))
    many = " ".join(str(int(ROLE) + at) for at in range(11))
    rows = f"A,A,1,{many},\nB,B,1,{many[:-19]},\nC,C,1,,900000000000000009\nD,D,1,900000000000000009,\n"
    view = await clerk.check("products", f"sku,name,price,grantedRoleIds,requiredRoleIds\n{rows}")
    assert problems(view) == [
        (2, "grantedRoleIds", "too_many"),
        (4, "requiredRoleIds", "csv_everyone"),
        (5, "grantedRoleIds", "csv_everyone"),
    ]


async def test_roles_stay_guarded_when_another_process_goes_on(
    db: Db, services: Services, shop: Shop, clock: TestClock
) -> None:
    """A product that lost a guarded role in between does not get it back from the second batch."""
    clerk = Clerk(services, shop, guarded=frozenset({ROLE}))
    rows = "\n".join(f"P{at},Product,1,{ROLE if at == 550 else ''}" for at in range(600))
    await Clerk(services, shop).bring("products", f"sku,name,price,grantedRoleIds\nP550,Old,1,{ROLE}\n")
    view = await clerk.check("products", f"sku,name,price,grantedRoleIds\n{rows}\n")
    assert view.look.wrong == 0

    async def dying(done: int, _: int) -> None:
        if done == 500:
            await Product.rows(db).update_one({"sku": "P550"}, {"$set": {"grantedRoleIds": []}})
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await services.imports.apply(clerk.desk, view.record.key, dying)
    clock.forward(minutes=1)
    assert await services.imports.sweep() == 1
    (ended,) = await DataImport.find_all(db, {"_id": view.record.id})
    assert (ended.state, ended.left_out) == ("DONE", ["552: P550"])
    assert await Product.rows(db).count_documents({"grantedRoleIds": ROLE}) == 0


async def test_a_code_that_was_edited_makes_no_second_discount(db: Db, clerk: Clerk) -> None:
    """The id says which it is; terms that somebody was shown stay, and no code is taken from another one."""
    rows = "A,PERCENT,10,true\nB,PERCENT,10,false\nC,PERCENT,10,false\n"
    await clerk.bring("discounts", f"code,type,percent,isActive\n{rows}")
    data = (await clerk.text("discounts")).decode()
    keys = {row["code"]: row["id"] for row in table(data.encode())}
    for edit, problem in ((",A,", ",NEW,"), "csv_terms"), ((",B,", ",C,"), "csv_code_taken"):
        view = await clerk.check("discounts", data.replace(*edit))
        assert [each[1:] for each in problems(view)] == [("code", problem)]
    assert problems(await clerk.check("discounts", f"id,code\n{keys['B']},X\n,B\n")) == [
        (3, "code", "csv_twice")
    ]
    await clerk.bring("discounts", data.replace(",B,", ",b-new,"))
    found = {each.key: each.code for each in await Discount.find_all(db, {})}
    assert found == {keys["A"]: "A", keys["B"]: "B-NEW", keys["C"]: "C"}
    await clerk.bring("discounts", f"id,code,label\n{keys['C']},c,Same\n")
    assert {each.code for each in await Discount.find_all(db, {})} == {"A", "B-NEW", "C"}


async def test_amounts_that_were_shown_in_another_currency_are_looked_at_again(
    db: Db, clerk: Clerk, services: Services, shop: Shop
) -> None:
    """What a new product costs depends on it, although there is no record to have changed."""
    view = await clerk.check("products", "sku,name,price\nM,Mug,12\n")
    await db.database["botconfigs"].update_one({"tenantId": shop.id}, {"$set": {"currency": "JPY"}})
    services.shops.forget()
    now = Clerk(services, await services.shops.of_tenant(shop.id))
    assert now.shop.currency == "JPY"
    with pytest.raises(ImportStale):
        await services.imports.apply(now.desk, view.record.key)


@pytest.mark.parametrize(
    ("column", "cell"), [("sku", "M\x1fX"), ("name", '"Mug\nCup"'), ("name", "Mug\x7fX")]
)
async def test_a_name_holds_nothing_that_nobody_sees(clerk: Clerk, column: str, cell: str) -> None:
    """Two records could look alike; texts of several lines are for descriptions."""
    cells = {"sku": "M", "name": "Mug", column: cell}
    view = await clerk.check("products", f"sku,name,price\n{cells['sku']},{cells['name']},1\n")
    assert problems(view) == [(2, column, "csv_control")]
