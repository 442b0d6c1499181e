"""What the doctor sees of the server: permissions, channels, roles and the storefront, as the cogs tell."""

import pytest

from models.base import Db
from models.discount import Discount, DiscountType
from models.product import Product
from models.storefront import Storefront
from services import Services
from services.doctor.contract import Mend, Severity
from services.doctor.place import Place, RoleState
from services.shops import Shop
from tests.services.conftest import OWNER, MakeProduct
from tests.services.doctor.conftest import Look, codes

ROLES = {
    "1": RoleState.GRANTABLE,
    "2": RoleState.TOO_HIGH,
    "3": RoleState.MANAGED,
    "900": RoleState.EVERYBODY,
}
PLACE = Place(roles=ROLES, channels={"10": frozenset(), "11": frozenset({"send_messages", "attach_files"})})


async def configure(services: Services, shop: Shop, **fields: object) -> Shop:
    """The shop with other settings."""
    return await services.shops.configure(await services.shops.of_tenant(shop.id), OWNER, **fields)


async def test_a_server_that_is_not_seen_is_the_first_thing_to_mend(look: Look) -> None:
    """Nothing else can be said of it then."""
    assert codes(await look("permissions")) == ["server_unseen"]
    assert codes(await look("channels")) == ["staff_channel_none"]


async def test_manage_roles_matters_as_soon_as_a_product_grants_one(look: Look, product: MakeProduct) -> None:
    """Before that it is one of the permissions that are missing."""
    place = Place(lacks=frozenset({"manage_roles", "embed_links"}))
    (found,) = await look("permissions", place)
    assert (found.code, found.values) == (
        "permissions_missing",
        {"permissions": ["embed_links", "manage_roles"]},
    )
    await product("Pass", granted_role_ids=["1"])
    assert codes(await look("permissions", place)) == ["roles_unmanaged", "permissions_missing"]
    assert await look("permissions", PLACE) == []


async def test_every_channel_that_is_set_is_looked_at(look: Look, services: Services, shop: Shop) -> None:
    """Gone, closed to the bot, or open to everybody; what only cannot take files is fine."""
    await configure(
        services, shop, admin_channel_id="10", announcement_channel_id="11", default_order_channel_id="12"
    )
    gone, mute = await look("channels", PLACE)
    assert (gone.code, gone.mend, gone.about) == ("channel_gone", Mend.CHANNELS, "default_order_channel_id")
    assert (mute.code, mute.values["permissions"]) == ("channel_mute", ["send_messages"])
    three = {each: frozenset[str]() for each in ("10", "11", "12")}
    open_place = Place(channels=three, open_channels=frozenset({"11"}))
    assert codes(await look("channels", open_place)) == ["channel_open"]


@pytest.mark.parametrize(
    ("role", "code"),
    [
        ("2", "granted_role_too_high"),
        ("3", "granted_role_managed"),
        ("4", "granted_role_gone"),
        ("900", "granted_role_everybody"),
    ],
)
async def test_a_role_that_cannot_be_granted_is_told_with_every_product_that_promises_it(
    look: Look, product: MakeProduct, role: str, code: str
) -> None:
    """Once for each role, with the names."""
    await product("Pass", granted_role_ids=[role])
    await product("Pass plus", granted_role_ids=["1", role])
    hint, found = await look("roles", PLACE)
    assert (hint.code, hint.severity) == ("staff_none", Severity.HINT)
    assert (found.code, found.about, sorted(found.values["names"])) == (code, role, ["Pass", "Pass plus"])


async def test_deleted_roles_of_buyers_discounts_and_staff_are_told(
    look: Look, services: Services, shop: Shop, product: MakeProduct, db: Db
) -> None:
    """What is switched off, and what names roles that are there, is left alone."""
    await configure(services, shop, staff_role_ids=["1", "8"])
    await product("Members only", required_role_ids=["1", "8"])
    hidden = await product("Hidden", granted_role_ids=["8"])
    await Product.set_fields(db, hidden, {"isActive": False})
    off = {"tenant_id": shop.id, "type": DiscountType.PERCENT, "percent": 10, "role_ids": ["8"]}
    await Discount(code="VIP", **off).insert(db)
    await Discount(code="OLD", is_active=False, **off).insert(db)
    assert sorted(codes(await look("roles", PLACE))) == [
        "discount_role_gone",
        "required_role_gone",
        "staff_role_gone",
    ]
    everything = Place(roles={**ROLES, "8": RoleState.GRANTABLE})
    assert await look("roles", everything) == []


async def test_another_shops_products_are_not_looked_at(look: Look, services: Services, db: Db) -> None:
    """The doctor tells nobody of a neighbour's trouble."""
    other = await services.shops.claim("901", "Borealis", OWNER)
    thing = {"name": "Secret", "sku": "S", "price_cents": 100, "is_digital": True, "granted_role_ids": ["2"]}
    await services.catalog.create(other, OWNER, thing)
    assert codes(await look("roles", PLACE)) == ["staff_none"]
    assert db is not None


async def test_the_storefront_is_looked_at_where_it_stands(
    look: Look, services: Services, shop: Shop, db: Db
) -> None:
    """Nowhere is fine; a channel that is gone can be forgotten, and one that Discord did not take posted."""
    assert await look("storefront", PLACE) == []
    await services.storefronts.place(shop, OWNER, "12", None)
    (gone,) = await look("storefront", PLACE)
    assert (gone.code, gone.mend, gone.about) == ("storefront_gone", Mend.CHANNELS, "storefront")
    await services.storefronts.place(shop, OWNER, "11", None)
    assert codes(await look("storefront", PLACE)) == ["storefront_mute"]
    await services.storefronts.place(shop, OWNER, "10", None)
    assert await look("storefront", PLACE) == []
    front = await Storefront.of_tenant(db, shop.id)
    assert front is not None
    await Storefront.rows(db).update_one({"_id": front.id}, {"$set": {"problem": "discord_down"}})
    (stuck,) = await look("storefront", PLACE)
    assert (stuck.code, stuck.mend) == ("storefront_stuck", Mend.STOREFRONT)
