"""One id leads from a click or a webhook to the last effect, whichever process makes it happen."""

from dataclasses import replace
from typing import Any

import aiohttp
import pytest

from bot.outside import Outside
from bot.sandbox import Person, Sandbox
from bot.web.app import make_app
from bot.web.listener import Listener
from models.base import Db
from models.correlation import CROCKFORD, correlated, current, fresh
from models.outbox import OutboxEffect, OutboxStatus
from models.webhook import WebhookEvent
from services import Services
from services.payments.processor import Site
from services.shops import Shop
from tests.cogs.buying import CLAIM, review
from tests.cogs.conftest import member, running, services_over
from tests.fakes.square import Square
from tests.journal import journal
from tests.outside import OUTSIDE
from tests.services import hosting
from tests.services.conftest import MakeProduct, TestClock

NAME = "cashapp_pay"


@pytest.fixture
def outside(square: Square) -> Outside:
    """Square answers here."""
    return Outside(OUTSIDE.vault, {NAME: Site(square.url)})


async def owed(db: Db, **where: Any) -> list[OutboxEffect]:
    """What is or was owed."""
    return await OutboxEffect.find_all(db, where, sort="_id")


async def test_a_click_is_followed_into_the_worker_of_another_process(
    discord: Sandbox,
    db: Db,
    clock: TestClock,
    ada: Person,
    services: Services,
    shop: Shop,
    product: MakeProduct,
) -> None:
    """What a form owes is sent by another bot, which logs the form's id; no two clicks share one."""
    assert shop.name == "Aurora"
    await product("Mug", 1500, 3)
    with journal() as seen:
        async with running(discord, services, reference=fresh):
            form = await (await (await review(ada, "Mug")).press("Confirm")).open("I have paid")
            await form.submit(CLAIM)
        clicks = seen.lines(event="interaction")
        other = services_over(db, clock)
        async with running(discord, other, reference=fresh):
            await other.worker.drain()
    ids = {line["action"]: line["correlation"] for line in clicks}
    assert len(set(ids.values())) == len(clicks)
    effects = await owed(db)
    assert {each.status for each in effects} == {OutboxStatus.DONE}
    assert {each.kind: each.correlation_id for each in effects if each.order_id} == {
        "customer.notice": ids["checkout:confirm"],
        "staff.claim": ids["orders:claimed"],
    }
    assert seen.story(ids["orders:claimed"])[:2] == ["interaction", "effect_done"]


async def test_a_reference_that_a_person_reads_out_finds_the_story(
    discord: Sandbox, services: Services, ada: Person, shop: Shop
) -> None:
    """What the apology names is the id of everything around it."""
    assert shop.name == "Aurora"
    broken = replace(services, carts=None)  # type: ignore[arg-type]  # a bug that no service of ours has
    with journal() as seen:
        async with running(discord, broken, reference=fresh):
            apology = await ada.run("/cart view")
    code = seen.lines(event="interaction_failed")[0]["reference"]
    assert code in apology.text
    assert seen.story(code) == ["interaction_failed", "interaction"]


async def test_a_webhook_is_followed_through_inbox_and_outbox_to_the_customer(
    discord: Sandbox,
    db: Db,
    clock: TestClock,
    ada: Person,
    services: Services,
    shop: Shop,
    product: MakeProduct,
    square: Square,
) -> None:
    """One process takes the deliveries, the next acts upon them, a third tells the customer."""
    square.registered_url = f"https://shop.example/webhooks/{NAME}/{shop.id}"
    shop = await hosting.offer(services, shop)
    order = await hosting.order(services, shop, member(ada), await product())
    await services.hosted.open(shop, order)
    square.pay((await hosting.payment(services, shop, order)).provider_ref or "")
    acting, telling = (
        services_over(db, clock, Outside(OUTSIDE.vault, {NAME: Site(square.url)})),
        services_over(db, clock),
    )
    with journal() as seen:
        answered = await delivered(db, services, shop, square)
        await acting.inbox.drain()
        async with running(discord, telling, reference=fresh):
            await telling.worker.drain()
    await acting.calls.close()
    stored = {each.key: each.correlation_id for each in await WebhookEvent.find_all(db, {})}
    assert set(stored.values()) == set(answered)
    assert len(set(answered)) == len(answered)
    (paid,) = [line for line in seen.lines(event="payment_news") if line["what"] == "paid"]
    story = seen.story(paid["correlation"])
    assert story[:3] == ["http_request", "payment_news", "webhook_done"]
    assert "effect_done" in story
    (told,) = [
        each for each in await owed(db, kind="customer.notice") if each.payload["event"] == "paymentConfirmed"
    ]
    assert told.correlation_id == paid["correlation"]


async def delivered(db: Db, services: Services, shop: Shop, square: Square) -> list[str]:
    """Deliver all that Square has to say over HTTP; the ids that the listener gave the requests."""
    app = make_app(db=db, cache=None, links=services.links, invoices=services.invoices, inbox=services.inbox)
    listener = Listener(app)
    await listener.start()
    found = []
    async with aiohttp.ClientSession() as http:
        for notice in square.notices:
            url, forged = f"{listener.url}/webhooks/{NAME}/{shop.id}", {"X-Correlation-Id": "FORGED00"}
            async with http.post(url, data=notice.body, headers={**notice.headers, **forged}) as answer:
                assert answer.status == 200
                found.append(answer.headers["X-Correlation-Id"])
    await listener.stop()
    assert "FORGED00" not in found
    return found


async def test_what_nobody_asked_for_begins_a_story_of_its_own(
    db: Db, clock: TestClock, services: Services, shop: Shop, ada: Person, product: MakeProduct
) -> None:
    """A hold's end is found by the sweeper; what it owes has an id that the log shows, too."""
    shop = await hosting.offer(services, shop)
    await hosting.order(services, shop, member(ada), await product())
    before = {each.key for each in await owed(db)}
    clock.forward(hours=48)
    await services.sweeper.sweep()
    ids = [each.correlation_id or "" for each in await owed(db) if each.key not in before]
    assert ids
    assert all(len(each) == 8 and set(each) <= set(CROCKFORD) for each in ids)


def test_an_id_ends_with_its_block_and_blocks_may_lie_in_each_other() -> None:
    """The inner one does not leak into what comes after it."""
    assert current() is None
    with correlated("OUTER000"):
        with correlated(None) as inner:
            assert current() == inner != "OUTER000"
        assert current() == "OUTER000"
    assert current() is None
