"""Whether a shop's invoice numbers run without gaps and none was given out twice."""

import re
from collections.abc import AsyncIterator
from itertools import islice

from models import books_sums
from models.counter import Counter
from services.books.contract import Check, Finding, wrong
from services.books.look import Look
from services.invoices import COUNTER, number

_NUMBER = re.compile(r"INV-([0-9]{6,12})")
_MOST = 5


class InvoiceNumbers(Check):
    """Tax offices ask for a row of numbers that is whole."""

    name = "invoices"
    over = (Counter,)
    finds = frozenset({"invoice_gap", "invoice_twice", "invoice_foreign"})

    async def look(self, look: Look) -> AsyncIterator[Finding]:
        """Tick every number off that was given out."""
        for counter in look.records(Counter):
            if counter.name != COUNTER:
                continue
            given, where = bytearray(counter.last + 1), {"counter": counter.key}
            twice, foreign = list[str](), list[str]()
            async for text in books_sums.numbered(look.db, look.tenant_id, tx=look.tx):
                found = _NUMBER.fullmatch(text)
                at = int(found[1]) if found else 0
                if not 1 <= at <= counter.last or number(at) != text:
                    foreign.append(text)
                elif given[at]:
                    twice.append(text)
                else:
                    given[at] = 1
            missing = given.count(0, 1)
            gaps = [number(at) for at in islice((at for at in range(1, len(given)) if not given[at]), _MOST)]
            told = {
                "invoice_gap": (missing, gaps),
                "invoice_twice": (len(twice), twice),
                "invoice_foreign": (len(foreign), foreign),
            }
            for code, (many, names) in told.items():
                if many:
                    yield wrong(look, code, counter, where=where, many=many, names=names[:_MOST])


CHECK = InvoiceNumbers()
