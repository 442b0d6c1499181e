"""Once a day every shop's purchases are compared with the roles that members have; what drifted is mended.

A turn goes through the members slice by slice, each slice an owed effect that owes the next one. So it goes
on after a crash, on any process, and never asks Discord for more than a few members a minute.
"""

import logging
from binascii import crc32
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta

from models.alert import Alert, AlertSeverity, AlertType
from models.base import Db, Tx
from models.entitlement import Entitlement, EntitlementStatus
from models.outbox import OutboxEffect
from models.role_check import RoleCheck, holders, left_behind, roles_of, unchecked, under_way
from services.clock import Clock
from services.effects import EffectKind, effect
from services.outbox import Outbox
from services.stock import alert_effect

_EVERY = timedelta(days=1)
_ENROL_EVERY = timedelta(hours=1)
_MINUTES_A_DAY = 1440
_BEGUN_AT_ONCE = 20
SLICE = 20
# One member is one request: at most 20 a minute, and 2,000 a day for one guild.
PAUSE = timedelta(minutes=1)
BUDGET = 2_000

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Expected:
    """What one member should have, and should have no more, by what they bought in one shop."""

    user_id: str
    held: tuple[Entitlement, ...]
    gone: tuple[Entitlement, ...]


@dataclass(frozen=True)
class Slice:
    """The members to look at now; `last` when nobody comes after them."""

    members: list[Expected]
    last: bool


class RoleChecks:
    """Decides whose roles are looked at and what has to be mended; cogs do the looking."""

    def __init__(self, db: Db, clock: Clock, outbox: Outbox) -> None:
        self._db = db
        self._clock = clock
        self._outbox = outbox
        self._enrol_at: datetime | None = None

    async def sweep(self) -> int:
        """Begin every comparison that is due; how many."""
        now = self._clock.now()
        if self._enrol_at is None or self._enrol_at <= now:
            for tenant_id in await unchecked(self._db):
                # Spread over the day, always alike.
                later = timedelta(minutes=crc32(tenant_id.encode()) % _MINUTES_A_DAY)
                await RoleCheck.enrol(self._db, tenant_id, now + later)
            self._enrol_at = now + _ENROL_EVERY
        due = await RoleCheck.due(self._db, now, _BEGUN_AT_ONCE)
        return sum([await self._begin(each, now) for each in due])

    async def _begin(self, seen: RoleCheck, now: datetime) -> bool:
        async def work(tx: Tx) -> bool:
            begun = await RoleCheck.begin(self._db, seen, now + _EVERY, tx=tx)
            if begun is None:
                return False
            await self._outbox.owe([self._slice(begun.tenant_id, begun.turn, begun.after, 0)], tx)
            return True

        return await self._outbox.commit(work)

    def _slice(self, tenant_id: str, turn: int, after: str, asked: int) -> OutboxEffect:
        owed = effect(
            EffectKind.ROLE_CHECK,
            tenant_id,
            f"{tenant_id}:{turn}:{after}",
            self._clock.now(),
            payload={"turn": turn, "after": after, "asked": asked},
        )
        if asked:
            owed.next_attempt_at += PAUSE
        return owed

    async def slice(self, owed: OutboxEffect) -> Slice | None:
        """The members that this effect is about; None when its turn is over."""
        check = await RoleCheck.of(self._db, owed.tenant_id)
        if check is None or not check.running or check.turn != owed.payload["turn"]:
            return None
        users = await holders(self._db, owed.tenant_id, owed.payload["after"], SLICE)
        members = [await self._expected(owed.tenant_id, user_id) for user_id in users]
        return Slice(members, last=len(users) < SLICE)

    async def _expected(self, tenant_id: str, user_id: str) -> Expected:
        bought = await roles_of(self._db, tenant_id, user_id)
        standing = {each.role_id for each in bought if each.status is not EntitlementStatus.REVOKED}
        held = {each.role_id: each for each in bought if self._granted(each)}
        gone = {each.role_id: each for each in bought if left_behind(each) and each.role_id not in standing}
        return Expected(user_id, tuple(held.values()), tuple(gone.values()))

    def _granted(self, entitlement: Entitlement) -> bool:
        over = entitlement.expires_at is not None and entitlement.expires_at <= self._clock.now()
        # What staff did by hand may have been something else than the role: that is how they left it.
        given = entitlement.status is EntitlementStatus.GRANTED and not entitlement.by_hand
        return given and not over

    async def mend(
        self, owed: OutboxEffect, member: Expected, role_ids: AbstractSet[str], grantable: AbstractSet[str]
    ) -> None:
        """Owe what makes a member's roles what they bought; roles that the bot may not grant are left."""
        for each in member.held:
            if each.role_id in grantable and each.role_id not in role_ids:
                await self._mend(owed, each, EffectKind.ROLE_GRANT)
        for each in member.gone:
            if each.role_id in grantable & role_ids and not await under_way(self._db, each):
                await self._mend(owed, each, EffectKind.ROLE_REVOKE)

    async def _mend(self, owed: OutboxEffect, entitlement: Entitlement, kind: EffectKind) -> None:
        turn, giving = owed.payload["turn"], kind is EffectKind.ROLE_GRANT
        repair = effect(
            kind,
            entitlement.tenant_id,
            f"{entitlement.key}:check:{turn}",
            self._clock.now(),
            payload={"entitlementId": entitlement.key},
            order_id=entitlement.order_id,
        )

        async def work(tx: Tx) -> None:
            if not await OutboxEffect.not_owed(self._db, [repair], tx=tx):
                return
            if giving and not await Entitlement.reopen(self._db, entitlement, tx=tx):
                return
            found = {"given": int(giving), "taken": int(not giving)}
            await RoleCheck.count(self._db, entitlement.tenant_id, turn, **found, tx=tx)
            await self._outbox.owe([repair], tx)

        await self._outbox.commit(work)

    async def go_on(self, owed: OutboxEffect, done: Slice) -> str:
        """Owe the next slice, or end the turn and tell staff what was mended, if anything was."""
        asked = owed.payload["asked"] + len(done.members)
        if done.last:
            return await self._finish(owed, "", asked)
        after = done.members[-1].user_id
        if asked >= BUDGET:
            return await self._finish(owed, after, asked)
        await self._outbox.owe_once(self._slice(owed.tenant_id, owed.payload["turn"], after, asked))
        return "more"

    async def _finish(self, owed: OutboxEffect, after: str, asked: int) -> str:
        async def work(tx: Tx) -> RoleCheck | None:
            turn = owed.payload["turn"]
            check = await RoleCheck.finish(self._db, owed.tenant_id, turn, after, tx=tx)
            if check is not None and check.given + check.taken:
                alert = _summary(check)
                await alert.insert(self._db, tx=tx)
                await self._outbox.owe([alert_effect(alert, self._clock)], tx)
            return check

        check = await self._outbox.commit(work)
        if check is not None:
            found = {"given": check.given, "taken": check.taken}
            log.info("roles_compared", extra={"tenant": check.tenant_id, "members": asked, **found})
        return "finished"


def _summary(check: RoleCheck) -> Alert:
    return Alert(
        tenant_id=check.tenant_id,
        type=AlertType.FULFILLMENT_FAILED,
        severity=AlertSeverity.WARN,
        message="roles_mended",
        params={"given": check.given, "taken": check.taken},
    )
