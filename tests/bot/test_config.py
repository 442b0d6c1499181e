"""Settings: the environment wins, every slip is named at once, and no secret is ever shown."""

import re
import stat
from itertools import pairwise
from pathlib import Path

import pytest
from pydantic import ValidationError

from bot.config import ConfigError, Settings, load_settings
from bot.config_problems import keys_of
from models.flag import Flag

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"
SECRET = "a-secret-of-forty-characters-or-even-more"


def written(folder: Path, text: str) -> Path:
    """A configuration file with this text."""
    file = folder / "config.toml"
    file.write_text(text)
    return file


def problems(path: Path | None = None, **environ: str) -> list[str]:
    """What load_settings finds wrong."""
    with pytest.raises(ConfigError) as caught:
        load_settings(path, environ)
    return caught.value.problems


def test_without_file_and_variables_the_documented_defaults_hold() -> None:
    """A first start needs no configuration."""
    settings = load_settings(None, {"PATH": "/bin", "HOME": "/"})
    assert settings.discord.api_url == "https://discord.com/api/v10"
    assert settings.database.uri is None
    assert settings.redis.url is None
    assert (settings.web.host, settings.web.port) == ("127.0.0.1", 8080)
    assert (settings.shop.session_minutes, settings.shop.hold_hours_p2p) == (30, 24)


def test_the_environment_wins_over_the_file_and_empty_variables_do_not_count(tmp_path: Path) -> None:
    """Container tools pass absent values as empty ones."""
    file = written(tmp_path, 'data_dir = "a"\n[web]\nport = 1\nhost = "::1"\n[log]\nlevel = "error"')
    environ = {"SHOP_WEB__PORT": "0", "SHOP_DATA_DIR": "b", "SHOP_WEB__HOST": "", "SHOP_LOG__JSON": "true"}
    settings = load_settings(file, environ)
    assert (settings.data_dir, settings.web.port, settings.web.host) == (Path("b"), 0, "::1")
    assert (settings.log.level, settings.log.as_json) == ("ERROR", True)


@pytest.mark.parametrize("text", [f'["{SECRET}", "{SECRET[::-1]}"]', f"{SECRET}, {SECRET[::-1]}"])
def test_lists_come_from_one_variable_as_json_or_between_commas(text: str) -> None:
    """Both spellings keep the order: the newest secret is the first."""
    settings = load_settings(
        None, {"SHOP_SECURITY__SECRETS": text, "SHOP_DISCORD__COMMAND_GUILD_IDS": "7, 8"}
    )
    assert [each.get_secret_value() for each in settings.security.secrets] == [SECRET, SECRET[::-1]]
    assert settings.discord.command_guild_ids == (7, 8)


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("SHOP_DISCRD__TOKEN", "SHOP_DISCORD__TOKEN"),
        ("SHOP_DISCORD__TOKN", "SHOP_DISCORD__TOKEN"),
        ("SHOP_DISCORD_TOKEN", "SHOP_DISCORD__TOKEN"),
        ("SHOP_DATADIR", "SHOP_DATA_DIR"),
        ("SHOP_LOG", "SHOP_LOG__JSON"),
        ("SHOP_WEB__PORT__X", "SHOP_WEB__PORT"),
        ("SHOP_LOG__AS_JSON", "SHOP_LOG__JSON"),
    ],
)
def test_a_misspelt_variable_is_named_with_the_nearest_and_the_allowed(name: str, nearest: str) -> None:
    """A setting that silently does nothing costs an evening."""
    (problem,) = problems(None, **{name: "x"})
    assert problem.startswith(f"{name} is not a setting. Did you mean {nearest}? Allowed: SHOP_")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[discrd]\n", "discrd in {} is not a setting. Did you mean discord? Allowed: data_dir, discord, "),
        (
            "[web]\nprot = 1",
            "prot in [web] of {} is not a setting. Did you mean port? Allowed: host, port, p",
        ),
        ('token = "x"', "token in {} is not a setting. Did you mean token in [discord]?"),
        ("[shop]\nzzz = 1", "zzz in [shop] of {} is not a setting. Allowed: session_minutes, "),
        ("shop = 5", "shop in {} must be a section with keys."),
        ('[web]\nport = "http"', "port in [web] of {} must be a whole number."),
        ("[web]\nport = 70000", "port in [web] of {} must be at most 65535."),
        ('[web]\npublic_url = "shop"', "public_url in [web] of {} must be an address such as https://"),
        (
            "[discord]\ncommand_guild_ids = [1, true, []]",
            "command_guild_ids in [discord] of {}, value 3, must",
        ),
        (
            '[log]\nlevel = "loud"',
            "level in [log] of {} must be one of 'DEBUG', 'INFO', 'WARNING' or 'ERROR'.",
        ),
        ("[log]\njson = 7", "json in [log] of {} must be true or false."),
        ("[shop]\npoll_seconds = 0", "poll_seconds in [shop] of {} must be more than 0.0."),
        ("[shop]\npoll_seconds = nan", "poll_seconds in [shop] of {} must be a number."),
        (
            '[flags]\nwaitlst = "off"',
            "waitlst in [flags] of {} is not a setting. Did you mean waitlist? Allowed: storefront, wait",
        ),
        ('[flags]\nemail = "maybe"', "email in [flags] of {} must be one of 'on', 'off' or 'never'."),
        ("[flags]\nemail = 1", "email in [flags] of {} must be one of 'on', 'off' or 'never'."),
        ('[database]\nname = "a b"', "name in [database] of {} must match "),
        ('[database]\nuri = "postgres://x"', "uri in [database] of {} must be an address such as mongodb://"),
        ('[redis]\nurl = "localhost"', "url in [redis] of {} must be an address such as redis://"),
        ('[security]\nsecrets = ["short"]', "secrets in [security] of {}, value 1, must have at least 32 "),
        ("data_dir = 3", "data_dir in {} must be a text in quotes."),
        ('[web]\nhost = ""', "host in [web] of {} must not be empty."),
        ("[web", "The file {} is not valid TOML: "),
    ],
)
def test_each_wrong_value_in_the_file_is_named_with_what_is_allowed(
    tmp_path: Path, text: str, sentence: str
) -> None:
    """The person who mends it should not have to open the source."""
    file = written(tmp_path, text)
    (problem,) = problems(file)
    assert problem.startswith(sentence.format(file))


def test_a_wrong_value_from_the_environment_is_named_by_its_variable(tmp_path: Path) -> None:
    """Where a setting was written is where it is mended, also when the file has it too."""
    file = written(tmp_path, "[web]\nport = 80")
    assert problems(file, SHOP_WEB__PORT="http") == ["SHOP_WEB__PORT must be a whole number."]
    listing = problems(None, SHOP_SECURITY__SECRETS="[1")
    assert listing == ["SHOP_SECURITY__SECRETS must be a JSON list or values separated by commas."]


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    """One start, one list: from the file and from the environment."""
    file = written(tmp_path, "[web]\nport = -1\nprot = 1\n[discrd]\n")
    assert len(problems(file, SHOP_LOG__LEVEL="loud", SHOP_DISCRD__TOKEN="x")) == 5


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """A wrong --config is a slip like any other."""
    assert problems(tmp_path / "absent.toml") == [
        f"The file {tmp_path / 'absent.toml'} cannot be read: No such file or directory."
    ]
    (tmp_path / "latin.toml").write_bytes(b"# \xe9")
    assert problems(tmp_path / "latin.toml") == [f"The file {tmp_path / 'latin.toml'} is not UTF-8 text."]


def test_no_secret_is_shown_by_settings_or_problems(tmp_path: Path) -> None:
    """Settings and their errors end up in logs and in questions to strangers."""
    environ = {
        "SHOP_DISCORD__TOKEN": "hush-token",
        "SHOP_DATABASE__URI": "mongodb://me:hush-word@host/?replicaSet=a",
        "SHOP_REDIS__URL": "redis://:hush-redis@host",
        "SHOP_SECURITY__SECRETS": f"hush-{SECRET}",
    }
    settings = load_settings(None, environ)
    assert "hush" not in repr(settings) + str(settings) + str(settings.model_dump())
    assert sorted(settings.secret_values()) == sorted(environ.values())
    file = written(
        tmp_path,
        '[discord]\ntoken = ["hush-1"]\ntokn = "hush-2"\n[discrd]\ntoken = "hush-3"\n'
        '[database]\nuri = "mongodb://me:hush-4@ho:st/"\n[redis]\nurl = "hush-5"\n'
        '[security]\nsecrets = ["hush-6"]',
    )
    with pytest.raises(ConfigError) as caught:
        load_settings(file, {"SHOP_SECURTY__SECRETS": "hush-7"})
    assert len(caught.value.problems) == 7
    assert "hush" not in str(caught.value) + repr(caught.value)
    assert caught.value.__suppress_context__


def test_settings_are_frozen() -> None:
    """Nobody changes a setting while the shop is open."""
    settings = load_settings(None, {})
    with pytest.raises(ValidationError):
        settings.web.port = 1  # type: ignore[misc]  # the point of the test


def test_a_real_run_names_all_that_it_lacks() -> None:
    """Several hosts share one database, so no host may invent the secret."""
    with pytest.raises(ConfigError) as caught:
        load_settings(None, {"SHOP_DATABASE__URI": "mongodb://host/?replicaSet=a"}).completed()
    assert [each.split(",")[0] for each in caught.value.problems] == [
        "SHOP_DISCORD__TOKEN",
        "SHOP_SECURITY__SECRETS",
    ]


def test_an_embedded_shop_makes_its_secret_once_and_keeps_it(tmp_path: Path) -> None:
    """A first start works, and links signed yesterday still open."""
    settings = load_settings(None, {"SHOP_DATA_DIR": str(tmp_path / "data")})
    first, second = (settings.completed(needs_token=False).security.secrets for _ in range(2))
    assert first == second
    assert len(first[0].get_secret_value()) >= 32
    file = tmp_path / "data" / "secret"
    assert [each.name for each in file.parent.iterdir()] == ["secret"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_given_secrets_are_used_as_they_are(tmp_path: Path) -> None:
    """Nothing is written when the operator manages the secrets."""
    environ = {"SHOP_DATA_DIR": str(tmp_path), "SHOP_SECURITY__SECRETS": SECRET, "SHOP_DISCORD__TOKEN": "t"}
    settings = load_settings(None, environ)
    assert settings.completed() is settings
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_own_secret_stops_the_start(tmp_path: Path) -> None:
    """A new secret in its place would make every stored provider key unreadable."""
    (tmp_path / "secret").write_text("cut")
    with pytest.raises(ConfigError, match=r"own secret in .* cannot be used: must have at least 32"):
        load_settings(None, {"SHOP_DATA_DIR": str(tmp_path)}).completed(needs_token=False)


def test_the_example_is_valid_and_names_every_setting_exactly_once(tmp_path: Path) -> None:
    """The example is the manual; copied as it is, it gives the defaults."""
    assert load_settings(EXAMPLE, {}) == load_settings(None, {})
    text = re.sub(r"^# (?=[a-z_]+ = )", "", EXAMPLE.read_text(), flags=re.MULTILINE)
    load_settings(written(tmp_path, text), {})
    named = re.findall(r"^\[(\w+)\]|^(\w+) = ", text, flags=re.MULTILINE)
    expected = []
    for name, field in Settings.model_fields.items():
        keys = keys_of(field.annotation)
        expected += [(name, ""), *(("", key) for key in keys)] if keys else [("", name)]
    assert named == expected


def test_every_setting_of_the_example_has_its_reason() -> None:
    """The line above a setting says why one would change it."""
    lines = EXAMPLE.read_text().splitlines()
    for above, line in pairwise(lines):
        if re.match(r"(# )?[a-z_]+ = ", line):
            assert re.match(r"# [A-Z0-9].*\.$", above), line


def test_flags_are_switched_by_words_or_by_true_and_false(tmp_path: Path) -> None:
    """In the file and in the environment, which comes first."""
    file = written(tmp_path, '[flags]\nemail = false\nlabels = "never"\nwaitlist = true')
    said = load_settings(file, {"SHOP_FLAGS__WAITLIST": "off"}).flags.said()
    assert said == {Flag.EMAIL: "off", Flag.LABELS: "never", Flag.WAITLIST: "off"}


def test_a_mail_server_needs_a_host_and_a_sender_and_keeps_its_password_secret() -> None:
    """Without a host there is none; a sender that is no address is named before anything starts."""
    assert load_settings(None, {}).mail.keys() is None
    given = {"SHOP_MAIL__HOST": "smtp.example.org", "SHOP_MAIL__PASSWORD": "the-mailbox-password"}
    settings = load_settings(None, {**given, "SHOP_MAIL__SENDER": "shop@example.org"})
    keys = settings.mail.keys()
    assert keys is not None
    assert (keys.host, keys.port, keys.sender) == ("smtp.example.org", 587, "shop@example.org")
    assert "the-mailbox-password" not in repr(settings)
    assert "the-mailbox-password" in set(settings.secret_values())
    for sender in ("", "shop", "shop@example.org\nBcc: a@b.example"):
        with pytest.raises(ConfigError) as wrong:
            load_settings(None, {**given, "SHOP_MAIL__SENDER": sender}).mail.keys()
        assert "SHOP_MAIL__SENDER" in wrong.value.problems[0]
