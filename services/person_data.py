"""Everything that a shop keeps about a person, for that person, without secrets."""

import io
import json
import zipfile
from collections.abc import Sequence
from typing import Any

from models.access import Identity, User
from models.base import Db, Document
from models.customer import Customer
from models.discount_use import DiscountAssignment, DiscountUse
from models.entitlement import Entitlement
from models.errors import BadInput
from models.fund import CommunityFundContribution, CommunityFundDisbursement
from models.member import Member
from models.order import Order
from models.payment import Payment
from models.platform_entitlement import PlatformEntitlement
from models.session import OrderSession
from models.shipment import Shipment
from models.theme import UserSettings, UserTheme
from models.waiting import Waiting
from services.customers import Customers
from services.key_delivery import KeyDelivery
from services.shops import Shop

# What Discord takes from everybody, with room for what goes around it.
MAX_BYTES = 8 * 1024 * 1024
# What of these records is the person's own: not who decided, where a card stands, or how it is stored.
_OF_PAYMENT: dict[str, Any] = dict.fromkeys(
    (
        "order_number", "method", "status", "amount_cents", "currency", "reference_text",
        "customer_reference_note", "claimed_at", "approved_at", "rejected_at", "rejection_reason",
    ),
    True,
) | {
    "receipts": {"__all__": {"amount_cents", "currency", "coins", "ticker", "at"}},
    "refunds": {"__all__": {"amount_cents", "state", "reason", "asked_at", "done_at"}},
    "disputes": {"__all__": {"state", "reason", "at"}},
}  # fmt: skip
_OF_ENTITLEMENT = {
    "order_id", "product_id", "type", "role_id", "status", "metadata", "granted_at", "expires_at",
    "revoked_at",
}  # fmt: skip
_OF_PARCEL = {
    "number", "state", "lines", "carrier", "service", "tracking_number", "tracking_url", "sent_at",
    "delivered_at",
}  # fmt: skip
_OF_SHIPMENT = {
    "order_id": True, "status": True, "shipping_type_code": True, "shipping_cost_cents": True,
    "parcels": {"__all__": _OF_PARCEL},
}  # fmt: skip
_OF_WAITING = {"product_id", "status", "asked_at", "offered_until"}
_OF_CART = {
    "items", "shipping_address", "shipping_type_code", "payment_method", "discount_code", "state",
    "donation_cents", "donation_anonymous",
    "created_at", "expires_at",
}  # fmt: skip
_OF_ASSIGNMENT = {"discount_id", "rule", "total_allowed", "used_count", "expires_at", "created_at"}
_OF_USE = {"discount_id", "order_number", "amount_cents", "currency", "status", "created_at"}
_OF_GIFT = {"order_id", "amount_cents", "currency", "anonymous", "created_at", "returned_at"}
_OF_PAYMENT_OUT = {"amount_cents", "currency", "reason", "created_at", "reversed_at"}
_OF_PURCHASE = {"entitlement_id", "sku_id", "state", "starts_at", "ends_at"}
_OF_USER = {
    "username",
    "display_name",
    "email",
    "avatar_url",
    "discord_id",
    "roles",
    "is_admin",
    "created_at",
}
_OF_IDENTITY = {"provider", "provider_user_id", "profile", "created_at"}
_HIDDEN_CUSTOMER = {"id", "notes", "user_id", "merged_into", "merged_at", "erased_at"}
# A digital item is handed over only once it is paid.
_UNPAID: dict[str, Any] = {"items": {"__all__": {"delivery_text", "delivery_link", "delivery_file"}}}
# Staff's own notes are not the customer's.
_HIDDEN_ORDER: dict[str, Any] = {"id": True, "notes": True, "history": True, **_UNPAID}


class PersonData:
    """Reads by the asking member's own Discord id and customer record, and by nothing else."""

    def __init__(self, db: Db, *, customers: Customers, keys: KeyDelivery) -> None:
        self._db = db
        self._customers = customers
        self._keys = keys

    async def export(self, shop: Shop, member: Member) -> dict[str, Any]:
        """Everything the shop keeps about this person, ready for JSON."""
        customer = await self._customers.of(shop, member)
        bought = Order.of_customer(shop.id, member.discord_id)
        orders = await Order.find_all(self._db, bought, sort="createdAt")
        visits = {"tenantId": shop.id, "discordUserId": member.discord_id}
        cart = await OrderSession.current(self._db, shop.id, member.discord_id)
        return {
            "shop": shop.name,
            "customer": customer.model_dump(mode="json", exclude=_HIDDEN_CUSTOMER),
            "orders": _each(orders, exclude=_HIDDEN_ORDER),
            **await self._of_orders(shop, [order.key for order in orders]),
            "received": await self._received(shop, member),
            "waiting": _each(await Waiting.find_all(self._db, visits), _OF_WAITING),
            "cart": (_each([cart], _OF_CART, _UNPAID)[0] if cart is not None else None),
            "earlier_carts": _each(
                await OrderSession.find_all(self._db, {**visits, "isOpen": False}), _OF_CART, _UNPAID
            ),
            **await self._of_customer(shop, customer),
            **await self._of_user(shop, member),
        }

    async def _of_orders(self, shop: Shop, keys: list[str]) -> dict[str, Any]:
        payments = await Payment.of_orders(self._db, shop.id, keys)
        return {
            "payments": _each(payments, _OF_PAYMENT),
            "parcels": _each(await Shipment.of_orders(self._db, shop.id, keys), _OF_SHIPMENT),
        }

    async def _received(self, shop: Shop, member: Member) -> list[dict[str, Any]]:
        owed = {"tenantId": shop.id, "userId": member.discord_id}
        received = await Entitlement.find_all(self._db, owed, sort="createdAt")
        keys = await self._keys.held(shop.id, received)
        return [
            each.model_dump(mode="json", include=_OF_ENTITLEMENT)
            | ({"keys": [key.written() for key in keys[each.key]]} if each.key in keys else {})
            for each in received
        ]

    async def _of_customer(self, shop: Shop, customer: Customer) -> dict[str, Any]:
        mine = {"tenantId": shop.id, "customerId": customer.key}
        out = {"tenantId": shop.id, "recipientCustomerId": customer.key}
        held = await DiscountAssignment.find_all(self._db, mine)
        return {
            "discounts": _each(held, _OF_ASSIGNMENT),
            "discounts_used": _each(await DiscountUse.find_all(self._db, mine), _OF_USE),
            "fund_gifts": _each(await CommunityFundContribution.find_all(self._db, mine), _OF_GIFT),
            "fund_received": _each(await CommunityFundDisbursement.find_all(self._db, out), _OF_PAYMENT_OUT),
        }

    async def _of_user(self, shop: Shop, member: Member) -> dict[str, Any]:
        of = {"tenantId": shop.id, "userId": member.discord_id}
        user = await User.of_discord(self._db, shop.id, member.discord_id)
        log_ins = await Identity.of_user(self._db, user) if user is not None else []
        return {
            "discord_purchases": _each(await PlatformEntitlement.find_all(self._db, of), _OF_PURCHASE),
            "user": user.model_dump(mode="json", include=_OF_USER) if user is not None else None,
            "accounts": _each(log_ins, _OF_IDENTITY),
            "theme": await self._theme(shop, user) if user is not None else None,
        }

    async def _theme(self, shop: Shop, user: User) -> str | None:
        settings = await UserSettings.of_user(self._db, shop.id, user.key)
        theme_id = settings.active_theme_id if settings else None
        theme = await UserTheme.get(self._db, shop.id, theme_id) if theme_id else None
        return theme.name if theme else None


def _each(records: Sequence[Document], include: Any = None, exclude: Any = None) -> list[dict[str, Any]]:
    return [each.model_dump(mode="json", include=include, exclude=exclude) for each in records]


def as_file(export: dict[str, Any], limit: int = MAX_BYTES) -> tuple[str, bytes]:
    """The export as a file, name and content: JSON, packed when it is too large for Discord otherwise.

    Raises BadInput when even that is too large.
    """
    written = json.dumps(export, ensure_ascii=False, indent=2).encode(errors="replace")
    if len(written) <= limit:
        return "my-data.json", written
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("my-data.json", written)
    if packed.tell() > limit:
        raise BadInput("data", "data_too_large")
    return "my-data.zip", packed.getvalue()
