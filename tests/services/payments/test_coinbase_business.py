"""Coinbase Business against a stand-in that checks its tokens and signs as Hook0 does."""

import base64
import dataclasses
import hashlib
import hmac
import json
import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import ClassVar

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from models.errors import Declined, OutcomeUnknown, Unavailable, WrongKeys
from services.calls import Calls
from services.payments import processors
from services.payments.coinbase_business import BusinessKeys, CoinbaseBusiness
from services.payments.processor import (
    BadPayload,
    BadSignature,
    Coins,
    Delivery,
    Money,
    News,
    Site,
    Told,
    What,
)
from tests.fakes.coinbase import CoinbaseBusiness as Coinbase
from tests.fakes.provider import Fault, Notice
from tests.services.payments.asking import DUE, NOW, ORDER, a_charge, a_known, a_refund, arrived
from tests.services.payments.vectors import Vector, vectors_of

DUE_COINS = Coins(Decimal("19.99"), "usdc")


class Hasty(CoinbaseBusiness):
    """Waits a moment only."""

    seconds: ClassVar[float] = 0.2


@pytest.fixture
async def coinbase() -> AsyncIterator[Coinbase]:
    """A business at Coinbase."""
    async with Coinbase() as fake:
        yield fake


@pytest.fixture
def adapter(coinbase: Coinbase, calls: Calls) -> CoinbaseBusiness:
    """The adapter, which reaches the stand-in."""
    return Hasty(calls, Site(coinbase.api, coinbase.sandbox))


@pytest.fixture
def keys(coinbase: Coinbase) -> BusinessKeys:
    """Keys of that business."""
    return BusinessKeys(
        key_name=Coinbase.KEY_NAME,
        private_key=SecretStr(coinbase.private_key),
        webhook_secret=SecretStr(Coinbase.WEBHOOK_SECRET),
    )


def offline() -> CoinbaseBusiness:
    """An adapter for what calls nobody."""
    return CoinbaseBusiness(None, CoinbaseBusiness.site)  # type: ignore[arg-type] # reading calls nobody


async def told(adapter: CoinbaseBusiness, keys: BusinessKeys, notice: Notice) -> Told:
    """What a delivery that was verified at this moment says."""
    await adapter.verify(keys, arrived(notice, now=datetime.now(UTC)))
    return adapter.read_webhook(notice.body)


def paid_news(ref: str) -> News:
    """The whole amount, at par."""
    return News(What.PAID, ORDER, ref, ref, DUE, DUE_COINS)


def test_the_method_is_found_with_its_file() -> None:
    """COINBASE_BUSINESS is there because its file is."""
    assert processors()[CoinbaseBusiness.descriptor.value] is CoinbaseBusiness


async def test_a_checkout_asks_for_usdc_at_par_until_the_hold_ends(
    adapter: CoinbaseBusiness, coinbase: Coinbase, keys: BusinessKeys
) -> None:
    """19.99 dollars are 19.99 USDC on Base, and the checkout ends with the hold."""
    opened = await adapter.create(keys, a_charge())
    checkout = coinbase.checkouts[opened.provider_ref]
    assert (checkout["amount"], checkout["currency"], checkout["network"]) == ("19.99", "USDC", "base")
    assert checkout["metadata"] == {"order_id": ORDER, "order_number": "A-1042"}
    assert checkout["expiresAt"] == "2026-11-23T12:30:00Z"
    assert opened.page_url == checkout["url"]
    assert opened.ends_at == NOW + timedelta(minutes=30)


async def test_a_way_back_without_https_is_left_out(
    adapter: CoinbaseBusiness, coinbase: Coinbase, keys: BusinessKeys
) -> None:
    """Coinbase would refuse the whole checkout for it."""
    charge = dataclasses.replace(a_charge(), return_url="http://localhost/return")
    opened = await adapter.create(keys, charge)
    assert "successRedirectUrl" not in coinbase.checkouts[opened.provider_ref]


@pytest.mark.parametrize("one_line", [True, False])
async def test_a_pem_signs_as_well_as_base64(
    adapter: CoinbaseBusiness, coinbase: Coinbase, keys: BusinessKeys, *, one_line: bool
) -> None:
    """ES256 with a P-256 key, its lines kept or written as backslash n as in Coinbase's key file."""
    pem = coinbase.pem.replace("\n", "\\n") if one_line else coinbase.pem
    await adapter.test(keys.model_copy(update={"private_key": SecretStr(pem)}))


async def test_an_ed25519_pem_signs_too(
    adapter: CoinbaseBusiness, coinbase: Coinbase, keys: BusinessKeys
) -> None:
    """The same key in PKCS 8."""
    pem = coinbase._edwards.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    await adapter.test(keys.model_copy(update={"private_key": SecretStr(pem)}))


async def test_the_sandbox_lies_under_its_own_path(
    adapter: CoinbaseBusiness, coinbase: Coinbase, keys: BusinessKeys
) -> None:
    """The token names the path that is called."""
    await adapter.test(keys.model_copy(update={"environment": "sandbox"}))
    assert coinbase.requests[-1].path == "/sandbox/api/v1/checkouts"


def bad_keys() -> list[str]:
    """Private keys that are none of Coinbase's."""
    pkcs8 = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return [
        "nonsense",
        "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----",
        base64.b64encode(b"short").decode(),
        "schlüssel",
        ec.generate_private_key(ec.SECP384R1()).private_bytes(*pkcs8).decode(),
        rsa.generate_private_key(65537, 2048).private_bytes(*pkcs8).decode(),
    ]


async def test_what_is_no_key_is_a_wrong_key_and_never_sent(
    adapter: CoinbaseBusiness, coinbase: Coinbase, keys: BusinessKeys
) -> None:
    """Every way to paste it wrongly is told alike, without a word of it."""
    for text in bad_keys():
        with pytest.raises(WrongKeys) as refused:
            await adapter.test(keys.model_copy(update={"private_key": SecretStr(text)}))
        assert refused.value.code == "private_key"
        assert refused.value.__suppress_context__
    assert coinbase.requests == []


@pytest.mark.parametrize("behind", [-60.0, 0.0, 5.0])
async def test_clocks_that_differ_a_little_do_not_make_a_good_key_wrong(
    adapter: CoinbaseBusiness, coinbase: Coinbase, keys: BusinessKeys, behind: float
) -> None:
    """A token is good from a little before it is made."""
    coinbase.behind = behind
    await adapter.test(keys)


async def test_somebody_elses_key_is_refused_by_coinbase(
    adapter: CoinbaseBusiness, keys: BusinessKeys
) -> None:
    """A key that is well made and unknown, or another's name."""
    other = base64.b64encode(ed25519.Ed25519PrivateKey.generate().private_bytes_raw()).decode()
    for change in ({"private_key": SecretStr(other)}, {"key_name": "ünknown"}):
        with pytest.raises(WrongKeys):
            await adapter.test(keys.model_copy(update=change))


async def test_a_payment_is_told_with_its_coins(
    adapter: CoinbaseBusiness, coinbase: Coinbase, keys: BusinessKeys
) -> None:
    """The webhook and the poll say the same: paid in full, before Coinbase's fee."""
    ref = (await adapter.create(keys, a_charge())).provider_ref
    assert await adapter.poll(keys, a_known(ref)) == ()
    coinbase.start(ref)
    assert [each.what for each in await adapter.poll(keys, a_known(ref))] == [What.PENDING]
    coinbase.pay(ref)
    event = await told(adapter, keys, coinbase.notices[-1])
    assert event.kind == "checkout.payment.success"
    assert event.news == await adapter.poll(keys, a_known(ref)) == (paid_news(ref),)


async def test_a_delivery_keeps_its_id_and_another_has_another(
    adapter: CoinbaseBusiness, coinbase: Coinbase, keys: BusinessKeys
) -> None:
    """Delivered again the event is the same; the next refund of the same checkout is another."""
    ref = (await adapter.create(keys, a_charge())).provider_ref
    coinbase.pay(ref)
    coinbase.refund_in_dashboard(ref, 100)
    coinbase.refund_in_dashboard(ref, 100)
    ids = [adapter.read_webhook(each.body).event_id for each in coinbase.notices]
    assert ids == [adapter.read_webhook(each.body).event_id for each in coinbase.notices]
    assert len(set(ids)) == 3
    assert max(map(len, ids)) <= 255


@pytest.mark.parametrize("end", ["decline", "expire"])
async def test_a_checkout_that_ended_unpaid_has_lapsed(
    adapter: CoinbaseBusiness, coinbase: Coinbase, keys: BusinessKeys, end: str
) -> None:
    """A checkout takes one try: failed or over, only a new page helps."""
    ref = (await adapter.create(keys, a_charge())).provider_ref
    {"decline": coinbase.decline, "expire": coinbase.expire}[end](ref)
    event = await told(adapter, keys, coinbase.notices[-1])
    note = "failed" if end == "decline" else None
    assert event.news == (News(What.EXPIRED, ORDER, ref, note=note),)
    assert await adapter.poll(keys, a_known(ref)) == event.news


async def test_another_sale_of_the_same_business_is_no_news(
    adapter: CoinbaseBusiness, coinbase: Coinbase, keys: BusinessKeys
) -> None:
    """A checkout without an order of ours concerns nobody here."""
    coinbase.other_sale()
    assert (await told(adapter, keys, coinbase.notices[-1])).news == ()


async def test_an_unknown_checkout_is_no_news(adapter: CoinbaseBusiness, keys: BusinessKeys) -> None:
    """Coinbase does not know it: nothing happened."""
    assert await adapter.poll(keys, a_known("68f7a946db0529ea9b6d3a12")) == ()


async def test_closing_ends_what_can_still_be_paid(
    adapter: CoinbaseBusiness, coinbase: Coinbase, keys: BusinessKeys
) -> None:
    """An open checkout is deactivated, an ended one is left, one under way cannot be closed."""
    ref = (await adapter.create(keys, a_charge())).provider_ref
    await adapter.close(keys, a_known(ref))
    await adapter.close(keys, a_known(ref))
    assert coinbase.checkouts[ref]["status"] == "DEACTIVATED"
    assert [each.what for each in await adapter.poll(keys, a_known(ref))] == [What.EXPIRED]
    await adapter.close(keys, a_known("68f7a946db0529ea9b6d3a12"))
    other = (await adapter.create(keys, a_charge("another-key"))).provider_ref
    coinbase.start(other)
    with pytest.raises(Declined) as refused:
        await adapter.close(keys, a_known(other))
    assert refused.value.code == "checkout_not_active"
    coinbase.pay(other)
    coinbase._answers.clear()
    await adapter.close(keys, a_known(other))
    assert coinbase.checkouts[other]["status"] == "COMPLETED"


@pytest.mark.parametrize(("status", "what"), [("COMPLETED", What.REFUNDED), ("FAILED", What.REFUND_FAILED)])
async def test_a_refund_is_pending_until_the_chain_has_it(
    adapter: CoinbaseBusiness, coinbase: Coinbase, keys: BusinessKeys, status: str, what: What
) -> None:
    """The answer says pending; webhook and poll bring the end of it."""
    ref = (await adapter.create(keys, a_charge())).provider_ref
    coinbase.pay(ref)
    asked = await adapter.refund(keys, a_refund(ref, ref, 700))
    assert asked.refund_ref is not None
    expected = News(
        What.REFUND_PENDING,
        ORDER,
        ref,
        ref,
        Money(700, "USD"),
        Coins(Decimal("7.00"), "usdc"),
        refund_ref=asked.refund_ref,
    )
    assert asked == expected
    coinbase.settle_refund(ref, asked.refund_ref, status)
    event = await told(adapter, keys, coinbase.notices[-1])
    assert event.news == (paid_news(ref), dataclasses.replace(expected, what=what))
    assert await adapter.poll(keys, a_known(ref)) == event.news


async def test_a_sum_of_refunds_without_a_list_is_told_as_a_total(
    adapter: CoinbaseBusiness, coinbase: Coinbase, keys: BusinessKeys
) -> None:
    """Where Coinbase lists no refunds, what went back in all is still known."""
    ref = (await adapter.create(keys, a_charge())).provider_ref
    coinbase.pay(ref)
    coinbase.refund_in_dashboard(ref, 300)
    del coinbase.checkouts[ref]["refunds"]
    _, total = await adapter.poll(keys, a_known(ref))
    assert (total.what, total.amount, total.total) == (What.REFUNDED, Money(300, "USD"), True)


async def test_more_than_was_paid_is_not_given_back(
    adapter: CoinbaseBusiness, coinbase: Coinbase, keys: BusinessKeys
) -> None:
    """Coinbase's own code is passed on."""
    ref = (await adapter.create(keys, a_charge())).provider_ref
    coinbase.pay(ref)
    with pytest.raises(Declined) as refused:
        await adapter.refund(keys, a_refund(ref, ref, 2000))
    assert refused.value.code == "refund_exceeds_balance"
    with pytest.raises(Declined) as unknown:
        await adapter.refund(keys, a_refund(ref, "68f7a946db0529ea9b6d3a12", 100, "other"))
    assert unknown.value.code == "not_found"


async def test_the_same_refund_asked_twice_is_one(
    adapter: CoinbaseBusiness, coinbase: Coinbase, keys: BusinessKeys
) -> None:
    """The key becomes one UUID; a changed amount under it is refused."""
    ref = (await adapter.create(keys, a_charge())).provider_ref
    coinbase.pay(ref)
    first = await adapter.refund(keys, a_refund(ref, ref, 700))
    assert await adapter.refund(keys, a_refund(ref, ref, 700)) == first
    with pytest.raises(Declined) as refused:
        await adapter.refund(keys, a_refund(ref, ref, 800))
    assert refused.value.code == "idempotency_error"
    assert len(coinbase.checkouts[ref]["refunds"]) == 1


async def test_an_earlier_page_that_took_the_money_is_polled_too(
    adapter: CoinbaseBusiness, coinbase: Coinbase, keys: BusinessKeys
) -> None:
    """Money that came on a page which was replaced is not forgotten."""
    old = (await adapter.create(keys, a_charge())).provider_ref
    new = (await adapter.create(keys, a_charge("another-key"))).provider_ref
    coinbase.pay(old)
    assert await adapter.poll(keys, a_known(new, (old,))) == (paid_news(old),)


async def test_a_later_end_makes_another_checkout(
    adapter: CoinbaseBusiness, coinbase: Coinbase, keys: BusinessKeys
) -> None:
    """The same page asked for with another end is made anew instead of being refused."""
    await adapter.create(keys, a_charge())
    await adapter.create(keys, dataclasses.replace(a_charge(), ends_at=NOW + timedelta(minutes=40)))
    assert len(coinbase.checkouts) == 2


@pytest.mark.parametrize("word", ["request_canceled", "timed_out"])
async def test_a_try_that_was_cut_off_is_no_refusal(
    adapter: CoinbaseBusiness, coinbase: Coinbase, keys: BusinessKeys, word: str
) -> None:
    """Coinbase tells of it in place of a result: the refund may have been made."""
    ref = (await adapter.create(keys, a_charge())).provider_ref
    coinbase.pay(ref)
    coinbase.cut_off = word
    with pytest.raises(OutcomeUnknown) as unknown:
        await adapter.refund(keys, a_refund(ref, ref, 700))
    assert unknown.value.code == word
    assert len(coinbase.checkouts[ref]["refunds"]) == 1
    with pytest.raises(Unavailable):
        await adapter.test(keys)


@pytest.mark.parametrize("amount", ["19.991", "1e3", "NaN", "-1.00", 19.99, None, "٣"])
async def test_an_amount_that_is_none_is_not_guessed_at(
    adapter: CoinbaseBusiness, coinbase: Coinbase, keys: BusinessKeys, amount: object
) -> None:
    """Too many decimals, signs, floats: unreadable in a webhook, unavailable in a poll."""
    ref = (await adapter.create(keys, a_charge())).provider_ref
    coinbase.pay(ref)
    coinbase.checkouts[ref]["settlement"]["totalAmount"] = amount
    with pytest.raises(Unavailable):
        await adapter.poll(keys, a_known(ref))
    body = json.dumps({**coinbase.checkouts[ref], "eventType": "checkout.payment.success"}).encode()
    with pytest.raises(BadPayload):
        adapter.read_webhook(body)


async def test_a_currency_that_is_no_dollar_stays_what_it_is(
    adapter: CoinbaseBusiness, coinbase: Coinbase, keys: BusinessKeys
) -> None:
    """Euros are told as euros, for a person to look at; at par is USDC alone."""
    ref = (await adapter.create(keys, a_charge())).provider_ref
    coinbase.pay(ref)
    coinbase.checkouts[ref]["settlement"] |= {"totalAmount": "18.5000", "currency": "EUR"}
    (news,) = await adapter.poll(keys, a_known(ref))
    assert (news.amount, news.coins) == (Money(1850, "EUR"), None)


async def test_keys_are_never_shown(
    adapter: CoinbaseBusiness, coinbase: Coinbase, keys: BusinessKeys, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither their repr, nor an error, nor the log quotes them."""
    caplog.set_level(logging.DEBUG)
    coinbase.fail(*[Fault.DOWN] * 3)
    with pytest.raises(OutcomeUnknown) as error:
        await adapter.create(keys, a_charge())
    everything = f"{keys!r} {error.value!r} {caplog.text}"
    assert "provider_unavailable" in caplog.text
    assert coinbase.private_key not in everything
    assert Coinbase.WEBHOOK_SECRET not in everything
    assert "Bearer" not in everything


@pytest.mark.parametrize("vector", vectors_of("coinbase_business"), ids=str)
async def test_hook0_signs_as_its_conformance_file_says(vector: Vector, keys: BusinessKeys) -> None:
    """The verdict on every published delivery."""
    keys = keys.model_copy(update={"webhook_secret": SecretStr(vector.key["value"])})
    if vector.valid:
        await offline().verify(keys, vector.delivery())
    else:
        with pytest.raises(BadSignature):
            await offline().verify(keys, vector.delivery())


def signed(body: bytes, t: str, names: str | None, values: tuple[str, ...] = ()) -> str:
    """A signature of Hook0's, over headers when `names` says which."""
    covered = "" if names is None else ".".join((names, *values, ""))
    code = hmac.new(Coinbase.WEBHOOK_SECRET.encode(), f"{t}.{covered}".encode() + body, hashlib.sha256)
    return f"t={t},v0={code.hexdigest()}" if names is None else f"t={t},h={names},v1={code.hexdigest()}"


MOMENT = str(int(NOW.timestamp()))


@pytest.mark.parametrize("seconds", [-301, -300, 0, 300, 301])
async def test_a_delivery_is_taken_for_five_minutes_before_and_after(
    keys: BusinessKeys, seconds: int
) -> None:
    """300 seconds are allowed either way, one more is not."""
    header = signed(b"{}", str(int(MOMENT) + seconds), "x-event-id", ("e1",))
    delivery = Delivery(b"{}", {"x-hook0-signature": header, "x-event-id": "e1"}, "", NOW)
    if abs(seconds) > 300:
        with pytest.raises(BadSignature):
            await offline().verify(keys, delivery)
    else:
        await offline().verify(keys, delivery)


async def test_a_signature_of_the_body_alone_counts_only_alone(keys: BusinessKeys) -> None:
    """v0 by itself is taken; beside a wrong v1 it does not count."""
    good = signed(b"{}", MOMENT, None)
    await offline().verify(keys, Delivery(b"{}", {"x-hook0-signature": good}, "", NOW))
    for spoilt in (f"{good},h=x-event-id,v1={'0' * 64}", f"{good},v1=", f"{good},v1"):
        headers = {"x-hook0-signature": spoilt, "x-event-id": "e1"}
        with pytest.raises(BadSignature):
            await offline().verify(keys, Delivery(b"{}", headers, "", NOW))


async def test_a_field_that_occurs_twice_spoils_a_good_signature(keys: BusinessKeys) -> None:
    """Nobody can tell which of the two was meant."""
    good = signed(b"{}", MOMENT, None)
    with pytest.raises(BadSignature):
        await offline().verify(keys, Delivery(b"{}", {"x-hook0-signature": f"t=1,{good}"}, "", NOW))


@pytest.mark.parametrize(
    "header",
    [
        "",
        "t=1",
        f"t={MOMENT}",
        f"t={MOMENT},v0=",
        f"t={MOMENT},v0={'é' * 64}",
        f"t={'9' * 5000},v0={'0' * 64}",
        f"t=-{MOMENT},v0={'0' * 64}",
        f"t={MOMENT},t={MOMENT},v0={'0' * 64}",
        f"t={MOMENT},h=,v1={'0' * 64}",
        f"t={MOMENT},h=x-none,v1={'0' * 64}",
        f"t={MOMENT},h=odd,v1={'0' * 64}",
        "t=١٢٣,v0=" + "0" * 64,
    ],
)
async def test_a_malformed_signature_is_a_bad_signature(keys: BusinessKeys, header: str) -> None:
    """Every wrong form ends in the same refusal."""
    headers = {"x-hook0-signature": header, "odd": "\ud800"}
    with pytest.raises(BadSignature):
        await offline().verify(keys, Delivery(b"{}", headers, "", NOW))


async def test_another_secret_body_or_header_does_not_fit(
    adapter: CoinbaseBusiness, coinbase: Coinbase, keys: BusinessKeys
) -> None:
    """One changed byte anywhere and the delivery is refused."""
    ref = (await adapter.create(keys, a_charge())).provider_ref
    coinbase.pay(ref)
    good = arrived(coinbase.notices[-1], now=datetime.now(UTC))
    await adapter.verify(keys, good)
    other = keys.model_copy(update={"webhook_secret": SecretStr("other")})
    changed = {**good.headers, "x-event-type": "checkout.refund.success"}
    for used, bad in (
        (other, good),
        (keys, dataclasses.replace(good, body=good.body.replace(b"19.99", b"99.99"))),
        (keys, dataclasses.replace(good, headers=changed)),
        (keys, dataclasses.replace(good, now=good.now + timedelta(seconds=302))),
        (keys, dataclasses.replace(good, headers={})),
    ):
        with pytest.raises(BadSignature):
            await adapter.verify(used, bad)


FIELDS = st.sampled_from(["t", "h", "v0", "v1", "x", ""])
SIGNATURES = st.lists(st.tuples(FIELDS, st.text(max_size=70) | st.just(MOMENT))).map(
    lambda pairs: ",".join(f"{name}={value}" for name, value in pairs)
)
BUSINESS = BusinessKeys(key_name="k", private_key=SecretStr("p"), webhook_secret=SecretStr("s"))


@given(st.binary(max_size=100), SIGNATURES | st.text(max_size=120))
async def test_a_forged_delivery_is_a_bad_signature_and_nothing_else(body: bytes, header: str) -> None:
    """Whatever comes, the answer is the same refusal."""
    with pytest.raises(BadSignature):
        await offline().verify(BUSINESS, Delivery(body, {"x-hook0-signature": header}, "", NOW))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.binary(max_size=300) | JSON.map(lambda found: json.dumps(found).encode()))
def test_arbitrary_bodies_are_unreadable_and_nothing_else(body: bytes) -> None:
    """What is no event of Coinbase's is a bad payload."""
    with pytest.raises(BadPayload):
        offline().read_webhook(body)


@given(
    st.dictionaries(
        st.sampled_from(["id", "status", "amount", "currency", "settlement", "refunds", "refundedAmount"]),
        JSON | st.sampled_from(["COMPLETED", "REFUNDED", "USDC", "1.00", "9" * 40]),
    ),
    st.just({"order_id": ORDER}) | JSON,
)
def test_an_event_of_any_shape_is_read_or_unreadable(found: dict[str, object], metadata: object) -> None:
    """Wrong types at any place end in a bad payload at most."""
    body = json.dumps({**found, "metadata": metadata, "eventType": "checkout.payment.success"}).encode()
    try:
        read = offline().read_webhook(body)
    except BadPayload:
        return
    assert len(read.event_id) <= 255
    assert all(each.amount is None or each.amount.cents >= 0 for each in read.news)
