"""What a check of the books is given, and what it may find."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from models.base import TenantDocument
from services.books.look import Look
from services.doctor.contract import Severity

__all__ = ["Check", "Finding", "Severity"]


@dataclass(frozen=True)
class Finding:
    """One thing that does not add up: a word, where it is by ids alone, and the numbers of its sentence.

    `record` is the id of the record that was looked at, `kind` its collection.
    """

    code: str
    severity: Severity
    tenant_id: str
    kind: str
    record: str
    where: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, ...]:
        """What makes it the same when it is looked at again."""
        return (self.code, self.tenant_id, self.kind, self.record, *sorted(self.where.values()))


class Check(ABC):
    """One question to the books; `over` are the records that it goes through, `finds` the words it may find.

    It judges some records at a time, as they and all beside them were at one moment.
    """

    name: ClassVar[str]
    over: ClassVar[tuple[type[TenantDocument], ...]]
    finds: ClassVar[frozenset[str]]

    @abstractmethod
    def look(self, look: Look) -> AsyncIterator[Finding]:
        """Judge the records of one look, and change nothing."""


def wrong(look: Look, code: str, record: TenantDocument, **values: Any) -> Finding:
    """Something does not add up, at this record."""
    return _found(Severity.WRONG, look, code, record, values)


def waits(look: Look, code: str, record: TenantDocument, **values: Any) -> Finding:
    """Nothing is lost yet, but somebody has to act."""
    return _found(Severity.WARNING, look, code, record, values)


def _found(
    severity: Severity, look: Look, code: str, record: TenantDocument, values: dict[str, Any]
) -> Finding:
    where = values.pop("where", {})
    kind = type(record).__collection__
    return Finding(code, severity, look.tenant_id, kind, record.key, where, values)
