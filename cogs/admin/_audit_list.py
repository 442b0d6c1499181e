"""Acts of staff as one looks for them: by who, what, which record and when."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple, Self

from cogs._ui.card import Button, Card, Option, PickUser, Row, Select, plain
from cogs._ui.form import Form, Input
from cogs._ui.target import Target
from cogs._ui.text import cut
from cogs._ui.words import Words
from cogs.admin._act_words import act_words, whole_area
from cogs.admin._acts import about, about_in_menu, act_file, act_line, act_name
from cogs.admin._changes import changes
from cogs.admin._panel_names import KINDS, declared_as, record_kind
from models.audit import AuditLog
from models.errors import NotFound
from services.audit_search import PAGE_SIZE, AuditPage, Wanted, area
from services.panel import declared
from services.panel.naming import Called

ALL = "all"
_NONE = "0"
_MOST_OPTIONS = 24
_LABEL, _OPENED = 100, 1800
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_BEGIN = date(2000, 1, 1)
_LONGEST_ID, _LONGEST_DAY = 24, 3


class Which(NamedTuple):
    """A search as it stands in a custom_id: every part short, 0 for none."""

    actor: str = _NONE
    action: str = _NONE
    kind: str = _NONE
    key: str = _NONE
    first: str = _NONE
    last: str = _NONE

    @classmethod
    def of(cls, wanted: Wanted) -> Self:
        """Written down; ids and days in base 36, an action by a few digits of its digest."""
        kinds = {each.name: code for code, each in declared().items()}
        return cls(
            _base36(int(wanted.actor_id)) if wanted.actor_id else _NONE,
            sign(wanted.action) if wanted.action else _NONE,
            kinds.get(wanted.entity_type or "", _NONE),
            wanted.entity_id or _NONE,
            _day(wanted.first_day),
            _day(wanted.last_day),
        )

    def wanted(self, actions: Sequence[str]) -> Wanted:
        """Read back, with the actions that occur; raises NotFound for what no button of ours says."""
        by_sign = {sign(each): each for each in names(actions)}
        kind = _known(self.kind, declared().get(self.kind))
        key = self.key if is_key(self.key) else None
        actor = str(int(self.actor, 36)) if _is_base36(self.actor, 13) else None
        return Wanted(
            _known(self.actor, actor),
            _known(self.action, by_sign.get(self.action)),
            kind.name if kind else None,
            _known(self.key, key),
            _known(self.first, _read_day(self.first)),
            _known(self.last, _read_day(self.last)),
        )


def _known[V](written: str, read: V | None) -> V | None:
    """What was read; a search that silently looked for everything would show more than was asked for."""
    if read is None and written != _NONE:
        raise NotFound("audit")
    return read


def names(actions: Sequence[str]) -> list[str]:
    """The actions, and the parts of the shop that they belong to."""
    return [*dict.fromkeys(map(area, actions)), *actions]


def sign(action: str) -> str:
    """A few characters that stand for an action."""
    return _base36(int.from_bytes(hashlib.sha256(action.encode()).digest()[:8]))[:4]


def is_key(text: str) -> bool:
    """Whether it can be the id of a record."""
    return len(text) == _LONGEST_ID and all(each in "0123456789abcdef" for each in text)


@dataclass(frozen=True)
class Found:
    """A page of acts with what their records are called; `shown` is one that was opened."""

    page: AuditPage
    called: Called
    actions: Sequence[str]
    shown: AuditLog | None = None


def act_list(found: Found, wanted: Wanted, w: Words, currency: str) -> Card:
    """One page of acts with everything that narrows it; one that was opened stands above the others."""
    page, shown = found.page, found.shown
    which = Which.of(wanted)
    numbered = list(enumerate(page.acts, page.page * PAGE_SIZE + 1))
    rows: list[Row] = []
    if numbered:
        options = [Option(_label(at, act, found, currency, w), act.key) for at, act in numbered]
        rows.append(Select(w("Open an act"), Target("audit:see", *which, page.page), options))
    rows.append(PickUser(w("By whom"), Target("audit:actor", *which)))
    if found.actions:
        rows.append(_actions(found.actions, wanted, which, w))
    rows += _buttons(page, which, shown, w)
    count = w.count(page.total, "{n} act", "{n} acts")
    title = w("More than {n} acts: search more closely.", n=page.total) if page.cut else count
    lines = [f"{at} · {act_line(act, w)} · {about(act, found.called, currency, w)}" for at, act in numbered]
    return Card(
        title=w("Audit log"),
        text="\n".join(
            [title, *_looked(wanted, w), *_opened(found, currency, w), "", *(lines or [w("There is none.")])]
        ),
        footer=f"{shown.action} · {shown.entity_type} {shown.entity_id}" if shown else None,
        pictures=[act_file(shown)] if shown else [],
        rows=rows,
    )


def search_form(wanted: Wanted, w: Words) -> Form:
    """Which record, by whom, and from when to when."""
    return Form(
        w("Record and time"),
        Target("audit:find", *Which.of(wanted)),
        [
            Input(
                "kind", w("Kind of record"), wanted.entity_type or "", required=False, max_length=60,
                hint=w("Such as Product or Order"),
            ),
            Input(
                "actor",
                w("Discord id of who did it"),
                wanted.actor_id or "",
                required=False,
                max_length=20,
            ),
            Input("key", w("Record's id"), wanted.entity_id or "", required=False, max_length=40),
            Input("first", w("From this day on"), _shown(wanted.first_day), required=False, max_length=10,
                  hint=w("Like 2026-11-01")),
            Input("last", w("Up to this day"), _shown(wanted.last_day), required=False, max_length=10,
                  hint=w("Like 2026-11-30")),
        ],
    )  # fmt: skip


def kind_named(text: str, w: Words) -> str | None:
    """The kind of record that somebody means, by its name in the dictionary or in their language."""
    wanted = text.strip().casefold()
    for code, each in declared().items():
        if wanted in {each.name.casefold(), KINDS[code].casefold(), w(KINDS[code]).casefold()}:
            return each.name
    return None


def _opened(found: Found, currency: str, w: Words) -> list[str]:
    act = found.shown
    if act is None:
        return []
    name = f"**{plain(act_name(act, w))}** · {about(act, found.called, currency, w)}"
    return ["", name, act_line(act, w), changes(act, currency, w, _OPENED)]


def _label(at: int, act: AuditLog, found: Found, currency: str, w: Words) -> str:
    said = about_in_menu(act, found.called, currency, w)
    return cut(f"{at} · {w.date(act.created_at)} · {act_name(act, w)} · {said}", _LABEL)


def _looked(wanted: Wanted, w: Words) -> list[str]:
    said = [
        wanted.actor_id and w("by {who}", who=f"<@{wanted.actor_id}>"),
        wanted.action and act_words(wanted.action, w),
        wanted.entity_type and record_kind(wanted.entity_type, w),
        wanted.entity_id and f"`{wanted.entity_id}`",
        wanted.first_day and w("from {day}", day=wanted.first_day),
        wanted.last_day and w("up to {day}", day=wanted.last_day),
    ]
    found = [each for each in said if each]
    return [" · ".join(found)] if found else []


def _actions(actions: Sequence[str], wanted: Wanted, which: Which, w: Words) -> Select:
    """Every action where a menu holds them, else the parts of the shop, and then those of one part."""
    shown, part = {each: act_words(each, w) for each in actions}, None
    if len(shown) > _MOST_OPTIONS:
        part = area(wanted.action) if wanted.action else None
        own = {each: said for each, said in shown.items() if area(each) == part}
        parts = {each: act_words(each, w) for each in map(area, actions)}
        shown = {part: whole_area(part, w), **own} if part else parts
    options = [Option(w("Every act"), ALL, default=wanted.action is None)]
    options += [
        Option(said, sign(each), default=each == wanted.action)
        for each, said in [*shown.items()][:_MOST_OPTIONS]
    ]
    return Select(w("What was done"), Target("audit:action", *which), options)


def _buttons(page: AuditPage, which: Which, shown: AuditLog | None, w: Words) -> list[list[Button]]:
    turning = []
    if page.pages > 1:
        at = w("Page {page} of {pages}", page=page.page + 1, pages=page.pages)
        before = Target("audit:list", page.page - 1, *which) if page.page else None
        after = Target("audit:list", page.page + 1, *which) if page.page + 1 < page.pages else None
        turning = [Button(w("Back"), before, emoji="◀️"), Button(at), Button(w("Next"), after, emoji="▶️")]
    acts = [
        Button(w("Record and time"), Target("audit:form", *which), "primary"),
        Button(w("Take out as a table"), Target("audit:export", *which), disabled=not page.acts),
        Button(w("Everything"), Target("audit:open")),
    ]
    kind = declared_as(shown.entity_type) if shown and not shown.entity_ids else None
    if shown and kind:
        acts.append(Button(w("Open the record"), Target("panel:see", kind.code, shown.entity_id)))
    return [row for row in (turning, acts) if row]


def _shown(day: date | None) -> str:
    return day.isoformat() if day else ""


def _day(day: date | None) -> str:
    return _NONE if day is None else _base36((day - _BEGIN).days + 1)


def _read_day(written: str) -> date | None:
    if written == _NONE or not _is_base36(written, _LONGEST_DAY):
        return None
    return _BEGIN + timedelta(days=int(written, 36) - 1)


def _is_base36(text: str, most: int) -> bool:
    return text != _NONE and 0 < len(text) <= most and all(each in _DIGITS for each in text)


def _base36(value: int) -> str:
    written = ""
    while value:
        value, digit = divmod(value, 36)
        written = _DIGITS[digit] + written
    return written or _NONE
