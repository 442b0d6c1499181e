"""Shared reports as phones, desktops, printers and screen readers meet them."""

import os
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from models.base import Db
from services.reports.contract import ReportType
from tests.bot.web.browser import Browser, chromium, needs_chromium
from tests.bot.web.sharing import Sharing, sharing, trade
from tests.bot.web.test_in_browser import A4, LETTER, OVERFLOW

pytestmark = needs_chromium
# Not ours and large: `npm pack axe-core` somewhere, and say where its axe.min.js is.
AXE = Path(os.environ.get("AXE_CORE", "/nowhere"))
SOURCE = AXE.read_text(encoding="utf-8") if AXE.is_file() else ""
needs_axe = pytest.mark.skipif(not SOURCE, reason="name axe-core's axe.min.js in AXE_CORE")
every_kind = pytest.mark.parametrize("kind", list(ReportType))
FINDINGS = """axe.run(document, {resultTypes: ['violations', 'incomplete']}).then(found =>
    [...found.violations, ...found.incomplete.filter(each => each.id !== 'color-contrast')]
        .map(each => each.id + ': ' + each.nodes.map(node => `${node.target} ${node.failureSummary}`)))"""
# Cells whose words are wider than they are: something of them is cut off or lies on the next one.
CLIPPED = """[...document.querySelectorAll('.report td, .report th, .figures > div')]
    .filter(e => e.offsetParent && !e.closest('thead') && e.scrollWidth > e.clientWidth + 1)
    .map(e => e.textContent)"""
TOUCHING = """[...document.querySelectorAll('table tr')].flatMap(row => {
    const cells = [...row.querySelectorAll('th bdi, td bdi')];
    const boxes = cells.map(e => [e.getBoundingClientRect(), e.textContent]);
    return boxes.flatMap(([a, one], n) => boxes.slice(n + 1)
        .filter(([b]) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom)
        .map(([_, other]) => [one, other]));
})"""


@pytest.fixture
async def browser(tmp_path: Path) -> AsyncIterator[Browser]:
    """A browser of this test's own."""
    async with chromium(tmp_path) as browser:
        yield browser


@pytest.fixture
async def site(db: Db) -> AsyncIterator[Sharing]:
    """A shop in which every report has something to tell."""
    async with sharing(db) as site:
        await trade(db)
        yield site


async def german(browser: Browser) -> None:
    """Let the browser ask for German, whose words are long."""
    await browser.send("Network.enable")
    await browser.send("Network.setExtraHTTPHeaders", headers={"Accept-Language": "de"})


async def findings(browser: Browser) -> Any:
    """What axe-core finds fault with."""
    assert await browser.ask(SOURCE + ";typeof axe.run") == "function"
    answer = await browser.send(
        "Runtime.evaluate", expression=FINDINGS, returnByValue=True, awaitPromise=True
    )
    return answer["result"].get("value", answer)


@every_kind
async def test_nothing_sticks_out_at_any_width(site: Sharing, browser: Browser, kind: ReportType) -> None:
    """No scrolling sideways, nothing cut off, no cell on another; in English and German."""
    url = site.url + await site.share(kind)
    for language in ("en", "de"):
        if language == "de":
            await german(browser)
        for width in (320, 360, 768, 1025, 1440):
            await browser.look(url, width)
            assert await browser.ask("document.documentElement.lang") == language
            assert await browser.ask("document.documentElement.scrollWidth") <= width
            assert await browser.ask(OVERFLOW) == [], (width, language)
            assert await browser.ask(CLIPPED) == [], (width, language)
            assert await browser.ask(TOUCHING) == [], (width, language)


async def test_the_page_needs_no_script_and_asks_for_nothing_else(site: Sharing, browser: Browser) -> None:
    """One request, no complaint about the policy, and all of it there with scripts switched off."""
    url = site.url + await site.share()
    await browser.send("Emulation.setScriptExecutionDisabled", value=True)
    await browser.look(url, 1440)
    assert browser.complaints == []
    assert browser.requests == [url]
    assert await browser.ask("document.querySelectorAll('tbody tr').length") == 31
    assert await browser.ask("document.querySelector('svg').getBoundingClientRect().width") > 700


@pytest.mark.parametrize("width", [360, 1440])
async def test_dark_is_dark(site: Sharing, browser: Browser, width: int) -> None:
    """Paper, ink and the chart's own colours."""
    await browser.look(site.url + await site.share(), width, dark=True)
    paper, line = await browser.ask(
        "[getComputedStyle(document.querySelector('.paper')).backgroundColor,"
        " getComputedStyle(document.querySelector('.c-line')).stroke]"
    )
    assert (paper, line) == ("rgb(26, 29, 37)", "rgb(157, 171, 255)")


@pytest.mark.parametrize("size", [A4, LETTER])
async def test_a_short_report_prints_on_one_page_in_black(
    site: Sharing, browser: Browser, size: dict[str, float]
) -> None:
    """Also from a dark screen; the links to the files are of no use on paper."""
    await browser.look(site.url + await site.share(ReportType.PAYMENT_METHODS), 1440, dark=True)
    pdf = await browser.paper(**size)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1
    await browser.send("Emulation.setEmulatedMedia", media="print")
    colours = await browser.ask(
        "['body', '.muted, footer', 'dd', 'td'].map(q => getComputedStyle(document.querySelector(q)).color)"
    )
    assert set(colours) == {"rgb(0, 0, 0)"}
    assert await browser.ask("getComputedStyle(document.querySelector('.files')).display") == "none"


@every_kind
async def test_on_paper_no_column_is_cut_off(site: Sharing, browser: Browser, kind: ReportType) -> None:
    """At the width of A4 between its margins."""
    await german(browser)
    await browser.look(site.url + await site.share(kind), 703)
    await browser.send("Emulation.setEmulatedMedia", media="print")
    assert await browser.ask("document.documentElement.scrollWidth") <= 703
    assert await browser.ask(OVERFLOW) == []
    assert await browser.ask(CLIPPED) == []


async def test_on_a_phone_rows_are_cards_and_stay_a_table_for_screen_readers(
    site: Sharing, browser: Browser
) -> None:
    """Each number stands under its column's name."""
    await browser.look(site.url + await site.share(), 360)
    assert await browser.ask("getComputedStyle(document.querySelector('td'), '::before').content") == (
        '"Revenue"'
    )
    roles = [node["role"]["value"] for node in (await browser.send("Accessibility.getFullAXTree"))["nodes"]]
    assert (roles.count("row"), roles.count("columnheader"), roles.count("rowheader")) == (32, 7, 31)


@needs_axe
@every_kind
@pytest.mark.parametrize("traded", [False, True])
async def test_axe_core_finds_nothing(db: Db, browser: Browser, kind: ReportType, *, traded: bool) -> None:
    """On a phone in light and on a desktop in dark, with much to show and with nothing."""
    async with sharing(db) as site:
        if traded:
            await trade(db)
        path = await site.share(kind)
        for width, dark in ((360, False), (1440, True)):
            await browser.look(site.url + path, width, dark=dark)
            assert await findings(browser) == []
        await browser.ask("document.documentElement.removeAttribute('lang')")
        assert [each.partition(":")[0] for each in await findings(browser)] == ["html-has-lang"]


@needs_axe
async def test_axe_core_finds_nothing_on_the_pages_of_ended_links(site: Sharing, browser: Browser) -> None:
    """Expired and forged."""
    path = await site.share()
    await browser.look(f"{site.url}{path}x", 360)
    assert await findings(browser) == []
