"""The worker: one slow effect holds up nobody, and what was begun is finished before it stops."""

import asyncio
from datetime import timedelta

import pytest

from models.base import Db, ObjectId
from models.outbox import OutboxEffect, OutboxStatus, Urgency
from services import Services
from services.effects import EffectKind, Notice, effect, notice
from services.worker import AT_ONCE
from tests.services.conftest import TestClock


async def owe(db: Db, clock: TestClock, name: str, kind: EffectKind = EffectKind.STAFF_ALERT) -> None:
    """Owe one effect that is due now."""
    subject = f"{name} {ObjectId()}"
    owed = effect(kind, "t", subject, clock.now(), payload={"name": name})
    await OutboxEffect.owe_once(db, owed)


async def status_of(db: Db, name: str) -> OutboxStatus:
    """Whether the effect has happened."""
    [found] = await OutboxEffect.find_all(db, {"payload.name": name})
    return found.status


OF_EACH = {
    Urgency.MONEY_AND_KEYS: EffectKind.INVOICE_NUMBER,
    Urgency.ROLES: EffectKind.ROLE_GRANT,
    Urgency.WORD: EffectKind.STAFF_ALERT,
    Urgency.PARTNERS: EffectKind.MAIL_STAFF,
    Urgency.LEISURE: EffectKind.STAFF_DIGEST,
}


class Hand:
    """Makes effects happen; those named slow only once it is let go."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.begun = asyncio.Event()
        self.finished = asyncio.Event()
        self.free = asyncio.Event()

    async def __call__(self, owed: OutboxEffect) -> str:
        name = owed.payload["name"]
        if name == "slow":
            self.begun.set()
            await self.free.wait()
        self.done.append(name)
        self.finished.set()
        return "done"


@pytest.fixture
def hand(services: Services) -> Hand:
    """The only handler, of one kind for each urgency."""
    made = Hand()
    for kind in OF_EACH.values():
        services.worker.unregister(kind)
        services.worker.register(kind, made)
    return made


async def test_a_slow_effect_does_not_hold_up_the_others(
    db: Db, services: Services, clock: TestClock, hand: Hand
) -> None:
    """What becomes due while one effect waits for Discord happens all the same."""
    await owe(db, clock, "slow")
    run = asyncio.create_task(services.worker.run())
    await hand.begun.wait()
    await owe(db, clock, "quick")
    services.wakeups.ring()
    async with asyncio.timeout(5):
        await hand.finished.wait()
    assert hand.done == ["quick"]
    run.cancel()
    await asyncio.gather(run, return_exceptions=True)


@pytest.mark.parametrize("held", Urgency)
async def test_no_urgency_waits_behind_another(
    db: Db, services: Services, clock: TestClock, hand: Hand, held: Urgency
) -> None:
    """Roles are granted while Discord holds posts back, and posts are made while it holds roles back."""
    for _ in range(2 * AT_ONCE[held]):
        await owe(db, clock, "slow", OF_EACH[held])
    run = asyncio.create_task(services.worker.run())
    await hand.begun.wait()
    others = [urgency for urgency in Urgency if urgency is not held]
    for urgency in others:
        await owe(db, clock, urgency.name, OF_EACH[urgency])
    services.wakeups.ring()
    async with asyncio.timeout(5):
        while len(hand.done) < len(others):
            hand.finished.clear()
            await hand.finished.wait()
    assert sorted(hand.done) == sorted(urgency.name for urgency in others)
    run.cancel()
    await asyncio.gather(run, return_exceptions=True)


def test_what_hands_over_comes_before_what_only_tells(clock: TestClock) -> None:
    """The urgency is that of the kind, whoever owes the effect."""

    def urgency(kind: EffectKind) -> Urgency:
        return effect(kind, "t", "s", clock.now(), payload={}).urgency

    assert {kind for kind in EffectKind if urgency(kind) is Urgency.ROLES} == {
        EffectKind.ROLE_GRANT,
        EffectKind.ROLE_REVOKE,
    }
    words = {kind for kind in EffectKind if urgency(kind) is Urgency.WORD}
    assert words >= {EffectKind.CUSTOMER_NOTICE, EffectKind.STAFF_ALERT}
    assert not words & {EffectKind.MAIL_CUSTOMER, EffectKind.STAFF_DIGEST}
    assert not words & {EffectKind.KEYS_ASSIGN, EffectKind.PAYMENT_OPEN, EffectKind.PAYMENT_REFUND}


async def test_what_was_begun_is_finished_before_the_worker_stops(
    db: Db, services: Services, clock: TestClock, hand: Hand
) -> None:
    """After stop() nothing new is begun, and run() returns once the last effect is noted down."""
    await owe(db, clock, "slow")
    run = asyncio.create_task(services.worker.run())
    await hand.begun.wait()
    services.worker.stop()
    await owe(db, clock, "late")
    services.wakeups.ring()
    await asyncio.sleep(0.05)
    assert not run.done()
    hand.free.set()
    async with asyncio.timeout(5):
        await run
    assert (await status_of(db, "slow"), await status_of(db, "late")) == (
        OutboxStatus.DONE,
        OutboxStatus.PENDING,
    )


async def test_a_handler_that_left_can_be_replaced(services: Services, hand: Hand) -> None:
    """A kind has one handler at a time; a cog that is unloaded makes room for its successor."""
    with pytest.raises(ValueError, match="has a handler"):
        services.worker.register(EffectKind.STAFF_ALERT, hand)
    services.worker.unregister(EffectKind.STAFF_ALERT)
    services.worker.register(EffectKind.STAFF_ALERT, hand)


async def test_what_was_begun_and_not_ended_is_handed_back(
    db: Db, services: Services, clock: TestClock, hand: Hand
) -> None:
    """Cut off in the middle, an effect is due again at once and has lost no try; a second time nothing is."""
    await owe(db, clock, "slow")
    run = asyncio.create_task(services.worker.run())
    await hand.begun.wait()
    run.cancel()
    await asyncio.gather(run, return_exceptions=True)
    assert await services.worker.hand_back() == 1
    [left] = await OutboxEffect.find_all(db, {"payload.name": "slow"})
    assert (left.attempts, left.lease_token, left.next_attempt_at) == (0, None, clock.now())
    assert await services.worker.hand_back() == 0
    hand.free.set()
    assert await services.worker.drain() == 1
    assert await status_of(db, "slow") is OutboxStatus.DONE


async def test_what_somebody_else_took_over_is_not_handed_back(
    db: Db, services: Services, clock: TestClock, hand: Hand
) -> None:
    """A lease that ended belongs to the next one, whatever the first still thinks."""
    await owe(db, clock, "slow")
    run = asyncio.create_task(services.worker.run())
    await hand.begun.wait()
    clock.forward(seconds=31)
    taken = await OutboxEffect.claim(db, clock.now(), timedelta(seconds=30), Urgency.WORD)
    run.cancel()
    await asyncio.gather(run, return_exceptions=True)
    assert await services.worker.hand_back() == 0
    [held] = await OutboxEffect.find_all(db, {"payload.name": "slow"})
    assert taken is not None
    assert held.lease_token == taken.lease_token


async def test_a_torn_record_keeps_nobody_waiting(
    db: Db, services: Services, clock: TestClock, hand: Hand
) -> None:
    """Neither at the claim nor where it lies ahead; the worker lives."""
    for name in ("torn", "good"):
        await owe(db, clock, name)
        clock.forward(seconds=1)
    await OutboxEffect.rows(db).update_one({"payload.name": "torn"}, {"$set": {"payload": "torn"}})
    assert await services.worker.drain() == 1
    assert hand.done == ["good"]


async def test_nobody_waits_for_a_torn_record_of_the_same_order(
    db: Db, services: Services, clock: TestClock
) -> None:
    """That one is told no sooner for it."""
    told: list[str] = []

    async def tell(owed: OutboxEffect) -> str:
        told.append(owed.payload["event"])
        return "told"

    services.worker.register(EffectKind.CUSTOMER_NOTICE, tell)
    torn = await notice(Notice.PAYMENT_CONFIRMED, "t", "o1", clock.now()).insert(db)
    await OutboxEffect.rows(db).update_one({"_id": torn.id}, {"$set": {"outcome": 1}})
    await notice(Notice.ORDER_SHIPPED, "t", "o1", clock.now()).insert(db)
    await services.worker.drain()
    assert told == [Notice.ORDER_SHIPPED]
