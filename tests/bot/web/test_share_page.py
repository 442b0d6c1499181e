"""A shared report as who holds its link sees it: figures, chart, table, files, names and languages."""

import csv
import io
import json
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.web.reports import MOST_ROWS
from cogs._ui.sentences import template
from cogs._ui.words import Words
from models.base import Db
from models.tenant import BotConfig, Tenant
from services.reports.contract import ReportType
from services.reports.period import Period
from services.system_themes import seed_system_themes
from tests.bot.web.sharing import (
    ACCOUNT,
    BERLIN,
    GOODS,
    HOSTILE,
    LONG_AGO,
    MARCH,
    PEOPLE,
    Sharing,
    Text,
    plainly,
    read,
    sharing,
    trade,
)
from tests.invoicing import an_order, sell

INSIGHTS = ReportType.CUSTOMER_INSIGHTS
every_kind = pytest.mark.parametrize("kind", list(ReportType))


@pytest.fixture
async def site(db: Db) -> AsyncIterator[Sharing]:
    """A shop that has sold nothing yet."""
    async with sharing(db) as site:
        yield site


@every_kind
@pytest.mark.parametrize("traded", [False, True])
async def test_every_report_opens_with_figures_chart_and_table(
    db: Db, site: Sharing, kind: ReportType, *, traded: bool
) -> None:
    """Title, shop, days, three figures, an SVG and a table; also where nothing was ever sold."""
    if traded:
        await trade(db)
    page = await read(site, await site.share(kind))
    assert "Mug Market" in page.said
    assert "Mar 1 - 31, 2026" in plainly(page)
    assert "time zone Europe/Berlin" in page.said
    names = [tag for tag, _ in page.tags]
    assert names.count("dt") == 3
    assert names.count("svg") == names.count("h1") == names.count("main") == 1
    assert names.count("td") > 0 if traded else "There is nothing" in page.said or "td" in names
    assert not {"script", "link", "img", "iframe", "form", "object"} & set(names)
    assert [each["href"] for tag, each in page.tags if tag == "a" and each["href"] is not None] == [
        f"{site_token(page)}/data.{kind}" for kind in ("csv", "json")
    ]


def site_token(page: Text) -> str:
    """The token that the page's links repeat."""
    href = next(each["href"] for tag, each in page.tags if tag == "a")
    assert href is not None
    return href.partition("/")[0]


async def test_the_figures_are_those_of_the_days_beside_those_before(db: Db, site: Sharing) -> None:
    """An order of the last minute of March in Berlin counts; one of the first of April does not."""
    at = MARCH.end
    for number, (cents, when) in enumerate(
        [(2500, at - timedelta(minutes=1)), (9900, at), (2000, MARCH.start - timedelta(minutes=1))]
    ):
        await sell(db, an_order(order_number=f"o{number}", subtotal_cents=cents, paid_at=when))
    page = await read(site, await site.share())
    assert "Revenue $25.00 +25% before: $20.00" in page.said
    assert "Orders 1 ±0% before: 1" in page.said
    assert "Mar 31, 2026 $25.00" in page.said


async def test_the_answer_is_private_and_loads_nothing(site: Sharing) -> None:
    """No cache, no index, no referrer, no frame, and a policy that admits two stylesheets by their hash."""
    answer = await site.get(await site.share())
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["X-Robots-Tag"] == "noindex, nofollow, noarchive"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; frame-ancestors 'none'")
    assert "unsafe" not in policy
    assert "style=" not in (await answer.text()).partition("<body>")[2]


async def test_names_that_attack_stay_text(db: Db, site: Sharing) -> None:
    """In the page, in its chart, in CSV and in JSON; a formula gets an apostrophe."""
    await trade(db)
    await Tenant.change(db, {"tenantId": "tenant-a"}, {"$set": {"name": HOSTILE}})
    for kind in (ReportType.PRODUCT_PERFORMANCE, ReportType.INVENTORY_HEALTH):
        path = await site.share(kind)
        page = await read(site, path)
        assert HOSTILE in page.said
        assert "script" not in {tag for tag, _ in page.tags}
        rows = list(csv.reader(io.StringIO(await (await site.get(f"{path}/data.csv")).text("utf-8-sig"))))
        assert {HOSTILE, "'=1+1"} <= {row[0] for row in rows}
        products = json.loads(await (await site.get(f"{path}/data.json")).read())["report"]["products"]
        assert {each["name"] for each in products} >= {HOSTILE, "=1+1", GOODS[0]}


async def test_files_are_downloads_named_by_report_and_days(db: Db, site: Sharing) -> None:
    """CSV for spreadsheets, JSON with the dictionary's names; both as private as the page."""
    await trade(db)
    path = await site.share()
    table, numbers = [await site.get(f"{path}/data.{ending}") for ending in ("csv", "json")]
    assert table.content_type == "text/csv"
    assert numbers.content_type == "application/json"
    name = "revenue-overview-2026-03-01-to-2026-03-31"
    for answer, ending in ((table, "csv"), (numbers, "json")):
        assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}.{ending}"'
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert len((await table.text("utf-8-sig")).splitlines()) == 32
    told = json.loads(await numbers.read())
    assert told["reportType"] == "REVENUE_OVERVIEW"
    assert told["period"] == {"from": "2026-03-01", "to": "2026-03-31", "timeZone": BERLIN}
    assert set(told["report"]) == {"period", "delta", "dailyBreakdown"}


async def everything(site: Sharing, path: str) -> str:
    """Page and files in one text."""
    answers = [await site.get(f"{path}{end}") for end in ("", "/data.csv", "/data.json")]
    assert [answer.status for answer in answers] == [200] * 3
    return "\n".join([await answer.text("utf-8-sig") for answer in answers])


@every_kind
async def test_nobody_is_named_unless_the_sharer_chose_so(db: Db, site: Sharing, kind: ReportType) -> None:
    """Neither name nor id of any customer, in page, chart, CSV or JSON."""
    await trade(db)
    ids = [str(row["_id"]) async for row in db.rows("customers").find({})]
    said = await everything(site, await site.share(kind))
    assert [each for each in (*PEOPLE[:1], *PEOPLE[2:], *ids, ACCOUNT) if each in said] == []
    assert ("Customer 1" in said) is (kind is INSIGHTS)


async def test_with_names_customers_are_called_by_them(db: Db, site: Sharing) -> None:
    """Who was erased since is not named even then: reports are counted anew."""
    await trade(db)
    said = await everything(site, await site.share(INSIGHTS, named=True))
    assert all(name in said for name in ("Ada Lovelace", "Bob", "@everyone"))
    assert "Customer 1" not in said


async def test_days_long_ago_and_a_day_of_23_hours_are_shown(site: Sharing) -> None:
    """Nothing was sold then, and the page says so with zeros."""
    assert "Feb 1 - 28, 2003" in plainly(await read(site, await site.share(period=LONG_AGO)))
    day = Period(MARCH.days[28], MARCH.days[28], BERLIN)
    page = await read(site, await site.share(period=day))
    assert "March 29, 2026" in page.said
    assert "Compared with March 28, 2026" in page.said


async def test_of_a_long_period_the_page_shows_a_year_and_the_file_all(site: Sharing) -> None:
    """The rest is told of, not dropped silently."""
    long = Period(MARCH.first - timedelta(days=500), MARCH.last, BERLIN)
    path = await site.share(period=long)
    page = await read(site, path)
    assert [tag for tag, _ in page.tags].count("tr") == MOST_ROWS + 1
    assert f"{long.length - MOST_ROWS} more rows are in the file." in page.said
    assert len((await (await site.get(f"{path}/data.csv")).text()).splitlines()) == long.length + 1


@pytest.mark.parametrize(
    ("asked", "language"),
    [("de-AT,de;q=0.9,en;q=0.8", "de"), ("fr,de;q=0.5", "de"), ("fr", "en"), ("", "en"), ("en-GB,de", "en")],
)
async def test_the_page_speaks_the_readers_language(site: Sharing, asked: str, language: str) -> None:
    """The first of theirs that the shop has; English otherwise."""
    page = await site.get(await site.share(), **{"Accept-Language": asked})
    assert f'<html lang="{language}"' in await page.text()


@every_kind
async def test_in_german_no_english_is_left(db: Db, site: Sharing, kind: ReportType) -> None:
    """Neither on the page nor in its chart or table; problems, too."""
    await trade(db)
    page = await read(site, await site.share(kind), **{"Accept-Language": "de"})
    english = {str(each.id if isinstance(each.id, str) else each.id[0]) for each in template() if each.id}
    names = {word for word in english if Words.of("de")(word) == word}
    assert [word for word in page.words if word in english - names] == []


async def test_the_page_wears_the_shops_theme(db: Db, site: Sharing) -> None:
    """On screens, by a second stylesheet that the policy admits."""
    await seed_system_themes(db)
    theme = await db.rows("userthemes").find_one({"slug": {"$regex": "^dark"}})
    assert theme is not None
    await BotConfig.change(db, {"tenantId": "tenant-a"}, {"$set": {"themeId": str(theme["_id"])}})
    answer = await site.get(await site.share())
    assert answer.headers["Content-Security-Policy"].count("sha256-") == 2
    assert (await answer.text()).count("<style>") == 2
