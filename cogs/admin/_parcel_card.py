"""One parcel as staff see it: what is in it, how far it is, and what they can say became of it."""

from cogs._ui.card import Button, Card, Field, code
from cogs._ui.carriers import carried_by, safe_address
from cogs._ui.form import Form, Input
from cogs._ui.parcels import MOVEMENTS, STATES, contents, shortened
from cogs._ui.paying import provider_name
from cogs._ui.target import Target
from cogs._ui.text import cut, plain
from cogs._ui.words import Words, later
from cogs.admin._ship_card import tracking_inputs
from models.order import Order
from models.shipment import Parcel, ParcelState
from services.ship_desk import ShipView, correctable

P = ParcelState
_NOTE, _REASON, _VOIDED = 500, 60, "voided"
_HELP = {
    P.BUYING: later("I am buying its label. Please look again in a few seconds."),
    P.UNKNOWN: later(
        "The answer of {partner} was lost, so nobody knows whether this label was paid for. "
        "Press **Look again**; if it does not turn up, look on the site of {partner} and tell me."
    ),
    P.LABELLED: later(
        "Print the label and hand the parcel over. The customer is told when it is on its way."
    ),
    P.SENT: later("The customer is told. Tell me what becomes of it, unless its carrier does."),
    P.DELIVERED: later("It has arrived. Should it come back, tell me."),
    P.EXCEPTION: later("Please ask its carrier, then tell me what became of it."),
    P.DROPPED: later("What was meant for it can go into another parcel."),
    P.BACK: later("What was in it can go into another parcel, or be paid back."),
}
_RETRIED = later("It did not work so far, so I keep trying for some hours. You need not wait for it.")
_UNWANTED = later("Some of what is in it was paid back. Please do not hand it over; void its label instead.")
_LEFT_VOID = later(
    "Its label was voided, so it may be stopped on its way. Please get it back, or ask its carrier."
)
_COLOURS = {P.UNKNOWN, P.EXCEPTION, P.BUYING, P.LABELLED}
_ERRORS = {
    _VOIDED: later("its label was voided"),
    "paid_back": later("it was paid back before its label was bought"),
    "declined": later("the seller of labels refused"),
    "PAYMENT_REQUIRED": later(
        "the shop's account at the seller of labels has no money left, or no way to pay. "
        "Please top it up there, then buy the label again"
    ),
    "wrong_keys": later("the seller of labels does not accept the shop's keys"),
    "provider_away": later("the seller of labels could not be reached"),
}


def parcel_card(view: ShipView, parcel: Parcel, w: Words) -> Card:
    """A parcel that was made, with every step that its state allows."""
    order = view.order
    return Card(
        title=w("Parcel {n} of {number}", n=parcel.number, number=order.order_number),
        text="\n".join([f"**{w(STATES[view.state(parcel)])}**", *_told(view, parcel, w)]),
        fields=_fields(order, parcel, w),
        colour="warn" if parcel.state in _COLOURS else "plain",
        rows=[row for row in (_acts(view, parcel, w), _ways(view, parcel, w)) if row],
    )


def _told(view: ShipView, parcel: Parcel, w: Words) -> list[str]:
    """Why it is where it is, and what is to be done about it."""
    partner, why, state = provider_name(parcel.partner or ""), _why(parcel, w), view.state(parcel)
    if parcel.error == _VOIDED and parcel.state in {P.SENT, P.DELIVERED}:
        return [f"⚠️ {w(_LEFT_VOID)}"]
    said = [w("The reason: {reason}.", reason=why)] if why else []
    if view.unwanted(parcel) and parcel.state is P.LABELLED:
        return [*said, f"⚠️ {w(_UNWANTED)}"]
    if why and state is P.BUYING:
        return [*said, w(_RETRIED)]
    return [*said, w(_HELP[state], partner=partner)] if state in _HELP else said


def _why(parcel: Parcel, w: Words) -> str:
    if not parcel.error:
        return ""
    known = _ERRORS.get(parcel.error) or MOVEMENTS.get(parcel.error)
    return w(known) if known else code(cut(parcel.error, _REASON))


def _fields(order: Order, parcel: Parcel, w: Words) -> list[Field]:
    fields = [Field(w("In it"), shortened(contents(parcel, order), w))]
    by = " · ".join(part for part in (carried_by(parcel), plain(cut(parcel.service or "", _REASON))) if part)
    if by:
        fields.append(Field(w("Goes by"), by, inline=True))
    if parcel.cost_cents is not None:
        cost = w.money(parcel.cost_cents, parcel.cost_currency or order.currency)
        fields.append(Field(w("Label"), f"{cost} · {provider_name(parcel.partner or '')}", inline=True))
    return [*fields, Field(w("History"), "\n".join(_history(parcel, w)))]


def _history(parcel: Parcel, w: Words) -> list[str]:
    who = f" · <@{parcel.actor_id}>" if parcel.actor_id else ""
    said = [f"{w.when(parcel.made_at, 'f')} · {w('packed')}{who}"]
    if parcel.sent_at:
        said.append(f"{w.when(parcel.sent_at, 'f')} · {w('sent')}")
    if parcel.movement in MOVEMENTS:
        when = f"{w.when(parcel.moved_at, 'f')} · " if parcel.moved_at else ""
        moved = w("its carrier says: {where}", where=w(MOVEMENTS[parcel.movement]))
        said.append(f"{when}{moved}")
    if parcel.delivered_at:
        said.append(f"{w.when(parcel.delivered_at, 'f')} · {w('arrived')}")
    return said


def _acts(view: ShipView, parcel: Parcel, w: Words) -> list[Button]:
    def to(verb: str) -> Target:
        return Target(f"ship:{verb}", view.order.key, parcel.key)

    state, acts = view.state(parcel), []
    address = safe_address(parcel.label_url)
    if address and state is P.LABELLED:
        acts.append(Button(w("Label"), url=address))
    if state is P.LABELLED:
        acts.append(Button(w("Handed over"), to("handed"), "success"))
        acts.append(Button(w("Void the label"), to("void"), "danger"))
    if state in {P.SENT, P.EXCEPTION}:
        acts.append(Button(w("It has arrived"), to("arrived"), "success"))
        acts.append(Button(w("Came back or lost"), to("back"), "danger"))
    if correctable(parcel):
        acts.append(Button(w("Correct carrier or number"), to("correct")))
    if state is P.DELIVERED:
        acts.append(Button(w("Came back"), to("back"), "danger"))
    if state is P.BUYING and not parcel.asked:
        acts.append(Button(w("Do not buy it"), to("unasked"), "danger"))
    if state is P.UNKNOWN:
        acts.append(Button(w("It was not bought"), to("unbought"), "danger"))
    if state in {P.LABELLED, P.SENT, P.EXCEPTION} and parcel.track_ref:
        acts.append(Button(w("Where is it?"), to("where")))
    return acts


def _ways(view: ShipView, parcel: Parcel, w: Words) -> list[Button]:
    look = "ship:look" if view.state(parcel) is P.UNKNOWN else "ship:parcel"
    return [
        Button(w("Look again"), Target(look, view.order.key, parcel.key)),
        Button(w("Back to the order"), Target("ship:open", view.order.key)),
    ]


def back_form(order: Order, parcel: Parcel, w: Words) -> Form:
    """What became of a parcel that is not where it should be."""
    note = Input("note", w("What happened? For the staff only."), long=True, max_length=_NOTE)
    return Form(w("Came back or lost"), Target("ship:back", order.key, parcel.key), [note])


def correct_form(order: Order, parcel: Parcel, w: Words) -> Form:
    """The right carrier and number."""
    inputs = tracking_inputs(w, parcel.carrier or "", parcel.tracking_number or "")
    return Form(
        w("Correct carrier or number"), Target("ship:correct", order.key, parcel.key), inputs, edits=True
    )
