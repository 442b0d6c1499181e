"""/admin import: bring records in from a file; what would change is shown first, then all or nothing."""

from typing import ClassVar

import nextcord
from nextcord import SlashOption

from cogs._ui.desk import Visit, click, command_answer, submit
from cogs._ui.form import Form, Input
from cogs._ui.import_card import KINDS, checked_card, done_card, start_card
from cogs._ui.target import Target
from cogs._ui.upload import content
from cogs.admin._progress import Watch
from cogs.admin._reach import strong_roles
from cogs.admin._root import Entry, Section
from models.data_import import DataImport, ImportState
from services.access import Permission
from services.csv import Incoming, incoming
from services.csv.contract import Desk
from services.csv.reading import MAX_BYTES
from services.pace import Cost

_KIND = SlashOption(
    description="What the rows are", choices=["products", "stock", "keys", "customers", "discounts"]
)
_FILE = SlashOption(description="CSV file, up to 10 MiB", required=False, default=None)
_PASTED = 4000


class Importing(Section):
    """The goods entrance for records."""

    needs: ClassVar[Permission | None] = Permission.DATA_IMPORT
    entry = Entry("import", "Bring in records from a CSV file")

    @command_answer
    async def enter(self, visit: Visit, kind: str = _KIND, file: nextcord.Attachment | None = _FILE) -> None:
        found = await self._kind(visit, kind)
        if file is None:
            latest = await self.services.imports.latest(await visit.shop())
            await visit.show(start_card(found, latest, visit.words))
            return
        await self._check(visit, found, file.filename, await content(file, "csv_file", MAX_BYTES))

    @click("import:ask")
    async def ask(self, visit: Visit, kind: str) -> None:
        found, w = await self._kind(visit, kind), visit.words
        header = ",".join(column.name for column in found.columns if not column.shown)
        rows = Input(
            "rows", w("Rows, the columns' names first"), f"{header}\n", long=True, max_length=_PASTED
        )
        await visit.form(
            Form(
                w("Import: {kind}", kind=w(KINDS[found.name])),
                Target("import:paste", kind),
                [rows],
                private=True,
            )
        )

    @submit("import:paste")
    async def paste(self, visit: Visit, kind: str) -> None:
        found = await self._kind(visit, kind)
        text = visit.fields.get("rows", "")
        await self._check(visit, found, visit.words("pasted rows"), text.encode())

    @click("import:again")
    async def again(self, visit: Visit, import_id: str) -> None:
        record, watch = await self._kept(visit, import_id), self._watch(visit)
        view = await self.services.imports.again(await self._desk(visit), record.key, watch)
        await visit.show(checked_card(view, visit.words))

    @click("import:go")
    async def go(self, visit: Visit, import_id: str) -> None:
        record, watch = await self._kept(visit, import_id), self._watch(visit)
        done = await self.services.imports.apply(await self._desk(visit), record.key, watch)
        await visit.show(done_card(done, visit.words))
        # Otherwise it is told by DM, or to the staff's channel.
        if done.state is ImportState.DONE and not visit.lost:
            await self.services.imports.told(done)

    async def _check(self, visit: Visit, kind: Incoming, name: str, data: bytes) -> None:
        view = await self.services.imports.check(
            await self._desk(visit), kind.name, name, data, self._watch(visit)
        )
        await visit.show(checked_card(view, visit.words))

    async def _kind(self, visit: Visit, name: str) -> Incoming:
        """The kind, if this person may bring it in."""
        kind = incoming(name)
        for key in sorted(kind.to_import):
            await visit.require(key)
        return kind

    async def _kept(self, visit: Visit, import_id: str) -> DataImport:
        record = await self.services.imports.get(await visit.shop(), import_id)
        await self._kind(visit, record.kind)
        return record

    async def _desk(self, visit: Visit) -> Desk:
        await visit.spend(Cost.IMPORT)
        shop = await visit.shop()
        # Whoever may sell such a role could buy it.
        return Desk(shop, visit.member, shop.config.counter_role_ids | strong_roles(visit))

    def _watch(self, visit: Visit) -> Watch:
        return Watch(visit, visit.words("One moment"))
