"""How stored values read in the panel and in the audit log."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cogs._ui.card import code, plain
from cogs._ui.text import cut
from cogs._ui.words import Words
from cogs.admin._reach import is_id
from cogs.admin._value_words import value_word
from services.panel.contract import Declared
from services.panel.hiding import HIDDEN

NOTHING = "–"  # noqa: RUF001 - a dash, where nothing is
_PEOPLE = frozenset(
    {
        *("discordId", "discordUserId", "customer.discordId", "actorId", "userId", "recipientId"),
        *("ownerUserId", "adminUserIds", "approverUserId", "approvedBy", "confirmedBy", "replacedById"),
    }
)
_SHORTEST_ID = 15


def value_of(row: Mapping[str, Any], name: str) -> Any:
    """A stored value by its name, also one within another: customer.discordId."""
    value: Any = row
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def said(
    name: str, value: Any, currency: str, w: Words, limit: int = 200, *, kind: Declared | None = None
) -> str:
    """A value on a card, harmless, at most about this long; words for codes of this `kind` of record."""
    if value is None or value == HIDDEN:
        return HIDDEN if value else NOTHING
    if isinstance(value, datetime):
        return w.when(value, "f")
    if isinstance(value, list) and value and not isinstance(value[0], Mapping | list):
        shown = ", ".join(said(name, each, currency, w, limit, kind=kind) for each in value[:20])
        return shown if len(value) <= 20 else f"{shown}, …"  # noqa: PLR2004 - no more are read
    if isinstance(value, str):
        known = value_word(kind, name, value, w) or value
        return _mention(name, value) or plain(cut(known, limit), lines=True) or NOTHING
    if isinstance(value, Mapping | list):
        return code(cut(_json(value), limit)) if value else NOTHING
    return plain(text(name, value, currency, w, kind=kind))


def text(name: str, value: Any, currency: str, w: Words, *, kind: Declared | None = None) -> str:
    """A value in a menu, where nothing is marked up."""
    if value is None or value == "":
        return NOTHING
    if (known := value_word(kind, name, value, w)) is not None:
        return known
    if isinstance(value, bool):
        return w("yes") if value else w("no")
    if isinstance(value, int) and name.endswith("Cents"):
        return w.money(value, currency)
    if isinstance(value, datetime):
        return w.date(value)
    return _json(value) if isinstance(value, Mapping | list) else str(value)


def _mention(name: str, value: str) -> str | None:
    """A person, role or channel as Discord shows it; nobody is pinged by it."""
    if not is_id(value) or len(value) < _SHORTEST_ID:
        return None
    if name in _PEOPLE:
        return f"<@{value}>"
    if name.lower().endswith(("roleids", "roleid")):
        return f"<@&{value}>"
    return f"<#{value}>" if name.lower().endswith("channelid") else None


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
