"""What a good engineer would write by hand for the same figures: pipelines, and indexes that hold all.

Like a report it asks one thing after the other: two at once would take both cores from those who buy.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from motor.motor_asyncio import AsyncIOMotorDatabase
from pymongo import IndexModel

from services.reports.contract import ReportType
from services.reports.period import Period

type Database = AsyncIOMotorDatabase[dict[str, Any]]
type Pipeline = list[dict[str, Any]]
type Figures = dict[Any, Any]


@dataclass(frozen=True)
class Own:
    """An index that the shop does not have, for one pipeline alone."""

    collection: str
    index: IndexModel

    @property
    def name(self) -> str:
        """What it is called."""
        return str(self.index.document["name"])


@dataclass(frozen=True)
class Asked:
    """Of whom and when; `compared` for the year before, in which nothing is asked that has no past."""

    database: Database
    tenant_id: str
    period: Period
    now: datetime
    compared: bool = False

    @property
    def mine(self) -> dict[str, Any]:
        """The condition that every question starts with."""
        return {"tenantId": self.tenant_id}

    @property
    def money(self) -> dict[str, Any]:
        """The same in one currency."""
        return {**self.mine, "currency": "USD"}

    async def rows(self, collection: str, *pipeline: dict[str, Any], hint: str | None = None) -> Pipeline:
        """What a pipeline gives."""
        options: dict[str, Any] = {} if hint is None else {"hint": hint}
        return await self.database[collection].aggregate(list(pipeline), **options).to_list(None)

    async def found(self, collection: str, where: dict[str, Any], fields: dict[str, Any]) -> Pipeline:
        """What a filter gives."""
        return await self.database[collection].find(where, fields).to_list(None)


class ByHand(ABC):
    """One report by hand."""

    type: ClassVar[ReportType]
    own: ClassVar[Own | None] = None

    @property
    def hint(self) -> str | None:
        """Its own index, by name."""
        return None if self.own is None else self.own.name

    async def both(self, asked: Asked, before: Asked) -> Sequence[Figures]:
        """Both years, one after the other, as the shop does it."""
        return [await self.figures(asked), await self.figures(before)]

    @abstractmethod
    async def figures(self, asked: Asked) -> Figures:
        """The figures of a year."""

    @abstractmethod
    def told(self, result: Any) -> Figures:
        """The same of the report's result, to be sure that both count the same."""
