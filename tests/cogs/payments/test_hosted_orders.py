"""An order on a provider's page as its customer sees it, from the first look to money that went back."""

from dataclasses import replace
from decimal import Decimal

import pytest

from bot.sandbox import Community, Person
from cogs._ui.order_card import order_card
from cogs._ui.words import Words
from models.order import OrderStatus
from models.payment import PaymentStatus
from models.product import Product
from services.payments.processor import Money, News, What
from services.shops import Shop
from tests.cogs.buying import placed
from tests.cogs.conftest import member, shelf
from tests.cogs.payments.conftest import CASH, COINS, DOWN, Till, confirmed, labels, links
from tests.fakes.provider import Fault
from tests.services import hosting
from tests.services.conftest import MakeProduct

pytestmark = pytest.mark.usefixtures("bot")

SAFE = "Please do not pay again."


async def test_check_again_before_and_after_paying(ada: Person, mug: Product, till: Till) -> None:
    """Nothing yet is said kindly; what the provider knows then pays the order, without a webhook."""
    order = await till.opened(ada, mug)
    seen = await (await ada.run("/orders view", order=order.key)).press("🔄 Check again")
    assert seen.content == "Nothing new has arrived yet. It can take a few minutes."
    assert "Please pay **$15.00**." in seen.text
    till.square.pay(await till.ref(order))
    at_once = await seen.press("🔄 Check again")
    assert "Nothing new has arrived yet." in at_once.content
    till.clock.forward(seconds=6)
    seen = await at_once.press("🔄 Check again")
    assert seen.content == ""
    assert "Everything has been handed over." in seen.text
    assert labels(seen) == ["Invoice", "🔄 Look again", "My orders"]
    assert len(ada.whispers) == 1


async def test_part_of_the_coins_asks_for_the_rest(ada: Person, mug: Product, till: Till) -> None:
    """What came and what is missing are shown, with a picture for the rest, which then pays the order."""
    order = await till.opened(ada, mug, COINS)
    ref = await till.ref(order)
    before = await ada.run("/orders view", order=order.key)
    till.nowpayments.pay(ref, Decimal("0.6"))
    seen = await before.press("🔄 Check again")
    assert "Only a part has arrived: $9.00 of $15.00. Please pay the rest." in seen.text
    assert "If it does not come in time, the staff take care of what you have sent." in seen.text
    assert "Send exactly this much BTC:\n```\n0.00012\n```" in seen.text
    assert "This amount is good until" not in seen.text
    assert "We keep everything for you until" in seen.text
    wanted = f"bitcoin:bc1q{ref}?amount=0.00012000&label={order.order_number}"
    assert seen.files == {"pay.png": till.services.methods.qr_png(wanted)}
    assert "Cancel" not in labels(seen)
    till.nowpayments.redeposit(ref, Decimal("0.00012"))
    till.clock.forward(seconds=6)
    seen = await seen.press("🔄 Check again")
    assert "Everything has been handed over." in seen.text
    assert not seen.files


async def test_a_failed_try_can_be_repeated_on_the_same_page(ada: Person, mug: Product, till: Till) -> None:
    """The customer learns that it failed, and pays with the next try."""
    order = await till.opened(ada, mug)
    till.square.decline(await till.ref(order))
    await till.deliver()
    seen = await ada.run("/orders view", order=order.key)
    assert "That payment did not go through. Press **Pay now** to try again." in seen.text
    assert links(seen) == {"Pay now": (await till.payment(order)).page_url}
    assert "Nothing new has arrived yet." in (await seen.press("🔄 Check again")).content
    till.square.pay(await till.ref(order))
    await till.deliver()
    assert "Everything has been handed over." in (await ada.run("/orders view", order=order.key)).text
    assert till.pages() == 1


async def test_a_page_that_lapsed_is_replaced(ada: Person, mug: Product, till: Till) -> None:
    """Looking again shows the new address and says that it is new; the old one is not shown."""
    order = await till.opened(ada, mug, COINS)
    before = await ada.run("/orders view", order=order.key)
    old = (await till.payment(order)).nowpayments_deposit_address
    till.nowpayments.expire(await till.ref(order))
    seen = await before.press("🔄 Check again")
    assert seen.content.startswith("The time to pay on the last page was over. Here is a new one;")
    assert str(old) not in seen.text
    assert str((await till.payment(order)).nowpayments_deposit_address) in seen.text
    assert (await ada.run("/orders view", order=order.key)).content == ""
    assert till.pages() == 2


async def test_an_ended_page_is_never_shown_while_its_provider_is_away(
    ada: Person, mug: Product, till: Till
) -> None:
    """After its time the address is left out until there is a new one."""
    order = await till.opened(ada, mug, COINS)
    old = str((await till.payment(order)).nowpayments_deposit_address)
    till.clock.forward(minutes=21)
    till.nowpayments.fail(Fault.DOWN)
    seen = await ada.run("/orders view", order=order.key)
    assert "Bitcoin is not reachable just now. Your order is safe, and nothing was paid." in seen.content
    assert old not in seen.text
    assert not seen.files
    assert "Pay now" not in labels(seen)
    seen = await seen.press("Try again")
    assert "Here is a new one" in seen.content
    assert set(seen.files) == {"pay.png"}


async def test_money_on_its_way_is_said_to_be_seen(ada: Person, mug: Product, till: Till) -> None:
    """Nothing is to be done, nothing runs out, and nobody is asked to pay once more."""
    order = await till.opened(ada, mug, COINS)
    till.nowpayments.walk(await till.ref(order), "confirming")
    await till.deliver()
    seen = await ada.run("/orders view", order=order.key)
    assert "We have seen your payment, and it is being confirmed. You need not do anything." in seen.text
    assert "We keep everything for you meanwhile." in seen.text
    assert labels(seen) == ["🔄 Check again", "My orders"]
    assert not seen.files
    assert (await seen.press("🔄 Check again")).content == ""


@pytest.mark.parametrize(
    ("cents", "currency", "said"),
    [
        (1400, "USD", "$14.00 has arrived, which is not the amount that was asked for."),
        (1500, "EUR", "Your money has arrived, but not as it was asked for."),
    ],
)
async def test_money_of_a_wrong_kind_is_with_the_staff(
    ada: Person, mug: Product, till: Till, cents: int, currency: str, said: str
) -> None:
    """The customer is not asked to pay again, and who cancels all the same knows of the money."""
    order = await till.opened(ada, mug)
    await till.told(order, hosting.paid(order, "ch_1", cents, currency))
    seen = await ada.run("/orders view", order=order.key)
    assert said in seen.text
    assert SAFE in seen.text
    assert labels(seen) == ["Cancel", "🔄 Look again", "My orders"]
    seen = await seen.press("Cancel")
    assert "the staff decide about the money that has come." in seen.text
    seen = await seen.press("Yes, cancel it")
    assert "Money of yours has arrived for it. The staff are looking at it:" in seen.text
    assert "they hand your order over, or send the money back." in seen.text


async def test_an_order_whose_wrong_money_went_back_can_be_paid_again(
    ada: Person, olivia: Person, mug: Product, till: Till
) -> None:
    """What was paid back is shown, and the page and Check again are there once more."""
    order = await till.opened(ada, mug)
    await till.told(order, hosting.paid(order, "ch_1", 1400))
    owner = member(olivia)
    await till.services.refunds.ask(till.shop, owner, order.payment_id, 1400, "wrong sum", by_hand=True)
    seen = await ada.run("/orders view", order=order.key)
    assert "Paid back: $14.00 was sent back to you." in seen.text
    assert "Please pay **$15.00**." in seen.text
    assert labels(seen)[:2] == ["Pay now", "🔄 Check again"]


async def test_part_of_the_money_at_the_holds_end(ada: Person, mug: Product, till: Till) -> None:
    """The order ends, the money is not forgotten, and the rest still makes it whole."""
    order = await till.opened(ada, mug, COINS)
    ref = await till.ref(order)
    till.nowpayments.pay(ref, Decimal("0.5"))
    await till.deliver()
    till.clock.forward(minutes=61)
    await till.services.sweeper.sweep()
    seen = await ada.run("/orders view", order=order.key)
    assert "This order was not paid in time" in seen.text
    assert "Money of yours has arrived for it." in seen.text
    assert "Pay now" not in labels(seen)
    assert not seen.files


async def test_late_money_revives_an_order(ada: Person, mug: Product, till: Till) -> None:
    """Who paid in the last minute presses Check again on the cancelled order and has it."""
    order = await till.opened(ada, mug)
    till.square.pay(await till.ref(order))
    till.clock.forward(minutes=61)
    await till.services.sweeper.sweep()
    seen = await ada.run("/orders view", order=order.key)
    assert "If you have paid already, press **Check again**; nothing is lost." in seen.text
    assert labels(seen) == ["🔄 Check again", "My orders"]
    seen = await seen.press("🔄 Check again")
    assert "Everything has been handed over." in seen.text


async def test_late_money_for_goods_that_are_gone_is_with_the_staff(
    ada: Person, bob: Person, till: Till, product: MakeProduct
) -> None:
    """The last piece went to somebody else: the customer reads that the staff decide."""
    last = await product("Last mug", 1500, 1)
    order = await till.opened(ada, last)
    till.square.pay(await till.ref(order))
    till.clock.forward(minutes=61)
    await till.services.sweeper.sweep()
    await till.order(bob, last, "VENMO")
    await till.deliver()
    seen = await ada.run("/orders view", order=order.key)
    assert "Money of yours has arrived for it. The staff are looking at it:" in seen.text
    assert "Check again" not in str(labels(seen))


async def test_a_disputed_payment_and_one_too_many_are_told(ada: Person, mug: Product, till: Till) -> None:
    """The order stays what it is, with a sentence about its money."""
    order = await till.paid(ada, mug)
    await till.told(order, hosting.paid(order, "ch_2"))
    seen = await ada.run("/orders view", order=order.key)
    assert "You have paid more than once. The staff will send back what is too much." in seen.text
    till.square.dispute((await till.payment(order)).receipts[0].ref)
    await till.deliver()
    seen = await ada.run("/orders view", order=order.key)
    assert "This payment is disputed. The staff are looking at it." in seen.text
    assert "Invoice" in labels(seen)


async def test_what_went_back_is_shown_as_far_as_it_is(
    ada: Person, olivia: Person, mug: Product, till: Till
) -> None:
    """On its way, then sent; in part, then all of it."""
    order, owner = await till.paid(ada, mug), member(olivia)
    await till.services.refunds.ask(till.shop, owner, order.payment_id, 500, "a scratch")
    seen = await ada.run("/orders view", order=order.key)
    assert "Paid back: $5.00 is on its way back to you." in seen.text
    till.square.instant_refunds = True
    await till.drain()
    await till.deliver()
    seen = await seen.press("🔄 Look again")
    assert "Part of your money was paid back." in seen.text
    assert "Paid back: $5.00 was sent back to you." in seen.text
    assert "a scratch" not in seen.text
    await till.services.refunds.ask(till.shop, owner, order.payment_id, 1000, "all of it", by_hand=True)
    seen = await seen.press("🔄 Look again")
    assert "Your money was paid back." in seen.text
    assert "$10.00 was sent back to you." in seen.text


async def test_a_provider_that_cannot_be_asked_loses_nothing(ada: Person, mug: Product, till: Till) -> None:
    """Check again says so, and the card stays as it was."""
    order = await till.opened(ada, mug)
    seen = await ada.run("/orders view", order=order.key)
    till.square.fail(*DOWN)
    seen = await seen.press("🔄 Check again")
    assert seen.content.startswith("I could not ask Cash App Pay just now.")
    assert "no payment is lost." in seen.content
    assert labels(seen)[0] == "Pay now"


async def test_orders_of_others_and_of_other_shops_stay_unknown(
    ada: Person, bob: Person, mug: Product, till: Till, elsewhere: tuple[Community, Shop]
) -> None:
    """A forged Check again neither asks a provider nor tells anything."""
    hers = await till.opened(ada, mug)
    place, other = elsewhere
    moon = await shelf(till.services, other, place.owner)("Moonstone", stock=None)
    theirs = await placed(till.services, other, ada, moon.key)
    asked = len(till.square.requests)
    for person, foreign in ((bob, hers), (ada, theirs)):
        seen = await person.run("/orders list")
        for action in ("check", "open", "cancel"):
            answer = await person.click(seen, custom_id=f"orders:{action}:{foreign.key}", forged=True)
            assert "I cannot find that order." in answer.text
    assert len(till.square.requests) == asked


async def test_check_again_on_an_order_that_staff_confirm_is_harmless(
    ada: Person, mug: Product, till: Till
) -> None:
    """A forged click asks nobody."""
    order = await till.order(ada, mug, "VENMO")
    seen = await ada.run("/orders view", order=order.key)
    answer = await ada.click(seen, custom_id=f"orders:check:{order.key}", forged=True)
    assert "Send **$15.00** to `@aurora-shop`." in answer.text
    assert till.square.requests == []


async def test_the_buttons_work_in_a_dm(ada: Person, mug: Product, till: Till) -> None:
    """The notice of the order leads to the page and to Check again, without the guild around it."""
    order = await till.opened(ada, mug, COINS)
    await till.drain()
    (told,) = ada.dms
    till.nowpayments.pay(await till.ref(order))
    seen = await told.press("🔄 Check again")
    assert "Everything has been handed over." in seen.text


async def test_a_page_that_does_not_fit_a_button_is_a_link_in_the_text(
    ada: Person, mug: Product, till: Till
) -> None:
    """Discord takes 512 characters on a button; longer ones lose none of theirs."""
    order = await till.opened(ada, mug)
    view = await till.services.orders.view(till.shop, member(ada), order.key)
    address = "https://pay.example/" + "a(b)" * 200
    long = replace(view, payment=view.payment.model_copy(update={"page_url": address}))
    payload = order_card(long, till.services.methods, Words.of("en-US")).payload()
    told = payload["embeds"][0]["description"]
    assert f"[Pay now]({address.replace('(', '%28').replace(')', '%29')})" in told
    assert address not in str(payload["components"])


@pytest.mark.parametrize("by", [CASH, COINS])
async def test_names_of_any_kind_break_nothing(
    guild: Community, till: Till, product: MakeProduct, by: str
) -> None:
    """Long names full of markdown, in German: the amount, the page and the buttons are all there."""
    name = "**Größe** @everyone `x` [l](https://x.example) ||s|| " * 4
    made = await product(name[:100], 123450, 3, delivery_text="_ä_ " * 499)
    greta = guild.add_member("greta", display_name=name[:32], locale="de")
    order = await till.opened(greta, made, by)
    seen = await greta.run("/orders view", order=order.key)
    assert "1.234,50" in seen.text
    assert seen.pings == []
    assert len(links(seen)) == 1
    await till.drain()
    assert len(links(greta.dms[-1])) == 1
    (till.square if by == CASH else till.nowpayments).pay(await till.ref(order))
    await till.deliver()
    await till.drain()
    assert links(greta.dms[-1]).keys() == {"Rechnung"}
    assert greta.dms[-1].pings == []


async def test_a_payment_that_can_be_checked_is_one_that_a_provider_knows(
    ada: Person, mug: Product, till: Till
) -> None:
    """Cancelled before there was a page: nothing to check, and nothing to pay."""
    order = await till.order(ada, mug)
    await till.services.orders.cancel(till.shop, member(ada), order.key)
    seen = await ada.run("/orders view", order=order.key)
    assert "You cancelled this order." in seen.text
    assert labels(seen) == ["🔄 Look again", "My orders"]


async def test_a_lost_dispute_and_a_refund_elsewhere_are_money_that_went_back(
    ada: Person, mug: Product, till: Till
) -> None:
    """The customer's card agrees with what the provider did."""
    order = await till.paid(ada, mug)
    ref = (await till.payment(order)).receipts[0].ref
    till.square.settle_dispute(till.square.dispute(ref), "LOST")
    await till.deliver()
    seen = await ada.run("/orders view", order=order.key)
    assert "Your money was paid back." in seen.text
    assert (await till.now(order)).status is OrderStatus.REFUNDED
    money = Money(1500, "USD")
    lost = News(What.REFUNDED, order_id=order.key, charge_ref=ref, amount=money, refund_ref="r_1")
    await till.told(order, lost)
    assert (await till.payment(order)).status is PaymentStatus.REFUNDED


async def test_the_order_after_confirm_and_later_reads_the_same(
    ada: Person, mug: Product, till: Till
) -> None:
    """Coming back by command shows what Confirm showed, picture and all."""
    first = await confirmed(ada, mug, "Bitcoin")
    order = (await till.services.orders.of_member(till.shop, member(ada))).orders[0]
    again = await ada.run("/orders view", order=order.order_number)
    assert again.embeds[0]["description"] == first.embeds[0]["description"]
    assert again.files == first.files
    assert labels(again) == labels(first)
