"""The community fund's books: every movement, and the balance that they come to (docs/adr/0023)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple, Self

from pymongo.errors import DuplicateKeyError

from models.base import Db, Field, TenantDocument, Tx, Utc, Where, given, index, stored


class FundMove(StrEnum):
    """Why the balance moved."""

    CONTRIBUTION = "CONTRIBUTION"
    RETURNED = "RETURNED"
    RESTORED = "RESTORED"
    DISBURSEMENT = "DISBURSEMENT"
    REVERSAL = "REVERSAL"


# What members give; everything else is what the fund pays.
GIFTS = frozenset({FundMove.CONTRIBUTION, FundMove.RETURNED, FundMove.RESTORED})
_UNSETTLED = {"settled": False}


class Account(NamedTuple):
    """A fund's balance is kept for each currency."""

    tenant_id: str
    currency: str


class FundEntry(TenantDocument):
    """One movement, never changed; amount in minor units, below zero when money leaves the fund."""

    model_config = stored(
        "fundentries",
        index("tenantId", "currency", "-at", "-_id"),
        index("settled", "tenantId", "currency", only=_UNSETTLED),
        index("tenantId", "currency", "at", "move", "amountCents"),
        index("tenantId", "contributionId", only=given("contributionId")),
        index("tenantId", "disbursementId", only=given("disbursementId")),
    )

    tenant_id: str
    currency: str
    move: FundMove
    amount_cents: int
    at: Utc
    contribution_id: str | None = None
    disbursement_id: str | None = None
    settled: bool = Field(default=False, description="Whether the balance has it already")

    @classmethod
    def of(cls, account: Account) -> Where:
        """The filter for an account's movements."""
        return {"tenantId": account.tenant_id, "currency": account.currency}

    @classmethod
    async def latest(cls, db: Db, account: Account, *, skip: int = 0, limit: int) -> list[Self]:
        """The newest movements."""
        return await cls.find_all(db, cls.of(account), sort="-at -_id", skip=skip, limit=limit)

    @classmethod
    async def between(cls, db: Db, account: Account, first: datetime, end: datetime) -> list[Self]:
        """The movements from one moment until before another, oldest first."""
        where = {**cls.of(account), "at": {"$gte": first, "$lt": end}}
        return await cls.find_all(db, where, sort="at _id")

    @classmethod
    async def sum_before(cls, db: Db, account: Account, moment: datetime | None = None) -> int:
        """What all movements, or those before a moment, come to."""
        where = {**cls.of(account), **({"at": {"$lt": moment}} if moment else {})}
        total = {"_id": None, "sum": {"$sum": "$amountCents"}}
        rows = cls.rows(db).aggregate([{"$match": where}, {"$group": total}])
        return sum([int(row["sum"]) async for row in rows])

    @classmethod
    async def how_many(cls, db: Db, account: Account) -> int:
        """The number of movements."""
        return int(await cls.rows(db).count_documents(cls.of(account)))

    @classmethod
    async def unsettled(cls, db: Db, account: Account, *, limit: int, tx: Tx | None = None) -> list[Self]:
        """Movements that the balance does not have yet."""
        return await cls.find_all(db, {**cls.of(account), **_UNSETTLED}, limit=limit, tx=tx)

    @classmethod
    async def settle(cls, db: Db, entries: Sequence[Self], *, tx: Tx) -> None:
        """Note that the balance has them, in the transaction that adds them to it."""
        where = {"_id": {"$in": [each.id for each in entries]}, **_UNSETTLED}
        update = {"$set": {"settled": True}, "$currentDate": {"updatedAt": True}}
        await cls.rows(db).update_many(where, update, session=tx)

    @classmethod
    async def accounts_unsettled(cls, db: Db) -> list[Account]:
        """The accounts, of every tenant, whose balance lacks something."""
        group = {"_id": {"tenantId": "$tenantId", "currency": "$currency"}}
        rows = cls.rows(db).aggregate([{"$match": _UNSETTLED}, {"$group": group}])
        return [Account(row["_id"]["tenantId"], row["_id"]["currency"]) async for row in rows]


class FundBalance(TenantDocument):
    """What is in a fund, in minor units; below zero only after a refund of what was paid out already."""

    model_config = stored("fundbalances", index("tenantId", "currency", unique=True))

    tenant_id: str
    currency: str
    balance_cents: int = 0
    in_cents: int = Field(default=0, description="Given, less what went back with refunded orders")
    out_cents: int = Field(default=0, description="Paid out, less what was taken back as a mistake")

    @classmethod
    async def of(cls, db: Db, account: Account) -> Self:
        """The account's balance; made at first access."""
        where = {"tenantId": account.tenant_id, "currency": account.currency}
        found = await cls.find_one(db, where)
        if found is not None:
            return found
        try:
            return await cls(**account._asdict()).insert(db)
        except DuplicateKeyError:  # somebody else looked first
            return await cls.of(db, account)

    @classmethod
    async def of_tenant(cls, db: Db, tenant_id: str) -> list[Self]:
        """The balances of a tenant, one for each currency."""
        return await cls.find_all(db, {"tenantId": tenant_id}, sort="currency")

    @classmethod
    async def add(cls, db: Db, account: Account, *, came: int = 0, went: int = 0, tx: Tx) -> Self | None:
        """Count movements in, both sums in minor units."""
        by = {"balanceCents": came - went, "inCents": came, "outCents": went}
        return await cls._move(db, account, {}, by, tx)

    @classmethod
    async def take(cls, db: Db, account: Account, cents: int, *, tx: Tx) -> Self | None:
        """Take money out where so much is there; None when it is not."""
        by = {"balanceCents": -cents, "outCents": cents}
        return await cls._move(db, account, {"balanceCents": {"$gte": cents}}, by, tx)

    @classmethod
    async def _move(
        cls, db: Db, account: Account, guard: Where, by: Mapping[str, int], tx: Tx
    ) -> Self | None:
        where: dict[str, Any] = {"tenantId": account.tenant_id, "currency": account.currency, **guard}
        return await cls.change(db, where, {"$inc": dict(by)}, tx=tx)
