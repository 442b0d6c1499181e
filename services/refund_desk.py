"""Refunds as staff prepare them: an order, what was chosen of it, and what that is worth."""

from dataclasses import dataclass

from models.base import Db
from models.order import Order
from models.payment import Payment
from services.orders import Orders
from services.payment_desk import PaymentDesk, PaymentView
from services.settling.credit import Credit, Left, Picked, credit, everything, gone_back, left_of
from services.shops import Shop

_LATEST = 25


@dataclass(frozen=True)
class RefundView:
    """An order's payment with what can still go back, what went back before, and what is chosen now."""

    payment: PaymentView
    left: Left
    gone: dict[str, int]
    picked: Picked
    credit: Credit

    @property
    def order(self) -> Order:
        """The order that it is about."""
        return self.payment.order


class RefundDesk:
    """Shows what a refund would be; asking for it is services/refunds.py."""

    def __init__(self, db: Db, payments: PaymentDesk, orders: Orders) -> None:
        self._db = db
        self._payments = payments
        self._orders = orders

    async def view(self, shop: Shop, order_id: str, picked: Picked | None = None) -> RefundView:
        """An order, by id or number, with a choice as far as it can still go back; raises NotFound."""
        order = (await self._orders.staff_view(shop, order_id)).order
        view = await self._payments.of_order(shop, order.key)
        left = left_of(view.order, view.payment)
        chosen = _possible(picked or Picked(), left)
        return RefundView(
            payment=view,
            left=left,
            gone=gone_back(view.order, view.payment),
            picked=chosen,
            credit=credit(view.order, view.payment, chosen),
        )

    async def latest(self, shop: Shop) -> list[Order]:
        """The newest orders of which money can go back, a menu full."""
        payments = await Payment.with_money(self._db, shop.id, _LATEST)
        orders = await Order.of_keys(self._db, shop.id, [each.order_id for each in payments])
        return [orders[each.order_id] for each in payments if each.order_id in orders]


def _possible(picked: Picked, left: Left) -> Picked:
    """What of an older choice is still there to go back."""
    wanted = {key: min(many, left.pieces.get(key, 0)) for key, many in picked.pieces.items()}
    pieces = {key: many for key, many in wanted.items() if many > 0}
    shipping = picked.shipping and left.shipping_cents > 0
    rest = pieces == left.pieces and shipping == (left.shipping_cents > 0)
    return Picked(pieces, shipping=shipping, gift=picked.gift and rest and left.gift_cents > 0)


def all_of(view: RefundView) -> Picked:
    """The choice of everything that is left."""
    return everything(view.left)
