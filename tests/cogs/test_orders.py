"""A customer's own orders: finding, paying, receiving and calling them off."""

from datetime import timedelta

import pytest

from bot.sandbox import Community, Person
from models.errors import NotFound
from models.order import OrderStatus
from models.tenant import ResponseMode
from services import Services
from services.shops import Shop
from tests.cogs.buying import CLAIM, claimed, placed
from tests.cogs.conftest import member, shelf
from tests.services.conftest import MakeProduct, TestClock

pytestmark = pytest.mark.usefixtures("bot")


async def test_the_list_is_paged_and_opens_an_order(
    ada: Person, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """Newest first, five a page; choosing one opens it, and back again."""
    mug = await product("Mug", 1500, None)
    orders = [await placed(services, shop, ada, mug.key) for _ in range(6)]
    seen = await ada.run("/orders list")
    assert orders[5].order_number in seen.text
    assert orders[0].order_number not in seen.text
    seen = await seen.press("Older")
    assert f"`{orders[0].order_number}` · **$15.00** · waiting for payment" in seen.text
    seen = await seen.choose("Choose an order", orders[0].order_number)
    assert f"Order {orders[0].order_number}" in seen.text
    assert "Page 1 of 2" in (await seen.press("My orders")).text
    assert len(ada.whispers) == 1


async def test_somebody_without_orders_is_shown_the_way(ada: Person) -> None:
    """No empty list, but the way to the shelves."""
    seen = await ada.run("/orders list")
    assert "You have not ordered anything yet." in seen.text
    assert seen.button("Browse the shop")


async def test_an_order_is_found_by_suggestion_and_by_number(
    ada: Person, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """The suggestion says what it is; the number typed in small letters works too."""
    mug = await product("Mug", 1500, None)
    order = await placed(services, shop, ada, mug.key)
    (choice,) = await ada.suggest("/orders view", order=order.order_number[2:5].lower())
    assert choice.name.startswith(f"{order.order_number} · ")
    assert choice.name.endswith(" · $15.00 · waiting for payment")
    for typed in (choice.value, order.order_number.lower()):
        assert "Please pay **$15.00**." in (await ada.run("/orders view", order=typed)).text


@pytest.mark.parametrize(
    ("method", "said", "link"),
    [
        ("ZELLE", "Send **$15.00** to `pay@aurora.example`.", None),
        ("VENMO", "Send **$15.00** to `@aurora-shop`.", "https://venmo.com/aurora-shop?txn=pay&amount=15.00"),
        ("CASHAPP", "Send **$15.00** to `$AuroraShop`.", "https://cash.app/$AuroraShop/15.00"),
        ("MANUAL", "Pay **$15.00** as described below.", None),
    ],
)
async def test_every_method_tells_how_to_pay(
    ada: Person,
    services: Services,
    shop: Shop,
    product: MakeProduct,
    method: str,
    said: str,
    link: str | None,
) -> None:
    """Recipient, amount and reference are there, the link and the picture where the method has them."""
    mug = await product("Mug", 1500, None)
    order = await placed(services, shop, ada, mug.key, by=method)
    seen = await ada.run("/orders view", order=order.key)
    assert said in seen.text
    assert f"`{order.order_number}`" in seen.text
    assert [str(button.url).startswith(str(link)) for button in seen.buttons if button.url] == [True] * bool(
        link
    )
    assert bool(seen.files) is (method != "MANUAL")
    assert ("Bring cash on Friday." in seen.text) is (method == "MANUAL")


async def test_the_holds_end_is_a_discord_timestamp(
    ada: Person, services: Services, shop: Shop, product: MakeProduct, clock: TestClock
) -> None:
    """Discord shows it in the reader's own time zone."""
    mug = await product("Mug", 1500, 3)
    order = await placed(services, shop, ada, mug.key)
    seen = await ada.run("/orders view", order=order.key)
    ends = int((clock.now() + timedelta(hours=24)).timestamp())
    assert f"<t:{ends}:f>" in seen.embeds[0]["description"]
    assert f"<t:{ends}:R>" in seen.embeds[0]["description"]


async def test_a_rejected_claim_tells_why_and_can_be_made_again(
    ada: Person, olivia: Person, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """What the staff wrote is there, harmless, with the way to try once more."""
    mug = await product("Mug", 1500, 3)
    order = await placed(services, shop, ada, mug.key)
    payment_id, turn = await claimed(services, shop, ada, order)
    await services.claims.reject(shop, member(olivia), payment_id, turn, "*Nothing* from @everyone yet")
    seen = await ada.run("/orders view", order=order.key)
    assert "The staff could not find your payment." in seen.text
    assert r"\*Nothing\* from" in seen.text
    assert not seen.pings
    assert "until" in seen.text
    seen = await (await seen.open("I have paid")).submit(CLAIM)
    assert "The staff are checking your payment." in seen.text
    again = await ada.click(seen, custom_id=f"orders:paid:{order.key}", forged=True)
    assert "The staff are checking your payment." in again.text


async def test_a_claim_that_was_made_already_is_refused_kindly(
    ada: Person, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """A form that was open on a second device changes nothing any more."""
    mug = await product("Mug", 1500, 3)
    order = await placed(services, shop, ada, mug.key)
    seen = await ada.run("/orders view", order=order.key)
    form = await seen.open("I have paid")
    await claimed(services, shop, ada, order)
    refused = await form.submit(CLAIM)
    assert "This is **being checked by the staff**" in refused.text
    assert len((await services.claims.waiting(shop)).claims) == 1


async def test_cancelling_asks_first_and_gives_the_stock_back(
    ada: Person, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """No keeps the order; Yes cancels it, and the piece can be bought again."""
    mug = await product("Mug", 1500, 3)
    order = await placed(services, shop, ada, mug.key)
    seen = await ada.run("/orders view", order=order.key)
    asked = await seen.press("Cancel")
    assert f"Cancel order {order.order_number}?" in asked.text
    kept = await asked.press("No, keep it")
    assert "Please pay **$15.00**." in kept.text
    asked = await kept.press("Cancel")
    seen = await asked.press("Yes, cancel it")
    assert "You cancelled this order." in seen.text
    assert (await services.stock.of(shop, mug.key)).available == 3
    again = await asked.press("Yes, cancel it")
    assert "You cancelled this order." in again.text


async def test_an_order_that_was_not_paid_in_time_says_so(
    ada: Person, services: Services, shop: Shop, product: MakeProduct, clock: TestClock
) -> None:
    """After the hold's end the order is cancelled; who did pay can still say so."""
    mug = await product("Mug", 1500, 3)
    order = await placed(services, shop, ada, mug.key)
    clock.forward(hours=25)
    await services.orders.end_hold(shop, order)
    seen = await ada.run("/orders view", order=order.key)
    assert "This order was not paid in time" in seen.text
    assert "How to pay" not in seen.text
    seen = await (await seen.open("I have paid")).submit(CLAIM)
    assert "You told us that you have paid all the same." in seen.text


async def test_staffs_reason_for_cancelling_is_told(
    ada: Person, olivia: Person, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """The customer reads what the staff wrote."""
    mug = await product("Mug", 1500, 3)
    order = await placed(services, shop, ada, mug.key)
    await services.orders.staff_cancel(shop, member(olivia), order.key, "It broke on the way here.")
    seen = await ada.run("/orders view", order=order.key)
    assert "The staff cancelled this order.\nThey wrote: “It broke on the way here.”" in seen.text


async def test_orders_of_others_and_of_other_shops_are_unknown(
    ada: Person,
    bob: Person,
    olivia: Person,
    services: Services,
    shop: Shop,
    product: MakeProduct,
    elsewhere: tuple[Community, Shop],
) -> None:
    """Bob gets nowhere with Ada's order, nor does Ada with her own order of another guild."""
    mug = await product("Mug", 1500, None)
    hers = await placed(services, shop, ada, mug.key)
    his = await placed(services, shop, bob, mug.key)
    place, other_shop = elsewhere
    moon = await shelf(services, other_shop, place.owner)("Moonstone", stock=None)
    there = await placed(services, other_shop, ada, moon.key)
    assert await bob.suggest("/orders view", order=hers.order_number) == []
    for person, own, foreign in ((bob, his, hers), (ada, hers, there), (olivia, None, hers)):
        seen = await person.run("/orders list")
        attempts = [
            await person.run("/orders view", order=foreign.key),
            await person.run("/orders view", order=foreign.order_number),
            *[
                await person.click(seen, custom_id=f"orders:{verb}:{foreign.key}", forged=True)
                for verb in ("open", "paid", "cancel", "cancelled", "items", "roles")
            ],
        ]
        if own is not None:
            attempts.append(await person.choose(seen, "Choose an order", foreign.key, forged=True))
            form = await (await person.run("/orders view", order=own.key)).open("I have paid")
            form.modal["custom_id"] = f"orders:claimed:{foreign.key}"
            attempts.append(await form.submit(CLAIM))
        for attempt in attempts:
            assert "I cannot find that order." in attempt.text
    assert (await services.claims.waiting(shop)).total == 0
    assert (
        await services.orders.view(shop, member(ada), hers.key)
    ).order.status is OrderStatus.PENDING_PAYMENT
    with pytest.raises(NotFound):
        await services.orders.view(shop, member(bob), hers.key)


async def test_orders_are_shown_by_dm_where_the_shop_wants_that(
    ada: Person, olivia: Person, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """The picture comes along, and is gone once it is of no use; with closed DMs the answer is ephemeral."""
    mug = await product("Mug", 1500, 3)
    order = await placed(services, shop, ada, mug.key)
    await services.shops.configure(shop, member(olivia), response_mode=ResponseMode.DM)
    await ada.run("/orders view", order=order.key)
    assert set(ada.dms[-1].files) == {"pay.png"}
    seen = await (await ada.dms[-1].open("I have paid")).submit(CLAIM)
    assert not seen.files
    ada.close_dms()
    seen = await ada.run("/orders view", order=order.key)
    assert "I could not send you a direct message" in seen.text
    assert "The staff are checking your payment." in seen.text
