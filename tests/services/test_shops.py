"""Claiming and configuring shops."""

import asyncio

import pytest

from models.audit import AuditLog
from models.base import Db
from models.errors import AlreadyExists, BadInput, CartChanged, ChangedMeanwhile, NoShop
from models.order import Order
from models.product import Product
from models.tenant import ShippingType
from services import Services
from services.shops import Shop
from tests.services import buying
from tests.services.conftest import ADA, OWNER, MakeProduct


async def test_a_guild_is_claimed_once_however_many_try(db: Db, services: Services) -> None:
    """Of five claims at once one opens the shop, and nothing of the others is left."""
    results = await asyncio.gather(
        *(services.shops.claim("901", f"Shop {n}", OWNER) for n in range(5)), return_exceptions=True
    )
    assert sum(isinstance(result, Shop) for result in results) == 1
    assert sum(isinstance(result, AlreadyExists) for result in results) == 4
    assert await db.database["tenants"].count_documents({}) == 1
    assert await db.database["botconfigs"].count_documents({"guildId": "901"}) == 1


async def test_a_guild_without_a_shop_is_said_so(services: Services) -> None:
    """Neither an unknown guild nor an unknown tenant has a shop."""
    with pytest.raises(NoShop):
        await services.shops.of_guild("404")
    with pytest.raises(NoShop):
        await services.shops.of_tenant("404")


async def test_two_admins_never_overwrite_each_other_silently(db: Db, services: Services, shop: Shop) -> None:
    """Who saves what they saw before somebody else saved is asked to look again, and nothing is lost."""
    one, two = (ShippingType(code=c, label=c, cost_cents=5) for c in ("one", "two"))
    await services.shops.configure(shop, OWNER, shipping_types=[one])
    with pytest.raises(ChangedMeanwhile):
        await services.shops.configure(shop, ADA, shipping_types=[two])
    now = await services.shops.of_guild(shop.guild_id)
    assert [kind.code for kind in now.config.shipping_types] == ["one"]
    assert len(await AuditLog.find_all(db, {"tenantId": shop.id, "action": "config.edit"})) == 3


async def test_a_wrong_setting_changes_nothing(db: Db, services: Services, shop: Shop) -> None:
    """The refusal names the field; neither the set-up nor the audit log knows of it."""
    acts = await db.database["auditlogs"].count_documents({})
    for fields in ({"low_inventory_threshold": -1}, {"currency": "KWD"}, {"currency": "dollars"}):
        with pytest.raises(BadInput) as refusal:
            await services.shops.configure(shop, OWNER, **fields)
        assert refusal.value.field == next(iter(fields))
    assert (await services.shops.of_guild(shop.guild_id)).config == shop.config
    assert await db.database["auditlogs"].count_documents({}) == acts


async def test_the_currency_stays_once_there_are_prices(
    services: Services, shop: Shop, product: MakeProduct
) -> None:
    """Before the first product it may change, afterwards a price would silently mean something else."""
    shop = await services.shops.configure(shop, OWNER, currency="eur")
    assert shop.currency == "EUR"
    await product()
    with pytest.raises(BadInput) as refusal:
        await services.shops.configure(shop, OWNER, currency="USD")
    assert (refusal.value.problem, refusal.value.limit) == ("in_use", "EUR")


async def test_a_price_in_another_currency_is_never_charged_as_if_it_were_ours(
    db: Db, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """However such a product came about, Confirm refuses it, and renewing the cart lets it go."""
    mug = await product()
    review = await buying.review(services, shop, ADA, mug)
    await Product.set_fields(db, mug, {"currency": "JPY"})
    with pytest.raises(CartChanged) as refusal:
        await services.placement.place(shop, ADA, *review)
    assert [change.kind for change in refusal.value.changes] == ["gone"]
    assert await Order.how_many(db, {"tenantId": shop.id}) == 0
    assert (await services.carts.renew(shop, ADA)).empty


@pytest.mark.parametrize("name", ["", "  ", "\u200b", "x" * 101])
async def test_a_name_that_cannot_be_takes_no_setting_with_it(
    services: Services, shop: Shop, name: str
) -> None:
    """What stands in one form is stored wholly or not at all."""
    with pytest.raises(BadInput) as refusal:
        await services.shops.configure(shop, OWNER, name=name, low_inventory_threshold=9)
    assert refusal.value.field == "name"
    assert (await services.shops.of_tenant(shop.id)).config == shop.config


async def test_a_setting_that_cannot_be_takes_no_name_with_it(services: Services, shop: Shop) -> None:
    """The other way round, too; and both are stored at once."""
    with pytest.raises(BadInput):
        await services.shops.configure(shop, OWNER, name="Borealis", admin_notify_email="nobody")
    assert (await services.shops.of_tenant(shop.id)).name == "Aurora"
    now = await services.shops.configure(shop, OWNER, name=" Borealis ", low_inventory_threshold=9)
    assert now == await services.shops.of_tenant(shop.id)
    assert (now.name, now.config.low_inventory_threshold) == ("Borealis", 9)
