"""An order of three kinds of lines with a discount and a parcel, and what went back of it."""

from collections import Counter
from dataclasses import dataclass

from models.base import Db
from models.entitlement import Entitlement, EntitlementStatus
from models.inventory import InventoryMove, InventorySnapshot, InventoryTransaction, replay
from models.member import Member
from models.order import Order
from models.payment import Payment
from models.product import Product
from models.tenant import ShippingType
from services import Services
from services.payments.processor import Money, News, What
from services.settling.credit import Picked, credit
from services.shops import Shop
from tests.services import hosting
from tests.services.conftest import ADA, OWNER, MakeProduct
from tests.services.test_review_shipping import HOME

# What a customer pays for a basket: three mugs at 9.99, two roles at 5.00, one e-book at 7.50; 10% off the
# 47.47 of it are 4.75; the parcel is 4.50.
PRICES, TOTAL = {"mug": 999, "vip": 500, "book": 750}, 4747 - 475 + 450


@dataclass(frozen=True)
class Basket:
    """Products by their names: mugs are sent, roles are counted, the e-book is not."""

    mug: Product
    vip: Product
    book: Product

    @property
    def all(self) -> tuple[Product, ...]:
        return self.mug, self.vip, self.book


async def opened(services: Services, shop: Shop) -> Shop:
    """The shop with Cash App Pay, a way to ship, and 10% off everything."""
    shop = await hosting.offer(services, shop)
    made = await services.discounts.create(shop, OWNER, {"off": "10%"})
    await services.discounts.switch(shop, OWNER, made.discount.key, active=True)
    kind = ShippingType(code="std", label="Standard", cost_cents=450)
    return await services.shops.configure(shop, OWNER, shipping_types=[kind])


async def basket(product: MakeProduct, name: str = "", many: int = 100) -> Basket:
    """A full shelf."""
    return Basket(
        mug=await product(f"{name}Mug", PRICES["mug"], many, is_digital=False),
        vip=await product(f"{name}VIP", PRICES["vip"], many, granted_role_ids=["77"]),
        book=await product(f"{name}Book", PRICES["book"], None, delivery_text="Once upon a time"),
    )


async def order(
    services: Services, shop: Shop, of: Basket, method: str = "CASHAPP_PAY", who: Member = ADA
) -> Order:
    """A placed order of the whole basket, not paid yet."""
    for each, many in zip(of.all, (3, 2, 1), strict=True):
        await services.carts.add(shop, who, each.key, many)
    await services.checkout.enter_address(shop, who, HOME)
    await services.checkout.choose_shipping(shop, who, "std")
    view = await services.checkout.choose_payment(shop, who, method)
    placed = await services.placement.place(shop, who, view.session.key, view.session.version)
    assert placed.total_cents == TOTAL
    return placed


async def paid(services: Services, shop: Shop, of: Basket, who: Member = ADA) -> Order:
    """An order of the whole basket, paid through a provider."""
    placed = await order(services, shop, of, who=who)
    await services.hosted.take(shop.id, "cashapp_pay", hosting.paid(placed, f"ch_{placed.key}"))
    return await now(services, shop, placed)


async def approved(services: Services, shop: Shop, of: Basket) -> Order:
    """An order of the whole basket, paid by Venmo, as staff say."""
    placed = await order(services, shop, of, "VENMO")
    claim = await services.claims.claim(shop, ADA, placed.key, "@ada")
    view = await services.claims.view(shop, claim.payment_id)
    await services.claims.approve(shop, OWNER, view.payment.key, view.payment.claims, placed.order_number)
    return await now(services, shop, placed)


async def now(services: Services, shop: Shop, placed: Order) -> Order:
    """The order as it stands."""
    return (await services.orders.staff_view(shop, placed.key)).order


async def worth(services: Services, shop: Shop, placed: Order, picked: Picked) -> int:
    """What staff are shown that a choice is worth."""
    payment = await hosting.payment(services, shop, placed)
    return credit(await now(services, shop, placed), payment, picked).cents


async def take_back(
    services: Services,
    shop: Shop,
    placed: Order,
    picked: Picked,
    *,
    restock: bool = True,
    by_hand: bool = False,
) -> Payment:
    """Staff choose and confirm what they were shown."""
    cents = await worth(services, shop, placed, picked)
    return await services.refunds.take_back(
        shop, OWNER, placed.payment_id, picked, cents, "sorry", restock=restock, by_hand=by_hand
    )


def made(placed: Order, payment: Payment, at: int = -1, what: What = What.REFUNDED) -> News:
    """What the provider tells of one of our refunds."""
    refund = payment.refunds[at]
    amount = Money(refund.amount_cents, payment.currency)
    ref = refund.provider_ref or f"re_{refund.key}"
    return News(what, order_id=placed.key, charge_ref=refund.charge_ref, refund_ref=ref, amount=amount)


async def tell(services: Services, shop: Shop, news: News) -> str:
    """The provider tells."""
    return await services.hosted.take(shop.id, "cashapp_pay", news)


async def back_on_the_shelf(db: Db, placed: Order) -> Counter[str]:
    """Pieces that the ledger says came back of this order, by product id."""
    rows = await InventoryTransaction.find_all(db, {"orderId": placed.key, "type": InventoryMove.REFUND})
    return Counter(
        {
            key: sum(r.quantity_delta for r in rows if r.product_id == key)
            for key in {r.product_id for r in rows}
        }
    )


async def revoked(db: Db, shop: Shop, placed: Order) -> set[str]:
    """Products of which everything that the order handed over was taken back; nothing is half taken back."""
    owed = await Entitlement.of_order(db, shop.id, placed.key)
    lost = {each.product_id for each in owed if each.status is EntitlementStatus.REVOKED}
    assert not any(each.product_id in lost for each in owed if each.status is not EntitlementStatus.REVOKED)
    return lost


async def stock_fits(db: Db, shop: Shop, of: Basket) -> None:
    """The ledger replays to the snapshots, and nothing waits to be counted."""
    assert not await InventoryTransaction.find_all(db, {"tenantId": shop.id, "settled": False})
    for each in of.all:
        snapshot = await InventorySnapshot.of_product(db, shop.id, each.key)
        stands = (snapshot.quantity_available, snapshot.quantity_reserved)
        assert stands == await replay(db, shop.id, each.key)
