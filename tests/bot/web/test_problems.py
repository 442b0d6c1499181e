import logging
import re

import pytest

from models.order import Order
from tests.bot.web.conftest import Site
from tests.invoicing import an_order, open_shop, sell


async def test_a_forged_link_gets_a_plain_page_that_says_so(site: Site) -> None:
    """403, and nothing of the shop or of the order."""
    order = await sell(site.db, an_order())
    path = site.path_of(order)
    answer = await site.get(path[:-1] + ("A" if path[-1] != "A" else "E"))
    text = await answer.text()
    assert (answer.status, answer.content_type) == (403, "text/html")
    assert "This link does not work" in text
    assert "Mug Market" not in text
    assert "1001" not in text


@pytest.mark.parametrize("token", ["x", "a.b", "%00", "%ED%A0%80", "%2e%2e%2fetc", "é", "A" * 3000])
async def test_any_other_text_in_place_of_a_token_is_a_forgery(site: Site, token: str) -> None:
    """Whatever is typed there, the answer is the same page."""
    assert (await site.get(f"/invoice/{token}")).status == 403


async def test_gone_expired_and_foreign_orders_look_the_same(site: Site) -> None:
    """Nobody learns from the answer whether an order ever existed, or where."""
    vanished = an_order()
    await open_shop(site.db, "tenant-b")
    foreign = await sell(site.db, an_order("tenant-b"))
    expired = await sell(site.db, an_order(order_number="2"))
    paths = [
        site.path_of(vanished),
        site.path_of(an_order(id=foreign.id)),
        site.path_of(an_order("no-such-tenant", id=foreign.id)),
    ]
    answers = [await site.get(path) for path in paths]
    expired_path = site.path_of(expired)
    site.clock.time = site.clock.time.replace(year=2027)
    answers.append(await site.get(expired_path))
    assert {answer.status for answer in answers} == {410}
    assert len({await answer.text() for answer in answers}) == 1
    assert "This link has expired" in await answers[0].text()


@pytest.mark.parametrize(
    "path", ["/", "/invoice", "/invoice/", "/invoice/a/b", "/admin", "/healthz/", "//", "/%00"]
)
async def test_an_unknown_address_gets_a_plain_page(site: Site, path: str) -> None:
    """404 with words, and without the address it was asked for."""
    answer = await site.get(path)
    assert answer.status == 404
    assert "There is no page here" in await answer.text()


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
@pytest.mark.parametrize("path", ["/healthz", "/invoice/token"])
async def test_pages_can_only_be_read(site: Site, method: str, path: str) -> None:
    """Other methods get 405 and are told which ones there are."""
    answer = await site.get(path, method)
    assert answer.status == 405
    assert set(answer.headers["Allow"].split(",")) == {"GET", "HEAD"}


async def test_a_bug_shows_a_reference_that_is_in_the_log(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    """The person gets a number to tell the staff, the log the cause under the same number."""
    order = await sell(site.db, an_order())
    await Order.rows(site.db).update_one({"_id": order.id}, {"$set": {"items": "broken"}})
    with caplog.at_level(logging.INFO):
        answer = await site.get(site.path_of(order))
    text = await answer.text()
    reference = re.search(r"<code>([0-9A-Z]{8})</code>", text)
    assert answer.status == 500
    assert reference is not None
    failed = next(record for record in caplog.records if record.getMessage() == "http_request_failed")
    assert vars(failed)["reference"] == reference[1] == answer.headers["X-Correlation-Id"]
    assert failed.exc_info is not None
    for inner in ("Traceback", "broken", "Order", "Error"):
        assert inner not in text


async def test_no_token_reaches_the_log(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    """Good, forged, expired, broken and unreadable requests are all logged without what opens an invoice."""
    order = await sell(site.db, an_order())
    path = site.path_of(order)
    token = path.removeprefix("/invoice/")
    with caplog.at_level(logging.DEBUG, logger="bot"), caplog.at_level(logging.DEBUG, logger="aiohttp"):
        await site.get(path)
        await site.get(path, "POST")
        await site.get(f"{path}x")
        await site.get(f"/elsewhere/{token}?{token}", Referer=f"{site.url}{path}")
        await Order.rows(site.db).update_one({"_id": order.id}, {"$set": {"items": "broken"}})
        await site.get(path)
        site.clock.time = site.clock.time.replace(year=2027)
        await site.get(path)
    written = "\n".join(f"{logging.Formatter().format(record)} {vars(record)}" for record in caplog.records)
    assert token not in written
    assert token.split(".")[1] not in written
    seen = [(vars(r)["route"], vars(r)["status"]) for r in caplog.records if r.getMessage() == "http_request"]
    assert seen == [
        ("/invoice/{token}", 200),
        ("unknown", 405),
        ("/invoice/{token}", 403),
        ("unknown", 404),
        ("/invoice/{token}", 500),
        ("/invoice/{token}", 410),
    ]


async def test_a_browser_may_ask_for_any_language(site: Site) -> None:
    """A language that the shop does not speak, or no language at all, is answered in English."""
    for asked in ("de-DE,de;q=0.9", "", "*", "x" * 3000, "zh-Hant-TW", ";;;,,,"):
        answer = await site.get("/nowhere", **{"Accept-Language": asked})
        assert answer.status == 404
        assert 'lang="' in await answer.text()
