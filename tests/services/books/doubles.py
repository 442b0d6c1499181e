"""Faults that an index keeps out, planted where the index was lost."""

from typing import Any

from models.base import TenantDocument
from models.digital_key import DigitalKey
from models.order import Order
from models.payment import Payment
from models.session import OrderSession
from tests.services.books.conftest import World
from tests.services.books.planting import Fault, copied


async def _without_index(world: World, document: type[TenantDocument], *keys: str) -> None:
    for name, known in (await document.rows(world.db).index_information()).items():
        if [key for key, _ in known["key"]] == list(keys):
            await document.rows(world.db).drop_index(name)


async def _same_number(world: World) -> None:
    await _without_index(world, Order, "tenantId", "orderNumber")
    number = {"$set": {"orderNumber": world.paid.order_number}}
    await Order.rows(world.db).update_one({"_id": world.cancelled.id}, number)


async def _same_invoice(world: World) -> None:
    await _without_index(world, Order, "tenantId", "invoiceNumber")
    paid = await Order.get(world.db, world.shop.id, world.paid.key)
    assert paid is not None
    number = {"$set": {"invoiceNumber": paid.invoice_number}}
    await Order.rows(world.db).update_one({"_id": world.game.id}, number)


async def _two_payments(world: World) -> None:
    await _without_index(world, Payment, "tenantId", "orderId")
    where: dict[str, Any] = {"orderId": world.waiting.key}
    await copied(world, Payment, where)


async def _two_carts(world: World) -> None:
    await _without_index(world, OrderSession, "tenantId", "discordUserId")
    where = {"submittedOrderId": world.paid.key}
    opened = {"state": "OPEN", "isOpen": True, "submittedOrderId": None}
    await copied(world, OrderSession, where, **opened)
    await copied(world, OrderSession, where, **opened)


async def _same_key(world: World) -> None:
    await _without_index(world, DigitalKey, "tenantId", "productId", "digest")
    free = {"status": "FREE", "entitlementId": None, "orderId": None, "takenAt": None, "slot": None}
    await copied(world, DigitalKey, {"status": "TAKEN"}, **free)


DOUBLES: dict[str, Fault] = {
    "number": Fault(frozenset({"number_twice", "payment_other"}), _same_number),
    "invoice": Fault(frozenset({"invoice_twice", "invoice_gap"}), _same_invoice),
    "payment": Fault(frozenset({"payment_twice"}), _two_payments),
    "key": Fault(frozenset({"key_twice"}), _same_key),
    "cart": Fault(frozenset({"session_twice"}), _two_carts),
}
