"""What providers told, as staff browse it: newest first, by provider and by what became of it."""

from collections.abc import Sequence
from typing import NamedTuple, Self

from cogs._ui.card import Button, Card, Option, Row, Select, code
from cogs._ui.paying import provider_name
from cogs._ui.target import Target
from cogs._ui.text import cut
from cogs._ui.words import Words, later
from cogs.admin._paging import pager
from models.webhook import WebhookEvent, WebhookProvider, WebhookState
from services.inbox import PAGE_SIZE, EventsPage

ALL = "all"
_KIND_LENGTH, _LABEL_LENGTH = 60, 100
STATES = {
    WebhookState.WAITING: later("waits to be acted upon"),
    WebhookState.DONE: later("acted upon"),
    WebhookState.IGNORED: later("needed no action"),
    WebhookState.CONFLICT: later("in conflict"),
    WebhookState.DEAD: later("given up"),
}
_CARE = {WebhookState.CONFLICT, WebhookState.DEAD}


class Which(NamedTuple):
    """Of which events a list consists; None means any."""

    provider: WebhookProvider | None = None
    state: WebhookState | None = None

    @classmethod
    def read(cls, text: str) -> Self:
        """Out of a custom_id; what is unknown there filters nothing."""
        provider, _, state = text.partition(".")
        return cls(
            WebhookProvider(provider) if provider in set(WebhookProvider) else None,
            WebhookState(state) if state in set(WebhookState) else None,
        )

    def __str__(self) -> str:
        return f"{self.provider or ALL}.{self.state or ALL}"


def event_list(page: EventsPage, which: Which, providers: Sequence[WebhookProvider], w: Words) -> Card:
    """One page of events, with the way to each and to others."""
    rows: list[Row] = [_choose_provider(which, providers, w), _choose_state(which, w)]
    numbered = list(enumerate(page.events, page.page * PAGE_SIZE + 1))
    if page.events:
        options = [_option(at, event, w) for at, event in numbered]
        rows.insert(0, Select(w("Open a message"), Target("webhooks:open", f"{page.page}.{which}"), options))
    again = Button(w("Look again"), Target("webhooks:list", page.page, str(which)))
    rows.append([*pager(w, "webhooks:list", page.page, page.pages, str(which)), again])
    return Card(
        title=w.count(page.total, "{n} message from providers", "{n} messages from providers"),
        text="\n".join(_line(at, event, w) for at, event in numbered) or w("There is none."),
        rows=rows,
    )


def _choose_provider(which: Which, providers: Sequence[WebhookProvider], w: Words) -> Select:
    options = [Option(w("All providers"), ALL, default=which.provider is None)]
    options += [Option(provider_name(each), each.value, default=each is which.provider) for each in providers]
    return Select(w("From which provider"), Target("webhooks:from", which.state or ALL), options)


def _choose_state(which: Which, w: Words) -> Select:
    options = [Option(w("Whatever became of it"), ALL, default=which.state is None)]
    options += [Option(w(label), each.value, default=each is which.state) for each, label in STATES.items()]
    return Select(w("What became of it"), Target("webhooks:state", which.provider or ALL), options)


def _line(at: int, event: WebhookEvent, w: Words) -> str:
    mark = "⚠️ " if event.state in _CARE else ""
    name, state = provider_name(event.provider), w(STATES[event.state])
    return f"{at} · {w.when(event.received_at)} · **{name}** · {_kind(event)} · {mark}{state}"


def _kind(event: WebhookEvent) -> str:
    return code(cut(event.kind or "?", _KIND_LENGTH))


def _option(at: int, event: WebhookEvent, w: Words) -> Option:
    label = f"{at} · {provider_name(event.provider)} · {event.kind or '?'}"
    said = f"{w.date(event.received_at)} · {w(STATES[event.state])} · {event.event_id}"
    return Option(cut(label, _LABEL_LENGTH), event.key, description=said)
