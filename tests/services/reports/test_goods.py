"""Stock and fulfilment in reports equal what plain Python makes of the same records."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from bson import ObjectId
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.base import Db
from models.entitlement import Entitlement, EntitlementStatus
from models.inventory import InventoryMove, InventorySnapshot, InventoryTransaction
from models.order import Order, OrderStatus
from models.product import Product
from models.shipment import Shipment, ShipmentStatus
from services import Services
from services.reports.contract import ReportType
from services.reports.fulfillment_performance import REPORT as FULFILMENT
from services.reports.inventory_health import REPORT as STOCK
from services.reports.period import Period, Preset
from services.shops import Shop
from tests.models.samples import sample
from tests.services.conftest import MakeProduct
from tests.services.reports.trade import CURRENCY, OTHER, Trade, moments, periods, several

some = settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))


@st.composite
def products(draw: st.DrawFn, trade: Trade) -> list[Product]:
    """Some products, counted or not, some without a known cost."""
    return [
        sample(
            Product,
            id=ObjectId(key),
            tenant_id=trade.tenant_id,
            name=f"p{at}",
            sku=f"S{at}",
            currency=draw(st.sampled_from([CURRENCY, CURRENCY, OTHER])),
            inventory_tracked=draw(st.sampled_from([True, True, False])),
            cost_cents=draw(st.sampled_from([None, 0, 333])),
        )
        for at, key in enumerate(trade.goods[: draw(st.integers(0, 4))])
    ]


@st.composite
def rows(draw: st.DrawFn, trade: Trade) -> InventoryTransaction:
    """A row of the ledger that the snapshot counts, or not yet."""
    move = draw(st.sampled_from([InventoryMove.SALE, InventoryMove.SALE, *InventoryMove]))
    leaves = move in {InventoryMove.SALE, InventoryMove.RESERVE}
    return sample(
        InventoryTransaction,
        tenant_id=trade.tenant_id,
        product_id=draw(st.sampled_from(trade.goods)),
        type=move,
        quantity_delta=draw(st.integers(1, 9)) * (-1 if leaves else 1),
        settled=draw(st.booleans()),
        created_at=draw(moments(trade.period)),
    )


def off_by(stock: tuple[int, int], ledger: list[InventoryTransaction]) -> int:
    """By how much available or held pieces differ from the rows that count, whichever is more."""
    counted = [row for row in ledger if row.settled]
    available = stock[0] - sum(row.available_delta for row in counted)
    reserved = stock[1] - sum(row.reserved_delta for row in counted)
    return available if abs(available) >= abs(reserved) else reserved


@some
@given(data=st.data(), period=periods())
async def test_stock_is_what_snapshots_and_ledger_say(db: Db, data: st.DataObject, period: Period) -> None:
    """Value at cost, reach at the period's pace, what nobody bought, and where counts differ."""
    trade = Trade(period)
    trade.products = data.draw(products(trade))
    ledger = data.draw(several(rows(trade), 14))
    counts = st.tuples(st.integers(0, 20), st.integers(0, 5))
    stock = {key: data.draw(counts) for key in trade.goods[: data.draw(st.integers(0, 4))]}
    snapshots = [
        sample(
            InventorySnapshot,
            tenant_id=trade.tenant_id,
            product_id=key,
            quantity_available=available,
            quantity_reserved=reserved,
        )
        for key, (available, reserved) in stock.items()
    ]
    await trade.write(db, ledger, snapshots)
    told = (await STOCK.query(trade.asked(db))).payload()
    mine = {p.key: p for p in trade.products if p.currency == CURRENCY and p.inventory_tracked}
    expected = {}
    for key in mine.keys() & stock.keys():
        available, reserved = stock[key]
        sales = [row for row in ledger if row.product_id == key and row.type is InventoryMove.SALE]
        units = -sum(row.quantity_delta for row in sales if trade.within(row.created_at))
        booked = [row for row in ledger if row.product_id == key]
        cost = mine[key].cost_cents
        expected[key] = {
            "productId": key,
            "name": mine[key].name,
            "available": available,
            "reserved": reserved,
            "stockValueCents": None if cost is None else cost * (available + reserved),
            "unitsSold": units,
            "daysOfCover": round(available / (units / period.length), 1) if units else None,
            "isDeadStock": available > 0 and units == 0,
            "drift": off_by(stock[key], booked),
        }
    assert {line["productId"]: line for line in told["products"]} == expected
    lines = list(expected.values())
    assert told["stockValueCents"] == sum(int(str(line["stockValueCents"] or 0)) for line in lines)
    assert told["withoutCost"] == sum(line["stockValueCents"] is None for line in lines)
    assert told["deadStock"] == sum(bool(line["isDeadStock"]) for line in lines)
    dead = [line["stockValueCents"] for line in lines if line["isDeadStock"]]
    assert told["deadStockValueCents"] == sum(int(str(cents or 0)) for cents in dead)
    reach = [line["daysOfCover"] for line in told["products"] if line["daysOfCover"] is not None]
    assert reach == sorted(reach)
    assert told["drifting"] == sum(line["drift"] != 0 for line in lines)
    compared = await STOCK.query(replace(trade.asked(db), to_compare=True))
    assert compared.drifting == 0


async def test_a_piece_held_in_one_and_available_in_the_other_is_a_drift(
    db: Db, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """Five and three against eight and none are as many pieces, and yet miscounted."""
    mug = await product(stock=8)
    miscounted = {"$set": {"quantityAvailable": 5, "quantityReserved": 3}}
    await InventorySnapshot.rows(db).update_one({"productId": mug.key}, miscounted)
    period = services.reports.period(shop, Preset.TODAY)
    told = (await services.reports.report(shop, ReportType.INVENTORY_HEALTH, period)).payload()
    assert (told["drifting"], told["products"][0]["drift"]) == (1, -3)


@st.composite
def shipments(draw: st.DrawFn, trade: Trade) -> Shipment:
    """What was sent, or waits; some was packed before it was known when it was paid."""
    sent, days = draw(st.one_of(st.none(), moments(trade.period))), draw(st.integers(0, 9999))
    arrives = sent is not None and draw(st.booleans())
    known = sent is not None and draw(st.booleans())
    return sample(
        Shipment,
        tenant_id=trade.tenant_id,
        order_id=str(ObjectId()),
        status=draw(st.sampled_from(ShipmentStatus)),
        created_at=draw(moments(trade.period)),
        paid_at=sent - timedelta(minutes=days // 3) if sent and known else None,
        shipped_at=sent,
        delivered_at=sent + timedelta(minutes=days) if sent and arrives else None,
    )


@st.composite
def owed(draw: st.DrawFn, trade: Trade) -> Entitlement:
    """A role or a key that somebody is owed."""
    return sample(
        Entitlement,
        tenant_id=trade.tenant_id,
        order_id=str(ObjectId()),
        status=draw(st.sampled_from(EntitlementStatus)),
        created_at=draw(moments(trade.period)),
    )


@st.composite
def unsent(draw: st.DrawFn, trade: Trade) -> Order:
    """An order of which something may still have to be sent."""
    return sample(
        Order,
        tenant_id=trade.tenant_id,
        order_number=str(ObjectId()),
        status=draw(st.sampled_from(OrderStatus)),
        awaits_parcel=draw(st.booleans()),
        paid_at=draw(moments(trade.period)),
    )


def hours(spans: Sequence[timedelta]) -> float | None:
    """The average."""
    if not spans:
        return None
    return round(sum(spans, timedelta()) / timedelta(milliseconds=1) / len(spans) / 3_600_000, 2)


@some
@given(data=st.data(), period=periods())
async def test_fulfilment_is_what_parcels_and_roles_say(db: Db, data: st.DataObject, period: Period) -> None:
    """Times by local day and in all, what failed, and how long the oldest has been waiting."""
    trade = Trade(period)
    parcels = data.draw(several(shipments(trade), 10))
    goods = data.draw(several(owed(trade), 6))
    trade.orders = data.draw(several(unsent(trade), 6))
    await trade.write(db, parcels, goods)
    asked = trade.asked(db)
    told = (await FULFILMENT.query(asked)).payload()
    took: dict[tuple[str, date], list[timedelta | None]] = defaultdict(list)
    for each in parcels:
        if each.shipped_at and trade.within(each.shipped_at):
            span = each.shipped_at - each.paid_at if each.paid_at else None
            took["sent", trade.local(each.shipped_at).date()].append(span)
        if each.delivered_at and each.shipped_at and trade.within(each.delivered_at):
            took["came", trade.local(each.delivered_at).date()].append(each.delivered_at - each.shipped_at)
    for day in told["days"]:
        on = date.fromisoformat(day["date"])
        sent, came = took["sent", on], took["came", on]
        assert (day["shipped"], day["delivered"]) == (len(sent), len(came))
        assert day["hoursToShip"] == hours([span for span in sent if span is not None])
        assert day["hoursToDeliver"] == hours([span for span in came if span is not None])
    sent = [span for (what, _), spans in took.items() for span in spans if what == "sent"]
    came = [span for (what, _), spans in took.items() for span in spans if what == "came"]
    assert (told["shipped"], told["delivered"]) == (len(sent), len(came))
    assert told["hoursToShip"] == hours([span for span in sent if span is not None])
    assert told["hoursToDeliver"] == hours([span for span in came if span is not None])
    troubled = [p for p in parcels if p.status is ShipmentStatus.EXCEPTION and trade.within(p.created_at)]
    failed = [e for e in goods if e.status is EntitlementStatus.FAILED and trade.within(e.created_at)]
    assert (told["failedParcels"], told["failedDeliveries"]) == (len(troubled), len(failed))
    done = {OrderStatus.PENDING_PAYMENT, OrderStatus.CANCELLED, OrderStatus.REFUNDED}
    since = [o.paid_at for o in trade.orders if o.awaits_parcel and o.status not in done and o.paid_at]
    since = [at for at in since if at <= asked.now]
    since += [e.created_at for e in goods if e.status is EntitlementStatus.FAILED]
    owing = [e.created_at for e in goods if e.status is EntitlementStatus.PENDING]
    since += [at for at in owing if at <= asked.now]
    assert told["waiting"] == len(since)
    age = None if not since else round(max(timedelta(), asked.now - min(since)).total_seconds() / 3600, 2)
    assert told["oldestWaitingHours"] == age
    before = await FULFILMENT.query(replace(asked, to_compare=True))
    assert (before.waiting, before.oldest_waiting_hours) == (0, None)
