"""Taking back what an order handed over: at once in the books, roles as Discord lets us."""

from collections.abc import Collection

from models.alert import Alert, AlertSeverity, AlertType
from models.base import Db, Tx
from models.entitlement import Entitlement, EntitlementStatus, EntitlementType
from models.outbox import OutboxEffect
from models.role_term import draw_in
from services.clock import Clock
from services.effects import EffectKind, effect
from services.outbox import Outbox
from services.stock import alert_effect


class Revocation:
    """Writes down what is taken back; the outbox removes the roles that nothing else grants."""

    def __init__(self, db: Db, clock: Clock, outbox: Outbox) -> None:
        self._db = db
        self._clock = clock
        self._outbox = outbox

    async def revoke(
        self, shop_id: str, order_id: str, product_ids: Collection[str], reason: str, tx: Tx
    ) -> int:
        """Take back all that these lines of an order handed over or owe, in the caller's transaction.

        `reason` is a word of the translators, like "refunded". How many were taken back; what was before is
        not counted again, and of another shop's order nothing is found.
        """
        owed = await Entitlement.of_order(self._db, shop_id, order_id, tx=tx)
        lines = [each for each in owed if each.product_id in product_ids]
        return sum([await self.revoke_one(each, reason, tx) for each in lines])

    async def revoke_one(self, entitlement: Entitlement, reason: str, tx: Tx) -> bool:
        """Take one back and owe the removal of its role; False when it was taken back before."""
        now = self._clock.now()
        gone = await Entitlement.revoke(self._db, entitlement, reason, now, tx=tx)
        if gone is None:
            return False
        if gone.type is EntitlementType.DISCORD_ROLE:
            await draw_in(self._db, gone, now, tx=tx)
            await self._outbox.owe([self._removal(gone)], tx)
        return True

    def _removal(self, entitlement: Entitlement) -> OutboxEffect:
        return effect(
            EffectKind.ROLE_REVOKE,
            entitlement.tenant_id,
            entitlement.key,
            self._clock.now(),
            payload={"entitlementId": entitlement.key},
            order_id=entitlement.order_id,
        )

    async def owed(self, tenant_id: str, entitlement_id: str) -> Entitlement | None:
        """The revoked role with this id; None for one that still stands or is unknown."""
        found = await Entitlement.get(self._db, tenant_id, entitlement_id)
        revoked = found is not None and found.status is EntitlementStatus.REVOKED
        return found if revoked else None

    async def wanted(self, entitlement: Entitlement) -> bool:
        """Whether its holder should have the role, by this purchase or any other in the same shop."""
        return await Entitlement.role_is_owed(self._db, entitlement)

    async def removed(self, entitlement: Entitlement) -> None:
        """Note that its holder does not have the role any more."""
        await Entitlement.date_removal(self._db, entitlement, self._clock.now())

    async def failed(self, entitlement: Entitlement, reason: str) -> None:
        """Tell staff, once per reason, why a role could not be taken back."""
        alert = Alert(
            tenant_id=entitlement.tenant_id,
            type=AlertType.FULFILLMENT_FAILED,
            severity=AlertSeverity.ERROR,
            message="role_not_removed",
            params={"reason": reason, "roleId": entitlement.role_id, "userId": entitlement.user_id},
            entity_type="Order",
            entity_id=entitlement.order_id,
        )
        shown = alert_effect(alert, self._clock)
        shown.dedupe_key = f"{shown.kind}:{entitlement.key}:revoke:{reason}"

        async def work(tx: Tx) -> None:
            if await OutboxEffect.not_owed(self._db, [shown], tx=tx):
                await alert.insert(self._db, tx=tx)
                await self._outbox.owe([shown], tx)

        await self._outbox.commit(work)
