"""The moment an order is paid: what it sells and what it owes from then on."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from models.alert import Alert, AlertSeverity, AlertType
from models.base import Db, Tx
from models.entitlement import Entitlement, EntitlementStatus, EntitlementType
from models.errors import OutOfStock, Refused
from models.inventory import InventoryMove, InventorySnapshot, InventoryTransaction, apply_row
from models.order import Order, OrderEvent, OrderItem, OrderStatus
from models.outbox import OutboxEffect
from models.payment import Payment, PaymentStatus
from services.clock import Clock
from services.discounts import Discounts
from services.effects import EffectKind, Notice, assign_keys, effect, notice
from services.fund import Fund
from services.outbox import Outbox
from services.role_terms import days_of
from services.shops import Shop
from services.stock import alert_effect
from services.tax_records import sale_owed


class Paid:
    """Writes a payment's confirmation and all that follows from it, inside the caller's transaction."""

    def __init__(self, db: Db, clock: Clock, *, outbox: Outbox, discounts: Discounts, fund: Fund) -> None:
        self._db = db
        self._clock = clock
        self._outbox = outbox
        self._discounts = discounts
        self._fund = fund

    async def write(
        self,
        shop: Shop,
        order: Order,
        payment: Payment,
        fields: dict[str, Any],
        *,
        tx: Tx,
        actor_id: str | None = None,
        at_any_rate: bool = False,
    ) -> Order:
        """Confirm the payment with these stored fields and make its order paid.

        An order that was cancelled takes its stock again; raises OutOfStock when it cannot, or with
        `at_any_rate` enters what is missing as found: somebody decided that there is enough. Its discount
        is used again, too; raises DiscountUsedUp when that cannot be and no person decided.
        Raises Refused when payment or order are in no state to be paid.
        """
        now = self._clock.now()
        confirmed = await Payment.move(
            self._db, payment, PaymentStatus.CONFIRMED, {**fields, "confirmedAt": now}, tx=tx
        )
        if confirmed is None:
            raise Refused("payment", payment.status)
        if order.status is OrderStatus.CANCELLED:
            await self._take_again(order, tx, at_any_rate=at_any_rate)
            # Staff who approve by hand know what the order costs.
            decided = at_any_rate or actor_id is not None
            await self._discounts.take_again(order, tx, at_any_rate=decided)
        event = OrderEvent(at=now, what=OrderStatus.PAID, actor_id=actor_id)
        dates = {"paidAt": now, "holdEndsAt": None, "cancelledAt": None, "cancelReason": None}
        paid = await Order.move(self._db, order, OrderStatus.PAID, event, fields=dates, tx=tx)
        if paid is None:
            raise Refused("order", order.status)
        await InventoryTransaction.insert_all(self._db, _sales(paid), tx=tx)
        owed = entitlements_owed(paid, now)
        await Entitlement.insert_all(self._db, owed, tx=tx)
        await self._fund.contribute(paid, tx)
        await self._owe(shop, paid, owed, tx)
        return await self._complete_if_delivered(paid, owed, tx)

    async def _take_again(self, order: Order, tx: Tx, *, at_any_rate: bool) -> None:
        for item in order.items:
            if not item.inventory_tracked:
                continue
            row = _row(order, item, InventoryMove.RESERVE, -item.quantity, settled=True)
            if await apply_row(self._db, row, tx):
                continue
            left = await InventorySnapshot.of_product(self._db, order.tenant_id, item.product_id, tx=tx)
            if not at_any_rate:
                raise OutOfStock(item.name, left.quantity_available)
            missing = item.quantity - left.quantity_available
            found = _row(order, item, InventoryMove.ADJUSTMENT, missing, settled=True)
            if not (await apply_row(self._db, found, tx) and await apply_row(self._db, row, tx)):
                raise OutOfStock(item.name, left.quantity_available)

    async def _owe(self, shop: Shop, order: Order, owed: list[Entitlement], tx: Tx) -> None:
        now = self._clock.now()
        alert = Alert(
            tenant_id=order.tenant_id,
            type=AlertType.NEW_ORDER,
            severity=AlertSeverity.INFO,
            message="new_order",
            params=_told(order),
            entity_type="Order",
            entity_id=order.key,
        )
        await alert.insert(self._db, tx=tx)
        owing = [*owed_when_paid(shop.id, order, owed, now), alert_effect(alert, self._clock)]
        await self._outbox.owe(owing, tx)

    async def _complete_if_delivered(self, order: Order, owed: list[Entitlement], tx: Tx) -> Order:
        if not order.arrived or any(e.status is not EntitlementStatus.GRANTED for e in owed):
            return order
        event = OrderEvent(at=self._clock.now(), what=OrderStatus.COMPLETE)
        return await Order.move(self._db, order, OrderStatus.COMPLETE, event, tx=tx) or order


def _told(order: Order) -> dict[str, Any]:
    """What the alert of a paid order says."""
    said = {"number": order.order_number, "total": order.total_cents, "currency": order.currency}
    return {**said, "ships": True} if order.needs_shipping else said


def _row(
    order: Order, item: OrderItem, move: InventoryMove, delta: int, *, settled: bool
) -> InventoryTransaction:
    return InventoryTransaction(
        tenant_id=order.tenant_id,
        product_id=item.product_id,
        order_id=order.key,
        type=move,
        quantity_delta=delta,
        settled=settled,
    )


def _sales(order: Order) -> list[InventoryTransaction]:
    return [
        _row(order, item, InventoryMove.SALE, -item.quantity, settled=False)
        for item in order.items
        if item.inventory_tracked
    ]


def releases(order: Order) -> list[InventoryTransaction]:
    """The ledger rows that give a cancelled order's stock back."""
    return [
        _row(order, item, InventoryMove.RELEASE, item.quantity, settled=False)
        for item in order.items
        if item.inventory_tracked
    ]


def owed_when_paid(
    shop_id: str, order: Order, owed: Sequence[Entitlement], now: datetime
) -> list[OutboxEffect]:
    """The effects that a paid order owes with its entitlements; its gift and its alert owe their own."""
    roles = [
        effect(
            EffectKind.ROLE_GRANT,
            shop_id,
            f"{each.key}:0",
            now,
            payload={"entitlementId": each.key},
            order_id=order.key,
        )
        for each in owed
        if each.type is EntitlementType.DISCORD_ROLE
    ]
    payload = {"orderId": order.key}
    number = effect(EffectKind.INVOICE_NUMBER, shop_id, order.key, now, payload=payload, order_id=order.key)
    told = notice(Notice.PAYMENT_CONFIRMED, shop_id, order.key, now)
    keys = [assign_keys(each.key, shop_id, order.key, now) for each in owed if each.keys]
    return [number, *roles, *keys, told, *sale_owed(order, now)]


def entitlements_owed(order: Order, now: datetime) -> list[Entitlement]:
    """The roles and digital items that a paid order's lines owe."""
    owed: list[Entitlement] = []
    for item in order.items:
        owed.extend(
            _owed(order, item, EntitlementType.DISCORD_ROLE, role_id=role, days=days_of(item))
            for role in item.granted_role_ids
        )
        if item.handed_over:
            # A digital item is delivered by being there: Get my items shows it from now on.
            given = _owed(order, item, EntitlementType.DIGITAL_ITEM, metadata=item.handed_over)
            owed.append(given.model_copy(update={"status": EntitlementStatus.GRANTED, "granted_at": now}))
        if item.is_digital and item.delivers_keys:
            owed.append(_owed(order, item, EntitlementType.DIGITAL_ITEM, keys=item.quantity))
    return owed


def _owed(order: Order, item: OrderItem, kind: EntitlementType, **more: Any) -> Entitlement:
    return Entitlement(
        tenant_id=order.tenant_id,
        user_id=order.customer.discord_id,
        order_id=order.key,
        product_id=item.product_id,
        type=kind,
        **more,
    )
