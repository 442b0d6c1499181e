"""What the doctor sees of work that nobody does: effects, events, holds, polls and silent providers."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from models.base import Db
from models.outbox import OutboxEffect, OutboxStatus
from models.payment import Payment, PaymentStatus
from models.payment_method import PaymentMethod
from models.webhook import WebhookEvent, WebhookProvider, WebhookState
from services import Services
from services.doctor.contract import Mend
from services.doctor.place import Place
from services.shops import Shop
from tests.models.samples import sample
from tests.services.buying import order as buy
from tests.services.conftest import ADA, OWNER, MakeProduct, TestClock
from tests.services.doctor.conftest import Look, codes

MENDED, DEAD = "outbox_mended", "outbox_dead"

type Dead = Callable[[str, int], Awaitable[None]]


@pytest.fixture
def dead(db: Db, shop: Shop, clock: TestClock) -> Dead:
    """Lets effects have been given up for a reason."""

    async def given_up(reason: str, many: int) -> None:
        for n in range(many):
            await effect(db, shop, clock, f"{n}", status=OutboxStatus.DEAD, last_error=reason)

    return given_up


async def effect(db: Db, shop: Shop, clock: TestClock, key: str, **fields: Any) -> None:
    """Something owed by the shop, and the same by another."""
    for tenant in (shop.id, "another"):
        given = {"next_attempt_at": clock.now(), **fields}
        await sample(OutboxEffect, tenant_id=tenant, dedupe_key=f"{tenant}:{key}", **given).insert(db)


async def test_effects_that_nobody_takes_are_late(look: Look, db: Db, shop: Shop, clock: TestClock) -> None:
    """A moment's delay is none; those that wait for their next try are not late either."""
    await effect(db, shop, clock, "soon", next_attempt_at=clock.now() - timedelta(minutes=1))
    await effect(db, shop, clock, "later", next_attempt_at=clock.now() + timedelta(hours=1))
    assert await look("outbox") == []
    since = clock.now() - timedelta(minutes=6)
    await effect(db, shop, clock, "late", next_attempt_at=since)
    (found,) = await look("outbox")
    assert (found.code, found.values) == ("outbox_late", {"many": 1, "since": since})


@pytest.mark.parametrize(
    ("reason", "place", "found"),
    [
        ("no_staff_channel", Place(seen=False), MENDED),
        ("channel_gone", Place(channels={"10": frozenset()}), MENDED),
        ("channel_gone", Place(), DEAD),
        ("missing_permission", Place(channels={"10": frozenset()}), MENDED),
        ("missing_permission", Place(channels={"10": frozenset({"send_messages"})}), DEAD),
        ("missing_permission", Place(lacks=frozenset({"manage_roles"})), DEAD),
        ("guild_gone", Place(), MENDED),
        ("guild_gone", Place(seen=False), DEAD),
        ("discord_down", Place(seen=False), MENDED),
        ("role_gone", Place(), DEAD),
        ("KeyError", Place(), DEAD),
        ("x" * 300, Place(), DEAD),
    ],
)
async def test_what_was_given_up_is_tried_again_once_its_reason_is_mended(
    look: Look, services: Services, shop: Shop, dead: Dead, reason: str, place: Place, found: str
) -> None:
    """Before that the finding says what is in the way; after it there is a button."""
    await services.shops.configure(shop, OWNER, admin_channel_id="10")
    await dead(reason, 3)
    (told,) = await look("outbox", place)
    assert told.values == {"many": 3, "reason": reason}
    assert (told.code, told.mend) == (found, Mend.EFFECTS if found == MENDED else None)


async def test_events_that_wait_or_were_given_up_are_told(
    look: Look, db: Db, shop: Shop, clock: TestClock
) -> None:
    """Fresh ones, those that were acted upon, and another shop's are left alone."""

    async def event(tenant: str, key: str, state: WebhookState, **ago: float) -> None:
        at = clock.now() - timedelta(**ago)
        fields = {"event_id": f"{key}", "received_at": at, "state": state}
        await sample(WebhookEvent, tenant_id=tenant, provider=WebhookProvider.STRIPE, **fields).insert(db)

    await event(shop.id, "fresh", WebhookState.WAITING, minutes=1)
    await event(shop.id, "done", WebhookState.DONE, hours=1)
    await event(shop.id, "long ago", WebhookState.DEAD, days=60)
    await event("another", "theirs", WebhookState.DEAD, hours=1)
    assert await look("inbox") == []
    await event(shop.id, "waits", WebhookState.WAITING, minutes=11)
    await event(shop.id, "dead", WebhookState.DEAD, hours=2)
    waits, dead = await look("inbox")
    assert (waits.code, waits.values["many"]) == ("inbox_waiting", 1)
    assert (dead.code, dead.values["since"]) == ("inbox_dead", clock.now() - timedelta(hours=2))


async def test_holds_and_polls_that_are_overdue_tell_that_nobody_goes_the_rounds(
    look: Look, services: Services, shop: Shop, product: MakeProduct, db: Db, clock: TestClock
) -> None:
    """A sweep ends the one, a poll the other."""
    mug = await product("Mug")
    placed = await buy(services, shop, ADA, mug)
    clock.forward(hours=24, minutes=4)
    assert await look("rounds") == []
    clock.forward(minutes=2)
    assert codes(await look("rounds")) == ["sweeper_still"]
    await services.sweeper.sweep()
    assert await look("rounds") == []
    due = clock.now() - timedelta(minutes=21)
    await db.rows(Payment.__collection__).update_one({"orderId": placed.key}, {"$set": {"nextPollAt": due}})
    assert codes(await look("rounds")) == ["poller_still"]


async def test_a_provider_that_keeps_silent_about_payments_is_told(
    look: Look, services: Services, shop: Shop, db: Db, clock: TestClock
) -> None:
    """Never heard, or not since a payment that was seen by asking; a webhook ends it."""
    values = {"access_token": "EAAAl-token-0001", "location_id": "L1", "signature_key": "a-signature"}
    await services.providers.configure(shop, OWNER, "CASHAPP_PAY", values)
    assert await look("webhooks") == []
    paid: dict[str, Any] = {"method": PaymentMethod.CASHAPP_PAY, "status": PaymentStatus.CONFIRMED}
    at = clock.now() - timedelta(hours=2)
    await sample(Payment, tenant_id=shop.id, order_id="o", created_at=at, **paid).insert(db)
    (never,) = await look("webhooks")
    assert (never.code, never.values) == ("webhook_never", {"provider": "cashapp_pay"})
    heard = {"provider": WebhookProvider.CASHAPP_PAY, "state": WebhookState.DONE}
    before = at - timedelta(days=3)
    await sample(WebhookEvent, tenant_id=shop.id, event_id="1", received_at=before, **heard).insert(db)
    (silent,) = await look("webhooks")
    assert (silent.code, silent.values["since"], silent.values["paid"]) == ("webhook_silent", before, at)
    after = at + timedelta(minutes=1)
    await sample(WebhookEvent, tenant_id=shop.id, event_id="2", received_at=after, **heard).insert(db)
    assert await look("webhooks") == []
