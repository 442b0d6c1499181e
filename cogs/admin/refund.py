"""/admin refund: money back for what goes back, line by line or all of it, or by amount."""

from dataclasses import replace
from typing import ClassVar

from nextcord import SlashOption

from cogs._ui.desk import Visit, click, command_answer, submit, suggest
from cogs.admin import _refund_card as cards
from cogs.admin._choice import line_at, lines_of, number_of, typed_pieces
from cogs.admin._order_card import label
from cogs.admin._paging import number
from cogs.admin._refund_choice import Choice, packed, unpacked
from cogs.admin._root import Entry, Section, chosen
from models.errors import ChangedMeanwhile
from services.access import Permission
from services.refund_desk import RefundView, all_of


class Refund(Section):
    """Every button carries the whole choice, so what is chosen lives nowhere but on the card."""

    needs = Permission.PAYMENT_REFUND
    entry = Entry("refund", "Give money back: for lines, an amount or all of it")

    @command_answer
    async def enter(
        self,
        visit: Visit,
        order: str = SlashOption(description="Number or customer", required=False, default=""),
    ) -> None:
        if order.strip():
            await self._show(visit, order.strip())
        else:
            await self.latest(visit)

    @suggest
    async def orders(self, visit: Visit, typed: str) -> None:
        found = await self.services.orders.suggest_any(await visit.shop(), typed or "")
        await visit.choices([(label(each, visit.words), key) for each, key in found])

    completes: ClassVar = {"order": orders}

    @click("refund:list")
    async def latest(self, visit: Visit) -> None:
        orders = await self.services.refund_desk.latest(await visit.shop())
        await visit.show(cards.latest_card(orders, visit.words))

    @click("refund:search")
    async def ask_number(self, visit: Visit) -> None:
        await visit.form(cards.search_form(visit.words))

    @submit("refund:search")
    async def search(self, visit: Visit) -> None:
        await self._show(visit, visit.fields.get("order", ""))

    @click("refund:open")
    async def opened(self, visit: Visit, order_id: str = "", code: str = "") -> None:
        await self._show(visit, order_id or chosen(visit), code)

    @click("refund:lines")
    async def lines(self, visit: Visit, order_id: str, code: str) -> None:
        view, choice = await self._chosen(visit, order_id, code)
        pieces = {
            item.product_id: view.picked.pieces.get(item.product_id) or view.left.pieces[item.product_id]
            for item in lines_of(view.order, visit.values)
            if item.product_id in view.left.pieces
        }
        await self._again(visit, view, replace(choice, picked=replace(choice.picked, pieces=pieces)))

    @click("refund:many")
    async def ask_many(self, visit: Visit, order_id: str, code: str) -> None:
        view, choice = await self._chosen(visit, order_id, code)
        at = number(chosen(visit))
        item = line_at(view.order, at)
        now, left = view.picked.pieces.get(item.product_id, 0), view.left.pieces.get(item.product_id, 0)
        kept = packed(choice, view.order)
        await visit.form(cards.many_form(item, at, now, left, kept, view.order, visit.words))

    @submit("refund:many")
    async def many(self, visit: Visit, order_id: str, code: str) -> None:
        code, at = number_of(code)
        view, choice = await self._chosen(visit, order_id, code)
        key = line_at(view.order, at).product_id
        many = typed_pieces(visit.fields.get("quantity", ""), view.left.pieces.get(key, 0))
        await self._again(visit, view, choice.of_line(key, many))

    @click("refund:ship")
    async def ship(self, visit: Visit, order_id: str, code: str) -> None:
        view, choice = await self._chosen(visit, order_id, code)
        picked = replace(choice.picked, shipping=not choice.picked.shipping)
        await self._again(visit, view, replace(choice, picked=picked))

    @click("refund:shelf")
    async def shelf(self, visit: Visit, order_id: str, code: str) -> None:
        view, choice = await self._chosen(visit, order_id, code)
        await self._again(visit, view, replace(choice, restock=not choice.restock))

    @click("refund:all")
    async def everything(self, visit: Visit, order_id: str, code: str) -> None:
        view, choice = await self._chosen(visit, order_id, code)
        await self._again(visit, view, replace(choice, picked=all_of(view)))

    @click("refund:ask")
    async def ask_reason(self, visit: Visit, order_id: str, code: str) -> None:
        await self._ask_reason(visit, order_id, code, by_hand=False)

    @click("refund:noted")
    async def ask_reason_by_hand(self, visit: Visit, order_id: str, code: str) -> None:
        await self._ask_reason(visit, order_id, code, by_hand=True)

    async def _ask_reason(self, visit: Visit, order_id: str, code: str, *, by_hand: bool) -> None:
        code, cents = number_of(code)
        view, choice = await self._chosen(visit, order_id, code)
        if view.credit.cents == cents > 0:
            await visit.form(cards.reason_form(view, choice, cents, by_hand=by_hand, w=visit.words))
        else:
            await self._moved(visit, view, choice)

    @submit("refund:ask")
    async def ask(self, visit: Visit, order_id: str, code: str) -> None:
        if await self._refund(visit, order_id, code, by_hand=False):
            await visit.say(visit.words("The refund is on its way. Please look again in a minute."))

    @submit("refund:noted")
    async def note(self, visit: Visit, order_id: str, code: str) -> None:
        if await self._refund(visit, order_id, code, by_hand=True):
            await visit.say(visit.words("Noted down. The customer sees it on the order."))

    async def _refund(self, visit: Visit, order_id: str, code: str, *, by_hand: bool) -> bool:
        code, cents = number_of(code)
        view, choice = await self._chosen(visit, order_id, code)
        shop, key, reason = await visit.shop(), view.payment.payment.key, visit.fields.get("reason", "")
        try:
            await self.services.refunds.take_back(
                shop, visit.member, key, view.picked, cents, reason, restock=choice.restock, by_hand=by_hand
            )
        except ChangedMeanwhile:
            await self._moved(visit, view, choice)
            return False
        await self._show(visit, view.order.key)
        return True

    async def _moved(self, visit: Visit, view: RefundView, choice: Choice) -> None:
        await self._again(visit, view, choice)
        await visit.say(
            visit.words("Something went back meanwhile, so nothing was refunded now. Please look again.")
        )

    async def _chosen(self, visit: Visit, order_id: str, code: str) -> tuple[RefundView, Choice]:
        shop, desk = await visit.shop(), self.services.refund_desk
        order = (await desk.view(shop, order_id)).order
        choice = unpacked(code, order)
        view = await desk.view(shop, order.key, choice.picked)
        return view, replace(choice, picked=view.picked)

    async def _show(self, visit: Visit, order_id: str, code: str = "") -> None:
        view, choice = await self._chosen(visit, order_id, code)
        await visit.show(cards.refund_card(view, choice, visit.words))

    async def _again(self, visit: Visit, view: RefundView, choice: Choice) -> None:
        await self._show(visit, view.order.key, packed(choice, view.order))
