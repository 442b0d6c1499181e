"""What an order is made of: its lines, who bought, and its history."""

from typing import Any

from models.base import Field, Part, Utc
from models.digital_file import DeliveryFile


class OrderItem(Part):
    """A line; in an order everything is frozen at the time of Confirm. Price in minor units, each."""

    product_id: str
    sku: str
    name: str
    quantity: int = Field(ge=1)
    unit_price_cents: int = Field(ge=0)
    is_digital: bool = False
    inventory_tracked: bool = True
    granted_role_ids: list[str] = Field(default_factory=list)
    role_days: int | None = Field(default=None, description="Days that each piece keeps the granted roles")
    delivery_text: str | None = None
    delivery_link: str | None = None
    delivery_file: DeliveryFile | None = None
    delivers_keys: bool = False
    discount_cents: int = Field(default=0, ge=0, description="This line's part of the order's discount")
    tax_cents: int = Field(default=0, ge=0, description="This line's part of the order's tax")
    refunded_cents: int | None = Field(
        default=None, description="What went back of it, without tax; None: not known"
    )
    refunded_quantity: int = Field(default=0, ge=0, description="Pieces that went back")

    @property
    def line_cents(self) -> int:
        """Price of the whole line in minor units."""
        return self.quantity * self.unit_price_cents

    @property
    def handed_over(self) -> dict[str, Any]:
        """What its buyer gets at once when it is paid, by `text`, `link` and `file`; keys come after it."""
        if not self.is_digital:
            return {}
        file = self.delivery_file.model_dump() if self.delivery_file else None
        every = {"text": self.delivery_text, "link": self.delivery_link, "file": file}
        return {kind: given for kind, given in every.items() if given}


class OrderCustomer(Part):
    """Who bought, as known at the time of Confirm."""

    discord_id: str
    discord_username: str
    discord_display_name: str
    email: str | None = None
    locale: str | None = None


class OrderEvent(Part):
    """One entry of an order's history: a state reached, or a note of staff."""

    at: Utc
    what: str
    actor_id: str | None = None
    note: str | None = None
