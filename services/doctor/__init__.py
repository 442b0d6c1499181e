"""What may be wrong with a shop, one file each, found by being there.

A file of this folder that defines `CHECK`, a `Check` (contract.py), adds one. Its findings are words and
values; cogs/_doctor/ says them, each with its remedy.
"""

import importlib
import pkgutil
from functools import cache

from services.doctor.contract import Check


@cache
def checks() -> tuple[Check, ...]:
    """Every check, by section and name."""
    modules = [importlib.import_module(f"{__name__}.{info.name}") for info in pkgutil.iter_modules(__path__)]
    found: list[Check] = [module.CHECK for module in modules if hasattr(module, "CHECK")]
    return tuple(sorted(found, key=lambda check: (check.section, check.name)))
