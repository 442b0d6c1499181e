"""The state of the stand-in Discord: accounts, guilds, messages, interactions; each change is told once."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bot.sandbox import permissions as may
from bot.sandbox.commands import Commands
from bot.sandbox.errors import JSON, ApiError, missing_access, unknown_channel
from bot.sandbox.guilds import DIRECT, TEXT, Channel, Guild, Member, Role, User
from bot.sandbox.ids import Clock, Snowflakes

GUILDS, GUILD_MEMBERS, GUILD_MESSAGES, DIRECT_MESSAGES = 1 << 0, 1 << 1, 1 << 9, 1 << 12
MESSAGE_CONTENT = 1 << 15

# Ephemeral messages and interactions beyond so many are forgotten, so that a bench does not fill the memory.
KEPT = 5000

# The application has commands.
_COMMANDS = 1 << 23

# (event name, data, the intent a session needs to hear it)
Emit = Callable[[str, JSON, int], None]


@dataclass(slots=True, eq=False)
class StoredFile:
    """An uploaded file: what the message shows of it, and its bytes."""

    id: int
    name: str
    content: bytes
    payload: JSON


@dataclass(slots=True, eq=False)
class Message:
    """A message; an edit replaces `payload`, so that an older reference keeps showing the older state."""

    id: int
    channel: Channel
    payload: JSON
    viewer_id: int | None = None
    files: dict[int, StoredFile] = field(default_factory=dict)
    deleted: bool = False
    waiting: list[Any] = field(default_factory=list)  # interactions that were deferred and nothing more


class World:
    """Everything that exists; the REST side, the gateway and the people all work on this one object."""

    def __init__(self, clock: Clock, token: str) -> None:
        self.clock = clock
        self.token = token
        self.ids = Snowflakes(clock)
        self.origin = ""
        self.application_flags = _COMMANDS
        self.gateway_bot: Callable[[], JSON] = dict
        self.emit: Emit = lambda _event, _data, _intent: None
        self.bot = User(self.ids.next(), "shopbot", bot=True)
        self.users: dict[int, User] = {self.bot.id: self.bot}
        self.guilds: dict[int, Guild] = {}
        self.channels: dict[int, Channel] = {}
        self.dms: dict[int, Channel] = {}
        self.files: dict[int, StoredFile] = {}
        self.messages: dict[int, Message] = {}
        self.hidden: deque[Message] = deque()
        self.nonces: dict[tuple[int, str], Message] = {}
        self.interactions: dict[str, Any] = {}
        self.entitlements: dict[int, JSON] = {}
        self.commands = Commands(self.ids, self.bot.id)

    @property
    def application_id(self) -> int:
        return self.bot.id

    def add_user(self, name: str, display_name: str | None, locale: str) -> User:
        user = User(self.ids.next(), name, display_name, locale=locale)
        self.users[user.id] = user
        return user

    def add_guild(self, name: str, owner: User, locale: str) -> Guild:
        guild = Guild(self.ids.next(), name, owner.id, self.clock(), locale)
        guild.roles[guild.id] = Role(guild.id, "@everyone", 0, may.EVERYONE_DEFAULT)
        managed = Role(
            self.ids.next(), "Shop Bot", 1, may.BOT_DEFAULT, managed=True, tags={"bot_id": str(self.bot.id)}
        )
        guild.roles[managed.id] = managed
        guild.members[owner.id] = Member(owner, guild, self.clock())
        guild.members[self.bot.id] = Member(self.bot, guild, self.clock(), [managed.id])
        self._place(guild, Channel(self.ids.next(), "general", guild=guild))
        self.guilds[guild.id] = guild
        self.emit("GUILD_CREATE", guild.gateway_payload([guild.members[self.bot.id]]), GUILDS)
        return guild

    def _place(self, guild: Guild, channel: Channel) -> None:
        channel.position = len(guild.channels)
        guild.channels[channel.id] = channel
        self.channels[channel.id] = channel
        guild.version += 1

    def add_channel(self, guild: Guild, channel: Channel) -> Channel:
        self._place(guild, channel)
        self.emit("CHANNEL_CREATE", channel.payload(), GUILDS)
        return channel

    def channel_changed(self, channel: Channel) -> None:
        self.emit("CHANNEL_UPDATE", channel.payload(), GUILDS)

    def remove_channel(self, channel: Channel) -> None:
        if channel.guild:
            del channel.guild.channels[channel.id]
            channel.guild.version += 1
        del self.channels[channel.id]
        self.emit("CHANNEL_DELETE", channel.payload(), GUILDS)

    def add_role(self, guild: Guild, role: Role) -> Role:
        """Insert a role at its position; those at or above it move up by one."""
        for other in guild.roles.values():
            if other.position >= role.position:
                other.position += 1
                self.emit("GUILD_ROLE_UPDATE", _role_event(guild, other), GUILDS)
        guild.roles[role.id] = role
        guild.version += 1
        self.emit("GUILD_ROLE_CREATE", _role_event(guild, role), GUILDS)
        return role

    def role_changed(self, guild: Guild, role: Role) -> None:
        guild.version += 1
        self.emit("GUILD_ROLE_UPDATE", _role_event(guild, role), GUILDS)

    def remove_role(self, guild: Guild, role: Role) -> None:
        del guild.roles[role.id]
        for member in guild.members.values():
            if role.id in member.role_ids:
                member.role_ids.remove(role.id)
                self.member_changed(member)
        guild.version += 1
        self.emit("GUILD_ROLE_DELETE", {"guild_id": str(guild.id), "role_id": str(role.id)}, GUILDS)

    def add_member(self, guild: Guild, user: User, role_ids: list[int]) -> Member:
        member = Member(user, guild, self.clock(), role_ids)
        guild.members[user.id] = member
        guild.version += 1
        self.emit("GUILD_MEMBER_ADD", member.payload() | {"guild_id": str(guild.id)}, GUILD_MEMBERS)
        return member

    def member_changed(self, member: Member) -> None:
        member.guild.version += 1
        # A bot hears of its own changes even without the members intent.
        intent = GUILDS if member.user is self.bot else GUILD_MEMBERS
        self.emit("GUILD_MEMBER_UPDATE", member.payload() | {"guild_id": str(member.guild.id)}, intent)

    def remove_member(self, guild: Guild, user: User) -> None:
        if guild.members.pop(user.id, None) is None:
            return
        guild.version += 1
        if user is self.bot:
            self.guilds.pop(guild.id, None)
            self.emit("GUILD_DELETE", {"id": str(guild.id)}, GUILDS)
            return
        event = {"guild_id": str(guild.id), "user": user.payload()}
        self.emit("GUILD_MEMBER_REMOVE", event, GUILD_MEMBERS)

    def invite_bot(self, guild: Guild) -> None:
        """Let the bot in again, with its managed role."""
        managed = next(role.id for role in guild.roles.values() if role.managed)
        guild.members[self.bot.id] = Member(self.bot, guild, self.clock(), [managed])
        guild.version += 1
        self.guilds[guild.id] = guild
        told = guild.gateway_payload([guild.members[self.bot.id]])
        self.emit("GUILD_CREATE", {key: told[key] for key in told if key != "unavailable"}, GUILDS)

    def outage(self, guild: Guild, *, over: bool) -> None:
        """Tell of an outage, or that it is over."""
        if over:
            self.emit("GUILD_CREATE", guild.gateway_payload([guild.members[self.bot.id]]), GUILDS)
        else:
            self.emit("GUILD_DELETE", {"id": str(guild.id), "unavailable": True}, GUILDS)

    def dm_with(self, user: User) -> Channel:
        channel = self.dms.get(user.id)
        if channel is None:
            channel = Channel(self.ids.next(), kind=DIRECT, recipient=user)
            self.dms[user.id] = self.channels[channel.id] = channel
        return channel

    def shares_guild(self, user: User) -> bool:
        return any(user.id in guild.members for guild in self.guilds.values())

    def keep(self, message: Message) -> None:
        """Put a message into its channel; of ephemeral ones only the latest stay."""
        self.messages[message.id] = message
        message.channel.messages[message.id] = message
        if message.viewer_id is None:
            return
        self.hidden.append(message)
        if len(self.hidden) > KEPT:
            oldest = self.hidden.popleft()
            self.messages.pop(oldest.id, None)
            oldest.channel.messages.pop(oldest.id, None)

    def guild_for_bot(self, guild_id: str) -> Guild:
        guild = self.guilds.get(_number(guild_id))
        if guild is None:
            raise ApiError(404, 10004, "Unknown Guild")
        return guild

    def channel_for_bot(self, channel_id: str, *needed: int) -> Channel:
        """Return a channel the bot may see and use; raises Unknown Channel, Missing Access or Permissions."""
        channel = self.channels.get(_number(channel_id))
        if channel is None:
            raise unknown_channel()
        if channel.guild is None:
            return channel
        granted = self.bot_permissions(channel)
        if not granted & may.Permission.VIEW_CHANNEL:
            raise missing_access()
        for need in needed:
            if not may.holds(granted, need):
                raise ApiError(403, 50013, "Missing Permissions")
        return channel

    def bot_permissions(self, channel: Channel) -> int:
        if channel.guild is None:
            return may.DIRECT_MESSAGE
        member = channel.guild.members.get(self.bot.id)
        return channel.guild.permissions_of(member, channel) if member else 0

    def text_channel(self, guild: Guild, name: str, **more: Any) -> Channel:
        return self.add_channel(guild, Channel(self.ids.next(), name, TEXT, guild, **more))


def _role_event(guild: Guild, role: Role) -> JSON:
    return {"guild_id": str(guild.id), "role": role.payload()}


def _number(text: str) -> int:
    return int(text) if text.isdigit() else 0
