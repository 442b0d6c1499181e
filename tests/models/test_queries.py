"""What a person waits for is read by an index, and reads little more than it shows."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

from models import customer_orders, ledger, owing, role_check, role_term, troubles, undelivered
from models.absence import Absence
from models.access import Identity, Role, RoleAssignment, User, roles_of
from models.alert import Alert, AlertFilter, AlertType
from models.audit import AuditFilter, AuditLog
from models.backlog import backlog
from models.base import Db, Document, Where, transact
from models.bulk import found_by
from models.counter import Counter
from models.customer import Customer
from models.customer_note import CustomerNote
from models.data_import import DataImport, ImportState
from models.entitlement import Entitlement, EntitlementStatus
from models.erasing import Trail
from models.flag import FeatureFlag, FlagScope
from models.forgetting import closed, forget
from models.fund import CommunityFundConfig, CommunityFundContribution, CommunityFundDisbursement
from models.fund_ledger import Account, FundBalance, FundEntry
from models.inventory import InventorySnapshot, InventoryTransaction, StockHold, fold, unsettled_products
from models.order import Order, OrderStatus, ShippingStatus
from models.outbox import OutboxEffect, OutboxStatus, Urgency
from models.payment import Payment, PaymentStatus
from models.payment_method import PaymentMethod
from models.product import Product
from models.registry import create_indexes
from models.retention import Retention
from models.role_check import RoleCheck
from models.sealed import SEALED_PLACES
from models.session import OrderSession, SessionState
from models.share_link import ShareLink
from models.stock_levels import newly_low
from models.stock_offers import take_offered, with_ended_offers
from models.storefront import Storefront
from models.tenant import BotConfig, Tenant
from models.theme import UserSettings, UserTheme
from models.waiting import Waiting, WaitStatus
from models.webhook import WebhookEvent
from tests.models.samples import NOW, sample

CROWD = 60
EXPLAINED = ("find", "findAndModify", "update", "aggregate")
SENT_ALONG = ("lsid", "txnNumber", "startTransaction", "autocommit", "readConcern", "writeConcern")


class Recorder(CommandListener):
    """Keeps the commands that the driver sends."""

    def __init__(self) -> None:
        self.seen: list[dict[str, Any]] = []

    def started(self, event: CommandStartedEvent) -> None:
        """Keep what can be explained."""
        if event.command_name in EXPLAINED:
            self.seen.append(dict(event.command))

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Nothing to keep."""

    def failed(self, event: CommandFailedEvent) -> None:
        """Nothing to keep."""


@pytest.fixture
def recorder() -> Recorder:
    """What was sent in this test."""
    return Recorder()


@pytest.fixture
async def busy(mongo_uri: str, database_name: str, recorder: Recorder) -> AsyncIterator[Db]:
    """A database in which shop `a` and its neighbour have traded for a while."""
    client = AsyncIOMotorClient[dict[str, Any]](mongo_uri, tz_aware=True, event_listeners=[recorder])
    db = Db(client=client, database=database_name)
    await create_indexes(db)
    for tenant_id in ("a", "b"):
        for records in crowd(tenant_id):
            await type(records[0]).insert_all(db, records)
    recorder.seen.clear()
    yield db
    client.close()


def crowd(tenant_id: str) -> Iterator[list[Any]]:
    """Sixty of everything that a query has to pass over."""
    numbers = range(CROWD)
    of = f"{tenant_id}%s"
    shared = {"tenant_id": tenant_id}
    done: dict[str, Any] = {"status": OutboxStatus.DONE, "done_at": NOW, "next_attempt_at": NOW}
    closed: dict[str, Any] = {"state": SessionState.SUBMITTED, "is_open": False}
    yield [sample(BotConfig, **shared, guild_id=tenant_id)]
    yield [sample(Tenant, **shared)]
    yield [sample(Product, **shared, sku=f"s{n}", name_folded=f"mug {n:03}") for n in numbers]
    yield [sample(Customer, **shared, discord_id=f"{n}") for n in numbers]
    yield [
        sample(
            Order,
            **shared,
            order_number=f"A-{n}",
            status=OrderStatus.PAID if n % 2 else OrderStatus.SHIPPED,
            shipping_status=ShippingStatus.SHIPPED,
            shipment_id=f"{n}",
            awaits_parcel=n < 5,
            paid_at=NOW,
            hold_ends_at=NOW,
        )
        for n in numbers
    ]
    yield [sample(Payment, **shared, order_id=f"{n}", status=PaymentStatus.CONFIRMED) for n in numbers]
    yield [
        sample(OrderSession, **shared, **closed, discord_user_id=f"{n % 5}", expires_at=NOW) for n in numbers
    ]
    yield [sample(OutboxEffect, **shared, **done, dedupe_key=of % n, order_id=f"{n}") for n in numbers]
    yield [sample(OutboxEffect, **shared, dedupe_key=of % f"w{n}", order_id=f"{n}") for n in numbers]
    yield [sample(InventorySnapshot, **shared, product_id=f"{n}") for n in numbers]
    yield [sample(InventoryTransaction, **shared, product_id=f"{n % 5}") for n in numbers]
    yield [
        sample(Entitlement, **shared, user_id=f"{n}", order_id=f"{n}", status=EntitlementStatus.GRANTED)
        for n in numbers
    ]
    yield [
        sample(
            Waiting,
            **shared,
            product_id=f"{n % 3}",
            discord_user_id=f"{n}",
            status=WaitStatus.LAPSED,
            is_open=False,
            asked_at=NOW,
        )
        for n in numbers
    ]
    yield [
        sample(Waiting, **shared, product_id=f"{n}", discord_user_id=f"{n}", asked_at=NOW) for n in numbers
    ]
    yield [sample(Storefront, tenant_id=of % n, dirty=False, due_at=LATER, rests_until=NOW) for n in numbers]
    yield [sample(AuditLog, **shared, actor_id=f"{n}") for n in numbers]
    users = [sample(User, **shared, discord_id=f"{n}", username=f"u{n}") for n in numbers]
    yield [sample(Alert, **shared, is_read=bool(n % 2)) for n in numbers]
    roles = [sample(Role, **shared, name=f"{n}") for n in numbers]
    yield users
    yield [
        sample(Identity, **shared, user_id=user.key, provider="discord", provider_user_id=f"{n}")
        for n, user in enumerate(users)
    ]
    yield roles
    yield [
        sample(RoleAssignment, **shared, user_id=user.key, role_id=role.key)
        for user, role in zip(users, roles, strict=True)
    ]
    yield [sample(CustomerNote, **shared, customer_id=f"{n}", at=NOW) for n in numbers]
    money: dict[str, Any] = {**shared, "currency": "USD"}
    yield [sample(CommunityFundContribution, **money, order_id=f"{n}", customer_id=f"{n}") for n in numbers]
    yield [sample(CommunityFundDisbursement, **money, recipient_customer_id=f"{n}") for n in numbers]
    yield [sample(FundEntry, **money, at=NOW + timedelta(n), settled=n > 1) for n in numbers]
    yield [sample(FundEntry, **shared, currency="EUR", at=NOW, settled=True) for n in numbers]
    yield [sample(FundBalance, tenant_id=of % n, currency="USD") for n in numbers]
    yield [sample(FundBalance, **money), sample(CommunityFundConfig, **shared)]
    yield [sample(Counter, **shared, name=f"{n}") for n in numbers]
    own = FlagScope.TENANT
    yield [sample(FeatureFlag, tenant_id=of % n, scope=own, name="email") for n in numbers]
    yield [sample(UserTheme, tenant_id=of % n, name=of % n, slug=of % n) for n in numbers]
    yield [
        sample(UserSettings, **shared, user_id=of % n, active_theme_id="t" if n % 2 else None)
        for n in numbers
    ]
    yield [sample(ShareLink, **shared, actor_id=str(n), first_day="2026-03-01") for n in numbers]
    yield [sample(DataImport, **shared, content=b"sku", state=ImportState.DONE) for _ in numbers]


HOLD = StockHold(order_id="o", quantity=1, taken_at=NOW)
LATER = NOW + timedelta(hours=1)
LONG_AGO = NOW - timedelta(days=1000)
CUSTOMER = sample(Customer, tenant_id="a", discord_id="59")
TRAIL = Trail("a", "59", "erased-59", ["59"], ["59"], ["59"])
USER = sample(User, tenant_id="a", discord_id="59")
EFFECT = sample(OutboxEffect)
FUND = Account("a", "USD")
SESSION = sample(OrderSession, tenant_id="a")
SHARED = sample(ShareLink, tenant_id="a")


async def queued(db: Db, document: type[Document], where: Where, sort: str = "createdAt") -> None:
    """A page of what waits for staff, and how much there is."""
    await document.find_all(db, where, sort=sort, limit=10)
    await undelivered.how_many(db, document, where)


async def acts(db: Db, by: AuditFilter) -> None:
    """A page of what staff did."""
    async for _ in AuditLog.found(db, "a", by, skip=0, limit=10):
        pass


type Query = Callable[[Db], Awaitable[object]]
HOT: dict[str, Query] = {
    "the guild's shop": lambda db: BotConfig.of_guild(db, "a"),
    "the tenant's shop": lambda db: BotConfig.of_tenant(db, "a"),
    "a page of products": lambda db: Product.page(db, "a", "", skip=0, limit=10),
    "a search": lambda db: Product.page(db, "a", "059 mug", skip=0, limit=10),
    "a product by name": lambda db: Product.named(db, "a", "mug 059"),
    "how many products": lambda db: Product.how_many(db, "a", ""),
    "products of a cart": lambda db: Product.of_keys(db, "a", [SESSION.key]),
    "stock of a page": lambda db: InventorySnapshot.of(db, "a", ["59", "2"]),
    "a snapshot": lambda db: InventorySnapshot.of_product(db, "a", "59"),
    "take": lambda db: InventorySnapshot.take(db, HOLD, tenant_id="a", product_id="59"),
    "give back": lambda db: InventorySnapshot.give_back(db, "o", tenant_id="a", product_id="59"),
    "settle": lambda db: InventorySnapshot.settle(db, "o", tenant_id="a", product_ids=["59"]),
    "old holds": lambda db: InventorySnapshot.with_old_holds(db, LATER),
    "take what is kept": lambda db: take_offered(db, HOLD, tenant_id="a", product_id="59", member_id="5"),
    "ended offers": lambda db: with_ended_offers(db, LATER),
    "products that are waited for": lambda db: transact(
        db, lambda tx: Waiting.waited_for(db, "a", ["59", "2"], tx=tx)
    ),
    "records of a file": lambda db: found_by(db, Product, "a", "sku", ["SKU-59"], tx=None),
    "a shop's links": lambda db: ShareLink.page(db, "a", None, skip=0, limit=5),
    "somebody's links": lambda db: ShareLink.page(db, "a", "59", skip=0, limit=5),
    "how many links": lambda db: ShareLink.how_many(db, "a", "59"),
    "an opening of a link": lambda db: SHARED.count_opening(db, NOW),
    "the end of a link": lambda db: transact(db, lambda tx: ShareLink.revoke(db, "a", "5" * 24, NOW, tx=tx)),
    "the latest import": lambda db: DataImport.latest(db, "a"),
    "an import left standing": lambda db: DataImport.take_over(db, "x", LATER, LATER),
    "acts on a record": lambda db: AuditLog.about(db, "a", "Product", "59", skip=0, limit=5),
    "products that ran low": lambda db: transact(db, lambda tx: newly_low(db, "a", ["59", "2"], 5, tx=tx)),
    "a member's waits": lambda db: Waiting.open_of(db, "a", "59", ["59", "2"]),
    "all a member waits for": lambda db: Waiting.all_of(db, "a", "59", 25),
    "lines that wait": Waiting.lines,
    "how many wait": lambda db: Waiting.how_many(db, "a", "59"),
    "the next in line": lambda db: transact(db, lambda tx: Waiting.next_in_line(db, "a", "59", [], 5, tx=tx)),
    "a storefront": lambda db: Storefront.of_tenant(db, "a59"),
    "a storefront's mark": lambda db: Storefront.mark(db, "a59", NOW),
    "a storefront that is due": lambda db: Storefront.claim(db, NOW, timedelta(minutes=1)),
    "a product's ledger": lambda db: InventoryTransaction.latest(db, "a", "4", 5),
    "unsettled products": unsettled_products,
    "fold": lambda db: fold(db, "a", "59"),
    "the current cart": lambda db: OrderSession.current(db, "a", "59"),
    "an edit of the cart": lambda db: OrderSession.edit(db, SESSION, {}),
    "begin of Confirm": lambda db: OrderSession.begin_confirm(db, SESSION, "o", NOW),
    "stop of Confirm": lambda db: OrderSession.stop_confirm(db, "a", "o"),
    "stuck Confirms": lambda db: OrderSession.stuck(db, LATER),
    "expiry of one cart": lambda db: OrderSession.expire_one(db, "a", "59", LATER),
    "expiry of carts": lambda db: OrderSession.expire(db, LATER),
    "a customer": lambda db: Customer.of_discord(db, "a", "59"),
    "a visit": lambda db: Customer.seen(db, sample(Customer, tenant_id="a", discord_id="59")),
    "an order by number": lambda db: Order.of_number(db, "a", "A-59"),
    "a customer's orders": lambda db: Order.find_all(
        db, Order.of_customer("a", "nobody"), sort="-createdAt", limit=10
    ),
    "currencies that occur": lambda db: Order.currencies(db, "a"),
    "ended holds": lambda db: Order.with_ended_hold(db, LATER),
    "the payment of an order": lambda db: Payment.of_order(db, "a", "59"),
    "claims that wait": lambda db: Payment.waiting(db, "a", skip=0, limit=10),
    "how many claims wait": lambda db: Payment.how_many_waiting(db, "a"),
    "a reference used before": lambda db: Payment.with_reference(db, sample(Payment, tenant_id="a"), "x"),
    "entitlements of an order": lambda db: Entitlement.of_order(db, "a", "59"),
    "roles owed to a member": lambda db: Entitlement.owed_roles(db, "a", "59"),
    "a role granted otherwise": lambda db: Entitlement.role_is_owed(
        db, sample(Entitlement, tenant_id="a", user_id="59", role_id="7")
    ),
    "roles whose time is over": lambda db: role_term.ended(db, LATER, 10),
    "roles whose time ends": lambda db: role_term.ending(db, LATER, 10),
    "shops whose bot is out": lambda db: Absence.due(db, LATER),
    "whether a shop's bot is out": lambda db: Absence.of(db, "a"),
    "which of some shops are left": lambda db: Absence.of_tenants(db, ["a", "b"]),
    "whether a server was left": lambda db: Absence.of_guild(db, "a"),
    "the shops of a person": lambda db: Tenant.of_owner(db, "59"),
    "due comparisons of roles": lambda db: RoleCheck.due(db, LATER, 10),
    "holders of roles": lambda db: role_check.holders(db, "a", "58", 10),
    "a member's roles": lambda db: role_check.roles_of(db, "a", "59"),
    "claim of a word": lambda db: OutboxEffect.claim(db, LATER, timedelta(minutes=1), Urgency.WORD),
    "claim of a role": lambda db: OutboxEffect.claim(db, LATER, timedelta(minutes=1), Urgency.ROLES),
    "claim of what is known": lambda db: OutboxEffect.claim(
        db, LATER, timedelta(minutes=1), Urgency.WORD, ["customer.notice", "staff.alert"]
    ),
    "what goes before an effect": lambda db: OutboxEffect.ahead(db, EFFECT, ["customer.notice"], 3),
    "who buys a label": lambda db: OutboxEffect.to_come(db, "a", "59", "label.buy"),
    "what waited for an effect": lambda db: OutboxEffect.release(db, EFFECT, ["customer.notice"], NOW),
    "end of an effect": lambda db: OutboxEffect.finish(db, EFFECT, NOW, None),
    "customers by name": lambda db: Customer.search(db, "a", "nobody", limit=101),
    "the newest customers": lambda db: Customer.find_all(
        db, Customer.everybody("a"), sort="-createdAt", limit=5
    ),
    "a person's accounts": lambda db: Customer.accounts_of(db, "a", "59"),
    "orders of a customer": lambda db: Order.find_all(
        db, customer_orders.of_customer("a", "59"), sort="-createdAt", limit=5
    ),
    "what a customer spent": lambda db: customer_orders.spent(db, "a", "59"),
    "notes of a customer": lambda db: CustomerNote.page(db, "a", "59", skip=0, limit=1),
    "roles of a person": lambda db: Entitlement.of_people(db, "a", ["58", "59"], limit=10),
    "what is not handed over": lambda db: queued(db, Entitlement, undelivered.deliveries("a", LATER)),
    "what was not shipped": lambda db: queued(db, Order, undelivered.parcels("a", LATER), "paidAt"),
    "money to decide about": lambda db: queued(db, Payment, undelivered.conflicts("a")),
    "refunds that are unknown": lambda db: queued(db, Payment, undelivered.unsure_refunds("a")),
    "effects that fail": lambda db: queued(db, OutboxEffect, undelivered.effects("a", ["x", "y"], LATER)),
    "one that fails": lambda db: OutboxEffect.find_one(
        db, undelivered.only(undelivered.effects("a", ["x"], LATER), EFFECT.id)
    ),
    "what hands over": lambda db: OutboxEffect.of_entitlements(db, "a", ["59"], ["x"]),
    "what failed for a reason": lambda db: OutboxEffect.hasten(db, "a", "role_gone", NOW),
    "the rules of the fund": lambda db: CommunityFundConfig.of_tenant(db, "a"),
    "what an order gave": lambda db: CommunityFundContribution.of_order(db, "a", "59"),
    "what somebody got": lambda db: CommunityFundDisbursement.received(db, "a", "59"),
    "the latest of the fund": lambda db: FundEntry.latest(db, FUND, limit=8),
    "how much there is of it": lambda db: FundEntry.how_many(db, FUND),
    "a month of the fund": lambda db: FundEntry.between(db, FUND, NOW, NOW + timedelta(20)),
    "what is not counted": lambda db: FundEntry.unsettled(db, FUND, limit=10),
    "whose is not counted": FundEntry.accounts_unsettled,
    "what is in the fund": lambda db: FundBalance.of(db, FUND),
    "money out of the fund": lambda db: transact(db, lambda tx: FundBalance.take(db, FUND, 1, tx=tx)),
    "a user of Discord": lambda db: User.of_discord(db, "a", "59"),
    "roles of a user": lambda db: roles_of(db, USER),
    "users by part of a name": lambda db: User.search(db, "a", "59", limit=5),
    "all users": lambda db: User.find_all(db, {"tenantId": "a"}, sort="username", limit=5),
    "holders of a role": lambda db: RoleAssignment.of_role(db, "a", "59", limit=5),
    "how many hold a role": lambda db: RoleAssignment.how_many(db, "a", "59"),
    "log-ins of a user": lambda db: Identity.of_user(db, USER),
    "one log-in": lambda db: Identity.of_account(db, "a", "discord", "59"),
    "waits and carts of a person": lambda db: Waiting.find_all(db, {"tenantId": "a", "discordUserId": "59"}),
    "carts of a person": lambda db: OrderSession.find_all(db, {"tenantId": "a", "discordUserId": "59"}),
    "what an account left behind": lambda db: owing.trail(db, CUSTOMER, "erased-59"),
    "what a person owes": lambda db: owing.debts(db, TRAIL),
    "unread alerts": lambda db: Alert.page(db, "a", AlertFilter(unread=True), skip=0, limit=10),
    "alerts of a kind": lambda db: Alert.page(db, "a", AlertFilter(AlertType.REFUND), skip=0, limit=10),
    "how many are unread": lambda db: Alert.how_many(db, "a", AlertFilter(unread=True)),
    "all acts": lambda db: acts(db, AuditFilter()),
    "acts of a person": lambda db: acts(db, AuditFilter(actor_id="59")),
    "acts of some kinds": lambda db: acts(db, AuditFilter(actions=["x.on", "x.off", "action-1"])),
    "acts about an id": lambda db: acts(db, AuditFilter(entity_types=["Order", "User"], entity_id="59")),
    "acts of a time": lambda db: acts(db, AuditFilter(since=NOW, until=LATER)),
    "how many acts": lambda db: AuditLog.how_many(db, "a", AuditFilter()),
    "acts about a record": lambda db: AuditLog.about(db, "a", "Order", "59", skip=0, limit=10),
    "ids of users": lambda db: User.keys_of(db, "a", limit=5),
    "flags that count": lambda db: FeatureFlag.that_count(db, "a59"),
    "who changed a flag": lambda db: AuditLog.find_all(
        db,
        {"tenantId": "a", "entityType": "FeatureFlag", "entityId": "nobody"},
        sort="-createdAt",
        limit=1,
    ),
    "themes to choose from": lambda db: UserTheme.visible(db, "a59"),
    "a theme": lambda db: UserTheme.get(db, "a59", SESSION.key),
    "what a user chose": lambda db: UserSettings.of_user(db, "a", "a59"),
    "whether anybody chose a theme": lambda db: UserSettings.any_theme(db, "a"),
    "who wears a theme": lambda db: UserSettings.let_go(db, "a", "nobody"),
    "the next shops": lambda db: Tenant.after(db, "", 5),
    "old acts": lambda db: forget(db, "a", closed(Retention(audit_days=90))[0], LONG_AGO, 5),
    "old alerts": lambda db: forget(db, "a", closed(Retention())[1], LONG_AGO, 5),
    "old carts": lambda db: forget(db, "a", closed(Retention())[2], LONG_AGO, 5),
    "what old webhooks say": lambda db: WebhookEvent.grow_old(db, "a", NOW, NOW, 5),
    "the next number": lambda db: transact(db, lambda tx: Counter.next(db, "a", "59", tx=tx)),
}


# Questions of the doctor's, and one before staff roles are chosen: all there is of a thing in one shop.
LOOKS: dict[str, Query] = {
    "a product that grants a role": lambda db: transact(
        db, lambda tx: Product.granting(db, "a", ["7"], tx=tx)
    ),
    "roles of products": lambda db: troubles.roles_of_products(db, "a"),
    "roles of discounts": lambda db: troubles.roles_of_discounts(db, "a"),
    "something that ships": lambda db: troubles.ships_anything(db, "a"),
    "late effects": lambda db: troubles.overdue_effects(db, "a", LATER),
    "dead effects": lambda db: troubles.dead_effects(db, "a"),
    "all that waits": lambda db: backlog(db, LATER),
    "events that wait": lambda db: troubles.waiting_events(db, "a", LATER),
    "events given up": lambda db: troubles.dead_events(db, "a", NOW),
    "holds that ended": lambda db: troubles.overdue_holds(db, "a", LATER),
    "polls that are due": lambda db: troubles.overdue_polls(db, "a", LATER),
    "the last payment": lambda db: troubles.last_paid(db, "a", PaymentMethod.STRIPE, NOW),
    "keys that are sold": lambda db: troubles.sealed_keys(db, "a", 10),
    "sealed keys of providers": lambda db: SEALED_PLACES[0].of_tenant(db, "a", 10),
    "sealed secrets of accounts": lambda db: SEALED_PLACES[1].of_tenant(db, "a", 10),
    "sealed files": lambda db: SEALED_PLACES[3].of_tenant(db, "a", 10),
    "drifts": lambda db: ledger.drifts(db, "a", ["4", "59"]),
}


def stages(plan: Any) -> Iterator[str]:
    """Every stage of the plan that won."""
    if isinstance(plan, dict):
        if isinstance(plan.get("stage"), str):
            yield plan["stage"]
        for name, inner in plan.items():
            if name != "rejectedPlans":
                yield from stages(inner)
    elif isinstance(plan, list):
        for inner in plan:
            yield from stages(inner)


def statistics(answer: Any) -> Iterator[dict[str, Any]]:
    """What the execution read, wherever the answer tells it."""
    if isinstance(answer, dict):
        if "totalDocsExamined" in answer:
            yield answer
        for inner in answer.values():
            yield from statistics(inner)
    elif isinstance(answer, list):
        for inner in answer:
            yield from statistics(inner)


async def fault(db: Db, command: dict[str, Any]) -> str | None:
    """Why a command that was sent is too slow, if it is."""
    bare = {key: value for key, value in command.items() if key not in SENT_ALONG and key[0] != "$"}
    answer = await db.database.command("explain", bare, verbosity="executionStats")
    used = set(stages(answer))
    if "COLLSCAN" in used or not used & {"IXSCAN", "IDHACK", "COUNT_SCAN", "EXPRESS_IXSCAN"}:
        return f"scans: {used}"
    if "SORT" in used and command.get("limit"):
        return "sorts everything to show a page"
    returned = max((found["nReturned"] for found in statistics(answer)), default=0)
    read = max((found["totalDocsExamined"] for found in statistics(answer)), default=0)
    return f"reads {read} for {returned}" if read > returned + 2 else None


async def test_what_a_person_waits_for_is_read_by_an_index(busy: Db, recorder: Recorder) -> None:
    """The very commands that the models send neither scan, nor read the crowd to show a page."""
    found = {}
    for name, query in HOT.items():
        recorder.seen.clear()
        await query(busy)
        sent = list(recorder.seen)
        found[name] = [await fault(busy, command) for command in sent] or ["nothing was sent"]
    assert {name: faults for name, faults in found.items() if any(faults)} == {}


async def test_the_doctor_looks_at_nobody_elses_records(busy: Db, recorder: Recorder) -> None:
    """None of its questions goes through a whole collection."""
    found = {}
    for name, query in LOOKS.items():
        recorder.seen.clear()
        await query(busy)
        sent = list(recorder.seen)
        told = [await fault(busy, command) or "" for command in sent]
        found[name] = [each for each in told if each.startswith("scans")] if sent else ["nothing was sent"]
    assert {name: faults for name, faults in found.items() if faults} == {}


async def test_a_claim_finds_what_is_due_longest_in_the_order_of_its_index(
    busy: Db, recorder: Recorder
) -> None:
    """Also where effects of earlier versions, which lie apart, are looked for with the others."""
    await OutboxEffect.claim(busy, LATER, timedelta(minutes=1), Urgency.WORD)
    [command] = recorder.seen
    bare = {key: value for key, value in command.items() if key not in SENT_ALONG and key[0] != "$"}
    answer = await busy.database.command("explain", bare, verbosity="executionStats")
    assert "urgency_1_nextAttemptAt_1" in str(answer["queryPlanner"]["winningPlan"])
    assert "SORT" not in set(stages(answer))


async def test_a_query_without_its_index_is_seen(busy: Db, recorder: Recorder) -> None:
    """Proof that the test above can fail: a scan, a search in the crowd, a page sorted in memory."""
    for where, sort in [
        ({"notes": "x"}, None),
        ({"tenantId": "a", "notes": "x"}, None),
        ({"tenantId": "a"}, "notes"),
    ]:
        await Order.find_all(busy, where, sort=sort, limit=10)
    sent = [command for command in recorder.seen if command.get("find") == "orders"]
    faults = [await fault(busy, command) for command in sent]
    assert [(told or "fine").split()[0] for told in faults] == ["scans:", "reads", "sorts"]
