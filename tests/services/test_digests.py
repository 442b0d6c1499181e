"""The digest is owed once for each shop and its days, at eight of its own clock."""

import asyncio
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from bson import ObjectId

from models.base import Db
from models.outbox import OutboxEffect
from models.tenant import BotConfig, DigestRhythm
from services import Services
from services.digest_days import days_told, next_due
from services.effects import EffectKind
from services.shops import Shop
from tests.cogs.conftest import services_over
from tests.services.conftest import OWNER, TestClock

BERLIN, LORD_HOWE = "Europe/Berlin", "Australia/Lord_Howe"
DAILY, WEEKLY = DigestRhythm.DAILY, DigestRhythm.WEEKLY


def at(text: str) -> datetime:
    """A moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


async def owed(db: Db) -> list[str]:
    """The days of every digest that is or was owed."""
    found = await OutboxEffect.find_all(db, {"kind": EffectKind.STAFF_DIGEST}, sort="_id")
    return [each.payload["period"] for each in found]


async def configured(services: Services, shop: Shop, **fields: object) -> Shop:
    """The shop with a channel for its staff."""
    found = await services.shops.of_tenant(shop.id)
    return await services.shops.configure(found, OWNER, **{"admin_channel_id": "77", **fields})


async def swept(services: Services) -> int:
    """How many digests a round of the sweeper owed."""
    return (await services.sweeper.sweep())["digests"]


@pytest.mark.parametrize("zone", ["UTC", BERLIN, "America/New_York", LORD_HOWE, "America/Havana"])
def test_it_is_eight_there_every_day_also_when_clocks_change(zone: str) -> None:
    """Days of 23, 25 and any other number of hours have one eight o'clock each."""
    due = next_due(DAILY, zone, at("2026-01-01T00:00"))
    for _ in range(400):
        assert due is not None
        local = due.astimezone(ZoneInfo(zone))
        assert (local.hour, local.minute) == (8, 0)
        following = next_due(DAILY, zone, due)
        assert following is not None
        assert following.astimezone(ZoneInfo(zone)).date() == local.date() + timedelta(days=1)
        due = following


def test_weekly_means_mondays_about_monday_to_sunday() -> None:
    """Also when it is told late; and nothing is due where nothing is wanted."""
    due = next_due(WEEKLY, BERLIN, at("2026-11-24T12:00"))
    assert due == at("2026-11-30T07:00")
    for late in (timedelta(), timedelta(days=3)):
        assert days_told(WEEKLY, BERLIN, due + late).code == "2026-11-23_2026-11-29"
    assert days_told(DAILY, BERLIN, at("2026-11-30T23:30")).code == "2026-11-30_2026-11-30"
    assert next_due(DigestRhythm.OFF, BERLIN, due) is None


async def test_it_is_owed_once_a_day_across_a_change_of_the_clocks(
    db: Db, services: Services, shop: Shop, clock: TestClock
) -> None:
    """Seven in the morning in UTC, then six, whatever the number of rounds."""
    clock.time = at("2026-03-27T12:00")
    await configured(services, shop, digest_rhythm=DAILY, time_zone=BERLIN)
    said = []
    while clock.time < at("2026-03-31T12:00"):
        if await swept(services):
            said.append(f"{clock.time:%d %H}")
        clock.forward(minutes=30)
    assert said == ["28 07", "29 06", "30 06", "31 06"]
    assert await owed(db) == [f"2026-03-{day}_2026-03-{day}" for day in (27, 28, 29, 30)]


async def test_many_processes_owe_it_once(db: Db, services: Services, shop: Shop, clock: TestClock) -> None:
    """All at the same moment, and again after one of them was away for days: then only the latest is told."""
    clock.time = at("2026-11-24T06:00")
    await configured(services, shop, digest_rhythm=DAILY)
    clock.time = at("2026-11-25T08:00")
    houses = [services_over(db, clock) for _ in range(4)]
    assert sum(await asyncio.gather(*map(swept, houses))) == 1
    assert await owed(db) == ["2026-11-24_2026-11-24"]
    clock.forward(days=4, hours=3)
    assert sum(await asyncio.gather(*map(swept, houses))) == 1
    assert await owed(db) == ["2026-11-24_2026-11-24", "2026-11-28_2026-11-28"]
    for house in houses:
        await house.calls.close()


async def test_a_digest_switched_off_and_on_tells_no_day_twice(
    db: Db, services: Services, shop: Shop, clock: TestClock
) -> None:
    """Nor does another time zone, where it is not yet eight."""
    clock.time = at("2026-11-24T06:00")
    await configured(services, shop, digest_rhythm=DAILY)
    clock.time = at("2026-11-24T09:00")
    assert await swept(services) == 1
    await configured(services, shop, digest_rhythm=DigestRhythm.OFF)
    await configured(services, shop, digest_rhythm=DAILY)
    await configured(services, shop, time_zone="America/New_York")
    clock.time = at("2026-11-24T13:30")
    assert await swept(services) == 0
    assert await owed(db) == ["2026-11-23_2026-11-23"]
    clock.time = at("2026-11-25T13:00")
    assert await swept(services) == 1


async def test_without_a_channel_nothing_piles_up(
    db: Db, services: Services, shop: Shop, clock: TestClock
) -> None:
    """What nobody could read is not owed; with a channel the next one is."""
    clock.time = at("2026-11-24T06:00")
    await configured(services, shop, digest_rhythm=DAILY, admin_channel_id=None)
    for _ in range(3):
        clock.forward(days=1)
        assert await swept(services) == 0
    await configured(services, shop)
    clock.forward(days=1)
    assert await swept(services) == 1
    assert len(await owed(db)) == 1


async def test_a_broken_set_up_keeps_nobody_else_waiting(
    db: Db, services: Services, shop: Shop, clock: TestClock
) -> None:
    """It is skipped, in every round."""
    clock.time = at("2026-11-24T06:00")
    await configured(services, shop, digest_rhythm=DAILY)
    broken = {"tenantId": "broken", "guildId": "1", "digestRhythm": "hourly", "digestDueAt": clock.time}
    await BotConfig.rows(db).insert_one(broken)
    clock.forward(days=1)
    assert await swept(services) == 1


async def test_a_set_up_that_is_being_edited_is_not_disturbed(
    services: Services, shop: Shop, clock: TestClock
) -> None:
    """Whoever opened a form at five to eight may save it at five past."""
    clock.time = at("2026-11-24T06:00")
    seen = await configured(services, shop, digest_rhythm=DAILY)
    clock.forward(hours=3)
    assert await swept(services) == 1
    saved = await services.shops.configure(seen, OWNER, low_inventory_threshold=7)
    assert saved.config.low_inventory_threshold == 7
    assert saved.config.digest_due_at == at("2026-11-25T08:00")


async def test_among_ten_thousand_shops_only_those_that_are_due_are_read(
    db: Db, services: Services, clock: TestClock
) -> None:
    """The sweeper goes round every few seconds: what is not due must cost nothing."""
    due = clock.now() + timedelta(hours=1)
    shops = [
        {"tenantId": str(ObjectId()), "guildId": str(at), "digestDueAt": due if at % 2 else None}
        for at in range(10_000)
    ]
    await BotConfig.rows(db).insert_many(shops)
    assert await swept(services) == 0
    await BotConfig.rows(db).update_many(
        {"guildId": {"$in": ["1", "3"]}}, {"$set": {"digestDueAt": clock.now() - timedelta(hours=1)}}
    )
    assert len(await BotConfig.with_due_digest(db, clock.now(), 500)) == 2
    where = {"digestDueAt": {"$gt": datetime(1970, 1, 1), "$lte": clock.now()}}  # noqa: DTZ001 - as stored
    plan = await BotConfig.rows(db).find(where).sort("digestDueAt").limit(500).explain()
    assert plan["executionStats"]["totalDocsExamined"] == 2
    assert plan["executionStats"]["totalKeysExamined"] <= 3
