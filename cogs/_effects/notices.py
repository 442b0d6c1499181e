"""What a customer's DM says: what happened, above the order as it stands now, with the same buttons."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cogs._ui.amounts import name_of
from cogs._ui.card import Card, Field, plain
from cogs._ui.goods_text import fits_card, given_text, keys_text
from cogs._ui.labels import status
from cogs._ui.order_card import order_card
from cogs._ui.parcels import contents, shortened
from cogs._ui.role_names import RoleName
from cogs._ui.text import cut, width
from cogs._ui.words import Words, later
from models.entitlement import Entitlement, EntitlementStatus, EntitlementType
from models.order import Order, OrderStatus
from models.payment import PaymentStatus
from models.shipment import Parcel
from services.effects import Notice
from services.key_delivery import HeldKeys
from services.orders import OrderView
from services.payments.methods import PaymentMethods
from services.reminders import REMINDED
from services.shops import Shop

# A DM shows the first few; Get my items has them all.
_MOST_TEXTS = 5
_LONGEST_TEXT = 1000
_LONGEST_REASON = 500
OF_KEYS = frozenset({Notice.KEY_DELIVERED, Notice.KEY_REPLACED})
_PART_SENT = later("**{shop}** has sent a part of your order. The rest follows.")
_NOTES = {
    Notice.ORDER_RECEIVED: later("Thank you for your order at **{shop}**!"),
    Notice.PAYMENT_CONFIRMED: later("**{shop}** has received your payment. Thank you!"),
    Notice.PAYMENT_REJECTED: later("**{shop}** could not find your payment."),
    Notice.PAYMENT_UNDERPAID: later("**{shop}** has received only a part of your payment."),
    Notice.PAYMENT_FAILED: later("Your payment to **{shop}** did not go through."),
    Notice.ORDER_CANCELLED: later("Your order at **{shop}** was cancelled."),
    Notice.REFUNDED: later("**{shop}** has sent you {amount} back."),
    Notice.ROLE_FAILED: later("**{shop}** could not give you your role yet."),
    Notice.ROLE_ENDING: later("The time of your role at **{shop}** ends soon."),
    Notice.ROLE_ENDED: later(
        "The time of your role at **{shop}** has ended. Thank you for having been there!"
    ),
    Notice.ORDER_SHIPPED: later("**{shop}** has sent your order."),
    Notice.HOLD_ENDING: later("**{shop}** will not keep your order for much longer."),
    Notice.KEY_DELIVERED: later("**{shop}** has a key for you. **Get my items** shows it at any time."),
    Notice.KEY_REPLACED: later("**{shop}** has replaced a key of yours: “{reason}”"),
}


# A gift is no order to who gives it.
_OF_GIFTS = {
    Notice.ORDER_RECEIVED: later("Thank you for your gift to the community fund of **{shop}**!"),
    Notice.ORDER_CANCELLED: later("Your gift to the community fund of **{shop}** was called off."),
    Notice.HOLD_ENDING: later("The time to pay your gift to **{shop}** is nearly over."),
}


# News that is worth telling only as long as it is true, and what the payment's history calls it.
_WHILE = {
    Notice.PAYMENT_UNDERPAID: (PaymentStatus.UNDERPAID, "underpaid"),
    Notice.PAYMENT_FAILED: (PaymentStatus.FAILED, "failed"),
}


@dataclass(frozen=True)
class Told:
    """What a notice is made from; `role` says what to call a role in a DM."""

    shop: Shop
    view: OrderView
    methods: PaymentMethods
    role: RoleName
    payload: Mapping[str, Any]
    keys: HeldKeys = field(default_factory=dict)


def outdated(event: Notice, view: OrderView, payload: Mapping[str, Any]) -> bool:
    """Whether something has happened since that makes this notice untrue, or another one will tell more."""
    if event is Notice.ROLE_ENDING:
        return not any(_standing(each, payload) for each in view.entitlements)
    if event is Notice.HOLD_ENDING:
        unpaid = view.order.status is OrderStatus.PENDING_PAYMENT
        return not unpaid or view.payment.status not in REMINDED
    if event is Notice.ORDER_SHIPPED and "parcel" in payload:
        # It came back or was lost: another one will follow, or the money does.
        return parcel_told(view, payload) is None
    if event not in _WHILE:
        return False
    status, what = _WHILE[event]
    since = view.payment.history[payload.get("turn", len(view.payment.history)) :]
    return view.payment.status is not status or any(each.what == what for each in since)


def notice_card(event: Notice, told: Told, w: Words) -> Card:
    """The DM for an event, in the customer's language."""
    card = order_card(told.view, told.methods, w, note=_note(event, told, w))
    if event is Notice.PAYMENT_CONFIRMED:
        card.fields = [*card.fields, *_roles(told, w), *_texts(told, w)]
    if event is Notice.ROLE_FAILED:
        card.fields = [*_roles(told, w), *_what_next(told, w), *card.fields]
    if event in {Notice.ROLE_ENDING, Notice.ROLE_ENDED}:
        card.fields = [*_end_of_time(told, w), *card.fields]
    if event in OF_KEYS:
        card.fields = [*_keys(told, w), *card.fields]
    if event is Notice.ORDER_SHIPPED:
        card.fields = [*_on_its_way(told, w), *card.fields]
    return card


def parcel_told(view: OrderView, payload: Mapping[str, Any]) -> Parcel | None:
    """The parcel that a notice is about, while it is on its way or there."""
    return next((each for each in view.parcels if each.key == payload.get("parcel")), None)


def _on_its_way(told: Told, w: Words) -> list[Field]:
    parcel = parcel_told(told.view, told.payload)
    if parcel is None:
        return []
    return [Field(w("On its way to you"), shortened(contents(parcel, told.view.order), w))]


def _standing(owed: Entitlement, payload: Mapping[str, Any]) -> bool:
    return owed.key == payload.get("entitlementId") and owed.status is not EntitlementStatus.REVOKED


def _end_of_time(told: Told, w: Words) -> list[Field]:
    about = [each for each in told.view.entitlements if each.key == told.payload.get("entitlementId")]
    return [Field(w("Role"), _until(each, told, w)) for each in about if each.expires_at]


def _until(owed: Entitlement, told: Told, w: Words) -> str:
    role, end = told.role(owed.role_id or ""), owed.expires_at
    when = w.when(end) if end else ""
    if owed.status is EntitlementStatus.REVOKED:
        return w("{role} ended {when}. You can get it again with `/shop browse`.", role=role, when=when)
    return w(
        "{role} ends {when}. Buy it again with `/shop browse` and the new time is added to what is left.",
        role=role,
        when=when,
    )


def _note(event: Notice, told: Told, w: Words) -> str:
    amount = amount_told(told.view, told.payload, w)
    reason = plain(cut(str(told.payload.get("reason", "")), _LONGEST_REASON))
    note = note_of(event, told.view.order, told.payload)
    return w(note, shop=plain(told.shop.name), amount=amount, reason=reason)


def note_of(event: Notice, order: Order, payload: Mapping[str, Any]) -> str:
    """The sentence that says what happened, with {shop}, {amount} and {reason} to be filled in."""
    if event is Notice.ORDER_SHIPPED and "parcel" in payload and order.more_to_send:
        return _PART_SENT
    # Staff reject a late payment also when it arrived and its goods are gone: their reason says which.
    late = event is Notice.PAYMENT_REJECTED and order.status is OrderStatus.CANCELLED
    what = Notice.ORDER_CANCELLED if late else event
    return _OF_GIFTS.get(what, _NOTES[what]) if order.gift_only else _NOTES[what]


def amount_told(view: OrderView, payload: Mapping[str, Any], w: Words) -> str:
    """The amount that a notice is about, where it is about one."""
    return w.money(int(payload.get("amount", 0)), view.payment.currency)


def _roles(told: Told, w: Words) -> list[Field]:
    owed = [each for each in told.view.entitlements if each.type is EntitlementType.DISCORD_ROLE]
    lines = [f"{told.role(each.role_id or '')}: {status(each.status, w)}" for each in owed]
    return [Field(w("Roles"), "\n".join(lines))] if lines else []


def _texts(told: Told, w: Words) -> list[Field]:
    names = {item.product_id: item.name for item in told.view.order.items}
    # Keys are told when they are there.
    digital = [each for each in told.view.entitlements if each.type is EntitlementType.DIGITAL_ITEM]
    given = [each for each in digital if not each.keys]
    held = [each for each in given if each.status is EntitlementStatus.GRANTED]
    return [Field(name_of(names.get(each.product_id, "")), _text(each, w)) for each in held[:_MOST_TEXTS]]


def _text(item: Entitlement, w: Words) -> str:
    text = given_text(item, w)
    return text if width(text) <= _LONGEST_TEXT else w("Press **Get my items** to read it.")


def _keys(told: Told, w: Words) -> list[Field]:
    names = {item.product_id: item.name for item in told.view.order.items}
    owed = [each for each in told.view.entitlements if each.key == told.payload.get("entitlementId")]
    return [Field(name_of(names.get(each.product_id, "")), _key_text(each, told, w)) for each in owed]


def _key_text(owed: Entitlement, told: Told, w: Words) -> str:
    held = told.keys.get(owed.key, [])
    text = keys_text(owed, held, w)
    return (
        text if fits_card(held) and width(text) <= _LONGEST_TEXT else w("Press **Get my items** to read it.")
    )


def _what_next(told: Told, w: Words) -> list[Field]:
    if told.payload.get("reason") == "member_left":
        said = w("You are not in the server at the moment. Join it again and you will get your role.")
    else:
        said = w("The staff have been told, and I keep trying. You need not do anything.")
    return [Field(w("What happens next"), said)]
