"""Two of the staff who saw the same record and change it at once: one is told, and nothing is overwritten."""

import asyncio
from collections.abc import Awaitable
from typing import Any

from models.audit import AuditLog
from models.base import Db
from models.errors import ChangedMeanwhile
from models.member import Member
from services import Services
from services.shops import Shop
from tests.services.conftest import ADA, OWNER, MakeProduct
from tests.services.hosting import KEYS

SAM = Member("5", "sam", "Sam", owns_guild=True)


async def race(db: Db, act: str, *both: Awaitable[Any]) -> Any:
    """The one that came through; the other was told, and one act is written down."""
    done = await asyncio.gather(*both, return_exceptions=True)
    assert sorted(isinstance(each, ChangedMeanwhile) for each in done) == [False, True], done
    assert len(await AuditLog.find_all(db, {"action": act})) == 1
    return next(each for each in done if not isinstance(each, ChangedMeanwhile))


async def test_a_product(db: Db, services: Services, shop: Shop, product: MakeProduct) -> None:
    """The name of one, and not the description of the other."""
    mug = await product()
    edits = [
        services.catalog.edit(shop, actor, mug.key, {"name": name, "description": name}, seen=mug)
        for actor, name in ((OWNER, "Cup"), (SAM, "Bowl"))
    ]
    won = await race(db, "product.edit", *edits)
    now = (await services.stock.of(shop, mug.key)).product
    assert (now.name, now.description) == (won.name, won.name)


async def test_what_others_changed_elsewhere_in_a_product_stays(
    services: Services, shop: Shop, product: MakeProduct
) -> None:
    """Somebody who saw it before changes another part, and nobody needs to be told."""
    mug = await product()
    await services.catalog.edit(shop, SAM, mug.key, {"price_cents": 900}, seen=mug)
    await services.catalog.edit(shop, OWNER, mug.key, {"name": "Cup"}, seen=mug)
    now = (await services.stock.of(shop, mug.key)).product
    assert (now.name, now.price_cents) == ("Cup", 900)


async def test_a_customer(db: Db, services: Services, shop: Shop) -> None:
    """The remark of one."""
    seen = await services.customers.of(shop, ADA)
    edits = [
        services.customer_desk.edit(shop, actor, seen.key, email="", phone="", remark=remark, seen=seen)
        for actor, remark in ((OWNER, "Kind"), (SAM, "Late"))
    ]
    won = await race(db, "customer.edit", *edits)
    assert (await services.customer_desk.get(shop, seen.key)).notes == won.notes


async def test_a_discount(db: Db, services: Services, shop: Shop) -> None:
    """The terms of one, and not the products of the other."""
    seen = (await services.discounts.create(shop, OWNER, {"off": "5%", "code": "ONE"})).discount
    edits = [
        services.discounts.edit(shop, actor, seen.key, {"off": off, "code": "ONE"}, seen=seen)
        for actor, off in ((OWNER, "10%"), (SAM, "20%"))
    ]
    won = await race(db, "discount.edit", *edits)
    assert (await services.discounts.view(shop, seen.key)).discount.percent == won.discount.percent


async def test_the_rules_of_the_fund(db: Db, services: Services, shop: Shop) -> None:
    """The amounts of one."""
    seen = await services.fund_rules.switch(shop, OWNER, on=True)
    await db.rows(AuditLog.__collection__).delete_many({})
    edits = [
        services.fund_rules.amounts(shop, actor, {"amounts": offered, "lowest": "", "highest": ""}, seen=seen)
        for actor, offered in ((OWNER, "5 10"), (SAM, "7"))
    ]
    won = await race(db, "fund.config", *edits)
    assert (await services.fund.rules(shop)).allowed_amounts_cents == won.allowed_amounts_cents


async def test_the_name_of_a_role(db: Db, services: Services, shop: Shop) -> None:
    """The name that one gave it."""
    made = await services.role_desk.create(shop, OWNER, "Clerk")
    edits = [
        services.role_desk.rename(shop, actor, made.key, name, seen="Clerk")
        for actor, name in ((OWNER, "Seller"), (SAM, "Packer"))
    ]
    won = await race(db, "role.rename", *edits)
    assert (await services.role_desk.view(shop, made.key)).role.name == won.name


async def test_the_keys_to_a_provider(db: Db, services: Services, shop: Shop) -> None:
    """The keys of one, also where only a secret is another."""
    known = KEYS["CASHAPP_PAY"]
    await services.providers.configure(shop, OWNER, "CASHAPP_PAY", known)
    await db.rows(AuditLog.__collection__).delete_many({})
    seen = (await services.providers.view(shop, "CASHAPP_PAY")).values
    edits = [
        services.providers.configure(shop, actor, "CASHAPP_PAY", {**known, "access_token": token}, seen=seen)
        for actor, token in ((OWNER, "token-of-olivia-1111"), (SAM, "token-of-sam-2222"))
    ]
    await race(db, "provider.keys", *edits)
    now = (await services.providers.view(shop, "CASHAPP_PAY")).values
    assert now["access_token"][-4:] in {"1111", "2222"}
    assert now != seen
