"""Some records of one tenant and what lies beside them, all as they were at one moment."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from models import books
from models.base import Db, ObjectId, TenantDocument, Tx, Unreadable, Where, object_id
from services.rules import Rules

# Whoever goes the rounds has come by until then.
_PATIENCE = timedelta(minutes=10)


class Look:
    """What the checks that go through one kind of records share, so that nothing is read twice.

    `running`: somebody is there who does what is due, so that what is overdue is worth telling.
    """

    def __init__(
        self,
        db: Db,
        tx: Tx,
        tenant_id: str,
        document: type[TenantDocument],
        rows: Sequence[dict[str, Any]],
        *,
        now: datetime,
        rules: Rules,
        running: bool,
    ) -> None:
        self.db, self.tx, self.tenant_id, self.document = db, tx, tenant_id, document
        self.rows, self.now, self.rules, self.running = rows, now, rules, running
        self.unreadable: dict[tuple[str, str], str] = {}
        self._records: list[Any] | None = None
        self._known: dict[tuple[Any, ...], dict[str, list[Any]]] = {}

    def late(self, due: datetime | None) -> bool:
        """Whether what was due then should have been done by whoever is there for it."""
        return self.running and due is not None and due < self.now - _PATIENCE

    def records[D: TenantDocument](self, document: type[D]) -> list[D]:
        """The records that are looked at; those that cannot be read are noted and left out."""
        if self._records is None:
            self._records = self._read(document, self.rows)
        return self._records

    def only[D: TenantDocument](self, document: type[D], rows: Sequence[dict[str, Any]]) -> list[D]:
        """Some of the records that are looked at: reading the others would take long."""
        return self._read(document, rows)

    def _read(self, document: type[TenantDocument], rows: Sequence[dict[str, Any]]) -> list[Any]:
        found = []
        for row in rows:
            try:
                found.append(document.model_validate_doc(row))
            except Unreadable as error:
                fields = str(error).partition(": ")[2]
                self.unreadable[document.__collection__, str(row["_id"])] = fields
        return found

    async def beside[D: TenantDocument](
        self, document: type[D], field: str, values: Sequence[Any] | None = None
    ) -> dict[str, list[D]]:
        """Records by the value of a stored field, that of each record's id where no values are given."""
        known = (document, field, None if values is None else tuple(values))
        if known not in self._known:
            wanted = self.keys if values is None else values
            rows = await books.beside(self.db, document, self.tenant_id, field, wanted, tx=self.tx)
            by_id = {row["_id"]: str(row[field]) for row in rows}
            grouped: dict[str, list[Any]] = {}
            for record in self._read(document, rows):
                grouped.setdefault(by_id[record.id], []).append(record)
            self._known[known] = grouped
        return self._known[known]

    async def fields(
        self,
        document: type[TenantDocument],
        field: str,
        values: Sequence[Any],
        *names: str,
        within: Where | None = None,
    ) -> list[dict[str, Any]]:
        """The same as they are stored, only these fields of them, and only within what is given."""
        return await books.beside(
            self.db,
            document,
            self.tenant_id,
            field,
            values,
            tx=self.tx,
            names=(field, *names),
            within=within,
        )

    async def of_keys[D: TenantDocument](self, document: type[D], keys: Sequence[str]) -> dict[str, D]:
        """The tenant's records with these ids, by id."""
        ids: list[ObjectId] = [found for key in dict.fromkeys(keys) if (found := object_id(key))]
        records = await self.beside(document, "_id", ids)
        return {key: same[0] for key, same in records.items()}

    async def there(self, document: type[TenantDocument], keys: Sequence[str]) -> set[str]:
        """Those of these ids that the tenant has a record of, readable or not."""
        ids = [found for key in dict.fromkeys(keys) if (found := object_id(key))]
        return {str(row["_id"]) for row in await self.fields(document, "_id", ids)}

    @property
    def keys(self) -> list[str]:
        """The ids of the records."""
        return [str(row["_id"]) for row in self.rows]
