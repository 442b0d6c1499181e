"""/admin export: the shop's records as files that spreadsheet programs read."""

from typing import ClassVar

from nextcord import SlashOption

from cogs._ui import send
from cogs._ui.card import Card, Picture
from cogs._ui.desk import Visit, command_answer
from cogs._ui.import_card import KINDS
from cogs.admin._progress import Watch
from cogs.admin._root import Entry, Section
from services.access import Permission
from services.csv import Kind
from services.csv.exports import Export, read_period
from services.csv.writing import Part
from services.pace import Cost

_KIND = SlashOption(
    description="Which records",
    choices=["products", "stock", "customers", "discounts", "orders", "ledger"],
)
_SINCE = SlashOption(description="First day, such as 2026-12-01", required=False, default="")
_UNTIL = SlashOption(description="Last day", required=False, default="")
_ANONYMOUS = SlashOption(description="Orders without names", required=False, default=False)


class Exporting(Section):
    """The way out for records; keys never take it."""

    needs: ClassVar[Permission | None] = Permission.DATA_EXPORT
    entry = Entry("export", "Take out records as CSV files")

    @command_answer
    async def enter(
        self,
        visit: Visit,
        kind: str = _KIND,
        since: str = _SINCE,
        until: str = _UNTIL,
        anonymous: bool = _ANONYMOUS,
    ) -> None:
        found, days = self.services.exports.kind(kind), read_period(since, until)
        await self._admit(visit, found, anonymous=anonymous)
        await visit.spend(Cost.EXPORT)
        made = await self.services.exports.export(
            await visit.shop(),
            visit.member,
            found.name,
            days=days,
            anonymous=anonymous,
            progress=Watch(visit, visit.words("One moment")),
        )
        await self._hand_over(visit, made)

    async def _admit(self, visit: Visit, kind: Kind, *, anonymous: bool) -> None:
        personal = any(column.personal for column in kind.columns)
        for key in sorted(kind.to_export):
            if not (anonymous and personal):
                await visit.require(key)

    async def _hand_over(self, visit: Visit, made: Export) -> None:
        first, *others = (_card(made, part, at, visit) for at, part in enumerate(made.parts, start=1))
        await visit.show(first)
        for card in others:
            await visit.add(card)
        if visit.lost:
            await self._by_dm(visit, [first, *others])

    async def _by_dm(self, visit: Visit, cards: list[Card]) -> None:
        """Too late for this message; the staff's channel gets no file, because not all may see it."""
        shop, who, nonce = await visit.shop(), visit.member.discord_id, str(visit.interaction.id)
        try:
            for at, card in enumerate(cards):
                await send.dm(self.bot, who, card, guild_id=shop.guild_id, nonce=f"{nonce}:{at}")
        except send.Unreachable:
            channel = shop.config.staff_channel_id
            said = visit.words(
                "An export is ready for {who}. Please open your DMs and export again.", who=f"<@{who}>"
            )
            if channel is not None:
                await send.post(self.bot, channel, Card(text=said, colour="warn"), nonce=nonce)


def _card(made: Export, part: Part, at: int, visit: Visit) -> Card:
    w = visit.words
    count = w.count(made.rows, "{n} row", "{n} rows")
    of = w("File {at} of {all}", at=at, all=len(made.parts))
    return Card(
        title=w("Export: {kind}", kind=w(KINDS[made.kind.name])),
        text=f"{count} · {of}" if len(made.parts) > 1 else count,
        colour="good",
        pictures=[Picture(part.name, part.data, shown=False)],
    )
