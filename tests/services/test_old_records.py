"""What is closed and old goes, shop by shop; what is open, unread, owed or in the books stays."""

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from models.alert import Alert
from models.audit import AuditLog
from models.base import Db, TenantDocument
from models.forgetting import closed, forget
from models.retention import Retention
from models.session import OrderSession, SessionState
from models.tenant import Tenant
from models.webhook import WebhookEvent, WebhookState
from services import Services
from services.old_records import OldRecords
from services.shops import Shop
from tests.models.samples import sample
from tests.services import buying
from tests.services.conftest import ADA, BOB, MakeProduct, TestClock

KEPT = Retention(audit_days=100, alert_days=40, session_days=50, webhook_body_days=30)
OLD, YOUNG = 101, 29
GONE = {"state": SessionState.EXPIRED, "is_open": False}


@pytest.fixture
def old(db: Db, clock: TestClock) -> OldRecords:
    """What is tried here."""
    return OldRecords(db, clock, KEPT)


def crowd(tenant_id: str, at: datetime, name: str) -> Iterator[TenantDocument]:
    """Records of a shop of that moment, closed and open ones."""
    shared: dict[str, Any] = {"tenant_id": tenant_id, "created_at": at}
    yield sample(AuditLog, **shared, action=f"{name}.act")
    yield sample(Alert, **shared, message=f"{name} read", is_read=True)
    yield sample(Alert, **shared, message=f"{name} unread")
    yield sample(OrderSession, **shared, discord_user_id=f"{name} left", expires_at=at, **GONE)
    yield sample(OrderSession, **shared, discord_user_id=f"{name} open", expires_at=at)
    for state in WebhookState:
        told: dict[str, Any] = {"event_id": f"{name} {state}", "received_at": at, "state": state}
        yield sample(WebhookEvent, **shared, **told, body=b"{}", payload={"a": 1}, headers={"b": "c"})


async def kept(db: Db, tenant_id: str) -> set[str]:
    """What is left of such records, by what tells them apart."""
    where = {"tenantId": tenant_id}
    return {
        *(each.action for each in await AuditLog.find_all(db, where)),
        *(each.message for each in await Alert.find_all(db, where)),
        *(each.discord_user_id for each in await OrderSession.find_all(db, where)),
    }


async def test_what_is_closed_and_old_goes_and_nothing_else(
    db: Db, old: OldRecords, clock: TestClock
) -> None:
    """Of two shops: each kind by its own days, and never what is unread or in a cart."""
    for tenant_id in ("a", "b"):
        await sample(Tenant, tenant_id=tenant_id).insert(db)
        for days, name in {OLD: "old", YOUNG: "young"}.items():
            for each in crowd(tenant_id, clock.now() - timedelta(days=days), name):
                await each.insert(db)
    assert await old.sweep() == 2 * (3 + 2)
    for tenant_id in ("a", "b"):
        assert await kept(db, tenant_id) == {
            *("old unread", "old open"),
            *("young.act", "young read", "young unread", "young left", "young open"),
        }


async def test_what_webhooks_said_is_forgotten_but_not_that_they_came(
    db: Db, old: OldRecords, clock: TestClock
) -> None:
    """Those that are done; what waits, was given up or is in conflict is still somebody's business."""
    await sample(Tenant, tenant_id="a").insert(db)
    for days, name in {OLD: "old", YOUNG: "young"}.items():
        for each in crowd("a", clock.now() - timedelta(days=days), name):
            await each.insert(db)
    await old.sweep()
    found = {each.event_id: each for each in await WebhookEvent.find_all(db, {"tenantId": "a"})}
    assert len(found) == 2 * len(WebhookState)
    emptied = {name for name, each in found.items() if not each.body}
    assert emptied == {"old DONE", "old IGNORED"}
    for name, each in found.items():
        assert (each.payload == {}, each.headers == {}) == (name in emptied, name in emptied)
        assert each.cleared_at == (clock.now() if name in emptied else None)


async def test_nothing_is_for_ever_unless_it_is_said(db: Db, clock: TestClock) -> None:
    """Zero days keep a kind, whatever its age."""
    never = Retention(audit_days=0, alert_days=0, session_days=0, webhook_body_days=0)
    await sample(Tenant, tenant_id="a").insert(db)
    for each in crowd("a", clock.now() - timedelta(days=40_000), "old"):
        await each.insert(db)
    assert await OldRecords(db, clock, never).sweep() == 0
    assert len(await kept(db, "a")) == 5


async def test_a_shop_that_has_more_comes_first_in_the_next_round(db: Db, clock: TestClock) -> None:
    """A little at a time, and after the last shop a rest."""
    old = OldRecords(db, clock, KEPT, shops=2, records=3)
    at = clock.now() - timedelta(days=OLD)
    for tenant_id in ("a", "b", "c"):
        await sample(Tenant, tenant_id=tenant_id).insert(db)
        await AuditLog.insert_all(
            db, [sample(AuditLog, tenant_id=tenant_id, created_at=at) for _ in range(4)]
        )
    # Three of a; the one left and three of b; the one left and three of c; the last one.
    assert [await old.sweep() for _ in range(5)] == [3, 4, 4, 1, 0]
    assert await AuditLog.rows(db).count_documents({}) == 0
    await sample(AuditLog, tenant_id="a", created_at=at).insert(db)
    assert await old.sweep() == 0
    clock.forward(hours=2)
    assert await old.sweep() == 1


async def test_many_sweepers_at_once_share_the_work(db: Db, clock: TestClock) -> None:
    """Each process goes round on its own; what one deleted another does not count."""
    await sample(Tenant, tenant_id="a").insert(db)
    at = clock.now() - timedelta(days=OLD)
    await AuditLog.insert_all(db, [sample(AuditLog, tenant_id="a", created_at=at) for _ in range(40)])
    done = await asyncio.gather(*(OldRecords(db, clock, KEPT).sweep() for _ in range(6)))
    assert sum(done) == 40
    assert await AuditLog.rows(db).count_documents({}) == 0


async def test_what_is_asked_for_again_meanwhile_stays(db: Db, clock: TestClock) -> None:
    """A webhook that staff want to be acted upon once more keeps what it says."""
    at = clock.now() - timedelta(days=OLD)
    told: dict[str, Any] = {"tenant_id": "a", "received_at": at, "state": WebhookState.DONE, "body": b"{}"}
    for turn in range(20):
        event = await sample(WebhookEvent, **told, event_id=f"{turn}").insert(db)
        again, cleared = await asyncio.gather(
            WebhookEvent.again(db, event, clock.now()),
            WebhookEvent.grow_old(db, "a", clock.now() - timedelta(days=30), clock.now(), 10),
        )
        after = await WebhookEvent.get(db, "a", event.id)
        assert after is not None
        assert (again is None) == (cleared == 1)
        assert (after.body == b"{}", after.state is WebhookState.WAITING) == (
            again is not None,
            again is not None,
        )
        await WebhookEvent.rows(db).delete_many({})


async def test_books_stay_whatever_their_age(
    db: Db, services: Services, shop: Shop, product: MakeProduct, clock: TestClock, old: OldRecords
) -> None:
    """Orders, payments, the ledger, shipments, entitlements and uses of discounts are none of it."""
    placed = await buying.paid(services, shop, ADA, await product(granted_role_ids=["77"]))
    waits = await buying.order(services, shop, BOB, await product("Cup"))
    books = ("orders", "payments", "inventorytransactions", "inventorysnapshots", "entitlements", "outbox")
    before = {name: await db.rows(name).find({}).to_list(None) for name in books}
    assert placed.paid_at
    assert waits.paid_at is None
    read = await sample(Alert, tenant_id=shop.id, is_read=True).insert(db)
    clock.forward(days=5000)
    assert await old.sweep() > 0
    assert await Alert.get(db, shop.id, read.id) is None
    assert {name: await db.rows(name).find({}).to_list(None) for name in books} == before
    assert {each.kind for each in closed(KEPT)} == {AuditLog, Alert, OrderSession}


async def test_it_is_one_of_the_sweepers_rounds(
    db: Db, services: Services, shop: Shop, clock: TestClock
) -> None:
    """With the days of the configuration: acts stay, alerts that were read go after a year."""
    await sample(Alert, tenant_id=shop.id, is_read=True).insert(db)
    acts = await AuditLog.rows(db).count_documents({})
    assert (await services.sweeper.sweep())["old"] == 0
    clock.forward(days=366)
    assert (await services.sweeper.sweep())["old"] == 1
    assert await AuditLog.rows(db).count_documents({}) == acts


async def test_only_a_portion_is_taken_and_the_oldest_first(db: Db, clock: TestClock) -> None:
    """So that a round never holds up the database."""
    at = clock.now() - timedelta(days=500)
    made = [
        sample(AuditLog, tenant_id="a", created_at=at + timedelta(days=n), action=str(n)) for n in range(5)
    ]
    await AuditLog.insert_all(db, made)
    acts = closed(KEPT)[0]
    assert await forget(db, "a", acts, clock.now(), 2) == 2
    assert [each.action for each in await AuditLog.find_all(db, {}, sort="createdAt")] == ["2", "3", "4"]
    assert await forget(db, "b", acts, clock.now(), 2) == 0
