"""Every owed effect, and what becomes of it when Discord or people stand in its way."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from nextcord.ext import commands

from bot.sandbox import Community, Permission, Person, Room, Sandbox
from bot.sandbox.guilds import Role
from bot.wiring import build
from models.base import Db
from models.entitlement import Entitlement, EntitlementStatus
from models.order import Order, OrderStatus
from models.outbox import OutboxEffect, OutboxStatus, Urgency
from models.payment import Payment
from models.product import Product
from services import Services
from services.effects import EffectKind
from services.links import Links
from services.rules import Rules
from services.shops import Shop
from tests.cogs.conftest import PUBLIC_URL, member, running
from tests.outside import OUTSIDE
from tests.services import buying
from tests.services.conftest import MakeProduct, TestClock

BOT_MAY_NOT_MANAGE_ROLES = int(Permission.VIEW_CHANNEL | Permission.SEND_MESSAGES)


@dataclass
class Scene:
    """The shop with a pass that grants a role, and Ada, who buys it."""

    discord: Sandbox
    db: Db
    services: Services
    clock: TestClock
    shop: Shop
    guild: Community
    vip: Role
    season: Product
    ada: Person
    olivia: Person
    staff_room: Room

    async def order(self, product: Product | None = None, *, approved: bool = True) -> Order:
        """Ada's purchase, placed, claimed and, unless told otherwise, approved."""
        buyer = member(self.ada)
        placed = await buying.order(self.services, self.shop, buyer, product or self.season)
        payment = (await buying.claimed(self.services, self.shop, buyer, placed)).payment
        if not approved:
            return placed
        await self.approve(payment)
        return placed

    async def approve(self, payment: Payment) -> None:
        """Let the owner approve the claim."""
        staff = member(self.olivia)
        await self.services.claims.approve(
            self.shop, staff, payment.key, payment.claims, payment.order_number
        )

    async def waiting(self) -> Payment:
        """The one payment that waits for staff."""
        [view] = (await self.services.claims.waiting(self.shop)).claims
        return view.payment

    async def configure(self, **fields: object) -> None:
        """Change the shop's settings."""
        self.shop = await self.services.shops.configure(self.shop, member(self.olivia), **fields)

    async def drain(self) -> None:
        """Let everything happen that is due, also what one effect owes through another."""
        while await self.services.worker.drain():
            pass

    async def effects(self, kind: EffectKind) -> list[OutboxEffect]:
        """The effects of a kind, oldest first."""
        return await OutboxEffect.find_all(self.db, {"kind": kind}, sort="_id")

    async def effect(self, kind: EffectKind) -> OutboxEffect:
        """The only effect of a kind."""
        [found] = await self.effects(kind)
        return found

    async def role(self, order: Order) -> Entitlement:
        """The order's first entitlement, which is its role."""
        return (await Entitlement.of_order(self.db, self.shop.id, order.key))[0]


@pytest.fixture
async def closed_scene(
    discord: Sandbox,
    db: Db,
    services: Services,
    clock: TestClock,
    shop: Shop,
    guild: Community,
    product: MakeProduct,
    ada: Person,
    staff_room: Room,
) -> Scene:
    """Everything but a bot that is running."""
    vip = guild.add_role("VIP")
    season = await product(
        "Season pass", 2500, granted_role_ids=[str(vip.id)], delivery_text="Your key: AB-12"
    )
    return Scene(discord, db, services, clock, shop, guild, vip, season, ada, guild.owner, staff_room)


@pytest.fixture
def scene(closed_scene: Scene, bot: commands.Bot) -> Scene:
    """The scene, with the bot connected."""
    assert bot.is_ready() or bot.user is not None
    return closed_scene


async def test_a_paid_order_grants_its_role_and_is_complete(scene: Scene) -> None:
    """The role is on the member, the entitlement granted, the order complete, its invoice numbered."""
    order = await scene.order()
    await scene.drain()
    assert scene.ada.role_names == ["VIP"]
    assert (await scene.role(order)).status is EntitlementStatus.GRANTED
    done = await Order.get(scene.db, scene.shop.id, order.key)
    assert done is not None
    assert (done.status, done.invoice_number) == (OrderStatus.COMPLETE, "INV-000001")


async def test_what_happened_but_was_never_noted_down_happens_again_without_a_trace(scene: Scene) -> None:
    """A process that dies between Discord's answer and its own note grants, posts and tells nothing twice."""
    order = await scene.order(approved=False)
    await scene.drain()
    await scene.approve(await scene.waiting())
    await scene.drain()
    seen = (scene.ada.role_names, len(scene.ada.dms), len(scene.staff_room.messages))
    forgotten = {"$set": {"status": OutboxStatus.PENDING, "leaseToken": None}}
    await OutboxEffect.rows(scene.db).update_many({}, forgotten)
    await Entitlement.reopen(scene.db, await scene.role(order))
    scene.clock.forward(minutes=1)
    await scene.drain()
    assert {effect.status for effect in await OutboxEffect.find_all(scene.db, {})} == {OutboxStatus.DONE}
    assert (scene.ada.role_names, len(scene.ada.dms), len(scene.staff_room.messages)) == seen


def above_the_bot(scene: Scene) -> None:
    scene.guild.move_role(scene.vip, 9)


def deleted(scene: Scene) -> None:
    scene.guild.remove_role(scene.vip)


def buyer_left(scene: Scene) -> None:
    scene.guild.leave(scene.ada)


def not_permitted(scene: Scene) -> None:
    scene.guild.set_permissions(scene.guild.bot_role, BOT_MAY_NOT_MANAGE_ROLES)


@pytest.mark.parametrize(
    ("spoil", "reason", "remedy"),
    [
        (above_the_bot, "role_too_high", "Drag my role above it"),
        (deleted, "role_gone", "/admin product"),
        (buyer_left, "member_left", "when they come back"),
        (not_permitted, "missing_permission", "Manage Roles"),
    ],
)
async def test_a_role_that_cannot_be_granted_is_named_to_the_staff(
    scene: Scene, spoil: Callable[[Scene], None], reason: str, remedy: str
) -> None:
    """The reason is kept, the effect stays owed, and the staff read once what to do."""
    order = await scene.order()
    spoil(scene)
    await scene.drain()
    owed = await scene.role(order)
    assert (owed.status, owed.failed_reason) == (EntitlementStatus.FAILED, reason)
    effect = await scene.effect(EffectKind.ROLE_GRANT)
    assert (effect.status, effect.last_error) == (OutboxStatus.PENDING, reason)
    assert sum(remedy in seen.text for seen in scene.staff_room.messages) == 1


async def test_a_role_is_granted_once_its_hindrance_is_gone(scene: Scene) -> None:
    """A role above the bot is granted at the next try after it was moved down; staff were told once."""
    scene.guild.move_role(scene.vip, 9)
    await scene.order()
    await scene.drain()
    scene.clock.forward(minutes=2)
    await scene.drain()
    assert scene.ada.role_names == []
    scene.guild.move_role(scene.vip, 1)
    scene.clock.forward(minutes=7)
    await scene.drain()
    assert scene.ada.role_names == ["VIP"]
    assert sum("could not give" in seen.text for seen in scene.staff_room.messages) == 1
    assert "keep trying" in scene.ada.dms[-1].text


async def test_what_a_guild_that_the_bot_left_is_owed_waits(scene: Scene) -> None:
    """Without the guild the role cannot be granted, which is no failure, and nothing of the order is lost."""
    order = await scene.order()
    scene.guild.expel_bot()
    await scene.discord.quiet()
    await scene.drain()
    owed = await scene.effect(EffectKind.ROLE_GRANT)
    assert (owed.status, owed.attempts, owed.last_error) == (OutboxStatus.PENDING, 0, "guild_left")
    assert (await scene.role(order)).failed_reason is None


async def test_a_guild_that_the_bot_is_leaving_at_this_moment_is_named(scene: Scene) -> None:
    """Discord refuses before anybody has heard of it: one try is spent, and the reason is kept."""
    order = await scene.order()
    scene.guild.expel_bot()
    await scene.discord.quiet()
    await scene.services.absences.back(str(scene.guild.id))
    await scene.drain()
    assert (await scene.role(order)).failed_reason == "guild_gone"


async def test_a_member_who_comes_back_gets_the_role_again(scene: Scene) -> None:
    """Leaving takes the role, joining brings back what was bought, without anybody asking."""
    await scene.order()
    await scene.drain()
    scene.guild.leave(scene.ada)
    scene.guild.join(scene.ada)
    assert scene.ada.role_names == []
    await scene.discord.quiet(0.2)
    await scene.drain()
    assert scene.ada.role_names == ["VIP"]


async def test_a_member_who_left_before_the_grant_gets_it_on_return(scene: Scene) -> None:
    """A grant that failed because the member was away happens when they join."""
    await scene.order()
    scene.guild.leave(scene.ada)
    await scene.drain()
    scene.guild.join(scene.ada)
    await scene.discord.quiet(0.2)
    await scene.drain()
    assert scene.ada.role_names == ["VIP"]


async def test_somebody_new_is_no_event(scene: Scene) -> None:
    """A stranger joining, here or where no shop is, owes nothing."""
    scene.discord.add_guild("Elsewhere", owner="eve").add_member("nobody")
    scene.guild.add_member("newcomer")
    await scene.discord.quiet(0.2)
    assert await scene.services.worker.drain() == 0
    assert await scene.effects(EffectKind.ROLE_GRANT) == []


async def test_the_customer_is_told_at_every_step(scene: Scene) -> None:
    """Ordered: what is due and how to pay; paid: the text, the role, the invoice; buttons work in the DM."""
    order = await scene.order(approved=False)
    await scene.drain()
    [received] = scene.ada.dms
    assert "Thank you for your order" in received.text
    assert order.order_number in received.text
    assert "$25.00" in received.text
    opened = await received.press("Look again")
    assert "checking your payment" in opened.text


async def test_the_confirmation_carries_what_was_bought(scene: Scene) -> None:
    """The DM after the payment shows the digital text and leads to the items and the invoice."""
    await scene.order()
    await scene.drain()
    told = next(seen for seen in scene.ada.dms if "has received your payment" in seen.text)
    assert "Your key: AB-12" in told.text
    assert "VIP" in told.text
    assert any((button.url or "").startswith(f"{PUBLIC_URL}/invoice/") for button in told.buttons)
    items = await told.press("Get my items")
    assert "Your key: AB-12" in items.text
    assert "you have it" in items.text


async def test_the_customer_is_told_in_their_language(scene: Scene, product: MakeProduct) -> None:
    """Amounts are written as the customer's locale writes them."""
    greta = scene.guild.add_member("greta", locale="de")
    mug = await product("Mug", 123450)
    placed = await buying.order(scene.services, scene.shop, member(greta), mug)
    assert placed.customer.locale == "de"
    await scene.drain()
    assert "1.234,50" in greta.dms[0].text


async def test_a_closed_dm_loses_nothing(scene: Scene) -> None:
    """The notice is done with the outcome dm_closed; the role is there, and /orders shows the rest."""
    scene.ada.close_dms()
    order = await scene.order()
    await scene.drain()
    assert {effect.outcome for effect in await scene.effects(EffectKind.CUSTOMER_NOTICE)} == {"dm_closed"}
    assert scene.ada.role_names == ["VIP"]
    seen = await scene.ada.run("/orders view", order=order.key)
    assert "handed over" in seen.text


@pytest.mark.parametrize("wish", [{"dm_opt_out": True}, {"dm": {"payment_confirmed": False}}])
async def test_a_customer_hears_only_what_they_want(scene: Scene, wish: dict[str, Any]) -> None:
    """The opt-out silences everything, a switch its own event."""
    await scene.services.customers.set_notices(scene.shop, member(scene.ada), **wish)
    await scene.order()
    await scene.drain()
    assert not any("received your payment" in seen.text for seen in scene.ada.dms)
    assert len(scene.ada.dms) == (0 if "dm_opt_out" in wish else 1)
    outcomes = [effect.outcome for effect in await scene.effects(EffectKind.CUSTOMER_NOTICE)]
    assert "not_wanted" in outcomes


async def test_a_rejection_and_a_cancellation_are_told_with_their_reasons(scene: Scene) -> None:
    """The staff's words arrive, harmless, and another try is offered; a cancelled order says so."""
    order = await scene.order(approved=False)
    claim, why = await scene.waiting(), "@everyone nothing *arrived*"
    await scene.services.claims.reject(scene.shop, member(scene.olivia), claim.key, claim.claims, why)
    await scene.drain()
    told = scene.ada.dms[-1]
    assert "could not find your payment" in told.text
    assert told.pings == []
    assert told.button("I have paid").enabled
    await scene.services.orders.cancel(scene.shop, member(scene.ada), order.key)
    await scene.drain()
    assert "was cancelled" in scene.ada.dms[-1].text


async def test_a_claim_calls_the_staff_and_the_decision_shows_on_its_card(scene: Scene) -> None:
    """The card has Approve and Reject while it waits, then neither, but who decided."""
    await scene.order(approved=False)
    await scene.drain()
    [card] = scene.staff_room.messages
    assert [button.label for button in card.buttons] == ["Approve", "Reject"]
    await scene.approve(await scene.waiting())
    await scene.drain()
    assert card.now.buttons == []
    assert "Approved by @Olivia" in card.now.text
    assert "is paid" in scene.staff_room.messages[-1].text


async def test_a_claim_decided_before_its_card_is_not_posted(scene: Scene) -> None:
    """Staff who were faster through the queue are not asked again."""
    await scene.order()
    await scene.drain()
    assert not any("Approve" in seen.text for seen in scene.staff_room.messages)
    assert [effect.outcome for effect in await scene.effects(EffectKind.STAFF_CLAIM)] == ["decided_before"]
    assert [effect.outcome for effect in await scene.effects(EffectKind.STAFF_DECIDED)] == ["no_card"]


async def test_a_lost_answer_does_not_post_the_card_twice(scene: Scene) -> None:
    """The post arrived, its answer did not: the next try finds the same message by its nonce."""
    await scene.order(approved=False)
    scene.discord.faults.lose("POST", f"/channels/{scene.staff_room.id}/messages")
    await scene.drain()
    effect = await scene.effect(EffectKind.STAFF_CLAIM)
    assert (effect.status, effect.last_error) == (OutboxStatus.PENDING, "discord_lost")
    scene.clock.forward(minutes=2)
    await scene.drain()
    effect = await scene.effect(EffectKind.STAFF_CLAIM)
    assert (effect.status, effect.outcome) == (OutboxStatus.DONE, "posted")
    assert len(scene.staff_room.messages) == 1


async def test_an_error_of_discord_is_waited_out(scene: Scene) -> None:
    """A 503 leaves the grant owed under a word, and the next try grants."""
    await scene.order()
    scene.discord.faults.fail("PUT", "/guilds/*/members/*/roles/*", status=503)
    await scene.drain()
    effect = await scene.effect(EffectKind.ROLE_GRANT)
    assert effect.last_error == "discord_down"
    scene.clock.forward(minutes=2)
    await scene.drain()
    assert scene.ada.role_names == ["VIP"]


@pytest.mark.parametrize("trouble", ["none", "gone", "closed"])
async def test_a_missing_staff_channel_keeps_the_call_until_there_is_one(scene: Scene, trouble: str) -> None:
    """Not set, deleted or closed to the bot: the claim's card is posted once a channel can be had."""
    room = scene.guild.add_channel("old", visible_to=[] if trouble == "closed" else None)
    if trouble == "gone":
        scene.guild.remove_channel(room)
    channel = None if trouble == "none" else str(room.id)
    await scene.configure(admin_channel_id=channel)
    await scene.order(approved=False)
    await scene.drain()
    effect = await scene.effect(EffectKind.STAFF_CLAIM)
    words = {"none": "no_staff_channel", "gone": "channel_gone", "closed": "missing_permission"}
    assert (effect.status, effect.last_error) == (OutboxStatus.PENDING, words[trouble])
    new = scene.guild.add_channel("counter")
    await scene.configure(admin_channel_id=str(new.id))
    scene.clock.forward(minutes=2)
    await scene.drain()
    assert len(new.messages) == 1


async def test_paid_orders_are_announced_where_the_shop_wants_them(scene: Scene) -> None:
    """A channel for orders gets NEW_ORDER; everything else stays with the staff."""
    orders = scene.guild.add_channel("orders")
    await scene.configure(default_order_channel_id=str(orders.id))
    order = await scene.order()
    await scene.drain()
    [posted] = orders.messages
    assert f"Order {order.order_number} for $25.00 is paid." in posted.text.replace("**", "")
    assert not any("is paid" in seen.text for seen in scene.staff_room.messages)
    opened = await scene.olivia.press(posted, "Open order")
    assert order.order_number in opened.text


async def test_low_stock_is_told_once_with_the_way_to_the_stock(scene: Scene, product: MakeProduct) -> None:
    """Crossing the threshold posts one line whose button opens the product's stock."""
    mug = await product("Mug _of_ @everyone", 1500, 6)
    await scene.order(mug)
    await scene.drain()
    [low] = [seen for seen in scene.staff_room.messages if "Only 5" in seen.text]
    assert low.pings == []
    opened = await scene.olivia.press(low, "Open stock")
    assert "Mug" in opened.text


async def test_a_dead_effect_raises_an_alert_that_says_what_was_given_up(scene: Scene) -> None:
    """After the last try the staff read which effect failed and why."""
    scene.guild.move_role(scene.vip, 9)
    await scene.order()
    await scene.drain()
    for _ in range(6):
        scene.clock.forward(hours=16)
        await scene.drain()
    effect = await scene.effect(EffectKind.ROLE_GRANT)
    assert effect.status is OutboxStatus.DEAD
    assert "I gave up on granting a role" in scene.staff_room.messages[-1].text


async def test_another_process_finishes_what_one_left_half_done(closed_scene: Scene) -> None:
    """Effects leased by a process that died are made to happen by the next one, none of them twice."""
    scene, rules = closed_scene, Rules()
    await scene.order(approved=False)
    for urgency in Urgency:
        while await OutboxEffect.claim(scene.db, scene.clock.now(), rules.outbox_lease, urgency):
            pass
    links = Links(["a-secret-that-is-long-enough-for-tests"], PUBLIC_URL, scene.clock)
    scene.services = build(scene.db, scene.clock, rules, links, OUTSIDE)
    async with running(scene.discord, scene.services):
        assert await scene.services.worker.drain() == 0
        scene.clock.forward(seconds=31)
        await scene.drain()
    assert (len(scene.ada.dms), len(scene.staff_room.messages)) == (1, 1)
