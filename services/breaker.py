"""Stops asking a service that is down, so that nobody waits for it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from services.clock import Clock

FAILURES = 3
REST = timedelta(seconds=30)


@dataclass
class _State:
    failures: int = 0
    rests_until: datetime | None = None


class Breaker:
    """For each address: after three failures in a row it rests for 30 seconds, then one call may try it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._states: dict[str, _State] = {}

    def is_open(self, place: str) -> bool:
        """Whether the address rests."""
        state = self._states.get(place)
        return state is not None and state.rests_until is not None and state.rests_until > self._clock.now()

    def resting(self) -> list[str]:
        """The addresses that rest now."""
        return [place for place in self._states if self.is_open(place)]

    def enter(self, place: str) -> bool:
        """Whether a call may be made now; after a rest one caller is let through, the others wait for it."""
        if self.is_open(place):
            return False
        state = self._states.get(place)
        if state is not None and state.rests_until is not None:
            state.rests_until = self._clock.now() + REST
        return True

    def succeeded(self, place: str) -> None:
        """Note that the address answers."""
        self._states.pop(place, None)

    def failed(self, place: str) -> None:
        """Note that a call got no answer."""
        state = self._states.setdefault(place, _State())
        state.failures += 1
        if state.failures >= FAILURES:
            state.rests_until = self._clock.now() + REST
