"""What stands at axes, bars and cells: numbers, money and days as the reader's language writes them."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from functools import partial

from babel import Locale
from babel.dates import format_date, format_skeleton, format_time, get_day_names
from babel.numbers import (
    format_compact_currency,
    format_compact_decimal,
    format_currency,
    format_decimal,
    format_scientific,
)
from babel.units import format_unit

from cogs._charts.lettering import BROWSER, PICTURE, clean, isolated, known, printable
from cogs._ui.words import SOURCE, Words
from models.money import exponent
from services.reports.contract import Number, Unit

type Place = date | str | int

_LONG_MARK, _LONG = 10_000, 1_000_000
# No language has a short word for more than this.
_ENDLESS = 10**15
NOTHING = "\u2013"
_ENGLISH = Locale.parse(SOURCE)
_TIMED = {Unit.HOURS: "hour", Unit.DAYS: "day"}
_A_YEAR_OF_HOURS = 24


class Labels:
    """One reader's way of writing; `printed` is for the picture, whose face lacks some letters."""

    def __init__(self, words: Words, currency: str, *, printed: bool) -> None:
        self.words = words
        self._currency = currency
        self.printed = printed
        self.face = PICTURE if printed else BROWSER

    def _said(self, write: Callable[[Locale], str]) -> str:
        said = write(self.words.locale)
        return write(_ENGLISH) if self.printed and not known(said) else said

    def exact(self, value: Number | None, unit: Unit) -> str:
        """A value to the cent, for those who point at it or have it read to them."""
        if value is None:
            return NOTHING
        if unit is Unit.MONEY:
            return self.words.money(round(value), self._currency)
        return self._said(partial(self._number, value, unit, short=False))

    def marks(self, values: Sequence[Number], unit: Unit) -> list[str]:
        """Values along an axis in few letters, such as 12.5K; all of them short when one has to be."""
        most = max((abs(value) for value in values), default=0)
        if unit is Unit.MONEY:
            short = most >= _LONG_MARK * 10 ** exponent(self._currency)
            return [self._said(partial(self._money, value, short=short)) for value in values]
        short = most >= _LONG_MARK
        return [self._said(partial(self._number, value, unit, short=short)) for value in values]

    def beside(self, value: Number | None, unit: Unit) -> str:
        """A value beside its bar: as exact as there is room for."""
        if value is None:
            return NOTHING
        if unit is Unit.MONEY:
            short = abs(value) >= _LONG * 10 ** exponent(self._currency)
            return self._said(partial(self._money, value, short=short))
        return self._said(partial(self._number, value, unit, short=abs(value) >= _LONG))

    def _money(self, cents: Number, locale: Locale, *, short: bool) -> str:
        amount = Decimal(round(cents)).scaleb(-exponent(self._currency))
        if abs(amount) >= _ENDLESS:
            return f"{format_scientific(float(amount), format='0.#E0', locale=locale)} {self._currency}"
        if short and _shortens(amount, locale):
            return format_compact_currency(float(amount), self._currency, locale=locale, fraction_digits=1)
        if amount == amount.to_integral_value() or abs(amount) >= _LONG_MARK:
            pattern = str(locale.currency_formats["standard"].pattern).replace("0.00", "0")
            return format_currency(
                round(amount), self._currency, format=pattern, locale=locale, currency_digits=False
            )
        return format_currency(amount, self._currency, locale=locale)

    def _number(self, value: Number, unit: Unit, locale: Locale, *, short: bool) -> str:
        if unit is Unit.PERCENT and abs(value) < _LONG:
            return self._percent(value, locale)
        rounded: Number = value if isinstance(value, int) else round(value, 1 if abs(value) >= 1 else 2)
        if unit in _TIMED and abs(value) < _LONG:
            return format_unit(rounded, _TIMED[unit], "short", locale=locale)
        if short and abs(value) >= _ENDLESS:
            return format_scientific(float(value), format="0.#E0", locale=locale)
        if short and _shortens(value, locale):
            return format_compact_decimal(float(value), locale=locale, fraction_digits=1)
        return format_decimal(rounded, locale=locale)

    def _percent(self, value: Number, locale: Locale) -> str:
        pattern = str(locale.percent_formats[None].pattern)
        sign = pattern.replace("#,##0", "{}").replace("#,##,##0", "{}")
        return sign.replace("{}", format_decimal(round(value, 1), locale=locale))

    def name(self, place: Place, number: int) -> str:
        """What a bar or a row is called; `number` is its place, for names that cannot be written."""
        if isinstance(place, date):
            return self.day(place)
        said = clean(str(place))
        said = printable(said) if self.printed else isolated(said)
        return said or self.words("No. {n}", n=number)

    def title(self, text: str, room: float, size: float) -> str:
        """A heading or a name, cut to the room there is."""
        said = clean(text)
        return self.face.fit(printable(said) if self.printed else said, room, size, bold=True)

    def series(self, label: str) -> str:
        """What a series is called."""
        return self.words(label) if label.strip() else ""

    def day(self, day: date) -> str:
        """A day without its year, such as Nov 3."""
        return self._said(lambda locale: format_skeleton("MMMd", day, locale=locale))

    def whole_day(self, day: date) -> str:
        """A day with its year."""
        return self._said(lambda locale: format_date(day, "medium", locale=locale))

    def month(self, day: date) -> str:
        """A month; January is told by its year."""
        if day.month == 1:
            return str(day.year)
        return self._said(lambda locale: format_skeleton("MMM", day, locale=locale))

    def month_of_year(self, day: date) -> str:
        """A month with its year."""
        return self._said(lambda locale: format_skeleton("yMMM", day, locale=locale))

    def weekday(self, number: int) -> str:
        """A weekday in short, Monday being 0."""
        return self._said(lambda locale: get_day_names("abbreviated", locale=locale)[number])

    def hour(self, hour: Place) -> str:
        """An hour of the day, such as 6 PM or 18:00."""
        if not isinstance(hour, int) or not 0 <= hour < _A_YEAR_OF_HOURS:
            return self.name(hour, 1)
        at = time(hour)

        def write(locale: Locale) -> str:
            halves = "a" in str(locale.time_formats["short"].pattern)
            if halves:
                return format_time(at, "h a", locale=locale)
            return format_time(at, "HH:mm", locale=locale)

        return self._said(write)


def _shortens(value: Number | Decimal, locale: Locale) -> bool:
    # German, for one, has no short word for a thousand: the number is better written with its separators.
    if abs(float(value)) >= _LONG:
        return True
    return not format_compact_decimal(_LONG_MARK, locale=locale).isdigit()


def day_of(place: Place) -> date | None:
    """A place on the axis that is a day."""
    if isinstance(place, datetime):
        return place.date()
    return place if isinstance(place, date) else None
