"""How records lie on several shards: each shop whole on one, all that it has together (docs/adr/0037)."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from bson import Int64, MaxKey, MinKey

from models.base import Document, TenantDocument
from models.registry import SHARD_INDEX, all_documents, indexes_of

SHARD_FIELD = "tenantId"
SHARD_KEY = {SHARD_FIELD: "hashed"}
_LEAST, _HASHES = -(2**63), 2**64


class Command(NamedTuple):
    """What a router is told, and about which database."""

    database: str
    body: dict[str, Any]


def sharded() -> tuple[type[Document], ...]:
    """The records that are spread over shards by their tenant."""
    return tuple(kind for kind in all_documents() if kind.__whole__ is None)


def against(kind: type[Document]) -> list[str]:
    """What keeps a record from being sharded: its unique indexes that do not begin with the shard key."""
    unique = [list(found.document["key"]) for found in indexes_of(kind) if found.document.get("unique")]
    wrong = [", ".join(keys) for keys in unique if keys[0] != SHARD_FIELD]
    return wrong if issubclass(kind, TenantDocument) else ["not every record has a tenant", *wrong]


def zones(shards: Sequence[str]) -> list[dict[str, Any]]:
    """The hashes of tenants that each shard has, in equal parts; the same for every collection."""
    edges = [Int64(_LEAST + _HASHES * part // len(shards)) for part in range(1, len(shards))]
    parts = zip(shards, [MinKey(), *edges], [*edges, MaxKey()], strict=True)
    return [{"min": {SHARD_FIELD: a}, "max": {SHARD_FIELD: z}, "zone": shard} for shard, a, z in parts]


def first_time(database: str, shards: Sequence[str]) -> Iterator[Command]:
    """How collections are spread that are not sharded yet; harmless to repeat with the same shards."""
    yield from _named(shards)
    for kind in sharded():
        name = f"{database}.{kind.__collection__}"
        made = {"key": SHARD_KEY, "name": SHARD_INDEX}
        yield Command(database, {"createIndexes": kind.__collection__, "indexes": [made]})
        for zone in zones(shards):
            yield Command("admin", {"updateZoneKeyRange": name, **zone})
        yield Command("admin", {"shardCollection": name, "key": SHARD_KEY})


def anew(database: str, shards: Sequence[str]) -> Iterator[Command]:
    """How they are spread over more or fewer shards, one collection after the other."""
    yield from _named(shards)
    for kind in sharded():
        name = f"{database}.{kind.__collection__}"
        spread = {"zones": zones(shards), "forceRedistribution": True}
        yield Command("admin", {"reshardCollection": name, "key": SHARD_KEY, **spread})


def _named(shards: Sequence[str]) -> Iterator[Command]:
    for shard in shards:
        yield Command("admin", {"addShardToZone": shard, "zone": shard})
