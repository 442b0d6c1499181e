"""How a shop looks: the theme that counts for a person, without ever failing a page for its sake."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from pymongo.errors import DuplicateKeyError

from models.access import User
from models.base import Db
from models.member import Member
from models.palette import Palette
from models.required import required
from models.tenant import BotConfig
from models.theme import UserSettings, UserTheme
from services.memories import Memories
from services.remembered import Remembered
from services.shops import Shop
from services.system_themes import LIGHT, counterpart

_REMEMBERED = timedelta(seconds=2)


@dataclass(frozen=True)
class Look:
    """The colours of a page; `other` is for screens set to the other of light and dark, None: the same."""

    palette: Palette
    other: Palette | None = None


@dataclass(frozen=True)
class _Wardrobe:
    themes: Mapping[str, UserTheme]
    worn_by_some: bool


class Themes:
    """Finds the theme of a shop and of a person, who wears their own on their own cards."""

    def __init__(self, db: Db, memories: Memories) -> None:
        self._db = db
        self._wardrobes: Remembered[str, _Wardrobe] = memories.make("themes", _REMEMBERED)
        self._worn: Remembered[tuple[str, str], str | None] = memories.make("themes", _REMEMBERED)

    def forget(self) -> None:
        """Read anew what themes there are and who wears which, after a change."""
        # What they wear is remembered under the same name.
        self._wardrobes.forget()

    async def look(self, config: BotConfig, discord_id: str | None = None) -> Look | None:
        """The colours for this person, or for everybody; None where the shop looks as it comes.

        A person's own theme is as they chose it. The shop's follows each screen in light and dark.
        """
        wardrobe = await self._wardrobe(config.tenant_id)
        mine = await self._mine(config.tenant_id, discord_id, wardrobe) if discord_id else None
        if mine is not None:
            return Look(palette_of(mine, wardrobe.themes))
        shops = wardrobe.themes.get(config.theme_id or "")
        if shops is None:
            return None
        palette = palette_of(shops, wardrobe.themes)
        return Look(palette, counterpart(palette))

    async def accent(self, config: BotConfig, discord_id: str | None = None) -> int | None:
        """The colour of plain cards, as Discord takes one; None where they are as they come."""
        look = await self.look(config, discord_id)
        return look.palette.accent if look else None

    async def all(self, shop: Shop) -> Sequence[UserTheme]:
        """Every theme that this shop and its members may choose, the system's first."""
        return await UserTheme.visible(self._db, shop.id)

    async def chosen(self, shop: Shop, member: Member) -> UserTheme | None:
        """The member's own theme; None where they have the shop's."""
        return await self._mine(shop.id, member.discord_id, await self._wardrobe(shop.id))

    async def choose(self, shop: Shop, member: Member, theme_id: str | None) -> None:
        """Let this be the member's own theme, None for the shop's; raises NotFound."""
        if theme_id is not None:
            required(await UserTheme.get(self._db, shop.id, theme_id), "theme")
        user = await User.of_member(self._db, shop.id, member)
        try:
            await UserSettings.choose_theme(self._db, shop.id, user.key, theme_id)
        except DuplicateKeyError:  # another click of theirs wrote the first settings
            await UserSettings.choose_theme(self._db, shop.id, user.key, theme_id)
        self.forget()

    async def _wardrobe(self, tenant_id: str) -> _Wardrobe:
        return await self._wardrobes.get(tenant_id, partial(self._open, tenant_id))

    async def _open(self, tenant_id: str) -> _Wardrobe:
        themes, worn = await asyncio.gather(
            UserTheme.visible(self._db, tenant_id), UserSettings.any_theme(self._db, tenant_id)
        )
        return _Wardrobe({theme.key: theme for theme in themes}, worn)

    async def _mine(self, tenant_id: str, discord_id: str, wardrobe: _Wardrobe) -> UserTheme | None:
        if not wardrobe.worn_by_some:
            # Nearly every shop: nobody's click has to wait for a question about themes.
            return None
        key = (tenant_id, discord_id)
        worn = await self._worn.get(key, partial(self._ask, *key))
        return wardrobe.themes.get(worn or "")

    async def _ask(self, tenant_id: str, discord_id: str) -> str | None:
        user = await User.of_discord(self._db, tenant_id, discord_id)
        if user is None:
            return None
        settings = await UserSettings.of_user(self._db, tenant_id, user.key)
        return settings.active_theme_id if settings else None


def palette_of(theme: UserTheme, themes: Mapping[str, UserTheme]) -> Palette:
    """A theme's colours over those of its bases; what cannot be read is moved to the nearest that can.

    A base that is gone, or that leads back to the theme, ends the chain: what is missing is as in Light.
    """
    return bare_palette(theme, themes).legible()


def bare_palette(theme: UserTheme, themes: Mapping[str, UserTheme]) -> Palette:
    """The same as it is written, also where it cannot be read."""
    palette = LIGHT
    for each in reversed(chain(theme, themes)):
        palette = palette.over(each.overrides)
    return palette


def chain(theme: UserTheme, themes: Mapping[str, UserTheme]) -> list[UserTheme]:
    """The theme and its bases, each once."""
    found: dict[str, UserTheme] = {}
    at: UserTheme | None = theme
    while at is not None and at.key not in found:
        found[at.key] = at
        at = themes.get(at.base_theme_id or "")
    return list(found.values())
