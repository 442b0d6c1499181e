"""From a refusal to the next card, with one click."""

import pytest

from bot.sandbox import Form, Person
from cogs._ui.refused import _NAMED, _WORDED
from models.base import Db
from models.customer import Customer
from services import Services
from services.shops import Shop
from tests.cogs.buying import ADDRESS
from tests.cogs.conftest import member
from tests.services.conftest import MakeProduct, TestClock

pytestmark = pytest.mark.usefixtures("bot", "shop")


async def test_a_customer_and_the_staff_go_on_with_one_click(
    ada: Person, sam: Person, product: MakeProduct
) -> None:
    """From the refusal to the card, in its place."""
    await product("Mug")
    seen = await (await ada.run("/checkout")).press("Browse the shop")
    assert "We have 1 product." in seen.text
    assert len(ada.whispers) == 1
    seen = await sam.run("/admin product", name="nonsense")
    assert seen.text.startswith("I cannot find that product. Please choose one with `/admin product`.")
    seen = await seen.press("/admin product")
    assert "Mug" in seen.text


async def test_no_way_on_is_a_dead_end(olivia: Person) -> None:
    """Every button that a refusal may have is answered by a card."""
    seen = await olivia.run("/checkout")
    for target in (*_NAMED.values(), *(target for _, target in _WORDED.values())):
        answer = await olivia.click(seen, custom_id=target.custom_id, forged=True)
        assert "older version" not in repr(answer), target.custom_id
        assert "Something went wrong" not in repr(answer), target.custom_id


async def at_the_address(ada: Person, product: MakeProduct) -> Form:
    """The form that asks where to send a mug."""
    await product("Mug", is_digital=False)
    seen = await (await ada.run("/cart add", product="Mug")).press("Check out")
    return await seen.open("Enter an address")


async def test_a_form_that_was_refused_comes_back_filled_in(ada: Person, product: MakeProduct) -> None:
    """One field is mended, twice if need be, and the checkout goes on; nothing else is typed again."""
    form = await at_the_address(ada, product)
    seen = await form.submit({**ADDRESS, "City, state or region": "Springfield"})
    assert "Please write the state or region behind the city" in seen.text
    again = await seen.open("Correct it")
    assert {each.label: each.value for each in again.fields} == {
        **ADDRESS,
        "City, state or region": "Springfield",
    }
    seen = await again.submit({"City, state or region": "Springfield, Utopia"})
    again = await seen.open("Correct it")
    assert again.fields[2].value == "Springfield, Utopia"
    seen = await again.submit({"City, state or region": "Springfield, Illinois"})
    assert "How should we send it?" in seen.text


async def test_what_was_typed_is_kept_for_a_quarter_of_an_hour(
    ada: Person, product: MakeProduct, clock: TestClock
) -> None:
    """Afterwards, or in another process, the button says so; another form takes the place of the first."""
    form = await at_the_address(ada, product)
    seen = await form.submit({**ADDRESS, "Country, phone number": "Utopia"})
    clock.forward(minutes=16)
    assert "I do not have what you typed any more." in (await seen.press("Correct it")).text
    seen = await form.submit({**ADDRESS, "Country, phone number": "Utopia"})
    assert "Correct it" not in [button.label for button in seen.buttons]


async def test_an_erasure_forgets_what_was_typed(
    ada: Person, sam: Person, olivia: Person, product: MakeProduct, services: Services, shop: Shop, db: Db
) -> None:
    """Whoever typed it, also staff, whose forms may be about the person who was erased."""
    form = await at_the_address(ada, product)
    seen = await form.submit({**ADDRESS, "Country, phone number": "Utopia"})
    form = await (await sam.run("/admin product", name="Mug")).open("Edit")
    by_staff = await form.submit({"Price in USD": "12.505"})
    customer = await Customer.of_discord(db, shop.id, member(ada).discord_id)
    assert customer is not None
    await services.erasure.erase(shop, member(olivia), customer.key, customer.discord_id)
    for refused in (seen, by_staff):
        assert "I do not have what you typed any more." in (await refused.press("Correct it")).text


async def test_secrets_are_not_kept(olivia: Person) -> None:
    """Keys are entered anew; nothing of them stays in memory."""
    seen = await olivia.run("/admin providers")
    form = await (await seen.choose("Open a provider", "Cash App Pay (Square)")).open("Enter keys")
    keys = {"Access token": "EAAAl-token", "Location ID": "two words", "Webhook signature key": "Ibxx_5"}
    said = await form.submit(keys)
    assert "cannot take that for **Location ID**" in said.text
    assert "Correct it" not in [button.label for button in said.buttons]
