"""Giving money back: asked for once, sent once, never again where nobody can tell what became of it."""

import asyncio
import logging
from typing import Any

from models.base import Db, Tx
from models.errors import (
    AlreadyDecided,
    BadInput,
    Declined,
    NotFound,
    OutcomeUnknown,
    ProviderError,
    WrongKeys,
)
from models.member import Member
from models.outbox import OutboxEffect
from models.payment import Payment, PaymentEvent, Receipt, Refund, RefundState
from services.audit import Audit
from services.clock import Clock
from services.effects import EffectKind, effect
from services.hosted import known_of
from services.outbox import Outbox
from services.payments.adapters import Adapters
from services.payments.processor import AnyProcessor, Money, News, RefundAsk, What
from services.providers import Providers
from services.rules import Rules
from services.settlement import First, Settlement
from services.shops import Shop, Shops
from services.worker import EffectFailed

_REASON_LENGTH = 200
_OF_LEASE = 0.7

log = logging.getLogger(__name__)


class Refunds:
    """The way of money back to the payer, through the provider or by hand."""

    def __init__(
        self,
        db: Db,
        clock: Clock,
        rules: Rules,
        *,
        audit: Audit,
        outbox: Outbox,
        shops: Shops,
        adapters: Adapters,
        providers: Providers,
        settlement: Settlement,
    ) -> None:
        self._db = db
        self._clock = clock
        self._rules = rules
        self._audit = audit
        self._outbox = outbox
        self._shops = shops
        self._adapters = adapters
        self._providers = providers
        self._settlement = settlement

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
        it themselves. Raises NotFound, and BadInput naming amount or reason.
        """
        why = _reason(reason)

        async def work(tx: Tx) -> tuple[Payment, Refund]:
            payment = await Payment.get(self._db, shop.id, payment_id, tx=tx)
            if payment is None:
                raise NotFound("payment")
            receipt = _source(payment, amount_cents)
            refund = Refund(
                key=f"{payment.key}-r{len(payment.refunds)}",
                amount_cents=amount_cents,
                charge_ref=receipt.ref,
                by_hand=by_hand or not self.through_provider(payment),
                reason=why,
                actor_id=actor.discord_id,
                asked_at=self._clock.now(),
            )
            return await self._write(shop, actor, payment, refund, tx), refund

        payment, refund = await self._outbox.commit(work)
        if refund.by_hand:
            await self._settlement.apply(shop, payment.key, _done(refund), key=refund.key)
        return await self._payment(shop, payment_id)

    async def _write(self, shop: Shop, actor: Member, payment: Payment, refund: Refund, tx: Tx) -> Payment:
        docs = [each.model_dump_doc() for each in (*payment.refunds, refund)]
        event = PaymentEvent(
            at=refund.asked_at, what="refund_asked", actor_id=actor.discord_id, note=refund.reason
        )
        after = {"amount": refund.amount_cents, "byHand": refund.by_hand, "reason": refund.reason}
        await self._audit.record(shop.id, actor, "payment.refund", payment, after=after, tx=tx)
        owed = effect(
            EffectKind.PAYMENT_REFUND,
            shop.id,
            refund.key,
            refund.asked_at,
            payload={"paymentId": payment.key, "key": refund.key},
            order_id=payment.order_id,
        )
        await self._outbox.owe([owed], tx)
        return await Payment.record(self._db, payment, {"refunds": docs}, event, tx=tx)

    async def resolve(self, shop: Shop, actor: Member, payment_id: str, key: str, *, done: bool) -> Payment:
        """Staff looked at the provider's site and say whether an unknown refund was made.

        Raises NotFound, and AlreadyDecided when it is not unknown any more.
        """
        refund = _refund(await self._payment(shop, payment_id), key)

        async def still_unknown(payment: Payment, tx: Tx) -> None:
            now = _refund(payment, key)
            if now.state is not RefundState.UNKNOWN:
                raise AlreadyDecided(now.state)
            after = {"key": key, "done": done}
            await self._audit.record(shop.id, actor, "payment.refund_resolve", payment, after=after, tx=tx)

        news = _news(refund, What.REFUNDED if done else What.REFUND_FAILED)
        await self._settlement.apply(shop, payment_id, news, key=key, first=still_unknown)
        return await self._payment(shop, payment_id)

    async def made_elsewhere(self, shop: Shop, payment_id: str, key: str, first: First) -> None:
        """Book a refund that staff made in another way; `first` may refuse in the same transaction.

        Raises NotFound.
        """
        refund = _refund(await self._payment(shop, payment_id), key)
        await self._settlement.apply(shop, payment_id, _done(refund), key=key, first=first)

    async def send(self, owed: OutboxEffect) -> str:
        """Make an asked refund happen; the outbox's handler. Raises EffectFailed to be called again."""
        shop = await self._shops.of_tenant(owed.tenant_id)
        payment = await self._payment(shop, owed.payload["paymentId"])
        refund = _refund(payment, owed.payload["key"])
        if refund.state is not RefundState.ASKED:
            return refund.state.value
        if refund.by_hand:
            return await self._settlement.apply(shop, payment.key, _done(refund), key=refund.key)
        adapter = self._adapters.of(payment.method)
        if not adapter.repeatable_refunds:
            # Should this process die now, nobody may send it again.
            await self._set(payment, refund.key, RefundState.UNKNOWN)
        try:
            news = await self._send(shop, adapter, _asked(payment, refund))
        except (ProviderError, NotFound) as error:
            return await self._went_wrong(shop, payment, refund, adapter, error, last=self._is_last(owed))
        return await self._settlement.apply(shop, payment.key, news, key=refund.key)

    async def _send(self, shop: Shop, adapter: AnyProcessor, ask: RefundAsk) -> News:
        keys = await self._providers.keys(shop.id, adapter.name)
        try:
            # The outbox gives up on a handler that outlives its lease, and then nothing would be noted.
            async with asyncio.timeout(self._rules.outbox_lease.total_seconds() * _OF_LEASE):
                return await adapter.refund(keys, ask)
        except TimeoutError:
            raise OutcomeUnknown(adapter.name, "timeout") from None

    def _is_last(self, owed: OutboxEffect) -> bool:
        return owed.attempts > len(self._rules.outbox_backoff)

    async def _went_wrong(
        self,
        shop: Shop,
        payment: Payment,
        refund: Refund,
        adapter: AnyProcessor,
        error: ProviderError | NotFound,
        *,
        last: bool,
    ) -> str:
        if isinstance(error, Declined):
            failed = _news(refund, What.REFUND_FAILED, note=error.code)
            return await self._settlement.apply(shop, payment.key, failed, key=refund.key)
        lost = isinstance(error, OutcomeUnknown)
        # What the last try did not do an earlier one may have done, and nobody sends it any more.
        if last or (lost and not adapter.repeatable_refunds):
            await self._set(payment, refund.key, RefundState.UNKNOWN)
            raise EffectFailed("refund_unknown", final=True)
        if not lost:
            await self._set(payment, refund.key, RefundState.ASKED)
        keys_missing = isinstance(error, WrongKeys | NotFound)
        raise EffectFailed("wrong_keys" if keys_missing else "provider_away") from None

    async def _set(self, payment: Payment, key: str, state: RefundState) -> None:
        async def work(tx: Tx) -> None:
            now = await Payment.get(self._db, payment.tenant_id, payment.id, tx=tx)
            if now is None or _refund(now, key).state not in {RefundState.ASKED, RefundState.UNKNOWN}:
                return
            changed = [
                each.model_copy(update={"state": state}) if each.key == key else each for each in now.refunds
            ]
            fields: dict[str, Any] = {"refunds": [each.model_dump_doc() for each in changed]}
            if state is RefundState.UNKNOWN:
                fields |= {"nextPollAt": self._clock.now() + self._rules.payment_polls[0], "polls": 0}
            await Payment.record(self._db, now, fields, tx=tx)

        await self._outbox.commit(work)

    async def _payment(self, shop: Shop, payment_id: str) -> Payment:
        payment = await Payment.get(self._db, shop.id, payment_id)
        if payment is None:
            raise NotFound("payment")
        return payment


def _source(payment: Payment, amount: int) -> Receipt:
    """The receipt that the money goes back from: what came too much first."""
    if not 0 < amount <= payment.refundable_cents:
        raise BadInput("amount", "range", payment.refundable_cents)
    for receipt in sorted(payment.receipts, key=lambda each: not each.surplus):
        gone = sum(
            each.amount_cents
            for each in payment.refunds
            if each.charge_ref == receipt.ref and each.state is not RefundState.FAILED
        )
        if receipt.currency == payment.currency and receipt.amount_cents - gone >= amount:
            return receipt
    raise BadInput("amount", "spread", payment.refundable_cents)


def _asked(payment: Payment, refund: Refund) -> RefundAsk:
    receipt = next((each for each in payment.receipts if each.ref == refund.charge_ref), None)
    others = any(each.charge_ref == refund.charge_ref and each.key != refund.key for each in payment.refunds)
    whole = receipt is not None and receipt.amount_cents == refund.amount_cents and not others
    return RefundAsk(
        key=refund.key,
        known=known_of(payment),
        charge_ref=refund.charge_ref,
        amount=Money(refund.amount_cents, payment.currency),
        whole=whole,
        reason=refund.reason,
    )


def _news(refund: Refund, what: What, note: str | None = None) -> News:
    return News(what, charge_ref=refund.charge_ref, refund_ref=refund.provider_ref, note=note)


def _done(refund: Refund) -> News:
    return _news(refund, What.REFUNDED)


def _refund(payment: Payment, key: str) -> Refund:
    found = next((each for each in payment.refunds if each.key == key), None)
    if found is None:
        raise NotFound("refund")
    return found


def _reason(text: str) -> str:
    cleaned = " ".join(text.split())
    if not cleaned:
        raise BadInput("reason", "required")
    if len(cleaned) > _REASON_LENGTH:
        raise BadInput("reason", "length", _REASON_LENGTH)
    return cleaned
