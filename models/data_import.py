"""A file that staff bring in: kept while it is looked at, then carried out batch by batch (docs/adr/0028)."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self

from models.base import Db, Field, TenantDocument, Tx, Utc, index, stored

KEPT = timedelta(hours=24)


class ImportState(StrEnum):
    """How far it is: once it is APPLYING it will be DONE, whatever dies on the way, or FAILED and told."""

    CHECKED = "CHECKED"
    APPLYING = "APPLYING"
    DONE = "DONE"
    FAILED = "FAILED"


I = ImportState  # noqa: E741 - as the other records name their states


class DataImport(TenantDocument):
    """One file of rows; `done` of them are carried out, each batch in one transaction with its count."""

    model_config = stored(
        "dataimports",
        index("tenantId", "-createdAt"),
        # One at a time in each shop.
        index("tenantId", unique=True, only={"state": "APPLYING"}),
        index("leaseUntil", only={"state": "APPLYING"}),
        index("checkedAt", only={"state": "CHECKED"}, expire_after=int(KEPT.total_seconds())),
    )

    tenant_id: str
    actor_id: str
    actor_name: str
    kind: str
    file_name: str = Field(max_length=200)
    digest: str = Field(description="SHA-256 of the file")
    content: bytes = Field(description="The file, sealed where it holds secrets; empty once it is done")
    prints: bytes = Field(default=b"", description="Eight bytes for each row: what it met when it was shown")
    seen: bytes = Field(
        default=b"", description="Four bytes for each row of a count: what was there when it was shown"
    )
    total: int = Field(default=0, description="Rows of the file")
    added: int = Field(default=0, description="Rows that make a record")
    changed: int = Field(default=0, description="Rows that change one")
    wrong: int = Field(default=0, description="Rows that cannot be taken; none of the file is then")
    state: ImportState = ImportState.CHECKED
    checked_at: Utc
    done: int = 0
    guarded: list[str] = Field(
        default_factory=list, description="Roles that whoever brings it in must not put on sale"
    )
    left_out: list[str] = Field(
        default_factory=list, description="Rows that others made impossible while it was carried out"
    )
    owner: str | None = Field(default=None, description="Who carries it out at the moment")
    lease_until: Utc | None = None
    finished_at: Utc | None = None
    fails: int = Field(default=0, description="Rounds that failed one after the other since its latest batch")
    told: bool = Field(default=False, description="Whether whoever brought it in saw how it ended")

    @classmethod
    async def latest(cls, db: Db, tenant_id: str) -> Self | None:
        """The newest that was begun."""
        names = {"content": 0, "prints": 0, "seen": 0}
        where = {"tenantId": tenant_id, "state": {"$ne": I.CHECKED}}
        row = await cls.rows(db).find_one(where, names, sort=[("createdAt", -1)])
        return None if row is None else cls.model_validate_doc({**row, "content": b""})

    @classmethod
    async def show_again(cls, db: Db, seen: Self, fields: Mapping[str, Any]) -> Self | None:
        """Keep what another look found, by stored names; None once it was begun."""
        where = {"_id": seen.id, "tenantId": seen.tenant_id, "state": I.CHECKED}
        return await cls.change(db, where, {"$set": dict(fields)})

    @classmethod
    async def begin(
        cls, db: Db, seen: Self, owner: str, until: datetime, guarded: list[str], *, tx: Tx
    ) -> Self | None:
        """CHECKED → APPLYING, from where it goes on to its end; None when somebody was faster.

        Raises DuplicateKeyError while another of the shop is under way.
        """
        where = {"_id": seen.id, "tenantId": seen.tenant_id, "state": I.CHECKED, "wrong": 0}
        fields = {"state": I.APPLYING, "owner": owner, "leaseUntil": until, "guarded": guarded}
        return await cls.change(db, {**where, "checkedAt": seen.checked_at}, {"$set": fields}, tx=tx)

    @classmethod
    async def advance(
        cls, db: Db, seen: Self, count: int, left_out: list[str], until: datetime, *, tx: Tx
    ) -> Self | None:
        """Note a batch in the transaction that carries it out; None when another process has taken over."""
        update = {
            "$inc": {"done": count},
            "$set": {"leaseUntil": until, "fails": 0},
            "$push": {"leftOut": {"$each": left_out}},
            "$currentDate": {"updatedAt": True},
        }
        where = {**seen.mine(), "done": seen.done}
        # The record holds the whole file: it is not read anew for every batch.
        if (await cls.rows(db).update_one(where, update, session=tx)).matched_count == 0:
            return None
        now = {"done": seen.done + count, "left_out": [*seen.left_out, *left_out], "lease_until": until}
        return seen.model_copy(update=now)

    @classmethod
    async def finish(
        cls, db: Db, seen: Self, now: datetime, state: ImportState = I.DONE, *, tx: Tx
    ) -> Self | None:
        """APPLYING → DONE or FAILED, the file forgotten; None when another process has taken over."""
        empty = {"content": b"", "prints": b"", "seen": b"", "owner": None}
        fields = {"state": state, "finishedAt": now, **empty}
        return await cls.change(db, seen.mine(), {"$set": {**fields, "leaseUntil": None}}, tx=tx)

    @classmethod
    async def take_over(cls, db: Db, owner: str, now: datetime, until: datetime) -> Self | None:
        """One, of any tenant, that its process left standing."""
        where = {"state": I.APPLYING, "leaseUntil": {"$lt": now}}
        return await cls.change(db, where, {"$set": {"owner": owner, "leaseUntil": until}})

    @classmethod
    async def stumble(cls, db: Db, seen: Self, until: datetime) -> Self | None:
        """Note a round that failed, and let it rest; None when another process has taken over."""
        return await cls.change(db, seen.mine(), {"$inc": {"fails": 1}, "$set": {"leaseUntil": until}})

    @classmethod
    async def let_go(cls, db: Db, seen: Self, now: datetime) -> None:
        """Leave the rest to whoever comes next."""
        await cls.rows(db).update_one(seen.mine(), {"$set": {"leaseUntil": now}})

    @classmethod
    async def tell(cls, db: Db, seen: Self) -> None:
        """Note that its end was seen."""
        where = {"_id": seen.id, "tenantId": seen.tenant_id}
        await cls.rows(db).update_one(where, {"$set": {"told": True}})

    def mine(self) -> dict[str, Any]:
        """Fits this record as long as nobody else carries it out."""
        return {"_id": self.id, "tenantId": self.tenant_id, "state": I.APPLYING, "owner": self.owner}
