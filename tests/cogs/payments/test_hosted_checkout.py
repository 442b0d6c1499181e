"""Checkout with ways to pay on a provider's page: what is offered, and what Confirm shows."""

import asyncio
from datetime import timedelta

import pytest

from bot.sandbox import Person, Room
from models.audit import AuditLog
from models.errors import Unavailable
from models.order import OrderStatus
from models.payment import PaymentStatus
from models.product import Product
from models.tenant import ResponseMode
from tests.cogs.buying import orders_of, review
from tests.cogs.conftest import member
from tests.cogs.payments.conftest import CASH, COINS, DOWN, Till, confirmed, labels, links
from tests.fakes.provider import Fault

pytestmark = pytest.mark.usefixtures("bot")

WAY = "Choose how to pay"


async def asked_how(ada: Person, mug: Product) -> set[str]:
    """The ways to pay that the checkout of a mug offers."""
    seen = await (await ada.run("/cart add", product=mug.name)).press("Check out")
    return set(seen.select(WAY).options)


async def rest(till: Till, method: str) -> None:
    """The provider fails so often that it is not asked any more."""
    fake = till.square if method == CASH else till.nowpayments
    for _ in range(3):
        fake.fail(*DOWN)
        with pytest.raises(Unavailable):
            await till.services.providers.test(till.shop, method)
    assert [each.value for each in till.services.methods.down(till.shop)] == [method]


async def test_processors_with_keys_are_offered(
    ada: Person, mug: Product, till: Till, olivia: Person
) -> None:
    """Cash App Pay and Bitcoin stand beside what staff confirm; without keys a way is gone."""
    assert await asked_how(ada, mug) == {"Zelle", "Venmo", "Cash App", "Other", "Cash App Pay", "Bitcoin"}
    await till.services.providers.remove(till.shop, member(olivia), COINS)
    assert "Bitcoin" not in (await ada.run("/checkout")).select(WAY).options


async def test_confirm_leads_to_the_page(ada: Person, mug: Product, till: Till) -> None:
    """Amount, the hold's end, Pay now to the provider's page, and Check again."""
    seen = await confirmed(ada, mug, "Cash App Pay")
    (order,) = await orders_of(till.services, till.shop, ada)
    assert seen.content == "Thank you! Your order is placed."
    assert "Please pay **$15.00**. Press **Pay now** to do so." in seen.text
    assert "Afterwards press **Check again** to see whether it has arrived." in seen.text
    ends = int((till.clock.now() + timedelta(minutes=60)).timestamp())
    assert f"<t:{ends}:f>" in seen.embeds[0]["description"]
    assert links(seen) == {"Pay now": (await till.payment(order)).page_url}
    assert labels(seen) == ["Pay now", "🔄 Check again", "Cancel", "My orders"]
    assert not seen.files
    assert seen.ephemeral


async def test_two_clicks_at_once_make_one_order_with_one_page(ada: Person, mug: Product, till: Till) -> None:
    """Both clicks show the same page, which the provider was asked for once."""
    seen = await review(ada, mug.name, pay_with="Cash App Pay")
    both = await asyncio.gather(*(seen.press("Confirm") for _ in range(3)))
    assert len({links(each)["Pay now"] for each in both}) == 1
    assert till.pages() == 1
    assert len(await orders_of(till.services, till.shop, ada)) == 1


async def test_bitcoin_shows_where_to_send_how_much(ada: Person, mug: Product, till: Till) -> None:
    """Amount and address each stand alone in a block to copy, a picture holds both, and the page is there."""
    seen = await confirmed(ada, mug, "Bitcoin")
    (order,) = await orders_of(till.services, till.shop, ada)
    payment = await till.payment(order)
    address = payment.nowpayments_deposit_address
    assert "Please pay **$15.00** as shown below, or press **Pay now**." in seen.text
    assert "Send exactly this much BTC:\n```\n0.0003\n```" in seen.text
    assert f"to this address:\n```\n{address}\n```" in seen.text
    assert "This amount is good until" in seen.text
    wanted = f"bitcoin:{address}?amount=0.00030000&label={order.order_number}"
    assert seen.files == {"pay.png": till.services.methods.qr_png(wanted)}
    assert links(seen)["Pay now"].startswith("https://nowpayments.io/payment/?iid=")


async def test_a_coin_with_a_memo_warns_of_leaving_it_out(
    ada: Person, olivia: Person, mug: Product, till: Till
) -> None:
    """The memo stands with the address; there is no picture for a coin without a common form of it."""
    await till.services.providers.configure(till.shop, member(olivia), COINS, {"coin": "xrp"})
    seen = await confirmed(ada, mug, "Bitcoin")
    assert "Send exactly this much XRP:" in seen.text
    assert "Add this memo, or the coins are lost: `318559`" in seen.text
    assert not seen.files


async def test_without_an_address_the_page_alone_is_shown(ada: Person, mug: Product, till: Till) -> None:
    """The provider made the page and not the address: it can be paid all the same."""
    till.nowpayments.after_invoice = [Fault.DOWN]
    seen = await confirmed(ada, mug, "Bitcoin")
    assert "Please pay **$15.00**. Press **Pay now** to do so." in seen.text
    assert "to this address" not in seen.text
    assert set(links(seen)) == {"Pay now"}


async def test_a_provider_that_is_down_is_named_and_the_others_stay(
    ada: Person, mug: Product, till: Till
) -> None:
    """It is not in the menu, the reason is said, and another way can be taken."""
    await rest(till, CASH)
    seen = await (await ada.run("/cart add", product=mug.name)).press("Check out")
    assert "Cash App Pay is not reachable right now; please choose another way." in seen.text
    assert set(seen.select(WAY).options) == {"Zelle", "Venmo", "Cash App", "Other", "Bitcoin"}
    seen = await (await seen.choose(WAY, "Bitcoin")).press("Confirm")
    assert "Pay now" in links(seen)


async def test_when_the_only_provider_is_down_the_cart_is_kept(
    ada: Person, olivia: Person, mug: Product, till: Till
) -> None:
    """There is nothing to choose, so the customer learns that it is for a minute."""
    shop = await till.services.methods.enable(till.shop, member(olivia), [])
    await till.services.providers.remove(shop, member(olivia), COINS)
    till.shop = await till.services.shops.of_tenant(till.shop.id)
    await rest(till, CASH)
    seen = await (await ada.run("/cart add", product=mug.name)).press("Check out")
    assert "Cash App Pay is not reachable right now. Please try again in a minute; your cart" in seen.text
    assert not seen.selects


async def test_a_provider_that_goes_down_before_the_choice(ada: Person, mug: Product, till: Till) -> None:
    """The menu that still names it leads to the ways that are left."""
    before = await (await ada.run("/cart add", product=mug.name)).press("Check out")
    await rest(till, CASH)
    seen = await before.choose(WAY, "Cash App Pay")
    assert "That way of paying is not offered here. Please choose another." in seen.text
    assert "Cash App Pay is not reachable right now" in seen.text
    assert "Bitcoin" in seen.select(WAY).options


async def test_a_provider_that_goes_down_before_confirm_orders_nothing(
    ada: Person, mug: Product, till: Till
) -> None:
    """Another way is asked for, and the one that was chosen waits to be reachable again."""
    before = await review(ada, mug.name, pay_with="Cash App Pay")
    await rest(till, CASH)
    seen = await before.press("Confirm")
    assert "Please choose how you want to pay first." in seen.text
    assert await orders_of(till.services, till.shop, ada) == []
    till.clock.forward(seconds=31)
    seen = await (await ada.run("/checkout")).press("Confirm")
    assert "Pay now" in links(seen)


async def test_a_provider_that_fails_at_confirm_leaves_an_order_that_can_be_paid_later(
    ada: Person, mug: Product, till: Till
) -> None:
    """The order stands, is held, and Try again makes its page."""
    before = await review(ada, mug.name, pay_with="Cash App Pay")
    till.square.fail(*DOWN)
    seen = await before.press("Confirm")
    assert "Thank you! Your order is placed." in seen.content
    assert "Cash App Pay is not reachable just now. Your order is safe, and nothing was paid." in seen.content
    assert "The page to pay on is not there yet. Press **Try again** in a moment." in seen.text
    assert "We keep everything for you until" in seen.text
    assert labels(seen) == ["Try again", "Cancel", "My orders"]
    seen = await seen.press("Try again")
    assert seen.content == ""
    assert "Pay now" in links(seen)
    assert len(await orders_of(till.services, till.shop, ada)) == 1


async def test_keys_that_do_not_work_are_told_to_both_sides(
    ada: Person, mug: Product, till: Till, staff_room: Room
) -> None:
    """The customer may wait or go, the staff hear where to enter keys, and the page comes with those."""
    before = await review(ada, mug.name, pay_with="Cash App Pay")
    till.square.fail(Fault.SHUT)
    seen = await before.press("Confirm")
    assert "Paying with Cash App Pay does not work at the moment. The staff have been told." in seen.text
    assert "http_401" not in seen.text
    assert labels(seen)[:2] == ["Try again", "Cancel"]
    till.square.fail(Fault.SHUT)
    assert "does not work at the moment" in (await seen.press("Try again")).text
    till.square.fail(Fault.SHUT)
    await till.drain()
    (alert,) = staff_room.messages
    assert "Cash App Pay does not accept the shop's keys, so order" in alert.text
    assert "/admin providers" in alert.text
    assert "Pay now" in links(await seen.press("Try again"))


async def test_what_the_provider_refuses_can_be_cancelled_and_ordered_otherwise(
    ada: Person, mug: Product, till: Till, staff_room: Room
) -> None:
    """The customer is led to another way; the staff read the provider's reason."""
    till.nowpayments.rates.pop("btc")
    seen = await confirmed(ada, mug, "Bitcoin")
    assert "Bitcoin does not take this payment. The staff have been told." in seen.text
    assert "Please cancel this order and choose another way to pay." in seen.text
    await till.drain()
    (alert,) = staff_room.messages
    assert "Reason given: `CURRENCY_UNAVAILABLE`" in alert.text
    seen = await (await seen.press("Cancel")).press("Yes, cancel it")
    assert "You cancelled this order." in seen.text
    assert "Check again" not in str(labels(seen))


async def test_an_old_confirm_shows_the_order_as_it_has_become(ada: Person, mug: Product, till: Till) -> None:
    """A second device whose review is still open thanks nobody twice."""
    seen = await review(ada, mug.name, pay_with="Cash App Pay")
    await seen.press("Confirm")
    (order,) = await orders_of(till.services, till.shop, ada)
    till.square.pay(await till.ref(order))
    await till.deliver()
    again = await seen.press("Confirm")
    assert again.content == ""
    assert "Pay now" not in links(again)
    assert (await till.now(order)).status is OrderStatus.COMPLETE


async def test_the_page_is_reached_from_a_dm_too(
    ada: Person, olivia: Person, mug: Product, till: Till
) -> None:
    """In DM mode everything up to the payment happens in one message there."""
    await till.services.shops.configure(till.shop, member(olivia), response_mode=ResponseMode.DM)
    await ada.run("/shop product", name=mug.name)
    seen = await (await ada.dms[-1].press("Buy now")).choose(WAY, "Bitcoin")
    seen = await seen.press("Confirm")
    assert set(seen.files) == {"pay.png"}
    (order,) = await orders_of(till.services, till.shop, ada)
    till.nowpayments.pay(await till.ref(order))
    seen = await seen.press("Check again")
    assert "Everything has been handed over." in seen.text
    assert not seen.files
    assert len(ada.dms) == 1


async def test_confirm_leaves_no_page_in_the_records_of_staff(ada: Person, mug: Product, till: Till) -> None:
    """Making a page is nobody's act, and the payment waits."""
    await confirmed(ada, mug, "Cash App Pay")
    (order,) = await orders_of(till.services, till.shop, ada)
    assert (await till.payment(order)).status is PaymentStatus.PENDING_PAYMENT
    assert await AuditLog.find_all(till.db, {"action": {"$regex": "^payment"}}) == []
