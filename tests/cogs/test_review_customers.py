"""What a picky customer found: stale buttons, roles in DMs, long carts, searches in other scripts."""

import json

import pytest

from bot.sandbox import Community, Form, Person
from cogs._ui.amounts import name_of
from models.tenant import ResponseMode
from services import Services
from services.shops import Shop
from tests.cogs.buying import ADDRESS, CLAIM, claimed, paid, placed, review
from tests.cogs.conftest import member
from tests.services.conftest import MakeProduct, TestClock

pytestmark = pytest.mark.usefixtures("bot")


async def test_an_old_confirm_thanks_for_no_order_that_was_cancelled_since(
    ada: Person, product: MakeProduct
) -> None:
    """The old review shows the order as it stands, without the words of the first moment."""
    await product("Mug")
    old = await review(ada, "Mug")
    seen = await old.press("Confirm")
    assert "Your order is placed." in seen.text
    assert "Your order is placed." in (await old.press("Confirm")).text
    asked = await seen.press("Cancel")
    await asked.press("Yes, cancel it")
    again = await old.press("Confirm")
    assert "You cancelled this order." in again.text
    assert "Your order is placed." not in again.text


async def test_an_old_i_have_paid_shows_the_order_instead_of_asking_in_vain(
    ada: Person, bob: Person, services: Services, shop: Shop, olivia: Person, product: MakeProduct
) -> None:
    """Nobody fills in a form for a payment that is claimed or confirmed already, or for a foreign order."""
    mug = await product("Mug")
    order = await placed(services, shop, ada, mug.key)
    old = await ada.run("/orders view", order=order.key)
    await (await old.open("I have paid")).submit(CLAIM)
    again = await old.press("I have paid")
    assert "The staff are checking your payment." in again.text
    payment = (await services.claims.waiting(shop)).claims[0].payment
    await services.claims.approve(shop, member(olivia), payment.key, payment.claims, "seen")
    assert "Everything has been handed over." in (await old.press("I have paid")).text
    foreign = await bob.click(await bob.run("/help"), custom_id=f"orders:paid:{order.key}", forged=True)
    assert not isinstance(foreign, Form)
    assert "I cannot find that order." in foreign.text


async def test_cancelling_twice_shows_the_cancelled_order(
    ada: Person, services: Services, shop: Shop, product: MakeProduct, olivia: Person
) -> None:
    """A second device's Yes says what became of the order, also when it was paid meanwhile."""
    mug = await product("Mug")
    order = await placed(services, shop, ada, mug.key)
    asked = await (await ada.run("/orders view", order=order.key)).press("Cancel")
    await asked.press("Yes, cancel it")
    assert "You cancelled this order." in (await asked.press("Yes, cancel it")).text
    other = await placed(services, shop, ada, mug.key)
    asked = await (await ada.run("/orders view", order=other.key)).press("Cancel")
    await paid(services, shop, ada, olivia, other)
    assert "Everything has been handed over." in (await asked.press("Yes, cancel it")).text


async def test_a_role_that_is_missing_is_called_by_its_name_in_a_dm(
    ada: Person, guild: Community, services: Services, shop: Shop, product: MakeProduct, olivia: Person
) -> None:
    """Discord shows a role's mention in a DM as unknown, so a refusal there names the role."""
    vip = guild.add_role("VIP *gold*")
    guild.give(ada, vip)
    await product("Ring", required_role_ids=[str(vip.id)])
    here = await ada.run("/shop product", name="Ring")
    await services.shops.configure(
        await services.shops.of_guild(shop.guild_id), member(olivia), response_mode=ResponseMode.DM
    )
    await ada.run("/shop product", name="Ring")
    guild.take(ada, vip)
    refused = await ada.dms[-1].press("Add to cart")
    assert refused.text == r"**Ring** is for members with the role **VIP \*gold\***."
    assert f"<@&{vip.id}>" in (await here.press("Add to cart")).content


async def test_a_full_cart_of_wild_names_shows_every_line(
    ada: Person, product: MakeProduct, clock: TestClock
) -> None:
    """Escaping doubles what is all markup; twenty such lines still fit, so nothing is confirmed unseen."""
    clock.forward(minutes=1)
    for number in range(20):
        await product(f"{'*' * 96}{number:04}", 99_999_999, 60, sku=f"S{number}")
        seen = await ada.run("/cart add", product=f"S{number}", quantity=50)
    seen = await (await seen.press("Check out")).choose("Choose how to pay", "Venmo")
    assert seen.text.count("50 x **") == 20
    assert "…\n" not in seen.embeds[0]["description"]
    seen = await seen.press("Confirm")
    assert seen.text.count("50 x **") == 20
    assert seen.embeds[0]["description"].endswith("each)")


def test_a_name_keeps_its_eighty_characters_when_it_is_no_markup() -> None:
    """Only what escaping would make long is cut shorter."""
    assert name_of("n" * 80) == "n" * 80
    assert name_of("Mug *large*") == r"Mug \*large\*"


@pytest.mark.parametrize("query", ["футболка синяя большая", "マグカップ 青い 大きい", "größe überall ärmel"])
async def test_a_search_in_any_script_is_taken_whole(ada: Person, product: MakeProduct, query: str) -> None:
    """Letters are not escaped in a button, so a word of another script is no shorter than an English one."""
    for number in range(7):
        await product(f"{query} {number}", sku=f"S{number}")
    await product("Mug")
    seen = await ada.run("/shop browse", query=query)
    assert f"7 products for “{query}”." in seen.text
    seen = await seen.press("Next")
    assert f"{query} 6" in seen.text
    seen = await seen.choose("Choose a product", f"{query} 6")
    seen = await (await seen.press("Add to cart")).press("Back to the shop")
    assert f"7 products for “{query}”." in seen.text


@pytest.mark.parametrize(
    "custom_id",
    [
        "shop:add:{key}:" + "9" * 30 + ":" + "q" * 30,
        "shop:page:0:" + "ж" * 60,
        "shop:page:0:" + "%3A" * 25,
        "shop:page:" + "9" * 60 + ":",
        "cart:ask:" + "x" * 85,
    ],
)
async def test_a_forged_button_that_is_too_long_is_no_bug(
    ada: Person, product: MakeProduct, custom_id: str, caplog: pytest.LogCaptureFixture
) -> None:
    """What would not fit into the next button is answered kindly, and logs no failure."""
    mug = await product("Mug")
    seen = await ada.run("/shop product", name="Mug")
    answer = await ada.click(seen, custom_id=custom_id.format(key=mug.key), forged=True)
    assert "Something went wrong" not in answer.text
    assert "interaction_failed" not in caplog.messages


async def test_a_stock_that_the_shop_keeps_to_itself_is_not_told_by_refusals(
    ada: Person, services: Services, shop: Shop, product: MakeProduct, olivia: Person
) -> None:
    """Asking for too many, or seeing them go, tells no number; only that they are sold out is said."""
    ring = await product("Ring", stock=7, qty_visibility="private")
    refused = await ada.run("/cart add", product="Ring", quantity=99)
    assert refused.text == "There are not that many of **Ring**. Please choose a smaller quantity."
    await ada.run("/cart add", product="Ring", quantity=6)
    await services.stock.set_to(shop, member(olivia), ring.key, 4, "counted")
    seen = await ada.run("/cart view")
    assert "⚠️ Fewer are left." in seen.text
    assert "4" not in seen.embeds[0]["description"]
    assert "4 x **Ring**" in (await seen.press("Update my cart")).text
    await services.stock.set_to(shop, member(olivia), ring.key, 0, "counted")
    assert "⚠️ Sold out." in (await ada.run("/cart view")).text
    assert "**Ring** is sold out." in (await ada.run("/cart add", product="Ring")).text


async def test_the_data_file_holds_what_its_card_promises(
    ada: Person, bob: Person, services: Services, shop: Shop, product: MakeProduct, olivia: Person
) -> None:
    """Payments with the payer's own words, what was handed over and the cart; nobody else's, no secrets."""
    key = await product("Key", delivery_text="OPEN-SESAME")
    order = await placed(services, shop, ada, key.key)
    await services.claims.claim(shop, member(ada), order.key, "@ada-pays")
    await services.claims.claim(
        shop, member(bob), (await placed(services, shop, bob, key.key)).key, "@bob-pays"
    )
    seen = await ada.run("/account data")
    data = json.loads(seen.files["my-data.json"])
    assert [each["reference_text"] for each in data["payments"]] == ["@ada-pays"]
    assert data["received"] == []
    assert data["cart"] is None
    payment = (await services.claims.waiting(shop)).claims[0].payment
    await services.claims.approve(shop, member(olivia), payment.key, payment.claims, "seen")
    await product("Unpaid key", delivery_text="NOT-YET")
    await ada.run("/cart add", product="Unpaid key")
    written = (await ada.run("/account data")).files["my-data.json"].decode()
    data = json.loads(written)
    assert data["received"][0]["metadata"] == {"text": "OPEN-SESAME"}
    assert [item["name"] for item in data["cart"]["items"]] == ["Unpaid key"]
    for secret in ("NOT-YET", "@bob-pays", str(olivia.id), "card_message_id"):
        assert secret not in written


async def test_what_shows_nothing_is_no_name_and_no_reference(
    ada: Person, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """Staff could not tell a zero-width note, nor a carrier a zero-width name, from nothing at all."""
    mug = await product("Mug", is_digital=False)
    await ada.run("/cart add", product="Mug")
    seen = await ada.run("/checkout")
    refused = await (await seen.open("Enter an address")).submit({**ADDRESS, "Full name": "\u200b\u2060"})
    assert "Please fill in **name**." in refused.text
    digital = await product("Song")
    await services.carts.remove(shop, member(ada), mug.key)
    order = await placed(services, shop, ada, digital.key)
    form = await (await ada.run("/orders view", order=order.key)).open("I have paid")
    refused = await form.submit({form.fields[0].label: "\u200b"})
    assert "Please fill in" in refused.text
    assert (await services.claims.waiting(shop)).total == 0


@pytest.mark.parametrize("country", ["ZZ", "xx", "EU", "Unknown Region"])
async def test_a_parcel_goes_to_a_country(ada: Person, product: MakeProduct, country: str) -> None:
    """Two letters that no country has are refused like any other word."""
    await product("Mug", is_digital=False)
    await ada.run("/cart add", product="Mug")
    form = await (await ada.run("/checkout")).open("Enter an address")
    refused = await form.submit({**ADDRESS, "Country, phone number": country})
    assert "Please write the country as its two letters" in refused.text


async def test_a_late_payment_that_is_turned_down_is_not_said_to_be_lost(
    ada: Person, services: Services, shop: Shop, product: MakeProduct, olivia: Person, clock: TestClock
) -> None:
    """It may have come and gone back because the goods are gone: the DM leaves that to the staff's words."""
    mug = await product("Mug", stock=1)
    order = await placed(services, shop, ada, mug.key)
    clock.forward(hours=25)
    await services.sweeper.sweep()
    payment_id, turn = await claimed(services, shop, ada, order)
    await services.claims.reject(shop, member(olivia), payment_id, turn, "Sold out; I sent it back.")
    await services.worker.drain()
    told = ada.dms[-1].text
    assert told.startswith("Your order at **Aurora** was cancelled.")
    assert "The staff wrote: “Sold out; I sent it back.”" in told
    assert "could not find" not in told


@pytest.mark.parametrize(
    "menu",
    [
        "shop:open:0:",
        "cart:line",
        "checkout:address",
        "checkout:shipping",
        "checkout:payment",
        "orders:choose",
        "account:address",
    ],
)
async def test_a_menu_pressed_like_a_button_asks_for_a_choice(
    ada: Person, product: MakeProduct, menu: str
) -> None:
    """A forged click without values is answered by a sentence, and is no bug in the log."""
    await product("Mug")
    seen = await ada.run("/cart add", product="Mug")
    answer = await ada.click(seen, custom_id=menu, forged=True)
    assert answer.text == "Please fill in **choice**."
