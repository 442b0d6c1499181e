"""The picture's colours can be told from its card, whatever the accent."""

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cogs._charts.palette import PAGES, PICTURE, STYLE, contrast, picture_style, visible

colours = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")
# Discord's grounds around an embed's picture: dark, midnight and light.
DISCORD = ("#2b2d31", "#000000", "#f2f3f5")
LINE_SHARE = 0.45


def mixed(colour: str, ground: str, share: float) -> str:
    """A colour that lets its ground shine through."""
    parts = zip(*(bytes.fromhex(each[1:]) for each in (colour, ground)), strict=True)
    return "#" + "".join(f"{round(one * share + other * (1 - share)):02x}" for one, other in parts)


def test_contrast_is_that_of_wcag() -> None:
    """Known values: black on white, a colour on itself, and a grey that just passes."""
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#3d4fd1", "#3d4fd1") == 1
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("text", ["ink", "muted"])
def test_every_text_of_the_picture_can_be_read(text: str) -> None:
    """WCAG AA on the card, which is opaque, so Discord's theme does not matter."""
    assert contrast(PICTURE[text], PICTURE["paper"]) >= 4.5


@pytest.mark.parametrize("drawn", ["accent", "bad", "chart-ghost", "chart-2", "chart-3", "chart-4"])
def test_every_line_of_the_picture_can_be_seen(drawn: str) -> None:
    """3 to 1 on the card, and on the track that a bar lies on."""
    track = mixed(PICTURE["line"], PICTURE["paper"], LINE_SHARE)
    assert f".c-track {{ fill: var(--line); fill-opacity: {LINE_SHARE}; }}" in STYLE
    assert contrast(PICTURE[drawn], PICTURE["paper"]) >= 3
    assert contrast(PICTURE[drawn], track) >= 3


def test_the_steps_of_a_heat_map_grow() -> None:
    """Each differs from the one before, from the quiet ground to the full accent."""
    shares = [float(each) for each in re.findall(r"\.c-heat-[1-4] .*?fill-opacity: ([\d.]+)", STYLE)]
    steps = [mixed(PICTURE["line"], PICTURE["paper"], 0.55)]
    steps += [mixed(PICTURE["accent"], PICTURE["paper"], share) for share in (*shares, 1.0)]
    against = [contrast(each, PICTURE["paper"]) for each in steps]
    assert len(steps) == 6
    assert all(one * 1.15 < other for one, other in pairwise(against))


@given(colours)
def test_any_accent_becomes_one_that_can_be_seen(accent: str) -> None:
    """On the picture's card, and on light and dark paper at once; what can be seen stays as it is."""
    for grounds in ((PICTURE["paper"],), PAGES):
        shade = visible(accent, *grounds)
        assert shade is not None
        assert min(contrast(shade, ground) for ground in grounds) >= 3
        if min(contrast(accent, ground) for ground in grounds) >= 3:
            assert shade == accent


@given(st.text(max_size=9).filter(lambda text: not re.fullmatch("#[0-9a-fA-F]{6}", text)))
def test_what_is_no_colour_is_none(text: str) -> None:
    """A theme's field holds what people type."""
    assert visible(text, "#ffffff") is None
    assert picture_style(text) == picture_style(None)


def test_the_pictures_style_leaves_no_property_open() -> None:
    """What rasterises it knows none."""
    assert "var(" not in picture_style("#ff0000")
    assert f"color: {visible('#ff0000', PICTURE['paper'])}" in picture_style("#ff0000")


@pytest.mark.parametrize("ground", DISCORD)
def test_the_cards_texts_are_read_on_the_card(ground: str) -> None:
    """Whatever Discord shows around it lies at the edge, where nothing is written."""
    assert contrast(PICTURE["ink"], PICTURE["paper"]) > contrast(PICTURE["paper"], ground)
