"""Sends refunds to their provider: once, and never again where nobody can tell what became of one."""

import asyncio
from typing import Any

from models.base import Db, Tx
from models.errors import Declined, NotFound, OutcomeUnknown, ProviderError, WrongKeys
from models.outbox import OutboxEffect
from models.payment import Payment, Refund, RefundState
from models.required import required
from services.clock import Clock
from services.hosted import known_of
from services.outbox import Outbox
from services.payments.adapters import Adapters
from services.payments.processor import AnyProcessor, Money, News, RefundAsk, What
from services.providers import Providers
from services.refunds import refund_of, told
from services.rules import Rules
from services.settlement import Settlement
from services.shops import Shop, Shops
from services.worker import EffectFailed

_OF_LEASE = 0.7


class RefundSending:
    """The outbox's way to give money back."""

    def __init__(
        self,
        db: Db,
        clock: Clock,
        rules: Rules,
        *,
        outbox: Outbox,
        shops: Shops,
        adapters: Adapters,
        providers: Providers,
        settlement: Settlement,
    ) -> None:
        self._db = db
        self._clock = clock
        self._rules = rules
        self._outbox = outbox
        self._shops = shops
        self._adapters = adapters
        self._providers = providers
        self._settlement = settlement

    async def send(self, owed: OutboxEffect) -> str:
        """Make an asked refund happen; the outbox's handler. Raises EffectFailed to be called again."""
        shop = await self._shops.of_tenant(owed.tenant_id)
        payment = required(await Payment.get(self._db, shop.id, owed.payload["paymentId"]), "payment")
        refund = refund_of(payment, owed.payload["key"])
        if refund.state is not RefundState.ASKED:
            return refund.state.value
        if refund.by_hand:
            return await self._settlement.apply(
                shop, payment.key, told(refund, What.REFUNDED), key=refund.key
            )
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
            failed = told(refund, What.REFUND_FAILED, note=error.code)
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
            if now is None or refund_of(now, key).state not in {RefundState.ASKED, RefundState.UNKNOWN}:
                return
            changed = [
                each.model_copy(update={"state": state}) if each.key == key else each for each in now.refunds
            ]
            fields: dict[str, Any] = {"refunds": [each.model_dump_doc() for each in changed]}
            if state is RefundState.UNKNOWN:
                fields |= {"nextPollAt": self._clock.now() + self._rules.payment_polls[0], "polls": 0}
            await Payment.record(self._db, now, fields, tx=tx)

        await self._outbox.commit(work)


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
