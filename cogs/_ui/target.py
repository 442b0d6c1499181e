"""Where a click leads: an action and its arguments, written into the custom_id and read back."""

from typing import NamedTuple
from urllib.parse import quote, unquote

from cogs._ui.text import width

# Discord takes 100 characters; a card must also fit when it is sent by DM with the guild in front.
MAX_LENGTH = 100
_PREFIX_LENGTH = len("g~") + 20


class Target:
    """An action such as `cart:qty` and its arguments; raises ValueError when they are too long."""

    __slots__ = ("custom_id",)

    def __init__(self, action: str, *args: str | int) -> None:
        if action.count(":") != 1:
            raise ValueError(f"an action is area:verb, not {action!r}")
        self._keep(":".join((action, *(written(arg) for arg in args))))

    def further(self, *args: str | int) -> "Target":
        """The same with more arguments."""
        made = object.__new__(Target)
        made._keep(":".join((self.custom_id, *(written(arg) for arg in args))))
        return made

    def _keep(self, custom_id: str) -> None:
        self.custom_id = custom_id
        if width(self.custom_id) > MAX_LENGTH - _PREFIX_LENGTH:
            raise ValueError(f"too long for a custom_id: {self.custom_id!r}")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Target) and other.custom_id == self.custom_id

    def __hash__(self) -> int:
        return hash(self.custom_id)

    def __repr__(self) -> str:
        return f"Target({self.custom_id!r})"


class Parsed(NamedTuple):
    """What a custom_id says: the guild when it was sent by DM, the action and its arguments."""

    guild_id: str | None
    action: str
    args: tuple[str, ...]


def written(arg: str | int) -> str:
    """An argument as it stands in a custom_id: letters of every script stay, because escapes are long."""
    text = str(arg)
    if text.isalnum():
        return text
    return "".join(each if _stays(each) else quote(each, safe="") for each in text)


def _stays(character: str) -> bool:
    return character.isalnum() or (not character.isascii() and character.isprintable())


def guild_prefix(guild_id: str) -> str:
    """What is written before a custom_id in a DM, where a click does not tell the guild."""
    return f"g{guild_id}~"


def parse(custom_id: str) -> Parsed:
    """Read a custom_id; one that is not ours gives an action that nobody handles."""
    guild_id = None
    head, mark, rest = custom_id.partition("~")
    if mark and head[:1] == "g" and head[1:].isascii() and head[1:].isdigit():
        guild_id, custom_id = head[1:], rest
    if width(custom_id) > MAX_LENGTH - _PREFIX_LENGTH:
        # No target of ours is so long, and what it says would not fit into the next one.
        return Parsed(guild_id, "", ())
    parts = custom_id.split(":")
    args = tuple(unquote(part) if "%" in part else part for part in parts[2:])
    return Parsed(guild_id, ":".join(parts[:2]), args)
