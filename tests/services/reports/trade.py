"""Shops that traded at random, written straight into the collections; mostly around changes of the clocks."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from bson import ObjectId
from hypothesis import strategies as st

from models.base import Db, Document
from models.order import Order, OrderCustomer, OrderItem, OrderStatus
from models.payment_method import PaymentMethod
from models.product import Product
from services.reports.period import Period
from services.reports.report import Question

ZONES = {
    "UTC": date(2026, 1, 1),
    "Europe/Berlin": date(2026, 3, 29),
    "America/New_York": date(2026, 11, 1),
    "Asia/Kolkata": date(2026, 6, 1),
    "Australia/Lord_Howe": date(2026, 4, 5),
    "America/Havana": date(2026, 11, 1),
}
CURRENCY, OTHER = "USD", "EUR"
cents = st.integers(0, 5000)


def several[T](made: st.SearchStrategy[T], most: int) -> st.SearchStrategy[list[T]]:
    """None, one, or many: left to itself, a list is short, and little happens in a shop."""
    return st.sampled_from([0, 1, most, most]).flatmap(lambda n: st.lists(made, min_size=n, max_size=n))


def _keys() -> list[str]:
    return [str(ObjectId()) for _ in range(4)]


@dataclass
class Trade:
    """One shop's records, and the days that are asked about."""

    period: Period
    tenant_id: str = field(default_factory=lambda: str(ObjectId()))
    goods: list[str] = field(default_factory=_keys)
    people: list[str] = field(default_factory=_keys)
    deals: list[str] = field(default_factory=_keys)
    products: list[Product] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)

    @property
    def zone(self) -> ZoneInfo:
        """The shop's clock, not as reports read it."""
        return ZoneInfo(self.period.zone)

    def local(self, at: datetime) -> datetime:
        """What the shop's clock showed."""
        return at.astimezone(self.zone)

    def within(self, at: datetime | None, period: Period | None = None) -> bool:
        """Whether that moment's local day lies in the period."""
        days = period or self.period
        return at is not None and days.first <= self.local(at).date() <= days.last

    def counted(self, currency: str = CURRENCY, period: Period | None = None) -> list[Order]:
        """The orders that count as sales."""
        return [
            order
            for order in self.orders
            if self.within(order.paid_at, period) and order.currency == currency and order.items
        ]

    def asked(self, db: Db, currency: str = CURRENCY, period: Period | None = None) -> Question:
        """The question that a report answers."""
        return Question(db, self.tenant_id, period or self.period, currency, datetime.now(UTC))

    async def write(self, db: Db, *more: Sequence[Document]) -> None:
        """Store everything."""
        every: list[Sequence[Document]] = [self.products, self.orders, *more]
        for records in every:
            for record in records[:1]:
                await type(record).insert_all(db, records)


def revenue_of(order: Order) -> int:
    """What an order brought in the end."""
    sold = order.subtotal_cents - order.discount_amount_cents
    back = order.refunded_goods_cents
    return sold - (min(sold, order.refunded_cents) if back is None else back)


def half_up(total: int, count: int) -> int:
    """The average."""
    return int(total / count + 0.5) if count else 0


def percent(part: float, whole: float) -> float | None:
    """The share."""
    return round(part * 100 / whole, 1) if whole else None


@st.composite
def periods(draw: st.DrawFn) -> Period:
    """Some days of any zone, around a change of its clocks."""
    zone = draw(st.sampled_from(sorted(ZONES)))
    first = ZONES[zone] - timedelta(draw(st.integers(0, 9)))
    return Period(first, first + timedelta(draw(st.sampled_from([0, 2, 7, 13, 16]))), zone)


@st.composite
def moments(draw: st.DrawFn, period: Period) -> datetime:
    """A moment in the period, often at the same hour, or near it, in the one before, or at its very edge."""
    way = draw(st.sampled_from(["same hour", "same hour", "within", "within", "anywhere", "edge"]))
    if way == "edge":
        edge = draw(st.sampled_from([period.start, period.end, period.before.start]))
        return edge + timedelta(milliseconds=draw(st.integers(-2, 2)))
    if way == "same hour":
        day = draw(st.integers(0, period.length - 1))
        return period.start + timedelta(days=day, minutes=draw(st.sampled_from([0, 30, 90, 110, 170])))
    begin = period.start if way == "within" else period.before.start - timedelta(days=1)
    return begin + timedelta(minutes=draw(st.integers(0, (period.end - begin) // timedelta(minutes=1) + 30)))


@st.composite
def items(draw: st.DrawFn, trade: Trade) -> list[OrderItem]:
    """Up to three lines, some of products that are not there any more."""
    few = draw(st.sampled_from([0, 1, 1, 2, 3]))
    chosen = draw(st.permutations(trade.goods))[:few]
    found = []
    for product_id in chosen:
        quantity, price = draw(st.integers(1, 5)), draw(cents)
        off = draw(st.integers(0, quantity * price))
        back = draw(st.integers(0, quantity * price - off))
        found.append(
            OrderItem(
                product_id=product_id,
                sku="X",
                name=f"then {trade.goods.index(product_id)} {draw(st.integers(0, 3))}",
                quantity=quantity,
                unit_price_cents=price,
                discount_cents=off,
                refunded_cents=draw(st.sampled_from([back, 0])),
                refunded_quantity=draw(st.integers(0, quantity)),
            )
        )
    return found


@st.composite
def orders(draw: st.DrawFn, trade: Trade) -> Order:
    """An order, paid or not, of any customer and currency; some were written by an earlier version."""
    lines, donation = draw(items(trade)), draw(st.sampled_from([0, 0, 500]))
    subtotal = sum(line.line_cents for line in lines)
    off = sum(line.discount_cents for line in lines)
    back = sum(line.refunded_cents or 0 for line in lines)
    total = subtotal - off + donation
    old = draw(st.integers(0, 2)) == 0
    if old:
        lines = [line.model_copy(update={"refunded_cents": None}) for line in lines]
    return Order(
        tenant_id=trade.tenant_id,
        order_number=str(ObjectId()),
        status=OrderStatus.PAID,
        items=lines,
        is_gift=not lines,
        subtotal_cents=subtotal,
        discount_amount_cents=off,
        discount_id=draw(st.sampled_from([*trade.deals, None])) if lines else None,
        discount_code="SPRING" if lines else None,
        tax_amount_cents=draw(st.sampled_from([None, 0, 77])),
        shipping_cost_cents=draw(st.sampled_from([0, 450])),
        donation_cents=donation,
        total_cents=total,
        refunded_cents=draw(st.sampled_from([0, total, total // 3])) if old else back,
        refunded_goods_cents=None if old else back,
        currency=draw(st.sampled_from([CURRENCY, CURRENCY, CURRENCY, OTHER])),
        customer=OrderCustomer(discord_id="1", discord_username="ada", discord_display_name="Ada"),
        customer_id=draw(st.sampled_from([*trade.people, None])),
        payment_method=PaymentMethod.VENMO,
        payment_id=str(ObjectId()),
        guild_id="9",
        paid_at=draw(moments(trade.period)) if draw(st.integers(0, 9)) < 9 else None,
    )


@st.composite
def trades(draw: st.DrawFn) -> Trade:
    """A shop with its products and orders."""
    trade = Trade(draw(periods()))
    trade.orders = draw(several(orders(trade), 14))
    for at, product_id in enumerate(draw(st.lists(st.sampled_from(trade.goods), unique=True))):
        trade.products.append(
            Product(
                id=ObjectId(product_id),
                tenant_id=trade.tenant_id,
                name=f"now {at}",
                sku=f"S{at}",
                price_cents=100,
                is_active=draw(st.booleans()),
            )
        )
    return trade
