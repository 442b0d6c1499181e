"""An amount given back of a payment, and what became of refunds that nobody can account for."""

from cogs._ui.desk import Visit, click, submit
from cogs._ui.refusals import sentence
from cogs.admin import _payment_forms as forms
from cogs.admin._payment_card import payment_card
from cogs.admin._root import Section
from models.errors import AlreadyDecided, BadInput
from models.money import parse_amount
from services.access import Permission
from services.payment_desk import PaymentView


class RefundAmount(Section):
    """Also reached from alerts in the staff channel, where each answer is for whoever clicked."""

    needs = Permission.PAYMENT_REFUND

    @click("payment:refund")
    async def ask_refund(self, visit: Visit, payment_id: str) -> None:
        view = await self._view(visit, payment_id)
        await self._ask_refund(visit, view, by_hand=not view.refunds_itself)

    @click("payment:record")
    async def ask_record(self, visit: Visit, payment_id: str) -> None:
        await self._ask_refund(visit, await self._view(visit, payment_id), by_hand=True)

    async def _ask_refund(self, visit: Visit, view: PaymentView, *, by_hand: bool) -> None:
        if view.refundable_cents:
            await visit.form(forms.refund_form(view, visit.words, by_hand=by_hand))
        else:
            await visit.show(payment_card(view, visit.words))
            await visit.say(visit.words("There is nothing left to give back."))

    @submit("payment:refund")
    async def refund(self, visit: Visit, payment_id: str) -> None:
        if await self._refund(visit, payment_id, by_hand=False):
            await visit.say(visit.words("The refund is on its way. Please look again in a minute."))

    @submit("payment:record")
    async def record(self, visit: Visit, payment_id: str) -> None:
        if await self._refund(visit, payment_id, by_hand=True):
            await visit.say(visit.words("Noted down. The customer sees it on the order."))

    async def _refund(self, visit: Visit, payment_id: str, *, by_hand: bool) -> bool:
        shop, view = await visit.shop(), await self._view(visit, payment_id)
        cents = parse_amount(visit.fields.get("amount", ""), view.payment.currency)
        reason = visit.fields.get("reason", "")
        try:
            await self.services.refunds.ask(shop, visit.member, payment_id, cents, reason, by_hand=by_hand)
        except BadInput as wrong:
            # Somebody may have given money back since the form was opened.
            now = await self._view(visit, payment_id)
            said = forms.wrong_amount(wrong, now.payment, visit.words)
            await visit.say(said or sentence(wrong, visit.words))
            return False
        await self._show(visit, payment_id)
        return True

    @click("payment:made")
    async def was_made(self, visit: Visit, payment_id: str, key: str) -> None:
        await self._resolve(visit, payment_id, key, done=True)

    @click("payment:unmade")
    async def was_not_made(self, visit: Visit, payment_id: str, key: str) -> None:
        await self._resolve(visit, payment_id, key, done=False)

    async def _resolve(self, visit: Visit, payment_id: str, key: str, *, done: bool) -> None:
        w, shop = visit.words, await visit.shop()
        try:
            await self.services.refunds.resolve(shop, visit.member, payment_id, key, done=done)
        except AlreadyDecided:
            said = w("Somebody was faster, or the provider has told meanwhile.")
        else:
            said = w("Thank you, noted.") if done else w("Noted. The money can be given back again.")
        await self._show(visit, payment_id)
        await visit.say(said)

    async def _view(self, visit: Visit, payment_id: str) -> PaymentView:
        return await self.services.payments.one(await visit.shop(), payment_id)

    async def _show(self, visit: Visit, payment_id: str) -> None:
        await visit.show(payment_card(await self._view(visit, payment_id), visit.words))
