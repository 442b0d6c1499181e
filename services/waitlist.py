"""Asking to be told when a sold-out product is back, and leaving the line again."""

from dataclasses import dataclass

from pymongo.errors import DuplicateKeyError

from models.base import Db, Tx
from models.errors import BadInput, ConfirmInProgress, RolesMissing
from models.flag import Flag
from models.member import Member
from models.product import Product
from models.required import required
from models.storefront import Storefront
from models.waiting import Waiting, WaitStatus
from services.catalog import Catalog
from services.clock import Clock
from services.flags import Flags
from services.offering import Offering
from services.outbox import Outbox
from services.shops import Shop

MAX_WAITS = 25


@dataclass(frozen=True)
class Wait:
    """What somebody waits for; one is kept for them if `waiting.offered`, all can have it if `.opened`."""

    product: Product
    waiting: Waiting


class Waitlist:
    """The line in front of an empty shelf."""

    def __init__(
        self, db: Db, clock: Clock, *, catalog: Catalog, offering: Offering, outbox: Outbox, flags: Flags
    ) -> None:
        self._db = db
        self._clock = clock
        self._catalog = catalog
        self._offering = offering
        self._outbox = outbox
        self._flags = flags

    async def ask(self, shop: Shop, member: Member, product_id: str) -> Waiting | None:
        """Join the line, once; None when the product can be had already.

        Raises NotFound, RolesMissing, FeatureOff where nobody new may join, and BadInput for somebody who
        waits for too much.
        """
        entry = await self._catalog.entry(shop, member, product_id)
        if entry.missing_role_ids:
            raise RolesMissing(entry.product.name, entry.missing_role_ids)
        if entry.wait is not None:
            return await self.renew(member, entry.wait)
        if not entry.sold_out:
            return None
        await self._flags.require(shop.id, Flag.WAITLIST)
        if len(await Waiting.all_of(self._db, shop.id, member.discord_id, MAX_WAITS)) >= MAX_WAITS:
            raise BadInput("waiting", "too_many", MAX_WAITS)
        fresh = Waiting(
            tenant_id=shop.id,
            product_id=entry.product.key,
            discord_user_id=member.discord_id,
            role_ids=sorted(member.role_ids),
            locale=member.locale,
            asked_at=self._clock.now(),
        )
        try:
            return await fresh.insert(self._db)
        except DuplicateKeyError:  # another click of the same person was faster
            return fresh

    async def renew(self, member: Member, wait: Waiting) -> Waiting:
        """The wait with the roles that its member has now: by these they may be passed over, or not."""
        now = sorted(member.role_ids)
        return wait if wait.role_ids == now else await Waiting.renew(self._db, wait, now) or wait

    async def withdraw(self, shop: Shop, member: Member, product_id: str) -> bool:
        """Leave the line; what was kept goes to the next. False when this member was not in it.

        Raises ConfirmInProgress while an order is taking what was kept.
        """
        found = await Waiting.open_of(self._db, shop.id, member.discord_id, [product_id])
        if product_id not in found:
            return False

        async def work(tx: Tx) -> bool:
            wait = await Waiting.get(self._db, shop.id, found[product_id].id, tx=tx)
            if wait is None or not wait.is_open:
                return False
            now = self._clock.now()
            await Waiting.end(self._db, shop.id, [wait.key], WaitStatus.WITHDRAWN, now, tx=tx)
            if wait.offered and not await self._offering.give_up(wait, tx):
                raise ConfirmInProgress
            await Storefront.mark(self._db, shop.id, now, tx=tx)
            return True

        return await self._outbox.commit(work)

    async def of_member(self, shop: Shop, member: Member) -> list[Wait]:
        """Everything that this member waits for, by name."""
        waits = await Waiting.all_of(self._db, shop.id, member.discord_id, MAX_WAITS)
        if not waits:
            return []
        products = await Product.of_keys(self._db, shop.id, [each.product_id for each in waits])
        known = [Wait(products[each.product_id], each) for each in waits if each.product_id in products]
        return sorted(known, key=lambda each: each.product.name_folded)

    async def offer(self, tenant_id: str, waiting_id: str, turn: int) -> Wait | None:
        """What somebody who waited can have since this turn; None when that is over. Raises NotFound."""
        waiting = await Waiting.get(self._db, tenant_id, waiting_id)
        if waiting is None or not await self._stands(waiting, turn):
            return None
        product = required(await Product.get(self._db, tenant_id, waiting.product_id), "product")
        return Wait(product, waiting)

    async def _stands(self, waiting: Waiting, turn: int) -> bool:
        if waiting.opened:
            return bool(await Product.uncounted(self._db, waiting.tenant_id, [waiting.product_id]))
        until = waiting.offered_until
        lasts = until is not None and until > self._clock.now()
        return waiting.offered and waiting.offers == turn and lasts
