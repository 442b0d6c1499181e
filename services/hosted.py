"""Payments on a provider's page: the page is made, what the provider says is taken, and it is asked, too."""

import asyncio
import logging
from datetime import timedelta

from bson import ObjectId

from models.base import Db
from models.errors import NotFound, Unavailable
from models.member import Member
from models.order import Order, OrderStatus
from models.payment import Payment, PaymentStatus
from models.webhook import WebhookEvent
from services.clock import Clock
from services.pages import Pages
from services.payments.adapters import Adapters
from services.payments.processor import AnyProcessor, BadPayload, Known, Money, News, What
from services.providers import Providers
from services.settlement import Settlement
from services.shops import Shop, Shops

_CHECK_AGAIN = timedelta(seconds=5)
_OPENABLE = {PaymentStatus.PENDING_PAYMENT, PaymentStatus.FAILED}
_LOOK_AGAIN = (0.02, 0.03, 0.05, 0.1, 0.2, *[0.25] * 18)
BEING_OPENED = "being_opened"

log = logging.getLogger(__name__)


class Unmatched(Exception):
    """A provider tells of a payment that nobody knows here (yet); `ours` when it names an order of ours.

    Without one it may be somebody else's business on the same account.
    """

    def __init__(self, *, ours: bool) -> None:
        super().__init__("ours" if ours else "a stranger's")
        self.ours = ours


def known_of(payment: Payment) -> Known:
    """What a provider is told about a payment when it is asked."""
    return Known(
        order_id=payment.order_id,
        provider_ref=payment.provider_ref or "",
        charge_refs=tuple(payment.charge_refs),
        refund_refs=tuple(each.provider_ref for each in payment.refunds if each.provider_ref),
        amount=Money(payment.amount_cents, payment.currency),
    )


class Hosted:
    """Everything that happens between a shop and the provider of a payment, except giving money back."""

    def __init__(
        self,
        db: Db,
        clock: Clock,
        *,
        shops: Shops,
        adapters: Adapters,
        providers: Providers,
        pages: Pages,
        settlement: Settlement,
    ) -> None:
        self._db = db
        self._clock = clock
        self._shops = shops
        self._adapters = adapters
        self._providers = providers
        self._pages = pages
        self._settlement = settlement

    async def open(self, shop: Shop, order: Order) -> Payment:
        """The order's payment with a page to pay on, made now where there is none.

        Raises NotFound for an order that staff confirm, Declined, WrongKeys, Unavailable or OutcomeUnknown.
        """
        payment = await Payment.of_order(self._db, shop.id, order.key)
        adapter = self._adapters.find(payment.method) if payment else None
        if payment is None or adapter is None:
            raise NotFound("payment")
        if not self._needs_page(order, payment):
            return payment
        made = await self._pages.make(shop, order, payment, adapter)
        return made if made is not None else await self._made_by_other(payment, adapter)

    def _needs_page(self, order: Order, payment: Payment) -> bool:
        if order.status is not OrderStatus.PENDING_PAYMENT or payment.status not in _OPENABLE:
            return False
        ended = payment.page_ends_at is not None and payment.page_ends_at <= self._clock.now()
        return payment.page_url is None or ended

    async def _made_by_other(self, payment: Payment, adapter: AnyProcessor) -> Payment:
        for seconds in _LOOK_AGAIN:
            await asyncio.sleep(seconds)
            now = await Payment.get(self._db, payment.tenant_id, payment.id)
            if now is not None and (now.opened > payment.opened or now.status not in _OPENABLE):
                return now
            if now is None or now.opening_until is None:
                break
        raise Unavailable(adapter.name, BEING_OPENED)

    async def take(self, tenant_id: str, name: str, news: News) -> str:
        """Act upon what a provider said; the outcome as a word.

        Raises Unmatched when no payment fits, NotFound without keys, and what follow_up raises.
        """
        adapter = self._adapters.named(name)
        shop = await self._shops.of_tenant(tenant_id)
        payment = await self._find(tenant_id, adapter, news)
        if payment is None:
            raise Unmatched(ours=news.order_id is not None)
        return await self._settle(shop, adapter, payment, news)

    async def about(self, event: WebhookEvent) -> Payment | None:
        """The payment that a stored event tells of; None where nobody knows one."""
        try:
            adapter = self._adapters.named(event.provider.lower())
            told = adapter.read_webhook(event.body)
        except (NotFound, BadPayload):
            return None
        for news in told.news:
            payment = await self._find(event.tenant_id, adapter, news)
            if payment is not None:
                return payment
        return None

    async def _find(self, tenant_id: str, adapter: AnyProcessor, news: News) -> Payment | None:
        method, found = adapter.descriptor.value, None
        if news.order_id is not None and ObjectId.is_valid(news.order_id):
            found = await Payment.of_order(self._db, tenant_id, news.order_id)
        # An order paid in another way has nothing to do with this provider.
        found = found if found is not None and found.method is method else None
        if found is None and news.provider_ref is not None:
            found = await Payment.of_provider_ref(self._db, tenant_id, method, news.provider_ref)
        if found is None and news.charge_ref is not None:
            found = await Payment.of_charge_ref(self._db, tenant_id, method, news.charge_ref)
        return found

    async def _settle(self, shop: Shop, adapter: AnyProcessor, payment: Payment, news: News) -> str:
        if news.what is What.APPROVED and not await self._may_collect(payment):
            # Not collected means not charged: the payer loses nothing.
            return "not_collected"
        keys = await self._providers.keys(shop.id, adapter.name)
        outcomes = [
            await self._settlement.apply(shop, payment.key, each)
            for each in await adapter.follow_up(keys, known_of(payment), news)
        ]
        log.info("payment_news", extra={"payment": payment.key, "what": news.what, "outcomes": outcomes})
        return ",".join(outcomes) or "nothing"

    async def _may_collect(self, payment: Payment) -> bool:
        order = await Order.get(self._db, payment.tenant_id, payment.order_id)
        return order is not None and order.status is OrderStatus.PENDING_PAYMENT and not payment.settled

    async def check(self, shop: Shop, member: Member, order_id: str) -> None:
        """Ask the provider now, because the customer wants to know; at most every five seconds.

        Raises NotFound for somebody else's order, and what asking raises.
        """
        order = await Order.get(self._db, shop.id, order_id)
        payment = await Payment.of_order(self._db, shop.id, order_id) if order else None
        if order is None or payment is None or order.customer.discord_id != member.discord_id:
            raise NotFound("order")
        now = self._clock.now()
        if payment.provider_ref and await Payment.claim_check(self._db, payment, now, now + _CHECK_AGAIN):
            await self.ask(shop, payment)

    async def ask(self, shop: Shop, payment: Payment) -> list[str]:
        """Ask the provider how the payment stands and settle what it says; raises ProviderError, NotFound."""
        adapter = self._adapters.of(payment.method)
        keys = await self._providers.keys(shop.id, adapter.name)
        told = await adapter.poll(keys, known_of(payment))
        return [await self._settle(shop, adapter, payment, news) for news in told]

    async def close(self, shop: Shop, payment_id: str) -> str:
        """Let the page of a payment that is over be paid no longer; raises ProviderError."""
        payment = await Payment.get(self._db, shop.id, payment_id)
        adapter = self._adapters.find(payment.method) if payment else None
        if payment is None or adapter is None or not payment.provider_ref or payment.settled:
            return "nothing"
        try:
            keys = await self._providers.keys(shop.id, adapter.name)
        except NotFound:
            return "no_keys"
        await adapter.close(keys, known_of(payment))
        return "closed"

    async def staff_check(self, shop: Shop, payment_id: str) -> list[str]:
        """Ask the provider at staff's wish; raises NotFound and ProviderError."""
        payment = await Payment.get(self._db, shop.id, payment_id)
        if payment is None or not payment.provider_ref:
            raise NotFound("payment")
        return await self.ask(shop, payment)
