"""What the shop would hand to an adapter for one order of 19.99 dollars."""

from datetime import UTC, datetime, timedelta

from services.payments.processor import Charge, Delivery, Known, Money, RefundAsk
from tests.fakes.provider import Notice

ORDER = "65f0c0ffee65f0c0ffee65f0"
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DUE = Money(1999, "USD")


def a_charge(key: str = "3f2b8c1e-5a77-4f0e-9d7c-1b2a3c4d5e6f", amount: Money = DUE) -> Charge:
    """A page to be made; the same key stands for the same page."""
    return Charge(
        key=key,
        order_id=ORDER,
        order_number="A-1042",
        shop_name="Aurora",
        amount=amount,
        return_url="https://shop.example/return",
        notify_url="https://shop.example/webhooks/x/t1",
        now=NOW,
        ends_at=NOW + timedelta(minutes=30),
    )


def a_known(ref: str, charges: tuple[str, ...] = (), refunds: tuple[str, ...] = ()) -> Known:
    """What the shop knows of the order's payment."""
    return Known(ORDER, ref, charges, refunds, DUE)


def a_refund(ref: str, charge_ref: str, cents: int, key: str = "refund-key-1") -> RefundAsk:
    """Money to give back."""
    money = Money(cents, "USD")
    return RefundAsk(key, a_known(ref, (charge_ref,)), charge_ref, money, cents == DUE.cents, "Wrong size")


def arrived(notice: Notice, url: str = "https://shop.example/webhooks", now: datetime = NOW) -> Delivery:
    """A webhook as the listener hands it over."""
    headers = {name.lower(): value for name, value in notice.headers.items()}
    return Delivery(notice.body, headers, url, now)
