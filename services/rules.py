"""The shop's times and limits, as wiring reads them from the configuration."""

from dataclasses import dataclass, field
from datetime import timedelta

from models.retention import Retention


@dataclass(frozen=True)
class Rules:
    """How long things last; every one can be configured."""

    session: timedelta = timedelta(minutes=30)
    hold_p2p: timedelta = timedelta(hours=24)
    hold_processor: timedelta = timedelta(minutes=60)
    hold_underpaid: timedelta = timedelta(minutes=60)
    hold_after_rejection: timedelta = timedelta(hours=1)
    stale_confirm: timedelta = timedelta(seconds=30)
    offer: timedelta = timedelta(minutes=30)
    storefront_pause: timedelta = timedelta(seconds=15)
    storefront_look: timedelta = timedelta(minutes=10)
    outbox_lease: timedelta = timedelta(seconds=30)
    outbox_backoff: tuple[timedelta, ...] = (
        timedelta(minutes=1),
        timedelta(minutes=5),
        timedelta(minutes=30),
        timedelta(hours=2),
        timedelta(hours=12),
    )
    payment_polls: tuple[timedelta, ...] = (
        timedelta(minutes=1),
        timedelta(minutes=2),
        timedelta(minutes=4),
        timedelta(minutes=8),
        timedelta(minutes=15),
        timedelta(minutes=30),
        timedelta(hours=1),
        timedelta(hours=4),
        timedelta(hours=12),
        timedelta(hours=24),
        timedelta(hours=48),
    )
    # All tries of one call to a partner together. Shorter than the outbox and the inbox bear with one effect:
    # else a provider that never answers is cut off by them each time, and nobody ever notes that it is down.
    call: timedelta = timedelta(seconds=20)
    poll: timedelta = timedelta(seconds=1)
    queue_after: timedelta = timedelta(minutes=15)
    sweep: timedelta = timedelta(seconds=15)
    grace: timedelta = timedelta(days=30)
    kept: Retention = field(default_factory=Retention)
    # Tests and figures are faster than people; the configuration says yes.
    cooldowns: bool = False
