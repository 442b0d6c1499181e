"""A customer's own record: profile, addresses, notifications, data."""

import json

import pytest

from bot.sandbox import Community, Person
from services import Services
from services.shops import Shop
from tests.cogs.buying import ADDRESS
from tests.cogs.conftest import member
from tests.services.conftest import MakeProduct

pytestmark = pytest.mark.usefixtures("bot")


async def test_the_profile_is_entered_changed_and_emptied(
    ada: Person, services: Services, shop: Shop
) -> None:
    """What was saved stands in the form for the next time; an empty field removes it."""
    seen = await ada.run("/account profile")
    assert "E-mail address: none" in seen.text
    seen = await (await seen.open("Change")).submit(
        {"E-mail address": "ada@engine.example", "Phone number": "+44 20 7946 0000"}
    )
    assert "Saved." in seen.text
    assert "ada@engine.example" in seen.text
    form = await seen.open("Change")
    assert form.fields[0].value == "ada@engine.example"
    seen = await form.submit({"E-mail address": ""})
    assert "E-mail address: none" in seen.text
    customer = await services.customers.of(shop, member(ada))
    assert (customer.email, customer.phone) == (None, "+44 20 7946 0000")


@pytest.mark.parametrize(
    ("label", "typed", "answer"),
    [
        ("E-mail address", "ada at home", "That does not look like an e-mail address."),
        ("Phone number", "call me", "phone number"),
    ],
)
async def test_a_profile_that_cannot_be_taken_changes_nothing(
    ada: Person, services: Services, shop: Shop, label: str, typed: str, answer: str
) -> None:
    """The sentence names what is wrong."""
    seen = await ada.run("/account profile")
    refused = await (await seen.open("Change")).submit({label: typed})
    assert answer in refused.text
    customer = await services.customers.of(shop, member(ada))
    assert (customer.email, customer.phone) == (None, None)


async def test_addresses_are_added_offered_first_and_removed(ada: Person, product: MakeProduct) -> None:
    """The one to be offered first is marked, and stands on top at the checkout."""
    seen = await ada.run("/account addresses")
    assert "You have not saved an address yet." in seen.text
    seen = await (await seen.open("Add an address")).submit(ADDRESS)
    second = {**ADDRESS, "Full name": "Grace *Hopper*", "Country, phone number": "Deutschland, 0301234567"}
    refused = await (await seen.open("Add an address")).submit(second)
    assert "two letters" in refused.text
    second["Country, phone number"] = "de, 0301234567"
    seen = await (await seen.open("Add an address")).submit(second)
    assert r"Grace \*Hopper\*" in seen.text
    assert "Chosen: Grace" in seen.text
    assert "Germany\n0301234567" in seen.text
    seen = await seen.press("Offer this first")
    assert "⭐ Grace" in seen.text

    await product("Mug", is_digital=False)
    cart = await ada.run("/cart add", product="Mug")
    asked = await cart.press("Check out")
    assert next(iter(asked.select().options)).startswith("Grace *Hopper*")

    mine = "Ada Lovelace, 12 Garden Street, Springfield, IL 62704, United States"
    seen = await seen.choose("Choose an address", mine)
    seen = await seen.press("Remove")
    assert "Ada" not in seen.text
    assert "Grace" in seen.text


async def test_the_book_of_addresses_has_an_end(ada: Person, services: Services, shop: Shop) -> None:
    """The eleventh address is refused with a word on what to do; the ten stay."""
    for number in range(10):
        fields = {"name": f"N{number}" * 20, "line1": "L" * 100, "city": "C" * 100, "country": "IE"}
        await services.customers.add_address(shop, member(ada), fields)
    seen = await ada.run("/account addresses")
    refused = await (await seen.open("Add an address")).submit(ADDRESS)
    assert "There is room for at most 10. Please remove one first." in refused.text
    assert len((await services.customers.of(shop, member(ada))).addresses) == 10


async def test_notifications_are_switched_in_place(ada: Person, services: Services, shop: Shop) -> None:
    """Each button says whether it is on and switches one thing; e-mails only with an address."""
    seen = await ada.run("/account notifications")
    assert "sends no e-mails at the moment" in seen.text
    assert [button.enabled for button in seen.buttons if button.label.startswith("✉️ Refunds")] == [False]
    seen = await seen.press("💬 Payment: on")
    customer = await services.customers.of(shop, member(ada))
    assert not customer.dm_preferences.payment_confirmed
    assert customer.dm_preferences.order_received
    seen = await seen.press("💬 Payment: off")
    assert (await services.customers.of(shop, member(ada))).dm_preferences.payment_confirmed

    await services.customers.set_profile(shop, member(ada), "ada@engine.example", "")
    seen = await ada.run("/account notifications")
    seen = await seen.press("✉️ Refunds: on")
    assert not (await services.customers.of(shop, member(ada))).email_preferences.refunds
    seen = await seen.press("Stop all direct messages")
    assert "You get no direct messages at all." in seen.text
    assert (await services.customers.of(shop, member(ada))).dm_opt_out
    await seen.press("Allow direct messages")
    assert not (await services.customers.of(shop, member(ada))).dm_opt_out
    unknown = await ada.click(seen, custom_id="account:notice:dm:payday:1", forged=True)
    assert "Something went wrong" not in unknown.text


async def test_own_data_comes_as_a_file_without_what_was_not_paid(
    ada: Person, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """The file names the customer and the orders, and gives no digital item away."""
    secret = "THE-UNPAID-KEY"
    key = await product("Key", 100, 3, delivery_text=secret)
    await services.carts.add(shop, member(ada), key.key)
    view = await services.checkout.choose_payment(shop, member(ada), "ZELLE")
    order = await services.placement.place(shop, member(ada), view.session.key, view.session.version)
    seen = await ada.run("/account data")
    assert "Only you can see it here." in seen.text
    data = json.loads(seen.files["my-data.json"])
    assert data["customer"]["discord_id"] == str(ada.id)
    assert [each["order_number"] for each in data["orders"]] == [order.order_number]
    assert secret not in seen.files["my-data.json"].decode()


async def test_the_sides_of_an_account_lead_to_each_other(ada: Person) -> None:
    """One message shows them all, one after the other, and the file leaves with its side."""
    seen = await ada.run("/account profile")
    seen = await seen.press("Addresses")
    seen = await seen.press("Notifications")
    seen = await seen.press("My data")
    assert seen.files
    seen = await seen.press("Profile")
    assert not seen.files
    assert len(ada.whispers) == 1


async def test_addresses_of_others_and_of_other_shops_are_unknown(
    ada: Person, bob: Person, services: Services, shop: Shop, elsewhere: tuple[Community, Shop]
) -> None:
    """Forged ids remove and prefer nothing."""
    fields = {"name": "Bob", "line1": "1 Street", "city": "Town", "country": "IE"}
    his = (await services.customers.add_address(shop, member(bob), fields)).addresses[0].id
    _, other_shop = elsewhere
    there = (await services.customers.add_address(other_shop, member(ada), fields)).addresses[0].id
    seen = await ada.run("/account addresses")
    for foreign in (his, there):
        for verb in ("first", "drop"):
            answer = await ada.click(seen, custom_id=f"account:{verb}:{foreign}", forged=True)
            assert "I cannot find that address." in answer.text
    assert len((await services.customers.of(shop, member(bob))).addresses) == 1
    assert len((await services.customers.of(other_shop, member(ada))).addresses) == 1
