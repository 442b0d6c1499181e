"""Brings a database to what this release wants: what must be before the shop sells, the rest meanwhile."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Sequence

from pymongo.errors import OperationFailure, PyMongoError

from models.base import Db
from models.index_plan import Wanted, build, prepare_indexes
from models.migrations import Migration, migrations
from models.registry import AS_DECLARED, IndexRefused
from models.retention import Retention
from models.schema import Standing, Turn, end_turn, note_position, standing, take_turn

_LEASE_SECONDS = 30.0
_PAUSE = 0.02
_LOOK_AGAIN = 0.5
_AFTER_A_BUG = 60.0

log = logging.getLogger(__name__)


class Upkeep:
    """Any number of processes may do it at once: one moves records on, the others wait where they must."""

    def __init__(
        self,
        db: Db,
        known: Sequence[Migration] | None = None,
        *,
        kept: Retention = AS_DECLARED,
        lease_seconds: float = _LEASE_SECONDS,
        pause: float = _PAUSE,
    ) -> None:
        """Take how long a dead process's turn lasts, and how long the database rests after a batch."""
        self._db = db
        self._known = migrations() if known is None else tuple(known)
        self._lease = lease_seconds
        self._pause = pause
        self._kept = kept
        self._later: list[Wanted] = []

    async def standing(self) -> Standing:
        """How far the database is; raises SchemaRefused when this release must not run over it."""
        return await standing(self._db, len(self._known))

    async def begin(self) -> None:
        """Do what a start has to wait for; raises SchemaRefused and IndexRefused."""
        await self.standing()
        self._later = await prepare_indexes(self._db, self._kept)
        await self.move(max((each.number for each in self._known if each.before_selling), default=0))

    async def run(self) -> None:
        """Do the rest, until it is done or cancelled; what fails is tried again and stops nothing."""
        while True:
            try:
                await self.move(len(self._known))
                await self._build()
            except PyMongoError as error:
                log.warning("upkeep_database_away", extra={"error": type(error).__name__})
                await asyncio.sleep(_LOOK_AGAIN)
            except Exception:
                # The shop sells without it, and the next release brings what mends it.
                log.exception("migration_broke")
                await asyncio.sleep(_AFTER_A_BUG)
            else:
                return

    async def move(self, version: int) -> None:
        """Bring the database's records to this version, or wait until another process has."""
        while (there := (await self.standing()).version) < version:
            migration = self._known[there]
            turn = await take_turn(self._db, migration.number, self._lease)
            if turn is None:
                await asyncio.sleep(_LOOK_AGAIN)
            else:
                await self._carry_out(migration, turn)

    async def _carry_out(self, migration: Migration, turn: Turn) -> None:
        about = {"migration": migration.number}
        log.info("migration_begun", extra=about)
        done = False
        try:
            done = await self._batches(migration, turn)
        finally:
            # Also when told to stop: whoever goes on need not wait for the lease.
            with contextlib.suppress(PyMongoError):
                done = await end_turn(self._db, turn, done=done) and done
        if done:
            log.info("migration_done", extra=about)

    async def _batches(self, migration: Migration, turn: Turn) -> bool:
        """Whether nothing is left to do; not so when another process has taken the turn."""
        position = await migration.step(self._db, turn.position)
        while position is not None:
            if not await note_position(self._db, turn, position, self._lease):
                return False
            await asyncio.sleep(self._pause)
            position = await migration.step(self._db, position)
        return True

    async def _build(self) -> None:
        while self._later:
            try:
                await build(self._db, self._later[0])
            except (IndexRefused, OperationFailure) as refusal:
                log.error("index_not_built", extra={"error": type(refusal).__name__})  # noqa: TRY400 - `check` says which
            self._later.pop(0)


@contextlib.asynccontextmanager
async def kept_up(upkeep: Upkeep) -> AsyncIterator[asyncio.Task[None]]:
    """Do in the background what the start did not wait for; what is under way at the end goes on later."""
    task = asyncio.create_task(upkeep.run(), name="upkeep")
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
