"""What customers are told of parcels: links that lead to carriers alone, e-mails, and all of it in German."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from bot.mail.customers import customer_draft
from bot.mail.letters import Letters
from bot.outside import Outside
from bot.sandbox import Person
from cogs._effects.alerts import EFFECTS
from cogs._ui.carriers import PAGES, carried_by, safe_address, tracking_page
from cogs._ui.parcels import MOVEMENTS, STATES
from cogs._ui.ship_refusals import refused
from cogs._ui.words import Words
from cogs.admin._order_card import EVENTS
from models.errors import Refused
from models.product import Product
from models.shipment import Parcel, ParcelState
from services.effects import EffectKind, Notice, notice
from services.mail.smtp import SmtpKeys
from services.partner import Site
from services.shipping.contract import Movement
from tests.cogs.conftest import member
from tests.cogs.german import english_in
from tests.cogs.shipping.conftest import USPS, Dock
from tests.fakes.easypost import NOW, EasyPost
from tests.fakes.mailserver import MailServer
from tests.outside import OUTSIDE

ENGLISH, GERMAN = Words.of("en-US"), Words.of("de")
ADA = "ada@engine.example"


@pytest.fixture
async def server() -> AsyncIterator[MailServer]:
    """The mail server of the installation."""
    async with MailServer() as made:
        yield made


@pytest.fixture
def outside(easypost: EasyPost, server: MailServer) -> Outside:
    """EasyPost and a mail server answer here."""
    keys = SmtpKeys(sender="shop@aurora.example", host="localhost", port=server.port, password=SecretStr(""))
    return Outside(OUTSIDE.vault, {"easypost": Site(easypost.url)}, mail=keys)


def parcel(**fields: Any) -> Parcel:
    """A parcel that is on its way."""
    return Parcel(key="k", number=1, state=ParcelState.SENT, lines=[], made_at=NOW, **fields)


@pytest.mark.parametrize(
    ("carrier", "number", "page"),
    [
        ("USPS", USPS, f"https://tools.usps.com/go/TrackConfirmAction?tLabels={USPS}"),
        ("ups Ground", "1Z9", "https://www.ups.com/track?tracknum=1Z9"),
        ("UPSDAP", "1Z9", "https://www.ups.com/track?tracknum=1Z9"),
        (" FedEx", "77", "https://www.fedex.com/fedextrack/?trknbr=77"),
        ("DHL Express", "77", "https://www.dhl.com/global-en/home/tracking.html?submit=1&tracking-id=77"),
        ("Upset Post", "77", None),
        ("USPS", "94-00", None),
        ("USPS", None, None),
        (None, "77", None),
    ],
)
def test_a_number_leads_to_its_carrier(carrier: str | None, number: str | None, page: str | None) -> None:
    """Where the carrier is known and the number is letters and digits; else it is only shown."""
    assert tracking_page(parcel(carrier=carrier, tracking_number=number)) == page


def test_every_page_of_a_carrier_is_safe() -> None:
    """They begin with https and could stand on a button."""
    assert all(safe_address(page) == page for page in PAGES.values())


@pytest.mark.parametrize(
    "address",
    [
        "http://track.example/1",
        "javascript:alert(1)",
        "https://track.example/a)b",
        "https://track.example/a b",
        "https://track.example/]x",
        "https://user@evil.example/",
        "https://track.example/" + "a" * 300,
        "https://tr\u00e4ck.example/",
        "",
        None,
    ],
)
def test_an_address_that_could_break_out_is_not_linked(address: str | None) -> None:
    """The number stays, and the carrier's own page takes its place where there is one."""
    assert safe_address(address) is None
    shown = parcel(carrier="UPS", tracking_number="1Z9", tracking_url=address)
    assert carried_by(shown) == "UPS [1Z9](https://www.ups.com/track?tracknum=1Z9)"


@given(
    st.text(max_size=60),
    st.text(st.sampled_from("AZaz09-"), max_size=60),
    st.none() | st.text(max_size=400),
)
def test_whatever_a_parcel_is_called_it_shows_at_most_one_link(
    carrier: str, number: str, address: str | None
) -> None:
    """And that one was checked."""
    shown = parcel(carrier=carrier, tracking_number=number, tracking_url=address)
    page = tracking_page(shown)
    assert page is None or safe_address(page) == page
    assert carried_by(shown).count("](https://") <= 1


def test_everything_that_can_become_of_a_parcel_has_words() -> None:
    """States, movements, refusals, the order's history, and effects."""
    assert set(STATES) == set(ParcelState)
    assert set(MOVEMENTS) == set(Movement)
    assert set(EffectKind) <= set(EFFECTS)
    assert len({refused(Refused("parcel", state), ENGLISH) for state in ParcelState}) == len(ParcelState)
    told = {"sent", "delivered", "back", "exception", "corrected", "buying", "labelled", "unknown"}
    assert {f"parcel_{each}" for each in {*told, "dropped", "voided"}} <= set(EVENTS)


@pytest.mark.usefixtures("bot")
async def test_the_e_mail_says_what_is_on_its_way_and_what_follows(
    ada: Person, mug: Product, cap: Product, dock: Dock, server: MailServer
) -> None:
    """With the number and a way to follow it; the second one says that it is all."""
    await dock.services.customers.set_profile(dock.shop, member(ada), ADA, "")
    order = await dock.paid(ada, (mug, 2), (cap, 1))
    await dock.send(order, mug, 2, carrier="USPS", tracking_number=USPS)
    await dock.drain()
    # That the payment arrived is told, too, and either may come first.
    subject = f"Order {order.order_number} is on its way to you"
    (letter,) = (each for each in server.letters if each["Subject"] == subject)
    body = letter.get_body(("plain",))
    assert body is not None
    text = "\n".join(body.get_content().splitlines())
    assert "Aurora has sent a part of your order. The rest follows." in text
    assert "On its way to you:\n2 x Mug\n" in text
    assert f"Tracking number: USPS {USPS}" in text
    assert f"Follow it here: https://tools.usps.com/go/TrackConfirmAction?tLabels={USPS}" in text
    await dock.send(order, cap, 1)
    await dock.drain()
    assert "Aurora has sent your order." in server.letters[-1].as_string()


@pytest.mark.usefixtures("bot")
async def test_a_customer_reads_that_a_parcel_is_near(ada: Person, mug: Product, dock: Dock) -> None:
    """Whoever has to be at home, or to fetch it, is told more than that it is on its way."""
    await dock.sell_labels()
    order = await dock.paid(ada, (mug, 1))
    await dock.send(order, mug, 1, carrier="USPS", tracking_number=USPS)
    await dock.drain()
    for status, said in (
        ("in_transit", "on its way"),
        ("out_for_delivery", "being delivered today"),
        ("available_for_pickup", "waiting to be picked up"),
        ("delivered", "arrived"),
    ):
        dock.clock.forward(minutes=1)
        dock.easypost.move(USPS, status)
        await dock.deliver()
        assert f"Your parcel: {said} · USPS" in (await ada.run("/orders view", order=order.key)).text


@pytest.mark.usefixtures("bot")
async def test_parcels_in_german(greta: Person, german_owner: Person, mug: Product, dock: Dock) -> None:
    """From the packing table to the customer, with nothing left in English."""
    await dock.sell_labels()
    order = await dock.paid(greta, (mug, 3))
    seen = await german_owner.run("/admin ship")
    assert "1 Bestellung ist zu verschicken" in seen.text
    shown = [f"{seen.text}\n{seen.payload}"]
    seen = await german_owner.run("/admin ship", order=order.order_number)
    shown.append(f"{seen.text}\n{seen.payload}")
    form = await seen.open("Versandmarke kaufen")
    shown.append(f"{form.title}\n{form.text}")
    box = {"Gewicht mit Einheit": "250", "Länge x Breite x Höhe mit Einheit": "20 x 15 x 10 cm"}
    answer = await form.submit(box)
    assert "Bitte schreib bei **Gewicht** auch die Einheit" in answer.text
    form = await seen.open("Versandmarke kaufen")
    seen = await form.submit({**box, "Gewicht mit Einheit": "0,25 kg"})
    shown.append(f"{answer.text}\n{seen.text}\n{seen.payload}")
    seen = await seen.choose(
        "Versandmarke auswählen", next(iter(seen.select("Versandmarke auswählen").options))
    )
    shown.append(f"{seen.text}\n{seen.payload}")
    seen = await seen.press(next(each.label for each in seen.buttons if each.label.startswith("Für")))
    await dock.drain()
    seen = await (await seen.press("Neu laden")).press("Übergeben")
    await dock.drain()
    shown.append(f"{seen.text}\n{seen.payload}\n{greta.dms[-1].text}")
    assert "**Aurora** hat deine Bestellung verschickt." in greta.dms[-1].text
    assert "Unterwegs zu dir" in greta.dms[-1].text
    hers = await greta.run("/orders view", order=order.key)
    assert "Dein Paket" in hers.text
    assert english_in("\n".join([*shown, hers.text])) == []


async def test_a_parcels_contents_of_any_length_fit_a_letter(ada: Person, mug: Product, dock: Dock) -> None:
    """Also by a name that is all markup."""
    order = await dock.paid(ada, (mug, 3))
    sent = await dock.send(order, mug, 3, carrier="*_`~" * 15, tracking_number="9" * 100)
    view = await dock.services.orders.staff_view(dock.shop, order.key)
    owed = notice(Notice.ORDER_SHIPPED, dock.shop.id, order.key, dock.clock.now(), parcel=sent.key)
    letter = Letters().write(customer_draft(Notice.ORDER_SHIPPED, dock.shop, view, owed, ENGLISH), ENGLISH)
    assert "3 x Mug" in letter.text
    assert "<script" not in letter.html
