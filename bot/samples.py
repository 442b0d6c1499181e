"""What stands on the shelves of a sample shop: one of everything that a shop can sell."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from models.errors import AlreadyExists
from models.member import Member
from models.product import QtyVisibility
from models.tenant import ShippingType
from services import Services
from services.shops import Shop

type RoleKey = Literal["supporter", "vip"]

ROLE_NAMES: Mapping[RoleKey, str] = {"supporter": "Supporter", "vip": "VIP"}
SHIPPING = (
    ShippingType(code="post", label="Letter post", cost_cents=450, estimated_days=5),
    ShippingType(code="express", label="Express", cost_cents=1200, estimated_days=2),
)


@dataclass(frozen=True)
class Sample:
    """A product; the price is in minor units, stock None means that nobody counts."""

    sku: str
    name: str
    price: int
    description: str
    stock: int | None = None
    text: str | None = None
    grants: RoleKey | None = None
    requires: RoleKey | None = None
    digital: bool = True
    more: Mapping[str, Any] = field(default_factory=dict)


def goods(sku: str, name: str, price: int, description: str, stock: int, **more: Any) -> Sample:
    """Something that is sent by post."""
    return Sample(sku, name, price, description, stock=stock, digital=False, more=more)


SAMPLES = (
    goods("MUG", "Enamel mug", 1400, "White, 350 ml, survives camping trips.", 40),
    goods("TSHIRT", "T-shirt", 2400, "Organic cotton, black, our logo small on the chest.", 25),
    goods("HOODIE", "Zip hoodie", 4900, "Warm. The last ones of this colour.", 3),
    goods("STICKERS", "Sticker sheet", 400, "Twelve stickers that stay on in the rain.", 200),
    goods("POSTER", "Night sky poster", 1800, "50 by 70 cm. A new print run is on its way.", 0),
    goods(
        "NOTEBOOK",
        "Dotted notebook",
        1100,
        "A5, 192 pages, lies flat.",
        60,
        qty_visibility=QtyVisibility.PRIVATE,
    ),
    Sample("SUPPORTER", "Supporter role", 500, "Your name in green, our thanks.", grants="supporter"),
    Sample(
        "SEASON",
        "Season pass",
        2500,
        "The VIP role, and with it the backstage channel and everything for members.",
        stock=20,
        grants="vip",
        text="Welcome to the season! Your pass number is yours to choose: tell it to the staff.",
    ),
    Sample(
        "WALLPAPERS",
        "Wallpaper pack",
        300,
        "Eight wallpapers for desktop and phone.",
        text="Here are your wallpapers: https://example.com/wallpapers.zip",
    ),
    Sample(
        "COURSE",
        "Pixel art course",
        3500,
        "Six lessons, at your own pace.",
        text="Your course: https://example.com/course\nThe password is PIXEL-2048.",
    ),
    Sample(
        "CHECKLIST",
        "Streaming checklist",
        0,
        "Everything to look at before you go live. It is free.",
        text="1. Sound  2. Light  3. Scenes  4. A glass of water",
    ),
    Sample(
        "BACKSTAGE",
        "Backstage recording",
        900,
        "Two hours from the other side of the stage, for members only.",
        requires="vip",
        text="Your recording: https://example.com/backstage",
    ),
)


async def sample_shop(
    services: Services, shop: Shop, actor: Member, roles: Mapping[RoleKey, str]
) -> list[str]:
    """Put what is missing on the shelves and return its names; again changes nothing.

    `roles` are the ids of the guild's roles; a product whose role is not among them grants or asks none.
    """
    if not shop.config.shipping_types:
        shop = await services.shops.configure(shop, actor, shipping_types=list(SHIPPING))
    return [sample.name for sample in SAMPLES if await _plant(services, shop, actor, sample, roles)]


async def _plant(
    services: Services, shop: Shop, actor: Member, sample: Sample, roles: Mapping[RoleKey, str]
) -> bool:
    is_new = True
    try:
        product = await services.catalog.create(shop, actor, dict(_fields(sample, shop, roles)))
    except AlreadyExists:
        is_new = False
        product = await services.catalog.resolve(shop, sample.sku, staff=True)
    # A run that was broken off may have left a product without its first delivery.
    if sample.stock and not (await services.stock.of(shop, product.key)).rows:
        await services.stock.restock(shop, actor, product.key, sample.stock, "first delivery")
    return is_new


def _fields(sample: Sample, shop: Shop, roles: Mapping[RoleKey, str]) -> Iterator[tuple[str, Any]]:
    yield from {
        "sku": sample.sku,
        "name": sample.name,
        "description": sample.description,
        "price_cents": sample.price,
        "currency": shop.currency,
        "is_digital": sample.digital,
        "inventory_tracked": sample.stock is not None,
        "delivery_text": sample.text,
        **sample.more,
    }.items()
    if sample.grants is not None and sample.grants in roles:
        yield "granted_role_ids", [roles[sample.grants]]
    if sample.requires is not None and sample.requires in roles:
        yield "required_role_ids", [roles[sample.requires]]
