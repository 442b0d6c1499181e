"""Three real mongods as one replica set, which can be killed, frozen, cut off and healed."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pymongo import MongoClient, WriteConcern
from pymongo.errors import OperationFailure, PyMongoError

from bot.embedded import leash
from bot.embedded.binaries import find_mongod
from tests.drills.line import APP, Lines, free_port

ELECTION_MS = 1500
PATIENCE = 60.0
_LOOK = 0.02
_PRIMARY, _SECONDARY = 1, 2
_NAME = "drill"


class Member:
    """One mongod; it is known to everybody by the port of the line that leads to it."""

    def __init__(self, folder: Path, known_as: int, port: int) -> None:
        self.known_as = known_as
        self.port = port
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._direct: MongoClient[dict[str, Any]] | None = None
        folder.mkdir(parents=True)

    @property
    def address(self) -> str:
        """The name under which the set knows it."""
        return f"127.0.0.1:{self.known_as}"

    @property
    def direct(self) -> MongoClient[dict[str, Any]]:
        """A client of this very member, past its line."""
        if self._direct is None:
            self._direct = MongoClient(
                "127.0.0.1",
                self.port,
                directConnection=True,
                serverSelectionTimeoutMS=1000,
                socketTimeoutMS=5000,
            )
        return self._direct

    def start(self) -> None:
        """Run it; only from the main thread, with whose life it ends."""
        if self._process is not None and self._process.poll() is None:
            return
        mongod = [str(find_mongod()), "--dbpath", ".", "--replSet", _NAME, "--bind_ip", "127.0.0.1"]
        mongod += ["--port", str(self.port), "--quiet", "--wiredTigerCacheSizeGB", "0.25"]
        mongod += ["--oplogSize", "64", "--journalCommitInterval", "2", "--nounixsocket"]
        mongod += ["--logpath", "server.log", "--logappend"]
        mongod += ["--setParameter", "diagnosticDataCollectionEnabled=false"]
        mongod += ["--setParameter", "transactionLifetimeLimitSeconds=5"]
        # A member that left is asked for again at once, not after the ten seconds of a cautious world.
        mongod += ["--setParameter", "enableTestCommands=1"]
        me = [sys.executable, "-I", "-S", leash.__file__, str(os.getpid()), str(self._folder / "server.pid")]
        self._process = subprocess.Popen(  # noqa: S603 - our own programs
            [*me, *mongod], cwd=self._folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def told(self, sign: signal.Signals) -> None:
        """Send it a signal; who is dead hears nothing."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(sign)
            if sign is signal.SIGKILL:
                self._process.wait()

    def close(self) -> None:
        """End it, whatever it does."""
        self.told(signal.SIGKILL)
        if self._direct is not None:
            self._direct.close()

    def state(self) -> int:
        """What it is in the set: 1 primary, 2 secondary, 0 when it does not answer."""
        with contextlib.suppress(PyMongoError):
            return int(self.direct.admin.command("replSetGetStatus")["myState"])
        return 0


class ReplicaSet:
    """A set of three whose lines, processes and elections a test holds in its hands."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.lines = Lines()
        self.members: list[Member] = []

    def start(self) -> None:
        """Run all three and wait for the first primary."""
        for number in range(3):
            port = free_port()
            self.members.append(Member(self._folder / str(number), self.lines.open(port), port))
        for member in self.members:
            member.start()
        first = self.members[0].direct
        until = time.monotonic() + PATIENCE
        while self.members[0].state() == 0 and time.monotonic() < until:
            with contextlib.suppress(PyMongoError):
                first.admin.command("replSetInitiate", self._config())
            time.sleep(_LOOK)
        self.heal()

    def _config(self) -> dict[str, Any]:
        members = [{"_id": at, "host": member.address} for at, member in enumerate(self.members)]
        settings = {"electionTimeoutMillis": ELECTION_MS, "heartbeatIntervalMillis": 200}
        return {"_id": _NAME, "members": members, "settings": settings}

    def stop(self) -> None:
        """End everything."""
        for member in self.members:
            member.told(signal.SIGCONT)
            member.close()
        self.lines.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def uri(self) -> str:
        """The address that the shop is given."""
        hosts = ",".join(member.address for member in self.members)
        return f"mongodb://{hosts}/?replicaSet={_NAME}&appName={APP}"

    def primary(self) -> Member:
        """The member that all who can be asked take for the primary; waits for one."""
        with self._patience("no primary was elected") as go_on:
            while go_on():
                found = [member for member in self.members if member.state() == _PRIMARY]
                # One that was frozen may still think so.
                if len(found) == 1 and self._writes(found[0]):
                    return found[0]
        raise AssertionError

    def secondaries(self) -> list[Member]:
        """The other two."""
        primary = self.primary()
        return [member for member in self.members if member is not primary]

    def step_down(self) -> None:
        """Let the primary hand over, as an owner does before maintenance."""
        with contextlib.suppress(PyMongoError):
            self.primary().direct.admin.command(
                {"replSetStepDown": 5, "secondaryCatchUpPeriodSecs": 4, "force": False}
            )

    def kill_primary(self) -> Member:
        """Kill the primary without a word."""
        primary = self.primary()
        primary.told(signal.SIGKILL)
        return primary

    def freeze(self, *members: Member) -> None:
        """Let members stand still, their connections open: what a machine that hangs looks like."""
        for member in members:
            member.told(signal.SIGSTOP)

    def thaw(self, *members: Member) -> None:
        """Let these go on, or all."""
        for member in members or self.members:
            member.told(signal.SIGCONT)

    def heal(self) -> None:
        """Everybody up, reachable and caught up, with one primary that takes writes of a majority."""
        self.lines.mend()
        self.thaw()
        for member in self.members:
            member.start()
        with self._patience("the set does not heal") as go_on:
            while go_on():
                if sorted(member.state() for member in self.members) == [1, 2, 2] and self._caught_up():
                    return

    def _caught_up(self) -> bool:
        for member in self.members:
            with contextlib.suppress(OperationFailure, PyMongoError):
                member.direct.admin.command({"replSetFreeze": 0})
        return self._writes(self.primary(), of_all=True)

    def _writes(self, member: Member, *, of_all: bool = False) -> bool:
        concern = WriteConcern(w=3 if of_all else "majority", wtimeout=1500)
        rows = member.direct["drill"].get_collection("beats", write_concern=concern)
        try:
            rows.update_one({"_id": 1}, {"$inc": {"beat": 1}}, upsert=True)
        except PyMongoError:
            return False
        return True

    @contextlib.contextmanager
    def _patience(self, otherwise: str) -> Iterator[Any]:
        until = time.monotonic() + PATIENCE

        def go_on() -> bool:
            if time.monotonic() > until:
                states = [member.state() for member in self.members]
                raise AssertionError(f"{otherwise}: {states}")
            time.sleep(_LOOK)
            return True

        yield go_on
