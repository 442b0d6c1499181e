"""Admins enter a provider's keys, try them out, and offer it; nobody ever sees the keys again."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator

import pytest
from nextcord.ext import commands
from redis.asyncio import Redis

from bot.outside import Outside
from bot.sandbox import Community, Form, Person, Sandbox, Seen
from bot.wiring import build
from models.access import Role, RoleAssignment, User
from models.audit import AuditLog
from models.base import Db
from models.outbox import OutboxEffect, OutboxStatus
from models.payment_method import PaymentMethod
from models.provider import Provider
from services import Services
from services.links import Links
from services.payments.processor import Site
from services.rules import Rules
from services.shops import Shop
from services.vault import Vault
from tests.cogs.admin.conftest import Neighbour, everything
from tests.cogs.conftest import PUBLIC_URL, member, running
from tests.fakes.coinbase import CoinbaseCommerce
from tests.fakes.nowpayments import NowPayments
from tests.fakes.paypal import PayPal
from tests.fakes.provider import FakeProvider, Fault
from tests.fakes.square import Square
from tests.outside import OUTSIDE
from tests.services import hosting
from tests.services.conftest import TestClock

SQUARE = {
    "Access token": Square.TOKEN,
    "Location ID": Square.LOCATION,
    "Webhook signature key": Square.SIGNATURE_KEY,
}
_UNKNOWN = "cannot find"
PAYPAL = {"Client ID": PayPal.CLIENT_ID, "Secret": PayPal.SECRET, "Webhook ID": PayPal.WEBHOOK_ID}
COINS = {"API key": NowPayments.API_KEY, "IPN secret key": NowPayments.IPN_SECRET}
OLD_COINBASE = {"API key": CoinbaseCommerce.API_KEY, "Webhook shared secret": CoinbaseCommerce.WEBHOOK_SECRET}
SECRETS = {
    Square.TOKEN,
    Square.SIGNATURE_KEY,
    PayPal.SECRET,
    NowPayments.API_KEY,
    NowPayments.IPN_SECRET,
    CoinbaseCommerce.API_KEY,
    CoinbaseCommerce.WEBHOOK_SECRET,
}
ASKED = ("offer:PAYPAL:yes", "switch:PAYPAL:live", "site:PAYPAL:live", "forget:PAYPAL")
WRONG = "EAAAl-a-mistyped-token-0001"


class Fakes:
    """Every provider that can be tried here."""

    def __init__(self) -> None:
        self.square = Square()
        self.sandbox = Square()
        self.paypal = PayPal()
        self.coins = NowPayments()
        self.coinbase = CoinbaseCommerce()

    @property
    def every(self) -> list[FakeProvider]:
        return [self.square, self.sandbox, self.paypal, self.coins, self.coinbase]


@pytest.fixture
async def fakes() -> AsyncIterator[Fakes]:
    """The providers, on this machine."""
    made = Fakes()
    for each in made.every:
        await each.__aenter__()
    yield made
    for each in made.every:
        await each.__aexit__()


@pytest.fixture
def outside(fakes: Fakes) -> Outside:
    """They answer here, Square also with a sandbox."""
    sites = {
        "cashapp_pay": Site(fakes.square.url, fakes.sandbox.url),
        "paypal": Site(fakes.paypal.url),
        "nowpayments": Site(fakes.coins.url),
        "coinbase_commerce": Site(fakes.coinbase.url),
    }
    return Outside(OUTSIDE.vault, sites, paypal_roots=fakes.paypal.roots)


@pytest.fixture
async def counting(db: Db, clock: TestClock, outside: Outside, redis_url: str) -> AsyncIterator[Services]:
    """The services with a Redis, in which refusals are counted."""
    redis = Redis.from_url(redis_url)
    links = Links(["a-secret-that-is-long-enough-for-tests"], PUBLIC_URL, clock)
    built = build(db, clock, Rules(), links, outside, redis)
    yield built
    await built.calls.close()
    await redis.aclose()


async def provider(person: Person, name: str = "Cash App Pay (Square)") -> Seen:
    """One provider's card, opened from the list."""
    return await (await person.run("/admin providers")).choose("Open a provider", name)


async def entered(person: Person, keys: dict[str, str], name: str = "Cash App Pay (Square)") -> Seen:
    """The card after keys were entered."""
    return await (await (await provider(person, name)).open("Enter keys")).submit(keys)


async def offered(services: Services, shop: Shop) -> list[PaymentMethod]:
    """The methods that the shop offers now."""
    return (await services.shops.of_tenant(shop.id)).config.enabled_payment_methods


def last_words(seen: Seen) -> str:
    """What was said beside the card."""
    return seen.followups[-1].text


@pytest.mark.usefixtures("bot")
async def test_the_list_shows_every_provider_with_its_state(olivia: Person) -> None:
    """Set up or not; and the one that is closed says so and why."""
    seen = await olivia.run("/admin providers")
    assert seen.ephemeral
    for name in ("PayPal", "Cash App Pay (Square)", "Bitcoin (NOWPayments)"):
        assert f"{name}: not set up" in seen.text.replace("**", "")
    assert "Coinbase Commerce: closed. Closed by Coinbase since 2026-03-31" in seen.text.replace("**", "")
    assert "All settings" in str(seen.buttons)


@pytest.mark.usefixtures("bot")
async def test_a_card_says_what_to_do_at_the_provider(olivia: Person, shop: Shop) -> None:
    """The address to paste, in a block of its own; the events; and that this comes first."""
    seen = await provider(olivia)
    fields = {field["name"]: field["value"] for field in seen.embeds[0]["fields"]}
    assert f"```\n{PUBLIC_URL}/webhooks/cashapp_pay/{shop.id}\n```" in fields["Webhook"]
    assert "dispute.state.updated" in seen.text
    assert "First register this address" in seen.text
    coins = await provider(olivia, "Bitcoin (NOWPayments)")
    assert "you need not register it" in coins.text
    assert "Events to subscribe to" not in coins.text


@pytest.mark.parametrize(
    ("name", "keys", "method"),
    [
        ("Cash App Pay (Square)", SQUARE, PaymentMethod.CASHAPP_PAY),
        ("PayPal", PAYPAL, PaymentMethod.PAYPAL),
        ("Bitcoin (NOWPayments)", COINS, PaymentMethod.BTC_NOWPAYMENTS),
    ],
)
@pytest.mark.usefixtures("bot")
async def test_right_keys_are_stored_tested_and_offered(
    services: Services, shop: Shop, olivia: Person, name: str, keys: dict[str, str], method: PaymentMethod
) -> None:
    """One form, and customers can choose it."""
    seen = await entered(olivia, keys, name)
    assert "State: offered" in seen.text.replace("**", "")
    assert "accepts these keys" in last_words(seen)
    assert "when the first one comes" in last_words(seen)
    assert method in await offered(services, shop)
    again = await seen.press("Test keys")
    assert "accepts these keys" in last_words(again)


@pytest.mark.usefixtures("bot")
async def test_keys_of_the_closed_provider_follow_old_payments_only(
    services: Services, shop: Shop, olivia: Person
) -> None:
    """It can be set up by who still holds charges, and is never offered."""
    seen = await entered(olivia, OLD_COINBASE, "Coinbase Commerce")
    assert "takes no new payments" in seen.text
    assert "accepts these keys" in last_words(seen)
    assert "Offer at checkout" not in str(seen.buttons)
    forged = await olivia.click(seen, custom_id="providers:offer:COINBASE_COMMERCE:yes", forged=True)
    assert "cannot take that" in forged.text
    assert PaymentMethod.COINBASE_COMMERCE not in await offered(services, shop)


@pytest.mark.usefixtures("bot")
async def test_wrong_keys_are_named_and_customers_are_not_offered_them(
    services: Services, shop: Shop, olivia: Person
) -> None:
    """A wrong token, then a location that does not exist; then the right ones, offered by hand."""
    seen = await entered(olivia, {**SQUARE, "Access token": WRONG})
    assert "does not accept these keys" in last_words(seen)
    assert "customers are not offered it" in last_words(seen)
    assert PaymentMethod.CASHAPP_PAY not in await offered(services, shop)
    seen = await (await seen.open("Change keys")).submit(
        {"Access token": Square.TOKEN, "Location ID": "LWRONG"}
    )
    assert "does not accept this: Location ID" in last_words(seen).replace("**", "")
    seen = await (await seen.open("Change keys")).submit({"Location ID": Square.LOCATION})
    assert "Press Offer at checkout when you are ready" in last_words(seen).replace("**", "")
    assert "set up, not offered" in seen.text
    seen = await seen.press("Offer at checkout")
    assert PaymentMethod.CASHAPP_PAY in await offered(services, shop)
    seen = await seen.press("Do not offer")
    assert PaymentMethod.CASHAPP_PAY not in await offered(services, shop)


@pytest.mark.usefixtures("bot")
async def test_an_account_that_refuses_is_told_with_its_reason(fakes: Fakes, olivia: Person) -> None:
    """A location that counts in another currency."""
    fakes.square.currency = "EUR"
    seen = await entered(olivia, SQUARE)
    assert "refuses all the same: location_currency" in last_words(seen).replace("`", "")


@pytest.mark.parametrize("faults", [[Fault.DOWN] * 3, [Fault.PAGE] * 3, [Fault.PAGE_OK], [Fault.BUSY] * 3])
@pytest.mark.usefixtures("bot")
async def test_a_provider_that_is_down_leaves_the_keys_stored_and_unjudged(
    services: Services, shop: Shop, fakes: Fakes, olivia: Person, faults: list[Fault]
) -> None:
    """Whether they work is unknown, so what is offered stays."""
    fakes.square.fail(*faults)
    seen = await entered(olivia, SQUARE)
    assert "could not be asked just now" in last_words(seen)
    assert PaymentMethod.CASHAPP_PAY in await offered(services, shop)
    assert "accepts these keys" in last_words(await seen.press("Test keys"))


@pytest.mark.usefixtures("bot")
async def test_a_provider_that_stays_down_is_shown_so(fakes: Fakes, olivia: Person) -> None:
    """After three calls in vain its state says it."""
    seen = await entered(olivia, SQUARE)
    fakes.square.fail(*[Fault.DOWN] * 9)
    for _ in range(3):
        seen = await seen.press("Test keys")
    assert "does not answer at the moment" in seen.text
    assert "does not answer at the moment" in (await olivia.run("/admin providers")).text


@pytest.mark.usefixtures("bot")
async def test_an_empty_secret_keeps_the_stored_one(services: Services, shop: Shop, olivia: Person) -> None:
    """What is no secret stands in the form; secrets never do."""
    seen = await entered(olivia, SQUARE)
    form = await seen.open("Change keys")
    values = {field.label: field.value for field in form.fields}
    assert values == {"Access token": None, "Location ID": Square.LOCATION, "Webhook signature key": None}
    assert not any(field.required for field in form.fields if field.value is None)
    assert {field.placeholder for field in form.fields} >= {"Stored. Leave this empty to keep it."}
    assert "accepts these keys" in last_words(await form.submit())
    keys = await services.providers.keys(shop.id, "cashapp_pay")
    assert keys.model_dump()["access_token"].get_secret_value() == Square.TOKEN


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (
            {"Location ID": "two words"},
            "cannot take that for Location ID. Please write it like L88917AVBK2S5",
        ),
        ({"Location ID": "`@everyone`"}, "cannot take that for Location ID"),
        ({"Location ID": "ö" * 60}, "cannot take that for Location ID"),
        ({"Access token": "   "}, "Please fill in Access token."),
        ({"Webhook signature key": "half \ud800"}, "cannot take that for Webhook signature key"),
    ],
)
@pytest.mark.usefixtures("bot")
async def test_what_cannot_be_a_key_is_named_and_changes_nothing(
    db: Db, olivia: Person, wrong: dict[str, str], said: str
) -> None:
    """By the name that the form gives it, with an example."""
    form = await (await provider(olivia)).open("Enter keys")
    before = await everything(db)
    answer = await form.submit({**SQUARE, **wrong})
    assert said in answer.text.replace("**", "")
    assert not answer.pings
    assert await everything(db) == before


@pytest.mark.usefixtures("bot")
async def test_huge_keys_are_taken_and_only_tell_that_they_are_wrong(fakes: Fakes, olivia: Person) -> None:
    """As long as Discord lets anybody type."""
    seen = await entered(olivia, {**SQUARE, "Access token": "x" * 4000, "Webhook signature key": "*" * 4000})
    assert "does not accept these keys" in last_words(seen)
    assert "x" * 10 not in seen.text
    seen = await (await seen.open("Change keys")).submit({"Access token": "ключ\tключ"})
    assert "does not accept this: Access token" in last_words(seen).replace("**", "")
    assert fakes.square.requests


@pytest.mark.usefixtures("bot")
async def test_the_sandbox_is_chosen_after_a_question(
    services: Services, shop: Shop, fakes: Fakes, olivia: Person
) -> None:
    """Its keys are tested there, and the card warns of play money."""
    seen = await entered(olivia, SQUARE)
    asked = await seen.press("Use the sandbox")
    assert "play money" in asked.text
    assert not fakes.sandbox.requests
    assert "Keys" in (await asked.press("Back")).text
    seen = await asked.press("Use the sandbox")
    assert "accepts these keys" in last_words(seen)
    assert fakes.sandbox.requests
    assert "Site: sandbox" in seen.text.replace("**", "")
    assert "play money" in seen.text
    assert (await services.providers.keys(shop.id, "cashapp_pay")).environment == "sandbox"
    seen = await (await seen.press("Use the live site")).press("Use the live site")
    assert "Site: live" in seen.text.replace("**", "")
    forged = await olivia.click(seen, custom_id="providers:switch:CASHAPP_PAY:moon", forged=True)
    assert "cannot take that" in forged.text
    forged = await olivia.click(seen, custom_id="providers:switch:COINBASE_COMMERCE:sandbox", forged=True)
    assert "cannot take that" in forged.text


@pytest.mark.usefixtures("bot")
async def test_keys_are_removed_after_a_question(
    db: Db, services: Services, shop: Shop, olivia: Person
) -> None:
    """Back keeps them; yes forgets them and takes the method off the checkout."""
    seen = await entered(olivia, SQUARE)
    asked = await seen.press("Remove keys")
    assert "nor can I give money back" in asked.text
    await asked.press("Back")
    assert PaymentMethod.CASHAPP_PAY in await offered(services, shop)
    gone = await asked.press("Remove keys")
    assert "The keys are forgotten." in last_words(gone)
    assert "State: not set up" in gone.text.replace("**", "")
    assert PaymentMethod.CASHAPP_PAY not in await offered(services, shop)
    stored = await Provider.of(db, shop.id, "cashapp_pay")
    assert stored is not None
    assert (stored.config, stored.is_active) == ({}, False)
    assert "cannot find working keys" in (await seen.press("Test keys")).text


@pytest.mark.usefixtures("bot")
async def test_two_admins_at_once_leave_one_set_of_keys(
    db: Db, services: Services, shop: Shop, guild: Community, olivia: Person
) -> None:
    """Both enter keys: one is told that the other was faster, and the method is offered once."""
    bosses = guild.add_role("Bosses")
    bea = guild.add_member("bea", roles=[bosses])
    await services.shops.configure(
        await services.shops.of_tenant(shop.id), member(olivia), admin_role_ids=[str(bosses.id)]
    )
    forms = [await (await provider(person)).open("Enter keys") for person in (olivia, bea)]
    answers = await asyncio.gather(*(form.submit(SQUARE) for form in forms))
    told = ["\n".join(one.text for one in [each, *each.followups]) for each in answers]
    assert sorted("Somebody changed this record" in each for each in told) == [False, True]
    assert sum("accepts these keys" in each for each in told) == 1
    assert len(await Provider.all_of(db, shop.id)) == 1
    assert (await offered(services, shop)).count(PaymentMethod.CASHAPP_PAY) == 1
    assert len(await AuditLog.find_all(db, {"action": "provider.keys"})) == 1
    # Whoever saw the card before the other's keys were offered looks again.
    seen = [await provider(person) for person in (olivia, bea)]
    cards = await asyncio.gather(olivia.press(seen[0], "Do not offer"), bea.press(seen[1], "Remove keys"))
    assert PaymentMethod.CASHAPP_PAY not in await offered(services, shop)
    assert "Shall I forget" in cards[1].text


@pytest.mark.usefixtures("bot")
async def test_what_failed_for_wrong_keys_is_tried_again_with_new_ones(
    db: Db, shop: Shop, clock: TestClock, olivia: Person
) -> None:
    """Dead or waiting, but only of this shop, and not while the provider still refuses."""

    async def owed(tenant: str, status: OutboxStatus) -> OutboxEffect:
        made = OutboxEffect(
            tenant_id=tenant,
            kind="payment.refund",
            dedupe_key=f"{tenant}:{status}",
            status=status,
            attempts=6,
            next_attempt_at=clock.now(),
            last_error="wrong_keys",
        )
        return await made.insert(db)

    dead = await owed(shop.id, OutboxStatus.DEAD)
    other = await owed("another-shop", OutboxStatus.DEAD)

    async def status(effect: OutboxEffect) -> tuple[OutboxStatus, int]:
        now = await OutboxEffect.get(db, effect.tenant_id, effect.key)
        assert now is not None
        return now.status, now.attempts

    seen = await entered(olivia, {**SQUARE, "Access token": WRONG})
    assert await status(dead) == (OutboxStatus.DEAD, 6)
    await (await seen.open("Change keys")).submit({"Access token": Square.TOKEN})
    assert await status(dead) == (OutboxStatus.PENDING, 0)
    assert await status(other) == (OutboxStatus.DEAD, 6)


async def test_staff_and_customers_get_no_further(
    db: Db, bot: commands.Bot, sam: Person, ada: Person, olivia: Person
) -> None:
    """By command, by forged click, and by a form that somebody else has open."""
    for person in (sam, ada):
        seen = await person.run("/admin providers")
        assert "`provider.manage`" in seen.text
        for action in ("list", "open:PAYPAL", "keys:PAYPAL", "test:PAYPAL", "remove:PAYPAL", *ASKED):
            forged = f"providers:{action}"
            answer = await person.click(seen, custom_id=forged, forged=True)
            assert "`provider.manage`" in answer.text, action
    form = await (await provider(olivia)).open("Enter keys")
    form.person = sam
    before = await everything(db)
    assert "`provider.manage`" in (await form.submit(SQUARE)).text
    assert await everything(db) == before
    assert bot.cogs


@pytest.mark.usefixtures("bot")
async def test_the_key_alone_opens_it(db: Db, shop: Shop, bob: Person) -> None:
    """Somebody without any Discord role, to whom a Role of the shop gives the key; the settings stay shut."""
    role = await Role(tenant_id=shop.id, name="Treasurer", permission_keys=["provider.manage"]).insert(db)
    user = User(tenant_id=shop.id, username="bob", display_name="Bob", discord_id=str(bob.id))
    user = await user.insert(db)
    await RoleAssignment(tenant_id=shop.id, user_id=user.key, role_id=role.key).insert(db)
    seen = await entered(bob, SQUARE)
    assert "accepts these keys" in last_words(seen)
    assert "`webhook.manage`" in (await seen.press("Its messages")).text
    listed = await seen.press("All providers")
    assert "`config.manage`" in (await listed.press("All settings")).text


@pytest.mark.usefixtures("bot")
async def test_what_nobody_offered_is_unknown(db: Db, olivia: Person, neighbour: Neighbour) -> None:
    """Ways to pay by hand, nonsense and another shop's ids open nothing."""
    seen = await provider(olivia)
    before = await everything(db)
    for value in ("ZELLE", "Paypal", "PAYPAL'; --", "../PAYPAL", "", neighbour.shop.id, neighbour.payment_id):
        for action in ("open", "keys", "test", "forget", "remove"):
            answer = await olivia.click(seen, custom_id=f"providers:{action}:{value}", forged=True)
            assert isinstance(answer, Seen)
            assert any(said in answer.text for said in (_UNKNOWN, "Please fill in")), (action, value)
    seen = await olivia.run("/admin providers")
    assert _UNKNOWN in (await olivia.choose(seen, "Open a provider", "GOLD", forged=True)).text
    form = await (await provider(olivia)).open("Enter keys")
    form.modal["custom_id"] = "providers:keys:GOLD"
    assert _UNKNOWN in (await form.submit(SQUARE)).text
    assert await everything(db) == before


@pytest.mark.usefixtures("bot")
async def test_another_shops_keys_are_its_own(
    services: Services, shop: Shop, olivia: Person, neighbour: Neighbour
) -> None:
    """What Boris enters is not Olivia's, and his address is another."""
    boris = neighbour.guild.owner
    theirs = await entered(boris, SQUARE)
    assert f"/cashapp_pay/{neighbour.shop.id}" in theirs.text
    ours = await provider(olivia)
    assert "State: not set up" in ours.text.replace("**", "")
    assert neighbour.shop.id not in ours.text
    assert PaymentMethod.CASHAPP_PAY not in await offered(services, shop)


@pytest.mark.usefixtures("bot")
async def test_no_secret_is_said_written_down_or_logged(
    db: Db, discord: Sandbox, fakes: Fakes, olivia: Person, caplog: pytest.LogCaptureFixture
) -> None:
    """Every provider is set up, tested, broken and opened: its keys stand in no message, row or log line."""
    caplog.set_level(logging.DEBUG)
    for name, keys in (
        ("Cash App Pay (Square)", SQUARE),
        ("PayPal", PAYPAL),
        ("Bitcoin (NOWPayments)", COINS),
        ("Coinbase Commerce", OLD_COINBASE),
    ):
        seen = await entered(olivia, keys, name)
        await seen.open("Change keys")
        for fake in fakes.every:
            fake.fail(Fault.SHUT)
        await seen.press("Test keys")
        await (await provider(olivia, name)).press("Look again")
    await olivia.run("/admin config")
    said = json.dumps([request.body for request in discord.requests], ensure_ascii=False)
    stored = str(await everything(db))
    # nextcord repeats at DEBUG what Discord delivers; the shop keeps it at WARNING (bot/log.py).
    ours = [each for each in caplog.records if each.name.split(".")[0] in {"services", "cogs", "bot"}]
    log = "\n".join(f"{record.getMessage()} {record.__dict__}" for record in ours)
    assert Square.LOCATION in said
    assert "provider.keys" in stored
    for secret in SECRETS:
        assert secret not in said
        assert secret not in stored
        assert secret not in log
        assert f"••••{secret[-4:]}" in said


async def test_lost_secrets_are_said_and_entered_anew(
    db: Db, discord: Sandbox, services: Services, shop: Shop, fakes: Fakes, clock: TestClock, olivia: Person
) -> None:
    """An installation whose secret was changed opens nothing; nothing is shown but how to mend it."""
    await services.providers.configure(shop, member(olivia), "CASHAPP_PAY", hosting.KEYS["CASHAPP_PAY"])
    outside = Outside(Vault(["another-secret-that-is-long-enough"]), {"cashapp_pay": Site(fakes.square.url)})
    links = Links(["another-secret-that-is-long-enough"], None, clock)
    changed = build(db, clock, Rules(), links, outside)
    async with running(discord, changed):
        assert "its keys cannot be read any more" in (await olivia.run("/admin providers")).text
        seen = await provider(olivia)
        assert "secret was changed" in seen.text
        assert "SHOP_WEB__PUBLIC_URL" in seen.text
        assert "Test keys" not in str(seen.buttons)
        form = await seen.open("Change keys")
        assert all(field.required for field in form.fields)
        seen = await form.submit(SQUARE)
        assert "accepts these keys" in last_words(seen)
    await changed.calls.close()


async def test_a_shop_in_another_currency_is_told_that_it_does_not_fit(
    services: Services, shop: Shop, olivia: Person, bot: commands.Bot
) -> None:
    """Square's Cash App takes dollars only."""
    now = await services.shops.of_tenant(shop.id)
    await services.shops.configure(now, member(olivia), currency="EUR")
    seen = await entered(olivia, SQUARE)
    assert "it does not take EUR" in seen.text
    assert bot.cogs


async def test_refused_deliveries_are_counted_on_the_card(
    discord: Sandbox, counting: Services, shop: Shop, olivia: Person
) -> None:
    """So that staff see that a signing key is wrong."""
    async with running(discord, counting):
        seen = await entered(olivia, SQUARE)
        assert "Last message: never" in seen.text
        assert "Refused messages" not in seen.text
        headers = {"x-square-hmacsha256-signature": "AAAA"}
        answers = [await counting.inbox.receive("cashapp_pay", shop.id, b"{}", headers) for _ in range(3)]
        assert set(answers) == {400}
        # The counts are written behind the answers' back.
        for _ in range(200):
            seen = await seen.press("Look again")
            if "3 of late." in seen.text:
                break
        assert "3 of late." in seen.text


@pytest.mark.usefixtures("bot")
async def test_settings_and_help_lead_here(olivia: Person, sam: Person) -> None:
    """The overview and the way to pay of the wizard name what is set up; help lists the commands."""
    await entered(olivia, SQUARE)
    settings = await olivia.run("/admin config")
    assert "Cash App Pay (Square): offered" in settings.text.replace("**", "")
    assert "not set up" not in settings.text
    assert "Payment providers" in (await settings.press("Payment providers")).text
    ways = await settings.choose("Change a part", "Ways to pay")
    assert "Cash App Pay (Square): offered" in ways.text.replace("**", "")
    assert "`/admin providers`" in ways.text
    step = await (await (await olivia.run("/admin setup")).press("Back")).press("Back")
    assert "Payment providers" in (await step.press("Payment providers")).text
    assert "`/admin providers`" in (await olivia.run("/help")).text
    assert "`/admin webhooks`" in (await sam.run("/help")).text
    assert "`/admin providers`" not in (await sam.run("/help")).text


@pytest.mark.usefixtures("bot")
async def test_forms_that_are_still_open_after_the_keys_went_say_so(olivia: Person) -> None:
    """An empty secret has nothing to keep any more, so nothing is stored."""
    seen = await entered(olivia, SQUARE)
    form = await seen.open("Change keys")
    assert isinstance(form, Form)
    await (await seen.press("Remove keys")).press("Remove keys")
    assert "Somebody changed this record" in (await form.submit()).text
