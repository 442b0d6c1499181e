import asyncio
import logging
from typing import Any

import pytest
from pymongo import IndexModel

from models.base import Db, Rows, index
from models.discount import Discount
from models.discount_use import DiscountAssignment
from models.order import Order
from models.outbox import OutboxEffect
from models.product import Product
from models.registry import IndexRefused, all_documents, create_indexes, indexes_of
from tests.models.samples import sample


@pytest.fixture
def database_name(fresh_database_name: str) -> str:
    """These tests change indexes, which must not be left to others."""
    return fresh_database_name


async def names(rows: Rows) -> set[str]:
    """The indexes that the collection has."""
    return set(await rows.index_information())


def spec(found: dict[str, Any]) -> dict[str, Any]:
    """What an index is about, without what the server adds."""
    wanted = ("unique", "partialFilterExpression", "expireAfterSeconds")
    return {"key": list(found["key"]), **{name: found[name] for name in wanted if name in found}}


def declared(wanted: IndexModel) -> dict[str, Any]:
    """A declaration in the same words."""
    return spec({**wanted.document, "key": wanted.document["key"].items()})


def test_every_record_is_found_once_and_nothing_else() -> None:
    """Records are found by being there; the abstract ones have no collection and stay out."""
    found = all_documents()
    assert {Product, Discount, DiscountAssignment, OutboxEffect} <= set(found)
    collections = [kind.__collection__ for kind in found]
    assert len(collections) == len(set(collections))
    assert not {"Document", "TenantDocument"} & {kind.__name__ for kind in found}


def test_every_record_declares_an_index() -> None:
    """No record is meant to be found by scanning."""
    assert [kind for kind in all_documents() if not indexes_of(kind)] == []


async def test_the_database_has_exactly_the_declared_indexes(db: Db) -> None:
    """Keys, order, uniqueness, partial filter and expiry are those of the declaration."""
    for kind in all_documents():
        stored = await kind.rows(db).index_information()
        wanted = {found.document["name"]: declared(found) for found in indexes_of(kind)}
        assert {name: spec(found) for name, found in stored.items() if name != "_id_"} == wanted


async def test_creating_indexes_again_and_at_once_changes_nothing(db: Db) -> None:
    """Several processes may start together."""
    before = {kind: await names(kind.rows(db)) for kind in all_documents()}
    await asyncio.gather(*(create_indexes(db) for _ in range(4)))
    assert {kind: await names(kind.rows(db)) for kind in all_documents()} == before


@pytest.mark.parametrize(
    "old",
    [
        index("tenantId", "orderNumber"),
        index("tenantId", "orderNumber", unique=True, only={"orderNumber": {"$type": "string"}}),
        IndexModel([("tenantId", 1), ("orderNumber", 1)], name="by_number", unique=True),
        IndexModel([("holdEndsAt", 1)], name="tenantId_1_orderNumber_1"),
    ],
    ids=["not unique", "partial", "another name", "same name, other fields"],
)
async def test_a_changed_definition_replaces_the_old_index(
    db: Db, old: IndexModel, caplog: pytest.LogCaptureFixture
) -> None:
    """The next start mends it by itself and says so."""
    rows = Order.rows(db)
    before = await rows.index_information()
    await rows.drop_index("tenantId_1_orderNumber_1")
    await rows.create_indexes([old])
    with caplog.at_level(logging.INFO):
        await create_indexes(db)
    assert await rows.index_information() == before
    assert [(entry.message, vars(entry)["index"]) for entry in caplog.records] == [
        ("index_replaced", "tenantId_1_orderNumber_1")
    ]


async def test_a_changed_expiry_replaces_the_old_index(db: Db) -> None:
    """How long done effects are kept follows the declaration."""
    rows = OutboxEffect.rows(db)
    await rows.drop_index("doneAt_1")
    await rows.create_indexes([index("doneAt", only={"status": "DONE"}, expire_after=60)])
    await create_indexes(db)
    assert (await rows.index_information())["doneAt_1"]["expireAfterSeconds"] == 30 * 24 * 3600


async def test_an_index_nobody_declares_stays_and_is_told(db: Db, caplog: pytest.LogCaptureFixture) -> None:
    """An operator's own index is not ours to drop; an old one of ours is theirs to see."""
    await Order.rows(db).create_index("notes")
    await create_indexes(db)
    assert "notes_1" in await names(Order.rows(db))
    assert [(entry.message, vars(entry)["index"]) for entry in caplog.records] == [
        ("index_undeclared", "notes_1")
    ]


@pytest.mark.parametrize("was_there", [False, True])
async def test_records_that_break_a_unique_index_are_named_in_one_sentence(
    db: Db, *, was_there: bool
) -> None:
    """The operator learns which collection and fields to look at, and no value is told."""
    rows = Order.rows(db)
    await rows.drop_index("tenantId_1_orderNumber_1")
    if was_there:
        await rows.create_indexes([index("tenantId", "orderNumber")])
    await Order.insert_all(db, [sample(Order, order_number="A-1") for _ in range(2)])
    with pytest.raises(
        IndexRefused, match="Two records of orders have the same tenantId, orderNumber"
    ) as told:
        await create_indexes(db)
    assert "A-1" not in str(told.value)
