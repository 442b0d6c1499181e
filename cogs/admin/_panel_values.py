"""How stored values read in the panel and in the audit log."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from cogs._ui.card import plain
from cogs._ui.text import cut, width
from cogs._ui.words import Words
from cogs.admin._panel_within import field_within
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
EMPTY: tuple[object, ...] = (None, "", [], {})
# So many times what one of them may take.
_ENTRIES, _LABEL = 4, 100


def value_of(row: Mapping[str, Any], name: str) -> Any:
    """A stored value by its name, also one within another: customer.discordId."""
    value: Any = row
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def inner(name: str) -> bool:
    """Whether a stored value is of no interest on a card of a record, which belongs to the shop anyway."""
    return name in {"tenantId", "_id"} or name.endswith("Folded")


def said(
    name: str, value: Any, currency: str, w: Words, limit: int = 200, *, kind: Declared | None = None
) -> str:
    """A value on a card, harmless, at most about this long; words for codes of this `kind` of record."""
    if value is None or value == HIDDEN:
        return HIDDEN if value else NOTHING
    if isinstance(value, datetime):
        return w.when(value, "f")
    if isinstance(value, str):
        known = value_word(kind, name, value, w) or value
        return _mention(name, value) or plain(cut(known, limit), lines=True) or NOTHING
    if isinstance(value, Mapping | list):

        def part(at: str, each: Any) -> str:
            return said(at, each, currency, w, limit, kind=kind)

        return _several(name, value, limit, part, lambda at: plain(field_within(at, w)))
    return plain(text(name, value, currency, w, kind=kind))


def text(name: str, value: Any, currency: str, w: Words, *, kind: Declared | None = None) -> str:
    """A value in a menu, where nothing is marked up."""
    known = NOTHING if value in (None, "") else value_word(kind, name, value, w)
    if known is not None:
        return known
    if isinstance(value, bool):
        return w("yes") if value else w("no")
    if isinstance(value, int) and name.endswith(("Cents", ".cents")):
        return w.money(value, currency)
    if isinstance(value, datetime):
        return w.date(value)
    if not isinstance(value, Mapping | list):
        return str(value)

    def part(at: str, each: Any) -> str:
        return text(at, each, currency, w, kind=kind)

    return " ".join(_several(name, value, _LABEL, part, lambda at: field_within(at, w)).split())


def _several(
    name: str,
    value: Mapping[str, Any] | list[Any],
    limit: int,
    read: Callable[[str, Any], str],
    called: Callable[[str], str],
) -> str:
    """Each part by its name, each entry of a list of such on a line of its own, as many as fit."""
    if isinstance(value, Mapping):
        told = ((at, each) for at, each in value.items() if each not in EMPTY and not inner(at))
        parts = (f"{called(at)}: {read(f'{name}.{at}', each)}" for at, each in told)
        return _fitting(parts, " · ", limit) or NOTHING
    if value and all(isinstance(each, Mapping) for each in value):
        entries = (f"\n• {_several(name, each, limit, read, called)}" for each in value)
        return _fitting(entries, "", _ENTRIES * limit)
    return _fitting((read(name, each) for each in value), ", ", _ENTRIES * limit) or NOTHING


def _fitting(parts: Iterable[str], between: str, limit: int) -> str:
    shown: list[str] = []
    for part in parts:
        if shown and sum(map(width, shown)) + width(part) > limit:
            return between.join([*shown, "…"])
        shown.append(part)
    return between.join(shown)


def _mention(name: str, value: str) -> str | None:
    """A person, role or channel as Discord shows it; nobody is pinged by it."""
    if not is_id(value) or len(value) < _SHORTEST_ID:
        return None
    if name in _PEOPLE or name.rpartition(".")[2] in _PEOPLE:
        return f"<@{value}>"
    if name.lower().endswith(("roleids", "roleid")):
        return f"<@&{value}>"
    return f"<#{value}>" if name.lower().endswith("channelid") else None
