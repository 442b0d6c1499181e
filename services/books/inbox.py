"""Whether what providers told is acted upon, and somebody was called where it could not be."""

from collections.abc import AsyncIterator

from models.alert import Alert
from models.webhook import WebhookEvent, WebhookState
from services.books.contract import Check, Finding, waits, wrong
from services.books.look import Look

_CALLS = {WebhookState.CONFLICT, WebhookState.DEAD}


class Inbox(Check):
    """What was stored is processed, or a person knows of it."""

    name = "inbox"
    over = (WebhookEvent,)
    finds = frozenset({"event_late", "event_silent", "event_never"})

    async def look(self, look: Look) -> AsyncIterator[Finding]:
        """Look at what waits and at what could not be acted upon."""
        open_states = {WebhookState.WAITING, *_CALLS}
        rows = [row for row in look.rows if row.get("state") in open_states]
        called = [str(row["_id"]) for row in rows if row["state"] in _CALLS]
        alerts = {row["entityId"] for row in await look.fields(Alert, "entityId", called)}
        for event in look.only(WebhookEvent, rows):
            where, told = {"event": event.key}, {"provider": event.provider.value}
            if event.state in _CALLS:
                if event.key not in alerts:
                    yield wrong(look, "event_silent", event, where=where, **told, state=event.state.value)
            elif event.next_attempt_at is None:
                yield wrong(look, "event_never", event, where=where, **told)
            elif look.late(event.next_attempt_at):
                yield waits(look, "event_late", event, where=where, **told)


CHECK = Inbox()
