"""NOWPayments against a stand-in."""

import dataclasses
import hashlib
import hmac
import json
import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from models.errors import Declined, OutcomeUnknown, Unavailable, WrongKeys
from models.payment import Payment
from services.calls import Calls
from services.payments import processors
from services.payments.nowpayments import NowPayments, NowPaymentsKeys
from services.payments.processor import (
    BadPayload,
    BadSignature,
    Coins,
    Delivery,
    Deposit,
    Known,
    Money,
    News,
    Opened,
    Site,
    Told,
    What,
)
from services.settling.receipts import FORGIVEN, Verdict, arrival
from tests.fakes import nowpayments as fakes
from tests.fakes.provider import Fault, Notice
from tests.services.payments.asking import DUE, NOW, ORDER, a_charge, a_known, a_refund, arrived
from tests.services.payments.vectors import Vector, vectors_of

KEYS = NowPaymentsKeys(
    api_key=SecretStr(fakes.NowPayments.API_KEY), ipn_secret=SecretStr(fakes.NowPayments.IPN_SECRET)
)
FORGIVING = KEYS.model_copy(update={"forgive_percent": Decimal(1)})
PRICE = Decimal("0.00039980")  # of 19.99 dollars, a bitcoin being 50 000
IN_DOUBT = [Fault.LOST, Fault.LATE_ERROR, Fault.DOWN, Fault.SLOW, Fault.PAGE, Fault.PAGE_OK]


class Hasty(NowPayments):
    """Waits a moment only."""

    seconds: ClassVar[float] = 0.2


@pytest.fixture
async def account() -> AsyncIterator[fakes.NowPayments]:
    """A merchant's account."""
    async with fakes.NowPayments() as fake:
        yield fake


@pytest.fixture
def adapter(account: fakes.NowPayments, calls: Calls) -> NowPayments:
    """The adapter, which reaches the stand-in."""
    return Hasty(calls, Site(account.url))


async def opened(adapter: NowPayments, keys: NowPaymentsKeys = KEYS) -> tuple[Known, str]:
    """An invoice with an address: what the shop then knows, and the payment's id."""
    page = await adapter.create(keys, a_charge())
    assert page.charge_ref is not None
    return a_known(page.provider_ref, (page.charge_ref,)), page.charge_ref


async def told(adapter: NowPayments, notice: Notice) -> Told:
    """What a verified delivery says."""
    await adapter.verify(KEYS, arrived(notice))
    return adapter.read_webhook(notice.body)


async def told_notice(adapter: NowPayments, account: fakes.NowPayments) -> Told:
    """What the last webhook says."""
    return await told(adapter, account.notices[-1])


async def told_last(adapter: NowPayments, account: fakes.NowPayments) -> News:
    """The one piece of news of the last webhook."""
    (news,) = (await told_notice(adapter, account)).news
    return news


def settled(news: tuple[News, ...]) -> list[Verdict]:
    """What each piece of news leads to, one after the other."""
    payment = Payment(
        tenant_id="t1",
        order_id=ORDER,
        order_number="A-1042",
        method=NowPayments.descriptor.value,
        amount_cents=DUE.cents,
        currency=DUE.currency,
    )
    verdicts = []
    for each in news:
        came = arrival(payment, each, NOW)
        payment.receipts = came.receipts
        verdicts.append(came.verdict)
    return verdicts


def test_the_method_is_found_with_its_file() -> None:
    """BTC_NOWPAYMENTS is there because its file is."""
    assert processors()[NowPayments.descriptor.value] is NowPayments


async def test_an_invoice_comes_with_an_address_to_pay_to(
    adapter: NowPayments, account: fakes.NowPayments
) -> None:
    """Page, address, coins due and the end of it; the price is asked for to the digit."""
    page = await adapter.create(KEYS, a_charge())
    (ref,), (payment,) = account.invoices, account.payments
    assert page == Opened(
        provider_ref=ref,
        page_url=f"https://nowpayments.io/payment/?iid={ref}",
        ends_at=datetime(2026, 11, 23, 12, 20, tzinfo=UTC),  # with the fixed rate
        charge_ref=payment,
        deposit=Deposit(f"bc1q{payment}", Coins(PRICE, "btc")),
    )
    invoice = account.invoices[ref]
    assert b'"price_amount": 19.99,' in account.requests[0].body
    assert (invoice["price_currency"], invoice["order_id"]) == ("usd", ORDER)
    assert invoice["is_fixed_rate"] is True
    assert invoice["ipn_callback_url"] == "https://shop.example/webhooks/x/t1"
    assert account.requests[1].body == f'{{"iid": {ref}, "pay_currency": "btc"}}'.encode()


async def test_without_a_public_address_no_notices_are_asked_for(
    adapter: NowPayments, account: fakes.NowPayments
) -> None:
    """An installation that cannot be reached polls."""
    await adapter.create(KEYS, dataclasses.replace(a_charge(), notify_url=None))
    (invoice,) = account.invoices.values()
    assert "ipn_callback_url" not in invoice


async def test_an_amount_that_python_would_round_is_written_exactly(
    adapter: NowPayments, account: fakes.NowPayments
) -> None:
    """No float touches a price."""
    await adapter.create(KEYS, a_charge(amount=Money(10**17 + 1, "USD")))
    (invoice,) = account.invoices.values()
    assert invoice["price_amount"] == Decimal("1000000000000000.01")


async def test_a_coin_with_a_tag_tells_it_beside_the_address(
    adapter: NowPayments, account: fakes.NowPayments
) -> None:
    """Without its tag such money is lost."""
    page = await adapter.create(KEYS.model_copy(update={"coin": "xrp"}), a_charge())
    assert page.deposit is not None
    assert (page.deposit.memo, page.deposit.coins) == ("318559", Coins(Decimal("9.99500000"), "xrp"))
    account.ends = {"valid_until": "soon", "expiration_estimate_date": "2026-11-23T12:20:00"}
    page = await adapter.create(KEYS, a_charge())
    assert page.ends_at == datetime(2026, 11, 23, 12, 20, tzinfo=UTC)
    account.ends = {}
    assert (await adapter.create(KEYS, a_charge())).ends_at is None


async def test_two_asks_are_two_invoices(adapter: NowPayments, account: fakes.NowPayments) -> None:
    """There is no key by which NOWPayments would know one again."""
    first, second = await adapter.create(KEYS, a_charge()), await adapter.create(KEYS, a_charge())
    assert first.provider_ref != second.provider_ref
    assert len(account.invoices) == 2


@pytest.mark.parametrize("fault", IN_DOUBT)
async def test_an_invoice_is_asked_for_once_whatever_goes_wrong(
    adapter: NowPayments, account: fakes.NowPayments, fault: Fault
) -> None:
    """Nothing is repeated, since it could make a second one."""
    account.fail(fault)
    with pytest.raises(OutcomeUnknown):
        await adapter.create(KEYS, a_charge())
    assert len(account.requests) == 1
    assert len(account.invoices) <= 1


@pytest.mark.parametrize(
    ("fault", "error"), [(Fault.BUSY, Unavailable), (Fault.BUSY_UNTIL, Unavailable), (Fault.SHUT, WrongKeys)]
)
async def test_what_certainly_did_nothing_says_so(
    adapter: NowPayments, account: fakes.NowPayments, fault: Fault, error: type[Exception]
) -> None:
    """Being asked to slow down, or to show other keys."""
    account.fail(fault)
    with pytest.raises(error):
        await adapter.create(KEYS, a_charge())
    assert account.invoices == {}


@pytest.mark.parametrize("fault", [*IN_DOUBT, Fault.BUSY, Fault.BUSY_UNTIL])
async def test_an_invoice_without_an_address_can_be_paid_on_its_page(
    adapter: NowPayments, account: fakes.NowPayments, fault: Fault
) -> None:
    """The second step is for convenience: that it failed is no reason to show nothing."""
    account.after_invoice = [fault]
    page = await adapter.create(KEYS, a_charge())
    assert page == Opened(provider_ref=page.provider_ref, page_url=page.page_url)
    assert page.provider_ref in account.invoices
    assert len(account.requests) == 2


async def test_a_page_of_which_nobody_would_tell_is_not_shown(
    adapter: NowPayments, account: fakes.NowPayments
) -> None:
    """Without notices and without a payment to ask about, what is paid there would never be found."""
    charge = dataclasses.replace(a_charge(), notify_url=None)
    account.after_invoice = [Fault.DOWN]
    with pytest.raises(OutcomeUnknown):
        await adapter.create(KEYS, charge)
    account.after_invoice = []
    assert (await adapter.create(KEYS, charge)).charge_ref in account.payments


async def test_an_address_in_an_unreadable_answer_is_none(
    adapter: NowPayments, account: fakes.NowPayments
) -> None:
    """Half an address, or a sum that is none, is not shown; the payment is known all the same."""
    account.rates["btc"] = Decimal("1e12")
    account.minimum = Decimal(0)
    account.ends = {"pay_amount": None}
    page = await adapter.create(KEYS, a_charge())
    assert (page.deposit, page.charge_ref in account.payments) == (None, True)


@pytest.mark.parametrize(
    ("fault", "error", "code"),
    [(None, Declined, "AMOUNT_MINIMAL_ERROR"), (Fault.SHUT, WrongKeys, "http_401")],
)
async def test_an_address_that_is_refused_refuses_it_all(
    adapter: NowPayments,
    account: fakes.NowPayments,
    fault: Fault | None,
    error: type[Declined | WrongKeys],
    code: str,
) -> None:
    """Too little for the coin, or keys that have just been withdrawn: the page would fail as well."""
    account.minimum = Decimal("0.001")
    account.after_invoice = [fault] if fault else []
    with pytest.raises(error) as refused:
        await adapter.create(KEYS, a_charge())
    assert refused.value.code == code


async def test_what_the_account_does_not_take_is_declined(adapter: NowPayments) -> None:
    """A currency or coin that NOWPayments does not know, by its own code."""
    with pytest.raises(Declined) as refused:
        await adapter.create(KEYS, a_charge(amount=Money(1999, "ISK")))
    assert refused.value.code == "INVALID_REQUEST_PARAMS"
    with pytest.raises(Declined) as refused:
        await adapter.create(KEYS.model_copy(update={"coin": "doge"}), a_charge())
    assert refused.value.code == "CURRENCY_UNAVAILABLE"


async def test_a_payment_is_told_step_by_step(adapter: NowPayments, account: fakes.NowPayments) -> None:
    """Waiting is no news, three steps are on the way, finished is paid; every step is an event of its own."""
    known, payment = await opened(adapter)
    account.pay(payment)
    every = [await told(adapter, notice) for notice in account.notices]
    assert [each.kind for each in every] == ["waiting", "confirming", "confirmed", "sending", "finished"]
    assert every[0].news == ()
    pending = News(What.PENDING, ORDER, known.provider_ref, payment)
    assert [each.news for each in every[1:4]] == [(pending,)] * 3
    coins = Coins(PRICE, "btc")
    paid = News(What.PAID, ORDER, known.provider_ref, payment, DUE, coins, coins)
    assert every[4].news == (paid,)
    assert every[4].event_id == f"{payment}:finished:0.0003998"
    assert len({each.event_id for each in every}) == 5
    assert await adapter.follow_up(KEYS, known, paid) == (paid,)
    assert await adapter.poll(KEYS, known) == (paid,)


async def test_steps_out_of_order_say_what_they_said_in_order(
    adapter: NowPayments, account: fakes.NowPayments
) -> None:
    """Each delivery is read by itself; asking tells the last step whatever came first."""
    known, payment = await opened(adapter)
    account.out_of_order = True
    account.pay(payment)
    every = [await told(adapter, notice) for notice in account.notices]
    assert [each.kind for each in every] == ["waiting", "finished", "sending", "confirmed", "confirming"]
    assert (await adapter.poll(KEYS, known))[0].what is What.PAID


async def test_money_counts_when_asking_finds_it(adapter: NowPayments, account: fakes.NowPayments) -> None:
    """A notice of money that the provider itself does not confirm is not acted upon."""
    known, payment = await opened(adapter)
    account.pay(payment)
    news = await told_last(adapter, account)
    account.payments[payment]["payment_status"] = "sending"
    (confirmed,) = await adapter.follow_up(KEYS, known, news)
    assert confirmed.what is What.PENDING
    account.payments[payment]["payment_status"] = "waiting"
    assert await adapter.follow_up(KEYS, known, news) == ()
    account.payments[payment] |= {"payment_status": "finished", "order_id": "0" * 24}
    assert await adapter.follow_up(KEYS, known, news) == ()
    del account.payments[payment]
    assert await adapter.follow_up(KEYS, known, news) == ()


async def test_news_without_money_is_not_asked_about(
    adapter: NowPayments, account: fakes.NowPayments
) -> None:
    """What is on its way is believed."""
    known, payment = await opened(adapter)
    asked = len(account.requests)
    pending = News(What.PENDING, ORDER, known.provider_ref, payment)
    assert await adapter.follow_up(KEYS, known, pending) == (pending,)
    assert len(account.requests) == asked


@pytest.mark.parametrize(
    ("share", "what", "cents"),
    [("0.5", What.UNDERPAID, 999), ("0.9999", What.UNDERPAID, 1998), ("1.5", What.PAID, 2998)],
)
async def test_what_came_is_worth_its_share_of_the_price(
    adapter: NowPayments, account: fakes.NowPayments, share: str, what: What, cents: int
) -> None:
    """At the rate of the payment, rounded down."""
    known, payment = await opened(adapter)
    account.pay(payment, Decimal(share))
    news = await told_last(adapter, account)
    assert (news.what, news.amount) == (what, Money(cents, "USD"))
    assert news.coins == Coins((PRICE * Decimal(share)).quantize(fakes.SATOSHI), "btc")
    assert news.coins_due == Coins(PRICE, "btc")
    assert await adapter.poll(KEYS, known) == (news,)


async def test_the_smallest_amounts_keep_their_value(
    adapter: NowPayments, account: fakes.NowPayments
) -> None:
    """Where JavaScript turns to exponents, the signature and the sum are right all the same."""
    account.rates["btc"], account.minimum = Decimal(50_000_000), Decimal(0)
    known, payment = await opened(adapter)
    account.pay(payment, Decimal("0.5"))
    notice = account.notices[-1]
    assert b'"pay_amount":0.00000040,' in notice.body
    assert b'"depositFee":0.00000012,' in notice.body
    news = (await told(adapter, notice)).news[0]
    assert (news.coins, news.amount) == (Coins(Decimal("0.00000020"), "btc"), Money(999, "USD"))
    assert (await told(adapter, notice)).event_id == f"{payment}:partially_paid:0.0000002"
    assert await adapter.poll(KEYS, known) == (news,)


async def test_more_to_the_same_address_is_money_of_its_own(
    adapter: NowPayments, account: fakes.NowPayments
) -> None:
    """A re-deposit that is called finished is not taken for the whole price."""
    known, payment = await opened(adapter)
    account.pay(payment, Decimal("0.5"))
    again = account.redeposit(payment, PRICE / 2)
    news = await told_last(adapter, account)
    assert (news.what, news.charge_ref, news.order_id) == (What.UNDERPAID, again, ORDER)
    (asked, _) = await adapter.follow_up(KEYS, known, news)
    assert (asked.what, asked.charge_ref, asked.amount) == (What.UNDERPAID, again, Money(999, "USD"))
    assert asked.coins == Coins(PRICE / 2, "btc")
    whole = account.redeposit(payment, PRICE)
    (asked, *_) = await adapter.follow_up(KEYS, known, await told_last(adapter, account))
    assert (asked.what, asked.charge_ref, asked.amount) == (What.PAID, whole, DUE)


async def test_a_trifle_to_the_same_address_does_not_pay_the_order(
    adapter: NowPayments, account: fakes.NowPayments
) -> None:
    """NOWPayments calls it finished, with what came as what was due: the first payment tells its worth."""
    known, payment = await opened(adapter)
    account.pay(payment, Decimal("0.5"))
    trifle = account.redeposit(payment, fakes.SATOSHI)
    told = await adapter.follow_up(KEYS, known, await told_last(adapter, account))
    assert [(each.charge_ref, each.amount) for each in told] == [
        (trifle, Money(0, "USD")),
        (payment, Money(999, "USD")),
    ]
    assert Verdict.PAY not in settled(told)
    assert Verdict.PAY not in settled(await adapter.poll(KEYS, known))


async def test_another_coin_to_the_same_address_is_for_staff_to_judge(
    adapter: NowPayments, account: fakes.NowPayments
) -> None:
    """It is kept with its amount, and counts for nothing by itself."""
    known, payment = await opened(adapter)
    wrong = account.redeposit(payment, Decimal(1))
    account.payments[wrong]["pay_currency"] = "ltc"
    news = {each.charge_ref: each for each in await adapter.poll(KEYS, known)}[wrong]
    assert (news.what, news.amount) == (What.UNDERPAID, Money(0, "USD"))
    assert news.coins == Coins(Decimal(1), "ltc")


async def test_money_that_came_again_is_found_by_the_first_payment(
    adapter: NowPayments, account: fakes.NowPayments
) -> None:
    """Its notice may name neither order nor invoice, as in NOWPayments' own example."""
    known, payment = await opened(adapter)
    account.pay(payment, Decimal("0.5"))
    again = account.redeposit(payment, PRICE / 2)
    account.payments[again] |= {"order_id": None, "invoice_id": None}
    account.walk(again, "finished")
    news = await told_last(adapter, account)
    assert (news.order_id, news.charge_ref) == (None, payment)
    told = await adapter.follow_up(KEYS, known, news)
    assert [each.charge_ref for each in told] == [payment, again]
    account.walk(again, "confirming")
    assert (await told_notice(adapter, account)).news == ()


async def test_what_came_again_and_went_back_has_the_worth_of_what_came(
    adapter: NowPayments, account: fakes.NowPayments
) -> None:
    """A refund of a part is never taken for a refund of everything."""
    known, payment = await opened(adapter)
    account.pay(payment)
    again = account.redeposit(payment, PRICE / 2)
    account.refund_in_dashboard(again)
    (news, _) = await adapter.follow_up(KEYS, known, await told_last(adapter, account))
    assert (news.what, news.refund_ref, news.amount) == (
        What.REFUNDED,
        f"{again}:refund",
        Money(999, "USD"),
    )
    del account.payments[payment]
    (news,) = await adapter.follow_up(KEYS, known, news)
    assert news.amount == Money(0, "USD")


async def test_a_poll_finds_what_came_to_the_address_later(
    adapter: NowPayments, account: fakes.NowPayments
) -> None:
    """Their notices may have been lost, or name no order; the first payment lists them."""
    known, payment = await opened(adapter)
    account.pay(payment, Decimal("0.5"))
    again = account.redeposit(payment, PRICE / 2, "partially_paid")
    account.payments[again] |= {"order_id": None, "invoice_id": None}
    polled = await adapter.poll(KEYS, known)
    assert [(each.charge_ref, each.amount) for each in polled] == [
        (payment, Money(999, "USD")),
        (again, Money(999, "USD")),
    ]
    account.payments[payment]["payment_extra_ids"] = [int(payment)] * 3 + list(range(1, 90))
    await adapter.poll(KEYS, known)
    assert len(account.requests) < 40


async def test_a_small_shortfall_is_forgiven_where_the_shop_wants_that(
    adapter: NowPayments, account: fakes.NowPayments
) -> None:
    """Up to the share that was set, with what really came; one cent more is not."""
    known, payment = await opened(adapter)
    account.pay(payment, Decimal("0.9905"))
    news = await told_last(adapter, account)
    assert (news.what, news.amount) == (What.UNDERPAID, Money(1980, "USD"))
    good = (dataclasses.replace(news, what=What.PAID, note=FORGIVEN),)
    assert await adapter.follow_up(FORGIVING, known, news) == good
    assert await adapter.poll(FORGIVING, known) == good
    assert await adapter.poll(KEYS, known) == (news,)
    account.payments[payment]["actually_paid"] = PRICE * Decimal("0.99")
    (short,) = await adapter.poll(FORGIVING, known)
    assert (short.what, short.amount) == (What.UNDERPAID, Money(1979, "USD"))


async def test_what_is_forgiven_is_what_all_deposits_together_lack(
    adapter: NowPayments, account: fakes.NowPayments
) -> None:
    """Two halves, the second a little short: the second one pays."""
    known, payment = await opened(adapter)
    account.pay(payment, Decimal("0.6"))
    (alone,) = await adapter.poll(FORGIVING, known)
    assert alone.what is What.UNDERPAID
    again = account.redeposit(payment, PRICE * Decimal("0.398"))
    news = await told_last(adapter, account)
    expected = [(payment, What.UNDERPAID, None), (again, What.PAID, FORGIVEN)]
    for every in (await adapter.follow_up(FORGIVING, known, news), await adapter.poll(FORGIVING, known)):
        assert [(each.charge_ref, each.what, each.note) for each in every] == expected


async def test_exactly_the_share_that_was_set_is_forgiven(
    adapter: NowPayments, account: fakes.NowPayments
) -> None:
    """At most one percent includes one percent."""
    page = await adapter.create(KEYS, a_charge(amount=Money(2000, "USD")))
    assert page.charge_ref is not None
    account.pay(page.charge_ref, Decimal("0.99"))
    known = dataclasses.replace(a_known(page.provider_ref, (page.charge_ref,)), amount=Money(2000, "USD"))
    (news,) = await adapter.poll(FORGIVING, known)
    assert (news.what, news.note, news.amount) == (What.PAID, FORGIVEN, Money(1980, "USD"))


async def test_deposits_add_up_to_the_price_when_they_are_settled(
    adapter: NowPayments, account: fakes.NowPayments
) -> None:
    """Underpaid, then paid: by the second half, or by what the shop forgives."""
    known, payment = await opened(adapter)
    account.pay(payment, Decimal("0.6"))
    account.redeposit(payment, PRICE * Decimal("0.398"))
    assert settled(await adapter.poll(KEYS, known)) == [Verdict.UNDERPAID, Verdict.UNDERPAID]
    assert settled(await adapter.poll(FORGIVING, known)) == [Verdict.UNDERPAID, Verdict.PAY]
    account.redeposit(payment, PRICE * Decimal("0.003"))
    assert settled(await adapter.poll(KEYS, known))[-1] is Verdict.PAY


async def test_another_currency_is_not_forgiven(adapter: NowPayments, account: fakes.NowPayments) -> None:
    """Of what cannot be compared nobody knows how much is missing."""
    known, payment = await opened(adapter)
    account.pay(payment, Decimal("0.995"))
    euros = dataclasses.replace(known, amount=Money(1999, "EUR"))
    assert [each.what for each in await adapter.poll(FORGIVING, euros)] == [What.UNDERPAID]


async def test_a_payment_that_died_says_how(adapter: NowPayments, account: fakes.NowPayments) -> None:
    """Failed and expired, in notices and in polls."""
    known, payment = await opened(adapter)
    account.expire(payment)
    expired = News(What.EXPIRED, ORDER, known.provider_ref, payment)
    assert await told_last(adapter, account) == expired
    assert await adapter.follow_up(KEYS, known, expired) == (expired,)
    assert await adapter.poll(KEYS, known) == (expired,)
    account.fail_payment(payment)
    failed = News(What.FAILED, ORDER, known.provider_ref, payment, note="failed")
    assert await told_last(adapter, account) == failed
    assert await adapter.poll(KEYS, known) == (failed,)


@pytest.mark.parametrize("status", ["cancelled", "canceled"])
async def test_a_payment_that_was_called_off_can_be_paid_no_more(
    adapter: NowPayments, account: fakes.NowPayments, status: str
) -> None:
    """NOWPayments' own kit knows that state, in two spellings."""
    known, payment = await opened(adapter)
    account.walk(payment, status)
    assert (await told_last(adapter, account)).what is What.EXPIRED
    assert [each.what for each in await adapter.poll(KEYS, known)] == [What.EXPIRED]


async def test_a_payment_that_died_is_no_news_while_another_lives(
    adapter: NowPayments, account: fakes.NowPayments
) -> None:
    """The payer began anew on the same page: the order goes on."""
    known, payment = await opened(adapter)
    second = account.choose(known.provider_ref)
    both = dataclasses.replace(known, charge_refs=(payment, second))
    account.expire(payment)
    news = await told_last(adapter, account)
    assert await adapter.follow_up(KEYS, both, news) == ()
    assert await adapter.poll(KEYS, both) == ()
    account.walk(second, "confirming")
    assert await adapter.follow_up(KEYS, both, news) == ()
    assert [each.what for each in await adapter.poll(KEYS, both)] == [What.PENDING]
    account.expire(second)
    assert await adapter.follow_up(KEYS, both, news) == (news,)
    assert [each.what for each in await adapter.poll(KEYS, both)] == [What.EXPIRED] * 2


async def test_an_earlier_page_neither_ends_nor_keeps_the_one_that_is_shown(
    adapter: NowPayments, account: fakes.NowPayments
) -> None:
    """What was never paid there is over; what was counts."""
    old, first = await opened(adapter)
    new, second = await opened(adapter)
    known = dataclasses.replace(new, charge_refs=(first, second))
    account.expire(second)
    assert [each.charge_ref for each in await adapter.poll(KEYS, known)] == [second]
    account.expire(first)
    assert [each.charge_ref for each in await adapter.poll(KEYS, known)] == [second]
    account.pay(first)
    (news,) = await adapter.poll(KEYS, known)
    assert (news.what, news.charge_ref, news.provider_ref) == (What.PAID, first, old.provider_ref)


async def test_money_given_back_in_the_dashboard_is_told_once(
    adapter: NowPayments, account: fakes.NowPayments
) -> None:
    """All that had come went back; without a sum it is all that could go back."""
    known, payment = await opened(adapter)
    account.pay(payment, Decimal("0.5"))
    account.refund_in_dashboard(payment)
    news = await told_last(adapter, account)
    assert (news.what, news.refund_ref, news.charge_ref) == (What.REFUNDED, f"{payment}:refund", payment)
    assert news.amount == Money(999, "USD")
    assert await adapter.poll(KEYS, known) == (news,)
    account.payments[payment]["actually_paid"] = Decimal(0)
    assert (await adapter.poll(KEYS, known))[0].amount is None


async def test_refunds_are_made_by_hand(adapter: NowPayments, account: fakes.NowPayments) -> None:
    """There is no interface for them: nothing is sent."""
    with pytest.raises(Declined) as refused:
        await adapter.refund(KEYS, a_refund("4", "5", 500))
    assert (refused.value.code, account.requests) == ("by_hand", [])
    assert not NowPayments.descriptor.supports_refund
    assert not NowPayments.repeatable_refunds


async def test_another_sale_of_the_same_account_is_no_news(
    adapter: NowPayments, account: fakes.NowPayments
) -> None:
    """What carries no order of ours concerns nobody here."""
    account.other_sale()
    assert [(await told(adapter, notice)).news for notice in account.notices] == [()] * 5


async def test_an_unknown_payment_is_no_news(adapter: NowPayments, account: fakes.NowPayments) -> None:
    """NOWPayments does not know it, or there is none yet."""
    assert await adapter.poll(KEYS, a_known("4", ("5",))) == ()
    assert await adapter.poll(KEYS, a_known("4")) == ()
    assert len(account.requests) == 1


@pytest.mark.parametrize("fault", [*Fault])
async def test_a_poll_that_fails_says_unavailable(
    adapter: NowPayments, account: fakes.NowPayments, fault: Fault
) -> None:
    """Asking changes nothing, so nothing is ever unknown."""
    known, payment = await opened(adapter)
    account.pay(payment)
    news = await told_last(adapter, account)
    for ask in (adapter.poll(KEYS, known), adapter.follow_up(KEYS, known, news)):
        account.fail(*[fault] * 6)  # aiohttp itself asks again when a connection it kept was dropped
        with pytest.raises(WrongKeys if fault is Fault.SHUT else Unavailable):
            await ask
        account.recover()


@pytest.mark.parametrize("fault", [Fault.LOST, Fault.PAGE, Fault.BUSY, Fault.DOWN, Fault.SLOW])
async def test_a_poll_goes_through_a_single_fault(
    adapter: NowPayments, account: fakes.NowPayments, fault: Fault
) -> None:
    """A question may be asked again."""
    known, payment = await opened(adapter)
    account.pay(payment)
    account.fail(fault)
    assert [each.what for each in await adapter.poll(KEYS, known)] == [What.PAID]


@pytest.mark.parametrize(
    "wrong",
    [
        {"payment_status": "lost"},
        {"price_amount": Decimal("19.999")},
        {"price_currency": "btcx"},
        {"pay_amount": Decimal(0)},
        {"actually_paid": "much"},
        {"pay_currency": "?"},
        {"actually_paid": Decimal("1e14")},
        {"payment_extra_ids": [None]},
    ],
    ids=str,
)
async def test_an_unreadable_payment_is_unavailable_in_a_poll(
    adapter: NowPayments, account: fakes.NowPayments, wrong: dict[str, object]
) -> None:
    """Sums and states that are none are not guessed at, neither in a poll nor in a notice."""
    known, payment = await opened(adapter)
    second = account.choose(known.provider_ref)
    account.pay(payment)
    account.payments[payment] |= wrong
    with pytest.raises(Unavailable):
        await adapter.poll(KEYS, known)
    dead = News(What.EXPIRED, ORDER, known.provider_ref, second)
    with pytest.raises(Unavailable):
        await adapter.follow_up(KEYS, known, dead)
    if "payment_extra_ids" not in wrong:
        with pytest.raises(BadPayload):
            adapter.read_webhook(json.dumps(account.payments[payment], default=float).encode())


async def test_the_test_tells_good_keys_from_bad(adapter: NowPayments) -> None:
    """The API key is tried on something harmless."""
    await adapter.test(KEYS)
    with pytest.raises(WrongKeys):
        await adapter.test(KEYS.model_copy(update={"api_key": SecretStr("wrong")}))


@pytest.mark.parametrize("key", ["line\nbreak: injected", "schlüssel", "\x00"])
async def test_a_key_that_fits_no_header_is_a_wrong_key(
    adapter: NowPayments, account: fakes.NowPayments, key: str
) -> None:
    """What staff pasted wrongly is never sent, nor shown."""
    with pytest.raises(WrongKeys) as refused:
        await adapter.test(KEYS.model_copy(update={"api_key": SecretStr(key)}))
    assert key not in str(refused.value)
    assert account.requests == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("coin", "BTC"),
        ("coin", "b"),
        ("coin", "btc&x"),
        ("forgive_percent", "5.01"),
        ("forgive_percent", "-1"),
    ],
)
def test_settings_that_make_no_sense_are_refused(field: str, value: str) -> None:
    """The coin as NOWPayments writes it, and 0 to 5 percent."""
    with pytest.raises(ValidationError):
        NowPaymentsKeys.model_validate({"api_key": "k", "ipn_secret": "s", field: value})


def test_settings_are_kept_as_text_and_read_again() -> None:
    """As the shop stores them."""
    keys = NowPaymentsKeys.model_validate({"api_key": "k", "ipn_secret": "s", "forgive_percent": "1.5"})
    again = NowPaymentsKeys.model_validate(
        {"api_key": "k", "ipn_secret": "s", "forgive_percent": str(keys.forgive_percent)}
    )
    assert (again, again.coin, again.forgive_percent) == (keys, "btc", Decimal("1.5"))


async def test_keys_are_never_shown(
    adapter: NowPayments, account: fakes.NowPayments, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither their repr, nor an error, nor the log quotes them."""
    caplog.set_level(logging.DEBUG)
    account.fail(Fault.DOWN)
    with pytest.raises(OutcomeUnknown) as error:
        await adapter.create(KEYS, a_charge())
    with pytest.raises(ValidationError) as invalid:
        NowPaymentsKeys(api_key=KEYS.api_key, ipn_secret=KEYS.ipn_secret, coin=fakes.NowPayments.API_KEY)
    everything = f"{KEYS!r} {error.value!r} {invalid.value} {caplog.text}"
    assert "provider_unavailable" in caplog.text
    assert fakes.NowPayments.API_KEY not in everything
    assert fakes.NowPayments.IPN_SECRET not in everything


@pytest.mark.parametrize("vector", vectors_of("nowpayments"), ids=str)
async def test_nowpayments_signs_as_its_own_kit_does(vector: Vector, adapter: NowPayments) -> None:
    """The verdict on every recorded delivery."""
    keys = KEYS.model_copy(update={"ipn_secret": SecretStr(vector.key["value"])})
    if vector.valid:
        await adapter.verify(keys, vector.delivery())
    else:
        with pytest.raises(BadSignature):
            await adapter.verify(keys, vector.delivery())


def signed(text: bytes, secret: str = fakes.NowPayments.IPN_SECRET) -> str:
    """The code over this text."""
    return hmac.new(secret.encode(), text, hashlib.sha512).hexdigest()


async def test_only_the_signed_meaning_under_the_right_key_fits(
    adapter: NowPayments, account: fakes.NowPayments
) -> None:
    """Spelled otherwise it is the same notice; one changed value, another key or no code is refused."""
    await opened(adapter)
    good = arrived(account.notices[-1])
    code = good.headers["x-nowpayments-sig"]
    await adapter.verify(KEYS, good)
    spelled = json.dumps(json.loads(good.body), indent=2).encode()
    await adapter.verify(KEYS, dataclasses.replace(good, body=spelled))
    await adapter.verify(KEYS, dataclasses.replace(good, headers={"x-nowpayments-sig": code.upper()}))
    padded = KEYS.model_copy(update={"ipn_secret": SecretStr(f" {account.IPN_SECRET}\n")})
    await adapter.verify(padded, good)
    other = KEYS.model_copy(update={"ipn_secret": SecretStr("other")})
    for keys, bad in (
        (other, good),
        (KEYS, dataclasses.replace(good, body=good.body.replace(b"19.99", b"99.99"))),
        (KEYS, dataclasses.replace(good, body=b"")),
        (KEYS, dataclasses.replace(good, headers={})),
        *(
            (KEYS, dataclasses.replace(good, headers={"x-nowpayments-sig": wrong}))
            for wrong in ("", code[:64], f" {code}", code[:-1] + "g", code + "00", "ü\ud800", "\u0661" * 128)
        ),
    ):
        with pytest.raises(BadSignature):
            await adapter.verify(keys, bad)


async def test_a_secret_of_nothing_but_spaces_lets_nobody_in(adapter: NowPayments) -> None:
    """Trimmed it is empty, and everybody knows that key."""
    blank = KEYS.model_copy(update={"ipn_secret": SecretStr("  ")})
    with pytest.raises(BadSignature):
        await adapter.verify(blank, Delivery(b"{}", {"x-nowpayments-sig": signed(b"{}", "")}, "", NOW))


async def test_a_notice_signed_by_another_sample_is_refused_and_reported(
    adapter: NowPayments, caplog: pytest.LogCaptureFixture
) -> None:
    """Staff learn why this account's notices are not believed."""
    body = b'{"payment_id":1,"fee":{"currency":"btc"}}'
    for text in (b'{"fee":{},"payment_id":1}', body):
        caplog.clear()
        with pytest.raises(BadSignature):
            await adapter.verify(KEYS, Delivery(body, {"x-nowpayments-sig": signed(text)}, "", NOW))
        assert caplog.messages == ["nowpayments_signed_otherwise"]
    caplog.clear()
    with pytest.raises(BadSignature):
        await adapter.verify(KEYS, Delivery(body, {"x-nowpayments-sig": signed(b"forged")}, "", NOW))
    assert caplog.messages == []


async def test_a_bitcoin_link_carries_address_amount_and_label(adapter: NowPayments) -> None:
    """BIP-21, with plain decimals and nothing that could add a parameter; other coins have none."""
    deposit = Deposit("bc1qxy", Coins(Decimal("1E-7"), "btc"))
    link = adapter.bip21(deposit, "Aurora & Söhne #A-1042")
    assert link == "bitcoin:bc1qxy?amount=0.0000001&label=Aurora%20%26%20S%C3%B6hne%20%23A-1042"
    odd = adapter.bip21(Deposit("bc1q?amount=9", Coins(Decimal(1), "btc")), "x")
    assert odd == "bitcoin:bc1q%3Famount%3D9?amount=1&label=x"
    assert adapter.bip21(Deposit("ltc1q", Coins(Decimal(1), "ltc")), "x") is None


@pytest.mark.parametrize(
    ("due", "asked"),
    [("0.000399801", "0.00039981"), ("1E-9", "0.00000001"), ("0.00039980", "0.00039980"), ("2.5E+1", "25")],
)
async def test_a_bitcoin_link_asks_for_whole_satoshis_and_never_for_too_few(
    adapter: NowPayments, due: str, asked: str
) -> None:
    """BIP-21 knows eight decimals; what is finer is rounded up."""
    link = adapter.bip21(Deposit("bc1qxy", Coins(Decimal(due), "btc")), "x")
    assert link == f"bitcoin:bc1qxy?amount={asked}&label=x"


@given(
    st.binary(max_size=200),
    st.text(max_size=140) | st.text("0123456789abcdefABCDEF", min_size=128, max_size=128),
)
async def test_a_forged_delivery_is_a_bad_signature_and_nothing_else(body: bytes, code: str) -> None:
    """Whatever comes, the answer is the same refusal."""
    adapter = NowPayments(None, NowPayments.site)  # type: ignore[arg-type] # verifying calls nobody
    with pytest.raises(BadSignature):
        await adapter.verify(KEYS, Delivery(body, {"x-nowpayments-sig": code}, "", NOW))


NUMBERS = st.sampled_from(
    ["1e99999999999999999999", "-0", "0e999999", "1e-99", "9" * 400, "1e400", "0.5", "1", "170"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.binary(max_size=300) | JSON.map(lambda found: json.dumps(found).encode()))
def test_arbitrary_bodies_are_unreadable_and_nothing_else(body: bytes) -> None:
    """What is no payment of NOWPayments' is a bad payload."""
    with pytest.raises(BadPayload):
        NowPayments(None, NowPayments.site).read_webhook(body)  # type: ignore[arg-type] # reading calls nobody


GOOD = {
    "payment_id": "5077125051",
    "parent_payment_id": "null",
    "invoice_id": "4522625843",
    "payment_status": '"finished"',
    "price_amount": "170",
    "price_currency": '"usd"',
    "pay_amount": "155.38559757",
    "actually_paid": "155.38559757",
    "pay_currency": '"mana"',
    "order_id": f'"{ORDER}"',
}


@pytest.mark.parametrize("nothing", ["0", "-0", "0e999999", "0e-99", "0.000", "null"])
def test_nothing_is_nothing_however_it_is_written(nothing: str) -> None:
    """Not a million zeros, and the same event whatever wrote it."""
    every = {**GOOD, "payment_status": '"partially_paid"', "actually_paid": nothing}
    body = "{" + ",".join(f'"{name}":{text}' for name, text in every.items()) + "}"
    read = NowPayments(None, NowPayments.site).read_webhook(body.encode())  # type: ignore[arg-type] # reading calls nobody
    assert read.event_id == "5077125051:partially_paid:0"
    assert read.news[0].amount == Money(0, "USD")


@given(
    st.dictionaries(st.sampled_from([*GOOD]), JSON.map(json.dumps) | NUMBERS, max_size=4),
    st.sampled_from(["finished", "partially_paid", "refunded", "waiting", "failed"]),
)
def test_a_payment_of_any_shape_is_read_or_unreadable(changed: dict[str, str], status: str) -> None:
    """Wrong types and numbers at any place end in a bad payload at most."""
    every = {**GOOD, "payment_status": f'"{status}"', **changed}
    body = "{" + ",".join(f'"{name}":{text}' for name, text in every.items()) + "}"
    try:
        read = NowPayments(None, NowPayments.site).read_webhook(body.encode())  # type: ignore[arg-type] # reading calls nobody
    except BadPayload:
        return
    assert 0 < len(read.event_id) <= 255
    assert all(each.amount is None or 0 <= each.amount.cents < 10**12 for each in read.news)
