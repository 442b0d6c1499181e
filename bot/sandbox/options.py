"""Resolves "/shop browse query:mug" against the registered commands, and refuses what the client would."""

from collections.abc import Mapping
from typing import Any

from bot.sandbox.errors import JSON, NotOfferedError
from bot.sandbox.guilds import Channel, User
from bot.sandbox.limits_commands import SUBCOMMAND, SUBCOMMAND_GROUP
from bot.sandbox.permissions import holds
from bot.sandbox.picking import resolve
from bot.sandbox.uploads import store
from bot.sandbox.world import World

STRING, INTEGER, BOOLEAN, NUMBER, ATTACHMENT = 3, 4, 5, 10, 11
_BY_ID = (6, 7, 8, 9)


class Line:
    """What a person typed after the slash, resolved to a command, its sub-commands and their options."""

    def __init__(self, world: World, user: User, channel: Channel, path: str) -> None:
        self._world = world
        self._channel = channel
        self._path = path
        words = path.removeprefix("/").split()
        guild = channel.guild
        found = world.commands.find(guild.id if guild else None, words[0])
        if found is None:
            known = sorted(world.commands.names(guild.id if guild else None))
            raise NotOfferedError(f"There is no command /{words[0]}; there are {known}")
        self.command: JSON = found
        _refuse_hidden(found, user, channel, world.bot.id)
        self._chain: list[JSON] = []
        self.known: dict[str, JSON] = self._descend(words[1:])
        self._resolved: JSON = {}

    def _descend(self, words: list[str]) -> dict[str, JSON]:
        node = self.command
        for word in words:
            options = node.get("options") or []
            node = next((one for one in options if one["name"] == word and one["type"] in (1, 2)), {})
            if not node:
                raise NotOfferedError(f"{self._path!r}: there is no sub-command {word!r}")
            self._chain.append(node)
        options = node.get("options") or []
        if any(option["type"] in (SUBCOMMAND, SUBCOMMAND_GROUP) for option in options):
            raise NotOfferedError(f"{self._path!r} needs one of {[option['name'] for option in options]}")
        return {option["name"]: option for option in options}

    def data(self, given: Mapping[str, Any], *, focused: str | None = None) -> JSON:
        """Build the interaction's data; with `focused`, the half-typed state of autocomplete."""
        for name in given:
            if name not in self.known:
                raise NotOfferedError(f"{self._path} has no option {name!r}; it has {sorted(self.known)}")
        if focused is None:
            self._refuse_missing(given)
        options = [self._value(self.known[name], value, focused) for name, value in given.items()]
        for node in reversed(self._chain):
            options = [{"type": node["type"], "name": node["name"], "options": options}]
        data: JSON = {"id": self.command["id"], "name": self.command["name"], "type": 1, "options": options}
        if "guild_id" in self.command:
            data["guild_id"] = self.command["guild_id"]
        return data | ({"resolved": self._resolved} if self._resolved else {})

    def _refuse_missing(self, given: Mapping[str, Any]) -> None:
        missing = [
            name for name, option in self.known.items() if option.get("required") and name not in given
        ]
        if missing:
            raise NotOfferedError(f"{self._path} needs {missing}")

    def _value(self, option: JSON, value: Any, focused: str | None) -> JSON:
        sent: JSON = {"type": option["type"], "name": option["name"]}
        if option["name"] == focused:
            return sent | {"value": str(value), "focused": True}
        return sent | {"value": self._checked(option, value)}

    def _checked(self, option: JSON, value: Any) -> Any:
        if option["type"] in _BY_ID:
            return resolve(value, option["type"], self._channel.guild, self._resolved)
        if option["type"] == ATTACHMENT:
            return self._upload(*value)
        if option.get("choices"):
            return _choice(option, value)
        return _plain(option, value)

    def _upload(self, name: str, content: bytes) -> str:
        file = store(self._world, self._channel, name, content)
        self._resolved.setdefault("attachments", {})[str(file.id)] = file.payload
        return str(file.id)


def _refuse_hidden(command: JSON, user: User, channel: Channel, bot_id: int) -> None:
    """The client hides commands from people without the default permissions, and from wrong places."""
    guild, contexts = channel.guild, command.get("contexts")
    if guild is not None and bot_id not in guild.members:
        raise NotOfferedError(f"The bot is not in {guild.name}")
    here = 0 if guild else 1
    if (contexts is not None and here not in contexts) or (not guild and not command["dm_permission"]):
        raise NotOfferedError(f"/{command['name']} cannot be used here")
    needed = command.get("default_member_permissions")
    if guild is None or needed is None:
        return
    granted = guild.permissions_of(guild.members[user.id], channel)
    if not holds(granted, int(needed)) or (needed == "0" and user.id != guild.owner_id):
        raise NotOfferedError(f"/{command['name']} is not shown to {user.name}")


def _choice(option: JSON, value: Any) -> Any:
    for choice in option["choices"]:
        if value in (choice["name"], choice["value"]):
            return choice["value"]
    raise NotOfferedError(f"{option['name']!r} offers {[choice['name'] for choice in option['choices']]}")


def _plain(option: JSON, value: Any) -> Any:
    kind = option["type"]
    wanted: tuple[type, ...] = {
        STRING: (str,),
        INTEGER: (int,),
        BOOLEAN: (bool,),
        NUMBER: (int, float),
    }[kind]
    if not isinstance(value, wanted) or (kind in (INTEGER, NUMBER) and isinstance(value, bool)):
        raise NotOfferedError(f"{option['name']!r} does not take {value!r}")
    size: Any = len(str(value)) if kind == STRING else value
    low = option.get("min_length" if kind == STRING else "min_value")
    high = option.get("max_length" if kind == STRING else "max_value")
    if (low is not None and size < low) or (high is not None and size > high):
        raise NotOfferedError(f"{option['name']!r} does not take {value!r}: it must be {low} to {high}")
    return value
