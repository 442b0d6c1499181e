"""A shop that sends parcels, with and without EasyPost, and orders that are paid."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from bot.outside import Outside
from bot.sandbox import Form, Person, Seen
from models.base import Db
from models.order import Order
from models.product import Product
from models.shipment import Parcel, Shipment
from services import Services
from services.customers import read_address
from services.partner import Site
from services.shops import Shop
from tests.cogs.conftest import member
from tests.fakes.easypost import EasyPost
from tests.outside import OUTSIDE
from tests.services.conftest import MakeProduct, TestClock

HOME = {
    "name": "Ada Lovelace",
    "line1": "12 Garden Street",
    "city": "Springfield",
    "state": "IL",
    "postal_code": "62704",
    "country": "US",
}
DEPOT = {**HOME, "name": "Aurora", "line1": "1 Main Street"}
WEIGHT, SIZE = "Weight with its unit", "Length x width x height with the unit"
CARRIER, NUMBER = "Carrier", "Tracking number"
GOES, CHANGE, PARCEL = "What goes into the next parcel?", "Change how many", "Open a parcel"
USPS = "9400111899223344556677"
BOX = {WEIGHT: "8 oz", SIZE: "20 x 15 x 10 cm"}


@pytest.fixture
async def easypost(clock: TestClock) -> AsyncIterator[EasyPost]:
    """EasyPost, whose clock is the shop's."""
    async with EasyPost(clock.now) as fake:
        yield fake


@pytest.fixture
def outside(easypost: EasyPost) -> Outside:
    """EasyPost answers here."""
    return Outside(OUTSIDE.vault, {"easypost": Site(easypost.url)})


@dataclass
class Dock:
    """Where this shop's parcels leave."""

    db: Db
    services: Services
    shop: Shop
    clock: TestClock
    easypost: EasyPost
    owner: Person
    _told: int = field(default=0)

    async def paid(self, person: Person, *lines: tuple[Product, int]) -> Order:
        """A paid order of these lines, for Ada's home by letter post."""
        who = member(person)
        for product, many in lines:
            await self.services.carts.add(self.shop, who, product.key, many)
        await self.services.checkout.enter_address(self.shop, who, HOME)
        await self.services.checkout.choose_shipping(self.shop, who, "post")
        view = await self.services.checkout.choose_payment(self.shop, who, "VENMO")
        order = await self.services.placement.place(self.shop, who, view.session.key, view.session.version)
        await self.services.claims.claim(self.shop, who, order.key, "@ada")
        staff = member(self.owner)
        await self.services.claims.approve(self.shop, staff, order.payment_id, 1, order.order_number)
        return await self.now(order)

    async def now(self, order: Order) -> Order:
        """The order as it stands."""
        return (await self.services.orders.staff_view(self.shop, order.key)).order

    async def parcels(self, order: Order) -> list[Parcel]:
        """Its parcels, oldest first."""
        found = await Shipment.of_order(self.db, self.shop.id, order.key)
        return found.parcels if found else []

    async def send(
        self, order: Order, product: Product, many: int, *, carrier: str = "", tracking_number: str = ""
    ) -> Parcel:
        """Pieces of a line that staff send."""
        actor, pieces = member(self.owner), {product.key: many}
        return await self.services.ship_desk.send(
            self.shop, actor, order.key, pieces, carrier=carrier, tracking_number=tracking_number
        )

    async def sell_labels(self) -> None:
        """The shop has an account at EasyPost, and an address to send from."""
        keys = {"api_key": EasyPost.KEY, "webhook_secret": EasyPost.WEBHOOK_SECRET}
        actor = member(self.owner)
        await self.services.providers.configure(self.shop, actor, "easypost", keys)
        now = await self.services.shops.of_tenant(self.shop.id)
        sender = read_address(now, DEPOT)
        self.shop = await self.services.shops.configure(now, actor, ship_from=sender)

    async def drain(self) -> None:
        """Everything owed happens, also what it owes in turn."""
        while await self.services.worker.drain():
            pass

    async def deliver(self) -> None:
        """EasyPost delivers what it has not delivered yet."""
        new, self._told = self.easypost.notices[self._told :], len(self.easypost.notices)
        for notice in new:
            headers = {key.lower(): value for key, value in notice.headers.items()}
            assert await self.services.inbox.receive("easypost", self.shop.id, notice.body, headers) == 200
        while await self.services.inbox.drain():
            pass


@pytest.fixture
def dock(
    db: Db, services: Services, shop: Shop, clock: TestClock, easypost: EasyPost, olivia: Person
) -> Dock:
    """The dock of this test."""
    return Dock(db, services, shop, clock, easypost, olivia)


@pytest.fixture
async def mug(product: MakeProduct) -> Product:
    """A mug for 15.00 that is sent."""
    return await product("Mug", is_digital=False)


@pytest.fixture
async def cap(product: MakeProduct) -> Product:
    """A cap for 20.00 that is sent."""
    return await product("Cap", 2000, is_digital=False)


async def opened(person: Person, order: Order) -> Seen:
    """An order's card of parcels."""
    return await person.run("/admin ship", order=order.order_number)


def said(seen: Seen) -> str:
    """What was said, on the card and beside it."""
    return "\n".join(each.text for each in [seen, *seen.followups])


async def sent(seen: Seen, carrier: str = "", number: str = "") -> Seen:
    """What is chosen on the card is sent."""
    return await (await seen.open("Mark as sent")).submit({CARRIER: carrier, NUMBER: number})


async def forged(person: Person, seen: Seen, custom_id: str) -> Seen:
    """A click that no card offers."""
    answer = await person.click(seen, custom_id=custom_id, forged=True)
    assert isinstance(answer, Seen), f"{custom_id} opened a form"
    return answer


def unbounded(form: Form) -> Form:
    """The form as somebody sends it who does not keep to its lengths."""
    for part in form.modal["components"]:
        part["component"] |= {"min_length": 0, "max_length": 4000}
    return form
