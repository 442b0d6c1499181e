"""(h) What 10,000 guilds, 10 million customers and 100 million orders weigh, from real documents."""

import sys
from pathlib import Path

from bench.report import Figure, Table
from bench.scale import living, weighing
from bench.scale.growing import Crowd
from bench.scale.weighing import GUILDS, ORDERS, Weight
from bot.embedded import Mongod
from bot.outside import open_database
from models.registry import create_indexes

SAMPLE = 8000
_GB = 1e9


async def measure(folder: Path) -> Table:
    """Every figure of part (h)."""
    async with Mongod(folder, cache_gb=1.0) as uri:
        few, many = open_database(uri, "few"), open_database(uri, "many")
        lived = await living.live(few)
        _tell(f"{lived.orders} orders lived through")
        # It would not weigh what is older than its time.
        await many.client.admin.command("setParameter", 1, ttlMonitorEnabled=False)
        await create_indexes(many)
        crowd = await Crowd.of(few, lived)
        grown = await crowd.grow(uri, many.database.name, SAMPLE)
        _tell(f"{grown:,} orders grown from them")
        await weighing.cleared(many)
        weights = await weighing.weigh(many, grown)
        others = [await weighing.key_index(many), await weighing.replay(many)]
        few.client.close()
        many.client.close()
    figures = [_shown(each) for each in weights]
    return Table(
        f"A year of {GUILDS:,} guilds and {ORDERS:,} orders, in GB", [*figures, *_sums(weights), *others]
    )


def _tell(what: str) -> None:
    sys.stderr.write(f"{what}\n")


def _shown(each: Weight) -> Figure:
    note = (
        f"{each.per_order:.2f} rows an order; {each.bson:.0f} B each, {each.stored:.0f} B stored, "
        f"{each.index:.0f} B in {each.indexes} indexes; kept {each.kept}"
    )
    return Figure(each.name, each.total / _GB, None, note)


def _sums(weights: list[Weight]) -> list[Figure]:
    whole = sum(each.total for each in weights)
    index = sum(each.rows * each.index for each in weights)
    forever = sum(each.total for each in weights if each.kept == "for ever")
    largest = weighing.largest()
    fresh = [each for each in weights if each.name != weighing.CLEARED]
    rows, entries = sum(each.per_order for each in fresh), sum(each.entries for each in fresh)
    second = ORDERS / (365 * 24 * 3600)
    return [
        Figure("all of it", whole / _GB, None, f"of it {index / _GB:.0f} in indexes"),
        Figure("what the second year adds", forever / _GB, None, "books and audit, which stay"),
        Figure(
            "the largest guild", whole * largest / _GB, None, f"{100 * largest:.1f}% of all, by Zipf's law"
        ),
        Figure(
            "rows that an order makes", rows, None, f"{second * rows:.0f} a second at {second:.1f} orders"
        ),
        Figure("entries of indexes for them", entries, None, f"{second * entries:.0f} a second"),
    ]
