"""Payments by hand: a customer says it is paid, staff look and decide, once."""

import re
import unicodedata
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from models.base import Db, Tx
from models.counter import Counter
from models.errors import AlreadyDecided, NotFound, ReferenceUsed, Refused
from models.member import Member
from models.order import Order, OrderEvent, OrderStatus
from models.outbox import OutboxEffect
from models.payment import Payment, PaymentStatus, Receipt
from models.required import required
from services.afterwards import tidying
from services.audit import Audit
from services.clock import Clock
from services.effects import EffectKind, Notice, effect, notice
from services.outbox import Outbox
from services.paging import bounded
from services.paid import Paid
from services.rules import Rules
from services.shops import Shop
from services.stock import Stock
from services.typed_text import typed_text

PAGE_SIZE = 5
_TEXT_LENGTH = 200


@dataclass(frozen=True)
class ClaimView:
    """A payment with the order that it is for."""

    payment: Payment
    order: Order


@dataclass(frozen=True)
class WaitingPage:
    """Claims that wait for staff, oldest first; `page` counts from 0."""

    claims: list[ClaimView]
    page: int
    pages: int
    total: int


class Claims:
    """The life of a payment that staff confirm."""

    def __init__(
        self, db: Db, clock: Clock, rules: Rules, *, audit: Audit, outbox: Outbox, paid: Paid, stock: Stock
    ) -> None:
        self._db = db
        self._clock = clock
        self._rules = rules
        self._audit = audit
        self._outbox = outbox
        self._paid = paid
        self._stock = stock

    async def claim(self, shop: Shop, member: Member, order_id: str, reference_text: str) -> Order:
        """Note that the customer says it is paid and call staff; the hold waits for their decision.

        Raises NotFound for somebody else's order, BadInput, and Refused when nothing is due.
        """
        text = typed_text("reference", reference_text, _TEXT_LENGTH)
        order = await Order.get(self._db, shop.id, order_id)
        if order is None or order.customer.discord_id != member.discord_id:
            raise NotFound("order")
        payment = await self._payment(shop, order)
        now = self._clock.now()

        async def work(tx: Tx) -> Order:
            fields = {"referenceText": text, "claimedAt": now}
            claimed = await Payment.move(
                self._db, payment, PaymentStatus.AWAITING_ADMIN_APPROVAL, fields, tx=tx, claims=1
            )
            if claimed is None:
                raise Refused("payment", payment.status)
            event = OrderEvent(at=now, what="payment_claimed", actor_id=member.discord_id)
            held = await Order.patch(self._db, order, {"holdEndsAt": None}, event, tx=tx)
            if held is None:
                raise Refused("order", order.status)
            await self._outbox.owe([self._card(claimed)], tx)
            return held

        return await self._outbox.commit(work)

    async def approve(
        self,
        shop: Shop,
        actor: Member,
        payment_id: str,
        claims: int,
        note: str,
        *,
        used_before_ok: bool = False,
    ) -> ClaimView:
        """Confirm a claim with the note that was seen; the order is paid, its goods are sold and owed.

        Raises AlreadyDecided when somebody was faster, ReferenceUsed when the note was approved on another
        order (ask again with `used_before_ok`), OutOfStock when a late payment's goods are gone.
        """
        view = await self._undecided(shop, payment_id, claims)
        seen = typed_text("note", note, _TEXT_LENGTH)
        fields = {
            "approverUserId": actor.discord_id,
            "confirmedBy": actor.discord_id,
            "approvedAt": self._clock.now(),
            "customerReferenceNote": seen,
            "customerReferenceKey": _reference_key(seen),
            "receipts": [self._receipt(view.payment).model_dump_doc()],
        }

        async def work(tx: Tx) -> Order:
            await self._note_reference(view.payment, _reference_key(seen), tx, used_before_ok=used_before_ok)
            order = await self._paid.write(
                shop, view.order, view.payment, fields, tx=tx, actor_id=actor.discord_id
            )
            await self._after(shop, actor, view.payment, "payment.approve", {"note": seen}, tx)
            return order

        order = await self._decide(shop, view, work)
        with tidying(order.key):
            await self._stock.count_in(shop, order)
        return await self.view(shop, payment_id)

    def _receipt(self, payment: Payment) -> Receipt:
        """What staff say has arrived: all of it, and nobody but them gave it a name."""
        amount, currency = payment.amount_cents, payment.currency
        return Receipt(ref=payment.key, amount_cents=amount, currency=currency, at=self._clock.now())

    async def _note_reference(self, payment: Payment, key: str, tx: Tx, *, used_before_ok: bool) -> None:
        # Two approvals at once cannot see each other's note; they meet at this number, and one looks again.
        await Counter.next(self._db, payment.tenant_id, f"approved {payment.method}", tx=tx)
        other = await Payment.with_reference(self._db, payment, key, tx=tx)
        if other is not None and not used_before_ok:
            raise ReferenceUsed(other.order_number)

    async def reject(self, shop: Shop, actor: Member, payment_id: str, claims: int, reason: str) -> ClaimView:
        """Turn a claim down and tell the customer why; the order stays open a while for another try."""
        view = await self._undecided(shop, payment_id, claims)
        why = typed_text("reason", reason, _TEXT_LENGTH)
        now = self._clock.now()

        async def work(tx: Tx) -> Order:
            fields = {"approverUserId": actor.discord_id, "rejectedAt": now, "rejectionReason": why}
            if await Payment.move(self._db, view.payment, PaymentStatus.REJECTED, fields, tx=tx) is None:
                raise Refused("payment", view.payment.status)
            event = OrderEvent(at=now, what="payment_rejected", actor_id=actor.discord_id, note=why)
            pending = view.order.status is OrderStatus.PENDING_PAYMENT
            hold = {"holdEndsAt": self._hold_after_rejection(view.order, now)} if pending else {}
            order = await Order.patch(self._db, view.order, hold, event, tx=tx)
            if order is None:
                raise Refused("order", view.order.status)
            told = notice(Notice.PAYMENT_REJECTED, shop.id, order.key, now, turn=claims, reason=why)
            await self._outbox.owe([told], tx)
            await self._after(shop, actor, view.payment, "payment.reject", {"reason": why}, tx)
            return order

        await self._decide(shop, view, work)
        return await self.view(shop, payment_id)

    def _hold_after_rejection(self, order: Order, now: datetime) -> datetime:
        return max(order.placed_at + self._rules.hold_p2p, now + self._rules.hold_after_rejection)

    async def waiting(self, shop: Shop, page: int = 0) -> WaitingPage:
        """Claims that wait for staff, oldest first."""
        total = await Payment.how_many_waiting(self._db, shop.id)
        page, pages = bounded(page, total, PAGE_SIZE)
        payments = await Payment.waiting(self._db, shop.id, skip=page * PAGE_SIZE, limit=PAGE_SIZE)
        views = [await self.view(shop, payment.key) for payment in payments]
        return WaitingPage(views, page, pages, total)

    async def view(self, shop: Shop, payment_id: str) -> ClaimView:
        """A payment with its order; raises NotFound."""
        payment = required(await Payment.get(self._db, shop.id, payment_id), "payment")
        order = required(await Order.get(self._db, shop.id, payment.order_id), "payment")
        return ClaimView(payment, order)

    async def remember_card(self, payment: Payment, channel_id: str, message_id: str) -> None:
        """Note where the claim's card stands, so that a decision can be shown on it."""
        await Payment.set_card(self._db, payment, channel_id, message_id)

    async def _undecided(self, shop: Shop, payment_id: str, claims: int) -> ClaimView:
        view = await self.view(shop, payment_id)
        if view.payment.status is not PaymentStatus.AWAITING_ADMIN_APPROVAL or view.payment.claims != claims:
            raise AlreadyDecided(view.payment.status)
        return view

    async def _decide(
        self, shop: Shop, view: ClaimView, work: Callable[[Tx], Coroutine[Any, Any, Order]]
    ) -> Order:
        try:
            return await self._outbox.commit(work)
        except Refused as refusal:
            now = (await self.view(shop, view.payment.key)).payment
            if now.status is not PaymentStatus.AWAITING_ADMIN_APPROVAL or now.claims != view.payment.claims:
                raise AlreadyDecided(now.status) from refusal
            raise

    async def _payment(self, shop: Shop, order: Order) -> Payment:
        return required(await Payment.of_order(self._db, shop.id, order.key), "payment")

    def _card(self, payment: Payment) -> OutboxEffect:
        payload = {"paymentId": payment.key, "claims": payment.claims}
        subject = f"{payment.key}:{payment.claims}"
        return effect(
            EffectKind.STAFF_CLAIM,
            payment.tenant_id,
            subject,
            self._clock.now(),
            payload=payload,
            order_id=payment.order_id,
        )

    async def _after(
        self, shop: Shop, actor: Member, payment: Payment, action: str, after: dict[str, str], tx: Tx
    ) -> None:
        await self._audit.record(
            shop.id, actor, action, payment, before={"status": payment.status}, after=after, tx=tx
        )
        decided = effect(
            EffectKind.STAFF_DECIDED,
            shop.id,
            f"{payment.key}:{payment.claims}",
            self._clock.now(),
            payload={"paymentId": payment.key},
            order_id=payment.order_id,
        )
        await self._outbox.owe([decided], tx)


def _reference_key(note: str) -> str:
    """A note without what people vary when they copy it: case, spaces, and punctuation beside words."""
    folded = unicodedata.normalize("NFKC", note).casefold()
    return re.sub(r"[\W_]+", "", folded) or re.sub(r"\s+", "", folded)
