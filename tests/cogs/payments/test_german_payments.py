"""A payment on a provider's page in German: what its customer reads, and what the owner does about it."""

from decimal import Decimal

import pytest

from bot.sandbox import Person
from models.product import Product
from tests.cogs.buying import orders_of
from tests.cogs.german import english_in
from tests.cogs.payments.conftest import COINS, Till, labels, links

pytestmark = pytest.mark.usefixtures("bot")


async def test_a_payment_on_a_providers_page_in_german(
    greta: Person, german_owner: Person, mug: Product, till: Till
) -> None:
    """From the choice to the money that went back, every button named in a sentence is on the card."""
    seen = await (await greta.run("/cart add", product=mug.name)).press("Zur Kasse")
    seen = await (await seen.choose("Zahlungsart auswählen", "Cash App Pay")).press("Jetzt kaufen")
    (order,) = await orders_of(till.services, till.shop, greta)
    assert "Bitte bezahle **15,00\xa0$**. Drück dazu auf **Jetzt bezahlen**." in seen.text
    assert "Drück danach auf **Erneut prüfen**" in seen.text
    assert links(seen) == {"Jetzt bezahlen": (await till.payment(order)).page_url}
    assert labels(seen) == ["Jetzt bezahlen", "🔄 Erneut prüfen", "Stornieren", "Meine Bestellungen"]
    shown = [seen.text]
    seen = await seen.press("🔄 Erneut prüfen")
    assert seen.content == "Noch ist nichts Neues angekommen. Es kann ein paar Minuten dauern."
    shown.append(seen.text)
    till.square.pay(await till.ref(order))
    await till.deliver()

    desk = await (await german_owner.run("/admin payments")).choose(
        "Andere Zahlungen anzeigen", "Alle Zahlungen"
    )
    desk = await desk.choose("Zahlung öffnen", desk.select("Zahlung öffnen").options.popitem()[0])
    assert "15,00\xa0$ · Cash App Pay" in desk.text
    assert "Diese Zahlung ist **bestätigt**." in desk.text
    shown.append(f"{desk.text}\n{desk.payload}")
    form = await desk.open("Erstatten")
    shown.append(f"{form.title}\n{form.text}")
    typed = {"Betrag in USD": "5,00", "Grund, nur für das Team": "Kratzer"}
    answered = await form.submit(typed)
    told = german_owner.whispers[-1].text
    assert "Die Erstattung ist unterwegs. Bitte schau in einer Minute noch einmal nach." in told
    till.square.instant_refunds = True
    await till.drain()
    seen = await greta.run("/orders view", order=order.key)
    assert "Ein Teil deines Geldes wurde erstattet." in seen.text
    assert "5,00\xa0$ wurden dir erstattet." in seen.text
    assert english_in("\n".join([*shown, answered.text, told, seen.text])) == []


async def test_coins_in_german(greta: Person, mug: Product, till: Till) -> None:
    """How much goes where, that a part has come, and that the rest is missing."""
    order = await till.opened(greta, mug, COINS)
    seen = await greta.run("/orders view", order=order.key)
    assert "wie unten beschrieben, oder drück auf **Jetzt bezahlen**." in seen.text
    assert "Bezahlen in BTC" in seen.text
    assert "Sende genau so viel BTC:\n```\n0.0003\n```\nan diese Adresse:" in seen.text
    shown = [seen.text]
    till.nowpayments.pay(await till.ref(order), Decimal("0.6"))
    seen = await seen.press("🔄 Erneut prüfen")
    assert "Erst ein Teil ist angekommen: 9,00\xa0$ von 15,00\xa0$. Bitte bezahle noch den Rest." in seen.text
    assert english_in("\n".join([*shown, seen.text])) == []


@pytest.mark.usefixtures("shop")
async def test_the_keys_of_every_provider_in_german(german_owner: Person) -> None:
    """Their cards, forms and messages, with nothing left in English."""
    every = await german_owner.run("/admin providers")
    shown = [f"{every.text}\n{every.payload}"]
    for provider in every.select("Anbieter öffnen").options:
        seen = await (await german_owner.run("/admin providers")).choose("Anbieter öffnen", provider)
        enter = next(each for each in labels(seen) if each in {"Schlüssel ändern", "Schlüssel eingeben"})
        form = await seen.open(enter)
        shown += [f"{seen.text}\n{seen.payload}", f"{form.title}\n{form.text}"]
    seen = await german_owner.run("/admin webhooks")
    shown.append(f"{seen.text}\n{seen.payload}")
    assert "Stand: **angeboten**" in "\n".join(shown)
    assert english_in("\n".join(shown)) == []
