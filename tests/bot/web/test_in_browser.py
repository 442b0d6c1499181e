import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from models.order import OrderItem, OrderStatus
from models.payment import Refund, RefundLine, RefundState
from tests.bot.web.browser import Browser, chromium, needs_chromium
from tests.bot.web.conftest import Site
from tests.bot.web.test_invoice_page import HOSTILE, an_address, someone
from tests.invoicing import NOON, an_order, sell

pytestmark = needs_chromium

A4 = {"width": 8.27, "height": 11.69}
LETTER = {"width": 8.5, "height": 11}
OVERFLOW = """[...document.querySelectorAll('body *')].filter(e => !e.closest('thead'))
    .filter(e => e.getBoundingClientRect().right > innerWidth + 0.5).map(e => e.className)"""


@pytest.fixture
async def browser(tmp_path: Path) -> AsyncIterator[Browser]:
    async with chromium(tmp_path) as browser:
        yield browser


def a_mug() -> OrderItem:
    return OrderItem(product_id="p", sku="MUG-01", name="Coffee mug", quantity=2, unit_price_cents=1250)


async def an_invoice(site: Site) -> str:
    order = an_order(
        items=[a_mug() for _ in range(8)],
        discount_amount_cents=100,
        shipping_cost_cents=690,
        tax_amount_cents=180,
        shipping_address=an_address(),
    )
    await sell(site.db, order)
    return f"{site.url}{site.path_of(order)}"


async def a_refunded_invoice(site: Site) -> str:
    line = RefundLine(product_id="p", quantity=2, cents=2500)
    refund = Refund(
        key="r",
        amount_cents=3190,
        charge_ref="c",
        lines=[line],
        shipping_cents=690,
        state=RefundState.DONE,
        asked_at=NOON,
    )
    order = an_order(
        # All of one product, so that each of them says what went back.
        items=[a_mug() for _ in range(8)],
        status=OrderStatus.PARTIALLY_REFUNDED,
        discount_amount_cents=100,
        shipping_cost_cents=690,
        tax_amount_cents=180,
        refunded_cents=3190,
        shipping_address=an_address(),
    )
    await sell(site.db, order, refunds=[refund])
    return f"{site.url}{site.path_of(order)}"


async def a_hostile_invoice(site: Site) -> str:
    wide = OrderItem(product_id="p", sku="W" * 40, name="W" * 4000, quantity=99, unit_price_cents=99_999_999)
    spaced = OrderItem(product_id="p", sku="S", name=HOSTILE * 90, quantity=1, unit_price_cents=1)
    order = an_order(
        status=OrderStatus.PARTIALLY_REFUNDED,
        items=[wide, spaced],
        total_cents=9_899_999_901,
        customer=someone("Ẑ̧̛̞͓" * 900, "de"),
        shipping_address=an_address(name="W" * 100, line2=HOSTILE, postal_code="9" * 20),
        shipping_type_label="W" * 80,
        shipping_cost_cents=99_999_999,
        discount_code="W" * 300,
        discount_amount_cents=99_999_999,
    )
    await sell(site.db, order)
    return f"{site.url}{site.path_of(order)}"


@pytest.mark.parametrize("invoice", [an_invoice, a_refunded_invoice, a_hostile_invoice])
@pytest.mark.parametrize("width", [320, 360, 768, 1440])
async def test_nothing_sticks_out_of_the_page(
    site: Site, browser: Browser, invoice: object, width: int
) -> None:
    """No width needs scrolling sideways, and no element lies outside the window."""
    assert callable(invoice)
    await browser.look(await invoice(site), width)
    assert await browser.ask("innerWidth") == width
    assert await browser.ask("document.documentElement.scrollWidth") <= width
    assert await browser.ask(OVERFLOW) == []


async def test_the_page_is_styled_and_loads_nothing_else(site: Site, browser: Browser) -> None:
    """The browser accepts the stylesheet by its hash, complains of nothing and asks for nothing more."""
    url = await an_invoice(site)
    await browser.look(url, 1440)
    assert await browser.ask("getComputedStyle(document.body).backgroundColor") == "rgb(238, 240, 244)"
    assert browser.complaints == []
    assert browser.requests == [url]


async def test_dark_is_dark(site: Site, browser: Browser) -> None:
    """A reader who prefers dark gets dark paper with light ink."""
    await browser.look(await an_invoice(site), 360, dark=True)
    colours = await browser.ask(
        "(s => [s.backgroundColor, s.color])(getComputedStyle(document.querySelector('.paper')))"
    )
    assert colours == ["rgb(26, 29, 37)", "rgb(236, 239, 244)"]


async def test_rows_are_stacked_on_a_phone_and_stay_a_table_for_screen_readers(
    site: Site, browser: Browser
) -> None:
    """Each amount stands under its own label there, and beside the others on a desktop."""
    label = "getComputedStyle(document.querySelector('td'), '::before').content"
    url = await an_invoice(site)
    await browser.look(url, 360)
    assert await browser.ask(label) == '"Quantity"'
    tree = (await browser.send("Accessibility.getFullAXTree"))["nodes"]
    roles = [node["role"]["value"] for node in tree]
    assert roles.count("row") == 9
    assert roles.count("columnheader") == 4
    await browser.look(url, 1440)
    assert await browser.ask(label) == "none"


@pytest.mark.parametrize("size", [A4, LETTER])
@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("invoice", [an_invoice, a_refunded_invoice])
async def test_an_ordinary_order_prints_on_one_page(
    site: Site, browser: Browser, invoice: object, size: dict[str, float], *, dark: bool
) -> None:
    """Eight lines with every row of sums and of credit fit on A4 and Letter, whatever the screen's scheme."""
    assert callable(invoice)
    await browser.look(await invoice(site), 1440, dark=dark)
    pdf = await browser.paper(**size)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1


async def test_print_is_black_on_white_also_from_a_dark_screen(site: Site, browser: Browser) -> None:
    """No ink is wasted on a dark ground."""
    await browser.look(await an_invoice(site), 1440, dark=True)
    scheme = {"name": "prefers-color-scheme", "value": "dark"}
    await browser.send("Emulation.setEmulatedMedia", media="print", features=[scheme])
    colours = await browser.ask(
        "['body', '.muted, footer', '.badge'].map(q => getComputedStyle(document.querySelector(q)))"
        ".flatMap(s => [s.color, s.backgroundColor])"
    )
    assert set(colours) <= {"rgb(0, 0, 0)", "rgb(255, 255, 255)", "rgba(0, 0, 0, 0)"}
