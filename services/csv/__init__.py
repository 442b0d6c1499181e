"""Records as files: one small declaration for each kind, found by being there, and one mechanism over all."""

import importlib
import pkgutil
from functools import cache

from services.csv.contract import Kind

__all__ = ["Kind", "kinds"]


@cache
def kinds() -> dict[str, Kind]:
    """Every kind that has a file here, by name."""
    found: dict[str, Kind] = {}
    for name in sorted(info.name for info in pkgutil.iter_modules(__path__)):
        kind = getattr(importlib.import_module(f"{__name__}.{name}"), "KIND", None)
        if isinstance(kind, Kind):
            found[kind.name] = kind
    return found
