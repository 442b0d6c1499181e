"""What is told of an order is told in order, by however many workers, and each takes only what it knows."""

import asyncio
from datetime import timedelta

import pytest

from models.base import Db
from models.outbox import OutboxEffect, OutboxStatus
from services.effects import EffectKind, Notice, effect, notice
from services.rules import Rules
from services.wakeups import Wakeups
from services.worker import EffectFailed, Worker
from tests.services.conftest import TestClock

TENANT = "t1"
EVENTS = (Notice.ORDER_RECEIVED, Notice.PAYMENT_CONFIRMED, Notice.REFUNDED)
BACKOFF = Rules().outbox_backoff


class Teller:
    """Tells customers, unless it is kept from it."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.failing: set[str] = set()
        self.final = False
        self.door = asyncio.Event()
        self.door.set()
        self._heard = asyncio.Event()

    async def tell(self, owed: OutboxEffect) -> str:
        """Note what was told."""
        await self.door.wait()
        name = f"{owed.order_id}:{owed.payload.get('event', owed.kind)}"
        if name in self.failing:
            raise EffectFailed("discord_down", final=self.final)
        self.told.append(name)
        self._heard.set()
        return "sent"

    async def until(self, many: int) -> None:
        """Wait until so many were told."""
        async with asyncio.timeout(5):
            while len(self.told) < many:
                self._heard.clear()
                await self._heard.wait()


@pytest.fixture
def teller() -> Teller:
    """Whoever tells customers."""
    return Teller()


def a_worker(db: Db, clock: TestClock, teller: Teller, *kinds: EffectKind) -> Worker:
    """A process that handles these kinds, by default notices."""
    worker = Worker(db, clock, Rules(poll=timedelta(minutes=5)), Wakeups(None))
    for kind in kinds or (EffectKind.CUSTOMER_NOTICE,):
        worker.register(kind, teller.tell)
    return worker


@pytest.fixture
def worker(db: Db, clock: TestClock, teller: Teller) -> Worker:
    """A process that tells customers."""
    return a_worker(db, clock, teller)


async def owe(db: Db, clock: TestClock, order: str = "o1", *events: Notice) -> list[OutboxEffect]:
    """Owe an order's notices, as they happen within a second."""
    owed = [notice(event, TENANT, order, clock.now()) for event in events or EVENTS]
    await OutboxEffect.owe(db, owed)
    return owed


async def leased(db: Db, many: int) -> list[OutboxEffect]:
    """What workers have in hand, once it is as much or more."""
    async with asyncio.timeout(10):
        while True:
            found = await OutboxEffect.find_all(db, {"leaseToken": {"$ne": None}})
            if len(found) >= many:
                return found
            await asyncio.sleep(0.01)


async def now(db: Db, one: OutboxEffect) -> OutboxEffect:
    """The effect as it stands."""
    found = await OutboxEffect.get(db, TENANT, one.id)
    assert found is not None
    return found


async def test_notices_of_one_order_are_told_one_after_the_other(
    db: Db, clock: TestClock, worker: Worker, teller: Teller
) -> None:
    """All due at once, with places for all, each begins when the one before has happened."""
    owed = await owe(db, clock)
    assert await worker.drain() == 3
    assert teller.told == [f"o1:{event}" for event in EVENTS]
    assert {(await now(db, each)).attempts for each in owed} == {1}


async def test_another_worker_does_not_overtake_and_goes_on_at_once(
    db: Db, clock: TestClock, teller: Teller
) -> None:
    """The second waits though a process is free for it, and begins long before the next poll."""
    await owe(db, clock, "o1", *EVENTS[:2])
    teller.door.clear()
    workers = [a_worker(db, clock, teller) for _ in range(2)]
    runs = [asyncio.create_task(workers[0].run())]
    await leased(db, 1)
    await owe(db, clock, "o2", Notice.REFUNDED)
    runs.append(asyncio.create_task(workers[1].run()))
    await leased(db, 2)
    # Time for more than may be.
    await asyncio.sleep(0.2)
    assert {(each.order_id, each.payload["event"]) for each in await leased(db, 2)} == {
        ("o1", Notice.ORDER_RECEIVED),
        ("o2", Notice.REFUNDED),
    }
    teller.door.set()
    await teller.until(3)
    order = [each for each in teller.told if each.startswith("o1")]
    assert order == ["o1:orderReceived", "o1:paymentConfirmed"]
    for each in workers:
        each.stop()
    await asyncio.wait_for(asyncio.gather(*runs), 5)


async def test_what_fails_holds_up_its_order_for_minutes_and_no_other(
    db: Db, clock: TestClock, worker: Worker, teller: Teller
) -> None:
    """Late news is worse than news in the wrong order: after three tries the rest goes on."""
    first, second, _ = await owe(db, clock)
    await owe(db, clock, "o2")
    teller.failing = {"o1:orderReceived"}
    await worker.drain()
    assert teller.told == [f"o2:{event}" for event in EVENTS]
    assert (await now(db, second)).attempts == 0
    clock.forward(seconds=80)
    await worker.drain()
    clock.forward(seconds=200)
    await worker.drain()
    assert (await now(db, first)).attempts == 2
    assert len(teller.told) == 3
    clock.forward(minutes=6)
    await worker.drain()
    clock.forward(minutes=6)
    await worker.drain()
    assert (await now(db, first)).attempts == 3
    assert teller.told[3:] == ["o1:paymentConfirmed", "o1:refunded"]


async def test_what_is_mended_in_time_keeps_the_order(
    db: Db, clock: TestClock, worker: Worker, teller: Teller
) -> None:
    """The retry comes first, and the rest with it."""
    await owe(db, clock)
    teller.failing = {"o1:orderReceived"}
    await worker.drain()
    teller.failing = set()
    clock.forward(seconds=80)
    await worker.drain()
    assert teller.told == [f"o1:{event}" for event in EVENTS]


async def test_what_was_given_up_lets_the_rest_go_at_once(
    db: Db, clock: TestClock, worker: Worker, teller: Teller
) -> None:
    """It waits for staff, the customer does not."""
    first, *_ = await owe(db, clock)
    teller.failing, teller.final = {"o1:orderReceived"}, True
    await worker.drain()
    assert (await now(db, first)).status is OutboxStatus.DEAD
    assert teller.told == ["o1:paymentConfirmed", "o1:refunded"]


async def test_what_was_owed_first_comes_first_whoever_wrote_it(
    db: Db, clock: TestClock, worker: Worker, teller: Teller
) -> None:
    """Ids made by two hosts in one second say nothing; the time of owing does, and due times do not."""
    later = notice(Notice.REFUNDED, TENANT, "o1", clock.now() - timedelta(minutes=1))
    earlier = notice(Notice.PAYMENT_CONFIRMED, TENANT, "o1", clock.now())
    earlier.created_at = later.created_at - timedelta(seconds=1)
    await OutboxEffect.owe(db, [later, earlier])
    assert later.id < earlier.id
    await worker.drain()
    assert teller.told == ["o1:paymentConfirmed", "o1:refunded"]


async def test_ways_of_their_own_do_not_wait_for_each_other(db: Db, clock: TestClock, teller: Teller) -> None:
    """A DM holds up no e-mail; a refund is told for tax after its sale, which is of another kind."""
    owed = [
        effect(kind, TENANT, "o1", clock.now(), payload={}, order_id="o1")
        for kind in (EffectKind.TAX_RECORD, EffectKind.TAX_REFUND, EffectKind.MAIL_CUSTOMER)
    ]
    await OutboxEffect.owe(db, [*owed, notice(Notice.REFUNDED, TENANT, "o1", clock.now())])
    teller.failing = {"o1:tax.record", "o1:refunded"}
    kinds = (*(EffectKind(each.kind) for each in owed), EffectKind.CUSTOMER_NOTICE)
    worker = a_worker(db, clock, teller, *kinds)
    await worker.drain()
    assert teller.told == ["o1:mail.customer"]
    teller.failing = set()
    clock.forward(seconds=80)
    await worker.drain()
    assert teller.told.index("o1:tax.record") < teller.told.index("o1:tax.refund")


async def test_one_that_ends_while_the_next_is_laid_down_leaves_it_due(
    db: Db, clock: TestClock, worker: Worker, teller: Teller
) -> None:
    """Between the look and the laying down it may have happened: then nothing has to be waited for."""
    first, second, _ = await owe(db, clock)
    leased = await OutboxEffect.claim(db, clock.now(), timedelta(minutes=1), first.urgency)
    mine = await OutboxEffect.claim(db, clock.now(), timedelta(minutes=1), first.urgency)
    assert leased is not None
    assert mine is not None
    assert await OutboxEffect.finish(db, leased, clock.now(), "sent")
    await OutboxEffect.follow(db, mine, leased, clock.now(), clock.now() + timedelta(hours=1))
    await worker.drain()
    assert teller.told == ["o1:paymentConfirmed", "o1:refunded"]
    assert (await now(db, second)).attempts == 1


async def test_a_worker_leaves_alone_what_it_does_not_know(
    db: Db, clock: TestClock, worker: Worker, teller: Teller
) -> None:
    """During an upgrade a newer version owes what only it can do; without handlers nothing is taken."""
    known, unknown = (notice(Notice.REFUNDED, TENANT, order, clock.now()) for order in ("o1", "o2"))
    unknown.kind = "moon.shot"
    await OutboxEffect.owe(db, [unknown, known])
    assert await Worker(db, clock, Rules(), Wakeups(None)).drain() == 0
    assert await worker.drain() == 1
    assert teller.told == ["o1:refunded"]
    left = await now(db, unknown)
    assert (left.attempts, left.lease_token, left.status) == (0, None, OutboxStatus.PENDING)


async def test_machines_whose_clocks_differ_owe_in_the_order_in_which_it_happened(
    db: Db, clock: TestClock, teller: Teller, worker: Worker
) -> None:
    """What is earlier is said by the time that all share, not by when a machine believes it wrote it down.

    The machine of the payment is five seconds ahead: by its own clock it writes after the one that refunds.
    """
    paid_at = clock.now() - timedelta(seconds=5)
    refund = notice(Notice.REFUNDED, TENANT, "o1", paid_at + timedelta(seconds=1))
    await asyncio.sleep(0.002)
    payment = notice(Notice.PAYMENT_CONFIRMED, TENANT, "o1", paid_at)
    await OutboxEffect.owe(db, [refund])
    await OutboxEffect.owe(db, [payment])
    await OutboxEffect.rows(db).update_one({"_id": refund.id}, {"$set": {"nextAttemptAt": paid_at}})
    await worker.drain()
    assert teller.told == [f"o1:{Notice.PAYMENT_CONFIRMED}", f"o1:{Notice.REFUNDED}"]
