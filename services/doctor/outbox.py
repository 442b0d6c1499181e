"""Whether what is owed to the outside gets there."""

from datetime import timedelta

from models import troubles
from services.doctor.channels import FIELDS, stale_channels
from services.doctor.contract import Case, Check, Finding, Mend, Section, Severity

_SOON = timedelta(minutes=5)
_MOST = 8
# What was out of reach for hours, and may be in reach again: another try does no harm.
_PASSING = frozenset({"discord_down", "discord_lost", "rate_limited", "provider_away", "mail_away"})
_LONGEST_REASON = 60


class Outbox(Check):
    """Late: no worker takes anything. Dead: what was in the way has to be mended, then it is tried again."""

    name = "outbox"
    section = Section.WORK
    finds = frozenset({"outbox_late", "outbox_dead", "outbox_mended"})

    async def run(self, case: Case) -> list[Finding]:
        """Look for effects that nobody takes or that were given up."""
        db, found = case.tools.db, list[Finding]()
        late = await troubles.overdue_effects(db, case.shop.id, case.tools.clock.now() - _SOON)
        if late is not None:
            found.append(Finding("outbox_late", Severity.WRONG, {"many": late.many, "since": late.since}))
        dead = await troubles.dead_effects(db, case.shop.id)
        return [*found, *(_of_reason(case, each) for each in dead[:_MOST])]


def _of_reason(case: Case, dead: troubles.Dead) -> Finding:
    values = {"many": dead.many, "reason": dead.reason}
    if mended(case, dead.reason) and len(dead.reason) <= _LONGEST_REASON:
        return Finding("outbox_mended", Severity.WARNING, values, Mend.EFFECTS, dead.reason)
    return Finding("outbox_dead", Severity.WARNING, values, about=dead.reason)


def mended(case: Case, reason: str) -> bool:
    """Whether what was in the way is not there any more."""
    config, place = case.shop.config, case.place
    if reason == "no_staff_channel":
        return config.staff_channel_id is not None
    if reason == "channel_gone":
        return place.seen and config.staff_channel_id is not None and not stale_channels(case)
    if reason == "missing_permission":
        mute = any(place.unwritable(getattr(config, field)) for field in FIELDS)
        return place.seen and not mute and "manage_roles" not in place.lacks
    if reason == "guild_gone":
        return place.seen
    return reason in _PASSING


CHECK = Outbox()
