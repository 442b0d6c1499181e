"""The cards that every part of /admin ship comes back to."""

from cogs._ui.desk import Visit
from cogs._ui.paying import provider_name
from cogs._ui.words import Words
from cogs.admin._label_card import rates_card
from cogs.admin._parcel_card import parcel_card
from cogs.admin._ship_card import ship_card
from cogs.admin._ship_choice import possible, unpacked
from models.errors import Declined
from models.required import required
from models.shipment import ParcelState


async def show_order(visit: Visit, order_id: str, code: str = "", page: int = 0) -> None:
    """An order with its parcels, and what is chosen for the next as far as it is left."""
    shop = await visit.shop()
    view = await visit.services.ship_desk.view(shop, order_id)
    pieces = possible(unpacked(code, view), view)
    buys = await visit.services.labels.sells(shop)
    await visit.show(ship_card(view, pieces, visit.words, buys=buys, page=page))


async def show_parcel(visit: Visit, order_id: str, key: str) -> None:
    """One parcel, or its prices where it is a question of those; raises NotFound."""
    view = await visit.services.ship_desk.view(await visit.shop(), order_id)
    parcel = required(view.shipment.parcel(key), "parcel")
    if parcel.state is ParcelState.QUOTED:
        await visit.show(rates_card(view, parcel, (), visit.words))
    else:
        await visit.show(parcel_card(view, parcel, visit.words))


async def changed(visit: Visit, order_id: str, code: str = "") -> None:
    """The order anew, because some of it was packed or paid back since it was shown."""
    await show_order(visit, order_id, code)
    await visit.say(
        visit.words("Some of it was packed or paid back meanwhile, so nothing was done. Please look again.")
    )


def unknown_there(refusal: Declined, w: Words) -> str:
    """What staff are told when a partner has never heard of a label or a parcel."""
    return w(
        "{partner} knows nothing of it. Were other keys entered with `/admin providers` since?",
        partner=provider_name(refusal.provider),
    )
