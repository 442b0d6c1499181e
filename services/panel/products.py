"""Products and their stock in the panel: what is sold, counted, handed out and waited for."""

from collections.abc import Mapping
from typing import Any

from models.base import Document
from models.digital_file import DigitalFile
from models.digital_key import DigitalKey
from models.inventory import InventorySnapshot, InventoryTransaction
from models.product import Product
from models.waiting import Waiting
from services.access import Permission
from services.panel.contract import Declared, Filter, Form, Link, PanelSection, Related, Values, Way
from services.panel.reading import checked_link

_STOCK, _PRODUCT = Way("stock:open", "productId"), Link("productId", "product")


def _product(_: Document, values: Mapping[str, Any]) -> Values:
    checked_link(values, "image_url")
    folded = {"name_folded": values["name"].casefold()} if "name" in values else {}
    return {**values, **folded}


DECLARED = (
    Declared(
        "product", Product, PanelSection.COMMERCE,
        columns=("name", "sku", "priceCents", "isActive"), sort="nameFolded",
        search=("nameFolded", "sku"), filters=(Filter("isActive", "nameFolded"),),
        edits=Permission.PRODUCT_MANAGE,
        forms=(
            Form("words", ("name", "description", "imageUrl")),
            Form("prices", ("sku", "priceCents", "costCents")),
        ),
        choices=("qtyVisibility",), changed_with="/admin product",
        ways=(Way("product:open"), Way("stock:open")),
        related=(
            Related("snapshot", "productId"), Related("ledger", "productId"), Related("key", "productId"),
        ),
        hidden=("deliveryText", "deliveryLink", "deliveryFile"),
        check=_product, shows_storefront=True,
    ),
    Declared(
        "snapshot", InventorySnapshot, PanelSection.COMMERCE,
        columns=("productId", "quantityAvailable", "quantityReserved"), sort="productId",
        changed_with="/admin stock", ways=(_STOCK,), links=(_PRODUCT,),
    ),
    Declared(
        "ledger", InventoryTransaction, PanelSection.COMMERCE,
        columns=("productId", "type", "quantityDelta", "createdAt"), sort="productId -createdAt",
        changed_with="/admin stock", ways=(_STOCK,), links=(_PRODUCT, Link("orderId", "order")),
    ),
    Declared(
        "key", DigitalKey, PanelSection.COMMERCE,
        columns=("productId", "status", "takenAt"), sort="productId status",
        changed_with="/admin stock", ways=(_STOCK,),
        links=(_PRODUCT, Link("orderId", "order"), Link("entitlementId", "owed")),
        hidden=("sealed", "digest"),
    ),
    Declared(
        "file", DigitalFile, PanelSection.COMMERCE,
        columns=("name", "productId", "size", "offered"),
        changed_with="/admin product", ways=(Way("product:open", "productId"),), links=(_PRODUCT,),
        hidden=("content",),
    ),
    Declared(
        "waiting", Waiting, PanelSection.COMMERCE,
        columns=("productId", "discordUserId", "status", "askedAt"),
        changed_with="/admin stock", ways=(_STOCK,),
        links=(_PRODUCT, Link("discordUserId", "customer", "discordId"), Link("orderId", "order")),
    ),
)  # fmt: skip
