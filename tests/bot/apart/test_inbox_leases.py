"""A worker that stands still with a webhook's event in its hands: another acts upon it, and it once only."""

import asyncio
import re
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from models.entitlement import Entitlement, EntitlementStatus
from models.outbox import OutboxEffect
from models.payment import Payment, PaymentStatus
from models.webhook import WebhookEvent, WebhookState
from tests.bot.apart.conftest import LEASE, START, Launch, Place, Town, all_of
from tests.bot.apart.test_trade import TOLD
from tests.bot.conftest import Program
from tests.cogs import buying
from tests.drills.outside.pipe import Pipe, pipe_to
from tests.fakes.provider import Notice
from tests.services import hosting
from tests.services.books_kept import books_findings

# Refused when it says it again; or cut off once more, where its way to the database has to be found anew.
NOT_ITS_SAY = re.compile("webhook_lease_lost|webhook_unsettled")
# Before anything is booked, and when all is booked and the event is about to be closed.
WORDS = [b"startTransaction", b"processedAt"]


@pytest.fixture
async def pipe(mongo_uri: str) -> AsyncIterator[Pipe]:
    """The way by which one of the workers reaches the database."""
    async with pipe_to(mongo_uri) as made:
        yield made


async def told_of_payment(town: Town, place: Place) -> Notice:
    """What Square delivers of an order that was just paid, once nothing else is owed."""
    order = await buying.placed(town.services, place.shop, place.customer, place.vip.key, by="CASHAPP_PAY")
    town.square.registered_url = f"https://shop.example{place.path}"
    await town.services.hosted.open(place.shop, order)
    await town.settled()
    town.square.pay((await hosting.payment(town.services, place.shop, order)).provider_ref or "")
    return town.square.notices[-1]


async def events(town: Town) -> list[WebhookEvent]:
    """Every event as it stands."""
    return await WebhookEvent.find_all(town.db, {}, sort="_id")


async def acted_upon(town: Town) -> None:
    """Wait until every event is."""
    async with asyncio.timeout(LEASE + START):
        while WebhookState.WAITING in {each.state for each in await events(town)}:  # noqa: ASYNC110 - as below
            await asyncio.sleep(0.05)


async def stopped_with_it(town: Town, pipe: Pipe, worker: Program, word: bytes) -> WebhookEvent:
    """The last event, once the worker stands still with it; whatever else it says the word for goes on."""
    async with asyncio.timeout(START):
        while True:
            await pipe.hung_up.wait()
            held = (await events(town))[-1]
            if held.attempts:
                return held
            pipe.hang_up_at(word, lambda: worker.send(signal.SIGSTOP))
            worker.send(signal.SIGCONT)


async def test_an_event_whose_worker_stood_still_past_its_lease_is_settled_once(
    town: Town, launch: Launch, pipe: Pipe
) -> None:
    """Stopped at a word to the database, which is not heard; awake again it has no say in it any more."""
    place = await town.place()
    way = f"mongodb://127.0.0.1:{pipe.port}/?directConnection=true"
    async with AsyncExitStack() as stack:
        first, second = await all_of(stack, launch("worker", DATABASE__URI=way), launch("worker"))
        for many, word in enumerate(WORDS, start=1):
            notice = await told_of_payment(town, place)
            second.send(signal.SIGSTOP)
            pipe.hang_up_at(word, lambda: first.send(signal.SIGSTOP))
            headers = {name.lower(): value for name, value in notice.headers.items()}
            inbox = town.services.inbox
            assert await inbox.receive("cashapp_pay", place.shop.id, notice.body, headers) == 200
            held = await stopped_with_it(town, pipe, first, word)
            await town.free()
            assert (held.state, held.attempts) == (WebhookState.WAITING, 1)
            assert held.lease_token is not None
            second.send(signal.SIGCONT)
            await acted_upon(town)
            await town.settled()
            settled = await events(town)
            assert (settled[-1].state, settled[-1].attempts) == (WebhookState.DONE, 2)
            effects = await OutboxEffect.find_all(town.db, {}, sort="_id")
            first.send(signal.SIGCONT)
            async with asyncio.timeout(START):
                while len(NOT_ITS_SAY.findall(first.said)) < many:  # noqa: ASYNC110 - a process tells nobody
                    await asyncio.sleep(0.05)
            assert await events(town) == settled
            assert await OutboxEffect.find_all(town.db, {}, sort="_id") == effects
        await paid_once_each(town, place)
        assert [await each.told(signal.SIGTERM) for each in (first, second)] == [0, 0]


async def paid_once_each(town: Town, place: Place) -> None:
    """Each order has one receipt, one role and both messages; the books add up."""
    payments = await Payment.find_all(town.db, {"tenantId": place.shop.id})
    assert {each.status for each in payments} == {PaymentStatus.CONFIRMED}
    assert [len(each.receipts) for each in payments] == [1] * len(WORDS)
    granted = await Entitlement.find_all(town.db, {"status": EntitlementStatus.GRANTED})
    assert sorted(each.order_id for each in granted) == sorted(each.order_id for each in payments)
    assert [each.content for each in place.customer.dms] == TOLD * len(WORDS)
    assert place.customer.role_names == ["VIP"]
    assert await books_findings(town.db) == []
