"""One payment behind the counter: what is known of it, ask its provider, fulfil anyway."""

from cogs._ui.desk import Visit, click, submit
from cogs._ui.refusals import sentence
from cogs.admin import _payment_forms as forms
from cogs.admin._claim_cards import own
from cogs.admin._payment_card import payment_card
from cogs.admin._root import Section, chosen
from models.errors import AlreadyDecided, NotFound, ProviderError
from services.access import Permission
from services.payment_desk import PaymentView

_NOTHING_NEW = frozenset({"known", "nothing", "too_late", "old_page", "not_collected"})


class PaymentDesk(Section):
    """Also reached from alerts in the staff channel, where each answer is for whoever clicked."""

    needs = Permission.PAYMENT_APPROVE

    @click("payment:open")
    async def opened(self, visit: Visit, payment_id: str = "") -> None:
        await self._open(visit, await self._view(visit, payment_id or chosen(visit)))

    @click("payment:order")
    async def of_order(self, visit: Visit, order_id: str) -> None:
        await self._open(visit, await self.services.payments.of_order(await visit.shop(), order_id))

    async def _open(self, visit: Visit, view: PaymentView) -> None:
        if view.hosted or view.payment.settled:
            await visit.show(payment_card(view, visit.words))
        else:
            claim = await self.services.claims.view(await visit.shop(), view.payment.key)
            await visit.show(own(claim, visit.words))

    @click("payment:check")
    async def check(self, visit: Visit, payment_id: str) -> None:
        w, view = visit.words, await self._view(visit, payment_id)
        if not view.can_check:
            await visit.show(payment_card(view, w))
            return
        try:
            outcomes = await self.services.hosted.staff_check(await visit.shop(), payment_id)
        except (ProviderError, NotFound) as error:
            await visit.say(forms.not_asked(error, view.payment, w))
            return
        await self._show(visit, payment_id)
        news = {part for each in outcomes for part in each.split(",")} - _NOTHING_NEW
        await visit.say(w("There was news; here it is.") if news else w("The provider has no news."))

    @click("payment:fulfil")
    async def ask_why(self, visit: Visit, payment_id: str) -> None:
        view = await self._view(visit, payment_id)
        if view.can_fulfil:
            await visit.form(forms.fulfil_form(view, visit.words))
        else:
            await visit.show(payment_card(view, visit.words))
            await visit.say(visit.words("There is nothing to decide here any more."))

    @submit("payment:fulfil")
    async def fulfil(self, visit: Visit, payment_id: str) -> None:
        shop, note = await visit.shop(), visit.fields.get("note", "")
        try:
            order = await self.services.decisions.fulfil(shop, visit.member, payment_id, note)
        except AlreadyDecided as decided:
            said = sentence(decided, visit.words)
        else:
            said = visit.words("The order is paid, and its goods are on their way.")
            if order.needs_shipping:
                said = visit.words("The order is paid. Now it has to be sent: see `/admin ship`.")
            elif order.gift_only:
                said = visit.words("The gift is in the community fund.")
        await self._show(visit, payment_id)
        await visit.say(said)

    async def _view(self, visit: Visit, payment_id: str) -> PaymentView:
        return await self.services.payments.one(await visit.shop(), payment_id)

    async def _show(self, visit: Visit, payment_id: str) -> None:
        await visit.show(payment_card(await self._view(visit, payment_id), visit.words))
