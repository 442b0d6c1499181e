"""A product's pool of one-time keys: switching it on, filling it, and what it holds (docs/adr/0013)."""

import asyncio
from dataclasses import dataclass

from pymongo.errors import DuplicateKeyError

from models.base import Db, Tx
from models.digital_key import DigitalKey, KeyStatus, unpromised, unserved
from models.errors import AlreadyExists, BadInput
from models.inventory import InventoryMove, InventorySnapshot, InventoryTransaction
from models.member import Member
from models.outbox import OutboxEffect
from models.problems import KeyProblem
from models.product import Product
from models.required import required
from services.audit import Audit
from services.clock import Clock
from services.key_reading import KeyLine, checked, refuse
from services.outbox import Outbox
from services.shops import Shop
from services.stock import Stock
from services.vault import Vault

NO_KEYS = "no_keys"


@dataclass(frozen=True)
class PoolView:
    """What a product's pool holds; `waiting` counts keys that are paid for and not there."""

    product: Product
    free: int
    taken: int
    replaced: int
    waiting: int


def about(tenant_id: str, product_id: str) -> str:
    """Whose key it is: a seal or a digest of another product's opens or matches nowhere else."""
    return f"{tenant_id}/products/{product_id}/key"


class KeyPool:
    """Fills pools; what leaves them is in services/key_delivery.py."""

    def __init__(
        self, db: Db, clock: Clock, *, audit: Audit, outbox: Outbox, stock: Stock, vault: Vault
    ) -> None:
        self._db = db
        self._clock = clock
        self._audit = audit
        self._outbox = outbox
        self._stock = stock
        self._vault = vault

    async def of(self, shop: Shop, product_id: str) -> PoolView:
        """How many keys of a product are free, taken, replaced and waited for; raises NotFound."""
        product = await self._product(shop, product_id)
        counts = await DigitalKey.counts(self._db, shop.id, product.key)
        waiting = await unserved(self._db, shop.id, product.key)
        free, taken, replaced = (counts[each] for each in KeyStatus)
        return PoolView(product, free, taken, replaced, waiting)

    async def switch(self, shop: Shop, actor: Member, product_id: str, *, on: bool) -> PoolView:
        """Let a product deliver keys of its pool, or no longer; raises NotFound.

        One with a pool is digital and counted, and has as many to sell as keys nobody is owed.
        """
        product = await self._product(shop, product_id)

        async def work(tx: Tx) -> None:
            after = {"deliversKeys": on}
            if on:
                after |= {"isDigital": True, "inventoryTracked": True}
                await self._level(shop, product, tx)
            stored = product.model_dump_doc()
            before = {name: stored[name] for name in after}
            await Product.set_fields(self._db, product, after, tx=tx)
            await self._audit.record(
                shop.id, actor, "product.edit", product, before=before, after=after, tx=tx
            )

        if product.delivers_keys is not on:
            await self._outbox.commit(work)
        return await self.of(shop, product_id)

    async def add(self, shop: Shop, actor: Member, product_id: str, lines: list[KeyLine]) -> PoolView:
        """Put keys into the pool and as many on sale, all of them or none.

        What waits for keys is tried again at once. Raises NotFound, BadInput, or KeysRefused with the lines
        that are wrong or in the pool already.
        """
        product = await self._product(shop, product_id)
        if not product.delivers_keys:
            raise BadInput("keys", "keys_off")
        checked(lines)
        # Sealing thousands takes a while that others must not wait for.
        keys = await asyncio.to_thread(self._sealed, product, lines)
        await self._refuse_known(product, lines)
        try:
            await self._outbox.commit(lambda tx: self._insert(shop, actor, product, keys, tx))
        except DuplicateKeyError as error:
            await self._refuse_known(product, lines)
            raise AlreadyExists("keys") from error
        return await self.of(shop, product_id)

    async def known(self, product: Product, texts: list[str], *, tx: Tx | None = None) -> set[str]:
        """Those of these keys that are in the product's pool already, in any state."""
        whose = about(product.tenant_id, product.key)
        text_of = {digest: text for text in texts for digest in self._vault.digests(text, about=whose)}
        known = await DigitalKey.known(self._db, product.tenant_id, product.key, list(text_of), tx=tx)
        return {text_of[digest] for digest in known}

    async def insert(self, shop: Shop, actor: Member, product: Product, lines: list[KeyLine], tx: Tx) -> None:
        """Put keys that were checked into the pool, within the caller's transaction."""
        keys = await asyncio.to_thread(self._sealed, product, lines)
        await self._insert(shop, actor, product, keys, tx)

    async def _insert(
        self, shop: Shop, actor: Member, product: Product, keys: list[DigitalKey], tx: Tx
    ) -> None:
        waiting = await unserved(self._db, shop.id, product.key, tx=tx)
        await DigitalKey.insert_all(self._db, keys, tx=tx)
        reason = "keys imported"
        row = _row(product, InventoryMove.RESTOCK, len(keys), reason)
        await self._stock.write(shop, product, row, tx)
        await self._audit.record(shop.id, actor, "keys.import", product, after={"count": len(keys)}, tx=tx)
        if waiting:
            await self._spare(shop, product, tx)
            await OutboxEffect.hasten(self._db, shop.id, NO_KEYS, self._clock.now(), tx=tx)

    async def _spare(self, shop: Shop, product: Product, tx: Tx) -> None:
        """Take off sale the keys that somebody has paid for already."""
        left = await InventorySnapshot.of_product(self._db, shop.id, product.key, tx=tx)
        most = await unpromised(self._db, shop.id, product.key, tx=tx)
        over = left.quantity_available - most
        if over > 0:
            row = _row(product, InventoryMove.ADJUSTMENT, -over, "keys owed to paid orders")
            await self._stock.write(shop, product, row, tx)

    async def _level(self, shop: Shop, product: Product, tx: Tx) -> None:
        """Bring the stock of a product that now delivers keys to what its pool holds."""
        left = await InventorySnapshot.of_product(self._db, shop.id, product.key, tx=tx)
        delta = await unpromised(self._db, shop.id, product.key, tx=tx) - left.quantity_available
        if delta:
            row = _row(product, InventoryMove.ADJUSTMENT, delta, "counted by keys")
            await self._stock.write(shop, product, row, tx)

    def _sealed(self, product: Product, lines: list[KeyLine]) -> list[DigitalKey]:
        whose = about(product.tenant_id, product.key)
        return [
            DigitalKey(
                tenant_id=product.tenant_id,
                product_id=product.key,
                sealed=self._vault.seal(each.text, about=whose),
                digest=self._vault.digests(each.text, about=whose)[0],
            )
            for each in lines
        ]

    async def _refuse_known(self, product: Product, lines: list[KeyLine]) -> None:
        whose = about(product.tenant_id, product.key)
        line_of = {
            digest: each.line for each in lines for digest in self._vault.digests(each.text, about=whose)
        }
        known = await DigitalKey.known(self._db, product.tenant_id, product.key, list(line_of))
        refuse([KeyProblem(line, "known") for line in sorted(line_of[digest] for digest in known)])

    async def _product(self, shop: Shop, product_id: str) -> Product:
        return required(await Product.get(self._db, shop.id, product_id), "product")


def _row(product: Product, move: InventoryMove, delta: int, reason: str) -> InventoryTransaction:
    return InventoryTransaction(
        tenant_id=product.tenant_id, product_id=product.key, type=move, quantity_delta=delta, reason=reason
    )
