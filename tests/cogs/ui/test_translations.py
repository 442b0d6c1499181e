"""Every language keeps what a sentence needs to work: marks, commands, names of buttons, lengths."""

import re
from collections.abc import Iterator

import pytest

from cogs._ui.catalogue import read
from cogs._ui.sentences import template
from cogs._ui.text import width
from cogs._ui.words import Words, languages
from tests.cogs.ui.labelled import labelled

LONGEST_VALUE = "x" * 12
_CODE = re.compile(r"`[^`]*`")
_SLASH = re.compile(r"(?<!\S)/[a-z]+")
_BOLD = re.compile(r"\*\*([^*]+)\*\*")
_MARKUP = re.compile(r"[<>&_~|\[\]]")

every_language = pytest.mark.parametrize("language", languages())


def pairs(language: str) -> Iterator[tuple[str, str]]:
    """Every sentence with its translation; each plural form with the English plural; no names of commands."""
    for message in read(language):
        if not message.id or message.context:
            continue
        forms = [message.string] if isinstance(message.string, str) else message.string or []
        source = message.id if isinstance(message.id, str) else message.id[-1]
        yield from ((source, form) for form in forms)


def test_german_and_spanish_are_spoken() -> None:
    """The tests of every language have these to look at."""
    assert {"de", "es"} <= set(languages())


@every_language
def test_a_language_says_what_the_shop_says_and_nothing_else(language: str) -> None:
    """Nothing is fuzzy, and nothing is kept that nobody says any more."""
    known = read(language)
    assert [message.id for message in known if message.fuzzy] == []
    assert {message.id for message in known} == {message.id for message in template()}
    assert not known.obsolete


@every_language
def test_marks_and_commands_stay(language: str) -> None:
    """Bold, code, emoji, line breaks and commands are those of the source, and no other markup comes in."""
    for source, said in pairs(language):
        assert said.count("**") == source.count("**"), said
        assert sorted(_CODE.findall(said)) == sorted(_CODE.findall(source)), said
        assert _SLASH.findall(said) == _SLASH.findall(source), said
        assert said.count("\n") == source.count("\n"), said
        assert re.findall(r"[⚠⏳✅💬✉]", said) == re.findall(r"[⚠⏳✅💬✉]", source), said
        assert _markup(said) <= _markup(source), said
        assert said == said.strip(), said


def _markup(text: str) -> set[str]:
    return set(_MARKUP.findall(re.sub(r"\{\w+\}|`[^`]*`", "", text)))


@every_language
def test_a_button_is_called_what_it_says(language: str) -> None:
    """A sentence that tells which button to press uses the word on that button."""
    w = Words(language)
    for source, said in pairs(language):
        assert sorted(_BOLD.findall(said)) == sorted(w(name) for name in _BOLD.findall(source)), said


@pytest.mark.parametrize("language", ["en-US", *languages()])
def test_controls_show_their_whole_text(language: str) -> None:
    """No title, label, option or placeholder is longer than Discord shows, values included."""
    w = Words(language)
    too_long = [each for each in labelled() if width(_filled(w(each.text))) > each.limit]
    assert too_long == []


def _filled(text: str) -> str:
    return re.sub(r"\{\w+\}", LONGEST_VALUE, text)


def test_the_controls_are_found() -> None:
    """Said at once, through a variable, a table, a loop, a function, or by a way to pay."""
    found = {(each.text, each.limit) for each in labelled()}
    assert found >= {
        ("I have paid", 80),
        ("My cart ({n})", 80),
        ("{n} pieces", 80),
        ("Change the address", 80),
        ("How many arrived?", 45),
        ("Where should we send it?", 45),
        ("As it stands in your account, for example {note}", 100),
        ("Answers: by direct message", 100),
        ("Roles of the staff", 150),
        ("Cashtag", 45),
    }
