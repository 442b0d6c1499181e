"""Carries out what the audit proposes, word for word, as its owner would type it into MongoDB's shell."""

import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from bson import json_util

from models.base import Db

_BEGINS = re.compile(r"db\.([a-z]+)\.(updateOne|deleteOne)\(")
_ID = re.compile(r'ObjectId\("([0-9a-f]{24})"\)')
_KEY = re.compile(r"([{,]\s*)([A-Za-z_$][A-Za-z_.$]*):")


class Command(NamedTuple):
    """One command of a proposal; `told` is what stands between its brackets."""

    collection: str
    verb: str
    told: str


def commands(proposal: str) -> Iterator[Command]:
    """The commands in a sentence, in order."""
    for begins in _BEGINS.finditer(proposal):
        yield Command(begins[1], begins[2], proposal[begins.end() : _end(proposal, begins.end())])


def _end(text: str, at: int) -> int:
    """Where the bracket closes that was opened before `at`."""
    depth, quoted = 1, False
    for place in range(at, len(text)):
        quoted ^= text[place] == '"'
        depth += 0 if quoted else {"(": 1, ")": -1}.get(text[place], 0)
        if depth == 0:
            return place
    raise AssertionError(f"a command that never ends: {text}")


async def carry_out(db: Db, command: Command, now: datetime) -> None:
    """Carry it out; it meets one record exactly."""
    told = _ID.sub(r'{"$oid": "\1"}', command.told)
    told = told.replace("new Date()", json.dumps({"$date": now.isoformat()}))
    where, *update = _values(_KEY.sub(r'\1"\2":', told))
    rows = db.rows(command.collection)
    if command.verb == "deleteOne":
        assert (await rows.delete_one(where)).deleted_count == 1, command
    else:
        assert (await rows.update_one(where, *update)).modified_count == 1, command


def _values(text: str) -> list[Any]:
    found: list[Any] = json_util.loads(f"[{text}]", json_options=json_util.JSONOptions(tz_aware=True))
    return found
