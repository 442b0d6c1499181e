"""The demo: a purchase that anybody can watch, and that says so when it goes wrong."""

import io
import re
import shutil
import signal
import socket
from pathlib import Path

import aiohttp
import pytest

from bot.demo_acting import WentWrong
from bot.demo_online import OnlineScene
from bot.demo_providers import stand_ins
from bot.demo_scene import Scene, gather
from bot.demo_telling import Telling, shown
from bot.sandbox import NotOfferedError, Sandbox
from bot.wiring import build
from models.base import Db
from services.clock import SystemClock
from services.links import Links
from services.rules import Rules
from tests.bot.conftest import ROOT, Start
from tests.fakes.provider import Notice
from tests.outside import OUTSIDE

SECRET = "a-secret-of-forty-characters-or-even-more"
ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/invoice/\S+")


def left_in(folder: Path) -> list[str]:
    """What a program left behind in its temporary folder."""
    return [path.name for path in folder.iterdir()]


async def test_the_demo_plays_purchases_and_ends(start: Start, tmp_path: Path) -> None:
    """With --once: the whole dialogue, the role, the invoice's address, status 0 and nothing left over."""
    async with start("demo", "--once") as program:
        assert await program.ended() == 0, program.said
    said = program.said
    steps = [
        "Olivia runs /admin setup",
        "Ada runs /shop browse",
        "Ada presses [Confirm]",
        "Sam presses [Approve]",
        "Approved by @Sam",
        "Ada has the role VIP.",
        "Ada receives a DM:",
        "Ada runs /orders view",
        "status 200",
        'Olivia chooses Bitcoin (NOWPayments) in "Open a provider"',
        "/webhooks/nowpayments/",
        "NOWPayments accepts these keys",
        'Olivia chooses Card (Stripe) in "Open a provider"',
        "/webhooks/stripe/",
        "Stripe accepts these keys",
        "Ben presses [Confirm]",
        "Send exactly this much BTC:",
        "The image is a QR code for wallets.",
        "$25.00 of $35.00",
        "    | 0.0002",
        "Ben sends the rest",
        "The password is PIXEL-2048",
        "NOWPayments delivered",
        "the staff had nothing to do",
        "Ada follows Pay now to Stripe's page",
        "Ada has the role Supporter.",
        "Stripe delivered",
        "Ada presses [Check again]",
    ]
    assert [step for step in steps if step not in said] == []
    places = [said.index(step) for step in steps]
    assert places == sorted(places)
    assert ADDRESS.search(said)
    assert "Traceback" not in said
    assert "\x1b[" not in said
    assert max(len(line) for line in said.splitlines() if "http" not in line) <= 92
    assert left_in(tmp_path) == []


async def test_the_demo_stays_up_until_it_is_told_to_stop(start: Start, tmp_path: Path) -> None:
    """The invoice opens while it is up; Ctrl-C ends it with status 0, its servers and its folder gone."""
    async with start("demo") as program:
        await program.until_said("Ctrl-C")
        address = ADDRESS.search(program.said)
        assert address
        async with aiohttp.ClientSession() as session, session.get(address[0]) as answer:
            assert answer.status == 200
            assert "Season pass" in await answer.text()
        assert await program.told(signal.SIGINT) == 0
        assert program.servers == 2
        assert program.orphans == []
        assert "Traceback" not in program.said
        assert left_in(tmp_path) == []


async def test_a_demo_that_is_broken_off_leaves_nothing_behind(start: Start, tmp_path: Path) -> None:
    """Ctrl-C in the middle of the story is no success, but as clean."""
    async with start("demo", "--once") as program:
        await program.until_said("Olivia runs /admin setup")
        assert await program.told(signal.SIGINT) == 130
        assert program.orphans == []
        assert "Traceback" not in program.said
        assert left_in(tmp_path) == []


async def test_a_configured_data_folder_is_used_and_kept(start: Start, tmp_path: Path) -> None:
    """With SHOP_DATA_DIR the demo's database can be looked at afterwards."""
    folder = tmp_path / "kept"
    async with start("demo", "--once", DATA_DIR=str(folder)) as program:
        assert await program.ended() == 0, program.said
    assert "mongo" in left_in(folder)


async def test_a_demo_that_cannot_start_says_why(start: Start) -> None:
    """A port that is taken ends it with a sentence and a status that is not 0."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        async with start("demo", "--once", WEB__PORT=str(port)) as program:
            assert await program.ended() == 2
            assert "SHOP_WEB__PORT" in program.said


async def test_a_demo_without_the_stand_ins_says_where_they_are(start: Start, tmp_path: Path) -> None:
    """In a copy without tests/ it ends with a sentence and a status that is not 0."""
    copy = tmp_path / "copy"
    copy.mkdir()
    shutil.copy(ROOT / "run.py", copy)
    for each in ("bot", "cogs", "models", "services"):
        (copy / each).symlink_to(ROOT / each)
    async with start("demo", "--once", root=copy) as program:
        assert await program.ended() == 1
        assert "the folder tests/, which is missing here" in program.said


async def test_the_story_stops_at_the_first_thing_that_is_missing(db: Db) -> None:
    """Without a bot there is no /admin setup, and the scene says so instead of going on."""
    told = io.StringIO()
    async with stand_ins() as providers, Sandbox() as discord:
        cast = gather(discord)
        services = build(db, SystemClock(), Rules(), Links([SECRET], None, SystemClock()), OUTSIDE)
        with pytest.raises(NotOfferedError):
            await Scene(Telling(told), discord, services, cast, providers).play()
    assert "Olivia runs /admin setup" in told.getvalue()
    assert "Ada runs" not in told.getvalue()


async def test_the_story_stops_when_a_webhook_is_refused() -> None:
    """The demo does not claim that the shop took what it did not take."""
    told = io.StringIO()
    async with stand_ins() as providers, Sandbox() as discord:
        scene = OnlineScene(Telling(told), discord, gather(discord).ben, providers)
        provider = providers.nowpayments
        provider.account.webhook_url = f"{provider.account.url}/nowhere"
        provider.account.notify(Notice(b"{}"))
        with pytest.raises(WentWrong, match="404"):
            await scene._delivered(provider)
    assert told.getvalue() == ""


async def test_what_people_see_is_told_without_marks_and_with_its_buttons_in_one_row() -> None:
    """Bold, escapes, fences and menus' options are left out; a relative time reads as clients show it."""
    async with Sandbox() as discord:
        ada = gather(discord).ada
        soon = int(discord.world.clock().timestamp()) + 7200
        seen = ada.say(
            f"**Two** \\*stars\\* end <t:{soon}:R>\n```\nto copy\n```\n[Open](https://example.com/a_long_way)"
        )
        seen.payload["components"] = [
            {
                "type": 1,
                "components": [
                    {"type": 2, "style": 1, "label": "One", "custom_id": "a:b"},
                    {"type": 2, "style": 5, "label": "Site", "url": "https://example.com"},
                ],
            }
        ]
        assert shown(seen) == ["Two *stars* end in 2 hours", "to copy", "Open", "[One]  [Site]"]
