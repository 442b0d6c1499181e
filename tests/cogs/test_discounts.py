"""Discounts as customers meet them: in the cart, by code, at the review and on the order."""

from collections.abc import Awaitable, Callable

import pytest

from bot.sandbox import Person
from models.base import Db
from models.order import Order
from services import Services
from services.shops import Shop
from tests.cogs.conftest import member
from tests.services.conftest import MakeProduct

pytestmark = pytest.mark.usefixtures("bot")
type Offer = Callable[..., Awaitable[str]]


@pytest.fixture
def offer(services: Services, shop: Shop, olivia: Person) -> Offer:
    """Switches a discount on; its id."""

    async def made(**typed: str) -> str:
        desk, owner = services.discounts, member(olivia)
        view = await desk.create(shop, owner, {"off": "10%", **typed})
        return (await desk.switch(shop, owner, view.discount.key, active=True)).discount.key

    return made


async def test_a_discount_is_named_in_cart_review_and_order(
    db: Db, shop: Shop, ada: Person, product: MakeProduct, offer: Offer
) -> None:
    """What it is called and what it takes off stand beside the total, all the way."""
    await offer(label="Opening *sale*")
    mug = await product("Mug")
    seen = await ada.run("/cart add", product=mug.key)
    assert "Discount (Opening \\*sale\\*): -$1.50" in seen.text
    assert "$13.50" in seen.text
    seen = await seen.press("Check out")
    seen = await seen.choose("Choose how to pay", "Venmo")
    assert "-$1.50" in seen.text
    seen = await seen.press("Confirm")
    assert "Please pay **$13.50**" in seen.text
    (order,) = await Order.find_all(db, {"tenantId": shop.id})
    assert order.total_cents == 1350


async def test_a_code_is_entered_refused_and_forgotten(
    ada: Person, product: MakeProduct, offer: Offer
) -> None:
    """From the cart and from the review; a wrong one is refused in a sentence and changes nothing."""
    await offer(off="5.00", code="SUMMER")
    mug = await product("Mug")
    seen = await ada.run("/cart add", product=mug.key)
    refused = await (await seen.open("Enter a code")).submit({"Discount code": "WINTER"})
    assert "I do not know that code" in refused.text
    seen = await (await seen.open("Enter a code")).submit({"Discount code": "summer"})
    assert "Discount (SUMMER): -$5.00" in seen.text
    seen = await seen.press("Forget the code")
    assert "Discount" not in seen.text
    seen = await seen.press("Check out")
    seen = await seen.choose("Choose how to pay", "Venmo")
    seen = await (await seen.open("Enter a code")).submit({"Discount code": "SUMMER"})
    assert "$10.00" in seen.text
    assert {"Confirm", "Forget the code"} <= {button.label for button in seen.buttons}


async def test_a_code_that_gives_nothing_any_more_says_so_in_the_cart(
    services: Services, shop: Shop, olivia: Person, ada: Person, product: MakeProduct, offer: Offer
) -> None:
    """Switched off meanwhile: Confirm shows it first, and the cart says why."""
    key = await offer(code="SUMMER")
    mug = await product("Mug")
    seen = await ada.run("/cart add", product=mug.key)
    seen = await (await seen.open("Enter a code")).submit({"Discount code": "summer"})
    seen = await (await seen.press("Check out")).choose("Choose how to pay", "Venmo")
    await services.discounts.switch(shop, member(olivia), key, active=False)
    seen = await seen.press("Confirm")
    assert "The discount has changed" in seen.text or "Your discount has changed" in seen.text
    seen = await ada.run("/cart view")
    assert "`SUMMER`: That code has ended." in seen.text


@pytest.mark.parametrize("typed", ["", " ", "x" * 40, "**bold** `code`", "\N{ZERO WIDTH SPACE}", "%s{0}"])
async def test_any_nonsense_for_a_code_is_answered(
    ada: Person, product: MakeProduct, offer: Offer, typed: str
) -> None:
    """Whatever is typed, the answer is a sentence."""
    await offer(code="SUMMER")
    mug = await product("Mug")
    seen = await ada.run("/cart add", product=mug.key)
    form = await seen.open("Enter a code")
    if not typed:
        return
    answer = await form.submit({"Discount code": typed})
    assert "I do not know that code" in answer.text or "fill in" in answer.text
