"""Recognisable secrets everywhere, and everything goes wrong: none of them comes out where it must not."""

import io
import json
import logging
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from bson import json_util

from bot.config import LogSettings
from bot.log import CHATTY, handler
from bot.outside import Outside
from bot.web.app import make_app
from bot.web.listener import Listener
from bot.wiring import build
from models.audit import AuditLog
from models.base import Db
from models.errors import ProviderError, ShopError
from models.order import Order
from models.outbox import OutboxEffect
from services import Services
from services.csv import kinds
from services.effects import EffectKind
from services.links import Links
from services.partner import Site
from services.partners import known_partners
from services.provider_keys import key_fields
from services.reports.contract import ReportType
from services.reports.files import csv_of, json_of
from services.reports.period import Period
from services.rules import Rules
from services.shops import Shop
from services.vault import Vault
from tests.services import buying, keys
from tests.services.conftest import ADA, OWNER, TestClock
from tests.services.csv_files import Clerk
from tests.services.quiet import quiet
from tests.services.staffing import hire

SECRET = "the-installations-own-secret-planted-77"
TOKEN = "planted-token-of-the-bot.ABCDEF.and-the-rest-of-it-1234567"
SOLD = [f"PLANTED-KEY-{n:04}" for n in range(5)]
EMAIL, PHONE, STREET = "planted.ada@private.example", "+15550147788", "12 Planted Lane"
ACCOUNT = "planted-secret-of-an-account"
SHAPED = {
    "secret_key": "sk_live_planted0secret0key0of0stripe",
    "webhook_secret": "whsec_planted0webhook0secret0of0stripe",
    "sender": "shop@aurora.example",
    "region": "eu",
    "host": "127.0.0.1",
    "port": "587",
}
PRIVATE = [EMAIL, PHONE, STREET]


def entered(name: str) -> dict[str, str]:
    """A value for every key of a provider; what is secret in it is recognisable."""
    (shape,) = [each.keys for each in known_partners() if each.name == name]
    fields = key_fields(shape)
    planted = {each.key: f"planted-{name}-{each.key}-0123456789" for each in fields if each.secret}
    return {each.key: each.example for each in fields} | planted | {
        key: value for key, value in SHAPED.items() if key in {each.key for each in fields}
    }  # fmt: skip


def secrets_of(name: str) -> list[str]:
    """Those of its values that must never be seen."""
    (shape,) = [each.keys for each in known_partners() if each.name == name]
    given = entered(name)
    return [given[each.key] for each in key_fields(shape) if each.secret]


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """Everything that is logged, down to DEBUG, as it is written."""
    stream = io.StringIO()
    added = handler(LogSettings(level="DEBUG"), [SECRET, TOKEN], stream)
    before = logging.root.level, {name: logging.getLogger(name).level for name in CHATTY}
    logging.root.addHandler(added)
    logging.root.setLevel(logging.DEBUG)
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
    yield stream
    logging.root.removeHandler(added)
    logging.root.setLevel(before[0])
    for name, level in before[1].items():
        logging.getLogger(name).setLevel(level)


class Parrot:
    """A provider that sends back whatever it was sent, with the status that the test chose, or hangs up."""

    def __init__(self) -> None:
        self.status = 500
        self.url = ""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Everything of the request, headers too."""
        body = (await request.read()).decode(errors="replace")
        if self.status == 0 and request.transport is not None:
            request.transport.abort()
        said = {"error": {"message": body, "code": body}, "headers": dict(request.headers), "id": body}
        return web.json_response(said | {"message": body, "name": body}, status=self.status or 200)


@pytest.fixture
async def parrot() -> AsyncIterator[Parrot]:
    """One that runs."""
    made, app = Parrot(), web.Application()
    app.router.add_route("*", "/{rest:.*}", made.answer)
    async with TestServer(app) as server:
        made.url = str(server.make_url("")).rstrip("/")
        yield made


@pytest.fixture
async def services(db: Db, clock: TestClock, parrot: Parrot) -> AsyncIterator[Services]:
    """The shop, all of whose providers are the parrot."""
    site = Site(parrot.url, parrot.url)
    outside = Outside(Vault([SECRET]), {each.name: site for each in known_partners()}, mail_anywhere=True)
    built = build(db, clock, Rules(), Links([SECRET], "https://shop.example", clock), outside)
    yield built
    await built.calls.close()


@pytest.fixture
def clock() -> TestClock:
    """The time of this test."""
    return TestClock()


@pytest.fixture
async def shop(services: Services) -> Shop:
    """A shop with keys to everybody."""
    shop = await services.shops.claim("900", "Aurora", OWNER)
    shop = await services.methods.configure(shop, OWNER, "VENMO", {"recipient": "@aurora-shop"})
    for partner in known_partners():
        await services.providers.configure(shop, OWNER, partner.name, entered(partner.name))
    # Nobody could order while it does not say what the tax is.
    shop = await services.shops.of_tenant(shop.id)
    return await services.providers.offer(shop, OWNER, "taxjar", offered=False)


async def bought(services: Services, shop: Shop) -> Order:
    """A purchase by somebody who told everything about themselves."""
    await services.customers.set_profile(shop, ADA, EMAIL, PHONE)
    address = {"name": "Ada", "line1": STREET, "city": "Austin", "state": "TX", "postal_code": "78701"}
    await services.customers.add_address(shop, ADA, {**address, "country": "US"})
    fields = {"name": "Game", "sku": "GAME", "price_cents": 500, "is_digital": True}
    made = await services.catalog.create(shop, OWNER, fields)
    await services.key_pool.switch(shop, OWNER, made.key, on=True)
    await keys.fill(services, shop, made.key, SOLD)
    order = await buying.paid(services, shop, ADA, made, 2)
    await services.worker.drain()
    ada = await hire(services, shop, ADA)
    (account,) = (await services.identities.view(shop, ada.key)).identities
    await services.identities.keep_secret(shop, OWNER, ada.key, account.key, "refresh", ACCOUNT)
    return order


def planted() -> list[str]:
    """Every secret of the installation and the shop."""
    found = [secret for partner in known_partners() for secret in secrets_of(partner.name)]
    return [*found, *SOLD, ACCOUNT, SECRET, TOKEN]


def seen(text: str, among: list[str]) -> list[str]:
    """Which of them stand in a text."""
    return [each for each in among if each in text]


async def test_providers_that_repeat_their_keys_do_not_bring_them_into_the_log(
    services: Services, shop: Shop, parrot: Parrot, written: io.StringIO
) -> None:
    """Whatever the status: neither log nor error nor its representation quotes what was sent."""
    tried, errors = 0, []
    for partner in known_partners():
        for parrot.status in (0, 200, 302, 400, 401, 404, 409, 422, 429, 500):
            try:
                await services.providers.test(shop, partner.name)
            except (ProviderError, ShopError) as error:
                errors.append(f"{error} {error!r} {error.__cause__!r}")
            tried += 1
            services.calls.breaker.succeeded(parrot.url)
    assert tried == 10 * len(known_partners())
    assert len(errors) > 50
    assert seen(written.getvalue() + "".join(errors), planted()) == []


async def test_an_effect_that_breaks_with_all_it_knows_says_no_secret_and_nothing_of_people(
    services: Services, shop: Shop, db: Db, written: io.StringIO
) -> None:
    """Every handler raises an error that holds its whole effect; the log has its traceback all the same."""

    async def broken(effect: OutboxEffect) -> str:
        raise RuntimeError(f"{effect!r} {effect.payload} for {EMAIL} with Bearer {TOKEN}")

    for kind in EffectKind:
        services.worker.unregister(kind)
        services.worker.register(kind, broken)
    await bought(services, shop)
    assert written.getvalue().count("effect_broke") > 3
    assert "RuntimeError" in written.getvalue()
    assert seen(written.getvalue(), [*planted(), *PRIVATE]) == []
    assert await OutboxEffect.rows(db).count_documents({}) > 3


async def test_records_that_are_kept_or_given_away_hold_no_secret(
    services: Services, shop: Shop, db: Db, written: io.StringIO
) -> None:
    """Audit rows, exports, reports for sharing and the database itself, of which a backup is a copy."""
    quiet(services)
    order = await bought(services, shop)
    assert sorted(await keys.handed(services, shop, order.key)) != []
    audit = json_util.dumps([row async for row in AuditLog.rows(db).find()])
    assert "provider." in audit
    assert seen(audit, planted()) == []
    for name, kind in kinds().items():
        if kind.exports:
            parts = (await Clerk(services, shop).take(name)).parts
            text = b"".join(part.data for part in parts).decode(errors="replace")
            assert seen(text, planted()) == [], name
    stored = [row async for name in _names(db) async for row in db.database[name].find()]
    assert seen(json_util.dumps(stored), planted()) == []
    assert seen(written.getvalue(), [*planted(), *PRIVATE]) == []


async def _names(db: Db) -> AsyncIterator[str]:
    for name in await db.database.list_collection_names():
        yield name


async def test_what_is_shared_names_nobody(services: Services, shop: Shop, clock: TestClock) -> None:
    """All ten reports, as CSV and JSON, without names: no address, no e-mail, not even who bought."""
    quiet(services)
    await bought(services, shop)
    today = clock.now().date()
    for kind in ReportType:
        shown = await services.reports.report(shop, kind, Period(today, today, "UTC"), "USD")
        for written in (csv_of(shown, personal=False), json_of(shown, personal=False)):
            text = written.decode()
            assert seen(text, [*planted(), *PRIVATE, ADA.discord_id + '"', ADA.display_name]) == [], kind


async def test_pages_that_fail_say_a_reference_and_nothing_else(
    services: Services, shop: Shop, db: Db, written: io.StringIO
) -> None:
    """An order that cannot be read any more, a webhook with secrets in it: answer and log quote neither."""
    quiet(services)
    order = await bought(services, shop)
    await Order.rows(db).update_one({"_id": order.id}, {"$set": {"totalCents": EMAIL, "items": STREET}})
    path = str(services.links.invoice_url(order)).removeprefix("https://shop.example")
    app = make_app(
        db=db, cache=None, links=services.links, invoices=services.invoices, inbox=services.inbox
    )  # fmt: skip
    listener = Listener(app)
    await listener.start()
    answers: list[Any] = []
    async with ClientSession() as http:
        async with http.get(f"{listener.url}{path}") as answer:
            assert answer.status == 500
            answers.append(await answer.text())
        body = json.dumps({"id": EMAIL, "secret": SHAPED["secret_key"], "text": SOLD[0]})
        for name in [*(each.name for each in known_partners() if each.delivers), "discord", "nobody"]:
            headers = {"Stripe-Signature": f"t=1,v1={ACCOUNT}", "Authorization": f"Bearer {TOKEN}"}
            url = f"{listener.url}/webhooks/{name}/{shop.id}"
            async with http.post(url, data=body, headers=headers) as answer:
                assert answer.status >= 400
                answers.append(await answer.text())
    await listener.stop()
    assert "http_request_failed" in written.getvalue()
    assert path.rpartition("/")[2] not in written.getvalue()
    assert seen("".join(answers) + written.getvalue(), [*planted(), *PRIVATE]) == []
