"""Numbers, money, days and hours as the reader's language writes them."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cogs._charts.labels import Labels, day_of
from cogs._charts.lettering import known
from cogs._ui.words import Words
from services.reports.contract import Number, Unit
from tests.cogs.charts.samples import UNITS

DAY = date(2026, 11, 3)


def labels(locale: str = "en-US", currency: str = "EUR", *, printed: bool = False) -> Labels:
    return Labels(Words.of(locale), currency, printed=printed)


@pytest.mark.parametrize(
    ("locale", "currency", "values", "expected"),
    [
        ("en-US", "USD", [0, 50000, 100000], ["$0", "$500", "$1,000"]),
        ("en-US", "USD", [0, 1000000, 1250000], ["$0", "$10K", "$12.5K"]),
        ("en-US", "USD", [0, 5, 10], ["$0", "$0.05", "$0.10"]),
        ("en-US", "JPY", [0, 5000], ["¥0", "¥5,000"]),
        ("de", "EUR", [0, 1250000], ["0\xa0€", "12.500\xa0€"]),
        ("de", "EUR", [0, 250000000], ["0\xa0€", "2,5\xa0Mio.\xa0€"]),
        ("ja", "JPY", [0, 12500], ["￥0", "￥1.2万"]),
        ("en-US", "EUR", [10**18], ["1E16 EUR"]),
    ],
)
def test_money_on_an_axis_is_short(
    locale: str, currency: str, values: list[Number], expected: list[str]
) -> None:
    """Whole amounts without cents, long ones in the language's short words, all of an axis alike."""
    assert labels(locale, currency).marks(values, Unit.MONEY) == expected


@pytest.mark.parametrize(
    ("locale", "value", "unit", "expected"),
    [
        ("en-US", 12500, Unit.COUNT, "12.5K"),
        ("de", 12500, Unit.COUNT, "12.500"),
        ("en-US", 12.5, Unit.PERCENT, "12.5%"),
        ("de", 12.5, Unit.PERCENT, "12,5\xa0%"),
        ("en-US", 5.25, Unit.HOURS, "5.2 hr"),
        ("de", 5.5, Unit.HOURS, "5,5 Std."),
        ("en-US", 3, Unit.DAYS, "3 days"),
        ("en-US", 10**16, Unit.COUNT, "1E16"),
    ],
)
def test_every_unit_is_named(locale: str, value: Number, unit: Unit, expected: str) -> None:
    """A number says what it counts."""
    assert labels(locale).marks([value], unit) == [expected]


def test_beside_a_bar_there_is_room_for_more() -> None:
    """Cents of what is small, all digits of what is large, and a dash for nothing known."""
    said = [labels().beside(value, Unit.MONEY) for value in (1234, 1234567, 123456789, None)]
    assert said == ["€12.34", "€12,346", "€1.2M", "\u2013"]


def test_what_is_pointed_at_is_exact() -> None:
    """To the cent, with the currency's own places."""
    assert labels("de").exact(123456789, Unit.MONEY) == "1.234.567,89\xa0€"
    assert labels("en-US", "JPY").exact(123456789, Unit.MONEY) == "¥123,456,789"
    assert labels().exact(1234567, Unit.COUNT) == "1,234,567"
    assert labels().exact(0.333, Unit.HOURS) == "0.33 hr"


def test_days_months_and_hours() -> None:
    """As each language abbreviates them."""
    assert (labels().day(DAY), labels("de").day(DAY)) == ("Nov 3", "3. Nov.")
    assert (labels().month(DAY), labels().month(date(2027, 1, 1))) == ("Nov", "2027")
    assert (labels().weekday(0), labels("de").weekday(6)) == ("Mon", "So.")
    assert (labels().hour(18), labels("de").hour(18), labels("fr").hour(0)) == ("6 PM", "18:00", "00:00")
    assert labels().hour(99) == "99"


def test_a_moment_on_the_axis_is_its_day() -> None:
    """A database gives moments where days are meant."""
    assert day_of(datetime(2026, 11, 3, 5, tzinfo=UTC)) == DAY
    assert day_of("Mug") is None


@given(
    st.sampled_from(["ja", "ko", "zh-CN", "th", "hi", "ar", "ru", "el", "vi", "tr", "de"]),
    st.sampled_from(UNITS),
    st.one_of(st.integers(-(10**17), 10**17), st.floats(-1e9, 1e9)),
    st.sampled_from(["EUR", "JPY", "USD", "INR", "RUB", "KRW"]),
)
def test_a_picture_writes_numbers_that_its_face_has(
    locale: str, unit: Unit, value: Number, currency: str
) -> None:
    """A language in other letters gets its picture's numbers and days in English."""
    mine = labels(locale, currency, printed=True)
    said = [
        *mine.marks([0, value], unit),
        mine.beside(value, unit),
        mine.day(DAY),
        mine.hour(18),
        mine.weekday(2),
    ]
    assert [each for each in said if not known(each)] == []


def test_a_name_that_cannot_be_written_is_told_by_its_number() -> None:
    """In the picture; a browser has letters for it. A name of nothing has a number everywhere."""
    assert labels(printed=True).name("漢字", 3) == "No. 3"
    assert labels(printed=True).name("🎮 Game key", 4) == "Game key"
    assert labels().name("漢字", 3) == "漢字"
    assert labels("de").name("\u202e \u200b", 5) == "Nr. 5"


def test_no_series_is_called_by_the_catalogues_own_header() -> None:
    """Gettext answers an empty text with its header."""
    assert labels("de").series("") == ""
    assert labels("de").series("Period before") == "Zeitraum davor"
