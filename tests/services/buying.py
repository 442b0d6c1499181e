"""Steps of a purchase that many tests take."""

from models.member import Member
from models.order import Order
from models.product import Product
from services import Services
from services.claims import ClaimView
from services.shops import Shop
from tests.services.conftest import OWNER


async def review(
    services: Services, shop: Shop, member: Member, product: Product, quantity: int = 1
) -> tuple[str, int]:
    """A cart brought to its review: the session's id and version."""
    await services.carts.add(shop, member, product.key, quantity)
    view = await services.checkout.choose_payment(shop, member, "VENMO")
    return view.session.key, view.session.version


async def order(services: Services, shop: Shop, member: Member, product: Product, quantity: int = 1) -> Order:
    """A placed order."""
    session_id, version = await review(services, shop, member, product, quantity)
    return await services.placement.place(shop, member, session_id, version)


async def claimed(services: Services, shop: Shop, member: Member, placed: Order) -> ClaimView:
    """A placed order whose customer says it is paid."""
    await services.claims.claim(shop, member, placed.key, f"@{member.username}")
    return await services.claims.view(shop, placed.payment_id)


async def paid(services: Services, shop: Shop, member: Member, product: Product, quantity: int = 1) -> Order:
    """An order that staff approved."""
    view = await claimed(services, shop, member, await order(services, shop, member, product, quantity))
    done = await services.claims.approve(
        shop, OWNER, view.payment.key, view.payment.claims, view.order.order_number
    )
    return done.order
