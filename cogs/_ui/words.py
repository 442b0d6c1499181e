"""The shop's words in a person's language, with money, numbers and dates as that language writes them."""

import gettext
import io
import re
from datetime import datetime
from decimal import Decimal
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Self

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_currency, format_decimal, format_percent, get_decimal_symbol

from models.money import decimal_text, exponent

LOCALES = Path(__file__).parent.parent / "locales"
SOURCE = "en_US"
# What kind of name a text of the catalogue is, where it is none that is read in a card.
COMMAND, OPTION = "command", "option"


def later(text: str) -> str:
    """Mark a text of a table for translation; it is translated where it is shown, by `w(text)`."""
    return text


@cache
def languages() -> tuple[str, ...]:
    """The languages that have a catalogue beside the English source."""
    return tuple(sorted(path.parts[-3] for path in LOCALES.glob("*/LC_MESSAGES/shop.po")))


@cache
def _catalogue(language: str, folder: Path) -> gettext.NullTranslations:
    source = folder / language / "LC_MESSAGES" / "shop.po"
    if not source.is_file():
        return gettext.NullTranslations()
    compiled = io.BytesIO()
    with source.open("rb") as file:
        known = read_po(file, locale=language)
    _call_commands_by_name(known)
    write_mo(compiled, known)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def _call_commands_by_name(known: Catalog) -> None:
    """Let sentences name commands as Discord lists them there; translators leave them as they are."""
    names = {str(each.id): str(each.string) for each in known if each.context == COMMAND and each.string}
    if not names:
        return
    longest_first = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    written = re.compile(rf"(?<![\w/.:])(?:{longest_first})(?![\w/-])")

    def named(text: str) -> str:
        return written.sub(lambda found: names[found[0]], text)

    for message in known:
        if message.id and not message.context:
            said = message.string
            message.string = named(said) if isinstance(said, str) else tuple(map(named, said or ()))


@lru_cache(maxsize=4096)
def _money(cents: int, currency: str, locale: Locale) -> str:
    places = exponent(currency)
    # A currency of two places is written with two even where the language's custom is to leave them out.
    written = format_currency(
        Decimal(cents).scaleb(-places),
        currency,
        locale=locale,
        currency_digits=places == 0,
        decimal_quantization=False,
    )
    # Unicode asks for a space between a currency's letters and its digits, which Babel does not put there.
    return re.sub(r"(?<=[^\W\d_])(?=\d)", "\xa0", written)


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

    def command(self, path: str) -> str:
        """A command such as `/cart view` as Discord lists it for people of this language."""
        return self._texts.pgettext(COMMAND, path)

    def option(self, name: str) -> str:
        """An option of a command as Discord lists it for people of this language."""
        return self._texts.pgettext(OPTION, name)

    def money(self, cents: int, currency: str) -> str:
        """An amount of minor units, such as $12.50 or 12,50 €."""
        return _money(cents, currency, self.locale)

    def typed(self, number: str) -> str:
        """A plain number such as 12.50 as people of this language type it; what they type is read so, too."""
        point = get_decimal_symbol(self.locale)
        return number.replace(".", point) if point == "," else number

    def typed_amount(self, cents: int, currency: str) -> str:
        """An amount for a field to fill in, without the currency's mark."""
        return self.typed(decimal_text(cents, currency))

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
