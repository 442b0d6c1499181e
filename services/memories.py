"""Memories that every process loses at once when one of them changes what they hold."""

from collections import defaultdict
from collections.abc import Hashable
from datetime import timedelta
from functools import partial
from typing import Any

from services.clock import Clock
from services.remembered import Remembered
from services.wakeups import Wakeups


class Memories:
    """Makes what services remember for a moment; without Redis the moment's end is what others see."""

    def __init__(self, clock: Clock, wakeups: Wakeups) -> None:
        self._clock = clock
        self._wakeups = wakeups
        self._made: defaultdict[str, list[Remembered[Any, Any]]] = defaultdict(list)

    def make[K: Hashable, V](self, name: str, life: timedelta) -> Remembered[K, V]:
        """A memory by a name that means the same in every process; those that share one are lost together."""
        made = Remembered[K, V](self._clock, life, partial(self._changed, name))
        self._wakeups.on_change(name, made.lose)
        self._made[name].append(made)
        return made

    def forget(self) -> None:
        """Let all be read anew, here and in every other process: it is not known what was changed."""
        for name in list(self._made):
            self._changed(name)

    def _changed(self, name: str) -> None:
        for each in self._made[name]:
            each.lose()
        self._wakeups.tell_of_change(name)
