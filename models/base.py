"""What every stored record can do: be found, inserted and changed under a guard, within a tenant."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar, Self

import pymongo
from bson.errors import InvalidId
from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorCollection
from motor.motor_asyncio import AsyncIOMotorClientSession as Tx
from odmantic import AIOEngine, EmbeddedModel, Field, Model, ObjectId
from odmantic.config import ODMConfigDict
from odmantic.exceptions import DocumentParsingError
from pymongo.errors import BulkWriteError, DuplicateKeyError, OperationFailure
from pymongo.read_preferences import SecondaryPreferred
from pymongo.write_concern import WriteConcern

from models.naming import DocumentMeta, PartMeta, Utc, utc_now
from models.primary_monitor import PrimaryMonitor
from models.transaction import transact

type Where = Mapping[str, Any]
type Rows = AsyncIOMotorCollection[dict[str, Any]]

DUPLICATE_KEY = 11000
_FEW = 50

__all__ = [
    "Db",
    "Document",
    "Field",
    "ObjectId",
    "Part",
    "Rows",
    "TenantDocument",
    "Tx",
    "Unreadable",
    "Utc",
    "Where",
    "dated",
    "given",
    "index",
    "stored",
    "transact",
    "utc_now",
]


class Unreadable(Exception):
    """A stored record does not fit its model; says which one and where, never what it holds."""


# The shortest staleness that MongoDB lets one ask for.
_ASIDE = SecondaryPreferred(max_staleness=90)


_LIGHTLY = WriteConcern(w=1, j=False)


class Db(AIOEngine):
    """The database; keeps the handles of its collections, which Motor takes long to make."""

    def __init__(
        self, client: AsyncIOMotorClient[dict[str, Any]], database: str, monitor: PrimaryMonitor | None = None
    ) -> None:
        super().__init__(client=client, database=database)
        self._rows: dict[tuple[str, bool], Rows] = {}
        self._monitor = monitor

    def rows(self, collection: str, *, lightly: bool = False) -> Rows:
        """The handle of a collection; raises NobodyThere when it is known that nobody would answer.

        What is written `lightly` waits for no disk and no other server, and may be lost with its own.
        """
        if self._monitor is not None:
            self._monitor.check()
        key = (collection, lightly)
        if key not in self._rows:
            made = self.database[collection]
            self._rows[key] = made.with_options(write_concern=_LIGHTLY) if lightly else made
        return self._rows[key]

    def aside(self) -> "Db":
        """The same for long reading that may be some seconds old: from a secondary, where there is one."""
        other = Db(self.client, self.database.name)
        other.database = self.client.get_database(self.database.name, read_preference=_ASIDE)
        return other


def index(
    *keys: str, unique: bool = False, only: Where | None = None, expire_after: int | None = None
) -> pymongo.IndexModel:
    """An index over stored names.

    A leading minus sorts descending, `only` makes it partial, `expire_after` is in seconds.
    """
    options: dict[str, Any] = {"unique": True} if unique else {}
    if only is not None:
        options["partialFilterExpression"] = dict(only)
    if expire_after is not None:
        options["expireAfterSeconds"] = expire_after
    return pymongo.IndexModel(
        [(key.lstrip("-"), -1 if key.startswith("-") else 1) for key in keys], **options
    )


def given(name: str) -> Where:
    """The condition of a partial index over the records in which this text is set."""
    # A comparison, because the planner never reads through an index that is partial by type.
    return {name: {"$gt": ""}}


def dated(name: str) -> Where:
    """The condition of a partial index over the records in which this time is set."""
    # Naive, as the driver tells of the index later on: both must look the same.
    return {name: {"$gt": datetime(1970, 1, 1)}}  # noqa: DTZ001


def stored(collection: str, *indexes: pymongo.IndexModel) -> ODMConfigDict:
    """Say where a record is stored and which indexes serve it."""
    return ODMConfigDict(
        collection=collection,
        indexes=lambda: indexes,
        parse_doc_with_default_factories=True,
        extra="ignore",
    )


def without_record(error: BulkWriteError) -> OperationFailure:
    """The error without the record that could not be written: the driver's own text would log it whole."""
    errors = (error.details or {}).get("writeErrors", [])
    if not errors:
        return error
    kind = DuplicateKeyError if errors[0]["code"] == DUPLICATE_KEY else OperationFailure
    return kind(errors[0]["errmsg"], errors[0]["code"])


class Part(EmbeddedModel, metaclass=PartMeta):
    """A value stored inside a document."""


class Document(Model, metaclass=DocumentMeta):
    """A stored record; every concrete one also has createdAt and updatedAt (UTC)."""

    # Why it stays in one place when the rest is spread over shards (models/sharding.py); None: it does not.
    __whole__: ClassVar[str | None] = None

    if TYPE_CHECKING:
        id: ObjectId = Field(default_factory=ObjectId)
        created_at: datetime = Field(default_factory=utc_now)
        updated_at: datetime = Field(default_factory=utc_now)

    @property
    def key(self) -> str:
        """The id as text, the form in which other records refer to it."""
        return str(self.id)

    @classmethod
    def model_validate_doc(cls, raw_doc: dict[str, Any]) -> Self:
        """Read a stored record; raises Unreadable: ODMantic's own error would quote it into the log."""
        try:
            return super().model_validate_doc(raw_doc)
        except DocumentParsingError as error:
            wrong = {".".join(map(str, found["loc"])) for found in error.inner.errors(include_input=False)}
            where = f"{cls.__collection__} {raw_doc.get('_id')}: {', '.join(sorted(wrong))}"
        raise Unreadable(where)

    @classmethod
    def rows(cls, db: Db) -> Rows:
        """The collection, for the guarded updates of this room."""
        return db.rows(cls.__collection__)

    @classmethod
    async def find_one(cls, db: Db, where: Where, *, tx: Tx | None = None) -> Self | None:
        """The first record that fits, or None."""
        row = await cls.rows(db).find_one(where, session=tx)
        return None if row is None else cls.model_validate_doc(row)

    @classmethod
    async def find_all(
        cls,
        db: Db,
        where: Where,
        *,
        sort: str | None = None,
        skip: int = 0,
        limit: int = 0,
        tx: Tx | None = None,
    ) -> list[Self]:
        """The records that fit; `sort` takes stored names, a leading minus sorts down, limit 0 means all."""
        cursor = cls.rows(db).find(where, session=tx).skip(skip).limit(limit)
        if sort is not None:
            cursor = cursor.sort(
                [(key.lstrip("-"), -1 if key.startswith("-") else 1) for key in sort.split()]
            )
        return [cls.model_validate_doc(row) async for row in cursor]

    async def insert(self, db: Db, *, tx: Tx | None = None, lightly: bool = False) -> Self:
        """Store a new record; raises DuplicateKeyError when a unique index already holds it."""
        rows = db.rows(self.__collection__, lightly=lightly)
        await rows.insert_one(self.model_dump_doc(), session=tx)
        return self

    @classmethod
    async def insert_all(cls, db: Db, records: Sequence[Self], *, tx: Tx | None = None) -> None:
        """Store new records of one kind in one round trip; raises DuplicateKeyError like insert."""
        if not records:
            return
        try:
            rows = await cls._rows_of(records)
            await cls.rows(db).insert_many(rows, session=tx)
        except BulkWriteError as error:
            raise without_record(error) from None

    @classmethod
    async def _rows_of(cls, records: Sequence[Self]) -> list[dict[str, Any]]:
        if len(records) <= _FEW:
            return [record.model_dump_doc() for record in records]
        # Everybody else would wait for so many.
        return await asyncio.to_thread(lambda: [record.model_dump_doc() for record in records])

    @classmethod
    async def change(
        cls,
        db: Db,
        where: Where,
        update: Mapping[str, Any],
        *,
        tx: Tx | None = None,
        upsert: bool = False,
        lightly: bool = False,
    ) -> Self | None:
        """One conditional update: the record after it, or None when the guard in `where` did not hold.

        What is written `lightly` may be lost with the server that took it.
        """
        whole = {**update, "$currentDate": {"updatedAt": True}}
        if upsert:
            whole["$setOnInsert"] = {"createdAt": utc_now(), **update.get("$setOnInsert", {})}
        row = await db.rows(cls.__collection__, lightly=lightly).find_one_and_update(
            where,
            whole,
            upsert=upsert,
            return_document=pymongo.ReturnDocument.AFTER,
            session=tx,
        )
        return None if row is None else cls.model_validate_doc(row)


async def server_time(db: Db) -> datetime:
    """What time it is at the database's primary, in UTC."""
    told: datetime = (await db.client.admin.command("hello"))["localTime"]
    return told.astimezone(UTC) if told.tzinfo else told.replace(tzinfo=UTC)


def visible(text: str) -> bool:
    """Whether a text shows anything: zero-width characters alone do not."""
    return any(each.isprintable() and not each.isspace() for each in text)


def searchable(text: str) -> str:
    """What can be looked for of a text that came from outside: its first 200 characters, none of them NUL."""
    # MongoDB refuses a pattern with a NUL in it.
    return text[:200].replace("\0", " ")


def object_id(text: str | ObjectId) -> ObjectId | None:
    """Read an id that came from outside; None when it cannot be one."""
    try:
        return ObjectId(text)
    except (InvalidId, TypeError):
        return None


class TenantDocument(Document):
    """A record of one tenant; an id of another tenant is as good as unknown."""

    if TYPE_CHECKING:
        tenant_id: str

    @classmethod
    async def get(cls, db: Db, tenant_id: str, key: str | ObjectId, *, tx: Tx | None = None) -> Self | None:
        """The tenant's record with this id, or None for a malformed, unknown or foreign id."""
        found = object_id(key)
        return None if found is None else await cls.find_one(db, {"_id": found, "tenantId": tenant_id}, tx=tx)
