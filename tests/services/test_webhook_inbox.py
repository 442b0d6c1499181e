"""The way of a webhook: verified, stored once, acted upon afterwards, also after a crash."""

import asyncio
import json

import pytest

from bot.outside import Outside
from models.alert import Alert
from models.base import Db
from models.errors import NotFound, Refused
from models.order import Order
from models.outbox import OutboxEffect
from models.payment import PaymentStatus
from models.webhook import WebhookEvent, WebhookState
from services import Services
from services.payments.processor import Site
from services.rules import Rules
from services.shops import Shop
from tests.fakes.provider import Notice
from tests.fakes.square import Square
from tests.outside import OUTSIDE
from tests.services import hosting
from tests.services.conftest import ADA, OWNER, MakeProduct, TestClock

NAME = "cashapp_pay"


@pytest.fixture
def outside(square: Square) -> Outside:
    """Square answers here."""
    return Outside(OUTSIDE.vault, {NAME: Site(square.url)})


@pytest.fixture
async def shop(shop: Shop, services: Services, square: Square) -> Shop:
    """A shop that also takes Cash App Pay, to which Square delivers."""
    square.registered_url = f"https://shop.example/webhooks/{NAME}/{shop.id}"
    return await hosting.offer(services, shop)


@pytest.fixture
async def placed(services: Services, shop: Shop, product: MakeProduct) -> Order:
    """Ada's order of two mugs, with its page."""
    order = await hosting.order(services, shop, ADA, await product(), 2)
    await services.hosted.open(shop, order)
    return order


async def pay(services: Services, shop: Shop, placed: Order, square: Square) -> list[Notice]:
    """What Square delivers when the order is paid."""
    ref = (await hosting.payment(services, shop, placed)).provider_ref
    square.pay(ref or "")
    return square.notices


async def receive(services: Services, shop: Shop, notice: Notice, **other: str) -> int:
    """The answer to a delivery, with other headers than its own where given."""
    headers = {name.lower(): value for name, value in notice.headers.items()} | other
    return await services.inbox.receive(NAME, shop.id, notice.body, headers)


def signed(square: Square, body: bytes) -> Notice:
    """A body that Square signed."""
    return Notice(body, square.sign(body))


async def events(db: Db) -> list[WebhookEvent]:
    """Everything that was stored."""
    return await WebhookEvent.find_all(db, {}, sort="receivedAt")


async def test_what_is_delivered_pays_the_order_however_often_and_in_whatever_order(
    db: Db, services: Services, shop: Shop, placed: Order, square: Square
) -> None:
    """Twenty copies of each, all at once and backwards: each is stored once, and the order is paid once."""
    notices = await pay(services, shop, placed, square)
    copies = [notice for notice in reversed(notices) for _ in range(20)]
    answers = await asyncio.gather(*(receive(services, shop, notice) for notice in copies))
    assert set(answers) == {200}
    stored = await events(db)
    assert len(stored) == len(notices)
    assert {each.deliveries for each in stored} == {20}
    await services.inbox.drain()
    assert {each.state for each in await events(db)} <= {WebhookState.DONE, WebhookState.IGNORED}
    payment = await hosting.payment(services, shop, placed)
    assert (payment.status, len(payment.receipts)) == (PaymentStatus.CONFIRMED, 1)
    assert await services.inbox.drain() == 0


async def test_what_is_not_signed_is_not_stored(
    db: Db, services: Services, shop: Shop, placed: Order, square: Square
) -> None:
    """A changed body, another's signature, none, or one that is no text: refused, and not a trace of it."""
    notice = (await pay(services, shop, placed, square))[-1]
    other = await services.shops.claim("901", "Borealis", OWNER)
    await hosting.offer(services, other)
    name = "x-square-hmacsha256-signature"
    answers = [
        await receive(services, shop, Notice(notice.body + b" ", notice.headers)),
        await receive(services, shop, notice, **{name: "AAAA"}),
        await receive(services, shop, notice, **{name: "ümläut\udce9"}),
        await receive(services, shop, Notice(notice.body)),
        await receive(services, other, notice),
    ]
    assert set(answers) <= {400, 401, 403}
    assert await events(db) == []


async def test_an_unknown_shop_or_provider_is_not_found(
    db: Db, services: Services, shop: Shop, placed: Order, square: Square
) -> None:
    """Also a provider whose keys were removed, and Discord without a public key."""
    notice = (await pay(services, shop, placed, square))[-1]
    headers = {name.lower(): value for name, value in notice.headers.items()}
    assert await services.inbox.receive("venmo", shop.id, notice.body, headers) == 404
    assert await services.inbox.receive(NAME, "nobody", notice.body, headers) == 404
    assert await services.inbox.receive("discord", shop.id, notice.body, headers) == 404
    await services.providers.remove(shop, OWNER, "CASHAPP_PAY")
    assert await receive(services, shop, notice) == 404
    assert await events(db) == []


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 30_000,
        b"null",
        b"[]",
        b"{}",
        b'{"event_id": NaN}',
        b'{"event_id": "e1", "event_id": "e2", "type": "payment.updated"}',
        b'{"event_id": "\\ud800", "type": "payment.updated"}',
        b"\xff\xfe",
        b"",
        b'{"event_id": 12, "type": []}',
        b'{"event_id": "e1", "type": "payment.updated", "n": 1e99999999999999999999}',
    ],
)
async def test_nonsense_that_is_signed_is_refused(
    db: Db, services: Services, shop: Shop, square: Square, body: bytes
) -> None:
    """Deep nesting, NaN, names that occur twice, half characters: 400, nothing stored."""
    assert await receive(services, shop, signed(square, body)) == 400
    assert await events(db) == []


async def test_a_body_that_no_database_takes_is_stored_all_the_same(
    db: Db, services: Services, shop: Shop, square: Square
) -> None:
    """Operators and dots in names, NUL, numbers beyond 64 bits: the body itself is kept as it came."""
    body = json.dumps(
        {"event_id": "e1", "type": "payout.sent", "$set": {"a.b": "\0", "n": 2**70}, "data": {"\0": 1}}
    ).encode()
    assert await receive(services, shop, signed(square, body)) == 200
    (event,) = await events(db)
    assert (event.body, event.state, event.event_id) == (body, WebhookState.IGNORED, "e1")


async def test_the_same_id_with_other_news_is_a_conflict(
    db: Db, services: Services, shop: Shop, placed: Order, square: Square
) -> None:
    """It is kept beside the first one, staff are told once, and nothing is done with it."""
    notice = (await pay(services, shop, placed, square))[-1]
    assert await receive(services, shop, notice) == 200
    changed = json.loads(notice.body)
    changed["data"]["object"]["payment"]["amount_money"]["amount"] = 1
    other = signed(square, json.dumps(changed).encode())
    for _ in range(3):
        assert await receive(services, shop, other) == 200
    await services.inbox.drain()
    stored = {each.state: each for each in await events(db)}
    assert set(stored) == {WebhookState.DONE, WebhookState.CONFLICT}
    assert stored[WebhookState.CONFLICT].deliveries == 3
    alerts = [each.message for each in await Alert.find_all(db, {})]
    assert alerts.count("webhook_conflict") == 1
    assert (await hosting.payment(services, shop, placed)).status is PaymentStatus.CONFIRMED


async def test_a_redelivery_that_says_the_same_in_other_bytes_is_no_conflict(
    db: Db, services: Services, shop: Shop, placed: Order, square: Square
) -> None:
    """Providers add fields and spaces; what counts is what they say."""
    notice = (await pay(services, shop, placed, square))[-1]
    again = signed(square, json.dumps({**json.loads(notice.body), "retry": 2}).encode())
    assert [await receive(services, shop, each) for each in (notice, again)] == [200, 200]
    (event,) = await events(db)
    assert event.deliveries == 2


async def test_a_redelivery_counts_once_after_what_was_said_is_forgotten(
    db: Db, services: Services, shop: Shop, placed: Order, square: Square, clock: TestClock
) -> None:
    """That it came is remembered: the same message is a repetition, and cannot be acted upon any more."""
    notices = await pay(services, shop, placed, square)
    for notice in notices:
        await receive(services, shop, notice)
    await services.inbox.drain()
    stored = len(await events(db))
    clock.forward(days=200)
    assert await WebhookEvent.grow_old(db, shop.id, clock.now(), clock.now(), 100) == stored
    for notice in notices:
        assert await receive(services, shop, notice) == 200
    found = await events(db)
    assert {(each.body, each.deliveries) for each in found} == {(b"", 2)}
    assert await services.inbox.drain() == 0
    assert await Alert.find_all(db, {"message": "webhook_conflict"}) == []
    with pytest.raises(Refused):
        await services.inbox.replay(shop, OWNER, found[0].key)


async def test_a_redelivery_after_everything_is_forgotten_changes_nothing(
    db: Db, services: Services, shop: Shop, placed: Order, square: Square
) -> None:
    """The order knows that it is paid, whether or not anybody remembers the message."""
    notices = await pay(services, shop, placed, square)
    for notice in notices:
        await receive(services, shop, notice)
    await services.inbox.drain()
    before = await hosting.payment(services, shop, placed)
    assert before.status is PaymentStatus.CONFIRMED
    owed = await OutboxEffect.rows(db).count_documents({"orderId": placed.key})
    sold = await db.rows("inventorytransactions").count_documents({})
    await WebhookEvent.rows(db).delete_many({"tenantId": shop.id})
    for notice in notices:
        assert await receive(services, shop, notice) == 200
    assert await services.inbox.drain() > 0
    after = await hosting.payment(services, shop, placed)
    assert (after.status, after.received_cents) == (before.status, before.received_cents)
    assert await OutboxEffect.rows(db).count_documents({"orderId": placed.key}) == owed
    assert await db.rows("inventorytransactions").count_documents({}) == sold


async def test_an_event_about_an_order_that_is_not_there_is_tried_for_hours_and_then_told(
    db: Db, services: Services, shop: Shop, placed: Order, square: Square, clock: TestClock
) -> None:
    """Kept, retried, given up with one alert; a replay by staff tries it once more."""
    notice = (await pay(services, shop, placed, square))[-1]
    unknown = notice.body.replace(placed.key.encode(), b"6b052b6c81fda91d13de35f4")
    unknown = unknown.replace(
        json.loads(notice.body)["data"]["object"]["payment"]["id"].encode(), b"PAYother"
    )
    assert await receive(services, shop, signed(square, unknown)) == 200
    tries = 0
    for _ in range(8):
        tries += await services.inbox.drain()
        clock.forward(hours=3)
    assert tries == 5
    (event,) = await events(db)
    assert (event.state, event.error) == (WebhookState.DEAD, "Unmatched")
    assert [each.message for each in await Alert.find_all(db, {})] == ["webhook_unmatched"]
    await services.inbox.replay(shop, OWNER, event.key)
    with pytest.raises(Refused):
        await services.inbox.replay(shop, OWNER, event.key)
    assert await services.inbox.drain() == 1


async def test_another_till_on_the_same_account_is_let_be(
    db: Db, services: Services, shop: Shop, square: Square, clock: TestClock
) -> None:
    """A sale at the counter, and its refund, are none of the shop's business: nobody is alarmed."""
    sale = square.other_sale()
    square.settle_refund(square.refund_in_dashboard(sale, 100))
    for notice in square.notices:
        assert await receive(services, shop, notice) == 200
    for _ in range(8):
        await services.inbox.drain()
        clock.forward(hours=3)
    assert {each.state for each in await events(db)} == {WebhookState.IGNORED}
    assert await Alert.find_all(db, {}) == []


async def test_a_provider_that_is_away_is_asked_again_later(
    services: Services, shop: Shop, placed: Order, square: Square, clock: TestClock
) -> None:
    """What was stored is acted upon when the lease of a dead worker ends."""
    notice = (await pay(services, shop, placed, square))[-1]
    assert await receive(services, shop, notice) == 200
    task = asyncio.create_task(services.inbox.drain())
    await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    clock.forward(minutes=2)
    await services.inbox.drain()
    assert (await hosting.payment(services, shop, placed)).status is PaymentStatus.CONFIRMED


async def test_a_worker_that_stood_still_past_its_lease_cannot_settle_an_event(
    db: Db, services: Services, shop: Shop, placed: Order, square: Square, clock: TestClock
) -> None:
    """Another has acted upon it by then; a process that does not know the provider takes none."""
    notice = (await pay(services, shop, placed, square))[-1]
    assert await receive(services, shop, notice) == 200
    lease = Rules().outbox_lease
    assert await WebhookEvent.claim(db, clock.now(), lease, ["STRIPE"]) is None
    stood = await WebhookEvent.claim(db, clock.now(), lease, ["STRIPE", "CASHAPP_PAY"])
    assert stood is not None
    clock.forward(seconds=31)
    await services.inbox.drain()
    (done,) = await events(db)
    assert done.state is WebhookState.DONE
    for state in WebhookState:
        assert not await WebhookEvent.close(db, stood, state, {"outcome": "late", "error": "late"})
    assert await events(db) == [done]


async def test_events_are_found_by_their_shop_alone(
    services: Services, shop: Shop, placed: Order, square: Square
) -> None:
    """Another shop sees, opens and replays none of them."""
    for notice in await pay(services, shop, placed, square):
        await receive(services, shop, notice)
    page = await services.inbox.page(shop)
    assert page.total == len(square.notices)
    other = await services.shops.claim("901", "Borealis", OWNER)
    assert (await services.inbox.page(other)).total == 0
    with pytest.raises(NotFound):
        await services.inbox.one(other, page.events[0].key)
    with pytest.raises(NotFound):
        await services.inbox.replay(other, OWNER, page.events[0].key)
