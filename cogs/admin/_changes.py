"""What an act of staff changed, as lines that people read: before and after, side by side."""

from collections.abc import Iterator, Mapping
from typing import Any

from cogs._ui.text import width
from cogs._ui.words import Words
from cogs.admin._panel_fields import field
from cogs.admin._panel_names import declared_as
from cogs.admin._panel_values import said
from models.audit import AuditLog
from services.panel.contract import Declared
from services.panel.hiding import without

_VALUE = 150


def changes(act: AuditLog, currency: str, w: Words, limit: int = 3000) -> str:
    """Each field with what it was and what it became; what is too long for a card is in the file."""
    lines: list[str] = []
    for line in _lines(without(act.meta), declared_as(act.entity_type), currency, w):
        if sum(map(width, lines)) + width(line) > limit:
            lines.append(w("More than fits here; the file has it all."))
            break
        lines.append(line)
    return "\n".join(lines) or w("Nothing was written down with it.")


def _lines(meta: Mapping[str, Any], kind: Declared | None, currency: str, w: Words) -> Iterator[str]:
    before, after = _part(meta, "before"), _part(meta, "after")
    for name in {**before, **after}:
        new = said(name, after.get(name), currency, w, _VALUE, kind=kind)
        if name in before and before.get(name) != after.get(name):
            old = said(name, before[name], currency, w, _VALUE, kind=kind)
            yield f"**{field(name, w)}**: {old} → {new}"
        else:
            yield f"**{field(name, w)}**: {new}"


def _part(meta: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = meta.get(name)
    return found if isinstance(found, Mapping) else {}
