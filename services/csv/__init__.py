"""Records as files: one small declaration for each kind, found by being there, and one mechanism over all."""

import importlib
import pkgutil
from functools import cache

from models.errors import NotFound
from services.csv.contract import Kind
from services.csv.incoming import Incoming

__all__ = ["Incoming", "Kind", "incoming", "kinds"]


@cache
def kinds() -> dict[str, Kind]:
    """Every kind that has a file here, by name."""
    found: dict[str, Kind] = {}
    for name in sorted(info.name for info in pkgutil.iter_modules(__path__)):
        kind = getattr(importlib.import_module(f"{__name__}.{name}"), "KIND", None)
        if isinstance(kind, Kind):
            found[kind.name] = kind
    return found


def incoming(name: str) -> Incoming:
    """The kind of this name that can be brought in; raises NotFound."""
    found = kinds().get(name)
    if not isinstance(found, Incoming):
        raise NotFound("csv_kind")
    return found
