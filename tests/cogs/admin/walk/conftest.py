"""A shop in which something of everything has happened, and one that knows nothing of it."""

from dataclasses import dataclass
from typing import Any

import pytest
from nextcord.ext import commands

from bot.sandbox import Person, Sandbox
from models import browsing
from models.base import Db
from models.order import Order
from models.outbox import OutboxEffect, OutboxStatus
from services import Services
from services.panel import declared
from services.panel.contract import Scope
from services.shops import Shop
from services.system_themes import seed_system_themes
from tests.cogs.admin.conftest import Buy, Claim
from tests.cogs.conftest import member
from tests.cogs.shipping.conftest import HOME
from tests.services.conftest import MakeProduct
from tests.services.panel.stored import one


@dataclass
class Stocked:
    """The shop, the options with which its cards are opened, and what nobody else may read."""

    shop: Shop
    secrets: list[str]
    options: dict[str, list[dict[str, Any]]]


@dataclass
class Counter:
    """What is done at the shop's counter, and by whom."""

    services: Services
    product: MakeProduct
    buy: Buy
    claim: Claim
    people: tuple[Person, Person, Person]
    owner: Person

    async def approved(self, shop: Shop, payment_id: str) -> None:
        """The owner has seen the money."""
        await self.services.claims.approve(shop, member(self.owner), payment_id, 1, payment_id)


@pytest.fixture
def counter(
    services: Services,
    product: MakeProduct,
    buy: Buy,
    claim: Claim,
    ada: Person,
    bob: Person,
    sam: Person,
    olivia: Person,
) -> Counter:
    """The counter of this test."""
    return Counter(services, product, buy, claim, (ada, bob, sam), olivia)


@pytest.fixture
async def stocked(db: Db, discord: Sandbox, bot: commands.Bot, shop: Shop, counter: Counter) -> Stocked:
    """Orders that wait, are claimed, paid and to be sent, a fund, keys; of all else a record of its kind."""
    assert bot.cogs
    services, (ada, bob, sam) = counter.services, counter.people
    await services.fund_rules.switch(shop, member(counter.owner), on=True)
    keyed = await counter.product("Game key", stock=None)
    ordered = await counter.buy(ada, name="Sticker")
    claimed = await counter.claim(bob)
    paid = await counter.claim(sam, name="Poster")
    await counter.approved(shop, paid.payment.key)
    mug = await counter.product("Big mug", is_digital=False)
    sent = await posted(services, shop, ada, mug.key)
    await counter.approved(shop, sent.payment_id)
    parcel = await posted(services, shop, bob, mug.key)
    await counter.approved(shop, parcel.payment_id)
    await services.ship_desk.send(
        shop,
        member(counter.owner),
        parcel.key,
        {mug.key: 1},
        carrier="USPS",
        tracking_number="94001118992233",
    )
    await seed_system_themes(db)
    dead = {"status": OutboxStatus.DEAD, "lastError": "channel_gone"}
    await OutboxEffect.rows(db).update_many({"tenantId": shop.id}, {"$set": dead})
    for kind in declared().values():
        if kind.scope is not Scope.SYSTEM and not await kind.model.find_all(
            db, browsing.of_tenant(shop.id), limit=1
        ):
            await one(kind, shop.id).insert(db)
    numbers = [ordered, claimed.order, paid.order, sent, parcel]
    options: dict[str, list[dict[str, Any]]] = {
        "stock": [{"product": each} for each in (mug.key, keyed.key, ordered.items[0].product_id)],
        "order": [{}, *({"find": each.order_number} for each in numbers)],
        "ship": [{}, *({"order": each.order_number} for each in numbers)],
        "refund": [{}, *({"order": each.order_number} for each in numbers)],
        "product": [{}, {"name": mug.key}, {"name": keyed.key}],
        "import": kinds(discord, "import"),
        "export": kinds(discord, "export"),
    }
    secrets = ["Big mug", "Game key", *(each.order_number for each in numbers)]
    return Stocked(shop, secrets, options)


def kinds(discord: Sandbox, section: str) -> list[dict[str, Any]]:
    """Every kind of file that this section offers."""
    admin = next(each for each in discord.world.commands.all(None) if each["name"] == "admin")
    (command,) = [each for each in admin["options"] if each["name"] == section]
    return [{"kind": each["value"]} for each in command["options"][0]["choices"]]


async def posted(services: Services, shop: Shop, person: Person, product_id: str) -> Order:
    """An order of two pieces that are sent, claimed as paid."""
    who = member(person)
    await services.carts.add(shop, who, product_id, 2)
    await services.checkout.enter_address(shop, who, HOME)
    await services.checkout.choose_shipping(shop, who, "post")
    view = await services.checkout.choose_payment(shop, who, "VENMO")
    order = await services.placement.place(shop, who, view.session.key, view.session.version)
    await services.claims.claim(shop, who, order.key, "@ada")
    return order
