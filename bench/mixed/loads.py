"""So many people at once for so many seconds: what the shop takes, how long they wait, what it costs."""

import asyncio
import gc
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bench.mixed.place import Place
from bench.mixed.shoppers import Payers, Shopper, Tally, look_at_reports
from bench.report import Figure, percentile
from models.outbox import OutboxEffect, OutboxStatus
from models.payment import Payment, PaymentStatus
from models.webhook import WebhookEvent, WebhookState

# The part of the time after which the shop counts as warm, for what it may grow.
_WARM = 0.25
_BETWEEN_PAYERS, _BETWEEN_REPORTS, _BETWEEN_LOOKS = 0.2, 5.0, 0.5
# How long what was paid may take to be settled and delivered afterwards.
_PATIENCE = 600.0
_MIB = 2**20


@dataclass(frozen=True)
class Load:
    """What one load came to; `cost` and `database` are milliseconds of processor time for an act."""

    users: int
    tally: Tally
    seconds: float
    cost: float
    database: float
    memory: tuple[int, int]
    paid: int
    afterwards: float

    @property
    def rate(self) -> float:
        """Acts a second."""
        return len(self.tally.all) / self.seconds

    @property
    def p95(self) -> float:
        """Nineteen of twenty acts took at most so many seconds."""
        return percentile(self.tally.all, 95)

    @property
    def figures(self) -> list[Figure]:
        """What is printed: shares of what went wrong and of the memory, and how each kind did."""
        who = f"{self.users} user{'s' if self.users > 1 else ''}"
        acts, wrong = len(self.tally.all), self.tally.wrong
        warm, end = (each / _MIB for each in self.memory)
        costs = f"processor {self.cost:.2f} ms an act, database {self.database:.2f} ms"
        paid = f"{self.paid} paid by webhook, all delivered {self.afterwards:.0f} s after the end"
        grown = f"{end:.0f} vs {warm:.0f} MiB"
        said = ", ".join(f"{count} {what}" for what, count in wrong.most_common(4)) or "none"
        return [
            _at_most(f"{who}: answers that were wrong or late / acts", wrong.total() / acts, 0.0, said),
            _at_most(f"{who}: memory at the end / once warm", end / warm, 1.1, grown),
            Figure(f"{who}: acts a second", self.rate, None, f"{acts} acts; {costs}; {paid}"),
            *(self._kind(who, kind) for kind in sorted(self.tally.taken)),
        ]

    def _kind(self, who: str, kind: str) -> Figure:
        taken = self.tally.taken[kind]
        p50, p95, p99 = (1000 * percentile(taken, percent) for percent in (50, 95, 99))
        note = f"p50 {p50:.1f}, p95 {p95:.1f}, p99 {p99:.1f} ms; {len(taken)} times"
        return Figure(f"{who}, {kind}: p99 / p50", p99 / p50, None, note)


def _at_most(name: str, ratio: float, goal: float, note: str) -> Figure:
    return Figure(name, ratio, goal, note, at_most=True)


async def load(place: Place, users: int, seconds: float) -> Load:
    """Let so many people shop, pay and look at reports for so long, then wait until all is delivered."""
    tally, warm = Tally(), asyncio.get_running_loop().create_future()
    payers = Payers(place, tally)
    shoppers = [Shopper(*each, tally, seed) for seed, each in enumerate(place.people(users))]
    gc.freeze()
    spent, database = _spent(place), place.database_spent
    began = time.perf_counter()
    end = began + seconds
    asyncio.get_running_loop().call_later(seconds * _WARM, lambda: warm.set_result(place.memory))
    async with asyncio.TaskGroup() as tasks:
        for shopper in shoppers:
            tasks.create_task(_until(end, shopper.act))
        tasks.create_task(_until(end, payers.pay, _BETWEEN_PAYERS))
        tasks.create_task(_reports(end, place, tally))
    took = time.perf_counter() - began
    acts = len(tally.all)
    afterwards = await _settled(place, payers)
    costs = (1000 * (_spent(place) - spent) / acts, 1000 * (place.database_spent - database) / acts)
    return Load(users, tally, took, *costs, (warm.result(), place.memory), payers.paid, afterwards)


def _spent(place: Place) -> float:
    return sum(child.spent() for child in place.bots)


async def _until(end: float, act: Callable[[], Awaitable[object]], pause: float = 0.0) -> None:
    while time.perf_counter() < end:
        await act()
        await asyncio.sleep(pause)


async def _reports(end: float, place: Place, tally: Tally) -> None:
    number = 0
    while time.perf_counter() < end:
        await look_at_reports(place, tally, number)
        number += 1
        await asyncio.sleep(min(_BETWEEN_REPORTS, max(0.0, end - time.perf_counter())))


async def _settled(place: Place, payers: Payers) -> float:
    """Seconds until everything that was bought is paid where somebody paid, and nothing is owed any more."""
    began = time.perf_counter()
    async with asyncio.timeout(_PATIENCE):
        while await payers.pay() or await _open(place):  # noqa: ASYNC110 - other processes send no event
            await asyncio.sleep(_BETWEEN_LOOKS)
    confirmed = {"method": "CASHAPP_PAY", "status": PaymentStatus.CONFIRMED}
    found = await Payment.rows(place.db).count_documents(confirmed)
    assert found == len(place.square.payments), (found, len(place.square.payments))
    return time.perf_counter() - began


async def _open(place: Place) -> bool:
    owed = await OutboxEffect.find_one(place.db, {"status": OutboxStatus.PENDING, "attempts": 0})
    event = await WebhookEvent.find_one(place.db, {"state": WebhookState.WAITING})
    return owed is not None or event is not None
