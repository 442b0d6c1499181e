"""What the services do for the customer's cards: carts renewed, addresses in order, data without secrets."""

import json

import pytest

from models.errors import BadInput, SessionExpired
from models.session import SessionStep
from services import Services
from services.carts import MAX_QUANTITY
from services.shops import Shop
from tests.services import buying
from tests.services.conftest import ADA, OWNER, MakeProduct, TestClock

HOME = {"name": "Ada", "line1": "1 Street", "city": "Town", "country": "ie"}


async def test_a_renewed_cart_holds_todays_prices_and_only_what_can_be_bought(
    services: Services, shop: Shop, product: MakeProduct
) -> None:
    """Prices follow, quantities shrink to the stock, and what is gone or for others leaves."""
    kinds = ("dearer", "scarce", "hidden", "sold out", "for others")
    made = {kind: await product(kind, 100, 5) for kind in kinds}
    for each in made.values():
        await services.carts.add(shop, ADA, each.key, 3)
    await services.catalog.edit(shop, OWNER, made["dearer"].key, {"price_cents": 150})
    await services.stock.set_to(shop, OWNER, made["scarce"].key, 2, "counted")
    await services.catalog.edit(shop, OWNER, made["hidden"].key, {"is_active": False})
    await services.stock.set_to(shop, OWNER, made["sold out"].key, 0, "counted")
    await services.catalog.edit(shop, OWNER, made["for others"].key, {"required_role_ids": ["7"]})
    cart = await services.carts.renew(shop, ADA)
    lines = [(line.item.name, line.item.quantity, line.item.unit_price_cents) for line in cart.lines]
    assert lines == [("dearer", 3, 150), ("scarce", 2, 100)]
    assert not any(line.problem for line in cart.lines)


async def test_an_expired_cart_is_not_renewed(
    services: Services, shop: Shop, product: MakeProduct, clock: TestClock
) -> None:
    """After the session's end there is nothing to renew."""
    await services.carts.add(shop, ADA, (await product()).key)
    clock.forward(minutes=31)
    with pytest.raises(SessionExpired):
        await services.carts.renew(shop, ADA)


async def test_a_cart_holds_at_most_99_of_one_product(
    services: Services, shop: Shop, product: MakeProduct
) -> None:
    """One more is refused by what the cart holds already, not by what was typed, and nothing changes."""
    key = (await product("Mug", 100, 200)).key
    await services.carts.add(shop, ADA, key, MAX_QUANTITY)
    with pytest.raises(BadInput) as refused:
        await services.carts.add(shop, ADA, key, 1)
    assert (refused.value.problem, refused.value.limit) == ("too_many_of_one", MAX_QUANTITY)
    cart = await services.carts.renew(shop, ADA)
    assert [line.item.quantity for line in cart.lines] == [MAX_QUANTITY]


async def test_the_default_address_is_offered_first(
    services: Services, shop: Shop, product: MakeProduct
) -> None:
    """The others keep their order behind it."""
    for name in ("One", "Two", "Three"):
        customer = await services.customers.add_address(shop, ADA, {**HOME, "name": name})
    await services.customers.set_default_address(shop, ADA, customer.addresses[1].id)
    await services.carts.add(shop, ADA, (await product(is_digital=False)).key)
    view = await services.checkout.view(shop, ADA)
    assert [saved.address.name for saved in view.addresses] == ["Two", "One", "Three"]


async def test_nothing_to_pay_asks_for_no_method(
    services: Services, shop: Shop, product: MakeProduct
) -> None:
    """A free cart goes straight to its review."""
    await services.carts.add(shop, ADA, (await product("Gift", 0)).key)
    assert (await services.checkout.view(shop, ADA)).step is SessionStep.REVIEW


async def test_exported_data_hands_over_no_digital_item(
    services: Services, shop: Shop, product: MakeProduct
) -> None:
    """An order that was never paid must not give away what it is for."""
    key = await product("Key", 100, 5, delivery_text="THE-UNPAID-KEY")
    await buying.order(services, shop, ADA, key)
    assert "THE-UNPAID-KEY" not in json.dumps(await services.person_data.export(shop, ADA))
