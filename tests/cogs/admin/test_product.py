"""The shelf from behind: products are found, made and changed with clicks and forms."""

import pytest

from bot.sandbox import Community, Person, Seen
from models.audit import AuditLog
from models.base import Db
from models.product import Product, QtyVisibility
from services import Services
from services.shops import Shop
from tests.cogs.conftest import member
from tests.services.conftest import MakeProduct

FACTS = {"Name": "Aurora Mug", "Price in USD": "12.50", "SKU (your own short code)": "MUG-1"}
GETS, BUYS = "Roles that the buyer gets", "Roles that may buy (empty: everybody)"

pytestmark = pytest.mark.usefixtures("bot")


async def new(sam: Person, **more: str) -> Seen:
    """The card of a product that Sam has just made."""
    form = await (await sam.run("/admin product")).open("New product")
    return await form.submit({**FACTS, **more})


async def stored(db: Db, shop: Shop) -> Product:
    """The only product of the shop."""
    (product,) = await Product.find_all(db, {"tenantId": shop.id})
    return product


async def test_a_product_is_made_by_a_form_and_put_on_sale_by_clicks(db: Db, shop: Shop, sam: Person) -> None:
    """Name, price and SKU first; nobody finds it until it is put on sale."""
    seen = await new(sam, Description="Keeps *warm*.\nVery blue.")
    assert "not on sale" in seen.text
    made = await stored(db, shop)
    assert (made.name, made.price_cents, made.sku, made.currency) == ("Aurora Mug", 1250, "MUG-1", "USD")
    assert made.description == "Keeps *warm*.\nVery blue."
    assert not made.is_active
    assert not made.is_digital
    seen = await seen.press("It is digital")
    seen = await seen.press("Do not count stock")
    seen = await seen.press("Put on sale")
    made = await stored(db, shop)
    assert (made.is_active, made.is_digital, made.inventory_tracked) == (True, True, False)
    for label in ("It ships", "Count stock", "Take off sale"):
        seen = await seen.press(label)
    made = await stored(db, shop)
    assert (made.is_active, made.is_digital, made.inventory_tracked) == (False, False, True)


async def test_details_and_visibility_are_set_on_the_card(db: Db, shop: Shop, sam: Person) -> None:
    """Picture, the text that a buyer gets, and who sees the stock."""
    seen = await new(sam)
    form = await seen.open("Picture, delivery")
    seen = await form.submit(
        {
            "Web address of a picture": "https://pictures.example/mug.png",
            "Text that the buyer gets once it is paid": "Your key: `A-1`",
        }
    )
    seen = await seen.choose("Who sees the stock", "Stock: customers only see whether there is any")
    made = await stored(db, shop)
    assert made.image_url == "https://pictures.example/mug.png"
    assert made.delivery_text == "Your key: `A-1`"
    assert made.qty_visibility is QtyVisibility.PRIVATE
    form = await seen.open("Picture, delivery")
    await form.submit({"Web address of a picture": "", "Text that the buyer gets once it is paid": ""})
    made = await stored(db, shop)
    assert (made.image_url, made.delivery_text) == (None, None)


async def test_edit_shows_what_is_known_and_writes_who_changed_what(
    db: Db, shop: Shop, sam: Person, product: MakeProduct
) -> None:
    """The form is filled; price and cost are read as people write them; an audit row remembers."""
    mug = await product("Mug", cost_cents=410)
    seen = await sam.run("/admin product", name=mug.key)
    form = await seen.open("Edit")
    assert {field.label: field.value for field in form.fields} == {
        "Name": "Mug",
        "Price in USD": "15.00",
        "SKU (your own short code)": "MUG",
        "Description": None,
        "What it costs you (staff only)": "4.10",
    }
    seen = await form.submit({"Price in USD": "$17,25", "What it costs you (staff only)": ""})
    assert "$17.25" in seen.text
    made = await stored(db, shop)
    assert (made.price_cents, made.cost_cents) == (1725, None)
    rows = await AuditLog.find_all(db, {"action": "product.edit"})
    assert rows[0].actor_id == str(sam.id)
    assert (rows[0].meta["before"]["priceCents"], rows[0].meta["after"]["priceCents"]) == (1500, 1725)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"Price in USD": "cheap"}, "write it like 12.50"),
        ({"Price in USD": "1.999"}, "12.50"),
        ({"SKU (your own short code)": "MUG"}, "Another product has that SKU"),
        ({"Name": " \N{ZERO WIDTH SPACE}"[:1]}, "name"),
    ],
)
async def test_what_cannot_be_taken_is_said_and_changes_nothing(
    db: Db, shop: Shop, sam: Person, product: MakeProduct, typed: dict[str, str], said: str
) -> None:
    """Prices that are none, a SKU that is taken, a name of blanks."""
    await product("Mug")
    answer = await new(sam, **typed)
    assert said in answer.text
    assert (await stored(db, shop)).name == "Mug"


async def test_lists_are_paged_and_searched_also_for_what_is_not_on_sale(
    sam: Person, product: MakeProduct, services: Services, shop: Shop
) -> None:
    """Six to a page; a search keeps its words while pages turn."""
    for number in range(8):
        await product(f"Tea {number}", stock=1)
    hidden = await product("Cocoa", stock=3)
    await services.catalog.edit(shop, member(sam), hidden.key, {"is_active": False})
    seen = await sam.run("/admin product")
    assert "Page 1 of 2" in str(seen.buttons)
    assert "Cocoa" in seen.text
    assert "not on sale" in seen.text
    form = await seen.open("Search")
    seen = await form.submit({"Words in the name": "tea"})
    assert "Cocoa" not in seen.text
    seen = await seen.press("▶️")
    assert "Tea 7" in seen.text
    seen = await seen.choose("Open a product", "Tea 7")
    assert "1 available, 0 reserved" in seen.text
    seen = await seen.press("All products")
    assert "Page 1 of 2" in str(seen.buttons)


async def test_a_search_in_any_script_fits_into_the_buttons(sam: Person, product: MakeProduct) -> None:
    """Fifty letters of another script are cut, never an error; what is shown was searched for."""
    for number in range(7):
        await product(f"Чашка северного сияния и ещё много других слов {number}", sku=f"C{number}")
    form = await (await sam.run("/admin product")).open("Search")
    seen = await form.submit({"Words in the name": "чашка северного сияния и ещё много других слов"})
    assert "Чашка" in seen.text
    assert "Page 2 of 2" in str((await seen.press("▶️")).buttons)


async def test_names_are_suggested_while_typing(sam: Person, product: MakeProduct) -> None:
    """Also products that are not on sale; the choice opens the card."""
    await product("Coffee mug")
    (choice,) = await sam.suggest("/admin product", name="mug")
    assert choice.name == "Coffee mug"
    assert "Coffee mug" in (await sam.run("/admin product", name=choice.value)).text
    assert "Coffee mug" in (await sam.run("/admin product", name="coffee")).text


async def test_roles_are_granted_and_required_by_pickers(
    db: Db, shop: Shop, guild: Community, sam: Person
) -> None:
    """Several may be chosen, and none again."""
    vip, fan = guild.add_role("VIP"), guild.add_role("Fan")
    seen = await new(sam)
    seen = await seen.choose(GETS, vip, fan)
    assert "⚠️" not in seen.text
    seen = await seen.choose(BUYS, fan)
    made = await stored(db, shop)
    assert (made.granted_role_ids, made.required_role_ids) == ([str(vip.id), str(fan.id)], [str(fan.id)])
    seen = await seen.choose(GETS)
    await seen.choose(BUYS)
    made = await stored(db, shop)
    assert (made.granted_role_ids, made.required_role_ids) == ([], [])


async def test_roles_that_the_bot_cannot_grant_are_named_with_the_remedy(
    guild: Community, olivia: Person
) -> None:
    """Above the bot's own, of an integration, without Manage Roles, deleted: each has its sentence."""
    above = guild.add_role("Crown", position=9)
    seen = await (await new(olivia)).choose(GETS, above)
    assert "drag my role" in seen.text
    seen = await seen.choose(GETS, guild.bot_role)
    assert "belongs to an integration" in seen.text
    vip = guild.add_role("VIP")
    guild.set_permissions(guild.bot_role, 1 << 10 | 1 << 11 | 1 << 14)
    seen = await seen.choose(GETS, vip)
    assert "Manage Roles" in seen.text
    guild.remove_role(vip)
    seen = await seen.press("Take off sale" if "Take off sale" in str(seen.buttons) else "Put on sale")
    assert "was deleted" in seen.text


async def test_no_power_comes_onto_the_shelf_by_way_of_a_direct_message(
    db: Db, services: Services, shop: Shop, guild: Community, sam: Person, olivia: Person
) -> None:
    """Staff work where the server's roles can be seen; a forged click elsewhere opens and changes nothing."""
    await services.shops.configure(shop, member(olivia), response_mode="DM")
    ruler = guild.add_role("Ruler", permissions=1 << 3)
    await new(sam)
    made = await stored(db, shop)
    await sam.run("/help")
    forged = f"g{guild.id}~product:open:{made.key}"
    seen = await sam.click(sam.dms[-1], custom_id=forged, forged=True)
    assert isinstance(seen, Seen)
    if GETS in {menu.placeholder for menu in seen.selects}:
        await sam.choose(seen, GETS, ruler.id, forged=True)
    assert (await stored(db, shop)).granted_role_ids == []
    assert "in the server where the shop is" in "".join(each.text for each in [seen, *seen.followups])


async def test_everyone_is_no_role_to_sell_or_to_ask_for(
    db: Db, shop: Shop, guild: Community, sam: Person
) -> None:
    """@everyone is held by nobody as a role: asking for it would close the product to all."""
    seen = await new(sam)
    for menu in (GETS, BUYS):
        assert "cannot take that" in (await seen.choose(menu, guild.guild.roles[guild.id])).text
    made = await stored(db, shop)
    assert (made.granted_role_ids, made.required_role_ids) == ([], [])


async def test_long_and_marked_up_texts_fit_and_stay_text(sam: Person, product: MakeProduct) -> None:
    """Longest texts, markdown and mentions neither break the card nor ping."""
    await product(
        "*" * 100,
        sku="`" * 40,
        description="@everyone " * 200,
        delivery_text="[x](https://bad.example) " * 80,
    )
    seen = await sam.run("/admin product")
    seen = await seen.choose("Open a product", "*" * 100)
    assert seen.pings == []
    assert "](https://bad.example)" not in str(seen.payload["embeds"])


async def test_a_product_whose_role_cannot_be_granted_goes_on_sale_only_when_that_is_confirmed(
    db: Db, shop: Shop, guild: Community, sam: Person
) -> None:
    """The warning is a question: back changes nothing, and only the second button sells it."""
    high = guild.add_role("High")
    guild.move_role(high, 9)
    seen = await new(sam)
    seen = await seen.choose(GETS, high)
    asked = await seen.press("Put on sale")
    assert "drag my role" in asked.text
    assert not (await stored(db, shop)).is_active
    back = await asked.press("Back, I will see to it")
    assert "not on sale" in back.text
    asked = await back.press("Put on sale")
    await asked.press("Sell it all the same")
    assert (await stored(db, shop)).is_active


async def test_a_product_whose_role_can_be_granted_goes_on_sale_with_one_click(
    db: Db, shop: Shop, guild: Community, sam: Person
) -> None:
    """Once the role stands below the bot's there is nothing to ask."""
    high = guild.add_role("High")
    guild.move_role(high, 9)
    seen = await (await new(sam)).choose(GETS, high)
    asked = await seen.press("Put on sale")
    guild.move_role(high, 1)
    back = await asked.press("Back, I will see to it")
    await back.press("Put on sale")
    assert (await stored(db, shop)).is_active


async def test_nobody_confirms_for_the_staff_or_for_another_shop(
    db: Db, shop: Shop, guild: Community, sam: Person, ada: Person, elsewhere: tuple[Community, Shop]
) -> None:
    """A customer's forged click, and one with the product's id from another server, sell nothing."""
    high = guild.add_role("High")
    guild.move_role(high, 9)
    seen = await (await new(sam)).choose(GETS, high)
    asked = await seen.press("Put on sale")
    custom_id = asked.button("Sell it all the same").custom_id
    mine = await ada.run("/cart view")
    await ada.click(mine, custom_id=custom_id, forged=True)
    place, _ = elsewhere
    theirs = await place.owner.run("/admin product")
    await place.owner.click(theirs, custom_id=custom_id, forged=True)
    assert not (await stored(db, shop)).is_active
