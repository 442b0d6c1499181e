import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest

from models.address import Address
from models.order import OrderCustomer, OrderItem, OrderStatus
from models.payment import PaymentStatus, Refund, RefundLine, RefundState
from models.payment_method import PaymentMethod
from services.invoices import Invoices
from tests.bot.web.conftest import Site
from tests.invoicing import NOON, an_order

HOSTILE = "\u202eEve\u2067 <script>alert(1)</script> {{7*7}} \"'>&amp; @everyone \x00\x1b[31m"


def text_of(page: str) -> str:
    """What a person reads: tags gone, white space folded."""
    body = page.partition("<body>")[2]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def sums(page: str) -> dict[str, str]:
    """The amounts under the lines, by their labels."""
    found = re.findall(r'<div class="sum [^"]*"><dt>(.*?)</dt><dd>(.*?)</dd></div>', page)
    return {unescape(label): unescape(amount) for label, amount in found}


def someone(name: str, locale: str | None = None) -> OrderCustomer:
    return OrderCustomer(discord_id="1", discord_username="eve", discord_display_name=name, locale=locale)


def an_address(**changed: Any) -> Address:
    fields = {"name": "Ada Lovelace", "line1": "12 St James's Square", "city": "London", "state": ""}
    fields |= {"postal_code": "SW1Y 4JH", "country": "GB", **changed}
    return Address(tenant_id="tenant-a", **fields)


async def test_the_invoice_shows_the_whole_purchase(site: Site) -> None:
    """Shop, numbers, people, lines, every amount, dates and payment are on the page."""
    mug = OrderItem(product_id="p", sku="MUG-01", name="Coffee mug", quantity=2, unit_price_cents=1250)
    order = an_order(
        items=[mug],
        discount_amount_cents=250,
        discount_code="SPRING",
        shipping_type_label="Standard",
        shipping_cost_cents=690,
        tax_amount_cents=180,
        total_cents=3120,
        shipping_address=an_address(),
    )
    page = await site.page(order)
    text = text_of(page)
    for expected in (
        "Mug Market",
        "Invoice 1001",
        "Ada Lovelace",
        "12 St James's Square London SW1Y 4JH United Kingdom",
        "Coffee mug MUG-01 2 $12.50 $25.00",
        "Ordered Mar 1, 2026",
        "Paid on Mar 1, 2026",
        "Method Zelle",
        "Payment Confirmed",
    ):
        assert expected in text
    assert sums(page) == {
        "Subtotal": "$25.00",
        "Discount (SPRING)": "-$2.50",
        "Shipping (Standard)": "$6.90",
        "Tax": "$1.80",
        "Total": "$31.20",
        "Paid": "$31.20",
        "Balance due": "$0.00",
    }


async def test_the_invoice_number_replaces_the_order_number_in_the_title(site: Site) -> None:
    """Once it is given, the number heads the page and the order's own number stays among the details."""
    order = an_order()
    await site.page(order)
    await Invoices(site.db).assign_number("tenant-a", order.key)
    page = await (await site.get(site.path_of(order))).text()
    assert "<title>Invoice INV-000001 · Mug Market</title>" in page
    assert "Invoice INV-000001" in text_of(page)
    assert "Order 1001" in text_of(page)


@pytest.mark.parametrize(
    ("status", "payment", "badge", "paid", "due"),
    [
        (OrderStatus.PENDING_PAYMENT, PaymentStatus.PENDING_PAYMENT, "Awaiting payment", 0, 25),
        (OrderStatus.PENDING_PAYMENT, PaymentStatus.AWAITING_ADMIN_APPROVAL, "Awaiting payment", 0, 25),
        (OrderStatus.PAID, PaymentStatus.CONFIRMED, "Paid", 25, 0),
        (OrderStatus.SHIPPED, PaymentStatus.DISPUTED, "Paid", 25, 0),
        (OrderStatus.COMPLETE, PaymentStatus.CONFIRMED, "Paid", 25, 0),
        (OrderStatus.CANCELLED, PaymentStatus.REJECTED, "Cancelled", 0, 0),
        (OrderStatus.PARTIALLY_REFUNDED, PaymentStatus.PARTIALLY_REFUNDED, "Partly refunded", 25, 0),
        (OrderStatus.REFUNDED, PaymentStatus.REFUNDED, "Refunded", 25, 0),
    ],
)
async def test_the_badge_and_the_balance_follow_the_order(
    site: Site, status: OrderStatus, payment: PaymentStatus, badge: str, paid: int, due: int
) -> None:
    """Every state has its words, and money that was not received is not called paid."""
    page = await site.page(an_order(status=status), status=payment)
    assert re.search(r'<p class="badge \w+">(.*?)</p>', page).group(1) == badge  # type: ignore[union-attr]
    assert sums(page)["Paid"] == f"${paid}.00"
    assert sums(page)["Balance due"] == f"${due}.00"


async def test_every_state_has_a_badge_and_every_payment_a_word(site: Site) -> None:
    """No state that the tables of the models allow leaves the page without words."""
    for number, status in enumerate(OrderStatus):
        await site.page(an_order(status=status, order_number=f"o{number}"))
    for number, paying in enumerate(PaymentStatus):
        await site.page(an_order(order_number=f"p{number}"), status=paying)
    for number, method in enumerate(PaymentMethod):
        page = await site.page(an_order(payment_method=method, order_number=f"m{number}"))
        assert re.search(r" Method [A-Z]\w+ ", text_of(page))


async def test_a_refund_is_shown_with_what_was_paid(site: Site) -> None:
    """Paid and refunded stand side by side; a refund is no new debt."""
    order = an_order(status=OrderStatus.PARTIALLY_REFUNDED, refunded_cents=1000)
    amounts = sums(await site.page(order, status=PaymentStatus.PARTIALLY_REFUNDED))
    assert (amounts["Paid"], amounts["Refunded"], amounts["Balance due"]) == ("$25.00", "-$10.00", "$0.00")
    assert amounts["Paid after refunds"] == "$15.00"


async def test_a_credit_stands_at_its_line(site: Site) -> None:
    """What went back of a line and of the shipping is told with its sum; what is only on its way is not."""
    mug = OrderItem(product_id="m", sku="M", name="Mug", quantity=3, unit_price_cents=500)
    hat = OrderItem(product_id="h", sku="H", name="Hat", quantity=1, unit_price_cents=1000)
    back = [("m", 500, RefundState.DONE), ("m", 499, RefundState.DONE), ("h", 1000, RefundState.ASKED)]
    refunds = [
        Refund(
            key=f"r{cents}",
            amount_cents=cents,
            charge_ref="c",
            lines=[RefundLine(product_id=key, quantity=1, cents=cents)],
            state=state,
            asked_at=NOON,
        )
        for key, cents, state in back
    ]
    refunds[0].shipping_cents, refunds[0].amount_cents = 200, 700
    order = an_order(
        items=[mug, hat], status=OrderStatus.PARTIALLY_REFUNDED, refunded_cents=1199, shipping_cost_cents=200
    )
    page = await site.page(order, status=PaymentStatus.PARTIALLY_REFUNDED, refunds=refunds)
    assert "Mug M Refunded: 2 for $9.99 3 $5.00" in text_of(page)
    assert text_of(page).count("Refunded: ") == 1
    assert (sums(page)["Refunded shipping"], sums(page)["Refunded"]) == ("-$2.00", "-$11.99")


async def test_what_was_given_to_the_fund_has_its_own_line_and_its_notice(site: Site) -> None:
    """Beside a purchase it stands between tax and total; what the giver was told stands below, harmless."""
    told = "Not <b>deductible</b>"
    order = an_order(donation_cents=500, total_cents=3000, donation_disclaimer=told)
    page = await site.page(order)
    assert list(sums(page)) == ["Subtotal", "Shipping", "Community fund", "Total", "Paid", "Balance due"]
    assert (sums(page)["Community fund"], sums(page)["Total"]) == ("$5.00", "$30.00")
    assert "Not &lt;b&gt;deductible&lt;/b&gt;" in page
    assert "Community fund" not in sums(await site.page(an_order(order_number="2")))


async def test_a_gift_alone_has_an_invoice_without_a_table(site: Site) -> None:
    """No lines, no subtotal: the gift, the total, and what was paid."""
    gift: dict[str, Any] = {"items": [], "subtotal_cents": 0, "donation_cents": 2500}
    page = await site.page(an_order(**gift, status=OrderStatus.COMPLETE))
    assert "<table" not in page
    assert sums(page) == {
        "Community fund": "$25.00",
        "Total": "$25.00",
        "Paid": "$25.00",
        "Balance due": "$0.00",
    }
    german = await site.page(an_order(**gift, order_number="2", customer=someone("Ada", "de")))
    assert "Gemeinschaftskasse" in sums(german)


async def test_money_and_dates_are_written_as_the_customer_writes_them(site: Site) -> None:
    """The order's locale decides, and a currency without minor units has none."""
    german = await site.page(an_order(currency="EUR", customer=someone("Ada", "de")))
    assert sums(german)["Gesamt"] == "25,00\xa0€"
    assert "01.03.2026" in text_of(german)
    yen = await site.page(an_order(currency="JPY", order_number="2"))
    assert sums(yen)["Total"] == "¥2,500"


async def test_a_digital_order_speaks_of_no_shipping(site: Site) -> None:
    """Rows and sections that mean nothing for this order are left out."""
    role = OrderItem(
        product_id="p", sku="VIP", name="VIP role", quantity=1, unit_price_cents=2500, is_digital=True
    )
    page = await site.page(an_order(items=[role]))
    assert "Ship" not in text_of(page)
    assert set(sums(page)) == {"Subtotal", "Total", "Paid", "Balance due"}


async def test_text_of_people_cannot_become_markup(site: Site) -> None:
    """Names, lines and addresses are shown as they were typed, isolated from the text around them."""
    item = OrderItem(product_id="p", sku="<b>", name=HOSTILE, quantity=1, unit_price_cents=1)
    address = an_address(name=HOSTILE, line2=HOSTILE)
    order = an_order(
        items=[item],
        customer=someone(HOSTILE),
        shipping_address=address,
        discount_code=HOSTILE,
        discount_amount_cents=1,
    )
    page = await site.page(order)
    assert "<script" not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt; {{7*7}}") == 5
    assert not set("\u202e\u2067\x00\x1b") & set(page)
    assert page.count("<bdi>") == page.count("</bdi>") > 5


async def test_a_text_of_four_thousand_characters_is_cut(site: Site) -> None:
    """A very long name leaves the invoice its shape."""
    item = OrderItem(product_id="p", sku="S", name="n" * 4000, quantity=1, unit_price_cents=1)
    page = await site.page(an_order(items=[item], customer=someone("名前" * 2000)))
    assert "n" * 161 not in page
    assert "n" * 100 in page
    assert len(page) < 20_000


@pytest.mark.parametrize("locale", [None, "", "xx", "en-US", "zh-TW", "pt-BR", "../../etc", "e" * 500])
async def test_any_locale_gives_a_page(site: Site, locale: str | None) -> None:
    """A locale that nobody knows is read in English."""
    page = await site.page(an_order(customer=someone("Ada", locale)))
    assert re.search(r'<html lang="\w+" dir="(ltr|rtl)">', page)
    assert re.search(r"25[.,]00", sums(page)["Total"])


async def test_the_page_can_be_asked_for_without_its_body(site: Site) -> None:
    """HEAD answers as GET does, with no body."""
    order = an_order()
    page = await site.page(order)
    head = await site.get(site.path_of(order), "HEAD")
    assert (head.status, await head.read()) == (200, b"")
    assert head.headers["Content-Length"] == str(len(page.encode()))


async def test_a_link_signed_before_the_last_rotation_still_opens(site: Site) -> None:
    """The older secret verifies; one that the shop has dropped does not."""
    order = an_order()
    await site.page(order)
    assert (await site.get(site.path_of(order, "an-older-secret"))).status == 200
    assert (await site.get(site.path_of(order, "a-dropped-secret"))).status == 403


async def test_the_link_ends_after_thirty_days(site: Site) -> None:
    """The page is there to the last second and gone after it."""
    order = an_order()
    await site.page(order)
    path = site.path_of(order)
    site.clock.time = NOON + timedelta(days=30)
    assert (await site.get(path)).status == 200
    site.clock.time += timedelta(seconds=1)
    assert (await site.get(path)).status == 410


async def test_the_invoice_of_somebody_erased_names_nobody(site: Site) -> None:
    """Amounts and lines stay; the name says what they were, in their language, and no address is left."""
    who = someone("Customer", "de").model_copy(update={"discord_id": "erased-1"})
    text = text_of(await site.page(an_order(customer=who, shipping_address=an_address())))
    assert "Kunde dieses Shops" in text
    assert "Ada" not in text
    assert "London" not in text
