"""Sums over many records that an audit compares with what is kept beside them."""

from collections.abc import AsyncIterator
from typing import Any, NamedTuple

from models.base import Db, Tx
from models.discount_use import DiscountUse, UseStatus
from models.fund_ledger import GIFTS, Account, FundEntry, FundMove
from models.order import Order, OrderStatus

_AT_ONCE = 5000


class Uses(NamedTuple):
    """How many orders use a discount, and how many its count has to have."""

    used: int
    counted: int


class FundSums(NamedTuple):
    """What came into a fund, what went out of it, and what of it came in and went back, in minor units."""

    came: int
    went: int
    returned: int


async def uses(db: Db, tenant_id: str, discount_id: str, *, tx: Tx, assignment_id: str | None = None) -> Uses:
    """The uses of a discount, or of one assignment of it."""
    where: dict[str, Any] = {"tenantId": tenant_id, "discountId": discount_id}
    if assignment_id is not None:
        where["assignmentId"] = assignment_id
    group = {"_id": {"status": "$status", "counted": "$counted"}, "n": {"$sum": 1}}
    used = counted = 0
    async for row in DiscountUse.rows(db).aggregate([{"$match": where}, {"$group": group}], session=tx):
        stands = row["_id"]["status"] == UseStatus.USED
        used += row["n"] * stands
        # One that was given back stays counted until somebody takes it off.
        counted += row["n"] * (stands or row["_id"].get("counted") is False)
    return Uses(used, counted)


async def revived(db: Db, tenant_id: str, discount_id: str, *, tx: Tx) -> int:
    """The orders with a discount that were cancelled once and stand all the same."""
    where = {
        "tenantId": tenant_id,
        "discountId": discount_id,
        "status": {"$ne": OrderStatus.CANCELLED},
        "history.what": OrderStatus.CANCELLED,
    }
    pipeline: list[dict[str, Any]] = [{"$match": where}, {"$count": "n"}]
    return sum([int(row["n"]) async for row in Order.rows(db).aggregate(pipeline, session=tx)])


async def fund_sums(db: Db, account: Account, *, tx: Tx, settled: bool) -> FundSums:
    """The movements of an account, those that its balance has to have or those still to be counted."""
    where = {**FundEntry.of(account), "settled": settled}
    group = {"_id": "$move", "sum": {"$sum": "$amountCents"}}
    came = went = returned = 0
    async for row in FundEntry.rows(db).aggregate([{"$match": where}, {"$group": group}], session=tx):
        move, cents = FundMove(row["_id"]), int(row["sum"])
        came += cents * (move in GIFTS)
        went -= cents * (move not in GIFTS)
        returned -= cents * (move is FundMove.RETURNED)
    return FundSums(came, went, returned)


async def numbered(db: Db, tenant_id: str, *, tx: Tx) -> AsyncIterator[str]:
    """Every invoice number that a tenant gave out."""
    where = {"tenantId": tenant_id, "invoiceNumber": {"$gt": ""}}
    found = Order.rows(db).find(where, {"_id": 0, "invoiceNumber": 1}, session=tx).batch_size(_AT_ONCE)
    async for row in found:
        yield row["invoiceNumber"]
