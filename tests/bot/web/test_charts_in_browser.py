"""Charts as a browser draws them: within their picture, in the page's colours, read to those who listen."""

import base64
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from bot.web.pages import TEMPLATES
from cogs._charts import STYLE, svg
from cogs._ui.words import Words
from services.reports.contract import Chart, Look, Series, Unit
from tests.bot.web.browser import Browser, chromium, needs_chromium
from tests.cogs.charts.samples import HOSTILE, bars, days, lines, week

pytestmark = needs_chromium

CHARTS = (
    lines([number * 12345 for number in range(30)], before=[number * 9876 for number in range(30)]),
    lines([-5000, 7000, None, 12], [99, 98, 97, 96]),
    Chart(Look.LINE, Unit.COUNT, days(800), [Series("Orders", list(range(800)))]),
    bars({name or "nothing": 10 ** (4 + number) for number, name in enumerate(HOSTILE)}),
    bars({"W" * 60: 88_888_888, "MMMMMMMMMMMMMMMM WWWWWWWW": -77_777_777}, before=[66_666_666, 0]),
    bars({"@" * 80: 99_999_999}, Unit.HOURS),
    week(most=10**9, unit=Unit.MONEY),
    lines([None]),
)
TITLE = "Everything that came in WWWW"
# Every text and shape, in units of the picture, that reaches beyond it.
OUTSIDE = """[...document.querySelectorAll('svg text, svg rect, svg circle')].filter(e => {
    const b = e.getBBox(); return b.x < -1 || b.y < -1 || b.x + b.width > 801 || b.y + b.height > 451;
}).map(e => e.textContent)"""
# Pairs of texts of one picture that lie on each other; lines stand apart by more than a letter's real height.
TOUCHING = """[...document.querySelectorAll('svg')].flatMap(svg => {
    const all = [...svg.querySelectorAll('text')].map(e => [e.getBBox(), e.textContent]);
    const middle = b => b.y + b.height / 2;
    return all.flatMap(([a, one], n) => all.slice(n + 1)
        .filter(([b]) => Math.abs(middle(a) - middle(b)) < 18)
        .filter(([b]) => a.x + 1 < b.x + b.width && b.x + 1 < a.x + a.width)
        .map(([_, other]) => [one, other]));
})"""


@pytest.fixture
async def browser(tmp_path: Path) -> AsyncIterator[Browser]:
    async with chromium(tmp_path / "profile") as browser:
        yield browser


def page(charts: Sequence[Chart], locale: str = "en", accent: str | None = None) -> str:
    """A page with charts on its paper, as a data address: nothing can be loaded from beside it."""
    style = (TEMPLATES / "style.css").read_text(encoding="utf-8") + STYLE
    drawn = "".join(svg(chart, Words.of(locale), "EUR", TITLE, accent) for chart in charts)
    whole = f"""<!doctype html><html lang=en><meta charset=utf-8>
        <meta name=viewport content="width=device-width, initial-scale=1">
        <style>{style}</style><main class=paper>{drawn}</main>"""
    return "data:text/html;base64," + base64.b64encode(whole.encode()).decode()


@pytest.mark.parametrize("locale", ["en", "de", "ar", "ja"])
@pytest.mark.parametrize("width", [320, 360, 768, 1440])
async def test_no_chart_is_clipped_or_written_over(browser: Browser, width: int, locale: str) -> None:
    """In the browser's own face every text lies within its picture, and none on another."""
    await browser.look(page(CHARTS, locale), width)
    assert await browser.ask("document.querySelectorAll('svg').length") == len(CHARTS)
    assert await browser.ask("document.documentElement.scrollWidth") <= width
    assert await browser.ask(OUTSIDE) == []
    assert await browser.ask(TOUCHING) == []


async def test_a_chart_is_read_as_one_image(browser: Browser) -> None:
    """Its name is the title and its description the sentence; the parts are not read one by one."""
    await browser.look(page([bars({"Mug": 5000})]), 360)
    tree = (await browser.send("Accessibility.getFullAXTree"))["nodes"]
    (image,) = [node for node in tree if node["role"]["value"] in {"image", "img"}]
    assert image["name"]["value"] == TITLE
    assert image["description"]["value"] == "1 bar; the longest: Mug: €50.00."


@pytest.mark.parametrize(("dark", "accent"), [(False, "rgb(61, 79, 209)"), (True, "rgb(157, 171, 255)")])
async def test_a_chart_takes_the_pages_colours(browser: Browser, accent: str, *, dark: bool) -> None:
    """Light and dark; nothing is loaded and nothing complained of."""
    await browser.look(page([bars({"Mug": 5000})]), 360, dark=dark)
    assert await browser.ask("getComputedStyle(document.querySelector('.c-fill-1')).fill") == accent
    assert browser.complaints == []
    assert [each[:10] for each in browser.requests] == ["data:text/"]


async def test_on_paper_a_chart_is_black(browser: Browser) -> None:
    """Dark readers print on white, too."""
    await browser.look(page([bars({"Mug": 5000})]), 768, dark=True)
    await browser.send("Emulation.setEmulatedMedia", media="print")
    colours = [
        await browser.ask(f"getComputedStyle(document.querySelector('{each}')).fill")
        for each in (".c-fill-1", ".c-title")
    ]
    assert colours == ["rgb(0, 0, 0)"] * 2


async def test_an_accent_of_ones_own_goes_before_the_pages(browser: Browser) -> None:
    """It is an attribute, which no Content-Security-Policy forbids."""
    await browser.look(page([bars({"Mug": 5000})], accent="#c2410c"), 360)
    assert (
        await browser.ask("getComputedStyle(document.querySelector('.c-fill-1')).fill") == "rgb(194, 65, 12)"
    )


async def test_the_letters_are_large_enough_on_a_phone(browser: Browser) -> None:
    """Ten pixels at 360, and no shouting on a desktop."""
    size = """(e => parseFloat(getComputedStyle(e).fontSize) / 800
        * e.ownerSVGElement.getBoundingClientRect().width)(document.querySelector('.c-tick'))"""
    await browser.look(page([week()]), 360)
    assert await browser.ask(size) >= 10
    await browser.look(page([week()]), 1440)
    assert 14 <= await browser.ask(size) <= 19
