"""Before and after read side by side, whatever was written down."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cogs._ui.text import width
from cogs._ui.words import Words
from cogs.admin._act_details import DETAILS
from cogs.admin._changes import changes
from cogs.admin._panel_fields import FIELDS
from cogs.admin._panel_values import NOTHING, said, text, value_of
from models.audit import AuditLog
from tests.acts import ROOT
from tests.models.samples import NOW

ENGLISH, GERMAN = Words.of("en-US"), Words.of("de")
PERSON = "157530655432271462"
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=4000) | st.just(NOW),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)
PARTS = st.dictionaries(st.sampled_from(["name", "priceCents", "roleIds", "x", "*y*"]), VALUES, max_size=4)


def act(action: str = "a.b", of: str = "Product", **meta: Any) -> AuditLog:
    """An act with this written down."""
    return AuditLog(tenant_id="t", actor_id="1", action=action, entity_type=of, entity_id="f" * 24, meta=meta)


@given(PARTS, PARTS)
def test_any_change_fits_a_card_and_pings_nobody(before: dict[str, Any], after: dict[str, Any]) -> None:
    """However long and however deep."""
    shown = changes(act(before=before, after=after), "USD", ENGLISH)
    assert 0 < width(shown) <= 4096
    assert "@everyone" not in shown
    assert "```" not in shown


def test_a_change_says_what_was_and_what_became() -> None:
    """Fields by their names, amounts as amounts, people and roles as Discord shows them."""
    meta: dict[str, Any] = {
        "before": {"name": "Mug", "priceCents": 1500, "isActive": True},
        "after": {"name": "Cup", "priceCents": 900, "isActive": True, "grantedRoleIds": [PERSON]},
    }
    assert changes(act(**meta), "USD", ENGLISH).splitlines() == [
        "**Name**: Mug → Cup",
        "**Price**: $15.00 → $9.00",
        "**Active**: yes",
        f"**Granted roles**: <@&{PERSON}>",
    ]
    assert "**Preis**: 15,00 $ → 9,00 $" in changes(act(**meta), "USD", GERMAN)


@pytest.mark.parametrize(
    ("action", "of", "after", "line"),
    [
        ("order.cancel", "Order", {"status": "CANCELLED"}, "**State**: cancelled"),
        ("ship.sent", "Order", {"state": "sent"}, "**State**: on its way"),
        ("payment.refund", "Payment", {"amount": 1500}, "**Amount**: $15.00"),
        (
            "fund.disburse",
            "CommunityFundDisbursement",
            {"amount": 1500, "currency": "JPY"},
            "**Amount**: ¥1,500",
        ),
        ("flag.switch", "FeatureFlag", {"flag": "waitlist"}, "**Part of the shop**: Waiting list"),
        ("alert.read_all", "Tenant", {"type": "LOW_INVENTORY"}, "**Kind**: Low stock"),
        ("queue.by_hand", "Order", {"what": "parcel"}, "**What had not arrived**: A parcel"),
        ("data.export", "Tenant", {"kind": "orders"}, "**Kind**: orders"),
        ("order.note", "Order", {"note": "PAID"}, "**Note**: PAID"),
        ("customer.merge", "Customer", {"orders.customerId": 3}, "**Orders**: 3"),
        ("provider.keys", "ProviderCredential", {"webhook_secret": "x"}, "**Webhook secret**: ••••"),
        ("product.create", "Product", {"tenantId": "t", "name": "Mug"}, "**Name**: Mug"),
        ("config.edit", "BotConfig", {"x*y": {"@everyone": 1}}, "**x\\*y**: @\u200beveryone: 1"),
        ("config.edit", "BotConfig", {"responseMode": "DM"}, "**Place of answers**: by direct message"),
    ],
)
def test_codes_and_amounts_are_read_as_what_they_are(
    action: str, of: str, after: dict[str, Any], line: str
) -> None:
    """Also those that stand in no record."""
    assert line in changes(act(action, of, after=after), "USD", ENGLISH).splitlines()


def test_every_detail_is_written_down_somewhere() -> None:
    """Words for a name that is gone would only be in the way."""
    sources = [path.read_text() for room in ("services", "models") for path in (ROOT / room).rglob("*.py")]
    words = {word for source in sources for word in re.findall(r"\w+", source)}
    assert [name for name in DETAILS if name not in words] == []
    assert not set(DETAILS) & set(FIELDS)


def test_acts_of_other_shapes_are_read_too() -> None:
    """Nothing written down, or not as before and after."""
    assert changes(act(), "USD", ENGLISH) == "Nothing was written down with it."
    assert changes(act(before="x", after=3), "USD", ENGLISH) == "Nothing was written down with it."


def test_values_are_shown_by_what_they_are() -> None:
    """A person is mentioned only where a person stands, and a number that merely looks like one is not."""
    assert said("actorId", PERSON, "USD", ENGLISH) == f"<@{PERSON}>"
    assert said("name", PERSON, "USD", ENGLISH) == PERSON
    assert said("actorId", "42", "USD", ENGLISH) == "42"
    assert said("adminChannelId", PERSON, "USD", ENGLISH) == f"<#{PERSON}>"
    assert said("name", None, "USD", ENGLISH) == NOTHING
    assert said("at", NOW, "USD", ENGLISH).startswith("<t:")
    assert text("isActive", value=False, currency="USD", w=GERMAN) == "nein"
    assert text("totalCents", 1200, "JPY", ENGLISH) == "¥1,200"
    assert value_of({"customer": {"discordId": "7"}}, "customer.discordId") == "7"
    assert value_of({"customer": None}, "customer.discordId") is None
