"""/admin providers: the shop's keys to its partners, tried out, taken into use, and taken away again."""

from cogs._ui.card import Button
from cogs._ui.desk import Visit, click, command_answer, submit
from cogs._ui.target import Target
from cogs.admin import _provider_form as form
from cogs.admin._provider_card import ask_card, provider_card, provider_list
from cogs.admin._provider_words import out_of_use, remove_question, site_question
from cogs.admin._root import Entry, Section, chosen
from models.errors import BadInput, Declined, ProviderError, WrongKeys
from services.access import Permission
from services.pace import Cost
from services.providers import ProviderView
from services.shops import Shop

# What other keys may mend.
_TROUBLES = ("wrong_keys",)


class Providers(Section):
    """Secrets come in by form and are never shown again."""

    needs = Permission.PROVIDER_MANAGE
    entry = Entry("providers", "Set up payments, e-mail, tax and shipping by provider")

    @command_answer
    async def enter(self, visit: Visit) -> None:
        await self.every(visit)

    @click("providers:list")
    async def every(self, visit: Visit) -> None:
        shop = await visit.shop()
        await visit.show(provider_list(await self.services.providers.views(shop), shop, visit.words))

    @click("providers:open")
    async def opened(self, visit: Visit, name: str = "") -> None:
        await self._show(visit, name or chosen(visit))

    @click("providers:keys")
    async def ask_keys(self, visit: Visit, name: str) -> None:
        # Before anything is typed for nothing.
        await self.services.providers.may_enter(await visit.shop(), visit.member, name)
        await visit.form(form.keys_form(await self._view(visit, name), visit.words))

    @submit("providers:keys")
    async def keys(self, visit: Visit, name: str, seen: str = "") -> None:
        shop, fields = await visit.shop(), self.services.providers.fields(name)
        view = await self._view(visit, name)
        form.keys_form(view, visit.words).still(seen)
        await visit.spend(Cost.TRY)
        try:
            await self.services.providers.configure(shop, visit.member, name, visit.fields, seen=view.values)
        except BadInput as wrong:
            await visit.say(form.wrong_value(wrong, fields, visit.words))
            return
        await self._try(visit, name)

    @click("providers:test")
    async def test(self, visit: Visit, name: str) -> None:
        await visit.spend(Cost.TRY)
        failed = await self._fails(await visit.shop(), name)
        view = await self._show(visit, name)
        w = visit.words
        await visit.say(form.fails(failed, view, w) if failed else form.works(view, w))

    @click("providers:offer")
    async def offer(self, visit: Visit, name: str, answer: str) -> None:
        shop, offered = await visit.shop(), answer == "yes"
        await self.services.providers.offer(shop, visit.member, name, offered=offered)
        await self._show(visit, name)

    @click("providers:site")
    async def ask_site(self, visit: Visit, name: str, environment: str) -> None:
        w, view = visit.words, await self._view(visit, name)
        label = w("Use the sandbox") if environment == "sandbox" else w("Use the live site")
        yes = Button(label, Target("providers:switch", name, environment), "danger")
        await visit.show(ask_card(view, w, question=site_question(view, environment, w), yes=yes))

    @click("providers:switch")
    async def switch(self, visit: Visit, name: str, environment: str) -> None:
        shop = await visit.shop()
        await self.services.providers.choose_environment(shop, visit.member, name, environment)
        await self._try(visit, name)

    @click("providers:forget")
    async def ask_remove(self, visit: Visit, name: str) -> None:
        w, view = visit.words, await self._view(visit, name)
        yes = Button(w("Remove keys"), Target("providers:remove", name), "danger")
        await visit.show(ask_card(view, w, question=remove_question(view, w), yes=yes))

    @click("providers:remove")
    async def remove(self, visit: Visit, name: str) -> None:
        await self.services.providers.remove(await visit.shop(), visit.member, name)
        await self._show(visit, name)
        await visit.say(visit.words("The keys are forgotten."))

    async def _try(self, visit: Visit, name: str) -> None:
        """Test what was just changed; what the provider will not take is not used."""
        w, shop = visit.words, await self._fresh(visit)
        failed, gone = await self._fails(shop, name), False
        if isinstance(failed, WrongKeys | Declined):
            before = await self.services.providers.view(shop, name)
            gone = before.offered
            await self.services.providers.offer(shop, visit.member, name, offered=False)
        else:
            await self.services.worker.retry(shop.id, *_TROUBLES)
        view = await self._show(visit, name)
        said = [w("Saved."), form.fails(failed, view, w) if failed else form.works(view, w)]
        if gone:
            said.append(out_of_use(view, w))
        await visit.say(" ".join(said))

    async def _fails(self, shop: Shop, name: str) -> ProviderError | None:
        try:
            await self.services.providers.test(shop, name)
        except ProviderError as error:
            return error
        return None

    async def _fresh(self, visit: Visit) -> Shop:
        # The visit's own shop was read before the change.
        return await self.services.shops.of_guild(visit.guild_id)

    async def _view(self, visit: Visit, name: str) -> ProviderView:
        return await self.services.providers.view(await visit.shop(), name)

    async def _show(self, visit: Visit, name: str) -> ProviderView:
        shop = await self._fresh(visit)
        view = await self.services.providers.view(shop, name)
        refused = await self.services.inbox.refused(shop.id)
        await visit.show(provider_card(view, shop, refused.get(view.name, 0), visit.words))
        return view
