from collections import defaultdict
from itertools import pairwise

import pytest
from bson import Int64, MaxKey, MinKey

from models.base import Db, TenantDocument
from models.order import Order
from models.outbox import OutboxEffect
from models.registry import SHARD_INDEX, all_documents, create_indexes, index_state
from models.sharding import SHARD_FIELD, against, anew, first_time, sharded, zones
from tests.models.samples import sample

SHARDS = ["rs0", "rs1", "rs2"]


def test_every_record_can_be_spread_or_says_why_it_stays() -> None:
    """A unique index that does not begin with the shard key would be refused by a cluster."""
    assert {kind.__collection__: against(kind) for kind in sharded() if against(kind)} == {}
    whole = [kind for kind in all_documents() if kind.__whole__ is not None]
    assert all(kind.__whole__ for kind in whole)
    assert {kind.__collection__ for kind in whole} == {
        *("absences", "botconfigs", "featureflags", "identities"),
        *("providers", "tenants", "usersettings", "userthemes"),
    }


def test_a_unique_index_without_the_tenant_is_found() -> None:
    """The check sees what it is there for: a guild is unique by itself."""
    kinds = {kind.__collection__: kind for kind in all_documents()}
    assert against(kinds["botconfigs"]) == ["guildId"]
    assert against(kinds["userthemes"]) == ["not every record has a tenant", "slug"]


def test_every_record_that_is_spread_has_a_tenant() -> None:
    """A record without one would be found on no shard in particular."""
    assert all(
        issubclass(kind, TenantDocument) and kind.model_fields["tenant_id"].is_required()
        for kind in sharded()
    )


@pytest.mark.parametrize("many", [1, 2, 3, 7])
def test_zones_leave_no_hash_out(many: int) -> None:
    """Each begins where the one before ends, and all are equally wide."""
    found = zones([f"rs{n}" for n in range(many)])
    edges = [found[0]["min"][SHARD_FIELD], *(zone["max"][SHARD_FIELD] for zone in found)]
    assert [zone["min"][SHARD_FIELD] for zone in found[1:]] == edges[1:-1]
    assert (edges[0], edges[-1]) == (MinKey(), MaxKey())
    whole = [-(2**63), *edges[1:-1], 2**63]
    assert {round((b - a) / 2**40) for a, b in pairwise(whole)} == {round(2**64 / many / 2**40)}
    assert all(isinstance(edge, Int64) for edge in edges[1:-1])


def test_a_shop_lies_together_whatever_it_has() -> None:
    """Every collection has the same zones, so that a transaction of one shop stays on one shard."""
    ranges = defaultdict(list)
    for command in first_time("shop", SHARDS):
        if name := command.body.get("updateZoneKeyRange"):
            ranges[name].append({key: command.body[key] for key in ("min", "max", "zone")})
    assert set(ranges) == {f"shop.{kind.__collection__}" for kind in sharded()}
    assert all(found == zones(SHARDS) for found in ranges.values())
    again = [command.body for command in anew("shop", SHARDS) if "reshardCollection" in command.body]
    assert {command["reshardCollection"] for command in again} == set(ranges)
    assert all(command["zones"] == zones(SHARDS) for command in again)


def test_an_index_comes_before_the_collection_is_sharded() -> None:
    """A collection that holds something is refused without it."""
    orders = [
        body
        for _, body in first_time("shop", SHARDS)
        if next(iter(body.values())) in {"orders", "shop.orders"}
    ]
    assert next(iter(orders[0])) == "createIndexes"
    assert next(iter(orders[-1])) == "shardCollection"
    assert orders[-1] == {"shardCollection": "shop.orders", "key": {"tenantId": "hashed"}}


class TestWithIndexes:
    """What a cluster needs of the indexes; these tests change them."""

    @pytest.fixture
    def database_name(self, fresh_database_name: str) -> str:
        """Must not be left to others."""
        return fresh_database_name

    async def test_the_index_of_a_cluster_is_nobodys_stray(
        self, db: Db, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Whoever sharded the database is not told off for it at every start."""
        command = next(
            body for _, body in first_time(db.database.name, SHARDS) if body.get("createIndexes") == "orders"
        )
        await db.database.command(command)
        assert SHARD_INDEX in await Order.rows(db).index_information()
        await create_indexes(db)
        assert caplog.records == []
        assert (await index_state(db)).undeclared == []

    async def test_an_index_of_an_earlier_version_goes(self, db: Db) -> None:
        """What is owed was unique by its name alone, which no cluster can keep."""
        await OutboxEffect.rows(db).create_index("dedupeKey", unique=True)
        await create_indexes(db)
        assert "dedupeKey_1" not in await OutboxEffect.rows(db).index_information()

    async def test_two_shops_may_owe_by_the_same_name(self, db: Db) -> None:
        """And one shop owes it once."""
        owed = [sample(OutboxEffect, tenant_id=tenant, dedupe_key="x") for tenant in ("a", "b", "a")]
        assert [await OutboxEffect.owe_once(db, each) for each in owed] == [True, True, False]
