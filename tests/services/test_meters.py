"""What is counted: each outcome under its name, and nothing that grows with the number of shops."""

from collections.abc import AsyncIterator

import pytest

from bot.outside import Outside
from models.base import Db
from models.errors import ProviderError
from models.outbox import OutboxEffect
from services import Services
from services.breaker import FAILURES
from services.calls import Call, Calls
from services.effects import EffectKind, Notice, notice
from services.meters import Meters
from services.payments.processor import Site
from services.shops import Shop
from services.worker import EffectFailed, EffectWaits
from tests.fakes.square import Square
from tests.outside import OUTSIDE
from tests.services import hosting
from tests.services.conftest import ADA, MakeProduct, TestClock

NAME = "cashapp_pay"
NOBODY = "http://127.0.0.1:9"


@pytest.fixture
def outside(square: Square) -> Outside:
    """Square answers here."""
    return Outside(OUTSIDE.vault, {NAME: Site(square.url)})


@pytest.fixture
def meters() -> Meters:
    """Those of one process."""
    return Meters()


@pytest.fixture
async def calls(clock: TestClock, meters: Meters) -> AsyncIterator[Calls]:
    """A way out that is counted."""
    way_out = Calls(clock, meters=meters)
    yield way_out
    await way_out.close()


def count(meters: Meters, name: str, **labels: str) -> float:
    """What stands there now."""
    return meters.registry.get_sample_value(name, labels) or 0


async def test_effects_are_counted_by_what_came_of_them(db: Db, services: Services, clock: TestClock) -> None:
    """One is done, one fails, one waits for somebody, and one is given up."""
    told: list[str | Exception] = [
        "sent",
        EffectFailed("away"),
        EffectWaits("x"),
        EffectFailed("x", final=True),
    ]

    async def handler(_: OutboxEffect) -> str | None:
        turn = told.pop(0)
        if isinstance(turn, Exception):
            raise turn
        return turn

    services.worker.register(EffectKind.CUSTOMER_NOTICE, handler)
    for number in range(4):
        await notice(Notice.ORDER_RECEIVED, "t1", f"o{number}", clock.now()).insert(db)
        await services.worker.drain()
    found = {
        outcome: count(services.meters, "shop_effects_total", kind="customer.notice", outcome=outcome)
        for outcome in ("done", "postponed", "waits", "dead")
    }
    assert found == {"done": 1, "postponed": 1, "waits": 1, "dead": 1}


async def test_webhooks_and_provider_calls_are_counted(
    services: Services, shop: Shop, product: MakeProduct, square: Square
) -> None:
    """Taken in and acted upon, refused, and from somebody who does not exist; none by a shop's name."""
    square.registered_url = f"https://shop.example/webhooks/{NAME}/{shop.id}"
    shop = await hosting.offer(services, shop)
    order = await hosting.order(services, shop, ADA, await product())
    await services.hosted.open(shop, order)
    square.pay((await hosting.payment(services, shop, order)).provider_ref or "")
    for each in square.notices:
        headers = {name.lower(): value for name, value in each.headers.items()}
        assert await services.inbox.receive(NAME, shop.id, each.body, headers) == 200
        refused = await services.inbox.receive(NAME, shop.id, each.body + b" ", headers)
    assert await services.inbox.receive("who-4711", shop.id, b"{}", {}) == 404
    await services.inbox.drain()
    sent = len(square.notices)
    meters = services.meters
    assert count(meters, "shop_webhooks_total", provider=NAME, status="200") == sent
    assert count(meters, "shop_webhooks_total", provider=NAME, status=str(int(refused))) == sent
    assert count(meters, "shop_webhook_events_total", provider=NAME, outcome="done") == sent
    assert count(meters, "shop_provider_calls_total", provider=NAME, outcome="ok") > 0
    labels = {
        value for each in meters.registry.collect() for row in each.samples for value in row.labels.values()
    }
    assert not {label for label in labels if shop.id in label or order.key in label or "4711" in label}


async def test_a_provider_that_does_not_answer_is_seen_to_rest(
    calls: Calls, clock: TestClock, meters: Meters
) -> None:
    """Its address is not asked for a while, which is counted as such, and then it is asked again."""
    for _ in range(FAILURES + 1):
        with pytest.raises(ProviderError):
            await calls.send(Call("stripe", "POST", f"{NOBODY}/v1", repeatable=False))
    assert calls.resting() == {"stripe": 1}
    meters.resting(calls.resting())
    assert count(meters, "shop_provider_resting", provider="stripe") == 1
    assert (
        count(meters, "shop_provider_calls_total", provider="stripe", outcome="unavailable") == FAILURES + 1
    )
    assert count(meters, "shop_provider_call_seconds_count", provider="stripe") == FAILURES + 1
    clock.forward(seconds=31)
    assert calls.resting() == {}
    meters.resting({})
    assert meters.registry.get_sample_value("shop_provider_resting", {"provider": "stripe"}) is None


async def test_a_provider_that_refuses_is_no_outage(calls: Calls, square: Square, meters: Meters) -> None:
    """Wrong keys have a name of their own."""
    with pytest.raises(ProviderError):
        await calls.send(
            Call("square", "GET", f"{square.url}/v2/locations/L1", {"Authorization": "Bearer no"})
        )
    assert count(meters, "shop_provider_calls_total", provider="square", outcome="wrong_keys") == 1
    assert calls.resting() == {}
