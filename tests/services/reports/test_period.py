"""Days begin and end when the shop's own clocks say so, and the database counts them the same way."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.base import Db
from models.errors import BadInput
from services.reports.period import Period, Preset, period_of
from services.time_zones import names

BERLIN, HAVANA, HOWE = "Europe/Berlin", "America/Havana", "Australia/Lord_Howe"
NOON = datetime(2026, 3, 31, 22, 30, tzinfo=UTC)  # the 1st of April in Berlin, the 31st of March in New York


@pytest.mark.parametrize(
    ("preset", "first", "last"),
    [
        (Preset.TODAY, "2026-04-01", "2026-04-01"),
        (Preset.YESTERDAY, "2026-03-31", "2026-03-31"),
        (Preset.LAST_7_DAYS, "2026-03-26", "2026-04-01"),
        (Preset.LAST_30_DAYS, "2026-03-03", "2026-04-01"),
        (Preset.LAST_90_DAYS, "2026-01-02", "2026-04-01"),
        (Preset.THIS_MONTH, "2026-04-01", "2026-04-01"),
        (Preset.LAST_MONTH, "2026-03-01", "2026-03-31"),
        (Preset.THIS_YEAR, "2026-01-01", "2026-04-01"),
        (Preset.LAST_YEAR, "2025-01-01", "2025-12-31"),
        (Preset.LAST_12_MONTHS, "2025-04-02", "2026-04-01"),
    ],
)
def test_presets_are_days_of_the_shops_own_calendar(preset: Preset, first: str, last: str) -> None:
    """Today is what it is there, and a period of the present ends today."""
    period = Period.of(preset, NOON, BERLIN)
    assert (period.first.isoformat(), period.last.isoformat()) == (first, last)
    assert Period.of(Preset.TODAY, NOON, "America/New_York").first == date(2026, 3, 31)


@pytest.mark.parametrize(
    ("today", "first"),
    [("2028-02-29", "2027-03-01"), ("2029-02-28", "2028-02-29"), ("2028-03-01", "2027-03-02")],
)
def test_a_year_that_ends_today_knows_leap_days(today: str, first: str) -> None:
    """It begins on the day after the one a year ago."""
    now = datetime.fromisoformat(f"{today}T12:00:00+00:00")
    assert Period.of(Preset.LAST_12_MONTHS, now, "UTC").first.isoformat() == first


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        (BERLIN, date(2026, 3, 29), 23),
        (BERLIN, date(2026, 10, 25), 25),
        (HOWE, date(2026, 4, 5), 24.5),
        (HOWE, date(2026, 10, 4), 23.5),
        (HAVANA, date(2026, 3, 8), 23),  # it begins at one
        (HAVANA, date(2026, 11, 1), 25),  # its first hour comes twice
        ("Asia/Kolkata", date(2026, 3, 29), 24),
        ("Pacific/Apia", date(2011, 12, 30), 0),  # there was no such day
    ],
)
def test_days_have_as_many_hours_as_clocks_gave_them(zone: str, day: date, hours: float) -> None:
    """Also where they are put forward or back at midnight; one day ends when the next begins."""
    period = Period(day, day, zone)
    assert period.end - period.start == timedelta(hours=hours)
    assert period.before.end == period.start
    assert Period(day + timedelta(1), day + timedelta(1), zone).start == period.end


@given(first=st.dates(date(2001, 1, 1), date(2030, 1, 1)), days=st.integers(1, 900))
def test_what_it_is_compared_with_has_as_many_days(first: date, days: int) -> None:
    """Whatever months they belong to, and right before."""
    period = Period(first, first + timedelta(days - 1), BERLIN)
    assert period.before.length == period.length == len(period.days) == days
    assert period.before.last == first - timedelta(1)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    zone=st.sampled_from(sorted(names())),
    first=st.dates(date(2012, 1, 1), date(2027, 1, 1)),
    days=st.integers(1, 800),
    parts=st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=40),
)
async def test_the_database_reads_the_same_clock(
    db: Db, zone: str, first: date, days: int, parts: list[float]
) -> None:
    """Any zone of the world, any days, any moment: local day and hour are those of Python's own calendar."""
    period = Period(first, first + timedelta(days - 1), zone)
    length = period.end - period.start
    moments = [
        period.start + timedelta(milliseconds=int(part * (length / timedelta(milliseconds=1))))
        for part in parts
    ]
    pipeline: list[dict[str, Any]] = [
        {"$documents": [{"at": at} for at in moments]},
        {"$project": {"day": period.day("at"), "hour": period.hour("at")}},
    ]
    told = [row async for row in db.database.aggregate(pipeline)]
    local = [at.astimezone(ZoneInfo(zone)) for at in moments]
    assert [period.day_of(row["day"]) for row in told] == [at.date() for at in local]
    assert [row["hour"] // 3_600_000 % 24 for row in told] == [at.hour for at in local]


@pytest.mark.parametrize(
    ("first", "last", "problem"),
    [
        ("2026-03-02", "2026-03-01", "period_backwards"),
        ("1999-12-31", "2026-03-01", "period_too_far"),
        ("3000-01-01", "3000-01-02", "period_too_far"),
        ("2020-01-01", "2026-03-01", "period_too_long"),
        ("1.3.2026", "2026-03-01", "not_a_date"),
        ("", "2026-02-30", "not_a_date"),
    ],
)
def test_days_that_make_no_period_are_refused(first: str, last: str, problem: str) -> None:
    """Each in its own words; a day by itself is a period."""
    with pytest.raises(BadInput) as refused:
        Period.typed(first, last, BERLIN)
    assert (refused.value.field, refused.value.problem) == ("period", problem)
    assert Period.typed(" 2026-03-01 ", "2026-03-01", BERLIN).length == 1


@pytest.mark.parametrize("preset", list(Preset))
def test_a_code_means_the_same_days_again(preset: Preset) -> None:
    """A preset's name means its days at that moment, and the code of days means these days at any time."""
    period = Period.of(preset, NOON, BERLIN)
    assert period_of(preset, BERLIN, NOON) == period
    assert period_of(period.code, BERLIN, NOON + timedelta(days=400)) == period
    assert ":" not in period.code


@pytest.mark.parametrize("code", ["", "soon", "2026-01-01", "2026-02-01_2026-01-01", "2026-01-01_2026-02-30"])
def test_what_is_no_code_is_refused(code: str) -> None:
    """Nothing is guessed."""
    with pytest.raises(BadInput):
        period_of(code, BERLIN, NOON)
