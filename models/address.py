"""Where something ships to."""

from models.base import Field, Part


class Address(Part):
    """A postal address; `country` is an ISO 3166-1 alpha-2 code."""

    tenant_id: str
    name: str = Field(min_length=1, max_length=100)
    line1: str = Field(min_length=1, max_length=100)
    line2: str | None = Field(default=None, max_length=100)
    city: str = Field(min_length=1, max_length=100)
    state: str = Field(max_length=100)
    postal_code: str = Field(max_length=20)
    country: str = Field(min_length=2, max_length=2)
    phone: str | None = Field(default=None, max_length=40)


class SavedAddress(Part):
    """An address in a customer's book, with the id that commands refer to."""

    id: str
    address: Address
