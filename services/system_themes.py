"""The themes that come with the shop, brought up to date at every start."""

from functools import lru_cache
from typing import NamedTuple

from pymongo.errors import DuplicateKeyError

from models.base import Db
from models.palette import Palette, stored
from models.theme import UserTheme


class SystemTheme(NamedTuple):
    """A theme of ours; the slug is its name for ever."""

    slug: str
    name: str
    palette: Palette


LIGHT = Palette(
    sidebar="#eef0f4",
    container="#ffffff",
    section_bg="#eef1f6",
    text="#1b1f27",
    primary="#3d4fd1",
    muted="#59616f",
    border="#dfe3ea",
    success="#14572d",
    warning="#6a4600",
    error="#8c1b1b",
)
DARK = Palette(
    sidebar="#0f1116",
    container="#1a1d25",
    section_bg="#252a35",
    text="#eceff4",
    primary="#9dabff",
    muted="#a4adbc",
    border="#313744",
    success="#8fe0ab",
    warning="#f3cf7a",
    error="#ffb0ac",
)
_CONTRAST = Palette(
    sidebar="#000000",
    container="#000000",
    section_bg="#101010",
    text="#ffffff",
    primary="#ffe600",
    muted="#e6e6e6",
    border="#ffffff",
    success="#7dffa8",
    warning="#ffd166",
    error="#ffb3b3",
)
_FOREST = Palette(
    sidebar="#dfe8d8",
    container="#fbfaf3",
    section_bg="#edf1e2",
    text="#22301f",
    primary="#2f6b3a",
    muted="#56634f",
    border="#cfd9c3",
    success="#1d5a2c",
    warning="#6b4a05",
    error="#8a241c",
)
_HARBOUR = Palette(
    sidebar="#071622",
    container="#0e2435",
    section_bg="#173349",
    text="#e8f1f7",
    primary="#5fd0e6",
    muted="#a3bccd",
    border="#27475f",
    success="#8be3b4",
    warning="#f5cd79",
    error="#ffb4a8",
)
_ORCHID = Palette(
    sidebar="#f6e6f1",
    container="#fffafd",
    section_bg="#f9ebf4",
    text="#33172b",
    primary="#a3206f",
    muted="#74526a",
    border="#ecd0e1",
    success="#1f5a35",
    warning="#6f4600",
    error="#94162f",
)
SYSTEM_THEMES = (
    SystemTheme("light", "Light", LIGHT),
    SystemTheme("dark", "Dark", DARK),
    SystemTheme("high-contrast", "High contrast", _CONTRAST),
    SystemTheme("forest", "Forest", _FOREST),
    SystemTheme("harbour", "Harbour", _HARBOUR),
    SystemTheme("orchid", "Orchid", _ORCHID),
)


async def seed_system_themes(db: Db) -> None:
    """Make the stored system themes those that ship; safe to repeat and for several processes at once."""
    for theme in SYSTEM_THEMES:
        overrides = stored(theme.palette._asdict())
        try:
            await UserTheme.set_system(db, theme.slug, theme.name, overrides)
        except DuplicateKeyError:  # another process of ours seeded it first
            await UserTheme.set_system(db, theme.slug, theme.name, overrides)


@lru_cache(maxsize=512)
def counterpart(palette: Palette) -> Palette:
    """The same theme for screens that are set to the other of light and dark: neutral, with its accent."""
    other = DARK if palette.light else LIGHT
    return other._replace(primary=palette.primary).legible()
