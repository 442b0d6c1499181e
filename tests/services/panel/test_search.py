"""What is looked for in the panel is a text, never a pattern; pages and filters take whatever comes."""

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from models.base import Db
from services import Services
from services.panel import declared
from services.panel.contract import Declared
from services.panel.desk import options
from services.panel.hiding import HIDDEN, without
from services.panel.reading import is_needed, typed
from services.shops import Shop
from tests.services.conftest import ADA, OWNER, MakeProduct
from tests.services.panel.stored import CROWD, alone, crowd

SEARCHED = [kind for kind in declared().values() if kind.search]
FILTERED = [kind for kind in declared().values() if kind.filters]
quick = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@quick
@example(".*")
@example("\x00")
@example("(" * 300)
@example("\ud800")
@given(text=st.text(max_size=80))
@pytest.mark.parametrize("kind", SEARCHED, ids=lambda kind: kind.code)
async def test_any_text_can_be_looked_for(services: Services, shop: Shop, kind: Declared, text: str) -> None:
    """Nothing is found by chance, and nothing fails."""
    found = await services.panel.page(shop, OWNER, kind.code, query=text, page=7)
    assert found.page < found.pages
    assert len(found.rows) <= 10


async def test_a_name_is_found_by_any_part_in_any_case(
    services: Services, shop: Shop, product: MakeProduct
) -> None:
    """By its middle, by signs that patterns use, by id, and folded as names are."""
    odd = await product(name="Große (Tasse) 50% [rot]", sku="A.B*C")
    await product(name="Mug")
    for text in ("TASSE", "(tasse)", "große", "GROSSE", "b*c", "50%", odd.key):
        found = await services.panel.page(shop, OWNER, "product", query=text)
        assert [row["sku"] for row in found.rows] == ["A.B*C"], text
    assert (await services.panel.page(shop, OWNER, "product", query="A.B+C")).total == 0


@pytest.mark.parametrize("kind", FILTERED, ids=lambda kind: kind.code)
async def test_filters_share_out_what_there_is(
    db: Db, services: Services, shop: Shop, kind: Declared
) -> None:
    """The values of each filter together have every record once; two at once have those of both."""
    assert not alone(kind.model)
    await crowd(db, kind, shop.id)
    whole = (await services.panel.page(shop, OWNER, kind.code)).total
    assert whole >= CROWD
    for at, each in enumerate(kind.filters):
        counted = 0
        for number in range(len(options(kind, each.field))):
            sign = "0" * at + "123456789abcdefghij"[number]
            page = await services.panel.page(shop, OWNER, kind.code, filters=sign)
            assert {row[each.field] for row in page.rows} <= {options(kind, each.field)[number]}
            counted += page.total
        assert counted == whole
    unknown = await services.panel.page(shop, OWNER, kind.code, filters="z" * len(kind.filters))
    assert unknown.total == whole


async def test_a_searched_list_is_filtered_too(services: Services, shop: Shop, product: MakeProduct) -> None:
    """What is looked for, of what the filter leaves."""
    await product(name="Mug one")
    await product(name="Mug two", is_active=False)
    found = await services.panel.page(shop, OWNER, "product", filters="2", query="mug")
    assert [row["name"] for row in found.rows] == ["Mug two"]


async def test_links_say_what_they_lead_to(services: Services, shop: Shop, product: MakeProduct) -> None:
    """The ledger names products, not ids; so does a customer's note the customer."""
    mug = await product()
    page = await services.panel.page(shop, OWNER, "ledger")
    assert page.names["productId", mug.key] == "Mug"
    customer = await services.customers.of(shop, ADA)
    await services.customer_desk.add_note(shop, OWNER, customer.key, "Pays late")
    notes = await services.panel.page(shop, OWNER, "note")
    assert notes.names["customerId", customer.key] == "Ada"


def test_secrets_are_hidden_however_deep_they_lie() -> None:
    """By their names; what is not set stays not set."""
    row = {
        "items": [{"name": "Mug", "deliveryText": "hush", "deliveryLink": None}],
        "meta": {"after": {"config": "open", "clientSecret": "hush", "a": [{"apiKey": "hush"}]}},
        "payload": "hush",
        "body": b"12345",
    }
    shown = without(row, ["payload"])
    assert "hush" not in str(shown)
    assert shown["items"][0] == {"name": "Mug", "deliveryText": HIDDEN, "deliveryLink": None}
    assert shown["meta"]["after"]["config"] == "open"
    assert shown["body"] == "(5 bytes)"


def test_what_may_be_empty_and_what_may_not() -> None:
    """A form asks for what the record cannot be without; an empty text that may be empty stays one."""
    product, config = declared()["product"].model, declared()["config"].model
    assert is_needed(product, "name")
    assert is_needed(product, "priceCents")
    assert not is_needed(product, "description")
    assert not is_needed(config, "paymentInstructions")
    assert typed(config, "paymentInstructions", "", "USD") == ""
    assert typed(product, "costCents", "", "USD") is None
    assert typed(product, "priceCents", "1200", "JPY") == 1200
