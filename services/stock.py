"""Staff's hand on the stock: every change is a ledger row."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from weakref import WeakValueDictionary

from models.alert import Alert, AlertSeverity, AlertType
from models.base import Db, Tx
from models.digital_key import unpromised
from models.errors import BadInput, OutOfStock
from models.inventory import InventoryMove, InventorySnapshot, InventoryTransaction, apply_row, fold_within
from models.member import Member
from models.order import Order
from models.outbox import OutboxEffect
from models.product import Product
from models.required import required
from models.stock_levels import mark_ample_all, mark_low_all, newly_low
from models.storefront import Storefront
from models.waiting import Waiting
from services.audit import Audit
from services.clock import Clock
from services.effects import EffectKind, effect
from services.offering import Offering
from services.outbox import Outbox
from services.shops import Shop

MAX_STOCK = 1_000_000
_LATEST = 10
_MOST_TOLD = 5
_REASON_LENGTH = 500
# What staff do by hand, as the audit log names it; everything else is moved by orders.
_ACTS = {InventoryMove.ADJUSTMENT: "stock.adjustment", InventoryMove.RESTOCK: "stock.restock"}


@dataclass(frozen=True)
class StockView:
    """A product's stock, its latest ledger rows, newest first, and how many wait for it."""

    product: Product
    available: int
    reserved: int
    rows: list[InventoryTransaction]
    waiting: int
    kept: int


class Stock:
    """Counts, restocks and corrects."""

    def __init__(self, db: Db, clock: Clock, audit: Audit, outbox: Outbox, offering: Offering) -> None:
        self._db = db
        self._clock = clock
        self._audit = audit
        self._outbox = outbox
        self._offering = offering
        # Spares the retries of writers that meet at one product; the database decides, these only queue.
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def of(self, shop: Shop, product_id: str) -> StockView:
        """What is there of a product; raises NotFound."""
        product = required(await Product.get(self._db, shop.id, product_id), "product")
        snapshot = await InventorySnapshot.of_product(self._db, shop.id, product.key)
        rows = await InventoryTransaction.latest(self._db, shop.id, product.key, _LATEST)
        return StockView(
            product,
            snapshot.quantity_available,
            snapshot.quantity_reserved,
            rows,
            waiting=await Waiting.how_many(self._db, shop.id, product.key),
            kept=len(snapshot.offers),
        )

    async def restock(
        self, shop: Shop, actor: Member, product_id: str, quantity: int, reason: str
    ) -> StockView:
        """Add units that arrived; raises BadInput or NotFound."""
        if not 1 <= quantity <= MAX_STOCK:
            raise BadInput("quantity", "range", MAX_STOCK)
        return await self._move(shop, actor, product_id, InventoryMove.RESTOCK, lambda _: quantity, reason)

    async def adjust(self, shop: Shop, actor: Member, product_id: str, delta: int, reason: str) -> StockView:
        """Correct a count by a difference; raises OutOfStock when it would fall below 0."""
        if delta == 0 or abs(delta) > MAX_STOCK:
            raise BadInput("quantity", "range", MAX_STOCK)
        return await self._move(shop, actor, product_id, InventoryMove.ADJUSTMENT, lambda _: delta, reason)

    async def set_to(
        self, shop: Shop, actor: Member, product_id: str, quantity: int, reason: str
    ) -> StockView:
        """Correct the available count to what was counted; raises BadInput or NotFound."""
        if not 0 <= quantity <= MAX_STOCK:
            raise BadInput("quantity", "range", MAX_STOCK)
        move = InventoryMove.ADJUSTMENT
        return await self._move(shop, actor, product_id, move, lambda available: quantity - available, reason)

    async def _move(
        self,
        shop: Shop,
        actor: Member,
        product_id: str,
        move: InventoryMove,
        delta_of: Callable[[int], int],
        reason: str,
    ) -> StockView:
        """Write one row; `delta_of` is asked inside the transaction, of what is available there and then."""
        why = _reason(reason)
        product = (await self.of(shop, product_id)).product

        async def work(tx: Tx) -> None:
            left = (
                await InventorySnapshot.of_product(self._db, shop.id, product.key, tx=tx)
            ).quantity_available
            delta = delta_of(left)
            if delta == 0:
                return
            if product.delivers_keys and delta > 0:
                await self._check_keys(product, left + delta, tx)
            row = InventoryTransaction(
                tenant_id=shop.id, product_id=product.key, type=move, quantity_delta=delta, reason=why
            )
            await self.write(shop, product, row, tx)
            before, after = {"available": left}, {"delta": delta, "reason": why}
            await self._audit.record(shop.id, actor, _ACTS[move], product, before=before, after=after, tx=tx)

        await self._outbox.commit(work)
        return await self.of(shop, product_id)

    async def write(self, shop: Shop, product: Product, row: InventoryTransaction, tx: Tx) -> None:
        """Write a ledger row that moves a product's stock and watch the threshold; raises OutOfStock."""
        if not await apply_row(self._db, row, tx):
            left = await InventorySnapshot.of_product(self._db, shop.id, product.key, tx=tx)
            raise OutOfStock(product.name, left.quantity_available)
        await self._moved(shop, product.key, product.name, tx)

    async def _check_keys(self, product: Product, wanted: int, tx: Tx) -> None:
        """A pool of keys sells no more than it holds: more come by importing them."""
        most = await unpromised(self._db, product.tenant_id, product.key, tx=tx)
        if wanted > most:
            raise BadInput("quantity", "keys_short", most)

    async def count_in(self, shop: Shop, order: Order) -> None:
        """Fold what the ledger says of an order's products into their snapshots and watch the threshold."""
        for item in order.items:
            if item.inventory_tracked:
                await self.fold(shop, item.product_id, item.name)

    async def fold(self, shop: Shop, product_id: str, name: str) -> None:
        """Count a product's unsettled ledger rows into its snapshot and watch the threshold."""

        async def work(tx: Tx) -> None:
            if await fold_within(self._db, shop.id, product_id, tx):
                await self._moved(shop, product_id, name, tx)

        async with self._turns.setdefault(product_id, asyncio.Lock()):
            await self._outbox.commit(work)

    async def _moved(self, shop: Shop, product_id: str, name: str, tx: Tx) -> None:
        """What a change of stock brings about, before anybody else can see it."""
        await self._offering.go_round(shop.id, product_id, tx)
        await self._note_level(shop, product_id, name, tx)
        await Storefront.mark(self._db, shop.id, self._clock.now(), tx=tx)

    async def moved_many(self, shop: Shop, names: Mapping[str, str], waited: Sequence[str], tx: Tx) -> None:
        """The same for many products, by id and name; of very many that ran low only some are told."""
        threshold = shop.config.low_inventory_threshold
        for product_id in waited:
            await self._offering.go_round(shop.id, product_id, tx)
        await mark_ample_all(self._db, shop.id, list(names), threshold, tx=tx)
        low = await newly_low(self._db, shop.id, list(names), threshold, tx=tx)
        for product_id in low[:_MOST_TOLD]:
            await self._note_level(shop, product_id, names[product_id], tx)
        await mark_low_all(self._db, shop.id, low[_MOST_TOLD:], tx=tx)

    async def _note_level(self, shop: Shop, product_id: str, name: str, tx: Tx) -> None:
        """Owe LOW_INVENTORY once when stock falls to the threshold, and again after it rose above it.

        In the transaction that moves the stock: a process that dies after it has nothing left to tell.
        """
        threshold = shop.config.low_inventory_threshold
        await InventorySnapshot.mark_ample(self._db, shop.id, product_id, threshold, tx=tx)
        left = await InventorySnapshot.mark_low(self._db, shop.id, product_id, threshold, tx=tx)
        if left is None:
            return
        alert = Alert(
            tenant_id=shop.id,
            type=AlertType.LOW_INVENTORY,
            severity=AlertSeverity.WARN,
            message="low_stock",
            params={"product": name, "left": left},
            entity_type="Product",
            entity_id=product_id,
        )
        await alert.insert(self._db, tx=tx)
        await self._outbox.owe([alert_effect(alert, self._clock)], tx)


def _reason(text: str) -> str | None:
    cleaned = text.strip()
    if len(cleaned) > _REASON_LENGTH:
        raise BadInput("reason", "length", _REASON_LENGTH)
    return cleaned or None


def alert_effect(alert: Alert, clock: Clock) -> OutboxEffect:
    """The telling of an alert in the staff channel."""
    return effect(
        EffectKind.STAFF_ALERT, alert.tenant_id, alert.key, clock.now(), payload={"alertId": alert.key}
    )
