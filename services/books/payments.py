"""Whether every order has one payment that says the same: sums, states, and money that went back."""

from collections.abc import AsyncIterator, Iterator

from models.order import Order, OrderStatus
from models.payment import Payment, PaymentStatus, RefundState
from models.payment_life import SETTLED
from services.books.contract import Check, Finding, waits, wrong
from services.books.look import Look
from services.settling.returns import order_after, status_after

P = PaymentStatus
_REFUNDED = {OrderStatus.PARTIALLY_REFUNDED, OrderStatus.REFUNDED}
# Which states of a payment an order may be found with; every state that is not here is one of a paid order.
PAIRS = {
    OrderStatus.PENDING_PAYMENT: frozenset(
        {P.PENDING_PAYMENT, P.AWAITING_ADMIN_APPROVAL, P.PROCESSING, P.REJECTED, P.UNDERPAID, P.FAILED}
    ),
    OrderStatus.CANCELLED: frozenset({P.EXPIRED, P.REJECTED, P.AWAITING_ADMIN_APPROVAL}),
}


class Payments(Check):
    """Money and goods are told apart by these two records."""

    name = "payments"
    over = (Order,)
    finds = frozenset(
        {
            *("payment_missing", "payment_twice", "payment_other", "amount_other", "currency_other"),
            *("states_apart", "paid_undated", "refunded_too_much", "refund_apart", "refund_status"),
            *("payment_status", "hold_endless", "hold_overdue"),
        }
    )

    async def look(self, look: Look) -> AsyncIterator[Finding]:
        """Compare each order with its payment."""
        payments = await look.beside(Payment, "orderId")
        for order in look.records(Order):
            mine = payments.get(order.key, [])
            own = next((each for each in mine if each.key == order.payment_id), None)
            where = {"order": order.key, "payment": order.payment_id}
            if len(mine) > 1:
                others = sorted(each.key for each in mine if each is not own)
                yield wrong(look, "payment_twice", order, where={**where, "other": others[0]}, many=len(mine))
            if own is None:
                yield wrong(look, "payment_missing", order, where=where)
                continue
            for finding in (*_same(look, order, own), *_states(look, order, own), *_back(look, order, own)):
                yield finding


def _same(look: Look, order: Order, payment: Payment) -> Iterator[Finding]:
    where = {"order": order.key, "payment": payment.key}
    if (order.order_number, order.payment_method) != (payment.order_number, payment.method):
        yield wrong(look, "payment_other", order, where=where)
    if payment.amount_cents != order.total_cents:
        sums = {"said": payment.amount_cents, "due": order.total_cents}
        yield wrong(look, "amount_other", order, where=where, **sums)
    if payment.currency != order.currency:
        said = {"said": payment.currency, "due": order.currency}
        yield wrong(look, "currency_other", order, where=where, **said)


def _states(look: Look, order: Order, payment: Payment) -> Iterator[Finding]:
    where = {"order": order.key, "payment": payment.key}
    states = {"order_state": order.status.value, "payment_state": payment.status.value}
    allowed = PAIRS.get(order.status, SETTLED)
    if payment.status not in allowed:
        yield wrong(look, "states_apart", order, where=where, **states)
    if (order.paid_at is None) != (order.status in PAIRS):
        yield wrong(look, "paid_undated", order, where=where, **states)
    if order.status is not OrderStatus.PENDING_PAYMENT:
        return
    waiting = {P.AWAITING_ADMIN_APPROVAL, P.PROCESSING}
    if order.hold_ends_at is None and payment.status not in waiting:
        yield wrong(look, "hold_endless", order, where=where, **states)
    elif look.late(order.hold_ends_at) and payment.status not in waiting:
        yield waits(look, "hold_overdue", order, where=where, **states)


def _back(look: Look, order: Order, payment: Payment) -> Iterator[Finding]:
    where = {"order": order.key, "payment": payment.key}
    given = [each for each in payment.refunds if each.state is not RefundState.FAILED]
    gone = sum(each.amount_cents for each in given)
    if gone > payment.received_cents:
        sums = {"said": gone, "due": payment.received_cents}
        yield wrong(look, "refunded_too_much", order, where=where, **sums)
    if not payment.settled:
        return
    due_state = status_after(payment)
    if payment.status is not due_state:
        said = {"said": payment.status.value, "due": due_state.value}
        yield wrong(look, "payment_status", order, where=where, **said)
    if order.paid_at is None:
        return
    status, back = order_after(payment, order)
    if order.refunded_cents != back:
        yield wrong(look, "refund_apart", order, where=where, said=order.refunded_cents, due=back)
    if (status in _REFUNDED or order.status in _REFUNDED) and status is not order.status:
        said = {"said": order.status.value, "due": status.value}
        yield wrong(look, "refund_status", order, where=where, **said)


CHECK = Payments()
