"""What has to be sent, as staff see it: the orders that wait, and one with its parcels and the next one."""

from collections.abc import Mapping

from cogs._ui.address import address_text
from cogs._ui.amounts import name_of
from cogs._ui.card import Button, Card, Field, Option, Row, Select, code
from cogs._ui.carriers import carried_by, safe_address
from cogs._ui.form import Form, Input
from cogs._ui.labels import status
from cogs._ui.parcels import STATES, shortened
from cogs._ui.target import Target
from cogs._ui.text import cut
from cogs._ui.words import Words, later
from cogs.admin._choice import with_number
from cogs.admin._order_card import label
from cogs.admin._paging import pager
from cogs.admin._ship_choice import packed
from models.order import Order, OrderItem, OrderStatus
from models.shipment import Parcel, ParcelState
from services.ship_desk import ShipLine, ShipPage, ShipView

_NAME_LENGTH = 60
_IN_MENU = 24
_CARRIER, _NUMBER = 60, 100
_WARNINGS = {
    ParcelState.UNKNOWN: later(
        "Nobody knows whether the label of parcel {n} was bought. Open that parcel to settle it."
    ),
    ParcelState.EXCEPTION: later("The carrier cannot deliver parcel {n}. Open that parcel to see why."),
}


def waiting_card(page: ShipPage, w: Words) -> Card:
    """The orders that wait to be sent, the oldest first."""
    options = [Option(label(each, w), each.key, description=_since(each, w)) for each in page.orders]
    menu: list[Row] = [Select(w("Open an order"), Target("ship:open"), options)] if options else []
    pages = pager(w, "ship:list", page.page, page.pages)
    ways = [
        Button(w("Search"), Target("ship:search"), "primary"),
        Button(w("Look again"), Target("ship:list", page.page)),
    ]
    return Card(
        title=w.count(page.total, "{n} order waits to be sent", "{n} orders wait to be sent"),
        text=None if page.total else w("Everything that is paid is on its way. Thank you!"),
        fields=[_waiting(each, w) for each in page.orders],
        colour="warn" if page.total else "good",
        rows=[*menu, *([pages] if pages else []), ways],
    )


def _waiting(order: Order, w: Words) -> Field:
    said = [f"<@{order.customer.discord_id}>", name_of(order.shipping_type_label or "")]
    if order.paid_at is not None:
        said.append(w("paid {when}", when=w.when(order.paid_at)))
    return Field(
        f"{order.order_number} · {status(order.status, w)}", " · ".join(part for part in said if part)
    )


def _since(order: Order, w: Words) -> str:
    return w.date(order.paid_at or order.created_at)


def search_form(w: Words) -> Form:
    """The number of an order."""
    return Form(
        w("Parcels to send"), Target("ship:search"), [Input("order", w("Order number"), max_length=50)]
    )


def ship_card(view: ShipView, pieces: Mapping[str, int], w: Words, *, buys: bool, page: int = 0) -> Card:
    """An order with its parcels, and what goes into the next; `buys`: labels can be bought."""
    order = view.order
    warnings = _warnings(view, w)
    lines = "\n".join(_line(each, pieces, w) for each in view.lines)
    return Card(
        title=w("Parcels of {number}", number=order.order_number),
        text="\n".join([_standing(view, w), *warnings, "", lines]),
        fields=_fields(view, w),
        colour="warn" if warnings or view.left else "good",
        rows=[row for row in _rows(view, pieces, w, buys=buys, page=page) if row],
    )


def _standing(view: ShipView, w: Words) -> str:
    many = sum(view.left.values())
    if many:
        return w.count(many, "{n} piece is to be packed.", "{n} pieces are to be packed.")
    if view.order.paid_at is None:
        return w("It is not paid, so nothing of it is sent.")
    if view.order.status is OrderStatus.REFUNDED:
        return w("It was paid back, so nothing more of it is sent.")
    return w("Nothing of it has to be packed any more.")


def _warnings(view: ShipView, w: Words) -> list[str]:
    said = []
    if view.order.disputed:
        said.append(w("The payment is disputed. Better wait until that is decided before you send anything."))
    for state, text in _WARNINGS.items():
        first = next((each for each in view.shipment.parcels if each.state is state), None)
        if first is not None:
            said.append(w(text, n=first.number))
    back = next((each for each in view.shipment.parcels if view.unwanted(each)), None)
    if back is not None:
        said.append(
            w("Some of what is in parcel {n} was paid back. Please do not hand it over.", n=back.number)
        )
    return [f"⚠️ {each}" for each in said]


def _line(line: ShipLine, pieces: Mapping[str, int], w: Words) -> str:
    chosen = pieces.get(line.item.product_id, 0)
    said = [f"{'▶️ ' if chosen else ''}{line.item.quantity} x **{name_of(line.item.name)}**"]
    if line.packed:
        said.append(w("{n} packed", n=line.packed))
    if line.back:
        said.append(w("{n} paid back", n=line.back))
    if line.left:
        said.append(w("{n} left", n=line.left))
    if chosen:
        said.append(f"**{w('{n} chosen', n=chosen)}**")
    return " · ".join(said)


def _fields(view: ShipView, w: Words) -> list[Field]:
    order = view.order
    fields = [
        Field(w("Customer"), f"<@{order.customer.discord_id}>", inline=True),
        Field(w("Order"), f"{code(order.order_number)} · {status(order.status, w)}", inline=True),
    ]
    if order.shipping_address is not None:
        fields.append(Field(w("Goes to"), address_text(order.shipping_address, w), inline=True))
    paid = w("{amount} paid for it", amount=w.money(view.shipment.shipping_cost_cents, order.currency))
    way = name_of(order.shipping_type_label or view.shipment.shipping_type_code)
    fields.append(Field(w("Shipping"), f"{way} · {paid}", inline=True))
    parcels = [_parcel(view, each, w) for each in _shown(view)]
    return [*fields, *([Field(w("Parcels"), shortened(parcels, w))] if parcels else [])]


def _shown(view: ShipView) -> list[Parcel]:
    return sorted(view.shipment.parcels, key=lambda each: -each.number)


def _parcel(view: ShipView, parcel: Parcel, w: Words) -> str:
    said = [f"**{parcel.number}**", w(STATES[view.state(parcel)]), carried_by(parcel)]
    if parcel.cost_cents is not None:
        said.append(w("label {amount}", amount=w.money(parcel.cost_cents, parcel.cost_currency or "USD")))
    address = safe_address(parcel.label_url)
    if address and parcel.state is ParcelState.LABELLED:
        said.append(f"[{w('Label')}]({address})")
    return " · ".join(part for part in said if part)


def _rows(view: ShipView, pieces: Mapping[str, int], w: Words, *, buys: bool, page: int) -> list[Row]:
    order, at = view.order, packed(pieces, view.order)
    ways = [
        Button(w("Look again"), Target("ship:open", order.key, at)),
        Button(w("Order"), Target("order:open", order.key)),
        Button(w("Waiting orders"), Target("ship:list")),
    ]
    menus = [*_choices(view, pieces, at, w), *_parcels(view, at, page, w)]
    return [*menus, _acts(view, pieces, at, w, buys=buys), ways]


def _choices(view: ShipView, pieces: Mapping[str, int], at: str, w: Words) -> list[Row]:
    if not view.left:
        return []
    key = view.order.key
    lines = [(n, item) for n, item in enumerate(view.order.items) if item.product_id in view.left]
    options = [_option(n, item, view, pieces, w) for n, item in lines]
    most = len(options)
    rows: list[Row] = [
        Select(w("What goes into the next parcel?"), Target("ship:lines", key, at), options, 0, most)
    ]
    several = [
        _option(n, item, view, pieces, w, default=False)
        for n, item in lines
        if item.product_id in pieces and view.left[item.product_id] > 1
    ]
    if several:
        rows.append(Select(w("Change how many"), Target("ship:many", key, at), several))
    return rows


def _option(
    n: int, item: OrderItem, view: ShipView, pieces: Mapping[str, int], w: Words, *, default: bool = True
) -> Option:
    chosen, left = pieces.get(item.product_id, 0), view.left[item.product_id]
    said = w("{chosen} of {left} chosen", chosen=chosen, left=left)
    return Option(cut(item.name, _NAME_LENGTH), str(n), description=said, default=default and chosen > 0)


def _parcels(view: ShipView, at: str, page: int, w: Words) -> list[Row]:
    parcels = _shown(view)
    if not parcels:
        return []
    pages = -(-len(parcels) // _IN_MENU)
    page %= pages
    shown = parcels[page * _IN_MENU : (page + 1) * _IN_MENU]
    options = [
        Option(w("Parcel {n}", n=each.number), each.key, description=_in_menu(view, each, w))
        for each in shown
    ]
    if pages > 1:
        options.append(Option(w("Other parcels"), str((page + 1) % pages)))
    return [Select(w("Open a parcel"), Target("ship:pick", view.order.key, at), options)]


def _in_menu(view: ShipView, parcel: Parcel, w: Words) -> str:
    said = (w(STATES[view.state(parcel)]), parcel.carrier, parcel.tracking_number)
    return " · ".join(part for part in said if part)


def _acts(view: ShipView, pieces: Mapping[str, int], at: str, w: Words, *, buys: bool) -> list[Button]:
    order, made = view.order, []
    if pieces:
        # Two people may mean the same piece: the second's button knows fewer parcels than there are.
        chosen = with_number(at, view.made)
        made.append(Button(w("Mark as sent"), Target("ship:send", order.key, chosen), "success"))
        if buys:
            made.append(Button(w("Buy a label"), Target("ship:label", order.key, chosen), "primary"))
    if view.movable and order.shipping_address is not None and view.left:
        made.append(Button(w("Correct the address"), Target("ship:address", order.key)))
    if view.payment.refundable_cents:
        made.append(Button(w("Refund"), Target("refund:open", order.key), "danger"))
    return made


def many_form(item: OrderItem, at: int, chosen: int, left: int, choice: str, order: Order, w: Words) -> Form:
    """How many pieces of a line go into the next parcel."""
    many = Input(
        "quantity",
        w("How many go into it?"),
        str(chosen),
        max_length=4,
        hint=w("At most {left} of {name}", left=left, name=cut(item.name, _NAME_LENGTH)),
    )
    to = Target("ship:many", order.key, with_number(choice, at))
    return Form(w("Parcels of {number}", number=order.order_number), to, [many])


def send_form(order: Order, chosen: str, w: Words) -> Form:
    """Who carries a parcel that leaves now, and under which number."""
    return Form(w("Mark as sent"), Target("ship:send", order.key, chosen), tracking_inputs(w))


def tracking_inputs(w: Words, carrier: str = "", number: str = "") -> list[Input]:
    """A carrier and a number, both of which a letter has not."""
    return [
        Input("carrier", w("Carrier"), carrier, required=False, max_length=_CARRIER, placeholder="USPS"),
        Input(
            "tracking_number",
            w("Tracking number"),
            number,
            required=False,
            max_length=_NUMBER,
            hint=w("The customer is told both. A letter has none."),
        ),
    ]
