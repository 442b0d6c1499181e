"""A short form: up to five texts that a person fills in."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cogs._ui.stamp import stamp_of, still
from cogs._ui.target import Target
from cogs._ui.text import BLANK, cut, label
from models.errors import BadInput

_MAX_INPUTS = 5
_MAX_TEXT = 4000
_SHORT, _LONG = 1, 2
_LABEL, _TEXT_INPUT = 18, 4


@dataclass(slots=True)
class Input:
    """One text; a present value that is longer than `max_length` widens it, so that editing loses nothing."""

    key: str
    label: str
    value: str = ""
    required: bool = True
    long: bool = False
    min_length: int = 0
    max_length: int = 0
    placeholder: str = ""
    hint: str = ""

    def payload(self) -> dict[str, Any]:
        """The input with its label, as Discord wants it."""
        most = self.max_length or (_MAX_TEXT if self.long else 200)
        most = min(max(most, len(self.value)), _MAX_TEXT)
        field: dict[str, Any] = {
            "type": _TEXT_INPUT,
            "custom_id": self.key,
            "style": _LONG if self.long else _SHORT,
            "required": self.required,
            "min_length": self.min_length,
            "max_length": most,
        }
        if len(self.value) >= max(self.min_length, 1):
            field["value"] = cut(self.value, _MAX_TEXT)
        if self.placeholder:
            field["placeholder"] = label(self.placeholder, 100)
        made: dict[str, Any] = {"type": _LABEL, "label": label(self.label, 45) or BLANK, "component": field}
        if self.hint:
            made["description"] = label(self.hint, 100)
        return made


@dataclass(slots=True)
class Form:
    """A title and 1 to 5 inputs; raises ValueError for more or none.

    One that `edits` carries a stamp of what it shows, as the last argument of where it leads; `beside` is
    what it overwrites and does not show. What is typed into one that is `private` is remembered nowhere.
    """

    title: str
    to: Target
    inputs: Sequence[Input]
    edits: bool = False
    beside: Sequence[str] = ()
    private: bool = False

    @property
    def stamp(self) -> str:
        """A short name for what the inputs say before anybody types."""
        return stamp_of(self._said)

    @property
    def _said(self) -> list[str]:
        return [json.dumps([each.key, each.value]) for each in self.inputs] + [*self.beside]

    def still(self, seen: str) -> None:
        """Return if this is what was opened; raises RecordChanged when somebody else was faster."""
        still(seen, self._said)

    def payload(self, guild_prefix: str | None = None) -> dict[str, Any]:
        """The form as Discord wants it; the prefix tells the guild in a DM."""
        if not 1 <= len(self.inputs) <= _MAX_INPUTS:
            raise ValueError(f"a form takes 1 to {_MAX_INPUTS} inputs, not {len(self.inputs)}")
        to = self.to.further(self.stamp) if self.edits else self.to
        return {
            "custom_id": (guild_prefix or "") + to.custom_id,
            "title": label(self.title, 45) or BLANK,
            "components": [each.payload() for each in self.inputs],
        }


class Filled(dict[str, str]):
    """What was typed, by the inputs' keys; raises BadInput for one that a hand-made form left out."""

    def __missing__(self, key: str) -> str:
        raise BadInput(key, "required")


def filled(data: Mapping[str, Any]) -> Filled:
    """What was typed, out of a submitted form's data."""
    parts = data.get("components") or ()
    inputs = [each for part in parts for each in (part.get("components") or [part.get("component") or {}])]
    return Filled(
        {each["custom_id"]: str(each.get("value") or "").strip() for each in inputs if "custom_id" in each}
    )
