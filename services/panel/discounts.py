"""Discounts in the panel: their terms do not move, so that only what they are called is changed here."""

from models.discount import Discount
from models.discount_use import DiscountAssignment, DiscountUse
from services.access import Permission
from services.panel.contract import Declared, Filter, Form, Link, PanelSection, Related, Way

_WITH = "/admin discount"
_OPEN, _DISCOUNT = Way("discount:open", "discountId"), Link("discountId", "discount")
_CUSTOMER = Link("customerId", "customer")

DECLARED = (
    Declared(
        "discount", Discount, PanelSection.COMMERCE,
        columns=("label", "code", "type", "isActive", "usageCount"),
        search=("code",), filters=(Filter("isActive"),), called=("label", "code"),
        edits=Permission.DISCOUNT_MANAGE, forms=(Form("name", ("label",)),),
        changed_with=_WITH, ways=(Way("discount:open"),),
        related=(Related("assigned", "discountId"), Related("use", "discountId")),
        moves=("usageCount", "consumedOrderIds", "holds"),
    ),
    Declared(
        "assigned", DiscountAssignment, PanelSection.COMMERCE,
        columns=("discountId", "customerId", "rule", "usedCount"), sort="discountId customerId",
        changed_with=_WITH, ways=(_OPEN,), links=(_DISCOUNT, _CUSTOMER),
    ),
    Declared(
        "use", DiscountUse, PanelSection.COMMERCE,
        columns=("orderNumber", "discountId", "amountCents", "status"), sort="discountId -createdAt",
        search=("orderId",), changed_with=_WITH, ways=(_OPEN,),
        links=(_DISCOUNT, Link("orderId", "order"), _CUSTOMER),
    ),
)  # fmt: skip
