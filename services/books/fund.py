"""Whether the community fund's balance is its books', and every gift and payment is in them once."""

from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence

from models import books_sums
from models.fund import CommunityFundContribution, CommunityFundDisbursement
from models.fund_ledger import Account, FundBalance, FundEntry, FundMove
from models.order import Order, OrderStatus
from services.books.contract import Check, Finding, wrong
from services.books.look import Look


class FundBooks(Check):
    """It is the community's money: every cent has an entry, and nothing was paid out that was not there."""

    name = "fund"
    over = (FundBalance, CommunityFundContribution, CommunityFundDisbursement, Order)
    finds = frozenset(
        {
            *("fund_balance", "fund_overdrawn", "gift_entries", "payout_entries"),
            *("gift_missing", "gift_unpaid", "gift_other"),
        }
    )

    async def look(self, look: Look) -> AsyncIterator[Finding]:
        """Add up the entries of each balance, gift and payment."""
        parts = {
            FundBalance: _balances,
            CommunityFundContribution: _gifts,
            CommunityFundDisbursement: _payouts,
            Order: _orders,
        }
        async for finding in parts[look.document](look):
            yield finding


async def _balances(look: Look) -> AsyncIterator[Finding]:
    for balance in look.records(FundBalance):
        account, where = Account(balance.tenant_id, balance.currency), {"balance": balance.key}
        sums = await books_sums.fund_sums(look.db, account, tx=look.tx, settled=True)
        said = (balance.balance_cents, balance.in_cents, balance.out_cents)
        if said != (sums.came - sums.went, sums.came, sums.went):
            due = {"due": sums.came - sums.went, "came": sums.came, "went": sums.went}
            yield wrong(look, "fund_balance", balance, where=where, said=balance.balance_cents, **due)
        # Below zero leads only what went back after it was paid out.
        if balance.balance_cents < min(0, -sums.returned):
            told = {"said": balance.balance_cents, "returned": sums.returned}
            yield wrong(look, "fund_overdrawn", balance, where=where, **told)


async def _gifts(look: Look) -> AsyncIterator[Finding]:
    entries = await look.beside(FundEntry, "contributionId")
    for gift in look.records(CommunityFundContribution):
        mine, sign = entries.get(gift.key, []), 0 if gift.returned_at else 1
        moves = Counter(each.move for each in mine)
        once = moves[FundMove.CONTRIBUTION] == 1
        told = _told(mine, gift.amount_cents, gift.currency)
        if not (once and told and sum(each.amount_cents for each in mine) == sign * gift.amount_cents):
            yield wrong(look, "gift_entries", gift, where={"gift": gift.key}, many=len(mine))


async def _payouts(look: Look) -> AsyncIterator[Finding]:
    entries = await look.beside(FundEntry, "disbursementId")
    for paid in look.records(CommunityFundDisbursement):
        mine, sign = entries.get(paid.key, []), 0 if paid.reversed_at else -1
        once = Counter(each.move for each in mine)[FundMove.DISBURSEMENT] == 1
        told = _told(mine, paid.amount_cents, paid.currency)
        if not (once and told and sum(each.amount_cents for each in mine) == sign * paid.amount_cents):
            yield wrong(look, "payout_entries", paid, where={"payout": paid.key}, many=len(mine))


def _told(entries: Sequence[FundEntry], cents: int, currency: str) -> bool:
    return all(abs(each.amount_cents) == cents and each.currency == currency for each in entries)


async def _orders(look: Look) -> AsyncIterator[Finding]:
    gifts = await look.beside(CommunityFundContribution, "orderId")
    for order in look.records(Order):
        for finding in _of_order(look, order, gifts.get(order.key, [])):
            yield finding


def _of_order(look: Look, order: Order, mine: Sequence[CommunityFundContribution]) -> Iterator[Finding]:
    where = {"order": order.key}
    if order.paid_at is None or not order.donation_cents:
        for gift in mine:
            yield wrong(look, "gift_unpaid", order, where={**where, "gift": gift.key})
        return
    if len(mine) != 1:
        yield wrong(look, "gift_missing", order, where=where, many=len(mine), due=order.donation_cents)
        return
    gift = mine[0]
    due = (order.donation_cents, order.currency, order.status is OrderStatus.REFUNDED)
    if (gift.amount_cents, gift.currency, gift.returned_at is not None) != due:
        yield wrong(look, "gift_other", order, where={**where, "gift": gift.key})


CHECK = FundBooks()
