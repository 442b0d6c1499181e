"""Tidies up what time or a crash left behind: holds, sessions, ledger rows, unpaid orders, entitlements."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from pymongo.errors import OperationFailure, PyMongoError

from models.base import Db, Unreadable
from models.correlation import correlated
from models.errors import ShopError
from models.inventory import unsettled_products
from models.order import EndedHold, Order
from models.product import Product
from models.session import OrderSession
from services.afterwards import database_away
from services.clock import Clock
from services.orders import Orders
from services.placement import Placement
from services.rules import Rules
from services.shops import Shops
from services.stock import Stock

type Step = Callable[[], Coroutine[Any, Any, int]]

log = logging.getLogger(__name__)


class Sweeper:
    """Goes round every few seconds; any number of them may, every step is guarded."""

    def __init__(
        self,
        db: Db,
        clock: Clock,
        rules: Rules,
        *,
        shops: Shops,
        placement: Placement,
        orders: Orders,
        stock: Stock,
        also: Mapping[str, Step],
    ) -> None:
        """Take what else has to be looked after in each round, by name; each says how much it did."""
        self._db = db
        self._clock = clock
        self._rules = rules
        self._shops = shops
        self._placement = placement
        self._orders = orders
        self._stock = stock
        self._also = also

    async def run(self) -> None:
        """Sweep until cancelled."""
        while True:
            try:
                await self.sweep()
            except PyMongoError as error:
                database_away(log, "sweep_database_away", error)
            except Exception as error:  # noqa: BLE001 - as below
                # Whatever one round met, the next one may not.
                log.error("sweep_broke", extra={"error": type(error).__name__})  # noqa: TRY400 - as below
            await asyncio.sleep(self._rules.sweep.total_seconds())

    async def sweep(self) -> dict[str, int]:
        """One round; how much of each kind was tidied up."""
        done = {
            "holds": await self._clear_up(),
            "folds": await self._fold(),
            "sessions": await _apart(OrderSession.expire(self._db, self._clock.now()), step="sessions"),
            "orders": await self._end_holds(),
        }
        done |= {name: await _apart(step(), step=name) for name, step in self._also.items()}
        if any(done.values()):
            log.info("swept", extra=done)
        return done

    async def _clear_up(self) -> int:
        left = await self._placement.left_behind()
        clearing = self._placement.clear_up
        return sum([await _apart(clearing(each), step="holds", about=each.order_id) for each in left])

    async def _fold(self) -> int:
        pairs = await unsettled_products(self._db)
        return sum([await _apart(self._fold_one(*pair), step="folds", about=pair[1]) for pair in pairs])

    async def _fold_one(self, tenant_id: str, product_id: str) -> int:
        shop = await self._shops.of_tenant(tenant_id)
        product = await Product.get(self._db, tenant_id, product_id)
        await self._stock.fold(shop, product_id, product.name if product else product_id)
        return 1

    async def _end_holds(self) -> int:
        ended = await Order.with_ended_hold(self._db, self._clock.now())
        return sum([await _apart(self._end_one(each), step="orders", about=each.order_id) for each in ended])

    async def _end_one(self, ended: EndedHold) -> int:
        shop = await self._shops.of_tenant(ended.tenant_id)
        order = await Order.get(self._db, shop.id, ended.order_id)
        return int(order is not None and await self._orders.end_hold(shop, order))


async def _apart(work: Coroutine[Any, Any, int], *, step: str, about: str | None = None) -> int:
    """What the work did; a shop that is gone or a broken record is skipped and keeps nobody else waiting."""
    try:
        with correlated(None):
            return await work
    except (ShopError, Unreadable, OperationFailure) as error:
        # Only the kind: the text of a driver's error may quote the record.
        log.warning("sweep_skipped", extra={"step": step, "about": about, "error": type(error).__name__})
    except PyMongoError:
        # The database is away: the round is over for all.
        raise
    except Exception as error:  # noqa: BLE001 - one bug must not stop all others
        said = {"step": step, "about": about, "error": type(error).__name__}
        log.error("sweep_step_broke", extra=said)  # noqa: TRY400 - as above
    return 0
