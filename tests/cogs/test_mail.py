"""E-mails beside the DMs: who gets which, once, whatever goes wrong on the way."""

import logging
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any

import pytest
from bson import ObjectId
from nextcord.ext import commands
from pydantic import SecretStr

from bot.mail.customers import customer_draft
from bot.mail.letters import Letters
from bot.outside import Outside
from bot.sandbox import Person, Room, Sandbox
from cogs._ui.words import Words
from models.base import Db
from models.order import Order
from models.outbox import OutboxEffect, OutboxStatus
from services import Services
from services.effects import EffectKind, Notice, notice
from services.mail.smtp import SmtpKeys
from services.shops import Shop
from tests.cogs.conftest import PUBLIC_URL, member
from tests.fakes.mailserver import MailServer
from tests.outside import OUTSIDE
from tests.services import buying
from tests.services.conftest import MakeProduct, TestClock

ADA = "ada@engine.example"
STAFF = "staff@aurora.example"
ENGLISH = Words.of("en-US")


def relay(port: int) -> SmtpKeys:
    """How the installation reaches a mail server next door."""
    return SmtpKeys(sender="shop@aurora.example", host="localhost", port=port, password=SecretStr(""))


@pytest.fixture
async def server() -> AsyncIterator[MailServer]:
    """The mail server of the installation."""
    async with MailServer() as made:
        yield made


@pytest.fixture
def outside(server: MailServer) -> Outside:
    """Shops without a mail service use it."""
    return Outside(OUTSIDE.vault, mail=relay(server.port))


@dataclass
class Scene:
    """Ada, who has an e-mail address, and the shop that she buys from."""

    db: Db
    services: Services
    clock: TestClock
    shop: Shop
    ada: Person
    olivia: Person
    staff_room: Room
    server: MailServer
    product: MakeProduct

    async def order(self, **fields: Any) -> Order:
        """Something that Ada orders."""
        made = await self.product(f"Mug {ObjectId()}", **fields)
        return await buying.order(self.services, self.shop, member(self.ada), made)

    async def claimed(self, order: Order) -> Any:
        """Ada says that she has paid."""
        return (await buying.claimed(self.services, self.shop, member(self.ada), order)).payment

    async def paid(self, order: Order) -> None:
        """And the staff see it."""
        payment = await self.claimed(order)
        staff = member(self.olivia)
        await self.services.claims.approve(
            self.shop, staff, payment.key, payment.claims, payment.order_number
        )

    async def work(self) -> None:
        """Let everything happen that is due."""
        while await self.services.worker.drain():
            pass

    async def configure(self, **fields: Any) -> None:
        """Change the shop's settings."""
        self.shop = await self.services.shops.configure(self.shop, member(self.olivia), **fields)

    def letters(self, to: str = ADA) -> list[EmailMessage]:
        """What came to this address."""
        return [each for each in self.server.letters if each["To"] == to]

    async def owed(self, kind: EffectKind) -> list[OutboxEffect]:
        """The effects of a kind, oldest first."""
        return await OutboxEffect.find_all(self.db, {"kind": kind}, sort="_id")


@pytest.fixture
async def scene(
    db: Db,
    services: Services,
    clock: TestClock,
    shop: Shop,
    ada: Person,
    olivia: Person,
    staff_room: Room,
    server: MailServer,
    product: MakeProduct,
    bot: commands.Bot,
) -> Scene:
    """All of it, with the bot connected."""
    assert bot.user is not None
    await services.customers.set_profile(shop, member(ada), ADA, "")
    return Scene(db, services, clock, shop, ada, olivia, staff_room, server, product)


def plain(letter: EmailMessage) -> str:
    """The plain text of an e-mail."""
    body = letter.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def html(letter: EmailMessage) -> str:
    """The other text."""
    body = letter.get_body(("html",))
    assert body is not None
    return str(body.get_content())


async def test_an_order_that_was_not_paid_is_told_of_to_the_minute(scene: Scene) -> None:
    """Until when it is kept, and, once that is over, where to say that it was paid all the same."""
    await scene.order(price=2500)
    await scene.work()
    kept = r"We keep everything for you until \w+ \d+, \d{4}, \d+:\d\d\s[AP]M UTC\."
    assert re.search(kept, plain(scene.letters()[-1]))
    scene.clock.forward(hours=30)
    await scene.services.sweeper.sweep()
    await scene.work()
    assert "press I have paid at your order." in plain(scene.letters()[-1])


async def test_an_order_is_told_by_dm_and_by_e_mail(scene: Scene) -> None:
    """What was ordered, what is due, how to pay it and until when; nobody has to be asked for anything."""
    order = await scene.order(price=2500)
    await scene.work()
    assert len(scene.ada.dms) == 1
    [letter] = scene.letters()
    assert letter["Subject"] == f"Your order {order.order_number} at Aurora"
    assert letter["From"].addresses[0].display_name == "Aurora"
    for text in (plain(letter), html(letter)):
        for said in ("Hello Ada,", order.order_number, "$25.00", "@aurora-shop", "Venmo", "UTC"):
            assert said in text, said
    assert "**" not in plain(letter)


async def test_a_payment_is_told_with_the_invoice_and_no_other_link(scene: Scene) -> None:
    """Nothing is loaded from anywhere, and what was bought stays on Discord."""
    await scene.paid(await scene.order(delivery_text="Your key: AB-12"))
    await scene.work()
    letter = next(each for each in scene.letters() if "payment has arrived" in each["Subject"])
    links = re.findall(r"(?:href|src|url)\s*[=(]\s*[\"']?([^\"'\s>)]+)", html(letter))
    assert len(links) == 1
    assert links[0].startswith(f"{PUBLIC_URL}/invoice/")
    assert links[0] in plain(letter)
    assert "AB-12" not in plain(letter) + html(letter)


async def test_an_e_mail_speaks_its_readers_language(scene: Scene) -> None:
    """Amounts as in German, whatever sentences are translated."""
    scene.ada.user.locale = "de"
    await scene.order(price=123450)
    await scene.work()
    [letter] = scene.letters()
    assert "1.234,50" in plain(letter)
    assert '<html lang="de"' in html(letter)


@pytest.mark.parametrize("address", [True, False])
@pytest.mark.parametrize("mails", [True, False])
@pytest.mark.parametrize("messages", ["on", "off", "opted out", "closed"])
async def test_each_way_is_used_as_the_customer_wishes(
    scene: Scene,
    address: bool,
    mails: bool,
    messages: str,
) -> None:
    """A DM where DMs are wanted and open, an e-mail where those are; a closed DM leaves the e-mail."""
    ada = member(scene.ada)
    customers = scene.services.customers
    await customers.set_profile(scene.shop, ada, ADA if address else "", "")
    await customers.set_notices(
        scene.shop,
        ada,
        dm_opt_out=messages == "opted out",
        dm={"order_received": messages != "off"},
        email={"order_received": mails},
    )
    if messages == "closed":
        scene.ada.close_dms()
    order = await scene.order()
    await scene.work()
    assert len(scene.ada.dms) == int(messages == "on")
    assert len(scene.letters()) == int(address and mails)
    seen = await scene.ada.run("/orders view", order=order.key)
    assert order.order_number in seen.text


async def test_what_is_over_is_not_told_any_more(scene: Scene) -> None:
    """An e-mail that waited until the customer changed their mind is not sent."""
    scene.server.says("MAIL", "451 later")
    await scene.order()
    await scene.work()
    await scene.services.customers.set_notices(scene.shop, member(scene.ada), email={"order_received": False})
    scene.clock.forward(minutes=2)
    await scene.work()
    assert scene.letters() == []
    [owed] = await scene.owed(EffectKind.MAIL_CUSTOMER)
    assert owed.outcome == "not_wanted"


async def test_a_mail_server_that_is_away_keeps_no_dm_and_is_tried_again(scene: Scene) -> None:
    """The DM comes at once and once, the e-mail when the server takes it."""
    scene.server.says("MAIL", "451 4.3.0 later")
    scene.server.says("RCPT", "421 busy")
    await scene.order()
    for _ in range(4):
        await scene.work()
        scene.clock.forward(minutes=7)
    assert (len(scene.ada.dms), len(scene.letters())) == (1, 1)
    [owed] = await scene.owed(EffectKind.MAIL_CUSTOMER)
    assert (owed.status, owed.outcome, owed.attempts) == (OutboxStatus.DONE, "sent", 3)


async def test_letters_go_on_while_discord_is_away(scene: Scene, discord: Sandbox) -> None:
    """All of an order's, and the staff's; the messages follow once, and no letter comes twice."""
    await scene.configure(admin_notify_email=STAFF)
    for place in ("/channels/*", "/guilds/*", "/users/@me/channels"):
        discord.faults.fail("*", place, times=100_000, status=503)
    order, other = await scene.order(), await scene.order()
    await scene.work()
    await scene.paid(order)
    claim = await scene.claimed(other)
    await scene.services.claims.reject(scene.shop, member(scene.olivia), claim.key, claim.claims, "no trace")
    for _ in range(4):
        await scene.work()
        scene.clock.forward(minutes=1)
    assert scene.services.throttle.away
    told = [each["Subject"] for each in scene.letters() if order.order_number in each["Subject"]]
    assert [subject.split()[-1] for subject in told] == ["Aurora", "arrived"]
    assert (len(scene.letters()), len(scene.letters(STAFF)), len(scene.ada.dms)) == (4, 1, 0)
    discord.faults.clear()
    for _ in range(4):
        scene.clock.forward(minutes=10)
        await scene.work()
    assert (len(scene.letters()), len(scene.letters(STAFF)), len(scene.ada.dms)) == (4, 1, 4)


async def test_a_notice_that_happens_again_owes_its_e_mail_once(scene: Scene) -> None:
    """A process that dies after the DM tells it again; the e-mail is owed already."""
    await scene.order()
    await scene.work()
    forgotten = {"$set": {"status": OutboxStatus.PENDING, "leaseToken": None}}
    await OutboxEffect.rows(scene.db).update_many({"kind": EffectKind.CUSTOMER_NOTICE}, forgotten)
    scene.clock.forward(minutes=1)
    await scene.work()
    assert len(scene.letters()) == 1


async def test_a_notice_that_waited_for_long_sends_no_second_e_mail(scene: Scene) -> None:
    """What the e-mail was about is told late; that it was mailed is forgotten sooner than that."""
    await scene.order()
    await scene.work()
    rows = OutboxEffect.rows(scene.db)
    await rows.delete_many({"kind": EffectKind.MAIL_CUSTOMER, "status": OutboxStatus.DONE})
    waited = {"status": OutboxStatus.PENDING, "leaseToken": None, "lastError": "away"}
    await rows.update_many({"kind": EffectKind.CUSTOMER_NOTICE}, {"$set": waited})
    scene.clock.forward(days=40)
    await scene.work()
    assert len(scene.letters()) == 1
    [told] = await scene.owed(EffectKind.CUSTOMER_NOTICE)
    assert told.status is OutboxStatus.DONE


async def test_a_notice_that_is_first_looked_at_late_sends_its_e_mail(scene: Scene) -> None:
    """Nobody worked for weeks: nothing was mailed yet, so it is mailed now."""
    await scene.order()
    scene.clock.forward(days=40)
    await scene.work()
    assert len(scene.letters()) == 1


async def test_an_e_mail_that_is_sent_again_has_the_same_id(scene: Scene) -> None:
    """Whoever dies between sending and noting sends a repeat that a mailbox can recognise."""
    await scene.order()
    await scene.work()
    forgotten = {"$set": {"status": OutboxStatus.PENDING, "leaseToken": None}}
    await OutboxEffect.rows(scene.db).update_many({"kind": EffectKind.MAIL_CUSTOMER}, forgotten)
    scene.clock.forward(minutes=1)
    await scene.work()
    assert len(scene.letters()) == 2
    assert len({each["Message-ID"] for each in scene.letters()}) == 1


async def test_an_address_where_nobody_is_reached_is_said_and_not_used_again(scene: Scene) -> None:
    """No alarm for staff; the profile asks for it anew, and what is entered is tried again."""
    scene.server.says("RCPT", "550 5.1.1 nobody here")
    await scene.order()
    await scene.work()
    [owed] = await scene.owed(EffectKind.MAIL_CUSTOMER)
    assert owed.outcome == "address_refused"
    assert scene.staff_room.messages == []
    seen = await scene.ada.run("/account profile")
    assert "could not be delivered" in seen.text
    await scene.order()
    await scene.work()
    assert scene.letters() == []
    seen = await (await seen.open("Change")).submit({"E-mail address": ADA})
    assert "could not be delivered" not in seen.text
    await scene.order()
    await scene.work()
    assert len(scene.letters()) == 1


async def test_a_sender_that_is_refused_is_told_to_staff_once_and_floods_nobody(scene: Scene) -> None:
    """The e-mail is given up with an alarm in the staff channel, about which no e-mail is tried."""
    await scene.configure(admin_notify_email=STAFF)
    scene.server.says("MAIL", *["550 5.7.1 not your sender"] * 20)
    await scene.order()
    for _ in range(4):
        await scene.work()
        scene.clock.forward(hours=20)
    alarms = [each.text for each in scene.staff_room.messages if "e-mail" in each.text]
    assert len(alarms) == 1
    assert "The mail service refused it." in alarms[0]
    assert await scene.owed(EffectKind.MAIL_STAFF) == []


async def test_staff_read_of_rejections_and_alarms_by_e_mail(scene: Scene) -> None:
    """Who, how much and why; an alarm as it stands in the channel, without its marks."""
    await scene.configure(admin_notify_email=STAFF)
    order = await scene.order(granted_role_ids=["4242"])
    claim = await scene.claimed(order)
    await scene.services.claims.reject(
        scene.shop, member(scene.olivia), claim.key, claim.claims, "nothing *came*"
    )
    await scene.work()
    [rejected] = scene.letters(STAFF)
    assert order.order_number in rejected["Subject"]
    for said in ("Ada", "$15.00", "nothing *came*"):
        assert said in plain(rejected)
    assert rejected["Reply-To"] == STAFF
    await scene.paid(order)
    await scene.work()
    alarm = scene.letters(STAFF)[-1]
    assert "I could not give the role 4242" in plain(alarm)
    await scene.work()
    assert len(scene.letters(STAFF)) == 2


async def test_alarms_are_mailed_also_where_no_channel_is_set(scene: Scene) -> None:
    """And a shop without an address for its staff mails nobody."""
    await scene.configure(admin_channel_id=None)
    order = await scene.order(granted_role_ids=["4242"])
    await scene.paid(order)
    await scene.work()
    assert scene.letters(STAFF) == []
    await scene.configure(admin_notify_email=STAFF)
    scene.clock.forward(minutes=2)
    await scene.work()
    assert any("I could not give the role" in plain(each) for each in scene.letters(STAFF))


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (Notice.REFUNDED, "has sent you $5.00 back"),
        (Notice.ORDER_SHIPPED, "has sent your order"),
        (Notice.KEY_DELIVERED, "has a key for you"),
        (Notice.ROLE_FAILED, "could not give you your role yet"),
        (Notice.PAYMENT_CONFIRMED, "has received your payment"),
    ],
)
async def test_every_later_event_has_its_message_and_its_e_mail(
    scene: Scene, event: Notice, said: str
) -> None:
    """Owed by whoever makes it happen, with what it is about."""
    order = await scene.order()
    await scene.paid(order)
    await scene.work()
    before = len(scene.letters())
    told = notice(event, scene.shop.id, order.key, scene.clock.now(), turn=7, amount=500)
    await OutboxEffect.owe_once(scene.db, told)
    await scene.work()
    [letter] = scene.letters()[before:]
    assert said in " ".join(plain(letter).split())
    assert any(said in each.text.replace("**", "") for each in scene.ada.dms)


@pytest.mark.parametrize("event", list(Notice))
async def test_every_event_can_be_written_as_an_e_mail(scene: Scene, event: Notice) -> None:
    """Whatever the shop can tell, with a reason of any length: whole sentences, and no mark of Discord's."""
    order = await scene.order()
    view = await scene.services.orders.staff_view(scene.shop, order.key)
    about: dict[str, Any] = {"amount": 500, "reason": "{x} **y** " + "z" * 4000, "entitlementId": "1"}
    owed = notice(event, scene.shop.id, order.key, scene.clock.now(), **about)
    letter = Letters().write(customer_draft(event, scene.shop, view, owed, ENGLISH), ENGLISH)
    assert order.order_number in letter.subject
    assert "Aurora" in letter.text.splitlines()[0]
    assert not re.search(r"<@|<t:|\{(?!x\})|\*\*(?!y|\s)", letter.text)


async def test_a_hold_that_ends_soon_is_told_once(scene: Scene) -> None:
    """When a quarter of it is left and nobody has paid; then the order is given up as ever."""
    order = await scene.order()
    await scene.work()
    scene.clock.forward(hours=17)
    await scene.services.sweeper.sweep()
    await scene.work()
    assert len(scene.letters()) == 1
    scene.clock.forward(hours=2)
    for _ in range(3):
        await scene.services.sweeper.sweep()
        await scene.work()
    assert [each["Subject"] for each in scene.letters()[1:]] == [
        f"Order {order.order_number}: please pay soon"
    ]
    assert "will not keep your order for much longer" in scene.ada.dms[-1].text
    scene.clock.forward(hours=6)
    await scene.services.sweeper.sweep()
    await scene.work()
    assert "was cancelled" in scene.letters()[-1]["Subject"]


async def test_whoever_pays_in_time_is_not_reminded(scene: Scene) -> None:
    """Nor whose claim is being checked, nor who paid while the reminder was on its way."""
    paid, claimed, late = [await scene.order() for _ in range(3)]
    await scene.paid(paid)
    await scene.claimed(claimed)
    await scene.work()
    scene.clock.forward(hours=19)
    await scene.services.sweeper.sweep()
    await scene.claimed(late)
    await scene.work()
    assert not any("pay soon" in each["Subject"] for each in scene.letters())
    owed = await scene.owed(EffectKind.CUSTOMER_NOTICE)
    reminders = [each for each in owed if each.payload["event"] == Notice.HOLD_ENDING]
    assert [each.outcome for each in reminders] == ["outdated"]


async def test_the_profile_says_that_e_mails_come(scene: Scene) -> None:
    """And the switches are those for e-mails."""
    seen = await scene.ada.run("/account profile")
    assert "sends no e-mails" not in seen.text
    assert "what I tell you by e-mail" in seen.text
    assert "sends no e-mails" not in (await scene.ada.run("/account notifications")).text


async def test_no_address_and_no_text_of_an_e_mail_is_logged(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither when it is sent, nor when it is refused, hangs up or has nowhere to go."""
    caplog.set_level(logging.DEBUG)
    await scene.configure(admin_notify_email=STAFF)
    scene.server.says("RCPT", f"451 {ADA} is busy", f"550 no {ADA}")
    scene.server.says("DATA", f"554 {ADA} again")
    order = await scene.order()
    claim = await scene.claimed(order)
    await scene.services.claims.reject(
        scene.shop, member(scene.olivia), claim.key, claim.claims, "a-private-reason"
    )
    for _ in range(3):
        await scene.work()
        scene.clock.forward(hours=1)
    ours = [each for each in caplog.records if each.name.split(".")[0] in {"services", "cogs", "bot"}]
    log = "\n".join(f"{each.getMessage()} {each.__dict__}" for each in ours)
    assert "effect_done" in log
    for hidden in (ADA, STAFF, "a-private-reason", "Hello Ada"):
        assert hidden not in log
