"""Reads what no counter knows, such as the backlog, when it is asked for and not more often."""

import asyncio
import math
import time
from collections.abc import Mapping

from prometheus_client import Gauge, generate_latest
from prometheus_client.gc_collector import GCCollector
from prometheus_client.process_collector import ProcessCollector
from pymongo.errors import PyMongoError

from bot.metrics.vitals import State, Vitals
from models.backlog import Backlog, Waiting, backlog
from models.base import Db
from models.outbox import Urgency
from services.calls import Calls
from services.clock import Clock
from services.meters import Meters

_FRESH_SECONDS = 5.0
_PATIENCE = 3.0


class Reading:
    """The page of numbers; however often it is asked for, the database is read once in five seconds."""

    def __init__(self, db: Db, clock: Clock, meters: Meters, calls: Calls, vitals: Vitals) -> None:
        self._db, self._clock, self._meters, self._calls, self._vitals = db, clock, meters, calls, vitals
        self._read_at = -math.inf
        self._turn = asyncio.Lock()
        on = meters.registry
        self._part = Gauge("shop_part_up", "Whether a part of this process is well", ["part"], registry=on)
        self._due = Gauge("shop_outbox_due", "Effects due and not under way", ["urgency"], registry=on)
        self._oldest = Gauge(
            "shop_outbox_oldest_seconds", "How long the oldest is due", ["urgency"], registry=on
        )
        self._dead = Gauge("shop_outbox_dead", "Effects given up, which wait for staff", registry=on)
        self._inbox = Gauge("shop_inbox_due", "Webhook events due and not under way", registry=on)
        self._inbox_oldest = Gauge("shop_inbox_oldest_seconds", "How long the oldest is due", registry=on)
        self._latency = Gauge("shop_gateway_latency_seconds", "Discord's answer to a heartbeat", registry=on)
        ProcessCollector(registry=on)
        GCCollector(registry=on)

    async def page(self) -> bytes:
        """Everything, in the text format of Prometheus."""
        async with self._turn:
            if time.monotonic() - self._read_at >= _FRESH_SECONDS:
                await self._read()
                self._read_at = time.monotonic()
        return generate_latest(self._meters.registry)

    async def _read(self) -> None:
        self._meters.resting(self._calls.resting())
        parts = await self._vitals.look()
        self._show_parts(parts)
        try:
            async with asyncio.timeout(_PATIENCE):
                self._show(await backlog(self._db, self._clock.now()))
        except (PyMongoError, TimeoutError):
            # Better no numbers than old ones.
            self._show(None)

    def _show_parts(self, parts: Mapping[str, State]) -> None:
        for name, state in parts.items():
            if state is not State.NONE:
                self._part.labels(name).set(state is State.UP)
        bot = self._vitals.bot
        self._latency.set(math.nan if bot is None else bot.latency)

    def _show(self, found: Backlog | None) -> None:
        for urgency in Urgency:
            waiting = found.outbox[urgency] if found else None
            self._due.labels(urgency.name.lower()).set(_many(waiting))
            self._oldest.labels(urgency.name.lower()).set(self._age(waiting))
        self._dead.set(found.dead if found else math.nan)
        self._inbox.set(_many(found.inbox if found else None))
        self._inbox_oldest.set(self._age(found.inbox if found else None))

    def _age(self, waiting: Waiting | None) -> float:
        if waiting is None:
            return math.nan
        return max(0.0, (self._clock.now() - waiting.since).total_seconds()) if waiting.since else 0.0


def _many(waiting: Waiting | None) -> float:
    return math.nan if waiting is None else waiting.due
