"""What the audit log says of staff: each code that the shop writes has words, and each word has a code."""

import re

import pytest

from cogs._ui.words import Words, languages
from cogs.admin._act_words import ACTS, AREAS, act_words
from cogs.admin._audit_list import sign
from services.audit_search import area
from tests.acts import ROOT, Module, written

CODE = re.compile(r"[a-z]+(\.[a-z_]+)+")


def test_every_code_that_is_written_has_words_and_no_other() -> None:
    """A code whose words are missing would be read as a code; words of a code that is gone only mislead."""
    codes = {code for codes in written().values() for code in codes}
    assert all(CODE.fullmatch(code) for code in codes), "what is written must be readable in the source"
    assert codes == set(ACTS)
    assert len(codes) > 80
    assert {area(code) for code in codes} == set(AREAS)


def test_nobody_writes_past_the_audit() -> None:
    """So that its calls are all there are."""
    rooms = ("bot", "cogs", "models", "services")
    found = {
        path.relative_to(ROOT).as_posix()
        for room in rooms
        for path in (ROOT / room).rglob("*.py")
        if "AuditLog(\n" in path.read_text()
    }
    assert found == {"services/audit.py"}


def test_a_menu_holds_the_parts_and_tells_all_apart() -> None:
    """Discord takes 25 options, one of which is for every act; no two read alike, in no language."""
    assert len(AREAS) <= 24
    assert len({sign(each) for each in [*ACTS, *AREAS]}) == len(ACTS) + len(AREAS)
    for language in ["en", *languages()]:
        w = Words.of(language)
        for table in (ACTS, AREAS):
            assert len({w(words) for words in table.values()}) == len(table)
        assert max(len(w(words)) for words in ACTS.values()) <= 70


def test_a_code_of_another_version_is_shown_as_it_is() -> None:
    """Old acts stay readable after their code has gone."""
    assert act_words("shop.sell", Words.of("de")) == "shop.sell"
    assert act_words("payment.refund", Words.of("de")) == "Geld zurückgegeben"


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("self._audit.record(shop, actor, 'a.b', x)", ["a.b"]),
        ("self._audit.record(shop, actor, entity=x, action='a.b')", ["a.b"]),
        ("self.audit.record_many(shop, actor, 'a.b' if y else 'a.c', x)", ["a.b", "a.c"]),
        ("def f():\n act = 'a.b' if y else 'a.c'\n self._audit.record(s, a, act, x)", ["a.b", "a.c"]),
        ("K = {1: 'a.b', 2: 'a.c'}\ndef f(m):\n self._audit.record(s, a, K[m], x)", ["a.b", "a.c"]),
        ("def f(m):\n for k, t in ((1, 'a.b'), (2, 'a.c')):\n  audit.record(s, a, t, x)", ["a.b", "a.c"]),
        (
            """
def f(self, t):
    def work():
        self._audit.record(s, a, t, x)
def g(self):
    self.f('a.b')
    self.f(t='a.c')
""",
            ["a.b", "a.c"],
        ),
        ("self._payments.record(shop, actor, 'a.b', x)", []),
    ],
)
def test_codes_are_found_however_they_are_written(text: str, codes: list[str]) -> None:
    """Plainly, by choice, out of a table, or handed on."""
    assert Module(text).codes() == codes


@pytest.mark.parametrize("what", ["f'ship.{what}'", "code_of(x)", "given"])
def test_what_the_source_does_not_tell_is_seen(what: str) -> None:
    """The rule can fail."""
    (code,) = Module(f"def f(self, given):\n self._audit.record(shop, actor, {what}, x)").codes()
    assert not CODE.fullmatch(code)
