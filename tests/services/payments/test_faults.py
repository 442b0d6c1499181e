"""What a processor that knows idempotency keys owes when its provider fails: nothing twice, and the truth."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from pydantic import SecretStr

from models.errors import ProviderError, Unavailable, WrongKeys
from services.calls import Calls
from services.payments._paypal_keys import PayPalKeys
from services.payments.cashapp_pay import CashAppPay, SquareKeys
from services.payments.coinbase_business import BusinessKeys, CoinbaseBusiness
from services.payments.paypal import PayPal
from services.payments.processor import Processor, ProviderKeys, Site
from services.payments.stripe import Stripe, StripeKeys
from tests.fakes.coinbase import CoinbaseBusiness as FakeCoinbase
from tests.fakes.paypal import PayPal as FakePayPal
from tests.fakes.provider import FakeProvider, Fault
from tests.fakes.square import Square as FakeSquare
from tests.fakes.stripe import Stripe as FakeStripe
from tests.services.payments.asking import NOW, a_charge, a_known, a_refund
from tests.services.payments.faults import LASTING, PASSING

# aiohttp itself asks again when a connection it kept was dropped, and an adapter may ask thrice.
OFTEN = 6


@dataclass(frozen=True)
class Account[K: ProviderKeys]:
    """A shop's account at a provider's stand-in, and what it holds there."""

    fake: FakeProvider
    adapter: Processor[K]
    keys: K
    pay: Callable[[str], Awaitable[str]]  # the payer pays a page; the charge's reference
    pages: Callable[[], int]
    refunds: Callable[[], int]
    one_page: bool = True  # also after a fault that lasted

    async def create(self) -> str:
        """A page; always the same."""
        return (await self.adapter.create(self.keys, a_charge())).provider_ref

    async def refund(self, ref: str, charge: str) -> None:
        """A part of what was paid; always the same."""
        await self.adapter.refund(self.keys, a_refund(ref, charge, 700))


async def at_stripe(calls: Calls) -> AsyncIterator[Account[StripeKeys]]:
    """Sessions, at the time of the charge that is asked for."""

    class Hasty(Stripe):
        seconds = 0.3
        pauses = (0.05, 0.2)

    async def pay(ref: str) -> str:
        return fake.pay(ref)

    async with FakeStripe(lambda: NOW) as fake:
        keys = StripeKeys(
            secret_key=SecretStr(FakeStripe.KEY), webhook_secret=SecretStr(FakeStripe.WEBHOOK_SECRET)
        )
        adapter = Hasty(calls, Site(fake.url))
        sessions, refunds = (lambda: len(fake.sessions)), (lambda: len(fake.refunds))
        # Stripe gives a failure again under its key, so another session is made and the first lapses unseen.
        yield Account(fake, adapter, keys, pay, sessions, refunds, one_page=False)


async def at_square(calls: Calls) -> AsyncIterator[Account[SquareKeys]]:
    """Payment links."""

    class Hasty(CashAppPay):
        seconds = 0.3

    async def pay(ref: str) -> str:
        return fake.pay(ref)

    async with FakeSquare() as fake:
        keys = SquareKeys(
            access_token=SecretStr(FakeSquare.TOKEN),
            location_id=FakeSquare.LOCATION,
            signature_key=SecretStr(FakeSquare.SIGNATURE_KEY),
        )
        adapter = Hasty(calls, Site(fake.url))
        yield Account(fake, adapter, keys, pay, lambda: len(fake.links), lambda: len(fake.refunds))


async def at_paypal(calls: Calls) -> AsyncIterator[Account[PayPalKeys]]:
    """Orders that are collected once they are approved; the token is there already."""

    class Hasty(PayPal):
        seconds = 0.3

    async def pay(ref: str) -> str:
        fake.pay(ref)
        (news,) = adapter.read_webhook(fake.notices[-1].body).news
        (done,) = await adapter.follow_up(keys, a_known(ref), news)
        assert done.charge_ref is not None
        return done.charge_ref

    async with FakePayPal(now=lambda: NOW) as fake:
        keys = PayPalKeys(
            client_id=FakePayPal.CLIENT_ID,
            secret=SecretStr(FakePayPal.SECRET),
            webhook_id=FakePayPal.WEBHOOK_ID,
        )
        adapter = Hasty(calls, Site(fake.url), now=lambda: NOW, roots=fake.roots, fetch=fake.fetch)
        await adapter.test(keys)
        yield Account(fake, adapter, keys, pay, lambda: len(fake.orders), lambda: len(fake.refunds))


async def at_coinbase(calls: Calls) -> AsyncIterator[Account[BusinessKeys]]:
    """Checkouts, of which each takes one payment and keeps its refunds."""

    class Hasty(CoinbaseBusiness):
        seconds = 0.3

    async def pay(ref: str) -> str:
        fake.pay(ref)
        return ref

    async with FakeCoinbase() as fake:
        keys = BusinessKeys(
            key_name=FakeCoinbase.KEY_NAME,
            private_key=SecretStr(fake.private_key),
            webhook_secret=SecretStr(FakeCoinbase.WEBHOOK_SECRET),
        )
        adapter = Hasty(calls, Site(fake.api, fake.sandbox))

        def refunds() -> int:
            return sum(len(each["refunds"]) for each in fake.checkouts.values())

        yield Account(fake, adapter, keys, pay, lambda: len(fake.checkouts), refunds)


@pytest.fixture(params=[at_stripe, at_square, at_paypal, at_coinbase])
async def account(request: pytest.FixtureRequest, calls: Calls) -> AsyncIterator[Any]:
    """An account at each provider in turn."""
    async for opened in request.param(calls):
        yield opened


@pytest.mark.parametrize("fault", PASSING)
async def test_each_thing_is_done_once_through_any_single_fault(account: Account[Any], fault: Fault) -> None:
    """A page and a refund whose answers were lost are asked for again and found again."""
    account.fake.fail(fault)
    ref = await account.create()
    assert account.pages() == 1
    charge = await account.pay(ref)
    account.fake.fail(fault)
    await account.refund(ref, charge)
    assert account.refunds() == 1


@pytest.mark.parametrize(("fault", "error"), LASTING)
async def test_a_fault_that_lasts_is_named_and_doubles_nothing(
    account: Account[Any], fault: Fault, error: type[ProviderError]
) -> None:
    """Create and refund say whether they may have worked; asked again they are found again."""
    account.fake.fail(*[fault] * OFTEN)
    with pytest.raises(error):
        await account.create()
    account.fake.recover()
    ref = await account.create()
    assert account.pages() == 1 or not account.one_page
    charge = await account.pay(ref)
    account.fake.fail(*[fault] * OFTEN)
    with pytest.raises(error):
        await account.refund(ref, charge)
    account.fake.recover()
    await account.refund(ref, charge)
    assert account.refunds() == 1


@pytest.mark.parametrize("fault", [*Fault])
async def test_a_poll_that_fails_says_unavailable(account: Account[Any], fault: Fault) -> None:
    """Asking changes nothing, so nothing is ever unknown."""
    ref = await account.create()
    await account.pay(ref)
    account.fake.fail(*[fault] * OFTEN)
    with pytest.raises(WrongKeys if fault is Fault.SHUT else Unavailable):
        await account.adapter.poll(account.keys, a_known(ref))
