"""Hands out the one-time keys that were paid for, each exactly once; replaces bad ones (docs/adr/0013)."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo.errors import DuplicateKeyError

from models.alert import Alert, AlertSeverity, AlertType
from models.base import Db, Tx
from models.digital_key import DigitalKey, KeyStatus, unpromised
from models.entitlement import Entitlement, EntitlementStatus
from models.errors import BadInput, NotFound, Refused
from models.inventory import InventoryMove, InventorySnapshot, InventoryTransaction
from models.member import Member
from models.order import Order, OrderEvent
from models.outbox import OutboxEffect
from models.product import Product
from services.audit import Audit
from services.clock import Clock
from services.delivery import Delivery
from services.effects import EffectKind, Notice, notice
from services.key_pool import NO_KEYS, about
from services.outbox import Outbox
from services.shops import Shop
from services.stock import Stock, alert_effect
from services.vault import Vault, VaultShut
from services.worker import EffectFailed, Worker

_REASON_LENGTH = 500

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class HeldKey:
    """A key that was handed out; `number` counts from 1 within its line.

    `text` is None when it cannot be opened, or is not to be shown. A replaced one keeps its number and says
    when and why it was replaced.
    """

    id: str
    number: int
    text: str | None
    taken_at: datetime | None
    replaced_at: datetime | None
    reason: str | None

    def written(self) -> dict[str, Any]:
        """The key with its dates, ready for JSON."""
        at = {"taken_at": self.taken_at, "replaced_at": self.replaced_at}
        dates = {name: moment.isoformat() for name, moment in at.items() if moment}
        return {"number": self.number, "key": self.text, **dates}


type HeldKeys = dict[str, list[HeldKey]]


class KeyDelivery:
    """Takes keys out of pools for whoever has paid for them."""

    def __init__(
        self,
        db: Db,
        clock: Clock,
        *,
        audit: Audit,
        outbox: Outbox,
        stock: Stock,
        delivery: Delivery,
        vault: Vault,
    ) -> None:
        self._db = db
        self._clock = clock
        self._audit = audit
        self._outbox = outbox
        self._stock = stock
        self._delivery = delivery
        self._vault = vault

    def sign_up(self, worker: Worker) -> None:
        """Let the worker call for keys.assign."""
        worker.register(EffectKind.KEYS_ASSIGN, self.assign)

    async def assign(self, effect: OutboxEffect) -> str:
        """Hand out what an entitlement owes, as far as it has not happened; raises EffectFailed(no_keys).

        Each key is taken by one conditional update for one slot, so that neither another worker, nor this
        one after it died, can take a second for the same slot or the same key for somebody else.
        """
        owed = await self._delivery.owed(effect.tenant_id, effect.payload["entitlementId"])
        if owed is None:
            return "not_owed"
        if not await self._take(owed):
            await self._failed(owed)
            raise EffectFailed(NO_KEYS)
        await self._granted(owed)
        await self._delivery.complete(owed.tenant_id, owed.order_id)
        return "assigned"

    async def _take(self, owed: Entitlement) -> bool:
        served = await DigitalKey.handed_out(self._db, owed.tenant_id, [owed.key])
        filled = {key.slot for key in served if key.status is KeyStatus.TAKEN}
        for slot in sorted(set(range(owed.keys)) - filled):
            try:
                if await DigitalKey.take(self._db, owed, slot, self._clock.now()) is None:
                    return False
            except DuplicateKeyError:
                # Another worker was faster; what it took is just as well.
                continue
        return True

    async def _granted(self, owed: Entitlement) -> None:
        now = self._clock.now()
        told = notice(Notice.KEY_DELIVERED, owed.tenant_id, owed.order_id, now, entitlementId=owed.key)
        told.dedupe_key += f":{owed.key}"

        async def work(tx: Tx) -> None:
            if await Entitlement.grant(self._db, owed.tenant_id, owed.id, now, tx=tx) is not None:
                await self._outbox.owe([told], tx)

        await self._outbox.commit(work)

    async def _failed(self, owed: Entitlement) -> None:
        """Note that keys are missing; staff are told once."""
        order = await Order.get(self._db, owed.tenant_id, owed.order_id)
        product = await Product.get(self._db, owed.tenant_id, owed.product_id)
        alert = Alert(
            tenant_id=owed.tenant_id,
            type=AlertType.FULFILLMENT_FAILED,
            severity=AlertSeverity.ERROR,
            message="keys_missing",
            params={
                "product": product.name if product else "",
                "number": order.order_number if order else "",
                "orderId": owed.order_id,
            },
            entity_type="Product",
            entity_id=owed.product_id,
        )

        async def work(tx: Tx) -> None:
            if await Entitlement.fail(self._db, owed.tenant_id, owed.id, NO_KEYS, tx=tx) is None:
                return
            await alert.insert(self._db, tx=tx)
            await self._outbox.owe([alert_effect(alert, self._clock)], tx)

        await self._outbox.commit(work)

    async def held(self, tenant_id: str, entitlements: Sequence[Entitlement]) -> HeldKeys:
        """The keys that were handed out, by entitlement; none of what was taken back.

        Only for showing to whom the entitlements belong, and never for lists or logs.
        """
        ids = [each.key for each in entitlements if each.keys and not _revoked(each)]
        found: HeldKeys = {}
        for key in await DigitalKey.handed_out(self._db, tenant_id, ids) if ids else []:
            found.setdefault(key.entitlement_id or "", []).append(self._opened(key))
        return found

    async def numbered(self, tenant_id: str, entitlements: Sequence[Entitlement]) -> HeldKeys:
        """The same for staff: which keys an order got and when, without the keys themselves."""
        ids = [each.key for each in entitlements if each.keys]
        found: HeldKeys = {}
        for key in await DigitalKey.handed_out(self._db, tenant_id, ids) if ids else []:
            found.setdefault(key.entitlement_id or "", []).append(_shown(key, None))
        return found

    def _opened(self, key: DigitalKey) -> HeldKey:
        try:
            text = self._vault.open(key.sealed, about=about(key.tenant_id, key.product_id))
        except VaultShut:
            log.error("key_not_opened", extra={"key": key.key, "tenant": key.tenant_id})  # noqa: TRY400 - the trace says no more
            text = None
        return _shown(key, text)

    async def replace(self, shop: Shop, actor: Member, key_id: str, reason: str) -> str:
        """Take back a bad key and hand out a free one in its place; the id of its order.

        The customer is told with the reason. Raises BadInput, NotFound, or Refused when it was replaced
        before or what it was for was taken back.
        """
        bad = await DigitalKey.get(self._db, shop.id, key_id)
        if bad is None or bad.order_id is None or bad.entitlement_id is None:
            raise NotFound("key")
        # Whoever writes the key itself down as the reason must not bring it into history and audit.
        why, order_id = _reason(reason, self._opened(bad).text), bad.order_id
        await self._outbox.commit(lambda tx: self._swap(shop, actor, bad, why, tx))
        return order_id

    async def _swap(self, shop: Shop, actor: Member, bad: DigitalKey, why: str, tx: Tx) -> None:
        now = self._clock.now()
        owed = await Entitlement.get(self._db, shop.id, bad.entitlement_id or "", tx=tx)
        if owed is None or _revoked(owed):
            raise Refused("key", EntitlementStatus.REVOKED)
        if await DigitalKey.retire(self._db, bad, actor.discord_id, why, now, tx=tx) is None:
            raise Refused("key", KeyStatus.REPLACED)
        await self._off_sale(shop, bad, tx)
        fresh = await DigitalKey.take(self._db, owed, bad.slot or 0, now, tx=tx)
        if fresh is None:
            raise BadInput("keys", "no_spare_key")
        number = (bad.slot or 0) + 1
        told = notice(
            Notice.KEY_REPLACED, shop.id, owed.order_id, now,
            entitlementId=owed.key, number=number, reason=why,
        )  # fmt: skip
        told.dedupe_key += f":{bad.key}"
        event = OrderEvent(at=now, what="key_replaced", actor_id=actor.discord_id, note=why)
        order = await Order.get(self._db, shop.id, owed.order_id, tx=tx)
        if order is not None:
            await Order.note(self._db, order, event, tx=tx)
        after = {"status": KeyStatus.REPLACED, "reason": why, "replacement": fresh.key}
        before = {"status": KeyStatus.TAKEN}
        await self._audit.record(shop.id, actor, "key.replace", bad, before=before, after=after, tx=tx)
        await self._outbox.owe([told], tx)

    async def _off_sale(self, shop: Shop, bad: DigitalKey, tx: Tx) -> None:
        """Take the replacement out of what is on sale; raises BadInput when every free key is promised."""
        if await unpromised(self._db, shop.id, bad.product_id, tx=tx) < 1:
            raise BadInput("keys", "no_spare_key")
        product = await Product.get(self._db, shop.id, bad.product_id, tx=tx)
        left = await InventorySnapshot.of_product(self._db, shop.id, bad.product_id, tx=tx)
        if product is None or not product.delivers_keys or left.quantity_available < 1:
            return
        row = InventoryTransaction(
            tenant_id=shop.id,
            product_id=bad.product_id,
            order_id=bad.order_id,
            type=InventoryMove.ADJUSTMENT,
            quantity_delta=-1,
            reason="key replaced",
        )
        await self._stock.write(shop, product, row, tx)


def _revoked(owed: Entitlement) -> bool:
    return owed.status is EntitlementStatus.REVOKED


def _shown(key: DigitalKey, text: str | None) -> HeldKey:
    return HeldKey(
        id=key.key,
        number=(key.slot or 0) + 1,
        text=text,
        taken_at=key.taken_at,
        replaced_at=key.replaced_at,
        reason=key.replaced_reason,
    )


def _reason(text: str, key: str | None) -> str:
    cleaned = (text.replace(key, "•••") if key else text).strip()
    if not cleaned:
        raise BadInput("reason", "required")
    if len(cleaned) > _REASON_LENGTH:
        raise BadInput("reason", "length", _REASON_LENGTH)
    return cleaned
