"""Two records of one person become one, whatever happens at the same time."""

import asyncio
import inspect
from collections import Counter

import pytest

from models import merging
from models.audit import AuditLog
from models.base import Db, Document
from models.customer import Customer
from models.customer_note import CustomerNote
from models.discount_use import DiscountAssignment, DiscountUse
from models.entitlement import Entitlement
from models.errors import BadInput, CartChanged, ChangedMeanwhile, NotFound, Refused, ShopError
from models.fund import CommunityFundContribution
from models.inventory import InventorySnapshot
from models.member import Member
from models.order import Order
from models.registry import all_documents
from services import Services
from services.customer_merge import MOST_ADDRESSES
from services.shops import Shop
from tests.services import buying
from tests.services.conftest import ADA, BOB, OWNER, MakeProduct
from tests.services.mortal import dies
from tests.services.test_discounts import running

SAM = Member("9", "sam", "Sam")
MOST_COMMANDS = 60
ADDRESS = {
    "name": "Ada",
    "line1": "1 Road",
    "city": "Town",
    "state": "IL",
    "postal_code": "62704",
    "country": "US",
}


async def pair(services: Services, shop: Shop) -> tuple[Customer, Customer]:
    """Ada's two records: the one that is kept, and that of her other account, Bob's."""
    return await services.customers.of(shop, ADA), await services.customers.of(shop, BOB)


async def stored(db: Db, shop: Shop, customer: Customer) -> Customer:
    """The record as it is now."""
    found = await Customer.get(db, shop.id, customer.key)
    assert found is not None
    return found


def test_every_field_that_names_a_customer_is_moved() -> None:
    """A record that is added later cannot be forgotten: its field has to be entered, or named here."""
    found = set()
    for document in all_documents():
        for name, field in document.model_fields.items():
            if name.endswith(("customer_id", "customer_ids")) or name == "merged_into":
                key = document.__odm_fields__[name].key_name
                found.add((document, key))
                assert field is not None
    assert found == {*merging.REFERENCES, *merging.LISTED}
    assert all(inspect.isclass(document) and issubclass(document, Document) for document, _ in found)


async def test_everything_of_the_second_record_moves_to_the_first(
    db: Db, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """Orders, uses, assignments, notes, addresses, gifts and the way to reach them."""
    mug = await product(stock=None, granted_role_ids=["77"])
    discount = await running(services, shop, label="Opening")
    order = await buying.paid(services, shop, BOB, mug)
    await services.discounts.assign(shop, OWNER, discount.discount.key, [BOB], "3")
    kept, gone = await pair(services, shop)
    await services.customers.set_profile(shop, ADA, "ada@example.com", "")
    await services.customers.set_profile(shop, BOB, "bob@example.com", "+1 555 0100")
    for line in ("1 Road", "2 Road"):
        await services.customers.add_address(shop, ADA, {**ADDRESS, "line1": line})
    for line in ("2 Road", "3 Road"):
        await services.customers.add_address(shop, BOB, {**ADDRESS, "line1": line})
    desk = services.customer_desk
    await desk.edit(shop, SAM, kept.key, email="ada@example.com", phone="", remark="Regular")
    await desk.edit(shop, SAM, gone.key, email="bob@example.com", phone="+1 555 0100", remark="Pays late")
    await desk.add_note(shop, SAM, gone.key, "a note")
    gift = CommunityFundContribution(tenant_id=shop.id, customer_id=gone.key, amount_cents=500)
    await gift.insert(db)
    await services.merging.merge(shop, SAM, kept.key, gone.key)
    now, pointer = await stored(db, shop, kept), await stored(db, shop, gone)
    assert (now.email, now.phone, now.notes) == ("ada@example.com", "+1 555 0100", "Regular")
    assert [each.address.line1 for each in now.addresses] == ["1 Road", "2 Road", "3 Road"]
    assert (pointer.merged_into, pointer.addresses, pointer.merged_at is not None) == (kept.key, [], True)
    where = {"tenantId": shop.id, "customerId": kept.key}
    for document in (Order, DiscountUse, DiscountAssignment, CommunityFundContribution):
        assert len(await document.find_all(db, where)) == 1, document
    assert {each.text for each in await CustomerNote.find_all(db, where)} == {"a note", "Pays late"}
    view = await desk.view(shop, gone.key)
    assert (view.customer.key, view.orders, view.discord_ids) == (kept.key, 1, ["2", "3"])
    assert [each.user_id for each in view.roles] == [BOB.discord_id]
    placed = await Order.get(db, shop.id, order.key)
    assert placed is not None
    assert placed.customer.discord_id == BOB.discord_id
    (row,) = await AuditLog.find_all(db, {"action": "customer.merge"})
    assert (row.actor_id, row.entity_id, row.meta["before"]["customerId"]) == ("9", kept.key, gone.key)
    assert row.meta["after"]["orders.customerId"] == 1
    assert len(await AuditLog.find_all(db, {"action": "customer.merged", "entityId": gone.key})) == 1
    assert (await desk.find(shop, "bob@example")).people[0].key == kept.key
    assert (await desk.find(shop)).total == 1


async def test_each_account_sees_its_own_orders_and_shares_the_rest(
    services: Services, shop: Shop, product: MakeProduct
) -> None:
    """Discounts, addresses and profile are the person's; what an account ordered is shown to that account."""
    mug = await product(stock=None, price=1000)
    hers = await buying.paid(services, shop, ADA, mug)
    his = await buying.paid(services, shop, BOB, mug)
    made = await services.discounts.create(shop, OWNER, {"off": "10%"})
    key = made.discount.key
    await services.discounts.choose_audience(shop, OWNER, key, assigned_only=True)
    await services.discounts.switch(shop, OWNER, key, active=True)
    await services.discounts.assign(shop, OWNER, key, [ADA], "1")
    kept, gone = await pair(services, shop)
    await services.customers.add_address(shop, ADA, ADDRESS)
    await services.merging.merge(shop, SAM, kept.key, gone.key)
    assert [each.key for each in (await services.orders.of_member(shop, ADA)).orders] == [hers.key]
    assert [each.key for each in (await services.orders.of_member(shop, BOB)).orders] == [his.key]
    with pytest.raises(NotFound):
        await services.orders.view(shop, BOB, hers.key)
    assert (await services.carts.add(shop, BOB, mug.key)).totals.discount == 100
    assert (await services.customers.of(shop, BOB)).key == kept.key
    later = await buying.order(services, shop, BOB, mug)
    assert (later.customer_id, later.customer.discord_id) == (kept.key, BOB.discord_id)
    assert (await services.carts.add(shop, ADA, mug.key)).totals.discount == 0
    renamed = Member("3", "bobby", "Bobby")
    await services.customers.set_profile(shop, renamed, "both@example.com", "")
    customer = await services.customers.of(shop, ADA)
    assert (customer.email, customer.discord_username, len(customer.addresses)) == (
        "both@example.com",
        "ada",
        1,
    )
    assert (await services.customer_desk.find(shop, "bobby")).people[0].key == kept.key


async def test_whoever_said_no_is_not_overruled(services: Services, shop: Shop, db: Db) -> None:
    """An opt-out, a switch and a deactivation of either account hold for both."""
    kept, gone = await pair(services, shop)
    await services.customers.set_notices(shop, ADA, dm={"refunds": False})
    await services.customers.set_notices(shop, BOB, dm_opt_out=True, email={"order_shipped": False})
    await services.customer_desk.switch(shop, SAM, gone.key, active=False)
    await services.merging.merge(shop, SAM, kept.key, gone.key)
    now = await stored(db, shop, kept)
    assert (now.is_active, now.dm_opt_out) == (False, True)
    assert (now.dm_preferences.refunds, now.email_preferences.order_shipped) == (False, False)
    assert (now.dm_preferences.order_received, now.email_preferences.refunds) == (True, True)


@pytest.mark.parametrize(
    ("hers", "whose", "reached"),
    [("", BOB, False), ("ada@example.com", BOB, True), ("ada@example.com", ADA, False)],
)
async def test_a_refused_address_stays_refused_and_no_other_does(
    services: Services, shop: Shop, hers: str, whose: Member, *, reached: bool
) -> None:
    """The mark belongs to the address that is kept, whichever record it came from."""
    kept = await services.customers.set_profile(shop, ADA, hers, "")
    gone = await services.customers.set_profile(shop, BOB, "bob@example.com", "")
    await services.mailing.refused(kept if whose is ADA else gone)
    merged = await services.merging.merge(shop, SAM, kept.key, gone.key)
    assert services.mailing.has_address(merged) is reached


async def test_what_cannot_be_merged_changes_nothing(db: Db, services: Services, shop: Shop) -> None:
    """Itself, another shop's, one that was merged before, in either direction, nonsense."""
    kept, gone = await pair(services, shop)
    eve = await services.customers.of(shop, Member("4", "eve", "Eve"))
    other = await services.shops.claim("901", "Borealis", Member("50", "boris", "Boris"))
    theirs = await services.customers.of(other, ADA)
    await services.merging.merge(shop, SAM, kept.key, gone.key)
    before = await Customer.find_all(db, {}, sort="_id")
    for first, second, error in (
        (kept.key, kept.key, BadInput),
        (kept.key, gone.key, Refused),
        (gone.key, eve.key, Refused),
        (eve.key, gone.key, Refused),
        (kept.key, theirs.key, NotFound),
        (theirs.key, kept.key, NotFound),
        (kept.key, "nonsense", NotFound),
    ):
        for step in (
            services.merging.check(shop, first, second),
            services.merging.merge(shop, SAM, first, second),
        ):
            with pytest.raises(error):
                await step
    assert await Customer.find_all(db, {}, sort="_id") == before
    assert len(await AuditLog.find_all(db, {"action": "customer.merge"})) == 1


async def test_a_third_record_leaves_no_chain(db: Db, services: Services, shop: Shop) -> None:
    """Who pointed to the one that goes points to the one that stays."""
    kept, gone = await pair(services, shop)
    eve = await services.customers.of(shop, Member("4", "eve", "Eve"))
    await services.merging.merge(shop, SAM, kept.key, gone.key)
    await services.merging.merge(shop, SAM, eve.key, kept.key)
    assert (await stored(db, shop, gone)).merged_into == eve.key
    assert (await services.customers.of(shop, BOB)).key == eve.key
    assert (await services.customer_desk.view(shop, eve.key)).discord_ids == ["4", "2", "3"]


async def test_a_full_book_keeps_what_has_no_room(db: Db, services: Services, shop: Shop) -> None:
    """A menu of Discord's holds 25; what is beyond stays with the record that goes."""
    people = [Member(f"{60 + n}", f"u{n}", f"U{n}") for n in range(3)]
    for at, person in enumerate(people):
        for n in range(10):
            await services.customers.add_address(shop, person, {**ADDRESS, "line1": f"{n} Road {at}"})
    first, *others = [await services.customers.of(shop, person) for person in people]
    for other in others:
        await services.merging.merge(shop, SAM, first.key, other.key)
    assert len((await stored(db, shop, first)).addresses) == MOST_ADDRESSES
    assert len((await stored(db, shop, others[1])).addresses) == 5


async def test_two_staff_merge_once_in_one_direction(db: Db, services: Services, shop: Shop) -> None:
    """Six at once, half of them the other way round: one does it, the others are refused."""
    for turn in range(4):
        first = await services.customers.of(shop, Member(f"{100 + turn}", "x", "X"))
        second = await services.customers.of(shop, Member(f"{200 + turn}", "y", "Y"))
        results = await asyncio.gather(
            *(services.merging.merge(shop, SAM, first.key, second.key) for _ in range(3)),
            *(services.merging.merge(shop, OWNER, second.key, first.key) for _ in range(3)),
            return_exceptions=True,
        )
        assert Counter(isinstance(each, Refused) for each in results) == {True: 5, False: 1}
        pointers = [await stored(db, shop, each) for each in (first, second)]
        assert sorted(each.merged_into is None for each in pointers) == [False, True]
    assert len(await AuditLog.find_all(db, {"action": "customer.merge"})) == 4


async def test_an_order_confirmed_during_the_merge_is_not_lost(
    db: Db, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """Placed before, it moved; or it is refused and then placed for the kept customer; never in between."""
    mug = await product(stock=100)
    outcomes = Counter[str]()
    for turn in range(12):
        ada, bob = Member(f"{100 + turn}", "a", "A"), Member(f"{200 + turn}", "b", "B")
        kept, gone = await services.customers.of(shop, ada), await services.customers.of(shop, bob)
        reviews = {who: await buying.review(services, shop, who, mug) for who in (ada, bob)}

        async def later(first: str = kept.key, second: str = gone.key, wait: int = turn) -> Customer:
            await asyncio.sleep(wait / 1000)
            return await services.merging.merge(shop, SAM, first, second)

        *placed, _ = await asyncio.gather(
            *(services.placement.place(shop, who, *review) for who, review in reviews.items()),
            later(),
            return_exceptions=True,
        )
        for who, result in zip(reviews, placed, strict=True):
            outcomes[type(result).__name__] += 1
            if not isinstance(result, Order):
                assert isinstance(result, CartChanged), result
                await buying.order(services, shop, who, mug)
        _, page = await services.customer_desk.orders(shop, kept.key)
        assert page.total == len(page.orders) >= 2
        assert not await Order.find_all(db, {"tenantId": shop.id, "customerId": gone.key})
        assert {each.customer.discord_id for each in page.orders} == {ada.discord_id, bob.discord_id}
    assert outcomes["Order"] > 0
    snapshot = await InventorySnapshot.of_product(db, shop.id, mug.key)
    sold = sum(each.items[0].quantity for each in await Order.find_all(db, {"tenantId": shop.id}))
    assert (snapshot.quantity_reserved, snapshot.holds) == (sold, [])


async def test_what_staff_give_during_the_merge_is_not_lost(db: Db, services: Services, shop: Shop) -> None:
    """A note and an assigned discount end with the kept customer, or are refused."""
    made = await services.discounts.create(shop, OWNER, {"off": "10%"})
    for turn in range(8):
        bob = Member(f"{200 + turn}", "b", "B")
        kept = await services.customers.of(shop, Member(f"{100 + turn}", "a", "A"))
        gone = await services.customers.of(shop, bob)
        noted, given, edited, _ = await asyncio.gather(
            services.customer_desk.add_note(shop, SAM, gone.key, "x"),
            services.discounts.assign(shop, OWNER, made.discount.key, [bob], "1"),
            services.customers.add_address(shop, bob, ADDRESS),
            services.merging.merge(shop, SAM, kept.key, gone.key),
            return_exceptions=True,
        )
        view = await services.customer_desk.view(shop, kept.key)
        assert not isinstance(noted, ShopError)
        assert view.notes == 1
        assert len(view.held) == (0 if isinstance(given, ChangedMeanwhile) else 1)
        assert not isinstance(edited, ShopError)
        assert len(view.customer.addresses) == 1
    assert not await DiscountAssignment.find_all(
        db,
        {
            "customerId": {
                "$in": [each.key for each in await Customer.find_all(db, {"mergedInto": {"$gt": ""}})]
            }
        },
    )


async def test_a_merge_survives_a_process_that_dies(
    db: Db, mongo_uri: str, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """Killed after any command it happened wholly or not at all, and can be done then."""
    mug = await product(stock=None)
    for last in range(1, MOST_COMMANDS):
        ada, bob = Member(f"{1000 + last}", "a", "A"), Member(f"{2000 + last}", "b", "B")
        await buying.order(services, shop, bob, mug)
        kept, gone = await services.customers.of(shop, ada), await services.customers.of(shop, bob)
        died = await dies(db, mongo_uri, last, "merge", kept.key, gone.key)
        whole = (await stored(db, shop, gone)).merged_into is not None
        _, page = await services.customer_desk.orders(shop, kept.key)
        audits = await AuditLog.find_all(db, {"action": "customer.merge", "entityId": kept.key})
        assert (page.total, len(audits)) == ((1, 1) if whole else (0, 0)), f"after command {last}"
        if not whole:
            await services.merging.merge(shop, SAM, kept.key, gone.key)
            _, page = await services.customer_desk.orders(shop, kept.key)
            assert page.total == 1
        if not died:
            assert last > 10, "the step was killed too seldom to prove anything"
            return
    raise AssertionError("the step never ended")


async def test_roles_stay_owed_to_the_account_that_bought_them(
    db: Db, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """Discord grants a role to an account; a merge in the shop moves nobody's roles."""
    vip = await product("VIP", stock=None, granted_role_ids=["77"])
    order = await buying.paid(services, shop, BOB, vip)
    kept, gone = await pair(services, shop)
    await services.merging.merge(shop, SAM, kept.key, gone.key)
    (role,) = await Entitlement.of_order(db, shop.id, order.key)
    assert role.user_id == BOB.discord_id
    assert await services.delivery.rejoined(shop, BOB, {"77"}) == 1
    assert await services.delivery.rejoined(shop, ADA, {"77"}) == 0
