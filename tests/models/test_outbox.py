import asyncio
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest
from pymongo.errors import DuplicateKeyError

from models.base import Db, Tx, transact
from models.outbox import OutboxEffect, OutboxStatus, Urgency
from tests.models.samples import NOW, sample

LEASE = timedelta(minutes=1)


def effect(key: str, due: datetime = NOW, **more: Any) -> OutboxEffect:
    """An effect that is due at a time."""
    return sample(OutboxEffect, tenant_id="a", dedupe_key=key, next_attempt_at=due, **more)


async def claimed(db: Db, now: datetime = NOW) -> OutboxEffect:
    """The next effect; there must be one."""
    found = await OutboxEffect.claim(db, now, LEASE, Urgency.WORD)
    assert found is not None
    return found


async def stored(db: Db, one: OutboxEffect) -> OutboxEffect:
    """The effect as it stands now."""
    found = await OutboxEffect.get(db, "a", one.id)
    assert found is not None
    return found


async def test_workers_at_once_never_claim_the_same_effect(db: Db) -> None:
    """Each of thirty effects goes to one of six workers."""
    await OutboxEffect.owe(db, [effect(f"e{n}") for n in range(30)])

    async def worker() -> list[str]:
        mine = []
        while (found := await OutboxEffect.claim(db, NOW, LEASE, Urgency.WORD)) is not None:
            mine.append(found.dedupe_key)
        return mine

    took = [key for keys in await asyncio.gather(*(worker() for _ in range(6))) for key in keys]
    assert Counter(took) == Counter(f"e{n}" for n in range(30))


async def test_the_effect_due_longest_comes_first_and_the_future_waits(db: Db) -> None:
    """Order of claims is order of need, whatever the order of writing."""
    dues = {"late": 1, "first": -3, "second": -2, "third": 0}
    await OutboxEffect.owe(db, [effect(key, NOW + timedelta(seconds=s)) for key, s in dues.items()])
    assert [(await claimed(db)).dedupe_key for _ in range(3)] == ["first", "second", "third"]
    assert await OutboxEffect.claim(db, NOW, LEASE, Urgency.WORD) is None


async def test_each_urgency_is_claimed_for_itself(db: Db) -> None:
    """However long words are due, whoever looks for roles finds roles, and they are nobody else's."""
    ago = NOW - timedelta(hours=1)
    await OutboxEffect.owe(db, [effect(f"word{n}", ago, urgency=Urgency.WORD) for n in range(3)])
    await effect("role", urgency=Urgency.ROLES).insert(db)
    role = await OutboxEffect.claim(db, NOW, LEASE, Urgency.ROLES)
    assert role is not None
    assert (role.dedupe_key, role.urgency) == ("role", Urgency.ROLES)
    assert await OutboxEffect.claim(db, NOW, LEASE, Urgency.ROLES) is None
    assert await OutboxEffect.claim(db, NOW, LEASE, Urgency.MONEY_AND_KEYS) is None
    assert [(await claimed(db)).dedupe_key for _ in range(3)] == ["word0", "word1", "word2"]


async def test_effects_of_earlier_versions_are_not_forgotten(db: Db) -> None:
    """They were written down without an urgency, and are taken for words."""
    await effect("old").insert(db)
    await OutboxEffect.rows(db).update_one({}, {"$unset": {"urgency": 1}})
    assert await OutboxEffect.claim(db, NOW, LEASE, Urgency.ROLES) is None
    assert (await claimed(db)).dedupe_key == "old"


async def test_a_claim_is_due_again_when_its_lease_ends(db: Db) -> None:
    """An effect whose worker died is taken up by another, and the attempts are counted."""
    await effect("e").insert(db)
    first = await claimed(db)
    assert await OutboxEffect.claim(db, NOW + LEASE - timedelta(seconds=1), LEASE, Urgency.WORD) is None
    second = await claimed(db, NOW + LEASE)
    assert (first.attempts, second.attempts) == (1, 2)
    assert first.lease_token != second.lease_token


async def test_a_worker_whose_lease_ended_changes_nothing(db: Db) -> None:
    """The lease token fences: only the present holder closes an effect."""
    await effect("e").insert(db)
    slow = await claimed(db)
    quick = await claimed(db, NOW + LEASE)
    assert not await OutboxEffect.finish(db, slow, NOW, "late")
    assert not await OutboxEffect.postpone(db, slow, NOW, "late")
    assert not await OutboxEffect.bury(db, slow, "late")
    assert (await stored(db, slow)) == quick
    assert await OutboxEffect.finish(db, quick, NOW, "sent")
    assert not await OutboxEffect.finish(db, quick, NOW, "sent again")


async def test_a_done_effect_is_not_claimed_again(db: Db) -> None:
    """Done keeps when and with what outcome."""
    await effect("e").insert(db)
    await OutboxEffect.finish(db, await claimed(db), NOW, "sent")
    found = (await OutboxEffect.find_all(db, {}))[0]
    assert (found.status, found.done_at, found.outcome) == (OutboxStatus.DONE, NOW, "sent")
    assert await OutboxEffect.claim(db, NOW + timedelta(days=9), LEASE, Urgency.WORD) is None


async def test_a_postponed_effect_waits_until_then(db: Db) -> None:
    """Back-off is a time in the record, so it survives a restart."""
    await effect("e").insert(db)
    later = NOW + timedelta(hours=2)
    assert await OutboxEffect.postpone(db, await claimed(db), later, "closed_dm")
    assert await OutboxEffect.claim(db, later - timedelta(seconds=1), LEASE, Urgency.WORD) is None
    assert (await claimed(db, later)).last_error == "closed_dm"


async def test_a_dead_effect_rests_until_staff_mend_its_reason(db: Db) -> None:
    """Its tenant's staff only, and only while it is dead."""
    one = await effect("e").insert(db)
    await OutboxEffect.bury(db, await claimed(db), "role_deleted")
    assert await OutboxEffect.claim(db, NOW + timedelta(days=9), LEASE, Urgency.WORD) is None
    assert await OutboxEffect.hasten(db, "b", "role_deleted", NOW) == 0
    assert await OutboxEffect.hasten(db, "a", "role_deleted", NOW) == 1
    again = await claimed(db)
    assert (again.id, again.attempts) == (one.id, 1)
    assert await OutboxEffect.hasten(db, "a", "role_deleted", NOW) == 0


async def test_the_same_effect_is_owed_once(db: Db) -> None:
    """Who owes it twice at once owes it a single time."""
    owed = await asyncio.gather(*(OutboxEffect.owe_once(db, effect("e")) for _ in range(6)))
    assert sum(owed) == 1
    with pytest.raises(DuplicateKeyError) as refusal:
        await OutboxEffect.owe(db, [effect("e", payload={"to": "somebody@example.org"})])
    assert "somebody" not in f"{refusal.value!r}{refusal.value.details}"


async def test_an_effect_is_owed_with_its_transaction_or_not_at_all(db: Db) -> None:
    """What did not happen owes nothing."""

    async def work(tx: Tx) -> None:
        await OutboxEffect.owe(db, [effect("e")], tx=tx)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await transact(db, work)
    assert await OutboxEffect.claim(db, NOW, LEASE, Urgency.WORD) is None
