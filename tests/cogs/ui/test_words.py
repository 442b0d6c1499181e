from datetime import UTC, datetime

import pytest

from cogs._ui.words import Words, later
from models.money import parse_amount

EUROPE = ["da", "de", "en-GB", "es-ES", "fr", "hr", "it", "lt", "hu", "nl", "no", "pl", "ro", "fi", "sv-SE"]
EAST = ["tr", "cs", "el", "bg", "ru", "uk", "hi", "th", "vi", "id", "zh-CN", "ja", "zh-TW", "ko"]
AMERICAS = ["en-US", "es-419", "pt-BR"]


@pytest.mark.parametrize("locale", EUROPE + EAST + AMERICAS)
def test_every_locale_of_discord_is_known(locale: str) -> None:
    """Money and dates follow the person's own language, not the fallback."""
    words = Words(locale)
    assert words.locale.language == locale.split("-", maxsplit=1)[0]
    assert "12" in words.money(1234, "USD")


@pytest.mark.parametrize("locale", [None, "", "xx", "tlh-KX", "../etc", "en_US", "e" * 500])
def test_an_unknown_locale_speaks_english(locale: str | None) -> None:
    """Whatever arrives as a locale, the shop answers."""
    words = Words(locale)
    assert str(words.locale) == "en_US"
    assert words("Done.") == "Done."


@pytest.mark.parametrize(
    ("locale", "cents", "currency", "expected"),
    [
        ("en-US", 123456, "USD", "$1,234.56"),
        ("en-US", 1250, "EUR", "€12.50"),
        ("de", 1250, "EUR", "12,50\xa0€"),
        ("en-US", 0, "USD", "$0.00"),
        ("en-US", -500, "USD", "-$5.00"),
        ("en-US", 1250, "JPY", "¥1,250"),
        ("en-US", 1250, "RSD", "RSD\xa012.50"),
        ("es-ES", 123456, "EUR", "1.234,56\xa0€"),
        ("es-419", 123456, "USD", "USD\xa01,234.56"),
        ("es-419", -500, "USD", "-USD\xa05.00"),
        ("pt-BR", 99999999, "BRL", "R$\xa0999.999,99"),
    ],
)
def test_money_is_written_as_the_language_writes_it(
    locale: str, cents: int, currency: str, expected: str
) -> None:
    """Minor units become the amount, with as many places as the currency has and no rounding."""
    assert Words(locale).money(cents, currency) == expected


@pytest.mark.parametrize(
    ("locale", "typed"),
    [("en-US", "12.50"), ("de", "12,50"), ("es-ES", "12,50"), ("es-419", "12.50"), ("ja", "12.50")],
)
def test_an_amount_in_a_form_is_as_it_is_typed_and_read_back(locale: str, typed: str) -> None:
    """Without marks and groups, so that a form that nothing was changed in changes nothing."""
    words = Words(locale)
    assert words.typed_amount(1250, "EUR") == words.typed("12.50") == typed
    assert parse_amount(typed, "EUR") == 1250
    assert words.typed_amount(1250, "JPY") == "1250"
    assert words.typed("5 10 25.50") == f"5 10 25{typed[2]}50"


def test_values_are_filled_in_and_braces_of_people_stay() -> None:
    """A product called {x} is a name, not a place to fill."""
    words = Words("en-US")
    assert words("{name} is sold out.", name="{x}") == "{x} is sold out."
    assert words("100% {sure}") == "100% {sure}"


def test_numbers_choose_their_form() -> None:
    """One item, two items."""
    words = Words("en-US")
    forms = [words.count(n, "{n} item in {place}", "{n} items in {place}", place="cart") for n in (0, 1, 2)]
    assert forms == ["0 items in cart", "1 item in cart", "2 items in cart"]


def test_moments_are_discords_own() -> None:
    """Discord shows them in the reader's time zone; labels get a written day."""
    moment = datetime(2026, 11, 24, 12, tzinfo=UTC)
    words = Words("en-US")
    assert words.when(moment) == f"<t:{int(moment.timestamp())}:R>"
    assert words.when(moment, "f").endswith(":f>")
    assert words.date(moment) == "Nov 24, 2026"
    assert Words("de").date(moment) == "24.11.2026"


def test_words_are_made_once_for_a_locale() -> None:
    """A click does not pay for reading a catalogue."""
    assert Words.of("de") is Words.of("de")
    assert later("Done.") == "Done."
