"""Every record in which something is sealed, of all tenants: for sealing it anew under another secret."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bson import ObjectId

from models.access import Identity
from models.base import Db, Where
from models.data_import import DataImport
from models.digital_key import DigitalKey
from models.provider import Provider


@dataclass(frozen=True)
class SealedRecord:
    """One record with the values in it that may be sealed, by their stored paths."""

    id: ObjectId
    tenant_id: str | None
    product_id: str | None
    values: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True)
class SealedPlace:
    """Where sealed values lie: a kind of record, the path to one value or to a table of several."""

    document: type[Any]
    path: str
    batch: int = 200

    @property
    def name(self) -> str:
        """The collection."""
        return str(self.document.__collection__)

    async def after(self, db: Db, last: ObjectId | None) -> list[SealedRecord]:
        """The next records of all tenants, by id; none: that was the last."""
        where: Where = {} if last is None else {"_id": {"$gt": last}}
        rows = self.document.rows(db).find(where, self._shown).sort("_id", 1).limit(self.batch)
        return [self._record(row) async for row in rows]

    async def of_tenant(self, db: Db, tenant_id: str, limit: int) -> list[SealedRecord]:
        """So many of a tenant's records."""
        rows = self.document.rows(db).find({"tenantId": tenant_id}, self._shown).limit(limit)
        return [self._record(row) async for row in rows]

    async def put(
        self, db: Db, seen: SealedRecord, anew: Mapping[str, str], beside: Mapping[str, str]
    ) -> bool:
        """Put values in place of what was read, and others beside them; False when somebody changed them.

        Nothing else of the record changes, not even when it was changed last: who edits it at this moment
        goes on. Raises DuplicateKeyError where what is put beside is taken.
        """
        stored = {path: self._stored(text) for path, text in anew.items()}
        where = {"_id": seen.id, **{path: self._stored(seen.values[path]) for path in anew}}
        done = await self.document.rows(db).update_one(where, {"$set": {**stored, **beside}})
        return bool(done.matched_count)

    @property
    def _shown(self) -> dict[str, int]:
        return {self.path: 1, "tenantId": 1, "productId": 1}

    def _record(self, row: Mapping[str, Any]) -> SealedRecord:
        found = row.get(self.path)
        table = found if isinstance(found, Mapping) else None
        pairs = {self.path: found} if table is None else {f"{self.path}.{k}": v for k, v in table.items()}
        texts = {path: _text(value) for path, value in pairs.items()}
        kept = {path: text for path, text in texts.items() if text}
        return SealedRecord(row["_id"], row.get("tenantId"), row.get("productId"), kept)

    def _stored(self, text: str) -> str | bytes:
        return text.encode() if self.document is DataImport else text


def _text(value: object) -> str:
    if isinstance(value, bytes):
        # A file in clear is any bytes; what was sealed is ASCII.
        return value.decode("ascii", errors="replace")
    return value if isinstance(value, str) else ""


SEALED_PLACES = (
    SealedPlace(Provider, "config"),
    SealedPlace(Identity, "secrets"),
    SealedPlace(DigitalKey, "sealed"),
    SealedPlace(DataImport, "content", batch=5),
)
