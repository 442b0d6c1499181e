"""Every kind of file keeps the contract: what goes out comes in again and changes nothing."""

import asyncio
import csv
import io
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from bson import Decimal128
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from motor.motor_asyncio import AsyncIOMotorClient

from bot.wiring import build
from models.base import Db, ObjectId, TenantDocument
from models.customer import Customer
from models.data_import import DataImport
from models.discount import Discount, DiscountType
from models.inventory import InventorySnapshot
from models.product import Product, QtyVisibility
from services.cells import as_meant, harmless
from services.csv import Kind, kinds
from services.csv.incoming import Incoming
from services.csv.writing import CsvFile
from services.links import Links
from services.rules import Rules
from services.shops import Shop
from tests.cogs.admin.conftest import everything
from tests.outside import OUTSIDE
from tests.services.conftest import TestClock
from tests.services.csv_files import Clerk, counts, problems, table

every_kind = pytest.mark.parametrize("kind", kinds().values(), ids=kinds())
# Whatever a database and a file can hold: no lone surrogates.
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
NASTY = st.sampled_from(
    [
        "=1+1",
        "'=1",
        "''@x",
        "-5",
        "+49",
        "@me",
        "\tx",
        "\rx",
        '"',
        ";,\t",
        "a\r\nb",
        "x;=1;y",
        "x\t=1\ty",
        "x\n=1\ny",
        'x;"=1";y',
        "a\nb",
        "=HYPERLINK(1)",
        "'",
        "",
    ]
)
ANY = TEXTS | NASTY
FILLED = ANY.filter(lambda text: bool(text.strip()))
# What says which record it is holds no control characters.
SEEN = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=60) | st.sampled_from(
    ["=1", "'=1", "a;=1"]
)
IDS = st.lists(st.integers(10**16, 10**18).map(str), max_size=3, unique=True)
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)).map(  # noqa: DTZ001 - the zone follows
    lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000, tzinfo=UTC)
)
FLAGS = st.booleans()
NUMBERS = st.integers(0, 99_999_999)


def maybe[T](values: st.SearchStrategy[T]) -> st.SearchStrategy[T | None]:
    """Or nothing."""
    return st.none() | values


PRODUCTS: Mapping[str, st.SearchStrategy[Any]] = {
    "name": FILLED.map(str.strip).filter(bool),
    "description": maybe(ANY),
    "price_cents": NUMBERS,
    "cost_cents": maybe(NUMBERS),
    "is_active": FLAGS,
    "is_digital": FLAGS,
    "inventory_tracked": FLAGS,
    "qty_visibility": maybe(st.sampled_from(QtyVisibility)),
    "required_role_ids": IDS,
    "granted_role_ids": IDS,
    "role_days": maybe(st.integers(1, 3650)),
    "image_url": maybe(ANY),
    "delivery_text": maybe(ANY),
    "delivery_link": maybe(ANY),
    "delivers_keys": FLAGS,
}
CUSTOMERS: Mapping[str, st.SearchStrategy[Any]] = {
    "discord_username": ANY,
    "discord_display_name": ANY,
    "email": maybe(ANY),
    "phone": maybe(ANY),
    "notes": maybe(ANY),
    "is_active": FLAGS,
    "locale": maybe(ANY),
}
DISCOUNTS: Mapping[str, st.SearchStrategy[Any]] = {
    "label": maybe(ANY),
    "type": st.sampled_from(DiscountType),
    "percent": maybe(st.decimals(0, 100, places=2).map(Decimal)),
    "amount_cents": maybe(st.integers(1, 99_999_999)),
    "applies_to_all": FLAGS,
    "role_ids": IDS,
    "assigned_only": FLAGS,
    "is_active": FLAGS,
    "starts_at": maybe(MOMENTS),
    "ends_at": maybe(MOMENTS),
    "usage_limit": maybe(st.integers(0, 1_000_000)),
    "usage_count": st.integers(0, 5),
}


@every_kind
def test_every_kind_says_what_its_columns_are(kind: Kind) -> None:
    """Names are known once, identities are among them, and each is read or written."""
    names = [column.name for column in kind.columns]
    assert len(names) == len(set(map(str.casefold, names)))
    if not isinstance(kind, Incoming):
        assert kind.exports
        return
    assert set(kind.identity) <= set(names)
    assert kind.period is None
    assert not (kind.secret and kind.exports)


@every_kind
def test_columns_are_called_as_the_records_fields(kind: Kind) -> None:
    """As in the data dictionary; an amount is decimal, so it does not say Cents."""
    known = {name.key_name for name in kind.model.__odm_fields__.values()} | {"_id"}
    shown = {
        "quantityAvailable",
        "quantityReserved",
        "key",
        "sku",
        "name",
        "orderNumber",
        "productSkus",
        "lines",
    }
    of_customer = {"discordId", "discordUsername", "discordDisplayName", "email"}
    for column in kind.columns:
        assert column.stored in known | shown | of_customer | {"currency"}, column
        assert column.name == column.stored.removesuffix("Cents").removeprefix("_") or column.name == "items"


@given(ANY)
def test_no_text_is_run_and_every_text_comes_back(text: str) -> None:
    """What looks like a formula gets an apostrophe, which is taken off again; nothing else is touched."""
    written = harmless(text)
    assert written[:1] not in tuple("=+-@\t\r")
    assert as_meant(written) == text


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@given(cells=st.lists(ANY | st.text("=-+@'\";,\t\r\n x", max_size=12), min_size=2, max_size=4))
def test_no_program_finds_a_formula_wherever_it_splits(delimiter: str, cells: list[str]) -> None:
    """A German Excel splits at semicolons, and sees our quotes only where its own cell begins with one."""
    file = CsvFile("a", ["a"])
    file.write([[harmless(cell) for cell in cells]])
    text = file.parts()[0].data.decode("utf-8-sig")
    for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
        for cell in row:
            assert not cell.strip('" \r\n').startswith(("=", "+", "-", "@")), text


def records(shop: Shop, draw: st.DataObject) -> list[TenantDocument]:
    """Some records of each kind, whatever stands in them."""
    tenant = {"tenant_id": shop.id}
    skus = draw.draw(st.lists(SEEN.map(str.strip).filter(bool), max_size=4, unique=True))
    products = [Product(**tenant, sku=sku[:40].strip(), **fields(draw, PRODUCTS)) for sku in skus]
    products = list({each.sku: each for each in products if each.sku.strip()}.values())
    stock = [
        InventorySnapshot(**tenant, product_id=each.key, quantity_available=draw.draw(st.integers(0, 999)))
        for each in products[1:]
    ]
    ids = draw.draw(st.lists(st.integers(10**16, 10**18), max_size=3, unique=True))
    customers = [Customer(**tenant, discord_id=str(key), **fields(draw, CUSTOMERS)) for key in ids]
    codes = draw.draw(st.lists(st.none() | st.from_regex(r"[A-Z0-9]{1,9}", fullmatch=True), max_size=4))
    discounts = [
        Discount(
            **tenant,
            code=code,
            product_ids=[each.key for each in products] + [str(ObjectId())] * draw.draw(st.integers(0, 1)),
            **fields(draw, DISCOUNTS),
        )
        for at, code in enumerate(codes)
        if code is None or code not in codes[:at]
    ]
    return [*products, *stock, *customers, *discounts]


def fields(draw: st.DataObject, of: Mapping[str, st.SearchStrategy[Any]]) -> dict[str, Any]:
    """Something for each field."""
    return {name: draw.draw(values) for name, values in of.items()}


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(draw=st.data())
def test_what_was_handed_out_comes_in_again_and_changes_nothing(
    mongo_uri: str, database_name: str, draw: st.DataObject
) -> None:
    """Export → import of the same file: every row is the same, for records made of anything."""

    async def example() -> None:
        client = AsyncIOMotorClient[dict[str, Any]](mongo_uri, tz_aware=True)
        db = Db(client=client, database=database_name)
        clock = TestClock()
        links = Links(["a-secret-that-is-long-enough-for-tests"], "https://shop.example", clock)
        services = build(db, clock, Rules(), links, OUTSIDE)
        try:
            await round_trip(db, Clerk(services, await fresh_shop(services)), draw)
        finally:
            await services.calls.close()
            client.close()

    asyncio.run(example())


async def fresh_shop(services: Any) -> Shop:
    """A shop that no other example knows."""
    shop: Shop = await services.shops.claim(str(ObjectId()), "Aurora", Clerk(services, None).actor)  # type: ignore[arg-type]
    return shop


async def round_trip(db: Db, clerk: Clerk, draw: st.DataObject) -> None:
    """Hand everything out, bring it in again, and compare the whole database."""
    for record in records(clerk.shop, draw):
        await record.insert(db)
    for kind in kinds().values():
        if not (isinstance(kind, Incoming) and kind.exports):
            continue
        data = await clerk.text(kind.name)
        if not table(data):
            continue
        before = await without_imports(db)
        view = await clerk.check(kind.name, data)
        assert problems(view) == []
        assert counts(view) == (0, 0, len(table(data)), 0), view.look.samples
        await clerk.services.imports.apply(clerk.desk, view.record.key)
        assert await without_imports(db) == before


async def without_imports(db: Db) -> dict[str, list[str]]:
    """Every record, but those of imports themselves."""
    found = await everything(db)
    for name in (DataImport.__collection__, "auditlogs", "outbox"):
        found.pop(name, None)
    return found


def test_a_percentage_is_written_as_a_plain_number() -> None:
    """Also one that MongoDB keeps with an exponent."""
    (percent,) = (column for column in kinds()["discounts"].columns if column.name == "percent")
    for stored, text in (("1E+2", "100"), ("12.50", "12.5"), ("0.10", "0.1")):
        assert percent.text({"percent": Decimal128(stored)}, "USD") == text
