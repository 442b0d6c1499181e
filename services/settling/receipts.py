"""What money that arrived means for a payment: pure arithmetic, so that it can be tried with anything."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from models.payment import Payment, Receipt, RefundState
from models.payment_life import PaymentStatus
from services.payments.processor import Money, News, What

FORGIVEN = "forgiven"


class Verdict(StrEnum):
    """What an arrival of money leads to."""

    KNOWN = "known"
    PAY = "pay"
    UNDERPAID = "underpaid"
    SECOND = "second"
    WRONG_AMOUNT = "amount"
    WRONG_CURRENCY = "currency"
    RETURNED = "returned"


@dataclass(frozen=True)
class Arrival:
    """The verdict, with all receipts as they are then; `over_cents` came too much, in minor units.

    `undecided` says, like a payment's conflict, what staff must still decide about once the order is paid.
    """

    verdict: Verdict
    receipts: list[Receipt]
    over_cents: int = 0
    undecided: str | None = None


def arrival(payment: Payment, news: News, now: datetime) -> Arrival:
    """Book what PAID or UNDERPAID news says has arrived; the same news again changes nothing."""
    money = news.amount or Money(payment.amount_cents, payment.currency)
    ref = news.charge_ref or news.provider_ref or payment.key
    known = next((each for each in payment.receipts if each.ref == ref), None)
    if known is not None and not _more(known, news, money):
        again = payment.status is PaymentStatus.UNDERPAID and _enough(payment, payment.receipts, news)
        return Arrival(Verdict.PAY if again else Verdict.KNOWN, payment.receipts)
    booked = _booked(ref, money, news, now, surplus=payment.settled and (known is None or known.surplus))
    receipts = [*(each for each in payment.receipts if each.ref != ref), booked]
    over = _over(payment, receipts)
    undecided = None if news.coins is not None else _undecided(payment, receipts, over)
    return Arrival(_verdict(payment, receipts, news, booked), receipts, over, undecided)


def _verdict(payment: Payment, receipts: list[Receipt], news: News, booked: Receipt) -> Verdict:
    if payment.settled:
        return Verdict.SECOND
    if booked.currency != payment.currency:
        return Verdict.WRONG_CURRENCY
    if news.coins is not None:
        return Verdict.PAY if _enough(payment, receipts, news) else Verdict.UNDERPAID
    # A refund may be told before the payment that it is of.
    gone = _gone(payment, booked.ref)
    if gone and gone >= booked.amount_cents:
        return Verdict.RETURNED
    # A page asks for one sum: another one is somebody's mistake, and a person has to look at it.
    return Verdict.PAY if booked.amount_cents - gone == payment.amount_cents else Verdict.WRONG_AMOUNT


def _enough(payment: Payment, receipts: list[Receipt], news: News) -> bool:
    # Who forgave counted what came in, and knows nothing of what staff sent back by hand.
    forgiven = news.what is What.PAID and news.note == FORGIVEN and not _gone(payment)
    return forgiven or _kept(payment, receipts) >= payment.amount_cents


def _undecided(payment: Payment, receipts: list[Receipt], over: int) -> str | None:
    if any(each.currency != payment.currency for each in receipts):
        return Verdict.WRONG_CURRENCY
    return Verdict.SECOND if over else None


def _over(payment: Payment, receipts: list[Receipt]) -> int:
    return max(0, _kept(payment, receipts) - payment.amount_cents)


def _kept(payment: Payment, receipts: list[Receipt]) -> int:
    came = sum(each.amount_cents for each in receipts if each.currency == payment.currency)
    return came - _gone(payment)


def _gone(payment: Payment, ref: str | None = None) -> int:
    """What went back, or is on its way there, of one receipt or of all."""
    return sum(
        each.amount_cents
        for each in payment.refunds
        if each.state is not RefundState.FAILED and ref in (None, each.charge_ref)
    )


def _more(known: Receipt, news: News, money: Money) -> bool:
    """Whether this is more of the same money, as when a crypto deposit grows."""
    return news.coins is not None and money.currency == known.currency and money.cents > known.amount_cents


def _booked(ref: str, money: Money, news: News, now: datetime, *, surplus: bool) -> Receipt:
    return Receipt(
        ref=ref,
        amount_cents=money.cents,
        currency=money.currency,
        at=now,
        coins=f"{news.coins.amount:f}" if news.coins else None,
        ticker=news.coins.ticker if news.coins else None,
        surplus=surplus,
    )
