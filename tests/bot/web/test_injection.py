"""Texts that try to be markup, wherever people fill something in: a browser with its guard off runs none."""

from collections.abc import AsyncIterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.mail.letters import Draft, Letters, Line
from cogs._ui.words import Words
from models.base import Db
from models.customer import Customer
from models.order import Order, OrderItem
from models.product import Product
from models.tenant import Tenant
from services.reports.contract import ReportType
from tests.bot.web.browser import Browser, chromium, needs_chromium
from tests.bot.web.conftest import Site
from tests.bot.web.sharing import sharing, trade
from tests.bot.web.test_invoice_page import an_address, someone
from tests.invoicing import an_order

OUT = "http://outside.invalid"
HOSTILE = [
    "<script>owned=1</script>",
    "<img src=x onerror=owned=1>",
    f"<img src={OUT}/a.png>",
    "<svg onload=owned=1>",
    "<svg><script>owned=1</script></svg>",
    "</style><script>owned=1</script>",
    "</title><script>owned=1</script>",
    "</text></svg><script>owned=1</script>",
    "]]><script>owned=1</script>",
    "--><script>owned=1</script>",
    '"onfocus=owned=1 autofocus tabindex=0 x="',
    "' onmouseover='owned=1' style='position:fixed;inset:0",
    '"><iframe src=javascript:parent.owned=1>',
    f'"><link rel=stylesheet href={OUT}/a.css>',
    f"<meta http-equiv=refresh content='0;url={OUT}'>",
    f"<base href={OUT}/>",
    f"<form action={OUT}><button autofocus>",
    f"<style>@import '{OUT}/a.css';</style>",
    f"x:url({OUT}/a.png)",
    "javascript:owned=1",
    "{{7*777}}{% raw %}{{ self.__init__.__globals__ }}",
    "${7*777}#{7*777}",
    "<math><mtext></table><mglyph><style><img src onerror=owned=1>",
    "<noscript><p title='</noscript><img src onerror=owned=1>'>",
    "&lt;script&gt;owned=1&lt;/script&gt;",
    "&#60;script&#62;owned=1",
    "\x00<scr\x00ipt>owned=1</script>",
    "\u202e<b>\u2067",
]
QUIET = """document.querySelectorAll('script,iframe,object,embed,base,form,link,img').length
    + [...document.querySelectorAll('*')].filter(e => [...e.attributes].some(
        a => a.name.startsWith('on') || a.name === 'autofocus' || /^\\s*javascript:/i.test(a.value)
    )).length"""


@pytest.fixture
async def browser(tmp_path: Path) -> AsyncIterator[Browser]:
    """A browser that heeds no Content-Security-Policy: what is left is how the page is written."""
    async with chromium(tmp_path / "profile") as started:
        await started.send("Page.enable")
        await started.send("Page.setBypassCSP", enabled=True)
        yield started


async def harmless(browser: Browser, url: str) -> str:
    """Open a page, find nothing in it that could run or be fetched; what it says."""
    browser.requests.clear()
    await browser.look(url, 1000)
    assert browser.requests == [url]
    assert await browser.ask("typeof owned") == "undefined"
    assert await browser.ask(QUIET) == 0
    return str(await browser.ask("document.body.textContent"))


@needs_chromium
async def test_the_guard_is_off_and_such_a_text_would_run(browser: Browser, tmp_path: Path) -> None:
    """Unescaped, the first of them owns the page: the tests below can fail."""
    page = tmp_path / "page.html"
    policy = "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'\">"
    page.write_text(policy + HOSTILE[0], encoding="utf-8")
    await browser.look(page.as_uri(), 1000)
    assert await browser.ask("owned") == 1


@needs_chromium
async def test_nothing_that_people_typed_runs_in_an_invoice(site: Site, browser: Browser) -> None:
    """Names of products and customers, addresses, codes and the name of the shop."""
    items = [
        OrderItem(product_id="p", sku=text[:60], name=text, quantity=1, unit_price_cents=1)
        for text in HOSTILE
    ]
    for n in range(0, len(HOSTILE), 4):
        name, line1, line2, code = HOSTILE[n : n + 4]
        order = an_order(
            items=items, order_number=str(5000 + n), customer=someone(name),
            discount_code=code, discount_amount_cents=1,
            shipping_address=an_address(name=name, line1=line1, line2=line2),
        )  # fmt: skip
        await Tenant.rows(site.db).update_many({}, {"$set": {"name": name}})
        await site.page(order)
        said = await harmless(browser, f"{site.url}{site.path_of(order)}")
        assert "<script>owned=1</script>" in said
        assert "5439" not in said


@needs_chromium
async def test_nothing_that_people_typed_runs_in_a_shared_report(db: Db, browser: Browser) -> None:
    """In the figures, the table and the texts of the chart, of all ten reports, with names."""
    async with sharing(db) as site:
        await trade(db)
        for document, field in ((Product, "name"), (Customer, "discordDisplayName")):
            rows = [row async for row in document.rows(db).find({}, {"_id": 1})]
            for n, row in enumerate(rows):
                change: dict[str, Any] = {"$set": {field: HOSTILE[n % len(HOSTILE)]}}
                await document.rows(db).update_one(row, change)
        await Order.rows(db).update_many(
            {}, {"$set": {"items.$[].name": HOSTILE[0], "discountCode": HOSTILE[4]}}
        )
        await Tenant.rows(db).update_many({}, {"$set": {"name": HOSTILE[6]}})
        said = ""
        for kind in ReportType:
            said += await harmless(browser, f"{site.url}{await site.share(kind, named=True)}")
        assert "owned=1" in said


class Elements(HTMLParser):
    """The elements of a page with the names of their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, ...]] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep them."""
        self.found.append((tag, *(name for name, _ in attrs)))


def letter(text: str) -> str:
    """An e-mail with a text in every place."""
    draft = Draft(
        text, text, text, [text], [(text, text)], [Line(1, text, text)], [(text, text)], (text, text),
        ("Invoice", "https://shop.example/invoice/x"), [text],
    )  # fmt: skip
    return Letters().write(draft, Words.of("en-US")).html


PLAIN = Elements(letter("a")).found
PIECES = st.sampled_from([*HOSTILE, *"<>\"'&/\n", "<!--", "<![CDATA["]) | st.text(max_size=9)


@settings(deadline=None, max_examples=60)
@given(st.lists(PIECES, min_size=1, max_size=6).map(lambda parts: f"a{''.join(parts)}".replace("\n\n", "\n")))
def test_no_text_adds_an_element_to_an_e_mail(text: str) -> None:
    """Whatever is typed, the e-mail has the elements and attributes that it has for a harmless name."""
    without_breaks = [each for each in Elements(letter(text)).found if each[0] not in {"br", "p"}]
    assert without_breaks == [each for each in PLAIN if each[0] not in {"br", "p"}]


@needs_chromium
async def test_nothing_that_people_typed_runs_in_an_e_mail(browser: Browser, tmp_path: Path) -> None:
    """Opened as a mail program does that shows everything."""
    for n, text in enumerate(HOSTILE):
        page = tmp_path / f"letter{n}.html"
        page.write_text(letter(text), encoding="utf-8")
        await harmless(browser, page.as_uri())
