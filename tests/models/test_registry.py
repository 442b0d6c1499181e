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
from models.registry import IndexRefused, all_documents, create_indexes, index_state, indexes_of
from models.retention import Retention
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


KEPT = Retention(outbox_days=14, webhook_days=60, share_days=1)


async def test_what_expires_does_so_after_the_configured_days(
    db: Db, caplog: pytest.LogCaptureFixture
) -> None:
    """A changed setting changes the time alone: no index is dropped and built anew for it."""
    before = {kind: await kind.rows(db).index_information() for kind in all_documents()}
    with caplog.at_level(logging.INFO):
        await create_indexes(db, KEPT)
    changed = {
        f"{kind.__collection__}.{name}": found["expireAfterSeconds"]
        for kind in all_documents()
        for name, found in (await kind.rows(db).index_information()).items()
        if found != before[kind][name]
    }
    day = 24 * 3600
    wanted = {
        "outbox.doneAt_1": 14 * day,
        "webhookevents.clearedAt_1": 60 * day,
        "sharelinks.expiresAt_1": day,
    }
    assert changed == wanted
    assert {entry.message for entry in caplog.records} == {"index_expiry_changed"}
    assert await index_state(db, KEPT) == ([], [])
    assert set((await index_state(db)).missing) == set(wanted)


def test_every_time_after_which_something_expires_belongs_to_an_index() -> None:
    """A setting that nothing asks for would keep things for ever, or delete them at another time."""
    expiring = {
        f"{kind.__collection__}.{next(iter(each.document['key']))}": each.document["expireAfterSeconds"]
        for kind in all_documents()
        for each in indexes_of(kind)
        if "expireAfterSeconds" in each.document
    }
    fixed = {"dataimports.checkedAt", "waitings.endedAt"}
    assert {name: days for name, days in expiring.items() if name not in fixed} == Retention().expiries


async def test_an_index_that_did_not_let_expire_is_replaced(db: Db) -> None:
    """Where an earlier version had the same index for something else."""
    rows = OutboxEffect.rows(db)
    await rows.drop_index("doneAt_1")
    await rows.create_indexes([index("doneAt", only={"status": "DONE"})])
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
