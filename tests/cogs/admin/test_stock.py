"""Stock is restocked, adjusted and counted, and every change stands in the ledger."""

import pytest

from bot.sandbox import Person
from models.base import Db
from models.inventory import InventoryTransaction, replay
from services import Services
from services.shops import Shop
from tests.cogs.admin.conftest import Buy
from tests.cogs.conftest import member
from tests.services.conftest import MakeProduct

pytestmark = pytest.mark.usefixtures("bot")


async def test_stock_shows_what_is_there_reserved_and_the_latest_changes(
    sam: Person, ada: Person, buy: Buy
) -> None:
    """An open order's piece is reserved, and the ledger says so."""
    await buy(ada, name="Mug", stock=4)
    (choice,) = await sam.suggest("/admin stock", product="mu")
    seen = await sam.run("/admin stock", product=choice.value)
    assert "To sell: 3" in seen.text
    assert "Reserved by open orders: 1" in seen.text
    assert "+4" in seen.text.replace("*", "")
    assert "first delivery" in seen.text
    assert "reserved" in seen.text


@pytest.mark.parametrize(
    ("button", "typed", "left"),
    [
        ("Restock", "25", 35),
        ("Adjust", "-4", 6),
        ("Adjust", "+2", 12),
        ("Set count", "3", 3),
        ("Set count", "10", 10),
    ],
)
async def test_each_way_to_change_the_stock_leaves_a_row_with_its_reason(
    db: Db,
    services: Services,
    shop: Shop,
    sam: Person,
    product: MakeProduct,
    button: str,
    typed: str,
    left: int,
) -> None:
    """Restock adds, adjust adds or takes, a count sets; the ledger replays to the same number."""
    mug = await product("Mug")
    seen = await sam.run("/admin stock", product=mug.key)
    form = await seen.open(button)
    seen = await form.submit({form.fields[0].label: typed, "Reason": "counted on Monday"})
    assert f"To sell: {left}" in seen.text
    assert (await services.stock.of(shop, mug.key)).available == left
    assert await replay(db, shop.id, mug.key) == (left, 0)
    rows = await InventoryTransaction.find_all(db, {"productId": mug.key, "reason": "counted on Monday"})
    assert len(rows) == (left != 10)


@pytest.mark.parametrize(
    ("button", "typed", "said"),
    [
        ("Restock", "many", "using digits only"),
        ("Restock", "0", "whole number"),
        ("Restock", "-5", "whole number"),
        ("Restock", "9999999999", "using digits only"),
        ("Restock", "٣", "using digits only"),
        ("Adjust", "-11", "Only 10"),
        ("Adjust", "--1", "using digits only"),
        ("Set count", "-1", "whole number"),
    ],
)
async def test_numbers_that_make_no_sense_are_refused_and_change_nothing(
    services: Services, shop: Shop, sam: Person, product: MakeProduct, button: str, typed: str, said: str
) -> None:
    """Words, nothing, too much, other digits and less than nothing."""
    mug = await product("Mug")
    form = await (await sam.run("/admin stock", product=mug.key)).open(button)
    assert said in (await form.submit({form.fields[0].label: typed})).text
    assert (await services.stock.of(shop, mug.key)).available == 10


async def test_product_and_stock_lead_to_each_other(sam: Person, product: MakeProduct) -> None:
    """One card, edited in place, back and forth."""
    mug = await product("Mug")
    first = seen = await sam.run("/admin product", name=mug.key)
    seen = await seen.press("Stock")
    assert "Stock of Mug" in seen.text
    seen = await seen.press("Product")
    assert seen.id == first.id
    assert "The buyer gets the roles" in seen.text


async def test_stock_says_how_many_wait_and_for_how_many_one_is_kept(
    services: Services, shop: Shop, sam: Person, ada: Person, bob: Person, product: MakeProduct
) -> None:
    """Before an order of new stock one can see for how many; what is kept counts as no open order."""
    mug = await product("Mug", stock=0)
    for person in (ada, bob):
        await services.waitlist.ask(shop, member(person), mug.key)
    assert "Waiting for it: 2" in (await sam.run("/admin stock", product=mug.key)).text
    await services.stock.restock(shop, member(sam), mug.key, 1, "box")
    seen = await sam.run("/admin stock", product=mug.key)
    assert "Waiting for it: 1, and one is kept for 1 more" in seen.text
    assert "Reserved by open orders: 0" in seen.text


async def test_an_unknown_product_is_said_kindly(sam: Person) -> None:
    """A name that nothing has."""
    assert "cannot find that product" in (await sam.run("/admin stock", product="unicorn")).text
