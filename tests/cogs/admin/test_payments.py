"""Staff decide about claimed payments, once, whoever clicks."""

import asyncio

import pytest
from nextcord.ext import commands

from bot.sandbox import Community, Person, Room, Sandbox, Seen
from bot.sandbox.guilds import Role
from cogs._ui import send
from cogs._ui.card import code
from cogs._ui.claim_card import claim_card
from cogs._ui.words import Words
from models.audit import AuditLog
from models.base import Db
from models.order import OrderStatus
from models.payment import PaymentStatus
from services import Services
from services.claims import ClaimView
from services.shops import Shop
from tests.cogs.admin.conftest import Claim, Neighbour, everything
from tests.cogs.conftest import member, running
from tests.services.conftest import TestClock

NOTE = "Note or name that you see on the payment"
WHY = "Why? The customer will read this."
WORDS = Words("en-US")

pytestmark = pytest.mark.usefixtures("bot")


async def post(bot: commands.Bot, room: Room, view: ClaimView) -> None:
    """The claim's card in the staff channel, as the outbox posts it."""
    card = claim_card(view, WORDS, claims=view.payment.claims)
    nonce = f"{view.payment.key}:{view.payment.claims}"
    await send.post(bot, str(room.id), card, nonce=nonce)


@pytest.fixture
async def claimed(claim: Claim, ada: Person) -> ClaimView:
    """What Ada says she has paid."""
    return await claim(ada)


@pytest.fixture
async def card(bot: commands.Bot, staff_room: Room, sam: Person, claimed: ClaimView) -> Seen:
    """Ada's claim as it stands in the staff channel, as Sam sees it."""
    await post(bot, staff_room, claimed)
    return staff_room.messages_for(sam)[-1]


async def test_queue_shows_claims_oldest_first_with_what_the_payer_wrote(
    claim: Claim, sam: Person, ada: Person, bob: Person, clock: TestClock
) -> None:
    """The one who waited longest is on top, with order, amount, method and note."""
    first = await claim(ada, "from *ada*")
    clock.forward(minutes=5)
    second = await claim(bob, "bob's")
    seen = await sam.run("/admin payments")
    assert seen.ephemeral
    assert "2 payments wait" in seen.text
    assert seen.text.index(first.order.order_number) < seen.text.index(second.order.order_number)
    assert "$15.00" in seen.text
    assert "Venmo" in seen.text
    assert "from *ada*" in seen.text


async def test_a_long_queue_has_pages(claim: Claim, sam: Person, guild: Community) -> None:
    """Five to a page, and on to the next."""
    for number in range(7):
        await claim(guild.add_member(f"customer{number}"))
    seen = await sam.run("/admin payments")
    assert len(seen.select("Open a payment").options) == 5
    seen = await seen.press("▶️")
    assert "Page 2 of 2" in str(seen.buttons)
    assert len(seen.select("Open a payment").options) == 2
    seen = await seen.press("◀️")
    assert len(seen.select("Open a payment").options) == 5


async def test_staff_approve_from_the_queue_and_go_back(
    services: Services, shop: Shop, claimed: ClaimView, sam: Person
) -> None:
    """Open, Approve, the note that was seen: the order is paid and the queue is empty."""
    seen = await sam.run("/admin payments")
    seen = await seen.choose("Open a payment", f"{claimed.order.order_number} · $15.00")
    form = await seen.open("Approve")
    seen = await form.submit({NOTE: "ADA P"})
    assert "Approved by" in seen.text
    assert "Approved. The order is paid" in seen.followups[-1].text
    now = await services.claims.view(shop, claimed.payment.key)
    assert now.payment.status is PaymentStatus.CONFIRMED
    assert now.payment.customer_reference_note == "ADA P"
    assert now.payment.approver_user_id == str(sam.id)
    seen = await seen.press("All waiting payments")
    assert "No payment waits" in seen.text


async def test_the_card_in_the_channel_shows_the_decision_to_everybody(
    card: Seen, staff_room: Room, olivia: Person
) -> None:
    """Rejecting asks why, and the card that all staff see loses its buttons."""
    form = await card.open("Reject")
    answer = await form.submit({WHY: "Nothing *arrived*"})
    assert "Rejected. The customer is told why." in answer.followups[-1].text
    now = staff_room.messages_for(olivia)[-1]
    assert "Rejected by" in now.text
    assert "Nothing *arrived*" in now.text.replace("\\", "")
    assert now.buttons == []


async def test_the_cards_work_after_a_restart(
    card: Seen, bot: commands.Bot, discord: Sandbox, services: Services, shop: Shop, claimed: ClaimView
) -> None:
    """A bot process that never saw the card handles its buttons."""
    await bot.close()
    async with running(discord, services):
        form = await card.open("Approve")
        await form.submit({NOTE: "ada"})
    now = await services.claims.view(shop, claimed.payment.key)
    assert now.payment.status is PaymentStatus.CONFIRMED


async def test_two_staff_who_approve_and_reject_at_once_make_one_decision(
    db: Db,
    card: Seen,
    services: Services,
    shop: Shop,
    claimed: ClaimView,
    sam: Person,
    olivia: Person,
    staff_room: Room,
) -> None:
    """Whoever is first decides; the other reads who that was, and one audit row stands."""
    theirs = staff_room.messages_for(olivia)[-1]
    approve, reject = await asyncio.gather(card.open("Approve"), theirs.open("Reject"))
    said = await asyncio.gather(approve.submit({NOTE: "ada"}), reject.submit({WHY: "not seen"}))
    now = await services.claims.view(shop, claimed.payment.key)
    approved = now.payment.status is PaymentStatus.CONFIRMED
    assert now.order.status is (OrderStatus.COMPLETE if approved else OrderStatus.PENDING_PAYMENT)
    winner, late = (sam, said[1]) if approved else (olivia, said[0])
    assert "Somebody was faster." in late.followups[-1].text
    assert winner.name in late.followups[-1].text
    assert late.now.buttons == []
    rows = await AuditLog.find_all(db, {"action": {"$in": ["payment.approve", "payment.reject"]}})
    assert len(rows) == 1


async def test_a_button_pressed_after_the_decision_brings_the_card_up_to_date(
    card: Seen, services: Services, shop: Shop, claimed: ClaimView, olivia: Person
) -> None:
    """Somebody who left the card open reads the decision and sees it on the card."""
    payment = claimed.payment
    await services.claims.approve(shop, member(olivia), payment.key, payment.claims, "seen at the bank")
    answer = await card.press("Reject")
    assert "Somebody was faster." in answer.followups[-1].text
    assert "seen at the bank" in answer.now.text
    assert answer.now.buttons == []


async def test_a_note_that_was_used_before_is_shown_and_may_be_approved_all_the_same(
    claim: Claim, services: Services, shop: Shop, sam: Person, ada: Person, bob: Person
) -> None:
    """The warning names the other order; the next click keeps the note that was typed."""
    first, second = await claim(ada), await claim(bob)
    await services.claims.approve(shop, member(sam), first.payment.key, 1, "Ref *77*")
    seen = await sam.run("/admin payments")
    seen = await seen.choose("Open a payment", f"{second.order.order_number} · $15.00")
    seen = await (await seen.open("Approve")).submit({NOTE: "ref *77*"})
    assert first.order.order_number in seen.text
    assert (await services.claims.view(shop, second.payment.key)).payment.status != PaymentStatus.CONFIRMED
    back = await seen.press("Back")
    assert back.button("Approve")
    seen = await (await back.open("Approve")).submit({NOTE: "ref *77*"})
    seen = await seen.press("Approve all the same")
    assert "Approved by" in seen.text
    now = await services.claims.view(shop, second.payment.key)
    assert now.payment.customer_reference_note == "ref *77*"


async def test_the_card_of_an_older_claim_leads_to_the_newer_one(
    card: Seen,
    bot: commands.Bot,
    services: Services,
    shop: Shop,
    claimed: ClaimView,
    ada: Person,
    sam: Person,
    staff_room: Room,
) -> None:
    """After a rejection the customer says so again: the first card cannot decide about the second claim."""
    await services.claims.reject(shop, member(sam), claimed.payment.key, 1, "not seen")
    await services.claims.claim(shop, member(ada), claimed.order.key, "sent again")
    await post(bot, staff_room, await services.claims.view(shop, claimed.payment.key))
    answer = await card.press("Approve")
    assert "newer card" in answer.followups[-1].text
    assert answer.now.buttons == []
    newest = staff_room.messages_for(sam)[-1]
    await (await newest.open("Approve")).submit({NOTE: "sent again"})
    now = await services.claims.view(shop, claimed.payment.key)
    assert now.payment.status is PaymentStatus.CONFIRMED


async def test_a_late_payment_whose_goods_are_gone_says_what_to_do(
    claim: Claim, services: Services, shop: Shop, sam: Person, ada: Person, bob: Person, clock: TestClock
) -> None:
    """The hold ended and somebody else took the last one: nothing is confirmed."""
    view = await claim(ada, stock=1)
    payment, buyer = view.payment, member(ada)
    await services.claims.reject(shop, member(sam), payment.key, 1, "not seen")
    clock.forward(hours=30)
    await services.sweeper.sweep()
    await services.carts.add(shop, member(bob), view.order.items[0].product_id)
    await services.checkout.choose_payment(shop, member(bob), "VENMO")
    basket = await services.checkout.view(shop, member(bob))
    await services.placement.place(shop, member(bob), basket.session.key, basket.session.version)
    await services.claims.claim(shop, buyer, view.order.key, "here it is")
    seen = await sam.run("/admin payments")
    seen = await seen.choose("Open a payment", f"{view.order.order_number} · $15.00")
    seen = await (await seen.open("Approve")).submit({NOTE: "ada"})
    assert "Restock it and approve again" in "".join(one.text for one in [seen, *seen.followups])
    now = await services.claims.view(shop, payment.key)
    assert now.payment.status is PaymentStatus.AWAITING_ADMIN_APPROVAL


async def test_a_role_taken_between_showing_and_clicking_closes_the_gate(
    db: Db, card: Seen, guild: Community, sam: Person, staff_role: Role
) -> None:
    """Neither the button nor the form that stood open decides anything."""
    form = await card.open("Approve")
    guild.take(sam, staff_role)
    before = await everything(db)
    assert "payment.approve" in (await form.submit({NOTE: "mine"})).text
    assert await everything(db) == before


async def test_another_shops_payment_cannot_be_seen_or_decided(
    db: Db, card: Seen, neighbour: Neighbour, sam: Person
) -> None:
    """Its id is unknown here, in buttons and in a form that was opened for another payment."""
    before = await everything(db)
    for action in ("approve", "reject"):
        answer = await sam.click(card, custom_id=f"claim:{action}:{neighbour.payment_id}:1", forged=True)
        assert "cannot find that payment" in answer.text
        form = await card.open(action.capitalize())
        form.modal["custom_id"] = f"claim:{action}:{neighbour.payment_id}:1"
        answer = await form.submit({NOTE if action == "approve" else WHY: "mine"})
        assert "cannot find that payment" in answer.text
    assert await everything(db) == before


async def test_what_a_payer_writes_cannot_ping_or_break_out(
    bot: commands.Bot, claim: Claim, staff_room: Room, staff_role: Role, guild: Community, sam: Person
) -> None:
    """Mentions, markdown and backticks in note and name stay what they are: text."""
    mallory = guild.add_member("mallory", display_name="**M** @everyone `x`")
    note = f"`@everyone` <@&{staff_role.id}> **now**"
    view = await claim(mallory, note, name="*Mug* `@here` " * 5)
    await post(bot, staff_room, view)
    seen = staff_room.messages_for(sam)[-1]
    assert seen.pings == []
    assert "`@everyone`" not in str(seen.payload)
    assert code(note) in str(seen.payload["embeds"])


async def test_a_decision_in_the_queue_shows_on_the_card_that_the_outbox_posted(
    services: Services, claimed: ClaimView, sam: Person, staff_room: Room
) -> None:
    """The worker posts the claim; decided in the queue, the card in the channel follows."""
    await services.worker.drain()
    seen = await sam.run("/admin payments")
    seen = await seen.choose("Open a payment", f"{claimed.order.order_number} · $15.00")
    await (await seen.open("Reject")).submit({WHY: "Which name did you use?"})
    await services.worker.drain()
    (card,) = [one for one in staff_room.messages_for(sam) if "The payer's note" in one.text]
    assert "Which name did you use?" in card.text
    assert card.buttons == []


async def test_the_warning_of_a_used_note_is_for_the_one_who_clicked(
    card: Seen, claim: Claim, services: Services, shop: Shop, sam: Person, bob: Person, staff_room: Room
) -> None:
    """From the card in the channel, too: the card keeps its buttons until somebody decides."""
    other = await claim(bob)
    await services.claims.approve(shop, member(sam), other.payment.key, 1, "ref 9")
    warning = await (await card.open("Approve")).submit({NOTE: "REF-9"})
    assert warning.ephemeral
    assert other.order.order_number in warning.text
    assert staff_room.messages_for(sam)[-1].button("Approve")
    done = await warning.press("Approve all the same")
    assert "Approved by" in done.text
    again = await warning.press("Approve all the same")
    assert "Somebody was faster." in again.followups[-1].text
