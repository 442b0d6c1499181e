"""Whether somebody goes the rounds: ends unpaid holds, asks providers about open payments."""

from datetime import timedelta

from models import troubles
from services.doctor.contract import Case, Check, Finding, Section, Severity

_SOON = timedelta(minutes=5)
_LATER = timedelta(minutes=20)


class Rounds(Check):
    """Nobody signs a list; what is long overdue tells that nobody came by."""

    name = "rounds"
    section = Section.WORK
    finds = frozenset({"sweeper_still", "poller_still"})

    async def run(self, case: Case) -> list[Finding]:
        """Look for what is long overdue."""
        db, now, found = case.tools.db, case.tools.clock.now(), list[Finding]()
        if holds := await troubles.overdue_holds(db, case.shop.id, now - _SOON):
            values = {"many": holds.many, "since": holds.since}
            found.append(Finding("sweeper_still", Severity.WRONG, values))
        if polls := await troubles.overdue_polls(db, case.shop.id, now - _LATER):
            values = {"many": polls.many, "since": polls.since}
            found.append(Finding("poller_still", Severity.WRONG, values))
        return found


CHECK = Rounds()
