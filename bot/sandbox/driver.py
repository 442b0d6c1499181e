"""The sandbox: a Discord of one's own in this process, and waiting for what happens in it."""

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Self

from bot.sandbox.faults import Faults
from bot.sandbox.gateway import ALL_INTENTS, Gateway
from bot.sandbox.guilds import Guild, User
from bot.sandbox.ids import Clock, utc_now
from bot.sandbox.people import Patience, Person
from bot.sandbox.places import Community
from bot.sandbox.recording import Recorder, Request
from bot.sandbox.server import API, Server
from bot.sandbox.session_starts import Starts
from bot.sandbox.store import Store
from bot.sandbox.world import World

_POLL = 0.005
# Time alone says nothing: while the loop stands still, a bot on it is not quiet.
_LOOKS = 10


class Sandbox:
    """Serves while the `async with` block is open. Times are seconds; `clock` is Discord's own clock."""

    def __init__(
        self,
        *,
        token: str = "sandbox-token",  # noqa: S107 - made up, for a server that lives in this process
        clock: Clock = utc_now,
        port: int = 0,
        record: bool = True,
        patience: Patience | None = None,
        privileged_intents: int = ALL_INTENTS,
        starts: Starts | None = None,
    ) -> None:
        self.token = token
        self.world = World(clock, token)
        self.gateway = Gateway(self.world, privileged_intents, starts or Starts())
        self.faults = Faults()
        self.store = Store(self.world)
        self.recorder = Recorder(keep=record)
        self._port = port
        self._patience = patience or Patience()
        self._server = Server(self.world, self.gateway, self.faults, self.recorder)

    async def __aenter__(self) -> Self:
        await self._server.start(self._port)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._server.stop()

    @property
    def api_url(self) -> str:
        return f"{self.world.origin}{API}"

    @property
    def application_id(self) -> int:
        return self.world.application_id

    @property
    def requests(self) -> list[Request]:
        """Every request the bot sent, oldest first."""
        return self.recorder.requests

    @property
    def unknown(self) -> list[Request]:
        """Requests to addresses the stand-in does not have."""
        return self.recorder.unknown

    def add_guild(self, name: str, *, owner: str = "olivia", locale: str = "en-US") -> Community:
        """Found a guild with an owner, @everyone, a channel #general and the bot with its managed role."""
        user = self.world.add_user(owner, owner.capitalize(), locale)
        return Community(self.world, self.world.add_guild(name, user, locale), self._person)

    def _person(self, user: User, guild: Guild) -> Person:
        return Person(self.world, user, guild, self._patience)

    async def ready(self, *commands: str, timeout: float = 30.0) -> None:  # noqa: ASYNC109 - people wait so long
        """Wait until the bot is connected and its commands (those named, or all it sends) are registered."""
        await self.until(lambda: self.gateway.connected, timeout=timeout, what="the bot to connect")
        if commands:
            wanted = {name.removeprefix("/").split()[0] for name in commands}
            await self.until(
                lambda: wanted <= self._registered(), timeout=timeout, what=f"commands {sorted(wanted)}"
            )
            return
        await self.until(lambda: bool(self._registered()), timeout=timeout, what="commands")
        await self.quiet(0.25, timeout=timeout)

    def _registered(self) -> set[str]:
        scopes: list[int | None] = [None, *self.world.guilds]
        return {command["name"] for scope in scopes for command in self.world.commands.all(scope)}

    async def quiet(self, still: float = 0.05, *, timeout: float = 10.0) -> None:  # noqa: ASYNC109 - see ready
        """Wait until the bot has sent nothing for so many seconds and nothing is on its way to it."""
        loop = asyncio.get_running_loop()
        count, since, looks = self.recorder.count, loop.time(), 0

        def settled() -> bool:
            nonlocal count, since, looks
            busy = self.recorder.in_flight or not self.gateway.idle
            if busy or count != self.recorder.count:
                count, since, looks = self.recorder.count, loop.time(), 0
            looks += 1
            return looks > _LOOKS and loop.time() - since >= still

        await self.until(settled, timeout=timeout, what="the bot to be quiet")

    async def until(
        self,
        happened: Callable[[], object],
        *,
        timeout: float = 10.0,  # noqa: ASYNC109 - see ready
        what: str = "it",
    ) -> None:
        """Wait until `happened()` is true; raises TimeoutError with `what` was waited for."""
        loop = asyncio.get_running_loop()
        end = loop.time() + timeout
        while not happened():
            if loop.time() > end:
                raise TimeoutError(f"Waited {timeout} s for {what}")
            await asyncio.sleep(_POLL)
