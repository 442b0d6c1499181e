"""Customers as a file: who they are and how they are reached."""

from collections.abc import Mapping
from typing import Any

from models.base import TenantDocument, Where
from models.customer import Customer, CustomerSource
from models.errors import BadInput
from services.access import Permission
from services.csv.cells import FLAG, MOMENT, NAME
from services.csv.contract import Column, Desk, Found, Stored
from services.csv.incoming import Editable
from services.customers import read_contact

_REMARK_LENGTH, _NAME_LENGTH = 1000, 100
_ID_LENGTHS = range(15, 21)


class Customers(Editable):
    """Found by Discord id. Names come from Discord, and what somebody wants to hear from themselves."""

    name = "customers"
    model = Customer
    identity = ("discordId",)
    order = "createdAt"
    to_import = to_export = frozenset({Permission.CUSTOMER_MANAGE})
    columns = (
        Column("discordId", NAME, needed=True, optional=False),
        Column("discordUsername", NAME, only_new=True, optional=False),
        Column("discordDisplayName", NAME, only_new=True, optional=False),
        Column("email", NAME),
        Column("phone", NAME),
        Column("notes"),
        Column("isActive", FLAG, optional=False),
        Column("source", shown=True),
        Column("locale", shown=True),
        Column("createdAt", MOMENT, shown=True),
    )

    def where(self, tenant_id: str) -> Where:
        """Those that are kept, neither the ones that were merged into them nor people who were erased."""
        return {**Customer.everybody(tenant_id), "erasedAt": None}

    def make(self, desk: Desk, values: Mapping[str, Any], found: Found) -> TenantDocument:
        """Somebody who has not been here yet: their first visit finds the record."""
        del found
        key = values["discordId"]
        if not (key.isascii() and key.isdigit() and len(key) in _ID_LENGTHS):
            raise BadInput("discordId", "not_ids")
        fields = self.by_attribute(values)
        username = fields.setdefault("discord_username", key)
        fields.setdefault("discord_display_name", username)
        for name in ("discordUsername", "discordDisplayName"):
            if len(values.get(name, "")) > _NAME_LENGTH:
                raise BadInput(name, "length", _NAME_LENGTH)
        checked = self._checked(values)
        made = {**fields, **{name: checked[name] for name in checked if name in fields}}
        return Customer(tenant_id=desk.shop.id, source=CustomerSource.MANUAL, **made)

    def change(self, desk: Desk, record: Stored, values: Mapping[str, Any], found: Found) -> Stored:
        """What `/admin customer` would store."""
        del desk, found
        if record.get("mergedInto"):
            raise BadInput("discordId", "csv_merged")
        if record.get("erasedAt"):
            raise BadInput("discordId", "csv_erased")
        # That the old address took no e-mail says nothing about the new one.
        renewed = {"emailRefused": False} if "email" in values else {}
        return self._checked(values) | renewed

    def _checked(self, values: Mapping[str, Any]) -> Stored:
        fields: Stored = {name: values[name] for name in ("isActive",) if name in values}
        for name in ("email", "phone"):
            if name in values:
                typed = {"email": "", "phone": "", name: values[name] or ""}
                fields[name] = read_contact(**typed)[name]
        if "notes" in values:
            notes = (values["notes"] or "").strip()
            if len(notes) > _REMARK_LENGTH:
                raise BadInput("notes", "length", _REMARK_LENGTH)
            fields["notes"] = notes or None
        return fields


KIND = Customers()
