"""The days of a period in words."""

from babel.dates import format_date, format_interval

from cogs._ui.words import Words
from services.reports.period import Period


def days_in_words(period: Period, w: Words) -> str:
    """The days with their year, such as Mar 1 to 31, 2026 in short."""
    if period.first == period.last:
        return format_date(period.first, "long", locale=w.locale)
    return str(format_interval(period.first, period.last, "yMMMd", locale=w.locale))
