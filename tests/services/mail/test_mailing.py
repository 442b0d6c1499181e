"""Owing and sending e-mail: whose service is used, which addresses are, and what a killed process leaves."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from functools import partial

import pytest
from pydantic import SecretStr

from bot.outside import Outside
from models.base import Db
from models.errors import WrongKeys
from models.flag import Flag
from models.order import Order
from models.outbox import OutboxEffect, OutboxStatus
from services import Services
from services.effects import EffectKind, Notice, notice
from services.mail.contract import Letter, usable_address
from services.mail.smtp import SmtpKeys
from services.shops import Shop
from tests.fakes.mailserver import MailServer
from tests.outside import OUTSIDE
from tests.services import buying
from tests.services.conftest import ADA, OWNER, MakeProduct, TestClock
from tests.services.mortal import dies_in

ADDRESS = "ada@engine.example"
MOST_COMMANDS = 40
LETTER = Letter("Hello", "Hello", "<p>Hello</p>")


@pytest.fixture
async def server() -> AsyncIterator[MailServer]:
    """The mail server of the installation."""
    async with MailServer() as made:
        yield made


@pytest.fixture
def outside(server: MailServer) -> Outside:
    """Shops without a mail service use it."""
    keys = SmtpKeys(sender="relay@host.example", host="localhost", port=server.port, password=SecretStr(""))
    return Outside(OUTSIDE.vault, mail=keys, mail_anywhere=True)


@pytest.mark.parametrize(
    ("typed", "used"),
    [
        (" ada@engine.example ", "ada@engine.example"),
        ("ada+shop@münchen.example", "ada+shop@xn--mnchen-3ya.example"),
        ("ada@engine.example\r\nBcc: eve@x.example", None),
        ("ada@engine.example, eve@x.example", None),
        ("Ada <ada@engine.example>", None),
        ("ada@engine", None),
        ("ada..b@engine.example", None),
        ("ädä@engine.example", None),
        ('"a b"@engine.example', None),
        ("a" * 65 + "@engine.example", None),
        ("ada@" + "e" * 64 + ".example", None),
        ("ada@-engine.example", None),
        ("", None),
        ("@", None),
        ("ada@..", None),
    ],
)
def test_an_address_is_used_if_every_mail_server_takes_it(typed: str, used: str | None) -> None:
    """One person at one host, with nothing that could add a line or a receiver."""
    assert usable_address(typed) == used


async def owed(db: Db, services: Services, shop: Shop, order: Order) -> OutboxEffect:
    """The e-mail about an order, owed as its notice owes it."""
    customer = await services.customers.set_profile(shop, ADA, ADDRESS, "")
    told = notice(Notice.ORDER_RECEIVED, shop.id, order.key, services.clock.now())
    assert await services.mailing.owe(shop, customer, told, "order_received")
    assert await services.mailing.owe(shop, customer, told, "order_received")
    [found] = await OutboxEffect.find_all(db, {"kind": EffectKind.MAIL_CUSTOMER, "orderId": order.key})
    return found


async def test_a_shops_own_service_comes_before_the_installations(
    db: Db, services: Services, shop: Shop, server: MailServer, product: MakeProduct
) -> None:
    """Its sender writes; and when its keys cannot be read any more, nobody else's takes their place."""
    mail = await owed(db, services, shop, await buying.order(services, shop, ADA, await product()))
    await services.mailing.send(shop, mail, ADDRESS, LETTER)
    values = {"sender": "own@aurora.example", "host": "localhost", "port": str(server.port)}
    shop = await services.providers.configure(shop, OWNER, "smtp", values)
    await services.mailing.send(shop, mail, ADDRESS, LETTER)
    senders = [each["From"].addresses[0].addr_spec for each in server.letters]
    assert senders == ["relay@host.example", "own@aurora.example"]
    config = {"config.password": "not sealed by us"}
    await db.database["providers"].update_one({"tenantId": shop.id}, {"$set": config})
    services.providers._remembered.forget()
    with pytest.raises(WrongKeys):
        await services.mailing.send(shop, mail, ADDRESS, LETTER)
    assert len(server.letters) == 2


async def test_many_who_owe_the_same_e_mail_at_once_owe_one(
    db: Db, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """Two workers with one notice, a retry and a crash."""
    order = await buying.order(services, shop, ADA, await product())
    await asyncio.gather(*(owed(db, services, shop, order) for _ in range(10)))
    assert len(await OutboxEffect.find_all(db, {"kind": EffectKind.MAIL_CUSTOMER})) == 1


async def test_a_worker_killed_anywhere_sends_at_most_a_repeat_with_the_same_id(
    db: Db,
    mongo_uri: str,
    services: Services,
    shop: Shop,
    product: MakeProduct,
    server: MailServer,
    clock: TestClock,
) -> None:
    """Killed after each command of the database, and once the server has taken it but not said so."""
    mug = await product(stock=None, inventory_tracked=False)
    for last in range(MOST_COMMANDS):
        server.letters.clear()
        order = await buying.order(services, shop, ADA, mug)
        await OutboxEffect.rows(db).delete_many({"kind": {"$ne": EffectKind.MAIL_CUSTOMER}})
        mail = await owed(db, services, shop, order)
        died = await _dies(db, mongo_uri, last, server, clock)
        clock.forward(seconds=60)
        await services.worker.drain()
        now = await OutboxEffect.get(db, shop.id, mail.key)
        assert now is not None
        assert (now.status, now.outcome) == (OutboxStatus.DONE, "sent")
        assert len(server.letters) == (1 if last else 2)
        assert {each["Message-ID"] for each in server.letters} == {f"<{mail.key}@host.example>"}
        if not died:
            assert last > 5, "the step was killed too seldom to prove anything"
            return
    raise AssertionError("the step never ended")


async def _dies(db: Db, uri: str, last: int, server: MailServer, clock: TestClock) -> bool:
    """Let a worker make one effect happen; False when it lived.

    It is killed after so many commands, with 0 when its e-mail was taken.
    """
    ahead = (clock.now() - datetime.now(UTC)).total_seconds()
    environ = {**os.environ, "MAIL_PORT": str(server.port), "AHEAD": str(ahead + 1)}

    def born(pid: int) -> None:
        if not last:
            server.taken = partial(os.kill, pid, signal.SIGKILL)

    died = await dies_in(environ, born, db, uri, last or -1, "work")
    server.taken = lambda: None
    return died


async def test_reminders_of_many_sweepers_are_owed_once(
    db: Db, services: Services, shop: Shop, product: MakeProduct, clock: TestClock
) -> None:
    """Ten at once, and again."""
    placed = [await buying.order(services, shop, ADA, await product(f"Mug {each}")) for each in range(3)]
    clock.forward(hours=19)
    for _ in range(2):
        await asyncio.gather(*(services.sweeper.sweep() for _ in range(10)))
    found = await OutboxEffect.find_all(db, {"payload.event": Notice.HOLD_ENDING})
    assert {each.order_id for each in found} == {each.key for each in placed}
    assert len(found) == len(placed)


async def test_e_mails_that_are_switched_off_are_owed_no_more_and_those_owed_still_go_out(
    db: Db, services: Services, shop: Shop, server: MailServer, product: MakeProduct
) -> None:
    """By event and altogether; the shop's own address is told as before."""
    await owed(db, services, shop, await buying.order(services, shop, ADA, await product()))
    customer = await services.customers.of(shop, ADA)

    async def owes(switch: str, order_id: str) -> bool:
        told = notice(Notice.ORDER_RECEIVED, shop.id, order_id, services.clock.now())
        return await services.mailing.owe(shop, customer, told, switch)

    chosen = {"events": ("refunds", "order_shipped")}
    await services.flags.fill(shop, OWNER, Flag.EMAIL, chosen, 0)
    assert await owes("refunds", "1")
    assert not await owes("order_received", "2")
    await services.flags.switch(shop, OWNER, Flag.EMAIL, on=False)
    assert not await owes("refunds", "3")
    assert services.mailing.ready(shop)
    assert not await services.mailing.offers(shop)
    await services.worker.drain()
    assert [each["To"].addresses[0].addr_spec for each in server.letters] == [ADDRESS]
    shop = await services.shops.configure(shop, OWNER, admin_notify_email="staff@aurora.example")
    assert await services.mailing.owe_staff(shop, "x", {}, None)
