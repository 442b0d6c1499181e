"""A shop's life, as a cluster's router would see it: what names its shop, and what goes to every shard."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from motor.motor_asyncio import AsyncIOMotorClient

from models.base import Db
from models.registry import create_indexes
from models.webhook import WebhookEvent, WebhookProvider
from services import Services
from services.settling.credit import Picked
from services.shops import Shop
from tests.models.samples import sample
from tests.routing import Asked, Routes
from tests.services import buying, erasing, hosting, keys, refunding
from tests.services.conftest import ADA, BOB, OWNER, MakeProduct, TestClock

# Whoever is free takes the next piece of work, whichever shop's it is: a router of MongoDB 8 finds it by
# asking every shard for one (docs/adr/0037).
QUEUES = {
    ("outbox", ("kind", "nextAttemptAt", "status", "urgency")),
    ("webhookevents", ("nextAttemptAt", "provider", "state")),
    ("payments", ("nextPollAt",)),
    ("storefronts", ("dueAt",)),
    ("dataimports", ("leaseUntil", "state")),
}
# What time has made due, of every shop, looked for every few seconds by an index that holds little else.
ROUNDS = {
    ("digitalfiles", ("offered", "replacedAt")),
    ("discounts", ("holds.takenAt",)),
    ("discountuses", ("counted",)),
    ("entitlements", ("$or", "pseudonym", "status")),
    ("entitlements", ("expiresAt", "status")),
    ("entitlements", ("status", "warnAt")),
    ("fundentries", ("settled",)),
    ("inventorysnapshots", ("holds.takenAt",)),
    ("inventorysnapshots", ("offers.until",)),
    ("inventorytransactions", ("settled",)),
    ("orders", ("holdEndsAt", "holdReminded", "status")),
    ("orders", ("holdEndsAt", "status")),
    ("ordersessions", ("confirmingSince", "isOpen", "state")),
    ("ordersessions", ("expiresAt", "isOpen", "state")),
    ("platformentitlements", ("endsAt", "state")),
    # Which shops have one: there is one for each.
    ("rolechecks", ()),
    ("rolechecks", ("dueAt",)),
    ("waitings", ("status",)),
}


@pytest.fixture
def routes() -> Routes:
    """What was sent in this test."""
    return Routes()


@pytest.fixture
async def db(mongo_uri: str, database_name: str, routes: Routes) -> AsyncIterator[Db]:
    """This test's own database, whose commands are kept."""
    client = AsyncIOMotorClient[dict[str, Any]](mongo_uri, tz_aware=True, event_listeners=[routes])
    engine = Db(client=client, database=database_name)
    await create_indexes(engine)
    yield engine
    client.close()


def places(found: set[Asked]) -> set[tuple[str, tuple[str, ...]]]:
    """Where was looked, and by what."""
    return {(each.collection, each.fields) for each in found}


async def test_selling_names_its_shop_and_only_rounds_go_everywhere(
    db: Db, services: Services, shop: Shop, product: MakeProduct, clock: TestClock, routes: Routes
) -> None:
    """Orders, payments, keys, refunds, waits and webhooks: each statement goes to the shard of its shop."""
    shop = await refunding.opened(services, shop)
    shelf = await refunding.basket(product)
    placed = await refunding.paid(services, shop, shelf)
    await refunding.approved(services, shop, shelf)
    await refunding.take_back(services, shop, placed, Picked({shelf.mug.key: 1}))
    await services.orders.cancel(shop, BOB, (await hosting.order(services, shop, BOB, shelf.vip)).key)
    await buying.paid(services, shop, BOB, await keys.pool(services, shop, product, ["k-1", "k-2"]))
    rare = await product("Rare", stock=0)
    await services.waitlist.ask(shop, ADA, rare.key)
    await services.stock.restock(shop, OWNER, rare.key, 1, "one more")
    await services.waitlist.withdraw(shop, ADA, rare.key)
    told = sample(
        WebhookEvent, tenant_id=shop.id, provider=WebhookProvider.CASHAPP_PAY, next_attempt_at=clock.now()
    )
    await WebhookEvent.store_all(db, [told])
    await hosting.order(services, shop, ADA, shelf.vip)
    for _ in range(2):
        await services.inbox.drain()
        await services.worker.drain()
        await services.sweeper.sweep()
        await services.poller.poll()
        clock.forward(hours=30)
    sold = await erasing.known(services, shop, ADA)
    await services.erasure.ask(shop, sold)

    everywhere = routes.everywhere()
    assert [each for each in everywhere if each.in_transaction] == []
    assert places({each for each in everywhere if each.one_record}) <= QUEUES
    assert places({each for each in everywhere if not each.one_record}) == ROUNDS
    upserts = [each for each in routes.asked if each.does == "upsert"]
    assert upserts
    assert all(each.one_shop for each in upserts)


async def test_the_shops_of_a_router_are_told_from_all(db: Db, shop: Shop, routes: Routes) -> None:
    """The check sees a statement that names no shop, and a list of shops is not one shop."""
    routes.asked.clear()
    rows = WebhookEvent.rows(db)
    await rows.update_one({"eventId": "x"}, {"$set": {"error": "y"}})
    await rows.find_one({"tenantId": {"$in": [shop.id, "other"]}})
    await rows.find_one({"tenantId": {"$in": [shop.id]}})
    await rows.count_documents({"tenantId": shop.id})
    assert [(each.does, each.one_shop, each.one_record) for each in routes.asked] == [
        ("update one", False, True),
        ("find", False, False),
        ("find", True, False),
        ("aggregate", True, False),
    ]
