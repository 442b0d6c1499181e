"""A person is erased while the books are kept; refused as long as anything is owed (docs/adr/0024)."""

from dataclasses import dataclass

from models import erasing, owing
from models.alert import Alert, AlertSeverity, AlertType
from models.base import Db, Tx
from models.customer import Customer
from models.errors import BadInput, NotFound, StillOwed
from models.member import Member
from models.outbox import OutboxEffect
from models.payment import Payment
from models.problems import Debt
from models.required import required
from models.waiting import Waiting
from services.audit import Audit
from services.clock import Clock
from services.effects import EffectKind, effect
from services.outbox import Outbox
from services.shops import Shop
from services.stock import alert_effect
from services.waitlist import MAX_WAITS, Waitlist
from services.wakeups import Wakeups

# What processes remember of what people typed is forgotten by this name.
ERASED = "erased"
_SWEPT = 100


@dataclass(frozen=True)
class ErasureView:
    """A person with all their accounts, what is still owed, and how many orders stay in the books."""

    customer: Customer
    accounts: list[Customer]
    debts: list[Debt]
    orders: int


class Erasure:
    """Everything happens in one transaction; what providers told is cleared afterwards, by the outbox."""

    def __init__(
        self, db: Db, clock: Clock, *, audit: Audit, outbox: Outbox, waitlist: Waitlist, wakeups: Wakeups
    ) -> None:
        self._db = db
        self._clock = clock
        self._audit = audit
        self._outbox = outbox
        self._waitlist = waitlist
        self._wakeups = wakeups

    async def view(self, shop: Shop, customer_id: str) -> ErasureView:
        """What erasing would mean, and what is in its way; raises NotFound."""
        found = required(await Customer.get(self._db, shop.id, customer_id), "customer")
        customer = await found.kept(self._db)
        return await self._view(customer)

    async def _view(self, customer: Customer, tx: Tx | None = None) -> ErasureView:
        accounts = await Customer.accounts_of(self._db, customer.tenant_id, customer.key, tx=tx)
        debts, orders = list[Debt](), 0
        for each in (customer, *accounts):
            left = await owing.trail(self._db, each, erasing.pseudonym(each), tx=tx)
            debts += await owing.debts(self._db, left, tx=tx)
            orders += len(left.order_keys)
        return ErasureView(customer, accounts, debts, orders)

    async def erase(self, shop: Shop, actor: Member, customer_id: str, typed: str) -> Customer:
        """Erase a person; `typed` is the Discord id that staff typed to confirm. Again changes nothing.

        Raises NotFound, BadInput for another id, and StillOwed with all that has to be settled first.
        """
        view = await self.view(shop, customer_id)
        if view.customer.erased_at is not None:
            return view.customer
        if typed.strip() != view.customer.discord_id:
            raise BadInput("erased_id", "not_confirmed")
        if view.debts:
            raise StillOwed(tuple(view.debts))
        for each in (view.customer, *view.accounts):
            await self._leave_lines(shop, each)

        async def work(tx: Tx) -> Customer:
            # Written first: whatever else names this customer at this moment waits, or begins again.
            held = await Customer.hold(self._db, shop.id, view.customer.key, tx=tx)
            if held is None:
                return await self._gone(shop, view.customer.key, tx)
            now_view = await self._view(held, tx)
            if now_view.debts:
                raise StillOwed(tuple(now_view.debts))
            return await self._write(shop, actor, now_view, tx)

        erased = await self._outbox.commit(work)
        self._wakeups.change(ERASED)
        return erased

    async def _gone(self, shop: Shop, key: str, tx: Tx) -> Customer:
        """The record that somebody else erased a moment ago; raises NotFound when it was merged instead."""
        found = await Customer.get(self._db, shop.id, key, tx=tx)
        if found is None or found.erased_at is None:
            raise NotFound("customer")
        return found

    async def _leave_lines(self, shop: Shop, customer: Customer) -> None:
        """Give back what is kept for them; a crash after it has only cost them their place."""
        who = Member(customer.discord_id, customer.discord_username, customer.discord_display_name)
        for wait in await Waiting.all_of(self._db, shop.id, who.discord_id, MAX_WAITS):
            await self._waitlist.withdraw(shop, who, wait.product_id)

    async def _write(self, shop: Shop, actor: Member, view: ErasureView, tx: Tx) -> Customer:
        now, references = self._clock.now(), list[str]()
        for each in (view.customer, *view.accounts):
            left = await owing.trail(self._db, each, erasing.pseudonym(each), tx=tx)
            references += await owing.references(self._db, left, tx=tx)
            await self._owe_cards(left, tx)
            await erasing.hush(self._db, left, now, tx=tx)
            await erasing.orders(self._db, left, tx=tx)
            await erasing.payments(self._db, left, tx=tx)
            await erasing.goods(self._db, left, tx=tx)
            await erasing.payouts(self._db, left, tx=tx)
            await erasing.visits(self._db, left, now, tx=tx)
            await erasing.people(self._db, left, now, tx=tx)
            await erasing.memory(self._db, left, tx=tx)
        after = {"orders": view.orders, "accounts": 1 + len(view.accounts)}
        await self._audit.record(shop.id, actor, "customer.erase", view.customer, after=after, tx=tx)
        payload = {"references": references}
        scrub = effect(EffectKind.PERSON_SCRUB, shop.id, view.customer.key, now, payload=payload)
        await self._outbox.owe([scrub], tx)
        return await Customer.get(self._db, shop.id, view.customer.key, tx=tx) or view.customer

    async def _owe_cards(self, left: erasing.Trail, tx: Tx) -> None:
        """Let the cards of claims, which name the customer in the staff's channel, be shown anew."""
        payments = await Payment.find_all(self._db, left.of_orders(), tx=tx)
        shown = [each for each in payments if each.card_message_id is not None]
        now = self._clock.now()
        again = [
            effect(
                EffectKind.STAFF_DECIDED,
                left.tenant_id,
                f"{each.key}:erased",
                now,
                payload={"paymentId": each.key},
                order_id=each.order_id,
            )
            for each in shown
        ]
        await self._outbox.owe(again, tx)

    async def ask(self, shop: Shop, customer: Customer) -> bool:
        """Tell staff that a customer wants to be erased; False when they were told before."""
        alert = Alert(
            tenant_id=shop.id,
            type=AlertType.FULFILLMENT_FAILED,
            severity=AlertSeverity.WARN,
            message="erasure_asked",
            params={"userId": customer.discord_id},
            entity_type="Customer",
            entity_id=customer.key,
        )
        shown = alert_effect(alert, self._clock)
        shown.dedupe_key = f"{shown.kind}:erasure:{customer.key}"

        async def work(tx: Tx) -> bool:
            if not await OutboxEffect.not_owed(self._db, [shown], tx=tx):
                return False
            if await Customer.hold(self._db, shop.id, customer.key, tx=tx) is None:
                return False
            await alert.insert(self._db, tx=tx)
            await self._outbox.owe([shown], tx)
            return True

        return await self._outbox.commit(work)

    async def sweep(self) -> int:
        """Let go of the ids of erased people whose last roles have ended; how many."""
        return await erasing.end_roles(self._db, _SWEPT)
