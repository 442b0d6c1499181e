"""A primary that nobody hears any more writes, dies, and its writes are undone: none was believed in."""

import asyncio
from typing import Any

import pytest
from pymongo import WriteConcern

from models.order import Order
from models.outbox import OutboxEffect, OutboxStatus
from models.session import OrderSession
from services.effects import EffectKind
from tests.drills.asking import Asked, healed
from tests.drills.replica_set import ReplicaSet
from tests.drills.stage import Stage
from tests.drills.test_lost_answers import one_order_each
from tests.services import buying
from tests.services.conftest import ADA
from tests.services.quiet import quiet
from tests.services.test_crashes import everything_fits

PATIENCE = 60.0


class Loneliness:
    """The primary hears the shop, but no other server, until another one is primary."""

    def __init__(self, members: ReplicaSet) -> None:
        self._members = members
        self._old, self._others = members.primary(), members.secondaries()

    @property
    def _marks(self) -> Any:
        return self._rows("lonely").with_options(write_concern=WriteConcern(w=1))

    def _rows(self, name: str) -> Any:
        return self._old.direct["test"][name]

    def begin(self) -> None:
        """What is written from now on is known to one server; a mark proves that it will be undone."""
        self._members.lines.lines[self._old.known_as].servers_held = True
        self._members.freeze(*self._others)
        self._marks.insert_one({"_id": "answered too early"})

    async def wrote(self, name: str, where: dict[str, Any]) -> None:
        """Return once it has written this by itself; the database rings no bell."""
        async with asyncio.timeout(PATIENCE):
            while not await asyncio.to_thread(self._rows(name).count_documents, where):  # noqa: ASYNC110
                await asyncio.sleep(0.02)

    def end(self) -> None:
        """It stands still; the others elect one of themselves."""
        self._members.freeze(self._old)
        self._members.thaw(*self._others)

    def undone(self) -> bool:
        """Whether what it wrote is gone."""
        return not self._marks.count_documents({})


@pytest.fixture
def lonely(members: ReplicaSet) -> Loneliness:
    """The set's primary, as it will be left alone."""
    return Loneliness(members)


async def test_an_order_that_only_a_dying_primary_knew_is_placed_once(
    stage: Stage, lonely: Loneliness
) -> None:
    """Its transaction was committed there and undone: its customer was not told so, or has it anyway."""
    db, members, blow, services, shop, product, clock = stage
    mug = await product()
    review = await buying.review(services, shop, ADA, mug)
    asked = Asked()
    blow.arm(1, lonely.begin, heard=False, of="commitTransaction")
    asking = asyncio.create_task(asked.ask(services.placement.place(shop, ADA, *review)))
    await lonely.wrote("orders", {"tenantId": shop.id})
    lonely.end()
    outcome = await asking
    await healed(db, members)
    assert lonely.undone()
    stands = await Order.how_many(db, {"tenantId": shop.id})
    assert (outcome == "done") <= (stands == 1)
    await one_order_each(db, services, shop, clock, orders=1)
    assert await OrderSession.current(db, shop.id, ADA.discord_id) is None
    await everything_fits(db, shop, mug)


async def test_an_effect_that_only_a_dying_primary_took_for_done_is_done(
    stage: Stage, lonely: Loneliness
) -> None:
    """It is pending again after all, and is closed by whoever asks next; at most it is begun once more."""
    db, members, blow, services, shop, product, clock = stage
    quiet(services)
    told: list[str] = []

    async def tell(effect: OutboxEffect) -> str:
        told.append(effect.dedupe_key)
        return "told"

    services.worker.unregister(EffectKind.CUSTOMER_NOTICE)
    services.worker.register(EffectKind.CUSTOMER_NOTICE, tell)
    order = await buying.order(services, shop, ADA, await product())
    blow.arm(1, lonely.begin, heard=False, of="update")
    working = asyncio.create_task(services.worker.drain())
    notice = {"kind": EffectKind.CUSTOMER_NOTICE, "orderId": order.key}
    await lonely.wrote("outbox", {**notice, "status": OutboxStatus.DONE})
    lonely.end()
    await working
    await healed(db, members)
    assert lonely.undone()
    clock.forward(seconds=40)
    await services.worker.drain()
    (row,) = await OutboxEffect.find_all(db, notice)
    assert row.status is OutboxStatus.DONE
    assert len(told) == row.attempts <= 2
    assert len(set(told)) == 1
