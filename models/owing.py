"""What is still owed to or by a person whose records somebody would like to erase (docs/adr/0024)."""

from collections.abc import Iterator

from models.access import User, roles_of
from models.base import Db, Tx
from models.customer import Customer
from models.data_import import DataImport, ImportState
from models.entitlement import Entitlement, EntitlementStatus
from models.erasing import Trail
from models.order import Order, OrderStatus
from models.outbox import OutboxEffect, OutboxStatus
from models.payment import Payment, PaymentStatus, RefundState
from models.problems import Debt
from models.session import OrderSession, SessionState
from models.shipment import ParcelState, Shipment
from models.tenant import Tenant

_DONE = {
    OrderStatus.COMPLETE,
    OrderStatus.CANCELLED,
    OrderStatus.REFUNDED,
    OrderStatus.PARTIALLY_REFUNDED,
}
_MOVING = {
    PaymentStatus.PROCESSING,
    PaymentStatus.AWAITING_ADMIN_APPROVAL,
    PaymentStatus.UNDERPAID,
    PaymentStatus.DISPUTED,
}
_UNSETTLED = {RefundState.ASKED, RefundState.PENDING, RefundState.UNKNOWN}
_UNDER_WAY = {
    ParcelState.BUYING,
    ParcelState.UNKNOWN,
    ParcelState.LABELLED,
    ParcelState.SENT,
    ParcelState.EXCEPTION,
}
# They only tell somebody, who is not told any more, or the staff, who may be.
_TELLING = ("customer.", "mail.", "staff.", "stock.")


async def trail(db: Db, customer: Customer, pseudonym: str, *, tx: Tx | None = None) -> Trail:
    """What an account of a person left behind in its shop."""
    bought = {"tenantId": customer.tenant_id, "customer.discordId": customer.discord_id}
    orders = [row async for row in Order.rows(db).find(bought, {"paymentId": 1}, session=tx)]
    return Trail(
        tenant_id=customer.tenant_id,
        discord_id=customer.discord_id,
        pseudonym=pseudonym,
        customer_keys=[customer.key],
        order_keys=[str(row["_id"]) for row in orders],
        payment_keys=[str(row["paymentId"]) for row in orders],
    )


async def debts(db: Db, left: Trail, *, tx: Tx | None = None) -> list[Debt]:
    """All that keeps one account from being erased, order by order."""
    bought = {"tenantId": left.tenant_id, "customer.discordId": left.discord_id}
    orders = await Order.find_all(db, bought, sort="createdAt", tx=tx)
    numbers = {order.key: order.order_number for order in orders}
    found = [each for order in orders for each in _of_order(order)]
    for payment in await Payment.find_all(db, left.of_orders(), tx=tx):
        found += _of_payment(payment)
    for owed in await Entitlement.find_all(db, left.of_orders(), tx=tx):
        if owed.status in {EntitlementStatus.PENDING, EntitlementStatus.FAILED}:
            found.append(Debt("goods", numbers.get(owed.order_id, "")))
    for shipment in await Shipment.find_all(db, left.of_orders(), tx=tx):
        if any(parcel.state in _UNDER_WAY for parcel in shipment.parcels):
            found.append(Debt("parcel", numbers.get(shipment.order_id, "")))
    open_states = {"$in": [OutboxStatus.PENDING, OutboxStatus.DEAD]}
    for effect in await OutboxEffect.find_all(db, {**left.of_orders(), "status": open_states}, tx=tx):
        if not effect.kind.startswith(_TELLING):
            found.append(Debt("effect", numbers.get(effect.order_id or "", "")))
    return list(dict.fromkeys([*found, *await _of_person(db, left, tx)]))


def _of_order(order: Order) -> Iterator[Debt]:
    if order.status not in _DONE or order.awaits_parcel:
        yield Debt("order", order.order_number, order.status)
    elif order.disputed:
        yield Debt("payment", order.order_number, PaymentStatus.DISPUTED)


def _of_payment(payment: Payment) -> Iterator[Debt]:
    if payment.status in _MOVING or (payment.pending_refs and not payment.settled):
        yield Debt("payment", payment.order_number, payment.status)
    if payment.conflict is not None or (payment.received_any and not payment.settled):
        yield Debt("conflict", payment.order_number)
    if any(refund.state in _UNSETTLED for refund in payment.refunds):
        yield Debt("refund", payment.order_number)


async def _of_person(db: Db, left: Trail, tx: Tx | None) -> list[Debt]:
    mine = {"tenantId": left.tenant_id, "discordUserId": left.discord_id}
    found = []
    cart = await OrderSession.find_one(db, {**mine, "isOpen": True}, tx=tx)
    if cart is not None and cart.state is SessionState.CONFIRMING:
        found.append(Debt("cart"))
    tenant = await Tenant.find_one(db, {"tenantId": left.tenant_id}, tx=tx)
    user = await User.of_discord(db, left.tenant_id, left.discord_id, tx=tx)
    runs = tenant is not None and left.discord_id in {tenant.owner_user_id, *tenant.admin_user_ids}
    if runs or (user is not None and user.is_admin):
        found.append(Debt("runs"))
    if await DataImport.find_one(db, {"tenantId": left.tenant_id, "state": ImportState.APPLYING}, tx=tx):
        found.append(Debt("import"))
    if user is not None:
        found += [Debt("role", role.name) for role in await roles_of(db, user, tx=tx)]
    return found


async def references(db: Db, left: Trail, *, tx: Tx) -> list[str]:
    """By what providers' messages name the orders of an account: ids of ours and theirs, nothing personal."""
    payments = await Payment.find_all(db, left.of_orders(), tx=tx)
    theirs = {ref for each in payments for ref in (each.provider_ref, *each.charge_refs, *each.pending_refs)}
    shipments = await Shipment.find_all(db, left.of_orders(), tx=tx)
    parcels = [parcel for each in shipments for parcel in each.parcels]
    posts = {ref for each in parcels for ref in (each.track_ref, each.quote_ref, each.tracking_number)}
    return sorted({*left.order_keys, *left.payment_keys, *(ref for ref in theirs | posts if ref)})
