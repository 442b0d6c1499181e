"""A shop of its own for every test of the services."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest

from bot.outside import Outside
from bot.wiring import build
from models.base import Db
from models.member import Member
from models.product import Product
from services import Services
from services.books.contract import Finding
from services.calls import Calls
from services.links import Links
from services.rules import Rules
from services.shops import Shop
from tests.outside import OUTSIDE
from tests.services.books_kept import books_findings

OWNER = Member("1", "olivia", "Olivia", owns_guild=True)
ADA = Member("2", "ada", "Ada", locale="en-US")
BOB = Member("3", "bob", "Bob")

type Audited = Callable[..., Awaitable[list[Finding]]]
type MakeProduct = Callable[..., Awaitable[Product]]


class TestClock:
    """A clock that tests set forward."""

    __test__ = False

    def __init__(self) -> None:
        self.time = datetime.now(UTC).replace(microsecond=0)

    def now(self) -> datetime:
        """The time that the test set."""
        return self.time

    def forward(self, **by: float) -> None:
        """Let time pass, in the units of timedelta."""
        self.time += timedelta(**by)


@pytest.fixture
def clock() -> TestClock:
    """The time of this test."""
    return TestClock()


@pytest.fixture
async def calls(clock: TestClock) -> AsyncIterator[Calls]:
    """The way out, closed afterwards."""
    way_out = Calls(clock)
    yield way_out
    await way_out.close()


@pytest.fixture
def outside() -> Outside:
    """How outside services are reached; tests with a stand-in for one say where it answers."""
    return OUTSIDE


@pytest.fixture
async def services(db: Db, clock: TestClock, outside: Outside) -> AsyncIterator[Services]:
    """Every service over this test's database, without Redis."""
    links = Links(["a-secret-that-is-long-enough-for-tests"], "https://shop.example", clock)
    built = build(db, clock, Rules(), links, outside)
    yield built
    await built.calls.close()


@pytest.fixture
async def shop(services: Services) -> Shop:
    """A claimed shop that takes Venmo and Zelle."""
    shop = await services.shops.claim("900", "Aurora", OWNER)
    shop = await services.methods.configure(shop, OWNER, "VENMO", {"recipient": "@aurora-shop"})
    return await services.methods.configure(shop, OWNER, "ZELLE", {"recipient": "pay@aurora.example"})


@pytest.fixture
def product(services: Services, shop: Shop) -> MakeProduct:
    """Puts a digital product on the shelf with `stock` units, or untracked with None."""

    async def make(name: str = "Mug", price: int = 1500, stock: int | None = 10, **fields: object) -> Product:
        made = await services.catalog.create(
            shop,
            OWNER,
            {
                "name": name,
                "sku": name.upper()[:40],
                "price_cents": price,
                "is_digital": True,
                "inventory_tracked": stock is not None,
                **fields,
            },
        )
        if stock:
            await services.stock.restock(shop, OWNER, made.key, stock, "first delivery")
        return made

    return make


@pytest.fixture
def audited(db: Db, clock: TestClock) -> Audited:
    """Audits this test's database by the test's clock; what is found, nothing in a shop that is in order."""

    async def audit(*, running: bool = False, tenant_id: str | None = None) -> list[Finding]:
        return await books_findings(db, clock, running=running, tenant_id=tenant_id)

    return audit
