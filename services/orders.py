"""Orders after Confirm, as their customer and as staff see them; and their cancelling."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from models.alert import Alert, AlertSeverity, AlertType
from models.base import Db, Tx, Where, transact
from models.entitlement import Entitlement
from models.errors import BadInput, NotFound, Refused
from models.inventory import InventoryTransaction
from models.member import Member
from models.order import Order, OrderEvent, OrderStatus
from models.payment import Payment, PaymentStatus
from models.required import required
from models.shipment import Parcel, Shipment
from services.afterwards import tidying
from services.audit import Audit
from services.clock import Clock
from services.discounts import Discounts
from services.effects import EffectKind, Notice, close_page, effect, notice
from services.links import Links
from services.outbox import Outbox
from services.paging import bounded
from services.paid import releases
from services.payments import by_hand
from services.payments.contract import Instructions
from services.payments.methods import PaymentMethods
from services.shops import Shop
from services.stock import Stock, alert_effect

PAGE_SIZE = 5
SUGGESTIONS = 25
_NOTE_LENGTH = 500
_CLAIMABLE = {PaymentStatus.PENDING_PAYMENT, PaymentStatus.REJECTED, PaymentStatus.EXPIRED}
_CANCELLABLE = {PaymentStatus.PENDING_PAYMENT, PaymentStatus.REJECTED, PaymentStatus.FAILED}
# Part of the money is no reason to keep the goods for ever; staff decide about it.
_ENDING = {*_CANCELLABLE, PaymentStatus.UNDERPAID}
_HOLD_ENDED = "hold_ended"


@dataclass(frozen=True)
class OrderView:
    """An order with all that a person may see and do about it; `parcels` are on their way or there."""

    order: Order
    payment: Payment
    entitlements: list[Entitlement]
    instructions: Instructions | None
    can_claim: bool
    can_cancel: bool
    invoice_url: str | None
    parcels: list[Parcel]


@dataclass(frozen=True)
class OrdersPage:
    """One page of orders, newest first; `page` counts from 0."""

    orders: list[Order]
    page: int
    pages: int
    total: int


class Orders:
    """Finds, shows and cancels orders."""

    def __init__(
        self,
        db: Db,
        clock: Clock,
        *,
        audit: Audit,
        outbox: Outbox,
        methods: PaymentMethods,
        links: Links,
        stock: Stock,
        discounts: Discounts,
    ) -> None:
        self._db = db
        self._clock = clock
        self._audit = audit
        self._outbox = outbox
        self._methods = methods
        self._links = links
        self._stock = stock
        self._discounts = discounts

    async def of_member(self, shop: Shop, member: Member, page: int = 0) -> OrdersPage:
        """A customer's own orders."""
        return await self._page(Order.of_customer(shop.id, member.discord_id), page)

    async def find(self, shop: Shop, query: str = "", page: int = 0) -> OrdersPage:
        """Any order of the shop, for staff: by number, customer name or Discord id, or status."""
        return await self._page(Order.matching(shop.id, query), page)

    async def _page(self, where: Where, page: int) -> OrdersPage:
        total = await Order.how_many(self._db, where)
        page, pages = bounded(page, total, PAGE_SIZE)
        orders = await Order.find_all(
            self._db, where, sort="-createdAt", skip=page * PAGE_SIZE, limit=PAGE_SIZE
        )
        return OrdersPage(orders, page, pages, total)

    async def suggest(self, shop: Shop, member: Member, text: str) -> list[tuple[Order, str]]:
        """(order, id) of a customer's own orders whose number holds what was typed."""
        where = Order.of_customer(shop.id, member.discord_id)
        orders = await Order.find_all(self._db, where, sort="-createdAt", limit=100)
        wanted = text.strip().upper()
        return [(order, order.key) for order in orders if wanted in order.order_number][:SUGGESTIONS]

    async def suggest_any(self, shop: Shop, text: str) -> list[tuple[Order, str]]:
        """(order, id) of the shop's orders that fit, for staff."""
        orders = await Order.find_all(
            self._db, Order.matching(shop.id, text), sort="-createdAt", limit=SUGGESTIONS
        )
        return [(order, order.key) for order in orders]

    async def view(self, shop: Shop, member: Member, order_id: str) -> OrderView:
        """A customer's own order, by id or number; raises NotFound for anybody else's."""
        order = await self._order(shop, order_id)
        if order.customer.discord_id != member.discord_id:
            raise NotFound("order")
        return await self.show(shop, order)

    async def staff_view(self, shop: Shop, order_id: str) -> OrderView:
        """Any order of the shop, by id or number; raises NotFound."""
        return await self.show(shop, await self._order(shop, order_id))

    async def show(self, shop: Shop, order: Order) -> OrderView:
        """An order with its payment, what it owes and what can be done now."""
        payment = required(await Payment.of_order(self._db, shop.id, order.key), "payment")
        paid = order.paid_at is not None
        open_order = order.status in {OrderStatus.PENDING_PAYMENT, OrderStatus.CANCELLED}
        pending, by_staff = order.status is OrderStatus.PENDING_PAYMENT, payment.method in by_hand()
        return OrderView(
            order=order,
            payment=payment,
            entitlements=await Entitlement.of_order(self._db, shop.id, order.key) if paid else [],
            instructions=self._methods.instructions(shop, order, payment) if pending and by_staff else None,
            can_claim=open_order and by_staff and payment.status in _CLAIMABLE,
            can_cancel=pending and payment.status in _CANCELLABLE,
            invoice_url=self._links.invoice_url(order) if paid else None,
            parcels=await Shipment.sent(self._db, shop.id, order.key) if order.shipment_id else [],
        )

    async def cancel(self, shop: Shop, member: Member, order_id: str) -> OrderView:
        """A customer calls an unpaid order off; raises NotFound, or Refused once it was paid or claimed."""
        view = await self.view(shop, member, order_id)
        if not view.can_cancel:
            raise Refused("payment", view.payment.status)
        order = await self._cancel(shop, view, "by_customer", allowed=_CANCELLABLE, actor=member)
        return await self.show(shop, order)

    async def staff_cancel(self, shop: Shop, actor: Member, order_id: str, reason: str) -> OrderView:
        """Staff call an unpaid order off, also one whose payment was claimed; raises BadInput, Refused."""
        why = _note("reason", reason)
        view = await self.staff_view(shop, order_id)
        if view.order.status is not OrderStatus.PENDING_PAYMENT:
            raise Refused("order", view.order.status)
        order = await self._cancel(
            shop, view, "by_staff", allowed=set(PaymentStatus), actor=actor, note=why, audited=True
        )
        return await self.show(shop, order)

    async def add_note(self, shop: Shop, actor: Member, order_id: str, text: str) -> OrderView:
        """Add a note that only staff see; raises BadInput."""
        order = await self._order(shop, order_id)
        event = OrderEvent(
            at=self._clock.now(), what="note", actor_id=actor.discord_id, note=_note("note", text)
        )

        async def work(tx: Tx) -> Order:
            await self._audit.record(shop.id, actor, "order.note", order, after={"note": event.note}, tx=tx)
            return await Order.note(self._db, order, event, tx=tx) or order

        return await self.show(shop, await transact(self._db, work))

    async def end_hold(self, shop: Shop, order: Order) -> bool:
        """Cancel an order whose hold is over; False when it was paid, claimed or cancelled meanwhile."""
        view = await self.show(shop, order)
        try:
            await self._cancel(shop, view, _HOLD_ENDED, allowed=_ENDING)
        except Refused:
            return False
        return True

    async def _order(self, shop: Shop, text: str) -> Order:
        order = await Order.get(self._db, shop.id, text)
        return required(order or await Order.of_number(self._db, shop.id, text.strip().upper()), "order")

    async def _cancel(
        self,
        shop: Shop,
        view: OrderView,
        why: str,
        *,
        allowed: Collection[PaymentStatus],
        actor: Member | None = None,
        note: str | None = None,
        audited: bool = False,
    ) -> Order:
        now, by = self._clock.now(), actor.discord_id if actor else None
        event = OrderEvent(at=now, what=OrderStatus.CANCELLED, actor_id=by, note=note)

        async def work(tx: Tx) -> Order:
            payment = await self._still_open(shop, view, why, allowed, tx)
            await self._close_payment(payment, note, tx)
            fields = {"cancelledAt": now, "cancelReason": why, "holdEndsAt": None}
            order = await Order.move(self._db, view.order, OrderStatus.CANCELLED, event, fields=fields, tx=tx)
            if order is None:
                raise Refused("order", view.order.status)
            await InventoryTransaction.insert_all(self._db, releases(order), tx=tx)
            await self._discounts.give_back(order, tx)
            turn = view.payment.claims
            told = notice(Notice.ORDER_CANCELLED, shop.id, order.key, now, turn=turn, why=why, note=note)
            await self._outbox.owe([told], tx)
            if audited and actor is not None:
                await self._audit.record(
                    shop.id, actor, "order.cancel", order, before={"status": view.order.status},
                    after={"status": order.status, "reason": note}, tx=tx,
                )  # fmt: skip
            return order

        order = await self._outbox.commit(work)
        with tidying(order.key):
            await self._stock.count_in(shop, order)
            await self._discounts.count_in(order)
        return order

    async def _still_open(
        self, shop: Shop, view: OrderView, why: str, allowed: Collection[PaymentStatus], tx: Tx
    ) -> Payment:
        """The payment as it is now: what was shown may be older than a provider's news, or a claim."""
        payment = await Payment.get(self._db, shop.id, view.payment.id, tx=tx) or view.payment
        if payment.status not in allowed or payment.claims != view.payment.claims:
            raise Refused("payment", payment.status)
        order = await Order.get(self._db, shop.id, view.order.id, tx=tx) or view.order
        if why == _HOLD_ENDED and (order.hold_ends_at is None or order.hold_ends_at > self._clock.now()):
            raise Refused("order", order.status)
        return payment

    async def _close_payment(self, payment: Payment, note: str | None, tx: Tx) -> None:
        claimed = payment.status is PaymentStatus.AWAITING_ADMIN_APPROVAL
        to = PaymentStatus.REJECTED if claimed else PaymentStatus.EXPIRED
        fields: dict[str, Any] = {"rejectedAt": self._clock.now(), "rejectionReason": note} if claimed else {}
        if payment.received_any:
            fields["conflict"] = payment.conflict or "underpaid"
            await self._alert(payment, tx)
        if await Payment.move(self._db, payment, to, fields, tx=tx) is None:
            raise Refused("payment", payment.status)
        if claimed:
            decided = effect(
                EffectKind.STAFF_DECIDED,
                payment.tenant_id,
                f"{payment.key}:{payment.claims}",
                self._clock.now(),
                payload={"paymentId": payment.key},
                order_id=payment.order_id,
            )
            await self._outbox.owe([decided], tx)
        if payment.provider_ref:
            await self._outbox.owe([close_page(payment, self._clock.now())], tx)

    async def _alert(self, payment: Payment, tx: Tx) -> None:
        """Staff have to give back what came in, or hand over all the same."""
        last = payment.receipts[-1]
        own = payment.received_cents > 0
        alert = Alert(
            tenant_id=payment.tenant_id,
            type=AlertType.PAYMENT_FAILED,
            severity=AlertSeverity.ERROR,
            message="cancelled_with_money",
            params={
                "number": payment.order_number,
                "method": payment.method,
                "came": payment.received_cents if own else last.amount_cents,
                "came_currency": payment.currency if own else last.currency,
                "total": payment.amount_cents,
                "currency": payment.currency,
            },
            entity_type="Payment",
            entity_id=payment.key,
        )
        await alert.insert(self._db, tx=tx)
        await self._outbox.owe([alert_effect(alert, self._clock)], tx)


def _note(field: str, text: str) -> str:
    cleaned = text.strip()
    if not cleaned:
        raise BadInput(field, "required")
    if len(cleaned) > _NOTE_LENGTH:
        raise BadInput(field, "length", _NOTE_LENGTH)
    return cleaned
