"""Customers as staff find, read, change and close them."""

import asyncio
from typing import Any

import pytest

from models.audit import AuditLog
from models.base import Db
from models.customer import Customer
from models.customer_note import CustomerNote
from models.entitlement import Entitlement, EntitlementStatus
from models.errors import BadInput, CartChanged, NotFound, OrdersClosed
from models.inventory import InventorySnapshot
from models.member import Member
from models.order import Order, OrderStatus
from services import Services
from services.shops import Shop
from tests.services import buying
from tests.services.conftest import ADA, BOB, OWNER, MakeProduct, TestClock

SAM = Member("9", "sam", "Sam")


async def known(services: Services, shop: Shop, member: Member, email: str = "") -> Customer:
    """A customer who has been here."""
    return await services.customers.set_profile(shop, member, email, "")


async def test_customers_are_found_by_name_mail_id_and_order(
    services: Services, shop: Shop, product: MakeProduct
) -> None:
    """Any part, in any case; what looks like a pattern is taken as it is written."""
    ada = await known(services, shop, ADA, "Ada.L@Example.com")
    eve = await known(services, shop, Member("4", "e_v.e", "Zoë (Eve) *"))
    order = await buying.order(services, shop, ADA, await product())
    desk = services.customer_desk
    for query, found in {
        "ADA": [ada],
        "a.l@example": [ada],
        "2": [ada],
        order.order_number.lower(): [ada],
        "(eve) *": [eve],
        "zoë": [eve],
        ".*": [],
        "nobody": [],
        "e": [ada, eve],
        "\0": [ada, eve],
    }.items():
        page = await desk.find(shop, query)
        assert {each.key for each in page.people} == {each.key for each in found}, query
    assert {each.key for each in (await desk.find(shop)).people} == {ada.key, eve.key}
    assert (await desk.of_order(shop, order.key)).key == ada.key
    assert (await desk.of_discord(shop, "4")).key == eve.key
    with pytest.raises(NotFound):
        await desk.of_discord(shop, "777")


async def test_many_customers_have_pages_and_too_many_are_said(services: Services, shop: Shop) -> None:
    """By name; beyond a hundred staff have to say more letters."""
    for n in range(103):
        await services.customers.of(shop, Member(f"{1000 + n}", f"fan{n}", f"Fan {n:03}"))
    page = await services.customer_desk.find(shop, "fan", 2)
    assert [each.discord_display_name for each in page.people][:2] == ["Fan 010", "Fan 011"]
    assert (page.total, page.pages, page.cut) == (100, 20, True)
    assert (await services.customer_desk.find(shop, "", 999)).page == 20


async def test_an_address_that_staff_put_right_is_written_to_again(services: Services, shop: Shop) -> None:
    """It was refused; a remark changes nothing about that, another address does."""
    ada = await known(services, shop, ADA, "ada@exmaple.com")
    await services.mailing.refused(ada)
    desk = services.customer_desk
    same = await desk.edit(shop, SAM, ada.key, email="ada@exmaple.com", phone="", remark="typo?")
    assert not services.mailing.has_address(same)
    right = await desk.edit(shop, SAM, ada.key, email="ada@example.com", phone="", remark="")
    assert services.mailing.has_address(right)


async def test_a_refused_address_stays_refused_with_whoever_is_kept(services: Services, shop: Shop) -> None:
    """The address moves with what is known of it; an own one that is fine stays fine."""
    ada, bob = await known(services, shop, ADA), await known(services, shop, BOB, "bob@gone.example")
    eve = await known(services, shop, Member("4", "eve", "Eve"), "eve@example.com")
    await services.mailing.refused(bob)
    both = await services.merging.merge(shop, OWNER, ada.key, bob.key)
    assert (both.email, both.email_refused) == ("bob@gone.example", True)
    all_three = await services.merging.merge(shop, OWNER, eve.key, ada.key)
    assert (all_three.email, all_three.email_refused) == ("eve@example.com", False)


async def test_a_customer_shows_what_they_spent_hold_and_wait_for(
    db: Db, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """Paid and not given back, by currency; unpaid orders are open, cancelled ones count as orders."""
    mug = await product(stock=None, price=1000)
    vip = await product("VIP", stock=None, price=2000, granted_role_ids=["77"])
    paid = await buying.paid(services, shop, ADA, mug)
    await buying.paid(services, shop, ADA, vip)
    await buying.order(services, shop, ADA, mug)
    cancelled = await buying.order(services, shop, ADA, mug)
    await services.orders.cancel(shop, ADA, cancelled.key)
    await buying.paid(services, shop, BOB, mug)
    await Order.rows(db).update_one({"_id": paid.id}, {"$set": {"refundedCents": 300}})
    made = await services.discounts.create(shop, OWNER, {"off": "10%"})
    await services.discounts.assign(shop, OWNER, made.discount.key, [ADA], "2")
    ada = await services.customers.of(shop, ADA)
    view = await services.customer_desk.view(shop, ada.key)
    assert [(each.currency, each.cents) for each in view.spent] == [("USD", 2700)]
    assert (view.orders, view.open_orders) == (4, 2)
    assert [each.status for each in view.roles] == [EntitlementStatus.PENDING]
    assert [(found.key, held.total_allowed) for found, held in view.held] == [(made.discount.key, 2)]
    _, page = await services.customer_desk.orders(shop, ada.key)
    assert page.total == 4


async def test_notes_are_only_added_and_audited(
    db: Db, services: Services, shop: Shop, clock: TestClock
) -> None:
    """With author and time, the newest first, four thousand characters at most."""
    ada = await known(services, shop, ADA)
    desk = services.customer_desk
    await desk.add_note(shop, SAM, ada.key, "first")
    clock.forward(minutes=1)
    await desk.add_note(shop, OWNER, ada.key, "x" * 4000)
    page = await desk.notes(shop, ada.key)
    assert page.note is not None
    assert (page.note.text, page.note.actor_id, page.note.at, page.pages) == (
        "x" * 4000,
        OWNER.discord_id,
        clock.now(),
        2,
    )
    older = await desk.notes(shop, ada.key, 1)
    assert older.note is not None
    assert older.note.text == "first"
    for text, problem in (("  ", "required"), ("x" * 4001, "length")):
        with pytest.raises(BadInput) as refused:
            await desk.add_note(shop, SAM, ada.key, text)
        assert refused.value.problem == problem
    rows = await AuditLog.find_all(db, {"action": "customer.note"}, sort="_id")
    assert [row.meta["after"]["note"][:5] for row in rows] == ["first", "xxxxx"]


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("email", "no mail", "not_an_email"),
        ("phone", "call me", "not_a_phone"),
        ("remark", "x" * 1001, "length"),
    ],
)
async def test_what_cannot_be_kept_is_named_and_changes_nothing(
    db: Db, services: Services, shop: Shop, field: str, value: str, problem: str
) -> None:
    """Staff's entries are held to what customers' own are."""
    ada = await known(services, shop, ADA, "ada@example.com")
    typed: dict[str, Any] = {"email": "", "phone": "", "remark": "", field: value}
    with pytest.raises(BadInput) as refused:
        await services.customer_desk.edit(shop, SAM, ada.key, **typed)
    assert (refused.value.field, refused.value.problem) == (field, problem)
    now = await Customer.get(db, shop.id, ada.key)
    assert now is not None
    assert now.email == "ada@example.com"
    assert not await AuditLog.find_all(db, {"action": "customer.edit"})


async def test_an_edit_is_audited_with_before_and_after(db: Db, services: Services, shop: Shop) -> None:
    """The same once more changes nothing and writes nothing."""
    ada = await known(services, shop, ADA, "ada@example.com")
    for _ in range(2):
        await services.customer_desk.edit(
            shop, SAM, ada.key, email="lovelace@example.com", phone="+1 555 0100", remark=" Regular "
        )
    (row,) = await AuditLog.find_all(db, {"action": "customer.edit"})
    assert row.meta["before"] == {"email": "ada@example.com", "phone": None, "notes": None}
    assert row.meta["after"]["notes"] == "Regular"
    assert "notes" not in (await services.person_data.export(shop, ADA))["customer"]


async def test_an_address_that_staff_mend_gets_e_mails_again(services: Services, shop: Shop) -> None:
    """A remark alone mends nothing: only a new address may be tried again."""
    ada = await known(services, shop, ADA, "ada@exmaple.com")
    await services.mailing.refused(ada)
    typed: dict[str, Any] = {"email": "ada@exmaple.com", "phone": "", "remark": "Moved"}
    ada = await services.customer_desk.edit(shop, SAM, ada.key, **typed)
    assert not services.mailing.has_address(ada)
    ada = await services.customer_desk.edit(shop, SAM, ada.key, **{**typed, "email": "ada@example.com"})
    assert services.mailing.has_address(ada)


async def test_a_deactivated_customer_places_nothing_and_gets_what_was_paid(
    db: Db, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """Refused at checkout and at Confirm, from an old review too; until they are activated."""
    vip = await product("VIP", stock=5, granted_role_ids=["77"])
    order = await buying.order(services, shop, ADA, vip)
    review = await buying.review(services, shop, ADA, vip)
    ada = await services.customers.of(shop, ADA)
    await services.customer_desk.switch(shop, SAM, ada.key, active=False)
    with pytest.raises(OrdersClosed):
        await services.checkout.view(shop, ADA)
    with pytest.raises(OrdersClosed):
        await services.placement.place(shop, ADA, *review)
    claim = await buying.claimed(services, shop, ADA, order)
    await services.claims.approve(shop, OWNER, claim.payment.key, claim.payment.claims, "seen")
    (role,) = await Entitlement.of_order(db, shop.id, order.key)
    await services.delivery.granted(role)
    assert (await services.orders.view(shop, ADA, order.key)).order.status is OrderStatus.COMPLETE
    snapshot = await InventorySnapshot.of_product(db, shop.id, vip.key)
    assert (snapshot.quantity_available, snapshot.quantity_reserved, snapshot.holds) == (4, 0, [])
    await services.customer_desk.switch(shop, SAM, ada.key, active=True)
    view = await services.checkout.view(shop, ADA)
    assert await services.placement.place(shop, ADA, view.session.key, view.session.version)
    acts = [row.action for row in await AuditLog.find_all(db, {"entityType": "Customer"}, sort="_id")]
    assert acts == ["customer.deactivate", "customer.activate"]


async def test_deactivated_while_confirming_is_either_before_or_after(
    db: Db, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """Whoever is first: no order is half placed, no stock stays held, and afterwards none is placed."""
    mug = await product(stock=50)
    for _ in range(6):
        review = await buying.review(services, shop, ADA, mug)
        ada = await services.customers.of(shop, ADA)
        placed, _ = await asyncio.gather(
            services.placement.place(shop, ADA, *review),
            services.customer_desk.switch(shop, SAM, ada.key, active=False),
            return_exceptions=True,
        )
        assert isinstance(placed, Order | OrdersClosed | CartChanged)
        with pytest.raises(OrdersClosed):
            await buying.review(services, shop, ADA, mug)
        await services.customer_desk.switch(shop, SAM, ada.key, active=True)
        await services.carts.clear(shop, ADA)
    snapshot = await InventorySnapshot.of_product(db, shop.id, mug.key)
    orders = await Order.how_many(db, {"tenantId": shop.id})
    assert (snapshot.quantity_reserved, snapshot.holds) == (orders, [])


async def test_two_staff_deactivate_once(db: Db, services: Services, shop: Shop) -> None:
    """One act, one audit row."""
    ada = await known(services, shop, ADA)
    desk = services.customer_desk
    await asyncio.gather(*(desk.switch(shop, who, ada.key, active=False) for who in (SAM, OWNER, BOB)))
    assert len(await AuditLog.find_all(db, {"action": "customer.deactivate"})) == 1


async def test_another_shops_customers_are_unknown(db: Db, services: Services, shop: Shop) -> None:
    """In every verb of the desk."""
    ada = await known(services, shop, ADA, "ada@example.com")
    other = await services.shops.claim("901", "Borealis", Member("50", "boris", "Boris"))
    desk = services.customer_desk
    assert (await desk.find(other, "ada")).total == 0
    for attempt in (
        desk.get(other, ada.key),
        desk.view(other, ada.key),
        desk.orders(other, ada.key),
        desk.notes(other, ada.key),
        desk.edit(other, SAM, ada.key, email="", phone="", remark=""),
        desk.switch(other, SAM, ada.key, active=False),
        desk.add_note(other, SAM, ada.key, "x"),
        desk.of_discord(other, ADA.discord_id),
        desk.of_order(other, ada.key),
        desk.get(shop, "nonsense"),
    ):
        with pytest.raises(NotFound):
            await attempt
    assert not await AuditLog.find_all(db, {"entityType": "Customer"})
    assert not await CustomerNote.find_all(db, {})
