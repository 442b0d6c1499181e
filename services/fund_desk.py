"""The community fund behind the counter: who may pay out of it, paying out, and taking a mistake back."""

from collections.abc import Sequence
from dataclasses import dataclass

from bson import ObjectId
from pymongo.errors import DuplicateKeyError

from models.access import Role
from models.alert import Alert, AlertSeverity, AlertType
from models.base import Db, Tx, object_id
from models.customer import Customer
from models.errors import AlreadyDecided, BadInput, ChangedMeanwhile, FundShort, NotApprover, NotFound
from models.fund import CommunityFundContribution, CommunityFundDisbursement
from models.fund_ledger import Account, FundBalance, FundEntry, FundMove
from models.member import Member
from models.money import parse_amount
from models.order import Order
from models.required import required
from services.access import Access
from services.audit import Audit
from services.clock import Clock
from services.fund import Fund
from services.outbox import Outbox
from services.paging import bounded
from services.shops import Shop
from services.stock import alert_effect
from services.typed_text import typed_text

PAGE_SIZE = 8
REASON_LENGTH = 500
_MOST_ROLES = 25


@dataclass(frozen=True)
class Movement:
    """One movement with what it was; `customer` gave or got it, None when they are gone."""

    entry: FundEntry
    contribution: CommunityFundContribution | None
    disbursement: CommunityFundDisbursement | None
    customer: Customer | None
    order_number: str | None


@dataclass(frozen=True)
class Book:
    """A page of a fund's movements, newest first, under its balance; `page` counts from 0."""

    balance: FundBalance
    movements: list[Movement]
    page: int
    pages: int
    total: int


class FundDesk:
    """Every payment is in the audit log and told in the staff channel."""

    def __init__(
        self, db: Db, clock: Clock, *, access: Access, audit: Audit, outbox: Outbox, fund: Fund
    ) -> None:
        self._db = db
        self._clock = clock
        self._access = access
        self._audit = audit
        self._outbox = outbox
        self._fund = fund

    async def approves(self, shop: Shop, member: Member) -> bool:
        """Whether this member may pay out of the fund."""
        rules = await self._fund.rules(shop)
        return await self._access.holds_role(shop, member, rules.disbursement_approval_roles)

    async def _require(self, shop: Shop, member: Member) -> None:
        if not await self.approves(shop, member):
            rules = await self._fund.rules(shop)
            raise NotApprover(tuple(rules.disbursement_approval_roles))

    async def role_names(self, shop: Shop) -> list[str]:
        """The names of the shop's roles, a menu full."""
        roles = await Role.find_all(self._db, {"tenantId": shop.id}, sort="name", limit=_MOST_ROLES)
        return [role.name for role in roles]

    async def book(self, shop: Shop, page: int = 0, *, size: int = PAGE_SIZE) -> Book:
        """The fund's movements in the shop's currency."""
        account = Account(shop.id, shop.currency)
        balance = await self._fund.balance(account)
        total = await FundEntry.how_many(self._db, account)
        page, pages = bounded(page, total, size)
        entries = await FundEntry.latest(self._db, account, skip=page * size, limit=size)
        return Book(balance, await self.named(shop, entries), page, pages, total)

    async def others(self, shop: Shop) -> list[FundBalance]:
        """What is left in currencies in which the shop sold before."""
        found = await FundBalance.of_tenant(self._db, shop.id)
        return [each for each in found if each.currency != shop.currency and each.balance_cents]

    async def named(self, shop: Shop, entries: Sequence[FundEntry]) -> list[Movement]:
        """Movements with their records."""
        gifts = await self._contributions(shop, [e.contribution_id for e in entries if e.contribution_id])
        paid = await self._disbursements(shop, [e.disbursement_id for e in entries if e.disbursement_id])
        keys = {each.customer_id for each in gifts.values()}
        keys |= {each.recipient_customer_id for each in paid.values()}
        customers = await Customer.of_keys(self._db, shop.id, sorted(keys))
        orders = await Order.of_keys(self._db, shop.id, [g.order_id for g in gifts.values() if g.order_id])
        made = []
        for entry in entries:
            gift, pay = gifts.get(entry.contribution_id or ""), paid.get(entry.disbursement_id or "")
            who = gift.customer_id if gift else pay.recipient_customer_id if pay else ""
            order = orders.get(gift.order_id or "") if gift else None
            number = order.order_number if order else None
            made.append(Movement(entry, gift, pay, customers.get(who), number))
        return made

    async def _contributions(self, shop: Shop, keys: list[str]) -> dict[str, CommunityFundContribution]:
        found = await CommunityFundContribution.of_keys(self._db, shop.id, keys)
        return {each.key: each for each in found}

    async def _disbursements(self, shop: Shop, keys: list[str]) -> dict[str, CommunityFundDisbursement]:
        found = await CommunityFundDisbursement.of_keys(self._db, shop.id, keys)
        return {each.key: each for each in found}

    @staticmethod
    def new_key() -> str:
        """The id that a payment gets which is about to be filled in."""
        return str(ObjectId())

    async def disburse(
        self, shop: Shop, actor: Member, key: str, customer_id: str, amount: str, reason: str
    ) -> CommunityFundDisbursement:
        """Pay an amount, as it was typed, out of the fund to a customer, for a reason.

        `key` is the id that the payment gets: sent twice, it is paid once. Raises NotApprover, BadInput,
        NotFound, FundShort when less is there, and ChangedMeanwhile when the customer was just merged.
        """
        await self._require(shop, actor)
        cents, why = parse_amount(amount, shop.currency), typed_text("reason", reason, REASON_LENGTH)
        paying_id = object_id(key)
        if cents < 1:
            raise BadInput("amount", "too_small")
        if paying_id is None or await Customer.get(self._db, shop.id, customer_id) is None:
            raise NotFound("customer")
        paying = CommunityFundDisbursement(
            id=paying_id,
            tenant_id=shop.id,
            recipient_customer_id=customer_id,
            amount_cents=cents,
            reason=why,
            approved_by=actor.discord_id,
            currency=shop.currency,
        )
        await self._fund.balance(Account(shop.id, shop.currency))
        try:
            return await self._outbox.commit(lambda tx: self._pay(shop, actor, paying, tx))
        except DuplicateKeyError as error:
            known = await CommunityFundDisbursement.get(self._db, shop.id, key)
            if known is None:
                raise NotFound("disbursement") from error
            return known

    async def _pay(
        self, shop: Shop, actor: Member, paying: CommunityFundDisbursement, tx: Tx
    ) -> CommunityFundDisbursement:
        account = Account(shop.id, paying.currency)
        # First, so that those who meet here meet before they have done anything else.
        if await FundBalance.take(self._db, account, paying.amount_cents, tx=tx) is None:
            if await CommunityFundDisbursement.get(self._db, shop.id, paying.id, tx=tx) is not None:
                return paying
            balance = await FundBalance.find_one(self._db, FundEntry.of(account), tx=tx)
            raise FundShort(balance.balance_cents if balance else 0, paying.currency)
        if not await Customer.hold(self._db, shop.id, paying.recipient_customer_id, tx=tx):
            raise ChangedMeanwhile
        await paying.insert(self._db, tx=tx)
        await self._enter(paying, FundMove.DISBURSEMENT, -paying.amount_cents, tx)
        after = {
            "amount": paying.amount_cents,
            "currency": paying.currency,
            "recipient": paying.recipient_customer_id,
            "reason": paying.reason,
        }
        await self._audit.record(shop.id, actor, "fund.disburse", paying, after=after, tx=tx)
        await self._tell(paying, "fund_paid_out", actor, paying.reason, tx)
        return paying

    async def reverse(self, shop: Shop, actor: Member, key: str, reason: str) -> CommunityFundDisbursement:
        """Take a payment back that was entered by mistake; raises NotApprover, BadInput, NotFound.

        Raises AlreadyDecided when somebody did.
        """
        await self._require(shop, actor)
        why, paid = typed_text("reason", reason, REASON_LENGTH), await self.disbursement(shop, key)

        async def work(tx: Tx) -> CommunityFundDisbursement:
            undone = await CommunityFundDisbursement.take_back(
                self._db, paid, actor.discord_id, why, self._clock.now(), tx=tx
            )
            if undone is None:
                raise AlreadyDecided("REVOKED")
            await FundBalance.add(self._db, Account(shop.id, paid.currency), went=-paid.amount_cents, tx=tx)
            await self._enter(paid, FundMove.REVERSAL, paid.amount_cents, tx)
            before, after = {"amount": paid.amount_cents, "reason": paid.reason}, {"reason": why}
            await self._audit.record(shop.id, actor, "fund.reverse", paid, before=before, after=after, tx=tx)
            await self._tell(paid, "fund_taken_back", actor, why, tx)
            return undone

        return await self._outbox.commit(work)

    async def disbursement(self, shop: Shop, key: str) -> CommunityFundDisbursement:
        """A payment out of the fund; raises NotFound."""
        return required(await CommunityFundDisbursement.get(self._db, shop.id, key), "disbursement")

    async def _enter(self, paid: CommunityFundDisbursement, move: FundMove, cents: int, tx: Tx) -> None:
        entry = FundEntry(
            tenant_id=paid.tenant_id,
            currency=paid.currency,
            move=move,
            amount_cents=cents,
            at=self._clock.now(),
            disbursement_id=paid.key,
            settled=True,
        )
        await entry.insert(self._db, tx=tx)

    async def _tell(
        self, paid: CommunityFundDisbursement, message: str, actor: Member, why: str, tx: Tx
    ) -> None:
        recipient = await Customer.get(self._db, paid.tenant_id, paid.recipient_customer_id, tx=tx)
        alert = Alert(
            tenant_id=paid.tenant_id,
            type=AlertType.COMMUNITY_FUND,
            severity=AlertSeverity.INFO,
            message=message,
            params={
                "amount": paid.amount_cents,
                "currency": paid.currency,
                "by": actor.discord_id,
                "to": recipient.discord_id if recipient else None,
                "reason": why,
            },
            entity_type="CommunityFund",
            entity_id=paid.key,
        )
        await alert.insert(self._db, tx=tx)
        await self._outbox.owe([alert_effect(alert, self._clock)], tx)
