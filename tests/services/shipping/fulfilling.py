"""One paid order of everything that a shop can owe, to which one thing after the other happens."""

from collections.abc import Callable
from typing import Any

from bson import ObjectId

from models.base import Db
from models.digital_key import DigitalKey
from models.entitlement import Entitlement, EntitlementStatus
from models.errors import ShopError
from models.member import Member
from models.order import Order
from models.outbox import OutboxEffect, Urgency
from models.payment import Payment
from models.product import Product
from models.shipment import Parcel, ParcelState
from services import Services
from services.effects import EffectKind
from services.rules import Rules
from services.settling.credit import Picked
from services.shipping.contract import Movement, Track
from services.shops import Shop
from services.worker import EffectFailed
from tests.fakes.easypost import EasyPost
from tests.fakes.provider import Fault
from tests.fakes.square import Square
from tests.services import hosting, keys, refunding
from tests.services.conftest import OWNER, MakeProduct, TestClock
from tests.services.quiet import quiet
from tests.services.shipping import sending
from tests.services.test_review_shipping import HOME

FAULTS = (Fault.DOWN, Fault.LATE_ERROR, Fault.LOST, Fault.BUSY)
MOVES = (Movement.IN_TRANSIT, Movement.DELIVERED, Movement.RETURNING, Movement.PRE_TRANSIT)


class Guild:
    """Discord as far as roles go: members come and go, and what the bot may do changes."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.away: set[str] = set()
        self.roles: set[tuple[str, str]] = set()
        self.forbidden = False
        quiet(services)
        for kind, handler in ((EffectKind.ROLE_GRANT, self.grant), (EffectKind.ROLE_REVOKE, self.revoke)):
            services.worker.unregister(kind)
            services.worker.register(kind, handler)

    async def grant(self, owed: OutboxEffect) -> str:
        """As the bot's own handler does it, with this guild's answers."""
        found = await self.services.delivery.owed(owed.tenant_id, owed.payload["entitlementId"])
        if found is None:
            return await self.revoke(owed)
        hindrance = self._hindrance(found)
        if hindrance is not None:
            await self.services.delivery.failed(found, hindrance)
            raise EffectFailed(hindrance)
        self.roles.add((found.user_id, found.role_id or ""))
        await self.services.delivery.granted(found)
        return "granted"

    async def revoke(self, owed: OutboxEffect) -> str:
        """Take the role away unless another purchase grants it."""
        found = await self.services.revocation.owed(owed.tenant_id, owed.payload["entitlementId"])
        if found is None or await self.services.revocation.wanted(found):
            return "kept"
        if self._hindrance(found) == "missing_permission":
            raise EffectFailed("missing_permission")
        self.roles.discard((found.user_id, found.role_id or ""))
        await self.services.revocation.removed(found)
        return "removed"

    def _hindrance(self, owed: Entitlement) -> str | None:
        if owed.user_id in self.away:
            return "member_left"
        return "missing_permission" if self.forbidden else None


class Life:
    """The order's life."""

    def __init__(
        self, db: Db, services: Services, shop: Shop, clock: TestClock, square: Square, easypost: EasyPost
    ) -> None:
        self.db, self.services, self.shop, self.clock = db, services, shop, clock
        self.square, self.easypost = square, easypost
        self.guild = Guild(services)
        self.who = Member(str(ObjectId()), "eve", "Eve")
        self.told = len(square.notices)

    async def open(self, product: MakeProduct) -> None:
        """Somebody buys three mugs, two roles and two keys, and pays."""
        name = str(ObjectId())
        self.mug = await product(f"{name}Mug", 900, 10, is_digital=False)
        self.vip = await product(f"{name}VIP", 500, 10, granted_role_ids=[name])
        self.game: Product = await keys.pool(self.services, self.shop, product, [], f"{name}Game")
        await keys.fill(self.services, self.shop, self.game.key, [f"{name}-{n}" for n in range(2)])
        self.spare = [f"{name}-spare-{n}" for n in range(9)]
        for each, many in ((self.mug, 3), (self.vip, 2), (self.game, 2)):
            await self.services.carts.add(self.shop, self.who, each.key, many)
        await self.services.checkout.enter_address(self.shop, self.who, HOME)
        await self.services.checkout.choose_shipping(self.shop, self.who, "std")
        view = await self.services.checkout.choose_payment(self.shop, self.who, "CASHAPP_PAY")
        key, version = view.session.key, view.session.version
        self.placed = await self.services.placement.place(self.shop, self.who, key, version)
        payment = await self.services.hosted.open(self.shop, self.placed)
        self.charge = self.square.pay(payment.provider_ref or "")
        await self.settle(0)

    async def order(self) -> Order:
        return await refunding.now(self.services, self.shop, self.placed)

    async def payment(self) -> Payment:
        return await hosting.payment(self.services, self.shop, self.placed)

    async def parcels(self, *states: ParcelState) -> list[Parcel]:
        view = await self.services.ship_desk.view(self.shop, self.placed.key)
        return [each for each in view.shipment.parcels if not states or each.state in states]

    async def take(self, what: str, number: int) -> None:
        """One step; a refusal is an outcome like any other."""
        act: Callable[[int], Any] = getattr(self, what)
        try:
            await act(number)
        except ShopError:
            return

    # What the shop, the customer and the world do.

    async def send(self, number: int) -> None:
        pieces = {self.mug.key: 1 + number % 3}
        await self.services.ship_desk.send(self.shop, OWNER, self.placed.key, pieces)

    async def label(self, number: int) -> None:
        desk, pieces = self.services.labels, {self.mug.key: 1 + number % 3}
        parcel, _ = await desk.quote(self.shop, OWNER, self.placed.key, pieces, sending.BOX)
        await desk.buy(self.shop, OWNER, self.placed.key, parcel.key, parcel.rates[0].ref)

    async def fault(self, number: int) -> None:
        (self.square if number % 2 else self.easypost).fail(FAULTS[number % len(FAULTS)])

    async def carrier(self, number: int) -> None:
        """A carrier says where one of its parcels is."""
        known = [each for each in await self.parcels() if each.track_ref]
        if known:
            parcel = known[number % len(known)]
            track = Track(
                parcel.track_ref or "", parcel.tracking_number or "", "USPS", MOVES[number % len(MOVES)]
            )
            await self.services.tracking.take(self.shop.id, "easypost", track)

    async def staff(self, number: int) -> None:
        """Staff say what became of a parcel."""
        found = await self.parcels()
        if found:
            desk, parcel = self.services.ship_desk, found[number % len(found)]
            at = (self.shop, OWNER, self.placed.key, parcel.key)
            acts: list[Callable[[], Any]] = [
                lambda: desk.hand_over(*at),
                lambda: desk.delivered(*at),
                lambda: desk.came_back(*at, "lost"),
                lambda: self.services.labels.void(*at),
                lambda: self.services.labels.look(self.shop, OWNER, self.placed.key, parcel.key),
            ]
            await acts[number % len(acts)]()

    async def refund(self, number: int) -> None:
        product = (self.mug, self.vip, self.game)[number % 3]
        picked = Picked({product.key: 1 + number % 2}, shipping=number % 7 == 0)
        await refunding.take_back(self.services, self.shop, self.placed, picked, restock=False)

    async def settle(self, number: int) -> None:
        """Square delivers what it has to tell."""
        adapter = self.services.hosted._adapters.named("cashapp_pay")
        new = self.square.notices[self.told :]
        for notice in new[: number or len(new)]:
            self.told += 1
            for news in adapter.read_webhook(notice.body).news:
                await self.services.hosted.take(self.shop.id, "cashapp_pay", news)

    async def bank(self, number: int) -> None:
        """A bank decides about a refund, or it bounces."""
        mine = [k for k, each in self.square.refunds.items() if each["payment_id"] == self.charge]
        if mine:
            self.square.settle_refund(mine[number % len(mine)], "COMPLETED" if number % 3 else "FAILED")

    async def leave(self, _number: int) -> None:
        self.guild.away.add(self.who.discord_id)
        self.guild.roles = {each for each in self.guild.roles if each[0] != self.who.discord_id}

    async def rejoin(self, _number: int) -> None:
        self.guild.away.discard(self.who.discord_id)
        await self.services.delivery.rejoined(self.shop, self.who, {self.vip.granted_role_ids[0]})

    async def forbid(self, number: int) -> None:
        self.guild.forbidden = number % 2 == 0

    async def work(self, _number: int) -> None:
        await self.services.worker.drain()

    async def dies(self, number: int) -> None:
        """A worker takes what is due next, and is gone."""
        lease, urgency = Rules().outbox_lease, list(Urgency)[number % len(Urgency)]
        await OutboxEffect.claim(self.db, self.clock.now(), lease, urgency)

    async def wait(self, number: int) -> None:
        self.clock.forward(minutes=1 + number * 30)

    async def fill(self, _number: int) -> None:
        await keys.fill(self.services, self.shop, self.game.key, [self.spare.pop()])

    async def lose(self, _number: int) -> None:
        """A free key vanishes, so that stock and pool disagree."""
        await DigitalKey.rows(self.db).delete_one({"productId": self.game.key, "status": "FREE"})

    async def come_to_rest(self) -> None:
        """Every webhook arrives, every bank decides, and what is owed is tried as long as it is tried."""
        self.square.recover()
        self.easypost.recover()
        for _ in range(9):
            self.clock.forward(hours=13)
            await self.services.worker.drain()
            for key, each in self.square.refunds.items():
                if each["payment_id"] == self.charge and each["status"] == "PENDING":
                    self.square.settle_refund(key)
            await self.settle(0)

    async def owed(self) -> list[Entitlement]:
        return await Entitlement.of_order(self.db, self.shop.id, self.placed.key)


def handed_over(owed: Entitlement) -> bool:
    """Whether its buyer has it."""
    return owed.status is EntitlementStatus.GRANTED
