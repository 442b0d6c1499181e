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
    "ACTIVE": later("switched on"),
    "USED": later("in use"),
    "WAITING": later("decided elsewhere"),
    "MERGED": later("merged with another one"),
    "PENDING": later("on its way"),
    "GRANTED": later("delivered"),
    "REVOKED": later("taken back"),
    "REPLACED": later("replaced"),
    "CHECKED": later("looked at"),
    "APPLYING": later("being imported"),
    "DONE": later("imported"),
}
FIELDS = {
    "addresses": later("saved addresses"),
    "admin_channel_id": later("staff channel"),
    "admin_notify_email": later("e-mail address for notices"),
    "admin_role_ids": later("admin roles"),
    "amount": later("amount"),
    "announcement_channel_id": later("announcement channel"),
    "available_quantity": later("quantity"),
    "carrier": later("carrier"),
    "cart": later("cart"),
    "category": later("category"),
    "channel": later("channel"),
    "choice": later("choice"),
    "city": later("city"),
    "code": later("short code"),
    "cost_cents": later("cost"),
    "country": later("country"),
    "customer": later("customer"),
    "currency": later("currency"),
    "days": later("days on the way"),
    "default_order_channel_id": later("order channel"),
    "default_product_image_url": later("picture for products without one"),
    "default_qty_visibility": later("display of stock"),
    "delivery_file": later("file that is delivered"),
    "delivery_link": later("link that is delivered"),
    "delivery_text": later("text that is delivered"),
    "keys": later("keys"),
    "keys_file": later("file of keys"),
    "delta": later("quantity"),
    "description": later("description"),
    "customers": later("members"),
    "discount_code": later("discount code"),
    "discount_off": later("amount off"),
    "email": later("e-mail address"),
    "ends_at": later("last day"),
    "enabled_payment_methods": later("ways to pay"),
    "environment": later("environment"),
    "estimated_days": later("days on the way"),
    "granted_role_ids": later("granted roles"),
    "image_url": later("picture address"),
    "inventory_tracked": later("stock tracking"),
    "is_active": later("visibility"),
    "is_digital": later("kind of product"),
    "label": later("name"),
    "lines": later("what goes into the parcel"),
    "line1": later("street and number"),
    "line2": later("second address line"),
    "low_inventory_threshold": later("low stock warning"),
    "name": later("name"),
    "note": later("note"),
    "notice": later("notice"),
    "parcels": later("parcels"),
    "payment_instructions": later("payment instructions"),
    "payment_method": later("way to pay"),
    "phone": later("phone number"),
    "postal_code": later("postal code"),
    "price": later("price"),
    "price_cents": later("price"),
    "qty_visibility": later("display of stock"),
    "quantity": later("quantity"),
    "reason": later("reason"),
    "remark": later("what staff should know"),
    "recipient": later("recipient"),
    "recipient_name": later("recipient's name"),
    "reference": later("payment reference"),
    "required_role_ids": later("required roles"),
    "response_mode": later("place of answers"),
    "ship_from": later("sender's address"),
    "shipping_types": later("ways to ship"),
    "size": later("size"),
    "products": later("products"),
    "role_days": later("days that the roles are kept"),
    "roles": later("roles"),
    "sku": later("SKU"),
    "starts_at": later("first day"),
    "staff_role_ids": later("staff roles"),
    "state": later("state or region"),
    "tax_origin": later("the shop's address"),
    "tax_percent": later("tax in percent"),
    "text": later("text"),
    "total_allowed": later("number of uses"),
    "tracking_number": later("tracking number"),
    "waiting": later("products you wait for"),
    "weight": later("weight"),
    "usage_limit": later("number of uses"),
    "csv_file": later("file"),
    "csv_period": later("period"),
}
# Columns of files, which are called the same in every language.
FIELDS |= {
    name: name
    for name in (
        *("discordId", "endsAt", "grantedRoleIds", "id", "key", "notes", "percent", "productSkus"),
        *("quantityAvailable", "roleDays", "usageLimit"),
    )
}
NO_TAX = later(
    "The tax on your order cannot be worked out just now, so nothing was ordered. "
    "Please try again in a few minutes; your cart stays as it is."
)


def status(code: str, w: Words) -> str:
    """A state in a person's words; an unknown one as it is written."""
    known = STATUSES.get(code.upper())
    return w(known) if known else code.replace("_", " ").lower()


def field(name: str, w: Words) -> str:
    """A field in a person's words; an unknown one as it is written."""
    known = FIELDS.get(name)
    return w(known) if known else name.replace("_", " ")
