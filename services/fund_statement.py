"""A month of the community fund as a table for those who answer for it."""

import csv
import io
from datetime import UTC, datetime

from models.base import Db
from models.fund_ledger import GIFTS, Account, FundEntry
from models.money import decimal_text
from services.cells import harmless
from services.clock import Clock
from services.fund_desk import FundDesk, Movement
from services.shops import Shop

MONTHS = 12
_COLUMNS = ("date", "movement", "amount", "balance", "currency", "who", "order", "reason", "by")


class FundStatement:
    """Writes statements; the months are those of UTC, as all dates of the books."""

    def __init__(self, db: Db, clock: Clock, desk: FundDesk) -> None:
        self._db = db
        self._clock = clock
        self._desk = desk

    def months(self) -> list[str]:
        """The months that can be asked for, such as 2026-03, this one first."""
        now = self._clock.now()
        numbers = [now.year * 12 + now.month - 1 - back for back in range(MONTHS)]
        return [f"{number // 12:04}-{number % 12 + 1:02}" for number in numbers]

    async def csv(self, shop: Shop, month: str) -> bytes:
        """The month's movements between its opening and closing balance, in UTF-8 as spreadsheets read it."""
        first, end = _bounds(month)
        account = Account(shop.id, shop.currency)
        balance = await FundEntry.sum_before(self._db, account, first)
        entries = await FundEntry.between(self._db, account, first, end)
        text = io.StringIO()
        table = csv.writer(text)
        table.writerow(_COLUMNS)
        table.writerow(_line(shop, first, "OPENING", None, balance))
        for each in await self._desk.named(shop, entries):
            balance += each.entry.amount_cents
            table.writerow(_row(shop, each, balance))
        table.writerow(_line(shop, end, "CLOSING", None, balance))
        return text.getvalue().encode("utf-8-sig")


def _bounds(month: str) -> tuple[datetime, datetime]:
    year, number = int(month[:4]), int(month[5:])
    first = datetime(year, number, 1, tzinfo=UTC)
    return first, datetime(year + number // 12, number % 12 + 1, 1, tzinfo=UTC)


def _line(shop: Shop, at: datetime, what: str, cents: int | None, balance: int) -> list[str]:
    amount = "" if cents is None else decimal_text(cents, shop.currency)
    return [
        at.isoformat(timespec="seconds"),
        what,
        amount,
        decimal_text(balance, shop.currency),
        shop.currency,
    ]


def _row(shop: Shop, each: Movement, balance: int) -> list[str]:
    entry, paid = each.entry, each.disbursement
    hidden = entry.move in GIFTS and each.contribution is not None and each.contribution.anonymous
    who = each.customer.discord_display_name if each.customer and not hidden else ""
    why, by = "", ""
    if paid is not None:
        undone = entry.move == "REVERSAL"
        why = (paid.reversal_reason if undone else paid.reason) or ""
        by = (paid.reversed_by if undone else paid.approved_by) or ""
    number = "" if hidden else each.order_number or ""
    start = _line(shop, entry.at, entry.move, entry.amount_cents, balance)
    return [*start, *map(harmless, (who, number, why, by))]
