"""Lets go of what is closed and old, shop by shop, a little in each of the sweeper's rounds."""

from datetime import UTC, datetime, timedelta

from models.base import Db
from models.forgetting import closed, forget
from models.retention import Retention
from models.tenant import Tenant
from models.webhook import WebhookEvent
from services.clock import Clock

# Shops in a round, and records of a kind in each: so small that nobody who buys at that moment notices.
_SHOPS, _RECORDS = 25, 500
_REST = timedelta(hours=1)


class OldRecords:
    """Goes round the shops in order; each process on its own, and what one has done another finds done."""

    def __init__(
        self, db: Db, clock: Clock, kept: Retention, *, shops: int = _SHOPS, records: int = _RECORDS
    ) -> None:
        """Take how many shops are looked at in a round, and how many records of a kind go at once."""
        self._db = db
        self._clock = clock
        self._kept = kept
        self._shops = shops
        self._records = records
        self._after = ""
        self._rests_until = datetime.min.replace(tzinfo=UTC)

    async def sweep(self) -> int:
        """Look at the next few shops, or rest after all of them; how many records were let go of."""
        now = self._clock.now()
        if now < self._rests_until:
            return 0
        tenants, done = await Tenant.after(self._db, self._after, self._shops), 0
        for tenant_id in tenants:
            most = await self._of(tenant_id, now)
            done += sum(most)
            if self._records in most:
                # There is more: it comes first in the next round.
                return done
            self._after = tenant_id
        if len(tenants) < self._shops:
            self._after, self._rests_until = "", now + _REST
        return done

    async def _of(self, tenant_id: str, now: datetime) -> list[int]:
        done = [
            await forget(self._db, tenant_id, those, now - timedelta(days=those.days), self._records)
            for those in closed(self._kept)
            if those.days
        ]
        if days := self._kept.webhook_body_days:
            before = now - timedelta(days=days)
            done.append(await WebhookEvent.grow_old(self._db, tenant_id, before, now, self._records))
        return done
