"""Buying labels: what they cost, the one that is chosen, and what becomes of a purchase."""

from cogs._ui.desk import Visit, click, submit
from cogs._ui.paying import provider_name
from cogs.admin import _label_card as cards
from cogs.admin._choice import number_of
from cogs.admin._root import Section, chosen
from cogs.admin._ship_choice import possible, unpacked
from cogs.admin._ship_show import changed, show_order, show_parcel, unknown_there
from models.errors import BadInput, ChangedMeanwhile, Declined, NotFound, Refused
from models.flag import Flag
from models.required import required
from models.shipment import Parcel, ParcelState
from services.access import Permission
from services.ship_desk import ShipView
from services.shipping.measures import read_box


class ShipLabels(Section):
    """Money is spent by one button alone, which names how much."""

    needs = Permission.ORDER_SHIP

    @click("ship:label")
    async def ask_box(self, visit: Visit, order_id: str, code: str) -> None:
        shop, (at, seen) = await visit.shop(), number_of(code)
        await self.services.flags.require(shop.id, Flag.LABELS)
        view = await self.services.ship_desk.view(shop, order_id)
        if shop.config.ship_from is None:
            raise BadInput("ship_from", "required")
        pieces = unpacked(at, view)
        if pieces and pieces == possible(pieces, view) and seen == view.made:
            await visit.form(cards.box_form(view.order, code, visit.words))
        else:
            await changed(visit, view.order.key, at)

    @submit("ship:label")
    async def quote(self, visit: Visit, order_id: str, code: str) -> None:
        box = read_box(visit.fields.get("weight", ""), visit.fields.get("size", ""))
        shop, (at, seen) = await visit.shop(), number_of(code)
        view = await self.services.ship_desk.view(shop, order_id)
        pieces, w = unpacked(at, view), visit.words
        if seen != view.made:
            await changed(visit, view.order.key, at)
            return
        try:
            parcel, problems = await self.services.labels.quote(
                shop, visit.member, view.order.key, pieces, box
            )
        except ChangedMeanwhile:
            await changed(visit, view.order.key, at)
        except Declined as refusal:
            said = w(
                "{partner} cannot price this parcel. Please check both addresses, its weight and its size.",
                partner=provider_name(refusal.provider),
            )
            await visit.say(said)
        else:
            await visit.show(cards.rates_card(view, parcel, problems, w))

    @click("ship:rate")
    async def choose(self, visit: Visit, order_id: str, key: str) -> None:
        view, parcel = await self._parcel(visit, order_id, key)
        if parcel.state is not ParcelState.QUOTED:
            raise Refused("parcel", parcel.state)
        at = _place(chosen(visit), parcel)
        partner = await self.services.providers.view(await visit.shop(), parcel.partner or "")
        await visit.show(cards.buy_card(view.order, parcel, at, visit.words, plays=partner.plays))

    @click("ship:buy")
    async def buy(self, visit: Visit, order_id: str, code: str) -> None:
        key, at = number_of(code)
        _, parcel = await self._parcel(visit, order_id, key)
        if parcel.state is not ParcelState.QUOTED:
            raise Refused("parcel", parcel.state)
        ref = parcel.rates[_place(str(at), parcel)].ref
        try:
            await self.services.labels.buy(await visit.shop(), visit.member, order_id, key, ref)
        except ChangedMeanwhile:
            await changed(visit, order_id)
        else:
            await show_parcel(visit, order_id, key)

    @click("ship:look")
    async def look(self, visit: Visit, order_id: str, key: str) -> None:
        try:
            parcel = await self.services.labels.look(await visit.shop(), visit.member, order_id, key)
        except Declined as refusal:
            await visit.say(unknown_there(refusal, visit.words))
            return
        await show_parcel(visit, order_id, key)
        if parcel.state is ParcelState.UNKNOWN:
            partner = provider_name(parcel.partner or "")
            await visit.say(visit.words("I asked {partner}: there is no label so far.", partner=partner))

    @click("ship:unbought")
    async def ask_unbought(self, visit: Visit, order_id: str, key: str) -> None:
        view, parcel = await self._parcel(visit, order_id, key)
        if view.state(parcel) is not ParcelState.UNKNOWN:
            raise Refused("parcel", parcel.state)
        await visit.show(cards.unbought_card(view.order, parcel, visit.words))

    @click("ship:dropped")
    async def unbought(self, visit: Visit, order_id: str, key: str) -> None:
        await self._give_up(visit, order_id, key, ParcelState.UNKNOWN)

    @click("ship:unasked")
    async def unasked(self, visit: Visit, order_id: str, key: str) -> None:
        await self._give_up(visit, order_id, key, ParcelState.BUYING)

    @click("ship:given")
    async def given_up(self, visit: Visit, order_id: str, key: str) -> None:
        await self._give_up(visit, order_id, key, ParcelState.LABELLED)

    async def _give_up(self, visit: Visit, order_id: str, key: str, was: ParcelState) -> None:
        await self.services.labels.give_up(await visit.shop(), visit.member, order_id, key, was)
        await show_order(visit, order_id)
        await visit.say(visit.words("Noted. Its pieces can be packed again."))

    @click("ship:void")
    async def ask_void(self, visit: Visit, order_id: str, key: str) -> None:
        view, parcel = await self._parcel(visit, order_id, key)
        if parcel.state is not ParcelState.LABELLED:
            raise Refused("parcel", parcel.state)
        await visit.show(cards.void_card(view.order, parcel, visit.words))

    @click("ship:voided")
    async def void(self, visit: Visit, order_id: str, key: str) -> None:
        w = visit.words
        try:
            parcel = await self.services.labels.void(await visit.shop(), visit.member, order_id, key)
        except Declined as refusal:
            view, parcel = await self._parcel(visit, order_id, key)
            await visit.show(cards.void_card(view.order, parcel, w))
            said = w(
                "{partner} gives no money back for this label. You can still use it, or give it up.",
                partner=provider_name(refusal.provider),
            )
            await visit.say(said)
            return
        if parcel.state is ParcelState.DROPPED:
            await show_order(visit, order_id)
            await visit.say(w("The label is void. Its pieces can be packed again."))
        else:
            await show_parcel(visit, order_id, key)

    async def _parcel(self, visit: Visit, order_id: str, key: str) -> tuple[ShipView, Parcel]:
        view = await self.services.ship_desk.view(await visit.shop(), order_id)
        parcel = required(view.shipment.parcel(key), "parcel")
        return view, parcel


def _place(typed: str, parcel: Parcel) -> int:
    """Which of the prices is meant; raises NotFound."""
    places = {str(at): at for at in range(len(parcel.rates))}
    if typed not in places:
        raise NotFound("rate")
    return places[typed]
