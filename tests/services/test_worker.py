"""Effects that are owed happen: once when all goes well, again when not, and never silently not."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial

import pytest
from redis.asyncio import Redis

from models.alert import Alert
from models.base import Db
from models.outbox import OutboxEffect, OutboxStatus, Urgency
from services import Services
from services.effects import EffectKind, Notice, notice
from services.outbox import Outbox
from services.rules import Rules
from services.wakeups import Wakeups
from services.worker import EffectFailed, EffectWaits, Worker
from tests.services.conftest import TestClock
from tests.services.hearing import heard_by

TENANT = "t1"


async def owe(db: Db, clock: TestClock, order: str = "o1") -> OutboxEffect:
    """A notice that is due now."""
    effect = notice(Notice.ORDER_RECEIVED, TENANT, order, clock.now())
    return await effect.insert(db)


async def now(db: Db, effect: OutboxEffect) -> OutboxEffect:
    """The effect as it is stored now."""
    found = await OutboxEffect.get(db, TENANT, effect.key)
    assert found is not None
    return found


async def test_a_failing_effect_is_tried_six_times_and_then_waits_for_staff(
    db: Db, services: Services, clock: TestClock
) -> None:
    """The waits are about 1 m, 5 m, 30 m, 2 h and 12 h; then the row is dead and an alert is owed."""
    tries: list[str] = []

    async def handler(effect: OutboxEffect) -> str | None:
        tries.append(effect.key)
        raise EffectFailed("discord_down")

    services.worker.register(EffectKind.CUSTOMER_NOTICE, handler)
    effect = await owe(db, clock)
    for step in Rules().outbox_backoff:
        await services.worker.drain()
        waiting = await now(db, effect)
        assert waiting.status is OutboxStatus.PENDING
        assert waiting.last_error == "discord_down"
        assert 0.8 * step <= waiting.next_attempt_at - clock.now() <= 1.2 * step
        clock.time = waiting.next_attempt_at - timedelta(seconds=1)
        assert await services.worker.drain() == 0
        clock.forward(seconds=1)
    await services.worker.drain()
    assert len(tries) == 6
    assert (await now(db, effect)).status is OutboxStatus.DEAD
    alerts = await Alert.find_all(db, {"tenantId": TENANT})
    assert [alert.message for alert in alerts] == ["effect_dead"]
    assert len(await OutboxEffect.find_all(db, {"kind": EffectKind.STAFF_ALERT})) == 1


async def test_a_dead_effect_happens_once_its_reason_is_mended(
    db: Db, services: Services, clock: TestClock
) -> None:
    """Staff mend what was wrong; everything of their shop that failed for it is due at once."""
    effect = await owe(db, clock)
    mended = False

    async def handler(_: OutboxEffect) -> str | None:
        if not mended:
            raise EffectFailed("channel_gone", final=True)
        return "sent"

    services.worker.register(EffectKind.CUSTOMER_NOTICE, handler)
    await services.worker.drain()
    assert (await now(db, effect)).status is OutboxStatus.DEAD
    mended = True
    assert await services.worker.retry("another", "channel_gone") == 0
    assert await services.worker.retry(TENANT, "channel_gone") == 1
    await services.worker.drain()
    assert (await now(db, effect)).status is OutboxStatus.DONE


async def test_one_broken_effect_does_not_stop_the_rest(db: Db, services: Services, clock: TestClock) -> None:
    """A bug in a handler postpones that effect, and the others happen."""
    done: list[str] = []

    async def handler(effect: OutboxEffect) -> str | None:
        if effect.payload["orderId"] == "o3":
            raise KeyError("a bug")
        done.append(effect.payload["orderId"])
        return "sent"

    services.worker.register(EffectKind.CUSTOMER_NOTICE, handler)
    for number in range(10):
        await owe(db, clock, f"o{number}")
    assert await services.worker.drain() == 10
    assert sorted(done) == [f"o{number}" for number in range(10) if number != 3]


async def test_an_effect_of_a_dead_worker_is_taken_over_after_its_lease(
    db: Db, services: Services, clock: TestClock
) -> None:
    """Claimed and abandoned, it is nobody's for 30 seconds; the late worker can then not close it."""
    effect = await owe(db, clock)
    lost = await OutboxEffect.claim(db, clock.now(), Rules().outbox_lease, Urgency.WORD)
    assert lost is not None

    async def handler(_: OutboxEffect) -> str | None:
        return "sent"

    services.worker.register(EffectKind.CUSTOMER_NOTICE, handler)
    assert await services.worker.drain() == 0
    clock.forward(seconds=31)
    assert await services.worker.drain() == 1
    assert await OutboxEffect.postpone(db, lost, clock.now(), "too late") is False
    assert (await now(db, effect)).status is OutboxStatus.DONE


async def test_a_handler_that_hangs_is_given_up_before_its_lease_ends(db: Db, clock: TestClock) -> None:
    """A place among the workers is never lost to a call that does not come back."""
    worker = Worker(db, clock, Rules(outbox_lease=timedelta(seconds=0.2)), Wakeups(None))

    async def handler(_: OutboxEffect) -> str | None:
        await asyncio.Event().wait()
        return None

    worker.register(EffectKind.CUSTOMER_NOTICE, handler)
    effect = await owe(db, clock)
    await asyncio.wait_for(worker.drain(), 5)
    assert (await now(db, effect)).last_error == "took_too_long"


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    """A client of the run's Redis."""
    async with Redis.from_url(redis_url) as client:
        yield client


@contextlib.asynccontextmanager
async def relaying(*bells: Wakeups) -> AsyncIterator[None]:
    """Bells that hear each other."""
    tasks = [asyncio.create_task(bell.relay()) for bell in bells]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_bell_wakes_the_worker_of_another_process(db: Db, clock: TestClock, redis: Redis) -> None:
    """What one process owes, another begins long before its poll."""
    here, there = Wakeups(redis), Wakeups(redis)
    done = asyncio.Event()

    async def handler(_: OutboxEffect) -> str | None:
        done.set()
        return None

    worker = Worker(db, clock, Rules(poll=timedelta(minutes=5)), there)
    worker.register(EffectKind.CUSTOMER_NOTICE, handler)
    async with relaying(here, there):
        await heard_by(redis, 2)
        run = asyncio.create_task(worker.run())
        await asyncio.sleep(0.2)
        effect = notice(Notice.ORDER_RECEIVED, TENANT, "o1", clock.now())
        await Outbox(db, here).owe_once(effect)
        await asyncio.wait_for(done.wait(), 5)
        worker.stop()
        await asyncio.wait_for(run, 5)


async def test_without_redis_polling_goes_on(db: Db, clock: TestClock) -> None:
    """A Redis that does not answer costs nothing but the time to the next poll."""
    dead = Redis.from_url("redis://127.0.0.1:1/0", socket_connect_timeout=0.2)
    bell = Wakeups(dead)
    done = asyncio.Event()

    async def handler(_: OutboxEffect) -> str | None:
        done.set()
        return None

    worker = Worker(db, clock, Rules(poll=timedelta(seconds=0.1)), bell)
    worker.register(EffectKind.CUSTOMER_NOTICE, handler)
    async with relaying(bell):
        run = asyncio.create_task(worker.run())
        await owe(db, clock)
        bell.ring()
        await asyncio.wait_for(done.wait(), 5)
        worker.stop()
        await asyncio.wait_for(run, 5)
    await dead.aclose()


async def test_another_process_forgets_what_was_changed_here(redis: Redis) -> None:
    """Who tells of a change has forgotten by itself; a mere bell lets nobody forget."""
    here, there, forgotten = Wakeups(redis), Wakeups(redis), list[str]()
    here.on_change("shops", lambda: forgotten.append("here"))
    for what in ("shops", "flags"):
        there.on_change(what, partial(forgotten.append, what))
    heard = there.bell()
    async with relaying(here, there):
        await heard_by(redis, 2)
        async with asyncio.timeout(5):
            # Before they listened they may have missed something.
            while len(forgotten) < 3:  # noqa: ASYNC110 - nothing rings when a line is there
                await asyncio.sleep(0.02)
        forgotten.clear()
        here.ring()
        await heard.wait(timedelta(seconds=5))
        assert forgotten == []
        here.tell_of_change("shops")
        async with asyncio.timeout(5):
            while not forgotten:
                await heard.wait(timedelta(seconds=1))
        assert forgotten == ["shops"]
        # An earlier version does not say what has changed.
        await redis.publish("shop:changes", "another-process")
        async with asyncio.timeout(5):
            while len(forgotten) < 4:
                await heard.wait(timedelta(seconds=1))
    assert sorted(forgotten) == ["flags", "here", "shops", "shops"]


async def test_what_nobody_can_do_now_waits_and_has_not_been_tried(db: Db, clock: TestClock) -> None:
    """It is looked at again after an hour, as often as it takes, and its first try is still its first."""
    looks = 0

    async def wait(_: OutboxEffect) -> str:
        nonlocal looks
        looks += 1
        if looks < 10:
            raise EffectWaits("guild_left")
        return "done"

    worker = Worker(db, clock, Rules(), Wakeups(None))
    worker.register(EffectKind.CUSTOMER_NOTICE, wait)
    effect = await owe(db, clock)
    for _ in range(9):
        assert await worker.drain() == 1
        assert await worker.drain() == 0
        waiting = await now(db, effect)
        assert (waiting.status, waiting.attempts) == (OutboxStatus.PENDING, 0)
        assert (waiting.last_error, waiting.lease_token) == ("guild_left", None)
        clock.forward(hours=1)
    assert await worker.drain() == 1
    done = await now(db, effect)
    assert (done.status, done.attempts, done.outcome) == (OutboxStatus.DONE, 1, "done")


async def test_what_is_tried_for_nothing_has_its_tries_back_on_its_first_day(
    db: Db, services: Services, clock: TestClock
) -> None:
    """Discord may come and go often, and none of that wears an effect out; one that never succeeds ends."""

    async def handler(_: OutboxEffect) -> str | None:
        raise EffectFailed("discord_down")

    services.worker.register(EffectKind.CUSTOMER_NOTICE, handler)
    effect = await owe(db, clock)
    for _ in range(10):
        await services.worker.drain()
        assert await services.worker.resume("discord_down") == 1
    assert (await now(db, effect)).attempts == 0
    clock.forward(days=2)
    for _ in range(5):
        await services.worker.drain()
        assert await services.worker.resume("discord_down") == 1
    await services.worker.drain()
    assert (await now(db, effect)).status is OutboxStatus.DEAD
