import json
import re
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest
from pydantic.fields import FieldInfo

from models.address import Address
from models.base import Document, Part
from models.customer import Customer, NoticePreferences
from models.dictionary import enum_of, fields, is_required, markdown, type_of
from models.fund import CommunityFundConfig
from models.order import Order, OrderStatus
from models.product import Product
from models.registry import all_documents
from models.shipment import Shipment
from models.tenant import BotConfig
from tests.models.samples import sample

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared" / "data-dictionary.json"
TYPES = {"String": {"String"}, "Number": {"Integer", "Decimal"}, "Boolean": {"Boolean"}, "Date": {"Date"}}

type Kind = type[Document | Part]


@pytest.fixture(scope="module")
def shared() -> dict[str, Any]:
    """The owner's dictionary."""
    if not SHARED.exists():
        pytest.skip("the owner's data dictionary is not beside this checkout, so there is nothing to compare")
    found: dict[str, Any] = json.loads(SHARED.read_text())
    return found


def pairs(shared: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], FieldInfo | None]]:
    """(record.field, the owner's words, our definition) for everything that the owner wants stored."""
    kinds: dict[str, Kind] = {kind.__name__: kind for kind in all_documents()} | {"Address": Address}
    for name, record in (shared["persisted"] | shared["embedded"]).items():
        ours = dict(fields(kinds[name]))
        for field, words in record["fields"].items():
            yield f"{name}.{field}", words, ours.get(field)


def listed(description: str) -> set[str]:
    """The values of an enumeration, where its description lists them."""
    inside = re.search(r"\(includes .*?: (.*)\)", description)
    words = re.split(r",? or |, ", inside[1] if inside else re.split(r" [—(]", description)[0])
    return {word for word in words if " " not in word}


def test_the_written_dictionary_is_what_the_models_say() -> None:
    """When this fails, run `make docs`."""
    assert (ROOT / "docs/data-dictionary.md").read_text() == markdown()


def test_every_record_is_stored_under_the_owner_s_name(shared: dict[str, Any]) -> None:
    """Class and collection are the dictionary's."""
    ours = {kind.__name__: kind.__collection__ for kind in all_documents()}
    theirs = {name: record["collection"] for name, record in shared["persisted"].items()}
    assert theirs
    assert theirs.items() <= ours.items()


def test_every_field_is_there_and_required_as_the_owner_says(shared: dict[str, Any]) -> None:
    """Yes means never null, No means null is taken, Auto means stamped."""
    wrong = [
        name
        for name, words, field in pairs(shared)
        if field is None or is_required(field) is (words["required"] == "No")
    ]
    assert wrong == []


def test_every_field_has_the_owner_s_type(shared: dict[str, Any]) -> None:
    """Numbers are whole or decimal, lists are lists, enumerations are enumerations."""
    assert [name for name, words, field in pairs(shared) if field and not fits(words["type"], field)] == []


def fits(wanted: str, field: FieldInfo) -> bool:
    """Whether our definition is of the wanted type."""
    if wanted == "enum":
        return enum_of(field) is not None
    ours = type_of(field.annotation)
    if wanted.startswith("[") or wanted.endswith("[]"):
        return ours.endswith("]")
    if wanted not in TYPES:
        return "Mixed" in ours or "](#" in ours
    return ours in TYPES[wanted] or (wanted == "String" and enum_of(field) is not None)


def test_every_value_that_the_owner_lists_may_be_stored(shared: dict[str, Any]) -> None:
    """Our enumerations hold at least the owner's values."""
    unlisted = set()
    for name, words, field in pairs(shared):
        if words["type"] != "enum":
            continue
        kind = enum_of(field) if field else None
        assert kind is not None, name
        assert listed(words["description"]) <= {str(value) for value in kind}, name
        if not listed(words["description"]):
            unlisted.add(name)
    assert unlisted == {"OrderSession.state", "Payment.method"}


def test_every_default_that_the_owner_gives_is_ours(shared: dict[str, Any]) -> None:
    """A new record starts as the owner's dictionary says."""
    for name, words, field in pairs(shared):
        given = words.get("default", "See")
        if given != "—" and not given.startswith("See"):
            assert field is not None
            assert field.get_default(call_default_factory=True) == json.loads(given), name


def test_defaults_that_the_dictionary_gives_in_words() -> None:
    """Notices are on, lists are empty, visibility is inherited, old orders carry no tax."""
    customer = sample(Customer)
    assert customer.dm_opt_out is False
    assert customer.dm_preferences == customer.email_preferences == NoticePreferences()
    assert all(NoticePreferences().model_dump().values())
    assert sample(BotConfig).shipping_types == []
    assert sample(Product).qty_visibility == "inherit"
    assert sample(Order).tax_amount_cents == 0
    assert sample(Shipment).metadata == {}
    assert "not tax-deductible" in sample(CommunityFundConfig).disclaimer_text
    assert {"{donor}", "{amount}"} <= set(
        re.findall(r"{\w+}", sample(CommunityFundConfig).celebration_message_template)
    )


def test_an_order_may_be_partly_refunded() -> None:
    """The one value that the owner's product page adds to the dictionary."""
    assert OrderStatus("PARTIALLY_REFUNDED") in OrderStatus


def test_every_record_and_part_has_its_table_and_every_link_its_target() -> None:
    """Nothing that can be stored is left out."""
    text = markdown()
    sections = re.findall(r"^### (\w+)", text, re.MULTILINE)
    assert len(sections) == len(set(sections))
    assert set(sections) > {kind.__name__ for kind in all_documents()}
    assert {name.lower() for name in sections} >= set(re.findall(r"\(#(\w+)\)", text))
    assert {"Address", "OrderItem", "SavedAddress", "ShippingType", "StockHold"} <= set(sections)


@pytest.mark.parametrize(
    "row",
    [
        "| `tenantId` | String | yes |  |  |",
        "| `quantity` | Integer | yes |  | at least 1 |",
        "| `percent` | Decimal | no | `null` | Above 0, at most 100 |",
        "| `severity` | enum: `INFO`, `WARN`, `ERROR` | yes |  |  |",
        "| `addresses` | [[SavedAddress](#savedaddress)] | yes | `[]` |  |",
        "| `shippingAddress` | [Address](#address) | no | `null` |  |",
        "| `createdAt` | Date | yes | now |  |",
        "| `code` | String | no | `null` | 1 to 40 characters |",
        "- `tenantId`, `productId` **unique**",
        "- `tenantId`, `code` **unique** where `code` is set",
        '- `doneAt` where `status` is `"DONE"`, removed 2592000 s after it',
        "- `holds.takenAt` where `holds.takenAt` is there",
    ],
)
def test_a_table_says_type_need_default_and_limits(row: str) -> None:
    """Rows as a reader sees them."""
    assert row in markdown().splitlines()


def test_types_of_any_kind_have_a_name() -> None:
    """The words used for Python's types."""
    assert [type_of(kind) for kind in (str, int, bool, datetime, Any)] == [
        "String",
        "Integer",
        "Boolean",
        "Date",
        "Mixed",
    ]
    assert type_of(list[str]) == "[String]"
    assert type_of(dict[str, Any] | None) == "Mixed"
    assert type_of(StrEnum("Size", ["S", "M"])) == "enum: `s`, `m`"
