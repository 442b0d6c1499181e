"""Seals everything anew under the newest secret, so that an old one can be left out (docs/adr/0040)."""

import asyncio
import logging
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bson import ObjectId
from pymongo.errors import DuplicateKeyError

from models.base import Db
from models.digital_key import DigitalKey
from models.sealed import SEALED_PLACES, SealedPlace, SealedRecord
from services.clock import Clock
from services.key_pool import about
from services.vault import Vault, VaultShut, is_sealed

# A process that was not restarted yet may go on sealing with the old secret for a while.
_LOOK_AGAIN = timedelta(hours=1)
_BUDGET = 2.0  # seconds of one round of the sweeper
_ROUNDS = 5

log = logging.getLogger(__name__)


@dataclass
class Resealed:
    """What one way through all records came to, by collection; `unreadable` opens under no secret."""

    sealed: Counter[str] = field(default_factory=Counter)
    renewed: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    unreadable: Counter[str] = field(default_factory=Counter)

    @property
    def settled(self) -> bool:
        """Whether there was nothing to do any more."""
        return not self.renewed and not self.missed

    def counts(self) -> dict[str, int]:
        """All of it in four numbers."""
        named = {"sealed": self.sealed, "renewed": self.renewed}
        named |= {"missed": self.missed, "unreadable": self.unreadable}
        return {name: counted.total() for name, counted in named.items()}


class Resealing:
    """Goes through the records by id, in small steps; where it was broken off it finds the rest again.

    Each record is changed only if it still holds what was read, so any number of processes may do it, and
    whoever enters a key meanwhile wins.
    """

    def __init__(self, db: Db, clock: Clock, vault: Vault) -> None:
        self._db = db
        self._clock = clock
        self._vault = vault
        self._found = Resealed()
        self._place = 0
        self._last: ObjectId | None = None
        self._rests_until: datetime | None = None

    async def everything(self) -> Resealed:
        """Go through all of it until a whole way found nothing to do; what the ways came to together."""
        total = Resealed()
        for _ in range(_ROUNDS):
            self._begin()
            while await self._step():
                pass
            found = self._found
            total.renewed += found.renewed
            total.sealed, total.missed, total.unreadable = found.sealed, found.missed, found.unreadable
            if found.settled:
                break
        return total

    async def sweep(self) -> int:
        """Go on for a moment; how many values were sealed anew. With a single secret there are none."""
        now = self._clock.now()
        if not self._vault.rotating or (self._rests_until is not None and now < self._rests_until):
            return 0
        before, ends = self._found.renewed.total(), time.monotonic() + _BUDGET
        while time.monotonic() < ends:
            if not await self._step():
                done = self._found.renewed.total() - before
                self._finish(now)
                return done
        return self._found.renewed.total() - before

    def _begin(self) -> None:
        self._found, self._place, self._last = Resealed(), 0, None

    def _finish(self, now: datetime) -> None:
        found = self._found
        log.info("secrets_resealed", extra=found.counts())
        # The way that finds nothing is the one to believe.
        self._rests_until = now + _LOOK_AGAIN if found.settled else None
        self._begin()

    async def _step(self) -> bool:
        """One batch; False after the last."""
        if self._place == len(SEALED_PLACES):
            return False
        place = SEALED_PLACES[self._place]
        records = await place.after(self._db, self._last)
        if not records:
            self._place, self._last = self._place + 1, None
            return True
        # Opening and sealing take a while that others must not wait for.
        for record, anew in await asyncio.to_thread(self._batch, place, records):
            await self._put(place, record, anew)
        self._last = records[-1].id
        return True

    def _batch(
        self, place: SealedPlace, records: list[SealedRecord]
    ) -> list[tuple[SealedRecord, dict[str, str]]]:
        return [(each, anew) for each in records if (anew := self._anew(place, each))]

    def _anew(self, place: SealedPlace, record: SealedRecord) -> dict[str, str]:
        anew: dict[str, str] = {}
        for path, text in record.values.items():
            if not is_sealed(text):
                continue
            self._found.sealed[place.name] += 1
            try:
                renewed = self._vault.renewed(text)
            except VaultShut:
                self._found.unreadable[place.name] += 1
                continue
            if renewed is not None:
                anew[path] = renewed
        return anew

    async def _put(self, place: SealedPlace, record: SealedRecord, anew: dict[str, str]) -> None:
        try:
            done = await place.put(self._db, record, anew, self._beside(place, record, anew))
        except DuplicateKeyError:
            # The same key came in under the newest secret: one of the two is known by that, which is enough.
            done = await place.put(self._db, record, anew, {})
        (self._found.renewed if done else self._found.missed)[place.name] += len(anew)

    def _beside(self, place: SealedPlace, record: SealedRecord, anew: dict[str, str]) -> dict[str, str]:
        """A sold key is known again by a digest, which hangs on the secret, too."""
        if place.document is not DigitalKey:
            return {}
        whose = about(record.tenant_id or "", record.product_id or "")
        try:
            text = self._vault.open(anew[place.path], about=whose)
        except VaultShut:
            return {}
        return {"digest": self._vault.digests(text, about=whose)[0]}
