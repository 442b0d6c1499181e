"""One step of the wizard as it stands, whether somebody walked to it or has just chosen something there."""

from cogs._ui.desk import Visit
from cogs.admin import _first_cards as cards
from cogs.admin._doctor_place import place_of
from cogs.admin._settings import STEPS, Look, part_card
from models.errors import NotFound
from services.shops import Shop

DONE = "done"


async def show_step(visit: Visit, shop: Shop, step: str) -> None:
    """The card of one step, or of the end; raises NotFound."""
    look = await Look.at(visit, shop, "setup")
    products = (await visit.services.catalog.staff_page(shop)).total
    if step == DONE:
        findings = await visit.services.doctor.examine(shop, place_of(visit))
        await visit.show(cards.summary(look, products, findings))
        return
    if step not in STEPS:
        raise NotFound("part")
    card = cards.product_card(look, products) if step == "product" else part_card(step, look)
    if card is None:
        raise NotFound("part")
    if step == "channels" and (row := cards.channel_ways(look)):
        card.rows = [*card.rows[:-1], row, card.rows[-1]]
    card.footer = visit.words("Step {n} of {all}", n=STEPS.index(step) + 1, all=len(STEPS))
    await visit.show(card)
