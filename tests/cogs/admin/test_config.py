"""Every setting of the shop is seen on one card and changed from there."""

from typing import Any

import pytest

from bot.sandbox import Community, Person, Room, Seen
from cogs._ui.sentences import template
from models.audit import AuditLog
from models.base import Db
from models.outbox import OutboxEffect
from models.payment_method import PaymentMethod
from models.tenant import BotConfig, ResponseMode, VisibilityDefault
from services import Services
from services.effects import EffectKind
from services.shops import Shop
from tests.cogs.admin.conftest import Claim, Neighbour
from tests.cogs.conftest import member
from tests.services.conftest import MakeProduct

STAFF_CHANNEL = "Staff channel: payments to check, alerts"

pytestmark = pytest.mark.usefixtures("bot")


async def part(olivia: Person, title: str) -> Seen:
    """One part of the settings, opened from the overview."""
    return await (await olivia.run("/admin config")).choose("Change a part", title)


async def config(db: Db, shop: Shop) -> BotConfig:
    """The stored set-up."""
    found = await BotConfig.of_tenant(db, shop.id)
    assert found is not None
    return found


async def test_the_overview_shows_every_setting(olivia: Person, staff_room: Room) -> None:
    """Roles, channel, ways to pay and to ship, and how customers are answered."""
    text = (await olivia.run("/admin config")).text
    for part_of_it in (
        "Aurora",
        "@Staff",
        "#staff",
        "USD",
        "Venmo: offered",
        "Letter post",
        "$4.50",
        "about 5 days",
    ):
        assert part_of_it in text
    assert staff_room.messages == []


async def test_the_general_form_keeps_what_is_not_touched(db: Db, shop: Shop, olivia: Person) -> None:
    """Name, threshold, picture, e-mail and text by one form, each change audited."""
    seen = await part(olivia, "Name, answers and texts")
    form = await seen.open("Edit")
    seen = await form.submit(
        {
            "Name of the shop": "Aurora & Co",
            "Call staff when only so many are left": "2",
            "Picture of products without one": "https://pictures.example/none.png",
            "Staff e-mail": "staff@aurora.example",
            "Shown with every way to pay": "Please pay *within a day*.",
        }
    )
    seen = await (await seen.open("Edit")).submit({"Staff e-mail": ""})
    now = await config(db, shop)
    assert now.low_inventory_threshold == 2
    assert now.default_product_image_url == "https://pictures.example/none.png"
    assert now.admin_notify_email is None
    assert now.payment_instructions == "Please pay *within a day*."
    assert "Aurora & Co" in (await olivia.run("/admin config")).text
    rows = await AuditLog.find_all(db, {"action": {"$in": ["config.edit", "shop.rename"]}}, sort="-_id")
    assert rows[0].meta["before"]["adminNotifyEmail"] == "staff@aurora.example"
    assert {row.action for row in rows} == {"config.edit", "shop.rename"}


@pytest.mark.parametrize(
    ("label", "typed", "said"),
    [
        ("Call staff when only so many are left", "few", "using digits only"),
        ("Picture of products without one", "my picture", "beginning with https://"),
        ("Staff e-mail", "staff at aurora", "name@example.com"),
    ],
)
async def test_a_value_that_cannot_be_taken_is_said_and_changes_nothing(
    db: Db, shop: Shop, olivia: Person, label: str, typed: str, said: str
) -> None:
    """Each with its own sentence."""
    before = await config(db, shop)
    form = await (await part(olivia, "Name, answers and texts")).open("Edit")
    assert said in (await form.submit({label: typed, "Name of the shop": "Renamed"})).text
    assert (await config(db, shop)).model_dump() == before.model_dump()
    assert "Renamed" not in (await olivia.run("/admin config")).text


async def test_answers_and_stock_are_chosen_from_menus(db: Db, shop: Shop, olivia: Person) -> None:
    """By direct message or in the channel; counts shown or hidden."""
    seen = await part(olivia, "Name, answers and texts")
    seen = await seen.choose("Where customers are answered", "Answers: by direct message")
    await seen.choose("Who sees the stock", "Stock: customers only see whether there is any")
    now = await config(db, shop)
    assert now.response_mode is ResponseMode.DM
    assert now.default_qty_visibility is VisibilityDefault.PRIVATE


async def test_admins_never_get_their_cards_by_dm(olivia: Person, services: Services, shop: Shop) -> None:
    """What staff see stays behind the counter also where customers are answered by DM."""
    await services.shops.configure(shop, member(olivia), response_mode=ResponseMode.DM)
    assert (await olivia.run("/admin config")).ephemeral
    assert (await olivia.run("/admin setup")).ephemeral
    assert olivia.dms == []


async def test_roles_and_channels_are_picked_and_cleared(
    db: Db, shop: Shop, guild: Community, olivia: Person
) -> None:
    """None is a choice, too; @everyone is not."""
    bosses = guild.add_role("Bosses")
    seen = await (await part(olivia, "Who runs the shop")).choose("Roles of the admins", bosses)
    assert (await config(db, shop)).admin_role_ids == [str(bosses.id)]
    everyone = guild.guild.roles[guild.id]
    assert "cannot take that" in (await seen.choose("Roles of the staff", everyone)).text
    await seen.choose("Roles of the admins")
    assert (await config(db, shop)).admin_role_ids == []
    seen = await part(olivia, "Channels")
    orders = guild.add_channel("orders", visible_to=[guild.bot_role])
    seen = await seen.choose("Channel for new orders (else the staff channel)", orders)
    assert (await config(db, shop)).default_order_channel_id == str(orders.id)
    await seen.choose("Channel for new orders (else the staff channel)")
    assert (await config(db, shop)).default_order_channel_id is None


async def test_a_channel_of_another_server_is_not_taken(
    db: Db, shop: Shop, olivia: Person, neighbour: Neighbour
) -> None:
    """A forged choice would let one shop's cards fill another community's channel."""
    before = (await config(db, shop)).announcement_channel_id
    theirs = neighbour.guild.add_channel("theirs", visible_to=[neighbour.guild.bot_role])
    seen = await (await olivia.run("/admin config")).choose("Change a part", "Channels")
    refused = await olivia.choose(seen, STAFF_CHANNEL, theirs.id, forged=True)
    assert "cannot take that" in "".join(each.text for each in [refused, *refused.followups])
    assert (await config(db, shop)).announcement_channel_id == before


async def test_choosing_a_staff_channel_wakes_what_waited_for_one(
    db: Db, services: Services, shop: Shop, guild: Community, olivia: Person, ada: Person, claim: Claim
) -> None:
    """A claim that could not be shown for want of a channel is shown as soon as there is one."""
    await services.shops.configure(shop, member(olivia), admin_channel_id=None)
    await claim(ada)
    await services.worker.drain()
    waiting = await OutboxEffect.find_one(db, {"kind": EffectKind.STAFF_CLAIM})
    assert waiting is not None
    assert waiting.last_error == "no_staff_channel"
    room = guild.add_channel("till", visible_to=[guild.bot_role])
    await (await part(olivia, "Channels")).choose(STAFF_CHANNEL, room)
    await services.worker.drain()
    assert any("Approve" in str(message.buttons) for message in room.messages)


async def test_ways_to_pay_are_set_up_and_offered(db: Db, shop: Shop, olivia: Person) -> None:
    """A form per way, filled with what is known; a menu says which of them customers see."""
    seen = await part(olivia, "Ways to pay")
    form = await seen.choose_form("Set up a way to pay", "Zelle")
    assert form.fields[0].value == "pay@aurora.example"
    refused = await form.submit({form.fields[0].label: "not an address"})
    assert "write it like" in refused.text
    form = await seen.choose_form("Set up a way to pay", "Zelle")
    seen = await form.submit({form.fields[0].label: "money@aurora.example"})
    seen = await seen.choose("What customers are offered", "Zelle", "Venmo")
    now = await config(db, shop)
    assert now.enabled_payment_methods == [PaymentMethod.ZELLE, PaymentMethod.VENMO]
    assert now.payment_instructions_by_method["ZELLE"]["recipient"] == "money@aurora.example"
    assert "Cash App**: set up, not offered" in seen.text
    await seen.choose("What customers are offered")
    assert (await config(db, shop)).enabled_payment_methods == []


async def test_the_currency_changes_only_before_there_are_products(
    db: Db, shop: Shop, olivia: Person, product: MakeProduct
) -> None:
    """A way to pay that does not take the new one says so; with products the old one stays."""
    await (await part(olivia, "Currency")).choose("Currency", "JPY · Japanese Yen")
    assert (await config(db, shop)).currency == "JPY"
    assert "it does not take JPY" in (await olivia.run("/admin config")).text
    await (await part(olivia, "Currency")).choose("Currency", "USD · US Dollar")
    await product()
    answer = await (await part(olivia, "Currency")).choose("Currency", "EUR · Euro")
    assert "cannot change any more" in answer.text
    assert (await config(db, shop)).currency == "USD"


async def test_ways_to_ship_are_added_changed_and_removed(db: Db, shop: Shop, olivia: Person) -> None:
    """Cost is read as people write it, days may be left out, a code is there once."""
    new: dict[str, Any] = {"Short code, never shown": "drone", "Name": "By *drone*", "Cost in USD": "9,99"}
    seen = await part(olivia, "Ways to ship")
    seen = await (await seen.open("Add a way to ship")).submit(new)
    assert "taken already" in (await (await seen.open("Add a way to ship")).submit(new)).text
    form = await seen.choose_form("Change a way to ship", "By *drone*")
    seen = await form.submit({"Cost in USD": "0", "Days until it arrives, about": "1"})
    assert "about 1 day" in seen.text
    assert "free" in seen.text
    await seen.choose("Remove a way to ship", "Express")
    kinds = [
        (kind.code, kind.cost_cents, kind.estimated_days) for kind in (await config(db, shop)).shipping_types
    ]
    assert kinds == [("post", 450, 5), ("drone", 0, 1)]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"Short code, never shown": "by air!"}, "write it like"),
        ({"Cost in USD": "a lot"}, "write it like 12.50"),
        ({"Days until it arrives, about": "999"}, "at most 365"),
    ],
)
async def test_a_way_to_ship_that_makes_no_sense_is_refused(
    db: Db, shop: Shop, olivia: Person, typed: dict[str, str], said: str
) -> None:
    """And nothing is added."""
    facts = {"Short code, never shown": "air", "Name": "By air", "Cost in USD": "1", **typed}
    form = await (await part(olivia, "Ways to ship")).open("Add a way to ship")
    assert said in (await form.submit(facts)).text
    assert len((await config(db, shop)).shipping_types) == 2


def test_every_text_of_a_payment_methods_form_can_be_translated(services: Services) -> None:
    """The services bring these texts; the catalogue collects them for the translators."""
    known = {message.id for message in template() if message.id}
    for method in services.methods.known():
        assert {method.display_name, method.description} <= known
        assert {setting.label for setting in services.methods.settings_of(method.value)} <= known


async def test_the_time_zone_is_chosen_or_typed(db: Db, shop: Shop, olivia: Person) -> None:
    """From a menu with the time in each place, or as a city; what is no place changes nothing."""
    seen = await part(olivia, "Time zone and digest")
    assert "by the clock of UTC" in seen.text.replace("*", "")
    seen = await seen.choose("Time zone", "Asia/Tokyo")
    assert "Asia/Tokyo" in seen.text
    assert (await config(db, shop)).time_zone == "Asia/Tokyo"
    form = await seen.open("Another place")
    refused = await form.submit({"A large city of your time zone": "Atlantis"})
    assert "I do not know that place" in refused.text
    form = await seen.open("Another place")
    refused = await form.submit({"A large city of your time zone": "indiana"})
    assert "Please write one of these: America/Indiana/" in refused.text
    assert (await config(db, shop)).time_zone == "Asia/Tokyo"
