"""What money that went back means for a payment and its order: pure arithmetic."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from models.order import Order, OrderStatus
from models.payment import Payment, Refund, RefundState
from models.payment_life import PaymentStatus
from services.payments.processor import Money, News, What
from services.settling.credit import went_back

_STATES = {
    What.REFUNDED: RefundState.DONE,
    What.REFUND_PENDING: RefundState.PENDING,
    What.REFUND_FAILED: RefundState.FAILED,
}
_OPEN = {RefundState.ASKED, RefundState.PENDING, RefundState.UNKNOWN}
_TOTAL = "total:"
DISPUTE = "dispute:"
# What goes from one refund to another of the same sum: what it is for, and what became of it.
_FATE = ("lines", "shipping_cents", "gift_cents", "restock", "state", "done_at", "provider_ref", "error")
_OVER = {RefundState.DONE, RefundState.FAILED}
_UNREFUNDED = {OrderStatus.PAID, OrderStatus.FULFILLING, OrderStatus.SHIPPED, OrderStatus.COMPLETE}


def refunded(payment: Payment, news: News, now: datetime, *, key: str | None = None) -> list[Refund] | None:
    """The payment's refunds after this news, by the key of one that we asked for or by what fits.

    None when the news changes nothing: it was told before, or is older than what is known.
    """
    if news.amount is not None and news.amount.currency != payment.currency:
        # Of money that never counted for this payment: known by its name, not by a sum.
        news = replace(news, amount=Money(0, payment.currency), total=False)
    if news.total:
        return _by_total(payment, news, now)
    state = _STATES[news.what]
    at = _place(payment, news, key)
    if at is None and _told(payment, news):
        return None
    if at is None:
        return [*_without(payment, news), _foreign(payment, news, now, state)]
    seen = payment.refunds[at]
    if key is not None and seen.state is RefundState.DONE:
        # The answer to our own request, or staff's word, is older than what the provider told since.
        return None
    if not _is_old(seen, news, state):
        changed = _changed(seen, news, state, now)
    elif news.refund_ref is not None and (seen.provider_ref or "").startswith(_TOTAL):
        # From now on it has a name, so that the next one of this amount is not taken for it.
        changed = seen.model_copy(update={"provider_ref": news.refund_ref})
    else:
        return None
    return [*payment.refunds[:at], changed, *payment.refunds[at + 1 :]]


def mistaken(payment: Payment, news: News, key: str | None) -> tuple[Refund, Refund] | None:
    """Where an answer to our own request stands under another refund of the same sum: both, ours first.

    A notice names no request, so that it may have been taken for the wrong one of two.
    """
    mine = payment.refund(key) if key else None
    if mine is None or mine.state is not RefundState.ASKED or mine.provider_ref or not news.refund_ref:
        return None
    same = (
        each
        for each in payment.refunds
        if each.provider_ref == news.refund_ref
        and each.actor_id is not None
        and (each.charge_ref, each.amount_cents) == (mine.charge_ref, mine.amount_cents)
    )
    other = next(same, None)
    return (mine, other) if other else None


def exchanged(refunds: list[Refund], one: Refund, other: Refund) -> list[Refund]:
    """The refunds, two of them with what the other was for and what became of that.

    Key and reason stay together: a provider refuses a key that comes with another request.
    """
    moved = {one.key: _fate(other), other.key: _fate(one)}
    return [each.model_copy(update=moved.get(each.key, {})) for each in refunds]


def _fate(refund: Refund) -> dict[str, Any]:
    return {name: getattr(refund, name) for name in _FATE}


def _is_old(seen: Refund, news: News, state: RefundState) -> bool:
    """Whether this was told before, or is overtaken by what was told since."""
    overtaken = state is RefundState.PENDING and seen.state in _OVER
    # What failed there is over: money that goes back after all does so under another name.
    named = news.refund_ref is not None and seen.provider_ref == news.refund_ref
    return seen.state is state or overtaken or (named and seen.state is RefundState.FAILED)


def _place(payment: Payment, news: News, key: str | None) -> int | None:
    """Which of the known refunds is meant."""
    for at, each in enumerate(payment.refunds):
        if key is not None and each.key == key:
            return at
        if news.refund_ref is not None and each.provider_ref == news.refund_ref:
            return at
    if key is not None:
        return None
    for at, each in enumerate(payment.refunds):
        ours = each.provider_ref is None and each.state in _OPEN and not each.by_hand
        # Told as part of a running total, or of a lost dispute, before it was told by itself.
        summed = (each.provider_ref or "").startswith((f"{_TOTAL}{news.charge_ref}:", DISPUTE))
        cents = news.amount.cents if news.amount else each.amount_cents
        if (ours or summed) and each.charge_ref == news.charge_ref and each.amount_cents == cents:
            return at
    return None


def _told(payment: Payment, news: News) -> bool:
    return news.amount is None and payment.refundable_cents == 0


def _without(payment: Payment, news: News) -> list[Refund]:
    """The known refunds less what this one was counted as before it was told by itself.

    That is its share of what only a running total told of, and what a lost dispute would leave no room for.
    """
    if news.amount is None:
        return payment.refunds
    refunds, new = _less(payment.refunds, f"{_TOTAL}{news.charge_ref}:", news.amount.cents)
    return _less(refunds, DISPUTE, max(0, new - payment.refundable_cents))[0]


def _less(refunds: list[Refund], told_as: str, cents: int) -> tuple[list[Refund], int]:
    """The refunds with so much taken from those told in that way, and what could not be taken."""
    rest = []
    for each in refunds:
        of_it = each.state is RefundState.DONE and (each.provider_ref or "").startswith(told_as)
        taken = min(cents, each.amount_cents) if of_it else 0
        cents -= taken
        if taken == 0 or taken < each.amount_cents:
            rest.append(each.model_copy(update={"amount_cents": each.amount_cents - taken}))
    return rest, cents


def _by_total(payment: Payment, news: News, now: datetime) -> list[Refund] | None:
    """What a running total says beyond the refunds that are known one by one."""
    # What staff sent by themselves is in nobody's total.
    of_charge = [each for each in payment.refunds if each.charge_ref == news.charge_ref and not each.by_hand]
    done = sum(each.amount_cents for each in of_charge if each.state is RefundState.DONE)
    # Those under way will be told one by one.
    coming = sum(each.amount_cents for each in of_charge if each.state in _OPEN)
    total = news.amount.cents if news.amount else 0
    unknown = [each for each in of_charge if each.state is RefundState.UNKNOWN]
    if unknown and total == done + sum(each.amount_cents for each in unknown):
        return [_made(each, now) if each in unknown else each for each in payment.refunds]
    if total <= done + coming:
        return None
    ref = f"{_TOTAL}{news.charge_ref}:{total}"
    rest = replace(news, refund_ref=ref, total=False)
    entry = _foreign(payment, rest, now, RefundState.DONE)
    return [*payment.refunds, entry.model_copy(update={"amount_cents": total - done - coming})]


def _foreign(payment: Payment, news: News, now: datetime, state: RefundState) -> Refund:
    """A refund that somebody made at the provider's own site."""
    cents = news.amount.cents if news.amount else payment.refundable_cents
    return Refund(
        key=news.refund_ref or f"{payment.key}-x{len(payment.refunds)}",
        amount_cents=cents,
        charge_ref=news.charge_ref or "",
        state=state,
        asked_at=now,
        done_at=now if state in _OVER else None,
        provider_ref=news.refund_ref,
        error=news.note,
    )


def _made(refund: Refund, now: datetime) -> Refund:
    return refund.model_copy(update={"state": RefundState.DONE, "done_at": now})


def _changed(seen: Refund, news: News, state: RefundState, now: datetime) -> Refund:
    fields = {
        "state": state,
        "provider_ref": news.refund_ref or seen.provider_ref,
        "done_at": now if state in _OVER else None,
        "error": news.note if state is RefundState.FAILED else None,
    }
    return seen.model_copy(update=fields)


def status_after(payment: Payment) -> PaymentStatus:
    """Where a settled payment stands, after what was given back and what is disputed."""
    if any(each.state == "open" for each in payment.disputes):
        return PaymentStatus.DISPUTED
    kept = payment.received_cents - payment.refunded_cents
    if kept >= payment.amount_cents or payment.refunded_cents == 0:
        return PaymentStatus.CONFIRMED
    return PaymentStatus.PARTIALLY_REFUNDED if kept > 0 else PaymentStatus.REFUNDED


def order_after(payment: Payment, order: Order) -> tuple[OrderStatus, int]:
    """Where a paid order stands then, and how much of its price went back, in minor units.

    What came too much and went back is no refund of the order, unless it went back for its lines.
    """
    kept = payment.received_cents - payment.refunded_cents
    # Nor is what never came, where staff or a rule let that pass.
    missing = max(0, order.total_cents - kept, went_back(payment).named_cents)
    back = min(order.total_cents, payment.refunded_cents, missing)
    if back == 0:
        return _before_refunds(order), 0
    whole = kept <= 0 or back == order.total_cents
    return (OrderStatus.REFUNDED if whole else OrderStatus.PARTIALLY_REFUNDED), back


def _before_refunds(order: Order) -> OrderStatus:
    """Where the order stood before anything went back of it, where something had."""
    if order.status not in {OrderStatus.PARTIALLY_REFUNDED, OrderStatus.REFUNDED}:
        return order.status
    reached = (each.what for each in reversed(order.history) if each.what in _UNREFUNDED)
    return OrderStatus(next(reached, OrderStatus.PAID))
