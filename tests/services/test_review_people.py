"""What people type about themselves is taken or refused, and never shuts them out of the shop."""

import pytest

from models.errors import BadInput
from services import Services
from services.shops import Shop
from tests.services import buying
from tests.services.conftest import ADA, MakeProduct

LONG = "ß" * 4000


async def test_an_address_too_long_to_be_kept_is_refused_and_its_owner_can_still_buy(
    services: Services, shop: Shop, product: MakeProduct
) -> None:
    """An e-mail address beyond 254 characters is refused: once stored, it would break every later visit."""
    for domain in (180, 189):
        with pytest.raises(BadInput):
            await services.customers.set_profile(shop, ADA, f"{'a' * 64}@{'b' * domain}.{'c' * 20}", "")
    placed = await buying.order(services, shop, ADA, await product())
    assert placed.customer.email is None


async def test_the_longest_address_that_is_taken_can_be_read_again(services: Services, shop: Shop) -> None:
    """254 characters are an e-mail address like any other."""
    email = f"{'a' * 64}@{'b' * 185}.com"
    assert len(email) == 254
    await services.customers.set_profile(shop, ADA, email, "+1 555 0100")
    assert (await services.customers.of(shop, ADA)).email == email


@pytest.mark.parametrize("text", [LONG, f"{LONG}@{LONG}.com", f"a@b.{LONG}", "+1" + "2" * 4000])
async def test_a_profile_of_four_thousand_characters_is_refused(
    services: Services, shop: Shop, text: str
) -> None:
    """Neither field takes it, and nothing is stored."""
    with pytest.raises(BadInput):
        await services.customers.set_profile(shop, ADA, text, "")
    with pytest.raises(BadInput):
        await services.customers.set_profile(shop, ADA, "", text)
    found = await services.customers.of(shop, ADA)
    assert (found.email, found.phone) == (None, None)


@pytest.mark.parametrize("query", ["ΐ" * 6000, "." * 6000, "mug\x00", "(a+)+$" * 600, "\\", "[", "*"])
async def test_whatever_is_searched_for_finds_or_finds_nothing(
    services: Services, shop: Shop, product: MakeProduct, query: str
) -> None:
    """No text breaks a search or an autocomplete, for customers and for staff."""
    mug = await product()
    page = await services.catalog.page(shop, ADA, query)
    assert [entry.product.key for entry in page.entries] in ([], [mug.key])
    await services.catalog.suggest(shop, query, staff=True)
    await services.orders.find(shop, query)
    await services.orders.suggest_any(shop, query)
    await services.orders.suggest(shop, ADA, query)
