"""The doctor: every check at once, within ten seconds, whatever becomes of any of them."""

import asyncio
import logging
from collections.abc import Callable, Sequence

from services.doctor import checks
from services.doctor.contract import Case, Check, Finding, Instruments, Section, Severity
from services.doctor.place import Place
from services.shops import Shop

# A person waits, and gets what is known by then.
PATIENCE = 9.0
FAILED, SLOW = "check_failed", "check_slow"

log = logging.getLogger(__name__)


class Doctor:
    """Looks at a shop, its server and the machine, and says what is not as it should be."""

    def __init__(
        self,
        tools: Instruments,
        reference: Callable[[], str],
        *,
        look_with: Sequence[Check] | None = None,
        patience: float = PATIENCE,
    ) -> None:
        """Take what makes the ids that connect an apology with the log."""
        self._tools = tools
        self._reference = reference
        self._checks = checks() if look_with is None else look_with
        self._patience = patience

    def case(self, shop: Shop, place: Place) -> Case:
        """What the checks are given."""
        return Case(shop, place, self._tools)

    async def examine(self, shop: Shop, place: Place) -> list[Finding]:
        """Everything that is found, the worst first."""
        case = self.case(shop, place)
        running = {asyncio.create_task(self._run(check, case)): check for check in self._checks}
        try:
            done, late = await asyncio.wait(running, timeout=self._patience)
        finally:
            for task in running:
                task.cancel()
        found = [(running[task].section, finding) for task in done for finding in task.result()]
        found += [(running[task].section, _slow(running[task])) for task in late]
        return [finding for _, finding in sorted(found, key=_order)]

    async def _run(self, check: Check, case: Case) -> list[Finding]:
        try:
            return await check.run(case)
        except Exception:
            code = self._reference()
            log.exception("check_failed", extra={"check": check.name, "reference": code})
            values = {"check": check.name, "reference": code}
            return [Finding(FAILED, Severity.WARNING, values, about=check.name)]


def _slow(check: Check) -> Finding:
    return Finding(SLOW, Severity.WARNING, {"check": check.name}, about=check.name)


def _order(found: tuple[Section, Finding]) -> tuple[int, str, str, str]:
    section, finding = found
    return (finding.severity, section, finding.code, finding.about)
