"""Units that came back go to those who waited, in order of asking, each kept for a while (docs/adr/0019)."""

import logging
from collections.abc import Callable, Coroutine, Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from pymongo.errors import OperationFailure

from models.absence import Absence
from models.base import Db, Tx, Unreadable
from models.flag import Flag
from models.inventory import InventorySnapshot, StockOffer
from models.outbox import OutboxEffect
from models.product import Product
from models.stock_offers import allot, with_ended_offers
from models.storefront import Storefront
from models.waiting import Waiting, WaitStatus
from services.clock import Clock
from services.effects import EffectKind, effect
from services.features import WaitlistPayload
from services.flags import Flags
from services.outbox import Outbox
from services.rules import Rules

# More at once would make the snapshot, which every purchase rewrites, too large.
_MOST_OFFERS = 500
_MOST_AT_ONCE = 100

log = logging.getLogger(__name__)


class Offering:
    """Goes down the line: offers what is free, and takes back what was not taken in time."""

    def __init__(self, db: Db, clock: Clock, rules: Rules, outbox: Outbox, flags: Flags) -> None:
        self._db = db
        self._clock = clock
        self._rules = rules
        self._outbox = outbox
        self._flags = flags

    async def go_round(self, tenant_id: str, product_id: str, tx: Tx) -> int:
        """End the offers whose time is over and offer what is free to the next in line; how many of both.

        In the transaction that raises the stock: nobody can snatch what others waited for.
        """
        snapshot = await InventorySnapshot.of_product(self._db, tenant_id, product_id, tx=tx)
        if snapshot.quantity_available == 0 and not snapshot.offers:
            return 0
        product = await Product.get(self._db, tenant_id, product_id, tx=tx)
        on_sale = product is not None and product.is_active and product.inventory_tracked
        # Where the bot is out nobody can take what is offered.
        on_sale = on_sale and await Absence.of(self._db, tenant_id, tx=tx) is None
        kept = [each for each in snapshot.offers if on_sale and each.until > self._clock.now()]
        ended = [each for each in snapshot.offers if each not in kept]
        nexts: list[Waiting] = []
        if product is not None and on_sale:
            room = min(snapshot.quantity_available + len(ended), _MOST_OFFERS - len(kept), _MOST_AT_ONCE)
            nexts = await self._next(product, room, tx)
        if not ended and not nexts:
            return 0
        await self._end(tenant_id, ended, tx, on_sale=on_sale)
        await self._offer(snapshot, kept, nexts, tx)
        if len(ended) != len(nexts):
            await Storefront.mark(self._db, tenant_id, self._clock.now(), tx=tx)
        return len(ended) + len(nexts)

    async def _next(self, product: Product, room: int, tx: Tx) -> list[Waiting]:
        if room <= 0:
            return []
        return await Waiting.next_in_line(
            self._db, product.tenant_id, product.key, product.required_role_ids, room, tx=tx
        )

    async def _end(self, tenant_id: str, ended: list[StockOffer], tx: Tx, *, on_sale: bool) -> None:
        keys = [each.waiting_id for each in ended]
        if not keys:
            return
        if on_sale:
            await Waiting.end(self._db, tenant_id, keys, WaitStatus.LAPSED, self._clock.now(), tx=tx)
        else:
            # Not their fault: they keep their place until it is sold again.
            await Waiting.line_up_again(self._db, tenant_id, keys, tx=tx)

    async def _offer(
        self, snapshot: InventorySnapshot, kept: list[StockOffer], nexts: list[Waiting], tx: Tx
    ) -> None:
        until = self._clock.now() + await self._kept_for(snapshot.tenant_id)
        made = [
            StockOffer(waiting_id=each.key, member_id=each.discord_user_id, until=until) for each in nexts
        ]
        await self._allot(snapshot, [*kept, *made], tx)
        if nexts:
            await Waiting.offer(self._db, snapshot.tenant_id, nexts, until, tx=tx)
            await self._outbox.owe([self._told(each) for each in nexts], tx)

    async def _kept_for(self, tenant_id: str) -> timedelta:
        asked = (await self._flags.payload(tenant_id, Flag.WAITLIST, WaitlistPayload)).offer_minutes
        return self._rules.offer if asked is None else timedelta(minutes=asked)

    async def _allot(self, snapshot: InventorySnapshot, offers: list[StockOffer], tx: Tx) -> None:
        if not await allot(self._db, snapshot, offers, tx=tx):
            raise RuntimeError("stock moved within the transaction that read it")

    def _told(self, wait: Waiting) -> OutboxEffect:
        turn = wait.offers + 1
        return effect(
            EffectKind.STOCK_OFFER,
            wait.tenant_id,
            f"{wait.key}:{turn}",
            self._clock.now(),
            payload={"waitingId": wait.key, "turn": turn},
        )

    async def open_up(self, tenant_id: str, product_id: str, tx: Tx) -> int:
        """End the line of a product on sale that is counted no more, and tell who stood in it; how many."""
        product = await Product.get(self._db, tenant_id, product_id, tx=tx)
        if product is None or not product.is_active or product.inventory_tracked:
            return 0
        if await Absence.of(self._db, tenant_id, tx=tx) is not None:
            return 0
        # The rest hears with the next rounds of the sweeper.
        waits = await self._next(product, _MOST_AT_ONCE, tx)
        if waits:
            keys, now = [each.key for each in waits], self._clock.now()
            await Waiting.end(self._db, tenant_id, keys, WaitStatus.OPENED, now, tx=tx)
            await self._outbox.owe([self._told(each) for each in waits], tx)
        return len(waits)

    async def give_up(self, wait: Waiting, tx: Tx) -> bool:
        """Give an offered unit to the next in line; False when an order is taking it at this moment."""
        snapshot = await InventorySnapshot.of_product(self._db, wait.tenant_id, wait.product_id, tx=tx)
        kept = [each for each in snapshot.offers if each.waiting_id != wait.key]
        if len(kept) == len(snapshot.offers):
            return False
        await self._allot(snapshot, kept, tx)
        await self.go_round(wait.tenant_id, wait.product_id, tx)
        return True

    async def sweep(self) -> int:
        """Go down every line, of every tenant, that time or a crash left standing; how much was done."""
        waited: dict[str, list[str]] = {}
        for tenant_id, product_id in await Waiting.lines(self._db):
            waited.setdefault(tenant_id, []).append(product_id)
        pairs = {*await with_ended_offers(self._db, self._clock.now()), *await self._free(waited)}
        rounds = [partial(self.go_round, *pair) for pair in sorted(pairs)]
        for tenant_id, product_ids in waited.items():
            uncounted = await Product.uncounted(self._db, tenant_id, product_ids)
            rounds.extend(partial(self.open_up, tenant_id, each) for each in uncounted)
        return sum([await self._apart(each) for each in rounds])

    async def _apart(self, work: Callable[[Tx], Coroutine[Any, Any, int]]) -> int:
        try:
            return await self._outbox.commit(work)
        except (OperationFailure, Unreadable) as error:
            # The other lines, also those of other shops, need not wait for it.
            log.warning("line_skipped", extra={"error": type(error).__name__})
            return 0

    async def _free(self, waited: Mapping[str, list[str]]) -> list[tuple[str, str]]:
        """(tenant, product) pairs with somebody waiting although there is something to be had."""
        return [
            (tenant_id, product_id)
            for tenant_id, product_ids in waited.items()
            for product_id, left in (await InventorySnapshot.of(self._db, tenant_id, product_ids)).items()
            if left > 0
        ]
