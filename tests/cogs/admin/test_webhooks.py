"""Staff look at what providers told: found, opened, acted upon again, and nobody else's."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest
from nextcord.ext import commands

from bot.outside import Outside
from bot.sandbox import Community, Person, Room, Seen
from models.access import Role, RoleAssignment, User
from models.audit import AuditLog
from models.base import Db
from models.order import Order
from models.webhook import WebhookEvent, WebhookProvider, WebhookState
from services import Services
from services.payments.processor import Site
from services.shops import Shop
from services.storable import readable, storable
from tests.cogs.admin.conftest import everything
from tests.cogs.conftest import member
from tests.fakes.provider import Notice
from tests.fakes.square import Square
from tests.outside import OUTSIDE
from tests.services import hosting
from tests.services.conftest import MakeProduct, TestClock

NAME = "cashapp_pay"


@pytest.fixture
def outside(square: Square) -> Outside:
    """Square answers here."""
    return Outside(OUTSIDE.vault, {NAME: Site(square.url)})


class Till:
    """The shop's way to Square, and Ada's order that is paid there."""

    def __init__(
        self, db: Db, services: Services, shop: Shop, square: Square, placed: Order, clock: TestClock
    ) -> None:
        self.clock = clock
        self.db = db
        self.services = services
        self.shop = shop
        self.square = square
        self.placed = placed

    async def receive(self, *notices: Notice) -> None:
        """Let Square deliver, one every second."""
        for notice in notices:
            self.clock.forward(seconds=1)
            headers = {name.lower(): value for name, value in notice.headers.items()}
            assert await self.services.inbox.receive(NAME, self.shop.id, notice.body, headers) == 200

    async def pay(self) -> list[Notice]:
        """Ada pays; what Square delivers is taken in and acted upon."""
        ref = (await hosting.payment(self.services, self.shop, self.placed)).provider_ref
        self.square.pay(ref or "")
        await self.receive(*self.square.notices)
        await self.services.inbox.drain()
        return self.square.notices

    def signed(self, **changed: Any) -> Notice:
        """An event that Square signed."""
        event = {"event_id": "e1", "type": "payout.sent", **changed}
        body = json.dumps(event).encode()
        return Notice(body, self.square.sign(body))

    def about(self, order_id: str, event_id: str = "evt-stranger") -> Notice:
        """A payment for an order that the shop does not have (any more)."""
        found = {
            "id": f"PAY{event_id}",
            "order_id": "SQUAREORDER",
            "note": order_id,
            "amount_money": {"amount": 1500, "currency": "USD"},
            "total_money": {"amount": 1500, "currency": "USD"},
            "status": "COMPLETED",
        }
        return self.signed(event_id=event_id, type="payment.updated", data={"object": {"payment": found}})

    async def stored(self) -> list[WebhookEvent]:
        """Everything that was kept, oldest first."""
        return await WebhookEvent.find_all(self.db, {"tenantId": self.shop.id}, sort="_id")


@pytest.fixture
async def till(
    db: Db,
    services: Services,
    shop: Shop,
    square: Square,
    product: MakeProduct,
    ada: Person,
    clock: TestClock,
) -> Till:
    """A shop that takes Square, with an order of Ada's that has its page."""
    square.registered_url = f"https://shop.example/webhooks/{NAME}/{shop.id}"
    shop = await hosting.offer(services, shop)
    placed = await hosting.order(services, shop, member(ada), await product())
    await services.hosted.open(shop, placed)
    return Till(db, services, shop, square, placed, clock)


async def first(person: Person, number: int = 0) -> Seen:
    """The event of the list that stands in this place."""
    seen = await person.run("/admin webhooks")
    label = list(seen.select("Open a message").options)[number]
    return await seen.choose("Open a message", label)


@pytest.mark.usefixtures("bot")
async def test_nothing_was_told_yet(sam: Person) -> None:
    """An empty list says so, and still has its filters."""
    seen = await sam.run("/admin webhooks")
    assert seen.ephemeral
    assert "0 messages" in seen.text
    assert "There is none." in seen.text
    assert {each.placeholder for each in seen.selects} == {"From which provider", "What became of it"}


@pytest.mark.usefixtures("bot")
async def test_a_message_shows_what_it_said_and_what_came_of_it(till: Till, sam: Person) -> None:
    """Provider, type, id, time, deliveries, order, and the body; newest first."""
    notices = await till.pay()
    await till.receive(notices[-1])
    seen = await first(sam)
    for part in (
        "Message from Square",
        "acted upon",
        "The order was paid by it.",
        "payment.updated",
        "Delivered: 2 times",
        till.placed.order_number,
        "$15.00 · confirmed",
        '"status": "COMPLETED"',
        "personal data",
    ):
        assert part in seen.text
    assert seen.ephemeral
    opened = await seen.press("Open payment")
    assert "Payment of order" in opened.text
    assert till.placed.order_number in (await seen.press("Order")).text
    assert "messages from providers" in (await seen.press("All messages")).text


@pytest.mark.usefixtures("bot")
async def test_a_long_list_has_pages_and_filters(till: Till, sam: Person) -> None:
    """Ten to a page; by provider and by state, and both stay while pages are turned and events opened."""
    for number in range(23):
        await till.receive(till.signed(event_id=f"e{number:02}"))
    await till.pay()
    seen = await sam.run("/admin webhooks")
    seen = await seen.choose("What became of it", "needed no action")
    assert "23 messages" in seen.text
    assert "Page 1 of 3" in str(seen.buttons)
    seen = await (await seen.press("▶️")).press("▶️")
    assert len(seen.select("Open a message").options) == 3
    assert seen.select("What became of it").chosen == ("needed no action",)
    seen = await seen.choose("From which provider", "Square")
    assert seen.select("What became of it").chosen == ("needed no action",)
    seen = await seen.press("▶️")
    opened = await seen.choose("Open a message", next(iter(seen.select("Open a message").options)))
    back = await (await opened.press("Look again")).press("All messages")
    assert "Page 2 of 3" in str(back.buttons)
    assert back.select("From which provider").chosen == ("Square",)
    none = await back.choose("From which provider", "PayPal")
    assert "There is none." in none.text
    whole = await (await none.choose("From which provider", "All providers")).choose(
        "What became of it", "Whatever became of it"
    )
    assert str(len(await till.stored())) in whole.text


@pytest.mark.usefixtures("bot")
async def test_what_was_given_up_says_why_and_is_tried_again_at_once(
    till: Till, sam: Person, clock: TestClock, db: Db
) -> None:
    """No question is asked, the try is audited, and a second one at the same time is told so."""
    await till.receive(till.about("6b052b6c81fda91d13de35f4"))
    for _ in range(8):
        await till.services.inbox.drain()
        clock.forward(hours=3)
    seen = await first(sam)
    assert "given up" in seen.text
    assert "I know no payment that it could be about." in seen.text
    answers = await asyncio.gather(seen.press("Act upon it again"), seen.press("Act upon it again"))
    said = sorted(answer.followups[-1].text for answer in answers)
    assert "I act upon it now." in said[0]
    assert "being acted upon already" in said[1]
    rows = await AuditLog.find_all(db, {"action": "webhook.replay"})
    assert [row.actor_id for row in rows] == [str(sam.id)]
    waits = await answers[0].press("Look again")
    assert "waits to be acted upon" in waits.text
    assert "Next try:" in waits.text
    assert "Act upon it again" not in str(waits.buttons)
    assert await till.services.inbox.drain() == 1


@pytest.mark.usefixtures("bot")
async def test_what_was_done_is_done_again_only_after_a_question(till: Till, sam: Person) -> None:
    """And then changes nothing that was done: the order stays paid once."""
    await till.pay()
    seen = await first(sam)
    asked = await seen.press("Act upon it again")
    assert "not done twice" in asked.text
    assert {each.state for each in await till.stored()} <= {WebhookState.DONE, WebhookState.IGNORED}
    assert "The order was paid" in (await asked.press("Back")).text
    again = await asked.press("Act upon it again")
    assert "I act upon it now." in again.followups[-1].text
    assert await till.services.inbox.drain() == 1
    assert "It told nothing new." in (await again.press("Look again")).text
    payment = await hosting.payment(till.services, till.shop, till.placed)
    assert len(payment.receipts) == 1


@pytest.mark.usefixtures("bot")
async def test_what_needed_no_action_can_be_looked_at_again(till: Till, sam: Person) -> None:
    """Without a question; it needs none again."""
    await till.receive(till.signed())
    seen = await (await first(sam)).press("Act upon it again")
    assert "I act upon it now." in seen.followups[-1].text
    await till.services.inbox.drain()
    assert "It told nothing new." in (await seen.press("Look again")).text


@pytest.mark.usefixtures("bot")
async def test_what_was_forgotten_says_so_and_cannot_be_acted_upon(
    till: Till, sam: Person, clock: TestClock, db: Db
) -> None:
    """An old message is still listed; there is nothing left in it to act upon."""
    await till.pay()
    await WebhookEvent.grow_old(db, till.shop.id, clock.now() + timedelta(days=1), clock.now(), 100)
    seen = await first(sam)
    assert "What it said was forgotten on" in seen.text
    assert "The order was paid" in seen.text
    assert "Act upon it again" not in {each.label for each in seen.buttons}


@pytest.mark.usefixtures("bot")
async def test_messages_in_conflict_are_shown_as_a_pair(till: Till, sam: Person, staff_room: Room) -> None:
    """Each names the other; the alert leads to it; it is acted upon only after a question."""
    notice = (await till.pay())[-1]
    changed = json.loads(notice.body)
    changed["data"]["object"]["payment"]["amount_money"]["amount"] = 1
    body = json.dumps(changed).encode()
    await till.receive(Notice(body, till.square.sign(body)))
    await till.services.worker.drain()
    alert = next(each for each in staff_room.messages_for(sam) if "two different messages" in each.text)
    seen = await alert.press("Open message")
    assert seen.ephemeral
    assert "It came under the id of another message and says something else." in seen.text
    assert '"amount": 1,' in seen.text
    assert "contradicts" in (await seen.press("Act upon it again")).text
    other = await seen.press("Same id: 1")
    assert "Another message came under the same id" in other.text
    assert "acted upon" in other.text
    assert "in conflict" in other.text
    assert '"amount": 1500,' in other.text
    assert "It came under the id of another" in (await other.press("Same id: 1")).text


@pytest.mark.usefixtures("bot")
async def test_nothing_in_a_body_breaks_out_or_is_a_secret(till: Till, sam: Person) -> None:
    """Backticks, mentions, control characters and keys, in names and values, as long as it may be."""
    hostile = "``` @everyone <@&1> [x](https://evil.example) \0\u202e"
    await till.receive(
        till.signed(
            type=f"payout.{hostile}",
            **{
                hostile: hostile,
                "client_secret": "pi_1_secret_abc",
                "nested": [{"Authorization": "Bearer abcdef", "apiKey": "k-123456", "amount": 5}],
                "long": "ä😀" * 3000,
            },
        )
    )
    seen = await first(sam)
    text = seen.embeds[0]["description"]
    assert text.count("```") == 2
    assert text.endswith("\n```")
    assert not seen.pings
    for secret in ("pi_1_secret_abc", "abcdef", "k-123456"):
        assert secret not in json.dumps(seen.payload)
    assert "\u202e" not in json.dumps(seen.payload, ensure_ascii=False)
    listed = await sam.run("/admin webhooks")
    assert "```" not in listed.embeds[0]["description"]
    assert not listed.pings


def test_secrets_are_left_out_of_what_people_read() -> None:
    """However deep; what merely looks like a number stays."""
    body = json.dumps({"a": [{"b": {"webhookSecret": {"x": 1}, "card_token": "t"}}], "amount": 1.5}).encode()
    text = readable(storable(body))
    assert json.loads(text) == {
        "a": [{"b": {"webhookSecret": "••••", "card_token": "••••"}}],
        "amount": "1.5",
    }


@pytest.mark.usefixtures("bot")
async def test_every_state_and_word_is_said_in_words(till: Till, sam: Person, clock: TestClock) -> None:
    """Whatever an event ended with, its card is shown and says something."""
    outcomes = ["paid", "conflict_late,known", "not_ours", "something_new", None]
    errors = ["NotFound", "WrongKeys", "Declined", "Unavailable", "OutcomeUnknown", "KeyError", None]
    for number, state in enumerate(WebhookState):
        for at, error in enumerate(errors):
            event = WebhookEvent(
                tenant_id=till.shop.id,
                provider=WebhookProvider.DISCORD,
                event_id=f"{state}{at}",
                received_at=clock.now(),
                kind="",
                state=state,
                error=error,
                outcome=outcomes[(number + at) % 5],
            )
            await event.insert(till.db)
            seen = await sam.click(await own(sam), custom_id=f"webhook:open:{event.key}", forged=True)
            assert "Message from Discord" in seen.text, event
            assert "went wrong on our side. Please" not in seen.text


async def own(person: Person) -> Seen:
    """A message of the person's own, from which a forged click can come."""
    return await person.run("/help")


@pytest.mark.usefixtures("bot")
async def test_customers_and_clerks_without_the_key_see_nothing(
    till: Till, ada: Person, bob: Person, db: Db
) -> None:
    """By command and by forged click; a refusal names the key."""
    role = await Role(tenant_id=till.shop.id, name="Clerk", permission_keys=["order.view"]).insert(db)
    user = User(tenant_id=till.shop.id, username="bob", display_name="Bob", discord_id=str(bob.id))
    user = await user.insert(db)
    await RoleAssignment(tenant_id=till.shop.id, user_id=user.key, role_id=role.key).insert(db)
    await till.pay()
    key = (await till.stored())[-1].key
    before = await everything(db)
    for person in (ada, bob):
        assert "`webhook.manage`" in (await person.run("/admin webhooks")).text
        seen = await own(person)
        for action in (f"webhook:open:{key}", f"webhook:replay:{key}:0", f"webhook:again:{key}:0"):
            answer = await person.click(seen, custom_id=action, forged=True)
            assert "`webhook.manage`" in answer.text
            assert "COMPLETED" not in answer.text
    assert await everything(db) == before


@pytest.mark.usefixtures("bot")
async def test_the_key_alone_opens_it(till: Till, bob: Person, db: Db) -> None:
    """Somebody without any Discord role may look into messages, when a Role of the shop says so."""
    role = await Role(tenant_id=till.shop.id, name="Clerk", permission_keys=["webhook.manage"]).insert(db)
    user = User(tenant_id=till.shop.id, username="bob", display_name="Bob", discord_id=str(bob.id))
    user = await user.insert(db)
    await RoleAssignment(tenant_id=till.shop.id, user_id=user.key, role_id=role.key).insert(db)
    await till.pay()
    seen = await first(bob)
    assert "The order was paid by it." in seen.text
    assert "`payment.approve`" in (await seen.press("Open payment")).text


async def test_another_shops_messages_are_unknown(
    till: Till, bot: commands.Bot, elsewhere: tuple[Community, Shop], sam: Person
) -> None:
    """Neither listed, opened, nor acted upon; and its owner sees none of ours."""
    place, other = elsewhere
    event = WebhookEvent(
        tenant_id=other.id,
        provider=WebhookProvider.CASHAPP_PAY,
        event_id="theirs",
        received_at=till.services.clock.now(),
        payload={"secret thing": "of the neighbour"},
        state=WebhookState.DEAD,
    )
    await event.insert(till.db)
    await till.pay()
    assert "theirs" not in (await sam.run("/admin webhooks")).text
    seen = await own(sam)
    for action in ("open", "replay", "again"):
        forged = f"webhook:{action}:{event.key}" + ("" if action == "open" else ":0")
        assert "cannot find" in (await sam.click(seen, custom_id=forged, forged=True)).text
    now = await WebhookEvent.get(till.db, other.id, event.key)
    assert now is not None
    assert now.state is WebhookState.DEAD
    listed = await place.owner.run("/admin webhooks")
    assert "1 message " in listed.text
    assert till.placed.order_number not in listed.text
    assert bot.cogs


@pytest.mark.usefixtures("bot")
async def test_forged_places_and_filters_show_the_whole_list(till: Till, sam: Person) -> None:
    """Nonsense filters nothing, a huge page is the last one, and ids that are none are unknown."""
    await till.pay()
    seen = await own(sam)
    for forged in (
        "webhooks:list:-1:x.y",
        "webhooks:list:999999:..",
        "webhooks:list:0:PAYPAL%20OR%201.DEADLY",
    ):
        answer = await sam.click(seen, custom_id=forged, forged=True)
        assert f"{len(await till.stored())} messages" in answer.text
    for key in ("x", "", "f" * 24, "%00"):
        answer = await sam.click(seen, custom_id=f"webhook:open:{key}", forged=True)
        assert "cannot find" in answer.text
    listed = await sam.run("/admin webhooks")
    for menu in ("From which provider", "What became of it"):
        answer = await sam.choose(listed, menu, "GOLD", forged=True)
        assert f"{len(await till.stored())} messages" in answer.text
    assert "cannot find" in (await sam.choose(listed, "Open a message", "GOLD", forged=True)).text


@pytest.mark.usefixtures("bot")
async def test_ids_that_look_like_a_pair_are_none(till: Till, sam: Person) -> None:
    """A provider's own ids may hold the sign by which conflicts are kept apart."""
    for event_id in ("e", "e#1", "e#abcdefabcdef", "e$", "e##"):
        await till.receive(till.signed(event_id=event_id))
    for number in range(5):
        assert "same id" not in (await first(sam, number)).text
