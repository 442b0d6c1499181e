"""Who runs the shop and what they may do, in the panel."""

from collections.abc import Mapping
from typing import Any

from models.access import Identity, Role, RoleAssignment, User
from models.base import Document
from models.tenant import Tenant
from models.theme import UserSettings
from services.access import Permission
from services.customers import read_contact
from services.panel.contract import Declared, Form, Link, PanelSection, Related, Scope, Values
from services.panel.reading import checked_link

_KEY = Permission.CONFIG_MANAGE
_PEOPLE = Permission.USER_MANAGE


def _user(_: Document, values: Mapping[str, Any]) -> Values:
    checked_link(values, "avatar_url")
    mail = read_contact(values.get("email") or "", "")["email"]
    return {**values, "email": mail} if "email" in values else dict(values)


DECLARED = (
    Declared(
        "tenant", Tenant, PanelSection.PEOPLE,
        columns=("name", "ownerUserId"), sort="tenantId",
        edits=_KEY, forms=(Form("name", ("name",)),), changed_with="/admin config",
        shows_storefront=True,
    ),
    Declared(
        "user", User, PanelSection.PEOPLE,
        columns=("username", "displayName", "discordId", "isAdmin"), sort="username",
        looks=_PEOPLE, search=("username", "discordId"),
        edits=_PEOPLE, forms=(Form("contact", ("username", "displayName", "email", "avatarUrl")),),
        changed_with="/admin people user",
        links=(Link("customerId", "customer"), Link("primaryCustomerId", "customer")),
        related=(
            Related("settings", "userId"), Related("identity", "userId"), Related("held", "userId"),
        ),
        check=_user,
    ),
    Declared(
        "identity", Identity, PanelSection.PEOPLE,
        columns=("provider", "providerUserId", "userId"), sort="provider providerUserId",
        looks=Permission.IDENTITY_MANAGE, changed_with="/admin people identity",
        links=(Link("userId", "user"),), hidden=("secrets", "profile"),
    ),
    Declared(
        "role", Role, PanelSection.PEOPLE,
        columns=("name", "permissionKeys"), sort="name", search=("name",),
        changed_with="/admin people roles",
        related=(Related("held", "roleId"),),
    ),
    Declared(
        "held", RoleAssignment, PanelSection.PEOPLE,
        columns=("roleId", "userId"), sort="roleId", changed_with="/admin people roles",
        links=(Link("userId", "user"), Link("roleId", "role")),
    ),
    Declared(
        "settings", UserSettings, PanelSection.PEOPLE,
        columns=("userId", "displayName"), sort="userId", scope=Scope.USERS, looks=_PEOPLE,
        changed_with="/account theme",
        links=(Link("userId", "user"),),
    ),
)  # fmt: skip
