"""Which discount a cart gets, and the counting of its uses: taken before an order, given back after it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import NamedTuple
from weakref import WeakValueDictionary

from models.base import Db, Tx, transact
from models.customer import Customer
from models.discount import Discount, DiscountHold
from models.discount_use import DiscountAssignment, DiscountUse, UseStatus, count_returned, uncounted
from models.errors import BadInput, DiscountUsedUp
from models.flag import Flag
from models.member import Member
from models.order import Order, OrderItem
from services.clock import Clock
from services.flags import Flags
from services.memories import Memories
from services.offers import Offer, best, folded_code, offer_of, stops
from services.remembered import Remembered
from services.shops import Shop

# Whether a use is still to be had is asked of the database at Confirm; what a cart shows may be this old.
_REMEMBERED = timedelta(seconds=1)
_MOST = 200


class _Known(NamedTuple):
    """What a shop gives: the discounts that apply by themselves, and whether there is any other."""

    automatic: list[Discount]
    any: bool


@dataclass(frozen=True)
class Found:
    """The offer for a cart, and in a word why the typed code gives nothing, None when it does."""

    offer: Offer | None = None
    code_problem: str | None = None


class Discounts:
    """Finds the best discount that a customer may use, and keeps count."""

    def __init__(self, db: Db, clock: Clock, flags: Flags, memories: Memories) -> None:
        self._db = db
        self._clock = clock
        self._flags = flags
        self._remembered: Remembered[str, _Known] = memories.make("discounts", _REMEMBERED)
        # Spares the retries of writers that meet at one popular discount.
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def forget(self) -> None:
        """Read anew what the shops give, after it was changed."""
        self._remembered.forget()

    async def find(self, shop: Shop, member: Member, items: Sequence[OrderItem], code: str | None) -> Found:
        """The best of what this cart may have: one assigned to the customer, else a general one.

        A typed code replaces it where it saves more.
        """
        known = await self._remembered.get(shop.id, partial(self._known, shop.id))
        if not items or not (known.any or code):
            return Found(code_problem="unknown" if code and items else None)
        customer = await Customer.of_person(self._db, shop.id, member.discord_id)
        key = customer.key if customer else None
        assigned = await self._assigned(shop, member, key, items)
        by_themselves = known.automatic if await self._flags.on(shop.id, Flag.AUTOMATIC_DISCOUNTS) else ()
        usable = [each for each in by_themselves if self._stops(each, member, key) is None]
        general = [offer for each in usable if (offer := offer_of(each, items))]
        chosen = best(assigned) or best(general)
        if not code:
            return Found(chosen)
        return await self._with_code(shop, member, key, items, code, chosen, assigned)

    async def _known(self, tenant_id: str) -> _Known:
        automatic = await Discount.automatic(self._db, tenant_id, _MOST)
        return _Known(automatic, bool(automatic) or await Discount.any_active(self._db, tenant_id))

    def _stops(
        self, discount: Discount, member: Member, customer_id: str | None, *, held: bool = False
    ) -> str | None:
        return stops(discount, member, customer_id, self._clock.now(), held=held)

    async def _assigned(
        self, shop: Shop, member: Member, customer_id: str | None, items: Sequence[OrderItem]
    ) -> list[Offer]:
        if customer_id is None:
            return []
        now = self._clock.now()
        held = await DiscountAssignment.of_customer(self._db, shop.id, customer_id, now)
        # Of several assignments of one discount the oldest is used up first.
        oldest = {each.discount_id: each for each in reversed(held)}
        if not oldest:
            return []
        discounts = await Discount.of_keys(self._db, shop.id, list(oldest))
        return [
            offer
            for each in discounts
            if self._stops(each, member, customer_id, held=True) is None
            and (offer := offer_of(each, items, oldest[each.key]))
        ]

    async def _with_code(
        self,
        shop: Shop,
        member: Member,
        customer_id: str | None,
        items: Sequence[OrderItem],
        code: str,
        chosen: Offer | None,
        assigned: Sequence[Offer],
    ) -> Found:
        discount = await Discount.of_code(self._db, shop.id, folded_code(code))
        if discount is None:
            return Found(chosen, "unknown")
        held = next((each for each in assigned if each.discount.key == discount.key), None)
        problem = self._stops(discount, member, customer_id, held=held is not None)
        if problem is not None:
            return Found(chosen, problem)
        typed = held or offer_of(discount, items)
        if typed is None:
            return Found(chosen, "nothing_here")
        if chosen is not None and chosen.cents > typed.cents:
            return Found(chosen, "better")
        return Found(typed)

    async def check(self, shop: Shop, member: Member, items: Sequence[OrderItem], code: str) -> str:
        """The code as it is kept in a cart; raises BadInput saying why it gives nothing."""
        folded = folded_code(code)
        if not folded:
            raise BadInput("discount_code", "required")
        found = await self.find(shop, member, items, folded)
        if found.code_problem is not None:
            raise BadInput("discount_code", f"code_{found.code_problem}")
        return folded

    async def take(self, order: Order, offer: Offer) -> bool:
        """Count a use for an order that is about to be written; False when there is none to be had."""
        hold = DiscountHold(order_id=order.key, taken_at=self._clock.now())
        taken = await Discount.take(self._db, offer.discount, hold)
        if not taken:
            # Others find out in the same way; a drop would have all of them told again and again.
            self._remembered.lose()
        return taken

    async def write(self, order: Order, offer: Offer, tx: Tx) -> bool:
        """Write the use with its order; False when the customer's assignment is used up or was revoked."""
        held = offer.assignment
        if held is not None:
            now = self._clock.now()
            if not await DiscountAssignment.use(self._db, order.tenant_id, held.key, now, tx=tx):
                return False
        use = DiscountUse(
            tenant_id=order.tenant_id,
            discount_id=offer.discount.key,
            order_id=order.key,
            order_number=order.order_number,
            customer_id=order.customer_id,
            assignment_id=held.key if held else None,
            amount_cents=offer.cents,
            currency=order.currency,
        )
        await use.insert(self._db, tx=tx)
        return True

    async def resolve(self, tenant_id: str, order_id: str, *, stands: bool) -> None:
        """Settle the hold of an order that stands, give back that of one that never came to be."""
        if stands:
            await Discount.settle(self._db, tenant_id, order_id)
        else:
            await Discount.give_back(self._db, tenant_id, order_id)

    async def give_back(self, order: Order, tx: Tx) -> None:
        """Give an order's use back in the transaction that cancels it; `count_in` takes it off the count."""
        use = await DiscountUse.of_order(self._db, order.tenant_id, order.key, tx=tx)
        if use is None or use.status is UseStatus.RETURNED:
            return
        await DiscountUse.set_status(self._db, use, UseStatus.RETURNED, counted=False, tx=tx)
        if use.assignment_id is not None:
            await DiscountAssignment.unuse(self._db, order.tenant_id, use.assignment_id, tx=tx)

    async def take_again(self, order: Order, tx: Tx, *, at_any_rate: bool) -> None:
        """Use once more what a cancelled order gave back, in the transaction that revives it.

        Raises DiscountUsedUp when others used it up meanwhile and nobody decided that it is granted
        `at_any_rate`.
        """
        use = await DiscountUse.of_order(self._db, order.tenant_id, order.key, tx=tx)
        if use is None or use.status is UseStatus.USED:
            return
        room = not use.counted or await self._room(use, tx)
        key = use.assignment_id
        held = key is None or await DiscountAssignment.use(self._db, order.tenant_id, key, None, tx=tx)
        if not (room and held) and not at_any_rate:
            raise DiscountUsedUp(order.discount_code or "")
        if not room:
            await Discount.count_anyway(self._db, use.tenant_id, use.discount_id, tx=tx)
        await DiscountUse.set_status(self._db, use, UseStatus.USED, counted=True, tx=tx)

    async def _room(self, use: DiscountUse, tx: Tx) -> bool:
        discount = await Discount.get(self._db, use.tenant_id, use.discount_id, tx=tx)
        return discount is None or await Discount.take_again(self._db, discount, self._clock.now(), tx=tx)

    async def count_in(self, order: Order) -> None:
        """Take what a cancelled order gave back off its discount's count."""
        if order.discount_id is not None:
            await self._count(order.tenant_id, order.discount_id)

    async def _count(self, tenant_id: str, discount_id: str) -> int:
        async with self._turns.setdefault(discount_id, asyncio.Lock()):
            return await transact(self._db, partial(count_returned, self._db, tenant_id, discount_id))

    async def sweep(self) -> int:
        """Count what a crash left uncounted, for every tenant; how many uses."""
        return sum([await self._count(*pair) for pair in await uncounted(self._db)])
