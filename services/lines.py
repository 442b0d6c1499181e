"""The lines of a cart and their sum: what a product is as a line, and what moved between the two since."""

from dataclasses import dataclass

from models.member import Member
from models.order import OrderItem
from models.problems import Change
from models.product import Product
from services.catalog import missing_roles, shows_stock
from services.shops import Shop


@dataclass(frozen=True)
class Totals:
    """What a cart or an order costs, in minor units; `tax` is None where it could not be computed.

    `gift` is for the community fund.
    """

    subtotal: int
    discount: int
    shipping: int
    tax: int | None
    currency: str
    gift: int = 0

    @property
    def total(self) -> int:
        """What is to be paid."""
        return self.subtotal - self.discount + self.shipping + (self.tax or 0) + self.gift


@dataclass(frozen=True)
class CartLine:
    """A line with what is available of it now; `problem` stands in the way of Confirm."""

    item: OrderItem
    available: int | None
    problem: Change | None


def line_of(product: Product, quantity: int) -> OrderItem:
    """A product as a line, with today's name and price."""
    return OrderItem(
        product_id=product.key,
        sku=product.sku,
        name=product.name,
        quantity=quantity,
        unit_price_cents=product.price_cents,
        is_digital=product.is_digital,
        inventory_tracked=product.inventory_tracked,
        granted_role_ids=product.granted_role_ids,
        role_days=product.role_days,
        delivery_text=product.delivery_text,
        delivery_link=product.delivery_link,
        delivery_file=product.delivery_file,
        delivers_keys=product.delivers_keys,
    )


def compared(
    shop: Shop, item: OrderItem, product: Product | None, stock: dict[str, int], member: Member
) -> CartLine:
    """A line beside what is on the shelf now; how many are left is told only where the shop shows that."""
    available = stock.get(item.product_id)
    problem = difference(item, product, available, member)
    if problem and problem.kind == "stock" and available and product and not shows_stock(shop, product):
        problem = Change("stock", problem.name, problem.old)
    return CartLine(item, available, problem)


def difference(
    item: OrderItem, product: Product | None, available: int | None, member: Member
) -> Change | None:
    """What moved between a line and its product, first things first; None when the line still holds."""
    if product is None or not product.is_active:
        return Change("gone", item.name)
    if missing_roles(product, member):
        return Change("roles", product.name)
    if available is not None and available < item.quantity:
        return Change("stock", product.name, item.quantity, available)
    return _terms(item, product)


def _terms(item: OrderItem, product: Product) -> Change | None:
    if product.price_cents != item.unit_price_cents:
        return Change("price", product.name, item.unit_price_cents, product.price_cents)
    if product.is_digital != item.is_digital:
        return Change("shipping", product.name)
    if product.role_days != item.role_days:
        return Change("term", product.name, item.role_days, product.role_days)
    return None
