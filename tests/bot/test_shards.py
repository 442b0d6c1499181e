"""Ranges of shards as people write them, and what is said of wrong ones."""

from pathlib import Path

import pytest

from bot.check import look_at_shards
from bot.config import ConfigError, Settings, load_settings
from bot.parts import Part, fitting
from bot.sandbox import Sandbox, Starts
from bot.shards import Shards, shard_of, shards
from tests.bot.test_check import run_py

SECRET = "a-secret-of-forty-characters-or-even-more"
MONGO = {"SHOP_DATABASE__URI": "mongodb://localhost/?replicaSet=rs0", "SHOP_SECURITY__SECRETS": SECRET}


def settings(**environ: str) -> Settings:
    """The settings that these variables give."""
    return load_settings(None, environ)


@pytest.mark.parametrize(
    ("text", "ids", "written", "whole"),
    [
        ("0-3/16", [0, 1, 2, 3], "0-3/16", False),
        (" 5/16 ", [5], "5-5/16", False),
        ("0-1/2", [0, 1], "0-1/2", True),
        ("0/1", [0], "0-0/1", True),
    ],
)
def test_a_range_names_its_shards(text: str, ids: list[int], written: str, whole: bool) -> None:
    """One number is a range, too; a range of all leaves none to others."""
    found = shards(text)
    assert (found.ids, found.written, found.all) == (ids, written, whole)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("16", "such as 0-3/16"),
        ("-1-3/16", "such as 0-3/16"),
        ("0-3/", "such as 0-3/16"),
        ("\u0660/2", "such as 0-3/16"),
        ("3-0/16", "begin with the lower number: 0-3/16"),
        ("0-16/16", "the last one is 15"),
        ("0/0", "at least one shard"),
    ],
)
def test_a_wrong_range_is_explained(text: str, said: str) -> None:
    """By the setting's name, with what would be right."""
    with pytest.raises(ConfigError) as caught:
        settings(SHOP_DISCORD__SHARDS=text)
    (problem,) = caught.value.problems
    assert problem.startswith("SHOP_DISCORD__SHARDS must ")
    assert said in problem


def test_a_server_belongs_to_one_shard() -> None:
    """By the milliseconds in its id, as Discord counts."""
    assert [shard_of(milliseconds << 22 | 99, 16) for milliseconds in (16, 17, 31)] == [0, 1, 15]


@pytest.mark.parametrize("part", [Part.BOT, Part.WEB, Part.WORKER])
def test_parts_need_a_database_that_they_share(part: Part) -> None:
    """The sentence names the part, the setting and the way out."""
    with pytest.raises(ConfigError, match=f"run.py {part} works over a MongoDB") as caught:
        fitting(settings(SHOP_DISCORD__TOKEN="some-token"), part)
    assert "SHOP_DATABASE__URI" in str(caught.value)
    assert "`run.py all`" in str(caught.value)


def test_some_of_the_shards_need_one_as_well() -> None:
    """Who holds the rest would have shops of its own otherwise; with a database it fits."""
    token = {"SHOP_DISCORD__TOKEN": "some-token", "SHOP_DISCORD__SHARDS": "0/2"}
    with pytest.raises(ConfigError, match="a part of the shards"):
        fitting(settings(**token), Part.ALL)
    assert fitting(settings(**token, **MONGO), Part.ALL).discord.shards == Shards(0, 0, 2)


def test_only_the_listener_needs_no_token() -> None:
    """Nobody at Discord hears from it; all the others are told where a token comes from."""
    assert fitting(settings(**MONGO), Part.WEB).discord.token is None
    for part in (Part.ALL, Part.BOT, Part.WORKER):
        with pytest.raises(ConfigError, match="SHOP_DISCORD__TOKEN"):
            fitting(settings(**MONGO), part)


async def test_the_command_line_says_what_is_wrong(tmp_path: Path) -> None:
    """Status 2 and one sentence, before anything is begun; the listener has no shards."""
    status, _, err = await run_py("bot", "--shards", "0-2/2", folder=tmp_path)
    assert (status, "the last one is 1" in err) == (2, True)
    status, _, err = await run_py("web", "--shards", "0/1", folder=tmp_path)
    assert (status, "unrecognized arguments" in err) == (2, True)
    status, _, err = await run_py("worker", folder=tmp_path, SHOP_DISCORD__TOKEN="some-token")
    assert (status, "run.py worker works over a MongoDB" in err) == (2, True)
    token = {"SHOP_DISCORD__TOKEN": "some-token", "SHOP_DISCORD__SHARDS": "0-1/2"}
    status, _, err = await run_py("all", "--shards", "1/2", folder=tmp_path, **token)
    assert (status, "a part of the shards (1-1/2)" in err) == (2, True)
    assert "Traceback" not in err


async def test_check_says_how_many_shards_discord_wants() -> None:
    """A warning while there are fewer, what this process holds once there are enough."""
    async with Sandbox(starts=Starts(recommended=4)) as discord:
        told = {"SHOP_DISCORD__TOKEN": discord.token, "SHOP_DISCORD__API_URL": discord.api_url}
        found = {}
        for held in ("", "0-1/2", "0-1/4", "0-3/4"):
            looks = look_at_shards(settings(**told, SHOP_DISCORD__SHARDS=held))
            found[held] = [(each.verdict, each.text) async for each in looks]
    for few in ("", "0-1/2"):
        ((verdict, text),) = found[few]
        assert verdict == "warning"
        assert "recommends 4" in text
        assert "run.py bot --shards 0-1/4" in text
    rest = " See that other processes hold the rest."
    assert found["0-1/4"] == [("ok", f"Shards: this process holds 0-1/4.{rest}")]
    assert found["0-3/4"] == [("ok", "Shards: this process holds 0-3/4.")]
