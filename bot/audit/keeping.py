"""Where an audit that was stopped finds its place again: a small file in the data folder."""

import json
from pathlib import Path
from typing import Any, NamedTuple

from services.books.place import Places

FILE = "audit.json"


class Scope(NamedTuple):
    """What an audit is about: only the same one can go on from its place."""

    database: str
    tenant_id: str | None
    checks: tuple[str, ...]

    @property
    def written(self) -> dict[str, Any]:
        """The same, ready for JSON."""
        return {"database": self.database, "tenant": self.tenant_id, "checks": list(self.checks)}


class NotResumable(Exception):
    """There is no place to go on from; says why."""


def kept(folder: Path, scope: Scope) -> Places:
    """The place of the same audit that was stopped; raises NotResumable."""
    try:
        told = json.loads((folder / FILE).read_text())
        places = Places.read(told["places"])
    except FileNotFoundError:
        raise NotResumable("There is no audit to go on with. Leave --resume away.") from None
    except (OSError, ValueError, KeyError, TypeError):
        raise NotResumable(f"{folder / FILE} cannot be read. Leave --resume away.") from None
    if told.get("scope") != scope.written:
        raise NotResumable(
            "The audit that was stopped was about something else. Give the same --tenant and --only, "
            "or leave --resume away."
        )
    return places


def keep(folder: Path, scope: Scope, places: Places) -> None:
    """Write the place down, whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    new = folder / f"{FILE}.new"
    new.write_text(json.dumps({"scope": scope.written, "places": places.written()}))
    new.replace(folder / FILE)


def forget(folder: Path) -> None:
    """The audit came to its end."""
    (folder / FILE).unlink(missing_ok=True)
