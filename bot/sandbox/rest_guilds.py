"""REST: guilds, members and roles, with permissions and the role hierarchy."""

from bot.sandbox.errors import JSON, ApiError, Problems, missing_permissions, unknown
from bot.sandbox.guilds import Guild, Member, Role
from bot.sandbox.permissions import Permission, holds
from bot.sandbox.routing import NO_CONTENT, Answer, Call, Routes


def guild_of(call: Call, *needed: Permission) -> Guild:
    """Return the guild of the path; raises Missing Permissions when the bot lacks one of those needed."""
    guild = call.world.guild_for_bot(call.params["guild_id"])
    granted = guild.permissions_of(guild.members[call.world.bot.id])
    for need in needed:
        if not holds(granted, need):
            raise missing_permissions()
    return guild


def _member(call: Call, guild: Guild) -> Member:
    user_id = call.params["user_id"]
    number = call.world.bot.id if user_id == "@me" else int(user_id) if user_id.isdigit() else 0
    member = guild.members.get(number)
    if member is None:
        raise unknown("Member", 10007) if number in call.world.users else unknown("User", 10013)
    return member


def _role(call: Call, guild: Guild) -> Role:
    role_id = call.params["role_id"]
    role = guild.roles.get(int(role_id)) if role_id.isdigit() else None
    if role is None:
        raise unknown("Role", 10011)
    return role


def _refuse_above(call: Call, guild: Guild, role: Role) -> None:
    """Nobody touches a role at or above their own highest one; only the owner is free of this."""
    if guild.owner_id != call.world.bot.id and role.position >= guild.members[call.world.bot.id].top_position:
        raise missing_permissions()


def get_guild(call: Call) -> Answer:
    guild = guild_of(call)
    if not call.flag("with_counts"):
        return 200, guild.payload()
    counts = {"approximate_member_count": len(guild.members), "approximate_presence_count": 1}
    return 200, guild.payload() | counts


def list_my_guilds(call: Call) -> Answer:
    world = call.world
    return 200, [
        {
            "id": str(guild.id),
            "name": guild.name,
            "icon": None,
            "banner": None,
            "owner": guild.owner_id == world.bot.id,
            "permissions": str(guild.permissions_of(guild.members[world.bot.id])),
            "features": [],
        }
        for guild in world.guilds.values()
    ]


def leave_guild(call: Call) -> Answer:
    call.world.remove_member(call.world.guild_for_bot(call.params["guild_id"]), call.world.bot)
    return NO_CONTENT


def get_user(call: Call) -> Answer:
    user_id = call.params["user_id"]
    user = call.world.users.get(int(user_id)) if user_id.isdigit() else None
    if user is None:
        raise unknown("User", 10013)
    return 200, user.payload()


def get_member(call: Call) -> Answer:
    return 200, _member(call, guild_of(call)).payload()


def list_members(call: Call) -> Answer:
    guild = guild_of(call)
    after, limit = int(call.query.get("after", 0)), int(call.query.get("limit", 1))
    chosen = sorted(number for number in guild.members if number > after)[:limit]
    return 200, [guild.members[number].payload() for number in chosen]


def search_members(call: Call) -> Answer:
    guild, text = guild_of(call), call.query.get("query", "").lower()
    found = [member for member in guild.members.values() if _called(member, text)]
    return 200, [member.payload() for member in found[: int(call.query.get("limit", 1))]]


def _called(member: Member, text: str) -> bool:
    names = (member.user.name, member.user.display_name, member.nick)
    return any(name and name.lower().startswith(text) for name in names)


def grant_role(call: Call) -> Answer:
    return _change_roles(call, grant=True)


def take_role(call: Call) -> Answer:
    return _change_roles(call, grant=False)


def _change_roles(call: Call, *, grant: bool) -> Answer:
    guild = guild_of(call)
    member, role = _member(call, guild), _role(call, guild)
    guild_of(call, Permission.MANAGE_ROLES)
    _refuse_above(call, guild, role)
    if role.managed or role.id == guild.id:
        raise ApiError(400, 50028, "Invalid Role")
    if grant is (role.id in member.role_ids):
        return NO_CONTENT
    (member.role_ids.append if grant else member.role_ids.remove)(role.id)
    call.world.member_changed(member)
    return NO_CONTENT


def change_member(call: Call) -> Answer:
    """PATCH a member's roles or nick."""
    guild = guild_of(call)
    member, body = _member(call, guild), call.body or {}
    if "nick" in body:
        guild_of(call, Permission.MANAGE_NICKNAMES)
        member.nick = body["nick"] or None
    if "roles" in body:
        guild_of(call, Permission.MANAGE_ROLES)
        wanted = [int(role) for role in body["roles"] or []]
        for role_id in set(wanted) ^ set(member.role_ids):
            if role_id not in guild.roles:
                raise unknown("Role", 10011)
            _refuse_above(call, guild, guild.roles[role_id])
        member.role_ids = wanted
    call.world.member_changed(member)
    return 200, member.payload()


def list_roles(call: Call) -> Answer:
    return 200, [role.payload() for role in guild_of(call).roles.values()]


def get_role(call: Call) -> Answer:
    return 200, _role(call, guild_of(call)).payload()


def create_role(call: Call) -> Answer:
    guild, body = guild_of(call, Permission.MANAGE_ROLES), call.body or {}
    problems = Problems()
    problems.text(body.get("name"), ("name",), 100)
    problems.settle()
    role = Role(call.world.ids.next(), body.get("name") or "new role", 1)
    _apply_role(call, guild, role, body)
    return 200, call.world.add_role(guild, role).payload()


def change_role(call: Call) -> Answer:
    guild = guild_of(call, Permission.MANAGE_ROLES)
    role = _role(call, guild)
    _refuse_above(call, guild, role)
    _apply_role(call, guild, role, call.body or {})
    call.world.role_changed(guild, role)
    return 200, role.payload()


def _apply_role(call: Call, guild: Guild, role: Role, body: JSON) -> None:
    wanted = int(body.get("permissions") or role.permissions)
    if not holds(guild.permissions_of(guild.members[call.world.bot.id]) | role.permissions, wanted):
        raise missing_permissions()
    role.permissions = wanted
    role.name = body.get("name") or role.name
    role.color = int((body.get("colors") or {}).get("primary_color") or body.get("color") or role.color)
    role.hoist = bool(body.get("hoist", role.hoist))
    role.mentionable = bool(body.get("mentionable", role.mentionable))


def delete_role(call: Call) -> Answer:
    guild = guild_of(call, Permission.MANAGE_ROLES)
    role = _role(call, guild)
    _refuse_above(call, guild, role)
    if role.managed or role.id == guild.id:
        raise ApiError(400, 50028, "Invalid Role")
    call.world.remove_role(guild, role)
    return NO_CONTENT


_GUILD = "/guilds/{guild_id}"
_MEMBER = "/guilds/{guild_id}/members/{user_id}"
_MEMBER_ROLE = "/guilds/{guild_id}/members/{user_id}/roles/{role_id}"
_ROLE = "/guilds/{guild_id}/roles/{role_id}"

ROUTES: Routes = {
    ("GET", "/users/@me/guilds"): list_my_guilds,
    ("DELETE", "/users/@me/guilds/{guild_id}"): leave_guild,
    ("GET", "/users/{user_id}"): get_user,
    ("GET", _GUILD): get_guild,
    ("GET", f"{_GUILD}/members"): list_members,
    ("GET", f"{_GUILD}/members/search"): search_members,
    ("GET", _MEMBER): get_member,
    ("PATCH", _MEMBER): change_member,
    ("PUT", _MEMBER_ROLE): grant_role,
    ("DELETE", _MEMBER_ROLE): take_role,
    ("GET", f"{_GUILD}/roles"): list_roles,
    ("POST", f"{_GUILD}/roles"): create_role,
    ("GET", _ROLE): get_role,
    ("PATCH", _ROLE): change_role,
    ("DELETE", _ROLE): delete_role,
}
