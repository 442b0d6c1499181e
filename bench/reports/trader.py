"""Shops by their numbers: who they are, and what was there before their first order."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import IntEnum

from bson import ObjectId

from bench.reports import blank
from bench.reports.blank import Row
from models.inventory import InventoryMove
from models.tenant import BotConfig, Tenant
from services.reports.period import Period

PERIOD = Period(date(2025, 3, 1), date(2026, 2, 28), "Europe/Berlin")
PRODUCTS, GONE, DISCOUNTS = 300, 3, 40
STOCK = 10_000_000
_AT_ONCE = 5000

type Rows = dict[str, list[Row]]


class Kind(IntEnum):
    """What a record is, as its id tells."""

    PRODUCT = 1
    DISCOUNT = 2
    CUSTOMER = 3
    ORDER = 4
    PAYMENT = 5
    SESSION = 6
    SHIPMENT = 7
    MOVE = 8
    SNAPSHOT = 9
    ENTITLEMENT = 10
    GIFT = 11
    ENTRY = 12


def key(trader: int, kind: int, n: int) -> str:
    """An id that tells what it is of: shop, kind, number."""
    return f"{trader:08x}{kind:04x}{n:012x}"


@dataclass(frozen=True)
class Trader:
    """A shop by its number, and how many orders it had within the period."""

    number: int
    orders: int

    @property
    def tenant_id(self) -> str:
        """The tenant's identifier."""
        return key(self.number, 0, 0)

    @property
    def tenant(self) -> Tenant:
        """The shop itself."""
        return Tenant(tenant_id=self.tenant_id, name=f"Shop {self.number}", owner_user_id="1")

    @property
    def config(self) -> BotConfig:
        """How it is set up."""
        return BotConfig(tenant_id=self.tenant_id, guild_id=f"{4012 + self.number}", time_zone=PERIOD.zone)

    @property
    def people(self) -> int:
        """How many customers it has."""
        return max(10, self.orders // 5)

    def before(self) -> Iterator[Rows]:
        """What is there before the first order, in portions."""
        kept = range(GONE, PRODUCTS)
        yield {
            "products": [self._product(n) for n in kept],
            "discounts": [self._discount(n) for n in range(DISCOUNTS)],
            "tenants": [self.tenant.model_dump_doc()],
            "botconfigs": [self.config.model_dump_doc()],
            "inventorytransactions": [
                {**blank.MOVE, **self.of(Kind.MOVE, n), "productId": self.product(n), "quantityDelta": STOCK}
                | {"type": InventoryMove.RESTOCK, "createdAt": blank.AT}
                for n in kept
            ],
        }
        for first in range(0, self.people, _AT_ONCE):
            yield {
                "customers": [self._customer(n) for n in range(first, min(first + _AT_ONCE, self.people))],
            }

    def product(self, n: int) -> str:
        """The id of a product."""
        return key(self.number, Kind.PRODUCT, n)

    def of(self, kind: Kind, n: int) -> Row:
        """The fields that say which record it is, and whose."""
        return {"_id": ObjectId(key(self.number, kind, n)), "tenantId": self.tenant_id}

    def _product(self, n: int) -> Row:
        fields = {
            "name": f"Thing {n}",
            "nameFolded": f"thing {n}",
            "sku": f"T{n}",
            "priceCents": 500 + 10 * n,
        }
        fields |= {"costCents": 200 + n}
        counted = n % 3 == 0
        return {**blank.PRODUCT, **self.of(Kind.PRODUCT, n), **fields} | {
            "isDigital": not counted,
            "inventoryTracked": counted,
        }

    def _discount(self, n: int) -> Row:
        return {**blank.DISCOUNT, **self.of(Kind.DISCOUNT, n), "code": f"OFF{n}", "label": f"Offer {n}"}

    def _customer(self, n: int) -> Row:
        names = {"discordUsername": f"user{n}", "discordDisplayName": f"User {n}"}
        return {**blank.CUSTOMER, **self.of(Kind.CUSTOMER, n), "discordId": str(10**17 + n), **names}
