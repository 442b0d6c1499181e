"""The worker that makes owed effects happen: leased, retried with back-off, never forgotten."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import NamedTuple

from pymongo.errors import PyMongoError

from models.base import Db, ObjectId, Tx, Unreadable, transact
from models.correlation import correlated
from models.outbox import OutboxEffect, Urgency
from services.afterwards import database_away
from services.clock import Clock
from services.effects import EffectKind, comes_before, given_up, goes_after
from services.meters import Meters
from services.rules import Rules
from services.stock import alert_effect
from services.wakeups import Bell, Wakeups

type Handler = Callable[[OutboxEffect], Awaitable[str | None]]
type Beforehand = Callable[[OutboxEffect], Awaitable[None]]

# How many effects of each urgency may be under way at once. Each has places of its own, so that a role does
# not wait behind posts that Discord holds back, nor a payment page behind roles; and posts go on being made
# while a mail server or a tax service takes its time, or every shop's digest is counted.
AT_ONCE = dict(zip(Urgency, (4, 12, 3, 4, 1), strict=True))
_JITTER = 0.2
_PAUSE = timedelta(hours=1)  # whoever makes it possible hastens it; this is for what they missed
_OF_LEASE = 0.8
# What has failed so often keeps nobody behind it waiting any longer: about six minutes by then.
_HOLDS_UP = 3

log = logging.getLogger(__name__)


class EffectFailed(Exception):
    """An effect could not happen now, for the reason given as a word; final ones are not tried again."""

    def __init__(self, reason: str, *, final: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.final = final


class EffectWaits(Exception):
    """Nobody can make an effect happen as things stand; the look at it `after` that time counts as no try."""

    def __init__(self, reason: str, after: timedelta = _PAUSE) -> None:
        super().__init__(reason)
        self.reason = reason
        self.after = after


async def nothing(_: OutboxEffect) -> None:
    """Most effects have nothing to do before they reach out."""


class _Lane(NamedTuple):
    """Effects of one urgency, on their way without regard to the others."""

    urgency: Urgency
    places: asyncio.Semaphore
    bell: Bell


class Worker:
    """Runs one handler per kind of effect; any number of workers may run over one database."""

    def __init__(
        self, db: Db, clock: Clock, rules: Rules, wakeups: Wakeups, meters: Meters | None = None
    ) -> None:
        self._db = db
        self._clock = clock
        self._rules = rules
        self._wakeups = wakeups
        self._meters = meters or Meters()
        self._handlers: dict[EffectKind, Handler] = {}
        self._beforehand: dict[EffectKind, Beforehand] = {}
        self._lanes = [_Lane(each, asyncio.Semaphore(most), wakeups.bell()) for each, most in AT_ONCE.items()]
        self._stopping = False
        self._released = False
        self._held: dict[ObjectId, OutboxEffect] = {}

    def register(self, kind: EffectKind, handler: Handler, *, beforehand: Beforehand = nothing) -> None:
        """Let this handler make a kind's effects happen; it may be called again after a crash.

        So may `beforehand`, also while the effect waits for another that failed: what has a way of its own.
        """
        if kind in self._handlers:
            raise ValueError(f"{kind} has a handler")
        self._handlers[kind] = handler
        self._beforehand[kind] = beforehand

    def unregister(self, kind: EffectKind) -> None:
        """Forget a kind's handler, when who made its effects happen goes."""
        self._handlers.pop(kind, None)

    def stop(self) -> None:
        """End run() once the effects under way have happened; no further ones are begun."""
        self._stopping = True
        self._wakeups.ring()

    async def run(self) -> None:
        """Work until stopped or cancelled: at once when woken, else at every poll."""
        async with asyncio.TaskGroup() as tasks:
            for lane in self._lanes:
                tasks.create_task(self._work(lane, tasks))

    async def hand_back(self) -> int:
        """Leave to others what was begun and will not be ended here, once run() is over; how many effects."""
        held, self._held = self._held, {}
        if not held:
            return 0
        given = await OutboxEffect.hand_back_all(self._db, held.values(), self._clock.now())
        log.info("effects_handed_back", extra={"count": given})
        return given

    async def _work(self, lane: _Lane, tasks: asyncio.TaskGroup) -> None:
        while not self._stopping:
            try:
                await self._begin(lane, tasks)
                await lane.bell.wait(self._rules.poll)
            except PyMongoError as error:
                database_away(log, "outbox_database_away", error)
                await asyncio.sleep(self._rules.poll.total_seconds())

    async def retry(self, tenant_id: str, *reasons: str) -> int:
        """Try again at once what failed for one of these reasons, now that it is mended; how many."""
        now = self._clock.now()
        mended = [await OutboxEffect.hasten(self._db, tenant_id, reason, now) for reason in reasons]
        if any(mended):
            self._wakeups.ring()
        return sum(mended)

    async def resume(self, *reasons: str) -> int:
        """Try at once, in every shop, what waits for one of these reasons, now that it is over; how many."""
        waiting = await OutboxEffect.hasten_all(self._db, reasons, self._clock.now())
        if waiting:
            log.info("effects_resumed", extra={"count": waiting})
            self._wakeups.ring()
        return waiting

    async def drain(self) -> int:
        """Make every effect happen that is due now, the most urgent first; how many were tried."""
        begun = 0
        for lane in self._lanes:
            self._released = True
            while self._released:
                self._released = False
                async with asyncio.TaskGroup() as tasks:
                    begun += await self._begin(lane, tasks)
        return begun

    async def _begin(self, lane: _Lane, tasks: asyncio.TaskGroup) -> int:
        begun = 0
        while effect := await self._next(lane):
            tasks.create_task(self._try(effect)).add_done_callback(lambda _: lane.places.release())
            begun += 1
        return begun

    async def _next(self, lane: _Lane) -> OutboxEffect | None:
        """The lane's effect that is due longest, once there is a place for it; None when there is none."""
        await lane.places.acquire()
        effect = None
        try:
            if not self._stopping:
                effect = await self._claim(lane.urgency)
        finally:
            if effect is None:
                lane.places.release()
        return effect

    async def _claim(self, urgency: Urgency) -> OutboxEffect | None:
        """Only of kinds that are known here: another process may be of a newer version."""
        lease, kinds = self._rules.outbox_lease, list(self._handlers)
        while kinds:
            now = self._clock.now()
            try:
                effect = await OutboxEffect.claim(self._db, now, lease, urgency, kinds)
            except Unreadable as error:
                # Its lease keeps it out of the way of the next ones.
                log.error("effect_unreadable", extra={"where": str(error)})  # noqa: TRY400 - it says all
                continue
            if effect is not None and self._stopping:
                # Nobody would be there to make it happen.
                await OutboxEffect.hand_back(self._db, effect, now)
                return None
            if effect is None or not await self._too_early(effect):
                if effect is not None:
                    self._held[effect.id] = effect
                return effect
        return None

    async def _too_early(self, effect: OutboxEffect) -> bool:
        """Whether something about the same order has to be told first; it is laid down until then."""
        if not (before := goes_after(effect)):
            return False
        try:
            ahead = await OutboxEffect.ahead(self._db, effect, before, _HOLDS_UP)
        except Unreadable:
            # That one happens no sooner for our waiting.
            return False
        if ahead is None:
            return False
        if ahead.last_error is not None:
            # That may take long.
            await self._before_its_turn(effect)
        now = self._clock.now()
        soon = now + self._rules.poll
        until = soon if ahead.lease_token is not None else max(soon, ahead.next_attempt_at)
        await OutboxEffect.follow(self._db, effect, ahead, now, until)
        return True

    async def _before_its_turn(self, effect: OutboxEffect) -> None:
        try:
            await self._beforehand[EffectKind(effect.kind)](effect)
        except PyMongoError:
            raise
        except Exception as error:  # noqa: BLE001 - its turn comes, and is told of then
            said = {"effect": effect.key, "kind": effect.kind, "reason": type(error).__name__}
            log.warning("effect_postponed", extra=said)

    async def _let_go(self, ended: OutboxEffect) -> None:
        """Begin at once what waited for the end of this one."""
        if (kinds := comes_before(ended)) and await OutboxEffect.release(
            self._db, ended, kinds, self._clock.now()
        ):
            self._released = True
            self._wakeups.ring()

    async def _try(self, effect: OutboxEffect) -> None:
        with correlated(effect.correlation_id):
            try:
                await self._make_happen(effect)
            except PyMongoError as error:
                # It stays owed: its lease will end and somebody will try again.
                database_away(log, "effect_unsettled", error, effect=effect.key, kind=effect.kind)
        # Not after a cancellation: it is handed back then.
        self._held.pop(effect.id, None)

    async def _make_happen(self, effect: OutboxEffect) -> None:
        try:
            # Whoever leases the effect after us must not meet us still at it.
            async with asyncio.timeout(self._rules.outbox_lease.total_seconds() * _OF_LEASE):
                await self._beforehand[EffectKind(effect.kind)](effect)
                outcome = await self._handlers[EffectKind(effect.kind)](effect)
        except EffectWaits as pause:
            self._meters.effect(effect.kind, "waits")
            await OutboxEffect.wait(self._db, effect, self._clock.now() + pause.after, pause.reason)
        except EffectFailed as failure:
            await self._later(effect, failure.reason, final=failure.final)
        except TimeoutError:
            await self._later(effect, "took_too_long", final=False)
        except Exception as error:
            # The loop owns the last word: one broken effect must not stop the rest.
            log.exception("effect_broke", extra={"effect": effect.key, "kind": effect.kind})
            await self._later(effect, type(error).__name__, final=False)
        else:
            said = {"effect": effect.key, "kind": effect.kind, "outcome": outcome}
            if not await OutboxEffect.finish(self._db, effect, self._clock.now(), outcome):
                # Somebody else has taken it over, and has the say.
                log.warning("effect_lease_lost", extra=said)
                return
            self._meters.effect(effect.kind, "done")
            log.info("effect_done", extra=said)
            await self._let_go(effect)

    async def _later(self, effect: OutboxEffect, reason: str, *, final: bool) -> None:
        steps = self._rules.outbox_backoff
        if final or effect.attempts > len(steps):
            await self._bury(effect, reason)
            return
        wait = steps[effect.attempts - 1] * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311 - spread, not secrecy
        kept = await OutboxEffect.postpone(self._db, effect, self._clock.now() + wait, reason)
        said = {"effect": effect.key, "kind": effect.kind, "reason": reason}
        if not kept:
            log.warning("effect_lease_lost", extra=said)
            return
        self._meters.effect(effect.kind, "postponed")
        log.warning("effect_postponed", extra=said)

    async def _bury(self, effect: OutboxEffect, reason: str) -> None:
        alert = given_up(effect, reason)
        # An alert that cannot be told must not raise another one about itself.
        owed = [] if effect.kind == EffectKind.STAFF_ALERT else [alert_effect(alert, self._clock)]

        async def work(tx: Tx) -> bool:
            if not await OutboxEffect.bury(self._db, effect, reason, tx=tx):
                return False
            await alert.insert(self._db, tx=tx)
            await OutboxEffect.owe(self._db, owed, tx=tx)
            return True

        if await transact(self._db, work):
            self._meters.effect(effect.kind, "dead")
            log.error("effect_dead", extra={"effect": effect.key, "kind": effect.kind, "reason": reason})
            await self._let_go(effect)
