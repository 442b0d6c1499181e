"""`run.py shard` prints what a cluster's router is told, and needs nothing for it."""

import asyncio
import json
import re
import sys
from pathlib import Path

import pytest

from bot.sharding import show
from models.sharding import anew, first_time

ROOT = Path(__file__).parents[2]
SHARDS = ["rs0", "rs1", "rs2"]


@pytest.mark.parametrize("again", [False, True])
async def test_the_script_is_what_mongosh_reads(*, again: bool) -> None:
    """One command a line, in its words for numbers of 64 bits and for the ends of a range."""
    lines = list[str]()
    assert await show("shop", SHARDS, again=again, say=lines.append) == 0
    commands = [line for line in lines if not line.startswith("//")]
    assert len(commands) == len(list((anew if again else first_time)("shop", SHARDS)))
    for line in commands:
        body = re.fullmatch(r'db\.getSiblingDB\("(?:admin|shop)"\)\.runCommand\((.*)\)', line)
        assert body is not None
        read = re.sub(r'NumberLong\("(-?\d+)"\)', r"\1", body[1])
        assert json.loads(re.sub(r"M(?:in|ax)Key\(\)", "null", read))


@pytest.mark.parametrize("names", [["rs0", "rs0"], ["rs0", " "]])
async def test_a_slip_in_the_names_prints_nothing_that_could_be_run(names: list[str]) -> None:
    """Half of all shops would lie where nobody meant them to."""
    lines = list[str]()
    assert await show("shop", names, again=False, say=lines.append) == 1
    assert lines == ["Name each shard once, as sh.status() calls it."]


async def test_the_command_line_names_the_configured_database(tmp_path: Path) -> None:
    """Without a database, a token or a secret: it only prints."""
    config = tmp_path / "config.toml"
    config.write_text('[database]\nname = "bazaar"\n')
    asked = ("run.py", "shard", "--config", str(config), "rs0", "rs1")
    process = await asyncio.create_subprocess_exec(
        sys.executable, *asked, cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    said, wrong = await process.communicate()
    assert (process.returncode, wrong) == (0, b"")
    assert '{"shardCollection": "bazaar.orders", "key": {"tenantId": "hashed"}}' in said.decode()
    assert not (tmp_path / "data").exists()
