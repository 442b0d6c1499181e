"""What staff decide about money that could not pay its order by itself."""

from models.base import Db, Tx
from models.errors import AlreadyDecided, BadInput
from models.member import Member
from models.order import Order, OrderStatus
from models.payment import Payment, PaymentEvent
from models.required import required
from services.afterwards import tidying
from services.audit import Audit
from services.clock import Clock
from services.outbox import Outbox
from services.paid import Paid
from services.shops import Shop
from services.stock import Stock

_NOTE_LENGTH = 200


class Decisions:
    """Fulfil anyway; the other way out is services/refunds.py."""

    def __init__(
        self, db: Db, clock: Clock, *, audit: Audit, outbox: Outbox, paid: Paid, stock: Stock
    ) -> None:
        self._db = db
        self._clock = clock
        self._audit = audit
        self._outbox = outbox
        self._paid = paid
        self._stock = stock

    @staticmethod
    def may_fulfil(payment: Payment, order: Order) -> bool:
        """Whether money came in that did not pay this order."""
        unpaid = order.status in {OrderStatus.PENDING_PAYMENT, OrderStatus.CANCELLED}
        # What is on its way back to the payer can no longer pay for anything.
        leaving = payment.received_cents > 0 and payment.refundable_cents == 0
        return unpaid and not payment.settled and payment.received_any and not leaving

    async def fulfil(self, shop: Shop, actor: Member, payment_id: str, note: str) -> Order:
        """Take what came in as payment and hand everything over, missing stock entered as found.

        Raises NotFound, BadInput for the note, AlreadyDecided when the order is paid or nothing came in.
        """
        why = " ".join(note.split())
        if not why or len(why) > _NOTE_LENGTH:
            raise BadInput("note", "length" if why else "required", _NOTE_LENGTH)

        async def work(tx: Tx) -> Order:
            payment = required(await Payment.get(self._db, shop.id, payment_id, tx=tx), "payment")
            order = required(await Order.get(self._db, shop.id, payment.order_id, tx=tx), "payment")
            if not self.may_fulfil(payment, order):
                raise AlreadyDecided(payment.status)
            before = {"status": payment.status, "conflict": payment.conflict}
            event = PaymentEvent(
                at=self._clock.now(), what="fulfil_anyway", actor_id=actor.discord_id, note=why
            )
            payment = await Payment.record(self._db, payment, {}, event, tx=tx)
            fields = {
                "approverUserId": actor.discord_id,
                "approvedAt": self._clock.now(),
                "conflict": None,
                "nextPollAt": None,
            }
            paid = await self._paid.write(
                shop, order, payment, fields, tx=tx, actor_id=actor.discord_id, at_any_rate=True
            )
            await self._audit.record(
                shop.id, actor, "payment.fulfil", payment, before=before, after={"note": why}, tx=tx
            )
            return paid

        order = await self._outbox.commit(work)
        with tidying(order.key):
            await self._stock.count_in(shop, order)
        return order
