"""A person is erased wholly, and the books add up as before; what is owed comes first."""

import asyncio
from collections import Counter

import pytest

from models import erasing
from models.alert import Alert
from models.audit import AuditLog
from models.base import Db, Tx, transact
from models.customer import Customer
from models.data_import import DataImport, ImportState
from models.entitlement import Entitlement, EntitlementType
from models.errors import BadInput, NotFound, Refused, ShopError, StillOwed
from models.inventory import InventorySnapshot, InventoryTransaction
from models.member import Member
from models.order import Order
from models.outbox import OutboxEffect, OutboxStatus
from models.payment import Payment
from models.theme import UserSettings
from models.waiting import Waiting, WaitStatus
from models.webhook import WebhookEvent, WebhookState
from services import Services
from services.effects import EffectKind
from services.shops import Shop
from tests.services import buying, giving
from tests.services.conftest import OWNER, MakeProduct, TestClock
from tests.services.csv_files import Clerk
from tests.services.erasing import EMAIL, MARK, PHONE, known, left_of, person, posted, served, told
from tests.services.mortal import dies
from tests.services.staffing import hire, role

ADA, BOB = person(2), person(3)
MOST_COMMANDS = 120


async def erase(services: Services, shop: Shop, customer: Customer, typed: str = "") -> Customer:
    """Erase somebody, their id typed."""
    return await services.erasure.erase(shop, OWNER, customer.key, typed or customer.discord_id)


async def books(db: Db, shop: Shop) -> list[object]:
    """What must stay: lines, amounts, dates, numbers, ledger."""
    of = {"tenantId": shop.id}
    orders = await Order.find_all(db, of, sort="_id")
    payments = await Payment.find_all(db, of, sort="_id")
    ledger = await InventoryTransaction.find_all(db, of, sort="_id")
    return [
        *((each.order_number, each.items, each.total_cents, each.status, each.paid_at) for each in orders),
        *([(step.at, step.what) for step in each.history] for each in orders),
        *((each.amount_cents, each.status, each.approved_at, each.receipts) for each in payments),
        *((each.quantity_delta, each.type, each.order_id, each.created_at) for each in ledger),
    ]


async def helped(services: Services, shop: Shop, customer: Customer) -> None:
    """Eve gives, and twice money goes to this person, once by mistake; the reasons name them."""
    shop = await giving.opened(services, shop)
    await giving.given(services, shop, 5000, Member("404", "eve", "Eve"))
    desk = services.fund_desk
    for _ in range(2):
        paid = await desk.disburse(shop, OWNER, desk.new_key(), customer.key, "20", f"for {MARK}'s bicycle")
    await desk.reverse(shop, OWNER, paid.key, f"{MARK} has one")


async def test_nothing_of_a_person_is_left_but_the_books(
    db: Db, services: Services, shop: Shop, product: MakeProduct, clock: TestClock
) -> None:
    """Every collection is looked through for names, id, e-mail, phone, address, notes and claims."""
    mug = await product(stock=5, delivery_text="AB-12")
    customer = await known(services, shop, ADA)
    order = await served(services, shop, ADA, mug)
    await posted(db, order)
    event = await told(db, order, clock)
    user = await services.users.of_member(shop, OWNER, ADA)
    await UserSettings(user_id=user.key, tenant_id=shop.id, display_name=MARK).insert(db)
    await services.shops.configure(shop, OWNER, registered_discord_user_ids=[ADA.discord_id, "5"])
    await services.carts.add(shop, ADA, mug.key)
    await helped(services, shop, customer)
    marks = (MARK, ADA.discord_id, EMAIL, PHONE)
    assert len(await left_of(db, *marks)) > 8
    before = await books(db, shop)
    gone = await erase(services, shop, customer)
    await services.worker.drain()
    assert await left_of(db, *marks) == {}
    assert await books(db, shop) == before
    assert gone.erased_at == clock.now()
    kept = await Order.get(db, shop.id, order.key)
    assert kept is not None
    assert kept.customer.discord_id == gone.discord_id == erasing.pseudonym(customer)
    assert kept.shipping_address is not None
    assert (kept.shipping_address.state, kept.shipping_address.country) == ("IL", "US")
    (owed,) = await Entitlement.of_order(db, shop.id, order.key)
    assert owed.user_id == gone.discord_id
    cleared = await WebhookEvent.get(db, shop.id, event.key)
    assert cleared is not None
    assert (cleared.digest, cleared.body, cleared.outcome) == ("d", b"", "erased")
    with pytest.raises(Refused):
        await services.inbox.replay(shop, OWNER, event.key)
    (row,) = await AuditLog.find_all(db, {"action": "customer.erase"})
    assert (row.actor_id, row.entity_id, row.meta["after"]) == (
        OWNER.discord_id,
        customer.key,
        {"orders": 1, "accounts": 1},
    )


async def test_both_accounts_of_a_merged_person_are_erased_and_nobody_else(
    db: Db, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """Each gets a pseudonym of its own; another customer, and another shop's, keep everything."""
    mug, eve = await product(stock=None), Member("4", "eve", "Eve")
    hers, his = await known(services, shop, ADA), await known(services, shop, BOB)
    for who in (ADA, BOB):
        await served(services, shop, who, mug)
    await services.merging.merge(shop, OWNER, hers.key, his.key)
    await buying.order(services, shop, eve, mug)
    other = await services.shops.claim("901", "Borealis", Member("50", "boris", "Boris"))
    await services.customers.set_profile(other, ADA, "kept@example.com", "")
    await erase(services, shop, hers)
    assert set(await left_of(db, EMAIL, PHONE, BOB.discord_id)) == set()
    assert set(await left_of(db, ADA.discord_id)) == {"customers"}
    assert (await services.customers.of(other, ADA)).email == "kept@example.com"
    orders = await Order.find_all(db, {"tenantId": shop.id}, sort="_id")
    names = [each.customer.discord_id for each in orders]
    assert names == [erasing.pseudonym(hers), erasing.pseudonym(his), eve.discord_id]
    assert (await services.customers.of(shop, ADA)).key not in {hers.key, his.key}


async def test_what_is_owed_is_listed_and_nothing_is_erased(
    services: Services, shop: Shop, product: MakeProduct
) -> None:
    """An unpaid order, a role that was not given, goods under way, a claim, staff."""
    mug, vip = await product(stock=None), await product("VIP", stock=None, granted_role_ids=["77"])
    customer = await known(services, shop, ADA)
    first = await buying.order(services, shop, ADA, mug)
    second = await buying.order(services, shop, ADA, vip)
    view = await buying.claimed(services, shop, ADA, second)
    await hire(services, shop, ADA, await role(services, shop, "Packers"))
    await services.ownership.make_admin(shop, OWNER, ADA.discord_id)
    with pytest.raises(StillOwed) as refused:
        await erase(services, shop, customer)
    found = [(debt.kind, debt.name) for debt in refused.value.debts]
    assert found == [
        ("order", first.order_number),
        ("order", second.order_number),
        ("payment", second.order_number),
        ("runs", ""),
        ("role", "Packers"),
    ]
    await services.claims.approve(shop, OWNER, view.payment.key, 1, "seen it")
    await services.orders.cancel(shop, ADA, first.key)
    debts = (await services.erasure.view(shop, customer.key)).debts
    kinds = Counter(debt.kind for debt in debts)
    assert (kinds["goods"], kinds["effect"], kinds["order"]) == (1, 1, 1)
    assert (await services.customer_desk.get(shop, customer.key)).email == EMAIL


async def test_files_that_name_a_person_forget_them(db: Db, services: Services, shop: Shop) -> None:
    """What an import changed stays readable without them; a file that was only looked at is dropped."""
    customer, other = await known(services, shop, ADA), await known(services, shop, BOB)
    clerk = Clerk(services, shop)
    row = f"discordId,notes\n{ADA.discord_id},{MARK} came by file\n"
    done = await clerk.bring("customers", f"{row}{BOB.discord_id},came too\n")
    await DataImport.change(db, {"_id": done.id}, {"$set": {"leftOut": [ADA.discord_id, BOB.discord_id]}})
    await clerk.check("customers", row)
    assert {"auditlogs", "dataimports"} <= set(await left_of(db, MARK, ADA.discord_id))
    await DataImport.change(db, {"_id": done.id}, {"$set": {"state": ImportState.APPLYING}})
    with pytest.raises(StillOwed) as refused:
        await erase(services, shop, customer)
    assert [debt.kind for debt in refused.value.debts] == ["import"]
    await DataImport.change(db, {"_id": done.id}, {"$set": {"state": ImportState.DONE}})
    await erase(services, shop, customer)
    await services.worker.drain()
    assert await left_of(db, f"{MARK} came", ADA.discord_id) == {}
    (kept,) = await DataImport.find_all(db, {})
    assert (kept.id, kept.left_out) == (done.id, [BOB.discord_id])
    mine = await AuditLog.about(db, shop.id, "Customer", customer.key, skip=0, limit=20)
    assert any("import" in each.meta for each in mine)
    theirs = await AuditLog.about(db, shop.id, "Customer", other.key, skip=0, limit=20)
    (imported,) = (each for each in theirs if "import" in each.meta)
    assert imported.meta["after"]["notes"] == "came too"


async def test_money_that_somebody_must_decide_about_is_owed(
    db: Db, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """A conflict, an unsettled refund, a dispute, a parcel: each keeps the person."""
    customer = await known(services, shop, ADA)
    order = await served(services, shop, ADA, await product(stock=None))
    of = {"orderId": order.key}
    refund = {"key": "r", "amountCents": 1, "chargeRef": "x", "askedAt": order.created_at, "state": "unknown"}
    assert (await services.erasure.view(shop, customer.key)).debts == []
    for document, where, set_, unset, kind in (
        (Payment, of, {"conflict": "late"}, {"conflict": None}, "conflict"),
        (Payment, of, {"refunds": [refund]}, {"refunds": []}, "refund"),
        (Payment, of, {"status": "disputed"}, {"status": "confirmed"}, "payment"),
        (Order, {"_id": order.id}, {"disputed": True}, {"disputed": False}, "payment"),
        (Order, {"_id": order.id}, {"awaitsParcel": True}, {"awaitsParcel": False}, "order"),
    ):
        await document.change(db, where, {"$set": set_})
        with pytest.raises(StillOwed) as refused:
            await erase(services, shop, customer)
        assert [debt.kind for debt in refused.value.debts] == [kind]
        await document.change(db, where, {"$set": unset})
    await erase(services, shop, customer)


async def test_a_role_that_is_held_keeps_its_id_until_it_ends(
    db: Db, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """Discord knows its holder by nothing else; everything else goes at once."""
    vip = await product("VIP", stock=None, granted_role_ids=["77"], delivery_text="AB-12")
    customer = await known(services, shop, ADA)
    order = await served(services, shop, ADA, vip)
    (held,) = await Entitlement.find_all(db, {"type": EntitlementType.DISCORD_ROLE})
    await services.delivery.granted(held)
    await erase(services, shop, customer)
    assert set(await left_of(db, ADA.discord_id)) == {"entitlements"}
    by_type = {each.type: each for each in await Entitlement.of_order(db, shop.id, order.key)}
    kept, given = by_type[EntitlementType.DISCORD_ROLE], by_type[EntitlementType.DIGITAL_ITEM]
    assert (kept.user_id, given.user_id) == (ADA.discord_id, erasing.pseudonym(customer))
    assert await services.erasure.sweep() == 0

    async def taken_back(tx: Tx) -> bool:
        return await services.revocation.revoke_one(kept, "refunded", tx)

    await transact(db, taken_back)
    assert await services.erasure.sweep() == 0, "it still has to be removed"
    await services.revocation.removed(kept)
    assert await services.erasure.sweep() == 1
    assert await left_of(db, ADA.discord_id) == {}


async def test_another_id_or_another_shop_erases_nobody(db: Db, services: Services, shop: Shop) -> None:
    """Typed wrongly, of another shop, nonsense; and one that was merged is erased by its kept record."""
    customer, other = await known(services, shop, ADA), await known(services, shop, BOB)
    boris = Member("50", "boris", "Boris")
    elsewhere = await services.shops.claim("901", "Borealis", boris)
    for typed in ("x", BOB.discord_id, "\u202e", "ß" * 4000):
        with pytest.raises(BadInput):
            await erase(services, shop, customer, typed)
    with pytest.raises(BadInput):
        await services.erasure.erase(shop, OWNER, customer.key, " ")
    for key in (customer.key, "nonsense"):
        with pytest.raises(NotFound):
            await services.erasure.erase(elsewhere, boris, key, customer.discord_id)
    await services.merging.merge(shop, OWNER, customer.key, other.key)
    gone = await erase(services, shop, other, customer.discord_id)
    assert gone.key == customer.key
    assert await left_of(db, MARK) == {}


async def test_erasing_twice_is_erasing_once(db: Db, services: Services, shop: Shop) -> None:
    """By six clicks at once, and by another one later; the record takes nothing new."""
    customer = await known(services, shop, ADA)
    results = await asyncio.gather(*(erase(services, shop, customer) for _ in range(6)))
    assert {each.key for each in results} == {customer.key}
    assert (await erase(services, shop, results[0])).erased_at == results[0].erased_at
    assert len(await AuditLog.find_all(db, {"action": "customer.erase"})) == 1
    assert len(await OutboxEffect.find_all(db, {"kind": EffectKind.PERSON_SCRUB})) == 1
    desk = services.customer_desk
    for step in (
        desk.add_note(shop, OWNER, customer.key, "x"),
        desk.edit(shop, OWNER, customer.key, email="", phone="", remark="x"),
    ):
        with pytest.raises(NotFound):
            await step
    fresh = await services.customers.of(shop, ADA)
    assert fresh.key != customer.key
    for pair in ((fresh.key, customer.key), (customer.key, fresh.key)):
        with pytest.raises(Refused):
            await services.merging.merge(shop, OWNER, *pair)
    assert not await services.erasure.ask(shop, results[0])


async def test_an_order_placed_at_this_moment_is_refused_or_belongs_to_somebody_new(
    db: Db, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """Either the order was first and the person stays, or it is placed anew for a record of its own."""
    mug = await product(stock=100)
    outcomes = Counter[str]()
    for turn in range(12):
        who = person(100 + turn)
        customer = await known(services, shop, who)
        review = await buying.review(services, shop, who, mug)

        async def later(by: Member = who, seen: tuple[str, int] = review, wait: int = turn) -> Order:
            await asyncio.sleep(wait / 60 if wait < 11 else 2)
            return await services.placement.place(shop, by, *seen)

        placed, gone = await asyncio.gather(later(), erase(services, shop, customer), return_exceptions=True)
        outcomes[f"{type(placed).__name__} {type(gone).__name__}"] += 1
        if isinstance(placed, Order):
            assert isinstance(gone, StillOwed), gone
            assert (await services.customers.of(shop, who)).key == customer.key
        else:
            assert isinstance(placed, ShopError), placed
            if isinstance(gone, Customer):
                again = await buying.order(services, shop, who, mug)
                assert again.customer_id != customer.key
                assert again.customer.discord_id == who.discord_id
    assert len(outcomes) > 1, outcomes
    snapshot = await InventorySnapshot.of_product(db, shop.id, mug.key)
    sold = sum(each.items[0].quantity for each in await Order.find_all(db, {"tenantId": shop.id}))
    assert snapshot.quantity_reserved == sold


async def test_what_was_kept_for_them_goes_to_the_next(
    db: Db, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """An erased person waits for nothing."""
    mug = await product(stock=0)
    customer = await known(services, shop, ADA)
    await services.waitlist.ask(shop, ADA, mug.key)
    await services.waitlist.ask(shop, BOB, mug.key)
    await services.stock.restock(shop, OWNER, mug.key, 1, "came in")
    await erase(services, shop, customer)
    waits = await Waiting.find_all(db, {"tenantId": shop.id}, sort="_id")
    assert waits[0].status is WaitStatus.WITHDRAWN
    assert waits[1].status is WaitStatus.OFFERED
    assert set(await left_of(db, ADA.discord_id)) <= set()


async def test_a_webhook_that_waits_is_cleared_once_it_was_acted_upon(
    db: Db, services: Services, shop: Shop, product: MakeProduct, clock: TestClock
) -> None:
    """Until then its effect is tried again; another order's message is left alone."""
    mug = await product(stock=None)
    customer = await known(services, shop, ADA)
    mine = await told(db, await served(services, shop, ADA, mug), clock, WebhookState.WAITING)
    theirs = await told(db, await served(services, shop, BOB, mug), clock)
    ref = f"pi_{mine.event_id.removeprefix('evt_')}"
    longer = theirs.body.replace(b"}", f', "longer": "{ref}9"}}'.encode())
    await WebhookEvent.change(db, {"_id": theirs.id}, {"$set": {"body": longer}})
    await erase(services, shop, customer)
    await services.worker.drain()
    (owed,) = await OutboxEffect.find_all(db, {"kind": EffectKind.PERSON_SCRUB})
    assert (owed.status, owed.last_error) == (OutboxStatus.PENDING, "webhooks_wait")
    await WebhookEvent.change(db, {"_id": mine.id}, {"$set": {"state": WebhookState.DONE}})
    clock.forward(minutes=5)
    await services.worker.drain()
    bodies = {each.key: each.body for each in await WebhookEvent.find_all(db, {})}
    assert bodies[mine.key] == b""
    assert bodies[theirs.key] != b""


async def test_a_wish_is_told_to_the_staff_once(db: Db, services: Services, shop: Shop) -> None:
    """However often it is clicked; it erases nothing by itself."""
    customer = await known(services, shop, ADA)
    told_now = await asyncio.gather(*(services.erasure.ask(shop, customer) for _ in range(4)))
    assert Counter(told_now) == {True: 1, False: 3}
    (alert,) = await Alert.find_all(db, {"message": "erasure_asked"})
    assert (alert.entity_type, alert.entity_id) == ("Customer", customer.key)
    assert (await services.customers.of(shop, ADA)).email == EMAIL
    await erase(services, shop, customer)
    assert await left_of(db, ADA.discord_id) == {}


async def test_an_erasure_killed_anywhere_is_whole_or_never_was(
    db: Db, mongo_uri: str, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """Killed after any command: every trace or none, and it can be done then."""
    mug = await product(stock=None)
    last = 1
    while last < MOST_COMMANDS:
        who = person(1000 + last)
        customer = await known(services, shop, who)
        await served(services, shop, who, mug)
        died = await dies(db, mongo_uri, last, "erase", customer.key, customer.discord_id)
        stored = await Customer.get(db, shop.id, customer.key)
        assert stored is not None
        places = set(await left_of(db, who.discord_id))
        if stored.erased_at is None:
            assert {"customers", "orders", "ordersessions"} <= places, f"after {last}"
            await erase(services, shop, stored)
        else:
            assert places == set(), f"after command {last}"
        assert await left_of(db, who.discord_id) == {}
        assert len(await AuditLog.find_all(db, {"action": "customer.erase", "entityId": customer.key})) == 1
        if not died:
            assert last > 20, "the step was killed too seldom to prove anything"
            return
        last += 3
    raise AssertionError("the step never ended")
