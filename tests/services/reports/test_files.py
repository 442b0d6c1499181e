"""Files say what the tables say, and nothing in them is run by whoever opens them."""

import csv
import io
import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from services.cells import harmless
from services.reports.customer_insights import REPORT as INSIGHTS
from services.reports.customer_insights import CustomerInsights, Spender
from services.reports.desk import Shown
from services.reports.files import csv_of, json_of, visible
from services.reports.period import Period
from services.reports.product_performance import REPORT, ProductLine, ProductPerformance
from services.reports.revenue_overview import REPORT as REVENUE

PERIOD = Period(date(2026, 3, 1), date(2026, 3, 31), "Europe/Berlin")
AT = datetime(2026, 4, 1, 8, 30, 0, 5000, tzinfo=UTC)


def shown(*lines: ProductLine, currency: str = "USD") -> Shown:
    """A report with these products."""
    result = ProductPerformance(products=list(lines))
    return Shown(REPORT, PERIOD, currency, AT, result, ProductPerformance.empty())


def line(name: str, cents: int = 0) -> ProductLine:
    """A product."""
    return ProductLine(product_id="p", name=name, revenue_cents=cents)


def table_of(file: bytes) -> list[list[str]]:
    """The rows of a CSV file."""
    return list(csv.reader(io.StringIO(file.decode("utf-8-sig"))))


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx"])
def test_a_name_that_looks_like_a_formula_gets_an_apostrophe(text: str) -> None:
    """Spreadsheets then show it as it is."""
    assert harmless(text) == f"'{text}"
    assert table_of(csv_of(shown(line(text))))[1][0] == f"'{text}"


def test_numbers_stay_numbers() -> None:
    """Also below zero, in the currency's own places; what is no formula stays as it is."""
    [head, row] = table_of(csv_of(shown(line('Mug, "large" = 1', -1250))))
    assert head[:2] == ["Product", "Revenue"]
    assert row == ['Mug, "large" = 1', "-12.50", "0", "0", "0.00", "no", "no", "no"]
    assert table_of(csv_of(shown(line("Mug", -1250), currency="JPY")))[1][1] == "-1250"


def test_our_own_words_are_translated_and_names_are_not() -> None:
    """Heads of columns and words; a product that is called like a word keeps its name."""
    [head, row] = table_of(csv_of(shown(line("Revenue")), say=str.upper))
    assert head[:2] == ["PRODUCT", "REVENUE"]
    assert row[0] == "Revenue"


def test_for_strangers_everybody_is_called_by_their_place() -> None:
    """In the table, in CSV and in JSON; nothing else changes, and nobody's id stays either."""
    spent = [
        Spender(customer_id=f"id-{at}", name=name, order_count=at, revenue_cents=5, lifetime_cents=9)
        for at, name in enumerate(("Ada", None, "=1+1"), 1)
    ]
    result = CustomerInsights(customers=3, top_spenders=spent, cohorts=[])
    told = Shown(INSIGHTS, PERIOD, "USD", AT, result, CustomerInsights.empty())
    masked = told.masked("Customer {}".format)
    assert [row[0] for row in masked.table.rows] == ["Customer 1", "Customer 2", "Customer 3"]
    assert [row[1:] for row in masked.table.rows] == [row[1:] for row in told.table.rows]
    assert masked.figures == told.figures
    for file in (csv_of(masked, personal=True), json_of(masked, personal=True)):
        assert b"Customer 3" in file
        assert not [word for word in (b"Ada", b"id-1", b"=1+1") if word in file]
    assert told.table.rows[0][0] == "Ada"
    assert visible(told, personal=True) is told
    assert visible(told, personal=False).table.rows == masked.table.rows
    assert visible(told, personal=False, say=str.upper).table.rows[0][0] == "CUSTOMER 1"
    assert b"Customer 3" in csv_of(told)


def test_json_has_the_names_of_the_data_dictionary(shared: dict[str, Any]) -> None:
    """And says which report, which days, by which clock, in which currency, and when."""
    told = json.loads(json_of(shown(line("Mug", 5))))
    [product] = told.pop("report")["products"]
    assert told == {
        "reportType": "PRODUCT_PERFORMANCE",
        "period": {"from": "2026-03-01", "to": "2026-03-31", "timeZone": "Europe/Berlin"},
        "currency": "USD",
        "computedAt": "2026-04-01T08:30:00+00:00",
    }
    assert set(product) == shared["products"]


@pytest.fixture
def shared() -> dict[str, Any]:
    """The fields that the data dictionary gives to a product's line."""
    return {
        "products": {
            *("productId", "name", "revenueCents", "unitsSold", "orderCount", "avgOrderValueCents"),
            *("isTopRevenue", "isTopVolume", "isSlowMover"),
        }
    }


def test_what_is_beside_the_dictionary_is_in_the_table_alone() -> None:
    """Tax and shipping have columns, and no place in the payload."""
    empty = Shown(REVENUE, PERIOD, "USD", AT, REVENUE.result.empty(), REVENUE.result.empty())
    assert set(empty.payload()) == {"period", "delta", "dailyBreakdown"}
    assert "Tax charged" in table_of(csv_of(empty))[0]
