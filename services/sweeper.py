"""Tidies up what time or a crash left behind: holds, sessions, ledger rows, orders that nobody paid."""

import asyncio
import logging

from pymongo.errors import PyMongoError

from models.base import Db
from models.errors import NoShop
from models.inventory import unsettled_products
from models.order import Order
from models.product import Product
from models.session import OrderSession
from services.clock import Clock
from services.orders import Orders
from services.placement import Placement
from services.rules import Rules
from services.shops import Shop, Shops
from services.stock import Stock

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
    ) -> None:
        self._db = db
        self._clock = clock
        self._rules = rules
        self._shops = shops
        self._placement = placement
        self._orders = orders
        self._stock = stock

    async def run(self) -> None:
        """Sweep until cancelled."""
        while True:
            try:
                await self.sweep()
            except PyMongoError:
                log.exception("sweep_database_away")
            await asyncio.sleep(self._rules.sweep.total_seconds())

    async def sweep(self) -> dict[str, int]:
        """One round; how much of each kind was tidied up."""
        done = {
            "holds": await self._placement.sweep_holds(),
            "folds": await self._fold(),
            "sessions": await OrderSession.expire(self._db, self._clock.now()),
            "orders": await self._end_holds(),
        }
        if any(done.values()):
            log.info("swept", extra=done)
        return done

    async def _fold(self) -> int:
        pairs = await unsettled_products(self._db)
        for tenant_id, product_id in pairs:
            product = await Product.get(self._db, tenant_id, product_id)
            shop = await self._shop(tenant_id)
            if shop is not None:
                await self._stock.fold(shop, product_id, product.name if product else product_id)
        return len(pairs)

    async def _end_holds(self) -> int:
        ended = 0
        for order in await Order.with_ended_hold(self._db, self._clock.now()):
            shop = await self._shop(order.tenant_id)
            ended += shop is not None and await self._orders.end_hold(shop, order)
        return ended

    async def _shop(self, tenant_id: str) -> Shop | None:
        try:
            return await self._shops.of_tenant(tenant_id)
        except NoShop:
            return None
