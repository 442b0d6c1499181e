"""`run.py shard`: prints what to tell a MongoDB cluster's router; nothing here talks to one."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from bson import Int64, MaxKey, MinKey

from models.sharding import Command, anew, first_time

type Say = Callable[[str], object]


async def show(database: str, shards: Sequence[str], *, again: bool, say: Say) -> int:
    """Print the script for mongosh, connected to a mongos; status 1 with a sentence for unusable names."""
    if len(set(shards)) < len(shards) or not all(name.strip() for name in shards):
        say("Name each shard once, as sh.status() calls it.")
        return 1
    say("// Read docs/adr/0037-scale.md, make a backup, and run this in mongosh at a mongos (MongoDB 8).")
    if not again:
        say(
            "// If there are shops already, run what --again prints afterwards: it moves the large ones, too."
        )
    else:
        say("// Each collection is copied to its new places: every shard needs free disk, and time.")
    for command in (anew if again else first_time)(database, shards):
        say(_line(command))
    return 0


def _line(command: Command) -> str:
    return f"db.getSiblingDB({json.dumps(command.database)}).runCommand({_js(command.body)})"


def _js(value: Any) -> str:
    match value:
        case dict():
            return "{" + ", ".join(f"{json.dumps(name)}: {_js(each)}" for name, each in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(_js, value)) + "]"
        case Int64():
            return f'NumberLong("{value}")'
        case MinKey():
            return "MinKey()"
        case MaxKey():
            return "MaxKey()"
        case _:
            return json.dumps(value)
