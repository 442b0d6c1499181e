"""A moment's memory: one reading for a crowd, forgotten in time and on demand."""

import asyncio
from datetime import timedelta

import pytest

from bot.wiring import build
from models.base import Db
from models.product import Product
from services import Services
from services.links import Links
from services.remembered import Remembered
from services.rules import Rules
from services.shops import Shop
from tests.outside import OUTSIDE
from tests.services.conftest import ADA, OWNER, MakeProduct, TestClock


class Reading:
    """Counts how often it is read, and says what it is told to."""

    def __init__(self) -> None:
        self.value = "first"
        self.times = 0
        self.began = asyncio.Event()
        self.may_go_on = asyncio.Event()
        self.may_go_on.set()

    async def __call__(self) -> str:
        self.times += 1
        found = self.value
        self.began.set()
        await self.may_go_on.wait()
        return found


@pytest.fixture
def memory(clock: TestClock) -> Remembered[str, str]:
    """A memory of one second."""
    return Remembered(clock, timedelta(seconds=1))


async def test_a_crowd_makes_one_reading(memory: Remembered[str, str]) -> None:
    """Fifty who ask at once share what the first one reads."""
    reading = Reading()
    answers = await asyncio.gather(*(memory.get("page", reading) for _ in range(50)))
    assert set(answers) == {"first"}
    assert reading.times == 1


async def test_each_key_is_read_for_itself(memory: Remembered[str, str]) -> None:
    """Nobody is shown another page than the one asked for."""
    one, two = Reading(), Reading()
    two.value = "second"
    first, second = await asyncio.gather(memory.get("one", one), memory.get("two", two))
    assert (first, second) == ("first", "second")


async def test_what_is_too_old_is_read_again(memory: Remembered[str, str], clock: TestClock) -> None:
    """After its second has passed an answer is read anew."""
    reading = Reading()
    await memory.get("page", reading)
    reading.value = "second"
    clock.forward(seconds=0.4)
    assert await memory.get("page", reading) == "first"
    clock.forward(seconds=0.6)
    assert await memory.get("page", reading) == "second"


async def test_half_way_one_person_reads_anew_and_nobody_waits(
    memory: Remembered[str, str], clock: TestClock
) -> None:
    """While the answer is being renewed the others go on with the one that is kept, but never too long."""
    reading = Reading()
    await memory.get("page", reading)
    clock.forward(seconds=0.5)
    reading.value = "second"
    reading.began.clear()
    reading.may_go_on.clear()
    renewing = asyncio.create_task(memory.get("page", reading))
    await reading.began.wait()
    assert await memory.get("page", reading) == "first"
    clock.forward(seconds=0.5)
    too_late = asyncio.create_task(memory.get("page", reading))
    reading.may_go_on.set()
    assert [await renewing, await too_late] == ["second", "second"]
    assert reading.times == 2


async def test_what_was_read_before_a_change_is_not_kept_after_it(memory: Remembered[str, str]) -> None:
    """A change that comes while something is being read makes the next person read anew."""
    reading = Reading()
    reading.may_go_on.clear()
    early = asyncio.create_task(memory.get("page", reading))
    await reading.began.wait()
    reading.value = "second"
    memory.forget()
    reading.may_go_on.set()
    assert await early == "first"
    assert await memory.get("page", reading) == "second"


async def test_a_failed_reading_is_not_kept(memory: Remembered[str, str]) -> None:
    """Who asks after a failure gets an answer."""

    async def fail() -> str:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await memory.get("page", fail)
    assert await memory.get("page", Reading()) == "first"


async def test_the_memory_is_bounded(memory: Remembered[str, str]) -> None:
    """A thousand different questions do not pile up."""
    for number in range(1000):
        await memory.get(str(number), Reading())
    assert len(memory._kept) <= 500


async def test_an_edit_is_seen_at_once_in_its_own_process(
    services: Services, shop: Shop, product: MakeProduct
) -> None:
    """Whoever changes the catalogue sees the change on the next page, and so do the customers."""
    mug = await product("Mug", 1500)
    assert [entry.product.name for entry in (await services.catalog.page(shop, ADA)).entries] == ["Mug"]
    await services.catalog.edit(shop, OWNER, mug.key, {"name": "Cup", "price_cents": 900})
    await product("Tea")
    entries = (await services.catalog.page(shop, ADA)).entries
    assert [(entry.product.name, entry.product.price_cents) for entry in entries] == [
        ("Cup", 900),
        ("Tea", 1500),
    ]


async def test_another_process_sees_an_edit_a_second_later(
    services: Services, shop: Shop, product: MakeProduct, db: Db, clock: TestClock
) -> None:
    """The shelf of another process lags by a second at most; stock does not lag at all."""
    mug = await product("Mug", 1500)
    other = build(db, clock, Rules(), Links(["a-secret-that-is-long-enough-for-tests"], None, clock), OUTSIDE)
    assert (await other.catalog.page(shop, ADA)).entries[0].available == 10
    await services.catalog.edit(shop, OWNER, mug.key, {"price_cents": 900})
    await services.stock.restock(shop, OWNER, mug.key, 5, "delivery")
    assert (await other.catalog.page(shop, ADA)).entries[0].available == 15
    clock.forward(seconds=1)
    assert (await other.catalog.page(shop, ADA)).entries[0].product.price_cents == 900


async def test_staff_always_see_the_shelf_of_now(
    services: Services, shop: Shop, product: MakeProduct, db: Db
) -> None:
    """What another process put on the shelf is on the staff's very next page."""
    await product("Mug")
    assert (await services.catalog.staff_page(shop)).total == 1
    await Product(tenant_id=shop.id, name="Tea", name_folded="tea", sku="TEA", price_cents=1).insert(db)
    assert (await services.catalog.staff_page(shop)).total == 2
