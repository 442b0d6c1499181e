"""Confirm: once, and only for what the customer has seen."""

import asyncio

import pytest

from bot.sandbox import Person
from services import Services
from services.shops import Shop
from tests.cogs.buying import orders_of, review
from tests.cogs.conftest import member
from tests.services.conftest import MakeProduct, TestClock

pytestmark = pytest.mark.usefixtures("bot")


async def test_confirm_on_two_devices_at_once_gives_one_order(
    ada: Person, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """Both devices show the same order, and one piece is taken."""
    mug = await product("Mug", 1500, 3)
    phone = await review(ada, "Mug")
    laptop = await ada.run("/checkout")
    one, two = await asyncio.gather(phone.press("Confirm"), laptop.press("Confirm"))
    (order,) = await orders_of(services, shop, ada)
    assert one.embeds[0]["title"] == two.embeds[0]["title"] == f"Order {order.order_number}"
    assert (await services.stock.of(shop, mug.key)).available == 2
    later = await phone.press("Confirm")
    assert later.embeds[0]["title"] == f"Order {order.order_number}"


async def test_a_price_that_changed_before_confirm_is_shown_and_nothing_is_ordered(
    ada: Person, services: Services, shop: Shop, product: MakeProduct, olivia: Person
) -> None:
    """Confirm answers with a fresh review that says old and new price; its Confirm places the order."""
    mug = await product("Mug", 1500, 3)
    seen = await review(ada, "Mug")
    await services.catalog.edit(shop, member(olivia), mug.key, {"price_cents": 1700})
    seen = await seen.press("Confirm")
    assert "nothing was ordered yet" in seen.text
    assert "• **Mug**: The price changed from $15.00 to $17.00." in seen.text
    assert "1 x **Mug** · $17.00" in seen.text
    assert await orders_of(services, shop, ada) == []
    seen = await seen.press("Confirm")
    assert "Send **$17.00**" in seen.text


async def test_an_older_review_is_never_confirmed(
    ada: Person, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """After the cart changed on another device, Confirm shows the review of now instead."""
    await product("Mug", 1500, 9)
    old = await review(ada, "Mug")
    await ada.run("/cart add", product="Mug")
    seen = await old.press("Confirm")
    assert "Something has changed" in seen.text
    assert "2 x **Mug**" in seen.text
    assert await orders_of(services, shop, ada) == []


async def test_stock_that_ran_out_before_confirm_is_told(
    ada: Person, bob: Person, product: MakeProduct
) -> None:
    """Who comes second sees what is left; when that is nothing, an empty cart and the reason."""
    await product("Mug", 1500, 3)
    hers, his = await review(ada, "Mug"), await review(bob, "Mug")
    his = await (await bob.run("/cart add", product="Mug", quantity=2)).press("Check out")
    hers = await (await ada.run("/cart add", product="Mug")).press("Check out")
    await hers.press("Confirm")
    seen = await his.press("Confirm")
    assert "• **Mug**: Only 1 left." in seen.text
    assert "1 x **Mug**" in seen.text
    third = await review(ada, "Mug")
    await seen.press("Confirm")
    seen = await third.press("Confirm")
    assert "• **Mug**: Sold out." in seen.text
    assert "Your cart is empty." in seen.text


async def test_a_change_known_before_confirm_has_to_be_taken_over_first(
    ada: Person, services: Services, shop: Shop, product: MakeProduct, olivia: Person
) -> None:
    """A review that is opened after a price change offers Update instead of Confirm."""
    mug = await product("Mug", 1500, 3)
    await review(ada, "Mug")
    await services.catalog.edit(shop, member(olivia), mug.key, {"price_cents": 1700})
    seen = await ada.run("/checkout")
    assert "Please update your order first." in seen.text
    assert "Confirm" not in [button.label for button in seen.buttons]
    seen = await seen.press("Update my order")
    assert "1 x **Mug** · $17.00" in seen.text
    assert "Thank you!" in (await seen.press("Confirm")).text


async def test_an_expired_review_starts_anew(
    ada: Person, services: Services, shop: Shop, product: MakeProduct, clock: TestClock
) -> None:
    """Confirm after half an hour orders nothing and says so."""
    await product("Mug")
    seen = await review(ada, "Mug")
    clock.forward(minutes=31)
    assert "Your cart was left for too long" in (await seen.press("Confirm")).text
    assert await orders_of(services, shop, ada) == []
