"""(a) Confirm through the services against a bare Motor loop that writes the same documents."""

from collections.abc import Sequence
from datetime import UTC, datetime
from statistics import median
from typing import Any

from bson import ObjectId
from pymongo import ReturnDocument

from bench.load import Act, timed
from bench.report import Figure, Table
from bot.outside import Outside
from bot.wiring import build
from models.base import Db, transact
from models.member import Member
from models.order import Order
from models.product import Product
from models.registry import create_indexes
from services import Services
from services.clock import SystemClock
from services.links import Links
from services.rules import Rules
from services.shops import Shop
from services.vault import Vault

ORDERS = 200
PRODUCTS = 50
REPEATS = 3
CODE = "BENCH"
OWNER = Member("1", "owner", "Owner", owns_guild=True)


async def prepare(db: Db) -> tuple[Services, Shop, list[Product]]:
    """A shop with products in plenty."""
    await create_indexes(db)
    services = build(
        db, SystemClock(), Rules(), Links(["bench" * 10], None, SystemClock()), Outside(Vault(["bench" * 10]))
    )
    shop = await services.shops.claim(str(ObjectId()), "Bench", OWNER)
    shop = await services.methods.configure(shop, OWNER, "VENMO", {"recipient": "@bench-shop"})
    products = []
    for number in range(PRODUCTS):
        fields = {"name": f"Thing {number}", "sku": f"T{number}", "price_cents": 1000, "is_digital": True}
        product = await services.catalog.create(shop, OWNER, fields)
        await services.stock.restock(shop, OWNER, product.key, 100_000, "bench")
        products.append(product)
    made = await services.discounts.create(shop, OWNER, {"off": "10%", "code": CODE, "usage_limit": "999999"})
    await services.discounts.switch(shop, OWNER, made.discount.key, active=True)
    return services, shop, products


async def carts(
    services: Services, shop: Shop, products: Sequence[Product], code: str | None = None, many: int = ORDERS
) -> list[Act]:
    """One reviewed cart per order, ready for its Confirm; all with this discount code where one is given."""
    ready: list[Act] = []
    for number in range(many):
        member = Member(str(ObjectId()), f"user{number}", f"User {number}")
        await services.carts.add(shop, member, products[number % len(products)].key, 1)
        if code is not None:
            await services.carts.enter_code(shop, member, code)
        view = await services.checkout.choose_payment(shop, member, "VENMO")
        # A person who comes to Confirm was seen by the shop before.
        await services.customers.of(shop, member)
        key, version = view.session.key, view.session.version
        ready.append(lambda m=member, k=key, v=version: services.placement.place(shop, m, k, v))  # type: ignore[misc]
    return ready


async def bare(db: Db, services: Services, shop: Shop, products: Sequence[Product]) -> list[Act]:
    """The same writes in the same order, as plain Motor calls with documents made beforehand."""
    placed = [await confirm() for confirm in (await carts(services, shop, products))[:1]]
    order = placed[0]
    assert isinstance(order, Order)
    d = db.database
    models = ("orders", "payments", "inventorytransactions", "outbox")
    key = {"orders": "_id", "payments": "orderId", "inventorytransactions": "orderId", "outbox": "orderId"}
    samples = {
        name: await d[name].find_one({key[name]: order.id if name == "orders" else order.key})
        for name in models
    }
    session = await d["ordersessions"].find_one({"submittedOrderId": order.key})
    assert session is not None
    ready: list[Act] = []
    for number in range(ORDERS):
        product = products[number % len(products)].key
        fresh = {
            **session,
            "_id": ObjectId(),
            "discordUserId": str(ObjectId()),
            "state": "OPEN",
            "isOpen": True,
        }
        await d["ordersessions"].insert_one(fresh)
        ready.append(_bare_confirm(db, shop.id, product, fresh["_id"], samples))
    return ready


def _bare_confirm(
    db: Db, tenant: str, product: str, session_id: ObjectId, samples: dict[str, dict[str, Any] | None]
) -> Act:
    d = db.database

    async def confirm() -> None:
        order_id, now = ObjectId(), datetime.now(UTC)
        await d["ordersessions"].find_one_and_update(
            {"_id": session_id, "tenantId": tenant, "state": "OPEN"},
            {"$set": {"state": "CONFIRMING", "confirmingOrderId": str(order_id), "confirmingSince": now}},
            return_document=ReturnDocument.AFTER,
        )
        where = {"tenantId": tenant, "productId": product}
        await d["inventorysnapshots"].update_one(
            {**where, "quantityAvailable": {"$gte": 1}, "holds.orderId": {"$ne": str(order_id)}},
            {
                "$inc": {"quantityAvailable": -1, "quantityReserved": 1},
                "$push": {"holds": {"orderId": str(order_id), "quantity": 1, "takenAt": now}},
            },
        )
        rows = {
            name: {**(row or {}), "_id": ObjectId(), "orderId": str(order_id)}
            for name, row in samples.items()
        }
        rows["orders"] |= {"_id": order_id, "orderNumber": str(order_id)}
        rows["outbox"]["dedupeKey"] = str(order_id)

        async def work(tx: Any) -> None:
            await d["ordersessions"].update_one(
                {"_id": session_id, "state": "CONFIRMING"},
                {"$set": {"state": "SUBMITTED", "isOpen": False}},
                session=tx,
            )
            for name in ("orders", "payments"):
                await d[name].insert_one(rows[name], session=tx)
            await d["inventorytransactions"].insert_many([rows["inventorytransactions"]], session=tx)
            await d["outbox"].insert_many([rows["outbox"]], session=tx)

        await transact(db, work)
        await d["inventorysnapshots"].update_many(
            {**where, "holds.orderId": str(order_id)}, {"$pull": {"holds": {"orderId": str(order_id)}}}
        )

    return confirm


async def measure(db: Db) -> Table:
    """Every figure of part (a)."""
    services, shop, products = await prepare(db)
    figures = []
    for at_once in (1, 10, 50):
        rates: dict[str, list[float]] = {"bare": [], "spread": [], "one": [], "code": []}
        slow: dict[str, list[float]] = {"bare": [], "spread": [], "one": [], "code": []}
        for _ in range(REPEATS):
            for name, ready in (
                ("bare", await bare(db, services, shop, products)),
                ("spread", await carts(services, shop, products)),
                ("one", await carts(services, shop, products[:1])),
                ("code", await carts(services, shop, products, CODE)),
            ):
                run = await timed(ready, at_once)
                rates[name].append(run.rate)
                slow[name].append(run.p99)
        b, s, o, c = (median(rates[name]) for name in ("bare", "spread", "one", "code"))
        figures += [
            Figure(
                f"{at_once} at once, spread over {PRODUCTS} products / bare",
                s / b,
                0.6,
                f"{s:.0f}/s vs {b:.0f}/s",
            ),
            Figure(
                f"{at_once} at once, all on one product / spread",
                o / s,
                0.8,
                f"{o:.0f}/s, p99 {median(slow['one']):.2f} s",
            ),
            Figure(
                f"{at_once} at once, spread with one code / one product",
                c / o,
                0.8,
                f"{c:.0f}/s, p99 {median(slow['code']):.2f} s",
            ),
        ]
    return Table("Confirm: services against a bare Motor loop", figures)
