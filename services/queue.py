"""The queue: everything that was paid and has not arrived, until it arrives or somebody sees to it.

What happens by itself stands in it once it is late or failed; a parcel, which only people send, at once.
Nothing is copied into it. Each entry is the record that waits, found by models/undelivered.py; a cause that
shows in several records (a role that failed and its dead effect) stands for one entry.
"""

from datetime import datetime
from typing import NamedTuple

from models import undelivered
from models.base import Db, TenantDocument, Tx, Where, object_id
from models.entitlement import Entitlement
from models.errors import BadInput, NotFound, Refused, UnderWay
from models.member import Member
from models.order import Order, OrderEvent
from models.outbox import BY_HAND, OutboxEffect, OutboxStatus
from models.payment import Payment
from models.required import required
from models.role_term import begin
from services.audit import Audit
from services.clock import Clock
from services.delivery import Delivery
from services.effects import EffectKind, effect
from services.outbox import Outbox
from services.paging import bounded
from services.queue_entries import (
    OF_ENTITLEMENT,
    OF_PARCEL,
    QueueEntry,
    QueueKind,
    QueuePage,
    Source,
    effects_of,
    entry_of,
)
from services.refunds import Refunds
from services.rules import Rules
from services.shops import Shop

PAGE_SIZE = 5
_NOTE_LENGTH = 500
_LAST_PAGE = 199


class _Waiting(NamedTuple):
    """One of the places where things wait, and by which of its times they are sorted."""

    source: Source
    document: type[TenantDocument]
    where: Where
    since: str = "createdAt"


class Queue:
    """Shows what has not arrived; tries again, or takes a person's word that it was done."""

    def __init__(
        self,
        db: Db,
        clock: Clock,
        rules: Rules,
        *,
        audit: Audit,
        outbox: Outbox,
        delivery: Delivery,
        refunds: Refunds,
    ) -> None:
        self._db = db
        self._clock = clock
        self._rules = rules
        self._audit = audit
        self._outbox = outbox
        self._delivery = delivery
        self._refunds = refunds

    async def page(self, shop: Shop, kind: QueueKind | None = None, page: int = 0) -> QueuePage:
        """What waits, of one kind or of every kind."""
        places = self._places(shop, kind)
        total = sum([await undelivered.how_many(self._db, each.document, each.where) for each in places])
        page, pages = bounded(page, total, PAGE_SIZE)
        page = min(page, _LAST_PAGE)
        end = (page + 1) * PAGE_SIZE
        found: list[tuple[datetime, str, TenantDocument]] = []
        for place in places:
            for record in await place.document.find_all(self._db, place.where, sort=place.since, limit=end):
                since = record.paid_at if isinstance(record, Order) else None
                found.append((since or record.created_at, record.key, record))
        shown = [record for *_, record in sorted(found, key=lambda each: each[:2])[end - PAGE_SIZE : end]]
        return QueuePage(await self._entries(shop, shown), kind, page, pages, total)

    async def entry(self, shop: Shop, entry_id: str) -> QueueEntry:
        """One entry; raises NotFound for what has arrived, was seen to, or never stood here."""
        key = object_id(entry_id[1:])
        for place in self._places(shop, None) if key else ():
            if place.source == entry_id[:1]:
                record = await place.document.find_one(self._db, undelivered.only(place.where, key))
                if record is not None:
                    return (await self._entries(shop, [record]))[0]
        raise NotFound("queue")

    async def of_effect(self, shop: Shop, effect_id: str) -> QueueEntry:
        """The entry under which an effect's cause stands; raises NotFound."""
        found = required(await OutboxEffect.get(self._db, shop.id, effect_id), "queue")
        if found.kind in OF_ENTITLEMENT:
            return await self.entry(shop, f"{Source.ENTITLEMENT}{found.payload.get('entitlementId')}")
        if found.kind in OF_PARCEL:
            return await self.entry(shop, f"{Source.ORDER}{found.order_id}")
        if found.last_error == undelivered.REFUND_UNKNOWN:
            return await self.entry(shop, f"{Source.PAYMENT}{found.payload.get('paymentId')}")
        return await self.entry(shop, f"{Source.EFFECT}{found.key}")

    async def retry(self, shop: Shop, actor: Member, entry_id: str) -> QueueEntry:
        """Try again at once; raises NotFound, and Refused for what only a person can do."""
        entry = await self.entry(shop, entry_id)
        if not entry.can_retry:
            raise Refused("queue", "waiting")

        async def work(tx: Tx) -> None:
            await self._again(shop, entry, tx)
            await self._audit.record(
                shop.id, actor, "queue.retry", entry.record, before={"reason": entry.reason}, tx=tx
            )

        await self._outbox.commit(work)
        return entry

    async def retry_all(self, shop: Shop, actor: Member, reason: str) -> int:
        """Try at once everything that failed for this reason, now that it is mended; how much."""
        if not reason or reason == undelivered.REFUND_UNKNOWN:
            return 0

        async def work(tx: Tx) -> int:
            due = await OutboxEffect.hasten(self._db, shop.id, reason, self._clock.now(), tx=tx)
            if due:
                after = {"reason": reason, "effects": due}
                await self._audit.record(shop.id, actor, "queue.retry_all", shop.tenant, after=after, tx=tx)
            return due

        return await self._outbox.commit(work)

    async def close(self, shop: Shop, actor: Member, entry_id: str, note: str) -> QueueEntry:
        """Take somebody's word that it was done by hand: from now on it counts as delivered.

        Raises BadInput for the note, NotFound when it has arrived or somebody was faster, UnderWay while it
        is being tried, and Refused for what is decided elsewhere.
        """
        why = _note(note)
        entry = await self.entry(shop, entry_id)
        if not entry.can_close:
            raise Refused("queue", "waiting")
        if isinstance(entry.record, Entitlement):
            await self._hand_over(shop, actor, entry, entry.record, why)
        elif isinstance(entry.record, OutboxEffect) and entry.what == EffectKind.PAYMENT_REFUND:
            await self._refunded(shop, actor, entry, entry.record, why)
        else:
            await self._outbox.commit(lambda tx: self._close(shop, actor, entry, why, tx))
        return entry

    async def _hand_over(
        self, shop: Shop, actor: Member, entry: QueueEntry, owed: Entitlement, why: str
    ) -> None:
        async def work(tx: Tx) -> None:
            if await begin(self._db, owed, self._clock.now(), tx=tx) is None:
                raise NotFound("queue")
            await Entitlement.mark_by_hand(self._db, owed, tx=tx)
            # Its handler finds nothing owed and looks whether the order is complete: also after a crash.
            await self._again(shop, entry, tx)
            await self._written(shop, actor, entry, why, tx)

        await self._outbox.commit(work)
        await self._delivery.complete(shop.id, owed.order_id)

    async def _refunded(
        self, shop: Shop, actor: Member, entry: QueueEntry, owed: OutboxEffect, why: str
    ) -> None:
        """The money went back in another way: the refund is booked in the transaction that closes it."""
        payment_id, key = str(owed.payload.get("paymentId")), str(owed.payload.get("key"))

        async def first(_: Payment, tx: Tx) -> None:
            await self._close(shop, actor, entry, why, tx)

        await self._refunds.made_elsewhere(shop, payment_id, key, first)

    async def _close(self, shop: Shop, actor: Member, entry: QueueEntry, why: str, tx: Tx) -> None:
        (owed,) = entry.effects
        if await OutboxEffect.close_by_hand(self._db, owed, self._clock.now(), tx=tx) is None:
            now = await OutboxEffect.get(self._db, shop.id, owed.id, tx=tx)
            raise NotFound("queue") if now is None or now.status is OutboxStatus.DONE else UnderWay
        await self._written(shop, actor, entry, why, tx)

    async def _written(self, shop: Shop, actor: Member, entry: QueueEntry, why: str, tx: Tx) -> None:
        before = {"what": entry.what, "reason": entry.reason}
        await self._audit.record(
            shop.id, actor, "queue.by_hand", entry.record, before=before, after={"note": why}, tx=tx
        )
        if entry.order is not None:
            event = OrderEvent(at=self._clock.now(), what=BY_HAND, actor_id=actor.discord_id, note=why)
            await Order.note(self._db, entry.order, event, tx=tx)

    async def _again(self, shop: Shop, entry: QueueEntry, tx: Tx) -> None:
        owed = entry.effects
        if isinstance(entry.record, Entitlement):
            found = await OutboxEffect.of_entitlements(
                self._db, shop.id, [entry.record.order_id], OF_ENTITLEMENT, tx=tx
            )
            owed = found.get(entry.record.key, [])
        if owed:
            await OutboxEffect.hasten_these(self._db, shop.id, owed, self._clock.now(), tx=tx)
        elif isinstance(entry.record, Entitlement):
            await self._outbox.owe([self._anew(shop, entry.record)], tx)

    def _anew(self, shop: Shop, owed: Entitlement) -> OutboxEffect:
        """What hands an entitlement over, where its own effect was lost."""
        now = self._clock.now()
        return effect(
            EffectKind.KEYS_ASSIGN if owed.keys else EffectKind.ROLE_GRANT,
            shop.id,
            f"{owed.key}:queue:{int(now.timestamp())}",
            now,
            payload={"entitlementId": owed.key},
            order_id=owed.order_id,
        )

    async def _entries(self, shop: Shop, records: list[TenantDocument]) -> list[QueueEntry]:
        owed = [each.order_id for each in records if isinstance(each, Entitlement)]
        effects = await OutboxEffect.of_entitlements(self._db, shop.id, owed, OF_ENTITLEMENT) if owed else {}
        keys = {str(key) for each in records if (key := getattr(each, "order_id", None))}
        orders = await Order.of_keys(self._db, shop.id, list(keys)) if keys else {}
        return [entry_of(each, effects, orders) for each in records]

    def _places(self, shop: Shop, kind: QueueKind | None) -> list[_Waiting]:
        now = self._clock.now()
        late = now - self._rules.queue_after
        places: list[_Waiting] = []
        if kind in {None, QueueKind.DELIVERY}:
            where = undelivered.deliveries(shop.id, late)
            places.append(_Waiting(Source.ENTITLEMENT, Entitlement, where))
        if kind in {None, QueueKind.PARCEL}:
            where = undelivered.parcels(shop.id, now)
            places.append(_Waiting(Source.ORDER, Order, where, "paidAt"))
        if kind in {None, QueueKind.MONEY}:
            places.append(_Waiting(Source.PAYMENT, Payment, undelivered.conflicts(shop.id)))
            places.append(_Waiting(Source.PAYMENT, Payment, undelivered.unsure_refunds(shop.id)))
        wanted = [name for each in QueueKind if kind in {None, each} for name in effects_of(each)]
        if wanted:
            where = undelivered.effects(shop.id, wanted, late)
            places.append(_Waiting(Source.EFFECT, OutboxEffect, where))
        return places


def _note(text: str) -> str:
    cleaned = text.strip()
    if not cleaned:
        raise BadInput("note", "required")
    if len(cleaned) > _NOTE_LENGTH:
        raise BadInput("note", "length", _NOTE_LENGTH)
    return cleaned
