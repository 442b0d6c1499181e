"""Nothing that people read goes past the translators: no sentence, no button, no word of a page."""

import ast
from collections.abc import Callable, Iterator

import pytest

from cogs._ui.sentences import template
from tests.cogs.ui.unmarked import FOLDERS, ROOT, labels, on_pages, sentences, translated

type Find = Callable[[ast.Module], Iterator[tuple[int, str]]]

# Texts of two words or more that nobody of a shop reads, or that have no other language.
ELSEWHERE = {
    "cogs/_ui/catalogue.py": "what translators are told by their own tool",
    "cogs/_charts/canvas.py": "classes of shapes",
    "cogs/_charts/palette.py": "a style of a picture",
    "cogs/_charts/press.py": "what the log says of a picture",
    "cogs/discord_purchases.py": "the name of a task",
    "cogs/_ui/fault.py": "how the log joins two tracebacks",
    "bot/web/headers.py": "words of HTTP",
    "bot/web/share.py": "words of HTTP",
    "bot/web/theming.py": "a style of a page",
}
# Examples in a field to fill in, which are written so in every language, and a type.
SAME = {
    "Ada Lovelace",
    "SUMMER-10",
    "https://",
    "refresh_token",
    "USPS",
    "post",
    "US",
    "dict[str, Any]",
}
SOURCE = '''
"""A module of two words."""
TABLE = {"a key": "Marked nowhere", "b": later("Marked here")}
log.info("nobody reads this")

async def shown(visit, w):
    """Nor this one."""
    if not visit:
        raise ValueError("a bug is not read")
    await visit.say("Please read this")
    await visit.show(Card("Title" if visit else w("Marked"), f"{visit} left", footer=w(TABLE["a key"])))
    return Button("Press", Target("shop:page", 0)), Input("code", w("Code"), placeholder="Secret")
'''


def found_in(find: Find) -> list[tuple[str, str]]:
    """What is found, by file."""
    return [
        (path.relative_to(ROOT).as_posix(), f"line {line}: {text}")
        for folder in FOLDERS
        for path in sorted((ROOT / folder).rglob("*.py"))
        for line, text in find(ast.parse(path.read_text(encoding="utf-8")))
        if text not in SAME
    ]


@pytest.mark.parametrize(
    ("find", "texts"),
    [
        (sentences, ["Marked nowhere", "Please read this"]),
        (labels, ["Please read this", "Title", " left", "Press", "Secret"]),
        (translated, ["Marked nowhere", "Marked here"]),
    ],
)
def test_what_is_not_marked_is_found(find: Find, texts: list[str]) -> None:
    """In a table, in a call, behind a condition, within a text; marks, docstrings, logs and bugs are none."""
    assert sorted(text for _, text in find(ast.parse(SOURCE))) == sorted(texts)


def test_no_sentence_is_unmarked() -> None:
    """Every text of two words or more is within `w(...)`, `later(...)` or a command, wherever it goes."""
    found = found_in(sentences)
    assert [each for each in found if each[0] not in ELSEWHERE] == []
    assert set(ELSEWHERE) == {path for path, _ in found if path in ELSEWHERE}


def test_no_label_is_unmarked() -> None:
    """Nor any single word on a card, a button, a menu or a form."""
    assert found_in(labels) == []


def test_what_is_translated_by_name_is_marked_where_it_stands() -> None:
    """A table whose texts are given to `w(...)` has each of them in the catalogue."""
    known = {message.id if isinstance(message.id, str) else message.id[0] for message in template()}
    found = found_in(translated)
    assert len(found) > 50
    assert [each for each in found if each[1].partition(": ")[2] not in known] == []


def test_no_word_of_a_page_is_unmarked() -> None:
    """Templates of pages and letters hold marks and values, and no words of their own."""
    pages = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.html"))]
    assert len(pages) > 2
    assert {path.name: on_pages(path.read_text(encoding="utf-8")) for path in pages} == {
        path.name: [] for path in pages
    }
    assert on_pages("<p>Read {{ me }}</p>{% trans %}") == ["Read"]
