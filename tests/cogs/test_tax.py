"""Tax as staff set it and customers see it."""

from collections.abc import AsyncIterator

import pytest

from bot.outside import Outside
from bot.sandbox import Community, Person, Room, Seen
from cogs._ui.address import address_label
from cogs._ui.words import Words
from models.address import Address
from models.audit import AuditLog
from models.base import Db
from models.tenant import BotConfig, TaxOrigin
from services import Services
from services.partner import Site
from services.shops import Shop
from tests.cogs.buying import ADDRESS, orders_of, review
from tests.cogs.conftest import member
from tests.fakes.provider import Fault
from tests.fakes.taxjar import TaxJar
from tests.models.samples import sample
from tests.outside import OUTSIDE
from tests.services.conftest import MakeProduct, TestClock

pytestmark = pytest.mark.usefixtures("bot")

GO_ON = "Without the tax: order with none, and tell me"
SHOP_ADDRESS = {
    "Street and number": "1 Main Street",
    "City, state or region": "New York, NY",
    "Postal code": "10001",
    "Country": "United States",
}


@pytest.fixture
async def jar() -> AsyncIterator[TaxJar]:
    """TaxJar, on this machine."""
    async with TaxJar() as fake:
        yield fake


@pytest.fixture
def outside(jar: TaxJar) -> Outside:
    """TaxJar answers here."""
    return Outside(OUTSIDE.vault, {"taxjar": Site(jar.url, jar.url)})


async def part(olivia: Person) -> Seen:
    """The settings of tax."""
    return await (await olivia.run("/admin config")).choose("Change a part", "Tax")


async def config(db: Db, shop: Shop) -> BotConfig:
    """The stored set-up."""
    found = await BotConfig.of_tenant(db, shop.id)
    assert found is not None
    return found


async def set_rate(olivia: Person, rate: str = "8.25") -> Seen:
    """One rate for every order."""
    form = await (await part(olivia)).choose_form("Who works out the tax", "One rate for every order")
    return await form.submit({"Tax in percent": rate})


async def set_taxjar(services: Services, shop: Shop, olivia: Person) -> Seen:
    """TaxJar works out the tax, and knows where the shop is."""
    await services.providers.configure(shop, member(olivia), "taxjar", {"api_token": TaxJar.TOKEN})
    return await (await (await part(olivia)).open("Change the shop's address")).submit(SHOP_ADDRESS)


async def test_a_rate_is_set_seen_changed_and_taken_away(db: Db, shop: Shop, olivia: Person) -> None:
    """Every step is audited, and the overview tells of it."""
    seen = await part(olivia)
    assert "No tax is added" in seen.text
    assert "/admin providers" in seen.text
    seen = await set_rate(olivia, "8,875 %")
    assert "8.875%** is added to every order" in seen.text
    seen = await seen.choose("Tax on shipping", "Shipping is taxed, too")
    assert (await config(db, shop)).tax_on_shipping
    seen = await (await seen.open("Change the rate")).submit({"Tax in percent": "19"})
    assert "19%** is added" in (await olivia.run("/admin config")).text
    seen = await seen.choose("Who works out the tax", "No tax")
    assert "No tax is added" in seen.text
    assert (await config(db, shop)).tax_percent is None
    assert len(await AuditLog.find_all(db, {"action": "config.edit", "meta.after.taxPercent": None})) >= 1


async def test_a_cart_says_what_its_total_lacks(olivia: Person, ada: Person, product: MakeProduct) -> None:
    """Nobody is surprised at the checkout; a shop without tax does not speak of it."""
    secret, mug = await product("Secret", is_digital=True), await product("Mug", is_digital=False)
    assert "at the checkout" not in (await ada.run("/cart add", product=secret.key)).text
    await set_rate(olivia)
    assert "Tax, if any, is added at the checkout." in (await ada.run("/cart view")).text
    both = (await ada.run("/cart add", product=mug.key)).text
    assert "Shipping and tax, if any, are added at the checkout." in both


async def test_a_rate_that_is_none_is_explained(db: Db, shop: Shop, olivia: Person) -> None:
    """And changes nothing."""
    assert "like 8.25" in (await set_rate(olivia, "a lot")).text
    assert (await config(db, shop)).tax_percent is None


async def test_taxjar_is_chosen_like_any_other_way(
    db: Db, services: Services, shop: Shop, olivia: Person
) -> None:
    """With the shop's address and what happens when it does not answer; a rate takes its place again."""
    seen = await set_taxjar(services, shop, olivia)
    assert "**TaxJar** works out the tax" in seen.text
    assert "1 Main Street, New York, NY 10001, United States" in seen.text
    seen = await seen.choose("When the tax cannot be worked out", GO_ON)
    now = await config(db, shop)
    assert (now.tax_when_unknown, now.partners) == ("zero", {"tax": "taxjar"})
    seen = await set_rate(olivia)
    assert (await config(db, shop)).partners == {}
    seen = await seen.choose("Who works out the tax", "TaxJar")
    assert (await config(db, shop)).partners == {"tax": "taxjar"}
    assert "**TaxJar** works out the tax" in seen.text


@pytest.mark.parametrize(
    ("changed", "answer"),
    [
        (
            {"City, state or region": "New York, Utopia"},
            "I cannot find that **state or region** in the country",
        ),
        ({"Postal code": "1001"}, "I cannot take that for **postal code**. Please write it like 95014."),
    ],
)
async def test_the_shops_own_address_is_checked_too(
    db: Db, services: Services, shop: Shop, olivia: Person, changed: dict[str, str], answer: str
) -> None:
    """What cannot be in its country is refused, and what was there stays."""
    seen = await set_taxjar(services, shop, olivia)
    before = (await config(db, shop)).tax_origin
    form = await seen.open("Change the shop's address")
    assert answer in (await form.submit({**SHOP_ADDRESS, **changed})).text
    assert before
    assert (await config(db, shop)).tax_origin == before


async def test_the_shops_own_address_may_be_told_in_part(
    db: Db, services: Services, shop: Shop, olivia: Person
) -> None:
    """A city and a country are enough; a state becomes its code."""
    seen = await set_taxjar(services, shop, olivia)
    form = await seen.open("Change the shop's address")
    said = {"Street and number": "", "Postal code": ""}
    await form.submit({**SHOP_ADDRESS, **said, "City, state or region": "Albany, new york"})
    assert (await config(db, shop)).tax_origin == TaxOrigin(country="US", state="NY", city="Albany")


async def test_forged_choices_are_refused(db: Db, shop: Shop, olivia: Person) -> None:
    """A processor is no tax partner, nor is one without keys."""
    before = (await config(db, shop)).model_dump()
    seen = await part(olivia)
    for value in ("stripe", "taxjar", "tenant"):
        answer = await olivia.choose(seen, "Who works out the tax", value, forged=True)
        assert "cannot take that" in answer.text
    for action in ("tax:shipping", "tax:unknown", "tax:mode"):
        assert isinstance(await olivia.click(seen, custom_id=action, forged=True), Seen)
    assert (await config(db, shop)).model_dump() == before


async def test_customers_do_not_set_the_tax(db: Db, shop: Shop, ada: Person, product: MakeProduct) -> None:
    """A forged click of theirs asks for the permission."""
    await product()
    before = (await config(db, shop)).model_dump()
    seen = await ada.run("/shop browse")
    for action in ("tax:mode", "tax:rate", "tax:shipping", "tax:unknown", "tax:origin"):
        answer = await ada.click(seen, custom_id=action, forged=True)
        assert isinstance(answer, Seen)
        assert "config.manage" in answer.text
    assert (await config(db, shop)).model_dump() == before


async def test_what_one_shop_sets_is_not_the_neighbours(
    db: Db, olivia: Person, elsewhere: tuple[Community, Shop]
) -> None:
    """Each shop has its own tax."""
    await set_rate(olivia)
    assert (await config(db, elsewhere[1])).tax_percent is None


async def test_the_review_shows_the_tax_and_so_does_the_order(
    services: Services, shop: Shop, olivia: Person, ada: Person, product: MakeProduct
) -> None:
    """1.24 on 15.00, in the review, the order and the sum to pay."""
    await product("Mug", 1500)
    await set_rate(olivia)
    seen = await review(ada, "Mug")
    assert "Items: $15.00\nTax: $1.24\n**$16.24**" in seen.text
    seen = await seen.press("Confirm")
    assert "$16.24" in seen.text
    (order,) = await orders_of(services, shop, ada)
    assert order.tax_amount_cents == 124


async def test_a_new_rate_is_shown_before_anything_is_ordered(
    services: Services, shop: Shop, olivia: Person, ada: Person, product: MakeProduct, clock: TestClock
) -> None:
    """Confirm of the old review shows the new one; its Confirm orders."""
    await product("Mug", 1500)
    await set_rate(olivia)
    seen = await review(ada, "Mug")
    await set_rate(olivia, "10")
    clock.forward(seconds=5)
    seen = await seen.press("Confirm")
    assert "The tax has changed." in seen.text
    assert "Tax: $1.50" in seen.text
    assert await orders_of(services, shop, ada) == []
    await seen.press("Confirm")
    assert [order.total_cents for order in await orders_of(services, shop, ada)] == [1650]


async def test_without_its_tax_a_shop_that_waits_orders_nothing(
    services: Services,
    shop: Shop,
    olivia: Person,
    ada: Person,
    staff_room: Room,
    product: MakeProduct,
    jar: TaxJar,
    clock: TestClock,
) -> None:
    """The review says so and has no Confirm; staff are called; Try again goes on when TaxJar is back."""
    await product("Mug", 1500)
    await set_taxjar(services, shop, olivia)
    jar.fail(*[Fault.DOWN] * 3)
    seen = await review(ada, "Mug")
    assert "cannot be worked out just now, so nothing was ordered" in seen.text
    assert "Confirm" not in [button.label for button in seen.buttons]
    await services.worker.drain()
    assert "A customer cannot order" in staff_room.messages[-1].text
    clock.forward(seconds=40)
    seen = await seen.press("Try again")
    assert "Tax: $1.33" in seen.text
    await seen.press("Confirm")
    assert len(await orders_of(services, shop, ada)) == 1


async def test_without_its_tax_a_shop_may_go_on(
    services: Services,
    shop: Shop,
    olivia: Person,
    ada: Person,
    staff_room: Room,
    product: MakeProduct,
    jar: TaxJar,
) -> None:
    """Customer and staff are told that there is none."""
    await product("Mug", 1500)
    seen = await set_taxjar(services, shop, olivia)
    await seen.choose("When the tax cannot be worked out", GO_ON)
    jar.fail(*[Fault.DOWN] * 3)
    seen = await review(ada, "Mug")
    assert "Tax: could not be worked out, so none is added" in seen.text
    seen = await seen.press("Confirm")
    assert "Tax: could not be worked out" in seen.text
    await services.worker.drain()
    assert any("was placed without tax" in message.text for message in staff_room.messages)
    (order,) = await orders_of(services, shop, ada)
    assert order.tax_amount_cents is None


async def test_an_address_that_has_no_tax_can_be_changed(
    services: Services, shop: Shop, olivia: Person, ada: Person, product: MakeProduct
) -> None:
    """One that was saved long ago with a state that does not exist is asked for again; Illinois is one."""
    await product("Mug", 1500, is_digital=False)
    old = sample(Address, tenant_id=shop.id, name="Old", city="Springfield", state="Utopia", country="US")
    await services.customers.keep_address(shop, member(ada), old)
    await set_taxjar(services, shop, olivia)
    await ada.run("/cart add", product="Mug")
    seen = await ada.run("/checkout")
    seen = await seen.choose("Choose an address", address_label(old, Words.of(None)))
    seen = await seen.choose("Choose how to ship", "Letter post")
    seen = await seen.choose("Choose how to pay", "Venmo")
    assert "check its state and postal code" in seen.text
    seen = await seen.press("Change the address")
    seen = await (await seen.open("Enter an address")).submit(ADDRESS)
    assert "Tax: $1.24" in seen.text
