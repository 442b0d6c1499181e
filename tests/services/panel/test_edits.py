"""Records are changed by form: as they are shown, by whoever may, and never over somebody else's change."""

import asyncio
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from models import browsing
from models.access import Role, RoleAssignment, User
from models.audit import AuditLog
from models.base import Db
from models.customer import Customer
from models.errors import BadInput, NotAllowed, NotFound, RecordChanged, Refused, ShopError
from models.flag import FeatureFlag, FlagScope
from models.fund import CommunityFundConfig
from models.member import Member
from models.product import Product
from models.tenant import Tenant
from services import Services
from services.access import Permission
from services.panel import declared
from services.panel.contract import Declared, Scope
from services.panel.desk import Record, options
from services.panel.reading import shown, typed
from services.shops import Shop
from tests.services.conftest import ADA, BOB, OWNER, MakeProduct
from tests.services.panel.stored import one

FORMS = [(kind, at) for kind in declared().values() for at in range(len(kind.forms))]
IDS = [f"{kind.code}-{kind.forms[at].name}" for kind, at in FORMS]
every_form = pytest.mark.parametrize(("kind", "at"), FORMS, ids=IDS)
CHANGED = [kind for kind in declared().values() if kind.editable]
HOSTILE = st.sampled_from(
    ["=1+1", "@everyone", "`", "\u202e", "\x00", "\ud800", "🧺", "ä", "<@&1>", "{donor}"]
)
TEXTS = st.one_of(
    st.text(max_size=60),
    st.lists(HOSTILE, max_size=4).map("".join),
    st.integers(-(10**12), 10**12).map(str),
    st.sampled_from(["", " ", "x" * 4000, "12.50", "12,5", "1e9", "https://x.example/a.png", "a@b.example"]),
)
quick = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


async def stored(db: Db, shop: Shop, kind: Declared) -> str:
    """The id of a record of this kind in the shop; the shop's own where there is one."""
    rows = await kind.model.find_all(db, browsing.of_tenant(shop.id), limit=1)
    made = rows[0] if rows else await one(kind, shop.id).insert(db)
    return made.key


async def opened(services: Services, shop: Shop, kind: Declared, key: str) -> Record:
    """The record as the owner sees it."""
    return await services.panel.one(shop, OWNER, kind.code, key)


def seen(record: Record) -> tuple[str, str, str]:
    """What an edit says of the record that it is about."""
    return record.kind.code, record.key, record.stamp


async def clerk(db: Db, shop: Shop, member: Member, *keys: str) -> Member:
    """A member who holds these keys by a role of the shop."""
    role = await Role(tenant_id=shop.id, name=member.username, permission_keys=list(keys)).insert(db)
    user = User(tenant_id=shop.id, username=member.username, display_name="x", discord_id=member.discord_id)
    await user.insert(db)
    await RoleAssignment(tenant_id=shop.id, user_id=user.key, role_id=role.key).insert(db)
    return member


@every_form
@quick
@given(data=st.data())
async def test_whatever_is_typed_is_stored_as_shown_or_refused(
    db: Db, services: Services, shop: Shop, kind: Declared, at: int, data: st.DataObject
) -> None:
    """For every field of every form: the form then shows what it takes for the same, or nothing moved."""
    key = await stored(db, shop, kind)
    before = await opened(services, shop, kind, key)
    texts = {field: data.draw(TEXTS, label=field) for field in kind.forms[at].fields}
    acts = await AuditLog.how_many_about(db, shop.id, kind.name, key)
    try:
        after = await services.panel_edits.fill(shop, OWNER, seen(before), at, texts)
    except BadInput:
        now = await opened(services, shop, kind, key)
        assert now.row == before.row
        assert await AuditLog.how_many_about(db, shop.id, kind.name, key) == acts
        return
    currency = str(after.row.get("currency") or shop.currency)
    for field, text in texts.items():
        again = shown(after.row.get(field), field, currency)
        assert typed(kind.model, field, again, currency) == after.row.get(field)
        if not field.endswith("Cents") and not text.strip().lstrip("-").isdigit():
            assert again == text.strip().replace("\r\n", "\n")
    kind.model.model_validate_doc(await whole(db, kind, key))


async def whole(db: Db, kind: Declared, key: str) -> dict[str, Any]:
    """The record as it is stored."""
    found = await browsing.one(db, kind.model, {}, key)
    assert found is not None
    return found


@every_form
@pytest.mark.parametrize("text", ["x" * 4000, "9" * 4000, "\x00" * 10, "\ud800"])
async def test_texts_that_are_far_too_long_or_no_texts_change_nothing(
    db: Db, services: Services, shop: Shop, kind: Declared, at: int, text: str
) -> None:
    """In each field at once."""
    key = await stored(db, shop, kind)
    before = await opened(services, shop, kind, key)
    with pytest.raises(BadInput):
        await services.panel_edits.fill(
            shop, OWNER, seen(before), at, dict.fromkeys(kind.forms[at].fields, text)
        )
    assert (await opened(services, shop, kind, key)).row == before.row


async def test_an_edit_is_kept_audited_and_marks_what_follows(
    services: Services, shop: Shop, product: MakeProduct
) -> None:
    """A product's folded name follows its name; the act says before and after, and only what changed."""
    mug = await product()
    record = await services.panel.one(shop, OWNER, "product", mug.key)
    texts = {"name": "Große Tasse", "description": "", "imageUrl": "https://x.example/a.png"}
    after = await services.panel_edits.fill(shop, OWNER, seen(record), 0, texts)
    assert after.row["nameFolded"] == "grosse tasse"
    found = await services.catalog.resolve(shop, "grosse tasse")
    assert (found.name, found.image_url) == ("Große Tasse", "https://x.example/a.png")
    (act,) = (await services.panel.past(shop, OWNER, "product", mug.key)).acts[:1]
    assert (act.action, act.actor_id) == ("panel.edit", OWNER.discord_id)
    assert act.meta["before"] == {"name": "Mug", "nameFolded": "mug", "imageUrl": None}
    assert act.meta["after"]["name"] == "Große Tasse"


async def test_the_same_again_is_no_act(db: Db, services: Services, shop: Shop, product: MakeProduct) -> None:
    """Whoever sends a form as it was changes nothing."""
    mug = await product()
    record = await services.panel.one(shop, OWNER, "product", mug.key)
    texts = {field: shown(record.row.get(field), field, "USD") for field in record.kind.forms[1].fields}
    before = await whole(db, record.kind, mug.key)
    await services.panel_edits.fill(shop, OWNER, seen(record), 1, texts)
    assert await whole(db, record.kind, mug.key) == before


async def test_of_two_editors_the_second_is_told(
    services: Services, shop: Shop, product: MakeProduct
) -> None:
    """One after the other and at once, whatever they change of the record; nothing is overwritten."""
    mug = await product()
    record = await services.panel.one(shop, OWNER, "product", mug.key)
    words = {"name": "Cup", "description": "", "imageUrl": ""}
    prices = {"sku": "CUP", "priceCents": "9.99", "costCents": ""}
    results = await asyncio.gather(
        services.panel_edits.fill(shop, OWNER, seen(record), 0, words),
        services.panel_edits.fill(shop, OWNER, seen(record), 1, prices),
        return_exceptions=True,
    )
    assert sorted(type(result).__name__ for result in results) == ["Record", "RecordChanged"]
    with pytest.raises(RecordChanged):
        await services.panel_edits.choose(shop, OWNER, seen(record), 0, "private")
    now = await services.panel.one(shop, OWNER, "product", mug.key)
    assert (now.row["name"] == "Cup") is not (now.row["sku"] == "CUP")


async def test_what_changes_by_itself_stops_no_editor(db: Db, services: Services, shop: Shop) -> None:
    """A customer who clicks meanwhile takes nobody's edit away."""
    customer = await services.customers.of(shop, ADA)
    record = await services.panel.one(shop, OWNER, "customer", customer.key)
    await services.customers.of(shop, Member(ADA.discord_id, "ada2", "Ada the Second"))
    texts = {"email": "ada@example.com", "phone": "", "notes": "Pays late"}
    after = await services.panel_edits.fill(shop, OWNER, seen(record), 0, texts)
    assert after.row["discordDisplayName"] == "Ada the Second"
    assert (await Customer.get(db, shop.id, customer.key)).email == "ada@example.com"  # type: ignore[union-attr]


async def test_a_sku_that_is_taken_is_refused(services: Services, shop: Shop, product: MakeProduct) -> None:
    """In words, and the transaction is undone."""
    mug, _ = await product(), await product(name="Cup")
    record = await services.panel.one(shop, OWNER, "product", mug.key)
    texts = {"sku": "CUP", "priceCents": "1", "costCents": ""}
    with pytest.raises(ShopError) as refused:
        await services.panel_edits.fill(shop, OWNER, seen(record), 1, texts)
    assert vars(refused.value) == {"field": "sku"}
    assert (await services.panel.one(shop, OWNER, "product", mug.key)).row["priceCents"] == 1500


@pytest.mark.parametrize("kind", CHANGED, ids=lambda kind: kind.code)
async def test_switches_and_choices_set_every_value(
    db: Db, services: Services, shop: Shop, kind: Declared
) -> None:
    """There and back again; a value that the field does not have is refused."""
    key = await stored(db, shop, kind)
    for at, field in enumerate(kind.switches):
        for _ in range(2):
            record = await opened(services, shop, kind, key)
            after = await services.panel_edits.switch(shop, OWNER, seen(record), at)
            assert after.row[field] is not record.row[field]
    for at, field in enumerate(kind.choices):
        for value in options(kind, field):
            record = await opened(services, shop, kind, key)
            after = await services.panel_edits.choose(shop, OWNER, seen(record), at, value)
            assert after.row[field] == value
        with pytest.raises(BadInput):
            await services.panel_edits.choose(shop, OWNER, seen(after), at, "$set")
    assert kind.forms or kind.switches or kind.choices


@pytest.mark.parametrize("kind", declared().values(), ids=lambda kind: kind.code)
async def test_nobody_sees_or_changes_another_shops_records(
    db: Db, services: Services, shop: Shop, kind: Declared
) -> None:
    """Not by list, search, id, relation, history, form, switch or choice."""
    theirs = await services.shops.claim("901", "Borealis", BOB)
    if kind.scope is Scope.SYSTEM:
        return
    key = await stored(db, theirs, kind)
    before = await whole(db, kind, key)
    listed = await services.panel.page(shop, OWNER, kind.code)
    searched = await services.panel.page(shop, OWNER, kind.code, query=key)
    assert key not in {str(row["_id"]) for row in (*listed.rows, *searched.rows)}
    numbers = [*range(len(kind.links))]
    for look in (
        services.panel.one(shop, OWNER, kind.code, key),
        services.panel.past(shop, OWNER, kind.code, key),
        *(services.panel.linked(shop, OWNER, kind.code, key, at) for at in numbers),
        *(services.panel.related(shop, OWNER, kind.code, key, at) for at in range(len(kind.related))),
    ):
        with pytest.raises(NotFound):
            await look
    record = (kind.code, key, "0" * 10)
    for edit in (
        services.panel_edits.fill(shop, OWNER, record, 0, {}),
        services.panel_edits.switch(shop, OWNER, record, 0),
        services.panel_edits.choose(shop, OWNER, record, 0, "x"),
    ):
        with pytest.raises((NotFound, BadInput)):
            await edit
    assert await whole(db, kind, key) == before


@pytest.mark.parametrize("kind", declared().values(), ids=lambda kind: kind.code)
async def test_each_key_opens_what_it_is_for(db: Db, services: Services, shop: Shop, kind: Declared) -> None:
    """Without the panel's key nothing, without a kind's key not that kind, without the third no change."""
    bare = await clerk(db, shop, ADA, *(key for key in Permission if key != Permission.PANEL_VIEW))
    with pytest.raises(NotAllowed) as refused:
        await services.panel.page(shop, bare, kind.code)
    assert refused.value.permission == Permission.PANEL_VIEW
    looking = await clerk(db, shop, BOB, Permission.PANEL_VIEW)
    if kind.looks is not Permission.PANEL_VIEW:
        with pytest.raises(NotAllowed) as refused:
            await services.panel.page(shop, looking, kind.code)
        assert refused.value.permission == kind.looks
        assert kind not in await services.panel.kinds(shop, looking)
    elif kind.edits:
        key = await stored(db, shop, kind)
        record = await services.panel.one(shop, looking, kind.code, key)
        assert not record.may_edit
        with pytest.raises(NotAllowed) as refused:
            await services.panel_edits.fill(shop, looking, seen(record), 0, {})
        assert refused.value.permission == kind.edits


async def test_switches_that_no_part_of_the_shop_asks_are_only_shown(
    db: Db, services: Services, shop: Shop
) -> None:
    """The installation's and the shop's own stand in the list, and nobody turns them."""
    flag = await FeatureFlag(name="fund", scope=FlagScope.SYSTEM, enabled=True).insert(db)
    own = await FeatureFlag(name="fund", scope=FlagScope.TENANT, tenant_id=shop.id).insert(db)
    listed = await services.panel.page(shop, OWNER, "flag")
    assert {str(row["_id"]) for row in listed.rows} == {flag.key, own.key}
    for each in (flag, own):
        record = await services.panel.one(shop, OWNER, "flag", each.key)
        assert not record.may_edit
        with pytest.raises(NotFound):
            await services.panel_edits.switch(shop, OWNER, seen(record), 0)


async def test_secrets_and_goods_are_never_shown(
    db: Db, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """Whatever is set shows dots: in lists, on cards, in what an act wrote down."""
    mug = await product(delivery_text="the secret text")
    record = await services.panel.one(shop, OWNER, "product", mug.key)
    assert "the secret text" not in str(record.row)
    for kind in declared().values():
        if kind.scope is Scope.SYSTEM or not kind.hidden:
            continue
        names = browsing.names_of(kind.model)
        given_values: dict[str, Any] = {}
        for name in kind.hidden:
            annotation = kind.model.model_fields[names[name]].annotation
            given_values[names[name]] = (
                {"k": "hush"} if "dict" in str(annotation) else b"hush" if annotation is bytes else "hush"
            )
        given_values.pop("delivery_file", None)
        given_values = {
            **given_values,
            **({"delivery_link": "https://hush"} if kind.code == "product" else {}),
        }
        made = await one(kind, shop.id, 7, **given_values).insert(db)
        opened_now = await services.panel.one(shop, OWNER, kind.code, made.key)
        listed = await services.panel.page(shop, OWNER, kind.code)
        assert "hush" not in str(opened_now.row) + str(listed.rows), kind.code


async def test_a_merged_customer_is_closed(db: Db, services: Services, shop: Shop) -> None:
    """Its card says where the kept one is; nobody edits it."""
    ada, bob = await services.customers.of(shop, ADA), await services.customers.of(shop, BOB)
    await Customer.change(db, {"_id": ada.id}, {"$set": {"mergedInto": bob.key}})
    record = await services.panel.one(shop, OWNER, "customer", ada.key)
    assert not record.may_edit
    with pytest.raises(Refused):
        await services.panel_edits.fill(shop, OWNER, seen(record), 0, {"email": "", "phone": "", "notes": ""})
    linked = await services.panel.linked(shop, OWNER, "customer", ada.key, 1)
    assert linked.key == bob.key


async def test_a_shop_that_was_renamed_is_called_so_at_once(services: Services, shop: Shop) -> None:
    """What is remembered of shops is forgotten."""
    assert (await services.shops.of_guild("900")).name == "Aurora"
    record = await services.panel.one(shop, OWNER, "tenant", shop.tenant.key)
    await services.panel_edits.fill(shop, OWNER, seen(record), 0, {"name": "Polaris"})
    assert (await services.shops.of_guild("900")).name == "Polaris"


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("{donor} gave {amount}!", True),
        ("{donor.__class__}", False),
        ("{amount:>999999}", False),
        ("{", False),
    ],
)
async def test_a_template_names_only_its_places(
    db: Db, services: Services, shop: Shop, text: str, *, taken: bool
) -> None:
    """Nothing reaches into what fills them."""
    key = await stored(db, shop, declared()["fund"])
    record = await services.panel.one(shop, OWNER, "fund", key)
    texts = {
        "celebrationMessageTemplate": text,
        "anonymousMessageTemplate": "{amount}",
        "disclaimerText": "None.",
    }
    if taken:
        await services.panel_edits.fill(shop, OWNER, seen(record), 1, texts)
    else:
        with pytest.raises(BadInput):
            await services.panel_edits.fill(shop, OWNER, seen(record), 1, texts)
    fund = await CommunityFundConfig.of_tenant(db, shop.id)
    assert (fund.celebration_message_template == text) is taken


@example("5.00; 10.00; 25.00")
@example("5,00, 10,00")
@given(st.lists(st.integers(1, 99_999_999), min_size=1, max_size=20, unique=True))
def test_amounts_are_read_back_as_they_are_shown(amounts: list[int] | str) -> None:
    """In a list, too."""
    model = CommunityFundConfig
    if isinstance(amounts, str):
        assert typed(model, "allowedAmountsCents", amounts, "USD")[:2] == [500, 1000]
        return
    text = shown(amounts, "allowedAmountsCents", "USD")
    assert typed(model, "allowedAmountsCents", text, "USD") == amounts


def test_names_of_records_are_what_staff_know() -> None:
    """Proof that the property above looks at forms of real records."""
    assert {Product, Tenant, Customer} <= {kind.model for kind, _ in FORMS}
