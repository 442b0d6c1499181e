"""A provider that hangs for a while: the others are not held up, and it comes back by itself."""

import time

import pytest

from models.payment_method import PaymentMethod
from models.product import Product
from tests.cogs.conftest import member
from tests.drills.outside.street import Street
from tests.services import hosting
from tests.services.conftest import TestClock

LONGEST_CALL = 20.0


@pytest.fixture
def clock() -> TestClock:
    """The street's time, set forward by the drill."""
    return TestClock()


async def test_a_provider_that_hangs_takes_one_calls_time_and_is_then_left_alone(
    street: Street, clock: TestClock
) -> None:
    """Six payments are asked about at once: a round lasts as long as one call, and checkout says it is down.

    Half a minute after it answers again everything goes on.
    """
    services, shop, square = street.services, street.shop, street.square
    product = await Product.get(street.db, shop.id, street.product_id)
    assert product is not None
    for person in street.people[:6]:
        order = await hosting.order(services, shop, member(person), product)
        await services.hosted.open(shop, order)
    clock.forward(seconds=61)
    square.stall()
    began = time.monotonic()
    assert await services.poller.poll(pause=0.0) == 6
    assert time.monotonic() - began < LONGEST_CALL + 10
    assert [each.value for each in services.methods.down(shop)] == [PaymentMethod.CASHAPP_PAY]
    asked = len(square.requests)
    clock.forward(seconds=15)
    assert await services.poller.poll(pause=0.0) == 0
    assert len(square.requests) == asked
    square.resume()
    clock.forward(minutes=5)
    assert services.methods.down(shop) == []
    assert await services.poller.poll(pause=0.0) == 6
    clock.forward(minutes=5)
    assert await services.poller.poll(pause=0.0) == 6
    assert services.methods.down(shop) == []
    assert await street.pay_all() == 6
