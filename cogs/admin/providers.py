"""/admin providers: the shop's keys to payment processors, tried out, offered, and taken away again."""

from cogs._ui.card import Button
from cogs._ui.desk import Visit, click, command_answer, submit
from cogs._ui.target import Target
from cogs.admin import _provider_form as form
from cogs.admin._provider_card import ask_card, provider_card, provider_list
from cogs.admin._root import Entry, Section, chosen
from models.errors import BadInput, Declined, ProviderError, WrongKeys
from services.access import Permission
from services.providers import ProviderView
from services.shops import Shop

# What other keys may mend.
_TROUBLES = ("wrong_keys",)


class Providers(Section):
    """Secrets come in by form and are never shown again."""

    needs = Permission.PROVIDER_MANAGE
    entry = Entry("providers", "Set up payments that confirm themselves")

    @command_answer
    async def enter(self, visit: Visit) -> None:
        await self.every(visit)

    @click("providers:list")
    async def every(self, visit: Visit) -> None:
        shop = await visit.shop()
        await visit.show(provider_list(await self.services.providers.views(shop), shop, visit.words))

    @click("providers:open")
    async def opened(self, visit: Visit, method: str = "") -> None:
        await self._show(visit, method or chosen(visit))

    @click("providers:keys")
    async def ask_keys(self, visit: Visit, method: str) -> None:
        await visit.form(form.keys_form(await self._view(visit, method), visit.words))

    @submit("providers:keys")
    async def keys(self, visit: Visit, method: str) -> None:
        shop, fields = await visit.shop(), self.services.providers.fields(method)
        try:
            await self.services.providers.configure(shop, visit.member, method, visit.fields)
        except BadInput as wrong:
            await visit.say(form.wrong_value(wrong, fields, visit.words))
            return
        await self._try(visit, method)

    @click("providers:test")
    async def test(self, visit: Visit, method: str) -> None:
        failed = await self._fails(await visit.shop(), method)
        view = await self._show(visit, method)
        w = visit.words
        await visit.say(form.fails(failed, view, w) if failed else form.works(view, w))

    @click("providers:offer")
    async def offer(self, visit: Visit, method: str, answer: str) -> None:
        shop, offered = await visit.shop(), answer == "yes"
        await self.services.providers.offer(shop, visit.member, method, offered=offered)
        await self._show(visit, method)

    @click("providers:site")
    async def ask_site(self, visit: Visit, method: str, environment: str) -> None:
        w, view = visit.words, await self._view(visit, method)
        if environment == "sandbox":
            question = w("In the sandbox payers spend play money and get real goods.")
        else:
            question = w("On the live site payers spend real money.")
        kept = w(
            "The keys stay, but most providers give others for it. Payments under way are lost from sight."
        )
        label = w("Use the sandbox") if environment == "sandbox" else w("Use the live site")
        yes = Button(label, Target("providers:switch", method, environment), "danger")
        await visit.show(ask_card(view, w, question=f"{question} {kept}", yes=yes))

    @click("providers:switch")
    async def switch(self, visit: Visit, method: str, environment: str) -> None:
        shop = await visit.shop()
        await self.services.providers.choose_environment(shop, visit.member, method, environment)
        await self._try(visit, method)

    @click("providers:forget")
    async def ask_remove(self, visit: Visit, method: str) -> None:
        w, view = visit.words, await self._view(visit, method)
        question = w(
            "Shall I forget these keys? Customers cannot choose it any more, and I do not hear of payments "
            "that are under way, nor can I give money back through it."
        )
        yes = Button(w("Remove keys"), Target("providers:remove", method), "danger")
        await visit.show(ask_card(view, w, question=question, yes=yes))

    @click("providers:remove")
    async def remove(self, visit: Visit, method: str) -> None:
        await self.services.providers.remove(await visit.shop(), visit.member, method)
        await self._show(visit, method)
        await visit.say(visit.words("The keys are forgotten."))

    async def _try(self, visit: Visit, method: str) -> None:
        """Test what was just changed; customers are not offered what the provider will not take."""
        w, shop = visit.words, await self._fresh(visit)
        failed, gone = await self._fails(shop, method), False
        if isinstance(failed, WrongKeys | Declined):
            before = await self.services.providers.view(shop, method)
            gone = before.offered
            await self.services.providers.offer(shop, visit.member, method, offered=False)
        else:
            await self.services.worker.retry(shop.id, *_TROUBLES)
        view = await self._show(visit, method)
        said = [w("Saved."), form.fails(failed, view, w) if failed else form.works(view, w)]
        if gone:
            said.append(w("Until then customers are not offered it."))
        await visit.say(" ".join(said))

    async def _fails(self, shop: Shop, method: str) -> ProviderError | None:
        try:
            await self.services.providers.test(shop, method)
        except ProviderError as error:
            return error
        return None

    async def _fresh(self, visit: Visit) -> Shop:
        # The visit's own shop was read before the change.
        return await self.services.shops.of_guild(visit.guild_id)

    async def _view(self, visit: Visit, method: str) -> ProviderView:
        return await self.services.providers.view(await visit.shop(), method)

    async def _show(self, visit: Visit, method: str) -> ProviderView:
        shop = await self._fresh(visit)
        view = await self.services.providers.view(shop, method)
        refused = await self.services.inbox.refused(shop.id)
        await visit.show(provider_card(view, shop, refused.get(view.name, 0), visit.words))
        return view
