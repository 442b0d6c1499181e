"""A private mongod as a one-node replica set, because the shop's writes need transactions."""

import asyncio
import contextlib
import signal
import time
from asyncio.subprocess import Process
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from urllib.parse import quote

from pymongo import AsyncMongoClient
from pymongo.errors import OperationFailure, PyMongoError

from bot.embedded.binaries import find_mongod
from bot.embedded.daemon import LOG_BYTES, LOG_FILE, running, set_aside, what_to_do
from bot.embedded.errors import EmbeddedDied, EmbeddedUnavailable
from bot.embedded.ownership import STOP_SECONDS

# Relative to the server's folder: the replica set remembers this name, which must hold when the folder moves.
SOCKET = "./mongod.sock"
REPLICA_SET = "shop"
NOT_INITIALISED = 94
PRIMARY_SECONDS = 30.0
LOG_CHECK_SECONDS = 600.0
TRANSACTION_SECONDS = 10


class Mongod:
    """`async with Mongod(data_dir) as uri`: the database under data_dir/mongo while the block runs.

    It listens on a socket in a folder that only this account may enter, and on no port.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        find: Callable[[], Path] = find_mongod,
        cache_gb: float = 0.25,
        journal_ms: int = 100,
        patience: Callable[[], float] = lambda: STOP_SECONDS,
    ) -> None:
        self._folder = data_dir.absolute() / "mongo"
        self._find = find
        self._limits = [
            *("--wiredTigerCacheSizeGB", str(cache_gb), "--oplogSize", "256"),
            *("--journalCommitInterval", str(journal_ms)),
        ]
        self._patience = patience
        self._running = contextlib.AsyncExitStack()
        self._server: Process | None = None

    async def __aenter__(self) -> str:
        program = await asyncio.to_thread(self._find)
        async with contextlib.AsyncExitStack() as stack:
            server, socket = await stack.enter_async_context(
                running(self._folder, SOCKET, [str(program), *self._arguments()], self._patience)
            )
            # Direct: the set's own name for its member means nothing outside the server's folder.
            uri = f"mongodb://{quote(str(socket), safe='')}/?directConnection=true"
            await _become_primary(uri)
            self._server = server
            watch = asyncio.create_task(_bound_log(server, self._folder / LOG_FILE))
            stack.callback(watch.cancel)
            self._running = stack.pop_all()
        return uri

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._running.__aexit__(kind, error, trace)

    async def ended(self) -> None:
        """Wait until it ends by itself, which raises EmbeddedDied; to be cancelled before it is stopped."""
        if self._server is None:
            return
        status = await self._server.wait()
        raise EmbeddedDied(f"The private database ended with status {status}: {what_to_do(self._folder)}")

    def _arguments(self) -> list[str]:
        return [
            *("--dbpath", ".", "--replSet", REPLICA_SET, "--bind_ip", SOCKET, "--quiet"),
            *self._limits,
            *("--logpath", LOG_FILE, "--logappend", "--logRotate", "reopen"),
            *("--setParameter", "diagnosticDataCollectionEnabled=false"),
            # A bot that dies in a transaction leaves its records locked until then; ours take milliseconds.
            *("--setParameter", f"transactionLifetimeLimitSeconds={TRANSACTION_SECONDS}"),
        ]


async def _become_primary(uri: str) -> None:
    until = time.monotonic() + PRIMARY_SECONDS
    async with AsyncMongoClient[dict[str, object]](uri, serverSelectionTimeoutMS=10_000) as client:
        while time.monotonic() < until:
            if await _is_primary(client):
                return
            await asyncio.sleep(0.01)
    raise EmbeddedUnavailable(
        f"The private database did not become writable within {PRIMARY_SECONDS:.0f} seconds: "
        "see mongo/server.log in the data folder, or give SHOP_DATABASE__URI."
    )


async def _is_primary(client: AsyncMongoClient[dict[str, object]]) -> bool:
    with contextlib.suppress(PyMongoError):  # elections refuse commands for a moment
        if (await client.admin.command("hello")).get("isWritablePrimary"):
            return True
        await _initiate(client)
    return False


async def _initiate(client: AsyncMongoClient[dict[str, object]]) -> None:
    try:
        await client.admin.command("replSetGetStatus")
    except OperationFailure as refusal:
        if refusal.code != NOT_INITIALISED:
            raise
        member = {"_id": 0, "host": SOCKET}
        await client.admin.command("replSetInitiate", {"_id": REPLICA_SET, "members": [member]})


async def _bound_log(server: Process, file: Path) -> None:
    while server.returncode is None:
        await asyncio.sleep(LOG_CHECK_SECONDS)
        if set_aside(file, LOG_BYTES):
            server.send_signal(signal.SIGUSR1)  # mongod opens its log anew
