"""The picture's colours, and that an accent of anybody's choice can be seen on them."""

import colorsys
import re
from pathlib import Path

STYLE = (Path(__file__).parent / "chart.css").read_text(encoding="utf-8")
# One opaque card for Discord's dark and light: whatever lies around it, inside the contrasts stay.
PICTURE = {
    "paper": "#1a1d25",
    "ink": "#f2f4f8",
    "muted": "#b4bccb",
    "line": "#343a47",
    "accent": "#8ea2ff",
    "bad": "#ff8f87",
    "chart-ghost": "#98a1b2",
    "chart-2": "#f2b65a",
    "chart-3": "#5fd0b5",
    "chart-4": "#f28fb8",
}
_FACE = '.chart text { font-family: "Source Sans Pro"; }\n'
# The page's paper, in light and in dark: an accent that is given has to be seen on both.
PAGES = ("#ffffff", "#1a1d25")
_HEX = re.compile(r"#[0-9a-fA-F]{6}")
_VARIABLE = re.compile(r"var\(--([a-z0-9-]+)\)")
_SEEN = 3.0


def picture_style(accent: str | None) -> str:
    """The stylesheet with the picture's colours in it; what rasterises it knows no properties."""
    colours = PICTURE | {"accent": visible(accent or "", PICTURE["paper"]) or PICTURE["accent"]}
    return _FACE + _VARIABLE.sub(lambda found: colours[found[1]], STYLE)


def visible(accent: str, *grounds: str) -> str | None:
    """The accent, or its nearest shade that stands out from all the grounds; None for what is no colour."""
    if not _HEX.fullmatch(accent):
        return None
    hue, light, vivid = colorsys.rgb_to_hls(*_shares(accent))
    steps = sorted((number / 100 for number in range(5, 100)), key=lambda other: abs(other - light))
    shades = (_written(colorsys.hls_to_rgb(hue, each, vivid)) for each in steps)
    if min(contrast(accent, ground) for ground in grounds) >= _SEEN:
        return accent.lower()
    return next((each for each in shades if min(contrast(each, on) for on in grounds) >= _SEEN), None)


def contrast(one: str, other: str) -> float:
    """How much two colours differ, from 1 to 21, as WCAG 2 computes it."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(share) for share in _shares(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(share: float) -> float:
    return share / 12.92 if share <= 0.04045 else float(((share + 0.055) / 1.055) ** 2.4)  # noqa: PLR2004 - sRGB


def _shares(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


def _written(shares: tuple[float, float, float]) -> str:
    return "#" + "".join(f"{round(share * 255):02x}" for share in shares)
