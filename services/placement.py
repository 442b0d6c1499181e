"""Confirm: a cart becomes one order, wholly or not at all (docs/adr/0002).

Take, then transact, then settle. The session is claimed for a new order id; stock is taken by one
conditional update per line, each leaving a hold that names the order; one transaction writes the order and
everything that belongs to it and closes the session; the holds are then settled. Whoever finds a claim that
was left behind takes the session back first, after which no transaction for that order id can commit, and
only then gives its holds back.
"""

import asyncio

from pymongo.errors import DuplicateKeyError

from models.base import Db, Tx
from models.customer import Customer
from models.discount import Discount
from models.errors import CartChanged, ConfirmInProgress, NotFound, OrdersClosed, SessionExpired, TaxUnknown
from models.inventory import InventorySnapshot, InventoryTransaction, StockHold
from models.left import Left
from models.member import Member
from models.order import Order, OrderItem
from models.problems import Change
from models.product import Product
from models.required import required
from models.session import OrderSession, SessionState
from models.stock_offers import take_offered
from models.storefront import Storefront
from models.waiting import Waiting, WaitStatus
from services.afterwards import tidying
from services.carts import Carts
from services.clock import Clock
from services.customers import Customers
from services.discounts import Discounts
from services.draft import Draft, Drafts, discount_change, first_effect, new_number, shipping_change
from services.fund import Fund
from services.gifts import gift_change, given_with
from services.lines import difference
from services.outbox import Outbox
from services.paid import Paid
from services.rules import Rules
from services.shops import Shop
from services.stock import Stock
from services.taxes import Taxes, tax_change

_WAITS = 20
_WAIT_SECONDS = 0.1


class _TakenBack(Exception):
    """The session was taken back while the order was being written."""


class _NotHeld(Exception):
    """The customer's assigned discount was used up or revoked while the order was being written."""


class _AnotherCustomer(Exception):
    """The customer was merged into another or deactivated while the order was being written."""


class Placement:
    """Turns a reviewed cart into an order."""

    def __init__(
        self,
        db: Db,
        clock: Clock,
        rules: Rules,
        *,
        outbox: Outbox,
        carts: Carts,
        customers: Customers,
        discounts: Discounts,
        drafts: Drafts,
        paid: Paid,
        stock: Stock,
        taxes: Taxes,
        fund: Fund,
    ) -> None:
        self._db = db
        self._clock = clock
        self._rules = rules
        self._outbox = outbox
        self._carts = carts
        self._customers = customers
        self._discounts = discounts
        self._drafts = drafts
        self._paid = paid
        self._stock = stock
        self._taxes = taxes
        self._fund = fund

    async def place(self, shop: Shop, member: Member, session_id: str, version: int) -> Order:
        """Place the order that this person reviewed, or return the one that an earlier click placed.

        Raises CartChanged when anything moved since, StepMissing, TaxUnknown, SessionExpired,
        ConfirmInProgress, and OrdersClosed for a deactivated customer.
        """
        session = await self._session(shop, member, session_id)
        if session.state is SessionState.SUBMITTED:
            return await self._placed(session)
        if session.state is SessionState.CONFIRMING:
            return await self._other_click(shop, member, session)
        if session.state is SessionState.EXPIRED or session.expires_at <= self._clock.now():
            raise SessionExpired
        if session.version != version:
            raise CartChanged
        draft = await self._draft(shop, member, session)
        if await OrderSession.begin_confirm(self._db, session, draft.order.key, self._clock.now()) is None:
            return await self.place(shop, member, session_id, version)
        return await self._write(shop, member, session, draft)

    async def _session(self, shop: Shop, member: Member, session_id: str) -> OrderSession:
        session = await OrderSession.get(self._db, shop.id, session_id)
        if session is None or session.discord_user_id != member.discord_id:
            raise NotFound("order")
        return session

    async def _placed(self, session: OrderSession) -> Order:
        order = await Order.get(self._db, session.tenant_id, session.submitted_order_id or "")
        return required(order, "order")

    async def _other_click(self, shop: Shop, member: Member, session: OrderSession) -> Order:
        await self.recover(session)
        for _ in range(_WAITS):
            session = await self._session(shop, member, session.key)
            if session.state is SessionState.SUBMITTED:
                return await self._placed(session)
            if session.state is SessionState.OPEN:
                raise CartChanged
            await asyncio.sleep(_WAIT_SECONDS)
        raise ConfirmInProgress

    async def _draft(self, shop: Shop, member: Member, session: OrderSession) -> Draft:
        products = await Product.of_keys(self._db, shop.id, [item.product_id for item in session.items])
        moved = [difference(i, products.get(i.product_id), None, member) for i in session.items]
        found = await self._discounts.find(shop, member, session.items, session.discount_code)
        tax = await self._taxes.of(shop, session, found.offer)
        rules = await self._fund.rules(shop)
        moved += [
            gift_change(rules, session),
            shipping_change(shop, session),
            discount_change(session, found.offer),
            tax_change(session, tax),
        ]
        changes = tuple(change for change in moved if change is not None)
        if changes:
            await self._carts.refresh(shop, member, changes)
        if tax.blocks:
            raise TaxUnknown
        customer = await self._customers.of(shop, member)
        if not customer.is_active:
            raise OrdersClosed
        gift = given_with(rules, session)
        return self._drafts.make(shop, member, session, products, customer, found.offer, tax, gift)

    async def _write(self, shop: Shop, member: Member, session: OrderSession, draft: Draft) -> Order:
        short = await self._take(draft)
        if short is not None:
            await self._take_back(draft.order.tenant_id, draft.order.key, draft.product_ids)
            await self._carts.refresh(shop, member, (short,))
        try:
            order = await self._commit(shop, session, draft)
        except (_TakenBack, _NotHeld, _AnotherCustomer) as error:
            await self._take_back(draft.order.tenant_id, draft.order.key, draft.product_ids)
            if isinstance(error, _NotHeld):
                await self._carts.refresh(shop, member, (_lost(draft),))
            if isinstance(error, _AnotherCustomer):
                raise CartChanged from error
            raise ConfirmInProgress from error
        with tidying(order.key):
            await self._settle(shop, order, draft)
        return order

    async def _settle(self, shop: Shop, order: Order, draft: Draft) -> None:
        if draft.tracked:
            await asyncio.gather(
                InventorySnapshot.settle(
                    self._db, order.key, tenant_id=shop.id, product_ids=draft.product_ids
                ),
                Storefront.mark(self._db, shop.id, self._clock.now()),
            )
        if draft.offer is not None:
            await self._discounts.resolve(shop.id, order.key, stands=True)
        if draft.free:
            await self._stock.count_in(shop, order)

    async def _take(self, draft: Draft) -> Change | None:
        order, now = draft.order, self._clock.now()
        for item in draft.tracked:
            hold = StockHold(order_id=order.key, quantity=item.quantity, taken_at=now)
            if not await self._take_one(draft, item, hold):
                left = await InventorySnapshot.of(self._db, order.tenant_id, [item.product_id])
                return Change("stock", item.name, item.quantity, left.get(item.product_id, 0))
        if draft.offer is not None and not await self._discounts.take(order, draft.offer):
            return _lost(draft)
        return None

    async def _take_one(self, draft: Draft, item: OrderItem, hold: StockHold) -> bool:
        """Take a line's units; the one that is kept for this customer comes first, if there is one."""
        where = {"tenant_id": draft.order.tenant_id, "product_id": item.product_id}
        who = draft.order.customer.discord_id
        if await InventorySnapshot.take(self._db, hold, **where, member_id=who):
            return True
        taken = await take_offered(self._db, hold, **where, member_id=who)
        if taken is not None and taken.offer is not None:
            draft.waits.append(taken.offer.waiting_id)
        return taken is not None

    async def _commit(self, shop: Shop, session: OrderSession, draft: Draft) -> Order:
        async def work(tx: Tx) -> Order:
            if not await OrderSession.end_confirm(self._db, session, draft.order.key, tx=tx):
                raise _TakenBack
            key = draft.order.customer_id or ""
            if not await Customer.hold(self._db, shop.id, key, tx=tx, ordering=True):
                raise _AnotherCustomer
            if draft.offer is not None and not await self._discounts.write(draft.order, draft.offer, tx):
                raise _NotHeld
            await draft.order.insert(self._db, tx=tx)
            await draft.payment.insert(self._db, tx=tx)
            if draft.shipment is not None:
                await draft.shipment.insert(self._db, tx=tx)
            await InventoryTransaction.insert_all(self._db, draft.ledger, tx=tx)
            if draft.tax.levy is None:
                await self._taxes.tell_unknown(draft.order, draft.tax, tx)
            if draft.waits:
                taken, now, key = WaitStatus.TAKEN, self._clock.now(), draft.order.key
                await Waiting.end(self._db, shop.id, draft.waits, taken, now, order_id=key, tx=tx)
            if draft.free:
                return await self._paid.write(shop, draft.order, draft.payment, {}, tx=tx)
            await self._outbox.owe([first_effect(draft.order, self._clock.now())], tx)
            return draft.order

        try:
            return await self._outbox.commit(work)
        except DuplicateKeyError:
            # One chance in billions: the random number is taken in this shop.
            draft.renumber(new_number())
            return await self._outbox.commit(work)

    async def recover(self, session: OrderSession) -> None:
        """Take back a Confirm that began too long ago, so that its person can go on."""
        began, order_id = session.confirming_since, session.confirming_order_id
        if began is None or order_id is None or began > self._clock.now() - self._rules.stale_confirm:
            return
        product_ids = [item.product_id for item in session.items]
        await self._take_back(session.tenant_id, order_id, product_ids)

    async def _take_back(self, tenant_id: str, order_id: str, product_ids: list[str]) -> None:
        await OrderSession.stop_confirm(self._db, tenant_id, order_id)
        await self.resolve_holds(tenant_id, order_id, product_ids)

    async def resolve_holds(self, tenant_id: str, order_id: str, product_ids: list[str]) -> None:
        """Settle the holds of an order that stands, give back those of one that never came to be.

        Only to be called once no transaction for this order id can commit any more.
        """
        stands = await Order.get(self._db, tenant_id, order_id) is not None
        await self._discounts.resolve(tenant_id, order_id, stands=stands)
        if stands:
            await InventorySnapshot.settle(self._db, order_id, tenant_id=tenant_id, product_ids=product_ids)
        else:
            for key in product_ids:
                await InventorySnapshot.give_back(self._db, order_id, tenant_id=tenant_id, product_id=key)
        await Storefront.mark(self._db, tenant_id, self._clock.now())

    async def left_behind(self) -> list[Left]:
        """What every tenant's Confirms left behind that began too long ago."""
        before = self._clock.now() - self._rules.stale_confirm
        stuck = await OrderSession.stuck(self._db, before)
        stock = await InventorySnapshot.with_old_holds(self._db, before)
        return [*stuck, *stock, *await Discount.with_old_holds(self._db, before)]

    async def clear_up(self, left: Left) -> int:
        """Settle or give back what one of them left."""
        await self._take_back(*left)
        return 1


def _lost(draft: Draft) -> Change:
    """The discount that others were faster to use up."""
    offer = draft.offer
    return Change("discount", offer.discount.name, offer.cents, 0) if offer else Change("discount", "")
