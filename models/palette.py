"""The colours of a theme, and whether a person can read one on another (WCAG 2, level AA)."""

import colorsys
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from math import floor
from typing import Any, NamedTuple, Self

AA = 4.5
_HEX = re.compile(r"#?([0-9a-fA-F]{6}|[0-9a-fA-F]{3})")
_STEPS = 255
_BLACK, _WHITE = "#000000", "#ffffff"


class Failing(NamedTuple):
    """A text that cannot be read on one of its grounds, and the nearest that can be read on all of them."""

    text: str
    ground: str
    ratio: float
    nearest: str | None


class Palette(NamedTuple):
    """Ten colours, each as #rrggbb in small letters."""

    sidebar: str
    container: str
    section_bg: str
    text: str
    primary: str
    muted: str
    border: str
    success: str
    warning: str
    error: str

    @property
    def light(self) -> bool:
        """Whether black is easier to read on it than white."""
        return contrast(_BLACK, self.container) >= contrast(_WHITE, self.container)

    @property
    def accent(self) -> int:
        """Its most telling colour, as Discord takes one."""
        return int(self.primary[1:], 16)

    def over(self, overrides: Mapping[str, Any]) -> Self:
        """This palette with stored overrides laid over it; what is no colour is left out."""
        return self._replace(**{name: value for name, value in _read(overrides) if value is not None})

    def failing(self, ratio: float = AA) -> Iterator[Failing]:
        """Every text that cannot be read on one of its grounds."""
        for text, grounds in READ_ON.items():
            found, below = getattr(self, text), [getattr(self, each) for each in grounds]
            for name, ground in zip(grounds, below, strict=True):
                if contrast(found, ground) < ratio:
                    shown = floor(contrast(found, ground) * 100) / 100
                    yield Failing(text, name, shown, nearest(found, *below, ratio=ratio))
                    break

    def legible(self) -> Self:
        """The same where all of it can be read, else with the nearest colours that can."""
        return self._replace(**_mended(self))


# Every text of a theme with the grounds it is written on; nothing is written on the sidebar.
READ_ON: Mapping[str, tuple[str, ...]] = {
    "text": ("container", "section_bg"),
    "muted": ("container", "section_bg"),
    "primary": ("container",),
    "success": ("section_bg",),
    "warning": ("section_bg",),
    "error": ("section_bg",),
}


@lru_cache(maxsize=512)
def _mended(palette: Palette) -> Mapping[str, str]:
    """What has to be another colour to be read; searching takes milliseconds, and every click asks."""
    failing, changed = list(palette.failing()), {}
    if any(each.nearest is None for each in failing):
        changed["section_bg"] = palette.container
        failing = list(palette._replace(**changed).failing())
    return changed | {each.text: each.nearest for each in failing if each.nearest}


_STORED = {"section_bg": "sectionBg"}
_SURFACES = ("sidebar", "container", "section_bg", "text")


def colour(typed: str) -> str | None:
    """A colour as people type it, such as #3D4FD1, 3d4fd1 or #abc; None for anything else."""
    found = _HEX.fullmatch(typed.strip())
    if found is None:
        return None
    digits = found[1].lower()
    return f"#{digits}" if len(digits) > 3 else "#" + "".join(each * 2 for each in digits)  # noqa: PLR2004 - #abc


def stored(colours: Mapping[str, str]) -> dict[str, Any]:
    """Overrides as they are stored: the surfaces and the text by themselves, the rest under `colors`."""
    surfaces = {_STORED.get(name, name): colours[name] for name in _SURFACES if name in colours}
    rest = {name: value for name, value in colours.items() if name not in _SURFACES}
    return surfaces | ({"colors": rest} if rest else {})


def own(overrides: Mapping[str, Any]) -> dict[str, str]:
    """The readable colours among stored overrides, by the names of a palette."""
    return {name: value for name, value in _read(overrides) if value is not None}


def _read(overrides: Mapping[str, Any]) -> Iterator[tuple[str, str | None]]:
    rest = overrides.get("colors")
    for name in Palette._fields:
        place = overrides if name in _SURFACES else rest
        value = place.get(_STORED.get(name, name)) if isinstance(place, Mapping) else None
        yield name, colour(value) if isinstance(value, str) else None


# How bright each of a colour's 256 shades is, as WCAG defines it.
_SHADES = [
    shade / 255 / 12.92 if shade / 255 <= 0.04045 else ((shade / 255 + 0.055) / 1.055) ** 2.4  # noqa: PLR2004
    for shade in range(256)
]


def _luminance(hexed: str) -> float:
    red, green, blue = (_SHADES[int(hexed[at : at + 2], 16)] for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """How well one colour is read on another: 1 for the same, 21 for black on white."""
    return _ratio(_luminance(one), _luminance(other))


def _ratio(one: float, other: float) -> float:
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)


def nearest(found: str, *grounds: str, ratio: float = AA) -> str | None:
    """The colour of this hue, nearest in lightness, that is read on all these grounds; None if none is."""
    red, green, blue = (int(found[at : at + 2], 16) / 255 for at in (1, 3, 5))
    hue, light, full = colorsys.rgb_to_hls(red, green, blue)
    below = [_luminance(ground) for ground in grounds]
    for step in range(_STEPS + 1):
        for towards in (light - step / _STEPS, light + step / _STEPS):
            tried = _hexed(*colorsys.hls_to_rgb(hue, min(max(towards, 0.0), 1.0), full))
            bright = _luminance(tried)
            if all(_ratio(bright, each) >= ratio for each in below):
                return tried
    return None


def _hexed(*parts: float) -> str:
    return "#" + "".join(f"{round(part * 255):02x}" for part in parts)
