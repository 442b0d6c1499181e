"""/admin queue: what has not arrived is seen with its reason, tried again, or done by hand."""

import asyncio

import pytest

from bot.sandbox import Community, Person, Room
from bot.sandbox.guilds import Role as DiscordRole
from models.access import Role, RoleAssignment, User
from models.audit import AuditLog
from models.base import Db
from models.entitlement import Entitlement
from models.order import Order, OrderStatus
from models.outbox import OutboxEffect, OutboxStatus
from models.payment import Payment, RefundState
from services import Services
from services.effects import EffectKind, Notice, notice
from services.shops import Shop
from tests.cogs.admin.conftest import Claim, Neighbour, everything
from tests.cogs.conftest import member
from tests.services.conftest import TestClock

pytestmark = pytest.mark.usefixtures("bot")
WHAT = "What did you do? For the staff only."
HOSTILE = "**@everyone** [x](https://evil.example) `" + "\u202e" + "z" * 300


@pytest.fixture
def vip(guild: Community) -> DiscordRole:
    """A role that the bot cannot grant: it stands above the bot's own."""
    made = guild.add_role("VIP")
    guild.move_role(made, 9)
    return made


async def drain(services: Services) -> None:
    """Let everything happen that is due."""
    while await services.worker.drain():
        pass


@pytest.fixture
async def order(
    services: Services, shop: Shop, claim: Claim, ada: Person, sam: Person, vip: DiscordRole
) -> Order:
    """Ada's paid order, whose role could not be granted."""
    view = await claim(ada, granted_role_ids=[str(vip.id)], stock=None)
    await services.claims.approve(shop, member(sam), view.payment.key, 1, "seen it")
    await drain(services)
    return view.order


async def test_a_role_that_failed_is_mended_and_tried_again(
    services: Services, guild: Community, sam: Person, ada: Person, vip: DiscordRole, order: Order
) -> None:
    """The list says what, whose, why; after the mending one click for all of that reason grants it."""
    seen = await sam.run("/admin queue")
    assert "1 thing has not arrived" in seen.text
    assert f"{order.order_number} · A role" in seen.text
    assert "@Ada" in seen.text
    assert "Drag my role above it" in seen.text
    seen = await seen.choose("Open an entry", f"{order.order_number} · A role")
    assert "1 try" in seen.text
    guild.move_role(vip, 1)
    seen = await seen.press("Mended: try all with this reason")
    assert any("trying 1 again" in each.text for each in [seen, *seen.followups])
    await drain(services)
    assert ada.role_names == ["VIP"]
    assert "Nothing is waiting or stuck" in (await seen.press("Look again")).text


async def test_one_is_tried_at_once_and_shows_when_it_failed_again(
    services: Services, sam: Person, order: Order
) -> None:
    """The card stays until it has arrived."""
    seen = await sam.run("/admin queue")
    card = await seen.choose("Open an entry", f"{order.order_number} · A role")
    card = await card.press("Try again now")
    assert "trying it again" in card.followups[-1].text
    await drain(services)
    card = await card.press("Look again")
    assert "Drag my role above it" in card.text


async def test_done_by_hand_asks_what_was_done_and_completes_the_order(
    db: Db, services: Services, shop: Shop, sam: Person, olivia: Person, order: Order
) -> None:
    """Two staff say so at once: one is noted, the other hears that somebody was faster."""
    forms = []
    for person in (sam, olivia):
        seen = await person.run("/admin queue")
        card = await seen.choose("Open an entry", f"{order.order_number} · A role")
        forms.append(await card.open("Done by hand"))
    answers = await asyncio.gather(*(form.submit({WHAT: HOSTILE}) for form in forms))
    said = ["".join(each.text for each in [answer, *answer.followups]) for answer in answers]
    assert sum("It counts as delivered" in text for text in said) == 1
    assert sum("somebody was faster" in text for text in said) == 1
    view = await services.orders.staff_view(shop, order.key)
    assert view.order.status is OrderStatus.COMPLETE
    assert len(await AuditLog.find_all(db, {"action": "queue.by_hand"})) == 1
    shown = await sam.run("/admin order", find=order.order_number)
    assert "Done by hand" in shown.text
    assert shown.pings == []
    assert "[x](https" not in shown.text


async def test_the_alert_about_a_dead_effect_leads_to_its_entry(
    services: Services, clock: TestClock, sam: Person, ada: Person, staff_room: Room, order: Order
) -> None:
    """Staff press it; a customer who forges the click is refused."""
    for _ in range(6):
        clock.forward(hours=16)
        await drain(services)
    told = staff_room.messages[-1]
    assert "gave up on granting a role" in told.text
    opened = await sam.press(told, "Open in the queue")
    assert "not by itself any more" in opened.text
    assert order.order_number in opened.text
    key = told.button("Open in the queue").custom_id
    refused = await ada.click(await ada.run("/help"), custom_id=key, forged=True)
    assert "`order.manage`" in refused.text


async def test_kinds_pages_and_a_reason_nobody_knows(
    db: Db, shop: Shop, clock: TestClock, sam: Person
) -> None:
    """Long lists turn pages, one kind can be chosen, and an unknown or endless reason breaks nothing."""
    owed = [notice(Notice.ORDER_RECEIVED, shop.id, f"o{n}", clock.now()) for n in range(7)]
    for each in owed:
        each.status, each.last_error = OutboxStatus.DEAD, HOSTILE
    await OutboxEffect.insert_all(db, owed)
    seen = await sam.run("/admin queue")
    assert "7 things" in seen.text
    seen = await seen.choose("Show only one kind", "Messages to customers")
    seen = await seen.press("▶️")
    assert "Page 2 of 2" in [button.label for button in seen.buttons]
    card = await sam.choose(seen, "Open an entry", f"e{owed[6].key}")
    assert "the log says more" in card.text
    assert card.pings == []
    assert "Mended: try all with this reason" not in [button.label for button in card.buttons]
    seen = await seen.choose("Show only one kind", "Money")
    assert "Nothing is waiting or stuck" in seen.text


async def test_money_to_decide_about_leads_to_its_payment(
    db: Db, services: Services, shop: Shop, sam: Person, order: Order
) -> None:
    """It is decided there, so it cannot be closed here; a forged form closes nothing."""
    payment = await Payment.of_order(db, shop.id, order.key)
    assert payment is not None
    await Payment.record(db, payment, {"conflict": "late"})
    seen = await sam.run("/admin queue")
    card = await seen.choose("Open an entry", f"{order.order_number} · Money to decide about")
    labels = [button.label for button in card.buttons]
    assert "Payment" in labels
    assert not {"Try again now", "Done by hand"} & set(labels)
    role = await seen.choose("Open an entry", f"{order.order_number} · A role")
    form = await role.open("Done by hand")
    form.modal["custom_id"] = f"queue:done:p{payment.key}"
    assert "not possible" in (await form.submit({WHAT: "x"})).text
    again = await sam.click(card, custom_id=f"queue:done:p{payment.key}", forged=True)
    assert "Money to decide about" in again.text
    assert (await services.queue.page(shop)).total == 2


async def test_only_who_may_give_money_back_says_that_it_went_back(
    db: Db, services: Services, shop: Shop, olivia: Person, bob: Person, order: Order
) -> None:
    """Whoever only manages orders sees a refund that hangs and cannot book it as made, whatever is forged."""
    await drain(services)
    payment = await services.refunds.ask(shop, member(olivia), order.payment_id, 100, "sorry", by_hand=True)
    asked = payment.refunds[0].model_copy(update={"state": RefundState.ASKED, "by_hand": False})
    await Payment.record(db, payment, {"refunds": [asked.model_dump_doc()]})
    owed = await OutboxEffect.find_one(db, {"kind": EffectKind.PAYMENT_REFUND})
    assert owed is not None
    hangs = {"status": OutboxStatus.DEAD, "lastError": "wrong_keys"}
    await OutboxEffect.rows(db).update_one({"_id": owed.id}, {"$set": hangs})
    role = await Role(tenant_id=shop.id, name="Packer", permission_keys=["order.manage"]).insert(db)
    user = await User(tenant_id=shop.id, username="b", display_name="B", discord_id=str(bob.id)).insert(db)
    await RoleAssignment(tenant_id=shop.id, user_id=user.key, role_id=role.key).insert(db)
    seen = await bob.run("/admin queue")
    card = await seen.choose("Open an entry", f"e{owed.key}")
    assert "`payment.refund`" in (await card.press("Done by hand")).text
    other = await seen.choose("Open an entry", f"{order.order_number} · A role")
    form = await other.open("Done by hand")
    form.modal["custom_id"] = f"queue:done:e{owed.key}"
    assert "`payment.refund`" in (await form.submit({WHAT: "sent"})).text
    assert (await services.payments.of_order(shop, order.key)).payment.refunds == [asked]
    card = await (await olivia.run("/admin queue")).choose("Open an entry", f"e{owed.key}")
    await (await card.open("Done by hand")).submit({WHAT: "sent"})
    view = await services.payments.of_order(shop, order.key)
    assert [each.state for each in view.payment.refunds] == [RefundState.DONE]


async def test_customers_clerks_and_neighbours_get_nowhere(
    db: Db, shop: Shop, services: Services, ada: Person, bob: Person, neighbour: Neighbour, order: Order
) -> None:
    """Without the key nothing is shown; another shop's entries are unknown, whatever is forged."""
    assert "`order.manage`" in (await ada.run("/admin queue")).text
    role = await Role(tenant_id=shop.id, name="Clerk", permission_keys=["order.view"]).insert(db)
    user = await User(tenant_id=shop.id, username="b", display_name="B", discord_id=str(bob.id)).insert(db)
    await RoleAssignment(tenant_id=shop.id, user_id=user.key, role_id=role.key).insert(db)
    assert "`order.manage`" in (await bob.run("/admin queue")).text
    boris = neighbour.guild.owner
    seen = await boris.run("/admin queue")
    assert order.order_number not in seen.text
    owed = (await Entitlement.of_order(db, shop.id, order.key))[0]
    (effect,) = await OutboxEffect.find_all(db, {"kind": EffectKind.ROLE_GRANT})
    before = await everything(db)
    for key in (f"queue:retry:g{owed.key}", f"queue:done:g{owed.key}", f"queue:effect:{effect.key}"):
        answer = await boris.click(seen, custom_id=key, forged=True)
        assert "settled already" in answer.text
    await boris.click(seen, custom_id="queue:all:role%5Ftoo%5Fhigh", forged=True)
    assert await everything(db) == before
    assert (await services.queue.page(shop)).total == 1
