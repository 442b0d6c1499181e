"""For how many days records are kept that are closed and nobody's books (docs/adr/0037)."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

DAY = 24 * 3600
# For so long at least it is remembered what was owed and done, so that nobody owes it again.
LEAST_OUTBOX_DAYS = 14
_MOST = 36_500


def _days(least: int, *, for_ever: bool = False) -> AfterValidator:
    def check(value: int) -> int:
        if least <= value <= _MOST or (for_ever and value == 0):
            return value
        ends = "; 0 keeps them for ever" if for_ever else ""
        raise ValueError(f"must be a number of days from {least} to {_MOST}{ends}")

    return AfterValidator(check)


class Retention(BaseModel):
    """Days by kind of record; 0, where it is allowed, keeps them for ever.

    Orders, payments, the ledger and the fund are books: nothing here is about them. It is a section of the
    configuration, too.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    outbox_days: Annotated[int, _days(LEAST_OUTBOX_DAYS)] = 30
    # Providers' own pages send events again for a month, and what they say is compared then.
    webhook_body_days: Annotated[int, _days(30, for_ever=True)] = 90
    webhook_days: Annotated[int, _days(60)] = 400
    share_days: Annotated[int, _days(1)] = 30
    audit_days: Annotated[int, _days(90, for_ever=True)] = 0
    alert_days: Annotated[int, _days(30, for_ever=True)] = 365
    session_days: Annotated[int, _days(30, for_ever=True)] = 800

    @property
    def expiries(self) -> Mapping[str, int]:
        """In how many seconds the database removes records by itself, by collection and field."""
        return {
            "outbox.doneAt": DAY * self.outbox_days,
            "sharelinks.expiresAt": DAY * self.share_days,
            "webhookevents.clearedAt": DAY * self.webhook_days,
        }
