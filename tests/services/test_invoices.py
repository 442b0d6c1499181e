import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from motor.motor_asyncio import AsyncIOMotorClient

from models.base import Db
from models.errors import NotFound, Refused
from models.order import Order, OrderStatus
from models.registry import create_indexes
from services.invoices import Invoices
from tests.invoicing import a_payment, an_order, open_shop, sell


@pytest.fixture
async def db(mongo_uri: str, database_name: str) -> AsyncIterator[Db]:
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(mongo_uri)
    db = Db(client, database=database_name)
    await create_indexes(db)
    yield db
    client.close()


async def test_a_view_holds_all_that_a_page_shows(db: Db) -> None:
    """Order, payment, shop and set-up come together."""
    await open_shop(db)
    order = await sell(db, an_order())
    view = await Invoices(db).view("tenant-a", order.key)
    assert (view.order.key, view.payment.order_id) == (order.key, order.key)
    assert (view.tenant.name, view.config.guild_id) == ("Mug Market", "guild-of-tenant-a")


@pytest.mark.parametrize("order_id", ["", "0" * 24, "no id", "\x00", "{'$ne': null}"])
async def test_an_unknown_order_has_no_view(db: Db, order_id: str) -> None:
    """An id that names nothing is not found, whatever it looks like."""
    await open_shop(db)
    with pytest.raises(NotFound):
        await Invoices(db).view("tenant-a", order_id)


async def test_another_tenants_order_has_no_view(db: Db) -> None:
    """An order is as good as unknown to every shop but its own."""
    await open_shop(db)
    await open_shop(db, "tenant-b")
    order = await sell(db, an_order("tenant-b"))
    with pytest.raises(NotFound):
        await Invoices(db).view("tenant-a", order.key)
    with pytest.raises(NotFound):
        await Invoices(db).assign_number("tenant-a", order.key)


async def test_an_order_without_its_payment_or_shop_has_no_view(db: Db) -> None:
    """A page that could only be half right is not shown."""
    order = await an_order().insert(db)
    await open_shop(db)
    with pytest.raises(NotFound):
        await Invoices(db).view("tenant-a", order.key)
    homeless = await sell(db, an_order("tenant-c"))
    with pytest.raises(NotFound):
        await Invoices(db).view("tenant-c", homeless.key)


async def test_numbers_follow_one_another_in_each_tenant(db: Db) -> None:
    """Every shop counts from INV-000001, and asking again gives the same number."""
    first = await sell(db, an_order(order_number="1"))
    second = await sell(db, an_order(order_number="2"))
    other = await sell(db, an_order("tenant-b"))
    invoices = Invoices(db)
    assert await invoices.assign_number("tenant-a", first.key) == "INV-000001"
    assert await invoices.assign_number("tenant-a", second.key) == "INV-000002"
    assert await invoices.assign_number("tenant-a", first.key) == "INV-000001"
    assert await invoices.assign_number("tenant-b", other.key) == "INV-000001"
    stored = await Order.get(db, "tenant-a", second.key)
    assert stored is not None
    assert stored.invoice_number == "INV-000002"


async def test_thirty_orders_at_once_get_thirty_numbers_in_a_row(db: Db) -> None:
    """However many are paid at the same moment, by as many processes, no number is skipped or given twice."""
    orders = [await sell(db, an_order(order_number=str(n))) for n in range(30)]
    numbers = await asyncio.gather(*(Invoices(db).assign_number("tenant-a", o.key) for o in orders))
    assert sorted(numbers) == [f"INV-{n:06d}" for n in range(1, 31)]


async def test_one_order_asked_for_thirty_times_at_once_has_one_number(db: Db) -> None:
    """A doubled effect finds the number that its twin gave; the next order's number follows it."""
    order = await sell(db, an_order(order_number="1"))
    after = await sell(db, an_order(order_number="2"))
    asked = (Invoices(db).assign_number("tenant-a", order.key) for _ in range(30))
    assert set(await asyncio.gather(*asked)) == {"INV-000001"}
    assert await Invoices(db).assign_number("tenant-a", after.key) == "INV-000002"


async def test_an_order_that_was_never_paid_gets_no_number(db: Db) -> None:
    """The refusal leaves no gap behind."""
    unpaid = an_order(order_number="1", paid_at=None, status=OrderStatus.PENDING_PAYMENT)
    await unpaid.insert(db)
    await a_payment(unpaid).insert(db)
    paid = await sell(db, an_order(order_number="2"))
    invoices = Invoices(db)
    with pytest.raises(Refused):
        await invoices.assign_number("tenant-a", unpaid.key)
    assert await invoices.assign_number("tenant-a", paid.key) == "INV-000001"


async def test_a_refunded_order_keeps_its_right_to_a_number(db: Db) -> None:
    """What was paid once is invoiced, also when the money went back since."""
    order = await sell(db, an_order(status=OrderStatus.REFUNDED, refunded_cents=2500))
    assert await Invoices(db).assign_number("tenant-a", order.key) == "INV-000001"
