"""/admin discount: made, limited, switched, assigned and ended by clicks."""

import pytest

from bot.sandbox import Person, Seen
from bot.sandbox.guilds import Role
from models.base import Db
from models.discount import Discount
from models.discount_use import DiscountAssignment
from services import Services
from services.shops import Shop
from tests.cogs.admin.conftest import Neighbour, everything
from tests.cogs.conftest import member
from tests.services.conftest import MakeProduct

pytestmark = pytest.mark.usefixtures("bot")
OFF, CODE = "Takes off: a share or an amount", "Code (empty: it applies by itself)"
NAME, LIMIT = "Name that customers see", "How many uses in all (empty: no limit)"
DATES = "First and last day (empty: always)"


async def new(person: Person, **typed: str) -> Seen:
    """The card of a discount that was just made."""
    form = await (await person.run("/admin discount")).open("New discount")
    return await form.submit({OFF: "10%", **typed})


async def stored(db: Db, shop: Shop) -> Discount:
    """The only discount of the shop."""
    (discount,) = await Discount.find_all(db, {"tenantId": shop.id})
    return discount


async def test_a_discount_is_made_limited_and_switched_on(
    db: Db, shop: Shop, sam: Person, staff_role: Role, product: MakeProduct
) -> None:
    """The form gives the terms, the card its products and roles; nobody gets it until it is switched on."""
    await product("Mug")
    seen = await new(
        sam, **{OFF: "12.5%", CODE: "summer", NAME: "Summer", LIMIT: "50", DATES: "2026-06-01 2026-06-30"}
    )
    assert "12.5% off: Summer" in seen.text
    assert "switched off" in seen.text
    seen = await (await seen.open("Products")).submit({"SKUs or names, one a line (empty: all)": "MUG"})
    seen = await seen.choose("Only for these roles (empty: everybody)", staff_role)
    seen = await seen.press("Switch on")
    made = await stored(db, shop)
    assert (made.code, str(made.percent), made.usage_limit) == ("SUMMER", "12.5", 50)
    assert (made.is_active, made.applies_to_all, len(made.product_ids)) == (True, False, 1)
    assert made.role_ids == [str(staff_role.id)]
    assert "Edit" not in {button.label for button in seen.buttons}
    seen = await seen.press("Switch off")
    form = await seen.open("Edit")
    filled = {field.label: field.value for field in form.fields}
    assert (filled[OFF], filled[DATES]) == ("12.5%", "2026-06-01 2026-06-30")
    await form.submit({DATES: "2026-07-01 -"})
    made = await stored(db, shop)
    assert made.starts_at is not None
    assert (made.starts_at.date().isoformat(), made.ends_at) == ("2026-07-01", None)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({OFF: "lots"}, "12.50"),
        ({OFF: "200%"}, "10%"),
        ({CODE: "no way!"}, "SUMMER-10"),
        ({LIMIT: "few"}, "whole number"),
        ({DATES: "soon"}, "2026-12-24"),
        ({DATES: "2026-01-01 2026-01-02 x"}, "2026-12-24"),
    ],
)
async def test_what_cannot_be_taken_is_said_and_stores_nothing(
    db: Db, shop: Shop, sam: Person, typed: dict[str, str], said: str
) -> None:
    """Each wrong value is named with how to write it."""
    seen = await new(sam, **typed)
    assert said in seen.text
    assert await Discount.how_many(db, shop.id) == 0


async def test_it_is_assigned_to_members_and_taken_away(
    db: Db, shop: Shop, sam: Person, ada: Person, bob: Person, product: MakeProduct
) -> None:
    """How often first, then to whom; it applies by itself in their carts alone."""
    mug = await product("Mug", 1000)
    seen = await new(sam, **{NAME: "Thanks"})
    seen = await seen.press("Only for those I assign it to")
    seen = await seen.press("Switch on")
    seen = await seen.choose("Assign it to members", "For their next 2 orders")
    seen = await seen.choose("Choose members", ada)
    (held,) = await DiscountAssignment.find_all(db, {"tenantId": shop.id})
    assert (held.rule, held.total_allowed) == ("next_n", 2)
    assert "used 0 of 2 times" in seen.text
    assert "-$1.00" in (await ada.run("/cart add", product=mug.key)).text
    assert "Discount" not in (await bob.run("/cart add", product=mug.key)).text
    seen = await seen.choose("Take it away from", "Ada")
    assert "over" in seen.text
    assert "Discount" not in (await ada.run("/cart view")).text


async def test_customers_and_neighbours_get_nowhere(
    db: Db, shop: Shop, services: Services, ada: Person, sam: Person, neighbour: Neighbour
) -> None:
    """A customer is refused with the key's name; another shop's discount is as good as unknown."""
    refused = await ada.run("/admin discount")
    assert "`discount.manage`" in refused.text
    owner = member(neighbour.guild.owner)
    foreign = await services.discounts.create(neighbour.shop, owner, {"off": "50%"})
    seen = await sam.run("/admin discount")
    before = await everything(db)
    for action in ("on", "off", "open", "edit", "products", "all", "some"):
        key = f"discount:{action}:{foreign.discount.key}"
        answer = await sam.click(seen, custom_id=key, forged=True)
        assert "I cannot find that discount" in answer.text
    assert await everything(db) == before
    assert shop.id != neighbour.shop.id
