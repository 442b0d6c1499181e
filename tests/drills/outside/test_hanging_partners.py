"""A partner that hangs: what is owed to it waits and is done once, and others do not wait for it."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.outside import Outside
from bot.wiring import build
from models.base import Db
from models.errors import TaxUnknown, Unavailable
from models.order import Order
from models.outbox import OutboxEffect, OutboxStatus
from services import Services
from services.shops import Shop
from tests.drills.outside.hanging import HASTY, others_are_served
from tests.drills.outside.partners import Carrier, Partner, Tax, easypost, sendgrid, smtp, taxjar
from tests.services import refunding, test_taxes
from tests.services.books_kept import books_findings
from tests.services.conftest import ADA, MakeProduct, TestClock
from tests.services.quiet import quiet
from tests.services.shipping import sending

EACH = [easypost, taxjar, sendgrid, smtp]


@pytest.fixture
def clock() -> TestClock:
    """The time of this drill."""
    return TestClock()


@pytest.fixture(params=EACH, ids=lambda partner: partner.__name__)
async def partner(request: pytest.FixtureRequest) -> AsyncIterator[Partner]:
    """Each partner in turn, or the one that a drill is about."""
    async with request.param() as opened:
        yield opened


@pytest.fixture
def outside(partner: Partner) -> Outside:
    """It answers here."""
    return partner.outside


@pytest.fixture
async def services(services: Services) -> Services:
    """A house with a Discord that takes everything."""
    quiet(services)
    return services


@pytest.fixture
async def hasty(db: Db, clock: TestClock, services: Services, outside: Outside) -> AsyncIterator[Services]:
    """The same house, with little patience."""
    built = build(db, clock, HASTY, services.links, outside)
    quiet(built)
    yield built
    await built.calls.close()


async def owed(db: Db, partner: Partner) -> OutboxEffect:
    """What is owed to it."""
    (found,) = await OutboxEffect.find_all(db, {"kind": partner.kind})
    return found


async def test_what_is_owed_to_a_partner_that_hangs_waits_and_is_done_once(
    db: Db,
    services: Services,
    hasty: Services,
    shop: Shop,
    product: MakeProduct,
    partner: Partner,
    clock: TestClock,
) -> None:
    """What it was told it does late, unseen; asked again it does no more than that."""
    await partner.owe(db, services, shop, product)
    partner.hang()
    await hasty.worker.drain()
    waits = await owed(db, partner)
    assert (waits.status, waits.last_error) == (OutboxStatus.PENDING, partner.word)
    assert waits.next_attempt_at > clock.now()
    partner.resume()
    clock.forward(minutes=2)
    await services.worker.drain()
    assert (await owed(db, partner)).status is OutboxStatus.DONE
    assert partner.done() == 1
    assert await books_findings(db, clock) == []


async def test_others_are_served_while_a_partner_is_waited_for(
    db: Db, services: Services, shop: Shop, product: MakeProduct, partner: Partner
) -> None:
    """What is owed to them is done beside it."""
    await partner.owe(db, services, shop, product)
    partner.hang()
    waiting = asyncio.create_task(services.worker.drain())
    await partner.reached()
    await others_are_served(db, services)
    assert not waiting.done()
    partner.resume()
    await waiting
    assert (await owed(db, partner)).status is OutboxStatus.DONE
    assert partner.done() == 1


@pytest.mark.parametrize("partner", [taxjar], indirect=True)
async def test_a_tax_that_nobody_tells_is_asked_for_again_later(
    db: Db, services: Services, hasty: Services, shop: Shop, product: MakeProduct, partner: Tax
) -> None:
    """Nothing is ordered without it, and the cart stays; when TaxJar answers, its order goes through."""
    shop = await test_taxes.with_taxjar(services, shop)
    await services.carts.add(shop, ADA, (await product()).key)
    partner.hang()
    view = await test_taxes.review(hasty, shop)
    assert (view.tax.problem, view.tax.blocks) == ("provider_away", True)
    with pytest.raises(TaxUnknown):
        await test_taxes.confirm(hasty, shop, view)
    assert await Order.find_all(db, {}) == []
    partner.resume()
    view = await test_taxes.review(services, shop)
    assert (await test_taxes.confirm(services, shop, view)).tax_amount_cents == 133


@pytest.mark.parametrize("partner", [easypost], indirect=True)
async def test_a_price_that_nobody_tells_leaves_the_parcel_as_it_was(
    db: Db, services: Services, hasty: Services, shop: Shop, product: MakeProduct, partner: Carrier
) -> None:
    """Staff are told that EasyPost is away; asked again it has prices, and nothing was bought."""
    shop = await sending.opened(services, shop)
    of = await refunding.basket(product)
    paid = await sending.paid(db, services, shop, of)
    partner.hang()
    with pytest.raises(Unavailable):
        await sending.quoted(hasty, shop, paid, of)
    assert (await services.ship_desk.view(shop, paid.key)).shipment.parcels == []
    partner.resume()
    assert (await sending.quoted(services, shop, paid, of)).rates
    assert partner.done() == 0
