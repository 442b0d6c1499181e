"""/admin webhooks: what providers told, what became of it, and another try."""

from cogs._ui.desk import Visit, click, command_answer
from cogs.admin._paging import number
from cogs.admin._root import Entry, Section, chosen
from cogs.admin._webhook_card import Place, Seen, again_card, event_card
from cogs.admin._webhook_list import Which, event_list
from models.errors import Refused
from models.webhook import WebhookState
from services.access import Permission

_EVERY = str(Which())
_ASKS_FIRST = {WebhookState.DONE, WebhookState.CONFLICT}


class Webhooks(Section):
    """Messages may hold payers' personal data: every step takes the key, and only who asks sees them."""

    needs = Permission.WEBHOOK_MANAGE
    entry = Entry("webhooks", "See what payment providers told, and act upon it again")

    @command_answer
    async def enter(self, visit: Visit) -> None:
        await self.some(visit)

    @click("webhooks:list")
    async def some(self, visit: Visit, page: str = "0", which: str = _EVERY) -> None:
        wanted, inbox = Which.read(which), self.services.inbox
        found = await inbox.page(
            await visit.shop(), provider=wanted.provider, state=wanted.state, page=number(page)
        )
        await visit.show(event_list(found, wanted, inbox.providers, visit.words))

    @click("webhooks:from")
    async def of_provider(self, visit: Visit, state: str) -> None:
        await self.some(visit, "0", f"{chosen(visit)}.{state}")

    @click("webhooks:state")
    async def in_state(self, visit: Visit, provider: str) -> None:
        await self.some(visit, "0", f"{provider}.{chosen(visit)}")

    @click("webhooks:open")
    async def choose(self, visit: Visit, place: str) -> None:
        await self.opened(visit, chosen(visit), place)

    @click("webhook:open")
    async def opened(self, visit: Visit, event_id: str, place: str = "") -> None:
        event = await self.services.inbox.one(await visit.shop(), event_id)
        payment = await self.services.hosted.about(event)
        seen = Seen(event, payment, await self.services.inbox.namesakes(event))
        await visit.show(event_card(seen, Place.read(place), visit.words))

    @click("webhook:replay")
    async def ask_again(self, visit: Visit, event_id: str, place: str) -> None:
        event = await self.services.inbox.one(await visit.shop(), event_id)
        if event.state in _ASKS_FIRST:
            await visit.show(again_card(event, Place.read(place), visit.words))
        else:
            await self.again(visit, event_id, place)

    @click("webhook:again")
    async def again(self, visit: Visit, event_id: str, place: str) -> None:
        w = visit.words
        try:
            await self.services.inbox.replay(await visit.shop(), visit.member, event_id)
        except Refused:
            said = w("It is being acted upon already. Please look again in a moment.")
        else:
            said = w("I act upon it now. Please look again in a moment.")
        await self.opened(visit, event_id, place)
        await visit.say(said)
