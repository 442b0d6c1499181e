"""What somebody may do, each permission with the reason for it, and what is missing."""

from cogs._ui.card import Button, Card, Field
from cogs._ui.permission_words import GROUPS, in_group, permission_words
from cogs._ui.target import Target
from cogs._ui.text import cut, mention, plain
from cogs._ui.words import Words, later
from services.access import Grant, Held, Permission, Source

_NAME, _MOST = 40, 3
_REASONS = {
    Source.GUILD_OWNER: later("owns the server"),
    Source.TENANT_OWNER: later("owns the shop"),
    Source.TENANT_ADMIN: later("is an admin of the shop"),
    Source.USER_ADMIN: later("is an admin of the shop"),
    Source.ADMIN_ROLE: later("admin role {role}"),
    Source.STAFF_ROLE: later("staff role {role}"),
    Source.SHOP_ROLE: later("role “{role}” of the shop"),
}


def rights_card(discord_id: str, held: Held, back: Target, w: Words, *, here: bool = True) -> Card:
    """Every permission under its heading; `here` is whether they are a member of the server."""
    said = [mention(discord_id)]
    if not here:
        said.append(w("They are not in this server, so they can do nothing of this until they join."))
    elif not held.permissions:
        said.append(w("They may do nothing behind the counter. Give them a role of the shop."))
    missing = [key for key in Permission if key not in held.permissions]
    fields = [Field(w(title), _lines(group, held, w)) for group, title in GROUPS.items()]
    if held.grants and missing:
        names = ", ".join(permission_words(key, w) for key in missing)
        fields.append(Field(w("Missing"), names))
    return Card(
        title=w("What they may do"),
        text="\n".join(said),
        fields=fields,
        rows=[[Button(w("Back"), back)]],
    )


def _lines(group: str, held: Held, w: Words) -> str:
    return "\n".join(_line(key, held.reasons(key), w) for key in in_group(group))


def _line(key: Permission, grants: list[Grant], w: Words) -> str:
    words = permission_words(key, w)
    if not grants:
        return f"❌ {words}"
    reasons = list(dict.fromkeys(_reason(each, w) for each in grants))
    more = " …" if len(reasons) > _MOST else ""
    return f"✅ {words}: {', '.join(reasons[:_MOST])}{more}"


def _reason(grant: Grant, w: Words) -> str:
    discord = grant.source in {Source.ADMIN_ROLE, Source.STAFF_ROLE}
    role = f"<@&{grant.name}>" if discord else plain(cut(grant.name, _NAME))
    return w(_REASONS[grant.source], role=role)
