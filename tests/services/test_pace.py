"""Floods are slowed down, people are not, and nobody waits for a Redis that is away."""

import asyncio
import time
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from redis.asyncio import Redis

from models.errors import TooFast
from services.pace import LIMITS, Buckets, Cost, Limit, Pace
from tests.services.conftest import TestClock

GUILD, ADA = "900", "2"
# Nobody listens there.
DEAD = "redis://127.0.0.1:1/0"


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    """The run's own Redis."""
    client = Redis.from_url(redis_url)
    yield client
    await client.aclose()


@pytest.fixture
def here(clock: TestClock) -> Pace:
    """The pace of a process without Redis."""
    return Pace(clock, None, on=True)


async def spent(pace: Pace, cost: Cost, guild: str, person: str, most: int = 1000) -> int:
    """How often it is allowed at this moment."""
    for done in range(most):
        try:
            await pace.spend(cost, guild, person)
        except TooFast:
            return done
    return most


async def test_three_clicks_a_second_are_never_seen(here: Pace, clock: TestClock) -> None:
    """For ten minutes, by one person; nor is a burst of them."""
    for _ in range(60):
        here.click(ADA)
    clock.forward(seconds=60)
    for _ in range(1800):
        clock.forward(seconds=1 / 3)
        here.click(ADA)


async def test_a_flood_is_told_when_to_go_on(here: Pace, clock: TestClock) -> None:
    """And may do exactly one more then; others are not in its way."""
    for _ in range(60):
        here.click(ADA)
    with pytest.raises(TooFast) as refused:
        here.click(ADA)
    here.click("3")
    here.click(ADA, Cost.SUGGEST)
    wait = refused.value.again_at - clock.now()
    assert 0 < wait.total_seconds() <= 0.2
    clock.forward(seconds=wait.total_seconds())
    here.click(ADA)
    with pytest.raises(TooFast):
        here.click(ADA)


async def test_a_thousand_people_in_one_server_do_not_meet_a_limit(redis: Redis, clock: TestClock) -> None:
    """A drop with a code: each clicks twenty times, enters it twice, and orders."""
    pace, guild = Pace(clock, redis, on=True), uuid4().hex

    async def buy(person: str) -> None:
        for _ in range(20):
            pace.click(person)
        for _ in range(2):
            await pace.spend(Cost.CODE, guild, person)
        pace.room(Cost.ORDER, guild, person)
        pace.note(Cost.ORDER, guild, person, f"order of {person}")

    await asyncio.gather(*(buy(str(each)) for each in range(1000)))


async def test_what_costs_is_counted_over_processes(redis: Redis, clock: TestClock) -> None:
    """Two of them, twenty clicks at once in each: together no more than one alone."""
    guild = uuid4().hex
    first, second = Pace(clock, redis, on=True), Pace(clock, redis, on=True)
    for pace in (first, second):
        await pace.spend(Cost.CODE, guild, "3")
    tried = [each.spend(Cost.CODE, guild, ADA) for each in (first, second) for _ in range(8)]
    done = await asyncio.gather(*tried, return_exceptions=True)
    assert [each for each in done if each is not None and not isinstance(each, TooFast)] == []
    assert done.count(None) == LIMITS[Cost.CODE][0].burst
    clock.forward(seconds=LIMITS[Cost.CODE][0].seconds)
    assert await spent(second, Cost.CODE, guild, ADA) == 1


@pytest.mark.parametrize("shared", [True, False], ids=["redis", "process"])
async def test_who_guesses_codes_gets_a_few_hundred_in_a_day(
    redis: Redis, clock: TestClock, *, shared: bool
) -> None:
    """However patiently; the next person is not kept waiting for it."""
    pace, guild = Pace(clock, redis if shared else None, on=True), uuid4().hex
    guesses = 0
    for _ in range(24 * 60):
        guesses += await spent(pace, Cost.CODE, guild, ADA)
        clock.forward(minutes=1)
    assert 150 <= guesses <= 250
    assert await spent(pace, Cost.CODE, guild, "3") == 10


async def test_a_server_shares_what_is_costly_and_no_other_servers(redis: Redis, clock: TestClock) -> None:
    """Twenty members with the key of exports have twenty of them together."""
    pace, guild = Pace(clock, redis, on=True), uuid4().hex
    done = [await spent(pace, Cost.EXPORT, guild, str(each)) for each in range(6)]
    assert done == [6, 6, 6, 2, 0, 0]
    assert await spent(pace, Cost.EXPORT, uuid4().hex, "0") == 6


async def test_a_refused_one_is_not_counted(here: Pace, clock: TestClock) -> None:
    """Who goes on clicking waits no longer for it."""
    assert await spent(here, Cost.ROLES, GUILD, ADA) == 3
    for _ in range(50):
        with pytest.raises(TooFast):
            await here.spend(Cost.ROLES, GUILD, ADA)
    clock.forward(seconds=20)
    assert await spent(here, Cost.ROLES, GUILD, ADA) == 1


async def test_orders_are_counted_when_they_are_placed(here: Pace) -> None:
    """The same order again, as after ten clicks on Confirm, is one."""
    for number in range(20):
        here.room(Cost.ORDER, GUILD, ADA)
        for _ in range(10):
            here.note(Cost.ORDER, GUILD, ADA, f"order {number}")
    with pytest.raises(TooFast):
        here.room(Cost.ORDER, GUILD, ADA)


async def test_without_redis_the_process_counts_and_asks_it_no_more(clock: TestClock) -> None:
    """The limit holds; after three failures nobody even tries for a while."""
    gone = Redis.from_url(DEAD, socket_connect_timeout=1)
    pace = Pace(clock, gone, on=True)
    assert await spent(pace, Cost.CODE, GUILD, ADA) == 10
    assert await spent(pace, Cost.CODE, GUILD, "3") == 10
    await gone.aclose()


async def test_a_redis_that_does_not_answer_keeps_nobody(clock: TestClock) -> None:
    """It listens and says nothing: three wait a fifth of a second each, then none."""
    held: list[asyncio.StreamWriter] = []

    async def silent(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held.append(writer)

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    slow = Redis.from_url(f"redis://127.0.0.1:{port}")
    pace, began = Pace(clock, slow, on=True), time.perf_counter()
    for person in range(5):
        assert await spent(pace, Cost.CODE, GUILD, str(person)) == 10
    # All fifty waiting would take ten.
    assert time.perf_counter() - began < 6
    await slow.aclose()
    for writer in held:
        writer.close()
    server.close()


async def test_what_must_never_wait_asks_no_redis(clock: TestClock) -> None:
    """Clicks and orders are counted by calls that cannot wait, whatever becomes of Redis."""
    pace = Pace(clock, Redis.from_url(DEAD), on=True)
    pace.click(ADA)
    pace.room(Cost.ORDER, GUILD, ADA)
    pace.note(Cost.ORDER, GUILD, ADA, "order")
    assert not any(asyncio.iscoroutinefunction(each) for each in (pace.click, pace.room, pace.note))


async def test_a_flushed_redis_forgets_and_goes_on(redis: Redis, clock: TestClock) -> None:
    """What it kept may be lost: its keys end by themselves, and its script is sent again."""
    pace, guild = Pace(clock, redis, on=True), uuid4().hex
    assert await spent(pace, Cost.ROLES, guild, ADA) == 3
    keys = [key async for key in redis.scan_iter(f"shop:pace:{{{guild}}}*")]
    assert all([0 < await redis.pttl(key) <= 60_001 for key in keys])
    await redis.delete(*keys)
    await redis.script_flush()
    assert await spent(pace, Cost.ROLES, guild, ADA) == 3


@pytest.mark.parametrize("shared", [True, False], ids=["redis", "process"])
async def test_a_clock_that_is_set_back_locks_nobody_out(
    redis: Redis, clock: TestClock, *, shared: bool
) -> None:
    """One waits as long as for the next one, not for an hour."""
    pace, guild = Pace(clock, redis if shared else None, on=True), uuid4().hex
    assert await spent(pace, Cost.ROLES, guild, ADA) == 3
    clock.forward(hours=-1)
    assert await spent(pace, Cost.ROLES, guild, ADA) == 0
    clock.forward(seconds=20)
    assert await spent(pace, Cost.ROLES, guild, ADA) == 1


async def test_switched_off_it_counts_nothing(clock: TestClock) -> None:
    """For load tests, which are faster than people."""
    pace = Pace(clock, None, on=False)
    assert await spent(pace, Cost.ROLES, GUILD, ADA) == 1000
    for _ in range(1000):
        pace.click(ADA)
        pace.note(Cost.ORDER, GUILD, ADA, uuid4().hex)
        pace.room(Cost.ORDER, GUILD, ADA)


def test_a_process_remembers_a_bounded_number_of_people() -> None:
    """The longest gone is forgotten first."""
    buckets, limit = Buckets(), (Limit(1, 60),)
    for person in range(30_000):
        assert buckets.spend([str(person)], limit, 0) == 0
    assert buckets.spend(["29999"], limit, 0) > 0
    assert buckets.spend(["0"], limit, 0) == 0
    assert len(buckets._empty) == 20_000


def test_every_cost_has_a_limit_and_only_costly_ones_are_shared() -> None:
    """What a customer does in a drop is never a whole server's."""
    assert set(LIMITS) == set(Cost)
    shared = {cost for cost, limits in LIMITS.items() if any(each.whole_server for each in limits)}
    assert shared == {Cost.REPORT, Cost.EXPORT, Cost.IMPORT, Cost.TRY, Cost.EXAMINE, Cost.SHARE}
