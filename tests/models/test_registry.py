import asyncio
import logging
from typing import Any

import pytest
from pymongo import IndexModel
from pymongo.errors import DuplicateKeyError

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


async def specs(rows: Rows) -> list[dict[str, Any]]:
    """What the collection's indexes are about, whatever they are called."""
    return sorted((spec(found) for found in (await rows.index_information()).values()), key=repr)


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
    ("old", "replaced"),
    [
        (index("tenantId", "orderNumber"), True),
        (index("tenantId", "orderNumber", unique=True, only={"orderNumber": {"$type": "string"}}), True),
        (IndexModel([("tenantId", 1), ("orderNumber", 1)], name="by_number", unique=True), False),
        (IndexModel([("holdEndsAt", 1)], name="tenantId_1_orderNumber_1"), True),
    ],
    ids=["not unique", "partial", "another name", "same name, other fields"],
)
async def test_a_changed_definition_replaces_the_old_index(
    db: Db, old: IndexModel, *, replaced: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """The next start mends it by itself and says so; a name alone is worth no building."""
    rows = Order.rows(db)
    before = await specs(rows)
    await rows.drop_index("tenantId_1_orderNumber_1")
    await rows.create_indexes([old])
    with caplog.at_level(logging.INFO):
        await asyncio.gather(*(create_indexes(db) for _ in range(3)))
    assert await specs(rows) == before
    assert await index_state(db) == ([], [])
    assert ("index_replaced" in caplog.messages, "index_undeclared" in caplog.messages) == (replaced, False)
    again = await rows.index_information()
    await create_indexes(db)
    assert await rows.index_information() == again


async def test_an_index_that_changes_once_more_has_its_own_name_again(db: Db) -> None:
    """The old one is dropped by a name that the new one never has."""
    rows, own = Order.rows(db), "tenantId_1_orderNumber_1"
    await rows.drop_index(own)
    await rows.create_indexes([IndexModel([("holdEndsAt", 1)], name=own)])
    await create_indexes(db)
    (aside,) = [name for name in await names(rows) if name.startswith(own)]
    assert aside != own
    await rows.drop_index(aside)
    await rows.create_indexes([IndexModel([("holdEndsAt", 1)], name=aside)])
    await create_indexes(db)
    assert [name for name in await names(rows) if name.startswith(own)] == [own]


async def test_what_must_be_unique_is_so_while_its_index_is_replaced(db: Db) -> None:
    """Somebody who tries to be a second one all the time is refused each time, and the index is there."""
    rows = Order.rows(db)
    await rows.drop_index("tenantId_1_orderNumber_1")
    old = index("tenantId", "orderNumber", unique=True, only={"orderNumber": {"$type": "string"}})
    await rows.create_indexes([old])
    one = sample(Order, order_number="A-0").model_dump_doc()
    many = [{**one, "_id": number, "orderNumber": f"A-{number}"} for number in range(40_000)]
    await rows.insert_many(many)
    refused, going = 0, True

    async def second() -> None:
        nonlocal refused
        while going:
            with pytest.raises(DuplicateKeyError):
                await rows.insert_one({**one, "_id": "second", "orderNumber": "A-7"})
            refused += 1

    tries = [asyncio.create_task(second()) for _ in range(3)]
    await asyncio.sleep(0.05)
    before = refused
    await asyncio.gather(create_indexes(db), create_indexes(db))
    going = False
    await asyncio.gather(*tries)
    assert refused > before + 10
    assert (await index_state(db)).missing == []
    assert await rows.count_documents({"orderNumber": "A-7"}) == 1


async def test_an_index_that_is_being_built_is_not_there_yet(db: Db) -> None:
    """MongoDB lists it from the beginning; it keeps no rule before its end."""
    rows, name = Order.rows(db), "tenantId_1_orderNumber_1"
    await rows.drop_index(name)
    await rows.insert_many([{"tenantId": "t", "orderNumber": f"A-{number}"} for number in range(100_000)])
    (wanted,) = [each for each in indexes_of(Order) if each.document["name"] == name]
    making = asyncio.ensure_future(rows.create_indexes([wanted]))
    while name not in await names(rows):  # noqa: ASYNC110 - a server tells nobody
        await asyncio.sleep(0)
    assert (await index_state(db)).missing == [f"orders.{name}"]
    await making
    assert (await index_state(db)).missing == []


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


def test_what_expires_is_never_unique_as_well() -> None:
    """MongoDB takes the time from an index by dropping it only: for a moment there could be two."""
    each = [wanted.document for kind in all_documents() for wanted in indexes_of(kind)]
    assert [one for one in each if "expireAfterSeconds" in one and "unique" in one] == []


async def test_an_index_that_let_expire_and_shall_not_is_replaced(db: Db) -> None:
    """The only change that has a moment without the index."""
    rows = Order.rows(db)
    before = await specs(rows)
    await rows.drop_index("holdEndsAt_1")
    (wanted,) = [each for each in indexes_of(Order) if each.document["name"] == "holdEndsAt_1"]
    was = {name: value for name, value in wanted.document.items() if name != "key"}
    await rows.create_indexes([IndexModel([("holdEndsAt", 1)], **was, expireAfterSeconds=9)])
    await create_indexes(db)
    assert await specs(rows) == before


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
