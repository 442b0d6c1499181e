"""The effects that are owed to payment providers: a page to make, a page to close, money to give back."""

from datetime import timedelta

from models.base import Db
from models.errors import Declined, NotFound, ProviderError, WrongKeys
from models.order import Order
from models.outbox import OutboxEffect
from services.effects import EffectKind
from services.hosted import BEING_OPENED, Hosted
from services.refund_sending import RefundSending
from services.shops import Shops
from services.worker import EffectFailed, EffectWaits, Worker

_SOON = timedelta(seconds=10)


class PaymentEffects:
    """Makes the payment.* effects happen."""

    def __init__(self, db: Db, *, shops: Shops, hosted: Hosted, refunds: RefundSending) -> None:
        self._db = db
        self._shops = shops
        self._hosted = hosted
        self._refunds = refunds

    def sign_up(self, worker: Worker) -> None:
        """Let the worker call for them."""
        worker.register(EffectKind.PAYMENT_OPEN, self.open)
        worker.register(EffectKind.PAYMENT_CLOSE, self.close)
        worker.register(EffectKind.PAYMENT_REFUND, self._refunds.send)

    async def open(self, owed: OutboxEffect) -> str:
        """Make the page of a new order, where its customer did not wait for it."""
        shop = await self._shops.of_tenant(owed.tenant_id)
        order = await Order.get(self._db, shop.id, owed.payload["orderId"])
        if order is None:
            return "no_order"
        try:
            payment = await self._hosted.open(shop, order)
        except (Declined, WrongKeys) as error:
            # Customer and staff have been told; waiting mends nothing.
            return type(error).__name__
        except ProviderError as error:
            if error.code == BEING_OPENED:
                # Its customer waits for it at this moment, or somebody died of it.
                raise EffectWaits(BEING_OPENED, _SOON) from error
            raise EffectFailed("provider_away") from error
        return "opened" if payment.page_url else "not_needed"

    async def close(self, owed: OutboxEffect) -> str:
        """Let a page be paid no longer; a payment that arrives all the same is settled as a late one."""
        shop = await self._shops.of_tenant(owed.tenant_id)
        try:
            return await self._hosted.close(shop, owed.payload["paymentId"])
        except (Declined, WrongKeys, NotFound) as error:
            return type(error).__name__
        except ProviderError as error:
            raise EffectFailed("provider_away") from error
