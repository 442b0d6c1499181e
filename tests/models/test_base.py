import re
import traceback
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import bson
import pytest
from bson.codec_options import CodecOptions
from motor.motor_asyncio import AsyncIOMotorClient
from odmantic import EmbeddedModel
from pydantic import ValidationError
from pymongo.errors import DuplicateKeyError
from pymongo.read_preferences import Primary, SecondaryPreferred

from models.access import Identity, User
from models.address import Address
from models.alert import Alert
from models.audit import AuditLog
from models.base import Db, Document, ObjectId, TenantDocument, Tx, Unreadable, object_id, transact, utc_now
from models.counter import Counter
from models.customer import Customer
from models.dictionary import fields
from models.order import Order, OrderItem
from models.product import Product
from models.provider import Provider
from models.registry import all_documents
from tests.models.samples import NOW, sample

RECORDS = all_documents()
STAMPS = {"createdAt", "updatedAt"}


class Crash(Exception):
    """What a test throws to end a transaction."""


def through_bson(document: dict[str, Any]) -> dict[str, Any]:
    """The document as it comes back from a database."""
    return bson.decode(bson.encode(document), CodecOptions(tz_aware=True))


async def raw(db: Db, record: Document) -> dict[str, Any]:
    """The record as the database holds it."""
    found = await type(record).rows(db).find_one({"_id": record.id})
    assert found is not None
    return found


@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: kind.__name__)
def test_stored_names_are_camel_case_and_python_names_are_not(kind: type[Document]) -> None:
    """One mechanism names every field of every record."""
    assert all(re.fullmatch(r"_id|[a-z]+[A-Za-z0-9]*", name) for name, _ in fields(kind))
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in kind.model_fields)
    assert {name for name, _ in fields(kind)} >= STAMPS | {"_id"}


@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: kind.__name__)
def test_every_record_comes_back_as_it_was_stored(kind: type[Document]) -> None:
    """Nothing is lost or changed between Python and BSON, under exactly the declared names."""
    record = sample(kind)
    stored = through_bson(record.model_dump_doc())
    assert set(stored) == {name for name, _ in fields(kind)}
    assert kind.model_validate_doc(stored) == record


@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: kind.__name__)
def test_what_other_programs_left_out_is_read_as_the_default(kind: type[Document]) -> None:
    """A stored record with the required fields alone is readable, and a field we do not know is ignored."""
    whole = through_bson(sample(kind).model_dump_doc())
    needed = {name for name, field in fields(kind) if field.is_required()} | {"_id"}
    found = kind.model_validate_doc({name: whole[name] for name in needed} | {"__v": 3, "unknownField": [1]})
    assert found.id == whole["_id"]
    assert "unknownField" not in found.model_dump_doc()


async def test_parts_are_read_with_defaults_too() -> None:
    """A line of an old order without its newer fields is still a line."""
    line = sample(OrderItem).model_dump_doc()
    del line["grantedRoleIds"], line["deliveryText"], line["isDigital"]
    read = OrderItem.model_validate_doc(line | {"unknown": 1})
    assert (read.granted_role_ids, read.delivery_text, read.is_digital) == ([], None, False)


@pytest.mark.parametrize("there", [True, False])
async def test_an_optional_part_is_stored_under_its_names_or_as_null(db: Db, *, there: bool) -> None:
    """An order with and one without an address come back alike."""
    address = sample(Address, country="US") if there else None
    order = await sample(Order, shipping_address=address).insert(db)
    kept = (await raw(db, order))["shippingAddress"]
    assert kept is None if address is None else kept["postalCode"] == address.postal_code
    found = await Order.find_one(db, {})
    assert found is not None
    assert found.shipping_address == address


async def test_a_part_that_breaks_its_rules_is_refused() -> None:
    """An address inside an order obeys the same rules as one alone."""
    with pytest.raises(ValidationError, match="country"):
        sample(Order, shipping_address={**sample(Address).model_dump(), "country": "Narnia"})


@pytest.mark.parametrize("tz_aware", [True, False])
async def test_times_are_aware_utc_in_python(mongo_uri: str, database_name: str, *, tz_aware: bool) -> None:
    """Whatever way the driver reads times, the shop sees UTC."""
    client = AsyncIOMotorClient[dict[str, Any]](mongo_uri, tz_aware=tz_aware)
    db = Db(client=client, database=database_name)
    await sample(Alert).insert(db)
    found = await Alert.find_one(db, {})
    client.close()
    assert found is not None
    for moment in (found.created_at, found.updated_at):
        assert moment.tzinfo is UTC
        assert timedelta(0) <= datetime.now(UTC) - moment < timedelta(minutes=1)


@pytest.mark.parametrize(
    "given",
    [
        datetime(2026, 1, 2, 5, 4, 5, 678_901, tzinfo=timezone(timedelta(hours=2))),
        datetime(2026, 1, 2, 3, 4, 5, 678_901, tzinfo=UTC),
        datetime(2026, 1, 2, 3, 4, 5, 678_901),  # noqa: DTZ001 - a naive time is the case
        "2026-01-02T03:04:05.678901Z",
    ],
    ids=["another zone", "utc", "naive", "text"],
)
def test_times_of_any_zone_become_utc_milliseconds(given: object) -> None:
    """What is compared before storing equals what is read back."""
    order = sample(Order, paid_at=given)
    assert order.paid_at == NOW
    assert order.paid_at is not None
    assert order.paid_at.tzinfo is UTC


def test_the_present_is_cut_to_what_the_database_keeps() -> None:
    """A time made here and read back compares equal."""
    assert utc_now().microsecond % 1000 == 0
    assert utc_now().tzinfo is UTC


async def test_a_foreign_unknown_or_malformed_id_is_nothing(db: Db) -> None:
    """Another tenant's id is as good as unknown."""
    alert = await sample(Alert, tenant_id="a").insert(db)
    assert await Alert.get(db, "a", alert.key) == alert
    assert await Alert.get(db, "b", alert.key) is None
    for key in ("", "no id", "0" * 24, "\x00", "{'$ne': null}"):
        assert await Alert.get(db, "a", key) is None
    assert object_id(alert.key) == alert.id


async def test_a_change_whose_guard_fails_changes_nothing(db: Db) -> None:
    """None tells that the guard did not hold."""
    alert = await sample(Alert).insert(db)
    assert await Alert.change(db, {"_id": alert.id, "isRead": True}, {"$set": {"message": "x"}}) is None
    assert await Alert.find_one(db, {}) == alert


async def test_a_change_returns_the_new_record_and_stamps_it(db: Db) -> None:
    """The time of the change is kept, the time of making stays."""
    early = datetime(2020, 1, 1, tzinfo=UTC)
    alert = await sample(Alert, created_at=early, updated_at=early).insert(db)
    changed = await Alert.change(db, {"_id": alert.id}, {"$set": {"isRead": True}})
    assert changed is not None
    assert (changed.is_read, changed.created_at) == (True, early)
    assert changed.updated_at > early


async def test_a_record_made_by_a_change_has_both_stamps(db: Db) -> None:
    """An upsert writes a whole record."""
    await transact(db, lambda tx: Counter.next(db, "a", "orders", tx=tx))
    stored = await Counter.rows(db).find_one({})
    assert stored is not None
    assert set(stored) >= STAMPS


async def test_a_second_record_with_a_unique_value_is_refused(db: Db) -> None:
    """The index, not a look before, keeps values unique."""
    await sample(Product).insert(db)
    with pytest.raises(DuplicateKeyError):
        await sample(Product).insert(db)
    await sample(Product, tenant_id="another").insert(db)


async def test_a_transaction_is_all_or_nothing(db: Db) -> None:
    """An exception inside takes back what was written before it."""

    async def work(tx: Tx) -> None:
        await sample(Alert).insert(db, tx=tx)
        await Counter.next(db, "a", "orders", tx=tx)
        raise Crash

    with pytest.raises(Crash):
        await transact(db, work)
    assert await Alert.find_all(db, {}) == []
    assert await Counter.find_all(db, {}) == []


async def test_lists_are_sorted_skipped_and_limited(db: Db) -> None:
    """The order is by stored names, a minus turns it."""
    await AuditLog.insert_all(
        db, [sample(AuditLog, action=name, entity_id=name[0]) for name in ("a1", "b1", "a2")]
    )
    found = await AuditLog.find_all(db, {}, sort="-entityId action")
    assert [row.action for row in found] == ["b1", "a1", "a2"]
    assert [row.action for row in await AuditLog.find_all(db, {}, sort="action", skip=1, limit=1)] == ["a2"]


async def test_storing_no_records_stores_none(db: Db) -> None:
    """An empty list is not an error."""
    await Alert.insert_all(db, [])
    assert await Alert.find_all(db, {}) == []


async def test_enumerations_are_stored_as_their_values_and_found_by_them(db: Db) -> None:
    """The database holds plain text, and a list of members finds it."""
    alert = await sample(Alert).insert(db)
    assert type((await raw(db, alert))["type"]) is str
    assert await Alert.find_one(db, {"type": {"$in": [alert.type]}}) == alert
    with pytest.raises(ValidationError):
        sample(Alert, type="NO_SUCH_TYPE")


MONEYED: list[type[Document | EmbeddedModel]] = [*RECORDS, OrderItem]
MONEY = [
    (kind, name)
    for kind in MONEYED
    for name in kind.model_fields
    if name.endswith("_cents") and "amounts" not in name
]


@pytest.mark.parametrize(
    ("kind", "name"), sorted(MONEY, key=str), ids=lambda value: getattr(value, "__name__", value)
)
def test_money_is_never_a_fraction(kind: type[Document | EmbeddedModel], name: str) -> None:
    """Amounts are whole minor units, and stay so."""
    assert type(getattr(sample(kind, **{name: 250}), name)) is int
    with pytest.raises(ValidationError):
        sample(kind, **{name: 2.5})


def test_secrets_do_not_show_when_a_record_is_printed() -> None:
    """A log or a traceback that prints a record tells no secret."""
    identity = sample(Identity, secrets={"token": "hush"})
    provider = sample(Provider, config={"key": "hush"})
    assert "hush" not in f"{identity!r}{identity}{provider!r}{provider}"
    assert "providerUserId-1" in repr(sample(Identity, provider_user_id="providerUserId-1"))


def test_every_record_of_a_tenant_names_it() -> None:
    """No record of a tenant can be stored without saying whose it is."""
    owned = [kind for kind in RECORDS if issubclass(kind, TenantDocument)]
    assert User in owned
    assert all(kind.model_fields["tenant_id"].is_required() for kind in owned)


async def test_an_unreadable_record_is_named_without_what_it_holds(db: Db) -> None:
    """The error says which record and where; a person's data in it reaches neither text nor traceback."""
    stored_id = ObjectId()
    row = {
        "_id": stored_id,
        "tenantId": "t",
        "discordId": "2",
        "discordUsername": {"secret": "ada@example.org"},
        "discordDisplayName": "Ada",
        "phone": "+1 555 0100",
    }
    await Customer.rows(db).insert_one(row)
    with pytest.raises(Unreadable) as refusal:
        await Customer.find_one(db, {"tenantId": "t"})
    told = "".join(traceback.format_exception(refusal.value))
    assert str(stored_id) in told
    assert "discord_username" in told
    assert "ada@example.org" not in told
    assert "555" not in told


async def test_long_reading_goes_to_a_secondary_where_there_is_one(db: Db) -> None:
    """It finds the same, and only its handle prefers others."""
    await sample(Product, name="Mug").insert(db)
    aside = db.aside()
    assert aside.database.read_preference == SecondaryPreferred(max_staleness=90)
    assert [each.name for each in await Product.find_all(aside, {})] == ["Mug"]
    assert db.database.read_preference == Primary()
