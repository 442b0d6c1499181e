import asyncio
from datetime import timedelta
from typing import Any

import pytest
from pymongo.errors import DuplicateKeyError

from models.base import Db, ObjectId, Tx, transact
from models.order import OrderItem
from models.session import OrderSession, SessionState
from tests.models.samples import NOW, sample

LATER = NOW + timedelta(minutes=30)


async def opened(db: Db, customer: str = "buyer", **more: Any) -> OrderSession:
    """A customer's open cart."""
    session = sample(OrderSession, tenant_id="a", discord_user_id=customer, expires_at=LATER, **more)
    return await session.insert(db)


async def stored(db: Db, session: OrderSession) -> OrderSession:
    """The cart as it stands now."""
    found = await OrderSession.get(db, session.tenant_id, session.id)
    assert found is not None
    return found


async def end(db: Db, session: OrderSession, order_id: str) -> bool:
    """Close the cart in a transaction of its own."""
    return await transact(db, lambda tx: OrderSession.end_confirm(db, session, order_id, tx=tx))


async def test_a_customer_has_one_open_cart_per_shop(db: Db) -> None:
    """A second one is refused by the index; a closed one and another shop's do not count."""
    session = await opened(db, state=SessionState.EXPIRED, is_open=False)
    first = await opened(db)
    with pytest.raises(DuplicateKeyError):
        await opened(db)
    await sample(OrderSession, tenant_id="b", discord_user_id="buyer").insert(db)
    assert await OrderSession.current(db, "a", "buyer") == first != session
    assert await OrderSession.current(db, "a", "somebody else") is None


async def test_of_two_edits_of_the_same_cart_one_is_told_to_look_again(db: Db) -> None:
    """Two devices never overwrite each other unseen."""
    seen = await opened(db)
    line = sample(OrderItem).model_dump_doc()
    edits = await asyncio.gather(*(OrderSession.edit(db, seen, {"items": [line] * n}) for n in range(1, 9)))
    written = [edit for edit in edits if edit is not None]
    assert len(written) == 1
    assert (await stored(db, seen)).items == written[0].items
    assert written[0].version > seen.version


async def test_an_edit_that_a_server_lost_is_confirmed_by_nobody(db: Db) -> None:
    """The cart goes on from before it, and no number of edits leads to the version that somebody saw."""
    seen = await opened(db)
    lost = await OrderSession.edit(db, seen, {"discountCode": "LOST"})
    assert lost is not None
    await OrderSession.rows(db).replace_one({"_id": seen.id}, seen.model_dump_doc())
    again = await OrderSession.edit(db, seen, {"discountCode": "AGAIN"})
    assert again is not None
    assert again.version != lost.version
    assert await OrderSession.begin_confirm(db, lost, "o1", NOW) is None
    assert await OrderSession.begin_confirm(db, again, "o1", NOW) is not None


async def test_of_many_confirms_at_once_one_begins(db: Db) -> None:
    """Two clicks and two devices lead to one order."""
    seen = await opened(db)
    begun = await asyncio.gather(*(OrderSession.begin_confirm(db, seen, f"o{n}", NOW) for n in range(8)))
    winner = [session for session in begun if session is not None]
    assert len(winner) == 1
    assert (await stored(db, seen)).confirming_order_id == winner[0].confirming_order_id
    assert await OrderSession.edit(db, seen, {"items": []}) is None


async def test_a_cart_changed_since_it_was_seen_is_not_confirmed(db: Db) -> None:
    """The customer gets what they looked at."""
    seen = await opened(db)
    assert await OrderSession.edit(db, seen, {"items": []}) is not None
    assert await OrderSession.begin_confirm(db, seen, "o1", NOW) is None


async def test_a_confirm_ends_once_and_only_for_its_order(db: Db) -> None:
    """The transaction that writes the order closes the cart."""
    seen = await opened(db)
    await OrderSession.begin_confirm(db, seen, "o1", NOW)
    assert not await end(db, seen, "o2")
    assert sum(await asyncio.gather(*(end(db, seen, "o1") for _ in range(4)))) == 1
    closed = await stored(db, seen)
    assert (closed.state, closed.is_open, closed.submitted_order_id) == (SessionState.SUBMITTED, False, "o1")
    assert await OrderSession.current(db, "a", "buyer") is None


@pytest.mark.parametrize("stop_first", [True, False])
async def test_a_confirm_that_was_stopped_cannot_commit(db: Db, *, stop_first: bool) -> None:
    """Whichever comes first, the order exists or the stock goes back, never both."""
    seen = await opened(db)
    await OrderSession.begin_confirm(db, seen, "o1", NOW)
    if stop_first:
        assert await OrderSession.stop_confirm(db, "a", "o1")
    ended = await end(db, seen, "o1")
    assert ended is not stop_first
    assert not await OrderSession.stop_confirm(db, "a", "o1")


async def test_stopping_during_the_transaction_waits_for_its_outcome(db: Db) -> None:
    """While the order is being written, a stop neither wins nor breaks it."""
    seen = await opened(db)
    await OrderSession.begin_confirm(db, seen, "o1", NOW)
    stops: list[asyncio.Task[bool]] = []

    async def work(tx: Tx) -> bool:
        ended = await OrderSession.end_confirm(db, seen, "o1", tx=tx)
        stops.append(asyncio.create_task(OrderSession.stop_confirm(db, "a", "o1")))
        await asyncio.sleep(0.1)
        return ended

    ended = await transact(db, work)
    stopped = [await stop for stop in stops]
    assert (ended, stopped) == (True, [False])


async def test_many_processes_racing_give_one_outcome(db: Db) -> None:
    """End and stop at the same moment: exactly one of them happened."""
    for n in range(10):
        seen = await opened(db, f"buyer{n}")
        await OrderSession.begin_confirm(db, seen, f"o{n}", NOW)
        outcomes = await asyncio.gather(
            end(db, seen, f"o{n}"),
            *(OrderSession.stop_confirm(db, "a", f"o{n}") for _ in range(3)),
        )
        assert sum(outcomes) == 1


async def test_another_tenant_stops_nothing(db: Db) -> None:
    """An order id of this shop means nothing in that one."""
    seen = await opened(db)
    await OrderSession.begin_confirm(db, seen, "o1", NOW)
    assert not await OrderSession.stop_confirm(db, "b", "o1")
    foreign = seen.model_copy(update={"tenant_id": "b"})
    assert await OrderSession.edit(db, foreign, {"items": []}) is None


async def test_stuck_confirms_are_found(db: Db) -> None:
    """What a dead process left is seen by the sweeper, what has just begun is not."""
    seen = await opened(db)
    await OrderSession.begin_confirm(db, seen, order_id := str(ObjectId()), NOW)
    assert await OrderSession.stuck(db, NOW) == []
    assert await OrderSession.stuck(db, LATER) == [(seen.tenant_id, order_id, [])]


async def test_carts_left_too_long_expire_and_others_stay(db: Db) -> None:
    """A cart in Confirm is not taken away, and a new one can be opened after the old one ended."""
    old, fresh, busy = [await opened(db, name) for name in ("old", "fresh", "busy")]
    await OrderSession.edit(db, fresh, {"expiresAt": LATER + timedelta(hours=1)})
    await OrderSession.begin_confirm(db, busy, "o1", NOW)
    assert sum(await asyncio.gather(*(OrderSession.expire(db, LATER) for _ in range(4)))) == 1
    states = [(await stored(db, session)).state for session in (old, fresh, busy)]
    assert states == [SessionState.EXPIRED, SessionState.OPEN, SessionState.CONFIRMING]
    await opened(db, "old")


async def test_one_customer_s_cart_expires_alone(db: Db) -> None:
    """Looking at a cart ends it when its time is over, not before."""
    mine, other = [await opened(db, name) for name in ("mine", "other")]
    await OrderSession.expire_one(db, "a", "mine", NOW)
    assert (await stored(db, mine)).is_open
    await OrderSession.expire_one(db, "a", "mine", LATER)
    assert not (await stored(db, mine)).is_open
    assert (await stored(db, other)).is_open


def test_a_cart_knows_its_sum_and_whether_it_ships() -> None:
    """Lines times prices in minor units; one parcel is enough to need an address."""
    lines = [
        sample(OrderItem, quantity=2, unit_price_cents=250, is_digital=True),
        sample(OrderItem, quantity=1, unit_price_cents=99),
    ]
    assert sample(OrderSession, items=lines).subtotal_cents == 599
    assert sample(OrderSession, items=lines).ships
    assert not sample(OrderSession, items=lines[:1]).ships
