"""/admin panel: every record opened, some changed, by whoever holds the keys, through Discord."""

import json
from typing import Any

import pytest
from nextcord.ext import commands

from bot.sandbox import Form, Person, Seen
from cogs._ui.dispatch import Desk
from cogs._ui.labels import FIELDS as REFUSED
from cogs._ui.target import Target
from cogs._ui.visit import Kind
from cogs._ui.words import Words, languages
from cogs.admin._panel_fields import FIELDS
from cogs.admin._panel_list import Place
from cogs.admin._panel_names import FORMS, KINDS, SECTIONS, WAYS
from models import browsing
from models.access import Role, RoleAssignment, User
from models.alert import Alert
from models.audit import AuditLog
from models.base import Db
from models.fund import DISCLAIMER
from models.product import Product
from models.tenant import BotConfig
from services import Services
from services.panel import declared
from services.panel.contract import Declared, Scope
from services.panel.desk import options
from services.shops import Shop
from tests.cogs.admin.conftest import Claim, Neighbour, everything
from tests.cogs.german import english_in
from tests.services.conftest import MakeProduct
from tests.services.panel.stored import crowd, one

HOSTILE = "``` @everyone <@&1> [x](https://evil.example) **b** \u202e # " + "ä😀" * 2000
SEARCH = "What to look for"
every_kind = pytest.mark.parametrize("kind", declared().values(), ids=lambda kind: kind.code)


async def listed(person: Person, kind: Declared) -> Seen:
    """The list of a kind of record."""
    w = Words.of(person.user.locale)
    seen = await person.run("/admin panel")
    return await seen.choose(w(SECTIONS[kind.section]), w(KINDS[kind.code]))


async def first(person: Person, kind: Declared) -> Seen:
    """The card of the first record of a list."""
    w = Words.of(person.user.locale)
    seen = await listed(person, kind)
    return await seen.choose(w("Open a record"), next(iter(seen.select(w("Open a record")).options)))


async def clerk(db: Db, shop: Shop, person: Person, *keys: str) -> None:
    """Give a person these keys by a role of the shop."""
    role = await Role(tenant_id=shop.id, name=person.user.name, permission_keys=list(keys)).insert(db)
    user = User(tenant_id=shop.id, username="x", display_name="x", discord_id=str(person.id))
    await user.insert(db)
    await RoleAssignment(tenant_id=shop.id, user_id=user.key, role_id=role.key).insert(db)


async def forge(person: Person, seen: Seen, custom_id: str, value: str) -> str:
    """What somebody reads who sends a choice from a menu that nobody offered."""
    data = {"custom_id": custom_id, "component_type": 3, "values": [value], "id": 1}
    answer = await person._touch(seen, data)
    assert isinstance(answer, Seen), custom_id
    return "".join(each.text for each in [answer, *answer.followups])


def test_everything_that_is_shown_has_words_in_every_language() -> None:
    """Sections, kinds, forms, ways, and the fields of lists, filters, forms and links."""
    kinds = declared().values()
    assert set(KINDS) == set(declared())
    assert {form.name for kind in kinds for form in kind.forms} == set(FORMS)
    assert {way.action for kind in kinds for way in kind.ways} == set(WAYS)
    for kind in kinds:
        used = {*kind.columns, *kind.search, *kind.editable, *(each.field for each in kind.filters)}
        used |= {link.field for link in kind.links}
        assert used <= set(FIELDS), kind.code
        names = browsing.names_of(kind.model)
        assert {names[field] for field in kind.editable} <= set(REFUSED), kind.code
    texts = [*SECTIONS.values(), *KINDS.values(), *FORMS.values(), *WAYS.values(), *FIELDS.values()]
    for language in languages():
        catalogue = Words.of(language)._texts
        assert [text for text in texts if text not in getattr(catalogue, "_catalog", {})] == []


def test_every_way_and_command_exists(bot: commands.Bot) -> None:
    """A button of the panel leads to a handler that takes what it is told."""
    sections: list[Any] = [cog for name, cog in bot.cogs.items() if name.startswith("admin.")]
    desk: Desk = sections[0].desk._desk if hasattr(sections[0].desk, "_desk") else sections[0].desk
    entries = {section.entry.path for section in sections if section.entry} | {"/account theme"}
    for kind in declared().values():
        for way in kind.ways:
            route = desk._routes[Kind.CLICK, way.action]
            assert route.fewest <= bool(way.field) <= route.most, way
        assert kind.changed_with is None or kind.changed_with in entries


@every_kind
def test_every_button_fits_discord(kind: Declared) -> None:
    """At the last page, with every filter set, for the longest id and stamp."""
    key, stamp, place = "f" * 24, "f" * 10, str(Place(99999, "zzzz"))
    for target in (
        Target("panel:change", kind.code, key, stamp, place),
        Target("panel:save", kind.code, key, stamp, 9, place),
        Target("panel:pick", kind.code, key, stamp, 9, place),
        Target("panel:past", kind.code, key, 99999, place),
        Target("panel:of", kind.code, key, 9, 99999),
    ):
        assert len(target.custom_id) <= 78
    assert max((len(options(kind, each.field)) for each in kind.filters), default=0) <= 24
    assert len(kind.filters) <= 3
    assert len(kind.ways) <= 5


@every_kind
@pytest.mark.usefixtures("bot")
async def test_every_kind_is_listed_and_opened_whatever_it_holds(
    db: Db, shop: Shop, olivia: Person, german_owner: Person, kind: Declared
) -> None:
    """Also in German, with texts of 4,000 characters that try to break out; nothing pings, nothing fails."""
    if kind.scope is Scope.USERS:
        users = await crowd(db, declared()["user"], shop.id)
        await one(kind, shop.id, user_id=users[0].key).insert(db)
    elif not await kind.model.find_all(db, browsing.of_tenant(shop.id), limit=1):
        await crowd(db, kind, shop.id)
    seen = await first(german_owner, kind)
    assert seen.embeds[0]["footer"]["text"].startswith(kind.name)
    assert english_in(seen.text.replace(DISCLAIMER, "")) == []
    rows = db.rows(kind.model.__collection__)
    for row in await rows.find({}).to_list(50):
        enumerated = {each.field for each in kind.filters}
        kept = {"_id", "tenantId", "userId", "ownerUserId", "currency", *enumerated, *kind.choices}
        texts = {
            name: f"{row['_id']}{HOSTILE}"[:4000] for name, value in row.items() if isinstance(value, str)
        }
        texts = {name: text for name, text in texts.items() if name not in kept and name != "guildId"}
        if kind.name == "Alert":
            texts = {}
        if texts:
            await rows.update_one({"_id": row["_id"]}, {"$set": texts})
    olivia.user.locale = "en-US"
    seen = await first(olivia, kind)
    assert not seen.pings
    assert "went wrong" not in seen.text
    whole = await seen.press("All of it as a file")
    (name, data) = next(iter(whole.files.items()))
    assert name.startswith(kind.code)
    assert json.loads(data)["_id"]
    assert "Nothing so far." in (await seen.press("What was done to it")).text or kind.name in {
        "BotConfig",
        "Tenant",
    }
    assert "record" in (await seen.press("Back to the list")).text


@pytest.mark.usefixtures("bot")
async def test_a_product_is_found_changed_and_has_a_history(
    db: Db, sam: Person, product: MakeProduct
) -> None:
    """Commerce: filter, search, form, refusal in words, act with before and after, related ledger."""
    for number in range(12):
        await product(name=f"Mug {number:02}", is_active=number % 2 == 0)
    kind = declared()["product"]
    seen = await listed(sam, kind)
    assert "12 records" in seen.text
    assert "Page 1 of 2" in str(seen.buttons)
    assert "Mug 11" in (await seen.press("▶️")).text
    filtered = await seen.choose("Active", "Active: no")
    assert "6 records" in filtered.text
    assert filtered.select("Active").chosen == ("Active: no",)
    seen = await (await filtered.open("Search")).submit({SEARCH: "mug 1"})
    assert "Mug 11" in seen.text
    assert "1 record" in seen.text
    card = await seen.choose("Open a record", next(iter(seen.select("Open a record").options)))
    assert "**Price**: $15.00" in card.embeds[0]["description"]
    form = await card.choose_form("Change something", "Change SKU and prices")
    refused = await form.submit({"Price": "a lot"})
    assert "cannot read that as an amount" in refused.text
    form = await card.choose_form("Change something", "Change SKU and prices")
    card = await form.submit({"Price": "9,50", "Cost": "2"})
    assert "$9.50" in card.text
    past = await card.press("What was done to it")
    label = next(
        each for each in past.select("Open an act").options if "Changed a record in the panel" in each
    )
    act = await past.choose("Open an act", label)
    assert "**Price**: $15.00 → $9.50" in act.embeds[0]["description"]
    assert act.files
    card = await act.press("Back to the record")
    ledger = await card.choose("Go to what belongs to it", "Stock ledger")
    assert "restocked" in ledger.text
    entry = await ledger.choose("Open a record", next(iter(ledger.select("Open a record").options)))
    assert "`/admin stock`" in entry.text
    assert "Change something" not in str(entry.selects)
    assert "Mug 11" in (await entry.choose("Go to what belongs to it", "Product → Products")).text
    assert (await Product.find_all(db, {"priceCents": 950}))[0].cost_cents == 200


@pytest.mark.usefixtures("bot")
async def test_an_order_leads_to_all_that_belongs_to_it(sam: Person, ada: Person, claim: Claim) -> None:
    """Payment, customer, ledger and what is owed; the special cards are one press away."""
    view = await claim(ada)
    card = await first(sam, declared()["order"])
    assert view.order.order_number in card.text
    payment = await card.choose("Go to what belongs to it", "Payment → Payments")
    assert "`/admin payments`" in payment.text
    assert "being checked by the staff" in payment.text
    assert "Change something" not in str(payment.selects)
    assert "Payment of order" in (await payment.press("Open payment")).text
    for label in ("Payments", "Stock ledger"):
        assert "1 record" in (await card.choose("Go to what belongs to it", label)).text
    customer = await card.choose("Go to what belongs to it", "Customer → Customers")
    form = await customer.choose_form("Change something", "Change how they are reached")
    changed = await form.submit({"E-mail address": "ada@example.com"})
    assert "ada@example.com" in changed.text


@pytest.mark.usefixtures("bot")
async def test_settings_and_people_are_changed_by_the_owner(db: Db, shop: Shop, olivia: Person) -> None:
    """Configuration by choice and by switch, people by form; staff do not see people at all."""
    card = await first(olivia, declared()["config"])
    choice = await card.choose("Change something", "Choose: Place of answers")
    assert "It is **in the channel, seen by the customer alone** now." in choice.text
    card = await choice.choose("Place of answers", "by direct message")
    assert (await BotConfig.find_all(db, {"tenantId": shop.id}))[0].response_mode == "DM"
    form = await card.choose_form("Change something", "Change warning and picture")
    assert "no longer" not in form.title
    refused = await form.submit({"Picture for products without one": "not a link"})
    assert "full web address" in refused.text
    await User(tenant_id=shop.id, username="clerk", display_name="Clerk").insert(db)
    card = await first(olivia, declared()["user"])
    form = await card.choose_form("Change something", "Change how they are reached")
    assert "Cashier" in (await form.submit({"Display name": "Cashier"})).text


@pytest.mark.usefixtures("bot")
async def test_staff_see_only_what_their_keys_open(
    db: Db, shop: Shop, sam: Person, bob: Person, product: MakeProduct
) -> None:
    """Kinds that take another key are left out; a form that is forged is refused with the key's name."""
    await product()
    seen = await sam.run("/admin panel")
    assert "Log-ins" not in seen.text
    assert "Orders" in seen.text
    await clerk(db, shop, bob, "panel.view")
    seen = await bob.run("/admin panel")
    assert "Orders" not in seen.text
    card = await first(bob, declared()["product"])
    assert "Change something" not in str(card.selects)
    key = (await Product.find_all(db, {"tenantId": shop.id}))[0].key
    stamp = (await own_stamp(sam, key)).split(":")[4]
    before = await everything(db)
    forged = f"panel:change:product:{key}:{stamp}:0x0"
    for pick in ("f0", "c0", "s0"):
        assert "`product.manage`" in await forge(bob, card, forged, pick)
    for code, needed in (("order", "order.view"), ("user", "user.manage"), ("audit", "audit.view")):
        answer = await bob.click(card, custom_id=f"panel:list:{code}:0", forged=True)
        assert isinstance(answer, Seen)
        assert f"`{needed}`" in "".join(each.text for each in [answer, *answer.followups])
    assert await everything(db) == before


async def own_stamp(person: Person, key: str) -> str:
    """The custom_id by which this person may change a product."""
    seen = await person.run("/help")
    card = await person.click(seen, custom_id=f"panel:see:product:{key}", forged=True)
    assert isinstance(card, Seen)
    return card.select("Change something").custom_id


@pytest.mark.usefixtures("bot")
async def test_two_of_the_staff_edit_one_record(
    db: Db, sam: Person, olivia: Person, product: MakeProduct
) -> None:
    """Both have the form open; the second is told, and what the first wrote stays."""
    await product()
    kind = declared()["product"]
    forms: list[Form] = []
    for person in (sam, olivia):
        card = await first(person, kind)
        forms.append(await card.choose_form("Change something", "Change the texts"))
    assert "Cup" in (await forms[0].submit({"Name": "Cup"})).text
    late = await forms[1].submit({"Name": "Bowl"})
    assert "Somebody changed this record" in "".join(each.text for each in [late, *late.followups])
    assert [each.name for each in await Product.find_all(db, {})] == ["Cup"]


@pytest.mark.usefixtures("bot")
async def test_ids_of_another_shop_lead_nowhere(
    db: Db, services: Services, sam: Person, neighbour: Neighbour, product: MakeProduct
) -> None:
    """In every custom_id of the panel, the alerts and the audit log."""
    await product()
    theirs = await Product.find_all(db, {"tenantId": neighbour.shop.id}, limit=1)
    alert = Alert(tenant_id=neighbour.shop.id, type="NEW_ORDER", severity="INFO", message="secret words")
    await alert.insert(db)
    acts = await AuditLog.find_all(db, {"tenantId": neighbour.shop.id}, limit=1)
    seen = await sam.run("/help")
    ids = {
        "product": theirs[0].key,
        "order": neighbour.order_id,
        "payment": neighbour.payment_id,
        "alert": alert.key,
        "audit": acts[0].key,
    }
    before = await everything(db)
    clicks = [
        f"panel:{verb}:{code}:{key}{rest}"
        for code, key in ids.items()
        for verb, rest in (("see", ""), ("file", ""), ("past", ":0"), ("of", ":0:0"))
    ]
    clicks += [f"alerts:open:{alert.key}", f"alerts:read:{alert.key}", f"audit:open:{acts[0].key}"]
    for custom_id in clicks:
        answer = await sam.click(seen, custom_id=custom_id, forged=True)
        assert isinstance(answer, Seen)
        assert "cannot find" in answer.text, custom_id
    for code, key in ids.items():
        choices = [
            (f"panel:open:{code}", key),
            (f"panel:go:{code}:{key}", "l0"),
            (f"panel:go:{code}:{key}", "r0"),
            (f"panel:change:{code}:{key}:0123456789", "s0"),
            (f"panel:pick:{code}:{key}:0123456789:0", "private"),
            (f"panel:act:{code}:{key}", acts[0].key),
        ]
        for custom_id, value in choices:
            said = await forge(sam, seen, custom_id, value)
            assert "cannot find" in said or "cannot take" in said, (custom_id, said)
    assert await everything(db) == before
    assert services.panel is not None


@pytest.mark.usefixtures("bot")
@pytest.mark.parametrize("nonsense", ["", "x", "9" * 20, "\u202e", "%00", "$gt", "0x0", "zz"])
async def test_nonsense_in_a_button_is_nonsense(sam: Person, product: MakeProduct, nonsense: str) -> None:
    """Whatever stands in the place of a code, an id, a page, a filter or a number."""
    mug = await product()
    seen = await sam.run("/help")
    for custom_id in (
        f"panel:list:{nonsense}:0",
        f"panel:list:product:{nonsense}:{nonsense}:{nonsense}",
        f"panel:see:product:{nonsense}",
        f"panel:see:product:{mug.key}:{nonsense}",
        f"panel:of:product:{mug.key}:{nonsense}:{nonsense}",
        f"panel:past:product:{mug.key}:{nonsense}:{nonsense}",
        f"alerts:list:{nonsense}:{nonsense}",
        f"audit:list:{nonsense}:{nonsense}:{nonsense}:{nonsense}:{nonsense}:{nonsense}:{nonsense}",
    ):
        answer = await sam.click(seen, custom_id=custom_id, forged=True)
        assert isinstance(answer, Seen)
        assert "went wrong on our side" not in answer.text, custom_id
