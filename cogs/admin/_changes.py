"""What an act of staff changed, as lines that people read: before and after, side by side."""

from collections.abc import Iterator, Mapping
from typing import Any

from cogs._ui.text import cut, plain, width
from cogs._ui.words import Words
from cogs.admin._act_details import detail_word, label, like
from cogs.admin._panel_names import declared_as
from cogs.admin._panel_values import inner, said
from models.audit import AuditLog
from services.panel.hiding import without

_VALUE = 150


def changes(act: AuditLog, currency: str, w: Words, limit: int = 3000) -> str:
    """Each field with what it was and what it became; what is too long for a card is in the file."""
    lines: list[str] = []
    for line in _lines(act, currency, w):
        if sum(map(width, lines)) + width(line) > limit:
            lines.append(w("More than fits here; the file has it all."))
            break
        lines.append(line)
    return "\n".join(lines) or w("Nothing was written down with it.")


def _lines(act: AuditLog, currency: str, w: Words) -> Iterator[str]:
    meta, kind = without(act.meta), declared_as(act.entity_type)
    before, after = _part(meta, "before"), _part(meta, "after")
    stated = after.get("currency")
    currency = stated if isinstance(stated, str) and stated else currency

    def read(name: str, value: Any) -> str:
        if (known := detail_word(act.action, name, value, w)) is not None:
            return plain(cut(known, _VALUE))
        return said(like(name), value, currency, w, _VALUE, kind=kind)

    for name in [each for each in {**before, **after} if not inner(each)]:
        new = read(name, after.get(name))
        if name in before and before.get(name) != after.get(name):
            yield f"**{plain(label(name, w))}**: {read(name, before[name])} → {new}"
        else:
            yield f"**{plain(label(name, w))}**: {new}"


def _part(meta: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = meta.get(name)
    return found if isinstance(found, Mapping) else {}
