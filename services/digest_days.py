"""When staff are told how the shop is doing, and about which days: in the morning of their own clock."""

from datetime import UTC, datetime, timedelta

from models.tenant import DigestRhythm
from services.reports.period import DAY, Period
from services.time_zones import zone

_HOUR = 8
_WEEK = 7


def next_due(rhythm: DigestRhythm, zone_name: str, after: datetime) -> datetime | None:
    """The next local eight o'clock, of Mondays if weekly; None where nothing is wanted."""
    if rhythm is DigestRhythm.OFF:
        return None
    local, day = zone(zone_name), after.astimezone(zone(zone_name)).date()
    while True:
        at = datetime(day.year, day.month, day.day, _HOUR, tzinfo=local).astimezone(UTC)
        if at > after and (rhythm is DigestRhythm.DAILY or day.weekday() == 0):
            return at
        day += DAY


def days_told(rhythm: DigestRhythm, zone_name: str, now: datetime) -> Period:
    """The days that are over: yesterday, or the last week from Monday to Sunday."""
    today = now.astimezone(zone(zone_name)).date()
    if rhythm is DigestRhythm.WEEKLY:
        monday = today - timedelta(days=today.weekday())
        return Period(monday - _WEEK * DAY, monday - DAY, zone_name)
    return Period(today - DAY, today - DAY, zone_name)
