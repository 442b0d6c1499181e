"""Texts in a picture: harmless, measured, cut; and only what the picture's face can write."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from resvg_py import svg_to_bytes

from cogs._charts.lettering import BROWSER, PICTURE, clean, isolated, known, printable
from cogs._charts.press import _faces
from tests.cogs.charts.samples import HOSTILE, names


@given(names)
def test_a_cleaned_text_is_one_line_that_xml_can_hold(text: str) -> None:
    """No control, no half of a pair, nothing that turns the reading around."""
    made = clean(text)
    assert made == clean(made)
    assert "\n" not in made
    assert not {"\x00", "\x07", "\x1b", "\u202e", "\u2066", "\ufffe", "\uffff"} & set(made)
    made.encode()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "\U0001d4d5\U0001d4ea\U0001d4f7\U0001d4ec\U0001d502 \U0001d42c\U0001d421\U0001d428\U0001d429",
            "Fancy shop",
        ),
        ("  two\n\tlines\u2028and more ", "two lines and more"),
        ("e\u0301te\u0301", "été"),
        ("a\u0335b\u20ddc", "abc"),
        ("a" + "\u0323\u0301\u0302\u0303\u0304\u0305", "ạ\u0301\u0302"),
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
    ],
)
def test_fancy_letters_become_plain_ones(text: str, expected: str) -> None:
    """What people decorate names with is taken off; what makes a letter stays."""
    assert clean(text) == expected


@given(names, st.floats(30, 400), st.booleans())
def test_a_text_is_cut_to_its_room(text: str, room: float, bold: bool) -> None:
    """It fits, and it is the whole or says by its end that it is not."""
    made = BROWSER.fit(clean(text), room, 28, bold=bold)
    assert BROWSER.width(made, 28, bold=bold) <= room
    assert made == clean(text) or made.endswith("…") or not made


@pytest.mark.parametrize("family", ["👨\u200d👩\u200d👧", "👍🏽", "e\u0301"])
def test_no_cluster_is_cut_in_two(family: str) -> None:
    """A family, a tone of skin and an accent stay whole or go."""
    text = family * 20
    for room in range(40, 400, 7):
        made = BROWSER.fit(text, room, 28).removesuffix("…")
        assert len(made) % len(family) == 0, made


@pytest.mark.parametrize(
    ("text", "expected"),
    [("🎮 Game key 🎁", "Game key"), ("Jürgen Ωμέγα Жук", "Jürgen Ωμέγα Жук"), ("漢字", ""), ("قميص", "")],
)
def test_a_picture_writes_what_its_face_has(text: str, expected: str) -> None:
    """Little pictures are left out; a name in another script is not written in part."""
    assert printable(clean(text)) == expected


def _glyph(character: str, face: str) -> bytes:
    markup = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="48" height="48">'
        f'<text x="8" y="36" font-size="32" font-family="Source Sans Pro">&#{ord(character)};</text></svg>'
    )
    return svg_to_bytes(svg_string=markup, skip_system_fonts=True, font_files=[face])


def _letters() -> Iterator[str]:
    return (chr(code) for code in range(0x21, 0x2200) if known(chr(code)) and not chr(code).isspace())


@pytest.mark.parametrize("face", _faces())
def test_the_face_has_every_letter_that_is_said_to_be_known(face: str) -> None:
    """None of them is drawn as the box that stands for a missing letter."""
    box = _glyph("漢", face)
    assert _glyph("\U0001f600", face) == box
    letters = list(_letters())
    assert len(letters) > 500
    assert [each for each in letters if _glyph(each, face) == box] == []


@pytest.mark.parametrize("text", [each for each in HOSTILE if clean(each)])
def test_the_pictures_face_is_narrower(text: str) -> None:
    """So what fits a page fits a picture."""
    for bold in (False, True):
        assert PICTURE.width(text, 28, bold=bold) < BROWSER.width(text, 28, bold=bold)


def test_a_name_from_right_to_left_turns_nothing_around() -> None:
    """It is isolated from the figures that follow it; others are left alone."""
    assert isolated("قميص") == "\u2068قميص\u2069"
    assert isolated("Mug") == "Mug"
