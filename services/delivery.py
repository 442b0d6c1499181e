"""Handing over what was bought: roles as Discord lets us, digital items at once."""

from collections.abc import Collection

from models.alert import Alert, AlertSeverity, AlertType
from models.base import Db, Tx, transact
from models.entitlement import Entitlement, EntitlementStatus
from models.member import Member
from models.order import Order, OrderEvent, OrderStatus
from models.outbox import OutboxEffect
from models.role_term import begin
from services.clock import Clock
from services.effects import EffectKind, Notice, effect, notice
from services.outbox import Outbox
from services.shops import Shop
from services.stock import alert_effect

_OPEN = {OrderStatus.PAID, OrderStatus.FULFILLING, OrderStatus.SHIPPED}
_WAITING = {EntitlementStatus.PENDING, EntitlementStatus.FAILED}


class Delivery:
    """Keeps account of what was handed over; who does it is told by the outbox."""

    def __init__(self, db: Db, clock: Clock, outbox: Outbox) -> None:
        self._db = db
        self._clock = clock
        self._outbox = outbox

    async def owed(self, tenant_id: str, entitlement_id: str) -> Entitlement | None:
        """The entitlement if it still has to be granted, else None."""
        found = await Entitlement.get(self._db, tenant_id, entitlement_id)
        if found is not None and found.status is EntitlementStatus.GRANTED:
            # Whoever noted the grant may have died before it looked at the order.
            await self.complete(tenant_id, found.order_id)
        return found if found is not None and found.status in _WAITING else None

    async def granted(self, entitlement: Entitlement) -> None:
        """Note that the role is there; a wholly digital order is complete with its last one."""
        now = self._clock.now()
        await transact(self._db, lambda tx: begin(self._db, entitlement, now, tx=tx))
        await self.complete(entitlement.tenant_id, entitlement.order_id)

    async def complete(self, tenant_id: str, order_id: str) -> None:
        """→ COMPLETE once everything was handed over and every parcel has arrived."""
        order = await Order.get(self._db, tenant_id, order_id)
        if order is None or order.status not in _OPEN or not order.arrived:
            return
        owed = await Entitlement.of_order(self._db, tenant_id, order_id)
        if any(entitlement.status in _WAITING for entitlement in owed):
            return
        event = OrderEvent(at=self._clock.now(), what=OrderStatus.COMPLETE)

        async def work(tx: Tx) -> None:
            await Order.move(self._db, order, OrderStatus.COMPLETE, event, tx=tx)

        await transact(self._db, work)

    async def failed(self, entitlement: Entitlement, reason: str) -> None:
        """Note why a role could not be granted; staff and customer are told once per reason."""
        now = self._clock.now()
        alert = Alert(
            tenant_id=entitlement.tenant_id,
            type=AlertType.FULFILLMENT_FAILED,
            severity=AlertSeverity.ERROR,
            message="role_failed",
            params={"reason": reason, "roleId": entitlement.role_id, "userId": entitlement.user_id},
            entity_type="Order",
            entity_id=entitlement.order_id,
        )
        told = notice(
            Notice.ROLE_FAILED,
            entitlement.tenant_id,
            entitlement.order_id,
            now,
            entitlementId=entitlement.key,
            reason=reason,
        )
        told.dedupe_key += f":{entitlement.key}:{reason}"
        shown = alert_effect(alert, self._clock)
        shown.dedupe_key = f"{shown.kind}:{entitlement.key}:{reason}"

        async def work(tx: Tx) -> None:
            if await Entitlement.fail(self._db, alert.tenant_id, entitlement.id, reason, tx=tx) is None:
                return
            fresh = await OutboxEffect.not_owed(self._db, [shown, told], tx=tx)
            if shown in fresh:
                await alert.insert(self._db, tx=tx)
            await self._outbox.owe(fresh, tx)

        await self._outbox.commit(work)

    async def rejoined(self, shop: Shop, member: Member, present: Collection[str]) -> int:
        """Owe a member who came back every role that an order of theirs grants; how many.

        `present` are the roles of the server. What was granted and is not among them, as after a move, stays
        as it is: nobody could grant it here, and it counts again where it exists.
        """
        now = self._clock.now()
        found = await Entitlement.owed_roles(self._db, shop.id, member.discord_id)
        owed = [each for each in found if each.status in _WAITING or each.role_id in present]
        again = [
            effect(
                EffectKind.ROLE_GRANT,
                shop.id,
                f"{entitlement.key}:rejoined:{int(now.timestamp())}",
                now,
                payload={"entitlementId": entitlement.key},
                order_id=entitlement.order_id,
            )
            for entitlement in owed
        ]

        async def work(tx: Tx) -> None:
            for entitlement in owed:
                await Entitlement.reopen(self._db, entitlement, tx=tx)
            await self._outbox.owe(await OutboxEffect.not_owed(self._db, again, tx=tx), tx)

        await self._outbox.commit(work)
        return len(owed)

    async def of_member(self, shop: Shop, member: Member, order_id: str) -> list[Entitlement]:
        """What one of this member's orders handed over or still owes; empty for anybody else's."""
        owed = await Entitlement.of_order(self._db, shop.id, order_id)
        return [entitlement for entitlement in owed if entitlement.user_id == member.discord_id]
