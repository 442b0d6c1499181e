"""What failed for a reason that staff have mended is tried again at once."""

from models.base import Db
from models.outbox import OutboxEffect, OutboxStatus, Urgency
from services import Services
from services.effects import EffectKind, effect
from services.worker import EffectFailed
from tests.services.conftest import TestClock


async def failing(
    services: Services, db: Db, clock: TestClock, tenant_id: str, reason: str, *, final: bool
) -> None:
    """Owe one alert whose handler fails for the reason given."""

    async def fail(_: OutboxEffect) -> str:
        raise EffectFailed(reason, final=final)

    services.worker.register(EffectKind.STAFF_ALERT, fail)
    owed = effect(EffectKind.STAFF_ALERT, tenant_id, f"{tenant_id}:{reason}", clock.now(), payload={})
    await OutboxEffect.owe_once(db, owed)
    await services.worker.drain()
    services.worker.unregister(EffectKind.STAFF_ALERT)


async def happened(services: Services) -> list[str]:
    """Let everything that is due happen; the tenants it happened for."""
    tenants: list[str] = []

    async def tell(owed: OutboxEffect) -> str:
        tenants.append(owed.tenant_id)
        return "told"

    services.worker.register(EffectKind.STAFF_ALERT, tell)
    await services.worker.drain()
    return tenants


async def test_postponed_and_dead_effects_happen_once_their_reason_is_mended(
    services: Services, db: Db, clock: TestClock
) -> None:
    """One that waits for its next try and one that was given up are both due at once."""
    await failing(services, db, clock, "a", "no_staff_channel", final=False)
    await failing(services, db, clock, "a", "channel_gone", final=True)
    assert await services.worker.retry("a", "no_staff_channel", "channel_gone") == 2
    assert await happened(services) == ["a", "a"]
    assert await OutboxEffect.find_one(db, {"status": {"$ne": OutboxStatus.DONE}}) is None


async def test_other_reasons_and_other_tenants_keep_waiting(
    services: Services, db: Db, clock: TestClock
) -> None:
    """Only what failed for this reason in this shop is hastened."""
    await failing(services, db, clock, "a", "dm_closed", final=False)
    await failing(services, db, clock, "b", "no_staff_channel", final=False)
    assert await services.worker.retry("a", "no_staff_channel") == 0
    assert await happened(services) == []


async def test_an_effect_under_way_is_not_hastened(services: Services, db: Db, clock: TestClock) -> None:
    """A worker that holds the lease finishes in peace, or the lease ends by itself."""
    await failing(services, db, clock, "a", "no_staff_channel", final=False)
    clock.forward(hours=1)
    lease = services.worker._rules.outbox_lease
    leased = await OutboxEffect.claim(db, clock.now(), lease, Urgency.WORD)
    assert leased is not None
    assert await services.worker.retry("a", "no_staff_channel") == 0
