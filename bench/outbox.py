"""(e) The outbox: effects a second against a bare loop, and how soon a burst of paid orders is delivered."""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from bson import ObjectId

from bench import square, webhooks
from bench.load import timed
from bench.report import Figure, Table, percentile
from bot.outside import open_database
from bot.sandbox import Patience, Person, Sandbox
from models.base import Db, Rows, index
from models.order import Order
from models.outbox import OutboxEffect, OutboxStatus, Urgency
from models.registry import create_indexes
from services.clock import SystemClock
from services.effects import EffectKind, effect
from services.rules import Rules
from services.wakeups import Wakeups
from services.worker import AT_ONCE, Worker

EFFECTS = 3000
_AT_ONCE = AT_ONCE[Urgency.ROLES]
REPEATS = 3
ORDERS = 1000
# What Discord takes of a bot in a second.
ALLOWED = 50
_LEASE = timedelta(seconds=30)
_BETWEEN_LOOKS = 0.02
_PATIENCE = 600.0


async def measure(uri: str, redis: str, folder: Path) -> Table:
    """Every figure of part (e)."""
    figures = [await _against_bare(uri), *await _burst(uri, redis, folder)]
    return Table("Outbox: the worker against a bare loop, and a burst of orders paid at once", figures)


@dataclass(frozen=True)
class Drained:
    """How many effects a second were drained, and the milliseconds of processor time that each took here."""

    rate: float
    cost: float


async def _against_bare(uri: str) -> Figure:
    db = open_database(uri, "effects")
    await create_indexes(db)
    least = db.rows("least")
    await least.create_indexes([index("nextAttemptAt", only={"status": "PENDING"})])
    mine: list[Drained] = []
    bare: list[Drained] = []
    # The first of each only warms up.
    for _ in range(REPEATS + 1):
        bare.append(await _bare(least))
        mine.append(await _mine(db))
    db.client.close()
    pairs = list(zip(mine[1:], bare[1:], strict=True))
    costs = [median(each.cost for each in found[1:]) for found in (mine, bare)]
    rates = [median(each.rate for each in found[1:]) for found in (mine, bare)]
    return Figure(
        "effects a second that have nothing to do / bare loop",
        median(one.rate / other.rate for one, other in pairs),
        0.5,
        f"{rates[0]:.0f}/s vs {rates[1]:.0f}/s, {_AT_ONCE} at once; "
        f"processor {costs[0]:.2f} vs {costs[1]:.2f} ms each",
    )


def _owed() -> list[OutboxEffect]:
    now = datetime.now(UTC)
    return [
        effect(EffectKind.ROLE_GRANT, "bench", str(ObjectId()), now, payload={"number": number})
        for number in range(EFFECTS)
    ]


async def _mine(db: Db) -> Drained:
    worker = Worker(db, SystemClock(), Rules(), Wakeups(None))

    async def nothing(_: OutboxEffect) -> str:
        return "done"

    worker.register(EffectKind.ROLE_GRANT, nothing)
    await OutboxEffect.owe(db, _owed())
    began, spent = time.perf_counter(), time.process_time()
    assert await worker.drain() == EFFECTS
    return _drained(began, spent)


async def _bare(rows: Rows) -> Drained:
    """The least that loses no effect: take each for a while, then note that it happened."""
    await rows.insert_many([each.model_dump_doc() for each in _owed()])

    async def loop() -> None:
        while True:
            now = datetime.now(UTC)
            due = {"status": OutboxStatus.PENDING, "nextAttemptAt": {"$lte": now}}
            row = await rows.find_one_and_update(due, {"$set": {"nextAttemptAt": now + _LEASE}})
            if row is None:
                return
            await rows.update_one({"_id": row["_id"]}, {"$set": {"status": OutboxStatus.DONE}})

    began, spent = time.perf_counter(), time.process_time()
    await asyncio.gather(*(loop() for _ in range(_AT_ONCE)))
    return _drained(began, spent)


def _drained(began: float, spent: float) -> Drained:
    return Drained(EFFECTS / (time.perf_counter() - began), 1000 * (time.process_time() - spent) / EFFECTS)


@dataclass(frozen=True)
class Reached:
    """When, by the clock, each person had the role and the notice."""

    roles: dict[Person, float] = field(default_factory=dict)
    notices: dict[Person, float] = field(default_factory=dict)


async def _burst(uri: str, redis: str, folder: Path) -> list[Figure]:
    """Square tells of all orders at once that they are paid; the bot settles and delivers them."""
    async with AsyncExitStack() as stack:
        discord = Sandbox(record=False, patience=Patience(settle=0, first=60.0, last=60.0))
        await stack.enter_async_context(discord)
        db = open_database(uri, webhooks.DATABASE)
        stack.callback(db.client.close)
        till = await webhooks.orders(db, discord.add_guild("Bench"), ORDERS)
        port = square.free_port()
        await stack.enter_async_context(webhooks.serving(discord, folder, uri, redis, port))
        await discord.quiet(1.5)
        discord.faults.rate_limit_all(limit=ALLOWED, per=1.0)
        asked, began, reached = discord.recorder.count, time.time(), Reached()
        deliveries = await square.Deliveries.over(port, webhooks.CONNECTIONS)
        requests = [till.request(square.payment(order.key, 500)) for order, _ in till.orders]
        async with asyncio.timeout(_PATIENCE), asyncio.TaskGroup() as tasks:
            tasks.create_task(_look(db, reached, [person for _, person in till.orders]))
            await timed(deliveries.acts(requests), webhooks.CONNECTIONS)
        await deliveries.close()
        took = time.time() - began
        return [
            *_delivered(reached, await _paid(db, till)),
            _whole(took, discord.recorder.count - asked, discord.recorder.limited, await _kinds(db)),
        ]


async def _look(db: Db, reached: Reached, people: Sequence[Person]) -> None:
    """Notice who has got a role, and whom a message has reached, until nothing is owed any more."""
    while True:
        now = time.time()
        reached.roles.update({each: now for each in people if each not in reached.roles and each.role_names})
        reached.notices.update({each: now for each in people if each not in reached.notices and each.dms})
        missing = 2 * len(people) - len(reached.roles) - len(reached.notices)
        if not missing and await OutboxEffect.find_one(db, {"status": OutboxStatus.PENDING}) is None:
            return
        await asyncio.sleep(_BETWEEN_LOOKS)


async def _paid(db: Db, till: webhooks.Till) -> dict[Person, float]:
    """When, by the clock, each person's order was paid."""
    paid = {order.key: order.paid_at for order in await Order.find_all(db, {"tenantId": till.shop.id})}
    return {person: at.timestamp() for order, person in till.orders if (at := paid[order.key]) is not None}


async def _kinds(db: Db) -> str:
    """How many effects of each kind have happened."""
    done = Counter(each.kind for each in await OutboxEffect.find_all(db, {"status": OutboxStatus.DONE}))
    return f"{done.total()} effects: " + ", ".join(f"{count} {kind}" for kind, count in sorted(done.items()))


def _delivered(reached: Reached, paid: dict[Person, float]) -> list[Figure]:
    said = {"role": reached.roles, "notice": reached.notices}
    figures = []
    for name, when in said.items():
        waits = [at - paid[person] for person, at in when.items()]
        p50, p95, p99 = (percentile(waits, percent) for percent in (50, 95, 99))
        figures.append(
            Figure(
                f"{ORDERS} orders in a burst: p95 from paid to {name} / {ORDERS} requests at {ALLOWED}/s",
                p95 / (ORDERS / ALLOWED),
                None,
                f"p50 {p50:.1f}, p95 {p95:.1f}, p99 {p99:.1f}, max {max(waits):.1f} s; all paid within "
                f"{max(paid.values()) - min(paid.values()):.1f} s",
            )
        )
    return figures


def _whole(took: float, requests: int, limited: int, kinds: str) -> Figure:
    least = requests / ALLOWED
    return Figure(
        f"until all is done / all requests at {ALLOWED}/s",
        took / least,
        None,
        f"{took:.1f} vs {least:.1f} s; {requests} requests, {limited} of them too soon (429); {kinds}",
    )
