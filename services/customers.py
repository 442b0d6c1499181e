"""What a customer tells the shop about themselves."""

import re
from collections.abc import Mapping
from typing import Any

from bson import ObjectId
from pydantic import ValidationError

from models.address import Address, SavedAddress
from models.base import Db, visible
from models.customer import Customer
from models.errors import BadInput, NotFound
from models.member import Member
from models.required import required
from services.postal import checked
from services.shops import Shop

MAX_ADDRESSES = 10
NOTICES = ("order_received", "payment_confirmed", "order_shipped", "refunds")
_EMAIL = re.compile(r"[^@\s<>\",;:\\]{1,64}@[^@\s<>\",;:\\]{1,189}\.[^@\s<>\",;:\\.]{2,63}")
_EMAIL_LENGTH = 254  # as Customer.email is bounded: a longer one could be stored but not read
_PHONE = re.compile(r"\+?[0-9][0-9 ()./-]{4,38}")
_COUNTRY = re.compile(r"[A-Z]{2}")
_STORED = {
    "order_received": "orderReceived",
    "payment_confirmed": "paymentConfirmed",
    "order_shipped": "orderShipped",
    "refunds": "refunds",
}


class Customers:
    """Keeps customers' own records."""

    def __init__(self, db: Db) -> None:
        self._db = db

    async def of(self, shop: Shop, member: Member) -> Customer:
        """The record that is kept of this member, with today's names; made on the first visit."""
        found = await Customer.of_discord(self._db, shop.id, member.discord_id)
        fresh = Customer(
            tenant_id=shop.id,
            discord_id=member.discord_id,
            discord_username=member.username,
            discord_display_name=member.display_name,
            locale=member.locale,
        )
        if found is None or not _same(found, fresh):
            found = await Customer.seen(self._db, fresh)
        return await found.kept(self._db)

    async def known(self, shop: Shop, discord_id: str) -> Customer | None:
        """The record that is kept of this Discord user as it is, without making or touching one."""
        return await Customer.of_person(self._db, shop.id, discord_id)

    async def set_profile(self, shop: Shop, member: Member, email: str, phone: str) -> Customer:
        """Keep an e-mail address and a phone number, empty for none; raises BadInput."""
        fields = {**read_contact(email, phone), "emailRefused": False}
        return await self._set(shop, member, fields)

    async def add_address(self, shop: Shop, member: Member, fields: Mapping[str, str]) -> Customer:
        """Keep an address; raises BadInput naming the field, or when the book is full."""
        customer = await self.keep_address(shop, member, read_address(shop, fields))
        if customer is None:
            raise BadInput("addresses", "too_many", MAX_ADDRESSES)
        return customer

    async def keep_address(self, shop: Shop, member: Member, address: Address) -> Customer | None:
        """Keep an address if it is new; None when the book is full."""
        customer = await self.of(shop, member)
        if any(saved.address == address for saved in customer.addresses):
            return customer
        saved = SavedAddress(id=str(ObjectId()), address=address)
        kept = await Customer.add_address(self._db, customer, saved, limit=MAX_ADDRESSES)
        if kept is None:  # unless the book is full, the record was merged at this moment
            customer = await self.of(shop, member)
            kept = await Customer.add_address(self._db, customer, saved, limit=MAX_ADDRESSES)
        return kept

    async def drop_address(self, shop: Shop, member: Member, address_id: str) -> Customer:
        """Forget an address; raises NotFound."""
        dropped = await Customer.drop_address(self._db, await self.of(shop, member), address_id)
        return required(dropped, "address")

    async def set_default_address(self, shop: Shop, member: Member, address_id: str) -> Customer:
        """Offer this address first; raises NotFound."""
        if (await self.of(shop, member)).address(address_id) is None:
            raise NotFound("address")
        return await self._set(shop, member, {"defaultAddressId": address_id})

    async def set_notices(
        self,
        shop: Shop,
        member: Member,
        *,
        dm_opt_out: bool | None = None,
        dm: Mapping[str, bool] | None = None,
        email: Mapping[str, bool] | None = None,
    ) -> Customer:
        """Switch notices on or off, by the names in NOTICES; what is not named stays."""
        fields: dict[str, Any] = {} if dm_opt_out is None else {"dmOptOut": dm_opt_out}
        fields |= {f"dmPreferences.{_STORED[key]}": on for key, on in (dm or {}).items()}
        fields |= {f"emailPreferences.{_STORED[key]}": on for key, on in (email or {}).items()}
        return await self._set(shop, member, fields)

    async def _set(self, shop: Shop, member: Member, fields: dict[str, Any]) -> Customer:
        customer = await self.of(shop, member)
        if not fields:
            return customer
        done = await Customer.set_fields(self._db, customer, fields)
        if done is None:  # merged at this moment
            customer = await self.of(shop, member)
            done = await Customer.set_fields(self._db, customer, fields)
        return done or customer


def _same(found: Customer, fresh: Customer) -> bool:
    return (
        found.discord_username == fresh.discord_username
        and found.discord_display_name == fresh.discord_display_name
        and fresh.locale in {None, found.locale}
    )


def read_contact(email: str, phone: str) -> dict[str, str | None]:
    """An e-mail address and a phone number as they are stored, empty for none; raises BadInput."""
    email, phone = email.strip(), phone.strip()
    if email and (len(email) > _EMAIL_LENGTH or not _EMAIL.fullmatch(email)):
        raise BadInput("email", "not_an_email")
    if phone and not _PHONE.fullmatch(phone):
        raise BadInput("phone", "not_a_phone")
    return {"email": email or None, "phone": phone or None}


def read_address(shop: Shop, fields: Mapping[str, str]) -> Address:
    """An address from what a person typed; raises BadInput naming the first field that is wrong."""
    typed = {key: " ".join(value.split()) for key, value in fields.items() if visible(value)}
    country = typed.get("country", "").upper()
    if not _COUNTRY.fullmatch(country):
        raise BadInput("country", "not_a_country")
    optional = {key: typed.get(key) or None for key in ("line2", "phone")}
    try:
        address = Address(
            tenant_id=shop.id,
            name=typed.get("name", ""),
            line1=typed.get("line1", ""),
            city=typed.get("city", ""),
            state=typed.get("state", ""),
            postal_code=typed.get("postal_code", ""),
            country=country,
            **optional,
        )
    except ValidationError as error:
        first = error.errors()[0]
        limit = first.get("ctx", {}).get("max_length")
        raise BadInput(str(first["loc"][0]), "length" if limit else "required", limit) from error
    return checked(address)
