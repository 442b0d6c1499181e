"""Knows since when nobody takes writes, so that a crowd need not wait one after the other to learn it."""

import time

from pymongo.errors import AutoReconnect
from pymongo.monitoring import (
    TopologyClosedEvent,
    TopologyDescriptionChangedEvent,
    TopologyListener,
    TopologyOpenedEvent,
)

# An election that was asked for is over sooner.
_SECONDS = 3.0


class NobodyThere(AutoReconnect):
    """No server has taken writes for a while, so this was not even tried."""


class PrimaryMonitor(TopologyListener):
    """Hears from the driver which servers there are; the driver's threads call it."""

    def __init__(self, seconds: float = _SECONDS) -> None:
        """Take for how long it is worth waiting for a server that takes writes."""
        self._seconds = seconds
        self._away_since: float | None = None
        self._asked = False

    def check(self) -> None:
        """Raise NobodyThere when it has been worth no waiting for a while."""
        since = self._away_since
        if not self._asked:
            # Before anybody asks, the driver looks for no server, so that none is missed.
            self._asked, since = True, None
            self._away_since = self._away_since and time.monotonic()
        if since is not None and time.monotonic() - since > self._seconds:
            raise NobodyThere("no server takes writes")

    def opened(self, event: TopologyOpenedEvent) -> None:
        """Nothing is known yet; whoever asks first finds out."""

    def description_changed(self, event: TopologyDescriptionChangedEvent) -> None:
        """Note when the last server that takes writes goes, and when the first one comes."""
        now = event.new_description
        known = any(each.is_server_type_known for each in now.server_descriptions().values())
        if known and now.has_writable_server():
            self._away_since = None
        elif self._away_since is None:
            self._away_since = time.monotonic()

    def closed(self, event: TopologyClosedEvent) -> None:
        """The client says so itself."""
