"""Labels: asked for by weight and size, bought once by a button that names the price, followed, voided."""

import asyncio
from decimal import Decimal

import pytest

from bot.sandbox import Person, Room, Seen
from models.flag import Flag
from models.order import OrderStatus
from models.product import Product
from models.shipment import ParcelState
from tests.cogs.buying import ADDRESS
from tests.cogs.conftest import member
from tests.cogs.payments.conftest import labels, links
from tests.cogs.shipping.conftest import BOX, PARCEL, SIZE, USPS, WEIGHT, Dock, opened, said, sent
from tests.fakes.provider import Fault

pytestmark = pytest.mark.usefixtures("bot")
CHOOSE = "Choose a label"
CHEAPEST = "USPS · GroundAdvantage · $7.07"


@pytest.fixture
async def selling(dock: Dock) -> Dock:
    """The dock of a shop that buys labels."""
    await dock.sell_labels()
    return dock


async def test_a_label_is_priced_bought_printed_and_handed_over(
    ada: Person, sam: Person, mug: Product, selling: Dock
) -> None:
    """Nothing is paid before the button that names the price; then its tracker moves the order."""
    order = await selling.paid(ada, (mug, 2))
    seen = await (await (await opened(sam, order)).open("Buy a label")).submit(BOX)
    assert "EasyPost has these prices. Nothing is bought yet." in seen.text
    assert next(iter(seen.select(CHOOSE).options)) == CHEAPEST
    assert "about 4 days" in seen.text
    seen = await (await seen.press("Back to the order")).choose(PARCEL, "Parcel 1")
    seen = await seen.choose(CHOOSE, CHEAPEST)
    assert "The keys to EasyPost are for tests" in seen.text
    assert selling.easypost.bought == []
    seen = await (await seen.press("Back to the prices")).choose(CHOOSE, CHEAPEST)
    seen = await seen.press("Buy for $7.07")
    assert "I am buying its label. Please look again in a few seconds." in seen.text
    await selling.drain()
    assert [price for _, price in selling.easypost.bought] == [Decimal("7.07")]
    seen = await seen.press("Look again")
    assert labels(seen)[:4] == ["Label", "Handed over", "Void the label", "Where is it?"]
    assert links(seen)["Label"].startswith("https://easypost-files.example/postage_label/")
    assert "$7.07 · EasyPost" in seen.text
    assert "announced, not seen by its carrier yet" in seen.text
    desk = await seen.press("Back to the order")
    assert "has a label, waits for its carrier" in desk.text
    assert "label $7.07 · [Label](https://easypost-files.example" in desk.text
    assert "Your parcel" not in (await ada.run("/orders view", order=order.key)).text
    seen = await (await desk.choose(PARCEL, "Parcel 1")).press("Handed over")
    assert "The customer is told." in said(seen)
    await selling.drain()
    (parcel,) = await selling.parcels(order)
    assert "https://track.easypost.example/" in ada.dms[-1].text
    assert "easypost-files" not in ada.dms[-1].text
    known, selling.easypost.trackers = selling.easypost.trackers, {}
    assert "EasyPost knows nothing of it." in said(await seen.press("Where is it?"))
    selling.easypost.trackers = known
    selling.easypost.move(parcel.tracking_number or "", "out_for_delivery")
    assert "Its carrier says: being delivered today." in said(await seen.press("Where is it?"))
    selling.easypost.move(parcel.tracking_number or "", "delivered")
    await selling.deliver()
    assert (await selling.now(order)).status is OrderStatus.COMPLETE
    assert "Came back" in labels(await seen.press("Look again"))


async def test_two_people_buy_one_label(
    ada: Person, sam: Person, olivia: Person, mug: Product, selling: Dock
) -> None:
    """The same button twice at once, and the prices of somebody else's question."""
    order = await selling.paid(ada, (mug, 1))
    form = await (await opened(olivia, order)).open("Buy a label")
    first = await (await (await opened(sam, order)).open("Buy a label")).submit(BOX)
    card = await first.choose(CHOOSE, CHEAPEST)
    both = await asyncio.gather(*(card.press("Buy for $7.07") for _ in range(2)))
    told = "\n".join(map(said, both))
    assert "I am buying its label." in told
    await selling.drain()
    assert len(selling.easypost.bought) == 1
    assert "packed or paid back meanwhile" in said(await form.submit(BOX))
    assert "has a label already" in said(await card.press("Buy for $7.07"))
    assert "has a label already" in said(await first.choose(CHOOSE, CHEAPEST))
    assert len(await selling.parcels(order)) == 1


async def test_other_prices_take_the_place_of_the_first(
    ada: Person, sam: Person, mug: Product, selling: Dock
) -> None:
    """A card that stands open cannot buy at prices that were asked for differently since."""
    order = await selling.paid(ada, (mug, 1))
    first = await (await (await opened(sam, order)).open("Buy a label")).submit(BOX)
    card = await first.choose(CHOOSE, CHEAPEST)
    seen = await (await first.open("Other weight or size")).submit({WEIGHT: "1 lb", SIZE: "8 x 6 x 4 in"})
    assert "USPS · GroundAdvantage · $8.67" in seen.select(CHOOSE).options
    assert "I cannot find that parcel." in said(await card.press("Buy for $7.07"))
    await sent(await opened(sam, order))
    late = await (await seen.choose(CHOOSE, "USPS · GroundAdvantage · $8.67")).press("Buy for $8.67")
    assert "packed or paid back meanwhile" in said(late)
    await selling.drain()
    assert selling.easypost.bought == []


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ({WEIGHT: "250"}, "Please write the unit of the **weight**, too, for example: 250 g"),
        ({WEIGHT: "heavy"}, "I cannot take that for **weight**. Please write it like 250 g"),
        ({WEIGHT: "71 kg"}, "Please enter at most 70 kg for **weight**."),
        ({SIZE: "20 x 15 x 10"}, "Please write the unit of the **size**, too"),
        ({SIZE: "x" * 4000}, "I cannot take that for **size**."),
        ({SIZE: "4 x 1 x 1 m"}, "Please enter at most 3 m for **size**."),
    ],
)
async def test_a_box_that_is_none_is_said(
    ada: Person, sam: Person, mug: Product, selling: Dock, typed: dict[str, str], answer: str
) -> None:
    """With an example, before anybody is asked for a price."""
    order = await selling.paid(ada, (mug, 1))
    form = await (await opened(sam, order)).open("Buy a label")
    for part in form.modal["components"]:
        part["component"]["max_length"] = 4000
    assert answer in said(await form.submit({**BOX, **typed}))
    assert selling.easypost.shipments == {}


async def test_a_parcel_without_a_price_says_why(
    ada: Person, sam: Person, mug: Product, selling: Dock
) -> None:
    """In the carriers' own words, which are harmless, with what to do next."""
    order = await selling.paid(ada, (mug, 1))
    hostile = "**@everyone** [too heavy](https://evil.example) " + "x" * 900
    selling.easypost.silent = {"USPS": hostile, "UPSDAP": "no", "FedEx": "account suspended"}
    seen = await (await (await opened(sam, order)).open("Buy a label")).submit(BOX)
    assert "No carrier has a price for this parcel." in seen.text
    assert "account suspended" in seen.text
    assert r"\*\*@" in seen.text
    assert r"\[too heavy\](https:\//evil.example)" in seen.text
    assert not seen.pings
    assert not seen.selects
    selling.easypost.silent = {"USPS": "over the limit"}
    seen = await (await seen.open("Other weight or size")).submit(BOX)
    assert "over the limit" in seen.text
    assert len(seen.select(CHOOSE).options) == 2
    selling.easypost.refused_zips.add("62704")
    answer = await (await seen.open("Other weight or size")).submit(BOX)
    assert "EasyPost cannot price this parcel. Please check both addresses" in said(answer)
    selling.easypost.fail(*[Fault.DOWN] * 3)
    answer = await (await seen.open("Other weight or size")).submit(BOX)
    assert "EasyPost does not answer just now" in said(answer)


async def test_nobody_knows_whether_a_label_was_bought(
    ada: Person, sam: Person, mug: Product, selling: Dock
) -> None:
    """It is looked for, and only somebody who has looked may say that it was not bought."""
    order = await selling.paid(ada, (mug, 1))
    seen = await (await (await opened(sam, order)).open("Buy a label")).submit(BOX)
    seen = await (await seen.choose(CHOOSE, CHEAPEST)).press("Buy for $7.07")
    selling.easypost.fail(Fault.LOST, at="/buy")
    await selling.services.worker.drain()
    seen = await seen.press("Look again")
    assert "so nobody knows whether this label was paid for" in seen.text
    desk = await opened(sam, order)
    assert "⚠️ Nobody knows whether the label of parcel 1 was bought." in desk.text
    seen = await (await desk.choose(PARCEL, "Parcel 1")).press("Look again")
    assert "Handed over" in labels(seen)
    assert len(selling.easypost.bought) == 1


async def test_a_label_that_never_turns_up_is_given_up_by_hand(
    ada: Person, sam: Person, mug: Product, selling: Dock, staff_room: Room
) -> None:
    """Staff are called to the parcel; after their word its pieces can be packed again."""
    order = await selling.paid(ada, (mug, 1))
    seen = await (await (await opened(sam, order)).open("Buy a label")).submit(BOX)
    seen = await (await seen.choose(CHOOSE, CHEAPEST)).press("Buy for $7.07")
    selling.easypost.fail(Fault.DOWN, at="/buy")
    for _ in range(8):
        await selling.drain()
        selling.clock.forward(hours=13)
    await selling.drain()
    told = staff_room.messages_for(sam)[-1]
    assert "I was to buy a label, and cannot tell whether that was done." in told.text
    seen = await (await told.press("Ship")).choose(PARCEL, "Parcel 1")
    known, selling.easypost.shipments = selling.easypost.shipments, {}
    assert "EasyPost knows nothing of it." in said(await seen.press("Look again"))
    selling.easypost.shipments = known
    seen = await seen.press("Look again")
    assert "I asked EasyPost: there is no label so far." in said(seen)
    seen = await seen.press("It was not bought")
    assert "Please look on the site of EasyPost first." in seen.text
    seen = await (await seen.press("Back")).press("It was not bought")
    seen = await seen.press("I looked: it was not")
    assert "Its pieces can be packed again." in said(seen)
    assert "1 piece is to be packed." in seen.text
    assert [each.state for each in await selling.parcels(order)] == [ParcelState.DROPPED]


async def test_an_account_without_money_is_named(
    ada: Person, sam: Person, mug: Product, selling: Dock
) -> None:
    """With what to do about it, in place of the seller's own code."""
    order = await selling.paid(ada, (mug, 1))
    seen = await (await (await opened(sam, order)).open("Buy a label")).submit(BOX)
    selling.easypost.balance = Decimal(0)
    seen = await (await seen.choose(CHOOSE, CHEAPEST)).press("Buy for $7.07")
    await selling.drain()
    seen = await seen.press("Look again")
    assert "The reason: the shop's account at the seller of labels has no money left" in seen.text
    assert "Please top it up there, then buy the label again." in seen.text


async def test_a_label_is_voided_or_kept(ada: Person, sam: Person, mug: Product, selling: Dock) -> None:
    """After a question; a carrier that gives no money back is told of."""
    order = await selling.paid(ada, (mug, 1))
    seen = await (await (await opened(sam, order)).open("Buy a label")).submit(BOX)
    seen = await (await seen.choose(CHOOSE, CHEAPEST)).press("Buy for $7.07")
    await selling.drain()
    seen = await (await (await seen.press("Look again")).press("Void the label")).press("No, keep it")
    ask = await seen.press("Void the label")
    selling.easypost.on_scan = {"USPS"}
    refused = await ask.press("Yes, void it")
    assert "EasyPost gives no money back for this label." in said(refused)
    assert labels(refused) == ["Yes, void it", "Give it up without money back", "No, keep it"]
    selling.easypost.on_scan = set()
    (shipment,) = selling.easypost.shipments.values()
    shipment["refund_status"] = None
    seen = await refused.press("Yes, void it")
    assert "The label is void." in said(seen)
    assert "1 piece is to be packed." in seen.text
    assert "its label was voided" in (await seen.choose(PARCEL, "Parcel 1")).text
    assert "was not sent" in said(await ask.press("Yes, void it"))


async def test_a_parcel_that_cannot_be_delivered_calls_the_staff(
    ada: Person, sam: Person, mug: Product, selling: Dock, staff_room: Room
) -> None:
    """With what the carrier says, and the way to it; the queue shows it, too."""
    order = await selling.paid(ada, (mug, 1))
    seen = await sent(await opened(sam, order), "USPS", USPS)
    await selling.drain()
    selling.easypost.move(USPS, "return_to_sender")
    await selling.deliver()
    await selling.drain()
    told = staff_room.messages_for(sam)[-1]
    said_so = f"The carrier of a parcel of order **{order.order_number}** says: on its way back to you."
    assert f"{said_so}\nUSPS {USPS}\nPlease ask its carrier" in told.text
    seen = await told.press("Ship")
    assert "⚠️ The carrier cannot deliver parcel 1." in seen.text
    seen = await seen.choose(PARCEL, "Parcel 1")
    assert "The reason: on its way back to you." in seen.text
    assert "held up on its way" in (await ada.run("/orders view", order=order.key)).text
    selling.clock.forward(days=30)
    queue = await (await sam.run("/admin queue")).choose("Open an entry", f"{order.order_number} · A parcel")
    assert "The carrier cannot deliver the parcel." in queue.text
    form = await seen.open("Came back or lost")
    assert "1 piece is to be packed." in (await form.submit({form.fields[0].label: "in our yard"})).text


async def test_labels_need_a_partner_and_a_sender(
    ada: Person, sam: Person, olivia: Person, mug: Product, dock: Dock
) -> None:
    """Without EasyPost there is no such button; without the address the sentence says where to enter it."""
    order = await dock.paid(ada, (mug, 1))
    assert "Buy a label" not in labels(await opened(sam, order))
    await dock.sell_labels()
    seen = await (await olivia.run("/admin config")).choose("Change a part", "Ways to ship")
    assert "Aurora\n1 Main Street" in seen.text
    seen = await seen.press("Remove the sender's address")
    assert "Labels that you buy with `/admin ship` need it." in seen.text
    dock.clock.forward(seconds=5)
    assert "Please enter it with `/admin config`" in said(
        await (await opened(sam, order)).press("Buy a label")
    )
    form = await seen.open("Sender's address")
    assert "two letters" in said(await form.submit({**ADDRESS, "Country, phone number": "Atlantis"}))
    seen = await (await seen.open("Sender's address")).submit({**ADDRESS, "Full name": "Aurora"})
    assert "Aurora\n12 Garden Street\nApartment 4" in seen.text
    values = [each.value for each in (await seen.open("Sender's address")).fields]
    assert values[-1] == "United States, +1 217 555 0100"
    dock.clock.forward(seconds=5)
    form = await (await opened(sam, order)).open("Buy a label")
    assert CHEAPEST in (await form.submit(BOX)).select(CHOOSE).options


async def test_switched_off_no_label_is_priced_or_bought_and_bought_ones_live_on(
    ada: Person, sam: Person, olivia: Person, mug: Product, selling: Dock
) -> None:
    """The button goes, older ones are refused, a purchase that was asked for is made, and a label voided."""
    first, second = [await selling.paid(ada, (mug, 1)) for _ in range(2)]
    asked = await (await (await opened(sam, first)).open("Buy a label")).submit(BOX)
    card = await asked.choose(CHOOSE, CHEAPEST)
    late = await (await (await opened(sam, second)).open("Buy a label")).submit(BOX)
    late = await late.choose(CHOOSE, CHEAPEST)
    form = await (await opened(sam, second)).open("Buy a label")
    await card.press(_buying(card))
    await selling.services.flags.switch(selling.shop, member(olivia), Flag.LABELS, on=False)
    assert "Buying labels is switched off." in said(await late.press(_buying(late)))
    assert "Buying labels is switched off." in said(await form.submit(BOX))
    assert "Buy a label" not in labels(await opened(sam, second))
    await selling.drain()
    assert len(selling.easypost.bought) == 1
    seen = await (await opened(sam, first)).choose(PARCEL, "Parcel 1")
    assert "The label is void." in said(await (await seen.press("Void the label")).press("Yes, void it"))


def _buying(seen: Seen) -> str:
    """The button that names the price."""
    return next(label for label in labels(seen) if label and label.startswith("Buy for"))
