"""Where a provider's news becomes the state of a payment and its order: the same for all of them.

Each piece of news is settled in one transaction that reads the payment, decides and writes. Whoever writes
the payment in between makes the database repeat it, so news may come twice, at once and in any order.
"""

from collections.abc import Awaitable, Callable

from models.base import Db, Tx
from models.errors import DiscountUsedUp, OutOfStock
from models.order import Order
from models.payment import Payment
from models.required import required
from services.afterwards import tidying
from services.clock import Clock
from services.discounts import Discounts
from services.fulfilment import Fulfilment
from services.fund import Fund
from services.outbox import Outbox
from services.paid import Paid
from services.payments.processor import News, What
from services.revocation import Revocation
from services.rules import Rules
from services.settling.case import Case, Ledger
from services.settling.goods_back import GoodsBack
from services.settling.money_in import MoneyIn
from services.settling.money_out import MoneyOut
from services.settling.waiting import Waiting
from services.shops import Shop
from services.stock import Stock

_MOVES_STOCK = {"paid", What.REFUNDED.value}

type First = Callable[[Payment, Tx], Awaitable[None]]


class Settlement:
    """Settles news."""

    def __init__(
        self,
        db: Db,
        clock: Clock,
        rules: Rules,
        *,
        outbox: Outbox,
        paid: Paid,
        stock: Stock,
        discounts: Discounts,
        revocation: Revocation,
        fulfilment: Fulfilment,
        fund: Fund,
    ) -> None:
        self._db = db
        self._clock = clock
        self._outbox = outbox
        self._stock = stock
        self._discounts = discounts
        ledger = Ledger(db, clock, rules, outbox)
        money_in = MoneyIn(ledger, rules, paid)
        money_out = MoneyOut(ledger, rules, GoodsBack(ledger, revocation, fulfilment), fund)
        waiting = Waiting(ledger, rules)
        self._deciders: dict[What, Callable[[Case], Awaitable[str]]] = {
            What.APPROVED: waiting.approved,
            What.PENDING: waiting.pending,
            What.PAID: money_in.settle,
            What.UNDERPAID: money_in.settle,
            What.FAILED: waiting.failed,
            What.EXPIRED: waiting.lapsed,
            What.REFUNDED: money_out.refund,
            What.REFUND_PENDING: money_out.refund,
            What.REFUND_FAILED: money_out.refund,
            What.DISPUTED: money_out.dispute,
            What.DISPUTE_WON: money_out.dispute,
            What.DISPUTE_LOST: money_out.dispute,
        }

    async def apply(
        self, shop: Shop, payment_id: str, news: News, *, key: str | None = None, first: First | None = None
    ) -> str:
        """Settle one piece of news about a payment, `key` naming the refund that it answers.

        What came of it as a word; the same news again changes nothing. `first` happens in the transaction
        that settles it and may refuse. Raises NotFound.
        """
        try:
            outcome, order = await self._settle(shop, payment_id, news, key, first)
        except (OutOfStock, DiscountUsedUp):
            outcome, order = await self._look_again(shop, payment_id, news)
        if outcome in _MOVES_STOCK:
            with tidying(order.key):
                await self._stock.count_in(shop, order)
        return outcome

    async def _look_again(self, shop: Shop, payment_id: str, news: News) -> tuple[str, Order]:
        """What a cancelled order gave back may not be counted yet; after that the goods are gone."""
        payment = await Payment.get(self._db, shop.id, payment_id)
        order = await Order.get(self._db, shop.id, payment.order_id) if payment else None
        if order is not None:
            await self._stock.count_in(shop, order)
            await self._discounts.count_in(order)
        try:
            return await self._settle(shop, payment_id, news)
        except (OutOfStock, DiscountUsedUp):
            return await self._settle(shop, payment_id, news, short=True)

    async def _settle(
        self,
        shop: Shop,
        payment_id: str,
        news: News,
        key: str | None = None,
        first: First | None = None,
        *,
        short: bool = False,
    ) -> tuple[str, Order]:
        async def work(tx: Tx) -> tuple[str, Order]:
            case = await self._case(shop, payment_id, news, tx)
            if first is not None:
                await first(case.payment, tx)
            case.key, case.short = key, short
            return await self._decide(case), case.order

        return await self._outbox.commit(work)

    async def _case(self, shop: Shop, payment_id: str, news: News, tx: Tx) -> Case:
        payment = required(await Payment.get(self._db, shop.id, payment_id, tx=tx), "payment")
        order = required(await Order.get(self._db, shop.id, payment.order_id, tx=tx), "payment")
        case = Case(shop, payment, order, news, tx, self._clock.now())
        if news.charge_ref and news.charge_ref not in payment.charge_refs:
            case.fields["chargeRefs"] = [*payment.charge_refs, news.charge_ref]
        return case

    async def _decide(self, case: Case) -> str:
        return await self._deciders[case.news.what](case)
