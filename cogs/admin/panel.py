"""/admin panel: every record of the shop, listed, searched, opened and changed by one mechanism."""

from cogs._ui.card import Card
from cogs._ui.desk import Visit, click, command_answer, submit
from cogs._ui.form import Form, Input
from cogs._ui.target import Target
from cogs.admin import _panel_card as cards
from cogs.admin._paging import number
from cogs.admin._panel_edit import choice_card, record_form
from cogs.admin._panel_list import Place, home, kept, record_list, related_list
from cogs.admin._panel_names import kind_name
from cogs.admin._root import Entry, Section, chosen
from models.errors import NotFound
from services.access import Permission
from services.panel.desk import Record

_START = str(Place())


class ThePanel(Section):
    """Looking takes this key and the one that the kind of record names; changing takes a third."""

    needs = Permission.PANEL_VIEW
    entry = Entry("panel", "Everything the shop keeps: look, search, change")

    @command_answer
    async def enter(self, visit: Visit) -> None:
        await self.home(visit)

    @click("panel:home")
    async def home(self, visit: Visit) -> None:
        kinds = await self.services.panel.kinds(await visit.shop(), visit.member)
        await visit.show(home(kinds, visit.words))

    @click("panel:kind")
    async def of_kind(self, visit: Visit, _section: str) -> None:
        await self.some(visit, chosen(visit))

    @click("panel:list")
    async def some(
        self, visit: Visit, code: str, page: str = "0", filters: str = "0", query: str = ""
    ) -> None:
        shop = await visit.shop()
        found = await self.services.panel.page(
            shop, visit.member, code, filters=filters, query=query, page=number(page)
        )
        filters = Place.read(f"0x{filters}").filters[:4]
        await visit.show(record_list(found, filters, kept(code, query), shop.currency, visit.words))

    @click("panel:filter")
    async def filtered(self, visit: Visit, code: str, at: str, filters: str, query: str = "") -> None:
        place = number(at)
        signs = filters.ljust(place + 1, "0")
        signs = f"{signs[:place]}{chosen(visit)[:1]}{signs[place + 1 :]}"
        await self.some(visit, code, "0", signs, query)

    @click("panel:find")
    async def ask_words(self, visit: Visit, code: str, filters: str) -> None:
        kind = await self.services.panel.kind(await visit.shop(), visit.member, code)
        w = visit.words
        hint = w("The id, or a part of a name or number")
        words = Input("query", w("What to look for"), max_length=40, hint=hint)
        await visit.form(Form(kind_name(kind, w), Target("panel:find", code, filters), [words]))

    @submit("panel:find")
    async def find(self, visit: Visit, code: str, filters: str) -> None:
        await self.some(visit, code, "0", filters, kept(code, visit.fields.get("query", "")))

    @click("panel:open")
    async def choose(self, visit: Visit, code: str, place: str = _START) -> None:
        await self.opened(visit, code, chosen(visit), place)

    @click("panel:see")
    async def opened(self, visit: Visit, code: str, key: str, place: str = _START) -> None:
        await self._show(visit, await self._record(visit, code, key), place)

    @click("panel:file")
    async def file(self, visit: Visit, code: str, key: str, place: str = _START) -> None:
        record, shop = await self._record(visit, code, key), await visit.shop()
        await visit.show(cards.file_card(record, Place.read(place), shop.currency, visit.words))

    @click("panel:go")
    async def go(self, visit: Visit, code: str, key: str, _place: str = _START) -> None:
        way, at = chosen(visit)[:1], number(chosen(visit)[1:])
        if way == "r":
            await self.related(visit, code, key, str(at))
            return
        shop = await visit.shop()
        record = await self.services.panel.linked(shop, visit.member, code, key, at)
        await self._show(visit, record, _START)

    @click("panel:of")
    async def related(self, visit: Visit, code: str, key: str, at: str, page: str = "0") -> None:
        shop = await visit.shop()
        record, found = await self.services.panel.related(
            shop, visit.member, code, key, number(at), number(page)
        )
        await visit.show(related_list(found, record.kind, key, number(at), shop.currency, visit.words))

    @click("panel:past")
    async def past(self, visit: Visit, code: str, key: str, page: str = "0", place: str = _START) -> None:
        found = await self.services.panel.past(await visit.shop(), visit.member, code, key, number(page))
        await visit.show(cards.past_card(found, Place.read(place), visit.words))

    @click("panel:act")
    async def act(self, visit: Visit, code: str, key: str, place: str = _START) -> None:
        record, shop = await self._record(visit, code, key), await visit.shop()
        act = await self.services.audit_log.one(shop, chosen(visit))
        if (act.entity_type, act.entity_id) != (record.kind.name, key):
            raise NotFound("audit")
        card = cards.act_card(act, record, Place.read(place), shop.currency, visit.words)
        await visit.show(card)

    @click("panel:change")
    async def change(self, visit: Visit, code: str, key: str, stamp: str, place: str = _START) -> None:
        what, at = chosen(visit)[:1], number(chosen(visit)[1:])
        shop, w = await visit.shop(), visit.words
        if what == "s":
            wanted = (code, key, stamp)
            record = await self.services.panel_edits.switch(shop, visit.member, wanted, at)
            await self._show(visit, record, place)
            return
        record = await self._record(visit, code, key)
        await self.services.panel_edits.allow(shop, visit.member, code)
        if at >= len(record.kind.forms if what == "f" else record.kind.choices):
            raise NotFound("panel")
        if what == "f":
            await visit.form(record_form(record, at, Place.read(place), shop.currency, w))
        else:
            await visit.show(choice_card(record, at, Place.read(place), w))

    @submit("panel:save")
    async def save(self, visit: Visit, code: str, key: str, stamp: str, at: str, place: str = _START) -> None:
        record = await self.services.panel_edits.fill(
            await visit.shop(), visit.member, (code, key, stamp), number(at), visit.fields
        )
        await self._show(visit, record, place)

    @click("panel:pick")
    async def pick(self, visit: Visit, code: str, key: str, stamp: str, at: str, place: str = _START) -> None:
        record = await self.services.panel_edits.choose(
            await visit.shop(), visit.member, (code, key, stamp), number(at), chosen(visit)
        )
        await self._show(visit, record, place)

    async def _record(self, visit: Visit, code: str, key: str) -> Record:
        return await self.services.panel.one(await visit.shop(), visit.member, code, key)

    async def _show(self, visit: Visit, record: Record, place: str) -> None:
        card: Card = cards.record_card(record, Place.read(place), (await visit.shop()).currency, visit.words)
        await visit.show(card)
