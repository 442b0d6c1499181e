"""Does what the command line asks for, with only those parts of the house loaded that it needs."""

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping

from bot.command_line import Asked
from bot.config import Settings
from bot.log import set_up

type Command = Callable[[Asked, Settings], Awaitable[int]]


async def carry_out(asked: Asked, settings: Settings) -> int:
    """Do it to its end, or until SIGTERM cancels it; the exit status."""
    set_up(settings)
    _end_when_told()
    return await _COMMANDS.get(asked.command or "", _run)(asked, settings)


def _end_when_told() -> None:
    """Let SIGTERM end this task; a container's first process would not hear it otherwise."""
    task = asyncio.current_task()
    if task is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def _run(asked: Asked, settings: Settings) -> int:
    from bot.app import run

    return await run(settings, asked.part)


async def _check(_: Asked, settings: Settings) -> int:
    from bot.check import check

    return await check(settings, _say)


async def _migrate(_: Asked, settings: Settings) -> int:
    from bot.migrate import migrate

    return await migrate(settings, _say)


async def _demo(asked: Asked, settings: Settings) -> int:
    from bot.demo import play

    return await play(settings, once=asked.once)


async def _seed(asked: Asked, settings: Settings) -> int:
    from bot.seed import plant

    return await plant(settings, asked.guild)


async def _rotate(_: Asked, settings: Settings) -> int:
    from bot.rotate import rotate

    return await rotate(settings, _say)


async def _backup(asked: Asked, settings: Settings) -> int:
    from bot.backup.writing import backup

    return await backup(settings, asked.path, with_secret=asked.with_secret, say=_say)


async def _restore(asked: Asked, settings: Settings) -> int:
    from bot.backup.restoring import restore

    chosen = {"replace": asked.replace, "take_over": asked.take_over}
    return await restore(settings, asked.path, **chosen, ask=sys.stdin.readline, say=_say)


async def _shard(asked: Asked, settings: Settings) -> int:
    from bot.sharding import show

    return await show(settings.database.name, asked.names, again=asked.again, say=_say)


async def _audit(asked: Asked, settings: Settings) -> int:
    from bot.audit import running

    wanted = running.Asked(asked.tenant, asked.only, asked.resume, asked.json)
    return await running.audit(settings, wanted, _say)


_COMMANDS: Mapping[str, Command] = {
    "check": _check,
    "migrate": _migrate,
    "demo": _demo,
    "seed": _seed,
    "rotate": _rotate,
    "backup": _backup,
    "restore": _restore,
    "shard": _shard,
    "audit": _audit,
}
