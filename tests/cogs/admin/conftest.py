"""Customers with orders for the staff to look at, and a second shop next door."""

from collections.abc import Awaitable, Callable

import pytest

from bot.sandbox import Community, Person, Sandbox
from models.base import Db
from models.order import Order
from services import Services
from services.claims import ClaimView
from services.shops import Shop
from tests.cogs.conftest import OpenShop, member, shelf
from tests.services.conftest import MakeProduct

type Buy = Callable[..., Awaitable[Order]]
type Claim = Callable[..., Awaitable[ClaimView]]


@pytest.fixture
def buy(services: Services, shop: Shop, product: MakeProduct) -> Buy:
    """Lets somebody order a product of their own that is paid by Venmo."""

    async def bought(person: Person, name: str = "", **fields: object) -> Order:
        made = await product(name=name or f"Mug {person.id % 100_000}", **fields)
        return await order_of(services, shop, person, made.key)

    return bought


async def order_of(services: Services, shop: Shop, person: Person, product_id: str) -> Order:
    """An order of one piece, to be paid by Venmo."""
    buyer = member(person)
    await services.carts.add(shop, buyer, product_id)
    await services.checkout.choose_payment(shop, buyer, "VENMO")
    view = await services.checkout.view(shop, buyer)
    return await services.placement.place(shop, buyer, view.session.key, view.session.version)


@pytest.fixture
def claim(services: Services, shop: Shop, buy: Buy) -> Claim:
    """Lets somebody order and say that it is paid."""

    async def claimed(person: Person, note: str = "@ada-pays", **fields: object) -> ClaimView:
        order = await buy(person, **fields)
        await services.claims.claim(shop, member(person), order.key, note)
        return await services.claims.view(shop, order.payment_id)

    return claimed


class Neighbour:
    """Another shop in another guild, with a product and a claimed payment of its own."""

    def __init__(self, guild: Community, shop: Shop, claim: ClaimView) -> None:
        self.guild = guild
        self.shop = shop
        self.payment_id = claim.payment.key
        self.order_id = claim.order.key
        self.order_number = claim.order.order_number
        self.product_id = claim.order.items[0].product_id


@pytest.fixture
async def neighbour(discord: Sandbox, services: Services, open_shop: OpenShop) -> Neighbour:
    """The shop of the guild Borealis, with a secret product that Nils ordered and claims to have paid."""
    guild = discord.add_guild("Borealis", owner="boris")
    shop = await open_shop(guild)
    nils = guild.add_member("nils")
    secret = await shelf(services, shop, guild.owner)("Secret thing")
    order = await order_of(services, shop, nils, secret.key)
    await services.claims.claim(shop, member(nils), order.key, "nils pays")
    return Neighbour(guild, shop, await services.claims.view(shop, order.payment_id))


async def everything(db: Db) -> dict[str, list[str]]:
    """Every record of every shop, to show that nothing changed."""
    names = await db.database.list_collection_names()
    return {name: sorted([str(row) async for row in db.database[name].find()]) for name in names}
