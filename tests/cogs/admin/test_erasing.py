"""Erasing a person from their card: what is owed is listed, the id is typed, and only the books are left."""

import pytest

from bot.sandbox import Form, Person, Room, Seen
from models.base import Db
from models.customer import Customer
from models.order import Order
from services import Services
from services.shops import Shop
from tests.cogs.admin.conftest import Buy, Claim, Neighbour, everything
from tests.cogs.admin.test_user import said
from tests.cogs.conftest import member
from tests.services.role_making import made_role

pytestmark = pytest.mark.usefixtures("bot")
ID = "Discord id of the person"


async def card_of(staff: Person, find: str) -> Seen:
    """What erasing somebody would mean."""
    return await (await staff.run("/admin customer", find=find)).press("Erase this person's data")


async def test_a_person_is_erased_by_typing_their_id(
    db: Db, services: Services, shop: Shop, olivia: Person, ada: Person, claim: Claim
) -> None:
    """What is owed comes first; afterwards nobody finds them, and their order stays."""
    await services.customers.set_profile(shop, member(ada), "ada@example.com", "")
    view = await claim(ada)
    seen = await card_of(olivia, "ada@example")
    assert f"Order **{view.order.order_number}** is waiting for payment" in seen.text
    assert "[Erase] (off)" in seen.text
    await services.claims.approve(shop, member(olivia), view.payment.key, 1, "seen it")
    await services.worker.drain()
    seen = await seen.press("Look again")
    wrong = await (await seen.open("Erase")).submit({ID: "ada"})
    assert "nothing was changed" in said(wrong)
    done = await (await seen.open("Erase")).submit({ID: str(ada.id)})
    assert "They are erased" in done.text
    assert "Nothing found" in (await olivia.run("/admin customer", find="ada@example")).text
    order = await olivia.run("/admin order", find=view.order.order_number)
    assert "erased-" in order.text
    assert "@Ada" not in order.text
    card = await order.press("Open customer")
    assert "Erased on" in card.text
    assert "Add note" not in card.text
    assert order.pings == []
    assert view.order.order_number in (await card.press("Orders")).text
    assert view.order.order_number not in (await ada.run("/orders list")).text
    payments = await olivia.run("/admin payments")
    assert "@Ada" not in payments.text
    kept = await Order.get(db, shop.id, view.order.key)
    assert kept is not None
    assert (kept.total_cents, kept.customer.discord_display_name) == (1500, "Customer")


async def test_an_old_card_erases_nobody_twice_and_nobody_who_owes(
    db: Db, services: Services, shop: Shop, olivia: Person, ada: Person, buy: Buy
) -> None:
    """A form that was open while an order came in is refused; one after the fact says so."""
    customer = await services.customers.of(shop, member(ada))
    seen = await card_of(olivia, "ada")
    form = await seen.open("Erase")
    order = await buy(ada)
    refused = await form.submit({ID: str(ada.id)})
    assert "nothing was erased" in said(refused)
    assert order.order_number in said(refused)
    await services.orders.cancel(shop, member(ada), order.key)
    assert "They are erased" in (await form.submit({ID: str(ada.id)})).text
    assert "They are erased" in (await form.submit({ID: str(ada.id)})).text
    assert "is **erased**" in said(await seen.press("Look again"))
    stored = await Customer.get(db, shop.id, customer.key)
    assert stored is not None
    assert stored.erased_at is not None


async def test_it_takes_its_own_key_and_its_own_shop(
    db: Db,
    services: Services,
    shop: Shop,
    olivia: Person,
    sam: Person,
    bob: Person,
    ada: Person,
    neighbour: Neighbour,
) -> None:
    """Staff who may change customers may not erase them; a role with the key may; neighbours are unknown."""
    await services.customers.of(shop, member(ada))
    assert "`customer.erase`" in said(await card_of(sam, "ada"))
    (nils,) = await Customer.find_all(db, {"tenantId": neighbour.shop.id})
    seen = await card_of(olivia, "ada")
    form = await seen.open("Erase")
    before = await everything(db)
    for person in (sam, bob):
        form.person = person
        assert "`customer.erase`" in (await form.submit({ID: str(ada.id)})).text
    form.person = olivia
    for verb in ("ask", "form"):
        answer = await olivia.click(seen, custom_id=f"erase:{verb}:{nils.key}", forged=True)
        assert "cannot find that customer" in said(answer)
    form.modal["custom_id"] = f"erase:form:{nils.key}"
    assert "cannot find that customer" in (await form.submit({ID: nils.discord_id})).text
    assert await everything(db) == before
    role = await made_role(services, shop, member(olivia), "Care", "customer.manage", "customer.erase")
    user = await services.users.of_member(shop, member(olivia), member(bob))
    await services.role_desk.assign(shop, member(olivia), role.key, user.key)
    mine = await (await card_of(bob, "ada")).open("Erase")
    assert "They are erased" in (await mine.submit({ID: str(ada.id)})).text


async def test_a_customers_wish_reaches_the_staff(
    services: Services, shop: Shop, olivia: Person, ada: Person, staff_room: Room
) -> None:
    """Asked about, told once, and the alert leads to the card; nothing is erased by it."""
    await services.customers.set_profile(shop, member(ada), "ada@example.com", "")
    seen = await (await ada.run("/account data")).press("Erase my data")
    assert "ask the staff" in seen.text
    done = await seen.press("Ask the staff")
    assert "I have told the staff" in said(done)
    assert "know already" in said(await seen.press("Ask the staff"))
    await services.worker.drain()
    alert = staff_room.messages_for(olivia)[-1]
    assert "@Ada asks you to erase their data" in alert.text
    opened = await olivia.click(alert, "Open customer")
    assert not isinstance(opened, Form)
    assert "ada@example.com" in opened.text
    assert (await services.customers.of(shop, member(ada))).email == "ada@example.com"
