"""A shop's server as its bot sees it, told by the cogs: services know no Discord."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

# What the bot needs in a channel to post there.
WRITING = frozenset({"view_channel", "send_messages", "embed_links"})


class RoleState(StrEnum):
    """Whether the bot could grant a role that the server has."""

    GRANTABLE = "grantable"
    TOO_HIGH = "too_high"
    MANAGED = "managed"
    EVERYBODY = "everybody"
    RULING = "ruling"


@dataclass(frozen=True)
class Place:
    """Roles and channels by their ids, those that are gone left out; not `seen`: nothing is known of them.

    `lacks` are permissions that the bot has nowhere, `channels` names those it lacks in each.
    """

    seen: bool = True
    lacks: frozenset[str] = frozenset()
    roles: Mapping[str, RoleState] = field(default_factory=dict)
    channels: Mapping[str, frozenset[str]] = field(default_factory=dict)
    open_channels: frozenset[str] = frozenset()

    def gone(self, channel_id: str | None) -> bool:
        """Whether a channel that is set is not there any more."""
        return self.seen and channel_id is not None and channel_id not in self.channels

    def unwritable(self, channel_id: str | None) -> frozenset[str]:
        """What the bot lacks to post in a channel that is there."""
        return self.channels.get(channel_id or "", frozenset()) & WRITING
