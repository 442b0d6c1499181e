"""Makes the page on which an order is paid, once however many ask for it."""

import asyncio
from datetime import timedelta
from functools import partial
from typing import Any

from models.alert import Alert, AlertSeverity, AlertType
from models.base import Db, Tx
from models.errors import Declined, NotFound, OutcomeUnknown, ProviderError, Unavailable, WrongKeys
from models.order import Order
from models.payment import Payment, PaymentEvent, PaymentStatus
from models.payment_method import PaymentMethod
from services.clock import Clock
from services.effects import Notice, close_page, notice
from services.links import Links
from services.outbox import Outbox
from services.payments.processor import AnyProcessor, Charge, Money, Opened
from services.providers import Providers
from services.rules import Rules
from services.shops import Shop
from services.stock import alert_effect

# Longer than a call to a provider may last; what dies on the way keeps others waiting no longer.
_LEASE = timedelta(seconds=30)
_LEAST = timedelta(minutes=5)


class Pages:
    """Asks providers for pages and keeps where they are."""

    def __init__(
        self, db: Db, clock: Clock, rules: Rules, *, outbox: Outbox, providers: Providers, links: Links
    ) -> None:
        self._db = db
        self._clock = clock
        self._rules = rules
        self._outbox = outbox
        self._providers = providers
        self._links = links

    async def make(self, shop: Shop, order: Order, payment: Payment, adapter: AnyProcessor) -> Payment | None:
        """The payment with its page; None when somebody else is making it at this moment.

        Raises ProviderError; why is kept with the payment, and staff hear of what they alone can mend.
        """
        now = self._clock.now()
        leased = await Payment.begin_opening(self._db, payment, now, now + _LEASE)
        if leased is None:
            return None
        try:
            keys = await self._providers.keys(shop.id, adapter.name)
            opened = await adapter.create(keys, self._charge(shop, order, leased, adapter))
        except NotFound:
            await self._failed(shop, order, leased, WrongKeys(adapter.name, "no_keys"))
            raise WrongKeys(adapter.name, "no_keys") from None
        except ProviderError as error:
            await self._failed(shop, order, leased, error)
            raise
        except asyncio.CancelledError:
            # Whoever makes it next asks with the same key, and is given what this one may have made.
            await self._outbox.commit(partial(self._let_go, leased))
            raise
        return await self._keep(shop, order, leased, opened)

    async def _let_go(self, leased: Payment, tx: Tx) -> None:
        await Payment.end_opening(self._db, leased, {}, None, tx=tx)

    def _charge(self, shop: Shop, order: Order, payment: Payment, adapter: AnyProcessor) -> Charge:
        now = self._clock.now()
        return Charge(
            key=f"{payment.key}-{payment.opened}",
            order_id=order.key,
            order_number=order.order_number,
            shop_name=shop.name,
            amount=Money(payment.amount_cents, payment.currency),
            return_url=f"https://discord.com/channels/{order.guild_id}",
            notify_url=self._links.webhook_url(adapter.name, shop.id),
            now=now,
            ends_at=max(order.hold_ends_at or now, now + _LEAST),
        )

    async def _keep(self, shop: Shop, order: Order, payment: Payment, opened: Opened) -> Payment:
        now = self._clock.now()
        again = {"nextPollAt": now + self._rules.payment_polls[0], "polls": 0, "openError": None}
        made = PaymentEvent(at=now, what="page_made")

        async def work(tx: Tx) -> Payment | None:
            # Money may have come by an earlier page while this one was made.
            latest = await Payment.get(self._db, shop.id, payment.id, tx=tx)
            fields = _page(latest or payment, opened) | again
            kept = await Payment.end_opening(self._db, payment, fields, made, tx=tx)
            if kept is not None and kept.status is PaymentStatus.EXPIRED:
                # Its order was called off meanwhile, when there was no page to close yet.
                await self._outbox.owe([close_page(kept, now)], tx)
            elif kept is not None and payment.opened == 0 and payment.open_error is None:
                told = notice(Notice.ORDER_RECEIVED, shop.id, order.key, now)
                await self._outbox.owe([told], tx)
            return kept

        kept = await self._outbox.commit(work)
        return kept or await Payment.get(self._db, shop.id, payment.id) or payment

    async def _failed(self, shop: Shop, order: Order, payment: Payment, error: ProviderError) -> None:
        """Keep why, and tell the customer and staff once of what waiting does not mend."""
        final = isinstance(error, Declined | WrongKeys)
        first = final and payment.opened == 0 and payment.open_error is None
        word = open_error(error)

        async def work(tx: Tx) -> None:
            fields = {"openError": word} if final else {}
            kept = await Payment.end_opening(self._db, payment, fields, None, tx=tx)
            if kept is None or not first:
                return
            alert = _alert(shop, order, payment, word, error.code)
            await alert.insert(self._db, tx=tx)
            told = notice(Notice.ORDER_RECEIVED, shop.id, order.key, self._clock.now())
            await self._outbox.owe([told, alert_effect(alert, self._clock)], tx)

        await self._outbox.commit(work)


def open_error(error: ProviderError) -> str:
    """Why no page could be made, in a word: declined, wrong_keys, unavailable or unknown."""
    words = {Declined: "declined", WrongKeys: "wrong_keys", Unavailable: "unavailable"}
    return words.get(type(error), "unknown" if isinstance(error, OutcomeUnknown) else "declined")


def _page(payment: Payment, opened: Opened) -> dict[str, Any]:
    refs = [*payment.charge_refs]
    if opened.charge_ref and opened.charge_ref not in refs:
        refs.append(opened.charge_ref)
    fields: dict[str, Any] = {
        "providerRef": opened.provider_ref,
        "pageUrl": opened.page_url,
        "pageEndsAt": opened.ends_at,
        "chargeRefs": refs,
    }
    if payment.method is PaymentMethod.BTC_NOWPAYMENTS:
        fields |= _crypto(opened)
    return fields


def _crypto(opened: Opened) -> dict[str, Any]:
    deposit = opened.deposit
    return {
        "nowpaymentsHostedUrl": opened.page_url,
        "nowpaymentsDepositAddress": deposit.address if deposit else None,
        "nowpaymentsDepositAmountCrypto": f"{deposit.coins.amount:f}" if deposit else None,
        "nowpaymentsCryptoCurrency": deposit.coins.ticker if deposit else None,
        "nowpaymentsExpiresAt": opened.ends_at,
        "depositMemo": deposit.memo if deposit else None,
    }


def _alert(shop: Shop, order: Order, payment: Payment, word: str, code: str | None) -> Alert:
    return Alert(
        tenant_id=shop.id,
        type=AlertType.PAYMENT_FAILED,
        severity=AlertSeverity.ERROR,
        message=f"page_{word}",
        params={"number": order.order_number, "method": payment.method, "code": code},
        entity_type="Payment",
        entity_id=payment.key,
    )
