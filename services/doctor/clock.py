"""Whether this machine's clock is right, by Discord's."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from models.errors import ProviderError
from services.calls import Call
from services.doctor.contract import Case, Check, Finding, Section, Severity

_PATIENCE = 4.0
_TOLERANCE = timedelta(seconds=5)
_HALF_A_SECOND = timedelta(seconds=0.5)


class Clock(Check):
    """Holds, links and tokens end by it, and providers refuse what is signed at another time."""

    name = "clock"
    section = Section.MACHINE
    finds = frozenset({"clock_drift", "clock_unknown"})

    async def run(self, case: Case) -> list[Finding]:
        """Look at two clocks."""
        if case.tools.discord_url is None:
            return []
        call = Call("discord", "GET", f"{case.tools.discord_url}/gateway", seconds=_PATIENCE)
        before = case.tools.clock.now()
        try:
            told = _date((await case.tools.calls.send(call)).headers.get("Date"))
        except ProviderError:
            told = None
        if told is None:
            return [Finding("clock_unknown", Severity.HINT)]
        after = case.tools.clock.now()
        # The header has whole seconds, and was written somewhere between.
        drift = before + (after - before) / 2 - (told + _HALF_A_SECOND)
        if abs(drift) <= _TOLERANCE + (after - before) / 2:
            return []
        return [Finding("clock_drift", Severity.WRONG, {"seconds": round(drift.total_seconds())})]


def _date(text: str | None) -> datetime | None:
    try:
        told = parsedate_to_datetime(text or "")
    except ValueError:
        return None
    return told if told.tzinfo is not None else told.replace(tzinfo=UTC)


CHECK = Clock()
