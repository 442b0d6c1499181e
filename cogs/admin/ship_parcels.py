"""What becomes of a parcel, as staff say it or its carrier does."""

from cogs._ui.desk import Visit, click, submit
from cogs._ui.parcels import MOVEMENTS
from cogs.admin import _parcel_card as cards
from cogs.admin._root import Section
from cogs.admin._ship_show import show_order, show_parcel, unknown_there
from models.errors import Declined, Refused
from models.order import Order
from models.required import required
from models.shipment import Parcel, ParcelState
from services.access import Permission
from services.ship_desk import correctable

_SENT = {ParcelState.SENT, ParcelState.EXCEPTION}


class ShipParcels(Section):
    """Each step is for whoever clicked, on the parcel as it is then."""

    needs = Permission.ORDER_SHIP

    @click("ship:parcel")
    async def opened(self, visit: Visit, order_id: str, key: str) -> None:
        await show_parcel(visit, order_id, key)

    @click("ship:handed")
    async def handed_over(self, visit: Visit, order_id: str, key: str) -> None:
        await self.services.ship_desk.hand_over(await visit.shop(), visit.member, order_id, key)
        await show_parcel(visit, order_id, key)
        await visit.say(visit.words("Thank you, noted. The customer is told."))

    @click("ship:arrived")
    async def arrived(self, visit: Visit, order_id: str, key: str) -> None:
        await self.services.ship_desk.delivered(await visit.shop(), visit.member, order_id, key)
        await show_parcel(visit, order_id, key)
        await visit.say(visit.words("Thank you, noted."))

    @click("ship:back")
    async def ask_what_happened(self, visit: Visit, order_id: str, key: str) -> None:
        order, parcel = await self._parcel(visit, order_id, key)
        if parcel.state not in {*_SENT, ParcelState.DELIVERED}:
            raise Refused("parcel", parcel.state)
        await visit.form(cards.back_form(order, parcel, visit.words))

    @submit("ship:back")
    async def came_back(self, visit: Visit, order_id: str, key: str) -> None:
        shop, note = await visit.shop(), visit.fields.get("note", "")
        await self.services.ship_desk.came_back(shop, visit.member, order_id, key, note)
        await show_order(visit, order_id)
        await visit.say(visit.words("Noted. Send what was in it once more, or pay it back."))

    @click("ship:correct")
    async def ask_carrier(self, visit: Visit, order_id: str, key: str) -> None:
        order, parcel = await self._parcel(visit, order_id, key)
        if not correctable(parcel):
            raise Refused("parcel", parcel.state)
        await visit.form(cards.correct_form(order, parcel, visit.words))

    @submit("ship:correct")
    async def correct(self, visit: Visit, order_id: str, key: str, seen: str = "") -> None:
        order, parcel = await self._parcel(visit, order_id, key)
        cards.correct_form(order, parcel, visit.words).still(seen)
        carrier, number = visit.fields.get("carrier", ""), visit.fields.get("tracking_number", "")
        await self.services.ship_desk.correct(
            await visit.shop(),
            visit.member,
            order_id,
            key,
            carrier=carrier,
            tracking_number=number,
            seen=parcel,
        )
        await show_parcel(visit, order_id, key)
        await visit.say(visit.words("Corrected. The customer is told."))

    @click("ship:where")
    async def where(self, visit: Visit, order_id: str, key: str) -> None:
        w = visit.words
        try:
            word = await self.services.tracking.look(await visit.shop(), order_id, key)
        except Declined as refusal:
            await visit.say(unknown_there(refusal, w))
            return
        await show_parcel(visit, order_id, key)
        known = MOVEMENTS.get(word)
        said = (
            w("Its carrier says: {where}.", where=w(known)) if known else w("There is nothing new about it.")
        )
        await visit.say(said)

    async def _parcel(self, visit: Visit, order_id: str, key: str) -> tuple[Order, Parcel]:
        view = await self.services.ship_desk.view(await visit.shop(), order_id)
        parcel = required(view.shipment.parcel(key), "parcel")
        return view.order, parcel
