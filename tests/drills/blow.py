"""Strikes at a chosen command of the shop: before the server hears it, or once it was carried out."""

import os
from collections.abc import Callable, Iterator

from pymongo.monitoring import (
    CommandFailedEvent,
    CommandListener,
    CommandStartedEvent,
    CommandSucceededEvent,
)

# Every point instead of a sample of them: SHOP_DRILL_ALL=1.
ALL = "SHOP_DRILL_ALL"


class Blow(CommandListener):
    """Counts commands, and does what it was told at the n-th, on the driver's thread, which waits for it."""

    def __init__(self) -> None:
        self.commands = 0
        self._at = 0
        self._heard = False
        self._of: str | None = None
        self._strike: Callable[[], object] | None = None

    def arm(self, at: int, strike: Callable[[], object], *, heard: bool, of: str | None = None) -> None:
        """Strike at the n-th command from now on: before the server hears it, or once it was carried out.

        With `of` only commands of that name are counted.
        """
        self.commands, self._at, self._heard = 0, at, heard
        self._of, self._strike = of, strike

    def disarm(self) -> bool:
        """Strike no more; whether it did."""
        struck, self._strike = self._strike is None, None
        return struck

    def started(self, event: CommandStartedEvent) -> None:
        """The command is about to be sent."""
        if self._counts(event.command_name):
            self.commands += 1
            self._now(heard=False)

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """The server has carried it out."""
        if self._counts(event.command_name):
            self._now(heard=True)

    def failed(self, event: CommandFailedEvent) -> None:
        """A refused command changes nothing."""

    def _counts(self, name: str) -> bool:
        return name != "endSessions" if self._of is None else name == self._of

    def _now(self, *, heard: bool) -> None:
        if self._strike is not None and heard is self._heard and self.commands == self._at:
            strike, self._strike = self._strike, None
            strike()


def points(commands: int, many: int) -> Iterator[int]:
    """So many of the commands 1 to `commands`, spread evenly, with the first and the last; or all of them."""
    if os.environ.get(ALL) or many >= commands:
        yield from range(1, commands + 1)
        return
    yield from sorted({1 + round(at * (commands - 1) / (many - 1)) for at in range(many)})
