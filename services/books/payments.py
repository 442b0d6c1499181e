"""Whether every order has one payment that says the same: sums, states, and money that went back."""

from collections.abc import AsyncIterator, Iterator

from models.order import Order, OrderStatus
from models.payment import Payment, PaymentStatus
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
                if (Payment.__collection__, order.payment_id) not in look.unreadable:
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
    # Those that were only asked for may meet one made at the provider's: it refuses what is too much.
    if payment.refunded_cents > payment.received_cents:
        sums = {"said": payment.refunded_cents, "due": payment.received_cents}
        yield wrong(look, "refunded_too_much", order, where=where, **sums)
    if not payment.settled:
        return
    befits = [status_after(each) for each in _since(payment)]
    if payment.status not in befits:
        said = {"said": payment.status.value, "due": befits[0].value}
        yield wrong(look, "payment_status", order, where=where, **said)
    if order.paid_at is not None:
        yield from _told(look, order, payment)


def _told(look: Look, order: Order, payment: Payment) -> Iterator[Finding]:
    """What the order says of the money that went back of it."""
    where, after = {"order": order.key, "payment": payment.key}, _since(payment)
    befits = [order_after(each, order) for each in after]
    status, back = befits[0]
    if order.refunded_cents not in {each for _, each in befits}:
        yield wrong(look, "refund_apart", order, where=where, said=order.refunded_cents, due=back)
    shown = {each if each in _REFUNDED else None for each, _ in befits}
    if (order.status if order.status in _REFUNDED else None) not in shown:
        said = {"said": order.status.value, "due": status.value}
        yield wrong(look, "refund_status", order, where=where, **said)


def _since(payment: Payment) -> list[Payment]:
    """The payment, and as it was before money came too much: that alone moves no state, a person decides."""
    of_order = [each for each in payment.receipts if not each.surplus]
    surplus = [each for each in payment.receipts if each.surplus]
    return [
        payment.model_copy(update={"receipts": [*of_order, *surplus[: len(surplus) - less]]})
        for less in range(len(surplus) + 1)
    ]


CHECK = Payments()
