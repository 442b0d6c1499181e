"""Permission bits and who holds them: roles, channel overwrites, owner and administrator."""

from enum import IntFlag


class Permission(IntFlag):
    """The permissions a shop meets; any other bit is kept as it is."""

    NONE = 0
    KICK_MEMBERS = 1 << 1
    ADMINISTRATOR = 1 << 3
    MANAGE_CHANNELS = 1 << 4
    MANAGE_GUILD = 1 << 5
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    MENTION_EVERYONE = 1 << 17
    USE_EXTERNAL_EMOJIS = 1 << 18
    MANAGE_NICKNAMES = 1 << 27
    MANAGE_ROLES = 1 << 28
    MANAGE_WEBHOOKS = 1 << 29
    USE_APPLICATION_COMMANDS = 1 << 31
    SEND_MESSAGES_IN_THREADS = 1 << 38


# Plain numbers: an IntFlag costs microseconds per use, and this one is met in every interaction.
ADMINISTRATOR = int(Permission.ADMINISTRATOR)
EVERY = (1 << 53) - 1

EVERYONE_DEFAULT = int(
    Permission.VIEW_CHANNEL
    | Permission.SEND_MESSAGES
    | Permission.EMBED_LINKS
    | Permission.ATTACH_FILES
    | Permission.READ_MESSAGE_HISTORY
    | Permission.USE_EXTERNAL_EMOJIS
    | Permission.USE_APPLICATION_COMMANDS
    | Permission.SEND_MESSAGES_IN_THREADS
)
BOT_DEFAULT = EVERYONE_DEFAULT | int(
    Permission.MANAGE_ROLES
    | Permission.MANAGE_CHANNELS
    | Permission.MANAGE_MESSAGES
    | Permission.MENTION_EVERYONE
)
# What a direct message channel allows; roles do not reach there.
DIRECT_MESSAGE = EVERYONE_DEFAULT


def holds(granted: int, needed: int) -> bool:
    return granted & needed == needed


def with_overwrites(
    base: int, everyone: tuple[int, int], roles: list[tuple[int, int]], own: tuple[int, int]
) -> int:
    """Apply (allow, deny) pairs in Discord's order: @everyone, all roles together, then the member."""
    allow, deny = everyone
    base = base & ~deny | allow
    role_allow = role_deny = 0
    for more_allow, more_deny in roles:
        role_allow |= more_allow
        role_deny |= more_deny
    base = base & ~role_deny | role_allow
    allow, deny = own
    return base & ~deny | allow
