"""Registered application commands: global ones and those of single guilds, as Discord stores them."""

from bot.sandbox.errors import JSON, ApiError, unknown
from bot.sandbox.ids import Snowflakes
from bot.sandbox.limits_commands import MAX_COMMANDS, check_command

Scope = int | None  # a guild's id, or None for global commands


class Commands:
    """The command store; a POST with a known name replaces, as on Discord."""

    def __init__(self, ids: Snowflakes, application_id: int) -> None:
        self._ids = ids
        self._application_id = application_id
        self._stored: dict[Scope, dict[int, JSON]] = {}

    def all(self, scope: Scope) -> list[JSON]:
        return list(self._stored.get(scope, {}).values())

    def get(self, scope: Scope, command_id: str) -> JSON:
        command = self._stored.get(scope, {}).get(int(command_id) if command_id.isdigit() else 0)
        if command is None:
            raise unknown("application command", 10063)
        return command

    def put(self, scope: Scope, body: JSON) -> tuple[bool, JSON]:
        """Create or replace by name and type; tells whether it is new."""
        check_command(body, ())
        known = self._named(scope, body["name"], body.get("type", 1))
        if known is None and len(self._stored.get(scope, {})) >= MAX_COMMANDS:
            raise ApiError(400, 30032, f"Maximum number of application commands reached ({MAX_COMMANDS}).")
        command = self._build(scope, body, known)
        self._stored.setdefault(scope, {})[int(command["id"])] = command
        return known is None, command

    def replace_all(self, scope: Scope, bodies: list[JSON]) -> list[JSON]:
        seen: set[tuple[str, int]] = set()
        for index, body in enumerate(bodies):
            check_command(body, (index,))
            seen.add((body["name"], body.get("type", 1)))
        if len(seen) != len(bodies):
            raise ApiError(400, 50035, "Invalid Form Body: application command names must be unique")
        built = [
            self._build(scope, body, self._named(scope, body["name"], body.get("type", 1))) for body in bodies
        ]
        self._stored[scope] = {int(command["id"]): command for command in built}
        return built

    def change(self, scope: Scope, command_id: str, body: JSON) -> JSON:
        known = self.get(scope, command_id)
        merged = known | body
        check_command(merged, ())
        command = self._build(scope, merged, known)
        self._stored[scope][int(command_id)] = command
        return command

    def remove(self, scope: Scope, command_id: str) -> None:
        self.get(scope, command_id)
        del self._stored[scope][int(command_id)]

    def find(self, guild_id: Scope, name: str, kind: int = 1) -> JSON | None:
        """Return the command a person in this guild would get; a guild's own goes before a global one."""
        own = self._named(guild_id, name, kind) if guild_id is not None else None
        return own or self._named(None, name, kind)

    def names(self, guild_id: Scope) -> set[str]:
        scopes = {None, guild_id}
        return {command["name"] for scope in scopes for command in self.all(scope)}

    def _named(self, scope: Scope, name: str, kind: int) -> JSON | None:
        for command in self._stored.get(scope, {}).values():
            if command["name"] == name and command["type"] == kind:
                return command
        return None

    def _build(self, scope: Scope, body: JSON, known: JSON | None) -> JSON:
        command: JSON = {
            "id": known["id"] if known else str(self._ids.next()),
            "application_id": str(self._application_id),
            "version": str(self._ids.next()),
            "type": body.get("type", 1),
            "name": body["name"],
            "description": body.get("description", ""),
            "default_member_permissions": body.get("default_member_permissions"),
            "name_localizations": body.get("name_localizations"),
            "description_localizations": body.get("description_localizations"),
            "dm_permission": body.get("dm_permission", True),
            "contexts": body.get("contexts"),
            "integration_types": body.get("integration_types") or [0],
            "nsfw": bool(body.get("nsfw")),
        }
        if body.get("options"):
            command["options"] = body["options"]
        if scope is not None:
            command["guild_id"] = str(scope)
        return command
