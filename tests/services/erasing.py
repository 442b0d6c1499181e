"""Somebody with everything that a shop can know of a person, and a look for what is left of it."""

from typing import Any

from models.address import Address
from models.base import Db
from models.customer import Customer
from models.member import Member
from models.order import Order
from models.payment import Payment
from models.product import Product
from models.webhook import WebhookEvent, WebhookProvider, WebhookState
from services import Services
from services.shops import Shop
from tests.services import buying
from tests.services.conftest import OWNER, TestClock
from tests.services.quiet import quiet

# Found nowhere else, so that each place where it is left can be seen.
MARK = "Zwirbelwind"
ADDRESS = {
    "name": f"{MARK} Ada",
    "line1": f"1 {MARK} Road",
    "city": f"{MARK}ville",
    "state": "IL",
    "postal_code": "62704",
    "country": "US",
}
EMAIL, PHONE = f"{MARK.lower()}@example.com", "+1 555 010 7777"


def person(number: int = 2) -> Member:
    """Somebody whose every name can be found again."""
    return Member(f"7770000{number:04}", f"{MARK.lower()}{number}", f"{MARK} {number}")


async def known(services: Services, shop: Shop, who: Member) -> Customer:
    """Their record with all that they and the staff entered."""
    await services.customers.set_profile(shop, who, EMAIL, PHONE)
    customer = await services.customers.add_address(shop, who, ADDRESS)
    desk = services.customer_desk
    await desk.edit(shop, OWNER, customer.key, email=EMAIL, phone=PHONE, remark=f"{MARK} pays late")
    await desk.add_note(shop, OWNER, customer.key, f"{MARK} called")
    return await desk.get(shop, customer.key)


async def served(services: Services, shop: Shop, who: Member, product: Product) -> Order:
    """An order of theirs that was paid, handed over, told, and written about."""
    order = await buying.order(services, shop, who, product)
    await services.claims.claim(shop, who, order.key, f"@{MARK}-pays")
    view = await services.claims.view(shop, order.payment_id)
    await services.claims.approve(
        shop, OWNER, view.payment.key, view.payment.claims, f"from {MARK} {order.key}"
    )
    await services.orders.add_note(shop, OWNER, order.key, f"{MARK} wants it soon")
    quiet(services)
    await services.worker.drain()
    return order


async def posted(db: Db, order: Order) -> None:
    """Let the order have an address, as one that ships has."""
    address = Address(tenant_id=order.tenant_id, **ADDRESS)
    await Order.change(db, {"_id": order.id}, {"$set": {"shippingAddress": address.model_dump_doc()}})


async def told(
    db: Db, order: Order, clock: TestClock, state: WebhookState = WebhookState.DONE
) -> WebhookEvent:
    """What a provider said about an order's payment, with the payer's name."""
    await Payment.change(db, {"orderId": order.key}, {"$set": {"providerRef": f"pi_{order.key}"}})
    body = f'{{"id": "pi_{order.key}", "payer": "{MARK}"}}'.encode()
    return await WebhookEvent(
        tenant_id=order.tenant_id,
        provider=WebhookProvider.STRIPE,
        event_id=f"evt_{order.key}",
        received_at=clock.now(),
        payload={"payer": MARK},
        body=body,
        digest="d",
        state=state,
        next_attempt_at=clock.now(),
    ).insert(db)


async def left_of(db: Db, *marks: str) -> dict[str, list[str]]:
    """Where any of these texts is still stored, whatever its case, by collection."""
    found: dict[str, list[str]] = {}
    for name in sorted(await db.database.list_collection_names()):
        rows: list[dict[str, Any]] = [row async for row in db.database[name].find()]
        hits = [str(row) for row in rows if any(mark.lower() in str(row).lower() for mark in marks)]
        if hits:
            found[name] = hits
    return found
