"""The pages in German and Spanish: for customers whose Discord speaks it, and browsers that ask for it."""

import re

from models.order import OrderStatus
from models.payment import PaymentStatus
from tests.bot.web.conftest import Site
from tests.bot.web.test_invoice_page import an_address, someone, sums, text_of
from tests.invoicing import an_order

ENGLISH = r"\b(Invoice|Billed|Ship|Order|Ordered|Paid|Payment|Method|Item|Price|Amount|Total|Questions)\b"


async def test_the_invoice_of_a_german_customer_is_german(site: Site) -> None:
    """The page says so itself, and no label is left in English."""
    order = an_order(currency="EUR", customer=someone("Greta", "de"), shipping_address=an_address())
    page = await site.page(order)
    text = text_of(page)
    assert '<html lang="de" dir="ltr">' in page
    assert "<title>Rechnung 1001 · Mug Market</title>" in page
    assert "Bezahlt am 01.03.2026" in text
    assert "London SW1Y 4JH Vereinigtes Königreich" in text
    assert "Menge Einzelpreis Betrag Coffee mug MUG-01 2 12,50\xa0€ 25,00\xa0€".replace("\xa0", " ") in text
    assert sums(page)["Noch zu zahlen"] == "0,00\xa0€"
    assert "Nenn dem Team des Shops ihre Nummer: 1001." in text
    assert re.findall(ENGLISH, text) == []


async def test_every_state_of_an_invoice_has_its_german_words(site: Site) -> None:
    """No state of an order or a payment falls back to English."""
    german = someone("Greta", "de")
    for number, status in enumerate(OrderStatus):
        page = await site.page(an_order(status=status, order_number=f"o{number}", customer=german))
        assert re.findall(ENGLISH, text_of(page)) == []
    for number, paying in enumerate(PaymentStatus):
        page = await site.page(an_order(order_number=f"p{number}", customer=german), status=paying)
        assert re.findall(ENGLISH, text_of(page)) == []


async def test_a_page_that_is_not_there_says_so_in_the_browsers_language(site: Site) -> None:
    """German where the browser asks for it first; English for a language that the shop does not speak."""
    said = {}
    for asked in ("de-DE,de;q=0.9,en;q=0.8", "de", "xx", "fr-CA"):
        answer = await site.get("/nowhere", **{"Accept-Language": asked})
        page = await answer.text()
        said[asked] = re.search(r'<html lang="(\w+)"', page), text_of(page)
    for asked, (found, text) in said.items():
        german = asked.startswith("de")
        assert found
        assert found[1] == ("de" if german else "en")
        assert ("Hier ist keine Seite" in text) is german


async def test_pages_are_spanish_for_both_kinds_of_spanish(site: Site) -> None:
    """An invoice by its customer, a page that is not there by its browser; amounts as each writes them."""
    sums_of = {}
    for locale in ("es-ES", "es-419"):
        order = an_order(currency="EUR", customer=someone("Pilar", locale), order_number=locale)
        page = await site.page(order)
        assert '<html lang="es" dir="ltr">' in page
        assert "¿Preguntas sobre este pedido?" in text_of(page)
        assert re.findall(ENGLISH, text_of(page)) == ["Total"]
        sums_of[locale] = sums(page)["Total"]
    assert sums_of == {"es-ES": "25,00\xa0€", "es-419": "EUR\xa025.00"}
    answer = await site.get("/nowhere", **{"Accept-Language": "es-MX,es;q=0.9"})
    assert "Aquí no hay ninguna página" in await answer.text()
