"""What customers and discounts brought equals what plain Python makes of the same orders."""

from collections import Counter, defaultdict
from datetime import UTC, datetime

from bson import ObjectId
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.base import Db
from models.customer import Customer
from models.discount import Discount, DiscountType
from models.order import Order
from services.reports.customer_insights import REPORT as CUSTOMERS
from services.reports.discount_performance import REPORT as DISCOUNTS
from tests.models.samples import sample
from tests.services.reports.trade import Trade, half_up, percent, revenue_of, trades

some = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def customer(trade: Trade, key: str, name: str) -> Customer:
    """A customer's record."""
    return sample(
        Customer, id=ObjectId(key), tenant_id=trade.tenant_id, discord_id=key, discord_display_name=name
    )


def ever(trade: Trade) -> dict[str, list[Order]]:
    """What each customer was ever sold up to the period's end, the oldest first."""
    found: dict[str, list[Order]] = defaultdict(list)
    for order in sorted(trade.orders, key=lambda each: each.paid_at or datetime.min.replace(tzinfo=UTC)):
        sold = order.paid_at is not None and order.items and order.currency == "USD" and order.customer_id
        if sold and order.paid_at and trade.local(order.paid_at).date() <= trade.period.last:
            found[order.customer_id or ""].append(order)
    return found


@some
@given(trade=trades())
async def test_customers_are_counted_once_and_known_again(db: Db, trade: Trade) -> None:
    """New and returning ones, those who came twice, who spent most, and what newcomers are worth."""
    await trade.write(db, [customer(trade, key, f"name {key}") for key in trade.people[:2]])
    result = await CUSTOMERS.query(trade.asked(db))
    told, known = result.payload(personal=True), ever(trade)
    here = {key: [each for each in mine if trade.within(each.paid_at)] for key, mine in known.items()}
    here = {key: mine for key, mine in here.items() if mine}
    new = [key for key in here if trade.within(known[key][0].paid_at)]
    repeat = [key for key in here if len(known[key]) > 1]
    assert (told["customers"], told["newCustomers"]) == (len(here), len(new))
    assert told["returningCustomers"] == len(here) - len(new)
    assert (told["repeatCustomers"], told["repeatRatePct"]) == (len(repeat), percent(len(repeat), len(here)))
    assert told["topSpenders"] == [
        {
            "customerId": key,
            "name": f"name {key}" if key in trade.people[:2] else None,
            "orderCount": len(here[key]),
            "revenueCents": sum(map(revenue_of, here[key])),
            "lifetimeCents": sum(map(revenue_of, known[key])),
        }
        for key in sorted(here, key=lambda key: (-sum(map(revenue_of, here[key])), key))
    ]
    months: dict[str, list[int]] = defaultdict(list)
    for mine in known.values():
        assert mine[0].paid_at is not None
        months[trade.local(mine[0].paid_at).strftime("%Y-%m")].append(sum(map(revenue_of, mine)))
    assert told["cohorts"] == [
        {
            "month": month,
            "customers": len(worth),
            "lifetimeCents": sum(worth),
            "avgLifetimeCents": half_up(sum(worth), len(worth)),
        }
        for month, worth in sorted(months.items())
    ]
    assert all(each.keys() & {"customerId", "name"} == set() for each in result.payload()["topSpenders"])
    nobody = CUSTOMERS.table(result.masked("Customer {}".format)).rows
    assert [row[0] for row in nobody] == [f"Customer {at}" for at in range(1, len(told["topSpenders"]) + 1)]


@some
@given(trade=trades(), there=st.integers(0, 4))
async def test_discounts_are_what_their_orders_say(db: Db, trade: Trade, there: int) -> None:
    """Uses, revenue and cost of each; one that is gone keeps the name that its orders know."""
    alike = {"tenant_id": trade.tenant_id, "type": DiscountType.PERCENT}
    deals = [Discount(id=ObjectId(key), code=f"D{at}", **alike) for at, key in enumerate(trade.deals[:there])]
    await trade.write(db, deals)
    told = (await DISCOUNTS.query(trade.asked(db))).payload()
    uses, revenue, cost = Counter[str](), Counter[str](), Counter[str]()
    for order in trade.counted():
        if order.discount_id:
            uses[order.discount_id] += 1
            revenue[order.discount_id] += revenue_of(order)
            cost[order.discount_id] += order.discount_amount_cents
    names = {deal.key: deal.code for deal in deals}
    assert told["discounts"] == [
        {
            "discountId": key,
            "name": names.get(key, "SPRING"),
            "uses": uses[key],
            "revenueCents": revenue[key],
            "costCents": cost[key],
            "avgOrderValueCents": half_up(revenue[key], uses[key]),
        }
        for key in sorted(uses, key=lambda key: (-uses[key], -revenue[key], key))
    ]
    assert (told["uses"], told["revenueCents"], told["costCents"]) == (
        uses.total(),
        revenue.total(),
        cost.total(),
    )
