"""How records' states and fields are called in front of people."""

from cogs._ui.words import Words, later

STATUSES = {
    "PENDING_PAYMENT": later("waiting for payment"),
    "PAID": later("paid"),
    "FULFILLING": later("being prepared"),
    "SHIPPED": later("shipped"),
    "COMPLETE": later("complete"),
    "CANCELLED": later("cancelled"),
    "PARTIALLY_REFUNDED": later("partly refunded"),
    "REFUNDED": later("refunded"),
    "AWAITING_ADMIN_APPROVAL": later("being checked by the staff"),
    "PROCESSING": later("being processed"),
    "CONFIRMED": later("confirmed"),
    "REJECTED": later("rejected"),
    "UNDERPAID": later("underpaid"),
    "FAILED": later("failed"),
    "EXPIRED": later("expired"),
    "DISPUTED": later("disputed"),
    "PENDING": later("on its way"),
    "GRANTED": later("delivered"),
    "REVOKED": later("taken back"),
}
FIELDS = {
    "amount": later("amount"),
    "available_quantity": later("quantity"),
    "carrier": later("carrier"),
    "category": later("category"),
    "city": later("city"),
    "country": later("country"),
    "currency": later("currency"),
    "delta": later("quantity"),
    "description": later("description"),
    "email": later("e-mail address"),
    "granted_role_ids": later("granted roles"),
    "image_url": later("picture address"),
    "line1": later("street and number"),
    "line2": later("second address line"),
    "name": later("name"),
    "note": later("note"),
    "phone": later("phone number"),
    "postal_code": later("postal code"),
    "price": later("price"),
    "price_cents": later("price"),
    "quantity": later("quantity"),
    "reason": later("reason"),
    "recipient": later("recipient"),
    "recipient_name": later("recipient's name"),
    "reference": later("payment reference"),
    "required_role_ids": later("required roles"),
    "sku": later("SKU"),
    "state": later("state or region"),
    "text": later("text"),
}


def status(code: str, w: Words) -> str:
    """A state in a person's words; an unknown one as it is written."""
    known = STATUSES.get(code.upper())
    return w(known) if known else code.replace("_", " ").lower()


def field(name: str, w: Words) -> str:
    """A field in a person's words; an unknown one as it is written."""
    known = FIELDS.get(name)
    return w(known) if known else name.replace("_", " ")
