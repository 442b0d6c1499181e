"""The private servers: ready, safe from other accounts, and never in the way of the next start."""

import asyncio
import contextlib
import os
import signal
import stat
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from pymongo import AsyncMongoClient
from redis.asyncio import Redis

from bot.embedded import EmbeddedUnavailable, Mongod, RedisServer
from bot.embedded.binaries import find_mongod, find_redis_server, first_runnable
from bot.embedded.daemon import set_aside
from bot.embedded.ownership import stop_leftover

ROOT = Path(__file__).parents[2]
BOT = """
import asyncio, sys
from pathlib import Path
from bot.embedded import Mongod, RedisServer

async def main() -> None:
    async with Mongod(Path(sys.argv[1])) as uri, RedisServer(Path(sys.argv[1])) as url:
        print(uri, url, flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""


@pytest.fixture
def home(data_dir: Path, tmp_path: Path) -> Iterator[Path]:
    """A data folder of this test's own, beside the run's."""
    folder = data_dir / tmp_path.name
    yield folder
    assert servers_of(folder) == []


def servers_of(folder: Path) -> list[psutil.Process]:
    """The living servers that work inside the folder."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            alive = process.status() != psutil.STATUS_ZOMBIE
            if alive and Path(process.cwd()).is_relative_to(folder):
                found.append(process)
    return found


async def none_left(folder: Path, seconds: float = 5) -> bool:
    """Whether the folder's servers are gone within so many seconds."""
    for _ in range(int(seconds * 20)):
        if not servers_of(folder):
            return True
        await asyncio.sleep(0.05)
    return False


@contextlib.asynccontextmanager
async def client(uri: str) -> AsyncIterator[AsyncMongoClient[dict[str, Any]]]:
    async with AsyncMongoClient[dict[str, Any]](uri) as connection:
        yield connection


async def count_after_insert(uri: str) -> int:
    """Write one row in a transaction and count all of them."""
    async with client(uri) as mongo, mongo.start_session() as session:
        async with await session.start_transaction():
            await mongo.shop.rows.insert_one({"seen": True}, session=session)
        return await mongo.shop.rows.count_documents({})


async def bot_of(folder: Path, **environ: str) -> tuple[asyncio.subprocess.Process, str]:
    """A separate program that owns both servers, and its database's address."""
    bot = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", BOT, str(folder)), stdout=PIPE, cwd=ROOT, env=os.environ | environ
    )
    assert bot.stdout is not None
    return bot, (await bot.stdout.readline()).decode().split()[0]


async def test_the_database_is_a_primary_that_takes_transactions_and_keeps_its_data(home: Path) -> None:
    """A restart finds what was written, also after the folder was moved."""
    async with Mongod(home) as uri:
        assert await count_after_insert(uri) == 1
    async with Mongod(home) as uri:
        assert await count_after_insert(uri) == 2
    moved = await asyncio.to_thread(home.rename, home.with_name(f"{home.name}-moved"))
    async with Mongod(moved) as uri:
        assert await count_after_insert(uri) == 3


async def test_the_cache_answers_evicts_and_forgets(home: Path) -> None:
    """Redis is bounded and writes nothing to disk."""
    for _ in range(2):
        async with RedisServer(home, memory_mb=8) as url, Redis.from_url(url) as cache:
            assert await cache.dbsize() == 0
            await cache.set("seen", "1")
            settings = await cache.config_get("maxmemory*")
            assert settings["maxmemory"] == str(8 * 1024 * 1024)
            assert settings["maxmemory-policy"] == "allkeys-lru"


async def test_no_other_account_and_no_port_reaches_the_servers(home: Path) -> None:
    """The folders are closed to others, and neither server listens on a network address."""
    async with Mongod(home), RedisServer(home):
        for folder in (home, home / "mongo", home / "redis"):
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert len(servers_of(home)) == 2
        assert [process.net_connections(kind="inet") for process in servers_of(home)] == [[], []]


async def test_the_servers_do_not_inherit_the_shop_s_secrets(home: Path) -> None:
    """A token in the bot's environment stays with the bot."""
    bot, _ = await bot_of(home, SHOP_DISCORD__TOKEN="hidden")
    environments = [process.environ() for process in servers_of(home)]
    bot.kill()
    await bot.communicate()
    assert await none_left(home)
    assert len(environments) == 2
    assert not any("SHOP_DISCORD__TOKEN" in each for each in environments)


async def test_a_killed_bot_leaves_no_process_and_the_next_start_works(home: Path) -> None:
    """SIGKILL gives the bot no chance to clean up; the kernel and the next start do."""
    bot, uri = await bot_of(home)
    await count_after_insert(uri)
    bot.kill()
    await bot.communicate()
    assert await none_left(home)
    async with Mongod(home) as again:
        assert await count_after_insert(again) == 2


async def test_killed_servers_leave_nothing_that_blocks_the_next_start(home: Path) -> None:
    """A power cut leaves lock files, sockets and an open journal behind."""
    bot, uri = await bot_of(home)
    await count_after_insert(uri)
    for process in servers_of(home):
        process.kill()
    bot.kill()
    await bot.communicate()
    assert await none_left(home)
    assert (home / "mongo" / "mongod.lock").read_text() != ""
    async with Mongod(home) as again, RedisServer(home):
        assert await count_after_insert(again) == 2


async def test_a_server_that_outlived_its_bot_is_stopped_first(home: Path) -> None:
    """Where no kernel ends the server with its bot, the next start does, even one that ignores SIGTERM."""
    bot, uri = await bot_of(home)
    await count_after_insert(uri)
    frozen = next(each for each in servers_of(home) if each.name() == "mongod")
    frozen.suspend()
    bot.kill()
    await bot.communicate()
    assert frozen.is_running()
    await stop_leftover(home / "mongo", patience=0.3)
    assert await none_left(home)
    async with Mongod(home) as again:
        assert await count_after_insert(again) == 2


async def test_a_pid_file_that_names_a_stranger_harms_nobody(home: Path) -> None:
    """After a reboot an old process id may belong to anyone, here to this very test."""
    (home / "mongo").mkdir(parents=True)
    (home / "mongo" / "server.pid").write_text(str(os.getpid()))
    async with Mongod(home) as uri:
        assert await count_after_insert(uri) == 1


async def test_a_second_living_bot_is_refused_in_one_sentence(home: Path) -> None:
    """The first bot's servers go on undisturbed."""
    async with Mongod(home) as uri, RedisServer(home):
        for second in (Mongod(home), RedisServer(home)):
            with pytest.raises(EmbeddedUnavailable, match=r"Another bot is running on .*SHOP_DATA_DIR\.$"):
                await second.__aenter__()
        assert await count_after_insert(uri) == 1


async def test_ctrl_c_in_the_terminal_does_not_reach_the_servers(home: Path) -> None:
    """A terminal interrupts the whole process group; the bot still needs its database to finish."""
    async with Mongod(home) as uri, RedisServer(home):
        assert all(os.getpgid(process.pid) != os.getpgrp() for process in servers_of(home))
        assert await count_after_insert(uri) == 1


async def test_a_data_folder_with_a_very_long_path_works(home: Path) -> None:
    """A socket's address is limited to about 107 bytes, a folder's path is not."""
    deep = home / ("a-long-name" * 8) / "ünïcode folder" / ("b" * 60)
    async with Mongod(deep) as uri, RedisServer(deep) as url, Redis.from_url(url) as cache:
        assert await count_after_insert(uri) == 1
        assert await cache.ping()


async def test_a_missing_program_is_said_with_what_to_install_or_set(home: Path) -> None:
    """The sentence names the program and the setting that makes it needless."""
    nowhere = [None, home / "absent"]
    with pytest.raises(EmbeddedUnavailable, match=r"install MongoDB .*SHOP_DATABASE__URI\.$"):
        await Mongod(home, find=lambda: find_mongod(nowhere)).__aenter__()
    with pytest.raises(EmbeddedUnavailable, match=r"install Redis .*SHOP_REDIS__URL\.$"):
        await RedisServer(home, find=lambda: find_redis_server(nowhere)).__aenter__()


def test_a_program_that_cannot_run_here_is_passed_over(tmp_path: Path) -> None:
    """A wheel's mongod without its OpenSSL must not hide a good one on PATH."""
    broken = tmp_path / "mongod"
    broken.write_text("#!/bin/sh\nexit 127\n")
    broken.chmod(0o755)
    assert first_runnable([broken, find_mongod()]) == find_mongod()


async def test_a_server_that_ends_at_its_start_is_said_with_its_log(home: Path, tmp_path: Path) -> None:
    """The log's place is the remedy; the operator needs it at once."""
    broken = tmp_path / "mongod"
    broken.write_text("#!/bin/sh\necho no such option\nexit 62\n")
    broken.chmod(0o755)
    with pytest.raises(EmbeddedUnavailable, match=r"status 62: see .*server\.log"):
        await Mongod(home, find=lambda: broken).__aenter__()
    assert "no such option" in (home / "mongo" / "server.log").read_text()


async def test_an_unusable_data_folder_is_said_in_one_sentence(tmp_path: Path) -> None:
    """A file where the folder should be is the commonest slip."""
    (tmp_path / "data").write_text("")
    with pytest.raises(EmbeddedUnavailable, match=r"cannot be used .*SHOP_DATA_DIR"):
        await Mongod(tmp_path / "data").__aenter__()


async def test_logs_keep_one_predecessor_and_mongod_opens_a_new_one(home: Path) -> None:
    """A shop that runs for months must not fill the disk with its database's log."""
    async with Mongod(home):
        log = home / "mongo" / "server.log"
        assert not set_aside(log, larger_than=10**9)
        assert set_aside(log, larger_than=100)
        mongod = servers_of(home)[0]
        mongod.send_signal(signal.SIGUSR1)
        for _ in range(100):
            if log.exists():
                break
            await asyncio.sleep(0.05)
        assert log.exists()
        assert (home / "mongo" / "server.log.1").stat().st_size > 100
