"""The days that a report is about, as the shop's own time zone counts them (docs/adr/0029)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise
from typing import Any, Self

from models.errors import BadInput
from services.time_zones import zone

DAY = timedelta(days=1)
DAY_MS, HOUR_MS = 86_400_000, 3_600_000
EARLIEST = date(2000, 1, 1)
MOST_DAYS = 1830


class Preset(StrEnum):
    """Periods that are asked for by name; those of the present end today."""

    TODAY = "today"
    YESTERDAY = "yesterday"
    LAST_7_DAYS = "last_7_days"
    LAST_30_DAYS = "last_30_days"
    LAST_90_DAYS = "last_90_days"
    THIS_MONTH = "this_month"
    LAST_MONTH = "last_month"
    THIS_YEAR = "this_year"
    LAST_YEAR = "last_year"
    LAST_12_MONTHS = "last_12_months"


@dataclass(frozen=True)
class Period:
    """Whole local days, first and last included; `zone` is an IANA name."""

    first: date
    last: date
    zone: str = "UTC"

    @classmethod
    def of(cls, preset: Preset, now: datetime, zone_name: str) -> Self:
        """The days that a preset means at this moment."""
        today = now.astimezone(zone(zone_name)).date()
        first, last = _PRESETS[preset](today)
        return cls(first, last, zone_name)

    @classmethod
    def between(cls, first: date, last: date, zone_name: str) -> Self:
        """The days from one to another; raises BadInput naming the period."""
        if last < first:
            raise BadInput("period", "period_backwards")
        if first < EARLIEST or last.year > _LATEST_YEAR:
            raise BadInput("period", "period_too_far")
        if (last - first).days >= MOST_DAYS:
            raise BadInput("period", "period_too_long", MOST_DAYS)
        return cls(first, last, zone_name)

    @classmethod
    def typed(cls, first: str, last: str, zone_name: str) -> Self:
        """The days between two that a person typed as 2026-03-31; raises BadInput naming the period."""
        try:
            days = date.fromisoformat(first.strip()), date.fromisoformat(last.strip())
        except ValueError as error:
            raise BadInput("period", "not_a_date") from error
        return cls.between(*days, zone_name)

    @property
    def code(self) -> str:
        """Its days as `period_of` reads them back: 2026-01-01_2026-02-01."""
        return f"{self.first}_{self.last}"

    @property
    def days(self) -> list[date]:
        """Every day, in order."""
        return [self.first + n * DAY for n in range(self.length)]

    @property
    def length(self) -> int:
        """How many days there are."""
        return (self.last - self.first).days + 1

    @property
    def before(self) -> "Period":
        """As many days, up to the day before the first."""
        return Period(self.first - self.length * DAY, self.first - DAY, self.zone)

    @property
    def start(self) -> datetime:
        """The first moment, in UTC."""
        return midnight(self.first, self.zone)

    @property
    def end(self) -> datetime:
        """The moment after the last, in UTC."""
        return midnight(self.last + DAY, self.zone)

    @property
    def within(self) -> dict[str, datetime]:
        """The condition of a date that lies in it."""
        return {"$gte": self.start, "$lt": self.end}

    def clock(self, field: str) -> Any:
        """The expression of what local clocks showed, in milliseconds since the first day began.

        Built of the few changes of the offset that fall into the period: exact with any zone that this
        machine knows, whatever the database's own list says, and quicker than asking that for each record.
        """
        seasons = _seasons(self)
        known = {"$subtract": [f"${field}", seasons[-1][1]]}
        for (_, base), (until, _) in reversed(list(pairwise(seasons))):
            known = {"$cond": [{"$lt": [f"${field}", until]}, {"$subtract": [f"${field}", base]}, known]}
        return known

    def day(self, field: str) -> Any:
        """The expression of the local day's beginning, in milliseconds as `clock` counts."""
        return _floor(self.clock(field), DAY_MS)

    def hour(self, field: str) -> Any:
        """The expression of the local hour's beginning, in milliseconds as `clock` counts."""
        return _floor(self.clock(field), HOUR_MS)

    def day_of(self, milliseconds: float) -> date:
        """The day that `day` or `hour` means."""
        return min(max(self.first + timedelta(milliseconds=milliseconds), self.first), self.last)


def period_of(code: str, zone_name: str, now: datetime) -> Period:
    """The days that a preset's name or a period's code means at this moment; raises BadInput."""
    if code in set(Preset):
        return Period.of(Preset(code), now, zone_name)
    return Period.typed(*code.partition("_")[::2], zone_name)


def midnight(day: date, zone_name: str) -> datetime:
    """The first moment of a local day, in UTC, also where clocks jump over midnight."""
    return datetime(day.year, day.month, day.day, tzinfo=zone(zone_name)).astimezone(UTC)


def _floor(expression: Any, step: int) -> Any:
    return {"$subtract": [expression, {"$mod": [expression, step]}]}


@lru_cache(maxsize=1024)
def _seasons(period: Period) -> list[tuple[datetime, datetime]]:
    """(from when, the moment at which clocks that always ran so showed the first midnight), in order."""
    local, end = zone(period.zone), period.end
    at, found = period.start, list[tuple[datetime, datetime]]()
    naive = datetime(period.first.year, period.first.month, period.first.day, tzinfo=UTC)
    while True:
        found.append((at, naive - _offset(at, local)))
        change = _next_change(at, end, local)
        if change is None:
            return found
        at = change


def _next_change(start: datetime, end: datetime, local: tzinfo) -> datetime | None:
    """The next moment, to the second, from which another offset holds."""
    now, low = _offset(start, local), start
    while low < end:
        high = min(low + DAY, end)
        if _offset(high, local) != now:
            break
        low = high
    else:
        return None
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
        low, high = (middle, high) if _offset(middle, local) == now else (low, middle)
    return high if high < end else None


def _offset(at: datetime, local: tzinfo) -> timedelta:
    return at.astimezone(local).utcoffset() or timedelta()


def _up_to(days: int) -> Callable[[date], tuple[date, date]]:
    return lambda today: (today - (days - 1) * DAY, today)


def _last_month(today: date) -> tuple[date, date]:
    last = today.replace(day=1) - DAY
    return last.replace(day=1), last


def _last_12_months(today: date) -> tuple[date, date]:
    # On the 29th of February the year began on the 1st of March.
    leap = today.month == 2 and today.day == 29  # noqa: PLR2004 - that very day
    first = date(today.year - 1, 3, 1) if leap else today.replace(year=today.year - 1) + DAY
    return first, today


_LATEST_YEAR = 2999
_PRESETS: dict[Preset, Callable[[date], tuple[date, date]]] = {
    Preset.TODAY: _up_to(1),
    Preset.YESTERDAY: lambda today: (today - DAY, today - DAY),
    Preset.LAST_7_DAYS: _up_to(7),
    Preset.LAST_30_DAYS: _up_to(30),
    Preset.LAST_90_DAYS: _up_to(90),
    Preset.THIS_MONTH: lambda today: (today.replace(day=1), today),
    Preset.LAST_MONTH: _last_month,
    Preset.THIS_YEAR: lambda today: (today.replace(month=1, day=1), today),
    Preset.LAST_YEAR: lambda today: (date(today.year - 1, 1, 1), date(today.year - 1, 12, 31)),
    Preset.LAST_12_MONTHS: _last_12_months,
}
