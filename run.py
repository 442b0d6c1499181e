"""Arguments in, exit status out; nothing else."""

import argparse
import asyncio
import os
import sys
from importlib import import_module
from pathlib import Path

from bot.config import ConfigError, Settings, load_settings
from bot.embedded import EmbeddedUnavailable
from bot.log import set_up


def arguments() -> argparse.Namespace:
    """What the command line asks for."""
    shared = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    shared.add_argument("--config", type=Path, metavar="PATH", help="default: config.toml, if there")
    parser = argparse.ArgumentParser(description="A shop for Discord communities.", parents=[shared])
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    commands.add_parser("all", parents=[shared], help="bot, listener and outbox worker (the default)")
    commands.add_parser("check", parents=[shared], help="look at configuration, database, Redis and token")
    commands.add_parser("migrate", parents=[shared], help="move records and build indexes ahead of a start")
    demo = commands.add_parser("demo", parents=[shared], help="play purchases against private stand-ins")
    demo.add_argument("--once", action="store_true", default=False, help="end after the purchases")
    seed = commands.add_parser("seed", parents=[shared], help="plant a sample shop for a claimed server")
    seed.add_argument("--guild", type=int, required=True, metavar="ID", help="the server's id")
    save = commands.add_parser("backup", parents=[shared], help="write the embedded database into a file")
    save.add_argument("path", type=Path, metavar="PATH")
    save.add_argument("--with-secret", action="store_true", default=False, help="put the shop's secret in")
    back = commands.add_parser("restore", parents=[shared], help="put such a file where the database is")
    back.add_argument("path", type=Path, metavar="PATH")
    back.add_argument("--replace", action="store_true", default=False, help="set the shop there aside")
    return parser.parse_args()


def settings_for(asked: argparse.Namespace) -> Settings:
    """The settings, complete where the command needs that."""
    settings = load_settings(getattr(asked, "config", next(Path().glob("config.toml"), None)), os.environ)
    as_they_are = asked.command in {"check", "demo", "backup", "restore", "migrate"}
    return settings if as_they_are else settings.completed(needs_token=asked.command != "seed")


def say(line: str) -> None:
    """A line for whoever called."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def main(asked: argparse.Namespace, settings: Settings) -> int:
    """Do what was asked, with only those parts of the house loaded that it needs."""
    set_up(settings)
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
            done = put(settings, asked.path, replace=asked.replace, ask=sys.stdin.readline, say=say)
        case "demo":
            done = import_module("bot.demo").play(settings, once=asked.once)
        case "seed":
            done = import_module("bot.seed").plant(settings, asked.guild)
        case _:
            done = import_module("bot.app").run(settings)
    return int(await done)


if __name__ == "__main__":
    try:
        options = arguments()
        sys.exit(asyncio.run(main(options, settings_for(options))))
    except KeyboardInterrupt:
        sys.exit(0)
    except (ConfigError, EmbeddedUnavailable) as reason:
        sys.stderr.write(f"{reason}\n")
        sys.exit(2 if isinstance(reason, ConfigError) else 1)
