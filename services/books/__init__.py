"""What has to add up in a shop's books, one question a file, found by being there (docs/adr/0038).

A file of this folder that defines `CHECK`, a `Check` (contract.py), adds one. What they find are words, ids
and numbers; bot/audit/ says them, each with what to do about it.
"""

import importlib
import pkgutil
from functools import cache

from services.books.contract import Check


@cache
def checks() -> tuple[Check, ...]:
    """Every check, by name."""
    modules = [importlib.import_module(f"{__name__}.{info.name}") for info in pkgutil.iter_modules(__path__)]
    found: list[Check] = [module.CHECK for module in modules if hasattr(module, "CHECK")]
    return tuple(sorted(found, key=lambda check: check.name))
