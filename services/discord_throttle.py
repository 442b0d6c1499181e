"""Knows whether Discord answers, and how often it refused us lately, so that effects do not storm it."""

import asyncio
import logging
import random
from collections import deque
from datetime import datetime, timedelta

from services.breaker import Breaker
from services.clock import Clock

# Discord's edge bans an address for a while after 10,000 answers of 401, 403 or 429 in ten minutes. Several
# processes may share an address, and people's clicks may be refused, too: effects keep to a fifth.
REFUSALS = 2000
WINDOW = timedelta(minutes=10)
_REFUSED = frozenset({401, 403, 429})
_UNAUTHORISED, _BROKEN = 401, 500
# Discord has been known to say so by mistake, but not three times running.
_SHUT_OUT = 3
_PLACE = "discord"
_LOOK_AGAIN = timedelta(minutes=1)
_JITTER = 0.2
# What failed or waited for Discord's sake, and is made to happen at once when it is back.
DOWN, LOST, LIMITED, RESTS = "discord_down", "discord_lost", "rate_limited", "discord_rests"
REFUSED = "token_refused"
FOR_DISCORD = (DOWN, LOST, LIMITED, RESTS, REFUSED)

log = logging.getLogger(__name__)


class DiscordThrottle:
    """Hears of every answer of Discord's API, and says whether an effect may ask it for something now."""

    def __init__(self, clock: Clock, *, refusals: int = REFUSALS) -> None:
        self._clock = clock
        self._most = refusals
        self._breaker = Breaker(clock)
        self._refusals: deque[datetime] = deque(maxlen=refusals)
        self._waits_until: datetime | None = None
        self._next: datetime | None = None
        self._unauthorised = 0
        self.away = self._back = False
        self._slow = False
        self.shut_out = asyncio.Event()

    def answered(self, status: int, wait: float | None = None) -> None:
        """Hear of an answer; `wait` says for how many seconds nothing at all may be asked."""
        now = self._clock.now()
        if status in _REFUSED:
            self._refusals.append(now)
        if wait is not None:
            self._waits_until = now + timedelta(seconds=wait)
        self._unauthorised = self._unauthorised + 1 if status == _UNAUTHORISED else 0
        if self._unauthorised >= _SHUT_OUT:
            self.shut_out.set()
        if status >= _BROKEN:
            self._failed()
        else:
            self._there()

    def lost(self) -> None:
        """Hear that no answer came."""
        self._failed()

    def pause(self) -> timedelta | None:
        """None where an effect may ask now; else when to look again."""
        now = self._clock.now()
        if self.shut_out.is_set() or not self._breaker.enter(_PLACE):
            return _LOOK_AGAIN * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311 - spread, not secrecy
        if self._waits_until is not None and self._waits_until > now:
            return self._waits_until - now
        return self._spread(now)

    def came_back(self) -> bool:
        """Whether Discord is there again after it was not, which is told once."""
        back, self._back = self._back, False
        return back

    def not_told(self) -> None:
        """Whoever heard that Discord is back could not act upon it."""
        self._back = True

    def _there(self) -> None:
        self._breaker.succeeded(_PLACE)
        if self.away:
            self.away, self._back = False, True
            log.info("discord_back")

    def _failed(self) -> None:
        self._breaker.failed(_PLACE)
        if self._breaker.is_open(_PLACE) and not self.away:
            self.away = True
            log.warning("discord_away")

    def _spread(self, now: datetime) -> timedelta | None:
        """With half of what is bearable used up, effects go one by one, so slowly that the rest lasts."""
        while self._refusals and self._refusals[0] + WINDOW <= now:
            self._refusals.popleft()
        slow = len(self._refusals) * 2 >= self._most
        if slow is not self._slow:
            self._slow = slow
            log.warning("discord_refusals", extra={"count": len(self._refusals), "slow": slow})
        if not slow:
            return None
        if len(self._refusals) >= self._most:
            return self._refusals[0] + WINDOW - now
        if self._next is not None and self._next > now:
            return self._next - now
        self._next = now + WINDOW / (self._most / 2)
        return None
