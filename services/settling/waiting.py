"""News without money: it is on its way, a try failed, or the page can no longer be paid."""

from models.order import OrderStatus
from models.payment import PaymentStatus
from services.effects import Notice, notice
from services.rules import Rules
from services.settling.case import Case, Ledger

_BEFORE_MONEY = {PaymentStatus.PENDING_PAYMENT, PaymentStatus.PROCESSING, PaymentStatus.FAILED}


class Waiting:
    """Settles PENDING, FAILED and EXPIRED."""

    def __init__(self, ledger: Ledger, rules: Rules) -> None:
        self._ledger = ledger
        self._rules = rules

    async def approved(self, case: Case) -> str:
        """The payer agreed, and nobody could collect: nothing is lost, the page can still be used."""
        await self._ledger.record(case, "approved")
        return "approved"

    async def pending(self, case: Case) -> str:
        """Money is on its way: the goods are kept until it has come or failed."""
        if case.payment.status is PaymentStatus.UNDERPAID:
            return await self._rest(case)
        waits = case.payment.status in {PaymentStatus.PENDING_PAYMENT, PaymentStatus.FAILED}
        if not waits or case.order.status is not OrderStatus.PENDING_PAYMENT:
            return await self._also(case)
        refs = [case.news.charge_ref] if case.news.charge_ref else []
        await self._ledger.record(case, "processing", status=PaymentStatus.PROCESSING, pendingRefs=refs)
        await self._ledger.hold(case, None, "payment_processing")
        return "processing"

    async def _also(self, case: Case) -> str:
        """Nothing new to wait for; but what is not known by its name cannot be asked about."""
        if not case.fields:
            return "known"
        refs = [*case.payment.pending_refs, case.news.charge_ref]
        await self._ledger.record(case, "processing", pendingRefs=refs)
        return "noted"

    async def _rest(self, case: Case) -> str:
        """The rest is on its way, too: each deposit that is told keeps the goods once more."""
        told, ends_at = case.news.charge_ref, case.order.hold_ends_at
        if told is None or told in case.payment.charge_refs or ends_at is None:
            return "known"
        await self._ledger.record(case, "processing")
        until = max(ends_at, case.now + self._rules.hold_underpaid)
        await self._ledger.hold(case, until, "payment_processing")
        return "rest_processing"

    async def failed(self, case: Case) -> str:
        """One try failed: the customer hears of it and may try again while the hold lasts."""
        if case.payment.status not in {PaymentStatus.PENDING_PAYMENT, PaymentStatus.PROCESSING}:
            return "known"
        ref, refs = case.news.charge_ref, case.payment.pending_refs
        mine, others = ref in refs, [each for each in refs if each != ref]
        if case.order.status is not OrderStatus.PENDING_PAYMENT or (self._elsewhere(case) and not mine):
            return "too_late"
        if ref is not None and others:
            return await self._other_try(case, others)
        await self._ledger.record(case, "failed", status=PaymentStatus.FAILED, pendingRefs=[])
        await self._ledger.resume_hold(case, "payment_failed")
        turn = len(case.payment.history)
        told = notice(Notice.PAYMENT_FAILED, case.shop.id, case.order.key, case.now, turn=turn)
        await self._ledger.owe(case, told)
        return "failed"

    async def _other_try(self, case: Case, others: list[str]) -> str:
        """Another try is still on its way, and the goods are kept for that one."""
        if others != case.payment.pending_refs:
            await self._ledger.record(case, "try_failed", pendingRefs=others)
        return "other_try"

    async def lapsed(self, case: Case) -> str:
        """The page can no longer be paid: while the hold lasts the customer gets a new one."""
        processing = case.payment.status is PaymentStatus.PROCESSING
        if case.payment.status not in _BEFORE_MONEY or not (processing or case.payment.page_url):
            return "known"
        if self._elsewhere(case):
            return "old_page"
        fields = {"status": PaymentStatus.FAILED, "pendingRefs": []} if processing else {}
        await self._ledger.record(case, "page_expired", pageUrl=None, pageEndsAt=None, **fields)
        await self._ledger.resume_hold(case, "page_expired")
        return "page_expired"

    @staticmethod
    def _elsewhere(case: Case) -> bool:
        """Whether the news is about a page that was replaced by another."""
        told, now = case.news.provider_ref, case.payment.provider_ref
        return told is not None and now is not None and told != now
