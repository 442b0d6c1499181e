"""The audit as other tests call it when they have done their worst."""

from datetime import timedelta

from models.base import Db
from services.books.auditor import Auditor, audited
from services.books.contract import Finding
from services.clock import Clock, SystemClock
from services.rules import Rules

_MOMENT = timedelta(milliseconds=150)


async def books_findings(
    db: Db, clock: Clock | None = None, *, running: bool = False, tenant_id: str | None = None
) -> list[Finding]:
    """Everything that does not add up in any shop of this database, or in one, the worst first.

    With `running` also what somebody who goes the rounds should have done by that clock.
    """
    auditor = Auditor(db, clock or SystemClock(), Rules(), running=running, pause=_MOMENT)
    return await audited(auditor, tenant_id)
