"""Colours: WCAG's own examples, what people type, and that nothing a theme shows is ever unreadable."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.palette import AA, READ_ON, Palette, colour, contrast, nearest, own, stored
from services.system_themes import LIGHT, SYSTEM_THEMES, counterpart

COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")
PALETTES = st.tuples(*[COLOURS] * len(Palette._fields)).map(lambda each: Palette(*each))
# The machine may be busy with other tests.
patiently = settings(deadline=None)
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | COLOURS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
KEYS = st.sampled_from(["sidebar", "container", "sectionBg", "text", "colors", "primary", "$where", "x"])


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#ffffff", "#ffffff", 1.0),
        ("#777777", "#ffffff", 4.48),
        ("#767676", "#ffffff", 4.54),
        ("#ff0000", "#ffffff", 4.0),
    ],
)
def test_contrast_is_what_wcag_says(one: str, other: str, ratio: float) -> None:
    """Known pairs, whichever comes first."""
    assert round(contrast(one, other), 2) == ratio
    assert contrast(one, other) == contrast(other, one)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("#3D4FD1", "#3d4fd1"),
        (" 3d4fd1 ", "#3d4fd1"),
        ("#abc", "#aabbcc"),
        ("", None),
        ("red", None),
        ("#12345", None),
        ("#1234567", None),
        ("#３d4fd1", None),  # noqa: RUF001 - a digit of another script
        ("#fff;} body{display:none", None),
        ("#" + "f" * 4000, None),
    ],
)
def test_a_colour_is_read_as_people_write_it(typed: str, found: str | None) -> None:
    """Six or three digits, with or without the sign, and nothing else."""
    assert colour(typed) == found


@patiently
@given(COLOURS, COLOURS)
def test_on_one_ground_there_is_always_a_colour_that_can_be_read(found: str, ground: str) -> None:
    """What passes stays, what does not is moved no further than it takes."""
    moved = nearest(found, ground)
    assert moved is not None
    assert contrast(moved, ground) >= AA
    if contrast(found, ground) >= AA:
        assert contrast(moved, ground) >= AA
        assert sum(abs(int(found[at : at + 2], 16) - int(moved[at : at + 2], 16)) for at in (1, 3, 5)) <= 3


@patiently
@given(PALETTES)
def test_any_ten_colours_become_a_theme_that_can_be_read(palette: Palette) -> None:
    """Every text reaches 4.5 on every ground it stands on, in the palette and its counterpart."""
    for shown in (palette.legible(), counterpart(palette)):
        for text, grounds in READ_ON.items():
            for ground in grounds:
                assert contrast(getattr(shown, text), getattr(shown, ground)) >= AA
    assert palette.legible().container == palette.container
    assert counterpart(palette).light is not palette.light


@patiently
@given(PALETTES)
def test_a_refusal_names_a_real_failure_and_a_suggestion_that_works(palette: Palette) -> None:
    """Taking over every suggestion leaves nothing to refuse, unless there was none."""
    failing = list(palette.failing())
    for each in failing:
        assert each.ratio <= contrast(getattr(palette, each.text), getattr(palette, each.ground)) < AA
    if all(each.nearest for each in failing):
        taken = palette._replace(**{each.text: each.nearest for each in failing if each.nearest})
        assert not list(taken.failing())


@patiently
@given(PALETTES)
def test_what_is_stored_comes_back(palette: Palette) -> None:
    """The dictionary's names in the database, ours in the code."""
    kept = stored(palette._asdict())
    assert set(kept) == {"sidebar", "container", "sectionBg", "text", "colors"}
    assert LIGHT.over(kept) == palette
    assert own(kept) == palette._asdict()


@patiently
@given(st.dictionaries(KEYS, JUNK, max_size=6))
def test_junk_among_the_overrides_is_left_out(overrides: dict[str, Any]) -> None:
    """Whatever somebody wrote into the database, ten colours come out."""
    made = LIGHT.over(overrides)
    assert all(colour(each) == each for each in made)


@pytest.mark.parametrize("theme", SYSTEM_THEMES, ids=lambda theme: theme.slug)
def test_the_themes_that_ship_can_be_read(theme: Any) -> None:
    """All of them by WCAG AA as they are, and High contrast by AAA."""
    ratio = 7.0 if theme.slug == "high-contrast" else AA
    assert not list(theme.palette.failing(ratio))
    assert all(colour(each) == each for each in theme.palette)
    assert theme.palette.legible() == theme.palette
