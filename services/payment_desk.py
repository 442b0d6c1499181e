"""Payments as staff find them: all of a shop's, with what can be done about each."""

from dataclasses import dataclass

from models.base import Db
from models.order import Order
from models.payment import Payment, PaymentStatus
from models.required import required
from services.decisions import Decisions
from services.paging import bounded
from services.payments import processors
from services.refunds import Refunds
from services.shops import Shop

PAGE_SIZE = 5


@dataclass(frozen=True)
class PaymentView:
    """A payment with its order, and what staff may do now; amounts in minor units."""

    payment: Payment
    order: Order
    hosted: bool
    refundable_cents: int
    refunds_itself: bool
    can_fulfil: bool
    can_check: bool


@dataclass(frozen=True)
class PaymentsPage:
    """One page of payments, newest first; `page` counts from 0."""

    payments: list[PaymentView]
    page: int
    pages: int
    total: int


class PaymentDesk:
    """Lists and shows payments."""

    def __init__(self, db: Db, refunds: Refunds) -> None:
        self._db = db
        self._refunds = refunds

    async def page(
        self, shop: Shop, *, status: str | None = None, deciding: bool = False, page: int = 0
    ) -> PaymentsPage:
        """The shop's payments; of one status, or with `deciding` those that staff must decide about."""
        wanted = PaymentStatus(status) if status in set(PaymentStatus) else None
        where = Payment.of_shop(shop.id, wanted, deciding=deciding)
        total = await Payment.how_many(self._db, where)
        page, pages = bounded(page, total, PAGE_SIZE)
        found = await Payment.find_all(
            self._db, where, sort="-createdAt", skip=page * PAGE_SIZE, limit=PAGE_SIZE
        )
        orders = await Order.of_keys(self._db, shop.id, [each.order_id for each in found])
        views = [self._view(each, orders[each.order_id]) for each in found if each.order_id in orders]
        return PaymentsPage(views, page, pages, total)

    async def one(self, shop: Shop, payment_id: str) -> PaymentView:
        """A payment by its id; raises NotFound."""
        payment = required(await Payment.get(self._db, shop.id, payment_id), "payment")
        order = required(await Order.get(self._db, shop.id, payment.order_id), "payment")
        return self._view(payment, order)

    async def of_order(self, shop: Shop, order_id: str) -> PaymentView:
        """The payment of an order; raises NotFound."""
        payment = required(await Payment.of_order(self._db, shop.id, order_id), "payment")
        return await self.one(shop, payment.key)

    def _view(self, payment: Payment, order: Order) -> PaymentView:
        hosted = payment.method in processors()
        return PaymentView(
            payment=payment,
            order=order,
            hosted=hosted,
            refundable_cents=payment.refundable_cents,
            refunds_itself=self._refunds.through_provider(payment),
            can_fulfil=Decisions.may_fulfil(payment, order),
            can_check=hosted and payment.provider_ref is not None,
        )
