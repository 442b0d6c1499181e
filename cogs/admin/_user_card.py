"""Users as staff see them: the list that was found, and one with accounts, roles and what can be done."""

from collections.abc import Sequence

from cogs._ui.card import Button, Card, Field, Option, Row, Select, code, plain
from cogs._ui.target import Target
from cogs._ui.text import cut, mention
from cogs._ui.words import Words
from cogs.admin._people_rows import all_again, people_rows
from models.access import Role, User
from services.paging import PeoplePage
from services.user_desk import UserView

_NAME = 60
_MOST = 25


def user_list(page: PeoplePage[User], query: str, w: Words) -> Card:
    """The users that were found, with ways to open one and to search on."""
    options = [Option(name(each), each.key, description=_account(each)) for each in page.people]
    choose = Select(w("Open a user"), Target("user:open"), options)
    beside = [*all_again("user", query, w), Button(w("Who runs the shop"), Target("owner:show"))]
    more = f"{page.total}+" if page.cut else str(page.total)
    return Card(
        title=w.count(page.total, "{shown} user", "{shown} users", shown=more),
        text=_found(page, query, w),
        fields=[Field(plain(name(each)), _listed(each, w)) for each in page.people],
        rows=people_rows("user", page, query, w, choose=choose, beside=beside),
    )


def _found(page: PeoplePage[User], query: str, w: Words) -> str:
    if not page.total and query:
        return w("Nothing found. Try part of a name or a Discord id, or choose a member.")
    if not query:
        return w("Whoever has a role in the shop is a user. Choose a member, and I make a user of them.")
    said = w("Those with {query} in a name.", query=code(query))
    return f"{said} {w('There are more; please search for more letters.')}" if page.cut else said


def name(user: User) -> str:
    """What a user is called, as it is, for menus."""
    return cut(user.display_name, _NAME)


def _account(user: User) -> str:
    return f"{cut(user.username, _NAME)} · {user.discord_id or '?'}"


def _listed(user: User, w: Words) -> str:
    parts = [mention(user.discord_id)] if user.discord_id else []
    if user.is_admin:
        parts.append(f"⭐ {w('admin')}")
    parts.extend(plain(cut(role, _NAME)) for role in user.roles[:5])
    return " · ".join(parts) or plain(cut(user.username, _NAME))


def user_card(view: UserView, roles: Sequence[Role], w: Words) -> Card:
    """Everything about one user; `roles` are all of the shop's."""
    user, held = view.user, {role.key for role in view.roles}
    rows: list[Row] = []
    free = [role for role in roles if role.key not in held]
    if free:
        rows.append(Select(w("Give a role"), Target("user:give", user.key), _options(free)))
    if view.roles:
        rows.append(Select(w("Take a role"), Target("user:take", user.key), _options(view.roles)))
    return Card(
        title=plain(name(user)),
        text=_standing(view, w),
        fields=[
            Field(w("Discord name"), plain(cut(user.username, _NAME)), inline=True),
            Field(w("Discord id"), code(user.discord_id or "?"), inline=True),
            Field(w("Accounts"), str(len(view.identities)), inline=True),
            Field(w("Roles of the shop"), _names(view.roles) or w("none")),
        ],
        footer=w("Here since {date}", date=w.date(user.created_at)),
        rows=[*rows, _doing(view, w), _ways(view, w)],
    )


def _options(roles: Sequence[Role]) -> list[Option]:
    return [Option(cut(role.name, 100), role.key) for role in roles[:_MOST]]


def _names(roles: Sequence[Role]) -> str:
    return ", ".join(plain(cut(role.name, _NAME)) for role in roles)


def _standing(view: UserView, w: Words) -> str:
    who = mention(view.user.discord_id) if view.user.discord_id else ""
    if view.owns:
        return f"{who} {w('👑 Owns this shop.')}"
    if view.administers:
        return f"{who} {w('⭐ Is an admin: they may do everything but change who runs the shop.')}"
    return who


def _doing(view: UserView, w: Words) -> list[Button]:
    key = view.user.key
    admin = (
        Button(w("Take the admin away"), Target("user:unadmin", key), "danger")
        if view.administers
        else Button(w("Make an admin"), Target("user:admin", key), "success", disabled=view.owns)
    )
    return [Button(w("What may they do?"), Target("user:may", key), "primary"), admin]


def _ways(view: UserView, w: Words) -> list[Button]:
    customer = Target("customer:open", view.customer.key) if view.customer else None
    return [
        Button(w("Accounts"), Target("identity:of", view.user.key)),
        Button(w("Customer"), customer),
        Button(w("All users"), Target("user:list")),
        Button(w("Look again"), Target("user:open", view.user.key)),
    ]
