"""Some orders, each way that there is, through the services themselves: what one order leaves behind."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

from bench import square
from bot.outside import Outside
from bot.wiring import build
from models.base import Db
from models.member import Member
from models.order import Order
from models.outbox import OutboxEffect
from models.product import Product
from models.registry import create_indexes
from models.session import OrderSession
from models.tenant import ShippingType
from services import Services
from services.clock import SystemClock
from services.effects import EffectKind
from services.key_reading import lines_of
from services.links import Links
from services.rules import Rules
from services.shops import Shop
from services.vault import Vault

type Shelf = dict[str, Product]
type Way = Callable[[Services, Shop, Member, Shelf], Coroutine[Any, Any, Order]]

PEOPLE, EACH = 4, 10
OWNER = Member("500000000000000001", "owner", "Olivia the owner", owns_guild=True)
PUBLIC = "https://shop.example"
_HOME = {"name": "Ada Lovelace", "line1": "12 St James's Square", "city": "Springfield"}
_HOME |= {"state": "IL", "postal_code": "62701", "country": "US"}
_CODE = "WELCOME"


@dataclass(frozen=True)
class Lived:
    """The shop in which all of it happened, and how many orders that was."""

    shop: Shop
    orders: int


async def live(db: Db) -> Lived:
    """Four people buy ten times each, in each of four ways, and are served."""
    await create_indexes(db)
    clock = SystemClock()
    key = secrets.token_hex(32)
    services = build(db, clock, Rules(), Links([key], PUBLIC, clock), Outside(Vault([key])))
    shop = await _opened(services)
    shelf = await _shelf(services, shop)
    _nothing_outside(services)
    for number in range(PEOPLE * EACH):
        who = 500_000_000_000_000_100 + number % PEOPLE
        member = Member(str(who), f"user{who % 1000}", f"Somebody {who % 1000}", locale="en-US")
        placed = await _WAYS[number % len(_WAYS)](services, shop, member, shelf)
        await _look_and_leave(db, services, shop, member, shelf)
        await services.worker.drain()
        assert placed.total_cents > 0
    await services.inbox.drain()
    await services.sweeper.sweep()
    await services.worker.drain()
    await services.calls.close()
    return Lived(shop, PEOPLE * EACH)


async def _opened(services: Services) -> Shop:
    shop = await services.shops.claim("800000000000000001", "Bench", OWNER)
    shop = await services.methods.configure(shop, OWNER, "VENMO", {"recipient": "@bench-shop"})
    keys = {"access_token": "nobody-asks", "location_id": "L88917AVBK2S5", "signature_key": square.KEY}
    shop = await services.providers.configure(shop, OWNER, "CASHAPP_PAY", keys)
    kind = ShippingType(code="std", label="Standard", cost_cents=450)
    return await services.shops.configure(
        shop, OWNER, shipping_types=[kind], admin_channel_id="600000000000000001"
    )


async def _shelf(services: Services, shop: Shop) -> Shelf:
    fields: dict[str, dict[str, Any]] = {
        "vip": {"price_cents": 500, "is_digital": True, "granted_role_ids": ["700000000000000001"]},
        "mug": {"price_cents": 1400, "is_digital": False},
        "cap": {"price_cents": 1900, "is_digital": False},
        "game": {"price_cents": 700, "is_digital": True, "inventory_tracked": False},
    }
    shelf: Shelf = {}
    for name, each in fields.items():
        made = {"name": name.title(), "sku": name.upper(), "description": "Worth having. " * 8, **each}
        shelf[name] = await services.catalog.create(shop, OWNER, made)
        if name != "game":
            await services.stock.restock(shop, OWNER, shelf[name].key, 100_000, "bench")
    await services.key_pool.switch(shop, OWNER, shelf["game"].key, on=True)
    codes = "\n".join(secrets.token_hex(12).upper() for _ in range(PEOPLE * EACH // len(_WAYS)))
    await services.key_pool.add(shop, OWNER, shelf["game"].key, lines_of(codes))
    off = await services.discounts.create(shop, OWNER, {"off": "10%", "code": _CODE, "usage_limit": "999999"})
    await services.discounts.switch(shop, OWNER, off.discount.key, active=True)
    return shelf


def _nothing_outside(services: Services) -> None:
    async def done(_: OutboxEffect) -> str:
        return "sent"

    for kind in EffectKind:
        try:
            services.worker.register(kind, done)
        except ValueError:  # it happens inside
            continue
    # The page that it would open is a provider's.
    services.worker.unregister(EffectKind.PAYMENT_OPEN)
    services.worker.register(EffectKind.PAYMENT_OPEN, done)


async def _by_hand(services: Services, shop: Shop, member: Member, shelf: Shelf) -> Order:
    await services.carts.add(shop, member, shelf["vip"].key, 1)
    await services.carts.enter_code(shop, member, _CODE)
    return await _approved(services, shop, member)


async def _key(services: Services, shop: Shop, member: Member, shelf: Shelf) -> Order:
    await services.carts.add(shop, member, shelf["game"].key, 1)
    return await _approved(services, shop, member)


async def _sent(services: Services, shop: Shop, member: Member, shelf: Shelf) -> Order:
    await services.carts.add(shop, member, shelf["mug"].key, 2)
    await services.carts.add(shop, member, shelf["cap"].key, 1)
    await services.checkout.enter_address(shop, member, _HOME)
    await services.checkout.choose_shipping(shop, member, "std")
    order = await _approved(services, shop, member)
    pieces = {line.product_id: line.quantity for line in order.items}
    await services.ship_desk.send(
        shop, OWNER, order.key, pieces, carrier="USPS", tracking_number="9400111899223197428490"
    )
    return order


async def _by_provider(services: Services, shop: Shop, member: Member, shelf: Shelf) -> Order:
    await services.carts.add(shop, member, shelf["vip"].key, 1)
    order = await _placed(services, shop, member, "CASHAPP_PAY")
    for status in ("APPROVED", "COMPLETED"):
        body = square.payment(order.key, order.total_cents, status)
        url = f"{PUBLIC}/webhooks/cashapp_pay/{shop.id}"
        code = base64.b64encode(
            hmac.digest(square.KEY.encode(), url.encode() + body, hashlib.sha256)
        ).decode()
        headers = {"x-square-hmacsha256-signature": code, "content-type": "application/json"}
        assert await services.inbox.receive("cashapp_pay", shop.id, body, headers) == HTTPStatus.OK
    await services.inbox.drain()
    return order


_WAYS: tuple[Way, ...] = (
    *(_by_hand, _by_provider, _sent, _by_provider, _by_hand),
    *(_by_provider, _key, _by_provider, _sent, _by_hand),
)


async def _placed(services: Services, shop: Shop, member: Member, method: str) -> Order:
    view = await services.checkout.choose_payment(shop, member, method)
    await services.customers.of(shop, member)
    return await services.placement.place(shop, member, view.session.key, view.session.version)


async def _approved(services: Services, shop: Shop, member: Member) -> Order:
    order = await _placed(services, shop, member, "VENMO")
    await services.claims.claim(shop, member, order.key, f"@{member.username} paid")
    view = await services.claims.view(shop, order.payment_id)
    done = await services.claims.approve(
        shop, OWNER, view.payment.key, view.payment.claims, order.order_number
    )
    return done.order


async def _look_and_leave(db: Db, services: Services, shop: Shop, member: Member, shelf: Shelf) -> None:
    """For each order a cart that is left."""
    await services.carts.add(shop, member, shelf["mug"].key, 1)
    await OrderSession.expire(db, datetime.now(UTC) + timedelta(days=1))
