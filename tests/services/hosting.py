"""Orders to be paid on a provider's page, and what the provider says of them."""

from decimal import Decimal

from bson import ObjectId

from models.member import Member
from models.order import Order
from models.payment import Payment
from models.product import Product
from services import Services
from services.payments.processor import Coins, Money, News, What
from services.shops import Shop
from tests.fakes.square import Square
from tests.fakes.stripe import Stripe
from tests.services.conftest import OWNER

KEYS = {
    "CASHAPP_PAY": {
        "access_token": Square.TOKEN,
        "location_id": Square.LOCATION,
        "signature_key": Square.SIGNATURE_KEY,
    },
    "STRIPE": {"secret_key": Stripe.KEY, "webhook_secret": Stripe.WEBHOOK_SECRET},
}


async def offer(services: Services, shop: Shop, method: str = "CASHAPP_PAY") -> Shop:
    """The shop with keys to this processor, which it offers."""
    return await services.providers.configure(shop, OWNER, method, KEYS[method])


async def order(
    services: Services,
    shop: Shop,
    member: Member,
    product: Product,
    quantity: int = 1,
    method: str = "CASHAPP_PAY",
) -> Order:
    """A placed order that waits for its payment."""
    await services.carts.add(shop, member, product.key, quantity)
    view = await services.checkout.choose_payment(shop, member, method)
    return await services.placement.place(shop, member, view.session.key, view.session.version)


async def payment(services: Services, shop: Shop, placed: Order) -> Payment:
    """The order's payment as it stands."""
    return (await services.payments.of_order(shop, placed.key)).payment


def paid(placed: Order, ref: str = "", cents: int | None = None, currency: str = "") -> News:
    """The news that this much arrived for an order; all of it by default."""
    amount = Money(placed.total_cents if cents is None else cents, currency or placed.currency)
    return News(What.PAID, order_id=placed.key, charge_ref=ref or f"ch_{ObjectId()}", amount=amount)


def coins(
    placed: Order, ref: str, share: str, *, what: What = What.UNDERPAID, note: str | None = None
) -> News:
    """The news that a share of an order's price arrived in crypto, at 1 coin for 100.00."""
    price = Decimal(placed.total_cents) / 10000
    came = price * Decimal(share)
    cents = int(Decimal(placed.total_cents) * Decimal(share))
    return News(
        what,
        order_id=placed.key,
        charge_ref=ref,
        amount=Money(cents, placed.currency),
        coins=Coins(came, "btc"),
        coins_due=Coins(price, "btc"),
        note=note,
    )
