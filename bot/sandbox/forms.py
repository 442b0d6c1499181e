"""A modal on a person's screen: fields to fill by their labels, and submit."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.sandbox.errors import JSON, NotOfferedError
from bot.sandbox.limits_components import LABEL, ROW, TEXT_DISPLAY, TEXT_INPUT
from bot.sandbox.limits_modals import CHECKBOX, CHECKBOX_GROUP, FILE_UPLOAD, MAX_INPUT_TEXT, RADIO_GROUP
from bot.sandbox.picking import pick_values
from bot.sandbox.seen import Seen, Select
from bot.sandbox.world import Message

if TYPE_CHECKING:
    from bot.sandbox.people import Person


@dataclass(slots=True)
class Field:
    """One input of a form."""

    label: str
    custom_id: str
    kind: int
    required: bool
    value: str | None
    placeholder: str
    node: JSON

    @property
    def options(self) -> dict[str, str]:
        return {option["label"]: option["value"] for option in self.node.get("options") or []}


class Form:
    """An open modal."""

    def __init__(self, person: "Person", modal: JSON, source: Message | None, place: Any) -> None:
        self.person = person
        self.modal = modal
        self.source = source
        self.place = place

    def __repr__(self) -> str:
        return f"<Form {self.title!r}: {[field.label for field in self.fields]}>"

    @property
    def title(self) -> str:
        return str(self.modal["title"])

    @property
    def custom_id(self) -> str:
        return str(self.modal["custom_id"])

    @property
    def fields(self) -> list[Field]:
        return [_field(part) for part in self.modal["components"] if part["type"] != TEXT_DISPLAY]

    @property
    def text(self) -> str:
        lines = [self.title]
        lines += [part["content"] for part in self.modal["components"] if part["type"] == TEXT_DISPLAY]
        lines += [f"{field.label}: {field.value or ''}".rstrip() for field in self.fields]
        return "\n".join(lines)

    async def submit(self, values: Mapping[str, Any] | None = None) -> Seen:
        """Fill fields by label (or custom_id) and send; untouched ones keep their value.

        Several picks go in a list; a file is a pair of name and bytes.
        """
        given = dict(values or {})
        resolved: JSON = {}
        parts = [
            self._fill(index, part, given, resolved) for index, part in enumerate(self.modal["components"])
        ]
        if given:
            labels = [field.label for field in self.fields]
            raise NotOfferedError(f"{self.title!r} has no field {sorted(given)}; it has {labels}")
        data: JSON = {"custom_id": self.custom_id, "components": parts}
        if resolved:
            data["resolved"] = resolved
        return await self.person.send_form(self, data)

    def _fill(self, index: int, part: JSON, given: dict[str, Any], resolved: JSON) -> JSON:
        if part["type"] == TEXT_DISPLAY:
            return {"type": TEXT_DISPLAY, "id": index + 1}
        field = _field(part)
        untouched = object()
        value = given.pop(field.label, given.pop(field.custom_id, untouched))
        kept = field.value if value is untouched else value
        filled: JSON = {"type": field.kind, "id": index + 100, "custom_id": field.custom_id}
        filled |= self._answer(field, kept, resolved)
        inner: JSON = {"components": [filled]} if part["type"] == ROW else {"component": filled}
        return {"type": part["type"], "id": index + 1} | inner

    def _answer(self, field: Field, value: Any, resolved: JSON) -> JSON:
        if field.kind == TEXT_INPUT:
            return {"value": _checked_text(field, value)}
        if field.kind == CHECKBOX:
            return {"value": bool(value)}
        if field.kind == RADIO_GROUP:
            return {"value": field.options.get(value, value)}
        picks = [] if value is None else value if isinstance(value, list) else [value]
        if field.required and not picks:
            raise NotOfferedError(f"{field.label!r} must be filled")
        if field.kind == FILE_UPLOAD:
            return {"values": [self.person.upload(self.place, *pick, resolved=resolved) for pick in picks]}
        if field.kind == CHECKBOX_GROUP:
            return {"values": [field.options.get(pick, pick) for pick in picks]}
        chosen, more = pick_values(_menu(field), picks, self.place.guild)
        resolved |= more
        return {"values": chosen}


def _field(part: JSON) -> Field:
    node = part["component"] if part["type"] == LABEL else part["components"][0]
    label = part["label"] if part["type"] == LABEL else node["label"]
    return Field(
        label,
        node["custom_id"],
        node["type"],
        node.get("required", True),
        node.get("value") or _preset(node),
        node.get("placeholder") or "",
        node,
    )


def _preset(node: JSON) -> Any:
    """Return what is chosen before the person touches a select."""
    return [option["value"] for option in node.get("options") or [] if option.get("default")] or None


def _menu(field: Field) -> Select:
    most = field.node.get("max_values") or 1
    least = field.node.get("min_values")
    return Select(
        field.label,
        field.custom_id,
        field.kind,
        enabled=True,
        options=field.options,
        chosen=(),
        least=(1 if least is None else least) if field.required else 0,
        most=most,
    )


def _checked_text(field: Field, value: Any) -> str:
    text = "" if value is None else str(value)
    if not text:
        if field.required:
            raise NotOfferedError(f"{field.label!r} must be filled")
        return ""
    low, high = field.node.get("min_length") or 0, field.node.get("max_length") or MAX_INPUT_TEXT
    if not low <= len(text) <= high:
        raise NotOfferedError(f"{field.label!r} takes {low} to {high} characters")
    return text
