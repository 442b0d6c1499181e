"""Where records name other records: all of them have to be there, and of the same tenant."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from models.access import Role, RoleAssignment, User
from models.base import TenantDocument
from models.customer import Customer
from models.customer_note import CustomerNote
from models.digital_file import DigitalFile
from models.digital_key import DigitalKey
from models.discount import Discount
from models.discount_use import DiscountAssignment, DiscountUse
from models.entitlement import Entitlement
from models.fund import CommunityFundContribution, CommunityFundDisbursement
from models.fund_ledger import FundEntry
from models.inventory import InventorySnapshot, InventoryTransaction
from models.order import Order
from models.outbox import OutboxEffect
from models.payment import Payment
from models.product import Product
from models.session import OrderSession
from models.shipment import Shipment
from models.waiting import Waiting


class Reference(NamedTuple):
    """A stored field, as a path through parts and lists, and the kind of record that it names."""

    document: type[TenantDocument]
    path: str
    target: type[TenantDocument]


_NAMES: dict[type[TenantDocument], dict[str, type[TenantDocument]]] = {
    Order: {
        "customerId": Customer,
        "paymentId": Payment,
        "discountId": Discount,
        "shipmentId": Shipment,
        "items.productId": Product,
    },
    Payment: {"orderId": Order},
    Shipment: {"orderId": Order, "parcels.lines.productId": Product},
    InventorySnapshot: {"productId": Product},
    InventoryTransaction: {"productId": Product, "orderId": Order},
    OrderSession: {"items.productId": Product, "submittedOrderId": Order, "discountId": Discount},
    Entitlement: {"orderId": Order, "productId": Product},
    DigitalKey: {"productId": Product, "entitlementId": Entitlement, "orderId": Order},
    DigitalFile: {"productId": Product},
    Discount: {"productIds": Product, "customerIds": Customer, "consumedOrderIds": Order},
    DiscountUse: {
        "discountId": Discount,
        "orderId": Order,
        "customerId": Customer,
        "assignmentId": DiscountAssignment,
    },
    DiscountAssignment: {"discountId": Discount, "customerId": Customer},
    CommunityFundContribution: {"customerId": Customer, "orderId": Order},
    CommunityFundDisbursement: {"recipientCustomerId": Customer},
    FundEntry: {"contributionId": CommunityFundContribution, "disbursementId": CommunityFundDisbursement},
    OutboxEffect: {"orderId": Order},
    Customer: {"mergedInto": Customer, "userId": User},
    CustomerNote: {"customerId": Customer},
    User: {"customerId": Customer, "primaryCustomerId": Customer},
    RoleAssignment: {"userId": User, "roleId": Role},
    Waiting: {"productId": Product, "orderId": Order},
}
REFERENCES = tuple(
    Reference(document, path, target) for document, paths in _NAMES.items() for path, target in paths.items()
)


def named(row: Any, path: str) -> Iterator[str]:
    """The ids that stand at a path of a stored record."""
    if isinstance(row, list):
        for each in row:
            yield from named(each, path)
    elif not path:
        if row:
            yield str(row)
    elif isinstance(row, dict):
        first, _, rest = path.partition(".")
        yield from named(row.get(first), rest)
