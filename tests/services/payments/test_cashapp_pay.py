"""Cash App Pay against a stand-in for Square."""

import dataclasses
import json
import logging
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from models.errors import Declined, OutcomeUnknown, Unavailable, WrongKeys
from services.calls import Calls
from services.payments import processors
from services.payments.cashapp_pay import CashAppPay, SquareKeys
from services.payments.processor import BadPayload, BadSignature, Delivery, Money, News, Site, Told, What
from tests.fakes.provider import Fault, Notice
from tests.fakes.square import Square
from tests.services.payments.asking import DUE, NOW, ORDER, a_charge, a_known, a_refund, arrived
from tests.services.payments.vectors import Vector, vectors_of

KEYS = SquareKeys(
    access_token=SecretStr(Square.TOKEN),
    location_id=Square.LOCATION,
    signature_key=SecretStr(Square.SIGNATURE_KEY),
)


class Hasty(CashAppPay):
    """Waits a moment only."""

    seconds: ClassVar[float] = 0.2


@pytest.fixture
def adapter(square: Square, calls: Calls) -> CashAppPay:
    """The adapter, which reaches the stand-in."""
    return Hasty(calls, Site(square.url))


async def told(adapter: CashAppPay, square: Square, notice: Notice) -> Told:
    """What a verified delivery says."""
    await adapter.verify(KEYS, arrived(notice, square.registered_url))
    return adapter.read_webhook(notice.body)


async def told_last(adapter: CashAppPay, square: Square) -> News:
    """The one piece of news of the last webhook."""
    (news,) = (await told(adapter, square, square.notices[-1])).news
    return news


async def paid(adapter: CashAppPay, square: Square) -> tuple[str, str]:
    """A link that was made and paid: its reference and the payment's."""
    opened = await adapter.create(KEYS, a_charge())
    return opened.provider_ref, square.pay(opened.provider_ref)


def test_the_method_is_found_with_its_file() -> None:
    """CASHAPP_PAY is there because its file is."""
    assert processors()[CashAppPay.descriptor.value] is CashAppPay


async def test_a_link_asks_for_the_amount_and_offers_cash_app(adapter: CashAppPay, square: Square) -> None:
    """The link's order carries our id, the amount and one line with the order's number."""
    opened = await adapter.create(KEYS, a_charge())
    order = square.orders[opened.provider_ref.partition(":")[0]]
    assert opened.page_url.startswith("https://square.link/")
    assert order["reference_id"] == ORDER
    assert order["total_money"] == {"amount": 1999, "currency": "USD"}
    assert order["line_items"][0]["name"] == "Aurora A-1042"


async def test_a_payment_is_told_step_by_step_with_our_order(adapter: CashAppPay, square: Square) -> None:
    """Created and approved mean pending, completed means paid; the wallet's owner is not repeated."""
    _, payment = await paid(adapter, square)
    every = [await told(adapter, square, notice) for notice in square.notices]
    assert [each.kind for each in every] == ["payment.created", "payment.updated", "payment.updated"]
    assert [each.news[0].what for each in every] == [What.PENDING, What.PENDING, What.PAID]
    assert every[-1].news == (News(What.PAID, ORDER, charge_ref=payment, amount=DUE),)
    assert len({each.event_id for each in every}) == 3
    assert "Jane" not in repr(every)


async def test_versions_out_of_order_say_what_they_said_in_order(adapter: CashAppPay, square: Square) -> None:
    """Each delivery is read by itself: order and repetition do not change what it means."""
    await paid(adapter, square)
    in_order = [adapter.read_webhook(each.body) for each in square.notices]
    backwards = [adapter.read_webhook(each.body) for each in reversed(square.notices * 2)]
    assert set(backwards) == set(in_order)
    versions = [json.loads(each.body)["data"]["object"]["payment"]["version"] for each in square.notices]
    assert versions == sorted(set(versions))


async def test_a_card_on_the_same_page_counts_as_well(adapter: CashAppPay, square: Square) -> None:
    """Whatever the payer takes on Square's page, completed is paid."""
    opened = await adapter.create(KEYS, a_charge())
    square.pay(opened.provider_ref, brand=None, cents=1500)
    news = await told_last(adapter, square)
    assert (news.what, news.amount, news.order_id) == (What.PAID, Money(1500, "USD"), ORDER)


async def test_a_refused_try_is_failed_and_may_be_followed_by_a_payment(
    adapter: CashAppPay, square: Square
) -> None:
    """A payment that Cash App refuses is told as failed; the link goes on."""
    opened = await adapter.create(KEYS, a_charge())
    square.decline(opened.provider_ref)
    news = await told_last(adapter, square)
    assert (news.what, news.order_id, news.note) == (What.FAILED, ORDER, "failed")
    square.pay(opened.provider_ref)
    assert (await told_last(adapter, square)).what is What.PAID


async def test_another_sale_of_the_same_account_is_no_news(adapter: CashAppPay, square: Square) -> None:
    """A coffee sold at the counter concerns nobody here."""
    square.other_sale()
    assert (await told(adapter, square, square.notices[-1])).news == ()


async def test_a_poll_makes_lost_webhooks_good(adapter: CashAppPay, square: Square) -> None:
    """Polling tells of the payment and of each refund, as the webhooks would have."""
    opened = await adapter.create(KEYS, a_charge())
    known = a_known(opened.provider_ref)
    assert await adapter.poll(KEYS, known) == ()
    payment = square.pay(opened.provider_ref)
    refund = square.refund_in_dashboard(payment, 500)
    paid_news, refund_news = await adapter.poll(KEYS, known)
    assert (paid_news.what, paid_news.order_id, paid_news.charge_ref) == (What.PAID, ORDER, payment)
    assert (refund_news.what, refund_news.refund_ref) == (What.REFUND_PENDING, refund)
    square.settle_refund(refund)
    assert (await adapter.poll(KEYS, known))[1] == News(
        What.REFUNDED, charge_ref=payment, refund_ref=refund, amount=Money(500, "USD")
    )


async def test_a_payment_the_order_does_not_list_is_asked_for_by_its_own_id(
    adapter: CashAppPay, square: Square
) -> None:
    """What was told before is polled, too: charges and refunds by the ids that are known."""
    ref, payment = await paid(adapter, square)
    square.orders[ref.partition(":")[0]]["tenders"] = []
    refund = square.refund_in_dashboard(payment, 500)
    square.payments[payment]["refund_ids"] = []
    news = await adapter.poll(KEYS, a_known(ref, (payment,), (refund,)))
    assert [each.what for each in news] == [What.PAID, What.REFUND_PENDING]


async def test_a_poll_tells_of_a_failed_try_only_while_nothing_came_after_it(
    adapter: CashAppPay, square: Square
) -> None:
    """A refused try is told; once money is there it is history, and on a new page, too."""
    opened = await adapter.create(KEYS, a_charge())
    ref = opened.provider_ref
    failed = square.decline(ref)
    (news,) = await adapter.poll(KEYS, a_known(ref, (failed,)))
    assert (news.what, news.charge_ref, news.provider_ref) == (What.FAILED, failed, ref)
    renewed = await adapter.create(KEYS, a_charge("another-key"))
    assert await adapter.poll(KEYS, a_known(renewed.provider_ref, (failed,))) == ()
    paid_for = square.pay(ref)
    (news,) = await adapter.poll(KEYS, a_known(ref, (failed, paid_for)))
    assert (news.what, news.charge_ref) == (What.PAID, paid_for)
    (news,) = await adapter.poll(KEYS, a_known(renewed.provider_ref, (failed, paid_for)))
    assert (news.what, news.charge_ref, news.provider_ref) == (What.PAID, paid_for, None)


async def test_a_failed_try_on_a_closed_link_has_lapsed(adapter: CashAppPay, square: Square) -> None:
    """Once nobody can pay there any more, that is all there is to say."""
    opened = await adapter.create(KEYS, a_charge())
    failed = square.decline(opened.provider_ref)
    known = a_known(opened.provider_ref, (failed,))
    await adapter.close(KEYS, known)
    assert [each.what for each in await adapter.poll(KEYS, known)] == [What.EXPIRED]


async def test_an_unknown_order_is_no_news(adapter: CashAppPay) -> None:
    """Square does not know it: nothing happened."""
    assert await adapter.poll(KEYS, a_known("NOSUCH:LINK")) == ()


async def test_a_closed_link_has_lapsed(adapter: CashAppPay, square: Square) -> None:
    """Closing deletes the link, twice is once, and a poll then says that it has expired."""
    opened = await adapter.create(KEYS, a_charge())
    known = a_known(opened.provider_ref)
    await adapter.close(KEYS, known)
    await adapter.close(KEYS, known)
    assert square.links == {}
    assert await adapter.poll(KEYS, known) == (
        News(What.EXPIRED, order_id=ORDER, provider_ref=opened.provider_ref),
    )


async def test_a_link_deleted_in_the_dashboard_has_lapsed_unless_it_was_paid(
    adapter: CashAppPay, square: Square
) -> None:
    """Deleting a paid order's link takes no money back."""
    ref, _ = await paid(adapter, square)
    square.expire(ref)
    assert [each.what for each in await adapter.poll(KEYS, a_known(ref))] == [What.PAID]
    unpaid = await adapter.create(KEYS, a_charge("another-key"))
    square.expire(unpaid.provider_ref)
    assert [each.what for each in await adapter.poll(KEYS, a_known(unpaid.provider_ref))] == [What.EXPIRED]


async def test_closing_without_a_link_asks_nobody(adapter: CashAppPay, square: Square) -> None:
    """A reference without a link has nothing to delete."""
    await adapter.close(KEYS, a_known("ORDERONLY"))
    assert square.requests == []


@pytest.mark.parametrize(
    ("status", "what"),
    [
        ("COMPLETED", What.REFUNDED),
        ("REJECTED", What.REFUND_FAILED),
        ("FAILED", What.REFUND_FAILED),
    ],
)
async def test_a_refund_is_pending_until_the_bank_decides(
    adapter: CashAppPay, square: Square, status: str, what: What
) -> None:
    """The answer says pending; the webhook brings the end of it."""
    ref, payment = await paid(adapter, square)
    asked = await adapter.refund(KEYS, a_refund(ref, payment, 700))
    assert (asked.what, asked.charge_ref, asked.amount) == (What.REFUND_PENDING, payment, Money(700, "USD"))
    assert asked.refund_ref is not None
    square.settle_refund(asked.refund_ref, status)
    notice = next(each for each in square.notices if b'"refund.updated"' in each.body)
    (news,) = (await told(adapter, square, notice)).news
    assert (news.what, news.refund_ref, news.charge_ref) == (what, asked.refund_ref, payment)


async def test_a_refund_that_is_done_at_once_says_so(adapter: CashAppPay, square: Square) -> None:
    """Square may complete a refund in its answer."""
    ref, payment = await paid(adapter, square)
    square.instant_refunds = True
    assert (await adapter.refund(KEYS, a_refund(ref, payment, 1999))).what is What.REFUNDED


async def test_more_than_was_paid_is_not_given_back(adapter: CashAppPay, square: Square) -> None:
    """Square's own code is passed on, and nothing is sent."""
    ref, payment = await paid(adapter, square)
    with pytest.raises(Declined) as refused:
        await adapter.refund(KEYS, a_refund(ref, payment, 2000))
    assert refused.value.code == "REFUND_AMOUNT_INVALID"
    with pytest.raises(Declined) as unknown:
        await adapter.refund(KEYS, a_refund(ref, "NOSUCH", 100, "other"))
    assert unknown.value.code == "NOT_FOUND"
    assert square.refunds == {}


async def test_the_same_refund_asked_twice_is_one(adapter: CashAppPay, square: Square) -> None:
    """The key makes it the same refund; a changed amount under it is refused."""
    ref, payment = await paid(adapter, square)
    first = await adapter.refund(KEYS, a_refund(ref, payment, 700))
    assert await adapter.refund(KEYS, a_refund(ref, payment, 700)) == first
    with pytest.raises(Declined) as refused:
        await adapter.refund(KEYS, a_refund(ref, payment, 800))
    assert refused.value.code == "IDEMPOTENCY_KEY_REUSED"
    assert len(square.refunds) == 1


async def test_a_dispute_is_told_from_opening_to_verdict(adapter: CashAppPay, square: Square) -> None:
    """Disputes name the payment; states between keep it open."""
    _, payment = await paid(adapter, square)
    dispute = square.dispute(payment)
    opened = await told_last(adapter, square)
    assert opened == News(
        What.DISPUTED, charge_ref=payment, amount=DUE, dispute_ref=dispute, note="not_as_described"
    )
    for state, what in (
        ("PROCESSING", What.DISPUTED),
        ("WON", What.DISPUTE_WON),
        ("LOST", What.DISPUTE_LOST),
        ("ACCEPTED", What.DISPUTE_LOST),
        ("INQUIRY_CLOSED", What.DISPUTE_WON),
    ):
        square.settle_dispute(dispute, state)
        assert (await told_last(adapter, square)).what is what


async def test_an_unreadable_payment_is_unavailable_in_a_poll(adapter: CashAppPay, square: Square) -> None:
    """An amount that is no integer is not guessed at."""
    ref, payment = await paid(adapter, square)
    square.payments[payment]["amount_money"]["amount"] = 19.99
    with pytest.raises(Unavailable):
        await adapter.poll(KEYS, a_known(ref))


async def test_a_foreign_currency_is_declined(adapter: CashAppPay) -> None:
    """Square refuses what the location does not count in, with its own code."""
    with pytest.raises(Declined) as refused:
        await adapter.create(KEYS, a_charge(amount=Money(1999, "EUR")))
    assert refused.value.code == "CURRENCY_MISMATCH"


async def test_the_test_tells_good_keys_from_bad(adapter: CashAppPay, square: Square) -> None:
    """Token, location and the location's currency are checked."""
    await adapter.test(KEYS)
    for change in ({"access_token": SecretStr("wrong")}, {"location_id": "L0"}):
        with pytest.raises(WrongKeys):
            await adapter.test(KEYS.model_copy(update=change))
    square.currency = "CAD"
    with pytest.raises(Declined) as refused:
        await adapter.test(KEYS)
    assert refused.value.code == "location_currency"


@pytest.mark.parametrize("token", ["line\nbreak: injected", "schlüssel", "\x00"])
async def test_a_token_that_fits_no_header_is_a_wrong_key(
    adapter: CashAppPay, square: Square, token: str
) -> None:
    """What staff pasted wrongly is never sent, nor shown."""
    with pytest.raises(WrongKeys) as refused:
        await adapter.test(KEYS.model_copy(update={"access_token": SecretStr(token)}))
    assert token not in str(refused.value)
    assert square.requests == []


async def test_keys_are_never_shown(
    adapter: CashAppPay, square: Square, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither their repr, nor an error, nor the log quotes them."""
    caplog.set_level(logging.DEBUG)
    square.fail(*[Fault.DOWN] * 3)
    with pytest.raises(OutcomeUnknown) as error:
        await adapter.create(KEYS, a_charge())
    with pytest.raises(ValidationError) as invalid:
        SquareKeys(access_token=SecretStr(""), location_id=f"no/{Square.TOKEN}", signature_key=SecretStr("k"))
    everything = f"{KEYS!r} {error.value!r} {invalid.value} {caplog.text}"
    assert "provider_unavailable" in caplog.text
    assert Square.TOKEN not in everything
    assert Square.SIGNATURE_KEY not in everything


@pytest.mark.parametrize("vector", vectors_of("square"), ids=str)
async def test_square_signs_as_in_its_own_samples(vector: Vector, adapter: CashAppPay) -> None:
    """The verdict on every published delivery."""
    keys = KEYS.model_copy(update={"signature_key": SecretStr(vector.key["value"])})
    if vector.valid:
        await adapter.verify(keys, vector.delivery())
    else:
        with pytest.raises(BadSignature):
            await adapter.verify(keys, vector.delivery())


async def test_only_the_configured_address_body_and_key_fit(adapter: CashAppPay, square: Square) -> None:
    """Another address, one changed byte, another key or no header: refused."""
    await paid(adapter, square)
    good = arrived(square.notices[-1], square.registered_url)
    await adapter.verify(KEYS, good)
    other = KEYS.model_copy(update={"signature_key": SecretStr("other")})
    for keys, bad in (
        (other, good),
        (KEYS, dataclasses.replace(good, url=good.url + "/")),
        (KEYS, dataclasses.replace(good, body=good.body.replace(b"1999", b"9999"))),
        (KEYS, dataclasses.replace(good, headers={})),
        (KEYS, dataclasses.replace(good, headers={"x-square-hmacsha256-signature": "ünïcode\ud800"})),
    ):
        with pytest.raises(BadSignature):
            await adapter.verify(keys, bad)


@given(st.binary(max_size=200), st.text(max_size=80), st.text(max_size=40))
async def test_a_forged_delivery_is_a_bad_signature_and_nothing_else(
    body: bytes, code: str, url: str
) -> None:
    """Whatever comes, the answer is the same refusal."""
    adapter = CashAppPay(None, CashAppPay.site)  # type: ignore[arg-type] # verifying calls nobody
    with pytest.raises(BadSignature):
        await adapter.verify(KEYS, Delivery(body, {"x-square-hmacsha256-signature": code}, url, NOW))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KINDS = st.sampled_from(["payment.updated", "refund.updated", "dispute.created", "payment.x", "", "refund"])


@given(st.binary(max_size=300) | JSON.map(lambda found: json.dumps(found).encode()))
def test_arbitrary_bodies_are_unreadable_and_nothing_else(body: bytes) -> None:
    """What is no event of Square's is a bad payload."""
    with pytest.raises(BadPayload):
        CashAppPay(None, CashAppPay.site).read_webhook(body)  # type: ignore[arg-type] # reading calls nobody


@given(
    KINDS,
    st.dictionaries(
        st.sampled_from(["id", "note", "status", "amount_money", "payment_id", "disputed_payment", "state"]),
        JSON | st.just(ORDER) | st.just({"amount": 10**400, "currency": "USD"}) | st.just("COMPLETED"),
    ),
)
def test_an_event_of_any_shape_is_read_or_unreadable(kind: str, found: dict[str, object]) -> None:
    """Wrong types at any place end in a bad payload at most."""
    name = kind.partition(".")[0]
    body = json.dumps({"event_id": "e1", "type": kind, "data": {"object": {name: found}}}).encode()
    try:
        read = CashAppPay(None, CashAppPay.site).read_webhook(body)  # type: ignore[arg-type] # reading calls nobody
    except BadPayload:
        return
    assert read.event_id == "e1"
    assert all(each.amount and 0 <= each.amount.cents < 10**12 for each in read.news)
