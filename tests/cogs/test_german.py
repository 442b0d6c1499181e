"""A purchase in German: every card in the customer's language, with its money and its dates."""

import re

import pytest

from bot.sandbox import Person, Seen
from services import Services
from services.shops import Shop
from tests.cogs.buying import orders_of
from tests.cogs.conftest import member
from tests.cogs.german import english_in
from tests.services.conftest import MakeProduct

pytestmark = pytest.mark.usefixtures("bot")

ADDRESS = {
    "Vor- und Nachname": "Greta Grün",
    "Straße und Hausnummer": "Gartenstraße 12\nWohnung 4",
    "Ort, Bundesland oder Region": "Berlin",
    "Postleitzahl": "10115",
    "Land, Telefonnummer": "Deutschland, +49 30 23125 000",
}
CLAIM = {"Name oder Verwendungszweck der Zahlung": "Greta Grün"}


async def to_review(greta: Person) -> tuple[Seen, list[str]]:
    """The review of two cups, and what was shown on the way there."""
    seen = await greta.run("/shop browse")
    shown = [seen.text]
    seen = await seen.choose("Artikel auswählen", "Tasse")
    seen = await seen.press("In den Warenkorb")
    assert "Hinzugefügt. Davon liegt jetzt 1 Stück in deinem Warenkorb." in seen.text
    shown.append(seen.text)
    form = await (await seen.press("Mein Warenkorb (1)")).open("Menge eingeben")
    seen = await form.submit({"Wie viele möchtest du?": "2"})
    shown.append(seen.text)
    seen = await seen.press("Zur Kasse")
    assert "Kasse, Schritt 1 von 4" in seen.text
    seen = await (await seen.open("Adresse eingeben")).submit(ADDRESS)
    seen = await seen.choose("Versandart auswählen", "Letter post")
    seen = await seen.choose("Zahlungsart auswählen", "Venmo")
    return seen, [*shown, seen.text]


async def test_a_purchase_in_german(
    greta: Person, sam: Person, olivia: Person, shop: Shop, services: Services, product: MakeProduct
) -> None:
    """From the shelf to the paid order nothing is left in English; the staff keep their own language."""
    await product("Tasse", 123450, 3, is_digital=False)
    seen, shown = await to_review(greta)
    assert "Wir haben 1 Artikel. Wähle ihn aus, um mehr zu sehen." in shown[0]
    assert "1.234,50\xa0$ · noch 3 da" in shown[0].replace("**", "")
    assert "2 x Tasse · 2.469,00\xa0$ (je 1.234,50\xa0$)" in shown[2].replace("**", "")
    assert "Wohnung 4\n10115 Berlin\nDeutschland" in seen.text
    assert "Versand: 4,50\xa0$" in seen.text

    seen = await seen.press("Jetzt kaufen")
    (order,) = await orders_of(services, shop, greta)
    day = f"{order.created_at:%d.%m.%Y}"
    text = seen.text.replace("**", "")
    assert "Danke! Deine Bestellung ist aufgegeben." in text
    assert "So bezahlst du: Venmo" in text
    assert "Sende 2.473,50\xa0$ an `@aurora-shop`." in text
    assert f"Bestellt am {day}" in text
    shown.append(seen.text)
    seen = await (await seen.open("Ich habe bezahlt")).submit(CLAIM)
    assert "Das Team prüft deine Zahlung." in seen.text
    shown.append(seen.text)
    assert "1 payment waits" in (await sam.run("/admin payments")).text

    payment = (await services.claims.waiting(shop)).claims[0].payment
    await services.claims.approve(shop, member(olivia), payment.key, payment.claims, order.order_number)
    seen = await greta.run("/orders list")
    assert f"{day} · 2.473,50\xa0$ · bezahlt" in str(seen.payload).replace("\\xa0", "\xa0")
    shown.append(seen.text)
    seen = await seen.choose("Bestellung auswählen", seen.select("Bestellung auswählen").options.popitem()[0])
    assert "Deine Zahlung ist angekommen. Danke!" in seen.text
    assert {"Rechnung", "Meine Bestellungen"} <= {button.label for button in seen.buttons}
    assert english_in("\n".join([*shown, seen.text])) == []


@pytest.mark.parametrize(
    ("command", "options", "said"),
    [
        (
            "/shop product",
            {"name": "nothing"},
            "Diesen Artikel finde ich nicht. Bitte wähle einen mit `/shop stöbern`.",
        ),
        ("/checkout", {}, "Dein Warenkorb ist leer. Mit `/shop stöbern` findest du etwas."),
        ("/cart view", {}, "Dein Warenkorb ist noch leer. Schau dich gern um!"),
        ("/help", {}, "`/bestellungen liste`: bezahlen, Artikel holen, Rechnung öffnen oder stornieren"),
        ("/account addresses", {}, "Du hast noch keine Adresse gespeichert."),
        ("/admin config", {}, "Dafür brauchst du die Berechtigung"),
    ],
)
async def test_refusals_and_empty_places_are_german_too(
    greta: Person, command: str, options: dict[str, str], said: str
) -> None:
    """What cannot be done is said in the person's language, with the commands as Discord lists them."""
    seen = await greta.run(command, options)
    assert said in seen.text
    assert english_in(seen.text) == []


async def test_the_staff_side_is_german_for_a_german_owner(
    german_owner: Person, product: MakeProduct
) -> None:
    """The settings, a product and its forms, with nothing cut off and nothing left in English."""
    await product("Tasse", 1250, 3)
    seen = await german_owner.run("/admin config")
    shown = [seen.text]
    for part in seen.select("Einen Teil ändern").options:
        card = await (await german_owner.run("/admin config")).choose("Einen Teil ändern", part)
        shown.append(f"{card.text}\n{card.payload}")
    form = await (await german_owner.run("/admin product", name="Tasse")).open("Bearbeiten")
    assert "Preis in USD" in form.text
    shown.append(f"{form.title}\n{form.text}")
    seen = await german_owner.run("/admin stock", product="Tasse")
    assert "Zu verkaufen: 3" in seen.text
    shown.append(f"{seen.text}\n{seen.payload}")
    assert english_in("\n".join(shown)) == []
    assert not re.search(r"'(?:label|placeholder)': '[^']*…'", "\n".join(shown))


async def test_a_discount_code_in_german(
    greta: Person, german_owner: Person, shop: Shop, services: Services, product: MakeProduct
) -> None:
    """Staff make it, a wrong code is refused, the right one is counted with commas, up to the order."""
    await product("Tasse", 1250, 3)
    form = await (await german_owner.run("/admin discount")).open("Neuer Rabatt")
    typed = {"Nachlass: Anteil oder Betrag": "12,5 %", "Code (leer: gilt von selbst)": "SOMMER"}
    shown = [f"{form.title}\n{form.text}"]
    seen = await form.submit(typed)
    assert "12,5 % Rabatt: SOMMER" in seen.text
    shown.append(f"{seen.text}\n{seen.payload}")
    seen = await seen.press("Einschalten")
    assert "läuft · 0-mal eingelöst" in seen.text
    shown.append(f"{seen.text}\n{seen.payload}")

    seen = await greta.run("/cart add", product="Tasse")
    refused = await (await seen.open("Code eingeben")).submit({"Rabattcode": "WINTER"})
    assert "Diesen Code kenne ich nicht. Bitte prüf, wie er geschrieben wird." in refused.text
    seen = await (await seen.open("Code eingeben")).submit({"Rabattcode": "sommer"})
    assert "Rabatt (SOMMER): -1,56\xa0$" in seen.text
    assert "Code verwerfen" in {button.label for button in seen.buttons}
    shown += [refused.text, f"{seen.text}\n{seen.payload}"]
    seen = await (await seen.press("Zur Kasse")).choose("Zahlungsart auswählen", "Venmo")
    shown.append(f"{seen.text}\n{seen.payload}")
    seen = await seen.press("Jetzt kaufen")
    (order,) = await orders_of(services, shop, greta)
    assert order.total_cents == 1094
    assert "Rabatt (SOMMER): -1,56\xa0$\n**10,94\xa0$**" in seen.text
    assert english_in("\n".join([*shown, seen.text])) == []
