"""What somebody typed into a form that was refused, so that they mend one field and type no more anew."""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from copy import deepcopy
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from services.clock import Clock

_LIFE = timedelta(minutes=15)
_MOST = 2000
_LEAST_SECONDS = 0.05

type Who = tuple[str, str]


class _Kept(NamedTuple):
    payload: dict[str, Any]
    until: datetime


class SecondTries:
    """The last form of each person in each server, for a quarter of an hour and no longer.

    It may be lost at any time: then a button fewer is shown, or the button says so (ADR 44).
    """

    def __init__(self, clock: Clock, life: timedelta = _LIFE) -> None:
        self._clock = clock
        self._life = life
        self._forms: OrderedDict[Who, _Kept] = OrderedDict()
        self._ending: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._forms)

    def shown(self, who: Who, payload: dict[str, Any]) -> None:
        """Remember a form that was opened; the oldest are forgotten when there are too many."""
        self._forms[who] = _Kept(payload, self._clock.now() + self._life)
        self._forms.move_to_end(who)
        while len(self._forms) > _MOST:
            self._forms.popitem(last=False)
        if self._ending is None:
            self._end_later()

    def forget(self, who: Who) -> None:
        """Keep nothing of this person's forms here."""
        self._forms.pop(who, None)

    def lose(self) -> None:
        """Keep nothing of anybody's."""
        self._forms.clear()

    def _end_later(self) -> None:
        """Come back when the oldest has been kept long enough, also where nobody opens another form."""
        oldest = next(iter(self._forms.values()))
        wait = max((oldest.until - self._clock.now()).total_seconds(), _LEAST_SECONDS)
        self._ending = asyncio.get_running_loop().call_later(wait, self._end)

    def _end(self) -> None:
        now, self._ending = self._clock.now(), None
        for who in [who for who, kept in self._forms.items() if kept.until <= now]:
            self.forget(who)
        if self._forms:
            self._end_later()

    def refused(self, who: Who, custom_id: str, typed: Mapping[str, str]) -> bool:
        """Write into the form what was typed; False when another form, or none, is remembered."""
        payload = self.again(who)
        if payload is None or payload["custom_id"] != custom_id:
            return False
        made = deepcopy(payload)
        for part in made["components"]:
            field = part["component"]
            text = typed.get(field["custom_id"], "")[: field["max_length"]]
            field.pop("value", None)
            if len(text) >= max(field["min_length"], 1):
                field["value"] = text
        self.shown(who, made)
        return True

    def again(self, who: Who) -> dict[str, Any] | None:
        """The form as it was filled in; None when it is not remembered any more."""
        kept = self._forms.get(who)
        return kept.payload if kept and kept.until > self._clock.now() else None
