"""Every kind of record is in the panel, says only what is true of it, and is read by an index."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, get_args, get_origin

import pytest
from motor.motor_asyncio import AsyncIOMotorClient

from models import browsing
from models.base import Db
from models.registry import all_documents, create_indexes
from models.tenant import BotConfig, Tenant
from services.access import Access, Permission
from services.panel import declared
from services.panel.contract import Declared, PanelSection, Scope
from services.panel.desk import Panel, enumeration, options, search_hint
from services.panel.naming import Naming
from services.panel.reading import is_long, longest
from services.shops import Shop
from tests.models.samples import sample
from tests.models.test_queries import Recorder, fault
from tests.services.conftest import OWNER
from tests.services.panel.stored import alone, crowd

SHARED = Path(__file__).parents[4] / "shared" / "data-dictionary.json"
every_kind = pytest.mark.parametrize("kind", declared().values(), ids=lambda kind: kind.code)
NO_HAND_ON = {
    "InventorySnapshot", "InventoryTransaction", "Payment", "Shipment", "Entitlement", "Identity", "Provider",
    "WebhookEvent", "AuditLog", "OutboxEffect", "DigitalKey", "DigitalFile", "RoleAssignment",
    "CommunityFundContribution", "CommunityFundDisbursement", "UserSettings", "UserTheme",
}  # fmt: skip


def test_every_record_is_declared_once() -> None:
    """Whatever is stored can be looked at, in one of four sections that a menu can hold."""
    assert sorted(kind.name for kind in declared().values()) == sorted(
        document.__name__ for document in all_documents()
    )
    for section in PanelSection:
        assert 1 <= sum(kind.section is section for kind in declared().values()) <= 25


def test_every_record_of_the_owners_dictionary_is_there() -> None:
    """Also by its name there."""
    if not SHARED.exists():
        pytest.skip("the owner's data dictionary is not beside this checkout")
    wanted = set(json.loads(SHARED.read_text())["persisted"])
    assert wanted <= {kind.name for kind in declared().values()}


@every_kind
def test_every_field_that_is_named_exists(kind: Declared) -> None:
    """Columns, filters, forms, links and what is hidden, in the record or in the one that is meant."""
    names = browsing.names_of(kind.model)
    own = [
        *(name.partition(".")[0] for name in (*kind.columns, *kind.search)),
        *(each.field for each in kind.filters),
        *kind.editable, *kind.hidden, *kind.moves,
        *(link.field for link in kind.links),
        *(way.field for way in kind.ways if way.field not in {"", "_id"}),
        *(related.own for related in kind.related if related.own != "_id"),
    ]  # fmt: skip
    assert set(own) <= set(names)
    for link in kind.links:
        assert link.by in {"_id", *browsing.names_of(declared()[link.to].model)}
    for related in kind.related:
        assert related.field in browsing.names_of(declared()[related.to].model)
    assert kind.code.isascii()
    assert kind.code.isalnum()
    assert len(kind.code) <= 9


@every_kind
def test_what_is_changed_can_be_typed_and_takes_a_key(kind: Declared) -> None:
    """At most five texts to a form, each text, number or amounts; the rest are switches and choices."""
    names = browsing.names_of(kind.model)
    assert bool(kind.editable) == (kind.edits is not None)
    assert not {*kind.editable} & {"tenantId", "createdAt", "updatedAt", *kind.hidden, *kind.moves}
    assert len(kind.forms) + len(kind.switches) + len(kind.choices) <= 25
    for form in kind.forms:
        assert 1 <= len(form.fields) <= 5
        for field in form.fields:
            annotation = kind.model.model_fields[names[field]].annotation
            simple = {annotation, *get_args(annotation)} & {str, int}
            assert simple or (get_origin(annotation) is list and field.endswith("Cents")), field
            assert longest(kind.model, field) <= 4000
            assert is_long(kind.model, field) in {True, False}
    for field in kind.switches:
        assert options(kind, field) == [True, False]
    for field in kind.choices:
        assert 2 <= len(list(enumeration(kind.model.model_fields[names[field]].annotation))) <= 25


def test_what_must_not_be_edited_by_hand_is_not() -> None:
    """Ledger, money, secrets and what the shop wrote down; whatever has a card of its own says where."""
    for kind in declared().values():
        if kind.name in NO_HAND_ON:
            assert not kind.editable, kind.name
    hidden = {(kind.name, name) for kind in declared().values() for name in kind.hidden}
    assert {("Provider", "config"), ("Identity", "secrets"), ("DigitalKey", "sealed")} <= hidden
    assert all(kind.looks in Permission and kind.edits in {None, *Permission} for kind in declared().values())


@pytest.fixture
def recorder() -> Recorder:
    """What was sent in this test."""
    return Recorder()


@pytest.fixture
async def recorded(mongo_uri: str, database_name: str, recorder: Recorder) -> AsyncIterator[Db]:
    """A database whose commands are kept."""
    client = AsyncIOMotorClient[dict[str, Any]](mongo_uri, tz_aware=True, event_listeners=[recorder])
    db = Db(client=client, database=database_name)
    await create_indexes(db)
    yield db
    client.close()


@every_kind
async def test_every_list_is_read_by_an_index(recorded: Db, recorder: Recorder, kind: Declared) -> None:
    """A page, a filtered page, a search and related records neither scan nor sort nor read the crowd."""
    for tenant_id in ("a", "b") if kind.scope is not Scope.SYSTEM else ("a",):
        made = await crowd(recorded, kind, tenant_id)
    config = sample(BotConfig, tenant_id="b")
    shop = Shop(sample(Tenant, tenant_id="b", owner_user_id=OWNER.discord_id), config)
    recorder.seen.clear()
    await _look(Panel(recorded, Access(recorded)), shop, kind, made[-1].key)
    assert len(recorder.seen) > 2
    assert [told for command in recorder.seen if (told := await fault(recorded, command))] == []


@every_kind
async def test_names_of_a_page_are_read_at_once(recorded: Db, recorder: Recorder, kind: Declared) -> None:
    """By an index: the records in one query, and what their names lead to in one more for each."""
    made = await crowd(recorded, kind, "b")
    config = sample(BotConfig, tenant_id="b")
    shop = Shop(sample(Tenant, tenant_id="b", owner_user_id=OWNER.discord_id), config)
    recorder.seen.clear()
    wanted = [(kind.name, each.key) for each in made[:10]]
    called = await Naming(recorded, Access(recorded)).called(shop, OWNER, wanted)
    own = not kind.single and getattr(made[0], "tenant_id", None) == "b"
    assert set(called) == (set(wanted) if own else set())
    assert len(recorder.seen) <= 2
    assert not own or [told for command in recorder.seen if (told := await fault(recorded, command))] == []


def test_every_field_that_names_a_record_exists() -> None:
    """And is one that may be seen."""
    for kind in declared().values():
        assert set(kind.called_by) <= set(browsing.names_of(kind.model)) - set(kind.hidden), kind.code


async def _look(panel: Panel, shop: Shop, kind: Declared, key: str) -> None:
    listed = await panel.page(shop, OWNER, kind.code)
    if kind.scope is not Scope.USERS:
        assert listed.total == (1 if alone(kind.model) else 40)
    if kind.scope is Scope.OWN:  # of others, the rows are read before pages are skipped
        await panel.page(shop, OWNER, kind.code, page=2)
    for at, each in enumerate(kind.filters):
        for number in range(len(options(kind, each.field))):
            signs = "0" * at + "123456789abcdefghijkl"[number]
            await panel.page(shop, OWNER, kind.code, filters=signs)
    if kind.search:
        await panel.page(shop, OWNER, kind.code, query="nothing has this")
        await panel.page(shop, OWNER, kind.code, query=key)
    for number in range(len(kind.related)):
        await panel.related(shop, OWNER, kind.code, key, number)
    assert all(search_hint(kind, name) for name in kind.search)
    if kind.scope is not Scope.USERS:
        assert (await panel.one(shop, OWNER, kind.code, key)).key == key
    await panel.past(shop, OWNER, kind.code, key) if kind.scope is not Scope.USERS else None
