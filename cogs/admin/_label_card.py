"""Labels as staff buy them: weight and size, what carriers ask for, and the question before each step."""

from collections.abc import Sequence

from cogs._ui.card import Button, Card, Field, Option, Row, Select
from cogs._ui.form import Form, Input
from cogs._ui.parcels import contents, shortened
from cogs._ui.paying import provider_name
from cogs._ui.target import Target
from cogs._ui.text import cut, plain
from cogs._ui.words import Words
from cogs.admin._choice import with_number
from cogs.admin._ship_choice import packed
from models.order import Order
from models.shipment import LabelRate, Parcel
from services.ship_desk import ShipView

_NAME, _PROBLEM, _SHOWN = 60, 200, 5
_TYPED = 60


def box_form(order: Order, chosen: str, w: Words) -> Form:
    """How heavy and how large the parcel is."""
    return Form(
        w("Buy a label"),
        Target("ship:label", order.key, chosen),
        [
            Input(
                "weight",
                w("Weight with its unit"),
                max_length=_TYPED,
                placeholder=w("250 g, or 8 oz"),
                hint=w("Also 1.2 kg, 1.5 lb or 2 lb 4 oz."),
            ),
            Input(
                "size",
                w("Length x width x height with the unit"),
                max_length=_TYPED,
                placeholder=w("20 x 15 x 10 cm, or 8 x 6 x 4 in"),
                hint=w("An envelope has a height, too."),
            ),
        ],
    )


def rates_card(view: ShipView, parcel: Parcel, problems: Sequence[str], w: Words) -> Card:
    """What a label would cost, carrier by carrier, and why some have no price."""
    order, partner = view.order, provider_name(parcel.partner or "")
    fields = [Field(w("In it"), shortened(contents(parcel, order), w))]
    if problems:
        said = [f"• {plain(cut(each, _PROBLEM))}" for each in problems[:_SHOWN]]
        fields.append(Field(w("Carriers without a price say"), "\n".join(said)))
    pieces = {line.product_id: line.quantity for line in parcel.lines}
    again = with_number(packed(pieces, order), view.made)
    ways = [
        Button(w("Other weight or size"), Target("ship:label", order.key, again)),
        Button(w("Back to the order"), Target("ship:open", order.key, packed(pieces, order))),
    ]
    options = [
        Option(price(each, w), str(at), description=_days(each, w)) for at, each in enumerate(parcel.rates)
    ]
    menu: list[Row] = []
    if options:
        menu.append(Select(w("Choose a label"), Target("ship:rate", order.key, parcel.key), options))
        text = w("{partner} has these prices. Nothing is bought yet.", partner=partner)
    else:
        text = w(
            "No carrier has a price for this parcel. Please check its weight and size, both addresses, "
            "and which carriers your account at {partner} has.",
            partner=partner,
        )
    return Card(
        title=w("A label for {number}", number=order.order_number),
        text="\n".join([text, *(_line(each, w) for each in parcel.rates)]),
        fields=fields,
        colour="plain" if options else "warn",
        rows=[*menu, ways],
    )


def price(rate: LabelRate, w: Words) -> str:
    """Carrier, service and price, for menus, which show no markdown."""
    parts = (cut(rate.carrier, _NAME), cut(rate.service, _NAME), w.money(rate.cents, rate.currency))
    return " · ".join(part for part in parts if part)


def _line(rate: LabelRate, w: Words) -> str:
    days = _days(rate, w)
    return f"{plain(price(rate, w))}{f' · {days}' if days else ''}"


def _days(rate: LabelRate, w: Words) -> str | None:
    return None if rate.days is None else w.count(rate.days, "about {n} day", "about {n} days")


def buy_card(order: Order, parcel: Parcel, at: int, w: Words, *, plays: bool) -> Card:
    """The question before money is spent."""
    rate, partner = parcel.rates[at], provider_name(parcel.partner or "")
    amount = w.money(rate.cents, rate.currency)
    said = w("{partner} takes {amount} from the shop's account there.", partner=partner, amount=amount)
    if plays:
        said = w(
            "The keys to {partner} are for tests: nothing is paid, and the label is no real one.",
            partner=partner,
        )
    return Card(
        title=w("Buy this label?"),
        text=f"**{_line(rate, w)}**\n{said}",
        fields=[Field(w("In it"), shortened(contents(parcel, order), w))],
        colour="warn",
        rows=[
            [
                Button(
                    w("Buy for {amount}", amount=amount),
                    Target("ship:buy", order.key, with_number(parcel.key, at)),
                    "success",
                ),
                Button(w("Back to the prices"), Target("ship:parcel", order.key, parcel.key)),
            ]
        ],
    )


def void_card(order: Order, parcel: Parcel, w: Words) -> Card:
    """The question before a label is given up."""
    partner = provider_name(parcel.partner or "")
    said = w(
        "I ask {partner} for its money back, which can take weeks. Please do not use the label any more. "
        "If no money is given back, you can still give the label up.",
        partner=partner,
    )
    return Card(
        title=w("Void the label of parcel {n}?", n=parcel.number),
        text=said,
        colour="warn",
        rows=[
            [
                Button(w("Yes, void it"), Target("ship:voided", order.key, parcel.key), "danger"),
                Button(w("Give it up without money back"), Target("ship:given", order.key, parcel.key)),
                Button(w("No, keep it"), Target("ship:parcel", order.key, parcel.key), "primary"),
            ]
        ],
    )


def unbought_card(order: Order, parcel: Parcel, w: Words) -> Card:
    """The question before staff say that no label was bought."""
    partner = provider_name(parcel.partner or "")
    said = w(
        "Please look on the site of {partner} first. If the label is there it was paid for, and you would "
        "pay twice.",
        partner=partner,
    )
    return Card(
        title=w("Was no label bought for parcel {n}?", n=parcel.number),
        text=said,
        colour="warn",
        rows=[
            [
                Button(w("I looked: it was not"), Target("ship:dropped", order.key, parcel.key), "danger"),
                Button(w("Back"), Target("ship:parcel", order.key, parcel.key), "primary"),
            ]
        ],
    )
