"""The community fund's money: what comes in with paid orders, what goes back with refunds, and the balance.

Orders that are paid only add rows to the books; the balance, one document that all of them would meet at,
takes the rows over afterwards, before anybody looks at it or pays out of it (docs/adr/0023).
"""

import asyncio
import logging

from models.alert import Alert, AlertSeverity, AlertType
from models.base import Db, Tx, Unreadable
from models.errors import FundClosed
from models.fund import CommunityFundConfig, CommunityFundContribution
from models.fund_ledger import GIFTS, Account, FundBalance, FundEntry, FundMove
from models.order import Order, OrderStatus
from services.clock import Clock
from services.effects import EffectKind, effect
from services.outbox import Outbox
from services.shops import Shop
from services.stock import alert_effect

_LOT = 500

log = logging.getLogger(__name__)


class Fund:
    """Keeps the books; whoever gives and whoever pays out calls it inside their own transaction."""

    def __init__(self, db: Db, clock: Clock, outbox: Outbox) -> None:
        self._db = db
        self._clock = clock
        self._outbox = outbox
        # Spares the retries of those who meet at one balance.
        self._turns: dict[Account, asyncio.Lock] = {}

    async def rules(self, shop: Shop) -> CommunityFundConfig:
        """How the shop's fund works, and whether it is on."""
        return await CommunityFundConfig.of_tenant(self._db, shop.id)

    async def open_rules(self, shop: Shop) -> CommunityFundConfig:
        """How the shop's fund takes gifts; raises FundClosed when it takes none."""
        rules = await self.rules(shop)
        if not rules.enabled:
            raise FundClosed
        return rules

    async def contribute(self, order: Order, tx: Tx) -> None:
        """Record what a paid order gives, and owe the celebration; the order's currency stays."""
        if not order.donation_cents:
            return
        now = self._clock.now()
        gift = CommunityFundContribution(
            tenant_id=order.tenant_id,
            customer_id=order.customer_id or "",
            order_id=order.key,
            amount_cents=order.donation_cents,
            anonymous=order.donation_anonymous,
            currency=order.currency,
        )
        await gift.insert(self._db, tx=tx)
        await self._note(gift, FundMove.CONTRIBUTION, gift.amount_cents, tx)
        told = effect(
            EffectKind.FUND_CELEBRATE,
            order.tenant_id,
            gift.key,
            now,
            payload={"orderId": order.key},
            order_id=order.key,
        )
        await self._outbox.owe([told], tx)

    async def follow(self, order: Order, tx: Tx) -> None:
        """Let what an order gave go back when it is refunded in full, and come again if that bounces."""
        if not order.donation_cents or order.paid_at is None:
            return
        gift = await CommunityFundContribution.of_order(self._db, order.tenant_id, order.key, tx=tx)
        if gift is None:
            return
        gone = order.status is OrderStatus.REFUNDED
        returned_at = self._clock.now() if gone else None
        if await CommunityFundContribution.mark(self._db, gift, returned_at, tx=tx) is None:
            return
        move, cents = (
            (FundMove.RETURNED, -gift.amount_cents) if gone else (FundMove.RESTORED, gift.amount_cents)
        )
        await self._note(gift, move, cents, tx)

    async def _note(self, gift: CommunityFundContribution, move: FundMove, cents: int, tx: Tx) -> None:
        entry = FundEntry(
            tenant_id=gift.tenant_id,
            currency=gift.currency,
            move=move,
            amount_cents=cents,
            at=self._clock.now(),
            contribution_id=gift.key,
        )
        await entry.insert(self._db, tx=tx)

    async def celebrated(self, shop: Shop, order_id: str) -> Order | None:
        """The order whose gift is to be told; None when it has gone back."""
        gift = await CommunityFundContribution.of_order(self._db, shop.id, order_id)
        if gift is None or gift.returned_at is not None:
            return None
        return await Order.get(self._db, shop.id, order_id)

    async def balance(self, account: Account) -> FundBalance:
        """What is in the fund now, every movement counted."""
        balance = await FundBalance.of(self._db, account)
        if await self.count_in(account):
            balance = await FundBalance.of(self._db, account)
        return balance

    async def count_in(self, account: Account) -> int:
        """Let the balance take over what it does not have yet; how many movements that were."""
        counted = 0
        async with self._turns.setdefault(account, asyncio.Lock()):
            while await FundEntry.unsettled(self._db, account, limit=1):
                counted += await self._count_lot(account)
        return counted

    async def _count_lot(self, account: Account) -> int:
        await FundBalance.of(self._db, account)  # made outside: two transactions must not both make it

        async def work(tx: Tx) -> int:
            lot = await FundEntry.unsettled(self._db, account, limit=_LOT, tx=tx)
            if not lot:
                return 0
            await FundEntry.settle(self._db, account, lot, tx=tx)
            came = sum(each.amount_cents for each in lot if each.move in GIFTS)
            went = -sum(each.amount_cents for each in lot if each.move not in GIFTS)
            balance = await FundBalance.add(self._db, account, came=came, went=went, tx=tx)
            before = balance.balance_cents - came + went if balance else 0
            if balance is not None and balance.balance_cents < 0 <= before:
                await self._call_staff(balance, tx)
            return len(lot)

        return await self._outbox.commit(work)

    async def _call_staff(self, balance: FundBalance, tx: Tx) -> None:
        """More was given back than is there: nothing can be paid out until gifts have made up for it."""
        alert = Alert(
            tenant_id=balance.tenant_id,
            type=AlertType.COMMUNITY_FUND,
            severity=AlertSeverity.ERROR,
            message="fund_below_zero",
            params={"short": -balance.balance_cents, "currency": balance.currency},
            entity_type="CommunityFund",
            entity_id=balance.key,
        )
        await alert.insert(self._db, tx=tx)
        await self._outbox.owe([alert_effect(alert, self._clock)], tx)

    async def sweep(self) -> int:
        """Count in what nobody has looked for yet, of every tenant."""
        return sum([await self._count_apart(each) for each in await FundEntry.accounts_unsettled(self._db)])

    async def _count_apart(self, account: Account) -> int:
        """A record that cannot be read keeps only its own shop waiting."""
        try:
            return await self.count_in(account)
        except Unreadable:
            log.warning("fund_unreadable", extra={"tenant": account.tenant_id})
            return 0
