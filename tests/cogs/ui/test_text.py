import pytest
from hypothesis import given
from hypothesis import strategies as st

from cogs._ui.text import code, cut, label, marked, plain, width

FAMILY = "👨\u200d👩\u200d👧"
ACCENTED = "e\u0301"


@given(st.text(), st.integers(min_value=1, max_value=60))
def test_a_cut_text_never_exceeds_its_limit(text: str, limit: int) -> None:
    """Whatever is written, Discord's clients count at most so many units."""
    made = cut(text, limit)
    assert width(made) <= limit
    assert made == text or made.endswith("…")


@pytest.mark.parametrize("text", ["", "abc", "ä" * 10, "😀" * 5])
def test_a_text_that_fits_stays_as_it_is(text: str) -> None:
    """Ten units fit into ten."""
    assert cut(text, 10) == text


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("abcdef", 4, "abc…"),
        ("ab      cd", 6, "ab…"),
        ("😀😀😀", 4, "😀…"),
        (f"ab{ACCENTED}{ACCENTED}", 4, "ab…"),
        (f"ab{FAMILY}{FAMILY}", 9, "ab…"),
        ("❤\ufe0f❤\ufe0f❤\ufe0f", 4, "❤\ufe0f…"),
    ],
)
def test_no_character_is_cut_in_two(text: str, limit: int, expected: str) -> None:
    """Surrogate pairs, accents and joined emoji stay whole or go."""
    assert cut(text, limit) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("**bold** _it_ ~~no~~ `x` ||y||", r"\*\*bold\*\* \_it\_ \~\~no\~\~ \`x\` \|\|y\|\|"),
        ("[click](https://evil.example)", "\\[click\\](https:\\//evil.example)"),
        ("<@123> <@&4> <#5> <t:6:R>", r"\<@123> \<@&4> \<#5> \<t:6:R>"),
        ("hi @everyone and @Here, a@b.example", "hi @\u200beveryone and @\u200bHere, a@b.example"),
        ("# big", r"\# big"),
        ("> quoted", r"\> quoted"),
        ("- item", r"\- item"),
        ("1. first", "1\u200b. first"),
        ("T-Shirt 3.5 (red) #4", "T-Shirt 3.5 (red) #4"),
        ("a\n\nb\tc", "a b c"),
        ("a\u202eb\u2066c\x00d", "abcd"),
    ],
)
def test_a_persons_text_stays_text(text: str, expected: str) -> None:
    """Markdown, mentions, links, line breaks and direction overrides lose their power."""
    assert plain(text) == expected


def test_line_breaks_are_kept_on_request_and_every_line_is_harmless() -> None:
    """A description keeps its paragraphs but gains no headings."""
    assert plain("one\n# two\r\n> three", lines=True) == "one\n\\# two\n\\> three"


def test_right_to_left_text_does_not_turn_its_surroundings() -> None:
    """An Arabic name is isolated, so that the price behind it stays where it is."""
    assert plain("قميص") == "\u2068قميص\u2069"


def test_code_cannot_be_broken_out_of() -> None:
    """A backtick in a reference becomes one that only looks like it."""
    assert code("a`b\n*c*").count("`") == 2
    assert code("  ") == "` `"


def test_staffs_own_marks_work_apart_from_pings_and_masked_links() -> None:
    """Bold stays bold; what pings, hides where it leads, or turns the line does not."""
    assert marked("**{donor}** gave {amount} https://aurora.example") == (
        "**{donor}** gave {amount} https://aurora.example"
    )
    said = marked("@everyone <@&1> [x](https://evil.example) \u202ex")
    for works in ("@everyone", "<@", "](", "\u202e"):
        assert works not in said


def test_labels_turn_no_line_and_hide_nothing() -> None:
    """Marks stay as they are, because none works there."""
    assert label("**Mug** \u202egnp.exe\x07", 80) == "**Mug** gnp.exe"
    assert label("x" * 90, 80) == "x" * 79 + "…"
    assert label("Grüße 👩‍👩‍👧", 80) == "Grüße 👩‍👩‍👧"
