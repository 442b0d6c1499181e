"""`run.py demo`: a whole shop on this machine, with a stand-in for Discord and people who use it."""

import asyncio
import contextlib
import socket
import sys
import tempfile
from collections.abc import Coroutine, Iterator
from pathlib import Path

import aiohttp
from pydantic import SecretStr

from bot.app import House, running, stopped_by_signals
from bot.config import DatabaseSettings, DiscordSettings, RedisSettings, Settings
from bot.demo_acting import WentWrong
from bot.demo_providers import NoStandIns, StandIns, stand_ins
from bot.demo_scene import Scene, gather
from bot.demo_telling import Telling
from bot.log import set_up
from bot.sandbox import NoAnswerError, NotOfferedError, Sandbox
from models.errors import ShopError

_INTERRUPTED = 130
_WRONG = (WentWrong, NoStandIns, NoAnswerError, NotOfferedError, TimeoutError, ShopError, aiohttp.ClientError)


async def play(settings: Settings, *, once: bool) -> int:
    """Play purchases, then stay up until Ctrl-C, or end at once; status 1 when something went wrong.

    Nothing outside this machine is touched: database, Redis, Discord and providers are the demo's own.
    """
    telling = Telling(sys.stdout)
    try:
        with stopped_by_signals(), _folder(settings) as folder:
            async with stand_ins() as providers, Sandbox(record=False) as discord:
                chosen = _for_demo(settings, folder, discord, providers)
                return await _perform(chosen, discord, providers, telling, once=once)
    except asyncio.CancelledError:
        telling.aside("Stopped.")
        return _INTERRUPTED if once else 0
    except _WRONG as error:
        telling.wrong(_sentence(error))
    return 1


async def _perform(
    settings: Settings, discord: Sandbox, providers: StandIns, telling: Telling, *, once: bool
) -> int:
    cast = gather(discord)
    telling.aside(
        "Starting a private database, Redis, the bot, the listener, and stand-ins for Discord and for "
        "payment providers ..."
    )
    async with running(settings, local_links=True) as house:
        scene = Scene(telling, discord, house.services, cast, providers)
        address = await _unless_dead(house, _whole(scene, discord))
        telling.chapter("Done")
        telling.fact("All of it is paid and handed over. Ada's invoice is here:")
        telling.line(address)
        if once:
            return 0
        telling.aside("Everything stays up until you press Ctrl-C.")
        telling.line(f"Pages        {house.url}/healthz")
        telling.line(f"Discord      {discord.api_url}   (a stand-in's REST API, bot token {discord.token})")
        for each in providers.all:
            telling.line(f"{each.title:<12} {each.account.url}   (a stand-in's REST API, {each.header})")
        telling.line(f"Data         {settings.data_dir}")
        await house.watch()
    raise WentWrong("a part of the bot stopped; the lines above say why.")


async def _whole(scene: Scene, discord: Sandbox) -> str:
    await discord.ready()
    return await scene.play()


async def _unless_dead(house: House, story: Coroutine[object, object, str]) -> str:
    """The story's end, unless the house falls down before."""
    told, watch = asyncio.create_task(story), asyncio.create_task(house.watch())
    try:
        await asyncio.wait([told, watch], return_when=asyncio.FIRST_COMPLETED)
        if not told.done():
            raise WentWrong("a part of the bot stopped; the lines above say why.")
        return told.result()
    finally:
        for task in (told, watch):
            task.cancel()
        await asyncio.gather(told, watch, return_exceptions=True)


@contextlib.contextmanager
def _folder(settings: Settings) -> Iterator[Path]:
    """The configured data folder if one was, else one that is gone afterwards."""
    if "data_dir" in settings.model_fields_set:
        yield settings.data_dir
        return
    with tempfile.TemporaryDirectory(prefix="shop-demo-") as folder:
        yield Path(folder)


def _for_demo(settings: Settings, folder: Path, discord: Sandbox, providers: StandIns) -> Settings:
    """The settings with everything that leads outside replaced."""
    chosen = "port" in settings.web.model_fields_set
    web = {"host": "127.0.0.1", "port": settings.web.port if chosen else _free_port(), "public_url": None}
    log = settings.log
    if "level" not in log.model_fields_set:
        log = log.model_copy(update={"level": "ERROR"})
    made = settings.model_copy(
        update={
            "data_dir": folder,
            "discord": DiscordSettings(token=SecretStr(discord.token), api_url=discord.api_url),
            "database": DatabaseSettings(),
            "redis": RedisSettings(),
            "providers": providers.settings,
            "web": settings.web.model_copy(update=web),
            "log": log,
        }
    ).completed()
    set_up(made)
    return made


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _sentence(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
