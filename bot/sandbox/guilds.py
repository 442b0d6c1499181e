"""What a guild is made of: roles, channels, members and what each of them may do."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.sandbox import permissions as may
from bot.sandbox.errors import JSON
from bot.sandbox.ids import stamp

TEXT, DIRECT, CATEGORY = 0, 1, 4


@dataclass(slots=True, eq=False)
class User:
    """An account: a person or the bot."""

    id: int
    name: str
    display_name: str | None = None
    bot: bool = False
    locale: str = "en-US"
    dms_open: bool = True

    def payload(self) -> JSON:
        return {
            "id": str(self.id),
            "username": self.name,
            "discriminator": "0001" if self.bot else "0",
            "global_name": self.display_name,
            "avatar": None,
            "banner": None,
            "accent_color": None,
            "avatar_decoration_data": None,
            "collectibles": None,
            "primary_guild": None,
            "clan": None,
            "bot": self.bot,
            "public_flags": 0,
            "flags": 0,
        }


@dataclass(slots=True, eq=False)
class Role:
    """A role; its position decides who may grant it."""

    id: int
    name: str
    position: int
    permissions: int = 0
    color: int = 0
    hoist: bool = False
    mentionable: bool = False
    managed: bool = False
    tags: JSON | None = None

    @property
    def mention(self) -> str:
        return f"<@&{self.id}>"

    def payload(self) -> JSON:
        data: JSON = {
            "id": str(self.id),
            "name": self.name,
            "color": self.color,
            "colors": {"primary_color": self.color, "secondary_color": None, "tertiary_color": None},
            "hoist": self.hoist,
            "position": self.position,
            "permissions": str(self.permissions),
            "managed": self.managed,
            "mentionable": self.mentionable,
            "icon": None,
            "unicode_emoji": None,
            "description": None,
            "flags": 0,
        }
        if self.tags:
            data["tags"] = self.tags
        return data


@dataclass(slots=True, eq=False)
class Channel:
    """A text channel or category of a guild, or a direct message channel with its one recipient."""

    id: int
    name: str = ""
    kind: int = TEXT
    guild: "Guild | None" = None
    recipient: User | None = None
    topic: str | None = None
    parent_id: int | None = None
    position: int = 0
    nsfw: bool = False
    overwrites: dict[int, tuple[int, int, int]] = field(default_factory=dict)  # id -> kind, allow, deny
    messages: dict[int, Any] = field(default_factory=dict)

    def payload(self) -> JSON:
        last = next(reversed(self.messages), None)
        data: JSON = {"id": str(self.id), "type": self.kind, "last_message_id": str(last) if last else None}
        if self.guild is None:
            recipients = [self.recipient.payload()] if self.recipient else []
            return data | {"recipients": recipients, "flags": 0}
        return data | {
            "guild_id": str(self.guild.id),
            "name": self.name,
            "position": self.position,
            "permission_overwrites": [
                {"id": str(who), "type": kind, "allow": str(allow), "deny": str(deny)}
                for who, (kind, allow, deny) in self.overwrites.items()
            ],
            "parent_id": str(self.parent_id) if self.parent_id else None,
            "topic": self.topic,
            "nsfw": self.nsfw,
            "rate_limit_per_user": 0,
            "flags": 0,
        }


@dataclass(slots=True, eq=False)
class Member:
    """A user in a guild, with roles in the order in which they were given."""

    user: User
    guild: "Guild"
    joined_at: datetime
    role_ids: list[int] = field(default_factory=list)
    nick: str | None = None
    _cached: tuple[int, JSON] | None = None

    @property
    def top_position(self) -> int:
        roles = self.guild.roles
        return max((roles[role].position for role in self.role_ids if role in roles), default=0)

    def payload(self) -> JSON:
        """Return the member as the API shows it; cached until the guild changes."""
        if self._cached is None or self._cached[0] != self.guild.version:
            self._cached = (self.guild.version, self._build())
        return self._cached[1]

    def _build(self) -> JSON:
        return {
            "user": self.user.payload(),
            "nick": self.nick,
            "avatar": None,
            "banner": None,
            "roles": [str(role) for role in self.role_ids],
            "joined_at": stamp(self.joined_at),
            "premium_since": None,
            "communication_disabled_until": None,
            "deaf": False,
            "mute": False,
            "pending": False,
            "flags": 0,
        }


@dataclass(slots=True, eq=False)
class Guild:
    """A community's server."""

    id: int
    name: str
    owner_id: int
    created_at: datetime
    locale: str = "en-US"
    roles: dict[int, Role] = field(default_factory=dict)
    channels: dict[int, Channel] = field(default_factory=dict)
    members: dict[int, Member] = field(default_factory=dict)
    version: int = 0

    def permissions_of(self, member: Member, channel: Channel | None = None) -> int:
        if member.user.id == self.owner_id:
            return may.EVERY
        granted = self.roles[self.id].permissions
        for role_id in member.role_ids:
            granted |= self.roles[role_id].permissions
        if granted & may.ADMINISTRATOR:
            return may.EVERY
        if channel is None or not channel.overwrites:
            return granted
        pairs = {who: (allow, deny) for who, (_, allow, deny) in channel.overwrites.items()}
        roles = [pairs[role] for role in member.role_ids if role in pairs]
        return may.with_overwrites(
            granted, pairs.get(self.id, (0, 0)), roles, pairs.get(member.user.id, (0, 0))
        )

    def may_see(self, user_id: int, channel: Channel) -> bool:
        member = self.members.get(user_id)
        return member is not None and may.holds(
            self.permissions_of(member, channel), may.Permission.VIEW_CHANNEL
        )

    def payload(self) -> JSON:
        return {
            "id": str(self.id),
            "name": self.name,
            "owner_id": str(self.owner_id),
            "roles": [role.payload() for role in self.roles.values()],
            "preferred_locale": self.locale,
            "emojis": [],
            "stickers": [],
            "features": [],
            "afk_timeout": 300,
            "verification_level": 1,
            "default_message_notifications": 1,
            "explicit_content_filter": 0,
            "mfa_level": 0,
            "nsfw_level": 0,
            "premium_tier": 0,
            "premium_subscription_count": 0,
            "premium_progress_bar_enabled": False,
            "system_channel_flags": 0,
            "region": "us-west",
        } | dict.fromkeys(_ABSENT)

    def gateway_payload(self, members: list[Member]) -> JSON:
        return self.payload() | {
            "joined_at": stamp(self.created_at),
            "large": False,
            "unavailable": False,
            "member_count": len(self.members),
            "members": [member.payload() for member in members],
            "channels": [channel.payload() for channel in self.channels.values()],
            "threads": [],
            "presences": [],
            "voice_states": [],
            "stage_instances": [],
            "guild_scheduled_events": [],
        }


_ABSENT = (
    "icon",
    "splash",
    "discovery_splash",
    "banner",
    "description",
    "application_id",
    "afk_channel_id",
    "system_channel_id",
    "rules_channel_id",
    "public_updates_channel_id",
    "safety_alerts_channel_id",
    "vanity_url_code",
)
