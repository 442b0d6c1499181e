"""What the panel shows: every file of this folder with a DECLARED adds kinds of records, by being there."""

import importlib
import pkgutil
from collections.abc import Iterator
from functools import cache

from services.panel.contract import Declared, PanelSection


@cache
def declared() -> dict[str, Declared]:
    """Every kind of record by its short code, section by section; raises ValueError for a code used twice."""
    places = list(PanelSection)
    found: dict[str, Declared] = {}
    for each in sorted(_found(), key=lambda each: places.index(each.section)):
        if each.code in found:
            raise ValueError(f"two kinds of records have the code {each.code}")
        found[each.code] = each
    return found


def _found() -> Iterator[Declared]:
    for name in sorted(info.name for info in pkgutil.iter_modules(__path__)):
        yield from getattr(importlib.import_module(f"{__name__}.{name}"), "DECLARED", ())
