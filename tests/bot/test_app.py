"""The whole program: it starts in order, sells, and stops cleanly whatever happens."""

import asyncio
import signal
import socket
from pathlib import Path

import aiohttp
import pytest

from bot.app import running
from bot.client import connect, extensions, make_bot
from bot.config import ConfigError, Settings, load_settings
from bot.sandbox import Sandbox
from bot.wiring import build
from models.base import Db
from models.flag import Flag
from models.tenant import BotConfig, Tenant
from services.clock import SystemClock
from services.links import Links
from services.rules import Rules
from services.shops import Shop
from tests.bot.conftest import Start
from tests.models.samples import sample
from tests.outside import OUTSIDE

SECRET = "a-secret-of-forty-characters-or-even-more"


def told(stand_in: Sandbox, data_dir: Path, **more: str) -> dict[str, str]:
    """The settings of a real run that is sent to the stand-in, with servers of its own."""
    return {
        "DISCORD__TOKEN": stand_in.token,
        "DISCORD__API_URL": stand_in.api_url,
        "DATA_DIR": str(data_dir),
        "WEB__PORT": "0",
        **more,
    }


@pytest.fixture
def settings(
    stand_in: Sandbox, mongo_uri: str, redis_url: str, database_name: str, tmp_path: Path
) -> Settings:
    """The settings of a run in this process, on this test's own database."""
    environ = told(stand_in, tmp_path, DATABASE__URI=mongo_uri, DATABASE__NAME=database_name)
    environ |= {"REDIS__URL": redis_url, "SECURITY__SECRETS": SECRET}
    return load_settings(None, {f"SHOP_{key}": value for key, value in environ.items()}).completed()


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
async def test_the_program_stops_cleanly_when_told(
    stand_in: Sandbox, start: Start, tmp_path: Path, sign: signal.Signals
) -> None:
    """It answers in Discord, then leaves with status 0, no process behind and nothing like a traceback."""
    async with start(**told(stand_in, tmp_path)) as program:
        await stand_in.ready()
        owner = next(iter(stand_in.world.guilds.values())).owner_id
        assert owner
        assert await program.told(sign) == 0
        assert program.servers == 2
        assert program.orphans == []
        assert "stopped" in program.said
        assert "Traceback" not in program.said
        assert not stand_in.gateway.connected


async def test_a_second_signal_does_not_disturb_the_way_out(
    stand_in: Sandbox, start: Start, tmp_path: Path
) -> None:
    """An impatient Ctrl-C, Ctrl-C ends as cleanly as one."""
    async with start(**told(stand_in, tmp_path)) as program:
        await stand_in.ready()
        first = asyncio.create_task(program.told(signal.SIGINT))
        await asyncio.sleep(0.05)
        second = await program.told(signal.SIGINT)
        assert (await first, second) == (0, 0)
        assert "Traceback" not in program.said


async def test_a_signal_during_the_start_leaves_nothing_behind(
    stand_in: Sandbox, start: Start, tmp_path: Path
) -> None:
    """Told to stop while its servers are coming up, it takes them down again."""
    async with start(**told(stand_in, tmp_path, LOG__LEVEL="INFO")) as program:
        await program.until_said("embedded_started")
        assert await program.told(signal.SIGTERM) == 0
        assert program.orphans == []
        assert "Traceback" not in program.said


async def test_redis_away_does_not_stop_the_program(stand_in: Sandbox, start: Start, tmp_path: Path) -> None:
    """With nothing at Redis's address the bot connects, answers and stops as ever."""
    async with start(**told(stand_in, tmp_path, REDIS__URL="redis://127.0.0.1:1/0")) as program:
        await stand_in.ready()
        await program.until_said("redis_away")
        assert await program.told(signal.SIGTERM) == 0
        assert program.servers == 1


async def test_a_lost_connection_that_cannot_come_back_ends_the_program(
    stand_in: Sandbox, start: Start, tmp_path: Path
) -> None:
    """A token that is taken away while it runs is said with status 2: starting again would mend nothing."""
    async with start(**told(stand_in, tmp_path)) as program:
        await stand_in.ready()
        stand_in.world.token = "another-token"
        stand_in.gateway.drop()
        assert await program.ended() == 2
        assert "Discord does not accept the token" in program.said
        assert "another-token" not in program.said


async def test_a_token_that_discord_refuses_is_said_with_status_2(
    stand_in: Sandbox, start: Start, tmp_path: Path
) -> None:
    """One sentence, no traceback."""
    async with start(**told(stand_in, tmp_path, DISCORD__TOKEN="wrong-token-wrong-token")) as program:
        assert await program.ended() == 2
        assert "Discord does not accept the token" in program.said
        assert "Traceback" not in program.said
        assert "wrong-token" not in program.said


async def test_a_taken_port_is_said_with_status_2(stand_in: Sandbox, start: Start, tmp_path: Path) -> None:
    """The sentence names the address and the setting."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        async with start(**told(stand_in, tmp_path, WEB__PORT=str(port))) as program:
            assert await program.ended() == 2
            assert f"127.0.0.1:{port}" in program.said
            assert "SHOP_WEB__PORT" in program.said


async def test_a_start_brings_themes_and_the_installations_flags_into_the_database(
    stand_in: Sandbox, settings: Settings
) -> None:
    """Before anybody is answered, and at every start anew."""
    flags = settings.flags.model_copy(update={"labels": "never"})
    for told_flags, on in ((flags, False), (settings.flags, True)):
        async with running(settings.model_copy(update={"flags": told_flags})) as house:
            await stand_in.ready()
            shop = Shop(sample(Tenant, tenant_id="t"), sample(BotConfig, tenant_id="t"))
            assert [theme.slug for theme in await house.services.themes.all(shop)].count("forest") == 1
            assert await house.services.flags.on("t", Flag.LABELS) is on


async def test_a_running_house_serves_its_pages_and_commands(settings: Settings, stand_in: Sandbox) -> None:
    """The listener says that all is well, and a person is answered."""
    guild = stand_in.add_guild("Borealis", owner="bea")
    async with running(settings) as house:
        await stand_in.ready()
        seen = await guild.owner.run("/shop browse")
        assert "no shop yet" in seen.text
        async with aiohttp.ClientSession() as session, session.get(f"{house.url}/healthz") as answer:
            assert answer.status == 200
    assert not stand_in.gateway.connected
    assert all(task.done() for task in house.work)


async def test_links_lead_to_the_listener_only_when_that_was_asked_for(
    settings: Settings, stand_in: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    """A real run without a public address has no invoice links and says so."""
    async with running(settings):
        await stand_in.ready()
    assert "invoice_links_off" in caplog.messages


async def test_a_house_that_cannot_start_closes_what_was_open(settings: Settings, stand_in: Sandbox) -> None:
    """A refused token after the listener's start leaves the port free again."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    stand_in.world.token = "another-token"
    web = settings.web.model_copy(update={"port": port})
    with pytest.raises(ConfigError, match="does not accept the token"):
        async with running(settings.model_copy(update={"web": web})):
            pass
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", port))


async def test_a_bot_without_the_members_privilege_goes_on_without_it(db: Db) -> None:
    """Discord refuses the intent; the bot connects all the same and registers its commands."""
    async with Sandbox(privileged_intents=0) as stingy:
        stingy.add_guild("Aurora", owner="olivia")
        services = build(db, SystemClock(), Rules(), Links([SECRET], None, SystemClock()), OUTSIDE)
        bot = make_bot(services, reference=lambda: "TESTCODE", api_url=stingy.api_url)
        await bot.login(stingy.token)
        task = asyncio.create_task(connect(bot))
        await stingy.ready("shop", "cart", "checkout", "orders", "account", "admin", "help")
        assert not bot.intents.members
        await stingy.quiet(0.2)
        await bot.close()
        await task


async def test_commands_are_shown_only_in_the_guilds_that_were_named(db: Db, stand_in: Sandbox) -> None:
    """With command_guild_ids nothing is registered for everybody."""
    chosen = stand_in.add_guild("Borealis", owner="bea")
    services = build(db, SystemClock(), Rules(), Links([SECRET], None, SystemClock()), OUTSIDE)
    bot = make_bot(
        services,
        reference=lambda: "TESTCODE",
        api_url=stand_in.api_url,
        command_guild_ids=[chosen.id],
    )
    await bot.login(stand_in.token)
    task = asyncio.create_task(connect(bot))
    await stand_in.until(lambda: stand_in.world.commands.all(chosen.id), what="the guild's commands")
    await stand_in.quiet(0.2)
    assert not stand_in.world.commands.all(None)
    await bot.close()
    await task


def test_every_cog_is_found_and_nothing_that_is_private() -> None:
    """Packages count as cogs, what starts with an underscore does not."""
    found = set(extensions())
    assert {"cogs.shop", "cogs.admin", "cogs.effects"} <= found
    assert not any(name.startswith("cogs._") for name in found)
