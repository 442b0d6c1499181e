"""One message of a provider as staff see it: what it said, what became of it, and what can be done."""

from dataclasses import dataclass
from typing import NamedTuple, Self

from cogs._ui.card import Button, Card, Field, Row, block, code
from cogs._ui.labels import status
from cogs._ui.paying import provider_name
from cogs._ui.target import Target
from cogs._ui.text import cut
from cogs._ui.words import Words, later
from cogs.admin._paging import number
from cogs.admin._webhook_list import STATES, Which
from models.payment import Payment
from models.webhook import WebhookEvent, WebhookState
from services.storable import readable

_BODY, _SHORT, _MOST = 1800, 100, 4
_ERRORS = {
    "Unmatched": later("I know no payment that it could be about."),
    "NotFound": later("I have no keys to ask the provider with. Enter them with `/admin providers`."),
    "WrongKeys": later(
        "The provider does not accept the shop's keys. Enter them anew with `/admin providers`."
    ),
    "Declined": later("The provider refused what had to be done."),
    "Unavailable": later("The provider could not be reached."),
    "TimeoutError": later("The provider could not be reached."),
    "OutcomeUnknown": later("The provider's answer was lost."),
    "took_too_long": later("It took too long."),
}
_OUTCOMES = {
    "known": later("It told nothing new."),
    "nothing": later("It told nothing new."),
    "paid": later("The order was paid by it."),
    "underpaid": later("A part of the price came."),
    "processing": later("Money is on its way."),
    "approved": later("The payer has agreed."),
    "failed": later("A try to pay failed."),
    "page_expired": later("The page to pay on ended."),
    "old_page": later("It is about a page that was replaced."),
    "too_late": later("The order did not wait for it any more."),
    "not_collected": later("The order did not wait for it any more, so nothing was charged."),
    "not_ours": later("It is about nothing of this shop's."),
    "refunded": later("Money went back."),
    "refund_pending": later("Money is going back."),
    "refund_failed": later("Giving money back failed."),
}
_PUT_ASIDE = later("Money came that pays nothing by itself; the payment says more.")


class Place(NamedTuple):
    """Where in the list a message was opened, the way back."""

    page: int
    which: Which

    @classmethod
    def read(cls, text: str) -> Self:
        """Out of a custom_id; what cannot be read there is the beginning of the whole list."""
        page, _, which = text.partition(".")
        return cls(number(page), Which.read(which))

    def __str__(self) -> str:
        return f"{self.page}.{self.which}"


@dataclass(frozen=True)
class Seen:
    """A message with what is known around it: its payment, and what else came under its id."""

    event: WebhookEvent
    payment: Payment | None
    namesakes: list[WebhookEvent]


def event_card(seen: Seen, place: Place, w: Words) -> Card:
    """All of a message that may be seen."""
    event = seen.event
    care = event.state in {WebhookState.CONFLICT, WebhookState.DEAD} or bool(seen.namesakes)
    return Card(
        title=w("Message from {provider}", provider=provider_name(event.provider)),
        text=f"{_standing(seen, w)}\n{block(readable(event.payload), _BODY)}",
        colour="warn" if care else "plain",
        fields=_fields(seen, w),
        footer=w("It may hold the payer's personal data. Please do not pass it on."),
        rows=_rows(seen, place, w),
    )


def _standing(seen: Seen, w: Words) -> str:
    event, said = seen.event, [f"**{w(STATES[seen.event.state])}**"]
    if event.state is WebhookState.CONFLICT:
        said.append(
            f"⚠️ {w('It came under the id of another message and says something else. I did nothing.')}"
        )
    elif seen.namesakes:
        said.append(f"⚠️ {w('Another message came under the same id and says something else.')}")
    if event.state is WebhookState.WAITING and event.next_attempt_at is not None:
        said.append(w("Next try: {when}", when=w.when(event.next_attempt_at)))
    if event.error and event.state is not WebhookState.CONFLICT:
        said.append(_error(event.error, w))
    if event.outcome and event.state is not WebhookState.WAITING:
        said += [_outcome(word, w) for word in dict.fromkeys(event.outcome.split(","))]
    if event.cleared_at is not None:
        said.append(w("What it said was forgotten on {date}.", date=w.date(event.cleared_at)))
    return "\n".join(said)


def _error(word: str, w: Words) -> str:
    known = _ERRORS.get(word)
    return w(known) if known else w("It went wrong on our side ({what}); the log says more.", what=code(word))


def _outcome(word: str, w: Words) -> str:
    if word.startswith("conflict_"):
        return w(_PUT_ASIDE)
    known = _OUTCOMES.get(word)
    return w(known) if known else w("What came of it: {what}", what=code(status(word, w)))


def _fields(seen: Seen, w: Words) -> list[Field]:
    event, payment = seen.event, seen.payment
    fields = [
        Field(w("Type"), code(cut(event.kind or "?", _SHORT)), inline=True),
        Field(w("Received"), w.when(event.received_at, "f"), inline=True),
        Field(w("Delivered"), w.count(event.deliveries, "{n} time", "{n} times"), inline=True),
        Field(w("Tries"), str(event.attempts), inline=True),
        Field(w("The provider's id"), code(cut(event.event_id, _SHORT))),
    ]
    if payment is not None:
        amount = w.money(payment.amount_cents, payment.currency)
        said = f"{code(payment.order_number)} · {amount} · {status(payment.status, w)}"
        fields.append(Field(w("Order"), said))
    if seen.namesakes:
        lines = [
            f"{w.when(each.received_at, 'f')} · {w(STATES[each.state])}" for each in seen.namesakes[:_MOST]
        ]
        fields.append(Field(w("Under the same id"), "\n".join(lines)))
    return fields


def _rows(seen: Seen, place: Place, w: Words) -> list[Row]:
    event, payment, first = seen.event, seen.payment, []
    if event.state is not WebhookState.WAITING and event.cleared_at is None:
        sure = event.state is WebhookState.DEAD
        first.append(
            Button(w("Act upon it again"), _to("replay", event, place), "primary" if sure else "secondary")
        )
    if payment is not None:
        first.append(Button(w("Open payment"), Target("payment:open", payment.key)))
        first.append(Button(w("Order"), Target("order:open", payment.order_id)))
    others = [
        Button(w("Same id: {n}", n=at), _to("open", each, place))
        for at, each in enumerate(seen.namesakes[:_MOST], 1)
    ]
    ways = [
        Button(w("All messages"), Target("webhooks:list", place.page, str(place.which))),
        Button(w("Look again"), _to("open", event, place)),
    ]
    return [first, others, ways]


def again_card(event: WebhookEvent, place: Place, w: Words) -> Card:
    """Asks before something is done that was done before, or that contradicts what was done."""
    if event.state is WebhookState.CONFLICT:
        said = w("Shall I act upon it although it contradicts the message that came before under its id?")
    else:
        said = w("Shall I act upon it once more? What was done before is not done twice.")
    yes = Button(w("Act upon it again"), _to("again", event, place), "danger")
    return Card(text=said, colour="warn", rows=[[yes, Button(w("Back"), _to("open", event, place))]])


def _to(verb: str, event: WebhookEvent, place: Place) -> Target:
    return Target(f"webhook:{verb}", event.key, str(place))
