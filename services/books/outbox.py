"""Whether what is owed to the outside gets its turn, and somebody was called where it was given up."""

from collections.abc import AsyncIterator
from datetime import timedelta

from models.alert import Alert
from models.outbox import OutboxEffect, OutboxStatus
from services.books.contract import Check, Finding, waits, wrong
from services.books.look import Look
from services.effects import EffectKind

# More than any pause between two tries.
_FAR = timedelta(days=3)


class Outbox(Check):
    """Nothing is forgotten, nothing leased for ever, nothing given up in silence."""

    name = "outbox"
    over = (OutboxEffect,)
    finds = frozenset({"effect_silent", "effect_late", "effect_never", "effect_unknown"})

    async def look(self, look: Look) -> AsyncIterator[Finding]:
        """Look at what has not happened yet."""
        rows = [row for row in look.rows if row.get("status") != OutboxStatus.DONE]
        dead = [str(row["_id"]) for row in rows if row.get("status") == OutboxStatus.DEAD]
        alerts = {row["entityId"] for row in await look.fields(Alert, "entityId", dead)}
        for effect in look.only(OutboxEffect, rows):
            where = {"effect": effect.key, **({"order": effect.order_id} if effect.order_id else {})}
            if effect.kind not in set(EffectKind):
                yield wrong(look, "effect_unknown", effect, where=where, kind=effect.kind)
            elif effect.status is OutboxStatus.DEAD:
                if effect.key not in alerts:
                    yield wrong(look, "effect_silent", effect, where=where, kind=effect.kind)
            elif look.late(effect.next_attempt_at):
                yield waits(look, "effect_late", effect, where=where, kind=effect.kind)
            elif effect.next_attempt_at > look.now + _FAR:
                yield wrong(look, "effect_never", effect, where=where, kind=effect.kind)


CHECK = Outbox()
