"""Findings of a second review of the way of the money: news that overtakes news, and refunds by hand."""

import asyncio
from datetime import timedelta
from threading import Event

import pytest
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo.monitoring import CommandListener, CommandSucceededEvent

from bot.outside import Outside
from bot.wiring import build
from models.base import Db
from models.order import Order, OrderStatus
from models.outbox import OutboxEffect
from models.payment import Payment, PaymentStatus, RefundState
from services import Services
from services.effects import EffectKind
from services.payments.processor import Money, News, What
from services.rules import Rules
from services.settlement import Settlement
from services.settling.credit import Picked, everything, left_of
from services.shops import Shop
from tests.fakes.provider import Fault
from tests.fakes.square import Square
from tests.services import hosting, refunding
from tests.services.conftest import OWNER, MakeProduct, TestClock
from tests.services.refunding import TOTAL, made, revoked, take_back, tell
from tests.services.test_hosted import opened, outside, paid_order, placed, shop
from tests.services.test_review_money import back
from tests.services.test_settlement import alerts, settlement, told

__all__ = ["outside", "placed", "settlement", "shop"]

_BOUNCED = back("ch_1", 1000, What.REFUND_FAILED)


# What a refund came to


@pytest.mark.parametrize("first", [(back("ch_1", 1000), _BOUNCED), (_BOUNCED,)])
async def test_an_older_word_of_a_refund_that_bounced_does_not_make_it_again(
    db: Db, services: Services, shop: Shop, settlement: Settlement, placed: Order, first: tuple[News, ...]
) -> None:
    """The word that it was made may come late, or be replayed by staff: the money is here all the same."""
    await told(settlement, shop, placed, hosting.paid(placed, "ch_1"), *first)
    before = await alerts(db)
    assert await told(settlement, shop, placed, back("ch_1", 1000)) == ["known"]
    view = await services.payments.of_order(shop, placed.key)
    assert [each.state for each in view.payment.refunds] == [RefundState.FAILED]
    assert (view.payment.refundable_cents, view.order.refunded_cents) == (3000, 0)
    assert await alerts(db) == before


async def test_what_staff_sent_themselves_is_no_part_of_a_providers_sum(
    services: Services, shop: Shop, settlement: Settlement, placed: Order
) -> None:
    """The provider counts what left by it; a reversal told as a sum does not hide behind the rest."""
    await told(settlement, shop, placed, hosting.paid(placed, "ch_1"))
    await services.refunds.ask(shop, OWNER, placed.payment_id, 1000, "cash", by_hand=True)
    total = News(What.REFUNDED, charge_ref="ch_1", amount=Money(800, "USD"), total=True)
    assert await told(settlement, shop, placed, total, total) == ["refunded", "known"]
    assert (await hosting.payment(services, shop, placed)).refunded_cents == 1800
    named = back("ch_1", 800)
    await told(settlement, shop, placed, named)
    assert (await hosting.payment(services, shop, placed)).refunded_cents == 1800


async def test_all_of_it_back_for_a_moment_takes_everything_for_good(
    db: Db, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """A part and the rest are made, the rest bounces: what was taken back stays so, and staff are called."""
    shop, of = await refunding.opened(services, shop), await refunding.basket(product)
    order = await refunding.paid(services, shop, of)
    payment = await take_back(services, shop, order, Picked({of.mug.key: 1}))
    payment = await take_back(services, shop, order, everything(left_of(order, payment)))
    part, rest = made(order, payment, 0), made(order, payment, 1)
    bounced = made(order, payment, 1, What.REFUND_FAILED)
    await tell(services, shop, part)
    assert await revoked(db, shop, order) == set()
    await tell(services, shop, rest)
    assert await revoked(db, shop, order) == {of.vip.key, of.book.key}
    await tell(services, shop, bounced)
    assert await revoked(db, shop, order) == {of.vip.key, of.book.key}
    assert "refund_bounced" in await alerts(db)
    now = await refunding.now(services, shop, order)
    assert (now.status, now.refunded_cents) == (
        OrderStatus.PARTIALLY_REFUNDED,
        part.amount and part.amount.cents,
    )
    assert now.refunded_cents < TOTAL


async def deliver(services: Services, shop: Shop, square: Square) -> None:
    """All that Square has to tell, whether it told before or not."""
    adapter = services.hosted._adapters.named("cashapp_pay")
    for each in square.notices:
        for news in adapter.read_webhook(each.body).news:
            await tell(services, shop, news)


async def test_two_refunds_of_the_same_sum_are_both_sent(
    db: Db, services: Services, shop: Shop, placed: Order, square: Square, clock: TestClock
) -> None:
    """A notice names neither; taken for the one that was not sent yet, it must not keep that one back."""
    payment_id = await paid_order(services, shop, placed, square)
    for why in ("late", "broken"):
        await services.refunds.ask(shop, OWNER, payment_id, 1000, why)
    first, _ = await OutboxEffect.find_all(db, {"kind": EffectKind.PAYMENT_REFUND}, sort="_id")
    later = {"nextAttemptAt": clock.now() + timedelta(minutes=3)}
    await OutboxEffect.rows(db).update_one({"_id": first.id}, {"$set": later})
    square.fail(*[Fault.LATE_ERROR] * 3)
    await services.worker.drain()
    assert len(square.refunds) == 1
    await deliver(services, shop, square)
    for _ in range(3):
        clock.forward(minutes=5)
        await services.worker.drain()
    for ref in square.refunds:
        square.settle_refund(ref)
    await deliver(services, shop, square)
    payment = await hosting.payment(services, shop, placed)
    assert sorted(each.provider_ref or "" for each in payment.refunds) == sorted(square.refunds)
    assert [(each.state, each.reason) for each in payment.refunds] == [
        (RefundState.DONE, "late"),
        (RefundState.DONE, "broken"),
    ]


# What is read, and written after somebody else wrote


async def test_money_that_comes_while_a_page_is_made_keeps_its_name(
    services: Services, shop: Shop, settlement: Settlement, placed: Order, square: Square
) -> None:
    """By that name alone a refund or a dispute of it is known later."""
    square.fail(*[Fault.BUSY] * 2)
    opening = asyncio.create_task(services.hosted.open(shop, placed))
    while (await hosting.payment(services, shop, placed)).opening_until is None:  # noqa: ASYNC110 - nothing rings
        await asyncio.sleep(0.01)
    await told(settlement, shop, placed, hosting.paid(placed, "ch_early"))
    await opening
    payment = await hosting.payment(services, shop, placed)
    assert (payment.status, payment.charge_refs) == (PaymentStatus.CONFIRMED, ["ch_early"])
    assert await tell(services, shop, back("ch_early", 3000)) == "refunded"


class Tardy(CommandListener):
    """Lets the answer to the first claim of a payment come late."""

    def __init__(self) -> None:
        self.claimed, self.go_on = Event(), Event()

    def started(self, event: object) -> None:
        """Nothing to do."""

    def succeeded(self, event: CommandSucceededEvent) -> None:
        if event.command_name == "findAndModify" and not self.claimed.is_set():
            self.claimed.set()
            self.go_on.wait(10)

    def failed(self, event: object) -> None:
        """Nothing to do."""


async def test_a_refund_that_gets_under_way_while_the_poller_looks_is_asked_about(
    db: Db,
    services: Services,
    shop: Shop,
    settlement: Settlement,
    placed: Order,
    square: Square,
    clock: TestClock,
    outside: Outside,
    mongo_uri: str,
    database_name: str,
) -> None:
    """The poller saw a payment that is over; a refund's end is told by a webhook, which may never come."""
    await paid_order(services, shop, placed, square)
    payment = await hosting.payment(services, shop, placed)
    await Payment.record(db, payment, {"nextPollAt": clock.now()})
    tardy = Tardy()
    client = AsyncIOMotorClient[dict[str, object]](mongo_uri, tz_aware=True, event_listeners=[tardy])
    slow = build(Db(client=client, database=database_name), clock, Rules(), services.links, outside)
    polling = asyncio.create_task(slow.poller.poll(0))
    await asyncio.to_thread(tardy.claimed.wait, 10)
    under_way = back(payment.charge_refs[-1], 100, What.REFUND_PENDING)
    assert await told(settlement, shop, placed, under_way) == ["refund_pending"]
    tardy.go_on.set()
    await polling
    await slow.calls.close()
    client.close()
    payment = await hosting.payment(services, shop, placed)
    assert payment.next_poll_at is not None


async def test_staff_hear_of_stuck_money_though_the_process_died_when_it_should_have_told(
    db: Db, services: Services, shop: Shop, settlement: Settlement, placed: Order, clock: TestClock
) -> None:
    """The turn was taken, and nobody was told: the next turn makes up for it, once."""
    await opened(services, shop, placed)
    await told(settlement, shop, placed, News(What.PENDING))
    payment = await hosting.payment(services, shop, placed)
    turns = len(Rules().payment_polls) + 1
    await Payment.record(db, payment, {"polls": turns, "nextPollAt": clock.now()})
    for _ in range(3):
        await services.poller.poll(0)
        clock.forward(days=1)
    assert (await alerts(db)).count("payment_stuck") == 1
