"""Makes the indexes that the database lacks while nobody waits: of big collections that takes minutes."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from models.base import Db, Tx
from models.member import Member
from models.outbox import OutboxEffect
from models.registry import IndexRefused, create_indexes, index_state
from services.audit import Audit
from services.clock import Clock
from services.effects import EffectKind, effect
from services.outbox import Outbox
from services.rules import Rules
from services.shops import Shop
from services.vault import Vault, VaultShut
from services.worker import EffectWaits

BUILDING = "indexes_building"
_LOOK_AGAIN = timedelta(seconds=5)
# Small ones are made by then, and whoever asked sees it at once.
_PATIENCE = 1.0
# Discord takes answers for a quarter of an hour; one is not begun in its last seconds.
_ANSWERS = timedelta(minutes=14)


@dataclass(frozen=True)
class Reply:
    """Where whoever asked is told: on the card that they clicked, by the token that Discord gave for it."""

    locale: str
    asked_by: str
    application_id: str
    token: str | None = field(repr=False)


class IndexWork:
    """Owed once for each who asks, done by whichever process works; several at once build the same once."""

    def __init__(
        self, db: Db, clock: Clock, rules: Rules, *, audit: Audit, outbox: Outbox, vault: Vault
    ) -> None:
        self._db = db
        self._clock = clock
        self._rules = rules
        self._audit = audit
        self._outbox = outbox
        self._vault = vault
        self._building: asyncio.Task[None] | None = None

    async def ask(self, shop: Shop, actor: Member, subject: str, reply: Reply) -> None:
        """Let the missing indexes be made; `subject` names what was clicked, which asks once."""
        now = self._clock.now()
        payload: dict[str, Any] = {
            "locale": reply.locale,
            "askedBy": reply.asked_by,
            "application": reply.application_id,
            # Whoever has it may change the card.
            "reply": self._vault.seal(reply.token or "", about=_about(shop.id)),
            "until": (now + _ANSWERS).timestamp(),
        }
        owed = effect(EffectKind.INDEXES_MAKE, shop.id, subject, now, payload=payload)

        async def work(tx: Tx) -> None:
            if await OutboxEffect.not_owed(self._db, [owed], tx=tx):
                await self._outbox.owe([owed], tx)
                await self._audit.record(shop.id, actor, "doctor.indexes", shop.tenant, tx=tx)

        await self._outbox.commit(work)

    async def make(self, _owed: OutboxEffect) -> None:
        """Begin, or look how far it is; raises EffectWaits until nothing is being built here any more."""
        if self._building is None:
            self._building = asyncio.create_task(self._build(), name="indexes")
        building = self._building
        done, _ = await asyncio.wait({building}, timeout=_PATIENCE)
        if not done:
            raise EffectWaits(BUILDING, _LOOK_AGAIN)
        if self._building is building:
            self._building = None
        await building

    async def all_made(self) -> bool:
        """Whether every declared index is there."""
        return not (await index_state(self._db, self._rules.kept)).missing

    def reply_to(self, owed: OutboxEffect) -> Reply:
        """Where to tell it; without a token once Discord takes no answer any more."""
        payload, token = owed.payload, None
        if self._clock.now().timestamp() < payload["until"]:
            try:
                token = self._vault.open(payload["reply"], about=_about(owed.tenant_id)) or None
            except VaultShut:
                token = None
        return Reply(payload["locale"], payload["askedBy"], payload["application"], token)

    async def _build(self) -> None:
        try:
            await create_indexes(self._db, self._rules.kept)
        except IndexRefused:
            # Records stand in the way of one of them, which is told by what is missing.
            return


def _about(tenant_id: str) -> str:
    return f"{tenant_id}/doctor/reply"
