"""/admin audit: who did what to which record, and when; found, opened, taken out as a table."""

from cogs._ui.card import Button, Card, Picture
from cogs._ui.desk import Visit, click, command_answer, submit
from cogs._ui.target import Target
from cogs._ui.words import Words
from cogs.admin._audit_list import ALL, Found, Which, act_list, is_key, kind_named, names, search_form, sign
from cogs.admin._paging import number
from cogs.admin._reach import is_id
from cogs.admin._root import Entry, Section, chosen
from models.audit import AuditLog
from models.errors import BadInput
from services.access import Permission
from services.audit_search import Export, Wanted, read_day

_LARGEST = 2**64


class AuditDesk(Section):
    """A search is carried by the buttons of its own card, so that it lasts as long as the card."""

    needs = Permission.AUDIT_VIEW
    entry = Entry("audit", "Who changed what and when, with before and after")

    @command_answer
    async def enter(self, visit: Visit) -> None:
        await self._show(visit, Wanted())

    @click("audit:list")
    async def some(self, visit: Visit, page: str, *which: str) -> None:
        await self._show(visit, await self._wanted(visit, which), number(page))

    @click("audit:see")
    async def choose(self, visit: Visit, *which: str) -> None:
        act = await self.services.audit_log.one(await visit.shop(), chosen(visit))
        page = number(which[-1]) if which else 0
        await self._show(visit, await self._wanted(visit, which), page, act)

    @click("audit:open")
    async def opened(self, visit: Visit, act_id: str = "") -> None:
        act = await self.services.audit_log.one(await visit.shop(), act_id) if act_id else None
        await self._show(visit, Wanted(), 0, act)

    @click("audit:actor")
    async def by_whom(self, visit: Visit, *which: str) -> None:
        if not _is_person(chosen(visit)):
            raise BadInput("member", "not_allowed")
        await self._show(visit, (await self._wanted(visit, which))._replace(actor_id=chosen(visit)))

    @click("audit:action")
    async def what(self, visit: Visit, *which: str) -> None:
        actions = await self.services.audit_log.actions(await visit.shop())
        found = {sign(each): each for each in names(actions)}.get(chosen(visit))
        if found is None and chosen(visit) != ALL:
            raise BadInput("choice", "not_allowed")
        await self._show(visit, (await self._wanted(visit, which))._replace(action=found))

    @click("audit:form")
    async def ask(self, visit: Visit, *which: str) -> None:
        await visit.form(search_form(await self._wanted(visit, which), visit.words))

    @submit("audit:find")
    async def find(self, visit: Visit, *which: str) -> None:
        typed, w = visit.fields, visit.words
        kind, key = typed.get("kind", ""), typed.get("key", "").lower()
        first = read_day(typed.get("first", ""), "starts_at")
        last = read_day(typed.get("last", ""), "ends_at")
        if kind and kind_named(kind, w) is None:
            raise BadInput("record_kind", "example", "Product")
        if key and not is_key(key):
            raise BadInput("record_id", "not_allowed")
        actor = typed.get("actor", "")
        if actor and not _is_person(actor):
            raise BadInput("member", "not_allowed")
        wanted = (await self._wanted(visit, which))._replace(
            actor_id=actor or None,
            entity_type=kind_named(kind, w) if kind else None,
            entity_id=key or None,
            first_day=first,
            last_day=last,
        )
        await self._show(visit, wanted)

    @click("audit:export")
    async def export(self, visit: Visit, *which: str) -> None:
        shop, w = await visit.shop(), visit.words
        wanted = await self._wanted(visit, which)
        made = await self.services.audit_log.export(shop, visit.member, wanted)
        await visit.show(_exported(made, wanted, w))

    async def _wanted(self, visit: Visit, which: tuple[str, ...]) -> Wanted:
        actions = await self.services.audit_log.actions(await visit.shop())
        return Which(*which[:6]).wanted(actions)

    async def _show(self, visit: Visit, wanted: Wanted, page: int = 0, shown: AuditLog | None = None) -> None:
        shop, log = await visit.shop(), self.services.audit_log
        found = await log.page(shop, wanted, page)
        actions = await log.actions(shop)
        acts = [*found.acts, *([shown] if shown else [])]
        about = [(act.entity_type, act.entity_id) for act in acts]
        called = await self.services.naming.called(shop, visit.member, about)
        seen = Found(found, called, actions, shown)
        await visit.show(act_list(seen, wanted, visit.words, shop.currency))


def _is_person(text: str) -> bool:
    return is_id(text) and text[0] != "0" and int(text) < _LARGEST


def _exported(made: Export, wanted: Wanted, w: Words) -> Card:
    said = w.count(made.rows, "{n} act is in the table.", "{n} acts are in the table.")
    if made.cut:
        said += " " + w("There are more: search more closely, by time for example.")
    back = Button(w("Back to the search"), Target("audit:list", 0, *Which.of(wanted)))
    return Card(
        title=w("Audit log"),
        text=said,
        rows=[[back]],
        pictures=[Picture("audit.csv", made.data, shown=False)],
    )
