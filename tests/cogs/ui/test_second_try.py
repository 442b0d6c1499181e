"""Forms that were refused are kept for a quarter of an hour, and not once somebody was erased."""

import asyncio
from datetime import timedelta

from cogs._ui.second_try import SecondTries
from models.base import Db
from models.customer import Customer
from services import Services
from services.clock import SystemClock
from services.erasure import ERASED
from services.shops import Shop
from tests.services.conftest import ADA, TestClock
from tests.services.test_memories import two

FORM = {"custom_id": "checkout:address", "components": []}


async def left(tries: SecondTries, many: int) -> None:
    """Wait until so many forms are kept."""
    async with asyncio.timeout(10):
        while len(tries) != many:  # noqa: ASYNC110 - forgetting tells nobody
            await asyncio.sleep(0.01)


async def test_what_is_kept_ends_by_itself() -> None:
    """Also where nobody opens another form; a newer one stays for its own time."""
    tries = SecondTries(SystemClock(), timedelta(seconds=1))
    tries.shown(("900", "1"), FORM)
    await asyncio.sleep(0.7)
    tries.shown(("900", "2"), FORM)
    await left(tries, 1)
    assert (tries.again(("900", "1")), tries.again(("900", "2"))) == (None, FORM)
    await left(tries, 0)


async def test_an_erasure_is_heard_in_other_processes(
    shop: Shop, services: Services, clock: TestClock, db: Db, redis_url: str
) -> None:
    """Over Redis; what nobody is told of ends with its quarter of an hour."""
    await services.customers.set_profile(shop, ADA, "ada@engine.example", "")
    customer = await Customer.find_one(db, {"tenantId": shop.id})
    assert customer is not None
    tries = SecondTries(clock)
    async with two(db, clock, redis_url) as pair:
        pair.there.wakeups.on_change(ERASED, tries.lose)
        tries.shown(("900", "1"), FORM)
        await pair.here.erasure.erase(shop, ADA, customer.key, customer.discord_id)
        await left(tries, 0)
