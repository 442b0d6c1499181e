"""What a report is made of: figures, a chart and a table, in numbers; words and pictures come later."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

type Number = int | float
type Cell = Number | str | date | bool | None


class Word(str):
    """A text of ours, to be translated where it is shown; any other text in a cell or axis is a name."""

    __slots__ = ()


class ReportType(StrEnum):
    """The ten reports, by their stored and signed names."""

    REVENUE_OVERVIEW = "REVENUE_OVERVIEW"
    SALES_VELOCITY = "SALES_VELOCITY"
    PRODUCT_PERFORMANCE = "PRODUCT_PERFORMANCE"
    CUSTOMER_INSIGHTS = "CUSTOMER_INSIGHTS"
    INVENTORY_HEALTH = "INVENTORY_HEALTH"
    PAYMENT_METHODS = "PAYMENT_METHODS"
    DISCOUNT_PERFORMANCE = "DISCOUNT_PERFORMANCE"
    FULFILLMENT_PERFORMANCE = "FULFILLMENT_PERFORMANCE"
    CHECKOUT_FUNNEL = "CHECKOUT_FUNNEL"
    COMMUNITY_FUND = "COMMUNITY_FUND"


class Unit(StrEnum):
    """What a number counts; money is in minor units of the report's currency, a percentage is 0 to 100."""

    MONEY = "money"
    COUNT = "count"
    PERCENT = "percent"
    HOURS = "hours"
    DAYS = "days"
    TEXT = "text"
    DATE = "date"
    YES_NO = "yes_no"


@dataclass(frozen=True)
class Figure:
    """One number that matters, with that of the period before; None where there is nothing to tell."""

    label: str
    value: Number | None
    unit: Unit
    before: Number | None = None


class Look(StrEnum):
    """How a chart is drawn: over days, by name, or seven days by 24 hours."""

    LINE = "line"
    BARS = "bars"
    HEAT = "heat"


@dataclass(frozen=True)
class Series:
    """Values along the chart's axis, None where there is none; `ghost` marks the period before."""

    label: str
    values: Sequence[Number | None]
    ghost: bool = False


@dataclass(frozen=True)
class Chart:
    """A picture in numbers.

    `axis` names each place: days for a line, names for bars, hours for a heat map, which has one series
    a row, Monday first.
    """

    look: Look
    unit: Unit
    axis: Sequence[date | str | int]
    series: Sequence[Series]


@dataclass(frozen=True)
class Column:
    """One column of a table; what is `personal` never leaves the shop unless the sharer chose so."""

    key: str
    label: str
    unit: Unit
    personal: bool = False


@dataclass(frozen=True)
class Table:
    """Rows in the order of the columns."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]] = field(default_factory=tuple)
