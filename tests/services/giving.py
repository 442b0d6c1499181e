"""A shop with an open community fund, and gifts to it as far as a test needs them."""

from bson import ObjectId

from models.base import Db
from models.customer import Customer
from models.fund_ledger import GIFTS, Account, FundBalance, FundEntry
from models.member import Member
from models.order import Order
from models.product import Product
from services import Services
from services.claims import ClaimView
from services.donations import Gift
from services.shops import Shop
from tests.services.conftest import ADA, OWNER


async def opened(services: Services, shop: Shop) -> Shop:
    """The shop, whose fund takes gifts now."""
    await services.fund_rules.switch(shop, OWNER, on=True)
    return shop


async def review(
    services: Services, shop: Shop, who: Member, product: Product, cents: int, method: str = "VENMO"
) -> tuple[str, int]:
    """A cart with a gift, brought to its review: the session's id and version."""
    await services.carts.add(shop, who, product.key)
    await services.checkout.give(shop, who, cents)
    view = await services.checkout.choose_payment(shop, who, method)
    return view.session.key, view.session.version


async def order(
    services: Services, shop: Shop, who: Member, product: Product, cents: int, method: str = "VENMO"
) -> Order:
    """A placed order with a gift."""
    return await services.placement.place(
        shop, who, *await review(services, shop, who, product, cents, method)
    )


async def gift(services: Services, shop: Shop, who: Member, cents: int, **how: object) -> Order:
    """A placed order that is a gift and nothing else."""
    fields = {"key": services.donations.new_key(), "method": "VENMO", "anonymous": False, **how}
    return await services.donations.place(shop, who, Gift(cents=cents, **fields))  # type: ignore[arg-type]


async def claimed(services: Services, shop: Shop, placed: Order, who: Member = ADA) -> ClaimView:
    """An order whose customer says it is paid."""
    await services.claims.claim(shop, who, placed.key, "@ada")
    return await services.claims.view(shop, placed.payment_id)


async def approved(services: Services, shop: Shop, placed: Order, who: Member = ADA) -> Order:
    """The same, and staff agree."""
    view = await claimed(services, shop, placed, who)
    note = placed.order_number
    return (await services.claims.approve(shop, OWNER, view.payment.key, view.payment.claims, note)).order


async def given(services: Services, shop: Shop, cents: int, who: Member = ADA) -> Order:
    """A gift that was paid."""
    return await approved(services, shop, await gift(services, shop, who, cents), who)


async def pay_out(services: Services, shop: Shop, amount: str, who: Member = OWNER, key: str = "") -> str:
    """Money out of the fund for Ada; the payment's id."""
    ada = await services.customers.of(shop, ADA)
    made = await services.fund_desk.disburse(
        shop, who, key or str(ObjectId()), ada.key, amount, "a new bicycle"
    )
    return made.key


async def balance(services: Services, shop: Shop) -> tuple[int, int, int]:
    """What is in the fund, what came and what went."""
    found = await services.fund.balance(Account(shop.id, shop.currency))
    return found.balance_cents, found.in_cents, found.out_cents


async def books_agree(db: Db, services: Services, shop: Shop) -> int:
    """The ledger replays to the balance, which is returned."""
    cents, came, went = await balance(services, shop)
    account = Account(shop.id, shop.currency)
    entries = await FundEntry.latest(db, account, limit=10_000)
    assert all(each.settled for each in entries)
    assert sum(each.amount_cents for each in entries) == cents == came - went
    assert sum(each.amount_cents for each in entries if each.move in GIFTS) == came
    assert len(await FundBalance.of_tenant(db, shop.id)) == 1
    assert await FundEntry.sum_before(db, account) == cents
    return cents


async def ada_of(services: Services, shop: Shop) -> Customer:
    """The record of the customer."""
    return await services.customers.of(shop, ADA)
