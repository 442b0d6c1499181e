"""/admin analytics, as staff see it: figures, picture, rows, and every way to look otherwise."""

import csv
import io
import sys
from datetime import UTC, datetime, timedelta

import pytest
from nextcord.ext import commands

from bot.sandbox import Community, Person, Sandbox, Seen
from bot.sandbox.errors import NotOfferedError
from cogs._charts import Charts, Press, rasterise
from cogs._ui.desk import ShopCog, Visit
from cogs._ui.target import parse
from cogs._ui.visit import Kind
from cogs._ui.words import Words
from models.base import Db
from models.customer import Customer
from services import Services
from services.access import Permission
from services.reports import known_reports
from services.reports.contract import ReportType
from services.reports.period import Preset
from services.shops import Shop
from tests.cogs.admin.conftest import everything
from tests.cogs.conftest import CODE, give_key, running
from tests.cogs.german import english_in
from tests.cogs.trading import sold
from tests.services.conftest import MakeProduct, TestClock

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
SHARE = "Share by link"
PNG = b"\x89PNG\r\n\x1a\n"
HOSTILE = "**@everyone** [x](https://evil.example) `\n# <@1> 商品"


@pytest.fixture
def clock() -> TestClock:
    """A Tuesday in November."""
    made = TestClock()
    made.time = NOW
    return made


@pytest.fixture
async def traded(db: Db, shop: Shop) -> Shop:
    """Four orders of the last 30 days, one of them given back, and one of the days before."""
    for days, cents, back in [(0, 3000, 0), (2, 4550, 0), (2, 1000, 1000), (20, 2000, 500), (45, 8000, 0)]:
        await sold(db, shop.id, NOW - timedelta(days=days), cents, back=back, name=HOSTILE)
    return shop


def picture_of(seen: Seen) -> bytes:
    """The picture in the embed, which is that of the attachment."""
    assert seen.embeds[0]["image"]["url"]
    return seen.files["report.png"]


def values(seen: Seen) -> dict[str, str]:
    """The card's fields."""
    return {field["name"]: field["value"] for field in seen.embeds[0]["fields"]}


def rows_of(seen: Seen, name: str) -> list[list[str]]:
    """A CSV file that came along."""
    return list(csv.reader(io.StringIO(seen.files[name].decode("utf-8-sig"))))


@pytest.mark.usefixtures("bot", "traded")
async def test_the_owner_sees_three_figures_a_picture_and_the_latest_days(olivia: Person) -> None:
    """Net of refunds, with the change against the thirty days before."""
    seen = await olivia.run("/admin analytics")
    assert seen.ephemeral
    assert seen.embeds[0]["title"] == "Revenue"
    found = values(seen)
    assert found["Revenue"] == "**$90.50**\n▲ 13%, before: $80.00"
    assert found["Orders"] == "**4**\n▲ 300%, before: 1"
    assert found["Average order"] == "**$22.63**\n▼ 72%, before: $80.00"
    lines = found["Table"].splitlines()
    assert lines[0] == "Day · Revenue · Orders · Sold"
    assert lines[1] == "**Nov 24, 2026** · $30.00 · 1 · $30.00"
    assert lines[3] == "**Nov 22, 2026** · $45.50 · 2 · $55.50"
    assert lines[-1] == "23 more rows in the CSV file"
    assert "Oct 26 \u2013 Nov 24, 2026" in seen.text.replace("\u2009", " ")
    assert picture_of(seen).startswith(PNG)
    labels = [each.label for each in seen.buttons if each.label != SHARE]
    assert labels == ["Other days", "Hide the period before", "CSV file", "Refresh"]


@pytest.mark.usefixtures("bot", "traded")
@pytest.mark.parametrize("kind", list(ReportType))
@pytest.mark.parametrize("locale", ["en-US", "de"])
async def test_every_report_opens_with_its_picture(olivia: Person, kind: ReportType, locale: str) -> None:
    """By the command and by the menu, within Discord's limits, which the sandbox minds; also in German."""
    olivia.user.locale = locale
    seen = await olivia.run("/admin analytics", report=kind, period=Preset.LAST_90_DAYS)
    report, words = known_reports()[kind], Words.of(locale)
    assert seen.embeds[0]["title"] == words(report.title)
    assert len(values(seen)) >= 3
    assert picture_of(seen).startswith(PNG)
    assert locale == "en-US" or not english_in(f"{seen.text}\n{seen.payload}")
    others = await seen.choose(words("Which report"), words("Revenue"))
    assert others.message is seen.message
    again = await others.choose(words("Which report"), words(report.title))
    assert values(again) == values(seen)


@pytest.mark.usefixtures("bot")
@pytest.mark.parametrize("kind", list(ReportType))
async def test_an_empty_shop_has_reports_too(olivia: Person, kind: ReportType) -> None:
    """With noughts or dashes, no change, and a picture that says so."""
    seen = await olivia.run("/admin analytics", report=kind)
    assert picture_of(seen).startswith(PNG)
    assert "▲" not in seen.text
    assert "▼" not in seen.text
    assert "None" not in seen.text
    assert "Something went wrong" not in (await seen.press("CSV file")).text


@pytest.mark.usefixtures("bot", "traded")
async def test_names_of_goods_are_shown_as_they_are_written(olivia: Person) -> None:
    """Nothing in them pings, links or breaks out of its line."""
    seen = await olivia.run("/admin analytics", report="PRODUCT_PERFORMANCE")
    table = values(seen)["Table"]
    assert r"\*\*@" in table
    assert "@everyone" not in table
    assert "](https://" not in table
    assert not seen.pings
    assert all(len(line) < 400 for line in table.splitlines())


@pytest.mark.usefixtures("bot", "traded")
async def test_days_and_comparison_are_switched_in_the_same_message(db: Db, olivia: Person) -> None:
    """By preset, by two typed days, and without the period before; nothing is stored for it."""
    before = await everything(db)
    seen = await olivia.run("/admin analytics")
    first = picture_of(seen)
    alone = await seen.press("Hide the period before")
    assert picture_of(alone) != first
    compared = await alone.press("Compare")
    assert picture_of(compared) == first
    today = await compared.choose("Which days", "Today")
    assert values(today)["Revenue"] == "**$30.00**\n▲ before: $0.00"
    form = await today.open("Other days")
    assert [field.value for field in form.fields] == ["2026-11-24", "2026-11-24"]
    typed = await form.submit({"First day": "2026-10-01", "Last day": "2026-10-31"})
    assert typed.message is seen.message
    assert values(typed)["Revenue"].startswith("**$80.00**")
    (menu,) = [each for each in typed.selects if each.placeholder == "Which days"]
    assert next(iter(menu.options)).replace("\u2009", " ") == "Oct 1 \u2013 31, 2026"
    assert values(await typed.press("Refresh")) == values(typed)
    assert await everything(db) == before


@pytest.mark.usefixtures("bot")
@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        ("yesterday", "2026-01-01", "I cannot read that as a day"),
        ("2026-02-30", "2026-03-01", "I cannot read that as a day"),
        ("2026-03-02", "2026-03-01", "ends before it begins"),
        ("1999-01-01", "2026-01-01", "from the year 2000 on"),
        ("2015-01-01", "2026-01-01", "at most 1830 days"),
    ],
)
async def test_days_that_make_no_period_get_a_sentence(
    olivia: Person, first: str, last: str, said: str
) -> None:
    """And the card stays."""
    seen = await olivia.run("/admin analytics")
    answer = await (await seen.open("Other days")).submit({"First day": first, "Last day": last})
    assert said in "".join(each.text for each in [answer, *answer.followups])
    assert values(seen.now) == values(seen)


@pytest.mark.usefixtures("bot")
async def test_currencies_are_never_added(db: Db, shop: Shop, olivia: Person) -> None:
    """A menu appears once there are two; reports without money do not ask."""
    await sold(db, shop.id, NOW, 1000)
    seen = await olivia.run("/admin analytics")
    assert "Which currency" not in [each.placeholder for each in seen.selects]
    await sold(db, shop.id, NOW, 700, currency="EUR")
    seen = await seen.press("Refresh")
    assert values(seen)["Revenue"].startswith("**$10.00**")
    seen = await seen.choose("Which currency", "EUR")
    assert values(seen)["Revenue"].startswith("**€7.00**")
    seen = await seen.choose("Which report", "Products")
    assert values(seen)["Revenue"].startswith("**€7.00**")
    seen = await seen.choose("Which report", "Checkout")
    assert "Which currency" not in [each.placeholder for each in seen.selects]


@pytest.mark.usefixtures("bot")
async def test_who_bought_is_a_number_for_those_who_may_not_know(
    db: Db, shop: Shop, olivia: Person, ada: Person
) -> None:
    """On the card and in the file: names need the key for customers."""
    buyer = await Customer(
        tenant_id=shop.id, discord_id="5", discord_username="zoe", discord_display_name="Zoë"
    ).insert(db)
    await sold(db, shop.id, NOW, 1000, customer_id=buyer.key)
    await give_key(db, shop, ada, Permission.ANALYTICS_VIEW)
    for person, name in [(olivia, "Zoë"), (ada, "Customer 1")]:
        seen = await person.run("/admin analytics", report="CUSTOMER_INSIGHTS")
        assert f"**{name}** · 1 · $10.00" in seen.text
        answer = await seen.press("CSV file")
        (file,) = answer.followups or [answer]
        assert file.ephemeral
        name_of_file = "customer_insights_2026-10-26_2026-11-24.csv"
        assert rows_of(file, name_of_file)[1] == [name, "1", "10.00", "10.00"]
        assert "1 row" in file.text


@pytest.mark.usefixtures("bot")
async def test_stock_says_that_it_has_no_past(olivia: Person, product: MakeProduct) -> None:
    """It is what is there now, whatever days are chosen."""
    await product("Mug", cost_cents=500)
    seen = await olivia.run("/admin analytics", report="INVENTORY_HEALTH", period="last_year")
    assert "Stock is what is there now, whatever the days" in seen.text
    assert "Compared with" not in seen.text
    assert values(seen)["Stock at cost"].startswith("**$50.00**")
    with pytest.raises(NotOfferedError):
        await seen.press("Hide the period before")


@pytest.mark.usefixtures("bot", "traded")
async def test_customers_are_refused_and_another_shop_sees_its_own(
    elsewhere: tuple[Community, Shop], sam: Person, ada: Person
) -> None:
    """The refusal names the key; staff have it; the neighbour has sold nothing."""
    assert "`analytics.view`" in (await ada.run("/admin analytics")).text
    assert "$90.50" in (await sam.run("/admin analytics")).text
    assert "Revenue: **$0.00**" in (await elsewhere[0].owner.run("/admin analytics")).text


@pytest.mark.usefixtures("bot", "traded")
@pytest.mark.parametrize(
    "forged",
    [
        *("report:show:NO_REPORT:today:USD:1", "report:show:REVENUE%5FOVERVIEW:never:USD:1"),
        *("report:show:REVENUE%5FOVERVIEW:today:EUR:1", f"report:show:REVENUE%5FOVERVIEW:{'9' * 41}:USD:1"),
    ],
)
async def test_a_forged_view_is_refused(olivia: Person, forged: str) -> None:
    """With a sentence, and without a code: nothing was broken."""
    seen = await olivia.run("/admin analytics")
    answer = await olivia.click(seen, custom_id=forged, forged=True)
    assert isinstance(answer, Seen)
    text = "".join(each.text for each in [answer, *answer.followups])
    assert CODE not in text.replace(seen.text, "")
    assert values(seen.now) == values(seen)


@pytest.mark.usefixtures("traded")
async def test_without_a_picture_the_numbers_are_there(
    discord: Sandbox, services: Services, olivia: Person
) -> None:
    """A press that is broken costs the picture and nothing else; the next one draws again."""
    async with running(discord, services, Charts(Press(["/bin/false"]))):
        seen = await olivia.run("/admin analytics")
        assert values(seen)["Revenue"].startswith("**$90.50**")
        assert "23 more rows" in seen.text
        assert "could not draw the picture" in seen.text
        assert "image" not in seen.embeds[0]
        assert not seen.files
    async with running(discord, services):
        seen = await seen.press("Refresh")
        assert picture_of(seen).startswith(PNG)
        assert "could not draw" not in seen.text


@pytest.mark.usefixtures("traded")
async def test_it_can_be_shared_once_somebody_answers_that(bot: commands.Bot, olivia: Person) -> None:
    """A button that leads nowhere is not shown; one that does says what is looked at."""
    section = bot.cogs["admin.Analytics"]
    assert isinstance(section, ShopCog)

    async def opened(visit: Visit, kind: str, period: str, currency: str) -> None:
        await visit.say(f"{kind} {period} {currency}")

    if not section.desk.knows(Kind.CLICK, "share:open"):
        seen = await olivia.run("/admin analytics")
        assert SHARE not in [each.label for each in seen.buttons]
        section.desk.open(Kind.CLICK, "share:open", opened)
    seen = await olivia.run("/admin analytics", report="FULFILLMENT_PERFORMANCE")
    typed = await (await seen.open("Other days")).submit(
        {"First day": "2026-10-01", "Last day": "2026-12-31"}
    )
    ids = {each.label: each.custom_id for each in typed.buttons}
    assert parse(str(ids[SHARE])).args == ("FULFILLMENT_PERFORMANCE", "2026-10-01_2026-12-31", "USD")


@pytest.mark.usefixtures("traded")
async def test_a_slow_picture_is_waited_for(discord: Sandbox, services: Services, olivia: Person) -> None:
    """Discord is told to wait, by the command and by a click, and gets the picture in the end."""
    slow = ["/bin/sh", "-c", f'sleep 2; exec {sys.executable} -I {rasterise.__file__} "$@"', "sh"]
    async with running(discord, services, Charts(Press(slow))):
        seen = await olivia.run("/admin analytics")
        assert picture_of(seen).startswith(PNG)
        assert picture_of(await seen.choose("Which report", "Products")).startswith(PNG)
