"""Who shows a storefront next: one process at a time, nothing forgotten, and not too often."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from models.base import Db
from models.inventory import InventorySnapshot, StockHold
from models.storefront import Storefront
from services import Services
from services.rules import Rules
from services.shops import Shop
from services.storefront_worker import Outcome
from services.worker import EffectFailed
from tests.services import buying
from tests.services.conftest import ADA, OWNER, MakeProduct, TestClock

LEASE = Rules().outbox_lease.total_seconds()
PAUSE = Rules().storefront_pause.total_seconds()


@pytest.fixture
async def front(services: Services, shop: Shop) -> Storefront:
    """A storefront that was just put up."""
    return await services.storefronts.place(shop, OWNER, "5", "en-US")


@pytest.mark.usefixtures("front")
async def test_of_many_processes_one_shows_it(services: Services) -> None:
    """Ten that look at once: one lease."""
    claimed = await asyncio.gather(*(services.storefronts.claim() for _ in range(10)))
    assert sum(each is not None for each in claimed) == 1


@pytest.mark.usefixtures("front")
async def test_what_a_dead_process_was_showing_is_shown_by_another(
    services: Services, clock: TestClock
) -> None:
    """After its lease, even if nothing changed since; the dead one's last word counts no more."""
    dead = await services.storefronts.claim()
    assert dead is not None
    assert await services.storefronts.claim() is None
    clock.forward(seconds=LEASE + 1)
    heir = await services.storefronts.claim()
    assert heir is not None
    await services.storefronts.shown(dead, "old", looked=True)
    assert not await services.storefronts.posted(dead, "77")
    await services.storefronts.shown(heir, "new", looked=True)
    clock.forward(seconds=PAUSE + 1)
    assert await services.storefronts.claim() is None


@pytest.mark.usefixtures("front")
async def test_a_change_while_it_is_shown_is_shown_afterwards(
    services: Services, shop: Shop, product: MakeProduct, clock: TestClock
) -> None:
    """What changed under way was perhaps not read: after the pause it is shown once more."""
    mug = await product(stock=3)
    first = await services.storefronts.claim()
    assert first is not None
    await buying.order(services, shop, ADA, mug)
    assert await services.storefronts.claim() is None
    await services.storefronts.shown(first, "old", looked=True)
    assert await services.storefronts.claim() is None
    clock.forward(seconds=PAUSE)
    again = await services.storefronts.claim()
    assert again is not None
    await services.storefronts.shown(again, "new", looked=True)
    clock.forward(seconds=PAUSE)
    last = await services.storefronts.claim()
    assert last is not None, "what marked it may have been committed after it was read"
    await services.storefronts.shown(last, "new", looked=False)
    clock.forward(seconds=PAUSE)
    assert await services.storefronts.claim() is None


@pytest.mark.parametrize("step", ["create", "edit", "restock", "confirm", "cancel", "configure", "rename"])
async def test_everything_that_can_be_seen_in_it_marks_it(
    db: Db,
    services: Services,
    shop: Shop,
    product: MakeProduct,
    clock: TestClock,
    front: Storefront,
    step: str,
) -> None:
    """Catalogue, stock, purchases and the shop's own settings; another shop's storefront is left alone."""
    mug = await product(stock=3)
    other = await services.shops.claim("901", "Borealis", OWNER)
    await services.storefronts.place(other, OWNER, "6", "en-US")
    placed = await buying.order(services, shop, ADA, mug) if step == "cancel" else None
    steps: dict[str, Callable[[], Awaitable[object]]] = {
        "create": lambda: product("Cap"),
        "edit": lambda: services.catalog.edit(shop, OWNER, mug.key, {"price_cents": 1}),
        "restock": lambda: services.stock.restock(shop, OWNER, mug.key, 1, "box"),
        "confirm": lambda: buying.order(services, shop, ADA, mug),
        "cancel": lambda: services.orders.cancel(shop, ADA, placed.key if placed else ""),
        "configure": lambda: services.shops.configure(shop, OWNER, default_qty_visibility="private"),
        "rename": lambda: services.shops.configure(shop, OWNER, name="Aurora & friends"),
    }
    for _ in range(3):
        while claimed := await services.storefronts.claim():
            await services.storefronts.shown(claimed, "as it was", looked=True)
        clock.forward(seconds=PAUSE)
    await steps[step]()
    due = await services.storefronts.claim()
    assert due is not None
    assert due.id == front.id
    assert await services.storefronts.claim() is None
    assert await Storefront.of_tenant(db, "nobody") is None


async def test_an_order_whose_process_died_after_it_stood_marks_it(
    db: Db, services: Services, shop: Shop, product: MakeProduct, clock: TestClock, front: Storefront
) -> None:
    """Its hold was not settled and nothing marked: the sweeper does both."""
    mug = await product(stock=3)
    order = await buying.order(services, shop, ADA, mug)
    hold = StockHold(order_id=order.key, quantity=1, taken_at=clock.now()).model_dump_doc()
    await InventorySnapshot.rows(db).update_one({"productId": mug.key}, {"$push": {"holds": hold}})
    for _ in range(3):
        while claimed := await services.storefronts.claim():
            await services.storefronts.shown(claimed, "as it was", looked=True)
        clock.forward(seconds=PAUSE)
    await services.sweeper.sweep()
    assert (await InventorySnapshot.of_product(db, shop.id, mug.key)).holds == []
    due = await services.storefronts.claim()
    assert due is not None
    assert due.id == front.id


async def test_one_broken_storefront_does_not_stop_the_others(
    services: Services, shop: Shop, clock: TestClock, front: Storefront
) -> None:
    """A bug while showing one, a refusal for another: the third is shown, the first two are tried again."""
    assert front.tenant_id == shop.id
    for number in range(3):
        other = await services.shops.claim(f"91{number}", "Another", OWNER)
        await services.storefronts.place(other, OWNER, str(number), None)
    shown: list[str | None] = []

    async def show(each: Storefront) -> Outcome:
        if each.channel_id == "0":
            raise KeyError("a bug")
        if each.channel_id == "1":
            raise EffectFailed("missing_permission")
        shown.append(each.channel_id)
        return Outcome("fine", looked=True)

    services.storefront_worker.register(show)
    assert await services.storefront_worker.drain() == 4
    assert sorted(map(str, shown)) == ["2", "5"]
    assert await services.storefront_worker.drain() == 0
    clock.forward(seconds=PAUSE)
    assert await services.storefront_worker.drain() == 2
    clock.forward(seconds=61)
    assert await services.storefront_worker.drain() == 1
    clock.forward(minutes=10)
    assert await services.storefront_worker.drain() == 4
    services.storefront_worker.unregister()
    clock.forward(hours=1)
    assert await services.storefront_worker.drain() == 0
