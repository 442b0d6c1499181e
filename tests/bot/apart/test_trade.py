"""Trade with the house in one process and in many: clicks and webhooks anywhere, the same in the end."""

import asyncio
import signal
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from functools import partial
from typing import NamedTuple

import aiohttp
import pytest

from models.order import Order, OrderStatus
from models.outbox import OutboxEffect, OutboxStatus
from models.webhook import WebhookEvent, WebhookState
from tests.bot.apart.conftest import Launch, Place, Town, all_of, free_port
from tests.cogs.buying import review
from tests.fakes.provider import Notice
from tests.services import hosting

# Whoever bought hears of this, in this order.
TOLD = ["Thank you for your order at **Aurora**!", "**Aurora** has received your payment. Thank you!"]
DONE = {
    "customer.notice": 2,
    "invoice.number": 1,
    "role.grant": 1,
    "staff.alert": 1,
}


class Layout(NamedTuple):
    """Which processes there are, and whether they have a Redis."""

    parts: Sequence[tuple[str, ...]]
    redis: bool = True


BOTS = (("bot", "--shards", "0/2"), ("bot", "--shards", "1/2"))
LAYOUTS = {
    "all in one": Layout([("all",)]),
    "two of each": Layout([*BOTS, ("web",), ("web",), ("worker",), ("worker",)]),
    "apart, by polling": Layout([*BOTS, ("web",), ("worker",)], redis=False),
}


async def paid(town: Town, place: Place, ports: Sequence[int]) -> None:
    """The customer buys by clicks and pays; the provider delivers each webhook to every listener at once."""
    seen = await (await review(place.customer, "VIP", pay_with="Cash App Pay")).press("Confirm")
    assert seen.content == "Thank you! Your order is placed."
    (order,) = await Order.find_all(town.db, {"tenantId": place.shop.id})
    payment = await hosting.payment(town.services, place.shop, order)
    town.square.registered_url = f"https://shop.example{place.path}"
    before = len(town.square.notices)
    town.square.pay(payment.provider_ref or "")
    async with aiohttp.ClientSession() as http:

        async def deliver(port: int, notice: Notice) -> int:
            url = f"http://127.0.0.1:{port}{place.path}"
            async with http.post(url, data=notice.body, headers=notice.headers) as answer:
                return answer.status

        new = town.square.notices[before:]
        statuses = await asyncio.gather(*(deliver(port, each) for each in new for port in ports))
    assert set(statuses) == {200}


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
async def test_a_purchase_on_each_shard_ends_alike_however_the_house_is_cut(
    town: Town, launch: Launch, layout: Layout
) -> None:
    """Clicks reach the bot of their shard, webhooks come in twice at once, and each thing happens once."""
    places = [await town.place(shard) for shard in (0, 1)]
    ports: list[int] = []
    async with AsyncExitStack() as stack:
        starting = []
        for part in layout.parts:
            serves = part[0] in {"all", "web"}
            ports += [free_port()] if serves else []
            more = {"WEB__PORT": str(ports[-1])} if serves else {}
            if not layout.redis:
                more["REDIS__URL"] = "redis://127.0.0.1:1/0"
            starting.append(launch(*part, **more))
        programs = await all_of(stack, *starting)
        shards = {0} if layout.parts == [("all",)] else {0, 1}
        await town.discord.until(lambda: town.discord.gateway.shards == shards, timeout=30, what="shards")
        await town.discord.ready("cart", "checkout")
        await asyncio.gather(*(paid(town, place, ports) for place in places))
        for place in places:
            await town.discord.until(partial(heard, place), timeout=60, what="both messages")
        await town.settled()
        for place in places:
            await ended_well(town, place, len(ports))
        assert [await each.told(signal.SIGTERM) for each in programs] == [0] * len(programs)
        assert not any("Traceback" in each.said for each in programs)


def heard(place: Place) -> bool:
    """Whether the customer has got both messages."""
    return len(place.customer.dms) == len(TOLD)


async def ended_well(town: Town, place: Place, listeners: int) -> None:
    """One order, paid once and delivered; everybody told once, and in order."""
    mine = {"tenantId": place.shop.id}
    (order,) = await Order.find_all(town.db, mine)
    assert order.status is OrderStatus.COMPLETE
    assert order.invoice_number is not None
    assert place.customer.role_names == ["VIP"]
    assert [each.content for each in place.customer.dms] == TOLD
    effects = await OutboxEffect.find_all(town.db, mine)
    assert {each.status for each in effects} == {OutboxStatus.DONE}
    assert Counter(each.kind for each in effects) >= Counter(DONE)
    events = await WebhookEvent.find_all(town.db, mine)
    assert {each.state for each in events} <= {WebhookState.DONE, WebhookState.IGNORED}
    assert {each.deliveries for each in events} == {listeners}
