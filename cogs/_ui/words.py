"""The shop's words in a person's language, with money, numbers and dates as that language writes them."""

import gettext
import io
from datetime import datetime
from decimal import Decimal
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Self

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_currency, format_decimal, format_percent

from models.money import exponent

LOCALES = Path(__file__).parent.parent / "locales"
SOURCE = "en_US"


def later(text: str) -> str:
    """Mark a text of a table for translation; it is translated where it is shown, by `w(text)`."""
    return text


def languages() -> list[str]:
    """The languages that have a catalogue beside the English source."""
    return sorted(path.parts[-3] for path in LOCALES.glob("*/LC_MESSAGES/shop.po"))


@cache
def _catalogue(language: str, folder: Path) -> gettext.NullTranslations:
    source = folder / language / "LC_MESSAGES" / "shop.po"
    if not source.is_file():
        return gettext.NullTranslations()
    compiled = io.BytesIO()
    with source.open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


@lru_cache(maxsize=4096)
def _money(cents: int, currency: str, locale: Locale) -> str:
    places = exponent(currency)
    # A currency of two places is written with two even where the language's custom is to leave them out.
    return format_currency(
        Decimal(cents).scaleb(-places),
        currency,
        locale=locale,
        currency_digits=places == 0,
        decimal_quantization=False,
    )


class Words:
    """One language's words, by Discord's locale code; English where a language or a sentence is missing."""

    __slots__ = ("_texts", "locale")

    def __init__(self, locale: str | None, folder: Path = LOCALES) -> None:
        try:
            self.locale = Locale.parse(locale or SOURCE, sep="-" if locale else "_")
        except (UnknownLocaleError, ValueError):
            self.locale = Locale.parse(SOURCE)
        self._texts = _catalogue(self.locale.language, folder)

    @classmethod
    @lru_cache(maxsize=128)
    def of(cls, locale: str | None) -> Self:
        """The same, kept: Discord knows some thirty locales."""
        return cls(locale)

    def __call__(self, text: str, **values: Any) -> str:
        """The sentence in this language, its `{names}` filled in."""
        said = self._texts.gettext(text)
        return said.format_map(values) if values else said

    def count(self, n: int, one: str, many: str, **values: Any) -> str:
        """The form that fits the number `n`, which is also there as `{n}`."""
        return self._texts.ngettext(one, many, n).format_map({"n": n, **values})

    def money(self, cents: int, currency: str) -> str:
        """An amount of minor units, such as $12.50 or 12,50 €."""
        return _money(cents, currency, self.locale)

    def percent(self, share: Decimal) -> str:
        """A percentage such as 12.5 as people of this language write it."""
        pattern = self.locale.percent_formats[None].pattern.replace("##0", "##0.##")
        return format_percent(share / 100, format=pattern, locale=self.locale, decimal_quantization=False)

    def decimal(self, number: float) -> str:
        """A number with one or two decimals, such as 4.5 or 4,5."""
        return format_decimal(Decimal(str(number)), format="0.0#", locale=self.locale)

    def when(self, moment: datetime, style: str = "R") -> str:
        """A timestamp that Discord shows in the reader's own time zone; R is relative, f is date and time."""
        return f"<t:{int(moment.timestamp())}:{style}>"

    def date(self, moment: datetime) -> str:
        """The day (UTC) as text, for labels and footers, where Discord renders no timestamp."""
        return format_date(moment.date(), "medium", locale=self.locale)
