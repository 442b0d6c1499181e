"""Processes that kill themselves right after their n-th database command was carried out.

Run as `python -m tests.services.dying` it makes one for each line of its input (tests/services/mortal.py), by
fork: what takes a second to import is imported once. Status 0 when the step ended before.
"""

import asyncio
import contextlib
import json
import os
import signal
import sys
import traceback
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from motor.motor_asyncio import AsyncIOMotorClient
from pymongo.monitoring import (
    CommandFailedEvent,
    CommandListener,
    CommandStartedEvent,
    CommandSucceededEvent,
)

from bot.outside import Outside
from bot.wiring import build
from models.base import Db, transact
from models.outbox import OutboxEffect
from services import Services
from services.clock import SystemClock
from services.csv.contract import Desk
from services.donations import Gift
from services.effects import EffectKind, assign_keys
from services.links import Links
from services.mail.smtp import SmtpKeys
from services.payments.processor import Money, News, Site, What
from services.rules import Rules
from services.settling.credit import Picked
from services.shipping.contract import Movement, Track
from services.shops import Shop
from services.worker import EffectFailed
from tests.outside import OUTSIDE
from tests.services import keys
from tests.services.conftest import ADA, OWNER


class Ahead(SystemClock):
    """The clock of a test that set it forward."""

    def __init__(self, by: timedelta) -> None:
        self._by = by

    def now(self) -> datetime:
        """The time of that test."""
        return super().now() + self._by


class Executioner(CommandListener):
    """Counts commands; after the n-th the process is gone, without any chance to tidy up."""

    def __init__(self, last: int) -> None:
        self.left = last

    def started(self, event: CommandStartedEvent) -> None:
        """Nothing yet: the server has not seen it."""

    def succeeded(self, _event: CommandSucceededEvent) -> None:
        """The server has carried it out; its answer dies with us."""
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def failed(self, event: CommandFailedEvent) -> None:
        """A refused command changes nothing."""


async def step(services: Services, shop: Shop, name: str, arguments: list[Any], db: Db) -> None:
    """The step during which the process dies."""
    steps: dict[str, Callable[..., Awaitable[object]]] = {
        "place": partial(services.placement.place, shop, ADA),
        "approve": partial(services.claims.approve, shop, OWNER),
        "cancel": partial(services.orders.cancel, shop, ADA),
        "claim": partial(services.claims.claim, shop, ADA),
        "granted": partial(deliver, services, shop, "granted"),
        "failed": partial(deliver, services, shop, "failed"),
        "note": partial(services.orders.add_note, shop, OWNER),
        "adjust": partial(services.stock.adjust, shop, OWNER),
        "rejoined": partial(services.delivery.rejoined, shop, ADA),
        "give_up": partial(give_up, services),
        "told": partial(told, services, shop),
        "page": partial(page, services, shop),
        "webhook": partial(webhook, services, shop),
        "by_hand": partial(services.queue.close, shop, OWNER),
        "merge": partial(services.merging.merge, shop, OWNER),
        "erase": partial(services.erasure.erase, shop, OWNER),
        "restock": partial(services.stock.restock, shop, OWNER),
        "withdraw": partial(services.waitlist.withdraw, shop, ADA),
        "sweep": services.sweeper.sweep,
        "work": services.worker.drain,
        "assign": partial(assign, services),
        "import": partial(keys.fill, services, shop),
        "replace": partial(services.keys.replace, shop, OWNER),
        "revoke": partial(revoke, services, shop, db),
        "end": services.role_terms.sweep,
        "take_back": partial(take_back, services, shop),
        "went_back": partial(went_back, services, shop),
        "send": partial(services.ship_desk.send, shop, OWNER),
        "buy_label": partial(services.labels.buy, shop, OWNER),
        "bring": partial(bring, services, shop),
        "arrives": partial(arrives, services, shop),
        "donate": partial(donate, services, shop),
        "disburse": partial(services.fund_desk.disburse, shop, OWNER),
        "move": partial(services.moving.move, OWNER),
        "reverse": partial(services.fund_desk.reverse, shop, OWNER),
    }
    await steps[name](*arguments)


async def bring(services: Services, shop: Shop, import_id: str) -> None:
    """What happens when staff press Import."""
    await services.imports.apply(Desk(shop, OWNER), import_id)


async def page(services: Services, shop: Shop, order_id: str) -> None:
    """What happens when a customer wants to pay."""
    view = await services.orders.staff_view(shop, order_id)
    await services.hosted.open(shop, view.order)


async def told(services: Services, shop: Shop, order_id: str, ref: str, cents: int) -> None:
    """What happens when a provider says that an order was paid."""
    news = News(What.PAID, order_id=order_id, charge_ref=ref, amount=Money(cents, "USD"))
    await services.hosted.take(shop.id, "cashapp_pay", news)


async def webhook(services: Services, shop: Shop, name: str, body: str, headers: dict[str, str]) -> None:
    """What the listener and the worker behind it do with a delivery; its answer is left in a file."""
    status = await services.inbox.receive(name, shop.id, body.encode(), headers)
    Path(os.environ["ANSWER"]).write_text(str(status))  # noqa: ASYNC240 - nobody else waits for this loop
    await services.inbox.drain()


async def deliver(services: Services, shop: Shop, how: str, entitlement_id: str) -> None:
    """What the handler of a role does once Discord has answered."""
    owed = await services.delivery.owed(shop.id, entitlement_id)
    if owed is not None and how == "granted":
        await services.delivery.granted(owed)
    elif owed is not None:
        await services.delivery.failed(owed, "role_too_high")


async def assign(services: Services, tenant_id: str, entitlement_id: str, order_id: str) -> None:
    """What the worker does about the keys of a paid order."""
    with contextlib.suppress(EffectFailed):
        await services.keys.assign(assign_keys(entitlement_id, tenant_id, order_id, services.clock.now()))


async def revoke(services: Services, shop: Shop, db: Db, order_id: str, product_id: str) -> None:
    """What happens when a line of an order is refunded."""
    taking = services.revocation.revoke
    await transact(db, lambda tx: taking(shop.id, order_id, [product_id], "refunded", tx))


async def take_back(services: Services, shop: Shop, payment_id: str, product_id: str, cents: int) -> None:
    """What happens when staff note that they gave money back for two pieces of a line."""
    picked = Picked({product_id: 2})
    await services.refunds.take_back(
        shop, OWNER, payment_id, picked, cents, "sorry", restock=True, by_hand=True
    )


async def went_back(services: Services, shop: Shop, order_id: str, charge: str, ref: str, cents: int) -> None:
    """What happens when a provider says that money went back."""
    amount = Money(cents, "USD")
    news = News(What.REFUNDED, order_id=order_id, charge_ref=charge, refund_ref=ref, amount=amount)
    await services.hosted.take(shop.id, "cashapp_pay", news)


async def arrives(services: Services, shop: Shop, ref: str, number: str, movement: str) -> None:
    """What happens when a carrier says where a parcel is."""
    track = Track(ref, number, "USPS", Movement(movement))
    await services.tracking.take(shop.id, "easypost", track)


async def donate(services: Services, shop: Shop, key: str, cents: int) -> None:
    """What happens when a gift is confirmed."""
    await services.donations.place(shop, ADA, Gift(key, cents, "VENMO", anonymous=False))


async def give_up(services: Services) -> None:
    """Let every notice that is due fail for good."""

    async def fail(_: OutboxEffect) -> str:
        raise EffectFailed("broken", final=True)

    services.worker.register(EffectKind.CUSTOMER_NOTICE, fail)
    await services.worker.drain()


async def main(uri: str, database: str, last: str, name: str, arguments: str) -> None:
    """Prepare without being counted, then live dangerously."""
    executioner = Executioner(-1)
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(
        uri, tz_aware=True, event_listeners=[executioner]
    )
    clock = Ahead(timedelta(seconds=float(os.environ.get("AHEAD", "0"))))
    links = Links(["a-secret-that-is-long-enough-for-tests"], "https://shop.example", clock)
    nobody = "http://127.0.0.1:9"
    sites = {
        "cashapp_pay": Site(os.environ.get("SQUARE_URL", nobody)),
        "easypost": Site(os.environ.get("EASYPOST_URL", nobody)),
    }
    port = os.environ.get("MAIL_PORT")
    mail = SmtpKeys(sender="relay@host.example", host="localhost", port=int(port)) if port else None
    db = Db(client=client, database=database)
    services = build(db, clock, Rules(), links, Outside(OUTSIDE.vault, sites, mail=mail))
    shop = await services.shops.of_guild("900")
    executioner.left = int(last)
    await step(services, shop, name, json.loads(arguments), db)


def live(arguments: list[str], environ: dict[str, str]) -> None:
    """What a child does, which no test waits for longer than a minute."""
    signal.alarm(60)
    # What it says by mistake must not be taken for the parent's word.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    os.environ.clear()
    os.environ.update(environ)
    try:
        asyncio.run(main(*arguments))
    except BaseException:  # noqa: BLE001 - whatever it was, the parent's work must not go on here
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def bear() -> None:
    """Make a process for each line, and say its id and then its status."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            live(**json.loads(line))
        _say(child)
        _say(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


def _say(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    bear()
