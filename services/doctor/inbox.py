"""Whether what providers told is acted upon."""

from datetime import timedelta

from models import troubles
from services.doctor.contract import Case, Check, Finding, Section, Severity

_SOON = timedelta(minutes=10)
_LOOK_BACK = timedelta(days=14)


class Inbox(Check):
    """What waits for long cannot be settled now; what was given up needs a person."""

    name = "inbox"
    section = Section.WORK
    finds = frozenset({"inbox_waiting", "inbox_dead"})

    async def run(self, case: Case) -> list[Finding]:
        """Look for events that nobody acted upon."""
        db, now, found = case.tools.db, case.tools.clock.now(), list[Finding]()
        if waits := await troubles.waiting_events(db, case.shop.id, now - _SOON):
            values = {"many": waits.many, "since": waits.since}
            found.append(Finding("inbox_waiting", Severity.WARNING, values))
        if dead := await troubles.dead_events(db, case.shop.id, now - _LOOK_BACK):
            found.append(Finding("inbox_dead", Severity.WARNING, {"many": dead.many, "since": dead.since}))
        return found


CHECK = Inbox()
