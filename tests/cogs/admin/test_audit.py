"""Staff find who did what, see before and after, and take it out as a table."""

import asyncio
import csv
import io
import time
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox import Person, Seen
from cogs._ui.target import Target
from cogs.admin._audit_list import Which, names
from models.audit import AuditLog
from models.base import Db
from models.errors import BadInput
from models.order import Order
from services import Services
from services.audit_search import Wanted, read_day
from services.cells import as_meant, harmless
from services.panel import declared
from services.shops import Shop
from tests.cogs.admin.conftest import Buy, Neighbour
from tests.cogs.conftest import member
from tests.cogs.german import english_in
from tests.services.conftest import MakeProduct

ACTIONS = [f"{part}.{act}" for part in ("config", "product", "webhook") for act in ("edit", "create", "on")]
ACTOR = "Discord id of who did it"
KIND, KEY, FIRST, LAST = "Kind of record", "Record's id", "From this day on", "Up to this day"
DAYS = st.dates(date(2000, 1, 1), date(2099, 12, 31))


async def acted(
    db: Db, shop: Shop, actor: str, count: int, action: str = "product.edit", day: int = 1
) -> None:
    """So many acts on a day of November 2026."""
    at = datetime(2026, 11, day, 23, 59, 59, tzinfo=UTC)
    acts = [
        AuditLog(
            tenant_id=shop.id,
            actor_id=actor,
            action=action,
            entity_type="Product",
            entity_id=f"{number:024x}",
            meta={"before": {"name": "Mug"}, "after": {"name": f"Mug {number}"}},
            created_at=at,
        )
        for number in range(count)
    ]
    await AuditLog.insert_all(db, acts)


def both(answer: Seen) -> str:
    """What is read on a card and in the short answers beside it."""
    return "".join(each.text for each in [answer, *answer.followups])


@given(
    st.builds(
        Wanted,
        st.none() | st.integers(1, 2**64 - 1).map(str),
        st.none() | st.sampled_from(names(ACTIONS)),
        st.none() | st.sampled_from([kind.name for kind in declared().values()]),
        st.none() | st.integers(0, 16**24 - 1).map("{:024x}".format),
        st.none() | DAYS,
        st.none() | DAYS,
    )
)
def test_every_search_fits_a_button_and_is_read_back(wanted: Wanted) -> None:
    """With the longest ids, at the last page."""
    which = Which.of(wanted)
    assert which.wanted(ACTIONS) == wanted
    for target in (Target("audit:list", 999, *which), Target("audit:see", *which, 999)):
        assert len(target.custom_id) <= 78
    assert Target("audit:export", *which)


@pytest.mark.parametrize(
    "text", ["yesterday", "2026-13-01", "1999-01-01", "2100-01-01", "0001-01-01", "9" * 10]
)
def test_a_day_that_is_none_is_refused_with_an_example(text: str) -> None:
    """So is one that no button has room for."""
    with pytest.raises(BadInput):
        read_day(text, "starts_at")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", " =1", "\n=1", "＝1"])  # noqa: RUF001
def test_no_cell_is_a_formula(text: str) -> None:
    """Also behind blanks; other texts stay as they are."""
    assert harmless(text).strip(" \t\r\n").startswith("'")
    assert as_meant(harmless(text)) == text
    assert harmless("Mug = 1") == "Mug = 1"


@pytest.mark.usefixtures("bot")
async def test_acts_are_found_by_who_what_record_and_time(
    db: Db, services: Services, shop: Shop, sam: Person, olivia: Person, product: MakeProduct
) -> None:
    """Each narrows the list; the record's own card is one press away."""
    mug = await product()
    await services.catalog.edit(shop, member(sam), mug.key, {"name": "Große Tasse"})
    await acted(db, shop, str(sam.id), 12, "webhook.replay", day=3)
    seen = await olivia.run("/admin audit")
    assert seen.ephemeral
    whole = seen.text
    seen = await seen.choose("By whom", sam)
    assert "13 acts" in seen.text
    assert whole != seen.text
    seen = await seen.choose("What was done", "Changed a product")
    assert "1 act" in seen.text
    act = next(iter(seen.select("Open an act").options))
    assert act.endswith("· Changed a product · Products: Große Tasse")
    opened = await seen.choose("Open an act", act)
    assert "**Changed a product** · Products: Große Tasse" in opened.text
    assert opened.embeds[0]["footer"]["text"] == f"product.edit · Product {mug.key}"
    assert "**Name**: Mug → Große Tasse" in opened.embeds[0]["description"]
    assert opened.files
    assert "Große Tasse" in (await opened.press("Open the record")).text
    form = await (await olivia.run("/admin audit")).open("Record and time")
    assert "13 acts" in (await form.submit({ACTOR: str(sam.id)})).text
    form = await seen.open("Record and time")
    seen = await form.submit({KIND: "product", KEY: mug.key})
    assert "1 act" in seen.text
    assert mug.key in seen.text
    form = await (await olivia.run("/admin audit")).open("Record and time")
    seen = await form.submit({FIRST: "2026-11-03", LAST: "2026-11-03"})
    assert "12 acts" in seen.text
    assert "from 2026-11-03 · up to 2026-11-03" in seen.text
    assert "12 acts" in (await seen.press("▶️")).text
    seen = await (await seen.open("Record and time")).submit({FIRST: "2026-11-04", LAST: "2026-11-02"})
    assert "There is none." in seen.text
    assert "There is none." not in (await seen.press("Everything")).text


@pytest.mark.usefixtures("bot")
async def test_what_cannot_be_looked_for_is_said(sam: Person) -> None:
    """A day, a kind or an id that is none, however long; the search stays as it was."""
    seen = await sam.run("/admin audit")
    for typed, said in [
        ({FIRST: "soon"}, "2026-11-01"),
        ({KIND: "Spaceship"}, "Product"),
        ({KEY: "x" * 40}, "cannot take"),
        ({ACTOR: "9" * 20}, "cannot take"),
        ({ACTOR: "0"}, "cannot take"),
    ]:
        assert said in both(await (await seen.open("Record and time")).submit(typed))


@pytest.mark.usefixtures("bot")
async def test_many_actions_are_chosen_part_by_part(db: Db, shop: Shop, sam: Person) -> None:
    """A menu holds 25: first the part of the shop, then what is done there."""
    for number in range(30):
        await acted(db, shop, "1", 1, f"{'product' if number % 2 else 'order'}.act{number:02}")
    seen = await sam.run("/admin audit")
    assert set(seen.select("What was done").options) >= {"Every act", "Products", "Orders"}
    seen = await seen.choose("What was done", "Products")
    assert "15 acts" in seen.text
    assert "Products: everything" in seen.select("What was done").options
    seen = await seen.choose("What was done", "product.act01")
    assert "1 act" in seen.text


@pytest.mark.usefixtures("bot")
async def test_acts_are_told_with_the_names_of_their_records(
    db: Db, services: Services, shop: Shop, sam: Person, ada: Person, buy: Buy
) -> None:
    """An order by its number, a customer as Discord shows them; one who was erased stays erased."""
    order = await buy(ada)
    customer = str(order.customer_id)
    await services.orders.add_note(shop, member(sam), order.key, "soon")
    await services.customer_desk.add_note(shop, member(sam), customer, "kind")
    seen = await sam.run("/admin audit")
    assert f"Wrote a note on an order · Orders: {order.order_number}" in seen.text
    assert "Wrote a note about a customer · Customers: @Ada" in seen.text
    options = list(seen.select("Open an act").options)
    assert any(each.endswith("Wrote a note about a customer · Customers: Ada") for each in options)
    await services.orders.cancel(shop, member(ada), order.key)
    await services.erasure.erase(shop, member(sam), customer, str(ada.id))
    seen = await sam.run("/admin audit")
    assert "Wrote a note about a customer · Customers: an erased person" in seen.text
    assert "@Ada" not in seen.text
    await Order.rows(db).delete_one({"_id": order.id})
    gone = await sam.run("/admin audit")
    assert f"Wrote a note on an order · Orders `{order.key[-6:]}`" in gone.text


@pytest.mark.usefixtures("bot")
async def test_many_records_of_one_act_are_counted(db: Db, shop: Shop, sam: Person) -> None:
    """There is no single record to open."""
    ids = [f"{number:024x}" for number in range(3)]
    meta = {"import": "f" * 24, "records": {each: {} for each in ids}}
    await AuditLog(
        tenant_id=shop.id,
        actor_id="1",
        action="data.import.rows",
        entity_type="Product",
        entity_id="f" * 24,
        entity_ids=ids,
        meta=meta,
    ).insert(db)
    seen = await (await sam.run("/admin audit")).choose("What was done", "Changed records by a file")
    assert "Changed records by a file · Products: 3 records" in seen.text
    opened = await seen.choose("Open an act", next(iter(seen.select("Open an act").options)))
    assert "Open the record" not in str(opened.buttons)


@pytest.mark.usefixtures("bot")
async def test_a_table_is_taken_out_and_that_is_an_act(db: Db, shop: Shop, sam: Person) -> None:
    """UTF-8 with its mark, no formula, secrets left out, and only what was looked for."""
    await acted(db, shop, "1", 3, "product.edit")
    meta = {"before": {}, "after": {"apiKey": "hush", "deliveryText": "hush", "name": "ä"}}
    await AuditLog(
        tenant_id=shop.id,
        actor_id="=cmd()",
        action="@act.x",
        entity_type="Product",
        entity_id="+1",
        meta=meta,
    ).insert(db)
    seen = await (await sam.run("/admin audit")).press("Take out as a table")
    data = seen.files["audit.csv"]
    assert data.startswith(b"\xef\xbb\xbf")
    header, *rows = csv.reader(io.StringIO(data.decode("utf-8-sig")))
    assert header[0] == "createdAt"
    strange = next(row for row in rows if "@act" in row[2])
    assert strange[1:5] == ["'=cmd()", "'@act.x", "Product", "'+1"]
    assert "hush" not in data.decode()
    assert "ä" in strange[6]
    act = (await AuditLog.find_all(db, {"action": "audit.export"}))[0]
    assert act.meta["after"] == {"rows": len(rows)}
    assert "acts" in (await seen.press("Back to the search")).text


async def test_ten_thousand_rows_leave_others_their_turn(
    db: Db, services: Services, shop: Shop, sam: Person
) -> None:
    """The loop is never held for long, and what is beyond is said."""
    await acted(db, shop, "1", 10_050)
    longest, running = 0.0, True

    async def watch() -> None:
        nonlocal longest
        while running:
            before = time.perf_counter()
            await asyncio.sleep(0.005)
            longest = max(longest, time.perf_counter() - before)

    watching = asyncio.create_task(watch())
    made = await services.audit_log.export(shop, member(sam), Wanted())
    running = False
    await watching
    assert (made.rows, made.cut) == (10_000, True)
    assert longest < 0.5
    page = await services.audit_log.page(shop, Wanted(), 99999)
    assert (page.total, page.cut) == (10_000, True)


async def test_another_shops_acts_are_not_there(
    db: Db, services: Services, shop: Shop, neighbour: Neighbour
) -> None:
    """Not in lists, not in the menu of actions, not in the table, whatever is looked for."""
    await acted(db, neighbour.shop, "1", 5, "secret.act")
    assert "secret.act" not in await services.audit_log.actions(shop)
    found = await services.audit_log.page(shop, Wanted(action="secret.act"))
    assert found.total == 0
    by_id = await services.audit_log.page(shop, Wanted(entity_id=f"{1:024x}"))
    assert by_id.total == 0
    theirs = await services.audit_log.page(neighbour.shop, Wanted(entity_id=f"{1:024x}"))
    assert theirs.total == 1


@pytest.mark.usefixtures("bot")
async def test_germans_read_german(db: Db, shop: Shop, german_owner: Person) -> None:
    """The list, an act and the kinds of records by their German names."""
    await acted(db, shop, "1", 2)
    seen = await german_owner.run("/admin audit")
    assert english_in(seen.text) == []
    seen = await (await seen.open("Eintrag und Zeit")).submit({"Art des Eintrags": "artikel"})
    assert "2 Handlungen" in seen.text


async def test_a_day_includes_its_last_second(db: Db, services: Services, shop: Shop) -> None:
    """And ends before the next begins."""
    await acted(db, shop, "1", 1, day=5)
    day = date(2026, 11, 5)
    for first, last, count in [
        (day, day, 1),
        (day + timedelta(days=1), None, 0),
        (None, day - timedelta(days=1), 0),
    ]:
        wanted = Wanted(action="product.edit", first_day=first, last_day=last)
        assert (await services.audit_log.page(shop, wanted)).total == count
