"""The doctor as a whole: every check is found by being there, and none keeps the others from looking."""

import asyncio
import time
from typing import ClassVar

import pytest

from models.base import Db
from services import Services
from services.doctor import checks
from services.doctor.contract import Case, Check, Finding, Section, Severity
from services.doctor.examination import FAILED, SLOW, Doctor
from services.doctor.place import Place
from services.shops import Shop

EXPECTED = {
    *("address", "cache", "channels", "clock", "database", "indexes", "inbox", "ledger", "mail", "outbox"),
    *("paying", "permissions", "provider_keys", "roles", "rounds", "secrets", "shipping", "storefront"),
    "webhooks",
}


class Broken(Check):
    """Raises what nobody expects."""

    name: ClassVar[str] = "broken"
    section = Section.MACHINE
    finds: ClassVar[frozenset[str]] = frozenset()

    async def run(self, case: Case) -> list[Finding]:
        """Break."""
        raise ZeroDivisionError(case.shop.name)


class Endless(Check):
    """Never comes back."""

    name: ClassVar[str] = "endless"
    section = Section.WORK
    finds: ClassVar[frozenset[str]] = frozenset()

    async def run(self, case: Case) -> list[Finding]:
        """Wait."""
        await asyncio.sleep(60)
        return [Finding("never", Severity.WRONG, {"shop": case.shop.name})]


class Fine(Check):
    """Finds three things."""

    name: ClassVar[str] = "fine"
    section = Section.SHOP
    finds: ClassVar[frozenset[str]] = frozenset({"a", "b"})

    async def run(self, case: Case) -> list[Finding]:
        """Find."""
        assert case.shop.name
        return [Finding("a", Severity.HINT), Finding("b", Severity.WRONG), Finding("a", Severity.WARNING)]


def doctor(services: Services, shop: Shop, *look_with: Check, patience: float = 5) -> Doctor:
    """A doctor who looks with these checks."""
    tools = services.doctor.case(shop, Place()).tools
    return Doctor(tools, lambda: "REF12345", look_with=look_with, patience=patience)


def test_every_file_with_a_check_is_found_once() -> None:
    """Names are unique, and so are the words of what they find."""
    names = [check.name for check in checks()]
    assert set(names) == EXPECTED
    assert len(names) == len(EXPECTED)
    words = [word for check in checks() for word in check.finds]
    assert len(words) == len(set(words))
    assert all(check.finds for check in checks())


@pytest.mark.parametrize("check", checks(), ids=lambda check: check.name)
async def test_every_check_keeps_the_contract(check: Check, services: Services, shop: Shop) -> None:
    """On a new shop whose server is not seen it raises nothing and finds only what it names."""
    found = await check.run(services.doctor.case(shop, Place(seen=False)))
    assert {each.code for each in found} <= check.finds
    assert len({(each.code, each.about) for each in found}) == len(found)


async def test_a_check_that_breaks_or_hangs_becomes_a_finding(services: Services, shop: Shop) -> None:
    """The others are heard, the reference is in the log, and nobody waits longer than they should."""
    began = time.monotonic()
    found = await doctor(services, shop, Broken(), Fine(), Endless(), patience=0.3).examine(shop, Place())
    assert time.monotonic() - began < 20
    told = [(each.severity, each.code) for each in found]
    assert told == [
        (Severity.WRONG, "b"),
        (Severity.WARNING, FAILED),
        (Severity.WARNING, "a"),
        (Severity.WARNING, SLOW),
        (Severity.HINT, "a"),
    ]
    assert found[1].values == {"check": "broken", "reference": "REF12345"}
    assert found[3].values == {"check": "endless"}


async def test_the_reference_is_in_the_log_with_the_check(
    services: Services, shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    """What broke is found there, and not in front of people."""
    await doctor(services, shop, Broken()).examine(shop, Place())
    (record,) = [each for each in caplog.records if each.message == "check_failed"]
    assert (record.__dict__["check"], record.__dict__["reference"]) == ("broken", "REF12345")
    assert record.exc_info is not None


async def test_who_stops_waiting_stops_the_checks(services: Services, shop: Shop) -> None:
    """A person who went away leaves nothing running."""
    looking = asyncio.create_task(doctor(services, shop, Endless()).examine(shop, Place()))
    await asyncio.sleep(0.05)
    before = len(asyncio.all_tasks())
    looking.cancel()
    await asyncio.gather(looking, return_exceptions=True)
    await asyncio.sleep(0)
    assert len(asyncio.all_tasks()) == before - 2


async def test_a_database_that_is_away_is_many_findings_and_no_failure(
    services: Services, shop: Shop
) -> None:
    """Every check that asks it fails by itself."""
    tools = services.doctor.case(shop, Place()).tools
    away = Db(type(tools.db.client)("mongodb://127.0.0.1:9/?serverSelectionTimeoutMS=300"), "shop")
    lost = type(tools)(**{**vars(tools), "db": away})
    found = await Doctor(lost, lambda: "REF12345", patience=5).examine(shop, Place())
    assert {each.values["check"] for each in found if each.code == FAILED} >= {"indexes", "outbox", "ledger"}
    assert "cache_none" in {each.code for each in found}
    away.client.close()
