"""/admin payments: what waits for a decision, all the rest, and every Approve and Reject of a claim."""

from cogs._ui.claim_card import claim_card, decision
from cogs._ui.desk import Visit, click, command_answer, submit
from cogs._ui.form import Form
from cogs._ui.visit import is_own
from cogs._ui.words import Words
from cogs.admin import _claim_cards as cards
from cogs.admin._paging import number
from cogs.admin._payment_list import known_kind, payment_list
from cogs.admin._root import Entry, Section, chosen
from models.errors import AlreadyDecided, OutOfStock, ReferenceUsed
from models.payment import PaymentStatus
from services.access import Permission
from services.claims import ClaimView


class Payments(Section):
    """Staff look for the money, then decide; once, whoever clicks first."""

    needs = Permission.PAYMENT_APPROVE
    entry = Entry("payments", "Approve payments, look into them, give money back")

    @command_answer
    async def enter(self, visit: Visit) -> None:
        shop = await visit.shop()
        waiting = await self.services.claims.waiting(shop)
        if not waiting.total and (await self.services.payments.page(shop, deciding=True)).total:
            await self.some(visit, "0", "deciding")
        else:
            await self.queue(visit)

    @click("payments:queue")
    async def queue(self, visit: Visit, page: str = "0") -> None:
        shop = await visit.shop()
        waiting = await self.services.claims.waiting(shop, number(page))
        deciding = await self.services.payments.page(shop, deciding=True)
        await visit.show(cards.queue(waiting, deciding.total, visit.words))

    @click("payments:list")
    async def some(self, visit: Visit, page: str = "0", kind: str = "all") -> None:
        shop, at, kind = await visit.shop(), number(page), known_kind(kind)
        found = await self.services.payments.page(shop, status=kind, deciding=kind == "deciding", page=at)
        await visit.show(payment_list(found, kind, visit.words))

    @click("payments:show")
    async def of_kind(self, visit: Visit) -> None:
        kind = chosen(visit)
        await (self.queue(visit) if kind == "waiting" else self.some(visit, "0", kind))

    @click("payments:open")
    async def opened(self, visit: Visit) -> None:
        view = await self.services.claims.view(await visit.shop(), chosen(visit))
        await visit.show(cards.own(view, visit.words))

    @click("claim:approve")
    async def ask_note(self, visit: Visit, payment_id: str, claims: str) -> None:
        view = await self.services.claims.view(await visit.shop(), payment_id)
        await self._if_waiting(visit, view, claims, cards.note_form(view, claims, visit.words))

    @click("claim:reject")
    async def ask_reason(self, visit: Visit, payment_id: str, claims: str) -> None:
        view = await self.services.claims.view(await visit.shop(), payment_id)
        await self._if_waiting(visit, view, claims, cards.reason_form(view, claims, visit.words))

    @submit("claim:approve")
    async def approve(self, visit: Visit, payment_id: str, claims: str) -> None:
        await self._approve(visit, payment_id, claims, visit.fields.get("note", ""), used_before_ok=False)

    @click("claim:again")
    async def approve_again(self, visit: Visit, payment_id: str, claims: str) -> None:
        await self._approve(visit, payment_id, claims, _carried(visit), used_before_ok=True)

    @submit("claim:reject")
    async def reject(self, visit: Visit, payment_id: str, claims: str) -> None:
        shop, reason = await visit.shop(), visit.fields.get("reason", "")
        try:
            view = await self.services.claims.reject(shop, visit.member, payment_id, number(claims), reason)
        except AlreadyDecided:
            await self._too_late(visit, payment_id, claims)
            return
        await _bring_up_to_date(visit, view, claims)
        await visit.say(visit.words("Rejected. The customer is told why."))

    @click("claim:show")
    async def show(self, visit: Visit, payment_id: str) -> None:
        view = await self.services.claims.view(await visit.shop(), payment_id)
        await visit.show(cards.own(view, visit.words))

    async def _approve(
        self, visit: Visit, payment_id: str, claims: str, note: str, *, used_before_ok: bool
    ) -> None:
        shop, turn = await visit.shop(), number(claims)
        try:
            view = await self.services.claims.approve(
                shop, visit.member, payment_id, turn, note, used_before_ok=used_before_ok
            )
        except AlreadyDecided:
            await self._too_late(visit, payment_id, claims)
            return
        except ReferenceUsed as used:
            await visit.show(cards.used_before(used, payment_id, claims, note, visit.words))
            return
        except OutOfStock as gone:
            await visit.say(cards.gone(gone, visit.words))
            return
        await _bring_up_to_date(visit, view, claims)
        await visit.add(cards.approved(view.order, visit.words))

    async def _if_waiting(self, visit: Visit, view: ClaimView, claims: str, form: Form) -> None:
        if _waits(view, claims):
            await visit.form(form)
        else:
            await self._too_late(visit, view.payment.key, claims)

    async def _too_late(self, visit: Visit, payment_id: str, claims: str) -> None:
        view = await self.services.claims.view(await visit.shop(), payment_id)
        await _bring_up_to_date(visit, view, claims)
        w = visit.words
        if view.payment.claims != number(claims):
            await visit.say(w("The customer has reported this payment again. Please use the newer card."))
        else:
            await visit.say(w("Somebody was faster.") + f" {decision(view.payment, w)}")


def _waits(view: ClaimView, claims: str) -> bool:
    waits = view.payment.status is PaymentStatus.AWAITING_ADMIN_APPROVAL
    return waits and view.payment.claims == number(claims)


async def _bring_up_to_date(visit: Visit, view: ClaimView, claims: str) -> None:
    """Show what became of a claim on the very card that was clicked."""
    if is_own(visit.interaction):
        await visit.show(cards.own(view, visit.words))
    else:
        # Everybody sees that card: it keeps the guild's language, not the clicker's.
        words = Words.of(visit.interaction.guild_locale)
        await visit.reply(claim_card(view, words, claims=number(claims)))


def _carried(visit: Visit) -> str:
    """The note that the warning card carries; empty when there is none, which is then refused."""
    message = visit.interaction.message
    footer = message.embeds[0].footer.text if message and message.embeds else None
    return footer or ""
