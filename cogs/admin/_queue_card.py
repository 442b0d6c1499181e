"""The queue as staff see it: what has not arrived, why, since when, and what can be done about it."""

from cogs._effects.alerts import EFFECTS, REMEDIES
from cogs._ui.card import Button, Card, Field, Option, Row, Select, code
from cogs._ui.form import Form, Input
from cogs._ui.target import Target
from cogs._ui.text import cut, mention
from cogs._ui.words import Words, later
from cogs.admin._paging import pager
from cogs.admin._payment_list import CONFLICTS
from models.entitlement import Entitlement
from models.payment import Payment
from services.effects import EffectKind
from services.queue_entries import QueueEntry, QueueKind, QueuePage

MAX_NOTE = 500
_WAITING = "waiting"
_REASON_LENGTH = 100
KINDS = {
    QueueKind.DELIVERY: later("Roles and digital items"),
    QueueKind.PARCEL: later("Parcels to send"),
    QueueKind.MONEY: later("Money"),
    QueueKind.MESSAGE: later("Messages to customers"),
    QueueKind.OTHER: later("Everything else"),
}
WHAT = {
    "role": later("A role"),
    "item": later("A digital item"),
    "parcel": later("A parcel"),
    "payment": later("Money to decide about"),
    "refund": later("A refund"),
}
REASONS = {
    **REMEDIES,
    # Said of what is still being tried.
    _WAITING: later("It has been waiting for longer than it should."),
    "to_ship": later("It is paid, and some of it was not sent yet."),
    "label_waiting": later("It has a label and waits for its carrier. Say so when it was handed over."),
    "parcel_failed": later("The carrier cannot deliver the parcel. Ask there, then say what became of it."),
    "discord_down": later("Discord does not take it."),
    "discord_lost": later("Discord cannot be reached."),
    "rate_limited": later("Discord asks us to slow down."),
    "mail_away": later("The mail service cannot be reached."),
    "provider_away": later("The provider cannot be reached."),
    "NotFound": later("What it is about does not exist any more."),
    "refund_unknown": later(
        "Nobody knows whether the money went back. Look on the provider's site, then tell me at the payment."
    ),
    **CONFLICTS,
}


def queue_list(page: QueuePage, w: Words) -> Card:
    """One page of the queue, oldest first, with the way to each entry and to one kind of them."""
    kind = page.kind.value if page.kind else "all"
    rows: list[Row] = [_choose_kind(kind, w)]
    if page.entries:
        options = [_option(entry, w) for entry in page.entries]
        rows.insert(0, Select(w("Open an entry"), Target("queue:open"), options))
    again = Button(w("Look again"), Target("queue:list", page.page, kind))
    to_send = Button(w("Parcels to send"), Target("ship:list"))
    rows.append([*pager(w, "queue:list", page.page, page.pages, kind), again, to_send])
    return Card(
        title=_title(page, w),
        fields=[Field(_name(entry, w), _line(entry, w)) for entry in page.entries],
        colour="warn" if page.total else "good",
        rows=rows,
    )


def _title(page: QueuePage, w: Words) -> str:
    if not page.total:
        return w("Nothing is waiting or stuck")
    return w.count(page.total, "{n} thing has not arrived", "{n} things have not arrived")


def _choose_kind(kind: str, w: Words) -> Select:
    options = [Option(w("Everything"), "all", default=kind == "all")]
    options += [Option(w(label), each.value, default=each == kind) for each, label in KINDS.items()]
    return Select(w("Show only one kind"), Target("queue:kind"), options)


def what(entry: QueueEntry, w: Words) -> str:
    """What has not arrived, in a few words."""
    known = WHAT.get(entry.what) or EFFECTS.get(entry.what)
    said = w(known) if known else entry.what
    return said[:1].upper() + said[1:]


def reason(entry: QueueEntry, w: Words) -> str:
    """Why it has not arrived, and what would help."""
    known = REASONS.get(entry.reason)
    if known:
        return w(known)
    shown = code(cut(entry.reason, _REASON_LENGTH))
    return w("The reason is {reason}; the log says more.", reason=shown)


def _name(entry: QueueEntry, w: Words) -> str:
    return f"{entry.order.order_number} · {what(entry, w)}" if entry.order else what(entry, w)


def _line(entry: QueueEntry, w: Words) -> str:
    said = [part for part in (_whose(entry), w.when(entry.since), _tries(entry, w)) if part]
    return f"{' · '.join(said)}\n{reason(entry, w)}"


def _whose(entry: QueueEntry) -> str:
    who = mention(entry.order.customer.discord_id) if entry.order else ""
    if isinstance(entry.record, Entitlement) and entry.record.role_id:
        return f"{who} <@&{entry.record.role_id}>".strip()
    return who


def _tries(entry: QueueEntry, w: Words) -> str:
    return w.count(entry.tries, "{n} try", "{n} tries") if entry.tries else ""


def _option(entry: QueueEntry, w: Words) -> Option:
    return Option(_name(entry, w), entry.id, description=w.date(entry.since))


def queue_card(entry: QueueEntry, w: Words) -> Card:
    """One entry with everything that can be done about it."""
    fields = [Field(w("Since"), w.when(entry.since, "f"), inline=True)]
    if entry.order is not None:
        fields.insert(0, Field(w("Order"), code(entry.order.order_number), inline=True))
        fields.insert(1, Field(w("Whose"), _whose(entry), inline=True))
    if entry.can_retry:
        tries = _tries(entry, w) or w("none yet")
        fields.append(Field(w("Tried"), tries, inline=True))
        fields.append(Field(w("Next try"), _next(entry, w), inline=True))
    return Card(
        title=what(entry, w), text=reason(entry, w), fields=fields, colour="warn", rows=_rows(entry, w)
    )


def _next(entry: QueueEntry, w: Words) -> str:
    return w.when(entry.next_try) if entry.next_try else w("not by itself any more")


def _rows(entry: QueueEntry, w: Words) -> list[Row]:
    acts: list[Button] = []
    if entry.can_retry:
        acts.append(Button(w("Try again now"), Target("queue:retry", entry.id), "primary"))
    if entry.can_close:
        acts.append(Button(w("Done by hand"), Target("queue:done", entry.id), "success"))
    ways = [
        Button(w("The whole queue"), Target("queue:list", 0, "all")),
        Button(w("Look again"), Target("queue:open", entry.id)),
    ]
    return [row for row in ([*acts, *_places(entry, w)], _all_of_reason(entry, w), ways) if row]


def _places(entry: QueueEntry, w: Words) -> list[Button]:
    places = []
    if isinstance(entry.record, Payment):
        places.append(Button(w("Payment"), Target("payment:open", entry.record.key), "primary"))
    elif entry.kind is QueueKind.MONEY and entry.order is not None:
        places.append(Button(w("Payment"), Target("payment:order", entry.order.key)))
    if entry.kind is QueueKind.PARCEL and entry.order is not None:
        places.append(Button(w("Ship"), Target("ship:open", entry.order.key), "primary"))
    if entry.order is not None:
        places.append(Button(w("Order"), Target("order:open", entry.order.key)))
    return places


def _all_of_reason(entry: QueueEntry, w: Words) -> list[Button]:
    if not entry.can_retry or entry.reason == _WAITING:
        return []
    try:
        to = Target("queue:all", entry.reason)
    except ValueError:  # a reason too long for a button
        return []
    return [Button(w("Mended: try all with this reason"), to)]


def done_form(entry: QueueEntry, w: Words) -> Form:
    """What somebody did themselves, so that it counts as delivered."""
    hint = w("From then on it counts as delivered.")
    if entry.what == EffectKind.PAYMENT_REFUND:
        hint = w("Only when the money went back: from then on it is booked so.")
    note = Input("note", w("What did you do? For the staff only."), long=True, max_length=MAX_NOTE, hint=hint)
    return Form(w("Done by hand"), Target("queue:done", entry.id), [note])
