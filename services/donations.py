"""Giving to the community fund outside a purchase: an order without lines, paid like any other.

So every way to pay, claims, webhooks, refunds and the invoice work as they are. Its id is made when the
review is shown and travels in Confirm's button: however often that is pressed, one order comes of it.
"""

from datetime import timedelta
from typing import NamedTuple

from bson import ObjectId
from pymongo.errors import DuplicateKeyError

from models.base import Db, Tx, object_id
from models.customer import Customer
from models.errors import CartChanged, NotFound, OrdersClosed
from models.member import Member
from models.order import Order, OrderCustomer, OrderEvent, OrderStatus
from models.payment_method import PaymentMethod
from services.clock import Clock
from services.customers import Customers
from services.draft import first_effect, new_number, payment_of, snapshot
from services.fund import Fund
from services.gifts import suits
from services.outbox import Outbox
from services.payments import by_hand
from services.payments.contract import MethodDescriptor
from services.payments.methods import PaymentMethods
from services.rules import Rules
from services.shops import Shop


class Gift(NamedTuple):
    """What somebody reviewed: the id that its order will have, how much in minor units, and how."""

    key: str
    cents: int
    method: str
    anonymous: bool


class Donations:
    """From an amount to an order that waits for its payment."""

    def __init__(
        self,
        db: Db,
        clock: Clock,
        rules: Rules,
        *,
        outbox: Outbox,
        fund: Fund,
        customers: Customers,
        methods: PaymentMethods,
    ) -> None:
        self._db = db
        self._clock = clock
        self._rules = rules
        self._outbox = outbox
        self._fund = fund
        self._customers = customers
        self._methods = methods

    def ways(self, shop: Shop) -> list[MethodDescriptor]:
        """The ways to pay that can be chosen."""
        return self._methods.available(shop)

    @staticmethod
    def new_key() -> str:
        """The id of an order that may come of a review."""
        return str(ObjectId())

    async def place(self, shop: Shop, member: Member, gift: Gift) -> Order:
        """Place the gift that this person reviewed, or return the order that an earlier click placed.

        Raises FundClosed, CartChanged when this can no longer be given so, NotFound for an unknown way to
        pay or somebody else's order, and OrdersClosed for a deactivated customer.
        """
        if object_id(gift.key) is None:
            raise NotFound("order")
        known = await Order.get(self._db, shop.id, gift.key)
        if known is not None:
            return _own(known, member)
        rules = await self._fund.open_rules(shop)
        if not suits(rules, gift.cents, anonymous=gift.anonymous):
            raise CartChanged
        if gift.method not in {each.value for each in self.ways(shop)}:
            raise NotFound("payment_method")
        customer = await self._customers.of(shop, member)
        order = self._order(shop, gift, snapshot(member, customer), rules.disclaimer_text)
        order.customer_id, order.customer_role_ids = customer.key, sorted(member.role_ids)
        return await self._write(shop, member, order)

    def _order(self, shop: Shop, gift: Gift, customer: OrderCustomer, disclaimer: str) -> Order:
        now, method = self._clock.now(), PaymentMethod(gift.method)
        return Order(
            id=ObjectId(gift.key),
            tenant_id=shop.id,
            order_number=new_number(),
            items=[],
            subtotal_cents=0,
            total_cents=gift.cents,
            is_gift=True,
            donation_cents=gift.cents,
            donation_anonymous=gift.anonymous,
            donation_disclaimer=disclaimer,
            currency=shop.currency,
            customer=customer,
            payment_method=method,
            payment_id=str(ObjectId()),
            guild_id=shop.guild_id,
            hold_ends_at=now + self._hold(method),
            history=[OrderEvent(at=now, what=OrderStatus.PENDING_PAYMENT, actor_id=customer.discord_id)],
        )

    def _hold(self, method: PaymentMethod) -> timedelta:
        return self._rules.hold_p2p if method in by_hand() else self._rules.hold_processor

    async def _write(self, shop: Shop, member: Member, order: Order) -> Order:
        async def work(tx: Tx) -> None:
            if not await Customer.hold(self._db, shop.id, order.customer_id or "", tx=tx, ordering=True):
                raise OrdersClosed
            await order.insert(self._db, tx=tx)
            await payment_of(order).insert(self._db, tx=tx)
            await self._outbox.owe([first_effect(order, self._clock.now())], tx)

        try:
            await self._outbox.commit(work)
        except DuplicateKeyError:
            known = await Order.get(self._db, shop.id, order.id)
            if known is not None:  # another click was faster
                return _own(known, member)
            if await Order.of_number(self._db, shop.id, order.order_number) is None:
                raise NotFound("order") from None  # another shop's order has this id
            order.order_number = new_number()
            await self._outbox.commit(work)
        return order


def _own(order: Order, member: Member) -> Order:
    if order.customer.discord_id != member.discord_id:
        raise NotFound("order")
    return order
