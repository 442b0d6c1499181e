"""Orders paid in Bitcoin, from the cart to the books, with a stand-in for NOWPayments."""

from collections.abc import AsyncIterator
from decimal import Decimal

import pytest

from bot.outside import Outside
from models.order import Order, OrderStatus
from models.payment import Payment, PaymentStatus
from services import Services
from services.payments.processor import Site
from services.shops import Shop
from tests.fakes.nowpayments import NowPayments
from tests.outside import OUTSIDE
from tests.services import hosting
from tests.services.conftest import ADA, OWNER, MakeProduct, TestClock

METHOD = "BTC_NOWPAYMENTS"
KEYS = {"api_key": NowPayments.API_KEY, "ipn_secret": NowPayments.IPN_SECRET}


@pytest.fixture
async def account() -> AsyncIterator[NowPayments]:
    """NOWPayments, on this machine."""
    async with NowPayments() as fake:
        yield fake


@pytest.fixture
def outside(account: NowPayments) -> Outside:
    """NOWPayments answers here."""
    return Outside(OUTSIDE.vault, {"nowpayments": Site(account.url)})


@pytest.fixture
async def shop(shop: Shop, services: Services) -> Shop:
    """A shop that takes Bitcoin and forgives nothing."""
    return await services.providers.configure(shop, OWNER, METHOD, KEYS)


@pytest.fixture
async def placed(services: Services, shop: Shop, product: MakeProduct) -> Order:
    """Ada's order of two mugs for 30.00."""
    return await hosting.order(services, shop, ADA, await product(), 2, METHOD)


async def opened(services: Services, shop: Shop, placed: Order) -> tuple[Payment, str]:
    """The order's payment with its page, and NOWPayments' id of the address."""
    payment = await services.hosted.open(shop, placed)
    (ref,) = payment.charge_refs
    return payment, ref


async def deliver(services: Services, shop: Shop, account: NowPayments, since: int = 0) -> None:
    """The provider delivers its notices, and they are acted upon."""
    for notice in account.notices[since:]:
        headers = {name.lower(): value for name, value in notice.headers.items()}
        assert await services.inbox.receive("nowpayments", shop.id, notice.body, headers) == 200
    while await services.inbox.drain():
        pass


async def stands(services: Services, shop: Shop, placed: Order) -> tuple[PaymentStatus, OrderStatus]:
    """Where payment and order stand."""
    payment = await hosting.payment(services, shop, placed)
    return payment.status, (await services.orders.staff_view(shop, placed.key)).order.status


async def test_an_order_is_paid_to_an_address(
    services: Services, shop: Shop, placed: Order, account: NowPayments
) -> None:
    """The customer gets page, address and a picture's text; the notices pay the order, once."""
    payment, ref = await opened(services, shop, placed)
    assert payment.nowpayments_deposit_amount_crypto == "0.00060000"
    uri = services.methods.payment_uri(payment, "Aurora")
    assert uri == f"bitcoin:bc1q{ref}?amount=0.00060000&label=Aurora"
    account.pay(ref)
    account.notices.reverse()
    await deliver(services, shop, account)
    await deliver(services, shop, account)
    assert await stands(services, shop, placed) == (PaymentStatus.CONFIRMED, OrderStatus.COMPLETE)
    (receipt,) = (await hosting.payment(services, shop, placed)).receipts
    assert (receipt.amount_cents, receipt.coins, receipt.ticker) == (3000, "0.00060000", "btc")


async def test_a_second_deposit_fills_up_the_first(
    services: Services, shop: Shop, placed: Order, account: NowPayments
) -> None:
    """Half is not enough, and asks for the other half; with that the order is paid."""
    payment, ref = await opened(services, shop, placed)
    account.pay(ref, Decimal("0.5"))
    await deliver(services, shop, account)
    assert (await stands(services, shop, placed))[0] is PaymentStatus.UNDERPAID
    payment = await hosting.payment(services, shop, placed)
    assert services.methods.payment_uri(payment, "A") == f"bitcoin:bc1q{ref}?amount=0.00030000&label=A"
    account.redeposit(ref, Decimal("0.00030000"))
    await deliver(services, shop, account)
    assert await stands(services, shop, placed) == (PaymentStatus.CONFIRMED, OrderStatus.COMPLETE)
    assert (await hosting.payment(services, shop, placed)).received_cents == 3000


async def test_asking_makes_lost_notices_good(
    services: Services, shop: Shop, placed: Order, account: NowPayments
) -> None:
    """A deposit and a later one, of which no notice came."""
    payment, ref = await opened(services, shop, placed)
    account.pay(ref, Decimal("0.5"))
    account.redeposit(ref, Decimal("0.00030000"))
    await services.hosted.staff_check(shop, payment.key)
    assert await stands(services, shop, placed) == (PaymentStatus.CONFIRMED, OrderStatus.COMPLETE)


async def test_a_shop_forgives_what_it_says_it_forgives(
    services: Services, shop: Shop, placed: Order, account: NowPayments
) -> None:
    """One percent short pays; the books say what came."""
    await services.providers.configure(shop, OWNER, METHOD, {"forgive_percent": "1"})
    _, ref = await opened(services, shop, placed)
    account.pay(ref, Decimal("0.99"))
    await deliver(services, shop, account)
    assert await stands(services, shop, placed) == (PaymentStatus.CONFIRMED, OrderStatus.COMPLETE)
    assert (await hosting.payment(services, shop, placed)).received_cents == 2970


async def test_an_address_that_lapsed_is_replaced_and_still_watched(
    services: Services, shop: Shop, placed: Order, account: NowPayments, clock: TestClock
) -> None:
    """The customer gets a new page; money to the first address pays the order all the same."""
    _, first = await opened(services, shop, placed)
    account.expire(first)
    await deliver(services, shop, account)
    clock.forward(seconds=1)
    payment = await services.hosted.open(shop, placed)
    assert len(account.invoices) == 2
    assert payment.charge_refs[0] == first
    account.pay(first)
    await services.hosted.staff_check(shop, payment.key)
    assert await stands(services, shop, placed) == (PaymentStatus.CONFIRMED, OrderStatus.COMPLETE)
