"""What the command line asks for, read into types, with the settings that go with it."""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bot.config import Settings, load_settings
from bot.parts import Part, fitting
from bot.shards import Shards, shards

_UNSAID = argparse.SUPPRESS
_PARTS = {
    Part.ALL: "bot, listener and worker in one process (the default)",
    Part.BOT: "only what answers in Discord; others share its database",
    Part.WEB: "only the listener for webhooks, invoices and reports",
    Part.WORKER: "only what does what is owed: roles, messages, mail",
}
# These say themselves what they miss, and are wanted where not everything is set yet.
_AS_THEY_ARE = frozenset({"audit", "backup", "check", "demo", "migrate", "restore", "shard"})
_WITHOUT_TOKEN = frozenset({"rotate", "seed"})


class Asked(argparse.Namespace):
    """What was asked for; what a command does not take stays as it stands here."""

    command: str | None = None
    config: Path | None = None
    shards: Shards | None = None
    once: bool = False
    guild: int = 0
    path: Path = Path()
    with_secret: bool = False
    replace: bool = False
    take_over: bool = False
    names: Sequence[str] = ()
    again: bool = False
    tenant: str | None = None
    only: Sequence[str] = ()
    resume: bool = False
    json: bool = False

    @property
    def part(self) -> Part:
        """Which part of the house a command runs that does nothing else."""
        return Part(self.command or Part.ALL)


def read(arguments: Sequence[str] | None = None) -> Asked:
    """Read the program's own arguments, or these; ends it with a sentence and status 2 for wrong ones."""
    # Unsaid means untouched: a command would otherwise forget what was said before its name.
    shared = argparse.ArgumentParser(add_help=False, argument_default=_UNSAID)
    shared.add_argument("--config", type=Path, metavar="PATH", help="default: config.toml, if there")
    parser = argparse.ArgumentParser(description="A shop for Discord communities.", parents=[shared])
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    _add_parts(commands, shared)
    _add_looks(commands, shared)
    _add_samples(commands, shared)
    _add_storage(commands, shared)
    _add_audit(commands, shared)
    return parser.parse_args(arguments, namespace=Asked())


def settings_for(asked: Asked, environ: Mapping[str, str]) -> Settings:
    """The settings, complete where the command needs that; raises ConfigError."""
    settings = load_settings(asked.config or next(Path().glob("config.toml"), None), environ)
    if asked.shards is not None:
        discord = settings.discord.model_copy(update={"shards": asked.shards})
        settings = settings.model_copy(update={"discord": discord})
    if asked.command in _AS_THEY_ARE:
        return settings
    if asked.command in _WITHOUT_TOKEN:
        return settings.completed(needs_token=False)
    return fitting(settings, asked.part)


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


def _add_looks(commands: Any, shared: argparse.ArgumentParser) -> None:
    commands.add_parser("check", parents=[shared], help="look at configuration, database, Redis and token")
    commands.add_parser("migrate", parents=[shared], help="move records and build indexes ahead of a start")


def _add_samples(commands: Any, shared: argparse.ArgumentParser) -> None:
    demo = commands.add_parser("demo", parents=[shared], help="play purchases against private stand-ins")
    demo.add_argument("--once", action="store_true", help="end after the purchases")
    seed = commands.add_parser("seed", parents=[shared], help="plant a sample shop for a claimed server")
    seed.add_argument("--guild", type=int, required=True, metavar="ID", help="the server's id")


def _add_storage(commands: Any, shared: argparse.ArgumentParser) -> None:
    commands.add_parser("rotate", parents=[shared], help="seal what is stored under the newest secret")
    save = commands.add_parser("backup", parents=[shared], help="write the embedded database into a file")
    save.add_argument("path", type=Path, metavar="PATH")
    save.add_argument("--with-secret", action="store_true", help="put the shop's secret in")
    back = commands.add_parser("restore", parents=[shared], help="put such a file where the database is")
    back.add_argument("path", type=Path, metavar="PATH")
    back.add_argument("--replace", action="store_true", help="set the shop there aside")
    over = "into an address: go on from a restore that was killed"
    back.add_argument("--take-over", action="store_true", help=over)
    about = "print how to spread the database over shards"
    spread = commands.add_parser("shard", parents=[shared], help=about)
    named = "the shards' names, as the cluster knows them"
    spread.add_argument("names", nargs="+", metavar="SHARD", help=named)
    spread.add_argument("--again", action="store_true", help="spread it over other shards")


def _add_audit(commands: Any, shared: argparse.ArgumentParser) -> None:
    about = "whether the shops' books add up; changes nothing"
    look = commands.add_parser("audit", parents=[shared], help=about)
    look.add_argument("--tenant", metavar="ID", help="one shop, by its id or its server's")
    look.add_argument(
        "--only", action="append", default=[], metavar="CHECK", help="may be given several times"
    )
    look.add_argument("--resume", action="store_true", help="go on where it was stopped")
    look.add_argument("--json", action="store_true", help="one object a line")
