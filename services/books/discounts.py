"""Whether discounts are counted as often as orders used them, and never more often than their limits."""

from collections import Counter
from collections.abc import AsyncIterator, Sequence

from models import books_sums
from models.discount import Discount
from models.discount_use import DiscountAssignment, DiscountUse, UseStatus
from models.order import Order, OrderStatus
from services.books.contract import Check, Finding, wrong
from services.books.look import Look


class Discounts(Check):
    """A use counts from Confirm on, and no longer once its order is cancelled."""

    name = "discounts"
    over = (Discount, DiscountAssignment, Order)
    finds = frozenset(
        {
            *("uses_off", "limit_exceeded", "assignment_off", "assignment_exceeded"),
            *("use_missing", "use_apart", "use_unordered"),
        }
    )

    async def look(self, look: Look) -> AsyncIterator[Finding]:
        """Count the uses of each discount and assignment, and compare each order with its use."""
        parts = {Discount: _discounts, DiscountAssignment: _assignments, Order: _orders}
        async for finding in parts[look.document](look):
            yield finding


async def _discounts(look: Look) -> AsyncIterator[Finding]:
    for discount in look.records(Discount):
        where = {"discount": discount.key}
        held = [hold.order_id for hold in discount.holds]
        written = {row["orderId"] for row in await look.fields(DiscountUse, "orderId", held)}
        counted = await books_sums.uses(look.db, look.tenant_id, discount.key, tx=look.tx)
        due = counted.counted + sum(1 for key in held if key not in written)
        if discount.usage_count != due:
            yield wrong(look, "uses_off", discount, where=where, said=discount.usage_count, due=due)
        over = discount.usage_count - (discount.usage_limit or 0)
        # Beyond the limit it is granted to an order that came back after its hold had ended.
        if discount.usage_limit is not None and over > 0:
            revived = await books_sums.revived(look.db, look.tenant_id, discount.key, tx=look.tx)
            if over > revived:
                sums = {"said": discount.usage_count, "due": discount.usage_limit}
                yield wrong(look, "limit_exceeded", discount, where=where, **sums)


async def _assignments(look: Look) -> AsyncIterator[Finding]:
    for held in look.records(DiscountAssignment):
        used = await books_sums.uses(
            look.db, look.tenant_id, held.discount_id, tx=look.tx, assignment_id=held.key
        )
        where, said = {"assignment": held.key, "discount": held.discount_id}, held.used_count
        beyond = 0
        if said != used.used:
            beyond = await books_sums.revived(look.db, look.tenant_id, held.discount_id, tx=look.tx)
        if not used.used - beyond <= said <= used.used:
            yield wrong(look, "assignment_off", held, where=where, said=said, due=used.used)
        if held.total_allowed is not None and said > held.total_allowed:
            yield wrong(look, "assignment_exceeded", held, where=where, said=said, due=held.total_allowed)


async def _orders(look: Look) -> AsyncIterator[Finding]:
    uses = await look.beside(DiscountUse, "orderId")
    for order in look.records(Order):
        for finding in _of_order(look, order, uses.get(order.key, [])):
            yield finding


def _of_order(look: Look, order: Order, mine: Sequence[DiscountUse]) -> list[Finding]:
    where = {"order": order.key, "discount": order.discount_id or ""}
    if order.discount_id is None:
        return [wrong(look, "use_unordered", order, where={**where, "use": each.key}) for each in mine]
    if not mine:
        return [wrong(look, "use_missing", order, where=where)]
    use = mine[0]
    due = UseStatus.RETURNED if order.status is OrderStatus.CANCELLED else UseStatus.USED
    same = (use.discount_id, use.amount_cents, use.currency, use.status) == (
        order.discount_id,
        order.discount_amount_cents,
        order.currency,
        due,
    )
    if same and Counter(each.key for each in mine).total() == 1:
        return []
    return [
        wrong(look, "use_apart", order, where={**where, "use": use.key}, said=use.status.value, due=due.value)
    ]


CHECK = Discounts()
