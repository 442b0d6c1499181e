"""A person's accounts as staff see them; of a secret only that it is there."""

from cogs._ui.card import Button, Card, Field, Option, PickUser, Row, Select, code, plain
from cogs._ui.form import Form, Input
from cogs._ui.target import Target
from cogs._ui.text import cut, mention
from cogs._ui.words import Words
from cogs.admin._people_rows import people_rows
from cogs.admin._user_card import name
from models.access import Identity, User
from services.identity_desk import IdentitiesView
from services.paging import PeoplePage
from services.user_desk import DISCORD

_NAME, _VALUE, _SHOWN = 40, 60, 8
_SECRET_LENGTH = 4000


def who_card(page: PeoplePage[User], query: str, w: Words) -> Card:
    """Whose accounts to look at."""
    options = [Option(name(each), each.key, description=each.discord_id) for each in page.people]
    choose = Select(w("Choose a user"), Target("identity:of"), options)
    none = w("Nothing found. Try part of a name or a Discord id, or choose a member.")
    return Card(
        title=w("Accounts"),
        text=w("Whose accounts would you like to see?") if page.people or not query else none,
        rows=people_rows("identity", page, query, w, choose=choose, beside=[]),
    )


def accounts_card(view: IdentitiesView, w: Words) -> Card:
    """All accounts of one user, with the ways to link another and to open each."""
    key = view.user.key
    rows: list[Row] = []
    if view.identities:
        options = [Option(_label(each), each.key) for each in view.identities]
        rows.append(Select(w("Open an account"), Target("identity:open", key), options))
    rows.append(PickUser(w("Link another Discord account"), Target("identity:link", key)))
    buttons = [Button(w("User"), Target("user:open", key))]
    if view.belongs_to is not None:
        buttons.append(Button(w("Main user"), Target("identity:of", view.belongs_to.key)))
    for kept, other in view.to_merge[:1]:
        pair = Target("customer:review", kept.key, other.key)
        buttons.append(Button(w("Merge their customers"), pair, "primary"))
    buttons.append(Button(w("All accounts"), Target("identity:list")))
    return Card(
        title=w("Accounts of {name}", name=plain(name(view.user))),
        text=_said(view, w),
        fields=[Field(plain(_label(each)), _account(each, w)) for each in view.identities[:10]],
        rows=[*rows, buttons],
    )


def _said(view: IdentitiesView, w: Words) -> str:
    said = [w("Linking says that two accounts are one person. Roles and permissions stay with each account.")]
    if view.belongs_to is not None:
        said.append(w("This account was linked to {name}.", name=plain(name(view.belongs_to))))
    if view.to_merge:
        said.append(w("Two of the accounts are customers with records of their own."))
    return "\n".join(said)


def _label(identity: Identity) -> str:
    return f"{cut(identity.provider, _NAME)} · {cut(identity.provider_user_id, _NAME)}"


def _account(identity: Identity, w: Words) -> str:
    discord = identity.provider == DISCORD
    lines = [mention(identity.provider_user_id) if discord else code(identity.provider_user_id)]
    for key, value in list(identity.profile.items())[:_SHOWN]:
        lines.append(f"{plain(cut(str(key), _NAME))}: {plain(cut(str(value), _VALUE))}")
    secrets = ", ".join(code(cut(key, _NAME)) for key in sorted(identity.secrets or {}))
    if secrets:
        lines.append(w("🔒 Kept secret: {names}", names=secrets))
    return "\n".join(lines)


def account_card(user: User, identity: Identity, w: Words) -> Card:
    """One account and what can be done with it."""
    pair = (user.key, identity.key)
    own = (identity.provider, identity.provider_user_id) == (DISCORD, user.discord_id)
    return Card(
        title=plain(_label(identity)),
        text=_account(identity, w),
        fields=[Field(w("Of"), plain(name(user)))],
        footer=w("Here since {date}", date=w.date(identity.created_at)),
        rows=[
            [
                Button(w("Keep a secret"), Target("identity:secret", *pair), "primary"),
                Button(w("Unlink"), Target("identity:unlink", *pair), "danger", disabled=own),
                Button(w("Back"), Target("identity:of", user.key)),
            ]
        ],
    )


def secret_form(user_id: str, identity: Identity, w: Words) -> Form:
    """A secret that goes in and never comes out here."""
    hint = w("It is kept encrypted and never shown again. Leave it empty to forget it.")
    named = Input("name", w("Name of the secret"), max_length=40, placeholder="refresh_token")
    value = Input("value", w("Secret"), required=False, long=True, max_length=_SECRET_LENGTH, hint=hint)
    return Form(
        w("Keep a secret"), Target("identity:secret", user_id, identity.key), [named, value], private=True
    )
