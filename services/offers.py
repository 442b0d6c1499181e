"""What a discount takes off a cart, and who may have it: pure arithmetic, the same at cart and Confirm."""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from models.discount import Discount, DiscountType
from models.discount_use import DiscountAssignment
from models.member import Member
from models.money import percent_of, spread
from models.order import OrderItem


@dataclass(frozen=True)
class Offer:
    """A discount that applies; `cents` off in all, `by_product` of it on each line, in minor units."""

    discount: Discount
    assignment: DiscountAssignment | None
    cents: int
    by_product: dict[str, int] = field(default_factory=dict)


def folded_code(text: str) -> str:
    """A code as it is stored and compared, whatever case and width it was typed in."""
    return "".join(unicodedata.normalize("NFKC", text).upper().split())


def offer_of(
    discount: Discount, items: Iterable[OrderItem], assignment: DiscountAssignment | None = None
) -> Offer | None:
    """What the discount takes off these lines: rounded half up once, then spread; None when it is nothing."""
    lines = [item for item in items if discount.applies_to_all or item.product_id in discount.product_ids]
    base = sum(item.line_cents for item in lines)
    if discount.type is DiscountType.PERCENT:
        cents = percent_of(base, discount.percent) if discount.percent is not None else 0
    else:
        cents = discount.amount_cents or 0
    cents = min(cents, base)
    if cents <= 0:
        return None
    parts = spread(cents, [item.line_cents for item in lines])
    shares = dict(zip((item.product_id for item in lines), parts, strict=True))
    return Offer(discount, assignment, cents, shares)


def stops(
    discount: Discount, member: Member, customer_id: str | None, now: datetime, *, held: bool
) -> str | None:
    """Why this person cannot use the discount now, in a word; None when nothing stands in the way."""
    if not discount.is_active or (discount.ends_at is not None and discount.ends_at <= now):
        return "ended"
    if discount.starts_at is not None and now < discount.starts_at:
        return "not_yet"
    if discount.used_up:
        return "used_up"
    stranger = bool(discount.customer_ids) and customer_id not in discount.customer_ids
    without_role = bool(discount.role_ids) and not member.role_ids & set(discount.role_ids)
    if stranger or without_role or (discount.assigned_only and not held):
        return "not_for_you"
    return None


def best(offers: Sequence[Offer]) -> Offer | None:
    """The offer that saves most; of equals the oldest discount, so that every reading agrees."""
    return min(offers, key=lambda each: (-each.cents, each.discount.key), default=None)
