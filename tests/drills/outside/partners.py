"""Partners beside those who take payments: what a shop owes to each, and how often it was really done."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol

from bot.outside import Outside
from models.base import Db
from models.outbox import OutboxEffect
from services import Services
from services.effects import EffectKind, Notice, notice
from services.payments.processor import Site
from services.shops import Shop
from tests.fakes.easypost import EasyPost
from tests.fakes.mailserver import MailServer
from tests.fakes.provider import FakeProvider
from tests.fakes.sendgrid import SendGrid
from tests.fakes.taxjar import TaxJar
from tests.outside import OUTSIDE
from tests.services import buying, refunding, test_taxes
from tests.services.conftest import ADA, OWNER, MakeProduct
from tests.services.quiet import quiet
from tests.services.shipping import sending


class Partner(Protocol):
    """One of them; `word` is why what is owed waits while it hangs."""

    word: str
    kind: EffectKind

    @property
    def outside(self) -> Outside:
        """It answers here."""

    async def owe(self, db: Db, services: Services, shop: Shop, product: MakeProduct) -> None:
        """Let the shop owe it something."""

    def hang(self) -> None:
        """Answer nothing from now on."""

    async def reached(self) -> None:
        """Return when somebody waits for its answer."""

    def resume(self) -> None:
        """Do what waited, and answer again."""

    def done(self) -> int:
        """How many different things it did."""


class _Provider[F: FakeProvider]:
    """What all share that speak HTTP."""

    def __init__(self, fake: F) -> None:
        self.fake = fake

    def hang(self) -> None:
        self.fake.stall()

    async def reached(self) -> None:
        await self.fake.stalled()

    def resume(self) -> None:
        self.fake.resume()


class Carrier(_Provider[EasyPost]):
    """EasyPost, of which a label was asked for."""

    word, kind = "label_unknown", EffectKind.LABEL_BUY

    @property
    def outside(self) -> Outside:
        return Outside(OUTSIDE.vault, {"easypost": Site(self.fake.url)})

    async def owe(self, db: Db, services: Services, shop: Shop, product: MakeProduct) -> None:
        shop = await sending.opened(services, shop)
        of = await refunding.basket(product)
        paid = await sending.paid(db, services, shop, of)
        await services.worker.drain()
        await sending.buying(services, shop, paid, of)

    def done(self) -> int:
        return len(self.fake.bought)


class Tax(_Provider[TaxJar]):
    """TaxJar, which is to note a sale."""

    word, kind = "provider_away", EffectKind.TAX_RECORD

    @property
    def outside(self) -> Outside:
        return Outside(OUTSIDE.vault, {"taxjar": Site(self.fake.url, self.fake.url)})

    async def owe(self, db: Db, services: Services, shop: Shop, product: MakeProduct) -> None:
        shop = await test_taxes.with_taxjar(services, shop)
        order = await test_taxes.confirm_one(services, shop, product)
        await services.worker.drain()
        await test_taxes.pay(services, shop, order)
        assert await OutboxEffect.find_all(db, {"kind": self.kind})

    def done(self) -> int:
        return len(self.fake.orders)


async def _owe_mail(
    db: Db, services: Services, shop: Shop, product: MakeProduct, name: str, keys: dict[str, str]
) -> None:
    quiet(services)
    shop = await services.providers.configure(shop, OWNER, name, keys)
    order = await buying.order(services, shop, ADA, await product())
    await services.worker.drain()
    customer = await services.customers.set_profile(shop, ADA, "ada@engine.example", "")
    told = notice(Notice.ORDER_RECEIVED, shop.id, order.key, services.clock.now())
    assert await services.mailing.owe(shop, customer, told, "order_received")
    assert await OutboxEffect.find_all(db, {"kind": EffectKind.MAIL_CUSTOMER})


class Letters(_Provider[SendGrid]):
    """SendGrid, to which a letter was given: one that was sent again has the same id."""

    word, kind = "mail_away", EffectKind.MAIL_CUSTOMER

    @property
    def outside(self) -> Outside:
        return Outside(OUTSIDE.vault, {"sendgrid": Site(self.fake.url)})

    async def owe(self, db: Db, services: Services, shop: Shop, product: MakeProduct) -> None:
        keys = {"api_key": SendGrid.KEY, "sender": SendGrid.SENDER}
        await _owe_mail(db, services, shop, product, "sendgrid", keys)

    def done(self) -> int:
        assert len(self.fake.sent) <= 2
        return len({each["headers"]["Message-ID"] for each in self.fake.sent})


class Post:
    """A mail server, which takes a letter and does not say so."""

    word, kind = "mail_away", EffectKind.MAIL_CUSTOMER

    def __init__(self, server: MailServer) -> None:
        self.server = server

    @property
    def outside(self) -> Outside:
        return Outside(OUTSIDE.vault, mail_anywhere=True)

    async def owe(self, db: Db, services: Services, shop: Shop, product: MakeProduct) -> None:
        keys = {"sender": "own@aurora.example", "host": "localhost", "port": str(self.server.port)}
        await _owe_mail(db, services, shop, product, "smtp", keys)

    def hang(self) -> None:
        self.server.says("DATA", MailServer.HANG)

    async def reached(self) -> None:
        async with asyncio.timeout(30):
            while "DATA" not in self.server.commands:  # noqa: ASYNC110 - the library tells nobody
                await asyncio.sleep(0.01)

    def resume(self) -> None:
        self.server.answers.clear()
        self.server.let_go()

    def done(self) -> int:
        assert len(self.server.letters) <= 2
        return len({each["Message-ID"] for each in self.server.letters})


@asynccontextmanager
async def _opened[F: FakeProvider | MailServer](
    fake: AbstractAsyncContextManager[F], partner: Callable[[F], Partner]
) -> AsyncIterator[Partner]:
    async with fake as running:
        yield partner(running)


def easypost() -> AbstractAsyncContextManager[Partner]:
    """EasyPost."""
    return _opened(EasyPost(), Carrier)


def taxjar() -> AbstractAsyncContextManager[Partner]:
    """TaxJar."""
    return _opened(TaxJar(), Tax)


def sendgrid() -> AbstractAsyncContextManager[Partner]:
    """SendGrid."""
    return _opened(SendGrid(), Letters)


def smtp() -> AbstractAsyncContextManager[Partner]:
    """A mail server."""
    return _opened(MailServer(), Post)
