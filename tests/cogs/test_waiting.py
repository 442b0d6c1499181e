"""Tell me: waiting for what is sold out, hearing of it once, and buying what is kept."""

from collections.abc import Awaitable, Callable

import pytest

from bot.sandbox import Community, Person
from models.base import Db
from models.order import OrderStatus
from models.outbox import OutboxEffect
from models.product import Product
from models.waiting import Waiting
from services import Services
from services.shops import Shop
from tests.cogs.buying import orders_of
from tests.cogs.conftest import member, shelf
from tests.services.conftest import MakeProduct, TestClock

pytestmark = pytest.mark.usefixtures("bot")

type Restock = Callable[[Product, int], Awaitable[None]]


@pytest.fixture
def restock(services: Services, shop: Shop, olivia: Person) -> Restock:
    """Lets a delivery arrive, and everybody who is owed a word hear of it."""

    async def arrive(product: Product, quantity: int) -> None:
        await services.stock.restock(shop, member(olivia), product.key, quantity, "box")
        await services.worker.drain()

    return arrive


async def test_who_pressed_tell_me_hears_of_it_once_and_buys_by_two_clicks(
    ada: Person, bob: Person, services: Services, shop: Shop, product: MakeProduct, restock: Restock
) -> None:
    """Sold out, Tell me, a DM, Buy now, pay: while the shop shows everybody else that it is sold out."""
    mug = await product("Mug", 1500, 0)
    seen = await (await ada.run("/shop product", name="Mug")).press("Tell me")
    assert "You are in line" in seen.text
    await restock(mug, 1)
    await services.sweeper.sweep()
    await services.worker.drain()
    (told,) = ada.dms
    assert "Aurora keeps one Mug for you until" in told.text.replace("*", "")
    assert told.pings == []
    assert "Sold out" in (await bob.run("/shop product", name="Mug")).text
    assert "Kept for you" in (await ada.run("/shop browse")).text
    seen = await told.press("Buy now")
    seen = await (await seen.choose("Choose how to pay", "Zelle")).press("Confirm")
    (order,) = await orders_of(services, shop, ada)
    assert order.status is OrderStatus.PENDING_PAYMENT
    assert "sold out" in (await bob.run("/cart add", product="Mug")).text


async def test_the_line_is_joined_from_the_shelves_and_left_by_the_same_button(
    db: Db, ada: Person, product: MakeProduct
) -> None:
    """Browse offers it for what is sold out alone; afterwards the product says that one waits."""
    await product("Mug", stock=0)
    await product("Cap", stock=3)
    seen = await ada.run("/shop browse", query="m")
    assert list(seen.select("Tell me when it is back").options) == ["Mug"]
    seen = await seen.choose("Tell me when it is back", "Mug")
    assert "You are in line" in seen.text
    seen = await seen.press("Back to the shop")
    assert "Tell me when it is back" not in [one.placeholder for one in seen.selects]
    seen = await (await seen.choose("Choose a product", "Mug")).press("Stop waiting")
    assert "You do not wait for this any more." in seen.text
    assert seen.button("Tell me")
    assert not await Waiting.find_all(db, {"isOpen": True})


async def test_a_closed_dm_leaves_the_offer_where_its_member_looks(
    db: Db, ada: Person, product: MakeProduct, restock: Restock, clock: TestClock, services: Services
) -> None:
    """No second ping: the product's card and the cart show it, with a way to the checkout."""
    mug = await product("Mug", stock=0)
    await (await ada.run("/shop product", name="Mug")).press("Tell me")
    ada.close_dms()
    await restock(mug, 1)
    (owed,) = await OutboxEffect.find_all(db, {"kind": "stock.offer"})
    assert owed.outcome == "dm_closed"
    seen = await ada.run("/shop product", name="Mug")
    assert "One is kept for you." in seen.text
    seen = await ada.run("/cart view")
    assert "Kept for you" in seen.text
    assert "Choose how to pay" in [one.placeholder for one in (await seen.press("Buy Mug")).selects]
    ada.open_dms()
    await services.worker.drain()
    assert ada.dms == []
    clock.forward(minutes=31)
    await services.sweeper.sweep()
    assert "Kept for you" not in (await ada.run("/cart view")).text


async def test_nobody_waits_for_what_is_counted_no_more(
    ada: Person, olivia: Person, shop: Shop, product: MakeProduct, services: Services
) -> None:
    """Staff stop counting it: who stood in line gets one message, and buys by its button."""
    mug = await product("Mug", stock=0)
    await (await ada.run("/shop product", name="Mug")).press("Tell me")
    await services.catalog.edit(shop, member(olivia), mug.key, {"inventory_tracked": False})
    await services.worker.drain()
    await services.sweeper.sweep()
    await services.worker.drain()
    (told,) = ada.dms
    assert "has enough of Mug for everybody now" in told.text.replace("*", "")
    assert [one.label for one in told.buttons] == ["Buy now"]
    assert "Choose how to pay" in [one.placeholder for one in (await told.press("Buy now")).selects]


async def test_who_does_not_want_it_passes_it_on(
    ada: Person, bob: Person, product: MakeProduct, restock: Restock, clock: TestClock, services: Services
) -> None:
    """By the button in the DM; the next in line hears at once."""
    mug = await product("Mug", stock=0)
    for person in (ada, bob):
        clock.forward(seconds=1)
        await (await person.run("/shop product", name="Mug")).press("Tell me")
    await restock(mug, 1)
    assert bob.dms == []
    seen = await ada.dms[0].press("I do not want it")
    assert "You do not wait for this any more." in seen.text
    await services.worker.drain()
    assert "Mug is back" in bob.dms[0].text


async def test_old_buttons_say_kindly_that_the_time_is_over(
    ada: Person, product: MakeProduct, restock: Restock, clock: TestClock, services: Services, bob: Person
) -> None:
    """Ada comes after half an hour: it is Bob's turn now."""
    mug = await product("Mug", stock=0)
    for person in (ada, bob):
        clock.forward(seconds=1)
        await (await person.run("/shop product", name="Mug")).press("Tell me")
    await restock(mug, 1)
    clock.forward(minutes=31)
    await services.sweeper.sweep()
    seen = await ada.dms[0].press("Buy now")
    assert "sold out" in (seen.followups[-1].text if seen.followups else seen.text)


async def test_who_wants_no_messages_gets_none(
    db: Db, ada: Person, shop: Shop, product: MakeProduct, restock: Restock, services: Services
) -> None:
    """The opt-out stops this message, too; the unit is kept all the same."""
    mug = await product("Mug", stock=0)
    await services.customers.set_notices(shop, member(ada), dm_opt_out=True)
    await (await ada.run("/shop product", name="Mug")).press("Tell me")
    await restock(mug, 1)
    (owed,) = await OutboxEffect.find_all(db, {"kind": "stock.offer"})
    assert (owed.outcome, ada.dms) == ("not_wanted", [])
    assert "One is kept for you." in (await ada.run("/shop product", name="Mug")).text


async def test_another_shops_product_cannot_be_waited_for(
    db: Db,
    ada: Person,
    product: MakeProduct,
    services: Services,
    elsewhere: tuple[Community, Shop],
) -> None:
    """A forged button with a foreign product's id is answered as an unknown one, and nothing is stored."""
    await product("Mug", stock=0)
    place, other = elsewhere
    foreign = await shelf(services, other, place.owner)("Secret", stock=0)
    seen = await ada.run("/shop product", name="Mug")
    for action in ("shop:tell", "shop:stop"):
        answer = await ada.click(seen, custom_id=f"{action}:{foreign.key}:0:", forged=True)
        assert "cannot find that product" in str(getattr(answer, "followups", [answer])[-1:] or answer)
    assert not await Waiting.find_all(db, {})


async def test_a_product_for_members_is_not_waited_for_by_others(
    ada: Person, guild: Community, product: MakeProduct
) -> None:
    """Who may not buy it is told what they need, and is offered no button."""
    vip = guild.add_role("VIP")
    await product("Club", stock=0, required_role_ids=[str(vip.id)])
    seen = await ada.run("/shop product", name="Club")
    assert "You need" in seen.text
    assert "Tell me" not in [one.label for one in seen.buttons]
