"""EasyPost: what a label costs, that none is bought twice, where parcels are, and who may say so."""

import asyncio
import dataclasses
import hashlib
import hmac
import json
import logging
from collections.abc import AsyncIterator
from datetime import UTC
from decimal import Decimal
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from models.address import Address
from models.errors import Declined, OutcomeUnknown, ProviderError, Unavailable, WrongKeys
from services.calls import Calls
from services.partner import Site
from services.partners import known_partners
from services.payments.payload import parse
from services.payments.processor import BadPayload, BadSignature, Delivery
from services.shipping._easypost_json import quote as read_quote
from services.shipping._easypost_json import shipment
from services.shipping._easypost_json import track as read_track
from services.shipping.contract import Box, Content, Movement, Sending, Tracked, Voided
from services.shipping.easypost import EasyPost as Adapter
from services.shipping.easypost import EasyPostKeys
from tests.fakes.easypost import CODES, NOW, EasyPost
from tests.fakes.provider import Fault
from tests.services.payments.asking import arrived
from tests.services.payments.faults import LASTING, PASSING
from tests.services.payments.vectors import Vector, vectors_of

KEYS = EasyPostKeys(api_key=SecretStr(EasyPost.KEY), webhook_secret=SecretStr(EasyPost.WEBHOOK_SECRET))
HOME = Address(
    tenant_id="t1",
    name="Aurora",
    line1="1 Main Street",
    city="New York",
    state="NY",
    postal_code="10001",
    country="US",
    phone="+1 212 555 0100",
)
ADA = Address(
    tenant_id="t1",
    name="Ada Lovelace",
    line1="12 Garden Street",
    line2="Apt 20",
    city="Springfield",
    state="illinois",
    postal_code="62704",
    country="US",
)
ABROAD = ADA.model_copy(update={"city": "Łódź", "state": "", "postal_code": "90-001", "country": "PL"})
SENDING = Sending(
    key="3f2b8c1e-5a77-4f0e-9d7c-1b2a3c4d5e6f",
    sender=HOME,
    to=ADA,
    box=Box(454, 305, 203, 1),
    contents=(Content("Mug", 2, 1250), Content("Sticker", 1, 0)),
    currency="USD",
)


class Hasty(Adapter):
    """Waits a moment only."""

    seconds: ClassVar[float] = 0.2


@pytest.fixture
async def easypost() -> AsyncIterator[EasyPost]:
    """EasyPost, on this machine."""
    async with EasyPost() as fake:
        yield fake


@pytest.fixture
def adapter(calls: Calls, easypost: EasyPost) -> Adapter:
    """The adapter, which asks it."""
    return Hasty(calls, Site(easypost.url))


def silent() -> Adapter:
    """An adapter that calls nobody."""
    return Adapter(None, Adapter.site)  # type: ignore[arg-type]


def to(address: Address, **more: Any) -> Sending:
    """The parcel, to somewhere else."""
    return dataclasses.replace(SENDING, to=address, **more)


async def quoted(adapter: Adapter, keys: EasyPostKeys = KEYS) -> tuple[str, str]:
    """A quote and its cheapest rate."""
    quote = await adapter.quote(keys, SENDING)
    return quote.ref, quote.rates[0].ref


async def labelled(adapter: Adapter) -> str:
    """A quote whose label was bought."""
    ref, rate = await quoted(adapter)
    await adapter.buy(KEYS, ref, rate)
    return ref


async def told(adapter: Adapter, easypost: EasyPost) -> Tracked:
    """What the last webhook says, once it is verified."""
    notice = easypost.notices[-1]
    await adapter.verify(KEYS, arrived(notice))
    return adapter.read_webhook(notice.body)


def test_it_is_found_with_its_file() -> None:
    """And a key of its test mode plays, whatever site is chosen."""
    assert Adapter in known_partners()
    live = KEYS.model_copy(update={"api_key": SecretStr(EasyPost.LIVE_KEY)})
    assert (KEYS.plays, live.plays) == (True, False)


async def test_a_quote_tells_rates_cheapest_first_and_buys_nothing(
    adapter: Adapter, easypost: EasyPost
) -> None:
    """In minor units, with days where they are known."""
    quote = await adapter.quote(KEYS, SENDING)
    told = [(each.carrier, each.service, each.cents, each.currency, each.days) for each in quote.rates]
    assert told == [
        ("USPS", "GroundAdvantage", 867, "USD", 4),
        ("UPSDAP", "Ground", 1052, "USD", None),
        ("FedEx", "FEDEX_GROUND", 1145, "USD", 3),
    ]
    assert quote.problems == ()
    assert (easypost.bought, easypost.trackers) == ([], {})


async def test_a_parcel_is_told_in_ounces_and_inches_to_an_address_as_carriers_read_it(
    adapter: Adapter, easypost: EasyPost
) -> None:
    """To a tenth, at least one; what is not known is left out, and within a country there is no customs."""
    await adapter.quote(KEYS, SENDING)
    (asked,) = easypost.asked("/v2/shipments")
    found = asked["shipment"]
    assert found["parcel"] == {"weight": 16.0, "length": 12.0, "width": 8.0, "height": 0.1}
    assert found["to_address"] == {
        "name": "Ada Lovelace",
        "street1": "12 Garden Street",
        "street2": "Apt 20",
        "city": "Springfield",
        "state": "IL",
        "zip": "62704",
        "country": "US",
    }
    assert found["from_address"]["phone"] == "+1 212 555 0100"
    assert found["reference"] == SENDING.key
    assert "customs_info" not in found


async def test_a_parcel_abroad_has_a_form_for_customs(adapter: Adapter, easypost: EasyPost) -> None:
    """Each line with its whole value, a gift with the least; together no heavier than the parcel."""
    assert len((await adapter.quote(KEYS, to(ABROAD))).rates) == 3
    form = easypost.asked("/v2/shipments")[0]["shipment"]["customs_info"]
    assert (form["customs_signer"], form["customs_certify"]) == ("Aurora", True)
    assert [
        (each["description"], each["quantity"], each["value"], each["weight"], each["origin_country"])
        for each in form["customs_items"]
    ] == [("Mug", 2, "25.00", 10.667, "US"), ("Sticker", 1, "0.01", 5.333, "US")]


@given(
    st.integers(1, 70_000),
    st.lists(st.tuples(st.integers(1, 99), st.integers(0, 9_999_999)), min_size=1, max_size=20),
)
def test_any_contents_weigh_what_the_parcel_weighs(grams: int, lines: list[tuple[int, int]]) -> None:
    """Thousandths of an ounce, each above nothing, in a heavy parcel never more than the whole."""
    contents = tuple(Content("A", quantity, price) for quantity, price in lines)
    made = shipment(to(ABROAD, contents=contents, box=Box(grams, 10, 10, 10)))
    weights = [Decimal(str(each["weight"])) for each in made["customs_info"]["customs_items"]]
    parcel = Decimal(str(made["parcel"]["weight"]))
    assert abs(parcel - Decimal(grams) / Decimal("28.349523125")) <= Decimal("0.1")
    assert all(weight > 0 for weight in weights)
    assert sum(weights) == parcel or parcel < 3


async def test_carriers_without_a_rate_say_why(adapter: Adapter, easypost: EasyPost) -> None:
    """In their words, on one line, cut where they are long."""
    easypost.silent = {"USPS": "To Address:\n too vague", "FedEx": "x" * 900}
    quote = await adapter.quote(KEYS, SENDING)
    assert [each.carrier for each in quote.rates] == ["UPSDAP"]
    assert quote.problems[0] == "USPS: To Address: too vague"
    assert len(quote.problems[1]) == 200


async def test_an_address_that_is_refused_is_told_by_a_code_alone(
    adapter: Adapter, easypost: EasyPost, caplog: pytest.LogCaptureFixture
) -> None:
    """EasyPost quotes the address in its text; that is nobody's business."""
    caplog.set_level(logging.DEBUG)
    with pytest.raises(Declined) as refused:
        await adapter.quote(KEYS, to(ADA.model_copy(update={"postal_code": "00000"})))
    assert refused.value.code == "ADDRESS.VERIFY.FAILURE"
    assert "Garden" not in f"{refused.value!r} {caplog.text}"
    assert easypost.shipments == {}


async def test_a_label_is_bought_with_its_tracker(adapter: Adapter, easypost: EasyPost) -> None:
    """The rate that was chosen is paid once; looking again finds the same label."""
    ref, rate = await quoted(adapter)
    assert await adapter.bought(KEYS, ref) is None
    label = await adapter.buy(KEYS, ref, rate)
    assert (label.carrier, label.service, label.cents, label.currency) == (
        "USPS", "GroundAdvantage", 867, "USD",
    )  # fmt: skip
    assert label.url.startswith("https://")
    assert label.track.movement is Movement.PRE_TRANSIT
    assert label.track.tracking_number == easypost.shipments[ref]["tracking_code"]
    assert await adapter.where(KEYS, label.track.ref) == label.track
    assert await adapter.bought(KEYS, ref) == label
    assert easypost.bought == [(ref, Decimal("8.67"))]


@pytest.mark.parametrize(("fault", "error"), LASTING)
async def test_a_purchase_is_tried_once_and_found_out_afterwards(
    adapter: Adapter, easypost: EasyPost, fault: Fault, error: type[ProviderError]
) -> None:
    """Whatever went wrong, one request was made; `bought` tells the truth."""
    ref, rate = await quoted(adapter)
    easypost.fail(fault)
    with pytest.raises(error):
        await adapter.buy(KEYS, ref, rate)
    easypost.recover()
    assert len(easypost.asked(f"/v2/shipments/{ref}/buy")) == 1
    done = fault in {Fault.LOST, Fault.LATE_ERROR, Fault.RUNNING}
    assert len(easypost.bought) == done
    assert (await adapter.bought(KEYS, ref) is not None) is done


async def test_a_label_is_never_bought_twice(adapter: Adapter, easypost: EasyPost) -> None:
    """A second purchase of the same shipment says that nobody knows, so that the caller looks."""
    ref, rate = await quoted(adapter)
    await adapter.buy(KEYS, ref, rate)
    with pytest.raises(OutcomeUnknown) as known:
        await adapter.buy(KEYS, ref, rate)
    assert known.value.code == "SHIPMENT.POSTAGE.EXISTS"
    assert len(easypost.bought) == 1


async def test_a_refused_purchase_costs_nothing(adapter: Adapter, easypost: EasyPost) -> None:
    """An unknown rate or shipment, and an account without money."""
    ref, rate = await quoted(adapter)
    with pytest.raises(Declined) as refused:
        await adapter.buy(KEYS, ref, "rate_of_another")
    assert refused.value.code == "SHIPMENT.RATE.INVALID"
    for unknown in ("shp_unknown", "../trackers?x=", "a/b#c"):
        with pytest.raises(Declined):
            await adapter.buy(KEYS, unknown, rate)
        with pytest.raises(Declined):
            await adapter.bought(KEYS, unknown)
    easypost.balance = Decimal("1.00")
    with pytest.raises(Declined) as poor:
        await adapter.buy(KEYS, ref, rate)
    assert poor.value.code == "PAYMENT_REQUIRED"
    assert easypost.bought == []


@pytest.mark.parametrize("fault", PASSING)
async def test_asking_again_gets_over_a_passing_fault(
    adapter: Adapter, easypost: EasyPost, fault: Fault
) -> None:
    """For what costs nothing: quotes, trackers and looking."""
    easypost.fail(fault)
    assert (await adapter.quote(KEYS, SENDING)).rates
    easypost.fail(fault)
    track = await adapter.follow(KEYS, "EZ2000000002", None)
    easypost.fail(fault)
    assert await adapter.where(KEYS, track.ref) == track
    assert len(easypost.trackers) == 1


@pytest.mark.parametrize("fault", [*Fault])
async def test_a_quote_that_fails_bought_nothing(adapter: Adapter, easypost: EasyPost, fault: Fault) -> None:
    """So nothing is ever unknown."""
    easypost.fail(*[fault] * 6)
    with pytest.raises(WrongKeys if fault is Fault.SHUT else Unavailable):
        await adapter.quote(KEYS, SENDING)
    assert easypost.bought == []


async def test_money_for_a_label_is_asked_back_once(adapter: Adapter, easypost: EasyPost) -> None:
    """Asked again, it says what became of it."""
    ref = await labelled(adapter)
    assert await adapter.void(KEYS, ref) is Voided.SUBMITTED
    for status in ("submitted", "refunded", "rejected"):
        easypost.settle_refund(ref, status)
        assert await adapter.void(KEYS, ref) is Voided(status)
    assert [each.method for each in easypost.requests if each.path.endswith("/refund")] == ["POST"]


@pytest.mark.parametrize("fault", [Fault.LOST, Fault.LATE_ERROR, Fault.RUNNING])
async def test_a_refund_whose_answer_was_lost_is_found(
    adapter: Adapter, easypost: EasyPost, fault: Fault
) -> None:
    """It is not asked for twice."""
    ref = await labelled(adapter)
    easypost.fail(fault, at="/refund")
    with pytest.raises(OutcomeUnknown):
        await adapter.void(KEYS, ref)
    assert await adapter.void(KEYS, ref) is Voided.SUBMITTED
    assert len([each for each in easypost.requests if each.path.endswith("/refund")]) == 1


async def test_ten_who_ask_for_the_money_at_once_all_hear_that_it_was_asked_for(adapter: Adapter) -> None:
    """Who comes second is refused, looks, and sees why."""
    ref = await labelled(adapter)
    assert set(await asyncio.gather(*(adapter.void(KEYS, ref) for _ in range(10)))) == {Voided.SUBMITTED}


async def test_what_was_never_paid_is_not_given_back(adapter: Adapter, easypost: EasyPost) -> None:
    """No label, or a carrier that takes its money later."""
    ref, rate = await quoted(adapter)
    with pytest.raises(Declined) as unbought:
        await adapter.void(KEYS, ref)
    assert unbought.value.code == "SHIPMENT.REFUND.UNAVAILABLE"
    await adapter.buy(KEYS, ref, rate)
    easypost.on_scan = {"USPS"}
    for _ in range(2):
        with pytest.raises(Declined) as later:
            await adapter.void(KEYS, ref)
        assert later.value.code == "not_applicable"


@pytest.mark.parametrize(
    ("code", "movement"),
    list(
        zip(
            CODES,
            [
                Movement.PRE_TRANSIT,
                Movement.IN_TRANSIT,
                Movement.OUT_FOR_DELIVERY,
                Movement.DELIVERED,
                Movement.RETURNING,
                Movement.FAILED,
                Movement.UNKNOWN,
            ],
            strict=True,
        )
    ),
)
async def test_the_codes_of_the_test_mode_are_followed(
    adapter: Adapter, easypost: EasyPost, code: str, movement: Movement
) -> None:
    """Twice is once; without a carrier EasyPost finds it out."""
    track = await adapter.follow(KEYS, code, None)
    assert (track.tracking_number, track.movement, track.carrier) == (code, movement, "USPS")
    assert (track.at, track.url) == (NOW, f"https://track.easypost.example/{track.ref}")
    assert await adapter.follow(KEYS, code, None) == await adapter.where(KEYS, track.ref) == track
    assert len(easypost.trackers) == 1
    assert easypost.asked("/v2/trackers")[0] == {"tracker": {"tracking_code": code}}


async def test_a_carrier_that_is_known_is_told(adapter: Adapter) -> None:
    """And a number that is none is declined, as is a tracker that is unknown."""
    assert (await adapter.follow(KEYS, "1Z999", "UPS")).carrier == "UPS"
    with pytest.raises(Declined):
        await adapter.follow(KEYS, " ", None)
    for unknown in ("trk_none", "../shipments", "ü/?"):
        with pytest.raises(Declined):
            await adapter.where(KEYS, unknown)


@pytest.mark.parametrize(
    ("status", "movement"),
    [
        ("available_for_pickup", Movement.READY_FOR_PICKUP),
        ("cancelled", Movement.CANCELLED),
        ("error", Movement.UNKNOWN),
        ("beamed_up", Movement.UNKNOWN),
    ],
)
async def test_a_webhook_tells_where_a_parcel_is(
    adapter: Adapter, easypost: EasyPost, status: str, movement: Movement
) -> None:
    """As looking would; what is new here is unknown, never an error."""
    track = await adapter.follow(KEYS, "EZ1000000001", None)
    easypost.move("EZ1000000001", status)
    said = await told(adapter, easypost)
    assert said.kind == "tracker.updated"
    assert said.news == (dataclasses.replace(track, movement=movement),)
    assert await adapter.where(KEYS, track.ref) == said.news[0]


async def test_events_about_other_things_are_no_news(adapter: Adapter, easypost: EasyPost) -> None:
    """They are kept by their id, and ignored."""
    track = await adapter.follow(KEYS, "EZ4000000004", None)
    easypost.tell("tracker.created", easypost.trackers[track.ref])
    assert (await told(adapter, easypost)).news == (track,)
    for kind, result in (
        ("refund.successful", {"id": "rfnd_1", "object": "Refund"}),
        ("tracker.updated", {"id": "batch_1", "object": "Batch"}),
        ("tracker.deleted", easypost.trackers[track.ref]),
    ):
        easypost.tell(kind, result)
        said = await told(adapter, easypost)
        assert (said.kind, said.news) == (kind, ())
        assert said.event_id.startswith("evt_")


@pytest.mark.parametrize("vector", vectors_of("easypost"), ids=str)
async def test_easypost_signs_as_in_its_own_samples(vector: Vector) -> None:
    """The verdict on every published delivery, and what the good ones say."""
    keys = KEYS.model_copy(update={"webhook_secret": SecretStr(vector.key["value"])})
    if vector.valid:
        await silent().verify(keys, vector.delivery())
        assert len(silent().read_webhook(vector.body).news) == 1
    else:
        with pytest.raises(BadSignature):
            await silent().verify(keys, vector.delivery())


async def test_only_body_and_secret_fit(adapter: Adapter, easypost: EasyPost) -> None:
    """One changed byte, another secret, none, or another header: refused."""
    await adapter.follow(KEYS, "EZ2000000002", None)
    good = arrived(easypost.move("EZ2000000002", "delivered"))
    await adapter.verify(KEYS, good)
    code = good.headers["x-hmac-signature"]
    for keys, bad in (
        (KEYS.model_copy(update={"webhook_secret": SecretStr("other")}), good),
        (EasyPostKeys(api_key=KEYS.api_key), good),
        (KEYS, dataclasses.replace(good, body=good.body.replace(b"delivered", b"cancelled"))),
        *(
            (KEYS, dataclasses.replace(good, headers=headers))
            for headers in (
                {},
                {"x-hmac-signature": ""},
                {"x-hmac-signature": code.removeprefix("hmac-sha256-hex=")},
                {"x-hmac-signature": f"{code}0"},
                {"x-hmac-signature": "hmac-sha256-hex=ünïcode\ud800"},
            )
        ),
    ):
        with pytest.raises(BadSignature):
            await adapter.verify(keys, bad)


async def test_without_a_secret_nothing_is_signed() -> None:
    """Not even with the empty one."""
    body = b"{}"
    signed = hmac.new(b"", body, hashlib.sha256).hexdigest()
    forged = Delivery(body, {"x-hmac-signature": f"hmac-sha256-hex={signed}"}, "", NOW)
    with pytest.raises(BadSignature):
        await silent().verify(EasyPostKeys(api_key=KEYS.api_key), forged)


@given(st.binary(max_size=200), st.text(max_size=100))
async def test_a_forged_delivery_is_a_bad_signature_and_nothing_else(body: bytes, code: str) -> None:
    """Whatever comes, the answer is the same refusal."""
    with pytest.raises(BadSignature):
        await silent().verify(KEYS, Delivery(body, {"x-hmac-signature": code}, "", NOW))


FLOATS = st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | FLOATS | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def anything(**usual: object) -> st.SearchStrategy[dict[str, Any]]:
    """An object of these fields, each as usual, of any other shape, or not there."""
    return st.fixed_dictionaries({}, optional={name: JSON | st.just(value) for name, value in usual.items()})


TRACKERS = anything(
    id="trk_1",
    object="Tracker",
    tracking_code="EZ1",
    status="delivered",
    carrier="USPS",
    updated_at="0001-01-01T00:00:00+23:00",
    public_url="https://track.example/1",
    status_detail="arrived",
)
RATES = st.builds(
    lambda rate, cents, currency: {**rate, "rate": f"{Decimal(cents) / 100:.2f}", "currency": currency},
    anything(id="rate_1", carrier="USPS", service="Ground", delivery_days=3),
    st.integers(0, 99_999),
    st.sampled_from(["USD", "CAD", "usd", "KWD"]),
) | anything(id="rate_1", carrier="USPS", service="Ground", rate="7.58", currency="USD")


@given(st.binary(max_size=300) | JSON.map(lambda found: json.dumps(found).encode()))
def test_arbitrary_bodies_are_unreadable_and_nothing_else(body: bytes) -> None:
    """What is no event of EasyPost's is a bad payload."""
    with pytest.raises(BadPayload):
        silent().read_webhook(body)


@given(anything(id="evt_1", description="tracker.updated", result={}), TRACKERS)
def test_an_event_of_any_shape_is_read_or_unreadable(event: dict[str, Any], tracker: dict[str, Any]) -> None:
    """Wrong types at any place end in a bad payload at most; what is read is fit to be shown."""
    if event.get("result") == {}:
        event["result"] = tracker
    try:
        said = silent().read_webhook(json.dumps(event).encode())
    except BadPayload:
        return
    for track in said.news:
        assert track.at is None or track.at.tzinfo is UTC
        assert track.url is None or track.url.startswith("https://")


@given(st.lists(RATES, max_size=40), st.lists(anything(carrier="USPS", message="No rate"), max_size=9))
def test_rates_of_any_shape_are_sorted_or_left_out(
    rates: list[dict[str, Any]], messages: list[dict[str, Any]]
) -> None:
    """At most 25, cheapest first, those in another currency last."""
    body = json.dumps({"id": "shp_1", "rates": rates, "messages": messages}).encode()
    quote = read_quote(parse(body), "USD")
    keys = [(each.currency != "USD", each.cents) for each in quote.rates]
    assert keys == sorted(keys)
    assert len(keys) <= 25
    assert len(quote.problems) <= 5


def test_only_amounts_that_the_shop_can_count_are_rates() -> None:
    """Cents and whole yen; no thousandths, fractions of a cent, floats or signs."""
    usual = {"id": "r", "carrier": "C", "service": "S"}
    amounts = [
        *(("7.58", "USD"), ("12", "USD"), ("1250", "JPY"), ("7.580", "USD"), ("-7.58", "USD")),
        *((7.58, "USD"), ("1.5", "JPY"), ("7.58", "KWD"), ("7.58", None), ("NaN", "USD"), ("1e9", "USD")),
    ]
    rates = [{**usual, "rate": rate, "currency": currency} for rate, currency in amounts]
    found = read_quote(parse(json.dumps({"id": "s", "rates": rates}).encode()), "USD")
    assert [(each.cents, each.currency) for each in found.rates] == [
        (758, "USD"),
        (1200, "USD"),
        (1250, "JPY"),
    ]


@pytest.mark.parametrize(
    ("url", "shown"),
    [("https://t.example/1", True), ("http://t.example/1", False), ("javascript:x", False), (None, False)],
)
def test_only_safe_addresses_are_links(url: str | None, shown: bool) -> None:
    """And none that is endless."""
    found = {"id": "trk_1", "tracking_code": "1", "public_url": url}
    assert (read_track(found).url == url) is (shown or url is None)
    assert read_track({**found, "public_url": f"https://{'x' * 500}"}).url is None


async def test_the_test_tells_good_keys_from_bad(adapter: Adapter, easypost: EasyPost) -> None:
    """It asks for nothing that is anybody's."""
    await adapter.test(KEYS)
    await adapter.test(KEYS.model_copy(update={"api_key": SecretStr(f" {EasyPost.LIVE_KEY} ")}))
    assert {(each.method, each.path) for each in easypost.requests} == {("GET", "/v2/webhooks?page_size=1")}
    with pytest.raises(WrongKeys):
        await adapter.test(KEYS.model_copy(update={"api_key": SecretStr("EZTKwrong")}))
    easypost.fail(Fault.PAGE_OK)
    with pytest.raises(Unavailable):
        await adapter.test(KEYS)


@pytest.mark.parametrize("key", ["line\nbreak: injected", "schlüssel", "\x00"])
async def test_a_key_that_fits_no_header_is_a_wrong_key(
    adapter: Adapter, easypost: EasyPost, key: str
) -> None:
    """What staff pasted wrongly is never sent, nor shown."""
    with pytest.raises(WrongKeys) as refused:
        await adapter.test(KEYS.model_copy(update={"api_key": SecretStr(key)}))
    assert key not in str(refused.value)
    assert easypost.requests == []


async def test_keys_and_addresses_are_never_shown(
    adapter: Adapter, easypost: EasyPost, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither their repr, nor an error, nor the log quotes them."""
    caplog.set_level(logging.DEBUG)
    ref, rate = await quoted(adapter)
    easypost.fail(Fault.DOWN)
    with pytest.raises(OutcomeUnknown) as error:
        await adapter.buy(KEYS, ref, rate)
    everything = f"{KEYS!r} {error.value!r} {caplog.text}"
    assert "provider_unavailable" in caplog.text
    assert EasyPost.KEY not in everything
    assert EasyPost.WEBHOOK_SECRET not in everything
    assert "Garden" not in everything
