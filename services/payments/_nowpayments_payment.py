"""Reads what NOWPayments says of a payment, in webhooks and in answers alike."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from services.payments.processor import BadPayload, Coins, Deposit, Known, Money, News, What
from services.payments.reading import cents, optional_text, text
from services.settling.receipts import FORGIVEN

MONEY = frozenset({What.PAID, What.UNDERPAID})
MOVED = MONEY | {What.REFUNDED}
DEAD = frozenset({What.FAILED, What.EXPIRED})

_OURS = re.compile(r"[0-9a-f]{24}")
_ID = re.compile(r"[A-Za-z0-9_-]{1,60}")
_CURRENCY = re.compile(r"[A-Za-z]{3}")
_TICKER = re.compile(r"[a-z0-9]{2,20}")
_LITERAL = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,24})?")
_SMALLEST = -24  # exponents; what is finer or larger is no sum of any coin
_MOST = 10**15
_MOST_CENTS = 10**12

_WHAT = {
    "waiting": None,
    "confirming": What.PENDING,
    "confirmed": What.PENDING,
    "sending": What.PENDING,
    "finished": What.PAID,
    "partially_paid": What.UNDERPAID,
    "failed": What.FAILED,
    "expired": What.EXPIRED,
    "cancelled": What.EXPIRED,  # this one as NOWPayments' Node SDK has it, in both spellings
    "canceled": What.EXPIRED,
    "refunded": What.REFUNDED,
}


def our_order(payment: dict[str, Any]) -> str | None:
    """Our order's id, which create() gave as `order_id`; None on another business's payment."""
    found = payment.get("order_id")
    return found if isinstance(found, str) and _OURS.fullmatch(found) else None


def reference(found: dict[str, Any], name: str) -> str:
    """An id as text: NOWPayments writes them as numbers in some places; raises BadPayload."""
    value = found.get(name)
    if type(value) is int and 0 <= value < _MOST**4:
        return str(value)
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise BadPayload(name)
    return value


def event_id(payment: dict[str, Any]) -> str:
    """What tells this delivery from others of the same payment; raises BadPayload."""
    came = f"{_optional(payment, 'actually_paid'):f}"
    return f"{reference(payment, 'payment_id')}:{text(payment, 'payment_status')[:60]}:{_short(came)}"


def belongs(payment: dict[str, Any], known: Known) -> bool:
    """Whether it is for this order; a payment that names none was found by its id."""
    return payment.get("order_id") in (None, "", known.order_id)


def first(payment: dict[str, Any]) -> str | None:
    """The id of the payment to whose address this one came later; None when it is the first."""
    return None if payment.get("parent_payment_id") is None else reference(payment, "parent_payment_id")


def neighbours(payment: dict[str, Any]) -> list[str]:
    """The ids of other payments to the same address: the first one, and those made later."""
    found, before = payment.get("payment_extra_ids"), first(payment)
    later = [reference({"id": each}, "id") for each in found] if isinstance(found, list) else []
    return later if before is None else [before, *later]


def notice_news(payment: dict[str, Any]) -> News | None:
    """What a notice tells, None where it is not about an order of ours; raises BadPayload.

    Money that came again may name no order (NOWPayments' own example): then it is told of the first payment,
    by which it is found.
    """
    order_id, before = our_order(payment), first(payment)
    if order_id is not None:
        return payment_news(payment, order_id)
    news = payment_news(payment, None) if before is not None else None
    return replace(news, charge_ref=before) if news is not None and news.what in MOVED else None


def payment_news(
    payment: dict[str, Any], order_id: str | None, parent: dict[str, Any] | None = None
) -> News | None:
    """What a payment tells, None while it waits for money; `parent` is the first one to its address.

    Raises BadPayload.
    """
    status = text(payment, "payment_status")
    if status not in _WHAT:
        raise BadPayload("payment_status")
    what = _WHAT[status]
    if what is None:
        return None
    invoice = None if payment.get("invoice_id") is None else reference(payment, "invoice_id")
    ref = reference(payment, "payment_id")
    news = News(what, order_id=order_id, provider_ref=invoice, charge_ref=ref)
    if what in MONEY:
        return _with_money(payment, news, parent)
    if what is What.REFUNDED:
        return _refund(_with_money(payment, replace(news, refund_ref=f"{ref}:refund"), parent))
    return replace(news, note=status) if what is What.FAILED else news


def payments_news(payments: list[dict[str, Any]], known: Known) -> tuple[News, ...]:
    """What the payments of one order tell together; raises BadPayload.

    One that died is told only if it was for the page that the shop shows, and none there is alive.
    """
    by_ref = {reference(each, "payment_id"): each for each in payments}
    told = [payment_news(each, known.order_id, by_ref.get(first(each) or "")) for each in payments]
    over = not alive(payments, known)
    return tuple(
        each
        for each in told
        if each and (each.what not in DEAD or (over and each.provider_ref in (None, known.provider_ref)))
    )


def alive(payments: list[dict[str, Any]], known: Known) -> bool:
    """Whether one of them brought money, or can still be paid on the page shown; raises BadPayload."""
    return any(_alive(each, known) for each in payments)


def _alive(payment: dict[str, Any], known: Known) -> bool:
    news = payment_news(payment, known.order_id)
    if news is not None:
        return news.what in MONEY or news.what is What.PENDING
    return payment.get("invoice_id") is None or reference(payment, "invoice_id") == known.provider_ref


def deposit(payment: dict[str, Any]) -> Deposit | None:
    """Where to pay how much; None when the answer does not tell."""
    try:
        coins = Coins(_positive(payment, "pay_amount"), _ticker(payment))
        return Deposit(text(payment, "pay_address"), coins, _memo(payment))
    except BadPayload:
        return None


def ends_at(payment: dict[str, Any]) -> datetime | None:
    """When the address is good no longer, in UTC; None when the answer does not tell.

    The address is watched until `valid_until`, the fixed rate ends at `expiration_estimate_date`, and with it
    the payment.
    """
    told = (_moment(payment.get(name)) for name in ("valid_until", "expiration_estimate_date"))
    return min((each for each in told if each is not None), default=None)


def _moment(found: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(found) if isinstance(found, str) else None
    except ValueError:
        return None
    if moment is None:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def forgiven(news: Sequence[News], due: Money, percent: Decimal) -> tuple[News, ...]:
    """The news, its last receipt as good as paid if all together lack at most this share of the price."""
    came = [each for each in news if each.what in MONEY and each.amount]
    same = sum(each.amount.cents for each in came if each.amount and each.amount.currency == due.currency)
    missing = due.cents - same
    if not same or missing <= 0 or missing * 100 > due.cents * percent:
        return tuple(news)
    last = came[-1]
    return tuple(replace(each, what=What.PAID, note=FORGIVEN) if each is last else each for each in news)


def _with_money(payment: dict[str, Any], news: News, parent: dict[str, Any] | None) -> News:
    again = first(payment) is not None
    priced = parent if again and parent is not None else payment
    price, ticker, came = _price(priced), _ticker(payment), _optional(payment, "actually_paid")
    due = Coins(_positive(priced, "pay_amount"), _ticker(priced))
    # Money that came again names what came as what was due, so only the first payment tells its worth, and
    # nobody that of another coin. It is kept in any case; what it counts for is then for staff.
    worth = 0 if (again and parent is None) or due.ticker != ticker else _worth(came, due, price)
    if worth >= _MOST_CENTS:
        raise BadPayload("actually_paid")
    short = news.what is What.PAID and again and worth < price.cents
    return replace(
        news,
        what=What.UNDERPAID if short else news.what,
        amount=Money(worth, price.currency),
        coins=Coins(came, ticker),
        coins_due=due,
    )


def _worth(came: Decimal, due: Coins, price: Money) -> int:
    """In minor units, at the payment's own rate, so that what the market did since changes nothing."""
    return int(Fraction(price.cents) * Fraction(came) / Fraction(due.amount))


def _refund(news: News) -> News:
    # Where NOWPayments no longer tells what had come, it was all of it.
    gone = news.coins is None or not news.coins.amount
    return replace(news, amount=None, coins=None) if gone else news


def _price(payment: dict[str, Any]) -> Money:
    currency = text(payment, "price_currency")
    if not _CURRENCY.fullmatch(currency):
        raise BadPayload("price_currency")
    return Money(cents(_amount(payment, "price_amount"), currency.upper()), currency.upper())


def _ticker(payment: dict[str, Any]) -> str:
    found = text(payment, "pay_currency").lower()
    if not _TICKER.fullmatch(found):
        raise BadPayload("pay_currency")
    return found


def _memo(payment: dict[str, Any]) -> str | None:
    found = payment.get("payin_extra_id")
    if type(found) is int:
        return reference(payment, "payin_extra_id")
    # Without its tag such a coin is lost, so one that cannot be read is no reason to go on.
    return None if found == "" else optional_text(payment, "payin_extra_id")


def _positive(found: dict[str, Any], name: str) -> Decimal:
    amount = _amount(found, name)
    if not amount:
        raise BadPayload(name)
    return amount


def _optional(found: dict[str, Any], name: str) -> Decimal:
    return Decimal(0) if found.get(name) is None else _amount(found, name)


def _amount(found: dict[str, Any], name: str) -> Decimal:
    """A number or its text, 0 or more; raises BadPayload for what is no sum of any coin."""
    value = found.get(name)
    if isinstance(value, str) and _LITERAL.fullmatch(value):
        return Decimal(value)
    if type(value) is int and 0 <= value < _MOST:
        return Decimal(value)
    if isinstance(value, Decimal) and not value:
        return Decimal(0)
    if not isinstance(value, Decimal) or not 0 <= value < _MOST or int(value.as_tuple().exponent) < _SMALLEST:
        raise BadPayload(name)
    return value


def _short(plain: str) -> str:
    return plain.rstrip("0").rstrip(".") if "." in plain else plain
