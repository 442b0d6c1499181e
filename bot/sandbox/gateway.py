"""The Gateway: sessions that identify, hear events in order, drop, and resume where they stopped."""

import asyncio
import json
import secrets
from collections import deque
from typing import Any

from aiohttp import WSMsgType, web

from bot.sandbox.errors import JSON, to_json
from bot.sandbox.gateway_line import Line
from bot.sandbox.rest_commands import application
from bot.sandbox.session_starts import Starts
from bot.sandbox.world import DIRECT_MESSAGES, GUILD_MEMBERS, MESSAGE_CONTENT, World

DISPATCH, HEARTBEAT, IDENTIFY, RESUME, RECONNECT, MEMBERS, INVALID, HELLO, ACK = 0, 1, 2, 6, 7, 8, 9, 10, 11
HEARTBEAT_MS = 41_250
REPLAY = 2000
_GOODBYE = 0.5  # seconds to wait for the other side of a close
AUTHENTICATION_FAILED, DISALLOWED_INTENTS, NOT_AUTHENTICATED = 4004, 4014, 4003
INVALID_SHARD, SHARDING_REQUIRED = 4010, 4011


_WRITTEN = ("MESSAGE_CREATE", "MESSAGE_UPDATE")


def _withheld(message: JSON) -> JSON:
    """Without the content intent a bot reads in a guild only what it wrote or what mentions it."""
    if message["author"]["bot"] or any(user["bot"] for user in message["mentions"]):
        return message
    return message | {"content": "", "embeds": [], "attachments": [], "components": []}


class Session:
    """What survives a dropped connection: the numbering and the events to replay."""

    def __init__(self, intents: int, shard: tuple[int, int]) -> None:
        self.id = secrets.token_hex(16)
        self.intents = intents
        self.shard = shard
        self.sequence = 0
        self.events: deque[tuple[int, str]] = deque(maxlen=REPLAY)
        self.line: Line | None = None

    def hears_of(self, guild_id: int) -> bool:
        """Whether this shard is told of a guild; what belongs to none is for the first shard."""
        number, total = self.shard
        return (guild_id >> _SHARDED_BY) % total == number

    def dispatch(self, event: str, data: JSON, intent: int) -> None:
        if intent and not self.intents & intent:
            return
        if event in _WRITTEN and intent != DIRECT_MESSAGES and not self.intents & MESSAGE_CONTENT:
            data = _withheld(data)
        self.sequence += 1
        text = to_json({"t": event, "s": self.sequence, "op": DISPATCH, "d": data})
        self.events.append((self.sequence, text))
        if self.line is not None:
            self.line.send(text)

    def missed_since(self, sequence: int) -> list[str]:
        return [text for number, text in self.events if number > sequence]


class Gateway:
    """All sessions of the bot; `World.emit` ends here."""

    def __init__(self, world: World, privileged_intents: int, starts: Starts) -> None:
        self._world = world
        self.starts = starts
        self._denied = _PRIVILEGED & ~privileged_intents
        self._sessions: dict[str, Session] = {}
        self._wires: dict[Line, asyncio.Transport | None] = {}
        self.identified = 0
        self.resumed = 0
        self.turned_away = 0
        self.heartbeat_ms = HEARTBEAT_MS
        self.turns_away: int | None = None  # the code that ends whatever is identified or resumed
        self._awake = asyncio.Event()
        self._awake.set()
        world.emit = self.dispatch
        world.gateway_bot = starts.payload
        if privileged_intents & GUILD_MEMBERS:
            world.application_flags |= _MAY_HEAR_OF_MEMBERS

    @property
    def connected(self) -> bool:
        return bool(self.shards)

    @property
    def shards(self) -> set[int]:
        """The shards that are connected."""
        return {session.shard[0] for session in self._sessions.values() if session.line}

    @property
    def idle(self) -> bool:
        return all(line.idle for line in self._wires)

    def dispatch(self, event: str, data: JSON, intent: int) -> None:
        guild_id = _guild_of(event, data)
        for session in self._sessions.values():
            if session.hears_of(guild_id):
                session.dispatch(event, data, intent)

    async def serve(self, request: web.BaseRequest) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(max_msg_size=0, compress=False, timeout=_GOODBYE)
        await socket.prepare(request)
        line = Line(socket, compress=request.query.get("compress") == "zlib-stream")
        self._wires[line] = request.transport
        _say(line, HELLO, {"heartbeat_interval": self.heartbeat_ms, "_trace": ["sandbox"]})
        try:
            async for frame in socket:
                await self._awake.wait()
                if frame.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                    await self._hear(line, json.loads(frame.data))
        finally:
            self._hang_up(line)
            await line.close(1000)
        return socket

    def _hang_up(self, line: Line) -> None:
        self._wires.pop(line, None)
        for session in self._sessions.values():
            if session.line is line:
                session.line = None

    async def _hear(self, line: Line, message: JSON) -> None:
        op, data = message["op"], message["d"]
        if op == HEARTBEAT:
            _say(line, ACK, None)
        elif op in (IDENTIFY, RESUME) and self.turns_away is not None:
            self.turned_away += 1
            await line.close(self.turns_away)
        elif op == IDENTIFY:
            await self._identify(line, data)
        elif op == RESUME:
            await self._resume(line, data)
        elif op == MEMBERS:
            self._send_members(line, data)

    async def _identify(self, line: Line, data: JSON) -> None:
        if data["token"] != self._world.token:
            await line.close(AUTHENTICATION_FAILED)
            return
        if data["intents"] & self._denied:
            await line.close(DISALLOWED_INTENTS)
            return
        number, total = data.get("shard") or (0, 1)
        session = Session(data["intents"], (number, total))
        if not 0 <= number < total:
            await line.close(INVALID_SHARD)
            return
        if sum(map(session.hears_of, self._world.guilds)) > self.starts.guilds_per_shard:
            await line.close(SHARDING_REQUIRED)
            return
        if not self.starts.take(number):
            _say(line, INVALID, False)  # noqa: FBT003 - the payload itself is a boolean
            return
        # One shard, one session: whoever identifies anew has given the old session up.
        alike = [each for each in self._sessions.values() if each.shard == session.shard]
        for old in [each for each in alike if each.line is None]:
            del self._sessions[old.id]
        session.line = line
        self._sessions[session.id] = session
        self._welcome(session)
        self.identified += 1

    def _welcome(self, session: Session) -> None:
        world = self._world
        guilds = [guild for guild in world.guilds.values() if session.hears_of(guild.id)]
        ready = {
            "v": 10,
            "user": world.bot.payload(),
            "guilds": [{"id": str(guild.id), "unavailable": True} for guild in guilds],
            "session_id": session.id,
            "shard": session.shard,
            "resume_gateway_url": world.origin.replace("http", "ws", 1) + "/gateway",
            "application": {"id": str(world.application_id), "flags": application(world)["flags"]},
            "private_channels": [],
            "user_settings": {},
            "_trace": ["sandbox"],
        }
        session.dispatch("READY", ready, 0)
        for guild in guilds:
            members = list(guild.members.values())
            if not session.intents & GUILD_MEMBERS:
                members = [guild.members[world.bot.id]]
            session.dispatch("GUILD_CREATE", guild.gateway_payload(members), 0)

    async def _resume(self, line: Line, data: JSON) -> None:
        if data["token"] != self._world.token:
            await line.close(AUTHENTICATION_FAILED)
            return
        session = self._sessions.get(data["session_id"] or "")
        if session is None:
            _say(line, INVALID, False)  # noqa: FBT003 - the payload itself is a boolean
            return
        for text in session.missed_since(data["seq"] or 0):
            line.send(text)
        session.line = line
        session.dispatch("RESUMED", {"_trace": ["sandbox"]}, 0)
        self.resumed += 1

    def _send_members(self, line: Line, data: JSON) -> None:
        session = next((one for one in self._sessions.values() if one.line is line), None)
        guild = self._world.guilds.get(int(data["guild_id"]))
        if session is None or guild is None:
            return
        wanted = data.get("user_ids")
        chosen = (
            [str(one) for one in wanted] if isinstance(wanted, list) else [str(wanted)] if wanted else None
        )
        members = [
            member.payload()
            for member in guild.members.values()
            if (chosen is None or str(member.user.id) in chosen)
            and member.user.name.startswith(data.get("query") or "")
        ]
        chunk: JSON = {"guild_id": str(guild.id), "members": members, "chunk_index": 0, "chunk_count": 1}
        session.dispatch("GUILD_MEMBERS_CHUNK", chunk | {"nonce": data.get("nonce")}, 0)

    def drop(self) -> None:
        """Cut every connection as a failing network does; the sessions can be resumed."""
        for line, transport in list(self._wires.items()):
            self._hang_up(line)
            line.abort(transport)

    async def hang_up(self, code: int) -> None:
        """End every connection with this close code; the sessions can be resumed."""
        for line in list(self._wires):
            self._hang_up(line)
            await line.close(code)

    def freeze(self) -> None:
        """Hear nothing more and say nothing: connections stand, and nobody is at the other end."""
        self._awake.clear()
        for session in self._sessions.values():
            session.line = None

    def thaw(self) -> None:
        """Be there again for whoever connects anew."""
        self._awake.set()

    def ask_reconnect(self) -> None:
        """Send RECONNECT, as Discord does before a deployment."""
        for line in list(self._wires):
            _say(line, RECONNECT, None)

    def invalidate(self, *, resumable: bool = False) -> None:
        """Send INVALID_SESSION; unless resumable, the sessions are forgotten."""
        if not resumable:
            self._sessions.clear()
        for line in list(self._wires):
            _say(line, INVALID, resumable)

    async def close(self) -> None:
        for line in list(self._wires):
            await line.close(1001)


def _guild_of(event: str, data: Any) -> int:
    """The guild that an event is about, 0 for none."""
    if not isinstance(data, dict):
        return 0
    told = str(data.get("id" if event in _OF_GUILDS else "guild_id"))
    return int(told) if told.isdigit() else 0


_OF_GUILDS = frozenset({"GUILD_CREATE", "GUILD_UPDATE", "GUILD_DELETE"})
_SHARDED_BY = 22
_MAY_HEAR_OF_MEMBERS = 1 << 15
_PRIVILEGED = 1 << 1 | 1 << 8 | 1 << 15
ALL_INTENTS = _PRIVILEGED


def _say(line: Line, op: int, data: Any) -> None:
    line.send(to_json({"t": None, "s": None, "op": op, "d": data}))
