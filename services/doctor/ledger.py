"""Whether stock is what the ledger tells, product by product, as far as the time goes."""

import time

from models import ledger, troubles
from services.doctor.contract import Case, Check, Finding, Section, Severity

_SECONDS = 4.0


class Ledger(Check):
    """A drift is explained and never mended by itself: only a person can count what is on the shelf."""

    name = "ledger"
    section = Section.SHOP
    finds = frozenset({"ledger_drift", "ledger_unread"})

    def __init__(self, seconds: float = _SECONDS) -> None:
        """Take for how long handfuls of products are begun to be read."""
        self._seconds = seconds

    async def run(self, case: Case) -> list[Finding]:
        """Look at as many products as the time allows."""
        db, tenant_id = case.tools.db, case.shop.id
        drifted, read, unread = list[ledger.Drift](), 0, False
        ends = time.monotonic() + self._seconds
        async for _, product_ids in ledger.with_stock(db, tenant_id):
            if time.monotonic() > ends:
                unread = True
                break
            drifted += await ledger.drifts(db, tenant_id, product_ids)
            read += len(product_ids)
        found = []
        if drifted:
            names = await troubles.names_of(db, tenant_id, [each.product_id for each in drifted])
            first = drifted[0]
            counts = {"ledger": first.ledger.available, "stock": first.snapshot.available}
            held = {"ledger_held": first.ledger.reserved, "held": first.snapshot.reserved}
            found.append(Finding("ledger_drift", Severity.WRONG, {"names": names, **counts, **held}))
        if unread:
            found.append(Finding("ledger_unread", Severity.HINT, {"many": read}))
        return found


CHECK = Ledger()
