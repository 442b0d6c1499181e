from pathlib import Path

import pytest

from bot.command_line import read, settings_for
from bot.config import ConfigError
from bot.parts import Part
from bot.shards import Shards
from tests.bot.test_check import run_py

TOKEN = {"SHOP_DISCORD__TOKEN": "some-token"}
MONGO = {"SHOP_DATABASE__URI": "mongodb://localhost/?replicaSet=rs0"}
SECRET = {"SHOP_SECURITY__SECRETS": "a-secret-of-forty-characters-or-even-more"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["sell"], "invalid choice: 'sell'"),
        (["bot", "--shards", "0-16/16"], "must stay below 16: of 16 shards the last one is 15"),
        (["all", "--shards", "some"], "such as 0-3/16"),
        (["worker", "--shards", "0/1"], "unrecognized arguments: --shards"),
        (["seed"], "the following arguments are required: --guild"),
        (["seed", "--guild", "aurora"], "invalid int value: 'aurora'"),
        (["backup"], "the following arguments are required: PATH"),
        (["restore", "--replace"], "the following arguments are required: PATH"),
        (["shard", "--again"], "the following arguments are required: SHARD"),
        (["audit", "--only"], "expected one argument"),
    ],
)
def test_wrong_arguments_end_with_a_sentence(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Status 2, and what is wrong on stderr beside how it is called."""
    with pytest.raises(SystemExit) as ended:
        read(arguments)
    out, err = capsys.readouterr()
    assert (ended.value.code, out) == (2, "")
    assert said in err
    assert "usage: " in err


@pytest.mark.parametrize("part", Part)
def test_a_part_is_asked_for_by_its_name(part: Part) -> None:
    """Nothing at all means the whole house."""
    assert read([part.value]).part is part
    assert read([]).part is Part.ALL


@pytest.mark.parametrize("arguments", [["--config", "a.toml", "check"], ["check", "--config", "a.toml"]])
def test_the_configuration_is_named_before_a_command_or_after_it(arguments: list[str]) -> None:
    """A command does not forget what was said before it."""
    asked = read(arguments)
    assert (asked.command, asked.config) == ("check", Path("a.toml"))


def test_what_was_asked_is_read_into_types() -> None:
    """Paths, numbers, ranges and lists; what is left unsaid is off."""
    copied = read(["backup", "shop.backup", "--with-secret"])
    assert (copied.path, copied.with_secret, copied.replace) == (Path("shop.backup"), True, False)
    assert read(["seed", "--guild", "900"]).guild == 900
    assert read(["bot", "--shards", "0-3/16"]).shards == Shards(0, 3, 16)
    assert read(["bot"]).shards is None
    spread = read(["shard", "rs0", "rs1", "--again"])
    assert (spread.names, spread.again) == (["rs0", "rs1"], True)
    looked = read(["audit", "--only", "stock", "--only", "fund", "--json"])
    assert (looked.only, looked.json, looked.resume, looked.tenant) == (["stock", "fund"], True, False, None)
    assert read(["audit"]).only == []


@pytest.mark.parametrize(
    "command", ["audit", "check", "demo", "migrate", "shard rs0", "backup b", "restore b"]
)
def test_some_commands_begin_without_a_token_or_a_secret(command: str) -> None:
    """What they miss they say themselves."""
    settings = settings_for(read(command.split()), MONGO)
    assert (settings.discord.token, settings.security.secrets) == (None, ())


@pytest.mark.parametrize("command", ["rotate", "seed --guild 1", "web"])
def test_some_commands_need_a_secret_and_no_token(command: str) -> None:
    """They work on what is stored and sealed, and let Discord alone."""
    assert settings_for(read(command.split()), MONGO | SECRET).discord.token is None
    with pytest.raises(ConfigError, match="SHOP_SECURITY__SECRETS"):
        settings_for(read(command.split()), MONGO | TOKEN)


@pytest.mark.parametrize("command", ["", "all", "bot", "worker"])
def test_whoever_speaks_to_discord_needs_a_token(command: str) -> None:
    """The sentence names the setting."""
    with pytest.raises(ConfigError, match="SHOP_DISCORD__TOKEN"):
        settings_for(read(command.split()), MONGO | SECRET)
    assert settings_for(read(command.split()), MONGO | SECRET | TOKEN).discord.token is not None


def test_shards_that_were_asked_for_come_before_those_of_the_settings() -> None:
    """Every process of an installation may have the same settings."""
    environ = MONGO | SECRET | TOKEN | {"SHOP_DISCORD__SHARDS": "0-1/4"}
    assert settings_for(read(["bot"]), environ).discord.shards == Shards(0, 1, 4)
    assert settings_for(read(["bot", "--shards", "2-3/4"]), environ).discord.shards == Shards(2, 3, 4)


async def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """The configuration that was asked for with status 2, a backup with status 1; never a traceback."""
    status, out, err = await run_py("check", "--config", "nowhere.toml", folder=tmp_path)
    assert (status, out) == (2, "")
    assert "The file nowhere.toml cannot be read: No such file or directory." in err
    status, out, err = await run_py("restore", "nowhere.backup", folder=tmp_path)
    assert status == 1
    assert "nowhere.backup" in out
    assert "Traceback" not in err
