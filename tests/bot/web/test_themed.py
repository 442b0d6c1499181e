"""The invoice in a theme's colours: under its own policy, on screens alone, and the right person's."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientSession

from bot.web.app import make_app
from bot.web.listener import Listener
from bot.web.pages import TEMPLATES
from bot.web.theming import stylesheet
from models.access import User
from models.base import Db
from models.palette import READ_ON, contrast
from models.tenant import BotConfig
from models.theme import UserSettings, UserTheme
from services.invoices import Invoices
from services.links import Links
from services.memories import Memories
from services.system_themes import DARK, SYSTEM_THEMES, SystemTheme, counterpart, seed_system_themes
from services.themes import Look, Themes
from services.wakeups import Wakeups
from tests.bot.web.browser import Browser, chromium, needs_chromium
from tests.bot.web.conftest import PUBLIC, SECRET, Site
from tests.bot.web.test_in_browser import A4, OVERFLOW, an_invoice
from tests.invoicing import StoppedClock, an_order, open_shop, sell

# Colours as the page has them in the end: ground, paper, section, shop's name, small print, badge.
SHOWN = """(() => {
  const of_css = (of, what) => getComputedStyle(document.querySelector(of))[what];
  const rgb = (of, what) => '#' + of_css(of, what).match(/\\d+/g).slice(0, 3)
    .map(n => (+n).toString(16).padStart(2, '0')).join('');
  return [rgb('body', 'backgroundColor'), rgb('.paper', 'backgroundColor'), rgb('.facts', 'backgroundColor'),
    rgb('.shop', 'color'), rgb('h2', 'color'), rgb('.badge', 'color'), rgb('.badge', 'backgroundColor'),
    rgb('.paper', 'color')];
})()"""


@pytest.fixture
async def site(db: Db) -> AsyncIterator[Site]:
    """The listener of a shop with themes."""
    clock = StoppedClock()
    links = Links([SECRET], PUBLIC, clock)
    themes = Themes(db, Memories(clock, Wakeups(None)))
    listener = Listener(make_app(db=db, cache=None, links=links, invoices=Invoices(db), themes=themes))
    await seed_system_themes(db)
    await listener.start()
    await open_shop(db)
    async with ClientSession() as http:
        yield Site(db, http, listener.url, clock)
    await listener.stop()


@pytest.fixture
async def browser(tmp_path: Path) -> AsyncIterator[Browser]:
    """A browser of this test's own."""
    async with chromium(tmp_path) as browser:
        yield browser


async def theme_id(db: Db, slug: str) -> str:
    """The id of a theme of the system's."""
    found = await UserTheme.find_one(db, {"slug": slug})
    assert found is not None
    return found.key


async def shop_wears(db: Db, key: str) -> None:
    """Let the shop look like this."""
    await BotConfig.rows(db).update_one({"tenantId": "tenant-a"}, {"$set": {"themeId": key}})


async def ada_wears(db: Db, key: str, tenant_id: str = "tenant-a") -> None:
    """Let the customer of the invoices look like this."""
    user = User(tenant_id=tenant_id, username="ada", display_name="Ada", discord_id="1")
    await user.insert(db)
    await UserSettings.choose_theme(db, tenant_id, user.key, key)


async def test_without_a_theme_the_page_is_as_it_comes(site: Site) -> None:
    """One stylesheet, one hash."""
    order = await sell(site.db, an_order())
    answer = await site.get(site.path_of(order))
    assert (await answer.text()).count("<style>") == 1
    assert answer.headers["Content-Security-Policy"].count("sha256-") == 1


async def test_a_themed_page_admits_its_two_stylesheets_by_hash_and_nothing_else(site: Site) -> None:
    """No attribute, no unsafe-inline; the policy is otherwise what it was."""
    await shop_wears(site.db, await theme_id(site.db, "forest"))
    order = await sell(site.db, an_order())
    answer = await site.get(site.path_of(order))
    text, policy = await answer.text(), answer.headers["Content-Security-Policy"]
    assert text.count("<style>") == 2
    assert 'style="' not in text
    assert "unsafe" not in policy
    assert policy.startswith(
        "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    )
    assert policy.count("sha256-") == 2
    assert "--accent: #2f6b3a" in text


async def test_junk_in_the_database_never_reaches_the_page(site: Site) -> None:
    """Overrides that would close the rule or the element are no colours, and the rest can be read."""
    evil = "#fff;} </style><script>alert(1)</script>"
    own = UserTheme(name="x", slug="x", tenant_id="tenant-a", base_theme_id="nobody")
    own.overrides = {"text": evil, "container": "#777777", "colors": {"primary": evil, "$x": evil}}
    await own.insert(site.db)
    await shop_wears(site.db, own.key)
    text = await site.page(an_order())
    assert "alert" not in text
    assert "--paper: #777777" in text


@pytest.mark.parametrize("theme", SYSTEM_THEMES, ids=lambda theme: theme.slug)
def test_every_property_of_the_stylesheet_is_themed_and_read_on_its_ground(theme: SystemTheme) -> None:
    """The style's own names, for the palette and its counterpart, within @media screen."""
    palette = theme.palette
    written = stylesheet(Look(palette, counterpart(palette)))
    assert written.startswith("@media screen { :root {")
    assert written.count("--accent") == 2
    assert "print" not in written
    style = (TEMPLATES / "style.css").read_text(encoding="utf-8")
    assert set(re.findall(r"--([\w-]+):", written)) == set(re.findall(r"--([\w-]+):", style))
    for text, grounds in READ_ON.items():
        assert all(contrast(getattr(palette, text), getattr(palette, each)) >= 4.5 for each in grounds)


@needs_chromium
@pytest.mark.parametrize("slug", ["forest", "harbour", "high-contrast"])
async def test_the_shops_theme_is_what_a_browser_shows_in_light_and_dark(
    site: Site, browser: Browser, slug: str
) -> None:
    """As it is on screens of its own kind, its counterpart on others; no complaint of the policy."""
    await shop_wears(site.db, await theme_id(site.db, slug))
    url = await an_invoice(site)
    palette = next(theme.palette for theme in SYSTEM_THEMES if theme.slug == slug)
    for dark in (False, True):
        for width in (320, 1200):
            await browser.look(url, width, dark=dark)
            shown = palette if palette.light is not dark else counterpart(palette)
            assert await browser.ask(SHOWN) == [
                *(shown.sidebar, shown.container, shown.section_bg, shown.primary, shown.muted),
                *(shown.success, shown.section_bg, shown.text),
            ]
            assert await browser.ask(OVERFLOW) == []
    assert browser.complaints == []
    assert browser.requests == [url] * 4


@needs_chromium
async def test_a_customers_own_theme_wins_on_their_invoice_whatever_the_screen(
    site: Site, browser: Browser
) -> None:
    """Dark for Ada by day and night; Bob's is the shop's; what Ada chose in another shop counts there."""
    await shop_wears(site.db, await theme_id(site.db, "forest"))
    await ada_wears(site.db, await theme_id(site.db, "orchid"), "tenant-b")
    await ada_wears(site.db, await theme_id(site.db, "dark"))
    url = await an_invoice(site)
    for dark in (False, True):
        await browser.look(url, 1200, dark=dark)
        assert (await browser.ask(SHOWN))[:2] == [DARK.sidebar, DARK.container]
        assert await browser.ask("getComputedStyle(document.documentElement).colorScheme") == "dark"
    bob = an_order(order_number="1002")
    bob.customer = bob.customer.model_copy(update={"discord_id": "2"})
    await sell(site.db, bob)
    await browser.look(f"{site.url}{site.path_of(bob)}", 1200)
    assert (await browser.ask(SHOWN))[3] == "#2f6b3a"


@needs_chromium
async def test_paper_stays_black_on_white_on_one_page(site: Site, browser: Browser) -> None:
    """Whatever the theme, and also on a dark screen."""
    await ada_wears(site.db, await theme_id(site.db, "high-contrast"))
    await browser.look(await an_invoice(site), 1200, dark=True)
    await browser.send("Emulation.setEmulatedMedia", media="print")
    white, black = "#ffffff", "#000000"
    ground, _, section, *texts = await browser.ask(SHOWN)
    assert (ground, section, *texts) == (white, white, black, black, black, white, black)
    assert await browser.ask("getComputedStyle(document.documentElement).colorScheme") == "light"
    assert len(re.findall(rb"/Type\s*/Page\b", await browser.paper(**A4))) == 1
