"""For how long closed records are kept: the least that each kind needs, and a sentence for less."""

from typing import Annotated

from pydantic import AfterValidator

from bot.config_values import Section
from models.retention import LEAST_OUTBOX_DAYS, Retention

_MOST = 36_500


def _days(least: int, *, for_ever: bool = False) -> AfterValidator:
    def check(value: int) -> int:
        if least <= value <= _MOST or (for_ever and value == 0):
            return value
        ends = "; 0 keeps them for ever" if for_ever else ""
        raise ValueError(f"must be a number of days from {least} to {_MOST}{ends}")

    return AfterValidator(check)


class RetentionSettings(Section):
    """Days by kind of record; 0, where it is allowed, keeps them for ever."""

    outbox_days: Annotated[int, _days(LEAST_OUTBOX_DAYS)] = Retention.outbox_days
    # Providers' own pages send events again for a month, and what they say is compared then.
    webhook_body_days: Annotated[int, _days(30, for_ever=True)] = Retention.webhook_body_days
    webhook_days: Annotated[int, _days(60)] = Retention.webhook_days
    share_days: Annotated[int, _days(1)] = Retention.share_days
    audit_days: Annotated[int, _days(90, for_ever=True)] = Retention.audit_days
    alert_days: Annotated[int, _days(30, for_ever=True)] = Retention.alert_days
    session_days: Annotated[int, _days(30, for_ever=True)] = Retention.session_days

    def kept(self) -> Retention:
        """The same, as the database and the sweeper want it."""
        return Retention(**self.model_dump())
