"""Whatever was paid and has not arrived stands in the queue once, until it arrives or somebody sees to it."""

import asyncio
from collections import Counter
from datetime import timedelta

import pytest

from models.audit import AuditLog
from models.base import Db
from models.digital_key import DigitalKey
from models.entitlement import Entitlement, EntitlementStatus
from models.errors import BadInput, NotFound, Refused, ShopError, UnderWay
from models.member import Member
from models.order import Order, OrderStatus
from models.outbox import OutboxEffect, OutboxStatus, Urgency
from models.payment import Payment, Refund, RefundState
from services import Services
from services.effects import EffectKind, Notice, effect, notice
from services.queue_entries import QueueKind
from services.rules import Rules
from services.shops import Shop
from services.worker import EffectFailed
from tests.services import buying, keys
from tests.services.conftest import ADA, BOB, OWNER, MakeProduct, TestClock
from tests.services.mortal import dies

SAM = Member("9", "sam", "Sam")
MOST_COMMANDS = 40


class Discord:
    """Handlers of what the outbox owes to Discord, which fail as long as a reason is given."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.reason: str | None = None
        self.final = False
        self.granted: list[str] = []
        services.worker.register(EffectKind.ROLE_GRANT, self._grant)
        for kind in (EffectKind.CUSTOMER_NOTICE, EffectKind.STAFF_CLAIM, EffectKind.STAFF_DECIDED):
            services.worker.register(kind, self._other)
        for kind in (EffectKind.STAFF_ALERT, EffectKind.INVOICE_NUMBER):
            services.worker.register(kind, self._quiet)

    async def _grant(self, owed: OutboxEffect) -> str:
        found = await self.services.delivery.owed(owed.tenant_id, owed.payload["entitlementId"])
        if found is None:
            return "not_owed"
        if self.reason == "discord_down":
            raise EffectFailed(self.reason)
        if self.reason is not None:
            await self.services.delivery.failed(found, self.reason)
            raise EffectFailed(self.reason)
        self.granted.append(found.key)
        await self.services.delivery.granted(found)
        return "granted"

    async def _other(self, _: OutboxEffect) -> str:
        if self.reason is not None:
            raise EffectFailed(self.reason, final=self.final)
        return "sent"

    async def _quiet(self, _: OutboxEffect) -> str:
        return "done"


@pytest.fixture
def discord(services: Services) -> Discord:
    """What the shop reaches customers by."""
    return Discord(services)


async def paid_role(
    db: Db, services: Services, shop: Shop, product: MakeProduct, name: str = "VIP", who: Member = ADA
) -> Entitlement:
    """A paid order's role."""
    vip = await product(name, stock=None, granted_role_ids=["77"])
    order = await buying.paid(services, shop, who, vip)
    return (await Entitlement.of_order(db, shop.id, order.key))[0]


async def stored(db: Db, shop: Shop, order_id: str) -> Order:
    """The order as it is now."""
    order = await Order.get(db, shop.id, order_id)
    assert order is not None
    return order


async def test_a_role_that_fails_is_one_entry_until_it_is_granted(
    db: Db, services: Services, shop: Shop, product: MakeProduct, discord: Discord, clock: TestClock
) -> None:
    """Entitlement and effect tell of one cause: one entry with its reason and tries, dead or alive."""
    discord.reason = "role_too_high"
    role = await paid_role(db, services, shop, product)
    await services.worker.drain()
    for _ in range(8):
        page = await services.queue.page(shop, QueueKind.DELIVERY)
        assert (page.total, [each.reason for each in page.entries]) == (1, ["role_too_high"])
        clock.forward(hours=15)
        await services.worker.drain()
    (entry,) = page.entries
    assert (entry.record.key, entry.next_try) == (role.key, None)
    assert entry.order is not None
    assert entry.order.key == role.order_id
    pages = [await services.queue.page(shop, None, number) for number in range(2)]
    everything = [each for page in pages for each in page.entries]
    assert len(everything) == pages[0].total
    assert [each.record.key for each in everything].count(role.key) == 1
    assert EffectKind.ROLE_GRANT not in {each.what for each in everything}
    (dead,) = await OutboxEffect.find_all(db, {"kind": EffectKind.ROLE_GRANT})
    assert (await services.queue.of_effect(shop, dead.key)).id == entry.id
    discord.reason = None
    await services.queue.retry(shop, SAM, entry.id)
    await services.worker.drain()
    assert (await services.queue.page(shop, QueueKind.DELIVERY)).total == 0
    assert (await stored(db, shop, role.order_id)).status is OrderStatus.COMPLETE
    with pytest.raises(NotFound):
        await services.queue.entry(shop, entry.id)


async def test_a_role_that_nobody_tries_any_more_is_seen_and_owed_again(
    db: Db, services: Services, shop: Shop, product: MakeProduct, discord: Discord, clock: TestClock
) -> None:
    """An entitlement whose effect was lost still waits in the queue after a while, and can be tried."""
    role = await paid_role(db, services, shop, product)
    await OutboxEffect.rows(db).delete_many({"kind": EffectKind.ROLE_GRANT})
    assert (await services.queue.page(shop)).total == 0
    clock.forward(minutes=20)
    (entry,) = (await services.queue.page(shop)).entries
    assert (entry.reason, entry.can_retry) == ("waiting", True)
    await asyncio.gather(*(services.queue.retry(shop, who, entry.id) for who in (OWNER, SAM)))
    await services.worker.drain()
    assert discord.granted == [role.key]


async def test_done_by_hand_counts_as_delivered_and_completes_the_order(
    db: Db, services: Services, shop: Shop, product: MakeProduct, discord: Discord
) -> None:
    """With reason, actor and audit row; the role is not granted once more afterwards."""
    discord.reason = "role_gone"
    role = await paid_role(db, services, shop, product)
    await services.worker.drain()
    (entry,) = (await services.queue.page(shop, QueueKind.DELIVERY)).entries
    await services.queue.close(shop, SAM, entry.id, "  Gave it in the server settings. ")
    order = await stored(db, shop, role.order_id)
    assert order.status is OrderStatus.COMPLETE
    note = next(each for each in order.history if each.what == "by_hand")
    assert (note.actor_id, note.note) == (SAM.discord_id, "Gave it in the server settings.")
    given = await Entitlement.get(db, shop.id, role.id)
    assert given is not None
    assert (given.status, given.metadata) == (EntitlementStatus.GRANTED, {"byHand": True})
    (row,) = await AuditLog.find_all(db, {"action": "queue.by_hand"})
    assert (row.actor_id, row.entity_id) == (SAM.discord_id, role.key)
    assert row.meta["after"] == {"note": "Gave it in the server settings."}
    discord.reason = None
    await services.worker.drain()
    assert discord.granted == []
    assert not await OutboxEffect.find_all(db, {"kind": EffectKind.ROLE_GRANT, "status": "PENDING"})


@pytest.mark.usefixtures("discord")
async def test_keys_that_are_missing_are_one_entry(
    db: Db, services: Services, shop: Shop, product: MakeProduct, clock: TestClock
) -> None:
    """Until keys come, also when their effect was lost; a lost effect is owed anew, and no key twice."""
    game = await keys.pool(services, shop, product, ["KEY-1", "KEY-2"])
    order = await buying.paid(services, shop, ADA, game, 2)
    await DigitalKey.rows(db).delete_one({"status": "FREE"})
    for _ in range(7):
        await services.worker.drain()
        clock.forward(hours=15)
    (entry,) = (await services.queue.page(shop)).entries
    assert (entry.what, entry.reason, entry.next_try) == ("item", "no_keys", None)
    await OutboxEffect.rows(db).delete_many({"kind": EffectKind.KEYS_ASSIGN})
    await keys.fill(services, shop, game.key, ["KEY-3"])
    await OutboxEffect.rows(db).delete_many({"kind": EffectKind.KEYS_ASSIGN})
    await services.queue.retry(shop, SAM, entry.id)
    await services.worker.drain()
    assert len(await keys.handed(services, shop, order.key)) == 2
    assert (await services.queue.page(shop)).total == 0
    assert (await stored(db, shop, order.key)).status is OrderStatus.COMPLETE


async def test_a_timed_role_done_by_hand_has_its_end(
    db: Db, services: Services, shop: Shop, product: MakeProduct, discord: Discord, clock: TestClock
) -> None:
    """Its days run from then on, as if the shop had granted it."""
    discord.reason = "role_gone"
    month = await product("Month", stock=None, granted_role_ids=["77"], role_days=30)
    order = await buying.paid(services, shop, ADA, month)
    await services.worker.drain()
    (role,) = await Entitlement.of_order(db, shop.id, order.key)
    await services.queue.close(shop, SAM, f"g{role.key}", "gave it")
    (role,) = await Entitlement.of_order(db, shop.id, order.key)
    assert role.expires_at == clock.now() + timedelta(days=30)
    assert role.metadata == {"byHand": True}


async def test_two_staff_at_once_do_it_by_hand_once(
    db: Db, services: Services, shop: Shop, product: MakeProduct, discord: Discord
) -> None:
    """Of several who say so of a role and of a notice, one each is written down; the others hear of it."""
    discord.reason, discord.final = "role_gone", True
    await paid_role(db, services, shop, product)
    await services.worker.drain()
    page = await services.queue.page(shop)
    results = await asyncio.gather(
        *(
            services.queue.close(shop, who, entry.id, "done")
            for entry in page.entries
            for who in (OWNER, SAM, BOB)
        ),
        return_exceptions=True,
    )
    count = len(page.entries)
    assert Counter(isinstance(each, NotFound) for each in results) == {False: count, True: 2 * count}
    assert len(await AuditLog.find_all(db, {"action": "queue.by_hand"})) == count
    assert (await services.queue.page(shop)).total == page.total - count


async def test_two_roles_of_one_order_done_by_hand_at_once_complete_it(
    db: Db, services: Services, shop: Shop, product: MakeProduct, discord: Discord
) -> None:
    """Neither of the two overlooks the other, nor a role that is granted at the same moment."""
    discord.reason = "role_gone"
    for turn in range(4):
        pair = await product(f"Pair {turn}", stock=None, granted_role_ids=["77", "78", "79"])
        order = await buying.paid(services, shop, ADA, pair)
        await services.worker.drain()
        first, second, third = await Entitlement.of_order(db, shop.id, order.key)
        await asyncio.gather(
            services.queue.close(shop, SAM, f"g{first.key}", "done"),
            services.queue.close(shop, OWNER, f"g{second.key}", "done"),
            services.delivery.granted(third),
        )
        assert (await stored(db, shop, order.key)).status is OrderStatus.COMPLETE


async def test_done_by_hand_survives_a_process_that_dies(
    db: Db,
    mongo_uri: str,
    services: Services,
    shop: Shop,
    product: MakeProduct,
    discord: Discord,
    clock: TestClock,
) -> None:
    """Killed after any command: it was written down wholly or not at all, and the order completes."""
    discord.reason = "role_gone"
    for last in range(1, MOST_COMMANDS):
        role = await paid_role(db, services, shop, product, f"VIP {last}")
        await services.worker.drain()
        died = await dies(db, mongo_uri, last, "by_hand", f"g{role.key}", "done")
        audits = await AuditLog.find_all(db, {"action": "queue.by_hand", "entityId": role.key})
        given = await Entitlement.get(db, shop.id, role.id)
        assert given is not None
        assert (given.status is EntitlementStatus.GRANTED) is (len(audits) == 1), f"after command {last}"
        if not audits:
            await services.queue.close(shop, SAM, f"g{role.key}", "done")
        clock.forward(minutes=5)
        await services.worker.drain()
        assert (await stored(db, shop, role.order_id)).status is OrderStatus.COMPLETE, f"after {last}"
        if not died:
            assert last > 5, "the step was killed too seldom to prove anything"
            return
    raise AssertionError("the step never ended")


async def test_dead_and_failing_notices_wait_and_all_of_one_reason_are_tried_again(
    db: Db, services: Services, shop: Shop, discord: Discord, clock: TestClock
) -> None:
    """Young failures are not shown yet; after the cause is mended, one step makes all of them due."""
    discord.reason = "guild_gone"
    owed = [notice(Notice.ORDER_RECEIVED, shop.id, f"o{n}", clock.now()) for n in range(7)]
    await OutboxEffect.insert_all(db, owed)
    other = await notice(Notice.ORDER_RECEIVED, "another", "p1", clock.now()).insert(db)
    await services.worker.drain()
    assert (await services.queue.page(shop)).total == 0
    clock.forward(minutes=16)
    first = await services.queue.page(shop, QueueKind.MESSAGE)
    second = await services.queue.page(shop, QueueKind.MESSAGE, 1)
    assert (first.total, first.pages, len(first.entries), len(second.entries)) == (7, 2, 5, 2)
    assert [e.record.key for e in [*first.entries, *second.entries]] == [each.key for each in owed]
    assert (await services.queue.page(shop, QueueKind.MESSAGE, 99)).page == 1
    assert (await services.queue.page(shop, QueueKind.MONEY)).total == 0
    discord.reason = None
    counts = await asyncio.gather(*(services.queue.retry_all(shop, SAM, "guild_gone") for _ in range(3)))
    assert max(counts) == 7
    elsewhere = await OutboxEffect.get(db, "another", other.key)
    assert elsewhere is not None
    assert (elsewhere.last_error, elsewhere.attempts) == ("guild_gone", 1)
    await services.worker.drain()
    assert (await services.queue.page(shop)).total == 0
    assert await services.queue.retry_all(shop, SAM, "guild_gone") == 0


async def test_alerts_that_cannot_be_posted_do_not_crowd_the_queue(
    db: Db, services: Services, shop: Shop, clock: TestClock
) -> None:
    """Nobody bought an alert; each can be seen where it belongs."""
    owed = effect(EffectKind.STAFF_ALERT, shop.id, "x", clock.now(), payload={"alertId": "x"})
    await OutboxEffect.owe_once(
        db, owed.model_copy(update={"status": OutboxStatus.DEAD, "last_error": "channel_gone"})
    )
    assert (await services.queue.page(shop)).total == 0


async def test_what_is_under_way_cannot_be_closed_by_hand(
    db: Db, services: Services, shop: Shop, clock: TestClock, discord: Discord
) -> None:
    """Nobody can say that it was done by hand while it is being done; afterwards it can be said."""
    discord.reason = "discord_down"
    owed = await notice(Notice.ORDER_RECEIVED, shop.id, "o1", clock.now()).insert(db)
    await services.worker.drain()
    clock.forward(minutes=20)
    assert await OutboxEffect.claim(db, clock.now(), Rules().outbox_lease, Urgency.WORD)
    with pytest.raises(UnderWay):
        await services.queue.close(shop, SAM, f"e{owed.key}", "told them")
    await services.queue.retry(shop, SAM, f"e{owed.key}")
    leased = await OutboxEffect.get(db, shop.id, owed.key)
    assert leased is not None
    assert leased.lease_token is not None
    clock.forward(minutes=1)
    await services.queue.close(shop, SAM, f"e{owed.key}", "told them")
    closed = await OutboxEffect.get(db, shop.id, owed.key)
    assert closed is not None
    assert (closed.status, closed.outcome) == (OutboxStatus.DONE, "by_hand")
    assert not await OutboxEffect.finish(db, leased, clock.now(), "sent")


async def test_goods_that_were_paid_are_to_ship_until_they_are_on_their_way(
    services: Services, shop: Shop, product: MakeProduct, clock: TestClock
) -> None:
    """One entry an order from its payment on, beside others by its age; again when the parcel comes back."""
    mug = await product(is_digital=False)
    await services.carts.add(shop, ADA, mug.key)
    address = {"name": "Ada", "line1": "1 Road", "city": "Town", "state": "IL", "postal_code": "62704"}
    await services.checkout.enter_address(shop, ADA, {**address, "country": "US"})
    view = await services.checkout.choose_payment(shop, ADA, "VENMO")
    order = await services.placement.place(shop, ADA, view.session.key, view.session.version)
    clock.forward(hours=3)
    claim = await buying.claimed(services, shop, ADA, order)
    await services.claims.approve(shop, OWNER, claim.payment.key, claim.payment.claims, "seen")
    (entry,) = (await services.queue.page(shop, QueueKind.PARCEL)).entries
    assert (entry.reason, entry.can_retry, entry.can_close) == ("to_ship", False, False)
    assert entry.since == clock.now()
    for refused in (
        services.queue.retry(shop, SAM, entry.id),
        services.queue.close(shop, SAM, entry.id, "sent"),
    ):
        with pytest.raises(Refused):
            await refused
    parcel = await services.ship_desk.send(shop, OWNER, order.key, {mug.key: 1})
    assert (await services.queue.page(shop)).total == 0
    await services.ship_desk.came_back(shop, OWNER, order.key, parcel.key, "nobody there")
    assert [each.reason for each in (await services.queue.page(shop)).entries] == ["to_ship"]


async def refund_of(db: Db, shop: Shop, order: Order, clock: TestClock, state: RefundState) -> Payment:
    """The order's payment with a refund in that state."""
    payment = await Payment.of_order(db, shop.id, order.key)
    assert payment is not None
    refund = Refund(
        key=f"{payment.key}-r0", amount_cents=500, charge_ref="c", state=state, asked_at=clock.now()
    )
    return await Payment.record(db, payment, {"refunds": [refund.model_dump_doc()]})


async def test_money_to_decide_about_and_unknown_refunds_are_one_entry_each(
    db: Db, services: Services, shop: Shop, product: MakeProduct, clock: TestClock
) -> None:
    """A refund that is unknown, its dead effect and the conflict behind it are one cause."""
    mug = await product(stock=None)
    first = await buying.order(services, shop, ADA, mug)
    second = await buying.order(services, shop, BOB, mug)
    unsure = await refund_of(db, shop, first, clock, RefundState.UNKNOWN)
    unsure = await Payment.record(db, unsure, {"conflict": "late"})
    other = await Payment.of_order(db, shop.id, second.key)
    assert other is not None
    await Payment.record(db, other, {"conflict": "amount"})
    payload = {"paymentId": unsure.key, "key": f"{unsure.key}-r0"}
    dead = effect(EffectKind.PAYMENT_REFUND, shop.id, "r0", clock.now(), payload=payload, order_id=first.key)
    dead.status, dead.last_error = OutboxStatus.DEAD, "refund_unknown"
    await dead.insert(db)
    found = {each.id: each.reason for each in (await services.queue.page(shop, QueueKind.MONEY)).entries}
    assert found == {f"p{unsure.key}": "refund_unknown", f"p{other.key}": "amount"}
    assert (await services.queue.of_effect(shop, dead.key)).id == f"p{unsure.key}"
    assert await services.queue.retry_all(shop, SAM, "refund_unknown") == 0
    with pytest.raises(NotFound):
        await services.queue.retry(shop, SAM, f"e{dead.key}")


async def test_a_refund_done_by_hand_is_booked_once(
    db: Db, services: Services, shop: Shop, product: MakeProduct, clock: TestClock
) -> None:
    """The money went back in another way: the refund is done, its effect closed, and it is not sent."""
    order = await buying.paid(services, shop, ADA, await product(stock=None))
    payment = await refund_of(db, shop, order, clock, RefundState.ASKED)
    payload = {"paymentId": payment.key, "key": f"{payment.key}-r0"}
    owed = effect(EffectKind.PAYMENT_REFUND, shop.id, "r0", clock.now(), payload=payload, order_id=order.key)
    owed.status, owed.last_error = OutboxStatus.DEAD, "wrong_keys"
    await owed.insert(db)
    results = await asyncio.gather(
        *(services.queue.close(shop, who, f"e{owed.key}", "sent by bank") for who in (SAM, OWNER)),
        return_exceptions=True,
    )
    assert sum(isinstance(each, NotFound) for each in results) == 1
    now = await Payment.get(db, shop.id, payment.id)
    assert now is not None
    assert [each.state for each in now.refunds] == [RefundState.DONE]
    assert now.refunded_cents == 500
    assert len(await AuditLog.find_all(db, {"action": "queue.by_hand"})) == 1


@pytest.mark.parametrize(("note", "problem"), [("  ", "required"), ("x" * 501, "length")])
async def test_by_hand_needs_a_reason_of_bounded_length(
    db: Db, services: Services, shop: Shop, product: MakeProduct, discord: Discord, note: str, problem: str
) -> None:
    """Otherwise nothing is closed."""
    discord.reason = "role_gone"
    role = await paid_role(db, services, shop, product)
    await services.worker.drain()
    with pytest.raises(BadInput) as refused:
        await services.queue.close(shop, SAM, f"g{role.key}", note)
    assert refused.value.problem == problem
    assert (await services.queue.page(shop, QueueKind.DELIVERY)).total == 1


async def test_ids_that_are_foreign_or_nonsense_are_unknown(
    db: Db, services: Services, shop: Shop, product: MakeProduct, discord: Discord
) -> None:
    """Another shop's entry, a wrong letter, an empty id, another record's id."""
    discord.reason = "role_gone"
    role = await paid_role(db, services, shop, product)
    await services.worker.drain()
    other = await services.shops.claim("901", "Borealis", Member("50", "boris", "Boris"))
    assert (await services.queue.page(other)).total == 0
    effects = await OutboxEffect.find_all(db, {"tenantId": shop.id})
    for key in (f"g{role.key}", *(f"e{each.key}" for each in effects)):
        for attempt in (
            services.queue.entry(other, key),
            services.queue.retry(other, SAM, key),
            services.queue.close(other, SAM, key, "mine"),
            services.queue.of_effect(other, key[1:]),
        ):
            with pytest.raises(ShopError):
                await attempt
    for nonsense in ("", "g", "x" + role.key, f"e{role.key}", f"o{role.order_id}", "g\0", role.key):
        with pytest.raises(NotFound):
            await services.queue.entry(shop, nonsense)
    assert await services.queue.retry_all(other, SAM, "role_gone") == 0
