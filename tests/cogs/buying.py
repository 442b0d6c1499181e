"""Orders as far as a test needs them, made by the services."""

from bot.sandbox import Person, Seen
from models.order import Order
from services import Services
from services.shops import Shop
from tests.cogs.conftest import member

ADDRESS = {
    "Full name": "Ada Lovelace",
    "Street and number": "12 Garden Street\nApartment 4",
    "City, state or region": "Springfield, Illinois",
    "Postal code": "62704",
    "Country, phone number": "United States, +1 217 555 0100",
}
CLAIM = {"Which name or note will we see?": "@ada-pays"}


async def placed(
    services: Services, shop: Shop, person: Person, product_id: str, *, by: str = "VENMO"
) -> Order:
    """An order of one piece, waiting for its payment."""
    who = member(person)
    await services.carts.add(shop, who, product_id)
    view = await services.checkout.choose_payment(shop, who, by)
    return await services.placement.place(shop, who, view.session.key, view.session.version)


async def claimed(services: Services, shop: Shop, person: Person, order: Order) -> tuple[str, int]:
    """The payment and turn of a claim that this person made."""
    await services.claims.claim(shop, member(person), order.key, "@ada-pays")
    payment = (await services.claims.waiting(shop)).claims[-1].payment
    return payment.key, payment.claims


async def paid(services: Services, shop: Shop, person: Person, owner: Person, order: Order) -> None:
    """The payment arrived and was approved."""
    payment_id, turn = await claimed(services, shop, person, order)
    await services.claims.approve(shop, member(owner), payment_id, turn, order.order_number)


async def review(ada: Person, product: str, *, pay_with: str = "Zelle") -> Seen:
    """The review of a checkout that holds one digital product."""
    seen = await ada.run("/cart add", product=product)
    seen = await seen.press("Check out")
    return await seen.choose("Choose how to pay", pay_with)


async def orders_of(services: Services, shop: Shop, person: Person) -> list[Order]:
    """What this person ordered, newest first."""
    return (await services.orders.of_member(shop, member(person))).orders
