"""A street on a busy day: people who buy by clicks, Square that delivers, and what all of them are owed."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from bot.sandbox import Community, NoAnswerError, NotOfferedError, Person, Room, Sandbox
from models.base import Db
from models.entitlement import Entitlement, EntitlementStatus
from models.inventory import InventoryMove, InventorySnapshot, InventoryTransaction, replay
from models.order import Order
from models.outbox import OutboxEffect, OutboxStatus
from models.payment import Payment, PaymentStatus
from models.webhook import WebhookEvent, WebhookState
from services import Services
from services.shops import Shop
from tests.fakes.square import Square

ROLE, PRODUCT, WAY = "Supporter", "Supporter pass", "Choose how to pay"
_NOT_SERVED = (NoAnswerError, NotOfferedError, LookupError)
_AWAY = (aiohttp.ClientError, OSError, TimeoutError)
PAID = "has received your payment"


@dataclass
class Courier:
    """Square's deliveries, each repeated until it is taken, as the real one does."""

    square: Square
    url: str
    statuses: Counter[int | str] = field(default_factory=Counter)
    _at: int = 0

    async def run(self) -> None:
        """Deliver what comes up, in order and as often as it takes, until cancelled."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
            while True:
                while self._at < len(self.square.notices):
                    self._at += await self._taken(session, self._at)
                await asyncio.sleep(0.02)

    async def _taken(self, session: aiohttp.ClientSession, at: int) -> bool:
        notice = self.square.notices[at]
        try:
            async with session.post(self.url, data=notice.body, headers=notice.headers) as answer:
                self.statuses[answer.status] += 1
                return answer.status == 200
        except _AWAY as error:
            self.statuses[type(error).__name__] += 1
            await asyncio.sleep(0.1)
            return False


@dataclass
class Street:
    """One shop that sells a role by Cash App Pay, and everybody around it."""

    db: Db
    services: Services
    discord: Sandbox
    guild: Community
    staff: Room
    shop: Shop
    square: Square
    product_id: str
    people: Sequence[Person] = ()
    refused: Counter[str] = field(default_factory=Counter)
    confirmed: int = 0
    _paid: set[str] = field(default_factory=set)

    async def buy(self, person: Person) -> bool:
        """From the shelf to the page and the payment there, by clicks; False when somebody was not served."""
        try:
            seen = await (await person.run("/cart add", product=PRODUCT)).press("Check out")
            # Whoever got no answer in the middle finds that choice already made.
            seen = await seen.choose(WAY, "Cash App Pay") if seen.selects else seen
            seen = await seen.press("Confirm")
        except _NOT_SERVED as error:
            self.refused[type(error).__name__] += 1
            return False
        self.confirmed += "Your order is placed" in seen.text
        return True

    async def pay_all(self) -> int:
        """Everybody who has a page pays there; how many payments arrived by now."""
        open_ones = await Payment.find_all(self.db, {"tenantId": self.shop.id, "status": "pending_payment"})
        for each in open_ones:
            if each.provider_ref and each.provider_ref not in self._paid:
                self._paid.add(each.provider_ref)
                self.square.pay(each.provider_ref)
        return len(self._paid)

    @contextlib.asynccontextmanager
    async def busy(self, courier: Courier) -> AsyncIterator[None]:
        """Inside the block everybody buys, one thing after the other, and pays."""
        going = [asyncio.create_task(self._keep_buying(each)) for each in self.people]
        going += [asyncio.create_task(self._keep_paying()), asyncio.create_task(courier.run())]
        try:
            yield
        finally:
            for task in going:
                task.cancel()
            await asyncio.gather(*going, return_exceptions=True)

    async def _keep_buying(self, person: Person) -> None:
        while True:
            if not await self.buy(person):
                await asyncio.sleep(0.2)

    async def _keep_paying(self) -> None:
        while True:
            await self.pay_all()
            await asyncio.sleep(0.05)

    async def all_arrives(self, courier: Courier, seconds: float = 20.0) -> None:
        """Everybody pays, and waits until nothing is owed any more; AssertionError says what is."""
        going = [asyncio.create_task(self._keep_paying()), asyncio.create_task(courier.run())]
        try:
            async with asyncio.timeout(seconds):
                while await self.owed():  # noqa: ASYNC110 - the database tells nobody
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise AssertionError(await self.owed()) from None
        finally:
            for task in going:
                task.cancel()
            await asyncio.gather(*going, return_exceptions=True)

    async def owed(self) -> list[str]:
        """What somebody still waits for, in a word each."""
        tenant = {"tenantId": self.shop.id}
        effects = await OutboxEffect.find_all(self.db, {**tenant, "status": {"$ne": OutboxStatus.DONE}})
        events = await WebhookEvent.find_all(self.db, {**tenant, "state": WebhookState.WAITING})
        unpaid = await Payment.find_all(self.db, {**tenant, "status": PaymentStatus.PENDING_PAYMENT})
        pages = [each for each in unpaid if not each.provider_ref or each.provider_ref in self._paid]
        waiting = [f"{each.kind} {each.status} {each.last_error}" for each in effects]
        return waiting + [each.kind for each in events] + [f"page of {each.order_number}" for each in pages]

    async def check(self) -> int:
        """Whether everybody has what they paid for, each once; how many orders are paid."""
        tenant = {"tenantId": self.shop.id}
        orders = {each.key: each for each in await Order.find_all(self.db, tenant)}
        payments = await Payment.find_all(self.db, {**tenant, "status": PaymentStatus.CONFIRMED})
        paid = [orders[each.order_id] for each in payments]
        assert len({each.key for each in paid}) == len(paid) == len(self._paid)
        numbers = sorted(each.invoice_number or "none" for each in paid)
        assert len(set(numbers)) == len(numbers)
        assert "none" not in numbers
        await self._check_goods([each.key for each in paid])
        self._check_word(paid)
        await self._check_stock(len(orders), len(paid))
        return len(paid)

    async def _check_goods(self, paid: list[str]) -> None:
        granted = await Entitlement.find_all(
            self.db, {"tenantId": self.shop.id, "status": EntitlementStatus.GRANTED}
        )
        assert sorted(each.order_id for each in granted) == sorted(paid)
        buyers = {each.user_id for each in granted}
        assert all(ROLE in each.role_names for each in self.people if str(each.id) in buyers)

    def _check_word(self, paid: list[Order]) -> None:
        letters = [seen.text for each in self.people for seen in each.dms]
        posts = [seen.text for seen in self.staff.messages]
        for order in paid:
            told = [each for each in letters if order.order_number in each and PAID in each]
            assert len(told) == 1, (order.order_number, told)
            called = [each for each in posts if f"**{order.order_number}**" in each and "is paid" in each]
            assert len(called) == 1, (order.order_number, called)

    async def _check_stock(self, placed: int, paid: int) -> None:
        where: dict[str, Any] = {"tenantId": self.shop.id, "productId": self.product_id}
        (snapshot,) = await InventorySnapshot.find_all(self.db, where)
        sold = await InventoryTransaction.find_all(self.db, {**where, "type": InventoryMove.SALE})
        assert len({each.order_id for each in sold}) == len(sold) == paid
        assert placed >= paid
        replayed = await replay(self.db, self.shop.id, self.product_id)
        assert replayed == (snapshot.quantity_available, snapshot.quantity_reserved)
