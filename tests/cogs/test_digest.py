"""The digest in the staff's channel: two lines, a picture, a way to more; posted once."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from nextcord.ext import commands

from bot.sandbox import Community, Person, Room, Sandbox, Seen
from cogs._charts import Charts, Press
from models.base import Db
from models.outbox import OutboxEffect, OutboxStatus
from models.tenant import DigestRhythm
from services import Services
from services.effects import EffectKind
from services.shops import Shop
from tests.cogs.conftest import member, running, services_over
from tests.cogs.german import english_in
from tests.cogs.trading import sold
from tests.services.conftest import TestClock

TUESDAY = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def clock() -> TestClock:
    """An hour before it is eight in Berlin."""
    made = TestClock()
    made.time = TUESDAY
    return made


async def wanted(services: Services, shop: Shop, owner: Person, rhythm: DigestRhythm) -> Shop:
    """The shop with a digest, by the clock of Berlin."""
    fields = {"digest_rhythm": rhythm, "time_zone": "Europe/Berlin"}
    return await services.shops.configure(shop, member(owner), **fields)


async def told(services: Services, clock: TestClock, **later: float) -> None:
    """Let time pass, and everything happen that is due then."""
    clock.forward(**later)
    await services.sweeper.sweep()
    await services.worker.drain()


async def outcome(db: Db) -> OutboxEffect:
    """What became of the digest."""
    (found,) = await OutboxEffect.find_all(db, {"kind": EffectKind.STAFF_DIGEST})
    return found


@pytest.mark.usefixtures("bot")
async def test_each_morning_staff_read_what_was_sold_yesterday(
    db: Db, services: Services, shop: Shop, olivia: Person, sam: Person, staff_room: Room, clock: TestClock
) -> None:
    """Two lines with the change against the day before; the button opens the report, for whoever may."""
    await wanted(services, shop, olivia, DigestRhythm.DAILY)
    yesterday = TUESDAY - timedelta(days=1)
    for at, cents, back in [
        (yesterday, 3000, 0),
        (yesterday, 2000, 1000),
        (yesterday - timedelta(days=1), 2000, 0),
    ]:
        await sold(db, shop.id, at, cents, back=back)
    await told(services, clock, hours=1)
    await told(services, clock, hours=1)
    (seen,) = staff_room.messages
    assert seen.embeds[0]["title"] == "Yesterday: Nov 23, 2026"
    assert seen.embeds[0]["description"].splitlines() == [
        "Revenue: **$40.00** (▲ 100%, before: $20.00)",
        "Orders: **2** (▲ 100%, before: 1), Average order: **$20.00** (= as before)",
    ]
    assert seen.files["digest.png"].startswith(PNG)
    assert not seen.pings
    card = await sam.click(seen, "Look closer")
    assert isinstance(card, Seen)
    assert card.ephemeral
    assert "$40.00" in card.text
    assert seen.now.files == seen.files


@pytest.mark.usefixtures("bot")
async def test_customers_get_no_further_by_its_button(
    services: Services, shop: Shop, guild: Community, olivia: Person, ada: Person, clock: TestClock
) -> None:
    """Should the channel be open to them."""
    room = guild.add_channel("everybody")
    shop = await services.shops.configure(shop, member(olivia), announcement_channel_id=str(room.id))
    await wanted(services, shop, olivia, DigestRhythm.DAILY)
    await told(services, clock, hours=1)
    answer = await ada.click(room.messages_for(ada)[0], "Look closer")
    assert isinstance(answer, Seen)
    assert "`analytics.view`" in answer.text


@pytest.mark.usefixtures("bot")
async def test_on_mondays_it_is_about_the_week(
    db: Db, services: Services, shop: Shop, olivia: Person, staff_room: Room, clock: TestClock
) -> None:
    """From Monday to Sunday."""
    await wanted(services, shop, olivia, DigestRhythm.WEEKLY)
    for days in range(10):
        await sold(db, shop.id, TUESDAY + timedelta(days=days - 2), 1000)
    await told(services, clock, hours=1)
    assert staff_room.messages == []
    await told(services, clock, days=6)
    (seen,) = staff_room.messages
    assert seen.embeds[0]["title"].replace("\u2009", " ") == "Last week: Nov 23 \u2013 29, 2026"
    assert "Revenue: **$70.00** (▲ 600%, before: $10.00)" in seen.text
    assert seen.files["digest.png"].startswith(PNG)


async def test_a_quiet_day_is_told_too_in_the_language_of_the_server(
    db: Db,
    discord: Sandbox,
    services: Services,
    shop: Shop,
    guild: Community,
    staff_room: Room,
    clock: TestClock,
) -> None:
    """With what was before, and without a picture of nothing."""
    guild.guild.locale = "de"
    await wanted(services, shop, guild.owner, DigestRhythm.DAILY)
    async with running(discord, services):
        await told(services, clock, hours=1)
        (seen,) = staff_room.messages
        assert "Es wurde nichts verkauft." in seen.text
        assert not seen.files
        await sold(db, shop.id, clock.now(), 1250)
        await told(services, clock, days=2)
    seen = staff_room.messages[-1]
    assert "Es wurde nichts verkauft. Im Zeitraum davor waren es 12,50" in seen.text
    assert seen.files["digest.png"].startswith(PNG)
    assert english_in(seen.text) == []


async def test_two_processes_post_it_once(
    db: Db,
    discord: Sandbox,
    services: Services,
    shop: Shop,
    olivia: Person,
    staff_room: Room,
    clock: TestClock,
) -> None:
    """Both sweep, both work, one of them dies after it owed: one message."""
    await wanted(services, shop, olivia, DigestRhythm.DAILY)
    clock.forward(hours=1)
    await services.sweeper.sweep()
    others = services_over(db, clock)
    async with running(discord, services), running(discord, others):
        for _ in range(2):
            await asyncio.gather(services.sweeper.sweep(), others.sweeper.sweep())
            await asyncio.gather(services.worker.drain(), others.worker.drain())
    await others.calls.close()
    assert len(staff_room.messages) == 1
    assert (await outcome(db)).outcome == "posted"


async def test_a_broken_press_costs_the_picture_only(
    db: Db,
    discord: Sandbox,
    services: Services,
    shop: Shop,
    olivia: Person,
    staff_room: Room,
    clock: TestClock,
) -> None:
    """The two lines are posted."""
    await wanted(services, shop, olivia, DigestRhythm.DAILY)
    await sold(db, shop.id, TUESDAY - timedelta(days=1), 1250)
    async with running(discord, services, Charts(Press(["/bin/false"]))):
        await told(services, clock, hours=1)
    (seen,) = staff_room.messages
    assert "$12.50" in seen.text
    assert not seen.files


@pytest.mark.usefixtures("bot")
@pytest.mark.parametrize(
    ("fields", "said"),
    [({"digest_rhythm": DigestRhythm.OFF}, "switched_off"), ({"admin_channel_id": None}, "no_channel")],
)
async def test_what_is_not_wanted_any_more_is_not_told(
    db: Db,
    services: Services,
    shop: Shop,
    olivia: Person,
    staff_room: Room,
    clock: TestClock,
    fields: dict[str, object],
    said: str,
) -> None:
    """Though it was owed a moment ago."""
    shop = await wanted(services, shop, olivia, DigestRhythm.DAILY)
    clock.forward(hours=1)
    await services.sweeper.sweep()
    await services.shops.configure(shop, member(olivia), **fields)
    await services.worker.drain()
    found = await outcome(db)
    assert (found.status, found.outcome) == (OutboxStatus.DONE, said)
    assert staff_room.messages == []


@pytest.mark.usefixtures("shop")
async def test_staff_choose_it_among_the_settings(olivia: Person, bot: commands.Bot) -> None:
    """The overview says what is chosen, in the same words."""
    assert bot.user is not None
    seen = await olivia.run("/admin config")
    assert "No digest" in seen.text
    part = await seen.choose("Change a part", "Time zone and digest")
    chosen = await part.choose("Digest for the staff", "A digest every morning at 8, about yesterday")
    assert "needs a staff channel" not in chosen.text
    assert "A digest every morning at 8" in (await chosen.press("All settings")).text
