"""Whatever happens to a paid order: each line of it ends delivered, paid back, or in the queue."""

import os
from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.outside import Outside
from models.base import Db
from models.digital_key import DigitalKey
from models.entitlement import EntitlementStatus
from models.order import OrderStatus
from models.payment import RefundState
from models.shipment import ParcelState
from services import Services
from services.payments.processor import Site
from services.queue_entries import QueueEntry
from services.settling.credit import gone_back, pieces_of
from services.shops import Shop
from tests.fakes.easypost import EasyPost
from tests.fakes.square import Square
from tests.outside import OUTSIDE
from tests.services.conftest import Audited, MakeProduct, TestClock
from tests.services.shipping.fulfilling import Life, handed_over

WHAT = [
    *("send", "label", "label", "carrier", "carrier", "staff", "staff", "refund", "refund", "bank", "settle"),
    *("leave", "rejoin", "forbid", "work", "work", "work", "dies", "wait", "fault", "fill", "lose"),
]
STEPS = st.lists(st.tuples(st.sampled_from(WHAT), st.integers(0, 60)), min_size=5, max_size=30)
P = ParcelState


@pytest.fixture
def outside(square: Square, easypost: EasyPost) -> Iterator[Outside]:
    """Square and EasyPost answer here."""
    os.environ["EASYPOST_URL"] = easypost.url
    yield Outside(OUTSIDE.vault, {"easypost": Site(easypost.url), "cashapp_pay": Site(square.url)})
    del os.environ["EASYPOST_URL"]


async def queued(life: Life) -> list[QueueEntry]:
    """What of the order stands in the queue."""
    first = await life.services.queue.page(life.shop)
    pages = [await life.services.queue.page(life.shop, page=at) for at in range(first.pages)]
    return [each for page in pages for each in page.entries if each.order_id == life.placed.key]


async def parcels_add_up(life: Life) -> None:
    """No piece is in two parcels or sent after it went back, and no label was bought twice."""
    view = await life.services.ship_desk.view(life.shop, life.placed.key)
    held = sum(line.quantity for each in view.shipment.parcels if each.holding for line in each.lines)
    left = view.left.get(life.mug.key, 0)
    back = [each for each in view.payment.refunds if each.state is not RefundState.FAILED]
    asked = pieces_of(back, life.mug.key)
    assert held <= 3
    if view.order.status is not OrderStatus.REFUNDED:
        assert left == max(0, 3 - held - asked)
        open_states = {P.BUYING, P.UNKNOWN, P.LABELLED, P.EXCEPTION}
        acts = left > 0 or any(each.state in open_states for each in view.shipment.parcels)
        assert view.order.awaits_parcel is acts
    bought = Counter(ref for ref, _ in life.easypost.bought)
    assert max(bought.values(), default=1) == 1
    assert {each.quote_ref for each in view.shipment.parcels if each.label_url} <= set(bought)


async def every_line_ends_somewhere(life: Life) -> None:
    """Delivered, paid back, or in the queue; and exactly one of them, piece by piece."""
    order, payment, entries = await life.order(), await life.payment(), await queued(life)
    waits = {each.record.key for each in entries}
    for owed in await life.owed():
        gone = owed.status is EntitlementStatus.REVOKED
        assert [handed_over(owed), gone, owed.key in waits].count(True) == 1
    whole = order.status is OrderStatus.REFUNDED
    for product in (life.vip, life.game):
        mine = [each for each in await life.owed() if each.product_id == product.key]
        back = gone_back(order, payment).get(product.key, 0)
        if whole or back == 2:
            # What was taken back stays so when its money bounces, which staff are called for.
            assert {each.status for each in mine} == {EntitlementStatus.REVOKED}
    away = sum(line.quantity for each in await life.parcels(P.SENT, P.DELIVERED) for line in each.lines)
    back = gone_back(order, payment).get(life.mug.key, 0)
    if not whole:
        assert (order.key in waits) is order.awaits_parcel
        assert order.awaits_parcel or away + back >= 3
    done = not whole and not waits & {each.key for each in await life.owed()} and order.arrived
    assert order.status is not OrderStatus.COMPLETE or done or order.awaits_parcel


async def keys_are_handed_out_once(life: Life) -> None:
    """No key stands at two places."""
    taken = await DigitalKey.find_all(life.db, {"productId": life.game.key, "status": "TAKEN"})
    assert max(Counter((key.entitlement_id, key.slot) for key in taken).values(), default=1) == 1


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=STEPS)
async def test_every_paid_line_ends_delivered_paid_back_or_in_the_queue(
    db: Db,
    services: Services,
    shop: Shop,
    product: MakeProduct,
    clock: TestClock,
    square: Square,
    easypost: EasyPost,
    audited: Audited,
    steps: list[tuple[str, int]],
) -> None:
    """Ship, refund, revoke, leave, rejoin, forbid, lose, crash, in any order."""
    life = Life(db, services, shop, clock, square, easypost)
    await life.open(product)
    for step in steps:
        await life.take(*step)
        await parcels_add_up(life)
        await keys_are_handed_out_once(life)
    await life.come_to_rest()
    await parcels_add_up(life)
    await keys_are_handed_out_once(life)
    await every_line_ends_somewhere(life)
    assert await audited() == []
