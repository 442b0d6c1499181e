"""A process killed with SIGKILL while it deals with a provider: paid once, one page, one refund."""

import json
import os
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.outside import Outside
from models.base import Db
from models.entitlement import Entitlement
from models.inventory import InventoryMove, InventoryTransaction
from models.order import Order, OrderStatus
from models.outbox import OutboxEffect
from models.payment import PaymentStatus, RefundState
from models.webhook import WebhookEvent, WebhookState
from services import Services
from services.payments.processor import Site
from services.shops import Shop
from tests.fakes.provider import Notice
from tests.fakes.square import Square
from tests.outside import OUTSIDE
from tests.services import hosting
from tests.services.conftest import ADA, OWNER, MakeProduct, TestClock
from tests.services.mortal import dies
from tests.services.quiet import quiet
from tests.services.test_crashes import MOST_COMMANDS, everything_fits


@pytest.fixture
def square(square: Square) -> Square:
    """Refunds are made at once."""
    square.instant_refunds = True
    return square


@pytest.fixture
def outside(square: Square) -> Iterator[Outside]:
    """Square answers here, also to a process that dies."""
    os.environ["SQUARE_URL"] = square.url
    yield Outside(OUTSIDE.vault, {"cashapp_pay": Site(square.url)})
    del os.environ["SQUARE_URL"]
    os.environ.pop("AHEAD", None)
    os.environ.pop("ANSWER", None)


@pytest.fixture
async def shop(shop: Shop, services: Services) -> Shop:
    """A shop that also takes Cash App Pay, and a Discord that takes everything."""
    quiet(services)
    return await hosting.offer(services, shop)


async def test_news_killed_anywhere_pays_its_order_once(
    db: Db, mongo_uri: str, services: Services, shop: Shop, product: MakeProduct, clock: TestClock
) -> None:
    """Told again after the crash, the money is booked once, the goods are sold once and owed once."""
    vip = await product("VIP", 500, 100, granted_role_ids=["77"])
    for last in range(1, MOST_COMMANDS):
        placed = await hosting.order(services, shop, ADA, vip)
        ref = f"ch_{last}"
        died = await dies(db, mongo_uri, last, "told", placed.key, ref, 500)
        outcome = await services.hosted.take(shop.id, "cashapp_pay", hosting.paid(placed, ref))
        assert outcome in {"paid", "known"}
        clock.forward(seconds=40)
        await services.sweeper.sweep()
        await everything_fits(db, shop, vip)
        view = await services.payments.of_order(shop, placed.key)
        assert (view.order.status, view.payment.status) == (OrderStatus.PAID, PaymentStatus.CONFIRMED)
        assert [each.ref for each in view.payment.receipts] == [ref]
        assert len(await Entitlement.of_order(db, shop.id, placed.key)) == 1
        moves = await InventoryTransaction.find_all(db, {"orderId": placed.key})
        assert sorted(row.type for row in moves) == [InventoryMove.RESERVE, InventoryMove.SALE]
        if not died:
            assert last > 10, "the step was killed too seldom to prove anything"
            return
    raise AssertionError("the step never ended")


async def test_a_delivery_killed_anywhere_is_answered_and_kept_or_sent_again(
    db: Db,
    mongo_uri: str,
    services: Services,
    shop: Shop,
    product: MakeProduct,
    square: Square,
    clock: TestClock,
    tmp_path: Path,
) -> None:
    """What was answered needs no second delivery, what was not gets one: stored once, paid once, owed once.

    Killed before it is stored, between that and the answer, and at every point of acting upon it.
    """
    vip = await product("VIP", 500, 100, granted_role_ids=["77"])
    square.registered_url = f"https://shop.example/webhooks/cashapp_pay/{shop.id}"
    answers: Counter[tuple[bool, int]] = Counter()
    for last in range(1, MOST_COMMANDS):
        notice = await payment_notice(services, shop, await hosting.order(services, shop, ADA, vip), square)
        headers = {name.lower(): value for name, value in notice.headers.items()}
        answer = tmp_path / str(last)
        os.environ["ANSWER"] = str(answer)
        died = await dies(db, mongo_uri, last, "webhook", "cashapp_pay", notice.body.decode(), headers)
        stored = await db.database["webhookevents"].count_documents({})
        answers[answer.exists(), stored - last + 1] += 1
        if not answer.exists():
            assert await services.inbox.receive("cashapp_pay", shop.id, notice.body, headers) == 200
        clock.forward(seconds=40)
        await services.inbox.drain()
        await services.sweeper.sweep()
        await everything_fits(db, shop, vip)
        found = json.loads(notice.body)["data"]["object"]["payment"]
        view = await services.payments.of_order(shop, found["note"])
        assert (view.order.status, view.payment.status) == (OrderStatus.PAID, PaymentStatus.CONFIRMED)
        assert [each.ref for each in view.payment.receipts] == [found["id"]]
        assert len(await Entitlement.of_order(db, shop.id, view.order.key)) == 1
        events = await WebhookEvent.find_all(db, {})
        assert len(events) == last
        assert {each.state for each in events} == {WebhookState.DONE}
        if not died:
            assert last > 12, "the step was killed too seldom to prove anything"
            # Not stored and stored without an answer, and answered: all three were met.
            assert set(answers) == {(False, 0), (False, 1), (True, 1)}
            return
    raise AssertionError("the step never ended")


async def payment_notice(services: Services, shop: Shop, placed: Order, square: Square) -> Notice:
    """What Square delivers when an order is paid."""
    await services.hosted.open(shop, placed)
    square.pay((await hosting.payment(services, shop, placed)).provider_ref or "")
    return square.notices[-1]


async def test_making_a_page_killed_anywhere_leads_to_one_page(
    db: Db,
    mongo_uri: str,
    services: Services,
    shop: Shop,
    product: MakeProduct,
    square: Square,
    clock: TestClock,
) -> None:
    """Whoever comes after the crash gets the page that was made, or makes it; the customer is told once."""
    mug = await product(stock=100)
    for last in range(1, MOST_COMMANDS):
        placed = await hosting.order(services, shop, ADA, mug)
        before = len(square.orders)
        died = await dies(db, mongo_uri, last, "page", placed.key)
        clock.forward(minutes=2)
        await services.worker.drain()
        payment = await hosting.payment(services, shop, placed)
        assert payment.page_url is not None
        assert len(square.orders) == before + 1
        told = {"payload.event": "orderReceived", "orderId": placed.key}
        assert len(await OutboxEffect.find_all(db, told)) == 1
        await services.orders.staff_cancel(shop, OWNER, placed.key, "next one")
        if not died:
            assert last > 5, "the step was killed too seldom to prove anything"
            return
    raise AssertionError("the step never ended")


async def refundable(services: Services, shop: Shop, placed: Order, square: Square) -> str:
    """A paid order with nothing else left to work off: the id of its payment."""
    await services.worker.drain()
    payment = await hosting.payment(services, shop, placed)
    square.pay(payment.provider_ref or "")
    await services.hosted.staff_check(shop, placed.payment_id)
    await services.worker.drain()
    return placed.payment_id


async def test_a_refund_killed_anywhere_gives_the_money_back_once(
    db: Db,
    mongo_uri: str,
    services: Services,
    shop: Shop,
    product: MakeProduct,
    square: Square,
    clock: TestClock,
) -> None:
    """Sent again after the crash under the same key, the provider gives back once, and it is booked once."""
    mug = await product(stock=None)
    for last in range(1, MOST_COMMANDS):
        placed = await hosting.order(services, shop, ADA, mug)
        payment_id = await refundable(services, shop, placed, square)
        before = len(square.refunds)
        await services.refunds.ask(shop, OWNER, payment_id, 600, "sorry")
        os.environ["AHEAD"] = str((clock.now() - datetime.now(UTC)).total_seconds() + 1)
        died = await dies(db, mongo_uri, last, "work")
        clock.forward(minutes=2)
        await services.worker.drain()
        payment = await hosting.payment(services, shop, placed)
        assert len(square.refunds) == before + 1
        assert [each.state for each in payment.refunds] == [RefundState.DONE]
        assert payment.refunded_cents == 600
        if not died:
            assert last > 5, "the step was killed too seldom to prove anything"
            return
    raise AssertionError("the step never ended")
