"""The shop's own roles: the list, one with its permissions and holders, and the menus that change them."""

from collections.abc import Sequence

from cogs._ui.card import Button, Card, Field, Option, PickUser, Row, Select, plain
from cogs._ui.form import Form, Input
from cogs._ui.permission_words import GROUPS, in_group, permission_words
from cogs._ui.target import Target
from cogs._ui.text import cut, mention
from cogs._ui.words import Words
from cogs.admin._user_card import name
from models.access import Role, User
from services.access import Held
from services.role_desk import RoleView, stamp

_NAME, _NAME_LENGTH = 60, 100


def role_list(roles: Sequence[tuple[Role, int]], w: Words) -> Card:
    """All roles, with ways to open one, to make one, and to ask what somebody may do."""
    rows: list[Row] = []
    if roles:
        options = [Option(cut(role.name, 100), role.key) for role, _ in roles]
        rows.append(Select(w("Open a role"), Target("roles:open"), options))
    rows.append(PickUser(w("What may this member do?"), Target("roles:may")))
    rows.append([Button(w("New role"), Target("roles:new"), "primary")])
    said = w("A role of the shop gives its permissions to whoever holds it, without any role of the server.")
    return Card(
        title=w.count(len(roles), "{n} role", "{n} roles"),
        text=said,
        fields=[Field(plain(cut(role.name, _NAME)), _listed(role, holders, w)) for role, holders in roles],
        rows=rows,
    )


def _listed(role: Role, holders: int, w: Words) -> str:
    permissions = w.count(len(role.permission_keys), "{n} permission", "{n} permissions")
    return f"{permissions} · {w.count(holders, '{n} holder', '{n} holders')}"


def role_card(view: RoleView, w: Words) -> Card:
    """One role: what it allows, who holds it, and what can be done."""
    role = view.role
    rows: list[Row] = [PickUser(w("Give it to a member"), Target("roles:give", role.key))]
    if view.holders:
        options = [Option(name(each), each.key, description=each.discord_id) for each in view.holders]
        rows.append(Select(w("Take it from"), Target("roles:take", role.key), options))
    rows.append(
        [
            Button(w("Permissions"), Target("roles:keys", role.key), "primary"),
            Button(w("Rename"), Target("roles:rename", role.key)),
            Button(w("Delete"), Target("roles:ask", role.key), "danger"),
        ]
    )
    rows.append(
        [
            Button(w("All roles"), Target("roles:list")),
            Button(w("Look again"), Target("roles:open", role.key)),
        ]
    )
    allows = "\n".join(f"• {plain(permission_words(key, w))}" for key in role.permission_keys)
    holders = w.count(view.total, "{n} holder", "{n} holders")
    return Card(
        title=plain(role.name),
        fields=[Field(w("Allows"), allows or w("nothing yet")), Field(holders, _holders(view, w))],
        rows=rows,
    )


def _holders(view: RoleView, w: Words) -> str:
    if not view.holders:
        return w("Nobody holds it.")
    more = view.total - len(view.holders)
    shown = [_holder(each) for each in view.holders]
    return "\n".join([*shown, *([w.count(more, "and {n} more", "and {n} more")] if more > 0 else [])])


def _holder(user: User) -> str:
    return mention(user.discord_id) if user.discord_id else plain(name(user))


def keys_card(role: Role, held: Held, w: Words) -> Card:
    """A menu for each heading, with the permissions that the one who looks holds themselves."""
    lacking = held.lacking(role.permission_keys)
    rows: list[Row] = []
    if not lacking:
        rows += [menu for group in GROUPS if (menu := _menu(role, held, group, w))]
    said = (
        w("This role carries permissions that you do not have, so you cannot change it.")
        if lacking
        else w("Choose all that holders of this role may do. You can give what you may do yourself.")
    )
    back = [Button(w("Back to the role"), Target("roles:open", role.key))]
    return Card(title=plain(role.name), text=said, rows=[*rows, back])


def _menu(role: Role, held: Held, group: str, w: Words) -> Select | None:
    keys = in_group(group, held.permissions)
    options = [Option(permission_words(key, w), key, default=key in role.permission_keys) for key in keys]
    return (
        Select(w(GROUPS[group]), Target("roles:set", role.key, group + stamp(role)), options, 0, len(options))
        if options
        else None
    )


def sure_card(view: RoleView, w: Words) -> Card:
    """Whether it may really go."""
    said = w.count(
        view.total,
        "{n} person holds **{role}** and will lose it at once. This cannot be undone.",
        "{n} people hold **{role}** and will lose it at once. This cannot be undone.",
        role=plain(view.role.name),
    )
    return Card(
        title=w("Really delete?"),
        text=said,
        colour="bad",
        rows=[
            [
                Button(w("Yes, delete it"), Target("roles:delete", view.role.key), "danger"),
                Button(w("No, keep it"), Target("roles:open", view.role.key)),
            ]
        ],
    )


def name_form(role: Role | None, w: Words) -> Form:
    """What a role is called."""
    words = Input("name", w("Name of the role"), role.name if role else "", max_length=_NAME_LENGTH)
    to = Target("roles:rename", role.key) if role else Target("roles:new")
    return Form(w("Rename the role") if role else w("New role"), to, [words], edits=role is not None)
