"""Discord's webhook events: the signature comes first, and what is signed can be read or is refused."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from models.base import Db
from models.errors import NotFound
from models.platform_entitlement import EntitlementKind
from services import Services
from services.discord_events import DiscordSource, DiscordTold
from services.discord_purchases import DiscordEntitlements
from services.memories import Memories
from services.outbox import Outbox
from services.payments.processor import BadPayload, BadSignature, Delivery
from services.shops import Shop
from services.wakeups import Wakeups
from tests.fakes.discord_events import DiscordEvents
from tests.services.conftest import TestClock
from tests.services.payments.vectors import Vector, vectors_of

ENTITLEMENT = {"id": "1019653849998299136", "sku_id": "1019475255913222144", "type": 8, "user_id": "7"}
AT = datetime(2026, 11, 24, 12, 0, 0, 64_834, tzinfo=UTC)


@pytest.fixture
def discord() -> DiscordEvents:
    """The application's key at Discord."""
    return DiscordEvents()


@pytest.fixture
def source(db: Db, clock: TestClock, services: Services, discord: DiscordEvents) -> DiscordSource:
    """What checks and reads Discord's events."""
    return source_with(discord.public_key, db, clock, services)


def source_with(key: str | None, db: Db, clock: TestClock, services: Services) -> DiscordSource:
    """The same with another key, or none."""
    outbox = Outbox(db, Wakeups(None))
    entitlements = DiscordEntitlements(db, clock, shops=services.shops, outbox=outbox, flags=services.flags)
    return DiscordSource(key, Memories(clock, Wakeups(None)), shops=services.shops, entitlements=entitlements)


@pytest.mark.parametrize("vector", vectors_of("discord"), ids=str)
async def test_signatures_get_their_verdict(
    db: Db, clock: TestClock, services: Services, shop: Shop, vector: Vector
) -> None:
    """What Discord signed passes and can be read, what was tampered with does not pass."""
    source = source_with(vector.key["value"], db, clock, services)
    try:
        await source.verify(shop.id, vector.delivery())
    except BadSignature:
        assert not vector.valid
    else:
        assert vector.valid
        source.read(vector.body)


@pytest.mark.parametrize("name", ["X-Signature-Ed25519", "X-Signature-Timestamp"])
@pytest.mark.parametrize("value", [None, "", "0", "ü" * 128, "\udce9" * 128, "٣" * 128, "0" * 130])
async def test_no_header_gets_by_or_breaks_the_check(
    source: DiscordSource, discord: DiscordEvents, shop: Shop, name: str, value: str | None
) -> None:
    """Missing, empty, too long, no hex, no ASCII, no text: a bad signature each."""
    ping = discord.ping()
    changed = {each: text for each, text in {**ping.headers, name: value}.items() if text is not None}
    headers = {each.lower(): text for each, text in changed.items()}
    with pytest.raises(BadSignature):
        await source.verify(shop.id, Delivery(ping.body, headers, "", AT))


async def test_without_key_or_shop_there_is_nothing(
    db: Db, clock: TestClock, services: Services, source: DiscordSource, discord: DiscordEvents, shop: Shop
) -> None:
    """An installation without a public key, and an address of no shop, are not found."""
    ping = discord.ping()
    delivery = Delivery(ping.body, {name.lower(): each for name, each in ping.headers.items()}, "", AT)
    await source.verify(shop.id, delivery)
    with pytest.raises(NotFound):
        await source.verify("nobody", delivery)
    with pytest.raises(NotFound):
        await source_with(None, db, clock, services).verify(shop.id, delivery)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-24T12:00:00.064834",
        "2026-11-24T12:00:00.064834Z",
        "2026-11-24T12:00:00.064834+00:00",
        "2026-11-24T14:00:00.064834+02:00",
    ],
)
def test_a_time_without_an_offset_is_in_utc(source: DiscordSource, discord: DiscordEvents, text: str) -> None:
    """However it is written, it is the same moment, cut to what the database keeps."""
    told = source.read(discord.event("ENTITLEMENT_CREATE", {**ENTITLEMENT, "ends_at": text}, text).body)
    assert told is not None
    [news] = told.news
    assert news.at == AT - timedelta(microseconds=834)
    assert news.ends_at == AT


def test_only_what_is_known_of_entitlements_is_acted_upon(
    source: DiscordSource, discord: DiscordEvents
) -> None:
    """A PING is no event; authorisations and kinds that Discord may add are kept and ignored, not refused."""
    assert source.read(discord.ping().body) is None
    kinds = ("APPLICATION_AUTHORIZED", "QUEST_USER_ENROLLMENT", "ENTITLEMENT_SPLIT", "ENTITLEMENT_")
    for kind in kinds:
        told = source.read(discord.event(kind, {"user": {"id": "7"}}, AT).body)
        assert told == DiscordTold(f"{kind}:7:2026-11-24T12:00:00.064834", kind)
    for kind in EntitlementKind:
        told = source.read(discord.event(f"ENTITLEMENT_{kind}", ENTITLEMENT, AT).body)
        assert told is not None
        assert [news.kind for news in told.news] == [kind]


@pytest.mark.parametrize(
    "change",
    [
        {"id": None},
        {"id": 12},
        {"id": "x"},
        {"id": "1" * 21},
        {"id": "٣٣"},
        {"sku_id": None},
        {"type": None},
        {"type": True},
        {"type": "8"},
        {"type": 10**30},
        {"user_id": 7},
        {"guild_id": []},
        {"ends_at": 12},
        {"ends_at": "soon"},
        {"starts_at": "0001-01-01T00:00:00+10:00"},
    ],
)
def test_a_malformed_entitlement_is_refused(
    source: DiscordSource, discord: DiscordEvents, change: dict[str, Any]
) -> None:
    """A field that is missing, of another kind or no time."""
    with pytest.raises(BadPayload):
        source.read(discord.event("ENTITLEMENT_CREATE", ENTITLEMENT | change, AT).body)


ANY_JSON = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(max_size=20),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
DATA = some.fixed_dictionaries(
    {},
    optional={
        name: ANY_JSON | some.from_regex(r"[0-9]{1,22}", fullmatch=True) | some.datetimes().map(str)
        for name in ("id", "sku_id", "user_id", "guild_id", "type", "deleted", "starts_at", "ends_at", "user")
    },
)
EVENT = some.fixed_dictionaries(
    {},
    optional={
        "type": ANY_JSON | some.sampled_from(["ENTITLEMENT_CREATE", "ENTITLEMENT_DELETE", "ENTITLEMENT_X"]),
        "timestamp": ANY_JSON | some.datetimes().map(str),
        "data": ANY_JSON | DATA | DATA.map(lambda data: {**ENTITLEMENT, **data}),
    },
)
BODY = some.binary(max_size=200) | some.fixed_dictionaries(
    {"type": some.sampled_from([0, 1, 1, 1, 1.0, True, "1", None]), "event": ANY_JSON | EVENT}
).map(lambda body: json.dumps(body).encode())


def test_whatever_is_signed_is_read_or_refused(source: DiscordSource) -> None:
    """No body raises anything but BadPayload, and what is read has an id to be kept by."""

    @settings(max_examples=500, deadline=None)
    @given(BODY)
    def read(body: bytes) -> None:
        try:
            told = source.read(body)
        except BadPayload:
            return
        assert told is None or (told.event_id and told.kind)

    read()
