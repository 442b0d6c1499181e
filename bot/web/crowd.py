"""How many connections there may be at once, and whose ends when there are too many or one never ends."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Iterator
from typing import Protocol

# A process may open 1,024 files on most machines, and the database needs some of them.
MOST = 500
READ_WITHIN = 60.0  # seconds for a client to take in an answer
_LOOK_EVERY = 1.0
_ONE_LINE_PER = 60.0

log = logging.getLogger(__name__)


class Waiting(Protocol):
    """A connection as the crowd sees it."""

    @property
    def waits_since(self) -> float | None:
        """Since when it waits for a request; None while there is one."""


class _Place:
    """What is known of one connection."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self.transport = transport
        peer = transport.get_extra_info("peername")
        self.address = str(peer[0]) if peer else ""
        self.writing_since: float | None = None


class Crowd:
    """The open connections; nobody who has a request under way is ever sent off for one who has none.

    When all places are taken, the connection that has waited longest goes, of the address that holds most
    of them: whoever opens hundreds and sends nothing makes room for everybody else.
    """

    def __init__(self, most: int = MOST, read_within: float = READ_WITHIN) -> None:
        self._most = most
        self._read_within = read_within
        self._places: dict[Waiting, _Place] = {}
        self._looking: asyncio.Task[None] | None = None
        self._told = -_ONE_LINE_PER

    def enter(self, connection: Waiting, transport: asyncio.Transport) -> None:
        """Let a connection in, in place of another one where there is no room."""
        if len(self._places) >= self._most:
            self._make_room(transport)
        self._places[connection] = _Place(transport)

    def leave(self, connection: Waiting) -> None:
        """Forget a connection that is over."""
        self._places.pop(connection, None)

    def watch(self) -> None:
        """Begin to look for clients that do not take in their answers."""
        self._looking = asyncio.create_task(self._look(), name="crowd")

    def rest(self) -> None:
        """End that."""
        if self._looking is not None:
            self._looking.cancel()

    def _make_room(self, newcomer: asyncio.Transport) -> None:
        waiting = dict(self._idle())
        held = Counter(place.address for place in waiting)
        longest = min(waiting, key=lambda place: (-held[place.address], waiting[place]), default=None)
        # With a request on every connection there is nobody to send off for the newcomer.
        (longest.transport if longest else newcomer).abort()
        if time.monotonic() - self._told >= _ONE_LINE_PER:
            self._told = time.monotonic()
            log.warning("connections_full", extra={"most": self._most, "waiting": len(waiting)})

    def _idle(self) -> Iterator[tuple[_Place, float]]:
        for connection, place in self._places.items():
            since = connection.waits_since
            if since is not None and not place.transport.is_closing():
                yield place, since

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(min(_LOOK_EVERY, self._read_within))
            for place in list(self._places.values()):
                self._hurry(place, time.monotonic())

    def _hurry(self, place: _Place, now: float) -> None:
        """Break off where an answer has been on its way for too long, however it trickles."""
        if place.transport.get_write_buffer_size() == 0:
            place.writing_since = None
        elif place.writing_since is None:
            place.writing_since = now
        elif now - place.writing_since > self._read_within:
            place.transport.abort()
