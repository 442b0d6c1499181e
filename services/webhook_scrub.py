"""Clears what providers told about the orders of a person who was erased; owed by the erasure itself."""

import re

from models.base import Db
from models.outbox import OutboxEffect
from models.webhook import WebhookEvent
from services.effects import EffectKind
from services.worker import EffectFailed, Worker


class WebhookScrub:
    """Bodies go, ids and digests stay: a repetition is still known as one."""

    def __init__(self, db: Db) -> None:
        self._db = db

    def sign_up(self, worker: Worker) -> None:
        """Take what the outbox owes of this kind."""
        worker.register(EffectKind.PERSON_SCRUB, self.scrub)

    async def scrub(self, owed: OutboxEffect) -> str:
        """Clear every event that names one of the references; again is harmless.

        Raises EffectFailed while one of them still waits to be acted upon.
        """
        references = [str(each) for each in owed.payload["references"]]
        if not references:
            return "nothing"
        # Whole ones: a number may be a part of another payment's.
        every = b"|".join(re.escape(each.encode()) for each in references)
        named = re.compile(rb"(?<![0-9A-Za-z_])(?:" + every + rb")(?![0-9A-Za-z_])")
        cleared, waiting = 0, 0
        async for event_id, body, waits in WebhookEvent.bodies(self._db, owed.tenant_id):
            if not named.search(body):
                continue
            if waits:
                waiting += 1
            elif await WebhookEvent.clear(self._db, owed.tenant_id, event_id):
                cleared += 1
        if waiting:
            raise EffectFailed("webhooks_wait")
        return f"cleared {cleared}"
