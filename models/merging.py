"""Where records name a customer, and how all of them come to name another one (docs/adr/0021)."""

from models.access import User
from models.base import Db, Document, Tx
from models.customer import Customer
from models.customer_note import CustomerNote
from models.discount import Discount
from models.discount_use import DiscountAssignment, DiscountUse
from models.fund import CommunityFundContribution, CommunityFundDisbursement
from models.order import Order

# A test finds every field that names a customer and looks for it here.
REFERENCES: tuple[tuple[type[Document], str], ...] = (
    (Order, "customerId"),
    (DiscountAssignment, "customerId"),
    (DiscountUse, "customerId"),
    (CustomerNote, "customerId"),
    (CommunityFundContribution, "customerId"),
    (CommunityFundDisbursement, "recipientCustomerId"),
    (User, "customerId"),
    (User, "primaryCustomerId"),
    # Whoever was merged into the one that goes points to the one that stays: never two steps.
    (Customer, "mergedInto"),
)
LISTED: tuple[tuple[type[Document], str], ...] = ((Discount, "customerIds"),)


async def move(db: Db, tenant_id: str, gone: str, kept: str, *, tx: Tx) -> dict[str, int]:
    """Let everything that names the one customer name the other; how many, by collection and field."""
    moved = {}
    for document, name in REFERENCES:
        done = await document.rows(db).update_many(
            {"tenantId": tenant_id, name: gone}, {"$set": {name: kept}}, session=tx
        )
        moved[f"{document.__collection__}.{name}"] = done.modified_count
    for document, name in LISTED:
        where = {"tenantId": tenant_id, name: gone}
        await document.rows(db).update_many(where, {"$addToSet": {name: kept}}, session=tx)
        done = await document.rows(db).update_many(where, {"$pull": {name: gone}}, session=tx)
        moved[f"{document.__collection__}.{name}"] = done.modified_count
    return {name: count for name, count in moved.items() if count}
