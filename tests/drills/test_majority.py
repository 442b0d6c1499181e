"""Most servers are gone: the shop refuses kindly and in time, half-stores nothing, and goes on by itself."""

import asyncio
import logging
import signal
import time
from collections.abc import AsyncIterator, Awaitable

import pytest
from aiohttp import ClientSession
from pymongo import WriteConcern

from bot.outside import Outside
from bot.sandbox import Community, Person, Seen
from bot.web.app import make_app
from bot.web.listener import Listener
from models.base import Db
from models.order import Order, OrderStatus
from models.payment import PaymentStatus
from models.webhook import WebhookEvent, WebhookState
from services import Services
from services.invoices import Invoices
from services.payments.processor import Site
from services.shops import Shop
from tests.cogs import buying
from tests.cogs.buying import orders_of
from tests.cogs.conftest import (
    ada,
    bot,
    clock,
    discord,
    guild,
    olivia,
    open_shop,
    product,
    services,
    shop,
    staff_role,
    staff_room,
)
from tests.drills.asking import healed
from tests.drills.replica_set import ReplicaSet
from tests.fakes.provider import Notice
from tests.fakes.square import Square
from tests.outside import OUTSIDE
from tests.services import hosting
from tests.services.conftest import MakeProduct, TestClock
from tests.services.test_crashes import everything_fits

__all__ = [
    "ada", "bot", "clock", "discord", "guild", "olivia", "open_shop", "product", "services", "shop",
    "staff_role", "staff_room",
]  # fmt: skip

log = logging.getLogger(__name__)

CROWD = 30
DISCORD_WAITS = 3.0
AWAY = "The shop cannot reach its records"


@pytest.fixture
def outside(square: Square) -> Outside:
    """Square answers here."""
    return Outside(OUTSIDE.vault, {"cashapp_pay": Site(square.url)})


@pytest.fixture
async def listener(db: Db, services: Services) -> AsyncIterator[str]:
    """The address at which providers deliver."""
    app = make_app(db=db, cache=None, links=services.links, invoices=Invoices(db), inbox=services.inbox)
    open_door = Listener(app)
    await open_door.start()
    yield open_door.url
    await open_door.stop()


@pytest.fixture
async def working(services: Services) -> AsyncIterator[None]:
    """Everything that works by itself, as in a running bot; none of it may die of a bad day."""
    jobs = (services.worker, services.inbox, services.sweeper, services.poller, services.storefront_worker)
    tasks = [asyncio.create_task(job.run()) for job in jobs]
    yield
    assert not any(task.done() for task in tasks)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


class Provider:
    """Delivers one notice until it is taken, as providers do."""

    def __init__(self, url: str, shop: Shop, notice: Notice) -> None:
        self._url = f"{url}/webhooks/cashapp_pay/{shop.id}"
        self._notice = notice
        self.slowest = 0.0

    async def deliver(self) -> int:
        """Deliver once; the answer."""
        began = time.monotonic()
        async with ClientSession() as http:
            answer = await http.post(self._url, data=self._notice.body, headers=self._notice.headers)
        self.slowest = max(self.slowest, time.monotonic() - began)
        return answer.status

    async def until_taken(self) -> None:
        """Deliver until it is taken."""
        async with asyncio.timeout(30):
            while await self.deliver() != 200:  # noqa: ASYNC110 - it is a provider's own clock
                await asyncio.sleep(0.2)


async def notice_of(services: Services, shop: Shop, who: Person, product_id: str, square: Square) -> Notice:
    """What Square delivers of an order that was just paid."""
    shop = await hosting.offer(services, shop)
    placed = await buying.placed(services, shop, who, product_id, by="CASHAPP_PAY")
    square.registered_url = f"https://shop.example/webhooks/cashapp_pay/{shop.id}"
    await services.hosted.open(shop, placed)
    square.pay((await hosting.payment(services, shop, placed)).provider_ref or "")
    return square.notices[-1]


async def timed(act: Awaitable[Seen]) -> tuple[str, float]:
    """What a person reads after an act, with what was said beside the card, and after how many seconds."""
    began = time.monotonic()
    seen = await act
    said = [seen.text, *(each.text for each in seen.followups)]
    return "\n".join(said), time.monotonic() - began


async def paid_once(db: Db, services: Services, shop: Shop, clock: TestClock) -> None:
    """The one order is paid once, of one event."""
    async with asyncio.timeout(30):
        while not await WebhookEvent.find_all(db, {"state": WebhookState.DONE}):
            # Whoever held it when the servers went cannot have given it back.
            clock.forward(seconds=2)
            await asyncio.sleep(0.1)
    (event,) = await WebhookEvent.find_all(db, {})
    assert event.state is WebhookState.DONE
    (order,) = await Order.find_all(db, {"tenantId": shop.id})
    assert order.status is not OrderStatus.PENDING_PAYMENT
    payment = (await services.payments.of_order(shop, order.key)).payment
    assert payment.status is PaymentStatus.CONFIRMED
    assert len(payment.receipts) == 1


@pytest.mark.usefixtures("working")
async def test_what_was_stored_without_a_majority_was_not_answered_and_comes_again(
    db: Db,
    members: ReplicaSet,
    services: Services,
    shop: Shop,
    product: MakeProduct,
    ada: Person,
    square: Square,
    listener: str,
    clock: TestClock,
) -> None:
    """The old primary's lonely writes are undone when it comes back; no provider was told they are kept."""
    vip = await product("VIP", 500, 100, granted_role_ids=["77"])
    provider = Provider(listener, shop, await notice_of(services, shop, ada, vip.key, square))
    old, others = members.primary(), members.secondaries()
    members.lines.lines[old.known_as].servers_held = True
    members.freeze(*others)
    lonely = old.direct["test"].get_collection("lonely", write_concern=WriteConcern(w=1))
    lonely.insert_one({"_id": "answered too early"})
    assert await provider.deliver() == 503
    stored = old.direct["test"]["webhookevents"].count_documents({})
    members.freeze(old)
    members.thaw(*others)
    await provider.until_taken()
    assert provider.slowest < DISCORD_WAITS
    await healed(db, members)
    # The server did roll back: who is content with one server's word has lost this.
    assert lonely.count_documents({}) == 0
    assert stored == 1, "the delivery never reached the lonely primary, so nothing was undone"
    await paid_once(db, services, shop, clock)
    await everything_fits(db, shop, vip)


@pytest.mark.usefixtures("bot", "working")
async def test_with_no_majority_people_are_told_and_the_shop_goes_on_by_itself(
    db: Db,
    members: ReplicaSet,
    services: Services,
    shop: Shop,
    product: MakeProduct,
    ada: Person,
    square: Square,
    listener: str,
    guild: Community,
) -> None:
    """Clicks are answered within Discord's three seconds, providers with 503; afterwards all are served."""
    vip = await product("VIP", 500, 100, granted_role_ids=["77"])
    provider = Provider(listener, shop, await notice_of(services, shop, ada, vip.key, square))
    await product()
    review = await buying.review(ada, "Mug")
    crowd = [guild.add_member(f"c{at}", display_name=f"C{at}") for at in range(CROWD)]
    for each in members.secondaries():
        each.told(signal.SIGKILL)
    await asyncio.sleep(2.5)
    seen = await asyncio.gather(
        timed(review.press("Confirm")), *(timed(each.run("/cart view")) for each in crowd)
    )
    assert all(AWAY in said for said, _ in seen), [said for said, _ in seen if AWAY not in said]
    assert max(waited for _, waited in seen) < 15
    assert await provider.deliver() == 503
    assert provider.slowest < DISCORD_WAITS
    async with ClientSession() as http:
        assert (await http.get(f"{listener}/healthz")).status == 503
    log.info("told after %s", sorted(round(waited, 1) for _, waited in seen))
    await healed(db, members)
    await provider.until_taken()
    placed = await review.press("Confirm")
    assert "Order" in placed.embeds[0]["title"]
    assert len(await orders_of(services, shop, ada)) == 2
    await everything_fits(db, shop, await product("Plain", 100, 1))
