"""Money that goes back, by refund or because the payer disputes."""

from typing import Any

from models.alert import AlertSeverity, AlertType
from models.order import ORDER_LIFE, Order, OrderEvent, OrderStatus
from models.payment import Dispute, Payment, PaymentStatus, Refund
from services.effects import Notice, notice, send_refund
from services.fund import Fund
from services.payments.processor import Money, News, What
from services.rules import Rules
from services.settling.case import Case, Ledger
from services.settling.goods_back import GoodsBack
from services.settling.returned import returned
from services.settling.returns import DISPUTE, exchanged, mistaken, order_after, refunded, status_after
from services.tax_records import refund_owed

_REFUNDED = {OrderStatus.PARTIALLY_REFUNDED, OrderStatus.REFUNDED}
_STATES = {What.DISPUTED: "open", What.DISPUTE_WON: "won", What.DISPUTE_LOST: "lost"}


class MoneyOut:
    """Settles REFUNDED, DISPUTED and their like."""

    def __init__(self, ledger: Ledger, rules: Rules, goods: GoodsBack, fund: Fund) -> None:
        self._ledger = ledger
        self._rules = rules
        self._goods = goods
        self._fund = fund

    async def refund(self, case: Case) -> str:
        """Book a refund, ours or one made at the provider's; payment and order say what went back."""
        await self._sort_out(case)
        refunds = refunded(case.payment, case.news, case.now, key=case.key)
        if refunds is None:
            return "known"
        fields: dict[str, Any] = {"refunds": [each.model_dump_doc() for each in refunds]}
        if case.news.what is What.REFUND_PENDING:
            # Its end is told by a webhook, which may never come.
            fields |= {"nextPollAt": case.now + self._rules.payment_polls[0], "polls": 0}
        before = case.payment.refunded_cents
        await self._ledger.record(case, case.news.what, **fields)
        await self.follow(case)
        await self._tell(case, case.payment.refunded_cents - before)
        return case.news.what.value

    async def _sort_out(self, case: Case) -> None:
        """Give an answer to the refund that it is of; the one that a notice was taken for is sent itself."""
        pair = mistaken(case.payment, case.news, case.key)
        if pair is None:
            return
        _, other = pair
        docs = [each.model_dump_doc() for each in exchanged(case.payment.refunds, *pair)]
        case.payment = await Payment.record(self._ledger.db, case.payment, {"refunds": docs}, tx=case.tx)
        # It was taken for made, so that nobody sends it any more.
        turn = len(case.payment.history)
        await self._ledger.owe(case, send_refund(case.payment, other.key, case.now, turn))

    async def _tell(self, case: Case, back: int) -> None:
        """Tell the customer of money that went back, and staff of that and of what did not."""
        if back > 0:
            turn = len(case.payment.history)
            told = notice(Notice.REFUNDED, case.shop.id, case.order.key, case.now, turn=turn, amount=back)
            await self._ledger.owe(case, told)
            await self._ledger.alert(case, "refund_made", AlertSeverity.INFO, AlertType.REFUND, back=back)
        elif back < 0:
            await self._ledger.alert(
                case, "refund_bounced", AlertSeverity.ERROR, AlertType.REFUND, back=-back
            )
        elif case.news.what is What.REFUND_FAILED:
            await self._ledger.alert(case, "refund_failed", AlertSeverity.ERROR)

    async def dispute(self, case: Case) -> str:
        """Book a dispute and its end; a lost one takes the money with it."""
        ref = case.news.dispute_ref or case.news.charge_ref or case.payment.key
        state = _STATES[case.news.what]
        known = next((each for each in case.payment.disputes if each.ref == ref), None)
        if known is not None and (known.state != "open" or state == "open"):
            return "known"
        mine = Dispute(ref=ref, state=state, at=case.now, reason=case.news.note)
        disputes = [*(each for each in case.payment.disputes if each.ref != ref), mine]
        fields = {"disputes": [each.model_dump_doc() for each in disputes]}
        if state == "lost":
            fields["refunds"] = [each.model_dump_doc() for each in self._lost(case, ref)]
        await self._ledger.record(case, case.news.what, **fields)
        severity = AlertSeverity.INFO if state == "won" else AlertSeverity.ERROR
        await self._ledger.alert(case, f"dispute_{state}", severity, reason=case.news.note)
        await self.follow(case)
        return case.news.what.value

    def _lost(self, case: Case, ref: str) -> list[Refund]:
        told, payment = case.news, case.payment
        left = max(0, payment.received_cents - payment.refunded_cents)
        # What was given back before cannot be lost once more.
        cents = min(told.amount.cents, left) if told.amount else left
        if cents == 0:
            return payment.refunds
        amount, lost = Money(cents, payment.currency), f"{DISPUTE}{ref}"
        news = News(What.REFUNDED, charge_ref=told.charge_ref, amount=amount, refund_ref=lost)
        return refunded(payment, news, case.now) or payment.refunds

    async def follow(self, case: Case) -> None:
        """Bring the states of payment and order in line with what went back and what is disputed."""
        payment = case.payment
        if not payment.settled:
            await self._clear_conflict(case)
            return
        status = status_after(payment)
        if status is not payment.status:
            case.payment = await Payment.record(self._ledger.db, payment, {"status": status}, tx=case.tx)
        await self._clear_conflict(case)
        await self._order(case)
        await self._goods.follow(case)
        await self._fund.follow(case.order, case.tx)

    async def _clear_conflict(self, case: Case) -> None:
        """Money that went back entirely needs no decision any more."""
        payment = case.payment
        asked = payment.amount_cents if payment.settled else 0
        if payment.conflict and payment.received_cents - payment.refunded_cents <= asked:
            case.payment = await Payment.record(self._ledger.db, payment, {"conflict": None}, tx=case.tx)

    async def _order(self, case: Case) -> None:
        order, disputed = case.order, case.payment.status is PaymentStatus.DISPUTED
        if order.paid_at is None:
            return
        status, back = order_after(case.payment, order)
        led_back = status is OrderStatus.PAID and order.status in _REFUNDED
        if led_back and await self._goods.handed_over(case):
            # It was handed over while part of its money was on the way back.
            status = OrderStatus.COMPLETE
        fields: dict[str, Any] = {"refundedCents": back, "disputed": disputed}
        fields["taxToldBackCents"] = max(back, order.tax_told_back_cents)
        fields |= returned(order, case.payment, back, whole=status is OrderStatus.REFUNDED)
        await self._ledger.owe(case, *refund_owed(order, back, case.now))
        moves = status is not order.status and ORDER_LIFE.allows(order.status, status)
        # A bounce leads back to where the order had come long ago: its history says what happened now.
        what = status if moves and status in _REFUNDED else case.news.what
        event, db = OrderEvent(at=case.now, what=what), self._ledger.db
        if moves:
            moved = await Order.move(db, order, status, event, fields=fields, tx=case.tx)
        else:
            moved = await Order.patch(db, order, fields, event, tx=case.tx)
        case.order = moved or order
