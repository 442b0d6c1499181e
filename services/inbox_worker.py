"""Acts upon stored webhook events: leased, again after a crash, given up in the end and told to staff."""

import asyncio
import logging
import random
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from pymongo.errors import PyMongoError

from models.alert import Alert, AlertSeverity, AlertType
from models.base import Db, ObjectId, Tx, Unreadable
from models.correlation import correlated
from models.errors import ShopError
from models.webhook import WebhookEvent, WebhookState
from services.afterwards import database_away
from services.clock import Clock
from services.hosted import Unmatched
from services.meters import Meters
from services.outbox import Outbox
from services.rules import Rules
from services.sources import Source
from services.stock import alert_effect
from services.wakeups import Wakeups

_AT_ONCE = 4
_JITTER = 0.2
_OF_LEASE = 0.8
# An order that is still unknown after about two and a half hours will not turn up.
_UNMATCHED_TRIES = 4

log = logging.getLogger(__name__)


class InboxWorker:
    """Any number of them may run over one database: who holds an event's lease has the say."""

    def __init__(
        self,
        db: Db,
        clock: Clock,
        rules: Rules,
        *,
        wakeups: Wakeups,
        outbox: Outbox,
        sources: Mapping[str, Source],
        meters: Meters,
    ) -> None:
        self._db = db
        self._clock = clock
        self._rules = rules
        self._bell = wakeups.bell()
        self._outbox = outbox
        self._sources = sources
        # Another process may be of a newer version, and know more.
        self._known = [name.upper() for name in sources]
        self._meters = meters
        self._places = asyncio.Semaphore(_AT_ONCE)
        self._stopping = False
        self._held: dict[ObjectId, WebhookEvent] = {}

    def stop(self) -> None:
        """End run() once the events under way are settled; no further ones are begun."""
        self._stopping = True
        self._bell.ring()

    async def run(self) -> None:
        """Work until stopped or cancelled: at once when woken, else at every poll."""
        async with asyncio.TaskGroup() as tasks:
            while not self._stopping:
                try:
                    await self._begin(tasks)
                    await self._bell.wait(self._rules.poll)
                except PyMongoError as error:
                    database_away(log, "inbox_database_away", error)
                    await asyncio.sleep(self._rules.poll.total_seconds())

    async def hand_back(self) -> int:
        """Leave to others what was begun and will not be ended here, once run() is over; how many events."""
        held, self._held = self._held, {}
        return await WebhookEvent.hand_back(self._db, held.values(), self._clock.now()) if held else 0

    async def drain(self) -> int:
        """Act upon everything that is due now; how many events were tried."""
        async with asyncio.TaskGroup() as tasks:
            return await self._begin(tasks)

    async def _begin(self, tasks: asyncio.TaskGroup) -> int:
        begun = 0
        while event := await self._next():
            tasks.create_task(self._try(event)).add_done_callback(lambda _: self._places.release())
            begun += 1
        return begun

    async def _next(self) -> WebhookEvent | None:
        """The event that is due longest, once there is a place for it; None when there is none."""
        await self._places.acquire()
        event = None
        try:
            if not self._stopping:
                event = await self._claim()
        finally:
            if event is None:
                self._places.release()
            else:
                self._held[event.id] = event
        return event

    async def _claim(self) -> WebhookEvent | None:
        while True:
            try:
                now, lease = self._clock.now(), self._rules.outbox_lease
                return await WebhookEvent.claim(self._db, now, lease, self._known)
            except Unreadable as error:
                # Its lease keeps it out of the way of the next ones.
                log.error("webhook_unreadable", extra={"where": str(error)})  # noqa: TRY400 - it says all

    async def _try(self, event: WebhookEvent) -> None:
        with correlated(event.correlation_id):
            try:
                await self._act(event)
            except PyMongoError as error:
                # It stays due: its lease will end and somebody will try again.
                database_away(log, "webhook_unsettled", error, **_about(event))
        # Not after a cancellation: it is handed back then.
        self._held.pop(event.id, None)

    async def _act(self, event: WebhookEvent) -> None:
        steps = self._rules.outbox_backoff
        # Whoever leases the event after us must not meet us still at it.
        limit = asyncio.timeout(self._rules.outbox_lease.total_seconds() * _OF_LEASE)
        try:
            async with limit:
                outcome = await self._sources[event.provider.lower()].act(event.tenant_id, event.body)
        except Unmatched as stranger:
            message = "webhook_unmatched" if stranger.ours else None
            await self._later(event, "Unmatched", steps[:_UNMATCHED_TRIES], message)
        except ShopError as error:
            log.info("webhook_not_now", extra={**_about(event), "why": _code(error)})
            await self._later(event, type(error).__name__, steps, "webhook_dead")
        except Exception as error:
            # The loop owns the last word: one broken event must not stop the rest.
            late = isinstance(error, TimeoutError) and limit.expired()
            if not late:
                log.exception("webhook_broke", extra=_about(event))
            why = "took_too_long" if late else type(error).__name__
            await self._later(event, why, steps, "webhook_dead")
        else:
            fields = {"processedAt": self._clock.now(), "outcome": outcome, "error": None}
            if await self._close(event, WebhookState.DONE, fields):
                self._meters.event(event.provider, "done")
                log.info("webhook_done", extra={**_about(event), "outcome": outcome})

    async def _close(self, event: WebhookEvent, state: WebhookState, fields: dict[str, Any]) -> bool:
        """Write down how it went; False when somebody else has taken it over, who has the say."""
        kept = await WebhookEvent.close(self._db, event, state, fields)
        if not kept:
            log.warning("webhook_lease_lost", extra=_about(event))
        return bool(kept)

    async def _later(
        self, event: WebhookEvent, why: str, steps: Sequence[timedelta], message: str | None
    ) -> None:
        if event.attempts > len(steps):
            await (self._give_up(event, why, message) if message else self._let_be(event))
            return
        wait = steps[event.attempts - 1] * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311 - spread, not secrecy
        fields = {"nextAttemptAt": self._clock.now() + wait, "error": why}
        if await self._close(event, WebhookState.WAITING, fields):
            self._meters.event(event.provider, "postponed")
            log.warning("webhook_postponed", extra={**_about(event), "why": why})

    async def _let_be(self, event: WebhookEvent) -> None:
        """It is about nothing of ours: another till on the same account."""
        fields = {"processedAt": self._clock.now(), "outcome": "not_ours", "error": None}
        if await self._close(event, WebhookState.IGNORED, fields):
            self._meters.event(event.provider, "ignored")

    async def _give_up(self, event: WebhookEvent, why: str, message: str) -> None:
        alert = webhook_alert(event, message, AlertSeverity.ERROR, reason=why)

        async def work(tx: Tx) -> bool:
            fields = {"processedAt": self._clock.now(), "error": why}
            if not await WebhookEvent.close(self._db, event, WebhookState.DEAD, fields, tx=tx):
                return False
            await alert.insert(self._db, tx=tx)
            await self._outbox.owe([alert_effect(alert, self._clock)], tx)
            return True

        if await self._outbox.commit(work):
            self._meters.event(event.provider, "dead")
            log.error("webhook_dead", extra={**_about(event), "why": why})


def webhook_alert(event: WebhookEvent, message: str, severity: AlertSeverity, **params: str) -> Alert:
    """What staff are told about an event: its provider, its type and its id, and what else is given."""
    return Alert(
        tenant_id=event.tenant_id,
        type=AlertType.PAYMENT_FAILED,
        severity=severity,
        message=message,
        params={"provider": event.provider, "kind": event.kind, "eventId": event.event_id, **params},
        entity_type="WebhookEvent",
        entity_id=event.key,
    )


def _about(event: WebhookEvent) -> dict[str, str]:
    return {"webhook": event.key, "provider": event.provider, "tenant": event.tenant_id}


def _code(error: ShopError) -> str:
    return f"{type(error).__name__}:{getattr(error, 'code', None) or ''}"
