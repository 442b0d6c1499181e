"""Waiting for what is sold out: in order of asking, one unit each, kept for a while, never promised twice."""

import asyncio
from collections import Counter

import pytest

from models.base import Db
from models.errors import BadInput, CartChanged, NotFound, OutOfStock, RolesMissing
from models.inventory import InventorySnapshot
from models.member import Member
from models.order import Order
from models.outbox import OutboxEffect
from models.product import Product
from models.waiting import Waiting, WaitStatus
from services import Services
from services.rules import Rules
from services.shops import Shop
from services.waitlist import MAX_WAITS
from tests.services import buying
from tests.services.conftest import ADA, BOB, OWNER, MakeProduct, TestClock
from tests.services.test_races import people, stock_holds

CY = Member("4", "cy", "Cy")


async def line_up(
    services: Services, shop: Shop, clock: TestClock, product: Product, *members: Member
) -> None:
    """Let members ask one after the other."""
    for member in members:
        clock.forward(seconds=1)
        assert await services.waitlist.ask(shop, member, product.key) is not None


async def statuses(db: Db, shop: Shop) -> dict[str, WaitStatus]:
    """Where everybody stands, by Discord id; the latest asking counts."""
    waits = await Waiting.find_all(db, {"tenantId": shop.id}, sort="_id")
    return {each.discord_user_id: each.status for each in waits}


async def offered(db: Db, shop: Shop, product: Product) -> set[str]:
    """For whom a unit is kept, by Discord id, after the check that the books fit."""
    return {each.member_id for each in (await stock_holds(db, shop, product.key)).offers}


async def told(db: Db, shop: Shop) -> list[str]:
    """What the outbox owes about offers: the waits, in the order in which they were owed."""
    effects = await OutboxEffect.find_all(db, {"tenantId": shop.id, "kind": "stock.offer"}, sort="_id")
    return [each.payload["waitingId"] for each in effects]


async def test_the_next_in_line_get_what_came_back_and_nobody_else(
    db: Db, services: Services, shop: Shop, product: MakeProduct, clock: TestClock
) -> None:
    """Two units for three who wait: the first two are told once, others see it sold out."""
    mug = await product(stock=0)
    await line_up(services, shop, clock, mug, BOB, ADA, CY)
    await services.stock.restock(shop, OWNER, mug.key, 2, "box")
    assert await offered(db, shop, mug) == {BOB.discord_id, ADA.discord_id}
    assert len(await told(db, shop)) == 2
    entry = await services.catalog.entry(shop, ADA, mug.key)
    assert (entry.available, entry.sold_out) == (1, False)
    assert entry.wait is not None
    assert entry.wait.offered_until == clock.now() + Rules().offer
    others = await services.catalog.entry(shop, CY, mug.key)
    assert others.sold_out
    with pytest.raises(OutOfStock):
        await services.carts.add(shop, CY, mug.key)
    await services.sweeper.sweep()
    assert len(await told(db, shop)) == 2


async def test_an_offered_unit_becomes_an_order_of_its_member(
    db: Db, services: Services, shop: Shop, product: MakeProduct, clock: TestClock
) -> None:
    """Confirm turns the offer into the order's hold; the wait is over and a second unit is not to be had."""
    mug = await product(stock=0)
    await line_up(services, shop, clock, mug, ADA)
    await services.stock.restock(shop, OWNER, mug.key, 1, "box")
    placed = await buying.order(services, shop, ADA, mug)
    snapshot = await stock_holds(db, shop, mug.key)
    assert (snapshot.quantity_available, snapshot.quantity_reserved) == (0, 1)
    assert (snapshot.offers, snapshot.holds) == ([], [])
    (wait,) = await Waiting.find_all(db, {"tenantId": shop.id})
    assert (wait.status, wait.order_id, wait.is_open) == (WaitStatus.TAKEN, placed.key, False)
    with pytest.raises(OutOfStock):
        await services.carts.add(shop, ADA, mug.key)


async def test_a_member_with_an_offer_takes_further_units_from_the_shelf(
    db: Db, services: Services, shop: Shop, product: MakeProduct, clock: TestClock
) -> None:
    """Three units came, one of them kept for Ada: she orders all three, and nothing is left kept."""
    mug = await product(stock=0)
    await line_up(services, shop, clock, mug, ADA)
    await services.stock.restock(shop, OWNER, mug.key, 3, "box")
    assert (await stock_holds(db, shop, mug.key)).quantity_available == 2
    review = await buying.review(services, shop, ADA, mug, 2)
    await services.placement.place(shop, ADA, *review)
    snapshot = await stock_holds(db, shop, mug.key)
    assert (snapshot.quantity_available, snapshot.quantity_reserved, snapshot.offers) == (1, 2, [])


async def test_a_cart_from_before_cannot_take_what_is_kept_for_others(
    services: Services, shop: Shop, product: MakeProduct, clock: TestClock
) -> None:
    """Bob reviewed the last mug, Cy bought it, Ada waits: when it comes back, Bob's Confirm gets nothing."""
    mug = await product(stock=1)
    review = await buying.review(services, shop, BOB, mug)
    placed = await buying.order(services, shop, CY, mug)
    await line_up(services, shop, clock, mug, ADA)
    await services.orders.cancel(shop, CY, placed.key)
    with pytest.raises(CartChanged):
        await services.placement.place(shop, BOB, *review)
    assert await buying.order(services, shop, ADA, mug)


@pytest.mark.parametrize("how", ["restock", "adjust", "set", "cancel", "hold_ended", "put_on_sale"])
async def test_every_way_in_which_stock_rises_goes_to_the_line(
    db: Db, services: Services, shop: Shop, product: MakeProduct, clock: TestClock, how: str
) -> None:
    """Deliveries, corrections, cancelled orders, ended holds, and a product that is sold again."""
    mug = await product(stock=1)
    placed = await buying.order(services, shop, CY, mug)
    await line_up(services, shop, clock, mug, ADA, BOB)
    match how:
        case "restock":
            await services.stock.restock(shop, OWNER, mug.key, 1, "box")
        case "adjust":
            await services.stock.adjust(shop, OWNER, mug.key, 1, "found")
        case "set":
            await services.stock.set_to(shop, OWNER, mug.key, 1, "counted")
        case "cancel":
            await services.orders.cancel(shop, CY, placed.key)
        case "hold_ended":
            clock.forward(hours=25)
            await services.sweeper.sweep()
        case "put_on_sale":
            await services.catalog.edit(shop, OWNER, mug.key, {"is_active": False})
            await services.stock.restock(shop, OWNER, mug.key, 1, "box")
            assert await offered(db, shop, mug) == set()
            await services.catalog.edit(shop, OWNER, mug.key, {"is_active": True})
    assert await offered(db, shop, mug) == {ADA.discord_id}


async def test_an_offer_that_is_not_taken_goes_to_the_next_and_at_last_to_everybody(
    db: Db, services: Services, shop: Shop, product: MakeProduct, clock: TestClock
) -> None:
    """After half an hour Bob's unit is Ada's, after another half hour anybody's."""
    mug = await product(stock=0)
    await line_up(services, shop, clock, mug, BOB, ADA)
    await services.stock.restock(shop, OWNER, mug.key, 1, "box")
    clock.forward(minutes=29)
    await services.sweeper.sweep()
    assert await offered(db, shop, mug) == {BOB.discord_id}
    clock.forward(minutes=2)
    await services.sweeper.sweep()
    assert await offered(db, shop, mug) == {ADA.discord_id}
    clock.forward(minutes=31)
    await services.sweeper.sweep()
    assert (await stock_holds(db, shop, mug.key)).quantity_available == 1
    assert set((await statuses(db, shop)).values()) == {WaitStatus.LAPSED}
    assert await buying.order(services, shop, CY, mug)


async def test_leaving_the_line_makes_room_and_asking_twice_is_asking_once(
    db: Db, services: Services, shop: Shop, product: MakeProduct, clock: TestClock
) -> None:
    """Bob asks ten times at once and stands once; he gives his unit up for Ada; then he may ask again."""
    mug = await product(stock=0)
    await asyncio.gather(*(services.waitlist.ask(shop, BOB, mug.key) for _ in range(10)))
    assert await Waiting.how_many(db, shop.id, mug.key) == 1
    await line_up(services, shop, clock, mug, ADA)
    await services.stock.restock(shop, OWNER, mug.key, 1, "box")
    assert await services.waitlist.withdraw(shop, BOB, mug.key)
    assert not await services.waitlist.withdraw(shop, BOB, mug.key)
    assert await offered(db, shop, mug) == {ADA.discord_id}
    await line_up(services, shop, clock, mug, BOB)
    assert (await statuses(db, shop))[BOB.discord_id] is WaitStatus.WAITING


async def test_what_can_be_had_needs_no_waiting(
    db: Db, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """Neither a product in stock nor one that nobody counts has a line."""
    for made in (await product(stock=1), await product("Song", stock=None)):
        assert await services.waitlist.ask(shop, ADA, made.key) is None
    assert not await Waiting.find_all(db, {})


async def test_only_who_may_buy_is_offered_a_unit(
    db: Db, services: Services, shop: Shop, product: MakeProduct, clock: TestClock
) -> None:
    """Without the role nobody joins the line; who lacks a role that is asked for later is passed over."""
    club = await product("Club", stock=0, required_role_ids=["77"])
    with pytest.raises(RolesMissing):
        await services.waitlist.ask(shop, ADA, club.key)
    mug = await product(stock=0)
    insider = Member("8", "ina", "Ina", role_ids=frozenset({"77"}))
    await line_up(services, shop, clock, mug, ADA, insider)
    await services.catalog.edit(shop, OWNER, mug.key, {"required_role_ids": ["77"]})
    await services.stock.restock(shop, OWNER, mug.key, 1, "box")
    assert await offered(db, shop, mug) == {insider.discord_id}
    lost = Member("8", "ina", "Ina")
    view = await services.carts.view(shop, lost)
    assert view.empty
    with pytest.raises(RolesMissing):
        await services.carts.add(shop, lost, mug.key)


async def test_who_waited_before_a_move_is_next_with_the_roles_of_the_new_server(
    db: Db, services: Services, shop: Shop, product: MakeProduct, clock: TestClock
) -> None:
    """The old roles are forgotten; who looks again keeps the place in the line with the new ones."""
    club = await product("Club", stock=0, required_role_ids=["77"])
    ina, jo = [Member(key, key, key, role_ids=frozenset({"77"})) for key in ("8", "9")]
    await line_up(services, shop, clock, club, ina, jo)
    await services.moving.offer(shop, OWNER, shop.name)
    shop = await services.moving.move(OWNER, shop.id, "901", shop.name)
    assert [each.role_ids for each in await Waiting.find_all(db, {"tenantId": shop.id})] == [[], []]
    await services.catalog.edit(shop, OWNER, club.key, {"required_role_ids": ["88"], "is_active": True})
    for key in ("9", "8"):
        assert await services.waitlist.ask(shop, Member(key, key, key, role_ids=frozenset({"88"})), club.key)
    await services.stock.restock(shop, OWNER, club.key, 1, "box")
    assert await offered(db, shop, club) == {"8"}


async def test_a_role_lost_before_confirm_is_noticed(
    services: Services, shop: Shop, product: MakeProduct, clock: TestClock
) -> None:
    """The offer keeps the unit, not the right to buy it."""
    club = await product("Club", stock=0, required_role_ids=["77"])
    insider = Member("8", "ina", "Ina", role_ids=frozenset({"77"}))
    await line_up(services, shop, clock, club, insider)
    await services.stock.restock(shop, OWNER, club.key, 1, "box")
    review = await buying.review(services, shop, insider, club)
    with pytest.raises(CartChanged) as moved:
        await services.placement.place(shop, Member("8", "ina", "Ina"), *review)
    assert moved.value.changes[0].kind == "roles"


async def test_offers_end_with_the_sale_and_the_place_in_the_line_stays(
    db: Db, services: Services, shop: Shop, product: MakeProduct, clock: TestClock
) -> None:
    """Hidden: nothing is kept, Confirm is refused. On sale again: the same member is next."""
    mug = await product(stock=0)
    await line_up(services, shop, clock, mug, ADA, BOB)
    await services.stock.restock(shop, OWNER, mug.key, 1, "box")
    review = await buying.review(services, shop, ADA, mug)
    await services.catalog.edit(shop, OWNER, mug.key, {"is_active": False})
    assert await offered(db, shop, mug) == set()
    with pytest.raises(CartChanged):
        await services.placement.place(shop, ADA, *review)
    await services.catalog.edit(shop, OWNER, mug.key, {"is_active": True})
    assert await offered(db, shop, mug) == {ADA.discord_id}
    assert len(await told(db, shop)) == 2


async def test_the_line_stands_still_while_the_bot_is_out_of_the_server(
    db: Db, services: Services, shop: Shop, product: MakeProduct, clock: TestClock
) -> None:
    """Days pass and nobody's turn does; once the bot is back the same member is next."""
    mug, song = await product(stock=0), await product("Song", stock=0)
    await line_up(services, shop, clock, mug, ADA, BOB)
    await line_up(services, shop, clock, song, CY)
    await services.stock.restock(shop, OWNER, mug.key, 1, "box")
    await services.absences.left(shop.guild_id)
    await services.catalog.edit(shop, OWNER, song.key, {"inventory_tracked": False})
    for _ in range(4):
        clock.forward(days=1)
        await services.sweeper.sweep()
    assert set((await statuses(db, shop)).values()) == {WaitStatus.WAITING}
    assert len(await told(db, shop)) == 1
    await services.absences.back(shop.guild_id)
    await services.sweeper.sweep()
    assert await offered(db, shop, mug) == {ADA.discord_id}
    assert (await statuses(db, shop))[CY.discord_id] is WaitStatus.OPENED


async def test_a_product_that_is_counted_no_more_has_no_line(
    db: Db, services: Services, shop: Shop, product: MakeProduct, clock: TestClock
) -> None:
    """Whoever waited is told once that it can be had, also the one for whom a unit was kept."""
    mug = await product(stock=0)
    await line_up(services, shop, clock, mug, ADA, BOB)
    await services.stock.restock(shop, OWNER, mug.key, 1, "box")
    (first,) = await told(db, shop)
    await services.catalog.edit(shop, OWNER, mug.key, {"inventory_tracked": False})
    assert await offered(db, shop, mug) == set()
    assert set((await statuses(db, shop)).values()) == {WaitStatus.OPENED}
    waits = await told(db, shop)
    assert (len(waits), waits.count(first)) == (3, 2)
    assert await services.waitlist.offer(shop.id, first, 1) is not None
    assert await services.waitlist.of_member(shop, ADA) == []
    await services.sweeper.sweep()
    assert len(await told(db, shop)) == 3
    await services.catalog.edit(shop, OWNER, mug.key, {"inventory_tracked": True})
    assert await services.waitlist.offer(shop.id, waits[-1], 1) is None


async def test_a_long_line_hears_of_it_a_part_at_a_time(
    db: Db, services: Services, shop: Shop, product: MakeProduct, clock: TestClock
) -> None:
    """A hundred at once, and only who may buy it: the others keep their places."""
    club = await product("Club", stock=0, required_role_ids=["77"])
    insiders = [Member(f"{1000 + n}", "ina", "Ina", role_ids=frozenset({"77"})) for n in range(101)]
    await line_up(services, shop, clock, club, *insiders)
    await services.catalog.edit(
        shop, OWNER, club.key, {"inventory_tracked": False, "required_role_ids": ["77"]}
    )
    assert len(await told(db, shop)) == 100
    await services.sweeper.sweep()
    assert len(await told(db, shop)) == 101
    other = await product("Cap", stock=0)
    await line_up(services, shop, clock, other, BOB)
    await services.catalog.edit(
        shop, OWNER, other.key, {"inventory_tracked": False, "required_role_ids": ["77"]}
    )
    await services.sweeper.sweep()
    assert (await statuses(db, shop))[BOB.discord_id] is WaitStatus.WAITING


async def test_a_refused_confirm_keeps_the_unit_for_its_member(
    db: Db, services: Services, shop: Shop, product: MakeProduct, clock: TestClock
) -> None:
    """Ada's cart also holds something that was sold meanwhile: her mug stays kept until its time is over."""
    mug, cap = await product(stock=0), await product("Cap", stock=1)
    await line_up(services, shop, clock, mug, ADA)
    await services.stock.restock(shop, OWNER, mug.key, 1, "box")
    await services.carts.add(shop, ADA, cap.key)
    review = await buying.review(services, shop, ADA, mug)
    await buying.order(services, shop, BOB, cap)
    with pytest.raises(CartChanged):
        await services.placement.place(shop, ADA, *review)
    assert await offered(db, shop, mug) == {ADA.discord_id}
    again = await services.checkout.view(shop, ADA)
    await services.placement.place(shop, ADA, again.session.key, again.session.version)
    assert (await stock_holds(db, shop, mug.key)).quantity_reserved == 1


async def test_another_shops_products_have_no_line_here(
    db: Db, services: Services, shop: Shop, product: MakeProduct, clock: TestClock
) -> None:
    """A foreign product is unknown, and a foreign wait is nobody's to end or to see."""
    mug = await product(stock=0)
    other = await services.shops.claim("901", "Borealis", OWNER)
    await line_up(services, shop, clock, mug, ADA)
    with pytest.raises(NotFound):
        await services.waitlist.ask(other, ADA, mug.key)
    assert not await services.waitlist.withdraw(other, ADA, mug.key)
    assert await services.waitlist.of_member(other, ADA) == []
    assert (await statuses(db, shop))[ADA.discord_id] is WaitStatus.WAITING
    (wait,) = await Waiting.find_all(db, {})
    assert await services.waitlist.offer(other.id, wait.key, 1) is None


async def test_nobody_waits_for_everything(services: Services, shop: Shop, product: MakeProduct) -> None:
    """A member may wait for so many products at once."""
    for number in range(MAX_WAITS):
        await services.waitlist.ask(shop, ADA, (await product(f"Mug {number}", stock=0)).key)
    with pytest.raises(BadInput):
        await services.waitlist.ask(shop, ADA, (await product("One more", stock=0)).key)
    assert len(await services.waitlist.of_member(shop, ADA)) == MAX_WAITS


async def test_a_drop_of_ten_goes_to_the_first_ten_of_a_hundred_while_fifty_others_click(
    db: Db, services: Services, shop: Shop, product: MakeProduct, clock: TestClock
) -> None:
    """Nobody who did not wait gets one; the ten who were first all do, however hard the others click."""
    drop = await product("Drop", 1000, 50)
    crowd = people(200)
    reviews = [(each, *await buying.review(services, shop, each, drop)) for each in crowd[150:]]
    await services.stock.set_to(shop, OWNER, drop.key, 0, "all sold at the counter")
    await line_up(services, shop, clock, drop, *crowd[:100])

    async def buy(member: Member, session_id: str, version: int) -> Order:
        await asyncio.sleep(int(member.discord_id) % 10 / 100)
        return await services.placement.place(shop, member, session_id, version)

    results = await asyncio.gather(
        services.stock.restock(shop, OWNER, drop.key, 10, "box"),
        *(buy(*review) for review in reviews),
        services.sweeper.sweep(),
        services.sweeper.sweep(),
        return_exceptions=True,
    )
    assert Counter(type(each) for each in results[1:-2]) == {CartChanged: 50}
    first = [each.discord_id for each in crowd[:10]]
    assert await offered(db, shop, drop) == set(first)
    assert len(await told(db, shop)) == 10
    clicks = [await buying.review(services, shop, each, drop) for each in crowd[:10]]
    placed = await asyncio.gather(
        *(
            services.placement.place(shop, each, *click)
            for each, click in zip(crowd[:10], clicks, strict=True)
            for _ in range(2)
        ),
        services.sweeper.sweep(),
    )
    orders = {each.key for each in placed if isinstance(each, Order)}
    assert len(orders) == 10
    snapshot = await stock_holds(db, shop, drop.key)
    assert (snapshot.quantity_available, snapshot.quantity_reserved, snapshot.offers) == (0, 10, [])


async def test_confirm_and_the_offers_end_at_once_leave_one_outcome(
    db: Db, services: Services, shop: Shop, product: MakeProduct, clock: TestClock
) -> None:
    """Ada confirms at the very moment at which her time is over: either her order stands or Bob is next."""
    for _ in range(6):
        mug = await product(f"Mug {clock.now():%H%M}", stock=0)
        await line_up(services, shop, clock, mug, ADA, BOB)
        await services.stock.restock(shop, OWNER, mug.key, 1, "box")
        clock.forward(minutes=29)
        review = await buying.review(services, shop, ADA, mug)
        clock.forward(seconds=61)
        results = await asyncio.gather(
            services.placement.place(shop, ADA, *review),
            services.sweeper.sweep(),
            services.waitlist.withdraw(shop, ADA, mug.key),
            return_exceptions=True,
        )
        await services.sweeper.sweep()
        kept = await offered(db, shop, mug)
        snapshot = await InventorySnapshot.of_product(db, shop.id, mug.key)
        assert (snapshot.quantity_available, snapshot.quantity_reserved) == (0, 1)
        if isinstance(results[0], Order):
            assert kept == set()
            await services.orders.cancel(shop, ADA, results[0].key)
            assert await offered(db, shop, mug) == {BOB.discord_id}
        else:
            assert kept == {BOB.discord_id}
        await services.carts.clear(shop, ADA)
