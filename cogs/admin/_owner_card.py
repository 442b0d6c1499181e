"""Who owns and administers the shop, and handing it over, asked twice."""

from cogs._ui.card import Button, Card, Field, Option, PickUser, Row, Select
from cogs._ui.form import Form, Input
from cogs._ui.target import Target
from cogs._ui.text import code, mention
from cogs._ui.words import Words
from models.tenant import Tenant

_MOST = 25


def owner_card(tenant: Tenant, w: Words) -> Card:
    """The owner, the admins, and what only the owner may change."""
    rows: list[Row] = [PickUser(w("Make a member an admin"), Target("owner:admin"))]
    admins = tenant.admin_user_ids[:_MOST]
    if admins:
        options = [Option(key, key) for key in admins]
        rows.append(Select(w("Take the admin away from"), Target("owner:unadmin"), options))
    rows.append(PickUser(w("Hand the shop over to"), Target("owner:new")))
    return Card(
        title=w("Who runs the shop"),
        text=w("An admin may do everything but change this card. Roles of the server come on top."),
        fields=[
            Field(w("Owner"), mention(tenant.owner_user_id)),
            Field(w("Admins"), "\n".join(f"{mention(key)} {code(key)}" for key in admins) or w("none")),
        ],
        rows=[
            *rows,
            [
                Button(w("All users"), Target("user:list")),
                Button(w("Move to another server"), Target("move:ask")),
            ],
        ],
    )


def hand_over_card(discord_id: str, w: Words) -> Card:
    """What handing over means, before the owner types whom they mean."""
    said = w(
        "{person} will own the shop and you will be one of its admins. Only the new owner can change that.",
        person=mention(discord_id),
    )
    return Card(
        title=w("Hand the shop over?"),
        text=said,
        fields=[Field(w("Discord id"), code(discord_id))],
        colour="bad",
        rows=[
            [
                Button(w("Hand it over"), Target("owner:give", discord_id), "danger"),
                Button(w("Keep it"), Target("owner:show")),
            ]
        ],
    )


def hand_over_form(discord_id: str, w: Words) -> Form:
    """The new owner's id, typed by the owner."""
    typed = Input("typed", w("Discord id of the new owner"), max_length=30, placeholder=discord_id)
    return Form(w("Hand the shop over"), Target("owner:give", discord_id), [typed])
