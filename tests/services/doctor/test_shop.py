"""What the doctor sees of the shop's own set-up: payments, shipping, keys, e-mail and stock."""

import asyncio

import pytest

from models.base import Db
from models.inventory import InventorySnapshot, InventoryTransaction
from models.ledger import Stock, drifts, with_stock
from models.member import Member
from models.payment_method import PaymentMethod
from models.product import Product
from models.provider import Provider
from services import Services
from services.doctor.ledger import Ledger
from services.doctor.place import Place
from services.key_reading import KeyLine
from services.resealing import Resealing
from services.shops import Shop
from services.vault import Vault
from tests.services.buying import order as buy
from tests.services.conftest import ADA, BOB, OWNER, MakeProduct, TestClock
from tests.services.csv_files import Clerk
from tests.services.doctor.conftest import Look, codes

SECRET = "a-secret-that-is-long-enough-for-tests"


async def configure(services: Services, shop: Shop, **fields: object) -> Shop:
    """The shop with other settings."""
    return await services.shops.configure(await services.shops.of_tenant(shop.id), OWNER, **fields)


async def test_ways_to_pay_that_no_customer_sees_are_told(look: Look, services: Services, shop: Shop) -> None:
    """Without instructions, and in a currency that they do not take."""
    assert await look("paying") == []
    ways = [*shop.config.enabled_payment_methods, PaymentMethod.MANUAL]
    await configure(services, shop, enabled_payment_methods=ways)
    (unset,) = await look("paying")
    assert (unset.code, unset.about) == ("method_unset", "MANUAL")
    await configure(services, shop, enabled_payment_methods=ways[:2], currency="EUR")
    assert codes(await look("paying")) == ["paying_impossible", "method_currency", "method_currency"]


async def test_shipping_is_missed_only_where_something_is_sent(
    look: Look, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """A digital shop needs no way to ship, and a shipper needs a sender."""
    await product("Song")
    assert await look("shipping") == []
    await product("Mug", is_digital=False)
    assert codes(await look("shipping")) == ["shipping_none"]
    await configure(services, shop, partners={"shipping": "easypost"})
    assert codes(await look("shipping")) == ["shipping_none", "sender_none"]


async def test_an_address_for_the_staff_needs_somebody_who_carries(
    look: Look, services: Services, shop: Shop
) -> None:
    """Without a mail service its e-mails are never sent."""
    assert await look("mail") == []
    await configure(services, shop, admin_notify_email="staff@aurora.example")
    assert codes(await look("mail")) == ["mail_none"]


@pytest.fixture
async def sealed(services: Services, shop: Shop, product: MakeProduct) -> str:
    """Keys to Square, and a product that sells keys; the product's name."""
    values = {"access_token": "EAAAl-token-0001", "location_id": "L1", "signature_key": "a-signature"}
    await services.providers.configure(shop, OWNER, "CASHAPP_PAY", values)
    made = await product("Game", stock=None)
    await services.key_pool.switch(shop, OWNER, made.key, on=True)
    await services.key_pool.add(shop, OWNER, made.key, [KeyLine(1, "AAAA-1111"), KeyLine(2, "BBBB-2222")])
    return made.name


async def test_secrets_are_judged_by_what_they_open(look: Look, sealed: str) -> None:
    """Rotated: a hint to keep the old one; changed: nothing can be read; the same: nothing to say."""
    assert await look("secrets") == []
    assert await look("provider_keys") == []
    new = "9f2c7a1be8d04356aa17c0e3b9d8f4256710acde"
    rotated = Vault([new, SECRET])
    assert codes(await look("secrets", vault=rotated)) == ["secret_old_provider", "secret_old_keys"]
    changed = Vault([new])
    assert await look("secrets", vault=changed) == []
    (sold,) = await look("provider_keys", vault=changed)
    assert (sold.code, sold.values) == ("sold_keys_unreadable", {"names": [sealed]})


async def test_an_old_secret_is_told_until_everything_is_sealed_anew(
    look: Look, services: Services, shop: Shop, sealed: str, db: Db, clock: TestClock
) -> None:
    """Also for a waiting file; once the rotation is through there is nothing to say."""
    rotated = Vault(["9f2c7a1be8d04356aa17c0e3b9d8f4256710acde", SECRET])
    game = next(each for each in await Product.find_all(db, {}) if each.name == sealed)
    await Clerk(services, shop).check("keys", f"sku,key\n{game.sku},FROM-FILE\n")
    every = ["secret_old_provider", "secret_old_keys", "secret_old_others"]
    assert codes(await look("secrets", vault=rotated)) == every
    await Resealing(db, clock, rotated).everything()
    assert await look("secrets", vault=rotated) == []


async def test_keys_that_nobody_can_read_are_told(look: Look, services: Services, shop: Shop, db: Db) -> None:
    """By the provider's name, never with what is stored."""
    values = {"access_token": "EAAAl-token-0001", "location_id": "L1", "signature_key": "a-signature"}
    await services.providers.configure(shop, OWNER, "CASHAPP_PAY", values)
    lost = Vault(["another-secret-of-forty-characters-and-more"]).seal("x", about="y")
    await db.rows(Provider.__collection__).update_one({}, {"$set": {"config.access_token": lost}})
    (found,) = await look("provider_keys")
    assert (found.code, found.values) == ("keys_unreadable", {"providers": ["cashapp_pay"]})


@pytest.mark.parametrize(
    ("secret", "found"),
    [
        ("a" * 40, ["secret_weak"]),
        ("change-me!" * 4, ["secret_weak"]),
        ("abcabcabd" * 3 + "ab", ["secret_weak"]),
        (SECRET, []),
    ],
)
async def test_a_secret_is_weak_when_it_is_long_but_not_random(
    look: Look, secret: str, found: list[str]
) -> None:
    """Few characters, or one piece over and over."""
    assert codes(await look("secrets", vault=Vault([secret]))) == found


async def test_stock_that_left_its_ledger_is_told_with_both_counts(
    look: Look, services: Services, shop: Shop, product: MakeProduct, db: Db
) -> None:
    """With open orders, cancelled ones and unsettled rows there is no drift, until somebody meddles."""
    mug, cap = await product("Mug", stock=9), await product("Cap", stock=4)
    order = await buy(services, shop, ADA, mug, 2)
    await buy(services, shop, BOB, mug, 1)
    await services.orders.cancel(shop, ADA, order.key)
    await buy(services, shop, BOB, cap, 1)
    await services.sweeper.sweep()
    assert await look("ledger") == []
    await db.rows(InventorySnapshot.__collection__).update_one(
        {"productId": cap.key}, {"$inc": {"quantityAvailable": 5}}
    )
    (found,) = await look("ledger")
    assert found.mend is None
    assert found.values["names"] == ["Cap"]
    assert (found.values["ledger"], found.values["stock"]) == (3, 8)


async def test_a_ledger_is_read_in_one_look_while_people_buy(
    services: Services, shop: Shop, product: MakeProduct, db: Db
) -> None:
    """A crowd never makes it look as if stock had drifted."""
    mug = await product("Mug", stock=40)
    crowd = [Member(str(500 + n), f"m{n}", f"M{n}") for n in range(12)]
    buying = asyncio.gather(*(buy(services, shop, person, mug, 1) for person in crowd))
    looks = 0
    while not buying.done():
        assert await drifts(db, shop.id, [mug.key]) == []
        looks += 1
    await buying
    assert looks > 1
    await db.rows(InventoryTransaction.__collection__).delete_one({"type": "RESTOCK"})
    (drift,) = await drifts(db, shop.id, [mug.key])
    assert drift.ledger == Stock(drift.snapshot.available - 40, drift.snapshot.reserved)


async def test_products_come_in_handfuls_of_one_tenant(db: Db) -> None:
    """A handful never holds two tenants' products, nor more than fifty."""
    for tenant, many in (("a", 120), ("b", 3)):
        rows = [InventorySnapshot(tenant_id=tenant, product_id=f"{n}") for n in range(many)]
        await InventorySnapshot.insert_all(db, rows)
    assert [(tenant, len(ids)) async for tenant, ids in with_stock(db)] == [
        ("a", 50),
        ("a", 50),
        ("a", 20),
        ("b", 3),
    ]
    assert [len(ids) async for _, ids in with_stock(db, "b")] == [3]
    assert [ids async for ids in with_stock(db, "c")] == []


async def test_what_there_was_no_time_for_is_said(
    look: Look, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """A shop of many products is compared as far as it goes."""
    await product("Mug")
    assert await look("ledger") == []
    case = services.doctor.case(shop, Place(seen=False))
    (unread,) = await Ledger(seconds=-1.0).run(case)
    assert (unread.code, unread.values) == ("ledger_unread", {"many": 0})
