"""Revenue, pace and products equal what plain Python makes of the same orders, whatever the clocks do."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from hypothesis import HealthCheck, given, settings

from models.base import Db
from models.order import Order, OrderItem
from services.reports.period import Period
from services.reports.product_performance import REPORT as PRODUCTS
from services.reports.revenue_overview import REPORT as REVENUE
from services.reports.sales_velocity import REPORT as VELOCITY
from tests.models.samples import sample
from tests.services.reports.trade import CURRENCY, OTHER, Trade, half_up, revenue_of, trades

some = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def lines_of(order: Order) -> list[int]:
    """What each line brought in the end."""
    sold = [line.line_cents - line.discount_cents for line in order.items]
    if order.refunded_goods_cents is not None:
        return [each - (line.refunded_cents or 0) for each, line in zip(sold, order.items, strict=True)]
    back = min(sum(sold), order.refunded_cents)
    return [each - (each * back // sum(sold) if back else 0) for each in sold]


def local_days(period: Period) -> Iterator[str]:
    """Every day of the period, written."""
    day = period.first
    while day <= period.last:
        yield day.isoformat()
        day += timedelta(days=1)


@some
@given(trade=trades())
async def test_revenue_is_what_plain_arithmetic_says(db: Db, trade: Trade) -> None:
    """Totals, change and every local day, in each currency by itself."""
    await trade.write(db)
    for currency in (CURRENCY, OTHER):
        now = await REVENUE.query(trade.asked(db, currency))
        before = await REVENUE.query(trade.asked(db, currency, trade.period.before))
        told = REVENUE.compared(now, before).payload()
        orders = trade.counted(currency)
        gross = sum(map(revenue_of, orders))
        old = sum(map(revenue_of, trade.counted(currency, trade.period.before)))
        assert told["period"] == {
            "grossRevenueCents": gross,
            "orderCount": len(orders),
            "avgOrderValueCents": half_up(gross, len(orders)),
        }
        assert told["delta"] == {"grossRevenuePct": round((gross - old) * 100 / old, 1) if old else None}
        by_day = {day: [0, 0] for day in local_days(trade.period)}
        for order in orders:
            assert order.paid_at is not None
            day = by_day[trade.local(order.paid_at).date().isoformat()]
            day[0], day[1] = day[0] + revenue_of(order), day[1] + 1
        assert told["dailyBreakdown"] == [
            {"date": day, "revenueCents": cents, "orderCount": many} for day, (cents, many) in by_day.items()
        ]
        keys = [column.key for column in REVENUE.table(now).columns]
        columns = dict(zip(keys, zip(*REVENUE.table(now).rows, strict=True), strict=True))
        summed = {key: sum(map(int, columns[key])) for key in keys[1:]}
        assert summed["taxCents"] == sum(order.tax_amount_cents or 0 for order in orders)
        assert summed["shippingCents"] == sum(order.shipping_cost_cents for order in orders)
        assert summed["soldCents"] - summed["refundedCents"] == gross


@some
@given(trade=trades())
async def test_the_pace_is_what_local_clocks_showed(db: Db, trade: Trade) -> None:
    """Days, hours of the week, and the weekday with the fewest orders."""
    await trade.write(db)
    told = (await VELOCITY.query(trade.asked(db))).payload()
    at = [trade.local(order.paid_at) for order in trade.counted() if order.paid_at]
    days = Counter(moment.date().isoformat() for moment in at)
    assert told["ordersPerDay"] == [
        {"date": day, "orderCount": days[day]} for day in local_days(trade.period)
    ]
    hours = Counter((moment.weekday(), moment.hour) for moment in at)
    assert told["dowHeatmap"] == [[hours[dow, hour] for hour in range(24)] for dow in range(7)]
    if trade.period.length < 7 or not at:
        assert told["slowDayCallout"] is None
        return
    often = Counter((trade.period.first + timedelta(n)).weekday() for n in range(trade.period.length))
    average = {dow: sum(hours[dow, hour] for hour in range(24)) / often[dow] for dow in range(7)}
    slow = told["slowDayCallout"]
    assert average[slow["dow"]] == min(average.values())
    assert slow["avgOrders"] == round(min(average.values()), 2)
    fewest = min(hours[slow["dow"], hour] for hour in range(24))
    assert hours[slow["dow"], slow["lowestAvgHour"]] == fewest
    assert (
        slow["label"]
        == ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"][slow["dow"]]
    )


async def test_an_hour_that_comes_again_counts_again(db: Db) -> None:
    """In the next week, and on the day on which clocks show it twice."""
    trade = Trade(Period(date(2026, 10, 18), date(2026, 11, 1), "Europe/Berlin"))
    at = [datetime(2026, 10, day, hour, 30, tzinfo=UTC) for day, hour in ((18, 0), (25, 0), (25, 1))]
    trade.orders = [
        sample(
            Order, tenant_id=trade.tenant_id, order_number=f"{n}", currency=CURRENCY, paid_at=paid,
            items=[sample(OrderItem)],
        )
        for n, paid in enumerate(at)
    ]  # fmt: skip
    await trade.write(db)
    told = await VELOCITY.query(trade.asked(db))
    assert told.dow_heatmap[6][2] == 3  # Sundays at half past two
    assert [day.order_count for day in told.orders_per_day if day.order_count] == [1, 2]


@some
@given(trade=trades())
async def test_products_are_what_their_lines_say(db: Db, trade: Trade) -> None:
    """Revenue, pieces and orders of each, also of deleted ones; who leads, and who hardly sells."""
    await trade.write(db)
    told = {line["productId"]: line for line in (await PRODUCTS.query(trade.asked(db))).payload()["products"]}
    names = {product.key: product.name for product in trade.products}
    revenue, units, many = Counter[str](), Counter[str](), Counter[str]()
    last: dict[str, list[str]] = {}
    for order in sorted(trade.counted(), key=lambda order: str(order.paid_at)):
        for line, cents in zip(order.items, lines_of(order), strict=True):
            revenue[line.product_id] += cents
            units[line.product_id] += line.quantity - line.refunded_quantity
            many[line.product_id] += 1
            same = [each for each in trade.counted() if each.paid_at == order.paid_at]
            found = [item.name for each in same for item in each.items if item.product_id == line.product_id]
            last[line.product_id] = found
    shown = set(many) | {product.key for product in trade.products if product.is_active}
    assert set(told) == shown
    for key, line in told.items():
        assert line["name"] in ([names[key]] if key in names else last[key])
        assert line["revenueCents"] == revenue[key]
        assert line["unitsSold"] == units[key]
        assert line["orderCount"] == many[key]
        assert line["avgOrderValueCents"] == half_up(revenue[key], many[key])
        assert line["isTopRevenue"] is (revenue[key] == max(revenue.values(), default=0) > 0)
        assert line["isTopVolume"] is (units[key] == max(units.values(), default=0) > 0)
        slow = units[key] == 0 or units[key] < sum(units.values()) / len(shown) / 4
        assert line["isSlowMover"] is slow
    ranks = [(-line["revenueCents"], -line["unitsSold"]) for line in told.values()]
    assert ranks == sorted(ranks)
