"""What one process changes, every other sees at once; without Redis when the moment's memory is over."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from decimal import Decimal
from typing import NamedTuple

import pytest
from redis.asyncio import Redis

from bot.outside import Outside
from bot.wiring import build
from models.base import Db
from models.errors import NotFound
from models.flag import Flag
from models.order_parts import OrderItem
from models.tenant import ResponseMode, TaxOrigin
from services import Services
from services.links import Links
from services.partner import Site
from services.rules import Rules
from services.shops import Shop
from services.system_themes import seed_system_themes
from tests.fakes.taxjar import TaxJar
from tests.outside import OUTSIDE
from tests.services import hosting
from tests.services.conftest import ADA, OWNER, MakeProduct, TestClock
from tests.services.hearing import heard_by
from tests.services.test_discounts import running

SECRET = "a-secret-that-is-long-enough-for-tests"


class Pair(NamedTuple):
    """Two processes over one database."""

    here: Services
    there: Services


def another(db: Db, clock: TestClock, redis: Redis | None, outside: Outside = OUTSIDE) -> Services:
    """Every service as one more process has them."""
    return build(db, clock, Rules(), Links([SECRET], None, clock), outside, redis)


@pytest.fixture
async def pair(db: Db, clock: TestClock, redis_url: str) -> AsyncIterator[Pair]:
    """Two that hear each other, while the clock stands still: no memory ends by itself."""
    async with two(db, clock, redis_url) as made:
        yield made


@asynccontextmanager
async def two(db: Db, clock: TestClock, redis_url: str, outside: Outside = OUTSIDE) -> AsyncIterator[Pair]:
    """Two processes that hear each other."""
    async with AsyncExitStack() as stack:
        made = []
        for _ in range(2):
            redis = await stack.enter_async_context(Redis.from_url(redis_url))
            one = another(db, clock, redis, outside)
            stack.push_async_callback(one.calls.close)
            task = asyncio.create_task(one.wakeups.relay())
            stack.callback(task.cancel)
            made.append(one)
        await heard_by(redis, 2)
        yield Pair(*made)


async def soon(says: Callable[[], Awaitable[object]], wanted: object) -> None:
    """Wait until this is said, which takes no longer than a word to Redis and back."""
    for _ in range(200):
        if await says() == wanted:
            return
        await asyncio.sleep(0.01)
    assert await says() == wanted


async def test_settings_of_a_shop(pair: Pair, shop: Shop) -> None:
    """The next click in another process sees them."""

    async def mode() -> ResponseMode:
        return (await pair.there.shops.of_guild(shop.guild_id)).config.response_mode

    assert await mode() is ResponseMode.EPHEMERAL
    await pair.here.shops.configure(shop, OWNER, response_mode=ResponseMode.DM)
    await soon(mode, ResponseMode.DM)


async def test_switches(pair: Pair, shop: Shop) -> None:
    """A part that is switched off is off everywhere."""

    async def on() -> bool:
        return await pair.there.flags.on(shop.id, Flag.WAITLIST)

    before = await on()
    await pair.here.flags.switch(shop, OWNER, Flag.WAITLIST, on=not before)
    await soon(on, not before)


async def test_themes(pair: Pair, db: Db, shop: Shop) -> None:
    """A shop's colours, and what a person wears."""
    await seed_system_themes(db)
    forest = next(each for each in await pair.here.themes.all(shop) if each.slug == "forest")

    async def worn() -> str | None:
        theme = await pair.there.themes.chosen(shop, ADA)
        return theme.key if theme else None

    assert await worn() is None
    await pair.here.themes.choose(shop, ADA, forest.key)
    await soon(worn, forest.key)


async def test_keys_of_providers(pair: Pair, shop: Shop) -> None:
    """Keys that were taken away open nothing any more."""
    await hosting.offer(pair.here, shop)

    async def known() -> bool:
        try:
            await pair.there.providers.keys(shop.id, "cashapp_pay")
        except NotFound:
            return False
        return True

    assert await known()
    await pair.here.providers.remove(await pair.here.shops.of_tenant(shop.id), OWNER, "cashapp_pay")
    await soon(known, wanted=False)


async def test_tax_that_an_account_quoted(
    db: Db, clock: TestClock, shop: Shop, product: MakeProduct, redis_url: str
) -> None:
    """With new keys it is asked anew, here and there, though a quote stands for ten minutes."""
    origin = TaxOrigin(country="US", postal_code="10001", state="NY", city="New York", street="1 Main")
    async with TaxJar() as jar:
        outside = Outside(OUTSIDE.vault, {"taxjar": Site(jar.url, jar.url)})
        async with two(db, clock, redis_url, outside) as (here, there):
            shop = await here.providers.configure(shop, OWNER, "taxjar", {"api_token": TaxJar.TOKEN})
            shop = await here.shops.configure(shop, OWNER, tax_origin=origin)
            await here.carts.add(shop, ADA, (await product()).key)
            await here.checkout.choose_payment(shop, ADA, "VENMO")

            async def tax(by: Services) -> int | None:
                return (await by.checkout.view(shop, ADA)).totals.tax

            assert (await tax(here), await tax(there), await tax(there)) == (133, 133, 133)
            assert len(jar.asked()) == 2
            jar.rates["NY"] = Decimal("0.10")
            assert (await tax(here), await tax(there)) == (133, 133)
            await here.providers.configure(shop, OWNER, "taxjar", {"api_token": TaxJar.TOKEN})
            assert await tax(here) == 150
            await soon(lambda: tax(there), 150)


async def test_shelves_and_discounts(pair: Pair, shop: Shop, product: MakeProduct) -> None:
    """A price, and what is off it."""
    mug = await product()
    item = OrderItem(product_id=mug.key, sku="MUG", name="Mug", unit_price_cents=1500, quantity=1)

    async def price() -> int:
        return (await pair.there.catalog.page(shop, ADA)).entries[0].product.price_cents

    async def off() -> int:
        found = await pair.there.discounts._discounts.find(shop, ADA, [item], None)
        return found.offer.cents if found.offer else 0

    assert (await price(), await off()) == (1500, 0)
    await pair.here.catalog.edit(shop, OWNER, mug.key, {"price_cents": 900})
    await running(pair.here, shop, off="10%")
    await soon(price, 900)
    await soon(off, 150)


async def test_an_edit_in_the_panel_forgets_all(pair: Pair, shop: Shop, product: MakeProduct) -> None:
    """The one mechanism for every record does not know who remembers what of it."""
    mug = await product()

    async def name() -> str:
        return (await pair.there.catalog.page(shop, ADA)).entries[0].product.name

    assert await name() == "Mug"
    record = await pair.here.panel.one(shop, OWNER, "product", mug.key)
    texts = {"name": "Cup", "description": "", "imageUrl": ""}
    await pair.here.panel_edits.fill(shop, OWNER, ("product", mug.key, record.stamp), 0, texts)
    await soon(name, "Cup")


async def test_without_redis_the_memory_ends_by_itself(db: Db, clock: TestClock, shop: Shop) -> None:
    """Two seconds at most."""
    here, there = another(db, clock, None), another(db, clock, None)
    assert (await there.shops.of_guild(shop.guild_id)).config.response_mode is ResponseMode.EPHEMERAL
    await here.shops.configure(shop, OWNER, response_mode=ResponseMode.DM)
    assert (await there.shops.of_guild(shop.guild_id)).config.response_mode is ResponseMode.EPHEMERAL
    clock.forward(seconds=2)
    assert (await there.shops.of_guild(shop.guild_id)).config.response_mode is ResponseMode.DM
    for each in (here, there):
        await each.calls.close()
