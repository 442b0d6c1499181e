"""Every report is a file that is found, and says what the data dictionary says it does."""

from typing import Any

import pytest

from models.errors import NotFound
from services.reports import known_reports, report_of
from services.reports.contract import ReportType, Unit
from services.reports.product_performance import ProductLine, ProductPerformance
from services.reports.report import change_percent, each_one, share_percent
from services.reports.revenue_overview import Day, Delta, RevenueOverview, Totals
from services.reports.sales_velocity import Day as Pace
from services.reports.sales_velocity import SalesVelocity, SlowDay

DAY = "2026-03-01"


def test_all_ten_are_found_in_their_order() -> None:
    """And each is its type, under a title of its own."""
    assert list(known_reports()) == list(ReportType)
    assert len({report.title for report in known_reports().values()}) == len(ReportType) == 10
    assert all(report_of(kind).type is kind for kind in ReportType)
    with pytest.raises(NotFound):
        report_of("PROFIT_AND_LOSS")


def test_three_of_them_have_exactly_the_data_dictionarys_fields() -> None:
    """No more, no less, in JSON's own types."""
    day = Day(date=DAY, revenue_cents=5, order_count=1)
    overview = RevenueOverview(period=Totals(), delta=Delta(), daily_breakdown=[day], apart=[])
    assert overview.payload() == {
        "period": {"grossRevenueCents": 0, "orderCount": 0, "avgOrderValueCents": 0},
        "delta": {"grossRevenuePct": None},
        "dailyBreakdown": [{"date": DAY, "revenueCents": 5, "orderCount": 1}],
    }
    slow = SlowDay(dow=0, label="Monday", avg_orders=1.5, lowest_avg_hour=3)
    velocity = SalesVelocity.empty().model_copy(
        update={"slow_day_callout": slow, "orders_per_day": [Pace(date=DAY, order_count=2)]}
    )
    assert velocity.payload() == {
        "ordersPerDay": [{"date": DAY, "orderCount": 2}],
        "dowHeatmap": [[0] * 24] * 7,
        "slowDayCallout": {"dow": 0, "label": "Monday", "avgOrders": 1.5, "lowestAvgHour": 3},
    }
    line = ProductLine(product_id="p", name="Mug", revenue_cents=3, is_slow_mover=True)
    assert ProductPerformance(products=[line]).payload() == {
        "products": [
            {
                "productId": "p",
                "name": "Mug",
                "revenueCents": 3,
                "unitsSold": 0,
                "orderCount": 0,
                "avgOrderValueCents": 0,
                "isTopRevenue": False,
                "isTopVolume": False,
                "isSlowMover": True,
            }
        ]
    }


@pytest.mark.parametrize("kind", ReportType)
def test_a_period_in_which_nothing_happened_can_be_shown(kind: ReportType) -> None:
    """Three figures without a value that is made up, and a chart and a table that fit."""
    report = report_of(kind)
    none: Any = report.result.empty()
    assert report.compared(none, none) == none
    figures = report.figures(none, none)
    assert len(figures) == 3
    assert all(figure.value in {0, None} for figure in figures)
    assert all(figure.value is None for figure in figures if figure.unit is Unit.PERCENT)
    chart = report.chart(none, none)
    assert all(len(series.values) == len(chart.axis) for series in chart.series)
    columns = report.table(none).columns
    assert len({column.key for column in columns}) == len(columns)


def test_changes_and_shares_of_nothing_are_nothing() -> None:
    """Nobody divides by zero, and nobody reads 100 % into it."""
    assert (change_percent(5, 0), change_percent(0, 5), change_percent(3, 2)) == (None, -100.0, 50.0)
    assert (share_percent(0, 0), share_percent(1, 3)) == (None, 33.3)
    assert (each_one(5, 0), each_one(5, 2), each_one(-5, 2), each_one(4, 3)) == (0, 3, -2, 1)
