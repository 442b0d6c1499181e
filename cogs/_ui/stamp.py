"""Menus that set a whole list carry what they show, so that nobody overwrites what somebody else chose."""

import hashlib
from collections.abc import Iterable

from models.errors import RecordChanged


def stamp(chosen: Iterable[str]) -> str:
    """A short name for what is chosen, in whatever order."""
    return hashlib.sha256("\n".join(sorted(chosen)).encode()).hexdigest()[:8]


def still(seen: str, chosen: Iterable[str]) -> None:
    """Return if this is what the menu showed; raises RecordChanged when somebody else was faster."""
    if seen != stamp(chosen):
        raise RecordChanged
