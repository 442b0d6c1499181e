"""Giving money back: asked for once, by amount or for what goes back, and never more than came in."""

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

from models.base import Db, Tx
from models.errors import AlreadyDecided, BadInput, ChangedMeanwhile
from models.member import Member
from models.order import Order
from models.payment import Payment, PaymentEvent, Refund, RefundState
from models.required import required
from services.audit import Audit
from services.clock import Clock
from services.effects import send_refund
from services.fulfilment import Fulfilment
from services.outbox import Outbox
from services.payments.adapters import Adapters
from services.payments.processor import News, What
from services.settlement import First, Settlement
from services.settling.credit import Credit, Picked, credit
from services.settling.shares import Share, of_amount, of_credit
from services.shops import Shop
from services.typed_text import typed_text

REASON_LENGTH = 200


class Refunds:
    """The way of money back to the payer, through the provider or by hand (services/refund_sending.py)."""

    def __init__(
        self,
        db: Db,
        clock: Clock,
        *,
        audit: Audit,
        outbox: Outbox,
        adapters: Adapters,
        settlement: Settlement,
        fulfilment: Fulfilment,
    ) -> None:
        self._db = db
        self._clock = clock
        self._audit = audit
        self._outbox = outbox
        self._adapters = adapters
        self._settlement = settlement
        self._fulfilment = fulfilment

    def through_provider(self, payment: Payment) -> bool:
        """Whether the provider itself can give this payment's money back."""
        adapter = self._adapters.find(payment.method)
        return adapter is not None and adapter.descriptor.supports_refund

    async def ask(
        self,
        shop: Shop,
        actor: Member,
        payment_id: str,
        amount_cents: int,
        reason: str,
        *,
        by_hand: bool = False,
    ) -> Payment:
        """Give back an amount in minor units, never more than is left of what came in.

        Through the provider, or with `by_hand` (always so where it has no refunds) only recorded: staff send
        it themselves. What the order handed over stays with its customer unless all of the money goes back.
        Raises NotFound, and BadInput naming amount or reason.
        """

        def shares(payment: Payment, _: Order) -> list[Share]:
            return [of_amount(payment, amount_cents)]

        return await self._ask(shop, actor, payment_id, shares, reason, by_hand=by_hand)

    async def take_back(
        self,
        shop: Shop,
        actor: Member,
        payment_id: str,
        picked: Picked,
        cents: int,
        reason: str,
        *,
        restock: bool,
        by_hand: bool = False,
    ) -> Payment:
        """Give money back for pieces of an order's lines; `cents` is what they were shown to be worth.

        Once it is made, lines that went back wholly are taken from the customer and, with `restock`, put
        back on the shelf. With all that is left picked, all that is left of the money goes back, also what
        came too much. Raises NotFound, BadInput naming reason or amount, and ChangedMeanwhile when by now
        less can go back, or for another sum.
        """

        def shares(payment: Payment, order: Order) -> list[Share]:
            return of_credit(payment, _still(order, payment, picked, cents), restock=restock)

        return await self._ask(shop, actor, payment_id, shares, reason, by_hand=by_hand)

    async def _ask(
        self,
        shop: Shop,
        actor: Member,
        payment_id: str,
        shares: Callable[[Payment, Order], list[Share]],
        reason: str,
        *,
        by_hand: bool,
    ) -> Payment:
        why = typed_text("reason", reason, REASON_LENGTH)

        async def work(tx: Tx) -> tuple[Payment, list[Refund]]:
            payment = required(await Payment.get(self._db, shop.id, payment_id, tx=tx), "payment")
            order = required(await Order.get(self._db, shop.id, payment.order_id, tx=tx), "payment")
            only_noted = by_hand or not self.through_provider(payment)
            asked = [
                self._refund(actor, key, share, why, by_hand=only_noted)
                for key, share in zip(_new_keys(payment), shares(payment, order), strict=False)
            ]
            asking = await self._write(shop, actor, payment, asked, tx)
            # What goes back is not sent any more.
            await self._fulfilment.follow(order, asking, tx)
            return asking, asked

        payment, asked = await self._outbox.commit(work)
        for refund in asked:
            if refund.by_hand:
                await self._settlement.apply(shop, payment.key, told(refund, What.REFUNDED), key=refund.key)
        return await self._payment(shop, payment_id)

    def _refund(self, actor: Member, key: str, share: Share, why: str, *, by_hand: bool) -> Refund:
        return Refund(
            key=key,
            amount_cents=share.cents,
            charge_ref=share.receipt.ref,
            lines=share.lines,
            shipping_cents=share.shipping_cents,
            gift_cents=share.gift_cents,
            restock=share.restock,
            by_hand=by_hand,
            reason=why,
            actor_id=actor.discord_id,
            asked_at=self._clock.now(),
        )

    async def _write(
        self, shop: Shop, actor: Member, payment: Payment, asked: list[Refund], tx: Tx
    ) -> Payment:
        docs = [each.model_dump_doc() for each in (*payment.refunds, *asked)]
        first = asked[0]
        event = PaymentEvent(
            at=first.asked_at, what="refund_asked", actor_id=actor.discord_id, note=first.reason
        )
        await self._audit.record(shop.id, actor, "payment.refund", payment, after=_summary(asked), tx=tx)
        await self._outbox.owe([send_refund(payment, each.key, each.asked_at) for each in asked], tx)
        return await Payment.record(self._db, payment, {"refunds": docs}, event, tx=tx)

    async def resolve(self, shop: Shop, actor: Member, payment_id: str, key: str, *, done: bool) -> Payment:
        """Staff looked at the provider's site and say whether an unknown refund was made.

        Raises NotFound, and AlreadyDecided when it is not unknown any more.
        """
        refund = refund_of(await self._payment(shop, payment_id), key)

        async def still_unknown(payment: Payment, tx: Tx) -> None:
            now = refund_of(payment, key)
            if now.state is not RefundState.UNKNOWN:
                raise AlreadyDecided(now.state)
            after = {"key": key, "done": done}
            await self._audit.record(shop.id, actor, "payment.refund_resolve", payment, after=after, tx=tx)

        news = told(refund, What.REFUNDED if done else What.REFUND_FAILED)
        await self._settlement.apply(shop, payment_id, news, key=key, first=still_unknown)
        return await self._payment(shop, payment_id)

    async def made_elsewhere(self, shop: Shop, payment_id: str, key: str, first: First) -> None:
        """Book a refund that staff made in another way; `first` may refuse in the same transaction.

        Raises NotFound.
        """
        refund = refund_of(await self._payment(shop, payment_id), key)
        await self._settlement.apply(shop, payment_id, told(refund, What.REFUNDED), key=key, first=first)

    async def _payment(self, shop: Shop, payment_id: str) -> Payment:
        return required(await Payment.get(self._db, shop.id, payment_id), "payment")


def _still(order: Order, payment: Payment, picked: Picked, cents: int) -> Credit:
    """The credit, if it is what was shown."""
    try:
        made = credit(order, payment, picked)
    except BadInput as gone:
        raise ChangedMeanwhile from gone
    if made.cents != cents:
        raise ChangedMeanwhile
    if made.cents == 0:
        raise BadInput("amount", "too_small")
    return made


def _new_keys(payment: Payment) -> Iterator[str]:
    """Names that no refund of this payment has; a provider's own entries come and go."""
    known = {each.key for each in payment.refunds}
    names = (f"{payment.key}-r{number}" for number in count(len(payment.refunds)))
    return (name for name in names if name not in known)


def _summary(asked: list[Refund]) -> dict[str, Any]:
    """What is written into the audit."""
    first = asked[0]
    said: dict[str, Any] = {
        "amount": sum(each.amount_cents for each in asked),
        "byHand": first.by_hand,
        "reason": first.reason,
    }
    if first.lines or first.shipping_cents:
        said |= {
            "lines": {line.product_id: line.quantity for line in first.lines},
            "shipping": first.shipping_cents,
            "restock": first.restock,
        }
    if first.gift_cents:
        said["gift"] = first.gift_cents
    return said


def refund_of(payment: Payment, key: str) -> Refund:
    """One of the payment's refunds; raises NotFound."""
    return required(payment.refund(key), "refund")


def told(refund: Refund, what: What, note: str | None = None) -> News:
    """What became of a refund, as if its provider had told."""
    return News(what, charge_ref=refund.charge_ref, refund_ref=refund.provider_ref, note=note)
