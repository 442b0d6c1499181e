"""Codes of closed lists read as words in the panel and in the audit log."""

from enum import Enum
from typing import Any, get_args

import pytest

from cogs._ui.words import Words, languages
from cogs.admin._panel_fields import FIELDS
from cogs.admin._panel_values import said, text
from cogs.admin._panel_within import WITHIN
from cogs.admin._value_words import _FIELDS, _TABLES, enum_word, enumerations, value_word
from models import browsing
from models.base import Document, Part
from services.panel import declared
from services.panel.contract import Declared

ENGLISH, GERMAN = Words.of("en-US"), Words.of("de")
KINDS = declared()
every_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.code)


def parts(annotation: Any) -> list[Any]:
    """A type and every type within it."""
    return [annotation, *(part for each in get_args(annotation) for part in parts(each))]


@every_kind
def test_every_value_of_every_enumeration_has_words(kind: Declared) -> None:
    """In each language, and none of them is the code in capitals."""
    names = browsing.names_of(kind.model)
    shown = {
        stored: [
            each
            for each in parts(kind.model.model_fields[name].annotation)
            if isinstance(each, type) and issubclass(each, Enum)
        ]
        for stored, name in names.items()
        if stored not in kind.hidden
    }
    known = enumerations(kind.model)
    assert {stored for stored, found in shown.items() if found} <= set(known)
    for stored, of in known.items():
        for value in of:
            for language in ["en", *languages()]:
                words = value_word(kind, stored, value.value, Words.of(language))
                assert words, (stored, value)
                assert not (words.isupper() and "_" in words), (stored, value)


def test_no_table_has_words_for_what_is_gone() -> None:
    """Each enumeration is whole, and each field of codes exists."""
    for of, table in _TABLES.items():
        assert set(table) == set(of), of
    beside = {("order", "state")}
    for code, field in set(_FIELDS) - beside:
        assert field in within(KINDS[code].model), (code, field)


def within(model: type[Document | Part], before: str = "") -> set[str]:
    """The stored names of a record's fields and of what stands within them, such as parcels.state."""
    found = set[str]()
    for stored, name in browsing.names_of(model).items():
        found.add(f"{before}{stored}")
        for each in parts(model.model_fields[name].annotation):
            if isinstance(each, type) and issubclass(each, Part):
                found |= within(each, f"{before}{stored}.")
    return found


@every_kind
def test_what_stands_within_a_field_has_a_name(kind: Declared) -> None:
    """In each language; nobody has to read the dictionary's names."""
    shown = {each.rpartition(".")[2] for each in within(kind.model) if "." in each} - {"tenantId"}
    assert {each for each in shown if each not in WITHIN and each not in FIELDS} == set()


def test_what_stands_within_a_field_is_read_part_by_part() -> None:
    """Each entry on a line of its own on a card, in one line in a menu; what is empty is left out."""
    items = [
        {"name": "Mug *blue*", "quantity": 2, "unitPriceCents": 1500, "rolesSnapshot": [], "tenantId": "t"},
        {"name": "Hat", "quantity": 1, "unitPriceCents": 900},
    ]
    order = KINDS["order"]
    assert said("items", items, "USD", ENGLISH, kind=order) == (
        "\n• Name: Mug \\*blue\\* · Quantity: 2 · Price of one: $15.00"
        "\n• Name: Hat · Quantity: 1 · Price of one: $9.00"
    )
    assert (
        text("items", items[1:], "USD", GERMAN, kind=order)
        == "• Name: Hat · Menge: 1 · Preis für eines: 9,00 $"
    )
    seen = said("items", items * 50, "USD", ENGLISH, kind=order)
    assert seen.endswith("…")
    assert len(seen) < 900


@pytest.mark.parametrize(
    ("code", "field", "value", "english"),
    [
        ("order", "history", [{"what": "PAID"}], "\n• What happened: Paid"),
        ("order", "shippingAddress", {"city": "Köln", "country": "DE"}, "Town: Köln · Country: Germany"),
        ("payment", "refunds", [{"state": "done", "amountCents": 5}], "\n• State: made · Amount: $0.05"),
        ("order", "customer", {"discordId": "123456789012345678"}, "Discord account: <@123456789012345678>"),
        ("config", "nothing", [[1, 2], [3]], "1, 2, 3"),
        ("config", "nothing", {"a": None}, "–"),  # noqa: RUF001 - a dash, where nothing is
        ("config", "nothing", [], "–"),  # noqa: RUF001 - as above
    ],
)
def test_codes_within_a_field_are_said_in_words(code: str, field: str, value: object, english: str) -> None:
    """As they are where they stand by themselves."""
    assert said(field, value, "USD", ENGLISH, kind=KINDS[code]) == english


@pytest.mark.parametrize(
    ("code", "field", "value", "english", "german"),
    [
        ("order", "status", "PENDING_PAYMENT", "waiting for payment", "noch nicht bezahlt"),
        ("order", "paymentMethod", "CASHAPP_PAY", "Cash App Pay", "Cash App Pay"),
        ("cart", "paymentMethod", "ZELLE", "Zelle", "Zelle"),
        (
            "payment",
            "status",
            "awaiting_admin_approval",
            "being checked by the staff",
            "beim Team in Prüfung",
        ),
        ("discount", "type", "AMOUNT", "a fixed amount", "ein fester Betrag"),
        ("order", "cancelReason", "hold_ended", "It was not paid in time.", None),
        ("audit", "action", "payment.refund", "Gave money back", "Geld zurückgegeben"),
        ("audit", "entityType", "Product", "Products", "Artikel"),
        ("provider", "type", "easypost", "EasyPost", "EasyPost"),
        ("effect", "urgency", 0, "money and keys", "Geld und Schlüssel"),
        ("order", "state", "sent", "on its way", "unterwegs"),
    ],
)
def test_a_value_is_said_in_words(
    code: str, field: str, value: str | int, english: str, german: str | None
) -> None:
    """On cards and in menus."""
    for w, words in ((ENGLISH, english), (GERMAN, german)):
        if words is not None:
            assert text(field, value, "USD", w, kind=KINDS[code]) == words
            assert said(field, value, "USD", w, kind=KINDS[code]) == words


def test_several_values_are_said_one_by_one() -> None:
    """Such as the ways to pay that are on, and the keys of a role."""
    ways = ["ZELLE", "CASHAPP_PAY"]
    assert said("enabledPaymentMethods", ways, "USD", ENGLISH, kind=KINDS["config"]) == "Zelle, Cash App Pay"
    keys = said("permissionKeys", ["order.view", "x.y"], "USD", ENGLISH, kind=KINDS["role"])
    assert keys == "Look at orders, x.y"


@pytest.mark.parametrize("field", ["status", "paymentMethod", "notes", "cancelReason", "nothing"])
def test_what_no_list_knows_stays_as_it_is(field: str) -> None:
    """A code of another version, and any text of a person; and without a kind nothing is translated."""
    assert said(field, "GONE_SINCE", "USD", ENGLISH, kind=KINDS["order"]) == "GONE\\_SINCE"
    assert text(field, "PAID", "USD", ENGLISH) == "PAID"
    assert text("notes", "PAID", "USD", ENGLISH, kind=KINDS["order"]) == "PAID"
    assert enum_word(next(iter(_TABLES)), "GONE_SINCE", ENGLISH) is None
