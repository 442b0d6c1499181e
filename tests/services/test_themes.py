"""Themes: seeded once, made on a base, worn by shops and people, and never an obstacle to a page."""

import asyncio

import pytest

from models.access import User
from models.audit import AuditLog
from models.base import Db
from models.errors import AlreadyExists, BadInput, ChangedMeanwhile, LowContrast, NotFound, ShopError
from models.palette import contrast
from models.theme import UserSettings, UserTheme
from services import Services
from services.access import Permission
from services.shops import Shop
from services.system_themes import DARK, LIGHT, SYSTEM_THEMES, counterpart, seed_system_themes
from services.theme_desk import MAX_OWN, ThemeView
from tests.services.conftest import ADA, BOB, OWNER, TestClock


@pytest.fixture
async def other(services: Services, shop: Shop) -> Shop:
    """A second shop of the same installation."""
    assert shop.guild_id == "900"
    return await services.shops.claim("901", "Borealis", OWNER)


@pytest.fixture
async def base(db: Db) -> str:
    """The id of the system's light theme, after it was seeded."""
    await seed_system_themes(db)
    found = await UserTheme.find_one(db, {"slug": "light"})
    assert found is not None
    return found.key


async def made(services: Services, shop: Shop, base: str, name: str = "Ours") -> ThemeView:
    """A theme of the shop's own."""
    return await services.theme_desk.make(shop, OWNER, name, base)


async def fresh(services: Services, shop: Shop) -> Shop:
    """The shop as it is stored now."""
    return await services.shops.of_tenant(shop.id)


async def test_seeding_is_done_once_however_many_start_and_brings_old_ones_up_to_date(db: Db) -> None:
    """Six processes at once; a changed one is mended, an own one and the rest are left alone."""
    await asyncio.gather(*(seed_system_themes(db) for _ in range(6)))
    rows = await UserTheme.find_all(db, {}, sort="_id")
    assert sorted(row.slug for row in rows) == sorted(theme.slug for theme in SYSTEM_THEMES)
    assert all(row.is_system and row.owner_user_id is None and row.tenant_id is None for row in rows)
    own = UserTheme(name="Light", slug="light-of-theirs", tenant_id="t", overrides={"text": "#000000"})
    await own.insert(db)
    where = {"slug": "light"}
    await UserTheme.rows(db).update_one(where, {"$set": {"name": "Old", "overrides": {"text": "#ffffff"}}})
    before = {row.slug: row.updated_at for row in await UserTheme.find_all(db, {})}
    await seed_system_themes(db)
    after = {row.slug: row for row in await UserTheme.find_all(db, {})}
    assert after["light"].name == "Light"
    assert DARK.over(after["light"].overrides) == LIGHT
    assert {slug for slug, row in after.items() if row.updated_at != before[slug]} == {"light"}


async def test_a_theme_is_its_base_with_what_was_changed(
    db: Db, services: Services, shop: Shop, base: str
) -> None:
    """Colours by name, empty ones as in the base again; every act is in the audit."""
    view = await made(services, shop, base)
    assert view.palette == LIGHT
    desk, key = services.theme_desk, view.theme.key
    view = await desk.colour(shop, OWNER, key, {"primary": "A3206F", "sidebar": " #abc "}, view.theme.version)
    assert (view.palette.primary, view.palette.sidebar) == ("#a3206f", "#aabbcc")
    assert view.theme.overrides == {"sidebar": "#aabbcc", "colors": {"primary": "#a3206f"}}
    view = await desk.colour(shop, OWNER, key, {"sidebar": ""}, view.theme.version)
    assert view.palette == LIGHT._replace(primary="#a3206f")
    view = await desk.rename(shop, OWNER, key, "  Ours   again ", view.theme.version)
    assert (view.theme.name, view.theme.slug[:5]) == ("Ours again", "ours-")
    acts = await AuditLog.find_all(db, {"tenantId": shop.id}, sort="createdAt")
    assert [each.action for each in acts if each.entity_type == "UserTheme"] == [
        *("theme.make", "theme.edit", "theme.edit", "theme.edit")
    ]


async def test_what_cannot_be_read_is_refused_with_the_ratio_and_a_colour_that_works(
    services: Services, shop: Shop, base: str
) -> None:
    """The suggestion is accepted as it stands."""
    view = await made(services, shop, base)
    key, version = view.theme.key, view.theme.version
    with pytest.raises(LowContrast) as refused:
        await services.theme_desk.colour(shop, OWNER, key, {"text": "#999999"}, version)
    said = refused.value
    assert (said.text, said.ground) == ("text", "container")
    assert said.ratio == 2.84
    assert said.nearest is not None
    view = await services.theme_desk.colour(shop, OWNER, key, {"text": said.nearest}, version)
    assert contrast(view.palette.text, view.palette.section_bg) >= 4.5
    with pytest.raises(LowContrast) as refused:
        await services.theme_desk.colour(
            shop, OWNER, key, {"section_bg": "#7a7a7a", "container": "#000000"}, view.theme.version
        )
    assert refused.value.nearest is None
    for junk in ("red", "#12", "x" * 4000, "url(//evil)", "#fff;}"):
        with pytest.raises(BadInput) as wrong:
            await services.theme_desk.colour(shop, OWNER, key, {"muted": junk}, view.theme.version)
        assert (wrong.value.field, wrong.value.problem) == ("muted", "not_a_colour")


async def test_names_are_checked_and_there_is_room_for_so_many(
    services: Services, shop: Shop, base: str
) -> None:
    """Empty, unseen and endless names; a name that is taken; one theme too many."""
    for name in ("", "  ", "\u200b", "x" * 61, "x" * 4000):
        with pytest.raises(BadInput):
            await made(services, shop, base, name)
    await made(services, shop, base, "Größe 🌈 \ud800")
    for n in range(MAX_OWN - 1):
        await made(services, shop, base, f"T{n}")
    with pytest.raises(BadInput) as refused:
        await made(services, shop, base, "One more")
    assert refused.value.problem == "too_many_themes"
    view = (await services.theme_desk.views(shop))[-1]
    with pytest.raises(AlreadyExists):
        await services.theme_desk.rename(shop, OWNER, view.theme.key, "T0", view.theme.version)


async def test_bases_never_lead_in_a_circle_and_one_that_does_harms_nobody(
    db: Db, services: Services, shop: Shop, base: str
) -> None:
    """A on B on C, then C on A is refused; written by hand it ends the chain, as a base that is gone does."""
    a, b, c = [await made(services, shop, base, name) for name in "ABC"]
    desk = services.theme_desk
    c = await desk.colour(shop, OWNER, c.theme.key, {"primary": "#1d5a2c"}, c.theme.version)
    b = await desk.rebase(shop, OWNER, b.theme.key, c.theme.key, b.theme.version)
    a = await desk.rebase(shop, OWNER, a.theme.key, b.theme.key, a.theme.version)
    assert a.palette.primary == "#1d5a2c"
    for top in (a, b, c):
        with pytest.raises(BadInput) as refused:
            await desk.rebase(shop, OWNER, c.theme.key, top.theme.key, c.theme.version)
        assert refused.value.problem == "theme_base"
    await UserTheme.rows(db).update_one({"_id": c.theme.id}, {"$set": {"baseThemeId": a.theme.key}})
    assert (await desk.view(shop, a.theme.key)).palette == LIGHT._replace(primary="#1d5a2c")
    for gone in ("0" * 24, "not an id", None):
        await UserTheme.rows(db).update_one({"_id": c.theme.id}, {"$set": {"baseThemeId": gone}})
        assert (await desk.view(shop, b.theme.key)).palette.primary == "#1d5a2c"


async def test_a_base_is_kept_and_one_that_is_worn_falls_back(
    db: Db, services: Services, shop: Shop, base: str
) -> None:
    """Others built on it are named; then shop and people who wore it look as they come."""
    lower = await made(services, shop, base, "Lower")
    upper = await made(services, shop, lower.theme.key, "Upper")
    desk = services.theme_desk
    with pytest.raises(BadInput) as refused:
        await desk.delete(shop, OWNER, lower.theme.key, lower.theme.version)
    assert (refused.value.problem, refused.value.limit) == ("theme_in_use", "Upper")
    shop = await desk.wear(shop, OWNER, upper.theme.key)
    await services.themes.choose(shop, ADA, upper.theme.key)
    assert await services.themes.look(shop.config, ADA.discord_id) is not None
    await desk.delete(shop, OWNER, upper.theme.key, upper.theme.version)
    assert await services.themes.look(shop.config, ADA.discord_id) is None, (
        "also for who still holds the old id"
    )
    shop = await fresh(services, shop)
    assert shop.config.theme_id is None
    (settings,) = await UserSettings.find_all(db, {})
    assert settings.active_theme_id is None
    with pytest.raises(NotFound):
        await desk.delete(shop, OWNER, upper.theme.key, upper.theme.version)


async def test_the_shops_theme_follows_the_screen_and_a_persons_own_does_not(
    db: Db, services: Services, shop: Shop
) -> None:
    """Ada sees hers, Bob the shop's; back to the shop's by choice; a user is made when one is needed."""
    await seed_system_themes(db)
    forest, harbour = [
        next(each for each in await services.themes.all(shop) if each.slug == slug)
        for slug in ("forest", "harbour")
    ]
    assert await services.themes.accent(shop.config, ADA.discord_id) is None
    shop = await services.theme_desk.wear(shop, OWNER, forest.key)
    look = await services.themes.look(shop.config, BOB.discord_id)
    assert look is not None
    assert look.other == counterpart(look.palette)
    assert await User.find_all(db, {"discordId": ADA.discord_id}) == []
    await asyncio.gather(*(services.themes.choose(shop, ADA, harbour.key) for _ in range(5)))
    (user,) = await User.find_all(db, {"discordId": ADA.discord_id})
    assert (user.tenant_id, user.is_admin, user.roles) == (shop.id, False, [])
    assert await services.access.permissions_of(shop, ADA) == frozenset[Permission]()
    mine = await services.themes.look(shop.config, ADA.discord_id)
    assert mine is not None
    assert mine.other is None
    assert mine.palette != look.palette
    assert await services.themes.chosen(shop, BOB) is None
    assert await services.themes.look(shop.config) == look
    assert (await services.person_data.export(shop, ADA))["theme"] == "Harbour"
    assert (await services.person_data.export(shop, BOB))["theme"] is None
    await services.themes.choose(shop, ADA, None)
    assert await services.themes.look(shop.config, ADA.discord_id) == look


async def test_tenants_have_their_own(services: Services, shop: Shop, other: Shop, base: str) -> None:
    """Another shop's theme is unknown in every way, and one's choice there counts there alone."""
    view = await made(services, shop, base)
    key, version, desk = view.theme.key, view.theme.version, services.theme_desk
    theirs = await made(services, other, base)
    tries = [
        desk.view(other, key),
        desk.make(other, OWNER, "Copy", key),
        desk.rename(other, OWNER, key, "Mine", version),
        desk.colour(other, OWNER, key, {"text": "#000000"}, version),
        desk.rebase(other, OWNER, theirs.theme.key, key, theirs.theme.version),
        desk.delete(other, OWNER, key, version),
        desk.wear(other, OWNER, key),
        services.themes.choose(other, ADA, key),
        desk.delete(shop, OWNER, base, 0),
    ]
    answers = await asyncio.gather(*tries, return_exceptions=True)
    assert {type(each) for each in answers} == {NotFound}
    assert key not in {each.key for each in await services.themes.all(other)}
    await services.themes.choose(shop, ADA, key)
    assert await services.themes.look(other.config, ADA.discord_id) is None
    assert (await services.theme_desk.view(shop, key)).theme.name == "Ours"


async def test_two_who_edit_one_theme_do_not_overwrite_each_other(
    services: Services, shop: Shop, base: str, clock: TestClock
) -> None:
    """Of five at once one is kept; a base that got a new theme meanwhile is not deleted under it."""
    view = await made(services, shop, base)
    key, version, desk = view.theme.key, view.theme.version, services.theme_desk
    shades = ["#111111", "#222222", "#333333", "#1a1a1a", "#2b2b2b"]
    answers = await asyncio.gather(
        *(desk.colour(shop, OWNER, key, {"text": each}, version) for each in shades), return_exceptions=True
    )
    assert sum(isinstance(each, ChangedMeanwhile) for each in answers) == 4
    view = await desk.view(shop, key)
    both = await asyncio.gather(
        made(services, shop, key, "Upper"),
        desk.delete(shop, OWNER, key, view.theme.version),
        return_exceptions=True,
    )
    assert all(each is None or isinstance(each, ThemeView | ShopError) for each in both)
    clock.forward(seconds=3)
    for each in await desk.views(shop):
        assert not list(each.palette.failing())
