"""Every field of the set-up is changed from a card of /admin config, or it is said where else."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from pydantic import SecretStr

from bot.outside import Outside
from bot.sandbox import Community, Person, Seen
from bot.sandbox.errors import NotOfferedError
from cogs.admin._settings import PARTS
from models.base import Db
from models.outbox import OutboxEffect, OutboxStatus
from models.tenant import BotConfig
from services import Services
from services.effects import EffectKind
from services.mail.smtp import SmtpKeys
from services.shops import Shop
from tests.cogs.conftest import member
from tests.fakes.mailserver import MailServer
from tests.outside import OUTSIDE
from tests.services.conftest import TestClock

pytestmark = pytest.mark.usefixtures("bot")
EVERY_RECORD = {"id", "created_at", "updated_at"}
# The fields that no card here changes, and why.
ELSEWHERE = {
    "tenant_id": "Never changes: every record of the shop names it.",
    "guild_id": "Set by /admin setup, when the server is claimed.",
    "partners": "Set by /admin providers, with the keys of who does mail, tax and shipping.",
    "theme_id": "Set by /admin themes.",
    "digest_due_at": "Worked out from digest and time zone.",
    "registered_discord_user_ids": "Kept as other programs stored it; nothing reads it.",
}
STAFF = "staff@aurora.example"

GENERAL, CHANNELS, TAX = "Name, answers and texts", "Channels", "Tax"
TIME = "Time zone and digest"
ADDRESS = {
    "Full name": "Aurora",
    "Street and number": "1 Garden Street",
    "City, state or region": "Springfield, Illinois",
    "Postal code": "62704",
    "Country, phone number": "US",
}
WAY = {"Short code, never shown": "air", "Name": "By air", "Cost in USD": "9.99"}
PLACE = {"City, state or region": "Springfield, Illinois", "Country": "US", "Postal code": "62704"}
# Of each field: the part, then a menu with its choice or a form's button with what is typed.
EDITS: dict[str, tuple[str, str, Any]] = {
    "admin_role_ids": ("Who runs the shop", "Roles of the admins", "role"),
    "staff_role_ids": ("Who runs the shop", "Roles of the staff", "role"),
    "announcement_channel_id": (CHANNELS, "Staff channel: payments to check, alerts", "channel"),
    "admin_channel_id": (CHANNELS, "Second staff channel, used without the first", "channel"),
    "default_order_channel_id": (CHANNELS, "Channel for new orders (else the staff channel)", "channel"),
    "enabled_payment_methods": ("Ways to pay", "What customers are offered", "Zelle"),
    "payment_instructions_by_method": ("Ways to pay", "Set up a way to pay", {"Venmo": "@other-shop"}),
    "currency": ("Currency", "Currency", "EUR · Euro"),
    "digest_rhythm": (TIME, "Digest for the staff", "A digest on Mondays at 8, about the last week"),
    "time_zone": (TIME, "Another place", {"A large city of your time zone": "kolkata"}),
    "response_mode": (GENERAL, "Where customers are answered", "Answers: by direct message"),
    "default_qty_visibility": (
        GENERAL,
        "Who sees the stock",
        "Stock: customers only see whether there is any",
    ),
    "low_inventory_threshold": (GENERAL, "Edit", {"Call staff when only so many are left": "9"}),
    "default_product_image_url": (
        GENERAL,
        "Edit",
        {"Picture of products without one": "https://p.example/a"},
    ),
    "admin_notify_email": (GENERAL, "Edit", {"Staff e-mail": STAFF}),
    "payment_instructions": (GENERAL, "Edit", {"Shown with every way to pay": "Thank you."}),
    "shipping_types": ("Ways to ship", "Add a way to ship", WAY),
    "ship_from": ("Ways to ship", "Sender's address", ADDRESS),
    "tax_percent": (TAX, "Who works out the tax", {"One rate for every order": "8.25"}),
    "tax_on_shipping": (TAX, "Tax on shipping", "Shipping is taxed, too"),
    "tax_when_unknown": (
        TAX,
        "When the tax cannot be worked out",
        "Without the tax: order with none, and tell me",
    ),
    "tax_origin": (TAX, "Change the shop's address", PLACE),
}


@pytest.fixture
async def server() -> AsyncIterator[MailServer]:
    """The mail server of the installation."""
    async with MailServer() as made:
        yield made


@pytest.fixture
def outside(server: MailServer) -> Outside:
    """Shops without a mail service use it."""
    keys = SmtpKeys(sender="shop@aurora.example", host="localhost", port=server.port, password=SecretStr(""))
    return Outside(OUTSIDE.vault, mail=keys)


async def part(olivia: Person, title: str) -> Seen:
    """One part of the settings, opened from the overview."""
    return await (await olivia.run("/admin config")).choose("Change a part", title)


async def stored(db: Db, shop: Shop) -> BotConfig:
    """The stored set-up."""
    found = await BotConfig.of_tenant(db, shop.id)
    assert found is not None
    return found


def test_every_field_is_on_a_card_or_said_to_be_elsewhere() -> None:
    """A new field of the model fails here until somebody thinks of who may change it."""
    on_cards = [field for part in PARTS.values() for field in part.fields]
    assert len(on_cards) == len(set(on_cards))
    assert not set(on_cards) & set(ELSEWHERE)
    assert {*on_cards, *ELSEWHERE} == set(BotConfig.model_fields) - EVERY_RECORD
    assert set(EDITS) == set(on_cards)
    assert all(ELSEWHERE.values())


@pytest.mark.parametrize("field", EDITS)
async def test_every_field_on_a_card_can_be_changed_there(
    db: Db, shop: Shop, services: Services, guild: Community, olivia: Person, field: str
) -> None:
    """By the owner, from the overview, and it is that field which changes."""
    title, control, value = EDITS[field]
    await prepared(services, await services.shops.of_tenant(shop.id), olivia, field)
    before = await stored(db, shop)
    seen = await part(olivia, title)
    if value == "role":
        await seen.choose(control, guild.add_role("Helpers"))
    elif value == "channel":
        await seen.choose(control, guild.add_channel("room", visible_to=[guild.bot_role]))
    elif isinstance(value, dict) and any(menu.placeholder == control for menu in seen.selects):
        ((choice, typed),) = value.items()
        form = await seen.choose_form(control, choice)
        await form.submit({form.fields[0].label: typed})
    elif isinstance(value, dict):
        await (await seen.open(control)).submit(value)
    else:
        await seen.choose(control, value)
    after = await stored(db, shop)
    changed = {name for name in BotConfig.model_fields if getattr(before, name) != getattr(after, name)}
    assert changed - EVERY_RECORD - {"digest_due_at"} == {field}


async def prepared(services: Services, shop: Shop, olivia: Person, field: str) -> None:
    """Some menus are there only once somebody works out the tax."""
    if field == "tax_on_shipping":
        await services.shops.configure(shop, member(olivia), tax_percent="8.25")
    if field in {"tax_when_unknown", "tax_origin"}:
        await services.providers.configure(shop, member(olivia), "taxjar", {"api_token": "t" * 32})


async def test_what_customers_read_is_shown_with_amount_and_reference(
    db: Db, shop: Shop, services: Services, olivia: Person
) -> None:
    """An invented order, on one card with the way back; braces of other words stay as they are."""
    text = "Send {amount} with {reference}; not {this} or {amount.x}."
    await services.shops.configure(shop, member(olivia), payment_instructions=text)
    seen = await part(olivia, "Ways to pay")
    shown = await seen.choose("See what customers read", "Venmo")
    assert "Send $25.00 with 8DFKNW4F; not {this} or {amount.x}." in shown.text
    assert "Send **$25.00** to `@aurora-shop`" in shown.text
    assert shown.files
    assert any("venmo.com" in (button.url or "") for button in shown.buttons)
    back = await shown.press("Back")
    assert "Set up a way to pay" in [menu.placeholder for menu in back.selects]
    assert (await stored(db, shop)).payment_instructions == text


async def test_an_order_tells_its_own_amount_and_reference(
    services: Services, shop: Shop, olivia: Person, ada: Person, product: Any
) -> None:
    """What was previewed is what a customer reads."""
    text = "Please write {reference}, and nothing else than {amount}."
    await services.shops.configure(shop, member(olivia), payment_instructions=text)
    made = await product("Mug", 1550)
    buyer = member(ada)
    await services.carts.add(shop, buyer, made.key)
    view = await services.checkout.choose_payment(shop, buyer, "VENMO")
    order = await services.placement.place(shop, buyer, view.session.key, view.session.version)
    seen = await ada.run("/orders view", {"order": order.order_number})
    assert f"Please write {order.order_number}, and nothing else than $15.50." in seen.text


async def test_the_wizard_previews_too_and_comes_back_to_its_step(olivia: Person, shop: Shop) -> None:
    """The way back is the one that was come by."""
    assert shop.name
    seen = await olivia.run("/admin setup")
    for _ in "54":
        seen = await seen.press("Back")
    shown = await seen.choose("See what customers read", "Other")
    assert "Bring cash on Friday." in shown.text
    assert "Step 3 of 5" in (await shown.press("Back")).text


async def test_a_picture_for_products_without_one_is_shown(
    shop: Shop, services: Services, olivia: Person
) -> None:
    """Beside its address, so that a broken one is seen."""
    address = "https://pictures.example/none.png"
    await services.shops.configure(shop, member(olivia), default_product_image_url=address)
    seen = await part(olivia, GENERAL)
    assert seen.embeds[0]["thumbnail"]["url"] == address


async def test_a_test_mail_arrives_once_a_minute(
    db: Db, shop: Shop, services: Services, olivia: Person, server: MailServer, clock: TestClock
) -> None:
    """However often the button is pressed; in the language of who pressed it."""
    await services.shops.configure(shop, member(olivia), admin_notify_email=STAFF)
    clock.time = clock.time.replace(second=0)
    for _ in range(3):
        seen = await (await part(olivia, GENERAL)).press("Send a test e-mail")
        assert "is on its way" in "".join(each.text for each in [seen, *seen.followups])
    await services.worker.drain()
    (letter,) = server.letters
    assert (letter["To"], "Aurora: E-mails for your staff arrive") == (STAFF, letter["Subject"])
    clock.forward(minutes=1)
    olivia.user.locale = "de"
    services_shop = await services.shops.of_tenant(shop.id)
    assert await services.mailing.owe_test(services_shop, "de")
    await services.worker.drain()
    assert "E-Mails für dein Team kommen an" in server.letters[1]["Subject"]
    owed = await OutboxEffect.find_all(db, {"kind": EffectKind.MAIL_STAFF})
    assert [each.status for each in owed] == [OutboxStatus.DONE] * 2


async def test_without_an_address_no_mail_is_tried(olivia: Person, server: MailServer, db: Db) -> None:
    """The button is greyed, and a forged click gets a sentence."""
    seen = await part(olivia, GENERAL)
    with pytest.raises(NotOfferedError, match="switched off"):
        await seen.press("Send a test e-mail")
    answer = await olivia.click(seen, custom_id="config:mail", forged=True)
    assert isinstance(answer, Seen)
    assert "it needs the staff's e-mail address" in "".join(each.text for each in [answer, *answer.followups])
    assert server.letters == []
    assert await OutboxEffect.find_all(db, {"kind": EffectKind.MAIL_STAFF}) == []


async def test_a_preview_of_nothing_that_is_known_is_refused(olivia: Person) -> None:
    """A forged choice of a processor, of nonsense, and of a part that is not there."""
    seen = await part(olivia, "Ways to pay")
    for value in ("STRIPE", "nonsense"):
        said = await olivia.choose(seen, None, value, custom_id="config:preview:config", forged=True)
        assert "not offered here" in "".join(each.text for each in [said, *said.followups])
    answer = await olivia.click(seen, custom_id="config:part:nonsense", forged=True)
    assert isinstance(answer, Seen)
    assert "What customers" not in answer.text
