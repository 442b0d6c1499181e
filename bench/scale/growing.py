"""Makes many shops of one: each record again and again, under ids, names and times of its own."""

import asyncio
import random
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bson import ObjectId
from pymongo import MongoClient

from bench.scale.living import Lived
from models.base import Db

type Row = dict[str, Any]

_TENANTS = 300
_YEAR = timedelta(days=365)
_SINCE = datetime(2025, 1, 1)  # noqa: DTZ001 - as the raw driver reads and writes them
# Ids of records, of people, of providers' events, and digests; the numbers of orders are told by themselves.
_IDS = r"\b[0-9a-f]{24}\b|\b5000000000000001\d\d\b|evt-\w+|\b[0-9a-f]{64}\b"
# No name is shorter than an order's number.
_SHORTEST = 8
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
# What a shop has once, or a few of, however many buy there.
_ONCE = frozenset({"products", "discounts", "inventorysnapshots", "tenants", "botconfigs", "counters"})
_ONCE |= frozenset({"providers", "featureflags", "userthemes", "rolechecks", "communityfundconfigs"})


@dataclass
class Crowd:
    """The records of some orders, by collection, and what stays as it is in all copies."""

    rows: dict[str, list[Row]]
    shop: str
    orders: int
    keep: frozenset[str] = field(default_factory=frozenset)

    @classmethod
    async def of(cls, db: Db, lived: Lived) -> "Crowd":
        """What was left behind."""
        names = [name for name in await db.database.list_collection_names() if name not in _ONCE]
        rows = {name: [_naive(row) async for row in db.database[name].find({})] for name in names}
        goods = await db.database["products"].distinct("_id") + await db.database["discounts"].distinct("_id")
        return cls(rows, lived.shop.id, lived.orders, frozenset(map(str, goods)))

    async def grow(self, uri: str, database: str, orders: int) -> int:
        """Copy it until there are so many orders, in the order of time; how many there are."""
        rounds = max(1, orders // self.orders)
        await asyncio.to_thread(self._grow, uri, database, rounds)
        return rounds * self.orders

    def _grow(self, uri: str, database: str, rounds: int) -> None:
        dice = random.Random(7)  # noqa: S311 - the same crowd every time
        tenants = [str(ObjectId()) for _ in range(_TENANTS)]
        shares = [1 / place for place in range(1, _TENANTS + 1)]
        with MongoClient[Row](uri) as client:
            for turn in range(rounds):
                [tenant] = dice.choices(tenants, shares)
                copy = _Copy(self, tenant, dice, _YEAR * turn / rounds)
                for name, rows in self.rows.items():
                    made = [copy.of(row) for row in rows]
                    if made:
                        client[database][name].insert_many(made, ordered=False)


class _Copy:
    """One more of everything, in another shop and at another time."""

    def __init__(self, crowd: Crowd, tenant: str, dice: random.Random, later: timedelta) -> None:
        self._known = {crowd.shop: tenant, **{key: key for key in crowd.keep}}
        self._numbers = {row["orderNumber"] for row in crowd.rows["orders"]}
        self._names = re.compile("|".join([_IDS, *sorted(self._numbers)]))
        self._later = _SINCE + later - min(row["createdAt"] for row in crowd.rows["orders"])
        self._dice = dice

    def of(self, value: Any) -> Any:
        """The same with other ids, names and times; lengths stay."""
        match value:
            case dict():
                made: Any = {name: self.of(each) for name, each in value.items()}
            case list():
                made = [self.of(each) for each in value]
            case ObjectId():
                made = ObjectId(self._renamed(str(value)))
            case datetime():
                made = value + self._later
            case str() if len(value) >= _SHORTEST:
                made = self._names.sub(lambda found: self._renamed(found[0]), value)
            case bytes() if value.isascii():
                made = self.of(value.decode()).encode()
            case _:
                made = value
        return made

    def _renamed(self, old: str) -> str:
        if old not in self._known:
            self._known[old] = self._new(old)
        return self._known[old]

    def _new(self, old: str) -> str:
        if old in self._numbers:
            return "".join(self._dice.choices(_ALPHABET, k=len(old)))
        if old.startswith("evt-"):
            return f"evt-{self._dice.getrandbits(80):020x}"
        if old.isdecimal():
            return str(self._dice.randrange(5 * 10**17, 6 * 10**17))
        return str(ObjectId()) if len(old) == len(str(ObjectId())) else f"{self._dice.getrandbits(256):064x}"


def _naive(row: Any) -> Any:
    match row:
        case dict():
            return {name: _naive(each) for name, each in row.items()}
        case list():
            return [_naive(each) for each in row]
        case datetime():
            return row.replace(tzinfo=None)
        case _:
            return row
