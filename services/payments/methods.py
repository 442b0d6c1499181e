"""Which ways to pay a shop offers, how they are set up, and what a payer is told."""

import io
from collections.abc import Mapping
from functools import lru_cache

import segno

from models.errors import BadInput, NotFound
from models.member import Member
from models.order import Order
from models.payment import Payment
from models.payment_method import PaymentMethod
from services.payments import by_hand
from services.payments.contract import ByHand, Due, Instructions, MethodDescriptor, Prefilled, Setting
from services.shops import Shop, Shops


class PaymentMethods:
    """The shop's till: every method by its own file, the same verbs for all."""

    def __init__(self, shops: Shops) -> None:
        self._shops = shops

    def known(self) -> list[MethodDescriptor]:
        """Every method that staff could set up."""
        return [method.descriptor for method in by_hand().values()]

    def available(self, shop: Shop) -> list[MethodDescriptor]:
        """The methods that the shop has enabled and set up far enough for its currency."""
        return [
            method.descriptor
            for value, method in by_hand().items()
            if value in shop.config.enabled_payment_methods
            and method.accepts(_values(shop, value), shop.currency)
        ]

    def settings_of(self, value: str) -> tuple[Setting, ...]:
        """What staff enter for a method; raises NotFound."""
        return _method(value).settings

    def values_of(self, shop: Shop, value: str) -> dict[str, str]:
        """What staff entered for a method so far."""
        return dict(_values(shop, _method(value).descriptor.value))

    async def configure(self, shop: Shop, actor: Member, value: str, values: dict[str, str]) -> Shop:
        """Set a method up and enable it; raises BadInput naming the setting that is wrong."""
        method = _method(value)
        cleaned = {setting.key: _cleaned(setting, values.get(setting.key, "")) for setting in method.settings}
        by_method = {**shop.config.payment_instructions_by_method, method.descriptor.value.value: cleaned}
        enabled = [*shop.config.enabled_payment_methods]
        if method.descriptor.value not in enabled:
            enabled.append(method.descriptor.value)
        return await self._shops.configure(
            shop, actor, payment_instructions_by_method=by_method, enabled_payment_methods=enabled
        )

    async def enable(self, shop: Shop, actor: Member, values: list[str]) -> Shop:
        """Offer exactly these methods; raises NotFound for an unknown one."""
        chosen = [_method(value).descriptor.value for value in values]
        return await self._shops.configure(shop, actor, enabled_payment_methods=chosen)

    def instructions(self, shop: Shop, order: Order, payment: Payment) -> Instructions:
        """What the payer of this order has to do."""
        method = _method(payment.method)
        values = _values(shop, payment.method)
        due = Due(payment.amount_cents, payment.currency, order.order_number)
        ready = method.accepts(values, payment.currency)
        prefilled = method.prefill(values, due) if ready else Prefilled()
        general = shop.config.payment_instructions.strip()
        extra = [text for text in (values.get("text", ""), general) if text]
        return Instructions(
            method=payment.method,
            recipient=values.get("recipient"),
            recipient_name=values.get("recipient_name") or None,
            extra_text="\n".join(extra) or None,
            amount_cents=payment.amount_cents,
            currency=payment.currency,
            reference=order.order_number,
            link=prefilled.link,
            qr_text=prefilled.qr_text,
            note_supported=method.note_supported,
        )

    def qr_png(self, text: str) -> bytes:
        """A QR code as a PNG that a phone reads off a screen."""
        return _drawn(text)


# Drawing takes milliseconds of everybody's time, and an order shows the same code again and again.
@lru_cache(maxsize=256)
def _drawn(text: str) -> bytes:
    picture = io.BytesIO()
    segno.make(text, error="m").save(picture, kind="png", scale=6, border=4)
    return picture.getvalue()


def _method(value: str) -> ByHand:
    found = by_hand().get(PaymentMethod(value)) if value in set(PaymentMethod) else None
    if found is None:
        raise NotFound("payment_method")
    return found


def _values(shop: Shop, value: PaymentMethod) -> Mapping[str, str]:
    values: Mapping[str, str] = shop.config.payment_instructions_by_method.get(value.value, {})
    return values


def _cleaned(setting: Setting, text: str) -> str:
    text = text.strip()
    if not text and setting.required:
        raise BadInput(setting.key, "required")
    if len(text) > setting.length:
        raise BadInput(setting.key, "length", setting.length)
    if text and not setting.valid(text):
        raise BadInput(setting.key, "example", setting.example)
    return text
