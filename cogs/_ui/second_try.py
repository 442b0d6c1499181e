"""What somebody typed into a form that was refused, so that they mend one field and type no more anew."""

from collections import OrderedDict
from collections.abc import Mapping
from copy import deepcopy
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from services.clock import Clock

_LIFE = timedelta(minutes=15)
_MOST = 2000

type Who = tuple[str, str]


class _Kept(NamedTuple):
    payload: dict[str, Any]
    until: datetime


class SecondTries:
    """The last form of each person in each server, for a quarter of an hour.

    It may be lost at any time: then a button fewer is shown, or the button says so (ADR 44).
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._forms: OrderedDict[Who, _Kept] = OrderedDict()

    def shown(self, who: Who, payload: dict[str, Any]) -> None:
        """Remember a form that was opened; the oldest are forgotten when there are too many."""
        self._forms[who] = _Kept(payload, self._clock.now() + _LIFE)
        self._forms.move_to_end(who)
        while len(self._forms) > _MOST:
            self._forms.popitem(last=False)

    def forget(self, who: Who) -> None:
        """Keep nothing of this person's forms here."""
        self._forms.pop(who, None)

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
