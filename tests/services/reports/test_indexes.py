"""Reports read by indexes that hold all they sum up, and never anybody else's records."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from bson import ObjectId
from motor.motor_asyncio import AsyncIOMotorClient

from models.base import Db, Document
from models.discount import Discount
from models.entitlement import Entitlement
from models.fund import CommunityFundContribution
from models.fund_ledger import FundEntry
from models.inventory import InventoryMove, InventorySnapshot, InventoryTransaction
from models.order import Order, OrderStatus
from models.order_parts import OrderItem
from models.payment import Payment
from models.product import Product
from models.registry import create_indexes
from models.session import OrderSession
from models.shipment import Shipment
from services.reports import known_reports
from services.reports.contract import ReportType
from services.reports.period import Period
from services.reports.report import Question
from tests.models.samples import sample
from tests.models.test_queries import SENT_ALONG, Recorder, stages, statistics

PERIOD = Period(date(2026, 3, 1), date(2026, 4, 30), "Europe/Berlin")
AT = datetime(2026, 3, 20, 12, tzinfo=UTC)
MINE, OTHERS = 40, 300
DISCOUNT = str(ObjectId())
# What has to be looked up in the records themselves: lines of orders, names, and what stands still.
FETCHED = {
    ReportType.PRODUCT_PERFORMANCE: {"orders", "products"},
    ReportType.CUSTOMER_INSIGHTS: {"customers"},
    ReportType.INVENTORY_HEALTH: {"products", "inventorysnapshots"},
    ReportType.DISCOUNT_PERFORMANCE: {"discounts"},
    ReportType.FULFILLMENT_PERFORMANCE: {"orders", "entitlements", "shipments"},
}


@pytest.fixture
def recorder() -> Recorder:
    """What was sent in this test."""
    return Recorder()


@pytest.fixture
async def busy(mongo_uri: str, database_name: str, recorder: Recorder) -> AsyncIterator[Db]:
    """A database with a small shop and a neighbour who trades ten times as much."""
    client = AsyncIOMotorClient[dict[str, Any]](mongo_uri, tz_aware=True, event_listeners=[recorder])
    db = Db(client=client, database=database_name)
    await create_indexes(db)
    for tenant_id, many in (("a", MINE), ("b", OTHERS)):
        every = zip(*(trade(tenant_id, n) for n in range(many)), strict=True)
        for records in every:
            await type(records[0]).insert_all(db, records)
    recorder.seen.clear()
    yield db
    client.close()


def trade(tenant_id: str, n: int) -> list[Document]:
    """One of everything that reports count, a day after the other."""
    of: dict[str, Any] = {"tenant_id": tenant_id}
    at = AT + timedelta(hours=n)
    money: dict[str, Any] = {**of, "currency": "USD"}
    item, product = (
        sample(OrderItem, product_id=f"{n % 3}"),
        sample(Product, **money, sku=f"{n}", cost_cents=3),
    )
    return [
        sample(
            Order, **money, order_number=f"{n}", status=OrderStatus.PAID, items=[item], paid_at=at,
            customer_id=str(ObjectId()), discount_id=DISCOUNT, awaits_parcel=n < 3,
        ),
        sample(Order, **money, order_number=f"u{n}"),
        sample(Payment, **money, order_id=f"{n}", created_at=at, confirmed_at=at),
        product,
        sample(InventorySnapshot, **of, product_id=product.key, quantity_available=2),
        sample(
            InventoryTransaction, **of, product_id=product.key, type=InventoryMove.SALE, quantity_delta=-1,
            created_at=at,
        ),
        sample(InventoryTransaction, **of, product_id=product.key, type=InventoryMove.RESTOCK, created_at=at),
        sample(OrderSession, **of, discord_user_id=f"{n}", created_at=at),
        sample(Shipment, **of, order_id=f"{n}", paid_at=AT, shipped_at=at, delivered_at=at + timedelta(1)),
        sample(Entitlement, **of, order_id=f"{n}", created_at=at),
        sample(FundEntry, **money, at=at),
        sample(CommunityFundContribution, **money, order_id=f"{n}", created_at=at),
        sample(Discount, **of, id=ObjectId(DISCOUNT) if n == 0 and tenant_id == "a" else ObjectId()),
    ]  # fmt: skip


async def looked_at(db: Db, command: dict[str, Any]) -> tuple[set[str], int, int]:
    """(stages, records read, entries of indexes read) of a command that was sent."""
    bare = {key: value for key, value in command.items() if key not in SENT_ALONG and key[0] != "$"}
    bare.pop("maxTimeMS", None)
    answer = await db.database.command("explain", bare, verbosity="executionStats")
    read = list(statistics(answer))
    return (
        set(stages(answer)),
        max((each["totalDocsExamined"] for each in read), default=0),
        max((each["totalKeysExamined"] for each in read), default=0),
    )


@pytest.mark.parametrize("kind", known_reports())
async def test_a_report_reads_its_own_records_by_covering_indexes(
    busy: Db, recorder: Recorder, kind: ReportType
) -> None:
    """No scan, no record where the index holds all, and nothing of the neighbour's."""
    await known_reports()[kind].query(Question(busy, "a", PERIOD, "USD", AT + timedelta(days=30)))
    sent = list(recorder.seen)
    assert sent
    for command in sent:
        collection = command.get("aggregate") or command.get("find")
        used, records, keys = await looked_at(busy, command)
        told = (collection, used, records, keys)
        assert "COLLSCAN" not in used, told
        assert used & {"IXSCAN", "IDHACK", "COUNT_SCAN"}, told
        assert records <= 2 * MINE + 2, told
        assert keys <= 2 * MINE + 2, told
        if collection not in FETCHED.get(kind, set()):
            assert records <= (1 if "find" in command else 0), told


async def test_a_report_without_its_index_is_seen(busy: Db, recorder: Recorder) -> None:
    """Proof that the test above can fail."""
    await Order.rows(busy).aggregate([{"$match": {"notes": "x"}}]).to_list(None)
    await (
        Order.rows(busy)
        .aggregate([{"$match": {"tenantId": "b"}}, {"$group": {"_id": "$notes"}}])
        .to_list(None)
    )
    first, second = [await looked_at(busy, command) for command in recorder.seen[:2]]
    assert "COLLSCAN" in first[0]
    assert second[1] > MINE


@pytest.mark.parametrize("kind", known_reports())
async def test_no_report_knows_of_another_shop(busy: Db, kind: ReportType) -> None:
    """A shop that did nothing sees nothing, however busy its neighbours are."""
    report = known_reports()[kind]
    nothing = await report.query(Question(busy, "c", PERIOD, "USD", AT))
    mine = await report.query(Question(busy, "a", PERIOD, "USD", AT))
    assert all(figure.value in {0, None} for figure in report.figures(nothing, nothing))
    assert any(figure.value for figure in report.figures(mine, nothing))
