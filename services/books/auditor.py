"""Goes through the books: every kind of records once, some at a time, for all checks that ask for them."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from datetime import timedelta
from typing import NamedTuple

from pymongo.errors import OperationFailure

from models import books
from models.base import Db, ObjectId, TenantDocument
from models.books import Keeper
from models.bulk import one_moment
from services.books import checks
from services.books.contract import Check, Finding, Severity
from services.books.look import Look
from services.books.place import Place, Places
from services.clock import Clock
from services.rules import Rules

UNREADABLE, OWNERLESS = "unreadable", "ownerless"
OWN = frozenset({UNREADABLE, OWNERLESS})
_TRIES = 80
_ANEW_SECONDS = 0.25


class Way(NamedTuple):
    """A kind of records, and the checks that go through it from the same place on."""

    document: type[TenantDocument]
    checks: tuple[Check, ...]
    start: Place | None

    @property
    def names(self) -> list[str]:
        """Under which names its places are kept."""
        return [f"{check.name}/{self.document.__collection__}" for check in self.checks]


class Step(NamedTuple):
    """What was looked at, and what was found there."""

    kind: str
    tenant_id: str
    records: int
    findings: list[Finding]


class Auditor:
    """Reads alone: a finding is told when a second look, a moment later, finds it again.

    Every look is at one moment, so that trade going on is seen before or after, never half.
    """

    def __init__(
        self,
        db: Db,
        clock: Clock,
        rules: Rules,
        *,
        running: bool = True,
        look_with: Sequence[Check] | None = None,
        at_once: int = 500,
        pause: timedelta = timedelta(seconds=1),
    ) -> None:
        """Take how many records to look at in one moment, and after which pause to look again."""
        self._db, self._clock, self._rules = db, clock, rules
        self._running = running
        self._checks = checks() if look_with is None else look_with
        self._at_once, self._pause = at_once, pause

    async def run(self, places: Places, tenant_id: str | None = None) -> AsyncGenerator[Step]:
        """Go on from these places, of every tenant or one; `places` are where it is after each step."""
        for way in self._ways(places):
            keepers = await books.keepers(self._db, tenant_id, way.start.tenant if way.start else None)
            asked = f"{OWNERLESS}/{way.document.__collection__}"
            if tenant_id is None and asked not in places.done:
                step = await self._ownerless(way)
                places.done.add(asked)
                places.found += len(step.findings)
                yield step
            for keeper in keepers:
                resumed = way.start is not None and way.start.tenant == keeper.key
                after = way.start.record if resumed and way.start else None
                async for step in self._of_tenant(way, keeper, after, places):
                    places.found += len(step.findings)
                    yield step
            places.done.update(way.names)
            for name in way.names:
                places.at.pop(name, None)

    def _ways(self, places: Places) -> list[Way]:
        found: dict[tuple[type[TenantDocument], Place | None], list[Check]] = {}
        for check in self._checks:
            for document in check.over:
                name = f"{check.name}/{document.__collection__}"
                if name not in places.done:
                    found.setdefault((document, places.at.get(name)), []).append(check)
        ways = [Way(document, tuple(of), start) for (document, start), of in found.items()]
        return sorted(ways, key=lambda way: way.document.__collection__)

    async def _ownerless(self, way: Way) -> Step:
        """Records of a tenant that does not exist are in nobody's books."""
        kind = way.document.__collection__
        strays = await books.ownerless(self._db, way.document, await self._tenants())
        # A shop may have opened between the two questions.
        strays = sorted(set(strays) - set(await self._tenants())) if strays else []
        found = [Finding(OWNERLESS, Severity.WRONG, each, kind, "") for each in strays]
        return Step(kind, "", 0, found)

    async def _tenants(self) -> list[str]:
        return [each.tenant_id for each in await books.keepers(self._db, None)]

    async def _of_tenant(
        self, way: Way, keeper: Keeper, after: ObjectId | None, places: Places
    ) -> AsyncIterator[Step]:
        while True:
            looked, first = await self._look(way, keeper.tenant_id, after=after)
            found = await self._again(way, keeper.tenant_id, first) if first else []
            if looked:
                after = looked[-1]
            places.at.update(dict.fromkeys(way.names, Place(keeper.key, after)))
            yield Step(way.document.__collection__, keeper.tenant_id, len(looked), found)
            if len(looked) < self._at_once:
                return

    async def _again(self, way: Way, tenant_id: str, first: list[Finding]) -> list[Finding]:
        """Those that are still to be found a moment later."""
        await asyncio.sleep(self._pause.total_seconds())
        only = [ObjectId(each) for each in dict.fromkeys(finding.record for finding in first)]
        _, second = await self._look(way, tenant_id, only=only)
        known = {finding.key for finding in first}
        return [finding for finding in second if finding.key in known]

    async def _look(
        self,
        way: Way,
        tenant_id: str,
        *,
        after: ObjectId | None = None,
        only: list[ObjectId] | None = None,
    ) -> tuple[list[ObjectId], list[Finding]]:
        for _ in range(_TRIES):
            try:
                return await self._look_once(way, tenant_id, after, only)
            except OperationFailure as error:
                if not books.moment_gone(error):
                    raise
                await asyncio.sleep(_ANEW_SECONDS)
        return await self._look_once(way, tenant_id, after, only)

    async def _look_once(
        self, way: Way, tenant_id: str, after: ObjectId | None, only: list[ObjectId] | None
    ) -> tuple[list[ObjectId], list[Finding]]:
        async with one_moment(self._db) as tx:
            rows = await books.portion(
                self._db, way.document, tenant_id, tx=tx, after=after, only=only, limit=self._at_once
            )
            look = Look(
                self._db, tx, tenant_id, way.document, rows,
                now=self._clock.now(), rules=self._rules, running=self._running,
            )  # fmt: skip
            found = [finding for check in way.checks async for finding in check.look(look)]
            return [row["_id"] for row in rows], [*found, *_unreadable(look)]


def _unreadable(look: Look) -> list[Finding]:
    """Records that do not fit their model, also those beside the ones that are looked at."""
    mine, first = look.document.__collection__, look.keys[0] if look.keys else ""
    return [
        Finding(
            UNREADABLE, Severity.WRONG, look.tenant_id, mine, record if kind == mine else first,
            {} if kind == mine else {kind: record}, {"fields": fields},
        )
        for (kind, record), fields in look.unreadable.items()
    ]  # fmt: skip


async def audited(auditor: Auditor, tenant_id: str | None = None) -> list[Finding]:
    """Everything that is found, the worst first."""
    found = [finding async for step in auditor.run(Places(), tenant_id) for finding in step.findings]
    return sorted(found, key=lambda finding: (finding.severity, *finding.key))
