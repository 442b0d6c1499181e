"""The shop in which something of everything has happened, also for those who mean it no good."""

from tests.cogs.admin.conftest import buy, claim, neighbour
from tests.cogs.admin.walk.conftest import counter, stocked

__all__ = ["buy", "claim", "counter", "neighbour", "stocked"]
