"""/admin queue: what was paid and has not arrived, with why, and what can be done about each."""

from cogs._ui.desk import Visit, click, command_answer, submit
from cogs.admin import _queue_card as cards
from cogs.admin._paging import number
from cogs.admin._root import Entry, Section, chosen
from models.errors import NotFound
from services.access import Permission
from services.effects import EffectKind
from services.queue_entries import QueueEntry, QueueKind


class Queue(Section):
    """Also reached from alerts in the staff channel, where each answer is for whoever clicked."""

    needs = Permission.ORDER_MANAGE
    entry = Entry("queue", "What is paid and has not arrived, and why")

    @command_answer
    async def enter(self, visit: Visit) -> None:
        await self.page(visit)

    @click("queue:list")
    async def page(self, visit: Visit, page: str = "0", kind: str = "all") -> None:
        wanted = QueueKind(kind) if kind in set(QueueKind) else None
        found = await self.services.queue.page(await visit.shop(), wanted, number(page))
        await visit.show(cards.queue_list(found, visit.words))

    @click("queue:kind")
    async def of_kind(self, visit: Visit) -> None:
        await self.page(visit, "0", chosen(visit))

    @click("queue:open")
    async def opened(self, visit: Visit, entry_id: str = "") -> None:
        await visit.show(cards.queue_card(await self._entry(visit, entry_id or chosen(visit)), visit.words))

    @click("queue:effect")
    async def of_effect(self, visit: Visit, effect_id: str) -> None:
        found = await self.services.queue.of_effect(await visit.shop(), effect_id)
        await visit.show(cards.queue_card(found, visit.words))

    @click("queue:retry")
    async def retry(self, visit: Visit, entry_id: str) -> None:
        await self.services.queue.retry(await visit.shop(), visit.member, entry_id)
        await self._show(visit, entry_id)
        await visit.say(visit.words("I am trying it again. Please look again in a minute."))

    @click("queue:all")
    async def retry_all(self, visit: Visit, reason: str) -> None:
        w, shop = visit.words, await visit.shop()
        tried = await self.services.queue.retry_all(shop, visit.member, reason)
        await self.page(visit)
        if tried:
            said = w.count(tried, "I am trying {n} again.", "I am trying all {n} again.")
        else:
            said = w("Nothing waits for that reason any more.")
        await visit.say(said)

    @click("queue:done")
    async def ask_what(self, visit: Visit, entry_id: str) -> None:
        entry = await self._own(visit, entry_id)
        if entry.can_close:
            await visit.form(cards.done_form(entry, visit.words))
        else:
            await visit.show(cards.queue_card(entry, visit.words))

    @submit("queue:done")
    async def done(self, visit: Visit, entry_id: str) -> None:
        shop, note = await visit.shop(), visit.fields.get("note", "")
        await self._own(visit, entry_id)
        await self.services.queue.close(shop, visit.member, entry_id, note)
        await self.page(visit)
        await visit.say(visit.words("Thank you, noted. It counts as delivered."))

    async def _entry(self, visit: Visit, entry_id: str) -> QueueEntry:
        return await self.services.queue.entry(await visit.shop(), entry_id)

    async def _own(self, visit: Visit, entry_id: str) -> QueueEntry:
        """The entry, for whoever may settle it; raises NotAllowed."""
        entry = await self._entry(visit, entry_id)
        if entry.what == EffectKind.PAYMENT_REFUND:
            # It is booked as given back, as a refund that staff record themselves.
            await visit.require(Permission.PAYMENT_REFUND)
        return entry

    async def _show(self, visit: Visit, entry_id: str) -> None:
        """The entry as it is now; the list when it has arrived meanwhile."""
        try:
            entry = await self._entry(visit, entry_id)
        except NotFound:
            await self.page(visit)
        else:
            await visit.show(cards.queue_card(entry, visit.words))
