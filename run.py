"""Arguments in, exit status out; nothing else."""

import argparse
import asyncio
import os
import signal
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from bot.config import ConfigError, Settings, load_settings
from bot.embedded import EmbeddedUnavailable
from bot.log import set_up
from bot.parts import Part, fitting
from bot.shards import Shards, shards

_UNSAID = argparse.SUPPRESS
_PARTS = {
    Part.ALL: "bot, listener and worker in one process (the default)",
    Part.BOT: "only what answers in Discord; others share its database",
    Part.WEB: "only the listener for webhooks, invoices and reports",
    Part.WORKER: "only what does what is owed: roles, messages, mail",
}


def arguments() -> argparse.Namespace:
    """What the command line asks for."""
    shared = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    shared.add_argument("--config", type=Path, metavar="PATH", help="default: config.toml, if there")
    parser = argparse.ArgumentParser(description="A shop for Discord communities.", parents=[shared])
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    _add_parts(commands, shared)
    commands.add_parser("check", parents=[shared], help="look at configuration, database, Redis and token")
    commands.add_parser("migrate", parents=[shared], help="move records and build indexes ahead of a start")
    demo = commands.add_parser("demo", parents=[shared], help="play purchases against private stand-ins")
    demo.add_argument("--once", action="store_true", default=False, help="end after the purchases")
    seed = commands.add_parser("seed", parents=[shared], help="plant a sample shop for a claimed server")
    seed.add_argument("--guild", type=int, required=True, metavar="ID", help="the server's id")
    commands.add_parser("rotate", parents=[shared], help="seal what is stored under the newest secret")
    save = commands.add_parser("backup", parents=[shared], help="write the embedded database into a file")
    save.add_argument("path", type=Path, metavar="PATH")
    save.add_argument("--with-secret", action="store_true", default=False, help="put the shop's secret in")
    back = commands.add_parser("restore", parents=[shared], help="put such a file where the database is")
    back.add_argument("path", type=Path, metavar="PATH")
    back.add_argument("--replace", action="store_true", default=False, help="set the shop there aside")
    over = "into an address: go on from a restore that was killed"
    back.add_argument("--take-over", action="store_true", default=False, help=over)
    spread = commands.add_parser(
        "shard", parents=[shared], help="print how to spread the database over shards"
    )
    spread.add_argument(
        "names", nargs="+", metavar="SHARD", help="the shards' names, as the cluster knows them"
    )
    spread.add_argument("--again", action="store_true", default=False, help="spread it over other shards")
    look = commands.add_parser(
        "audit", parents=[shared], help="whether the shops' books add up; changes nothing"
    )
    look.add_argument("--tenant", default=None, metavar="ID", help="one shop, by its id or its server's")
    look.add_argument(
        "--only", action="append", default=[], metavar="CHECK", help="may be given several times"
    )
    look.add_argument("--resume", action="store_true", default=False, help="go on where it was stopped")
    look.add_argument("--json", action="store_true", default=False, help="one object a line")
    return parser.parse_args()


def _add_parts(commands: Any, shared: argparse.ArgumentParser) -> None:
    for part, said in _PARTS.items():
        added = commands.add_parser(part.value, parents=[shared], help=said)
        if part.hears:
            about = "the shards that it holds, such as 0-3/16"
            added.add_argument("--shards", type=_shards, metavar="RANGE", help=about, default=_UNSAID)


def _shards(text: str) -> Shards:
    try:
        return shards(text)
    except ValueError as reason:
        raise argparse.ArgumentTypeError(str(reason)) from None


def settings_for(asked: argparse.Namespace) -> Settings:
    """The settings, complete where the command needs that."""
    settings = load_settings(getattr(asked, "config", next(Path().glob("config.toml"), None)), os.environ)
    if hasattr(asked, "shards"):
        settings = settings.model_copy(
            update={"discord": settings.discord.model_copy(update={"shards": asked.shards})}
        )
    if asked.command in {"audit", "check", "demo", "backup", "migrate", "restore", "shard"}:
        return settings
    if asked.command in {"seed", "rotate"}:
        return settings.completed(needs_token=False)
    return fitting(settings, Part(asked.command or Part.ALL))


def say(line: str) -> None:
    """A line for whoever called."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def end_when_told() -> None:
    """Let SIGTERM end this task; a container's first process would not hear it otherwise."""
    task = asyncio.current_task()
    if task is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)


async def main(asked: argparse.Namespace, settings: Settings) -> int:
    """Do what was asked, with only those parts of the house loaded that it needs."""
    set_up(settings)
    end_when_told()
    match asked.command:
        case "check":
            done = import_module("bot.check").check(settings, say)
        case "migrate":
            done = import_module("bot.migrate").migrate(settings, say)
        case "backup":
            make = import_module("bot.backup.writing").backup
            done = make(settings, asked.path, with_secret=asked.with_secret, say=say)
        case "restore":
            put = import_module("bot.backup.restoring").restore
            chosen = {"replace": asked.replace, "take_over": asked.take_over}
            done = put(settings, asked.path, **chosen, ask=sys.stdin.readline, say=say)
        case "audit":
            books = import_module("bot.audit.running")
            wanted = books.Asked(asked.tenant, asked.only, asked.resume, asked.json)
            done = books.audit(settings, wanted, say)
        case "rotate":
            done = import_module("bot.rotate").rotate(settings, say)
        case "demo":
            done = import_module("bot.demo").play(settings, once=asked.once)
        case "shard":
            show = import_module("bot.sharding").show
            done = show(settings.database.name, asked.names, again=asked.again, say=say)
        case "seed":
            done = import_module("bot.seed").plant(settings, asked.guild)
        case _:
            done = import_module("bot.app").run(settings, Part(asked.command or Part.ALL))
    return int(await done)


if __name__ == "__main__":
    try:
        options = arguments()
        sys.exit(asyncio.run(main(options, settings_for(options))))
    except KeyboardInterrupt:
        # What runs until it is told to stop hears the signal itself; anything else was not done to its end.
        sys.exit(130)
    except asyncio.CancelledError:
        sys.exit(143)
    except (ConfigError, EmbeddedUnavailable) as reason:
        sys.stderr.write(f"{reason}\n")
        sys.exit(2 if isinstance(reason, ConfigError) else 1)
