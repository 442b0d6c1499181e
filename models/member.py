"""The person who acts, as plain values, so that services never see a Discord object."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Member:
    """A Discord member at the moment of a click; ids are Discord's, `locale` is Discord's code."""

    discord_id: str
    username: str
    display_name: str
    role_ids: frozenset[str] = frozenset()
    locale: str | None = None
    owns_guild: bool = False
