"""An audit beside a shop that trades: no false alarm, whatever happens at that moment, and real ones told."""

import asyncio
import contextlib
import time
from datetime import timedelta

from models.base import Db, utc_now
from models.errors import ShopError
from models.inventory import InventorySnapshot
from models.member import Member
from models.order import Order, OrderStatus
from services import Services
from services.books import checks
from services.books.auditor import Auditor, Step
from services.books.contract import Finding
from services.books.place import Places
from services.clock import SystemClock
from services.rules import Rules
from services.settling.credit import Picked
from services.shops import Shop
from tests.services import refunding
from tests.services.books.conftest import World
from tests.services.conftest import OWNER, MakeProduct
from tests.services.refunding import Basket

_SECONDS = 6.0
_PEOPLE = 6


async def customer(services: Services, shop: Shop, of: Basket, number: int, until: float) -> int:
    """Buys, and pays, or cancels, or pays and gets a part of it back, again and again; how often."""
    who, done = Member(str(5000 + number), f"user{number}", f"User {number}"), 0
    while time.monotonic() < until:
        try:
            placed = await refunding.order(services, shop, of, "VENMO", who)
            if (number + done) % 3 == 0:
                await services.orders.cancel(shop, who, placed.key)
            else:
                await services.claims.claim(shop, who, placed.key, "sent")
                view = await services.claims.view(shop, placed.payment_id)
                note = placed.order_number
                await services.claims.approve(shop, OWNER, view.payment.key, view.payment.claims, note)
            if (number + done) % 3 == 1:
                picked = Picked({of.vip.key: 2})
                await refunding.take_back(services, shop, placed, picked, by_hand=True)
        except ShopError:
            continue
        done += 1
    return done


async def work(services: Services, until: float) -> None:
    """Somebody makes happen what is owed, and goes the rounds."""
    while time.monotonic() < until:
        await services.worker.drain()
        await services.sweeper.sweep()
        await asyncio.sleep(0.05)


async def looks(db: Db, until: float) -> tuple[int, list[Finding]]:
    """One audit after the other, some records at a time; how many, and what they told."""
    auditor = Auditor(db, SystemClock(), Rules(), at_once=7, pause=timedelta(milliseconds=100))
    rounds, found = 0, list[Finding]()
    while time.monotonic() < until:
        found += [finding async for step in auditor.run(Places()) for finding in step.findings]
        rounds += 1
    return rounds, found


async def test_trade_gives_no_false_alarm(
    db: Db, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """Six people buy, pay, cancel and give back while audits go round."""
    of = await refunding.basket(product, many=1000)
    until = time.monotonic() + _SECONDS
    async with asyncio.TaskGroup() as group:
        trade = [group.create_task(customer(services, shop, of, n, until)) for n in range(_PEOPLE)]
        group.create_task(work(services, until))
        audits = group.create_task(looks(db, until))
    rounds, found = audits.result()
    assert found == []
    assert rounds >= 1
    assert sum(each.result() for each in trade) >= _PEOPLE
    states = {order.status for order in await Order.find_all(db, {"tenantId": shop.id})}
    assert states >= {OrderStatus.CANCELLED, OrderStatus.PARTIALLY_REFUNDED}
    await services.worker.drain()
    await services.sweeper.sweep()
    assert (await looks(db, time.monotonic() + 0.1))[1] == []


async def test_a_fault_is_told_only_when_it_stays(world: World) -> None:
    """What was mended between two looks is none."""
    rows = InventorySnapshot.rows(world.db)
    await rows.update_one({"productId": world.paid.items[0].product_id}, {"$inc": {"quantityAvailable": 1}})

    async def mend() -> None:
        await asyncio.sleep(0.3)
        where = {"productId": world.paid.items[0].product_id}
        await rows.update_one(where, {"$inc": {"quantityAvailable": -1}})

    mending = asyncio.create_task(mend())
    stock = [each for each in checks() if each.name == "stock"]
    auditor = Auditor(
        world.db, SystemClock(), Rules(), running=False, look_with=stock, pause=timedelta(seconds=1)
    )
    found = [finding async for step in auditor.run(Places()) for finding in step.findings]
    await mending
    assert found == []


async def test_an_audit_goes_on_where_it_was_stopped(world: World) -> None:
    """With its place as it was written down, it looks at every record once, however often it is stopped."""
    auditor = Auditor(world.db, SystemClock(), Rules(), running=False, at_once=2)
    whole = [(each.kind, each.records) async for each in auditor.run(Places())]
    places, parts = Places(), list[Step]()
    while True:
        async with contextlib.aclosing(auditor.run(places)) as steps:
            # The end of one kind is seen with the first of the next.
            taken = [step for _ in range(2) if (step := await anext(steps, None))]
        if not taken:
            break
        parts += taken
        places = Places.read(places.written())
    sums = {kind: sum(n for name, n in whole if name == kind) for kind, _ in whole}
    assert {kind: sum(s.records for s in parts if s.kind == kind) for kind in sums} == sums
    assert places.at == {}
    gone_through = {each for each in places.done if not each.startswith("ownerless")}
    assert len(gone_through) == sum(len(each.over) for each in checks())


async def test_only_a_tenants_own_books_are_looked_at(world: World, services: Services) -> None:
    """A fault in one shop is none of another's."""
    other = await services.shops.claim("901", "Borealis", OWNER)
    update = {"$set": {"totalCents": 1, "updatedAt": utc_now()}}
    await Order.rows(world.db).update_one({"_id": world.waiting.id}, update)
    auditor = Auditor(world.db, SystemClock(), Rules(), running=False, pause=timedelta(0))
    steps = [step async for step in auditor.run(Places(), other.id)]
    assert {step.tenant_id for step in steps} == {other.id}
    assert not any(step.findings for step in steps)
    assert any([step.findings async for step in auditor.run(Places(), world.shop.id)])
