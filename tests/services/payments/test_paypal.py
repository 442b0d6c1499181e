"""PayPal against a stand-in for its REST API."""

import dataclasses
import json
import logging
from collections.abc import AsyncIterator
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from models.errors import Declined, OutcomeUnknown, ProviderError, Unavailable, WrongKeys
from services.calls import Calls
from services.payments import processors
from services.payments._paypal_json import amount_of
from services.payments._paypal_keys import PayPalKeys
from services.payments._paypal_token import Account, Tokens
from services.payments.paypal import PayPal
from services.payments.processor import BadPayload, Money, News, Site, Told, What
from tests.fakes.paypal import PayPal as FakePayPal
from tests.fakes.provider import Fault, Notice
from tests.services.conftest import TestClock
from tests.services.payments.asking import DUE, ORDER, a_charge, a_known, a_refund, arrived
from tests.services.payments.faults import LASTING, PASSING
from tests.services.payments.vectors import vectors_of

KEYS = PayPalKeys(
    client_id=FakePayPal.CLIENT_ID,
    secret=SecretStr(FakePayPal.SECRET),
    webhook_id=FakePayPal.WEBHOOK_ID,
)


class Hasty(PayPal):
    """Waits a moment only."""

    seconds: ClassVar[float] = 0.2


@pytest.fixture
async def paypal(clock: TestClock) -> AsyncIterator[FakePayPal]:
    """An app of a business account."""
    async with FakePayPal(now=clock.now) as fake:
        yield fake


@pytest.fixture
async def adapter(paypal: FakePayPal, calls: Calls, clock: TestClock) -> PayPal:
    """The adapter, which reaches the stand-in and has its token already."""
    made = Hasty(calls, Site(paypal.url), now=clock.now, roots=paypal.roots, fetch=paypal.fetch)
    await made.test(KEYS)
    paypal.requests.clear()
    return made


async def told(adapter: PayPal, notice: Notice) -> Told:
    """What a verified delivery says."""
    await adapter.verify(KEYS, arrived(notice))
    return adapter.read_webhook(notice.body)


async def told_last(adapter: PayPal, paypal: FakePayPal) -> News:
    """The first piece of news of the last webhook."""
    return (await told(adapter, paypal.notices[-1])).news[0]


async def approved(adapter: PayPal, paypal: FakePayPal) -> tuple[str, News]:
    """An order that the payer approved: its reference and the news of it."""
    opened = await adapter.create(KEYS, a_charge())
    paypal.pay(opened.provider_ref)
    return opened.provider_ref, await told_last(adapter, paypal)


async def paid(adapter: PayPal, paypal: FakePayPal) -> tuple[str, str]:
    """An order that was collected: its reference and its capture's."""
    ref, news = await approved(adapter, paypal)
    (done,) = await adapter.follow_up(KEYS, a_known(ref), news)
    assert done.charge_ref is not None
    return ref, done.charge_ref


def whats(news: tuple[News, ...]) -> list[What]:
    """The kinds of these news."""
    return [each.what for each in news]


def test_the_method_is_found_with_its_file() -> None:
    """PAYPAL is there because its file is, and can be made without anything else."""
    assert processors()[PayPal.descriptor.value] is PayPal


def test_it_can_be_made_from_a_way_out_and_a_site(calls: Calls) -> None:
    """Clock, roots and fetcher have defaults; each environment has its own address."""
    adapter = PayPal(calls, PayPal.site)
    assert adapter.base(KEYS) == "https://api-m.paypal.com"
    sandbox = KEYS.model_copy(update={"environment": "sandbox"})
    assert adapter.base(sandbox) == "https://api-m.sandbox.paypal.com"


async def test_an_order_asks_for_the_amount_and_names_ours(adapter: PayPal, paypal: FakePayPal) -> None:
    """The page is the link that the payer acts on; nothing is shipped by PayPal's address."""
    opened = await adapter.create(KEYS, a_charge())
    assert opened.page_url == f"{paypal.url}/checkoutnow?token={opened.provider_ref}"
    sent = json.loads(paypal.requests[-1].body)
    unit = sent["purchase_units"][0]
    context = sent["payment_source"]["paypal"]["experience_context"]
    assert sent["intent"] == "CAPTURE"
    assert unit["custom_id"] == ORDER
    assert unit["amount"] == {"currency_code": "USD", "value": "19.99"}
    assert unit["description"] == "A-1042 Aurora"
    assert (context["user_action"], context["shipping_preference"]) == ("PAY_NOW", "NO_SHIPPING")
    assert paypal.requests[-1].headers["PayPal-Request-Id"] == a_charge().key


async def test_a_page_under_the_older_link_is_found(adapter: PayPal, paypal: FakePayPal) -> None:
    """Orders without a payment source carry it as "approve"."""
    ref = (await adapter.create(KEYS, a_charge())).provider_ref
    answer = next(iter(paypal._answers.values()))[1][1]
    answer["links"][1]["rel"] = "approve"
    assert (await adapter.create(KEYS, a_charge())).provider_ref == ref
    answer["links"][1]["href"] = "javascript:alert(1)"
    with pytest.raises(OutcomeUnknown):
        await adapter.create(KEYS, a_charge())


async def test_a_long_shop_name_is_cut(adapter: PayPal, paypal: FakePayPal) -> None:
    """PayPal takes 127 characters in one line."""
    await adapter.create(KEYS, dataclasses.replace(a_charge(), shop_name="Long\nname " * 40))
    assert len(paypal.orders) == 1


async def test_approval_is_collected_once_and_told_twice(adapter: PayPal, paypal: FakePayPal) -> None:
    """Approved, then captured by us; the webhook about the capture says the same again."""
    ref, news = await approved(adapter, paypal)
    assert news == News(What.APPROVED, ORDER, ref, amount=DUE)
    assert paypal.captures == {}
    (done,) = await adapter.follow_up(KEYS, a_known(ref), news)
    (charge,) = paypal.captures
    assert done == News(What.PAID, ORDER, ref, charge, DUE)
    assert paypal.requests[-1].headers["PayPal-Request-Id"].startswith(f"capture-{ref}-")
    assert (await told(adapter, paypal.notices[-1])).news == (done,)
    assert "buyer@example.com" not in repr([done, news])


async def test_an_approval_that_comes_twice_is_collected_once(adapter: PayPal, paypal: FakePayPal) -> None:
    """PayPal's word that it was captured gives the same news."""
    ref, news = await approved(adapter, paypal)
    first = await adapter.follow_up(KEYS, a_known(ref), news)
    assert await adapter.follow_up(KEYS, a_known(ref), news) == first
    paypal._answers.clear()
    assert await adapter.follow_up(KEYS, a_known(ref), news) == first
    assert len(paypal.captures) == 1


async def test_any_other_news_counts_as_it_is(adapter: PayPal, paypal: FakePayPal) -> None:
    """Nothing has to be done about money that was collected."""
    news = News(What.PAID, ORDER, "5O1", "3C6", DUE)
    assert await adapter.follow_up(KEYS, a_known("5O1"), news) == (news,)
    assert paypal.requests == []


async def test_the_page_that_was_approved_is_collected_not_the_current_one(
    adapter: PayPal, paypal: FakePayPal
) -> None:
    """An older page of the same order may be the one that was approved."""
    ref, news = await approved(adapter, paypal)
    newer = await adapter.create(KEYS, a_charge("another-key"))
    (done,) = await adapter.follow_up(KEYS, a_known(newer.provider_ref), news)
    assert (done.what, done.provider_ref) == (What.PAID, ref)


async def test_a_declined_instrument_is_failed_and_another_try_may_pay(
    adapter: PayPal, paypal: FakePayPal
) -> None:
    """The payer goes back to the same page and takes another card."""
    opened = await adapter.create(KEYS, a_charge())
    ref = opened.provider_ref
    paypal.decline(ref)
    news = await told_last(adapter, paypal)
    assert await adapter.follow_up(KEYS, a_known(ref), news) == (
        News(What.FAILED, ORDER, ref, note="INSTRUMENT_DECLINED"),
    )
    paypal.pay(ref)
    assert whats(await adapter.follow_up(KEYS, a_known(ref), news)) == [What.PAID]


async def test_an_approval_that_is_gone_is_no_news(adapter: PayPal, paypal: FakePayPal) -> None:
    """An order that is not approved yet waits; one that PayPal forgot cannot be paid any more."""
    opened = await adapter.create(KEYS, a_charge())
    ref = opened.provider_ref
    news = News(What.APPROVED, ORDER, ref)
    assert await adapter.follow_up(KEYS, a_known(ref), news) == ()
    paypal.expire(ref)
    assert await adapter.follow_up(KEYS, a_known(ref), news) == (News(What.EXPIRED, ORDER, ref),)


async def test_a_capture_may_be_pending_until_the_bank_decides(adapter: PayPal, paypal: FakePayPal) -> None:
    """Pending is told by the answer and the webhook, then completed by the webhook."""
    paypal.pending_captures = True
    ref, news = await approved(adapter, paypal)
    (done,) = await adapter.follow_up(KEYS, a_known(ref), news)
    assert (done.what, done.note) == (What.PENDING, "ECHECK")
    assert (await told(adapter, paypal.notices[-1])).news == (done,)
    paypal.settle(str(done.charge_ref))
    assert (await told(adapter, paypal.notices[-1])).news == (
        News(What.PAID, ORDER, ref, done.charge_ref, DUE),
    )


async def test_a_denied_capture_is_failed_and_its_page_is_spent(adapter: PayPal, paypal: FakePayPal) -> None:
    """An order is captured once: after a denial the payer needs a new page, by webhook and poll alike."""
    paypal.pending_captures = True
    ref, charge = await paid(adapter, paypal)
    paypal.settle(charge, "DECLINED")
    failed = News(What.FAILED, ORDER, ref, charge, DUE, note="DECLINED")
    expected = (failed, News(What.EXPIRED, ORDER, ref))
    assert (await told(adapter, paypal.notices[-1])).news == expected
    assert await adapter.poll(KEYS, a_known(ref)) == expected


async def test_a_poll_makes_lost_webhooks_good(adapter: PayPal, paypal: FakePayPal) -> None:
    """Nothing, approved, paid and refunded: as the webhooks would have said."""
    opened = await adapter.create(KEYS, a_charge())
    ref = opened.provider_ref
    assert await adapter.poll(KEYS, a_known(ref)) == ()
    paypal.pay(ref)
    (news,) = await adapter.poll(KEYS, a_known(ref))
    assert news == await told_last(adapter, paypal)
    (done,) = await adapter.follow_up(KEYS, a_known(ref), news)
    assert await adapter.poll(KEYS, a_known(ref)) == (done,)
    refund = paypal.refund_in_dashboard(str(done.charge_ref), 500)
    assert await adapter.poll(KEYS, a_known(ref)) == (
        done,
        News(
            What.REFUNDED,
            ORDER,
            charge_ref=done.charge_ref,
            refund_ref=refund,
            amount=Money(500, "USD"),
        ),
    )


async def test_what_the_order_does_not_list_is_asked_for_by_its_own_id(
    adapter: PayPal, paypal: FakePayPal
) -> None:
    """Money on an older page, and refunds, are found when PayPal has forgotten the order."""
    ref, charge = await paid(adapter, paypal)
    refund = paypal.refund_in_dashboard(charge, 500)
    paypal.expire(ref)
    news = await adapter.poll(KEYS, a_known("NOSUCH", (charge, charge, "NONE"), (refund, "NONE")))
    assert whats(news) == [What.PAID, What.REFUNDED]
    assert (news[0].provider_ref, news[1].charge_ref) == (ref, charge)


async def test_an_unknown_order_is_no_news(adapter: PayPal) -> None:
    """PayPal does not know it: nothing happened."""
    assert await adapter.poll(KEYS, a_known("NO/SUCH?ORDER")) == ()


async def test_a_void_order_has_lapsed(adapter: PayPal, paypal: FakePayPal) -> None:
    """It can be paid no more."""
    ref = (await adapter.create(KEYS, a_charge())).provider_ref
    paypal.void(ref)
    assert await adapter.poll(KEYS, a_known(ref)) == (News(What.EXPIRED, ORDER, ref),)


async def test_money_that_is_gone_without_a_refund_is_told_as_a_sum(
    adapter: PayPal, paypal: FakePayPal
) -> None:
    """A capture that PayPal calls refunded, with no refund listed, was taken back entirely."""
    ref, charge = await paid(adapter, paypal)
    paypal.captures[charge]["status"] = "REFUNDED"
    news = await adapter.poll(KEYS, a_known(ref))
    assert news[1] == News(What.REFUNDED, ORDER, charge_ref=charge, amount=DUE, total=True)


async def test_a_refund_is_done_at_once_and_told_again(adapter: PayPal, paypal: FakePayPal) -> None:
    """The answer and the webhook name the same refund of the same capture."""
    ref, charge = await paid(adapter, paypal)
    done = await adapter.refund(KEYS, a_refund(ref, charge, 700))
    assert (done.what, done.charge_ref, done.amount) == (What.REFUNDED, charge, Money(700, "USD"))
    assert json.loads(paypal.requests[-1].body) == {"amount": {"currency_code": "USD", "value": "7.00"}}
    assert paypal.requests[-1].headers["PayPal-Request-Id"] == "refund-key-1"
    assert (await told(adapter, paypal.notices[-1])).news == (done,)


async def test_all_of_it_is_given_back_or_nothing(adapter: PayPal, paypal: FakePayPal) -> None:
    """Of a capture that lost a part meanwhile the rest is not given in place of what was asked for."""
    ref, charge = await paid(adapter, paypal)
    part = paypal.refund_in_dashboard(charge, 500)
    with pytest.raises(Declined) as refused:
        await adapter.refund(KEYS, a_refund(ref, charge, 1999))
    assert refused.value.code == "REFUND_AMOUNT_EXCEEDED"
    paypal.settle_refund(part, "CANCELLED")
    done = await adapter.refund(KEYS, a_refund(ref, charge, 1999))
    assert (done.what, done.amount) == (What.REFUNDED, DUE)


@pytest.mark.parametrize(
    ("status", "what"),
    [
        ("COMPLETED", What.REFUNDED),
        ("FAILED", What.REFUND_FAILED),
        ("CANCELLED", What.REFUND_FAILED),
    ],
)
async def test_a_refund_may_be_pending(adapter: PayPal, paypal: FakePayPal, status: str, what: What) -> None:
    """The answer says pending; webhook and poll bring the end of it."""
    ref, charge = await paid(adapter, paypal)
    paypal.pending_refunds = True
    asked = await adapter.refund(KEYS, a_refund(ref, charge, 700))
    assert asked.what is What.REFUND_PENDING
    assert (await told_last(adapter, paypal)).what is What.REFUND_PENDING
    paypal.settle_refund(str(asked.refund_ref), status)
    news = await told_last(adapter, paypal)
    assert (news.what, news.refund_ref, news.charge_ref) == (what, asked.refund_ref, charge)
    polled = await adapter.poll(KEYS, a_known(ref, (charge,), (str(asked.refund_ref),)))
    assert polled[1] == dataclasses.replace(news, order_id=ORDER)


async def test_a_refund_that_cannot_be_is_declined_with_paypals_code(
    adapter: PayPal, paypal: FakePayPal, caplog: pytest.LogCaptureFixture
) -> None:
    """Too much, all gone, unknown: nothing is sent, and the log keeps PayPal's id for support."""
    caplog.set_level(logging.INFO)
    ref, charge = await paid(adapter, paypal)
    paypal.refund_in_dashboard(charge, 1000)
    for asked, issue in (
        (a_refund(ref, charge, 1000, "k1"), "REFUND_AMOUNT_EXCEEDED"),
        (a_refund(ref, "NOSUCH", 100, "k2"), "INVALID_RESOURCE_ID"),
    ):
        with pytest.raises(Declined) as refused:
            await adapter.refund(KEYS, asked)
        assert refused.value.code == issue
    paypal.refund_in_dashboard(charge, 999)
    with pytest.raises(Declined) as refused:
        await adapter.refund(KEYS, a_refund(ref, charge, 1999, "k3"))
    assert refused.value.code == "CAPTURE_FULLY_REFUNDED"
    assert len(paypal.refunds) == 2
    assert {getattr(each, "debug_id", None) for each in caplog.records} >= {"f5a4b3c2d1e0f"}


async def test_the_same_refund_asked_twice_is_one(adapter: PayPal, paypal: FakePayPal) -> None:
    """The key makes it the same refund; a changed amount under it is refused."""
    ref, charge = await paid(adapter, paypal)
    first = await adapter.refund(KEYS, a_refund(ref, charge, 700))
    assert await adapter.refund(KEYS, a_refund(ref, charge, 700)) == first
    with pytest.raises(Declined) as refused:
        await adapter.refund(KEYS, a_refund(ref, charge, 800))
    assert refused.value.code == "DUPLICATE_REQUEST_ID"
    assert len(paypal.refunds) == 1


async def test_a_reversal_is_told_as_all_that_is_gone(adapter: PayPal, paypal: FakePayPal) -> None:
    """A bank took back the rest: the sum, so that a lost dispute is not counted beside it."""
    _, charge = await paid(adapter, paypal)
    paypal.refund_in_dashboard(charge, 500)
    assert (await told_last(adapter, paypal)).amount == Money(500, "USD")
    refund = paypal.reverse(charge)
    assert await told_last(adapter, paypal) == News(
        What.REFUNDED,
        charge_ref=charge,
        refund_ref=refund,
        amount=DUE,
        note="REVERSED",
        total=True,
    )


@pytest.mark.parametrize(
    ("outcome", "what"),
    [
        ("RESOLVED_BUYER_FAVOUR", What.DISPUTE_LOST),
        ("ACCEPTED", What.DISPUTE_LOST),
        ("RESOLVED_SELLER_FAVOUR", What.DISPUTE_WON),
        ("RESOLVED_WITH_PAYOUT", What.DISPUTE_WON),
        ("CANCELED_BY_BUYER", What.DISPUTE_WON),
        ("DENIED", What.DISPUTE_WON),
        ("NONE", What.DISPUTED),
        ("SOMETHING_NEW", What.DISPUTED),
    ],
)
async def test_a_dispute_is_told_from_opening_to_verdict(
    adapter: PayPal, paypal: FakePayPal, outcome: str, what: What
) -> None:
    """Disputes name the capture; an outcome that favours nobody stays open for staff."""
    _, charge = await paid(adapter, paypal)
    dispute = paypal.dispute(charge)
    opened = await told_last(adapter, paypal)
    reason = "MERCHANDISE_OR_SERVICE_NOT_RECEIVED"
    assert opened == News(
        What.DISPUTED, ORDER, charge_ref=charge, amount=DUE, dispute_ref=dispute, note=reason
    )
    paypal.settle_dispute(dispute, outcome)
    assert await told_last(adapter, paypal) == dataclasses.replace(opened, what=what)
    assert "reçu" not in repr(opened)


async def test_a_dispute_about_several_captures_is_told_of_each(adapter: PayPal, paypal: FakePayPal) -> None:
    """Ours among them only, and none with an amount that nobody can divide."""
    _, charge = await paid(adapter, paypal)
    dispute = paypal.dispute(charge)
    about = paypal.disputes[dispute]["disputed_transactions"]
    about += [
        {"seller_transaction_id": "3C6OTHER", "custom": "somebody-else"},
        {"seller_transaction_id": "3C6NOBODY"},
        {"buyer_transaction_id": "3C6BUYER"},
    ]
    paypal.settle_dispute(dispute)
    news = (await told(adapter, paypal.notices[-1])).news
    assert [(each.charge_ref, each.amount) for each in news] == [(charge, None), ("3C6NOBODY", None)]


async def test_other_business_of_the_account_is_no_news(adapter: PayPal, paypal: FakePayPal) -> None:
    """Sales of another shop on the same app, and events of no interest, are read and left."""
    capture = {
        "id": "3C6",
        "status": "COMPLETED",
        "custom_id": "ord_1042",
        "amount": {"currency_code": "USD", "value": "5.00"},
    }
    order = {"id": "5O1", "purchase_units": [{"custom_id": "ord_1042"}, {}]}
    for kind, resource in (
        ("PAYMENT.CAPTURE.COMPLETED", capture),
        ("PAYMENT.CAPTURE.COMPLETED", {"id": "3C6", "state": "completed"}),
        ("PAYMENT.CAPTURE.REFUNDED", capture),
        ("CHECKOUT.ORDER.APPROVED", order),
        ("CUSTOMER.DISPUTE.CREATED", {"dispute_id": "PP-D-1"}),
        ("BILLING.PLAN.CREATED", {"id": "P-1"}),
    ):
        notice = paypal.tell(kind, "thing", resource)
        assert (await told(adapter, notice)).news == (), kind


def test_published_deliveries_are_read(calls: Calls) -> None:
    """Each has an id and a kind; refunds and disputes in them name their capture."""
    adapter = PayPal(calls, PayPal.site)
    read = {each.id: adapter.read_webhook(each.body) for each in vectors_of("paypal")}
    assert all(each.event_id.startswith("WH-") for each in read.values())
    for told in read.values():
        if told.kind in {"PAYMENT.CAPTURE.REFUNDED", "PAYMENT.CAPTURE.REVERSED", "CUSTOMER.DISPUTE.CREATED"}:
            assert [(each.charge_ref, each.amount) for each in told.news] == [("3C679366HH908993F", DUE)]


@pytest.mark.parametrize(
    "amount",
    [
        None,
        19.99,
        {"currency_code": "USD", "value": 19.99},
        {"currency_code": "USD", "value": "19.999"},
        {"currency_code": "USD", "value": "-19.99"},
        {"currency_code": "USD", "value": "1e3"},
        {"currency_code": "USD", "value": "NaN"},
        {"currency_code": "usd", "value": "19.99"},
        {"currency_code": "JPY", "value": "19.99"},
        {"value": "19.99"},
    ],
)
async def test_an_unreadable_amount_is_not_guessed(adapter: PayPal, paypal: FakePayPal, amount: Any) -> None:
    """A bad payload in a webhook, unavailable in a poll, unknown after a capture."""
    ref, news = await approved(adapter, paypal)
    await adapter.follow_up(KEYS, a_known(ref), news)
    (capture,) = paypal.captures.values()
    capture["amount"] = amount
    notice = paypal.tell("PAYMENT.CAPTURE.COMPLETED", "capture", capture)
    with pytest.raises(BadPayload):
        adapter.read_webhook(notice.body)
    with pytest.raises(Unavailable):
        await adapter.poll(KEYS, a_known(ref))
    paypal._answers.clear()
    with pytest.raises(OutcomeUnknown):
        await adapter.follow_up(KEYS, a_known(ref), news)


def test_a_reversal_may_be_told_with_a_minus(calls: Calls) -> None:
    """Money that left is money that left."""
    links = [{"rel": "up", "href": "https://api.paypal.com/v2/payments/captures/3C6"}]
    amount = {"currency_code": "USD", "value": "-5.00"}
    resource = {"id": "1JU", "status": "COMPLETED", "amount": amount, "links": links}
    event = {"id": "WH-1", "event_type": "PAYMENT.CAPTURE.REVERSED", "resource": resource}
    (news,) = PayPal(calls, PayPal.site).read_webhook(json.dumps(event).encode()).news
    assert (news.amount, news.charge_ref, news.total) == (Money(500, "USD"), "3C6", True)


@pytest.mark.parametrize(
    ("links", "data"),
    [
        (None, {"related_ids": {"capture_id": "3C6"}}),
        ([{"rel": "up", "href": "https://api.paypal.com/v2/checkout/orders/5O1"}], None),
        ([{"rel": "up", "href": None}, {"rel": ["up"]}], 7),
        ("none", None),
    ],
)
def test_a_refund_names_its_capture_by_its_links(calls: Calls, links: Any, data: Any) -> None:
    """The link "up" has to lead to a capture; newer deliveries name it among the related ids."""
    amount = {"currency_code": "USD", "value": "5.00"}
    resource = {
        "id": "1",
        "status": "COMPLETED",
        "amount": amount,
        "links": links,
        "supplementary_data": data,
    }
    event = {"id": "WH-1", "event_type": "PAYMENT.CAPTURE.REFUNDED", "resource": resource}
    body = json.dumps(event).encode()
    if isinstance(data, dict):
        assert PayPal(calls, PayPal.site).read_webhook(body).news[0].charge_ref == "3C6"
    else:
        with pytest.raises(BadPayload):
            PayPal(calls, PayPal.site).read_webhook(body)


@pytest.mark.parametrize(
    ("money", "value"),
    [
        (Money(1999, "USD"), "19.99"),
        (Money(5, "EUR"), "0.05"),
        (Money(1250, "JPY"), "1250"),
        (Money(125000, "HUF"), "1250"),
        (Money(90000, "TWD"), "900"),
    ],
)
def test_amounts_have_the_decimals_that_paypal_takes(money: Money, value: str) -> None:
    """Forint and Taiwan dollars have none at PayPal, whatever ISO 4217 says."""
    assert amount_of(money) == {"currency_code": money.currency, "value": value}


@pytest.mark.parametrize("currency", ["HUF", "TWD"])
async def test_a_fraction_that_paypal_cannot_take_is_declined(
    adapter: PayPal, paypal: FakePayPal, currency: str
) -> None:
    """Nothing is rounded behind anybody's back, and whole amounts come back as they went."""
    with pytest.raises(Declined) as refused:
        await adapter.create(KEYS, a_charge(amount=Money(1999, currency)))
    assert refused.value.code == "DECIMALS_NOT_SUPPORTED"
    assert paypal.requests == []
    ref = (await adapter.create(KEYS, a_charge(amount=Money(2000, currency)))).provider_ref
    paypal.pay(ref)
    assert (await told_last(adapter, paypal)).amount == Money(2000, currency)


@pytest.mark.parametrize("fault", PASSING)
async def test_money_is_collected_once_through_any_single_fault(
    adapter: PayPal, paypal: FakePayPal, fault: Fault
) -> None:
    """A capture whose answer was lost is asked for again and found again."""
    ref, news = await approved(adapter, paypal)
    paypal.fail(fault)
    (done,) = await adapter.follow_up(KEYS, a_known(ref), news)
    assert done.what is What.PAID
    assert len(paypal.captures) == 1


@pytest.mark.parametrize(("fault", "error"), LASTING)
async def test_a_capture_that_lasts_is_named_and_doubles_nothing(
    adapter: PayPal, paypal: FakePayPal, fault: Fault, error: type[ProviderError]
) -> None:
    """The approval is followed up again later and finds what was collected."""
    ref, news = await approved(adapter, paypal)
    paypal.fail(*[fault] * 3)
    with pytest.raises(error):
        await adapter.follow_up(KEYS, a_known(ref), news)
    paypal.recover()
    assert whats(await adapter.follow_up(KEYS, a_known(ref), news)) == [What.PAID]
    assert len(paypal.captures) == 1


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (fault, WrongKeys if error is WrongKeys else Unavailable)
        for fault, error in LASTING
        if fault is not Fault.RUNNING  # tokens have no key under which something could still be running
    ],
)
async def test_without_a_token_nothing_was_sent(
    adapter: PayPal, paypal: FakePayPal, clock: TestClock, fault: Fault, error: type[ProviderError]
) -> None:
    """When only the token could not be had, the outcome of the call is certain: nothing."""
    ref, charge = await paid(adapter, paypal)
    clock.forward(hours=10)
    paypal.requests.clear()
    paypal.fail(*[fault] * 3)
    with pytest.raises(error):
        await adapter.refund(KEYS, a_refund(ref, charge, 700))
    assert {each.path for each in paypal.requests} == {"/v1/oauth2/token"}


async def test_what_is_under_way_is_unknown(adapter: PayPal, paypal: FakePayPal) -> None:
    """PayPal says that the same request is being worked on: neither done nor refused."""
    ref, news = await approved(adapter, paypal)
    asked = a_refund(ref, "3C6", 700)
    for status, issue in ((409, "PREVIOUS_REQUEST_IN_PROGRESS"), (422, "ORDER_COMPLETION_IN_PROGRESS")):
        paypal.refuses = (status, issue)
        with pytest.raises(OutcomeUnknown) as unknown:
            await adapter.refund(KEYS, asked)
        assert unknown.value.code == issue
        with pytest.raises(OutcomeUnknown):
            await adapter.follow_up(KEYS, a_known(ref), news)


async def test_after_too_many_tries_the_page_is_over(adapter: PayPal, paypal: FakePayPal) -> None:
    """The payer hears that it failed, and may go on with a new page."""
    ref, news = await approved(adapter, paypal)
    paypal.refuses = (422, "MAX_NUMBER_OF_PAYMENT_ATTEMPTS_EXCEEDED")
    assert whats(await adapter.follow_up(KEYS, a_known(ref), news)) == [What.FAILED, What.EXPIRED]


async def test_a_capture_that_paypal_refuses_for_the_seller_is_declined(
    adapter: PayPal, paypal: FakePayPal
) -> None:
    """What is not the payer's fault is no failed try of theirs."""
    ref, news = await approved(adapter, paypal)
    paypal.refuses = (422, "PAYEE_BLOCKED_TRANSACTION")
    with pytest.raises(Declined) as refused:
        await adapter.follow_up(KEYS, a_known(ref), news)
    assert refused.value.code == "PAYEE_BLOCKED_TRANSACTION"


async def test_one_token_serves_until_a_minute_before_its_end(
    adapter: PayPal, paypal: FakePayPal, clock: TestClock
) -> None:
    """After that a new one is fetched in time, so that no call is refused."""
    clock.forward(seconds=paypal.token_seconds - 61)
    await adapter.poll(KEYS, a_known("NONE"))
    assert len(paypal.tokens) == 1
    clock.forward(seconds=1)
    await adapter.poll(KEYS, a_known("NONE"))
    assert len(paypal.tokens) == 2


async def test_a_token_that_paypal_forgot_is_renewed_once(adapter: PayPal, paypal: FakePayPal) -> None:
    """One 401, one new token, and the call is made."""
    paypal.tokens.clear()
    await adapter.create(KEYS, a_charge())
    paths = [each.path for each in paypal.requests]
    assert paths == ["/v2/checkout/orders", "/v1/oauth2/token", "/v2/checkout/orders"]
    assert len(paypal.orders) == 1


async def test_a_token_is_not_lent_to_another_secret(adapter: PayPal, paypal: FakePayPal) -> None:
    """Client ids are public: knowing one opens nothing while its owner's token is at hand."""
    with pytest.raises(WrongKeys):
        await adapter.create(KEYS.model_copy(update={"secret": SecretStr("guessed")}), a_charge())
    assert paypal.orders == {}


@pytest.mark.parametrize(
    "answer",
    [{}, {"access_token": 7}, {"access_token": "line\nbreak", "expires_in": 9}, {"access_token": "ü"}],
)
async def test_an_answer_without_a_token_is_unavailable(
    calls: Calls, paypal: FakePayPal, clock: TestClock, answer: dict[str, Any]
) -> None:
    """What fits no header is never sent on."""
    paypal.token_answer = answer
    account = Account(paypal.url, paypal.CLIENT_ID, paypal.SECRET)
    with pytest.raises(Unavailable):
        await Tokens(calls, clock.now, 1.0).get(account)


async def test_tokens_that_have_ended_are_not_kept(
    calls: Calls, paypal: FakePayPal, clock: TestClock
) -> None:
    """However many shops come and go."""
    tokens = Tokens(calls, clock.now, 1.0)
    paypal.token_answer = {"access_token": "A21AA", "expires_in": 32400}
    await tokens.get(Account(paypal.url, "one", "secret"))
    clock.forward(days=1)
    await tokens.get(Account(paypal.url, "another", "secret"))
    assert len(tokens._kept) == 1


async def test_the_test_tells_good_keys_from_bad(adapter: PayPal, paypal: FakePayPal) -> None:
    """Id, secret and webhook are proved anew, whatever token is at hand."""
    await adapter.test(KEYS)
    assert paypal.requests[0].path == "/v1/oauth2/token"
    for change in (
        {"client_id": "somebody"},
        {"client_id": "ünï\ud800code"},
        {"secret": SecretStr("wrong\nline")},
        {"webhook_id": "1JE4291016473214C"},
    ):
        with pytest.raises(WrongKeys):
            await adapter.test(KEYS.model_copy(update=change))


async def test_keys_are_never_shown(
    adapter: PayPal, paypal: FakePayPal, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither their repr, nor an error, nor the log quotes them or the token."""
    caplog.set_level(logging.DEBUG)
    paypal.fail(*[Fault.DOWN] * 3)
    with pytest.raises(OutcomeUnknown) as error:
        await adapter.create(KEYS, a_charge())
    with pytest.raises(WrongKeys) as wrong:
        await adapter.test(KEYS.model_copy(update={"secret": SecretStr(f"x{FakePayPal.SECRET}")}))
    with pytest.raises(ValidationError) as invalid:
        PayPalKeys(client_id="", secret=SecretStr(FakePayPal.SECRET), webhook_id=f"no {FakePayPal.SECRET}")
    account = adapter._account(KEYS)
    everything = f"{KEYS!r} {error.value!r} {wrong.value!r} {invalid.value} {caplog.text} {account!r}"
    assert "provider_unavailable" in caplog.text
    for secret in (FakePayPal.SECRET, *paypal.tokens):
        assert secret not in everything
        assert secret not in repr(vars(adapter._api._tokens))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KINDS = [
    "CHECKOUT.ORDER.APPROVED",
    "PAYMENT.CAPTURE.COMPLETED",
    "PAYMENT.CAPTURE.DENIED",
    "PAYMENT.CAPTURE.REFUNDED",
    "PAYMENT.CAPTURE.REVERSED",
    "CUSTOMER.DISPUTE.RESOLVED",
    "",
]
FIELDS = [
    *("id", "status", "amount", "custom_id", "links", "supplementary_data", "purchase_units"),
    *("dispute_id", "dispute_amount", "dispute_outcome", "disputed_transactions", "status_details"),
    "seller_payable_breakdown",
]
HALF_RIGHT = st.sampled_from(
    [
        ORDER,
        "COMPLETED",
        "RESOLVED",
        {"currency_code": "USD", "value": "19.99"},
        {"currency_code": "USD", "value": "9" * 400},
        {"currency_code": "USD", "value": 10**400},
        [{"rel": "up", "href": "https://api.paypal.com/v2/payments/captures/3C6"}],
        [{"custom_id": ORDER, "amount": {"currency_code": "USD", "value": "19.99"}}],
        [{"seller_transaction_id": "3C6", "custom": ORDER}],
        [{"seller_transaction_id": 7}],
        {"related_ids": {"order_id": ["5O1"], "capture_id": "3C6"}},
        {"outcome_code": ["X"], "amount_refunded": {"currency_code": "USD", "value": "-1"}},
        {"total_refunded_amount": {"currency_code": "USD", "value": "1"}},
    ]
)


@given(st.binary(max_size=300) | JSON.map(lambda found: json.dumps(found).encode()))
def test_arbitrary_bodies_are_unreadable_and_nothing_else(body: bytes) -> None:
    """What is no event of PayPal's is a bad payload."""
    with pytest.raises(BadPayload):
        PayPal(None, PayPal.site).read_webhook(body)  # type: ignore[arg-type] # reading calls nobody


@given(st.sampled_from(KINDS), st.dictionaries(st.sampled_from(FIELDS), JSON | HALF_RIGHT))
def test_an_event_of_any_shape_is_read_or_unreadable(kind: str, resource: dict[str, object]) -> None:
    """Wrong types at any place end in a bad payload at most."""
    body = json.dumps({"id": "WH-1", "event_type": kind, "resource": resource}).encode()
    try:
        read = PayPal(None, PayPal.site).read_webhook(body)  # type: ignore[arg-type] # reading calls nobody
    except BadPayload:
        return
    assert read.event_id == "WH-1"
    assert all(each.amount is None or 0 <= each.amount.cents < 10**14 for each in read.news)
