"""How far an audit has come, so that one that was stopped goes on from there."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple, Self

from models.base import ObjectId, object_id


class Place(NamedTuple):
    """The last record that was looked at, and its tenant by its key; no record: none of that tenant's yet."""

    tenant: ObjectId
    record: ObjectId | None = None


@dataclass
class Places:
    """Where each check is with each kind of records; what it has gone through is in `done`."""

    at: dict[str, Place] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)
    found: int = 0

    def written(self) -> dict[str, Any]:
        """The same, ready for JSON."""
        at = {name: [str(tenant), str(last) if last else None] for name, (tenant, last) in self.at.items()}
        return {"at": at, "done": sorted(self.done), "found": self.found}

    @classmethod
    def read(cls, told: dict[str, Any]) -> Self:
        """What was written; raises KeyError, TypeError or ValueError for anything else."""
        at = {}
        for name, (tenant, record) in told["at"].items():
            first = object_id(tenant)
            if first is None:
                raise ValueError(name)
            at[name] = Place(first, object_id(record) if record else None)
        return cls(at, set(told["done"]), int(told["found"]))
