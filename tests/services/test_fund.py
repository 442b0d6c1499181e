"""The community fund: what comes in with orders, what goes back, and what is paid out."""

import asyncio

import pytest
from bson import ObjectId

from models.access import Role, RoleAssignment, User
from models.alert import Alert
from models.audit import AuditLog
from models.base import Db
from models.customer import Customer
from models.errors import (
    AlreadyDecided,
    BadInput,
    CartChanged,
    ChangedMeanwhile,
    FundClosed,
    FundShort,
    NotApprover,
    NotFound,
    OrdersClosed,
    ShopError,
)
from models.fund import CommunityFundConfig, CommunityFundContribution
from models.fund_ledger import FundBalance, FundEntry, FundMove
from models.member import Member
from models.order import Order, OrderStatus
from models.outbox import OutboxEffect
from models.session import SessionStep
from services import Services
from services.donations import Gift
from services.fund_rules import filled
from services.settling.credit import Picked, left_of
from services.shops import Shop
from tests.services import giving, hosting, refunding
from tests.services.conftest import ADA, BOB, OWNER, MakeProduct, TestClock
from tests.services.giving import balance, books_agree

GALLERY = "a" * 24


@pytest.fixture
async def shop(services: Services, shop: Shop) -> Shop:
    """A shop whose fund takes gifts."""
    return await giving.opened(services, shop)


async def test_the_fund_is_off_until_somebody_opens_it(
    services: Services, product: MakeProduct, shop: Shop
) -> None:
    """Without it nothing is asked, given or donated; what was chosen before is forgotten, and said so."""
    mug = await product()
    review = await giving.review(services, shop, ADA, mug, 500)
    await services.fund_rules.switch(shop, OWNER, on=False)
    with pytest.raises(CartChanged) as moved:
        await services.placement.place(shop, ADA, *review)
    assert [(each.kind, each.old, each.new) for each in moved.value.changes] == [("donation", 500, 0)]
    view = await services.checkout.view(shop, ADA)
    assert (view.step, view.totals.gift, view.totals.total) == (SessionStep.REVIEW, 0, 1500)
    placed = await services.placement.place(shop, ADA, view.session.key, view.session.version)
    assert (placed.donation_cents, placed.total_cents) == (0, 1500)
    with pytest.raises(FundClosed):
        await services.checkout.give(shop, ADA, 500)
    with pytest.raises(FundClosed):
        await giving.gift(services, shop, BOB, 500)


async def test_an_order_carries_what_was_given_and_the_fund_gets_it_when_paid(
    db: Db, services: Services, product: MakeProduct, shop: Shop
) -> None:
    """The step comes before payment; the gift is neither discounted nor in the subtotal, and counted once."""
    mug = await product()
    made = await services.discounts.create(shop, OWNER, {"off": "10%"})
    await services.discounts.switch(shop, OWNER, made.discount.key, active=True)
    await services.carts.add(shop, ADA, mug.key)
    assert (await services.checkout.view(shop, ADA)).step is SessionStep.DONATION
    placed = await giving.order(services, shop, ADA, mug, 500)
    assert (placed.subtotal_cents, placed.discount_amount_cents, placed.total_cents) == (3000, 300, 3200)
    assert await balance(services, shop) == (0, 0, 0)
    await giving.approved(services, shop, placed)
    gift = await CommunityFundContribution.of_order(db, shop.id, placed.key)
    assert gift is not None
    ada = await giving.ada_of(services, shop)
    assert (gift.amount_cents, gift.customer_id, gift.currency) == (500, ada.key, "USD")
    assert await balance(services, shop) == (500, 500, 0)
    assert await books_agree(db, services, shop) == 500
    owed = await OutboxEffect.find_all(db, {"orderId": placed.key, "kind": "fund.celebrate"})
    assert len(owed) == 1


async def test_an_order_that_is_free_but_for_a_gift_has_to_be_paid(
    services: Services, product: MakeProduct, shop: Shop
) -> None:
    """With a gift the payment is asked for; without one it is paid at once, as ever."""
    free = await product("Sticker", 0)
    await services.carts.add(shop, ADA, free.key)
    assert (await services.checkout.give(shop, ADA, 500)).step is SessionStep.PAYMENT
    view = await services.checkout.choose_payment(shop, ADA, "ZELLE")
    placed = await services.placement.place(shop, ADA, view.session.key, view.session.version)
    assert (placed.status, placed.total_cents) == (OrderStatus.PENDING_PAYMENT, 500)
    await services.carts.add(shop, BOB, free.key)
    view = await services.checkout.give(shop, BOB, 0)
    assert view.step is SessionStep.REVIEW
    placed = await services.placement.place(shop, BOB, view.session.key, view.session.version)
    assert placed.paid_at is not None


@pytest.mark.parametrize(
    ("typed", "problem"),
    [("0", "at_least"), ("0.99", "at_least"), ("1000.01", "at_most"), ("abc", "not_an_amount")],
)
async def test_an_amount_has_to_be_within_its_bounds(
    services: Services, product: MakeProduct, shop: Shop, typed: str, problem: str
) -> None:
    """Other amounts are taken between the bounds, or not at all."""
    mug = await product()
    await services.carts.add(shop, ADA, mug.key)
    with pytest.raises(BadInput) as refused:
        await services.checkout.choose_gift(shop, ADA, typed)
    assert refused.value.problem == problem
    assert (await services.checkout.choose_gift(shop, ADA, "7.77")).totals.gift == 777
    only = {"amounts": "5 10", "lowest": "", "highest": ""}
    await services.fund_rules.amounts(shop, OWNER, only)
    assert (await services.checkout.view(shop, ADA)).step is SessionStep.DONATION
    with pytest.raises(BadInput):
        await services.checkout.choose_gift(shop, ADA, "7.77")
    with pytest.raises(BadInput):
        await services.checkout.give(shop, ADA, 777)
    assert (await services.checkout.give(shop, ADA, 1000)).totals.gift == 1000


async def test_who_gives_in_secret_is_asked_again_when_that_ends(
    services: Services, product: MakeProduct, shop: Shop
) -> None:
    """Nobody who wanted to stay unnamed is named because a rule changed meanwhile."""
    mug = await product()
    await services.carts.add(shop, ADA, mug.key)
    await services.checkout.hide(shop, ADA, anonymous=True)
    review = await giving.review(services, shop, ADA, mug, 500)
    await services.fund_rules.anonymity(shop, OWNER, allowed=False)
    with pytest.raises(CartChanged):
        await services.placement.place(shop, ADA, *review)
    view = await services.checkout.view(shop, ADA)
    assert (view.step, view.session.donation_anonymous) == (SessionStep.DONATION, False)
    with pytest.raises(FundClosed):
        await services.checkout.hide(shop, ADA, anonymous=True)


async def test_a_gift_alone_is_an_order_that_is_complete_once_paid(
    db: Db, services: Services, shop: Shop
) -> None:
    """No lines, one total, one contribution, and nothing left to do."""
    placed = await giving.gift(services, shop, ADA, 2500, anonymous=True)
    assert (placed.items, placed.total_cents, placed.donation_cents) == ([], 2500, 2500)
    assert placed.donation_disclaimer
    paid = await giving.approved(services, shop, placed)
    assert paid.status is OrderStatus.COMPLETE
    gift = await CommunityFundContribution.of_order(db, shop.id, placed.key)
    assert gift is not None
    assert gift.anonymous
    assert await books_agree(db, services, shop) == 2500


async def test_confirm_of_a_gift_is_exactly_once(db: Db, services: Services, shop: Shop) -> None:
    """Ten clicks at once, and one more after it was paid, give one order."""
    gift = Gift(services.donations.new_key(), 500, "VENMO", anonymous=False)
    orders = await asyncio.gather(*(services.donations.place(shop, ADA, gift) for _ in range(10)))
    assert {each.key for each in orders} == {gift.key}
    await giving.approved(services, shop, orders[0])
    again = await services.donations.place(shop, ADA, gift._replace(cents=1000))
    assert (again.key, again.total_cents, again.status) == (gift.key, 500, OrderStatus.COMPLETE)
    assert await Order.how_many(db, {"tenantId": shop.id}) == 1
    received = {"kind": "customer.notice", "payload.event": "orderReceived"}
    assert await db.database["outbox"].count_documents(received) == 1


async def test_forged_gifts_are_refused(db: Db, services: Services, shop: Shop) -> None:
    """Another one's order, another shop's, unknown ways, amounts out of bounds: nothing is placed."""
    other = await giving.opened(services, await services.shops.claim("901", "Borealis", OWNER))
    other = await services.methods.configure(other, OWNER, "VENMO", {"recipient": "@borealis"})
    mine = await giving.gift(services, shop, ADA, 500)
    for place, who in ((shop, BOB), (other, ADA)):
        with pytest.raises(NotFound):
            await giving.gift(services, place, who, 500, key=mine.key)
    for wrong in ({"key": "x"}, {"method": "STRIPE"}, {"method": "nonsense"}):
        with pytest.raises(NotFound):
            await giving.gift(services, shop, ADA, 500, **wrong)
    for cents in (0, -500, 99, 100_001):
        with pytest.raises(CartChanged):
            await giving.gift(services, shop, ADA, cents)
    ada = await giving.ada_of(services, shop)
    await services.customer_desk.switch(shop, OWNER, ada.key, active=False)
    with pytest.raises(OrdersClosed):
        await giving.gift(services, shop, ADA, 500)
    assert await Order.how_many(db, {}) == 1


async def test_a_gift_goes_back_with_all_of_its_order_and_never_for_a_line(
    db: Db, services: Services, product: MakeProduct, shop: Shop
) -> None:
    """Every line can go back while the gift stays; the rest of the order takes it along."""
    mug = await product()
    placed = await giving.order(services, shop, ADA, mug, 500)
    await giving.approved(services, shop, placed)
    lines = Picked({mug.key: 1})
    assert await refunding.worth(services, shop, placed, lines) == 1500
    await refunding.take_back(services, shop, placed, lines, by_hand=True)
    order = await refunding.now(services, shop, placed)
    assert order.status is OrderStatus.PARTIALLY_REFUNDED
    assert await books_agree(db, services, shop) == 500
    view = await services.refund_desk.view(shop, placed.key, Picked(gift=True))
    assert (view.left.gift_cents, view.credit.cents, view.credit.whole) == (500, 500, True)
    await refunding.take_back(services, shop, placed, view.picked, by_hand=True)
    assert (await refunding.now(services, shop, placed)).status is OrderStatus.REFUNDED
    assert await books_agree(db, services, shop) == 0
    assert left_of(order, await hosting.payment(services, shop, placed)).gift_cents == 0


async def test_a_gift_is_not_picked_beside_other_things_that_stay(
    services: Services, product: MakeProduct, shop: Shop
) -> None:
    """Everything chosen and one line unchosen again leaves the gift in the fund."""
    mug, cap = await product(), await product("Cap")
    await services.carts.add(shop, ADA, cap.key)
    placed = await giving.order(services, shop, ADA, mug, 500)
    await giving.approved(services, shop, placed)
    some = await services.refund_desk.view(shop, placed.key, Picked({mug.key: 1}, gift=True))
    assert (some.picked.gift, some.credit.cents, some.credit.gift_cents) == (False, 1500, 0)
    assert await refunding.worth(services, shop, placed, Picked({mug.key: 1}, gift=True)) == 1500
    everything = Picked({mug.key: 1, cap.key: 1}, gift=True)
    assert await refunding.worth(services, shop, placed, everything) == 3500


async def test_a_payment_out_takes_an_approver_a_reason_and_the_money(
    db: Db, services: Services, shop: Shop
) -> None:
    """Owner, admins and holders of a named role may; what is paid is audited and told to the staff."""
    await giving.given(services, shop, 5000)
    with pytest.raises(NotApprover) as refused:
        await giving.pay_out(services, shop, "10", BOB)
    assert refused.value.roles == ("admin", "community_leader")
    for amount, why in (("60", FundShort), ("0", BadInput), ("x", BadInput)):
        with pytest.raises(why):
            await giving.pay_out(services, shop, amount)
    role = await Role(tenant_id=shop.id, name="community_leader").insert(db)
    user = User(tenant_id=shop.id, username="bob", display_name="Bob", discord_id=BOB.discord_id)
    await user.insert(db)
    with pytest.raises(NotApprover):
        await giving.pay_out(services, shop, "10", BOB)
    await RoleAssignment(tenant_id=shop.id, user_id=user.key, role_id=role.key).insert(db)
    key = await giving.pay_out(services, shop, "50", BOB)
    assert await books_agree(db, services, shop) == 0
    with pytest.raises(FundShort) as short:
        await giving.pay_out(services, shop, "0.01")
    assert short.value.balance_cents == 0
    row = await AuditLog.find_one(db, {"action": "fund.disburse"})
    assert row is not None
    assert (row.entity_id, row.actor_id, row.meta["after"]["amount"]) == (key, BOB.discord_id, 5000)
    told = await Alert.find_one(db, {"message": "fund_paid_out"})
    assert told is not None
    assert await OutboxEffect.find_one(db, {"kind": "staff.alert", "payload.alertId": told.key})


async def test_a_role_of_another_shop_pays_nothing_out(db: Db, services: Services, shop: Shop) -> None:
    """Names are those of this shop's own roles."""
    await giving.given(services, shop, 5000)
    role = await Role(tenant_id="elsewhere", name="admin").insert(db)
    for tenant_id in (shop.id, "elsewhere"):
        user = User(tenant_id=tenant_id, username="bob", display_name="Bob", discord_id=BOB.discord_id)
        await user.insert(db)
        await RoleAssignment(tenant_id=tenant_id, user_id=user.key, role_id=role.key).insert(db)
    with pytest.raises(NotApprover):
        await giving.pay_out(services, shop, "10", BOB)


async def test_fifty_approvals_at_once_never_overdraw(db: Db, services: Services, shop: Shop) -> None:
    """Ten of fifty can be paid; gifts that come meanwhile are not lost."""
    await giving.given(services, shop, 10_000)
    late = await giving.claimed(services, shop, await giving.gift(services, shop, ADA, 500))
    ada = await giving.ada_of(services, shop)

    async def approve() -> bool:
        try:
            await services.fund_desk.disburse(shop, OWNER, str(ObjectId()), ada.key, "10", "bread")
        except FundShort:
            return False
        return True

    gift = services.claims.approve(shop, OWNER, late.payment.key, late.payment.claims, "seen")
    *done, _ = await asyncio.gather(*(approve() for _ in range(50)), gift)
    assert sum(map(bool, done)) == 10
    assert await books_agree(db, services, shop) == 500
    assert await db.database["communityfunddisbursements"].count_documents({}) == 10


async def test_the_same_payment_sent_twice_is_paid_once(db: Db, services: Services, shop: Shop) -> None:
    """Five at once with one id take the money once, also when no more is there than for one."""
    await giving.given(services, shop, 1000)
    key = str(ObjectId())
    paid = await asyncio.gather(*(giving.pay_out(services, shop, "10", key=key) for _ in range(5)))
    assert set(paid) == {key}
    assert await books_agree(db, services, shop) == 0
    assert await db.database["communityfunddisbursements"].count_documents({}) == 1


async def test_a_mistake_is_taken_back_once_with_its_reason(db: Db, services: Services, shop: Shop) -> None:
    """The money is there again; the second is told; who may not pay out may not undo it either."""
    await giving.given(services, shop, 5000)
    key = await giving.pay_out(services, shop, "50")
    with pytest.raises(NotApprover):
        await services.fund_desk.reverse(shop, BOB, key, "oh no")
    with pytest.raises(BadInput):
        await services.fund_desk.reverse(shop, OWNER, key, " \u200b ")
    with pytest.raises(NotFound):
        await services.fund_desk.reverse(shop, OWNER, GALLERY, "oh no")
    tries = await asyncio.gather(
        *(services.fund_desk.reverse(shop, OWNER, key, "oh no") for _ in range(6)), return_exceptions=True
    )
    assert sum(isinstance(each, AlreadyDecided) for each in tries) == 5
    assert await books_agree(db, services, shop) == 5000
    assert await AuditLog.rows(db).count_documents({"action": "fund.reverse"}) == 1
    moves = [each.entry.move for each in (await services.fund_desk.book(shop)).movements]
    assert sorted(moves) == sorted([FundMove.CONTRIBUTION, FundMove.DISBURSEMENT, FundMove.REVERSAL])


async def test_a_refund_after_a_payment_out_calls_the_staff_and_stops_the_next(
    db: Db, services: Services, shop: Shop, clock: TestClock
) -> None:
    """Only so the balance goes below zero; the sweeper finds it without anybody looking."""
    placed = await giving.given(services, shop, 5000)
    await giving.pay_out(services, shop, "40")
    everything = Picked(gift=True)
    await refunding.take_back(services, shop, placed, everything, by_hand=True)
    clock.forward(seconds=20)
    assert (await services.sweeper.sweep())["fund"] == 1
    assert await books_agree(db, services, shop) == -4000
    alerts = await Alert.find_all(db, {"message": "fund_below_zero"})
    assert [each.params["short"] for each in alerts] == [4000]
    await giving.given(services, shop, 1000)
    with pytest.raises(FundShort) as refused:
        await giving.pay_out(services, shop, "0.01")
    assert refused.value.balance_cents == -3000
    assert len(await Alert.find_all(db, {"message": "fund_below_zero"})) == 1


async def test_each_shop_has_its_own_fund(db: Db, services: Services, shop: Shop) -> None:
    """Another tenant's money, recipients and payments are as good as unknown."""
    other = await giving.opened(services, await services.shops.claim("901", "Borealis", OWNER))
    await giving.given(services, shop, 5000)
    key = await giving.pay_out(services, shop, "10")
    assert await balance(services, other) == (0, 0, 0)
    assert (await services.fund_desk.book(other)).movements == []
    with pytest.raises(NotFound):
        await services.fund_desk.reverse(other, OWNER, key, "mine now")
    ada = await giving.ada_of(services, shop)
    with pytest.raises(NotFound):
        await services.fund_desk.disburse(other, OWNER, str(ObjectId()), ada.key, "1", "hello")
    elsewhere = await services.customers.of(other, ADA)
    await FundBalance.rows(db).update_one({"tenantId": other.id}, {"$set": {"balanceCents": 100_000}})
    with pytest.raises(NotFound):
        await services.fund_desk.disburse(other, OWNER, key, elsewhere.key, "1", "hello")


async def test_money_in_another_currency_stays_apart(db: Db, services: Services, shop: Shop) -> None:
    """A shop that sells in another currency from now on pays nothing out of what came in the old one."""
    placed = await giving.gift(services, shop, ADA, 500)
    euro = await services.shops.configure(shop, OWNER, currency="EUR")
    await giving.approved(services, euro, placed)
    with pytest.raises(FundShort):
        await giving.pay_out(services, euro, "1")
    assert await balance(services, euro) == (0, 0, 0)
    await services.sweeper.sweep()
    others = await services.fund_desk.others(euro)
    assert [(each.currency, each.balance_cents) for each in others] == [("USD", 500)]
    assert await FundEntry.rows(db).count_documents({"currency": "EUR"}) == 0


async def test_a_customer_who_is_merged_away_gets_nothing(
    db: Db, services: Services, shop: Shop, clock: TestClock
) -> None:
    """A payment names the record that is kept of a person, or is not made."""
    await giving.given(services, shop, 5000)
    gone, kept = await services.customers.of(shop, BOB), await giving.ada_of(services, shop)
    where = {"_id": gone.id}
    await Customer.rows(db).update_one(where, {"$set": {"mergedInto": kept.key, "mergedAt": clock.now()}})
    with pytest.raises(ChangedMeanwhile):
        await services.fund_desk.disburse(shop, OWNER, str(ObjectId()), gone.key, "1", "hello")
    assert await books_agree(db, services, shop) == 5000


async def test_two_who_change_the_rules_at_once_do_not_overwrite_each_other(
    db: Db, services: Services, shop: Shop
) -> None:
    """The second is told; each change is in the audit log."""
    old = await services.fund.rules(shop)
    changes = await asyncio.gather(
        *(services.fund_rules.anonymity(shop, OWNER, allowed=False) for _ in range(4)), return_exceptions=True
    )
    done = [each for each in changes if isinstance(each, CommunityFundConfig)]
    assert len(done) + sum(isinstance(each, ChangedMeanwhile) for each in changes) == 4
    assert old.anonymity_allowed
    assert await AuditLog.rows(db).count_documents({"action": "fund.config"}) == 1 + len(done)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"amounts": "five", "lowest": "1", "highest": "5"}, "amounts"),
        ({"amounts": "", "lowest": "", "highest": ""}, "amounts"),
        ({"amounts": "1 2 3 4 5 6 7 8 9 10 11", "lowest": "", "highest": ""}, "amounts"),
        ({"amounts": "0 5", "lowest": "", "highest": ""}, "amounts"),
        ({"amounts": "5", "lowest": "10", "highest": "5"}, "highest"),
        ({"amounts": "9" * 4000, "lowest": "", "highest": ""}, "amounts"),
        ({"amounts": "5", "lowest": "-1", "highest": "5"}, "lowest"),
    ],
)
async def test_amounts_that_make_no_sense_are_refused(
    services: Services, shop: Shop, fields: dict[str, str], field: str
) -> None:
    """Each refusal names its field, and the rules stay."""
    with pytest.raises(BadInput) as refused:
        await services.fund_rules.amounts(shop, OWNER, fields)
    assert refused.value.field == field
    assert (await services.fund.rules(shop)).allowed_amounts_cents == [500, 1000, 2500, 5000, 10000]


async def test_amounts_are_sorted_and_one_bound_is_enough(services: Services, shop: Shop) -> None:
    """Twice the same is once; a missing bound is none."""
    typed = {"amounts": "25, 5; 5\n10.50", "lowest": "", "highest": "300"}
    rules = await services.fund_rules.amounts(shop, OWNER, typed)
    assert rules.allowed_amounts_cents == [500, 1050, 2500]
    assert (rules.custom_amount_min_cents, rules.custom_amount_max_cents) == (1, 30_000)


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("anonymous_message_template", "{donor} gave {amount}", "names_donor"),
        ("celebration_message_template", "", "required"),
        ("disclaimer_text", "\u200b", "required"),
        ("disclaimer_text", "x" * 1001, "length"),
        ("celebration_message_template", "x" * 4000, "length"),
    ],
)
async def test_texts_that_cannot_be_taken_are_refused(
    services: Services, shop: Shop, name: str, text: str, problem: str
) -> None:
    """The anonymous message cannot ask for the name."""
    typed = {
        "celebration_message_template": "Hi {donor}",
        "anonymous_message_template": "Hi",
        "disclaimer_text": "No tax",
    }
    with pytest.raises(BadInput) as refused:
        await services.fund_rules.texts(shop, OWNER, {**typed, name: text})
    assert (refused.value.field, refused.value.problem) == (name, problem)


def test_templates_fill_two_placeholders_and_nothing_else() -> None:
    """Braces, format tricks and names that look like placeholders stay text."""
    trick = "{donor} {amount} {0} {donor.__class__} {{donor}} {amount!r} }{"
    said = filled(trick, donor="{amount}", amount="$5")
    assert said == "{amount} $5 {0} {donor.__class__} {{amount}} {amount!r} }{"
    assert "Ada" not in filled("{donor} gave {amount}", donor=None, amount="$5")


async def test_a_month_s_statement_runs_from_balance_to_balance(
    services: Services, shop: Shop, clock: TestClock
) -> None:
    """In UTF-8 with a mark, formulas disarmed, nobody named who gave in secret."""
    clock.time = clock.time.replace(month=3, day=31, hour=12)
    await giving.given(services, shop, 5000)
    clock.time = clock.time.replace(month=4, day=2)
    eve = Member("66", "eve", "=cmd|' /C calc'!A0")
    await giving.approved(services, shop, await giving.gift(services, shop, eve, 700), eve)
    hidden = await giving.gift(services, shop, ADA, 300, anonymous=True)
    await giving.approved(services, shop, hidden)
    key = await giving.pay_out(services, shop, "20")
    await services.fund_desk.reverse(shop, OWNER, key, "@wrong person, sorry")
    assert services.fund_statement.months()[:5:4] == [f"{clock.time.year}-04", f"{clock.time.year - 1}-12"]
    data = await services.fund_statement.csv(shop, f"{clock.time.year}-04")
    assert data.startswith(b"\xef\xbb\xbf")
    head, opening, eves, secret, paid, undone, closing = data.decode("utf-8-sig").splitlines()
    assert head.startswith("date,movement,amount,balance")
    assert ",OPENING,,50.00,USD" in opening
    assert ",CONTRIBUTION,7.00,57.00,USD,'=cmd|' /C calc'!A0," in eves
    assert ",CONTRIBUTION,3.00,60.00,USD,,,," in secret
    assert hidden.order_number not in secret
    assert ",DISBURSEMENT,-20.00,40.00,USD,Ada,,a new bicycle,1" in paid
    assert ',REVERSAL,20.00,60.00,USD,Ada,,"\'@wrong person, sorry",1' in undone
    assert ",CLOSING,,60.00,USD" in closing


async def test_no_step_of_giving_leaks_an_error(services: Services, product: MakeProduct, shop: Shop) -> None:
    """Whatever is typed for an amount is taken or refused in words."""
    mug = await product()
    await services.carts.add(shop, ADA, mug.key)
    for typed in ("", "1e9", "\uff19\uff19", "💸" * 2000, "5,", "-5", "NaN", "5.001", "\0", "x" * 4000):
        with pytest.raises(ShopError):
            await services.checkout.choose_gift(shop, ADA, typed)
