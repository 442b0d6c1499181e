"""Keeping translations: `python -m cogs._ui.catalogue [language ...]` brings them up to date."""

import sys
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po

from cogs._ui.sentences import template
from cogs._ui.words import LOCALES, languages

_HEADERS = {
    "project": "discord-shop",
    "version": "0.1",
    "header_comment": "# What the shop says, in another language. Keep every {name} as it is.",
    "msgid_bugs_address": "the project's issue tracker",
    "last_translator": "the contributors",
    "language_team": "the contributors",
}


def read(language: str, folder: Path = LOCALES) -> Catalog:
    """The catalogue of a language, empty when there is none yet."""
    path = _path(language, folder)
    if not path.is_file():
        return Catalog(locale=language, fuzzy=False, **_HEADERS)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def update(language: str, folder: Path = LOCALES) -> Path:
    """Bring a language's file in step with the source; what was translated stays."""
    known = read(language, folder)
    begun = known.creation_date
    known.update(template(), no_fuzzy_matching=True)
    known.obsolete.clear()
    # Otherwise every run would change the file.
    known.creation_date = known.revision_date = begun
    path = _path(language, folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, known, width=110, sort_output=True, include_lineno=False, omit_header=False)
    return path


def untranslated(language: str, folder: Path = LOCALES) -> list[str]:
    """The sentences that this language still says in English."""
    known = read(language, folder)
    return [
        _first(message)
        for message in _sentences(template())
        if not _said(known.get(message.id, message.context))
    ]


def misfilled(language: str, folder: Path = LOCALES) -> list[str]:
    """The sentences whose translation leaves out a `{name}` or fills one that is not given."""
    known = _sentences(read(language, folder))
    return [_first(each) for each in known if _said(each) and _places(each.id) != _places(each.string)]


def _places(text: Any) -> set[str]:
    return {name for form in _forms(text) for _, name, _, _ in Formatter().parse(form) if name}


def _forms(text: Any) -> list[str]:
    return [text] if isinstance(text, str) else list(text)


def _sentences(catalogue: Catalog) -> Iterator[Message]:
    return (message for message in catalogue if message.id)


def _first(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def _said(message: Message | None) -> bool:
    if message is None or message.fuzzy:
        return False
    return bool(message.string) if isinstance(message.string, str) else all(message.string or [None])


def _path(language: str, folder: Path) -> Path:
    return folder / language / "LC_MESSAGES" / "shop.po"


def main() -> None:
    for language in sys.argv[1:] or languages():
        update(language)
        sys.stdout.write(f"{language}: {len(untranslated(language))} sentences to translate\n")
        sys.stdout.writelines(f"  check the {{names}} of: {text}\n" for text in misfilled(language))


if __name__ == "__main__":
    main()
