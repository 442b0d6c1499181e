"""Stripe against a stand-in that parses its forms, remembers its keys and signs as it does."""

import dataclasses
import hashlib
import hmac
import json
import logging
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, ClassVar
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from models.errors import Declined, OutcomeUnknown, Unavailable, WrongKeys
from services.calls import Calls
from services.payments import processors
from services.payments.processor import BadPayload, BadSignature, Delivery, Money, News, Site, Told, What
from services.payments.stripe import Stripe as Adapter
from services.payments.stripe import StripeKeys
from tests.fakes.provider import Fault, Notice
from tests.fakes.stripe import Stripe
from tests.services.payments.asking import DUE, NOW, ORDER, a_charge, a_known, a_refund, arrived
from tests.services.payments.faults import PASSING
from tests.services.payments.vectors import Vector, vectors_of

KEYS = StripeKeys(secret_key=SecretStr(Stripe.KEY), webhook_secret=SecretStr(Stripe.WEBHOOK_SECRET))
FRACTION = 700


class Hasty(Adapter):
    """Waits a moment only."""

    seconds: ClassVar[float] = 0.2
    pauses: ClassVar[tuple[float, ...]] = (0.05, 0.2)


@pytest.fixture
async def stripe() -> AsyncIterator[Stripe]:
    """An account, at the time of the charges that are asked for."""
    async with Stripe(lambda: NOW) as fake:
        yield fake


@pytest.fixture
def adapter(stripe: Stripe, calls: Calls) -> Adapter:
    """The adapter, which reaches the stand-in."""
    return Hasty(calls, Site(stripe.url))


def offline() -> Adapter:
    """An adapter for what calls nobody."""
    return Adapter(None, Adapter.site)  # type: ignore[arg-type] # reading and verifying call nobody


async def told(adapter: Adapter, notice: Notice) -> Told:
    """What a verified delivery says."""
    await adapter.verify(KEYS, arrived(notice))
    return adapter.read_webhook(notice.body)


async def told_of(adapter: Adapter, stripe: Stripe, kind: str) -> tuple[News, ...]:
    """The news of the last webhook of a type."""
    every = [await told(adapter, notice) for notice in stripe.notices]
    return next(each.news for each in reversed(every) if each.kind == kind)


async def opened(adapter: Adapter, key: str = "page-1", **changed: Any) -> str:
    """A session that was made."""
    charge = dataclasses.replace(a_charge(key), **changed)
    return (await adapter.create(KEYS, charge)).provider_ref


async def paid(adapter: Adapter, stripe: Stripe) -> tuple[str, str]:
    """A session that was made and paid: its reference and the payment's."""
    ref = await opened(adapter)
    return ref, stripe.pay(ref)


def asked(stripe: Stripe, at: int = -1) -> dict[str, str]:
    """The form of a request."""
    return {name: values[0] for name, values in parse_qs(stripe.requests[at].body.decode()).items()}


def test_the_method_is_found_with_its_file_and_stands_first() -> None:
    """STRIPE is there because its file is; cards come first."""
    assert next(iter(processors().values())) is Adapter
    assert Adapter.descriptor.value == "STRIPE"


async def test_a_page_asks_for_the_amount_and_names_the_order(adapter: Adapter, stripe: Stripe) -> None:
    """One line with shop and order number; our id goes with the session and with its payment."""
    page = await adapter.create(KEYS, a_charge("page-1"))
    session = stripe.sessions[page.provider_ref]
    assert (session["amount_total"], session["currency"]) == (1999, "usd")
    assert session["line"] == "Aurora A-1042"
    assert session["client_reference_id"] == ORDER
    assert session["metadata"] == session["intent_metadata"] == {"shop_order_id": ORDER}
    assert page.page_url == session["url"]
    assert stripe.requests[-1].headers["Idempotency-Key"] == "page-1"
    form = asked(stripe)
    assert form["success_url"] == form["cancel_url"] == "https://shop.example/return"
    assert form["adaptive_pricing[enabled]"] == "false"


@pytest.mark.parametrize(
    ("holds", "lasts"),
    [
        (timedelta(minutes=5), timedelta(minutes=31)),
        (timedelta(minutes=60), timedelta(minutes=60)),
        (timedelta(days=3), timedelta(hours=23, minutes=59)),
    ],
)
async def test_a_page_ends_with_the_hold_where_stripe_lets_it(
    adapter: Adapter, stripe: Stripe, holds: timedelta, lasts: timedelta
) -> None:
    """Not before half an hour, not after a day; what Stripe says is passed on."""
    page = await adapter.create(KEYS, dataclasses.replace(a_charge(), ends_at=NOW + holds))
    assert page.ends_at == NOW + lasts
    assert stripe.sessions[page.provider_ref]["expires_at"] == (NOW + lasts).timestamp()


async def test_a_currency_without_cents_is_asked_for_as_it_is(adapter: Adapter, stripe: Stripe) -> None:
    """500 yen are 500, on the way out and back."""
    ref = await opened(adapter, amount=Money(500, "JPY"))
    assert asked(stripe)["line_items[0][price_data][unit_amount]"] == "500"
    stripe.pay(ref)
    (news,) = await told_of(adapter, stripe, "checkout.session.completed")
    assert news.amount == Money(500, "JPY")


def test_currencies_that_stripe_counts_otherwise_are_not_offered() -> None:
    """Kronur and shillings have cents there and none here; ariary the other way round."""
    assert Adapter.currencies is not None
    assert not {"ISK", "UGX", "MGA", "KWD", "BHD"} & Adapter.currencies
    assert {"USD", "EUR", "JPY", "HUF"} <= Adapter.currencies


async def test_a_paid_session_is_told_with_our_order(adapter: Adapter, stripe: Stripe) -> None:
    """Completed and paid is paid; what the payment itself says besides is no news, nor is the payer named."""
    ref, intent = await paid(adapter, stripe)
    every = [await told(adapter, notice) for notice in stripe.notices]
    assert [each.kind for each in every if not each.news] == ["charge.succeeded", "payment_intent.succeeded"]
    assert every[-1].news == (News(What.PAID, ORDER, ref, intent, DUE),)
    assert len({each.event_id for each in every}) == 3
    assert "Jane" not in repr(every)


async def test_money_that_takes_days_is_pending_first(adapter: Adapter, stripe: Stripe) -> None:
    """Completed but unpaid is no payment; the bank's word comes later."""
    ref = await opened(adapter)
    intent = stripe.pay_later(ref)
    assert await told_of(adapter, stripe, "checkout.session.completed") == (
        News(What.PENDING, ORDER, ref, intent, DUE),
    )
    (polled,) = await adapter.poll(KEYS, a_known(ref))
    assert polled.what is What.PENDING
    stripe.settle(intent)
    assert await told_of(adapter, stripe, "checkout.session.async_payment_succeeded") == (
        News(What.PAID, ORDER, ref, intent, DUE),
    )


async def test_a_bank_that_refuses_after_all_leaves_a_dead_page(adapter: Adapter, stripe: Stripe) -> None:
    """The try has failed and the page can no longer be paid, told and polled alike."""
    ref = await opened(adapter)
    intent = stripe.pay_later(ref)
    stripe.bounce(intent)
    failed, lapsed = await told_of(adapter, stripe, "checkout.session.async_payment_failed")
    assert failed == News(What.FAILED, ORDER, ref, intent)
    assert lapsed == News(What.EXPIRED, ORDER, ref)
    polled, gone = await adapter.poll(KEYS, a_known(ref))
    assert polled == dataclasses.replace(failed, note="insufficient_funds")
    assert gone == lapsed


async def test_nothing_to_pay_is_paid(adapter: Adapter, stripe: Stripe) -> None:
    """A session that needs no payment is told as paid, without a payment's id."""
    ref = await opened(adapter)
    stripe.sessions[ref] |= {"status": "complete", "payment_status": "no_payment_required", "amount_total": 0}
    (news,) = await adapter.poll(KEYS, a_known(ref))
    assert news == News(What.PAID, ORDER, ref, None, Money(0, "USD"))


async def test_a_refused_card_is_for_the_page_to_say(adapter: Adapter, stripe: Stripe) -> None:
    """The page stays open for another try: no news, neither told nor polled, until that one is paid."""
    ref = await opened(adapter)
    stripe.decline(ref)
    assert await told_of(adapter, stripe, "payment_intent.payment_failed") == ()
    assert await adapter.poll(KEYS, a_known(ref)) == ()
    intent = stripe.pay(ref)
    (news,) = await adapter.poll(KEYS, a_known(ref))
    assert (news.what, news.charge_ref) == (What.PAID, intent)


async def test_another_tills_sale_is_no_news(adapter: Adapter, stripe: Stripe) -> None:
    """The account sells elsewhere, too, under an order id of another kind."""
    intent = stripe.other_sale()
    assert [(await told(adapter, notice)).news for notice in stripe.notices] == [(), (), ()]
    stripe.refund_in_dashboard(intent, 500)
    (news,) = await told_of(adapter, stripe, "charge.refunded")
    assert (news.order_id, news.charge_ref) == (None, intent)


async def test_a_page_that_ran_out_has_lapsed(adapter: Adapter, stripe: Stripe) -> None:
    """Told and polled alike."""
    ref = await opened(adapter)
    stripe.expire(ref)
    lapsed = (News(What.EXPIRED, ORDER, ref),)
    assert await told_of(adapter, stripe, "checkout.session.expired") == lapsed
    assert await adapter.poll(KEYS, a_known(ref)) == lapsed


async def test_closing_expires_the_page_once(adapter: Adapter, stripe: Stripe) -> None:
    """Twice is once, a paid page stays paid, an unknown one is no page."""
    ref = await opened(adapter)
    await adapter.close(KEYS, a_known(ref))
    await adapter.close(KEYS, a_known(ref))
    assert stripe.sessions[ref]["status"] == "expired"
    other = await opened(adapter, "page-2")
    stripe.pay(other)
    await adapter.close(KEYS, a_known(other))
    assert stripe.sessions[other]["status"] == "complete"
    await adapter.close(KEYS, a_known("cs_test_nosuch"))


@pytest.mark.parametrize("fault", PASSING)
async def test_a_page_is_closed_through_any_single_fault(
    adapter: Adapter, stripe: Stripe, fault: Fault
) -> None:
    """A page that was closed before the answer was lost is seen to be closed."""
    ref = await opened(adapter)
    stripe.fail(fault)
    await adapter.close(KEYS, a_known(ref))
    assert stripe.sessions[ref]["status"] == "expired"


async def test_a_proxys_page_closes_nothing(adapter: Adapter, stripe: Stripe) -> None:
    """200 with something else than Stripe's answer is not believed."""
    ref = await opened(adapter)
    stripe.fail(Fault.PAGE_OK)
    with pytest.raises(OutcomeUnknown):
        await adapter.close(KEYS, a_known(ref))


async def test_a_poll_makes_lost_webhooks_good(adapter: Adapter, stripe: Stripe) -> None:
    """Payment, refunds and disputes, as the webhooks would have told."""
    ref = await opened(adapter)
    assert await adapter.poll(KEYS, a_known(ref)) == ()
    intent = stripe.pay(ref)
    refund = stripe.refund_in_dashboard(intent, 500)
    dispute = stripe.dispute(intent)
    assert await adapter.poll(KEYS, a_known(ref)) == (
        News(What.PAID, ORDER, ref, intent, DUE),
        News(What.REFUNDED, ORDER, charge_ref=intent, refund_ref=refund, amount=Money(500, "USD")),
        News(What.DISPUTED, ORDER, charge_ref=intent, dispute_ref=dispute, amount=DUE, note="fraudulent"),
    )


async def test_money_for_an_earlier_page_is_polled_by_its_own_id(adapter: Adapter, stripe: Stripe) -> None:
    """What is known of earlier pages counts, and what was given back of it; a failed try there is over."""
    first, second, third = [await opened(adapter, f"page-{each}") for each in range(3)]
    paid_for, late, refused = stripe.pay(first), stripe.pay_later(second), stripe.decline(third)
    refund = stripe.refund_in_dashboard(paid_for, 500)
    now = await opened(adapter, "page-now")
    news = await adapter.poll(KEYS, a_known(now, (paid_for, late, refused, "pi_nosuch")))
    assert [(each.what, each.provider_ref, each.charge_ref) for each in news] == [
        (What.PAID, None, paid_for),
        (What.PENDING, None, late),
        (What.REFUNDED, None, paid_for),
    ]
    assert news[-1].refund_ref == refund


async def test_an_unknown_session_is_no_news(adapter: Adapter) -> None:
    """Stripe does not know it: nothing happened."""
    assert await adapter.poll(KEYS, a_known("cs_test_nosuch")) == ()


async def test_a_refund_is_done_at_once_and_told_in_sum_as_well(adapter: Adapter, stripe: Stripe) -> None:
    """The answer and its event name it; the charge tells what was given back in all."""
    ref, intent = await paid(adapter, stripe)
    done = await adapter.refund(KEYS, a_refund(ref, intent, FRACTION))
    assert (done.what, done.charge_ref, done.amount) == (What.REFUNDED, intent, Money(FRACTION, "USD"))
    assert await told_of(adapter, stripe, "refund.created") == (done,)
    stripe.refund_in_dashboard(intent, 500)
    assert await told_of(adapter, stripe, "charge.refunded") == (
        News(What.REFUNDED, ORDER, charge_ref=intent, amount=Money(FRACTION + 500, "USD"), total=True),
    )
    (refund, _) = stripe.refunds.values()
    assert (refund["reason"], refund["metadata"]["reason"]) == ("requested_by_customer", "Wrong size")


@pytest.mark.parametrize(
    ("status", "what", "kind", "note"),
    [
        ("succeeded", What.REFUNDED, "refund.updated", None),
        ("requires_action", What.REFUND_PENDING, "refund.updated", None),
        ("canceled", What.REFUND_FAILED, "refund.updated", "canceled"),
        ("failed", What.REFUND_FAILED, "refund.failed", "lost_or_stolen_card"),
    ],
)
async def test_a_slow_refund_is_pending_until_the_bank_decides(
    adapter: Adapter, stripe: Stripe, status: str, what: What, kind: str, note: str | None
) -> None:
    """The answer says pending; the webhook brings the end of it, the poll says the same."""
    ref, intent = await paid(adapter, stripe)
    stripe.slow_refunds = True
    slow = await adapter.refund(KEYS, a_refund(ref, intent, FRACTION))
    assert slow.what is What.REFUND_PENDING
    assert slow.refund_ref is not None
    stripe.settle_refund(slow.refund_ref, status)
    end = dataclasses.replace(slow, what=what, note=note)
    assert await told_of(adapter, stripe, kind) == (end,)
    assert (await adapter.poll(KEYS, a_known(ref)))[1] == end


async def test_more_than_is_left_is_not_given_back(adapter: Adapter, stripe: Stripe) -> None:
    """Stripe's own code is passed on where it has one, else the kind of its refusal."""
    ref, intent = await paid(adapter, stripe)
    with pytest.raises(Declined) as refused:
        await adapter.refund(KEYS, a_refund(ref, intent, 2000))
    assert refused.value.code == "invalid_request_error"
    await adapter.refund(KEYS, a_refund(ref, intent, 1999, "r1"))
    with pytest.raises(Declined) as again:
        await adapter.refund(KEYS, a_refund(ref, intent, 1, "r2"))
    assert again.value.code == "charge_already_refunded"
    with pytest.raises(Declined) as unknown:
        await adapter.refund(KEYS, a_refund(ref, "pi_nosuch", 100, "r3"))
    assert unknown.value.code == "resource_missing"
    assert len(stripe.refunds) == 1


async def test_the_same_refund_asked_twice_is_one(adapter: Adapter, stripe: Stripe) -> None:
    """The key makes it the same refund; with another amount under it nobody can tell what was done."""
    ref, intent = await paid(adapter, stripe)
    first = await adapter.refund(KEYS, a_refund(ref, intent, FRACTION))
    assert await adapter.refund(KEYS, a_refund(ref, intent, FRACTION)) == first
    with pytest.raises(OutcomeUnknown) as refused:
        await adapter.refund(KEYS, a_refund(ref, intent, FRACTION + 1))
    assert refused.value.code == "idempotency_error"
    assert len(stripe.refunds) == 1


async def test_a_dispute_is_told_from_opening_to_verdict(adapter: Adapter, stripe: Stripe) -> None:
    """Disputes name the payment and why; states between keep it open."""
    _, intent = await paid(adapter, stripe)
    dispute = stripe.dispute(intent, "product_not_received")
    opening = News(
        What.DISPUTED, charge_ref=intent, amount=DUE, dispute_ref=dispute, note="product_not_received"
    )
    assert await told_of(adapter, stripe, "charge.dispute.created") == (opening,)
    assert await told_of(adapter, stripe, "charge.dispute.funds_withdrawn") == (opening,)
    for status, what in (
        ("under_review", What.DISPUTED),
        ("appeal_needs_response", What.DISPUTED),
        ("lost", What.DISPUTE_LOST),
        ("prevented", What.DISPUTE_LOST),
        ("won", What.DISPUTE_WON),
        ("warning_closed", What.DISPUTE_WON),
    ):
        stripe.settle_dispute(dispute, status)
        (news,) = (await told(adapter, stripe.notices[-1])).news
        assert news == dataclasses.replace(opening, what=what)


async def test_a_prevented_dispute_that_took_no_money_is_won(adapter: Adapter, stripe: Stripe) -> None:
    """Where the payer got it back by a refund, the refund says so."""
    _, intent = await paid(adapter, stripe)
    dispute = stripe.dispute(intent)
    stripe.disputes[dispute]["balance_transactions"] = []
    stripe.settle_dispute(dispute, "prevented")
    (news,) = await told_of(adapter, stripe, "charge.dispute.closed")
    assert news.what is What.DISPUTE_WON


async def test_the_same_page_asked_for_later_is_found_by_its_key(adapter: Adapter, stripe: Stripe) -> None:
    """While Stripe allows the hold's end as the page's, a later try sends the same and finds the same."""
    hold = NOW + timedelta(minutes=60)
    first = await opened(adapter, ends_at=hold)
    later = NOW + timedelta(minutes=20)
    stripe.now = lambda: later
    assert await opened(adapter, ends_at=hold, now=later) == first
    assert len(stripe.sessions) == 1


async def test_a_page_asked_for_with_another_end_is_another_page(adapter: Adapter, stripe: Stripe) -> None:
    """Stripe refuses the key with changed parameters; the page that nobody saw lapses by itself."""
    hold = NOW + timedelta(minutes=40)
    first = await opened(adapter, ends_at=hold)
    later = NOW + timedelta(minutes=20)
    stripe.now = lambda: later
    page = await adapter.create(KEYS, dataclasses.replace(a_charge("page-1"), ends_at=hold, now=later))
    assert page.provider_ref != first
    assert page.ends_at == later + timedelta(minutes=31)
    assert stripe.sessions[first]["expires_at"] == hold.timestamp()
    keys = [each.headers["Idempotency-Key"] for each in stripe.requests]
    assert keys[:2] == ["page-1", "page-1"]
    assert keys[2].startswith("page-1-")


async def test_a_refusal_that_stripe_repeats_is_not_believed_for_ever(
    adapter: Adapter, stripe: Stripe
) -> None:
    """Once staff have mended the account, the same key still brings the old refusal: another is taken."""
    stripe.closed_account = True
    with pytest.raises(Declined) as refused:
        await opened(adapter)
    assert refused.value.code == "account_invalid"
    stripe.closed_account = False
    assert await opened(adapter) in stripe.sessions


async def test_a_500_that_stripe_repeats_does_not_stand_between_a_customer_and_the_page(
    adapter: Adapter, stripe: Stripe
) -> None:
    """Stripe keeps a 500 under its key; a refund's outcome stays unknown then, for no other may be sent."""
    stripe.broken = 1
    ref = await opened(adapter)
    assert list(stripe.sessions) == [ref]
    intent = stripe.pay(ref)
    stripe.broken = 1
    for _ in range(2):
        with pytest.raises(OutcomeUnknown):
            await adapter.refund(KEYS, a_refund(ref, intent, FRACTION))
    assert stripe.refunds == {}


async def test_a_try_that_still_runs_is_waited_for(adapter: Adapter, stripe: Stripe) -> None:
    """The first try takes longer than we wait; 409 says so, and its answer is found afterwards."""
    stripe.work_on(conflicts=1)
    ref = await opened(adapter)
    assert list(stripe.sessions) == [ref]
    assert len(stripe.requests) == 3


async def test_a_try_that_runs_too_long_has_an_unknown_outcome(adapter: Adapter, stripe: Stripe) -> None:
    """Nobody can tell yet; asked again later the page is found."""
    stripe.work_on(conflicts=9)
    with pytest.raises(OutcomeUnknown) as lost:
        await opened(adapter)
    assert lost.value.code == "http_409"
    assert stripe.sessions == {}
    stripe.finish()
    ref = await opened(adapter)
    assert list(stripe.sessions) == [ref]


async def test_an_unreadable_session_is_unavailable_in_a_poll(adapter: Adapter, stripe: Stripe) -> None:
    """An amount that is no integer is not guessed at."""
    ref, _ = await paid(adapter, stripe)
    stripe.sessions[ref]["amount_total"] = 19.99
    with pytest.raises(Unavailable):
        await adapter.poll(KEYS, a_known(ref))


@pytest.mark.parametrize(
    ("name", "value"),
    [("url", None), ("url", "javascript:alert(1)"), ("url", "https://x/" + "x" * 2000), ("expires_at", "1")],
)
async def test_a_session_without_a_page_is_none(
    adapter: Adapter, stripe: Stripe, name: str, value: object
) -> None:
    """What comes without an address to pay on may have been made all the same."""
    ref = await opened(adapter)
    place = "/v1/checkout/sessionspage-1"
    stripe._answers[place] = (stripe.requests[-1].body, (200, {**stripe.sessions[ref], name: value}))
    with pytest.raises(OutcomeUnknown):
        await opened(adapter)


async def test_what_stripe_refuses_is_declined_by_its_code(
    adapter: Adapter, caplog: pytest.LogCaptureFixture
) -> None:
    """Too small an amount; the log keeps the request's id for Stripe's support."""
    caplog.set_level(logging.INFO)
    with pytest.raises(Declined) as refused:
        await opened(adapter, amount=Money(49, "USD"))
    assert refused.value.code == "amount_too_small"
    (record,) = [each for each in caplog.records if each.message == "stripe_refused"]
    assert record.__dict__["request"].startswith("req_")


async def test_the_test_tells_good_keys_from_bad(adapter: Adapter, stripe: Stripe) -> None:
    """The key has to be right, and a restricted one needs every right that polls need."""
    await adapter.test(KEYS)
    other = KEYS.model_copy(update={"secret_key": SecretStr(Stripe.KEY[::-1])})
    with pytest.raises(WrongKeys):
        await adapter.test(other)
    stripe.forbidden = {"disputes"}
    with pytest.raises(WrongKeys) as refused:
        await adapter.test(KEYS)
    assert refused.value.code == "http_403"
    assert stripe.sessions == {}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("secret_key", "pk_live_51HabcdefghijkLMNOP"),
        ("secret_key", "sk_live_"),
        ("secret_key", "whsec_3Zt0Yq9mPq7cV1nRk5XhWb2uLd8sJf4e"),
        ("secret_key", "sk_live_51Habcdefghijk\nX-Injected: 1"),
        ("secret_key", "sk_live_51Hschlüsselchen"),
        ("webhook_secret", "sk_live_51HabcdefghijkLMNOP"),
        ("webhook_secret", "whsec_"),
        ("webhook_secret", "we_1HabcdefghijkLMNOP"),
    ],
)
def test_a_value_that_can_be_no_key_is_refused_unseen(field: str, value: str) -> None:
    """What was pasted into the wrong field is neither kept, nor sent, nor shown."""
    good = {"secret_key": Stripe.KEY, "webhook_secret": Stripe.WEBHOOK_SECRET}
    with pytest.raises(ValidationError) as refused:
        StripeKeys.model_validate({**good, field: value})
    assert refused.value.errors()[0]["loc"] == (field,)
    assert value not in str(refused.value)


@pytest.mark.parametrize("prefix", ["sk_live_", "sk_test_", "rk_live_", "rk_test_"])
async def test_secret_and_restricted_keys_are_keys(prefix: str, calls: Calls) -> None:
    """Test keys work at the same address."""
    key = SecretStr(prefix + "51HabcdefghijkLMNOP")
    keys = StripeKeys(secret_key=key, webhook_secret=SecretStr(Stripe.WEBHOOK_SECRET))
    assert Adapter(calls, Adapter.site).base(keys) == "https://api.stripe.com"


async def test_keys_are_never_shown(
    adapter: Adapter, stripe: Stripe, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither their repr, nor an error, nor the log quotes them."""
    caplog.set_level(logging.DEBUG)
    stripe.fail(*[Fault.DOWN] * 6)
    with pytest.raises(OutcomeUnknown) as error:
        await adapter.create(KEYS, a_charge())
    everything = f"{KEYS!r} {error.value!r} {caplog.text} {[each.__dict__ for each in caplog.records]}"
    assert "provider_unavailable" in caplog.text
    assert Stripe.KEY not in everything
    assert Stripe.WEBHOOK_SECRET not in everything


@pytest.mark.parametrize("vector", vectors_of("stripe"), ids=str)
async def test_stripe_signs_as_its_own_sdk_has_it(vector: Vector) -> None:
    """The verdict on every delivery that the SDK signed."""
    keys = KEYS.model_copy(update={"webhook_secret": SecretStr(vector.key["value"])})
    if vector.valid:
        await offline().verify(keys, vector.delivery())
    else:
        with pytest.raises(BadSignature):
            await offline().verify(keys, vector.delivery())


def signed(body: bytes = b"{}", **by: float) -> Delivery:
    """A delivery that was signed so much later than now; earlier with a minus."""
    fake = Stripe(lambda: NOW)
    fake.skew = timedelta(**by)
    return arrived(Notice(body, fake.sign(body)))


async def test_a_delivery_may_be_five_minutes_old_and_ahead_of_time() -> None:
    """300 seconds pass, 301 do not; a clock that is ahead is no reason to refuse what is signed."""
    for good in (signed(), signed(seconds=-300), signed(hours=1)):
        await offline().verify(KEYS, good)
    with pytest.raises(BadSignature) as refused:
        await offline().verify(KEYS, signed(seconds=-301))
    assert str(refused.value) == "old"
    moment = NOW + timedelta(milliseconds=1)
    with pytest.raises(BadSignature):
        await offline().verify(KEYS, dataclasses.replace(signed(seconds=-300), now=moment))


async def test_while_a_secret_is_rotated_both_fit() -> None:
    """Any v1 will do, whichever comes first; one that is malformed does not spoil the other."""
    old, body = "whsec_thePreviousSecretOfThisEndpoint", b'{"id": 1}'
    fake = Stripe(lambda: NOW)
    for secrets in ((old, Stripe.WEBHOOK_SECRET), (Stripe.WEBHOOK_SECRET, old)):
        await offline().verify(KEYS, arrived(Notice(body, fake.sign(body, *secrets))))
    good = fake.sign(body)["Stripe-Signature"]
    odd = good.replace(",v1=", ",v1=\u00fcnic\ud800de,v1=,v1,x,v1=")
    await offline().verify(KEYS, arrived(Notice(body, {"Stripe-Signature": odd})))
    with pytest.raises(BadSignature):
        await offline().verify(KEYS, arrived(Notice(body, fake.sign(body, old))))


async def test_only_what_was_signed_fits() -> None:
    """Another secret, one changed byte, another time, the old scheme, no header: refused."""
    good = signed(b'{"amount": 1999}')
    header = good.headers["stripe-signature"]
    at = int(NOW.timestamp())
    bad = [
        dataclasses.replace(good, body=b'{"amount": 9999}'),
        dataclasses.replace(good, headers={}),
        *(
            dataclasses.replace(good, headers={"stripe-signature": each})
            for each in (
                header.replace(f"t={at}", f"t={at + 1}"),
                header.replace("v1=", "v0="),
                header.replace(f"t={at}", f"t=+{at}"),
                header.replace(f"t={at}", "t=\u0661\u0667"),
                header.replace(f"t={at},", ""),
                header.upper(),
                "t=1,v1=\ud800",
                "",
            )
        ),
    ]
    for each in bad:
        with pytest.raises(BadSignature):
            await offline().verify(KEYS, each)
    other = KEYS.model_copy(update={"webhook_secret": SecretStr("whsec_another")})
    with pytest.raises(BadSignature):
        await offline().verify(other, good)


async def test_the_first_time_in_the_header_counts() -> None:
    """A time that somebody added behind does not make an old delivery young."""
    old = signed(seconds=-600)
    header = old.headers["stripe-signature"] + f",t={int(NOW.timestamp())}"
    with pytest.raises(BadSignature):
        await offline().verify(KEYS, dataclasses.replace(old, headers={"stripe-signature": header}))


@given(st.binary(max_size=200), st.text(max_size=80), st.integers(-400, 400) | st.text(max_size=5))
async def test_a_forged_delivery_is_a_bad_signature_and_nothing_else(
    body: bytes, code: str, moment: int | str
) -> None:
    """Whatever comes, the answer is the same refusal."""
    at = moment if isinstance(moment, str) else int(NOW.timestamp()) + moment
    for header in (code, f"t={at},v1={code}"):
        with pytest.raises(BadSignature):
            await offline().verify(KEYS, Delivery(body, {"stripe-signature": header}, "", NOW))


@given(st.binary(max_size=200))
async def test_what_stripe_signs_is_taken_whatever_it_is(body: bytes) -> None:
    """The signature is over bytes: any body passes with its own code."""
    code = hmac.new(
        Stripe.WEBHOOK_SECRET.encode(), b"%d." % NOW.timestamp() + body, hashlib.sha256
    ).hexdigest()
    header = f"t={int(NOW.timestamp())},v1={code}"
    await offline().verify(KEYS, Delivery(body, {"stripe-signature": header}, "", NOW))


async def test_a_type_that_nobody_asked_for_is_no_news() -> None:
    """Stripe has hundreds of them, some without the object that ours have."""
    for kind in ("customer.created", "v1.billing.meter.error_report_triggered", "charge.captured"):
        body = json.dumps({"id": "evt_1", "type": kind, "data": {}}).encode()
        assert offline().read_webhook(body) == Told("evt_1", kind)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KINDS = st.sampled_from(
    [
        *(f"checkout.session.{each}" for each in ("completed", "async_payment_failed", "expired", "x")),
        *("charge.refunded", "refund.created", "refund.failed", "charge.refund.updated", ""),
        *("charge.dispute.created", "charge.dispute.closed", "charge.dispute."),
    ]
)
TAGS = st.just({"shop_order_id": ORDER})
WORDS = st.sampled_from(["paid", "unpaid", "succeeded", "failed", "prevented", "lost", "usd", "pi_1"])
FIELDS = ["id", "status", "payment_status", "payment_intent", "currency", "reason", "balance_transactions"]
FIELDS += ["amount", "amount_total", "amount_refunded", "failure_reason", "last_payment_error"]


@given(st.binary(max_size=300) | JSON.map(lambda found: json.dumps(found).encode()))
def test_arbitrary_bodies_are_unreadable_and_nothing_else(body: bytes) -> None:
    """What is no event of Stripe's is a bad payload."""
    with pytest.raises(BadPayload):
        offline().read_webhook(body)


@given(
    KINDS,
    TAGS | JSON,
    st.dictionaries(st.sampled_from(FIELDS), JSON | WORDS | st.integers(0, 5000) | st.just(10**400)),
)
def test_an_event_of_any_shape_is_read_or_unreadable(kind: str, tags: Any, found: dict[str, Any]) -> None:
    """Wrong types at any place end in a bad payload at most."""
    whole = {"metadata": tags, **found}
    body = json.dumps({"id": "e1", "type": kind, "data": {"object": whole}}).encode()
    try:
        read = offline().read_webhook(body)
    except BadPayload:
        return
    assert read.event_id == "e1"
    assert all(0 <= each.amount.cents < 10**12 for each in read.news if each.amount)
