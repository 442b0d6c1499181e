"""How long one event may take: over its own limit it is tried again, and no fault of anybody's."""

import asyncio
import logging
from datetime import timedelta

import pytest

from models.base import Db
from models.webhook import WebhookEvent, WebhookProvider, WebhookState
from services.inbox_worker import InboxWorker
from services.meters import Meters
from services.outbox import Outbox
from services.rules import Rules
from services.sources import Reading
from services.wakeups import Wakeups
from tests.services.conftest import TestClock


class Standing:
    """A provider whose events take for ever, or, with a limit of their own, break."""

    refused, accepted = 401, 200

    def __init__(self, own_limit: float | None) -> None:
        self._own_limit = own_limit

    async def verify(self, *_: object) -> None:
        """Take everything."""

    def read(self, _: bytes) -> Reading | None:
        """Keep nothing: these events are stored by hand."""
        return None

    async def act(self, *_: object) -> str:
        """Stand still."""
        async with asyncio.timeout(self._own_limit):
            await asyncio.Event().wait()
        return "never"


@pytest.mark.parametrize(
    ("own_limit", "error", "logged"),
    [
        (None, "took_too_long", [("WARNING", "webhook_postponed", False)]),
        (0.01, "TimeoutError", [("ERROR", "webhook_broke", True), ("WARNING", "webhook_postponed", False)]),
    ],
)
async def test_an_event_over_its_limit_is_a_line_and_a_fault_a_traceback(
    db: Db,
    clock: TestClock,
    caplog: pytest.LogCaptureFixture,
    own_limit: float | None,
    error: str,
    logged: list[tuple[str, str, bool]],
) -> None:
    """As after SIGSTOP and SIGCONT, when every limit is over at once; both are tried again."""
    source = {"stripe": Standing(own_limit)}
    bells, rules = Wakeups(None), Rules(outbox_lease=timedelta(seconds=0.2))
    worker = InboxWorker(
        db, clock, rules, wakeups=bells, outbox=Outbox(db, bells), sources=source, meters=Meters()
    )
    event = WebhookEvent(
        tenant_id="a",
        provider=WebhookProvider.STRIPE,
        event_id="evt_1",
        received_at=clock.now(),
        next_attempt_at=clock.now(),
    )
    await event.insert(db)
    with caplog.at_level(logging.WARNING):
        assert await asyncio.wait_for(worker.drain(), 5) == 1
    assert [(each.levelname, each.message, bool(each.exc_info)) for each in caplog.records] == logged
    assert {vars(each)["webhook"] for each in caplog.records} == {event.key}
    (now,) = await WebhookEvent.find_all(db, {})
    assert (now.state, now.error) == (WebhookState.WAITING, error)
    clock.forward(minutes=2)
    assert await asyncio.wait_for(worker.drain(), 5) == 1
