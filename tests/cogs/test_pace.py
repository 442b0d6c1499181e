"""A flood of clicks meets one kind sentence; who clicks as people do never reads it."""

from collections.abc import AsyncIterator

import pytest

from bot.outside import Outside
from bot.sandbox import Person
from bot.wiring import build
from models.base import Db
from models.order import Order
from services import Services
from services.links import Links
from services.pace import LIMITS, Cost
from services.rules import Rules
from services.shops import Shop
from tests.cogs.buying import placed, review
from tests.cogs.conftest import PUBLIC_URL, give_key
from tests.services.conftest import MakeProduct, TestClock

WAIT = "That was a lot at once"


@pytest.fixture
async def services(db: Db, clock: TestClock, outside: Outside) -> AsyncIterator[Services]:
    """Every service, with cooldowns as an installation has them."""
    links = Links(["a-secret-that-is-long-enough-for-tests"], PUBLIC_URL, clock)
    built = build(db, clock, Rules(cooldowns=True), links, outside)
    yield built
    await built.calls.close()


@pytest.mark.usefixtures("bot")
async def test_who_clicks_without_end_reads_when_to_go_on(
    clock: TestClock, ada: Person, bob: Person, product: MakeProduct
) -> None:
    """Only that person, on the card that stays; suggestions come to an end in silence; then all goes on."""
    await product("Mug")
    seen = await ada.run("/shop browse")
    for _ in range(LIMITS[Cost.CLICK][0].burst - 1):
        assert WAIT not in (await ada.run("/cart view")).text
    refused = await ada.run("/cart view")
    assert WAIT in refused.text
    assert "<t:" in str(refused.payload)
    assert "Mug" in seen.text
    assert "Mug" in (await bob.run("/shop browse")).text
    for _ in range(LIMITS[Cost.SUGGEST][0].burst):
        assert await ada.suggest("/shop product", name="M")
    assert await ada.suggest("/shop product", name="M") == []
    clock.forward(seconds=1)
    assert "Mug" in (await ada.run("/shop browse")).text
    assert await ada.suggest("/shop product", name="M")


@pytest.mark.usefixtures("bot")
async def test_codes_are_not_guessed(clock: TestClock, ada: Person, product: MakeProduct) -> None:
    """In the cart and in the checkout together; the code that is right is not tried out either."""
    mug = await product("Mug")
    seen = await ada.run("/cart add", product=mug.key)
    form = await seen.open("Enter a code")
    for number in range(10):
        assert WAIT not in (await form.submit({"Discount code": f"GUESS{number}"})).text
    assert WAIT in (await form.submit({"Discount code": "GUESS"})).text
    seen = await ada.run("/checkout")
    seen = await seen.choose("Choose how to pay", "Zelle")
    form = await seen.open("Enter a code")
    assert WAIT in (await form.submit({"Discount code": "GUESS"})).text
    clock.forward(seconds=20)
    assert WAIT not in (await form.submit({"Discount code": "GUESS"})).text


@pytest.mark.usefixtures("bot")
async def test_orders_have_an_end_and_what_was_placed_goes_on(
    db: Db, clock: TestClock, services: Services, shop: Shop, ada: Person, bob: Person, product: MakeProduct
) -> None:
    """Twenty at once, which nobody needs; claiming, cancelling and other customers are not touched."""
    mug = await product("Mug", stock=100)
    seen = await review(ada, mug.key)
    for number in range(20):
        services.pace.note(Cost.ORDER, shop.guild_id, str(ada.id), str(number))
    assert WAIT in (await seen.press("Confirm")).text
    assert await Order.rows(db).count_documents({}) == 0
    assert "Your order is placed" in (await (await review(bob, mug.key)).press("Confirm")).text
    clock.forward(seconds=60)
    placed_now = await seen.press("Confirm")
    assert "Your order is placed" in placed_now.text
    form = await placed_now.open("I have paid")
    assert WAIT not in (await form.submit({"Which name or note will we see?": "@ada"})).text


@pytest.mark.usefixtures("bot")
async def test_impatience_at_confirm_is_no_flood(db: Db, ada: Person, product: MakeProduct) -> None:
    """Thirty clicks on the same Confirm are one order and no refusal."""
    mug = await product("Mug")
    seen = await review(ada, mug.key)
    for _ in range(30):
        assert WAIT not in (await ada.click(seen, "Confirm")).text
    assert await Order.rows(db).count_documents({}) == 1


@pytest.mark.usefixtures("bot")
async def test_who_lacks_the_key_uses_up_nothing_of_the_servers(
    db: Db, shop: Shop, ada: Person, olivia: Person, bob: Person
) -> None:
    """The gate comes first; holders of the key share what the server has."""
    for _ in range(LIMITS[Cost.EXPORT][1].burst + 5):
        assert "data.export" in (await ada.run("/admin export", kind="products")).text
    assert "0 rows" in (await olivia.run("/admin export", kind="products")).text
    await give_key(db, shop, bob, "data.export", "product.manage")
    for _ in range(LIMITS[Cost.EXPORT][0].burst):
        assert "0 rows" in (await bob.run("/admin export", kind="products")).text
    assert WAIT in (await bob.run("/admin export", kind="products")).text


@pytest.mark.usefixtures("bot")
async def test_asking_for_roles_and_for_ones_data_has_an_end(
    services: Services, shop: Shop, ada: Person, olivia: Person, product: MakeProduct
) -> None:
    """Each of these asks Discord or reads everything there is."""
    mug = await product("Mug")
    order = await placed(services, shop, ada, mug.key)
    seen = await ada.run("/orders view", order=order.order_number)
    said = [
        (await ada.click(seen, custom_id=f"orders:roles:{order.key}", forged=True)).text for _ in range(4)
    ]
    assert [WAIT in each for each in said] == [False, False, False, True]
    said = [(await ada.run("/account data")).text for _ in range(4)]
    assert [WAIT in each for each in said] == [False, False, False, True]
    said = [(await olivia.run("/admin doctor")).text for _ in range(7)]
    assert [WAIT in each for each in said] == [*[False] * 6, True]
