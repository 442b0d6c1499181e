"""What Discord refuses in a modal: classic rows of text inputs, and labels around any input."""

from typing import Any

from bot.sandbox.errors import JSON, Path, Problems
from bot.sandbox.limits_components import (
    AUTO_SELECTS,
    LABEL,
    ROW,
    STRING_SELECT,
    TEXT_DISPLAY,
    TEXT_INPUT,
    check_custom_id_unique,
    check_select,
)

MAX_INPUTS = 5
MAX_INPUT_TEXT = 4000
FILE_UPLOAD, RADIO_GROUP, CHECKBOX_GROUP, CHECKBOX = 19, 21, 22, 23
_LABELLED = (STRING_SELECT, TEXT_INPUT, *AUTO_SELECTS, FILE_UPLOAD, RADIO_GROUP, CHECKBOX_GROUP, CHECKBOX)


def check_modal(data: JSON, path: Path) -> None:
    """Raise Invalid Form Body when Discord would not open this modal."""
    problems = Problems()
    problems.text(data.get("custom_id"), (*path, "custom_id"), 100, low=1, needed=True)
    problems.text(data.get("title"), (*path, "title"), 45, low=1, needed=True)
    ids: set[str] = set()
    here = (*path, "components")
    for index, part in enumerate(problems.items(data.get("components"), here, 1, MAX_INPUTS)):
        _check_part(part, (*here, index), problems, ids)
    problems.settle()


def _check_part(part: JSON, path: Path, problems: Problems, ids: set[str]) -> None:
    kind = part.get("type")
    if kind == ROW:
        inner = problems.items(part.get("components"), (*path, "components"), 1, 1)
        for index, field in enumerate(inner):
            _check_input(field, (*path, "components", index), problems, labelled=False)
            check_custom_id_unique(field, (*path, "components", index), problems, ids)
    elif kind == LABEL:
        problems.text(part.get("label"), (*path, "label"), 45, low=1, needed=True)
        problems.text(part.get("description"), (*path, "description"), 100)
        field = part.get("component") or {}
        _check_input(field, (*path, "component"), problems, labelled=True)
        check_custom_id_unique(field, (*path, "component"), problems, ids)
    elif kind != TEXT_DISPLAY:
        problems.add(
            (*path, "type"), "UNION_TYPE_CHOICES", 'Value of field "type" must be one of (1, 10, 18).'
        )


def _check_input(field: JSON, path: Path, problems: Problems, *, labelled: bool) -> None:
    kind = field.get("type")
    allowed = _LABELLED if labelled else (TEXT_INPUT,)
    if kind not in allowed:
        problems.add(
            (*path, "type"), "UNION_TYPE_CHOICES", f'Value of field "type" must be one of {allowed}.'
        )
    elif kind == TEXT_INPUT:
        _check_text_input(field, path, problems, labelled=labelled)
    elif kind == STRING_SELECT or kind in AUTO_SELECTS:
        check_select(field, path, problems)
    else:
        problems.text(field.get("custom_id"), (*path, "custom_id"), 100, low=1, needed=True)


def _check_text_input(field: JSON, path: Path, problems: Problems, *, labelled: bool) -> None:
    problems.text(field.get("custom_id"), (*path, "custom_id"), 100, low=1, needed=True)
    if not labelled:
        problems.text(field.get("label"), (*path, "label"), 45, low=1, needed=True)
    problems.text(field.get("placeholder"), (*path, "placeholder"), 100)
    low, high = field.get("min_length"), field.get("max_length")
    problems.whole(field.get("style") or 0, (*path, "style"), 1, 2)
    problems.whole(low, (*path, "min_length"), 0, MAX_INPUT_TEXT)
    problems.whole(high, (*path, "max_length"), 1, MAX_INPUT_TEXT)
    _check_value(field.get("value"), path, problems, low, high)


def _check_value(value: Any, path: Path, problems: Problems, low: Any, high: Any) -> None:
    most = high if isinstance(high, int) else MAX_INPUT_TEXT
    least = low if isinstance(low, int) and value else 0
    problems.text(value, (*path, "value"), most, low=least)
