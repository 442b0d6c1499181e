import re

import pytest

from bot.web.pages import TEMPLATES
from cogs._charts import STYLE as CHARTS

STYLE = (TEMPLATES / "style.css").read_text(encoding="utf-8")
READ_ON = {
    "paper": ("ink", "muted", "accent", "quiet"),
    "section": ("ink", "muted"),
    "good-ground": ("good",),
    "open-ground": ("open",),
    "bad-ground": ("bad",),
    "quiet-ground": ("quiet",),
}
DRAWN_ON_PAPER = ("accent", "chart-ghost", "chart-2", "chart-3", "chart-4", "bad", "muted")


def palette(scheme: str) -> dict[str, str]:
    """The colours of a scheme, by their names; dark ones lie over the light ones."""
    light, dark = re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL)[:2]
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", light))
    return colours | dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", dark)) if scheme == "dark" else colours


def luminance(colour: str) -> float:
    """The relative luminance as WCAG 2 defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    bright, dim = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read_on_its_ground(scheme: str) -> None:
    """All pairs of text and ground reach WCAG AA, 4.5 to 1."""
    colours = palette(scheme)
    for ground, texts in READ_ON.items():
        for text in texts:
            assert contrast(colours[text], colours[ground]) >= 4.5, (scheme, text, ground)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_line_of_a_chart_can_be_seen_on_paper(scheme: str) -> None:
    """Lines, bars and axes reach what WCAG asks of graphics, 3 to 1."""
    colours = palette(scheme)
    for drawn in DRAWN_ON_PAPER:
        assert contrast(colours[drawn], colours["paper"]) >= 3, (scheme, drawn)


def test_charts_bring_no_colour_of_their_own() -> None:
    """Their rules name the properties, so that a theme and the dark scheme reach them."""
    asked = set(re.findall(r"var\(--([\w-]+)\)", CHARTS))
    assert asked
    assert asked <= palette("light").keys()
    assert re.findall(r"#[0-9a-f]{3,8}\b|url|@import", CHARTS) == []


def test_both_schemes_and_paper_set_every_colour() -> None:
    """A theme that replaces the properties replaces all there is, and ink is never light on white paper."""
    light, dark, printed = (
        set(re.findall(r"--([\w-]+):", block)) for block in re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL)
    )
    assert light == dark == printed


def test_colours_stand_in_the_properties_alone() -> None:
    """Apart from shadows and the print border no rule names a colour of its own."""
    rules = re.sub(r":root \{.*?\}", "", STYLE, flags=re.DOTALL)
    assert set(re.findall(r"#[0-9a-f]{3,8}\b", rules)) <= {"#000000"}
