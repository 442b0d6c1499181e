"""Whether paid lines have their roles and digital items, and refunded ones lost them."""

from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence

from models.entitlement import Entitlement, EntitlementStatus
from models.order import Order, OrderStatus
from models.payment import Payment, RefundState
from services.books.contract import Check, Finding, wrong
from services.books.look import Look
from services.paid import entitlements_owed
from services.settling.credit import gone_back

type _Owed = tuple[str, str, str | None, int]


class HandingOver(Check):
    """What was paid for is there to be had, once; what went back is not."""

    name = "entitlements"
    over = (Order,)
    finds = frozenset(
        {
            *("entitlement_missing", "entitlement_extra", "entitlement_unpaid"),
            *("entitlement_kept", "entitlement_other"),
        }
    )

    async def look(self, look: Look) -> AsyncIterator[Finding]:
        """Compare each order's entitlements with those that its lines owe."""
        entitlements = await look.beside(Entitlement, "orderId")
        payments = await look.beside(Payment, "orderId")
        for order in look.records(Order):
            mine = entitlements.get(order.key, [])
            payment = next(iter(payments.get(order.key, [])), None)
            for finding in (*_owed(look, order, mine), *_kept(look, order, payment, mine)):
                yield finding


def _owed(look: Look, order: Order, mine: Sequence[Entitlement]) -> Iterator[Finding]:
    if order.paid_at is None:
        for each in mine:
            if each.status is not EntitlementStatus.REVOKED:
                yield _at(look, "entitlement_unpaid", order, each)
        return
    due = Counter(_what(each) for each in entitlements_owed(order, look.now))
    there = Counter(_what(each) for each in mine)
    for product, kind, role, _ in sorted(due - there, key=str):
        where = {"order": order.key, "product": product, **({"role": role} if role else {})}
        yield wrong(look, "entitlement_missing", order, where=where, kind=kind)
    extra = there - due
    for each in sorted(mine, key=_taken_by_hand, reverse=True):
        if extra[_what(each)] > 0:
            extra[_what(each)] -= 1
            if not _taken_by_hand(each):
                yield _at(look, "entitlement_extra", order, each)
        if order.customer.discord_id not in {each.user_id, each.pseudonym}:
            yield _at(look, "entitlement_other", order, each)


def _kept(
    look: Look, order: Order, payment: Payment | None, mine: Sequence[Entitlement]
) -> Iterator[Finding]:
    """What wholly went back with a refund that was made was taken from its buyer."""
    if payment is None or not any(each.state is RefundState.DONE for each in payment.refunds):
        return
    gone = gone_back(order, payment)
    lost = {
        item.product_id
        for item in order.items
        if order.status is OrderStatus.REFUNDED or gone.get(item.product_id, 0) == item.quantity
    }
    for each in mine:
        if each.product_id in lost and each.status is not EntitlementStatus.REVOKED:
            yield _at(look, "entitlement_kept", order, each)


def _taken_by_hand(entitlement: Entitlement) -> bool:
    """Whether somebody took it back as the audit proposes; the shop itself always says why it does."""
    return entitlement.status is EntitlementStatus.REVOKED and entitlement.revoked_reason is None


def _what(entitlement: Entitlement) -> _Owed:
    return (entitlement.product_id, entitlement.type.value, entitlement.role_id, entitlement.keys)


def _at(look: Look, code: str, order: Order, entitlement: Entitlement) -> Finding:
    where = {"order": order.key, "entitlement": entitlement.key, "product": entitlement.product_id}
    return wrong(look, code, order, where=where, state=entitlement.status.value)


CHECK = HandingOver()
