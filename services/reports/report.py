"""What a file of this folder defines: one report, from the question to its figures, chart and table."""

import builtins
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, ClassVar, Self, cast

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from models.base import Db
from services.reports.contract import Chart, Figure, ReportType, Table, Word
from services.reports.period import Period

# A report that takes longer than this is given up by the database itself.
PATIENCE_MS = 60_000
_PERSONAL = "personal"


@dataclass(frozen=True)
class Question:
    """Whose report, over which days and in which currency; `now` for what has no past, such as stock.

    With `to_compare` they are the days before those that were asked about: what has no past is left out.
    """

    db: Db
    tenant_id: str
    period: Period
    currency: str
    now: datetime
    to_compare: bool = False


class Result(BaseModel):
    """The numbers of one period, called in JSON as the data dictionary calls them.

    Fields in `beside` are shown in charts and tables, and are not part of what the dictionary defines.
    """

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True, extra="forbid")
    beside: ClassVar[frozenset[str]] = frozenset()

    @classmethod
    def empty(cls) -> Self:
        """The numbers of a period in which nothing happened."""
        return cls()

    def payload(self, *, personal: bool = False) -> dict[str, Any]:
        """As JSON gives it away; what is personal only when asked for."""
        told = self.model_dump(mode="json", by_alias=True, exclude=set(self.beside))
        if not personal:
            _hide(self, told)
        return told

    def masked(self, called: Callable[[int], str]) -> Self:
        """The same with everybody called by their place in a list, the first being 1."""
        return cast("Self", _masked(self, called, 1))


# Tells who somebody is: never leaves the shop unless whoever shares it chose so.
Personal = Annotated[str | None, _PERSONAL]


def _hide(part: Any, told: Any) -> None:
    if isinstance(part, list):
        for each, dumped in zip(part, told, strict=True):
            _hide(each, dumped)
    elif isinstance(part, BaseModel):
        for name, field in type(part).model_fields.items():
            key = field.alias or name
            if _PERSONAL in field.metadata:
                told.pop(key, None)
            elif key in told:
                _hide(getattr(part, name), told[key])


def _masked(part: Any, called: Callable[[int], str], place: int) -> Any:
    if isinstance(part, list):
        return [_masked(each, called, at) for at, each in enumerate(part, 1)]
    if not isinstance(part, BaseModel):
        return part
    fields = type(part).model_fields
    masked = {
        name: called(place) if _PERSONAL in field.metadata else _masked(getattr(part, name), called, 1)
        for name, field in fields.items()
    }
    return part.model_copy(update=masked)


class Report[R: Result](ABC):
    """One report; `now` is the period that was asked for, `before` the equal one before it."""

    type: ReportType
    title: str
    about: str
    result: builtins.type[R]
    # Whether its numbers are those of one currency.
    of_money: bool = True
    # Words that appear in axes and cells, besides those that an empty result shows.
    said: tuple[str, ...] = ()

    @abstractmethod
    async def query(self, asked: Question) -> R:
        """The numbers of one period."""

    def compared(self, now: R, before: R) -> R:  # noqa: ARG002 - for reports whose numbers compare
        """The same numbers with what they are when compared."""
        return now

    @abstractmethod
    def figures(self, now: R, before: R) -> list[Figure]:
        """The three that matter."""

    @abstractmethod
    def chart(self, now: R, before: R) -> Chart:
        """The picture in numbers."""

    @abstractmethod
    def table(self, now: R) -> Table:
        """All of it in rows."""

    @property
    def personal(self) -> bool:
        """Whether any of it says who somebody is."""
        return any(column.personal for column in self.table(self.result.empty()).columns)

    def words(self) -> Iterator[str]:
        """Every sentence that it may show, for translators."""
        none = self.result.empty()
        chart = self.chart(none, none)
        yield from (self.title, self.about)
        yield from (each.label for each in self.figures(none, none))
        yield from (each.label for each in chart.series)
        yield from (each for each in chart.axis if isinstance(each, Word))
        yield from (each.label for each in self.table(none).columns)
        yield from self.said


type AnyReport = Report[Any]


async def rows(collection: Any, pipeline: list[dict[str, Any]], **options: Any) -> list[dict[str, Any]]:
    """What a read-only pipeline of one collection gives; big groups may use the disk."""
    found = collection.aggregate(pipeline, allowDiskUse=True, maxTimeMS=PATIENCE_MS, **options)
    # All of a batch at once: one after the other costs the loop four times as much.
    return list(await found.to_list(None))


def change_percent(now: float, before: float) -> float | None:
    """By how many percent of what was before it changed; None where nothing was."""
    return round((now - before) * 100 / before, 1) if before > 0 else None


def share_percent(part: float, whole: float) -> float | None:
    """A part in percent of the whole; None where there is none."""
    return round(part * 100 / whole, 1) if whole > 0 else None


def each_one(total: int, count: int) -> int:
    """The average in whole minor units, rounded half up; 0 where there is nothing."""
    return (2 * total + count) // (2 * count) if count else 0
