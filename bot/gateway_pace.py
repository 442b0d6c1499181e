"""Keeps reconnecting from becoming a storm: nextcord does it at once, and Discord counts sessions."""

import asyncio
from time import monotonic
from typing import Any

import nextcord

# Discord allows 1,000 new sessions a day and takes the token away from who wants more; 120 seconds make 720.
_FIRST, _LONGEST = 5.0, 120.0
_CALM = 600.0
_DOUBLED = 10
# A dropped connection is taken up again at once; one that drops again and again is not.
_AT_ONCE, _LONGEST_RECONNECT = 3, 30.0


class NoSession:
    """Stands for the connection that there never was: nextcord asks the last one for what to resume."""

    sequence = None
    session_id = None
    resume_url = None
    open = False
    latency = float("nan")

    def __bool__(self) -> bool:
        """None in every other respect."""
        return False


class Gaps:
    """Grows the time between two steps of a kind for as long as they follow each other closely."""

    def __init__(self, first: float, longest: float, *, free: int = 0) -> None:
        self._first, self._longest, self._free = first, longest, free
        self._last = float("-inf")
        self._count = 0

    async def turn(self) -> None:
        """Return when the next step may be taken; who is cancelled meanwhile has not taken it."""
        if monotonic() - self._last >= _CALM:
            self._count = 0
        late = self._count - self._free
        gap = min(self._first * 2 ** min(late - 1, _DOUBLED), self._longest) if late > 0 else 0.0
        await asyncio.sleep(max(0.0, self._last + gap - monotonic()))
        self._last = monotonic()
        self._count += 1


def keep_pace(client: nextcord.Client) -> None:
    """Let this client, which holds one connection, connect and identify no faster than Discord likes."""
    connecting, identifying = Gaps(1.0, _LONGEST_RECONNECT, free=_AT_ONCE), Gaps(_FIRST, _LONGEST)
    http: Any = client.http
    ws_connect = http.ws_connect

    async def connect(*arguments: Any, **options: Any) -> Any:
        await connecting.turn()
        return await ws_connect(*arguments, **options)

    async def before_identify(shard_id: int | None, *, initial: bool = False) -> None:  # noqa: ARG001 - nextcord's signature
        await identifying.turn()

    http.ws_connect = connect
    client.before_identify_hook = before_identify  # type: ignore[method-assign]
    client.ws = NoSession()  # type: ignore[assignment]
