"""A shop's own themes as staff make them, and the one that the shop wears."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bson import ObjectId
from pymongo.errors import DuplicateKeyError

from models.access import User
from models.base import Db, Tx, transact, visible
from models.errors import AlreadyExists, BadInput, ChangedMeanwhile, LowContrast, NotFound
from models.member import Member
from models.palette import Palette, colour, own, stored
from models.required import required
from models.storefront import Storefront
from models.tenant import BotConfig
from models.theme import UserSettings, UserTheme
from services.audit import Audit
from services.clock import Clock
from services.shops import Shop, Shops
from services.storable import well_formed
from services.themes import Themes, bare_palette, chain, palette_of

# With the system's they fit into one menu, with room for two people who make one at once.
MAX_OWN = 15
_NAME = 60
_PLAIN = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True)
class ThemeView:
    """A theme with its colours, what it is built on, and whether the shop wears it."""

    theme: UserTheme
    palette: Palette
    base: UserTheme | None
    worn: bool

    @property
    def mine(self) -> bool:
        """Whether it is the shop's own, so that staff may change it."""
        return not self.theme.is_system


class ThemeDesk:
    """Makes, changes and deletes themes of the shop's own; the system's are for everybody and stay."""

    def __init__(self, db: Db, clock: Clock, *, audit: Audit, shops: Shops, themes: Themes) -> None:
        self._db = db
        self._clock = clock
        self._audit = audit
        self._shops = shops
        self._themes = themes

    async def views(self, shop: Shop) -> list[ThemeView]:
        """Every theme that the shop may wear, the system's first."""
        known = {theme.key: theme for theme in await UserTheme.visible(self._db, shop.id)}
        return [_view(theme, known, shop) for theme in known.values()]

    async def view(self, shop: Shop, key: str) -> ThemeView:
        """One of them; raises NotFound."""
        found = next((each for each in await self.views(shop) if each.theme.key == key), None)
        return required(found, "theme")

    async def make(self, shop: Shop, actor: Member, name: str, base_key: str) -> ThemeView:
        """A new theme that looks as its base so far; raises NotFound, BadInput and AlreadyExists."""
        base, theme_id = await self.view(shop, base_key), ObjectId()
        name = _name(name)
        if sum(each.mine for each in await self.views(shop)) >= MAX_OWN:
            raise BadInput("theme", "too_many_themes", MAX_OWN)
        user = await User.of_member(self._db, shop.id, actor)
        theme = UserTheme(
            id=theme_id,
            name=name,
            slug=_slug(name, theme_id),
            owner_user_id=user.key,
            tenant_id=shop.id,
            base_theme_id=base.theme.key,
        )

        async def work(tx: Tx) -> None:
            await theme.insert(self._db, tx=tx)
            after = {"name": name, "baseThemeId": theme.base_theme_id}
            await self._audit.record(shop.id, actor, "theme.make", theme, after=after, tx=tx)

        await self._named(work)
        return await self.view(shop, theme.key)

    async def rename(self, shop: Shop, actor: Member, key: str, name: str, version: int) -> ThemeView:
        """Rename one of the shop's own; raises NotFound, BadInput, AlreadyExists and ChangedMeanwhile."""
        return await self._edit(shop, actor, await self._mine(shop, key, version), {"name": _name(name)})

    async def colour(
        self, shop: Shop, actor: Member, key: str, typed: Mapping[str, str], version: int
    ) -> ThemeView:
        """Set colours by the names of a palette; an empty one is as in the base.

        Raises NotFound, BadInput for what is no colour, LowContrast for what could not be read, and
        ChangedMeanwhile.
        """
        seen = await self._mine(shop, key, version)
        colours = {**own(seen.theme.overrides), **_typed(typed)}
        overrides = stored({name: value for name, value in colours.items() if value is not None})
        known = {theme.key: theme for theme in await UserTheme.visible(self._db, shop.id)}
        _readable(seen.theme.model_copy(update={"overrides": overrides}), known)
        return await self._edit(shop, actor, seen, {"overrides": overrides})

    async def rebase(self, shop: Shop, actor: Member, key: str, base_key: str, version: int) -> ThemeView:
        """Build one of the shop's own on another theme.

        Raises NotFound, BadInput where it would lead back to itself, LowContrast and ChangedMeanwhile.
        """
        seen, base = await self._mine(shop, key, version), await self.view(shop, base_key)
        known = {theme.key: theme for theme in await UserTheme.visible(self._db, shop.id)}
        if seen.theme.key in {each.key for each in chain(base.theme, known)}:
            raise BadInput("base", "theme_base")
        _readable(seen.theme.model_copy(update={"base_theme_id": base.theme.key}), known)
        return await self._edit(shop, actor, seen, {"baseThemeId": base.theme.key})

    async def delete(self, shop: Shop, actor: Member, key: str, version: int) -> None:
        """Delete one of the shop's own; who wears it looks as the shop, or as it comes.

        Raises NotFound, BadInput where others are built on it, and ChangedMeanwhile.
        """
        seen = await self._mine(shop, key, version)

        async def work(tx: Tx) -> None:
            known = await UserTheme.visible(self._db, shop.id, tx=tx)
            above = [each.name for each in known if each.base_theme_id == key]
            if above:
                raise BadInput("theme", "theme_in_use", ", ".join(above))
            if not await UserTheme.drop(self._db, shop.id, seen.theme, tx=tx):
                raise ChangedMeanwhile
            await BotConfig.undress(self._db, shop.id, key, tx=tx)
            worn = await UserSettings.let_go(self._db, shop.id, key, tx=tx)
            before = {"name": seen.theme.name, "overrides": seen.theme.overrides, "wornBy": worn}
            await self._audit.record(shop.id, actor, "theme.delete", seen.theme, before=before, tx=tx)
            await Storefront.mark(self._db, shop.id, self._clock.now(), tx=tx)

        await transact(self._db, work)
        self._shops.forget()
        self._themes.forget()

    async def wear(self, shop: Shop, actor: Member, key: str | None) -> Shop:
        """Let the shop look like this, None for as it comes; raises NotFound and ChangedMeanwhile."""
        if key is not None:
            await self.view(shop, key)
        return await self._shops.configure(shop, actor, theme_id=key)

    async def _mine(self, shop: Shop, key: str, version: int) -> ThemeView:
        seen = await self.view(shop, key)
        if not seen.mine:
            raise NotFound("theme")
        if seen.theme.version != version:
            raise ChangedMeanwhile
        return seen

    async def _edit(self, shop: Shop, actor: Member, seen: ThemeView, fields: dict[str, Any]) -> ThemeView:
        whole = seen.theme.model_dump_doc()
        before = {name: whole[name] for name in fields}

        async def work(tx: Tx) -> None:
            now = await UserTheme.edit(self._db, shop.id, seen.theme, fields, tx=tx)
            if now is None:
                raise ChangedMeanwhile
            await self._audit.record(shop.id, actor, "theme.edit", now, before=before, after=fields, tx=tx)
            await Storefront.mark(self._db, shop.id, self._clock.now(), tx=tx)

        await self._named(work)
        return await self.view(shop, seen.theme.key)

    async def _named(self, work: Any) -> None:
        try:
            await transact(self._db, work)
        except DuplicateKeyError as error:
            raise AlreadyExists("theme") from error
        finally:
            self._themes.forget()


def _view(theme: UserTheme, known: Mapping[str, UserTheme], shop: Shop) -> ThemeView:
    base = known.get(theme.base_theme_id or "")
    return ThemeView(theme, palette_of(theme, known), base, shop.config.theme_id == theme.key)


def _readable(theme: UserTheme, known: Mapping[str, UserTheme]) -> None:
    failing = next(bare_palette(theme, {**known, theme.key: theme}).failing(), None)
    if failing is not None:
        raise LowContrast(*failing)


def _typed(typed: Mapping[str, str]) -> dict[str, str | None]:
    found = {name: colour(text) for name, text in typed.items() if name in Palette._fields}
    for name, value in found.items():
        if value is None and typed[name].strip():
            raise BadInput(name, "not_a_colour")
    return found


def _name(text: str) -> str:
    name = " ".join(well_formed(text).split())
    if not visible(name) or len(name) > _NAME:
        raise BadInput("name", "length", _NAME)
    return name


def _slug(name: str, theme_id: ObjectId) -> str:
    """A name for addresses, unlike every other."""
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return "-".join(part for part in (_PLAIN.sub("-", letters).strip("-")[:60], str(theme_id)) if part)
