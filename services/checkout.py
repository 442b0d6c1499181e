"""From a cart to a review: one answer after the other, picked up where it was left."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from models.address import Address, SavedAddress
from models.customer import Customer
from models.errors import (
    BadInput,
    CartEmpty,
    ConfirmInProgress,
    FundClosed,
    NotFound,
    OrdersClosed,
    SessionExpired,
)
from models.fund import CommunityFundConfig
from models.member import Member
from models.payment_method import PaymentMethod
from models.required import required
from models.session import OrderSession, SessionState, SessionStep
from models.tenant import ShippingType
from services.carts import Carts, CartView
from services.customers import Customers, read_address
from services.discounts import Found
from services.fund import Fund
from services.gifts import chosen_gift, read_gift, suits
from services.lines import CartLine, Totals
from services.payments.contract import MethodDescriptor
from services.payments.methods import PaymentMethods
from services.shops import Shop
from services.taxes import Tax, Taxes

_ANSWERS = {
    SessionStep.ADDRESS: {"shippingAddress": None},
    SessionStep.SHIPPING: {"shippingTypeCode": None, "shippingCostCents": None},
    SessionStep.DONATION: {"donationCents": None},
    SessionStep.PAYMENT: {"paymentMethod": None},
}


@dataclass(frozen=True)
class CheckoutView:
    """Where a checkout stands; `step` is the first one without an answer."""

    session: OrderSession
    step: SessionStep
    lines: list[CartLine]
    totals: Totals
    found: Found
    addresses: list[SavedAddress]
    address: Address | None
    shipping_types: list[ShippingType]
    shipping_type: ShippingType | None
    methods: list[MethodDescriptor]
    method: MethodDescriptor | None
    tax: Tax
    fund: CommunityFundConfig


class Checkout:
    """Asks for what an order still needs."""

    def __init__(
        self, carts: Carts, customers: Customers, methods: PaymentMethods, *, taxes: Taxes, fund: Fund
    ) -> None:
        self._carts = carts
        self._customers = customers
        self._methods = methods
        self._taxes = taxes
        self._fund = fund

    async def view(self, shop: Shop, member: Member) -> CheckoutView:
        """Where this person's checkout stands; raises CartEmpty, and OrdersClosed when deactivated."""
        cart = await self._carts.view(shop, member)
        session = cart.session
        if session is None or cart.empty:
            raise CartEmpty
        if session.state is SessionState.CONFIRMING:
            raise ConfirmInProgress
        customer = await self._customers.of(shop, member)
        if not customer.is_active:
            raise OrdersClosed
        saved = _default_first(customer) if session.ships else []
        tax = await self._taxes.of(shop, session, cart.found.offer)
        if tax.blocks:
            await self._taxes.tell_blocked(shop, session, tax)
        view = self._view(shop, cart, session, saved, tax, await self._fund.rules(shop))
        return await self._note(shop, member, view)

    def _view(
        self,
        shop: Shop,
        cart: CartView,
        session: OrderSession,
        saved: list[SavedAddress],
        tax: Tax,
        fund: CommunityFundConfig,
    ) -> CheckoutView:
        address = Address.model_validate_doc(session.shipping_address) if session.shipping_address else None
        kind = next((t for t in shop.config.shipping_types if t.code == session.shipping_type_code), None)
        methods = self._methods.available(shop)
        method = next((m for m in methods if m.value == session.payment_method), None)
        shipping = kind.cost_cents if kind and session.ships else 0
        gift = chosen_gift(fund, session)
        sums = (cart.totals.subtotal, cart.totals.discount, shipping, tax.cents)
        totals = Totals(*sums, shop.currency, gift=gift or 0)
        return CheckoutView(
            session=session,
            step=_next_step(
                session, address, kind, shop, giving=gift is None, paying=method is None and totals.total > 0
            ),
            lines=cart.lines,
            totals=totals,
            found=cart.found,
            addresses=saved,
            address=address if session.ships else None,
            shipping_types=shop.config.shipping_types if session.ships else [],
            shipping_type=kind if session.ships else None,
            methods=methods,
            method=method,
            tax=tax,
            fund=fund,
        )

    async def _note(self, shop: Shop, member: Member, view: CheckoutView) -> CheckoutView:
        """Keep how far it went and what was seen of all sums: older cards confirm nothing."""
        steps, fields = list(SessionStep), dict[str, Any]()
        if steps.index(view.step) > steps.index(view.session.step):
            fields["step"] = view.step
        cost = view.shipping_type.cost_cents if view.shipping_type else None
        if cost != view.session.shipping_cost_cents:
            fields["shippingCostCents"] = cost
        offer = view.found.offer
        discount_id, cents = (offer.discount.key, offer.cents) if offer else (None, 0)
        if (discount_id, cents) != (view.session.discount_id, view.session.discount_cents):
            fields |= {"discountId": discount_id, "discountCents": cents}
        if view.tax.cents != view.session.tax_cents:
            fields["taxCents"] = view.tax.cents
        gift = chosen_gift(view.fund, view.session)
        if view.session.donation_cents and gift != view.session.donation_cents:
            fields |= {"donationCents": gift, "donationAnonymous": False}
        if not fields:
            return view
        await self._carts.write(view.session, fields)
        return await self.view(shop, member)

    async def choose_address(self, shop: Shop, member: Member, address_id: str) -> CheckoutView:
        """Ship to a saved address; raises NotFound."""
        address = required((await self._customers.of(shop, member)).address(address_id), "address")
        return await self._answer(shop, member, {"shippingAddress": address.model_dump_doc()})

    async def enter_address(
        self, shop: Shop, member: Member, fields: Mapping[str, str], *, save: bool = True
    ) -> CheckoutView:
        """Ship to a typed address and keep it for next time; raises BadInput naming the field."""
        address = read_address(shop, fields)
        if save:
            await self._customers.keep_address(shop, member, address)
        return await self._answer(shop, member, {"shippingAddress": address.model_dump_doc()})

    async def choose_shipping(self, shop: Shop, member: Member, code: str) -> CheckoutView:
        """Ship this way; raises NotFound."""
        if not any(kind.code == code for kind in shop.config.shipping_types):
            raise NotFound("shipping_type")
        return await self._answer(shop, member, {"shippingTypeCode": code})

    async def choose_gift(self, shop: Shop, member: Member, text: str) -> CheckoutView:
        """Give what was typed to the community fund; raises BadInput, and FundClosed when that is off."""
        return await self.give(
            shop, member, read_gift(await self._fund.open_rules(shop), text, shop.currency)
        )

    async def give(self, shop: Shop, member: Member, cents: int) -> CheckoutView:
        """Give so much to the community fund, 0 for nothing; raises BadInput and FundClosed."""
        if cents and not suits(await self._fund.open_rules(shop), cents, anonymous=False):
            raise BadInput("amount", "not_allowed")
        return await self._answer(shop, member, {"donationCents": cents})

    async def hide(self, shop: Shop, member: Member, *, anonymous: bool) -> CheckoutView:
        """Let nobody be told who gives, or everybody; raises FundClosed where that is not possible."""
        if not (await self._fund.open_rules(shop)).anonymity_allowed:
            raise FundClosed
        return await self._answer(shop, member, {"donationAnonymous": anonymous})

    async def choose_payment(self, shop: Shop, member: Member, method: str) -> CheckoutView:
        """Pay this way; raises NotFound when the shop does not offer it."""
        if not any(offered.value == method for offered in self._methods.available(shop)):
            raise NotFound("payment_method")
        return await self._answer(shop, member, {"paymentMethod": PaymentMethod(method)})

    async def reopen(self, shop: Shop, member: Member, step: SessionStep) -> CheckoutView:
        """Forget an answer, so that it is asked again."""
        return await self._answer(shop, member, _ANSWERS.get(step, {}))

    async def _answer(self, shop: Shop, member: Member, fields: dict[str, Any]) -> CheckoutView:
        session = await self._carts.current(shop, member)
        if session is None:
            raise SessionExpired
        if session.state is SessionState.CONFIRMING or await self._carts.write(session, fields) is None:
            raise ConfirmInProgress
        return await self.view(shop, member)


def _next_step(
    session: OrderSession,
    address: Address | None,
    kind: ShippingType | None,
    shop: Shop,
    *,
    giving: bool,
    paying: bool,
) -> SessionStep:
    if session.ships and address is None:
        return SessionStep.ADDRESS
    if session.ships and kind is None and shop.config.shipping_types:
        return SessionStep.SHIPPING
    if giving:
        return SessionStep.DONATION
    return SessionStep.PAYMENT if paying else SessionStep.REVIEW


def _default_first(customer: Customer) -> list[SavedAddress]:
    return sorted(customer.addresses, key=lambda saved: saved.id != customer.default_address_id)
