"""Every alert about money and providers: raised as in life, whole as a sentence, with ways that work."""

import ast
import json
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from bot.sandbox import Person, Room, Seen
from bot.sandbox.forms import Form
from cogs._effects import alerts, payment_alerts
from cogs._ui.words import Words
from models.alert import Alert, AlertSeverity, AlertType
from models.errors import Declined, WrongKeys
from models.order import Order
from models.payment import Payment, RefundState
from models.product import Product
from services.effects import EffectKind
from services.pages import open_error
from services.settling.money_out import _STATES
from services.settling.receipts import Verdict
from tests.cogs.conftest import member
from tests.cogs.payments.conftest import COINS, DOWN, Till
from tests.fakes.nowpayments import NOTICE
from tests.fakes.provider import Fault
from tests.services import hosting

pytestmark = pytest.mark.usefixtures("bot")

SERVICES = Path(payment_alerts.__file__).parents[2] / "services"
type Happen = Callable[[Till, Person, Product], Awaitable[object]]


async def overpaid(till: Till, ada: Person, mug: Product) -> None:
    order = await till.opened(ada, mug, COINS)
    till.nowpayments.pay(await till.ref(order), Decimal("1.2"))
    await till.deliver()


async def late(till: Till, ada: Person, mug: Product) -> None:
    order = await till.opened(ada, mug)
    await till.services.orders.staff_cancel(till.shop, member(ada), order.key, "sold elsewhere")
    await till.told(order, hosting.paid(order))


async def wrong_amount(till: Till, ada: Person, mug: Product) -> None:
    order = await till.opened(ada, mug)
    await till.told(order, hosting.paid(order, "ch_1", 1400))


async def wrong_currency(till: Till, ada: Person, mug: Product) -> None:
    order = await till.opened(ada, mug)
    await till.told(order, hosting.paid(order, "ch_1", 1500, "EUR"))


async def second(till: Till, ada: Person, mug: Product) -> None:
    order = await till.paid(ada, mug)
    await till.told(order, hosting.paid(order, "ch_2"))


async def part_of_a_cancelled_order(till: Till, ada: Person, mug: Product) -> None:
    order = await till.opened(ada, mug, COINS)
    till.clock.forward(minutes=61)
    await till.services.sweeper.sweep()
    till.nowpayments.pay(await till.ref(order), Decimal("0.5"))
    await till.deliver()


async def part_until_the_holds_end(till: Till, ada: Person, mug: Product) -> None:
    order = await till.opened(ada, mug, COINS)
    till.nowpayments.pay(await till.ref(order), Decimal("0.5"))
    await till.deliver()
    till.clock.forward(minutes=61)
    await till.services.sweeper.sweep()


async def refused_refund(till: Till, ada: Person, mug: Product) -> None:
    order = await till.paid(ada, mug)
    till.square.refund_in_dashboard((await till.payment(order)).receipts[0].ref, 1500)
    await till.services.refunds.ask(till.shop, member(ada), order.payment_id, 1500, "sorry")


async def made_refund(till: Till, ada: Person, mug: Product) -> Order:
    order = await till.paid(ada, mug)
    await till.services.refunds.ask(till.shop, member(ada), order.payment_id, 500, "sorry", by_hand=True)
    return order


async def bounced_refund(till: Till, ada: Person, mug: Product) -> None:
    refund = till.square.refund_in_dashboard(
        (await till.payment(await till.paid(ada, mug))).receipts[0].ref, 1500
    )
    till.square.settle_refund(refund)
    await till.deliver()
    till.square.settle_refund(refund, "FAILED")
    await till.deliver()


async def disputed(till: Till, ada: Person, mug: Product) -> str:
    order = await till.paid(ada, mug)
    dispute = till.square.dispute((await till.payment(order)).receipts[0].ref)
    await till.deliver()
    return dispute


async def won(till: Till, ada: Person, mug: Product) -> None:
    till.square.settle_dispute(await disputed(till, ada, mug), "WON")
    await till.deliver()


async def lost(till: Till, ada: Person, mug: Product) -> None:
    till.square.settle_dispute(await disputed(till, ada, mug), "LOST")
    await till.deliver()


async def stuck(till: Till, ada: Person, mug: Product) -> None:
    order = await till.opened(ada, mug, COINS)
    till.nowpayments.walk(await till.ref(order), "confirming")
    await till.deliver()
    for _ in range(13):
        till.clock.forward(days=3)
        await till.services.poller.poll(0)


async def refused_page(till: Till, ada: Person, mug: Product) -> None:
    till.nowpayments.rates.pop("btc")
    await till.order(ada, mug, COINS)


async def keys_that_do_not_work(till: Till, ada: Person, mug: Product) -> None:
    await till.order(ada, mug)
    till.square.fail(Fault.SHUT)


async def two_events_of_one_name(till: Till, ada: Person, mug: Product) -> None:
    await till.paid(ada, mug)
    event = json.loads(till.square.notices[-1].body)
    event["data"]["object"]["payment"]["amount_money"]["amount"] += 1
    event["data"]["object"]["payment"]["total_money"]["amount"] += 1
    body = json.dumps(event).encode()
    headers = {key.lower(): value for key, value in till.square.sign(body).items()}
    assert await till.services.inbox.receive("cashapp_pay", till.shop.id, body, headers) == 200


async def unknown_order(till: Till, ada: Person, mug: Product) -> None:
    order = await till.opened(ada, mug, COINS)
    found = till.nowpayments.payments[await till.ref(order)]
    strange = {**{name: found[name] for name in NOTICE}, "payment_id": 77, "order_id": "f" * 24}
    till.nowpayments.notify(
        till.nowpayments.notice({**strange, "payment_status": "confirming", "invoice_id": 78})
    )
    await given_up(till)


async def no_keys_any_more(till: Till, ada: Person, mug: Product) -> None:
    order = await till.opened(ada, mug)
    till.square.pay(await till.ref(order))
    notice = till.square.notices[-1]
    headers = {key.lower(): value for key, value in notice.headers.items()}
    assert await till.services.inbox.receive("cashapp_pay", till.shop.id, notice.body, headers) == 200
    await till.services.providers.remove(till.shop, member(ada), "CASHAPP_PAY")
    till.clock.forward(seconds=5)
    till.square.notices.clear()
    await given_up(till)


async def given_up(till: Till) -> None:
    """Events are tried until nobody tries them any more."""
    for _ in range(7):
        await till.deliver()
        till.clock.forward(hours=15)


async def bought_from_discord(till: Till, ada: Person, _: Product) -> None:
    await from_discord(till, ada, "CREATE")


async def given_by_discord(till: Till, ada: Person, _: Product) -> None:
    await from_discord(till, ada, "CREATE", type=3)


async def ended_at_discord(till: Till, ada: Person, _: Product) -> None:
    await from_discord(till, ada, "CREATE")
    till.clock.forward(days=1)
    await from_discord(till, ada, "UPDATE", ends_at=(till.clock.now() - timedelta(hours=1)).isoformat())


async def taken_back_at_discord(till: Till, ada: Person, _: Product) -> None:
    await from_discord(till, ada, "CREATE")
    till.clock.forward(days=1)
    await from_discord(till, ada, "DELETE")


async def from_discord(till: Till, ada: Person, kind: str, **more: object) -> None:
    found = {
        "id": "501",
        "sku_id": "601",
        "application_id": "701",
        "type": 8,
        "user_id": str(ada.id),
        "guild_id": till.shop.guild_id,
        "deleted": kind == "DELETE",
        **more,
    }
    assert await till.services.discord.hear(kind, found) in {"new", "changed"}


RAISED: dict[str, Happen] = {
    "payment_overpaid": overpaid,
    "payment_late": late,
    "payment_amount": wrong_amount,
    "payment_currency": wrong_currency,
    "payment_second": second,
    "payment_underpaid": part_of_a_cancelled_order,
    "cancelled_with_money": part_until_the_holds_end,
    "refund_failed": refused_refund,
    "refund_made": made_refund,
    "refund_bounced": bounced_refund,
    "dispute_open": disputed,
    "dispute_won": won,
    "dispute_lost": lost,
    "payment_stuck": stuck,
    "page_declined": refused_page,
    "page_wrong_keys": keys_that_do_not_work,
    "webhook_conflict": two_events_of_one_name,
    "webhook_unmatched": unknown_order,
    "webhook_dead": no_keys_any_more,
    "discord_purchase": bought_from_discord,
    "discord_purchase_free": given_by_discord,
    "discord_purchase_ended": ended_at_discord,
    "discord_purchase_deleted": taken_back_at_discord,
}
BESIDE = {"new_order", "effect_dead"}


def is_whole(said: str) -> bool:
    """Whether a sentence has no empty hole, no unfilled name and an end."""
    holes = ("  ", "****", "``", " .", " ,", " :", "{", "}", "None", "<@>")
    lines = said.splitlines()
    ends = lines[0].endswith(".") and all(line.endswith((".", "`")) for line in lines)
    return ends and said == said.strip() and not any(hole in said for hole in holes)


async def raised(till: Till, message: str) -> Alert:
    """The last alert of this kind; whatever else was raised is known, too."""
    every = await Alert.find_all(till.db, {}, sort="_id")
    assert {alert.message for alert in every} <= set(payment_alerts._SENTENCES) | BESIDE
    return [alert for alert in every if alert.message == message][-1]


@pytest.mark.parametrize("message", payment_alerts._SENTENCES)
async def test_every_alert_is_a_whole_sentence_with_ways_that_work(
    ada: Person, sam: Person, mug: Product, till: Till, staff_room: Room, message: str
) -> None:
    """Raised by what happens in life, posted once to the staff, and each of its buttons leads somewhere."""
    await RAISED[message](till, ada, mug)
    await till.drain()
    alert = await raised(till, message)
    said = alerts.card(alert, Words.of("en-US")).text or ""
    assert is_whole(said), said
    posted = [seen for seen in staff_room.messages_for(sam) if seen.embeds[0]["description"] == said]
    assert len(posted) == 1
    assert posted[0].pings == []
    for button in posted[0].buttons:
        answer = await posted[0].click(button.label)
        shown = answer.title if isinstance(answer, Form) else answer.text
        assert "Something went wrong" not in shown
        assert "cannot find" not in shown
    money = alert.entity_type == "Payment"
    assert bool(posted[0].buttons) is (
        alert.entity_type in {"Payment", "WebhookEvent", "PlatformEntitlement"}
    )
    if money:
        assert (await till.payment(await order_of(till, alert))).order_number in said


async def order_of(till: Till, alert: Alert) -> Order:
    """The order that an alert about a payment is about."""
    return (await till.services.payments.one(till.shop, alert.entity_id or "")).order


def test_every_sentence_is_raised_above() -> None:
    """A sentence that nobody tries is one that may have holes."""
    assert set(RAISED) == set(payment_alerts._SENTENCES)


def calls() -> Iterator[ast.Call]:
    """Every call in services."""
    for path in SERVICES.rglob("*.py"):
        yield from (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call))


def named(call: ast.Call) -> str:
    """What a call calls."""
    return getattr(call.func, "attr", getattr(call.func, "id", ""))


def messages(call: ast.Call) -> list[ast.expr]:
    """Where a call says which alert it raises."""
    given = [each.value for each in call.keywords if each.arg == "message"]
    places = {"alert": 1, "_alert": 1, "_tell": 1, "webhook_alert": 1, "_later": 3}
    at = places.get(named(call))
    return [*given, *(call.args[at : at + 1] if at is not None else [])]


def words_of(said: ast.expr) -> set[str]:
    """The alerts that an expression can name; a part of it that is filled in is spelled out here."""
    filled = {
        "payment_": {each.value for each in Verdict} - {"known", "pay", "returned"} | {"late"},
        "dispute_": set(_STATES.values()),
        "page_": {open_error(Declined("x")), open_error(WrongKeys("x"))},
    }
    if isinstance(said, ast.JoinedStr):
        begin = str(getattr(said.values[0], "value", ""))
        return {f"{begin}{each}" for each in filled[begin]}
    if isinstance(said, ast.IfExp):
        return words_of(said.body) | words_of(said.orelse)
    return {said.value} if isinstance(said, ast.Constant) and isinstance(said.value, str) else set()


def test_every_alert_that_services_can_raise_has_a_sentence() -> None:
    """A word added there without a sentence here would be shown to staff as it is."""
    found = {word for call in calls() for said in messages(call) for word in words_of(said)}
    # Chosen in a table, not where they are raised.
    found |= {"webhook_unmatched", *(f"discord_purchase{end}" for end in ("", "_free", "_ended", "_deleted"))}
    assert {"payment_late", "dispute_lost", "page_declined", "webhook_dead", "discord_purchase"} <= found
    assert found == set(payment_alerts._SENTENCES) | set(alerts._LINES)


def test_everything_that_can_be_given_up_has_a_name_and_a_remedy() -> None:
    """Staff read what was given up and what to do, never an effect's name or a word from the inside."""
    assert set(alerts.EFFECTS) >= {each.value for each in EffectKind}
    reasons = {
        word
        for call in calls()
        if named(call) == "EffectFailed"
        for said in call.args
        for word in words_of(said)
    }
    assert "refund_unknown" in reasons
    assert reasons <= set(alerts.REMEDIES)


async def test_an_alert_of_a_later_version_is_shown_at_least(till: Till) -> None:
    """What this version has no sentence for is no reason to hide it."""
    strange = Alert(
        tenant_id=till.shop.id,
        type=AlertType.PAYMENT_FAILED,
        severity=AlertSeverity.ERROR,
        message="payment_teleported",
        entity_type="Payment",
        entity_id="f" * 24,
    )
    shown = alerts.card(strange, Words.of("en-US"))
    assert shown.text == "Please look at this: `payment_teleported`."
    assert shown.rows


async def test_a_refund_that_is_given_up_leads_to_its_payment(
    ada: Person, sam: Person, mug: Product, till: Till, staff_room: Room
) -> None:
    """The alert says what to look for and where to tell; the button opens exactly that."""
    order = await till.paid(ada, mug)
    await till.services.refunds.ask(till.shop, member(sam), order.payment_id, 1500, "sorry")
    for _ in range(6):
        till.square.fail(*DOWN)
        await till.drain()
        till.clock.forward(hours=15)
    (told,) = [seen for seen in staff_room.messages_for(sam) if "give money back" in seen.text]
    assert told.text.startswith("I was to give money back, and cannot tell whether that was done.")
    assert "then tell me at the payment." in told.text
    seen = await told.press("Open payment")
    assert "Nobody knows whether the refund of $15.00 was made." in seen.text
    done = await seen.press("It was refunded")
    assert (await till.payment(order)).refunds[0].state is RefundState.DONE
    assert "Thank you, noted." in done.followups[-1].content


@pytest.mark.parametrize("label", ["Open payment", "Refund", "Fulfil anyway"])
async def test_an_alerts_buttons_are_for_staff_alone(
    ada: Person, sam: Person, mug: Product, till: Till, staff_room: Room, label: str
) -> None:
    """Whoever sees the channel without the key is told which one is missing, and nothing changes."""
    await wrong_amount(till, ada, mug)
    await till.drain()
    alert = staff_room.messages_for(sam)[-1]
    custom_id = alert.button(label).custom_id
    hers = await ada.run("/orders list")
    refused = await ada.click(hers, custom_id=custom_id, forged=True)
    assert isinstance(refused, Seen)
    assert ("payment.refund" if label == "Refund" else "payment.approve") in refused.text
    opened = await alert.click(label)
    assert isinstance(opened, Form) is (label != "Open payment")
    assert staff_room.messages_for(sam)[-1].buttons == alert.buttons


async def test_an_alert_names_the_money_in_its_own_currency(ada: Person, mug: Product, till: Till) -> None:
    """What came and what was asked for are told apart."""
    await wrong_currency(till, ada, mug)
    alert = await raised(till, "payment_currency")
    said = payment_alerts.line(alert, Words.of("en-US"))
    assert said is not None
    assert said.startswith("€15.00 came by Cash App Pay for order **")
    assert "which costs $15.00." in said
    payment = await Payment.get(till.db, till.shop.id, alert.entity_id or "")
    assert payment is not None
    assert payment.conflict == "currency"
