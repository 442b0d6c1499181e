"""Which of Discord's shards one process holds, as people write it: 0-3/16."""

import re
from typing import NamedTuple

_WRITTEN = re.compile(r"(?P<first>\d{1,5})(?:-(?P<last>\d{1,5}))?/(?P<count>\d{1,5})", re.ASCII)
_SHIFT = 22


class Shards(NamedTuple):
    """The shards from first to last, of so many in all."""

    first: int
    last: int
    total: int

    @property
    def ids(self) -> list[int]:
        """Every one of them."""
        return list(range(self.first, self.last + 1))

    @property
    def written(self) -> str:
        """As people write it."""
        return f"{self.first}-{self.last}/{self.total}"

    @property
    def all(self) -> bool:
        """Whether no other process has to hold any."""
        return len(self.ids) == self.total


def shards(text: str) -> Shards:
    """Read a range; raises ValueError saying what is wrong with it."""
    found = _WRITTEN.fullmatch(text.strip())
    if found is None:
        raise ValueError("must be a range and how many there are in all, such as 0-3/16, or one, such as 0/2")
    first, count = int(found["first"]), int(found["count"])
    last = int(found["last"] or first)
    if count < 1:
        raise ValueError("must have at least one shard in all, as in 0/1")
    if first > last:
        raise ValueError(f"must begin with the lower number: {last}-{first}/{count}")
    if last >= count:
        raise ValueError(f"must stay below {count}: of {count} shards the last one is {count - 1}")
    return Shards(first, last, count)


def shard_of(guild_id: int, count: int) -> int:
    """Which of so many shards hears of a server, by Discord's formula."""
    return (guild_id >> _SHIFT) % count
