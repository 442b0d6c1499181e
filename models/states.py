"""How a life is written down: one table of allowed transitions per aggregate."""

from collections.abc import Mapping
from enum import StrEnum


class Life[S: StrEnum]:
    """A readable table of transitions; the guarded updates ask it which states may lead somewhere."""

    def __init__(self, table: Mapping[S, frozenset[S]]) -> None:
        self._table = table

    def allows(self, old: S, new: S) -> bool:
        """Whether the table lets `old` become `new`."""
        return new in self._table[old]

    def before(self, new: S) -> list[S]:
        """Every state that may become `new`, for the filter of a guarded update."""
        return [old for old, after in self._table.items() if new in after]
