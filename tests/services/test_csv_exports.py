"""Files taken out: split where Discord takes no more, all as of one moment, and never another shop's."""

import secrets
from datetime import date

import pytest

from models.base import Db
from models.errors import BadInput
from models.product import Product
from services import Services
from services.csv.exports import Period, read_period
from services.csv.writing import CsvFile
from services.shops import Shop
from tests.services.conftest import OWNER, MakeProduct, TestClock
from tests.services.csv_files import Clerk, table, unpacked


def filled(most: int, batches: int) -> CsvFile:
    """A file of rows that nothing makes smaller."""
    file = CsvFile("all", ["number", "text"], most)
    for batch in range(batches):
        file.write([[str(batch * 50 + at), secrets.token_hex(100)] for at in range(50)])
    return file


@pytest.mark.parametrize(
    ("batches", "names"), [(1, ["all.csv"]), (7, ["all.zip"]), (40, ["all-1.zip", "all-2.zip"])]
)
def test_what_is_too_large_is_packed_and_what_is_larger_still_is_split(
    batches: int, names: list[str]
) -> None:
    """Each part is below the limit, begins with the header, and no row is lost."""
    most = 64 * 1024
    parts = filled(most, batches).parts()
    assert [part.name for part in parts][: len(names)] == names
    assert all(len(part.data) <= most for part in parts)
    data = [part.data if part.name.endswith(".csv") else unpacked(part) for part in parts]
    assert [row["number"] for each in data for row in table(each)] == list(map(str, range(batches * 50)))


async def test_a_file_is_as_it_was_at_one_moment(
    db: Db, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """A price that changes while it is written is the old one in every row."""
    made = [
        Product(tenant_id=shop.id, name=f"P {at}", name_folded=f"p {at}", sku=f"{at}", price_cents=100)
        for at in range(1200)
    ]
    await Product.insert_all(db, made)
    await product("Mug")
    changed = 0

    async def meanwhile(done: int, total: int) -> None:
        nonlocal changed
        assert total == 0
        if not changed:
            changed = done
            await Product.rows(db).update_many({}, {"$set": {"priceCents": 999}})

    export = await services.exports.export(shop, OWNER, "products", progress=meanwhile)
    assert (changed, export.rows) == (500, 1201)
    assert {row["price"] for row in table(export.parts[0].data)} == {"1.00", "15.00"}


async def test_another_shops_records_stay_there(services: Services, shop: Shop, product: MakeProduct) -> None:
    """Not in any kind of file."""
    await product("Secret thing")
    assert b"Secret" in await Clerk(services, shop).text("products")
    there = Clerk(services, await services.shops.claim("901", "Borealis", OWNER))
    for kind in ("products", "stock", "customers", "discounts", "orders", "ledger"):
        assert table(await there.text(kind)) == []


async def test_a_period_takes_both_of_its_days(
    services: Services, shop: Shop, product: MakeProduct, clock: TestClock
) -> None:
    """The ledger of today is in today, and not in tomorrow."""
    await product("Mug", stock=3)
    today = clock.now().date()
    assert (await services.exports.export(shop, OWNER, "ledger", days=Period(today, today))).rows == 1
    later = Period(date.fromordinal(today.toordinal() + 1), None)
    assert (await services.exports.export(shop, OWNER, "ledger", days=later)).rows == 0
    with pytest.raises(BadInput, match="csv_no_period"):
        await services.exports.export(shop, OWNER, "products", days=later)


@pytest.mark.parametrize(("first", "last"), [("x", ""), ("", "2026-13-01"), ("2026-12-02", "2026-12-01")])
def test_days_that_make_no_period_are_refused(first: str, last: str) -> None:
    """With an example."""
    with pytest.raises(BadInput, match="csv_period"):
        read_period(first, last)
