"""Steps by which stored records follow the program: one file each, found by being there (docs/adr/0043)."""

import importlib
import pkgutil
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from models.base import Db

# A batch behind the position given; the next position, or None when nothing is left to do.
type Step = Callable[[Db, Any], Coroutine[Any, Any, Any]]


@dataclass(frozen=True)
class Migration:
    """One change of what is stored, made in batches while this release and the one before it sell.

    A step may be repeated and may meet records that the release before writes meanwhile. Where
    `before_selling` is set, the release cannot read the old form, and its start waits for the end.
    """

    number: int
    what: str
    step: Step
    before_selling: bool = False


@cache
def migrations() -> tuple[Migration, ...]:
    """All of them in order; raises ValueError where a number is missing or there twice."""
    files = sorted(each.name for each in pkgutil.iter_modules(__path__) if each.name.startswith("m"))
    return in_order([importlib.import_module(f"{__name__}.{name}").MIGRATION for name in files])


def in_order(found: Sequence[Migration]) -> tuple[Migration, ...]:
    """The migrations, if they are numbered from 1 on without a gap; raises ValueError."""
    if [each.number for each in found] != list(range(1, len(found) + 1)):
        raise ValueError(f"migrations must be numbered from 1 on: {[each.number for each in found]}")
    return tuple(found)
