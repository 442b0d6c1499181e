"""An act of staff as it is read: when, who, what, and to which record by its name in the shop."""

from cogs._ui.card import Picture, code, plain
from cogs._ui.text import cut, mention
from cogs._ui.words import Words
from cogs.admin._act_words import act_words
from cogs.admin._panel_names import declared_as, record_kind
from cogs.admin._panel_values import text
from models.audit import AuditLog
from models.browsing import Row
from models.erasing import is_pseudonym
from services.panel.contract import Declared
from services.panel.hiding import whole, without
from services.panel.naming import Called

_ACT, _NAME, _SHORT_ID = 80, 60, 6


def act_line(act: AuditLog, w: Words) -> str:
    """When, who and what."""
    return f"{w.when(act.created_at, 'f')} · {mention(act.actor_id)} · {plain(act_name(act, w))}"


def act_name(act: AuditLog, w: Words) -> str:
    """What was done, where nothing is marked up."""
    return cut(act_words(act.action, w), _ACT)


def act_file(act: AuditLog) -> Picture:
    """All that was written down of an act."""
    return Picture(f"act-{act.key}.json", whole(without(act.meta)), shown=False)


def about(act: AuditLog, called: Called, currency: str, w: Words) -> str:
    """The record that an act is about, on a card: by its name where it is known, else by its kind and id."""
    kind, named = _kind(act, w), called.get((act.entity_type, act.entity_id))
    if act.entity_ids:
        return f"{kind}: {_many(act, w)}"
    if named is None:
        found = declared_as(act.entity_type)
        return kind if found and found.single else f"{kind} {code(act.entity_id[-_SHORT_ID:])}"
    who = named[1].get("discordId")
    name = _name(*named, currency, w)
    return f"{kind}: {mention(who) if who and not is_pseudonym(who) else plain(name)}"


def about_in_menu(act: AuditLog, called: Called, currency: str, w: Words) -> str:
    """The same in a menu, which shows neither markup nor mentions."""
    named = called.get((act.entity_type, act.entity_id))
    if act.entity_ids:
        return f"{_kind(act, w)}: {_many(act, w)}"
    return f"{_kind(act, w)}: {_name(*named, currency, w)}" if named else _kind(act, w)


def _kind(act: AuditLog, w: Words) -> str:
    return cut(record_kind(act.entity_type, w), _NAME)


def _many(act: AuditLog, w: Words) -> str:
    return w.count(len(act.entity_ids), "{n} record", "{n} records")


def _name(kind: Declared, row: Row, currency: str, w: Words) -> str:
    if is_pseudonym(str(row.get("discordId"))):
        return w("an erased person")
    field = next((each for each in kind.called_by if row.get(each) not in {None, ""}), kind.called_by[0])
    return cut(text(field, row.get(field), str(row.get("currency") or currency), w, kind=kind), _NAME)
