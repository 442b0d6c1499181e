"""A look as the properties that the stylesheet is written with."""

from models.palette import Palette
from services.themes import Look

_PROPERTIES = {
    "ground": "sidebar",
    "paper": "container",
    "section": "section_bg",
    "ink": "text",
    "muted": "muted",
    "line": "border",
    "accent": "primary",
    "good": "success",
    "good-ground": "section_bg",
    "open": "warning",
    "open-ground": "section_bg",
    "bad": "error",
    "bad-ground": "section_bg",
    "quiet": "muted",
    "quiet-ground": "section_bg",
    "chart-ghost": "muted",
    "chart-2": "warning",
    "chart-3": "success",
    "chart-4": "error",
}


def stylesheet(look: Look) -> str:
    """The look for screens; paper stays black on white."""
    written = f"@media screen {{ {_root(look.palette)} }}"
    if look.other is None:
        return written
    scheme = _scheme(look.other)
    return f"{written} @media screen and (prefers-color-scheme: {scheme}) {{ {_root(look.other)} }}"


def _root(palette: Palette) -> str:
    colours = "; ".join(f"--{name}: {getattr(palette, field)}" for name, field in _PROPERTIES.items())
    return f":root {{ color-scheme: {_scheme(palette)}; {colours} }}"


def _scheme(palette: Palette) -> str:
    return "light" if palette.light else "dark"
