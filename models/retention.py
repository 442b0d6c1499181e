"""For how many days records are kept that are closed and nobody's books (docs/adr/0037)."""

from collections.abc import Mapping
from dataclasses import dataclass

DAY = 24 * 3600
# For so long at least it is remembered what was owed and done, so that nobody owes it again.
LEAST_OUTBOX_DAYS = 14


@dataclass(frozen=True)
class Retention:
    """Days by kind of record; 0, where a setting allows it, keeps them for ever.

    Orders, payments, the ledger and the fund are books: nothing here is about them.
    """

    outbox_days: int = 30
    webhook_body_days: int = 90
    webhook_days: int = 400
    share_days: int = 30
    audit_days: int = 0
    alert_days: int = 365
    session_days: int = 800

    @property
    def expiries(self) -> Mapping[str, int]:
        """In how many seconds the database removes records by itself, by collection and field."""
        return {
            "outbox.doneAt": DAY * self.outbox_days,
            "sharelinks.expiresAt": DAY * self.share_days,
            "webhookevents.clearedAt": DAY * self.webhook_days,
        }
