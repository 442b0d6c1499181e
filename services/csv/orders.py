"""Orders as a file to look at: what was bought, for how much, and how far it is."""

from models.base import Db, Tx
from models.bulk import Stored
from models.order import Order
from services.access import Permission
from services.csv.cells import LINES, MOMENT, MONEY
from services.csv.contract import Column, Kind


class Orders(Kind):
    """A row for each order, its lines in one cell; without the personal columns it names nobody."""

    name = "orders"
    model = Order
    order = "createdAt"
    period = "createdAt"
    # Who sees orders sees who bought.
    to_export = frozenset({Permission.ORDER_VIEW})
    columns = (
        Column("orderNumber"),
        Column("createdAt", MOMENT),
        Column("status"),
        Column("discordId", personal=True),
        Column("discordUsername", personal=True),
        Column("discordDisplayName", personal=True),
        Column("email", personal=True),
        Column("items", LINES, "lines"),
        Column("subtotal", MONEY, "subtotal_cents"),
        Column("discountCode"),
        Column("discountAmount", MONEY, "discount_amount_cents"),
        Column("shippingTypeLabel"),
        Column("shippingCost", MONEY, "shipping_cost_cents"),
        Column("taxAmount", MONEY, "tax_amount_cents"),
        Column("total", MONEY, "total_cents"),
        Column("refunded", MONEY, "refunded_cents"),
        Column("currency"),
        Column("paymentMethod"),
        Column("paidAt", MOMENT),
        Column("cancelledAt", MOMENT),
        Column("invoiceNumber"),
        Column("shippingStatus"),
        Column("trackingNumber", personal=True),
    )

    async def enriched(self, db: Db, tenant_id: str, rows: list[Stored], tx: Tx | None) -> list[Stored]:
        """With customer and lines side by side."""
        del db, tenant_id, tx
        return [row | row["customer"] | {"lines": [_line(item) for item in row["items"]]} for row in rows]


def _line(item: Stored) -> str:
    return f"{item['quantity']} × {item['sku']} {' '.join(item['name'].split())}"  # noqa: RUF001 - times


KIND = Orders()
