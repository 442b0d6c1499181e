"""A house that is watched, and what is seen of it."""

import socket
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp
import pytest

from bot.config import Settings, load_settings
from bot.sandbox import Sandbox
from tests.bot.test_app import SECRET, told


@pytest.fixture
def port() -> int:
    """A port that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def settings(
    stand_in: Sandbox, mongo_uri: str, redis_url: str, database_name: str, tmp_path: Path, port: int
) -> Settings:
    """The settings of a run in this process that is watched."""
    environ = told(stand_in, tmp_path, DATABASE__URI=mongo_uri, DATABASE__NAME=database_name)
    environ |= {"REDIS__URL": redis_url, "SECURITY__SECRETS": SECRET, "METRICS__PORT": str(port)}
    return load_settings(None, {f"SHOP_{key}": value for key, value in environ.items()}).completed()


type Ask = Callable[[str], Awaitable[tuple[int, str]]]


@pytest.fixture
def ask(port: int) -> Ask:
    """Status and text of a page of the monitoring port."""

    async def asked(path: str) -> tuple[int, str]:
        async with (
            aiohttp.ClientSession() as http,
            http.get(f"http://127.0.0.1:{port}{path}") as answer,
        ):
            return answer.status, await answer.text()

    return asked
