"""An order put together in memory, before anything is taken or written."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from secrets import choice
from typing import Any

from bson import ObjectId

from models.address import Address
from models.customer import Customer
from models.errors import CartChanged, CartEmpty, StepMissing
from models.inventory import InventoryMove, InventoryTransaction
from models.member import Member
from models.order import Order, OrderCustomer, OrderEvent, OrderItem, OrderStatus
from models.outbox import OutboxEffect
from models.payment import Payment
from models.payment_method import PaymentMethod
from models.problems import Change
from models.product import Product
from models.session import OrderSession, SessionStep
from models.shipment import Shipment
from models.tenant import ShippingType
from services.clock import Clock
from services.effects import EffectKind, Notice, effect, notice
from services.lines import line_of
from services.offers import Offer
from services.payments import by_hand
from services.payments.methods import PaymentMethods
from services.rules import Rules
from services.shops import Shop
from services.taxes import Tax

# Without letters and digits that are read for one another: 30 to the eighth power numbers.
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
_NUMBER_LENGTH = 8


def new_number() -> str:
    """A fresh order number, short enough to be typed into a payment's note."""
    return "".join(choice(_ALPHABET) for _ in range(_NUMBER_LENGTH))


@dataclass
class Draft:
    """Everything that Confirm writes."""

    order: Order
    payment: Payment
    shipment: Shipment | None
    ledger: list[InventoryTransaction]
    offer: Offer | None
    tax: Tax
    waits: list[str] = field(default_factory=list)  # the waits whose kept units Confirm took

    @property
    def tracked(self) -> list[OrderItem]:
        """The lines that take stock, in one order everywhere."""
        return sorted((i for i in self.order.items if i.inventory_tracked), key=lambda item: item.product_id)

    @property
    def product_ids(self) -> list[str]:
        """The products that take stock."""
        return [item.product_id for item in self.tracked]

    @property
    def free(self) -> bool:
        """Whether there is nothing to pay."""
        return self.order.total_cents == 0

    def renumber(self, number: str) -> None:
        """Give the order and its payment another number."""
        self.order.order_number = number
        self.payment.order_number = number


class Drafts:
    """Puts orders together."""

    def __init__(self, clock: Clock, rules: Rules, methods: PaymentMethods) -> None:
        self._clock = clock
        self._rules = rules
        self._methods = methods

    def make(
        self,
        shop: Shop,
        member: Member,
        session: OrderSession,
        products: dict[str, Product],
        customer: Customer,
        offer: Offer | None,
        tax: Tax,
        gift: dict[str, Any],
    ) -> Draft:
        """The order for a session whose lines were just compared with the products; raises StepMissing.

        Raises CartChanged for a product whose price is in another currency than the shop sells in.
        """
        foreign = tuple(Change("gone", p.name) for p in products.values() if p.currency != shop.currency)
        if foreign:
            raise CartChanged(foreign)
        items = [_off(line_of(products[item.product_id], item.quantity), offer) for item in session.items]
        if not items:
            raise CartEmpty
        address, shipping = self._shipping(shop, session)
        subtotal = sum(item.line_cents for item in items)
        cost, off = shipping.cost_cents if shipping else 0, offer.cents if offer else 0
        total = subtotal - off + cost + (tax.cents or 0) + gift.get("donation_cents", 0)
        method, now = self._method(shop, session, total), self._clock.now()
        order = Order(
            tenant_id=shop.id,
            order_number=new_number(),
            items=tax.on(items),
            subtotal_cents=subtotal,
            total_cents=total,
            discount_amount_cents=off,
            **(_named(offer) | _taxed(tax) | gift),
            currency=shop.currency,
            customer=snapshot(member, customer),
            customer_id=customer.key,
            customer_role_ids=sorted(member.role_ids),
            shipping_address=address,
            shipping_type_code=shipping.code if shipping else None,
            shipping_type_label=shipping.label if shipping else None,
            shipping_cost_cents=cost,
            payment_method=method,
            payment_id=str(ObjectId()),
            guild_id=shop.guild_id,
            hold_ends_at=now + self._hold(method),
            history=[OrderEvent(at=now, what=OrderStatus.PENDING_PAYMENT, actor_id=member.discord_id)],
        )
        return Draft(order, payment_of(order), _shipment(order), _reserve(order), offer, tax)

    def _hold(self, method: PaymentMethod) -> timedelta:
        return self._rules.hold_p2p if method in by_hand() else self._rules.hold_processor

    def _shipping(self, shop: Shop, session: OrderSession) -> tuple[Address | None, ShippingType | None]:
        if not session.ships:
            return None, None
        if session.shipping_address is None:
            raise StepMissing(SessionStep.ADDRESS)
        kind = next((t for t in shop.config.shipping_types if t.code == session.shipping_type_code), None)
        if kind is None and shop.config.shipping_types:
            raise StepMissing(SessionStep.SHIPPING)
        return Address.model_validate_doc(session.shipping_address), kind

    def _method(self, shop: Shop, session: OrderSession, total: int) -> PaymentMethod:
        if total == 0:
            return PaymentMethod.MANUAL
        offered = {method.value for method in self._methods.available(shop)}
        if session.payment_method is None or session.payment_method not in offered:
            raise StepMissing(SessionStep.PAYMENT)
        return PaymentMethod(session.payment_method)


def discount_change(session: OrderSession, offer: Offer | None) -> Change | None:
    """How the discount moved since the customer saw it; None when it did not."""
    seen, now = session.discount_cents, offer.cents if offer else 0
    if (session.discount_id, seen) == (offer.discount.key if offer else None, now):
        return None
    return Change("discount", offer.discount.name if offer else session.discount_code or "", seen, now)


def shipping_change(shop: Shop, session: OrderSession) -> Change | None:
    """How the cost of the chosen way to ship moved since the customer saw it; None when it did not."""
    kind = next((t for t in shop.config.shipping_types if t.code == session.shipping_type_code), None)
    if not session.ships or kind is None or kind.cost_cents == session.shipping_cost_cents:
        return None
    return Change("shipping", kind.label, session.shipping_cost_cents, kind.cost_cents)


def _off(item: OrderItem, offer: Offer | None) -> OrderItem:
    off = offer.by_product.get(item.product_id, 0) if offer else 0
    return item.model_copy(update={"discount_cents": off})


def _named(offer: Offer | None) -> dict[str, Any]:
    found = offer.discount if offer else None
    return {
        "discount_id": found.key if found else None,
        "discount_code": found.code if found else None,
        "discount_label": found.label if found else None,
    }


def _taxed(tax: Tax) -> dict[str, Any]:
    return {
        "tax_amount_cents": tax.cents,
        "shipping_tax_cents": tax.levy.shipping if tax.levy else 0,
        "tax_partner": tax.partner,
    }


def snapshot(member: Member, customer: Customer) -> OrderCustomer:
    """Who orders, as they are now."""
    return OrderCustomer(
        discord_id=member.discord_id,
        discord_username=member.username,
        discord_display_name=member.display_name,
        email=customer.email,
        locale=member.locale,
    )


def payment_of(order: Order) -> Payment:
    """What is owed for an order."""
    return Payment(
        id=ObjectId(order.payment_id),
        tenant_id=order.tenant_id,
        order_id=order.key,
        order_number=order.order_number,
        method=order.payment_method,
        amount_cents=order.total_cents,
        currency=order.currency,
    )


def first_effect(order: Order, now: datetime) -> OutboxEffect:
    """Tell the customer how to pay, which for a processor's page is when the page is there."""
    if order.payment_method in by_hand():
        return notice(Notice.ORDER_RECEIVED, order.tenant_id, order.key, now)
    return effect(
        EffectKind.PAYMENT_OPEN,
        order.tenant_id,
        order.key,
        now,
        payload={"orderId": order.key},
        order_id=order.key,
    )


def _shipment(order: Order) -> Shipment | None:
    if not order.needs_shipping:
        return None
    shipment = Shipment(
        tenant_id=order.tenant_id,
        order_id=order.key,
        shipping_type_code=order.shipping_type_code or "",
        shipping_cost_cents=order.shipping_cost_cents,
    )
    order.shipment_id, order.awaits_parcel = shipment.key, True
    return shipment


def _reserve(order: Order) -> list[InventoryTransaction]:
    return [
        InventoryTransaction(
            tenant_id=order.tenant_id,
            product_id=item.product_id,
            order_id=order.key,
            type=InventoryMove.RESERVE,
            quantity_delta=-item.quantity,
        )
        for item in order.items
        if item.inventory_tracked
    ]
