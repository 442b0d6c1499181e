"""Orders of the first releases do not say whether anything was bought with them."""

from typing import Any

from models.base import Db
from models.migrations import Migration
from models.order import Order

_AT_ONCE = 500
_UNSAID = {"isGift": None}
_NOTHING = {"$eq": [{"$size": "$items"}, 0]}


async def _step(db: Db, _: Any) -> Any:
    # Those that do not say it have an index of their own, so that no position is needed to find the next.
    orders = Order.rows(db)
    some = [row["_id"] async for row in orders.find(_UNSAID, {"_id": 1}).limit(_AT_ONCE)]
    await orders.update_many({"_id": {"$in": some}, **_UNSAID}, [{"$set": {"isGift": _NOTHING}}])
    return some[-1] if some else None


MIGRATION = Migration(1, "orders say whether they are gifts alone", _step)
