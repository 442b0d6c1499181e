"""COMMUNITY_FUND: what was given to the fund, what it paid, and what is in it."""

from datetime import date
from typing import Any, Self

from models.fund import CommunityFundContribution
from models.fund_ledger import GIFTS, Account, FundEntry
from services.reports.contract import Chart, Column, Figure, Look, ReportType, Series, Table, Unit
from services.reports.report import Question, Report, Result, rows


class Day(Result):
    """One local day, with the balance at its end."""

    date: date
    in_cents: int = 0
    out_cents: int = 0
    balance_cents: int = 0


class CommunityFund(Result):
    """Gifts less those that went back, payments less those taken back, and who gave; nobody is named."""

    in_cents: int = 0
    out_cents: int = 0
    balance_cents: int = 0
    gifts: int = 0
    donors: int = 0
    days: list[Day]

    @classmethod
    def empty(cls) -> Self:
        """No days at all."""
        return cls(days=[])


class FundReport(Report[CommunityFund]):
    """Reads the fund's own ledger."""

    type = ReportType.COMMUNITY_FUND
    title = "Community fund"
    about = "What members gave to the community fund, what it paid out, and what is in it."
    result = CommunityFund

    async def query(self, asked: Question) -> CommunityFund:
        """Sums by local day, on what was there before."""
        account = Account(asked.tenant_id, asked.currency)
        balance = await FundEntry.sum_before(asked.db, account, asked.period.start)
        moved = await _moved(asked)
        gifts, donors = await _donors(asked)
        days = list[Day]()
        for day in asked.period.days:
            came, went = moved.get(day, (0, 0))
            balance += came - went
            days.append(Day(date=day, in_cents=came, out_cents=went, balance_cents=balance))
        return CommunityFund(
            in_cents=sum(day.in_cents for day in days),
            out_cents=sum(day.out_cents for day in days),
            balance_cents=balance,
            gifts=gifts,
            donors=donors,
            days=days,
        )

    def figures(self, now: CommunityFund, before: CommunityFund) -> list[Figure]:
        """In, out, and what is there."""
        return [
            Figure("Given", now.in_cents, Unit.MONEY, before.in_cents),
            Figure("Paid out", now.out_cents, Unit.MONEY, before.out_cents),
            Figure("In the fund", now.balance_cents, Unit.MONEY, before.balance_cents),
        ]

    def chart(self, now: CommunityFund, before: CommunityFund) -> Chart:
        """The balance over the days."""
        return Chart(
            Look.LINE,
            Unit.MONEY,
            [day.date for day in now.days],
            [
                Series("In the fund", [day.balance_cents for day in now.days]),
                Series("Before", [day.balance_cents for day in before.days], ghost=True),
            ],
        )

    def table(self, now: CommunityFund) -> Table:
        """A row a day."""
        columns = [
            Column("date", "Day", Unit.DATE),
            Column("inCents", "Given", Unit.MONEY),
            Column("outCents", "Paid out", Unit.MONEY),
            Column("balanceCents", "In the fund", Unit.MONEY),
        ]
        return Table(columns, [list(day.model_dump().values()) for day in now.days])


async def _moved(asked: Question) -> dict[date, tuple[int, int]]:
    """(given, paid out) by day."""
    where = {**FundEntry.of(Account(asked.tenant_id, asked.currency)), "at": asked.period.within}
    gift = {"$in": ["$move", sorted(GIFTS)]}
    group = {
        "_id": asked.period.day("at"),
        "came": {"$sum": {"$cond": [gift, "$amountCents", 0]}},
        "moved": {"$sum": "$amountCents"},
    }
    found = await rows(FundEntry.rows(asked.db), [{"$match": where}, {"$group": group}])
    return {
        asked.period.day_of(row["_id"]): (int(row["came"]), int(row["came"] - row["moved"])) for row in found
    }


async def _donors(asked: Question) -> tuple[int, int]:
    """How many gifts that were not given back, and of how many customers; accounts that are one, once."""
    where = {
        "tenantId": asked.tenant_id,
        "currency": asked.currency,
        "createdAt": asked.period.within,
    }
    kept = {"$cond": [{"$gt": ["$returnedAt", None]}, 0, 1]}
    by_donor: list[dict[str, Any]] = [
        {"$match": where},
        {"$group": {"_id": "$customerId", "gifts": {"$sum": kept}}},
        {"$match": {"gifts": {"$gt": 0}}},
        {"$group": {"_id": None, "gifts": {"$sum": "$gifts"}, "donors": {"$sum": 1}}},
    ]
    found = await rows(CommunityFundContribution.rows(asked.db), by_donor)
    return (found[0]["gifts"], found[0]["donors"]) if found else (0, 0)


REPORT = FundReport()
