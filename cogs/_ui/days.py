"""The days of a period in words."""

from datetime import date

from babel.dates import format_date, format_interval, format_skeleton

from cogs._ui.words import Words
from services.reports.period import Period


def days_in_words(period: Period, w: Words) -> str:
    """The days with their year, such as Mar 1 to 31, 2026 in short."""
    if period.first == period.last:
        return format_date(period.first, "long", locale=w.locale)
    return str(format_interval(period.first, period.last, "yMMMd", locale=w.locale))


def month_in_words(month: str, w: Words) -> str:
    """A month such as 2026-03 as people of this language write it."""
    return str(format_skeleton("yMMMM", date.fromisoformat(f"{month}-01"), locale=w.locale))
