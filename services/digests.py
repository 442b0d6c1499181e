"""Owes staff a digest of how the shop is doing, each morning or each Monday of their own clock."""

import logging

from models.base import Db, Tx, Unreadable
from models.outbox import OutboxEffect
from models.tenant import BotConfig, DigestRhythm
from services.clock import Clock
from services.digest_days import days_told, next_due
from services.effects import EffectKind, effect
from services.outbox import Outbox

_AT_ONCE = 500

log = logging.getLogger(__name__)


class Digests:
    """Looks for shops whose hour has come; any number of processes may."""

    def __init__(self, db: Db, clock: Clock, outbox: Outbox) -> None:
        self._db = db
        self._clock = clock
        self._outbox = outbox

    async def owe_due(self) -> int:
        """Owe every digest that is due; how many. What nobody ran for is told once, not made up for."""
        due = await BotConfig.with_due_digest(self._db, self._clock.now(), _AT_ONCE)
        return sum([await self._try(tenant_id) for tenant_id in due])

    async def _try(self, tenant_id: str) -> int:
        try:
            return await self._owe(tenant_id)
        except Unreadable:
            log.warning("digest_skipped", extra={"tenant": tenant_id})
            return 0

    async def _owe(self, tenant_id: str) -> int:
        async def work(tx: Tx) -> bool:
            now = self._clock.now()
            config = await BotConfig.find_one(self._db, {"tenantId": tenant_id}, tx=tx)
            if config is None or config.digest_due_at is None or config.digest_due_at > now:
                return False  # somebody was faster
            following = next_due(config.digest_rhythm, config.time_zone, now)
            if not await BotConfig.plan_digest(self._db, config, following, tx=tx):
                return False
            if config.digest_rhythm is DigestRhythm.OFF or config.staff_channel_id is None:
                return False  # there is nobody to tell
            owed = await OutboxEffect.not_owed(self._db, [self._digest(config)], tx=tx)
            await self._outbox.owe(owed, tx)
            return bool(owed)

        return int(await self._outbox.commit(work))

    def _digest(self, config: BotConfig) -> OutboxEffect:
        now = self._clock.now()
        days = days_told(config.digest_rhythm, config.time_zone, now)
        payload = {"rhythm": config.digest_rhythm, "period": days.code}
        # The days are those of the shop's own calendar, so that each is told once, whatever the hour was.
        subject = f"{config.tenant_id}:{config.digest_rhythm}:{days.code}"
        return effect(EffectKind.STAFF_DIGEST, config.tenant_id, subject, now, payload=payload)
