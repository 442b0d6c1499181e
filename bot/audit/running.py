"""Runs the audit over the configured database, or over the embedded one while no bot has it."""

import asyncio
import contextlib
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from typing import NamedTuple

from motor.motor_asyncio import AsyncIOMotorClient
from pymongo.errors import PyMongoError

from bot.audit.keeping import NotResumable, Scope, forget, keep, kept
from bot.audit.saying import data, line
from bot.config import Settings
from bot.embedded import EmbeddedInUse, EmbeddedUnavailable, Mongod
from bot.outside import rules_from
from models.base import Db
from models.tenant import BotConfig, Tenant
from services.books import checks
from services.books.auditor import Auditor, Step
from services.books.contract import Check
from services.books.place import Places
from services.clock import SystemClock

CLEAN, FOUND, NOT_RUN = 0, 1, 2
_SAY_EVERY = 2.0
# Whatever can spare the one that sells.
_READ = "secondaryPreferred"

type Say = Callable[[str], object]


class Asked(NamedTuple):
    """What the command line asks for."""

    tenant: str | None = None
    only: Sequence[str] = ()
    resume: bool = False
    as_json: bool = False


class _NotRun(Exception):
    """The audit cannot be made; says why."""


def to_stderr(text: str) -> None:
    """What whoever waits wants to know, apart from what was found."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


async def audit(settings: Settings, asked: Asked, say: Say, tell: Say = to_stderr) -> int:
    """Say every finding, tell how far it is; status 0 when all adds up, 1 when not, 2 when it did not end."""
    try:
        picked = _picked(asked.only)
        async with _database(settings) as (db, running):
            tenant_id = await _tenant(db, asked.tenant)
            scope = Scope(settings.database.name, tenant_id, tuple(sorted(each.name for each in picked)))
            places = kept(settings.data_dir, scope) if asked.resume else Places()
            auditor = Auditor(db, SystemClock(), rules_from(settings.shop), running=running, look_with=picked)
            round_ = _Round(settings, asked, scope, say, tell)
            return await round_.go(auditor, places, tenant_id)
    except (_NotRun, NotResumable) as reason:
        tell(str(reason))
    except EmbeddedInUse:
        tell(
            "A bot is running on the embedded database. Stop it for the audit; "
            "with a database of your own (database.uri) the shop can stay open."
        )
    except EmbeddedUnavailable as reason:
        tell(str(reason))
    except PyMongoError as error:
        tell(
            f"The database could not be read ({type(error).__name__}): `run.py check` says what is wrong. "
            "`run.py audit --resume` goes on from here."
        )
    except asyncio.CancelledError:
        tell("Stopped. `run.py audit --resume` goes on from here.")
    return NOT_RUN


class _Round:
    """Says what is found and keeps the place."""

    def __init__(self, settings: Settings, asked: Asked, scope: Scope, say: Say, tell: Say) -> None:
        self._folder, self._scope = settings.data_dir, scope
        self._say, self._tell, self._write = say, tell, data if asked.as_json else line
        self._told = time.monotonic()
        self._looked: dict[str, int] = {}

    async def go(self, auditor: Auditor, places: Places, tenant_id: str | None) -> int:
        """All of it, from these places on."""
        if places.found:
            self._tell(f"{places.found} were found before it was stopped.")
        async for step in auditor.run(places, tenant_id):
            for finding in step.findings:
                self._say(self._write(finding))
            self._note(step, places)
        forget(self._folder)
        self._tell(f"{self._sums()}: {places.found or 'no'} findings.")
        return FOUND if places.found else CLEAN

    def _note(self, step: Step, places: Places) -> None:
        self._looked[step.kind] = self._looked.get(step.kind, 0) + step.records
        if time.monotonic() - self._told >= _SAY_EVERY or step.findings:
            keep(self._folder, self._scope, places)
        if time.monotonic() - self._told >= _SAY_EVERY:
            self._told = time.monotonic()
            self._tell(f"{step.kind}: {self._looked[step.kind]} looked at, {places.found} findings so far.")

    def _sums(self) -> str:
        return f"{sum(self._looked.values())} records of {len(self._looked)} kinds"


def _picked(only: Sequence[str]) -> list[Check]:
    known = {each.name: each for each in checks()}
    if unknown := sorted(set(only) - set(known)):
        raise _NotRun(f"There is no check {', '.join(unknown)}. There are: {', '.join(known)}.")
    return [each for name, each in known.items() if not only or name in only]


async def _tenant(db: Db, named: str | None) -> str | None:
    """The tenant that is meant by its own id or that of its server."""
    if named is None:
        return None
    config = await BotConfig.of_guild(db, named)
    found = await Tenant.find_one(db, {"tenantId": config.tenant_id if config else named})
    if found is None:
        raise _NotRun(f"There is no shop {named}, and no server with this id has one.")
    return found.tenant_id


@contextlib.asynccontextmanager
async def _database(settings: Settings) -> AsyncIterator[tuple[Db, bool]]:
    """The database to read from, and whether somebody should be running on it."""
    async with contextlib.AsyncExitStack() as stack:
        own = settings.database.uri
        if own is None and not (settings.data_dir / "mongo").exists():
            raise _NotRun(f"There is no database in {settings.data_dir} yet, and database.uri is not set.")
        uri = own.get_secret_value() if own else await stack.enter_async_context(Mongod(settings.data_dir))
        client = AsyncIOMotorClient[dict[str, object]](uri, tz_aware=True, readPreference=_READ)
        stack.callback(client.close)
        if own is None:
            # Nobody else is there: what expired is left as it is found.
            await client.admin.command("setParameter", 1, ttlMonitorEnabled=False)
        yield Db(client=client, database=settings.database.name), own is not None
