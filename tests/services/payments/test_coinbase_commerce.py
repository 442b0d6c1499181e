"""Coinbase Commerce: closed, and still able to tell of charges that a shop holds."""

import dataclasses
import json
import logging
from collections.abc import AsyncIterator
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from models.errors import Declined, Unavailable, WrongKeys
from services.calls import Calls
from services.payments import processors
from services.payments.coinbase_commerce import CoinbaseCommerce, CommerceKeys
from services.payments.processor import BadPayload, BadSignature, Delivery, Money, News, Site, Told, What
from tests.fakes.coinbase import CoinbaseCommerce as Coinbase
from tests.fakes.provider import Fault, Notice
from tests.services.payments.asking import DUE, NOW, ORDER, a_charge, a_known, a_refund, arrived
from tests.services.payments.vectors import Vector, vectors_of

KEYS = CommerceKeys(api_key=SecretStr(Coinbase.API_KEY), webhook_secret=SecretStr(Coinbase.WEBHOOK_SECRET))


class Hasty(CoinbaseCommerce):
    """Waits a moment only."""

    seconds: ClassVar[float] = 0.2


@pytest.fixture
async def coinbase() -> AsyncIterator[Coinbase]:
    """A merchant's old account."""
    async with Coinbase() as fake:
        yield fake


@pytest.fixture
def adapter(coinbase: Coinbase, calls: Calls) -> CoinbaseCommerce:
    """The adapter, which reaches the stand-in."""
    return Hasty(calls, Site(coinbase.url))


def offline() -> CoinbaseCommerce:
    """An adapter for what calls nobody."""
    return CoinbaseCommerce(None, CoinbaseCommerce.site)  # type: ignore[arg-type] # reading calls nobody


async def told(adapter: CoinbaseCommerce, notice: Notice) -> Told:
    """What a verified delivery says."""
    await adapter.verify(KEYS, arrived(notice))
    return adapter.read_webhook(notice.body)


def test_the_method_is_found_and_says_that_it_is_closed() -> None:
    """COINBASE_COMMERCE is there, opens nothing, and its description says why."""
    found = processors()[CoinbaseCommerce.descriptor.value]
    assert found is CoinbaseCommerce
    assert not found.opens
    assert not found.descriptor.supports_refund
    assert "2026-03-31" in found.descriptor.description


async def test_nothing_new_is_made_and_nothing_given_back(
    adapter: CoinbaseCommerce, coinbase: Coinbase
) -> None:
    """Both are declined without asking anybody."""
    with pytest.raises(Declined) as closed:
        await adapter.create(KEYS, a_charge())
    with pytest.raises(Declined) as by_hand:
        await adapter.refund(KEYS, a_refund("K", "K", 100))
    assert (closed.value.code, by_hand.value.code) == ("closed", "by_hand")
    assert coinbase.requests == []


async def test_a_held_charge_is_told_until_it_is_paid(adapter: CoinbaseCommerce, coinbase: Coinbase) -> None:
    """Webhooks and polls say the same: nothing, on its way, paid."""
    code = coinbase.hold(ORDER)
    assert await adapter.poll(KEYS, a_known(code)) == ()
    coinbase.pay(code)
    pending, paid = [await told(adapter, each) for each in coinbase.notices]
    assert pending.news == (News(What.PENDING, ORDER, code),)
    assert paid.news == await adapter.poll(KEYS, a_known(code)) == (News(What.PAID, ORDER, code, code, DUE),)
    assert (paid.kind, pending.event_id != paid.event_id) == ("charge:confirmed", True)


@pytest.mark.parametrize(("end", "what"), [("decline", What.FAILED), ("expire", What.EXPIRED)])
async def test_a_charge_that_ended_unpaid_says_how(
    adapter: CoinbaseCommerce, coinbase: Coinbase, end: str, what: What
) -> None:
    """Coinbase calls both failed; the timeline knows better."""
    code = coinbase.hold(ORDER)
    {"decline": coinbase.decline, "expire": coinbase.expire}[end](code)
    assert (await told(adapter, coinbase.notices[-1])).news == (News(what, ORDER, code),)


@pytest.mark.parametrize(
    ("why", "what"),
    [("UNDERPAID", What.UNDERPAID), ("OVERPAID", What.PAID), ("DELAYED", What.PAID)],
)
async def test_money_that_does_not_fit_is_told_with_its_amount(
    adapter: CoinbaseCommerce, coinbase: Coinbase, why: str, what: What
) -> None:
    """Too little, too much, too late: what arrived is told, for the shop to decide."""
    code = coinbase.hold(ORDER)
    coinbase.leave_open(code, "12.00", why)
    expected = News(what, ORDER, code, code, Money(1200, "USD"), note=why.lower())
    assert (await told(adapter, coinbase.notices[-1])).news == (expected,)
    coinbase.charges[code]["payments"] = []
    assert await adapter.poll(KEYS, a_known(code)) == (News(What.PENDING, ORDER, code, note=why.lower()),)


async def test_a_charge_without_an_order_is_no_news(adapter: CoinbaseCommerce, coinbase: Coinbase) -> None:
    """Something the merchant sold elsewhere concerns nobody here."""
    coinbase.pay(coinbase.hold(None))
    assert (await told(adapter, coinbase.notices[-1])).news == ()


async def test_whole_currencies_are_counted_whole(adapter: CoinbaseCommerce, coinbase: Coinbase) -> None:
    """1200 yen are 1200 minor units; half a yen is nothing that can be read."""
    code = coinbase.hold(ORDER, "1200", "JPY")
    coinbase.pay(code)
    assert (await adapter.poll(KEYS, a_known(code)))[0].amount == Money(1200, "JPY")
    coinbase.charges[code]["pricing"]["local"]["amount"] = "1200.5"
    with pytest.raises(Unavailable):
        await adapter.poll(KEYS, a_known(code))


async def test_an_unknown_charge_is_no_news(adapter: CoinbaseCommerce) -> None:
    """Coinbase does not know it: nothing happened."""
    assert await adapter.poll(KEYS, a_known("NOSUCH/../CODE")) == ()


async def test_the_test_tells_good_keys_from_bad(adapter: CoinbaseCommerce) -> None:
    """A wrong key is refused by Coinbase, one that fits no header is not even sent."""
    await adapter.test(KEYS)
    for key in ("wrong", "line\nbreak", "schlüssel"):
        with pytest.raises(WrongKeys):
            await adapter.test(KEYS.model_copy(update={"api_key": SecretStr(key)}))


@pytest.mark.parametrize("fault", [*Fault])
async def test_a_poll_that_fails_says_unavailable(
    adapter: CoinbaseCommerce, coinbase: Coinbase, fault: Fault
) -> None:
    """Asking changes nothing, so nothing is ever unknown."""
    code = coinbase.hold(ORDER)
    coinbase.fail(*[fault] * 6)  # aiohttp itself asks again when a connection it kept was dropped
    with pytest.raises(WrongKeys if fault is Fault.SHUT else Unavailable):
        await adapter.poll(KEYS, a_known(code))


async def test_keys_are_never_shown(
    adapter: CoinbaseCommerce, coinbase: Coinbase, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither their repr, nor an error, nor the log quotes them."""
    caplog.set_level(logging.DEBUG)
    coinbase.fail(*[Fault.DOWN] * 3)
    with pytest.raises(Unavailable) as error:
        await adapter.test(KEYS)
    everything = f"{KEYS!r} {error.value!r} {caplog.text}"
    assert "provider_unavailable" in caplog.text
    assert Coinbase.API_KEY not in everything
    assert Coinbase.WEBHOOK_SECRET not in everything


@pytest.mark.parametrize("vector", vectors_of("coinbase_commerce"), ids=str)
async def test_coinbase_signs_as_in_its_own_samples(vector: Vector) -> None:
    """The verdict on every published delivery."""
    keys = KEYS.model_copy(update={"webhook_secret": SecretStr(vector.key["value"])})
    if vector.valid:
        await offline().verify(keys, vector.delivery())
    else:
        with pytest.raises(BadSignature):
            await offline().verify(keys, vector.delivery())


async def test_another_secret_or_body_does_not_fit(adapter: CoinbaseCommerce, coinbase: Coinbase) -> None:
    """One changed byte and the delivery is refused; so is one without a signature."""
    coinbase.pay(coinbase.hold(ORDER))
    good = arrived(coinbase.notices[-1])
    other = KEYS.model_copy(update={"webhook_secret": SecretStr("other")})
    for keys, bad in (
        (other, good),
        (KEYS, dataclasses.replace(good, body=good.body.replace(b"19.99", b"99.99"))),
        (KEYS, dataclasses.replace(good, headers={})),
    ):
        with pytest.raises(BadSignature):
            await adapter.verify(keys, bad)


@given(st.binary(max_size=100), st.text(max_size=70))
async def test_a_forged_delivery_is_a_bad_signature_and_nothing_else(body: bytes, code: str) -> None:
    """Whatever comes, the answer is the same refusal."""
    with pytest.raises(BadSignature):
        await offline().verify(KEYS, Delivery(body, {"x-cc-webhook-signature": code}, "", NOW))


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


STEPS = st.lists(
    st.fixed_dictionaries(
        {"status": st.sampled_from(["NEW", "COMPLETED", "UNRESOLVED", "EXPIRED", "", "CONTEXT"])},
        optional={"context": JSON},
    ),
    max_size=3,
)
AMOUNTS = JSON | st.just({"local": {"amount": "1.00", "currency": "USD"}})


@given(
    st.dictionaries(st.sampled_from(["code", "id", "metadata"]), JSON | st.just("66BEOV2A")),
    STEPS | JSON,
    AMOUNTS,
    st.lists(st.fixed_dictionaries({"value": AMOUNTS}), max_size=2) | JSON,
)
def test_an_event_of_any_shape_is_read_or_unreadable(
    found: dict[str, object], timeline: object, pricing: object, payments: object
) -> None:
    """Wrong types at any place end in a bad payload at most."""
    charge = {"metadata": {"order_id": ORDER}, **found, "timeline": timeline, "pricing": pricing}
    event = {"id": "e1", "type": "charge:confirmed", "data": {**charge, "payments": payments}}
    try:
        read = offline().read_webhook(json.dumps({"event": event}).encode())
    except BadPayload:
        return
    assert read.event_id == "e1"
    assert all(each.amount is None or each.amount.cents >= 0 for each in read.news)
