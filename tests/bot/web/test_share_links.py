"""Links to reports over HTTP: which open, which do not, what is counted, and that none is written down."""

import base64
import json
import logging
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from bson import ObjectId
from redis.asyncio import Redis

from bot.web.share import _ROBOTS
from models.base import Db
from models.order import Order
from models.share_link import ShareLink
from models.tenant import BotConfig
from services.reports.contract import ReportType
from tests.bot.web.conftest import SECRET
from tests.bot.web.sharing import BERLIN, MARCH, NOW, Sharing, read, sharing, trade
from tests.invoicing import an_order, open_shop, sell
from tests.services.test_links import signed

DISCORD_BOT = "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)"


@pytest.fixture
async def site(db: Db) -> AsyncIterator[Sharing]:
    """A shop that has sold nothing yet."""
    async with sharing(db) as site:
        yield site


async def opened(db: Db) -> list[int]:
    """How often each link was opened."""
    return [link.opened_count for link in await ShareLink.find_all(db, {}, sort="createdAt")]


@pytest.mark.parametrize("path", ["", "/data.csv", "/data.json"])
async def test_a_link_ends_when_it_said(site: Sharing, path: str) -> None:
    """Its last second still opens; the next one is 410, whatever was asked for."""
    link = f"{await site.share(days=1)}{path}"
    site.clock.time = NOW + timedelta(days=1)
    assert (await site.get(link)).status == 200
    site.clock.time += timedelta(seconds=1)
    answer = await site.get(link)
    assert answer.status == 410
    assert "Ask whoever sent it to you" in await answer.text()


def payload(**changed: Any) -> bytes:
    """What a token of the shop says, or something else."""
    days = {"from": "2026-03-01", "to": "2026-03-31"}
    told = {
        "reportType": "REVENUE_OVERVIEW", "tenantId": "tenant-a", "period": days,
        "linkId": "0" * 24, "exp": int(NOW.timestamp()) + 60, **changed,
    }  # fmt: skip
    return json.dumps({key: value for key, value in told.items() if value is not None}).encode()


async def test_what_was_not_signed_for_this_is_forged(db: Db, site: Sharing) -> None:
    """Truncated, changed, signed with another secret or for an invoice, or with fields missing or added."""
    token = (await site.share()).removeprefix("/share/")
    body, signature = token.split(".")
    other = base64.urlsafe_b64encode(payload(tenantId="tenant-b")).rstrip(b"=").decode()
    order = await sell(db, an_order())
    invoice = site.path_of(order)
    forged = [
        token[:-1], token[:50], body, f".{signature}", f"{other}.{signature}", f"{token}A", "x" * 3000,
        invoice.removeprefix("/invoice/"),
        signed(payload(), secret="somebody-else's", purpose="share"),
        signed(payload(), secret=SECRET, purpose="invoice"),
        *(
            signed(payload(**wrong), secret=SECRET, purpose="share")
            for wrong in (
                {"linkId": None}, {"period": None}, {"period": {"from": "2026-03-01"}}, {"period": "March"},
                {"exp": "soon"}, {"exp": None}, {"more": 1}, {"tenantId": 7}, {"reportType": ""},
                {"period": {"from": "2026-02-30", "to": "2026-03-31"}},
            )
        ),
    ]  # fmt: skip
    for each in forged:
        for path in (f"/share/{each}", f"/share/{each}/data.csv"):
            answer = await site.get(path)
            assert answer.status == 403, path
            assert "This link does not work" in await answer.text()
    assert (await site.get(f"/invoice/{token}")).status == 403
    assert (await site.get(invoice)).status == 200


async def test_what_is_signed_but_not_known_has_ended(db: Db, site: Sharing) -> None:
    """Unknown, malformed, of another shop, report or days: all look as if they had expired."""
    await open_shop(db, "tenant-b", "Other Market")
    await site.share()
    (link,) = await ShareLink.find_all(db, {})
    for wrong in (
        {}, {"linkId": "$where"}, {"linkId": link.key, "tenantId": "tenant-b"},
        {"linkId": link.key, "reportType": "CUSTOMER_INSIGHTS"}, {"linkId": str(ObjectId())},
        {"linkId": link.key, "period": {"from": "2025-01-01", "to": "2026-03-31"}},
    ):  # fmt: skip
        answer = await site.get(f"/share/{signed(payload(**wrong), secret=SECRET, purpose='share')}")
        assert answer.status == 410, wrong
        assert "Mug Market" not in await answer.text()
    known = signed(payload(linkId=link.key), secret=SECRET, purpose="share")
    assert (await site.get(f"/share/{known}")).status == 200


async def test_revoked_expired_and_closed_look_the_same(db: Db, site: Sharing) -> None:
    """Not a word tells one from the other."""
    revoked, closed = await site.share(), await site.share()
    (first, _) = await ShareLink.find_all(db, {}, sort="_id")
    await db.rows("sharelinks").update_one({"_id": first.id}, {"$set": {"revokedAt": NOW}})
    pages = {await (await site.get(revoked)).text()}
    await db.rows(BotConfig.__collection__).delete_many({})
    answer = await site.get(closed)
    assert answer.status == 410
    pages.add(await answer.text())
    site.clock.time = NOW + timedelta(days=8)
    pages.add(await (await site.get(revoked)).text())
    assert len(pages) == 1


async def test_links_outlive_the_secret_they_were_signed_with(db: Db, site: Sharing) -> None:
    """As long as the old secret is kept beside the new one."""
    path = await site.share()
    async with sharing_again(db, "a-brand-new-secret", SECRET) as rotated:
        assert (await rotated.get(path)).status == 200
        link = (await ShareLink.find_all(db, {}))[0]
        assert rotated.path_to(link) != path
    async with sharing_again(db, "a-brand-new-secret") as forgotten:
        assert (await forgotten.get(path)).status == 403


def sharing_again(db: Db, *secrets: str) -> Any:
    """Another listener over the same shop."""
    return sharing(db, *secrets, opens=False)


async def test_openings_are_counted_once_a_minute_and_only_for_people(db: Db, site: Sharing) -> None:
    """A storm of reloads, previews, prefetches, HEAD requests and the files of one look are one opening."""
    path = await site.share()
    for headers in ({"User-Agent": DISCORD_BOT}, {"Sec-Purpose": "prefetch"}, {"User-Agent": "WhatsApp/2.1"}):
        assert (await site.get(path, **headers)).status == 200
    assert (await site.get(path, "HEAD")).status == 200
    assert await opened(db) == [0]
    for _ in range(5):
        await site.get(path)
        await site.get(f"{path}/data.csv")
    assert await opened(db) == [1]
    site.clock.time += timedelta(seconds=61)
    await site.get(f"{path}/data.json")
    (link,) = await ShareLink.find_all(db, {})
    assert (link.opened_count, link.last_opened_at) == (2, site.clock.time)


async def test_head_answers_as_get_does_without_a_body(site: Sharing) -> None:
    """And nothing else can be done with the page."""
    path = await site.share()
    get, head = await site.get(path), await site.get(path, "HEAD")
    assert await head.read() == b""
    for name in ("Content-Length", "Content-Type", "Content-Security-Policy", "Cache-Control"):
        assert head.headers[name] == get.headers[name]
    for method in ("POST", "PUT", "DELETE", "OPTIONS"):
        assert (await site.get(path, method)).status == 405
    for wrong in ("/", "/data.xml", "/data.csv/x"):
        assert (await site.get(f"{path}{wrong}")).status == 404


async def test_a_token_is_neither_stored_nor_logged(
    db: Db, site: Sharing, caplog: pytest.LogCaptureFixture
) -> None:
    """The record has what the token says, the log only the route."""
    caplog.set_level(logging.DEBUG)
    path = await site.share()
    for end in ("", "/data.csv", "/nothing"):
        await site.get(f"{path}{end}")
    token = path.removeprefix("/share/")
    for name in await db.database.list_collection_names():
        stored = [str(row) async for row in db.database[name].find()]
        assert not [row for row in stored if token in row or token.partition(".")[2] in row]
    assert token not in caplog.text
    assert [record.__dict__["route"] for record in caplog.records if record.msg == "http_request"] == [
        "/share/{token}", "/share/{token}/data.csv", "unknown",
    ]  # fmt: skip


async def test_another_shops_sales_are_not_in_it(db: Db, site: Sharing) -> None:
    """Each link shows its own tenant."""
    await open_shop(db, "tenant-b", "Other Market")
    await trade(db, "tenant-b")
    page = await read(site, await site.share(ReportType.PRODUCT_PERFORMANCE))
    assert "Coffee mug" not in page.said
    theirs = await read(site, await site.share(ReportType.PRODUCT_PERFORMANCE, tenant_id="tenant-b"))
    assert "Coffee mug" in theirs.said
    assert "Mug Market" not in theirs.said
    assert await Order.find_all(db, {"tenantId": "tenant-a"}) == []


async def test_a_report_that_takes_long_says_to_come_back(db: Db, redis_url: str) -> None:
    """Somebody else is counting it: no error, no endless wait, and the browser is told when to ask again."""
    redis = Redis.from_url(redis_url)
    async with sharing(db, redis=redis) as site:
        path = await site.share()
        key = f"shop:report:tenant-a:REVENUE_OVERVIEW:{MARCH.first}:{MARCH.last}:{BERLIN}:USD:lock"
        await redis.set(key, "somebody", px=12_000)
        answer = await site.get(path)
        assert (answer.status, answer.headers["Retry-After"]) == (503, "30")
        assert "This is still being counted" in await answer.text()
        await redis.delete(key)
        assert (await site.get(path)).status == 200
    await redis.aclose()


def test_every_robot_that_is_known_is_one() -> None:
    """And browsers are none."""
    robots = (
        DISCORD_BOT,
        "Twitterbot/1.0",
        "Slackbot-LinkExpanding 1.0",
        "facebookexternalhit/1.1",
        "Googlebot/2.1",
    )
    assert all(map(_ROBOTS.search, robots))
    browser = (
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"
    )
    assert not _ROBOTS.search(browser)
    assert not _ROBOTS.search("Mozilla/5.0 (Linux; Android 10; CUBOT NOTE 20) AppleWebKit/537.36")
