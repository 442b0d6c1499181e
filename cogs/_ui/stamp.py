"""Forms and menus carry what they show, so that nobody overwrites what somebody else stored meanwhile."""

import hashlib
from collections.abc import Iterable

from models.errors import RecordChanged


def stamp_of(shown: Iterable[str]) -> str:
    """A short name for what is shown, in whatever order."""
    return hashlib.sha256("\n".join(sorted(shown)).encode()).hexdigest()[:8]


def still(seen: str, shown: Iterable[str]) -> None:
    """Return if this is what was shown; raises RecordChanged when somebody else was faster."""
    if seen != stamp_of(shown):
        raise RecordChanged
