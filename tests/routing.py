"""What a cluster's router would say to the commands that the shop sends (docs/adr/0037)."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

from models.registry import all_documents
from models.sharding import SHARD_FIELD, sharded

SHARDED = {kind.__collection__ for kind in sharded()}
WHOLE = {kind.__collection__ for kind in all_documents()} - SHARDED
_READS = {"find": "filter", "count": "query", "distinct": "query"}


class Asked(NamedTuple):
    """One statement: what it does, where, by which fields it looks, and whether one shop is named."""

    does: str
    collection: str
    fields: tuple[str, ...]
    one_shop: bool
    in_transaction: bool

    @property
    def one_record(self) -> bool:
        """Whether it writes one record: a router must know where that lies."""
        return self.does in {"findAndModify", "update one", "delete one", "upsert"}


class Routes(CommandListener):
    """Keeps what was asked of sharded collections."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []

    def started(self, event: CommandStartedEvent) -> None:
        """Keep what a router would have to send somewhere."""
        command = dict(event.command)
        name = str(command.get(event.command_name))
        if name in SHARDED:
            within = command.get("autocommit") is False
            for does, where in _statements(event.command_name, command):
                self.asked.append(Asked(does, name, tuple(sorted(where)), _names_one(where), within))

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Nothing to keep."""

    def failed(self, event: CommandFailedEvent) -> None:
        """Nothing to keep."""

    def everywhere(self) -> set[Asked]:
        """What goes to every shard, since it names no shop."""
        return {each for each in self.asked if not each.one_shop}


def _statements(name: str, command: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if name in _READS:
        yield name, command.get(_READS[name]) or {}
    elif name == "findAndModify":
        yield "upsert" if command.get("upsert") else name, command["query"]
    elif name == "aggregate":
        yield name, {**next(iter(command["pipeline"]), {})}.get("$match", {})
    elif name == "update":
        for each in command["updates"]:
            one = "upsert" if each.get("upsert") else "update one"
            yield "update many" if each.get("multi") else one, each["q"]
    elif name == "delete":
        for each in command["deletes"]:
            yield "delete one" if each["limit"] else "delete many", each["q"]


def _names_one(where: Mapping[str, Any]) -> bool:
    wanted = where.get(SHARD_FIELD)
    if isinstance(wanted, Mapping):
        among = wanted.get("$in", [])
        wanted = wanted.get("$eq", among[0] if len(among) == 1 else None)
    return isinstance(wanted, str)
