"""Money that arrived: it pays its order once, and whatever else it is, it is booked and staff are told."""

from typing import Any

from models.alert import AlertSeverity
from models.order import OrderStatus
from models.payment import PaymentStatus
from models.payment_life import PAYMENT_LIFE
from services.effects import Notice, notice
from services.paid import Paid
from services.rules import Rules
from services.settling.case import Case, Ledger
from services.settling.receipts import Arrival, Verdict, arrival

_UNPAID = {OrderStatus.PENDING_PAYMENT, OrderStatus.CANCELLED}


class MoneyIn:
    """Settles PAID and UNDERPAID."""

    def __init__(self, ledger: Ledger, rules: Rules, paid: Paid) -> None:
        self._ledger = ledger
        self._rules = rules
        self._paid = paid

    async def settle(self, case: Case) -> str:
        """What came of it as a word; raises OutOfStock when a cancelled order's goods are gone."""
        came = arrival(case.payment, case.news, case.now)
        booked = {"receipts": [each.model_dump_doc() for each in came.receipts]}
        match came.verdict:
            case Verdict.KNOWN:
                return "known"
            case Verdict.PAY if case.order.status in _UNPAID:
                return await self._pay(case, came, booked)
            case Verdict.RETURNED:
                return await self._returned(case, booked)
            case Verdict.UNDERPAID:
                return await self._underpaid(case, booked)
            case Verdict.WRONG_AMOUNT | Verdict.WRONG_CURRENCY:
                return await self._conflict(case, came.verdict, booked)
            case _:
                return await self._conflict(case, Verdict.SECOND, booked)

    async def _pay(self, case: Case, came: Arrival, booked: dict[str, Any]) -> str:
        late = case.order.status is OrderStatus.CANCELLED
        if late and (case.short or case.order.cancel_reason == "by_staff"):
            return await self._conflict(case, "late", booked)
        await self._ledger.record(case, "paid_late" if late else "paid", **booked)
        done = {"nextPollAt": None, "conflict": came.undecided}
        case.order = await self._paid.write(case.shop, case.order, case.payment, done, tx=case.tx)
        if came.over_cents:
            await self._ledger.alert(case, "payment_overpaid", AlertSeverity.INFO, over=came.over_cents)
        return "paid"

    async def _underpaid(self, case: Case, booked: dict[str, Any]) -> str:
        if case.order.status is not OrderStatus.PENDING_PAYMENT:
            return await self._conflict(case, "underpaid", booked)
        moves = case.payment.status in PAYMENT_LIFE.before(PaymentStatus.UNDERPAID)
        status = {"status": PaymentStatus.UNDERPAID} if moves else {}
        await self._ledger.record(case, "underpaid", **booked, **status)
        soonest = case.now + self._rules.hold_underpaid
        await self._ledger.hold(case, max(case.order.hold_ends_at or soonest, soonest), "payment_underpaid")
        turn = len(case.payment.history)
        told = notice(Notice.PAYMENT_UNDERPAID, case.shop.id, case.order.key, case.now, turn=turn)
        await self._ledger.owe(case, told)
        return "underpaid"

    async def _returned(self, case: Case, booked: dict[str, Any]) -> str:
        """It has gone back already: nothing to decide, and nothing is paid."""
        await self._ledger.record(case, "returned", **booked, **_arrived(case))
        await self._ledger.resume_hold(case, "payment_returned")
        return "returned"

    async def _conflict(self, case: Case, why: str, booked: dict[str, Any]) -> str:
        """Money that pays nothing by itself: a person decides between handing over and giving back."""
        await self._ledger.record(case, f"conflict_{why}", **booked, **_arrived(case), conflict=str(why))
        await self._ledger.resume_hold(case, f"payment_{why}")
        came = case.payment.receipts[-1]
        await self._ledger.alert(
            case,
            f"payment_{why}",
            AlertSeverity.ERROR,
            came=came.amount_cents,
            came_currency=came.currency,
        )
        return str(why)


def _arrived(case: Case) -> dict[str, Any]:
    """Money that was on its way has come: another try may follow, and the hold runs on."""
    on_its_way = case.payment.status is PaymentStatus.PROCESSING
    return {"status": PaymentStatus.FAILED, "pendingRefs": []} if on_its_way else {}
