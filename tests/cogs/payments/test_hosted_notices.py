"""What customers are told by DM of a payment on a provider's page: once, and only while it is true."""

from decimal import Decimal

import pytest

from bot.sandbox import Person
from models.order import Order
from models.outbox import OutboxEffect, OutboxStatus
from models.product import Product
from services.effects import EffectKind
from tests.cogs.conftest import member
from tests.cogs.payments.conftest import COINS, DOWN, Till, labels, links
from tests.fakes.provider import Fault

pytestmark = pytest.mark.usefixtures("bot")


def first_lines(person: Person) -> list[str]:
    """What each DM begins with."""
    return [seen.content for seen in person.dms]


async def outcomes(till: Till, order: Order) -> dict[str, str | None]:
    """What became of each notice about the order, the last of each kind."""
    owed = await OutboxEffect.find_all(
        till.db, {"kind": EffectKind.CUSTOMER_NOTICE, "orderId": order.key}, sort="_id"
    )
    return {each.payload["event"]: each.outcome for each in owed}


async def test_a_new_order_is_told_with_its_page(ada: Person, mug: Product, till: Till) -> None:
    """Whoever confirmed and went away finds Pay now in the DM."""
    order = await till.order(ada, mug)
    await till.drain()
    (told,) = ada.dms
    assert told.content == "Thank you for your order at **Aurora**!"
    assert links(told) == {"Pay now": (await till.payment(order)).page_url}
    assert labels(told) == ["Pay now", "🔄 Check again", "Cancel", "My orders"]


async def test_the_page_that_came_late_is_told_when_it_is_there(
    ada: Person, mug: Product, till: Till
) -> None:
    """A provider that was away delays the DM, which then has the page; there is one DM."""
    await till.order(ada, mug, COINS)
    till.nowpayments.fail(Fault.DOWN)
    await till.drain()
    assert ada.dms == []
    till.clock.forward(minutes=2)
    await till.drain()
    (told,) = ada.dms
    assert set(told.files) == {"pay.png"}
    assert "Pay now" in links(told)


async def test_an_order_without_a_page_is_told_all_the_same(ada: Person, mug: Product, till: Till) -> None:
    """With keys that do not work the DM says so and offers to try again; it comes once."""
    await till.order(ada, mug)
    till.square.fail(Fault.SHUT)
    await till.drain()
    (told,) = ada.dms
    assert "Paying with Cash App Pay does not work at the moment." in told.text
    seen = await told.press("Try again")
    assert "Pay now" in links(seen)
    await till.drain()
    assert len(ada.dms) == 1


async def test_the_payment_is_told_once_when_it_is_there(ada: Person, mug: Product, till: Till) -> None:
    """However often the provider tells it; a process that forgets that it told tells nothing twice."""
    order = await till.paid(ada, mug)
    till.square.notices *= 2
    await till.deliver()
    await till.drain()
    assert sorted(first_lines(ada)) == [
        "**Aurora** has received your payment. Thank you!",
        "Thank you for your order at **Aurora**!",
    ]
    forgotten = {"$set": {"status": OutboxStatus.PENDING, "leaseToken": None}}
    await OutboxEffect.rows(till.db).update_many({"orderId": order.key}, forgotten)
    till.clock.forward(minutes=1)
    await till.drain()
    assert len(ada.dms) == 2


async def test_part_of_the_money_is_told_with_the_rest_to_pay(ada: Person, mug: Product, till: Till) -> None:
    """The DM says what is missing and has a picture for it; the next part is told again."""
    order = await till.opened(ada, mug, COINS)
    await till.drain()
    ref = await till.ref(order)
    till.nowpayments.pay(ref, Decimal("0.5"))
    await till.deliver()
    await till.drain()
    told = ada.dms[-1]
    assert told.content == "**Aurora** has received only a part of your payment."
    assert "Only a part has arrived: $7.50 of $15.00. Please pay the rest." in told.text
    assert set(told.files) == {"pay.png"}
    till.nowpayments.redeposit(ref, Decimal("0.00006"))
    await till.deliver()
    await till.drain()
    assert "Only a part has arrived: $10.50 of $15.00." in ada.dms[-1].text
    assert len(ada.dms) == 3


async def test_two_parts_at_once_are_told_once(ada: Person, mug: Product, till: Till) -> None:
    """What a later notice tells better is not told before it."""
    order = await till.opened(ada, mug, COINS)
    ref = await till.ref(order)
    till.nowpayments.pay(ref, Decimal("0.5"))
    till.nowpayments.redeposit(ref, Decimal("0.00006"))
    await till.deliver()
    await till.drain()
    assert first_lines(ada).count("**Aurora** has received only a part of your payment.") == 1


async def test_part_of_the_money_is_not_told_any_more_once_all_came(
    ada: Person, mug: Product, till: Till
) -> None:
    """The DM would be untrue, so it is left out; the payment is told instead."""
    order = await till.opened(ada, mug, COINS)
    ref = await till.ref(order)
    till.nowpayments.pay(ref, Decimal("0.5"))
    till.nowpayments.redeposit(ref, Decimal("0.00015"))
    await till.deliver()
    await till.drain()
    assert (await outcomes(till, order))["paymentUnderpaid"] == "outdated"
    assert not any("only a part" in each for each in first_lines(ada))
    assert any("has received your payment" in each for each in first_lines(ada))


async def test_a_failed_try_is_told_with_the_way_to_try_again(ada: Person, mug: Product, till: Till) -> None:
    """Each failed try once, and not any more when another try went well."""
    order = await till.opened(ada, mug)
    ref = await till.ref(order)
    await till.drain()
    till.square.decline(ref)
    await till.deliver()
    await till.drain()
    assert ada.dms[-1].content == "Your payment to **Aurora** did not go through."
    assert "Press **Pay now** to try again." in ada.dms[-1].text
    assert "Pay now" in links(ada.dms[-1])
    till.square.pay(ref)
    await till.deliver()
    await till.drain()
    assert first_lines(ada).count("Your payment to **Aurora** did not go through.") == 1


async def test_a_failed_try_that_was_repeated_is_not_told(ada: Person, mug: Product, till: Till) -> None:
    """Paid before the DM was sent: nothing is told of the failure."""
    order = await till.opened(ada, mug)
    till.square.decline(await till.ref(order))
    await till.deliver()
    till.square.pay(await till.ref(order))
    await till.deliver()
    await till.drain()
    assert (await outcomes(till, order))["paymentFailed"] == "outdated"
    assert not any("did not go through" in each for each in first_lines(ada))


async def test_a_cancelled_order_with_money_is_told_with_what_becomes_of_it(
    ada: Person, mug: Product, till: Till
) -> None:
    """Nobody has to wonder where the money is."""
    order = await till.opened(ada, mug, COINS)
    till.nowpayments.pay(await till.ref(order), Decimal("0.5"))
    await till.deliver()
    till.clock.forward(minutes=61)
    await till.services.sweeper.sweep()
    await till.drain()
    told = next(seen for seen in ada.dms if "was cancelled" in seen.content)
    assert "Money of yours has arrived for it. The staff are looking at it:" in told.text


async def test_whoever_wants_no_news_gets_none(ada: Person, mug: Product, till: Till) -> None:
    """The switch for payments silences parts and failed tries, too; /orders shows them all the same."""
    order = await till.opened(ada, mug)
    await till.services.customers.set_notices(till.shop, member(ada), dm={"payment_confirmed": False})
    till.square.decline(await till.ref(order))
    await till.deliver()
    await till.drain()
    assert (await outcomes(till, order))["paymentFailed"] == "not_wanted"
    assert "did not go through" in (await ada.run("/orders view", order=order.key)).text


async def test_an_order_that_never_got_a_page_ends_with_its_hold(
    ada: Person, mug: Product, till: Till
) -> None:
    """The customer is told so, and not thanked for an order that is over."""
    order = await till.order(ada, mug)
    till.square.fail(*DOWN * 2)
    await till.drain()
    till.clock.forward(minutes=2)
    await till.drain()
    till.clock.forward(minutes=61)
    await till.services.sweeper.sweep()
    await till.drain()
    assert first_lines(ada) == ["Your order at **Aurora** was cancelled."]
    assert (await till.payment(order)).page_url is None
