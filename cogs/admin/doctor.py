"""/admin doctor: what is not as it should be with shop, server and machine, and what to do about each."""

from cogs._ui.desk import Visit, click, command_answer
from cogs.admin._doctor_card import key_of, making_indexes, mendable, plan, report
from cogs.admin._doctor_place import place_of
from cogs.admin._paging import number
from cogs.admin._root import Entry, Section
from models.errors import BadInput
from services.access import Permission
from services.doctor.contract import Finding, Mend
from services.doctor.index_work import Reply
from services.doctor.mending import NEEDS
from services.pace import Cost


class Doctor(Section):
    """Each look is a new one: nothing of it is kept, and a mend looks again before it touches anything."""

    needs = Permission.DOCTOR_RUN
    entry = Entry("doctor", "What is wrong with the shop, and what to do about it")

    @command_answer
    async def enter(self, visit: Visit) -> None:
        await self.opened(visit)

    @click("doctor:open")
    async def opened(self, visit: Visit, page: str = "0") -> None:
        await visit.show(report(await self._findings(visit), number(page), visit.words))

    @click("doctor:ask")
    async def ask(self, visit: Visit) -> None:
        await visit.show(plan(await self._findings(visit), visit.words))

    @click("doctor:mend")
    async def mend(self, visit: Visit) -> None:
        if not visit.values:
            raise BadInput("choice", "required")
        w, shop = visit.words, await visit.shop()
        case = self.services.doctor.case(shop, place_of(visit))
        chosen = [each for each in mendable(await self._findings(visit)) if key_of(each) in visit.values]
        for each in chosen:
            if each.mend is not None:
                await visit.require(NEEDS[each.mend])
        done, locale = 0, visit.interaction.guild_locale
        indexes = [each for each in chosen if each.mend is Mend.INDEXES]
        for each in [each for each in chosen if each not in indexes]:
            done += (await self.services.mending.mend(case, visit.member, each, locale)).done
        if indexes:
            await visit.show(making_indexes(w))
            await self._make_indexes(visit)
        else:
            await visit.show(report(await self._anew(visit), 0, w))
        if len(visit.values) > len(indexes):
            await visit.say(_told(done, len(visit.values) - len(indexes), visit))

    async def _make_indexes(self, visit: Visit) -> None:
        """In the background, whose end changes the card that was clicked."""
        clicked = visit.interaction
        reply = Reply(
            str(visit.words.locale).replace("_", "-"),
            visit.member.discord_id,
            str(clicked.application_id),
            clicked.token,
        )
        await self.services.index_work.ask(await visit.shop(), visit.member, str(clicked.id), reply)

    async def _findings(self, visit: Visit) -> list[Finding]:
        await visit.spend(Cost.EXAMINE)
        return await self.services.doctor.examine(await visit.shop(), place_of(visit))

    async def _anew(self, visit: Visit) -> list[Finding]:
        # The visit's own shop was read before the mending.
        shop = await self.services.shops.of_guild(visit.guild_id)
        return await self.services.doctor.examine(shop, place_of(visit))


def _told(done: int, asked: int, visit: Visit) -> str:
    w = visit.words
    if done == asked:
        return w("Done. What I post or try again may take a minute.")
    if done:
        return w("I mended some of it. The rest is in order meanwhile, or needs you.")
    return w("Nothing was mended: it is in order meanwhile, or needs you.")
