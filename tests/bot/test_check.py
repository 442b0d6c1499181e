"""`run.py check` and the exit status of run.py: what is wrong is said with its remedy."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from pymongo import AsyncMongoClient

from bot.check import check
from bot.config import load_settings
from bot.embedded import Mongod, RedisServer, find_mongod
from bot.embedded.daemon import running
from models.base import Db
from models.provider import Provider

ROOT = Path(__file__).parents[2]
SECRET = "a-secret-of-forty-characters-or-even-more"


@pytest.fixture
async def discord() -> AsyncIterator[str]:
    """As much of Discord as tells whose token it is; its address."""

    async def me(request: web.Request) -> web.Response:
        answers = {"Bot right": 200, "Bot later": 503}
        status = answers.get(request.headers["Authorization"], 401)
        return web.json_response({"id": "1", "username": "Shopkeeper"}, status=status)

    app = web.Application()
    app.router.add_get("/users/@me", me)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield site.name
    await runner.cleanup()


async def findings(**environ: str) -> tuple[int, dict[str, str]]:
    """The exit status, and each line by what it is about."""
    lines: list[str] = []
    status = await check(
        load_settings(None, {f"SHOP_{key}": value for key, value in environ.items()}), lines.append
    )
    parted = [line.strip().split(": ", 1) for line in lines]
    return status, {head: text for head, text in parted}  # noqa: C416 - mypy sees pairs only here


async def test_a_shop_in_order_is_told_so(discord: str, mongo_uri: str, redis_url: str) -> None:
    """Everything is there, so the status is 0."""
    status, found = await findings(
        DISCORD__TOKEN="right",
        DISCORD__API_URL=discord,
        DATABASE__URI=mongo_uri,
        REDIS__URL=redis_url,
        WEB__PUBLIC_URL="https://shop.example.org",
        WEB__TRUSTED_PROXIES="10.0.0.0/8, 127.0.0.1",
        SECURITY__SECRETS=SECRET,
        DISCORD__PUBLIC_KEY="d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    )
    assert status == 0
    assert found == {
        "ok  Configuration": "every setting is known and valid.",
        "ok  Database": "the configured one answers and takes transactions.",
        "ok  Schema": "there is no shop in this database yet.",
        "ok  Redis": "the configured one answers.",
        "ok  Token": "it belongs to the bot Shopkeeper.",
    }


async def test_what_is_missing_or_away_is_named_with_its_remedy(discord: str, mongo_uri: str) -> None:
    """Redis and links are warnings: the shop sells without them; a refused token is not."""
    away = {"REDIS__URL": "redis://127.0.0.1:1", "DATABASE__URI": mongo_uri, "DISCORD__API_URL": discord}
    status, found = await findings(**away, DISCORD__TOKEN="wrong")
    assert status == 1
    assert "Reset it in the developer portal" in found["wrong  Token"]
    assert "The shop sells without it" in found["warning  Redis"]
    assert "Set it to the address" in found["warning  Links"]
    assert "openssl rand" in found["wrong  Secrets"]
    status, found = await findings(**away, DISCORD__TOKEN="right", SECURITY__SECRETS=SECRET)
    assert status == 0


async def test_shops_that_providers_cannot_reach_are_told_of(
    discord: str, db: Db, mongo_uri: str, redis_url: str
) -> None:
    """Counted by shop; removed keys do not count, and with an address there is nothing to say."""
    for tenant, kind, active in (("a", "paypal", True), ("a", "stripe", True), ("b", "paypal", False)):
        await Provider(tenant_id=tenant, type=kind, is_active=active).insert(db)
    right = {
        "DISCORD__TOKEN": "right",
        "DISCORD__API_URL": discord,
        "DATABASE__URI": mongo_uri,
        "DATABASE__NAME": db.database.name,
        "REDIS__URL": redis_url,
        "SECURITY__SECRETS": SECRET,
    }
    status, found = await findings(**right)
    assert status == 0
    assert found["warning  Webhooks"].startswith("1 shop(s) have keys")
    assert "General Information" in found["ok  Discord purchases"]
    _, found = await findings(**right, WEB__PUBLIC_URL="http://shop.example.org")
    assert "warning  Webhooks" not in found
    assert "https:// alone" in found["warning  Links"]
    assert "web.trusted_proxies" in found["ok  Limits"]
    await db.rows(Provider.__collection__).delete_many({"tenantId": "a"})
    _, found = await findings(**right)
    assert "warning  Webhooks" not in found


async def test_a_secret_that_is_easy_to_guess_is_a_warning(
    discord: str, mongo_uri: str, redis_url: str
) -> None:
    """It is long enough to be taken, and told apart from a random one."""
    right = {"DISCORD__API_URL": discord, "DATABASE__URI": mongo_uri, "REDIS__URL": redis_url}
    status, found = await findings(**right, DISCORD__TOKEN="right", SECURITY__SECRETS="change-me" * 5)
    assert status == 0
    assert "easy to guess" in found["warning  Secrets"]
    _, found = await findings(**right, DISCORD__TOKEN="right", SECURITY__SECRETS=SECRET)
    assert "warning  Secrets" not in found


@pytest.mark.parametrize(
    ("token", "path", "text"),
    [
        ("later", "", "answered with status 503"),
        ("right", "/elsewhere", "answered with status 404"),
        ("", "", "SHOP_DISCORD__TOKEN"),
    ],
)
async def test_a_discord_that_does_not_help_is_told_apart(
    discord: str, mongo_uri: str, redis_url: str, token: str, path: str, text: str
) -> None:
    """A busy Discord, a wrong address and a missing token have different remedies."""
    status, found = await findings(
        DISCORD__TOKEN=token, DISCORD__API_URL=discord + path, DATABASE__URI=mongo_uri, REDIS__URL=redis_url
    )
    assert status == 1
    assert text in found["wrong  Token"]


async def test_an_unreachable_discord_is_said_without_the_token(mongo_uri: str, redis_url: str) -> None:
    """The network and the address are what to look at."""
    _, found = await findings(
        DISCORD__TOKEN="hush\nhush",
        DISCORD__API_URL="http://127.0.0.1:1",
        DATABASE__URI=mongo_uri,
        REDIS__URL=redis_url,
    )
    assert "Check the network" in found["wrong  Token"]
    assert "hush" not in str(found)


async def test_a_database_that_keeps_forgotten_transactions_is_told_kindly(
    discord: str, data_dir: Path, tmp_path: Path, redis_url: str
) -> None:
    """A replica set of one's own with MongoDB's own default works, and could be kinder."""
    folder = data_dir / tmp_path.name
    command = [*(str(find_mongod()), "--dbpath", "."), "--replSet", "own", "--bind_ip", "./mongod.sock"]
    async with running(folder, "mongod.sock", [*command, "--quiet"]) as (_, socket):
        uri = f"mongodb://{str(socket).replace('/', '%2F')}/?directConnection=true"
        async with AsyncMongoClient[dict[str, object]](uri) as client:
            members = [{"_id": 0, "host": "./mongod.sock"}]
            await client.admin.command("replSetInitiate", {"_id": "own", "members": members})
            async with asyncio.timeout(30):
                while not (await client.admin.command("hello"))["isWritablePrimary"]:  # noqa: ASYNC110 - no event
                    await asyncio.sleep(0.05)
        status, found = await findings(
            DATABASE__URI=uri,
            REDIS__URL=redis_url,
            SECURITY__SECRETS=SECRET,
            DISCORD__TOKEN="right",
            DISCORD__API_URL=discord,
        )
    assert status == 0
    assert "transactionLifetimeLimitSeconds=10 is kinder" in found["ok  Database"]


async def test_a_database_without_transactions_is_refused_with_how_to_get_them(
    data_dir: Path, tmp_path: Path, redis_url: str
) -> None:
    """A stand-alone mongod looks fine until the first order."""
    folder = data_dir / tmp_path.name
    command = [str(find_mongod()), "--dbpath", ".", "--bind_ip", "./mongod.sock", "--quiet"]
    async with running(folder, "mongod.sock", command) as (_, socket):
        uri = f"mongodb://{str(socket).replace('/', '%2F')}/"
        _, found = await findings(DATABASE__URI=uri, REDIS__URL=redis_url)
    assert "rs.initiate()" in found["wrong  Database"]


async def test_the_embedded_servers_are_tried_or_found_in_use(data_dir: Path, tmp_path: Path) -> None:
    """A check beside a running bot disturbs nothing."""
    home = data_dir / tmp_path.name
    _, found = await findings(DATA_DIR=str(home))
    assert found["ok  Database"] == "the embedded one answers and takes transactions."
    assert found["ok  Redis"] == "the embedded one answers."
    async with Mongod(home) as uri, RedisServer(home):
        _, found = await findings(DATA_DIR=str(home))
        assert found["ok  Database"] == "the embedded one is in use by a running bot."
        assert found["ok  Redis"] == "the embedded one is in use by a running bot."
        async with AsyncMongoClient[dict[str, object]](uri) as client:
            assert await client.admin.command("ping")


async def run_py(*arguments: str, folder: Path, **environ: str) -> tuple[int | None, str, str]:
    """The program as an operator starts it: its status and both of its outputs."""
    program = await asyncio.create_subprocess_exec(
        *(sys.executable, str(ROOT / "run.py"), *arguments),
        cwd=folder,
        env={"PATH": os.environ["PATH"], **environ},
        stdout=PIPE,
        stderr=PIPE,
    )
    out, err = await program.communicate()
    return program.returncode, out.decode(), err.decode()


@pytest.mark.parametrize(
    "arguments", [["--config", "mine.toml"], ["check", "--config", "mine.toml"], ["seed", "--guild", "1"]]
)
async def test_wrong_settings_stop_every_command_with_status_2(tmp_path: Path, arguments: list[str]) -> None:
    """The sentence goes to stderr, without a traceback, and a variable's slip counts everywhere."""
    (tmp_path / "mine.toml").write_text("")
    status, out, err = await run_py(*arguments, folder=tmp_path, SHOP_DISCRD__TOKEN="hush")
    assert (status, out) == (2, "")
    assert err.startswith("The configuration cannot be used:\n- SHOP_DISCRD__TOKEN is not a setting.")
    assert "hush" not in err
    assert "Traceback" not in err


async def test_config_toml_is_read_where_the_program_is_started(tmp_path: Path) -> None:
    """Without --config the file beside the operator counts; the bot itself needs a token."""
    (tmp_path / "config.toml").write_text("[wob]")
    assert (await run_py("check", folder=tmp_path))[2].count("Did you mean web?") == 1
    (tmp_path / "config.toml").write_text("")
    status, _, err = await run_py(folder=tmp_path)
    assert status == 2
    assert "SHOP_DISCORD__TOKEN" in err


async def test_check_speaks_on_stdout_and_ends_with_its_status(
    tmp_path: Path, mongo_uri: str, redis_url: str
) -> None:
    """Scripts can rely on it."""
    status, out, _ = await run_py(
        "check", folder=tmp_path, SHOP_DATABASE__URI=mongo_uri, SHOP_REDIS__URL=redis_url
    )
    assert status == 1
    assert out.splitlines()[0] == "     ok  Configuration: every setting is known and valid."
