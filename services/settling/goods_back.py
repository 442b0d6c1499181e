"""What a refund that was made does to the goods: back on the shelf, and out of the customer's hands."""

from models.entitlement import Entitlement, EntitlementStatus
from models.inventory import InventoryMove, InventoryTransaction
from models.order import OrderStatus
from models.payment import RefundState
from services.fulfilment import Fulfilment
from services.revocation import Revocation
from services.settling.case import Case, Ledger
from services.settling.credit import gone_back, to_restock

_WHY = "refunded"


class GoodsBack:
    """Follows a payment's books, in the transaction that writes them; what was done before stays done."""

    def __init__(self, ledger: Ledger, revocation: Revocation, fulfilment: Fulfilment) -> None:
        self._ledger = ledger
        self._revocation = revocation
        self._fulfilment = fulfilment

    async def follow(self, case: Case) -> None:
        """Restock, revoke and no longer send what the payment's refunds now call for."""
        if case.order.paid_at is None:
            return
        await self._restock(case)
        await self._revoke(case)
        case.order = await self._fulfilment.follow(case.order, case.payment, case.tx)

    async def handed_over(self, case: Case) -> bool:
        """Whether the customer has all that the order hands over, and nothing has to be sent."""
        owed = await Entitlement.of_order(self._ledger.db, case.shop.id, case.order.key, tx=case.tx)
        return case.order.arrived and all(e.status is EntitlementStatus.GRANTED for e in owed)

    async def _restock(self, case: Case) -> None:
        """Rows of the ledger, counted into the snapshots afterwards; the ledger itself knows what it has."""
        if not any(each.restock for each in case.payment.refunds):
            return
        db, order = self._ledger.db, case.order
        restocked = await InventoryTransaction.pieces_of_order(
            db, order.tenant_id, order.key, InventoryMove.REFUND, tx=case.tx
        )
        rows = [
            InventoryTransaction(
                tenant_id=order.tenant_id,
                product_id=product_id,
                order_id=order.key,
                type=InventoryMove.REFUND,
                quantity_delta=pieces,
                settled=False,
            )
            for product_id, pieces in to_restock(order, case.payment, restocked).items()
        ]
        await InventoryTransaction.insert_all(db, rows, tx=case.tx)

    async def _revoke(self, case: Case) -> None:
        order, gone = case.order, gone_back(case.order, case.payment)
        lost = {item.product_id for item in order.items if gone.get(item.product_id, 0) == item.quantity}
        if order.status is OrderStatus.REFUNDED:
            lost = {item.product_id for item in order.items}
        if lost and any(each.state is RefundState.DONE for each in case.payment.refunds):
            await self._revocation.revoke(case.shop.id, order.key, lost, _WHY, case.tx)
