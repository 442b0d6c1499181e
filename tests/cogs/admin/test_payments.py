"""Staff decide about claimed payments, once, whoever clicks."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from nextcord.ext import commands

from bot.sandbox import Community, Form, Person, Room, Sandbox, Seen
from bot.sandbox.guilds import Role
from cogs._ui import send
from cogs._ui.claim_card import claim_card
from cogs._ui.words import Words
from models.order import OrderStatus
from models.payment import PaymentStatus
from services import Services
from services.claims import ClaimView
from services.shops import Shop
from tests.cogs.conftest import OpenShop, member, running
from tests.services.conftest import MakeProduct, TestClock

type Claim = Callable[..., Awaitable[ClaimView]]


@pytest.fixture
def claim(services: Services, shop: Shop, product: MakeProduct) -> Claim:
    """Lets somebody buy a mug with Venmo and say that it is paid."""

    async def claimed(person: Person, note: str = "@ada-pays") -> ClaimView:
        buyer = member(person)
        mug = await product(name=f"Mug for {person.name} {person.id % 1000}")
        await services.carts.add(shop, buyer, mug.key)
        view = await services.checkout.choose_payment(shop, buyer, "VENMO")
        order = await services.placement.place(shop, buyer, view.session.key, view.session.version)
        await services.claims.claim(shop, buyer, order.key, note)
        return await services.claims.view(shop, order.payment_id)

    return claimed


@pytest.fixture
async def card(bot: commands.Bot, staff_room: Room, sam: Person, claim: Claim, ada: Person) -> Seen:
    """Ada's claim as it stands in the staff channel, as Sam sees it."""
    view = await claim(ada)
    await send.post(bot, str(staff_room.id), claim_card(view, Words("en-US")), nonce="claim")
    return staff_room.messages_for(sam)[-1]


async def payment_of(services: Services, shop: Shop, claim: ClaimView) -> ClaimView:
    return await services.claims.view(shop, claim.payment.key)


async def test_queue_shows_claims_oldest_first_with_what_the_payer_wrote(
    bot: commands.Bot, claim: Claim, sam: Person, ada: Person, bob: Person, clock: TestClock
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


async def test_staff_approve_from_the_queue_and_go_back(
    bot: commands.Bot, services: Services, shop: Shop, claim: Claim, sam: Person, ada: Person
) -> None:
    """Open, Approve, the note that was seen: the order is paid and the queue is empty."""
    view = await claim(ada)
    seen = await sam.run("/admin payments")
    seen = await seen.choose("Open a payment", f"{view.order.order_number} · $15.00")
    form = await seen.open("Approve")
    seen = await form.submit({"Note or name that you see on the payment": "ADA P"})
    assert "Approved by" in seen.text
    now = await payment_of(services, shop, view)
    assert now.payment.status is PaymentStatus.CONFIRMED
    assert now.payment.customer_reference_note == "ADA P"
    assert now.payment.approver_user_id == str(sam.id)
    seen = await seen.press("All waiting payments")
    assert "No payment waits" in seen.text


async def test_the_card_in_the_channel_shows_the_decision_to_everybody(
    card: Seen, services: Services, shop: Shop, staff_room: Room, sam: Person, olivia: Person
) -> None:
    """Rejecting asks why, and the card that all staff see loses its buttons."""
    form = await card.open("Reject")
    await form.submit({"Why? The customer will read this.": "Nothing arrived"})
    now = staff_room.messages_for(olivia)[-1]
    assert "Rejected by" in now.text
    assert "Nothing arrived" in now.text
    assert now.buttons == []
