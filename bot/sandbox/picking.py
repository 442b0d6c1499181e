"""Turns what a person picks (labels, people, roles, channels) into values and resolved data."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from bot.sandbox.errors import JSON, NotOfferedError
from bot.sandbox.guilds import Channel, Guild, Role, User

if TYPE_CHECKING:
    from bot.sandbox.seen import Select


USER, CHANNEL, ROLE, MENTIONABLE = 6, 7, 8, 9
_TAKES: Mapping[int, tuple[type, ...]] = {
    USER: (User,),
    CHANNEL: (Channel,),
    ROLE: (Role,),
    MENTIONABLE: (User, Role),
}


def pick_values(select: "Select", picks: Sequence[Any], guild: Guild | None) -> tuple[list[str], JSON]:
    """Return the values a client would send, and what `resolved` says of them."""
    if not select.least <= len(picks) <= select.most:
        raise NotOfferedError(f"{select.placeholder!r} takes {select.least} to {select.most} choices")
    if select.kind == 3:  # noqa: PLR2004 - Discord's number for a string select
        return [_option(select, pick) for pick in picks], {}
    resolved: JSON = {}
    # A menu's kinds are an option's kinds in another order.
    kind = {5: USER, 6: ROLE, 7: MENTIONABLE, 8: CHANNEL}[select.kind]
    values = [resolve(pick, kind, guild, resolved) for pick in picks]
    return values, resolved


def _option(select: "Select", pick: Any) -> str:
    if pick in select.options:
        return select.options[pick]
    if pick in select.options.values():
        return str(pick)
    raise NotOfferedError(f"{select.placeholder!r} has no option {pick!r}; it has {list(select.options)}")


def _fits(thing: Any, kind: int) -> bool:
    return isinstance(thing, _TAKES[kind])


def resolve(pick: Any, kind: int, guild: Guild | None, resolved: JSON) -> str:
    """Return the id of a person, role or channel as the option's kind asks, and add it to `resolved`."""
    thing = getattr(pick, "user", None) or getattr(pick, "channel", None) or pick
    if not _fits(thing, kind):
        raise NotOfferedError(f"{pick!r} is not what can be picked here")
    number = str(thing.id)
    if isinstance(thing, Role):
        resolved.setdefault("roles", {})[number] = thing.payload()
    elif isinstance(thing, Channel):
        resolved.setdefault("channels", {})[number] = thing.payload() | {"permissions": "0"}
    else:
        resolved.setdefault("users", {})[number] = thing.payload()
        member = guild.members.get(thing.id) if guild else None
        if member and guild:
            shown = {
                key: value for key, value in member.payload().items() if key not in ("user", "deaf", "mute")
            }
            granted = str(guild.permissions_of(member))
            resolved.setdefault("members", {})[number] = shown | {"permissions": granted}
    return number
