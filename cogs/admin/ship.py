"""/admin ship: what has to be sent, parcel by parcel."""

from dataclasses import replace
from typing import ClassVar

from nextcord import SlashOption

from cogs._ui.address import address_form, typed_address
from cogs._ui.desk import Visit, click, command_answer, submit, suggest
from cogs._ui.form import Form
from cogs._ui.target import Target
from cogs._ui.words import Words
from cogs.admin import _ship_card as cards
from cogs.admin._choice import line_at, lines_of, number_of, typed_pieces
from cogs.admin._order_card import label
from cogs.admin._paging import number
from cogs.admin._root import Entry, Section, chosen
from cogs.admin._ship_choice import packed, possible, unpacked
from cogs.admin._ship_show import changed, show_order, show_parcel
from models.errors import ChangedMeanwhile
from models.order import Order
from services.access import Permission
from services.ship_desk import ShipView

# A parcel's key is longer than the number of any page.
_PAGE_LENGTH = 2


class Ship(Section):
    """Every button carries the whole choice, so what is chosen lives nowhere but on the card."""

    needs = Permission.ORDER_SHIP
    entry = Entry("ship", "Send what is paid: parcels, labels, tracking")

    @command_answer
    async def enter(
        self,
        visit: Visit,
        order: str = SlashOption(description="Number or customer", required=False, default=""),
    ) -> None:
        if order.strip():
            await show_order(visit, order.strip())
        else:
            await self.waiting(visit)

    @suggest
    async def orders(self, visit: Visit, typed: str) -> None:
        found = await self.services.orders.suggest_any(await visit.shop(), typed or "")
        sent = [(order, key) for order, key in found if order.needs_shipping]
        await visit.choices([(label(order, visit.words), key) for order, key in sent])

    completes: ClassVar = {"order": orders}

    @click("ship:list")
    async def waiting(self, visit: Visit, page: str = "0") -> None:
        found = await self.services.ship_desk.waiting(await visit.shop(), number(page))
        await visit.show(cards.waiting_card(found, visit.words))

    @click("ship:search")
    async def ask_number(self, visit: Visit) -> None:
        await visit.form(cards.search_form(visit.words))

    @submit("ship:search")
    async def search(self, visit: Visit) -> None:
        await show_order(visit, visit.fields.get("order", ""))

    @click("ship:open")
    async def opened(self, visit: Visit, order_id: str = "", code: str = "") -> None:
        await show_order(visit, order_id or chosen(visit), code)

    @click("ship:pick")
    async def pick(self, visit: Visit, order_id: str, code: str) -> None:
        value = chosen(visit)
        if len(value) <= _PAGE_LENGTH:
            await show_order(visit, order_id, code, number(value))
        else:
            await show_parcel(visit, order_id, value)

    @click("ship:lines")
    async def lines(self, visit: Visit, order_id: str, code: str) -> None:
        view = await self._view(visit, order_id)
        before = possible(unpacked(code, view), view)
        pieces = {
            item.product_id: before.get(item.product_id) or view.left[item.product_id]
            for item in lines_of(view.order, visit.values)
            if item.product_id in view.left
        }
        await show_order(visit, view.order.key, packed(pieces, view.order))

    @click("ship:many")
    async def ask_many(self, visit: Visit, order_id: str, code: str) -> None:
        view = await self._view(visit, order_id)
        pieces, at = possible(unpacked(code, view), view), number(chosen(visit))
        item = line_at(view.order, at)
        now, left = pieces.get(item.product_id, 0), view.left.get(item.product_id, 0)
        kept = packed(pieces, view.order)
        await visit.form(cards.many_form(item, at, now, left, kept, view.order, visit.words))

    @submit("ship:many")
    async def many(self, visit: Visit, order_id: str, code: str) -> None:
        code, at = number_of(code)
        view = await self._view(visit, order_id)
        key = line_at(view.order, at).product_id
        many = typed_pieces(visit.fields.get("quantity", ""), view.left.get(key, 0))
        pieces = {**possible(unpacked(code, view), view), key: many}
        await show_order(visit, view.order.key, packed(pieces, view.order))

    @click("ship:send")
    async def ask_carrier(self, visit: Visit, order_id: str, code: str) -> None:
        view, (at, seen) = await self._view(visit, order_id), number_of(code)
        pieces = unpacked(at, view)
        if pieces and pieces == possible(pieces, view) and seen == view.made:
            await visit.form(cards.send_form(view.order, code, visit.words))
        else:
            await changed(visit, view.order.key, at)

    @submit("ship:send")
    async def send(self, visit: Visit, order_id: str, code: str) -> None:
        view, (at, seen) = await self._view(visit, order_id), number_of(code)
        carrier, tracking = visit.fields.get("carrier", ""), visit.fields.get("tracking_number", "")
        try:
            await self.services.ship_desk.send(
                await visit.shop(),
                visit.member,
                view.order.key,
                unpacked(at, view),
                carrier=carrier,
                tracking_number=tracking,
                seen=seen,
            )
        except ChangedMeanwhile:
            await changed(visit, view.order.key, at)
            return
        await show_order(visit, view.order.key)
        await visit.say(visit.words("Thank you, noted. The customer is told."))

    @click("ship:address")
    async def ask_address(self, visit: Visit, order_id: str) -> None:
        view = await self._view(visit, order_id)
        await visit.form(_address_form(view.order, visit.words))

    @submit("ship:address")
    async def address(self, visit: Visit, order_id: str, seen: str = "") -> None:
        shop, typed = await visit.shop(), typed_address(visit.fields, visit.words)
        known = (await self._view(visit, order_id)).order
        _address_form(known, visit.words).still(seen)
        order = await self.services.ship_desk.readdress(shop, visit.member, order_id, typed, seen=known)
        await show_order(visit, order.key)
        await visit.say(visit.words("The address is corrected. Labels that you buy from now on use it."))

    async def _view(self, visit: Visit, order_id: str) -> ShipView:
        return await self.services.ship_desk.view(await visit.shop(), order_id)


def _address_form(order: Order, w: Words) -> Form:
    to = Target("ship:address", order.key)
    form = address_form(to, w, title=w("Correct the address"), known=order.shipping_address)
    return replace(form, edits=True)
