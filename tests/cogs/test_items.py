"""Getting what was bought: the invoice, digital items, and roles with what became of them."""

import pytest

from bot.sandbox import Community, Person
from models.base import Db
from models.entitlement import Entitlement
from services import Services
from services.shops import Shop
from tests.cogs.buying import paid, placed
from tests.cogs.conftest import PUBLIC_URL, member
from tests.services.conftest import MakeProduct

pytestmark = pytest.mark.usefixtures("bot")


async def test_a_paid_order_opens_its_invoice_and_hands_over_its_items(
    ada: Person, olivia: Person, guild: Community, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """The invoice is a link, the digital text is there to copy, and the role says how far it is."""
    vip = guild.add_role("VIP")
    text = "Your key: AB_CD_*EF*\nDownload: https://files.example/a_b_c?x=1"
    key = await product("Key", 900, 3, delivery_text=text, granted_role_ids=[str(vip.id)])
    order = await placed(services, shop, ada, key.key)
    await paid(services, shop, ada, olivia, order)
    seen = await ada.run("/orders view", order=order.key)
    assert "Your payment has arrived." in seen.text
    assert [
        str(b.url).startswith(f"{PUBLIC_URL}/invoice/") for b in seen.buttons if b.label == "Invoice"
    ] == [True]
    assert not {"I have paid", "Cancel"} & {button.label for button in seen.buttons}
    seen = await seen.press("Get my items")
    assert "⏳ Role @VIP: on its way." in seen.text
    assert r"Your key: AB\_CD\_\*EF\*" in seen.text
    assert "https://files.example/a_b_c?x=1" in seen.text
    assert f"Order {order.order_number}" in (await seen.press("Back to the order")).text


async def test_a_key_stands_there_as_it_is_to_be_copied(
    ada: Person, olivia: Person, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """No escape comes between the letters of a key."""
    key = await product("Key", 900, 3, delivery_text="AB_CD_*EF*")
    order = await placed(services, shop, ada, key.key)
    await paid(services, shop, ada, olivia, order)
    seen = await (await ada.run("/orders view", order=order.key)).press("Get my items")
    assert "**Key**\n`AB_CD_*EF*`" in seen.text


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("missing_permission", "I am not allowed to give roles at the moment."),
        ("role_too_high", "That role stands above mine."),
        ("role_gone", "Please ask the staff for another one."),
        ("member_left", "You were not in the server."),
        ("something_new", "That did not work yet."),
    ],
)
async def test_a_role_that_could_not_be_given_says_why_and_what_to_do(
    ada: Person,
    olivia: Person,
    guild: Community,
    services: Services,
    shop: Shop,
    product: MakeProduct,
    reason: str,
    said: str,
) -> None:
    """Every failure has its sentence, and asking again owes the role anew."""
    vip = guild.add_role("VIP")
    ring = await product("Ring", 900, 3, granted_role_ids=[str(vip.id)])
    order = await placed(services, shop, ada, ring.key)
    await paid(services, shop, ada, olivia, order)
    (owed,) = await services.delivery.of_member(shop, member(ada), order.key)
    await services.delivery.failed(owed, reason)
    seen = await ada.run("/orders view", order=order.key)
    assert "Something could not be handed over yet." in seen.text
    seen = await seen.press("Get my items")
    assert said in seen.text
    await seen.press("Ask for my roles")
    assert "I am asking for your roles again." in ada.whispers[-1].text


async def test_a_role_that_was_taken_away_by_hand_can_be_asked_for(
    ada: Person,
    olivia: Person,
    guild: Community,
    services: Services,
    shop: Shop,
    product: MakeProduct,
    db: Db,
) -> None:
    """Granted once and gone since: the card says so and asks for it again."""
    vip = guild.add_role("VIP")
    ring = await product("Ring", 900, 3, granted_role_ids=[str(vip.id)])
    order = await placed(services, shop, ada, ring.key)
    await paid(services, shop, ada, olivia, order)
    (owed,) = await services.delivery.of_member(shop, member(ada), order.key)
    await services.delivery.granted(owed)
    seen = await (await ada.run("/orders view", order=order.key)).press("Get my items")
    assert "you had it." in seen.text
    guild.give(ada, vip)
    with_role = await (await ada.run("/orders view", order=order.key)).press("Get my items")
    assert "✅ Role @VIP: you have it." in with_role.text
    assert "Ask for my roles" not in [button.label for button in with_role.buttons]
    await seen.press("Ask for my roles")
    (owed,) = await Entitlement.of_order(db, shop.id, order.key)
    assert owed.granted_at is None


async def test_long_digital_items_come_as_a_file(
    ada: Person, olivia: Person, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """Nothing of a long text is cut."""
    texts = [f"{number}: " + "line of a poem\n" * 120 for number in range(3)]
    for number, text in enumerate(texts):
        poem = await product(f"Poem {number}", 100, None, delivery_text=text)
        await services.carts.add(shop, member(ada), poem.key)
    order = await placed(services, shop, ada, poem.key)
    await paid(services, shop, ada, olivia, order)
    seen = await (await ada.run("/orders view", order=order.key)).press("Get my items")
    assert "Your digital items are in the file." in seen.text
    file = seen.files["items.txt"].decode()
    assert all(text.strip() in file for text in texts)
