"""Which ways to pay a shop offers, how they are set up, and what a payer is told."""

import io
from collections.abc import Mapping
from functools import lru_cache

import segno

from models.errors import BadInput
from models.member import Member
from models.order import Order
from models.payment import Payment
from models.payment_method import PaymentMethod
from models.required import required
from services.payments import by_hand
from services.payments.adapters import Adapters
from services.payments.contract import ByHand, Due, Instructions, MethodDescriptor, Prefilled, Setting
from services.payments.processor import AnyProcessor, Coins, Deposit
from services.shops import Shop, Shops

_INVENTED = "8DFKNW4F"


class PaymentMethods:
    """The shop's till: every method by its own file, the same verbs for all."""

    def __init__(self, shops: Shops, adapters: Adapters) -> None:
        self._shops = shops
        self._adapters = adapters

    def known(self) -> list[MethodDescriptor]:
        """Every method whose payments staff confirm."""
        return [method.descriptor for method in by_hand().values()]

    def available(self, shop: Shop) -> list[MethodDescriptor]:
        """The methods that can be paid by now: enabled, set up for the shop's currency, and not down."""
        by_staff = [
            method.descriptor
            for value, method in by_hand().items()
            if value in shop.config.enabled_payment_methods
            and method.accepts(_values(shop, value), shop.currency)
        ]
        hosted = [adapter.descriptor for adapter in self._hosted(shop) if not adapter.down()]
        return [*by_staff, *hosted]

    def down(self, shop: Shop) -> list[MethodDescriptor]:
        """The methods that the shop offers but whose provider does not answer at the moment."""
        return [adapter.descriptor for adapter in self._hosted(shop) if adapter.down()]

    def _hosted(self, shop: Shop) -> list[AnyProcessor]:
        enabled = shop.config.enabled_payment_methods
        return [
            adapter
            for adapter in self._adapters.all()
            if adapter.opens
            and adapter.descriptor.value in enabled
            and (adapter.currencies is None or shop.currency in adapter.currencies)
        ]

    def payment_uri(self, payment: Payment, label: str) -> str | None:
        """A text for a QR picture from which a wallet pays what is still due in crypto; None without one."""
        adapter, due = self._adapters.find(payment.method), payment.coins_due
        address, ticker = payment.nowpayments_deposit_address, payment.nowpayments_crypto_currency
        if adapter is None or due is None or due <= 0 or address is None or ticker is None:
            return None
        return adapter.bip21(Deposit(address, Coins(due, ticker), payment.deposit_memo), label)

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
        """Of the methods that staff confirm offer exactly these; raises NotFound for an unknown one."""
        chosen = [_method(value).descriptor.value for value in values]
        chosen += [value for value in shop.config.enabled_payment_methods if value not in by_hand()]
        return await self._shops.configure(shop, actor, enabled_payment_methods=chosen)

    def instructions(self, shop: Shop, order: Order, payment: Payment) -> Instructions:
        """What the payer of this order has to do."""
        due = Due(payment.amount_cents, payment.currency, order.order_number)
        return self._instructions(shop, payment.method, due)

    def preview(self, shop: Shop, value: str) -> Instructions:
        """What the payer of an invented order would have to do; raises NotFound for an unknown method."""
        return self._instructions(shop, _method(value).descriptor.value, Due(2500, shop.currency, _INVENTED))

    @staticmethod
    def _instructions(shop: Shop, value: PaymentMethod, due: Due) -> Instructions:
        method = _method(value)
        values = _values(shop, value)
        ready = method.accepts(values, due.currency)
        prefilled = method.prefill(values, due) if ready else Prefilled()
        general = shop.config.payment_instructions.strip()
        extra = [text for text in (values.get("text", ""), general) if text]
        return Instructions(
            method=value,
            recipient=values.get("recipient"),
            recipient_name=values.get("recipient_name") or None,
            extra_text="\n".join(extra) or None,
            amount_cents=due.amount_cents,
            currency=due.currency,
            reference=due.reference,
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
    return required(found, "payment_method")


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
