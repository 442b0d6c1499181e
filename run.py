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
    demo = commands.add_parser("demo", parents=[shared], help="play purchases against private stand-ins")
    demo.add_argument("--once", action="store_true", default=False, help="end after the purchases")
    seed = commands.add_parser("seed", parents=[shared], help="plant a sample shop for a claimed server")
    seed.add_argument("--guild", type=int, required=True, metavar="ID", help="the server's id")
    return parser.parse_args()


def settings_for(asked: argparse.Namespace) -> Settings:
    """The settings, complete where the command needs that."""
    settings = load_settings(getattr(asked, "config", next(Path().glob("config.toml"), None)), os.environ)
    as_they_are = asked.command in {"check", "demo"}
    return settings if as_they_are else settings.completed(needs_token=asked.command != "seed")


async def main(asked: argparse.Namespace, settings: Settings) -> int:
    """Do what was asked, with only those parts of the house loaded that it needs."""
    set_up(settings)
    match asked.command:
        case "check":
            done = import_module("bot.check").check(settings, lambda line: sys.stdout.write(f"{line}\n"))
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
