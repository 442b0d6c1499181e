"""Links to reports: who may make which, who sees and ends them, and what is counted and written down."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from models.access import Role, RoleAssignment, User
from models.audit import AuditLog
from models.base import Db
from models.errors import BadInput, NotAllowed, NotFound
from models.member import Member
from models.share_link import ONE_OPENING, ShareLink
from services import Services
from services.access import STAFF, Permission
from services.audit import Audit
from services.links import LinkExpired, Links, ShareClaim
from services.reports import known_reports
from services.reports.contract import ReportType
from services.reports.period import Period
from services.shares import MOST_DAYS, PAGE_SIZE, Shares, Wish
from services.shops import Shop
from tests.models.samples import NOW, sample
from tests.services.conftest import ADA, OWNER, TestClock

MARCH = Period(date(2026, 3, 1), date(2026, 3, 31), "UTC")
INSIGHTS = ReportType.CUSTOMER_INSIGHTS


def wish(kind: ReportType = ReportType.REVENUE_OVERVIEW, **changed: Any) -> Wish:
    """March in dollars."""
    return replace(Wish(kind, MARCH, "USD"), **changed)


@pytest.fixture
def shares(services: Services) -> Shares:
    """What is tried here."""
    return services.shares


async def sharer(db: Db, shop: Shop, *keys: str) -> Member:
    """Ada, who holds these keys by a role of the shop."""
    role = await Role(tenant_id=shop.id, name="sharer", permission_keys=list(keys)).insert(db)
    user = await User.of_member(db, shop.id, ADA)
    await RoleAssignment(tenant_id=shop.id, user_id=user.key, role_id=role.key).insert(db)
    return ADA


async def read(shares: Shares, link: ShareLink, *, counted: bool = True) -> Any:
    """What the link's address shows."""
    url = shares.url(link)
    assert url is not None
    token = url.removeprefix("https://shop.example/share/")
    return await shares.open(token, "Customer {}".format, counted=counted)


async def test_a_link_shows_its_report_over_its_days(shares: Shares, shop: Shop) -> None:
    """Whatever day it is opened on."""
    link = await shares.make(shop, OWNER, wish(ReportType.CHECKOUT_FUNNEL, days=90))
    shared = await read(shares, link)
    assert shared.shown.report.type is ReportType.CHECKOUT_FUNNEL
    assert (shared.shown.period, shared.shown.currency, shared.shop.id) == (MARCH, "USD", shop.id)


async def test_it_lasts_a_week_unless_somebody_chose_otherwise(
    shares: Shares, shop: Shop, clock: TestClock
) -> None:
    """1 to 90 days."""
    assert (await shares.make(shop, OWNER, wish())).expires_at == clock.now() + timedelta(days=7)
    for days in (1, MOST_DAYS):
        link = await shares.make(shop, OWNER, wish(days=days))
        assert link.expires_at == clock.now() + timedelta(days=days)
    for days in (0, -1, MOST_DAYS + 1):
        with pytest.raises(BadInput) as refused:
            await shares.make(shop, OWNER, wish(days=days))
        assert refused.value.problem == "share_days"


async def test_what_cannot_be_shared_is_refused_and_leaves_nothing(
    db: Db, services: Services, shop: Shop, clock: TestClock
) -> None:
    """A currency in which nothing was sold; and nothing at all where no browser reaches the shop."""
    with pytest.raises(NotFound):
        await services.shares.make(shop, OWNER, wish(currency="XXX"))
    hidden = Shares(
        db, clock, access=services.access, audit=Audit(db),
        links=Links(["s" * 20], None, clock), shops=services.shops, reports=services.reports,
    )  # fmt: skip
    with pytest.raises(BadInput) as refused:
        await hidden.make(shop, OWNER, wish())
    assert refused.value.problem == "no_public_url"
    assert await ShareLink.find_all(db, {}) == []
    link = sample(ShareLink, expires_at=clock.now(), first_day="2026-03-01", last_day="2026-03-02")
    assert hidden.url(link) is None


async def test_names_need_the_right_to_see_them(db: Db, shares: Shares, shop: Shop) -> None:
    """Without `customer.manage` the wish for names is refused; with it, it is kept."""
    ada = await sharer(db, shop, "analytics.share")
    assert not await shares.may_name(shop, ada, INSIGHTS)
    with pytest.raises(NotAllowed) as refused:
        await shares.make(shop, ada, wish(INSIGHTS, with_names=True))
    assert refused.value.permission == "customer.manage"
    assert not (await shares.make(shop, ada, wish(INSIGHTS))).with_names
    await db.rows("roles").update_one({}, {"$push": {"permissionKeys": "customer.manage"}})
    assert await shares.may_name(shop, ada, INSIGHTS)
    assert (await shares.make(shop, ada, wish(INSIGHTS, with_names=True))).with_names


async def test_a_report_without_people_is_never_with_names(shares: Shares, shop: Shop) -> None:
    """So that the list warns of those that are, and of no others."""
    personal = [kind for kind, report in known_reports().items() if report.personal]
    assert personal == [INSIGHTS]
    assert not (await shares.make(shop, OWNER, wish(with_names=True))).with_names
    assert not await shares.may_name(shop, OWNER, ReportType.REVENUE_OVERVIEW)


def test_staff_may_share() -> None:
    """As they may take files out."""
    assert {Permission.ANALYTICS_SHARE, Permission.DATA_EXPORT} <= STAFF


async def test_everybody_sees_their_own_links_and_who_rules_sees_all(
    db: Db, shares: Shares, shop: Shop, clock: TestClock
) -> None:
    """In pages, newest first; another's link is as good as unknown."""
    ada = await sharer(db, shop, "analytics.share")
    theirs = await shares.make(shop, ada, wish())
    for _ in range(PAGE_SIZE):
        clock.forward(seconds=1)
        mine = await shares.make(shop, OWNER, wish())
    page = await shares.page(shop, OWNER)
    assert (page.total, page.pages, page.every) == (PAGE_SIZE + 1, 2, True)
    assert [link.key for link in (await shares.page(shop, OWNER, 9)).links] == [theirs.key]
    own = await shares.page(shop, ada)
    assert ([link.key for link in own.links], own.every) == ([theirs.key], False)
    assert (await shares.one(shop, OWNER, theirs.key)).key == theirs.key
    for step in (shares.one, shares.revoke):
        for key in (mine.key, "0" * 24, "$where"):
            with pytest.raises(NotFound):
                await step(shop, ada, key)


async def test_another_shops_links_are_unknown(services: Services, shares: Shares, shop: Shop) -> None:
    """Also to its owner, if they own both."""
    other = await services.shops.claim("901", "Borealis", OWNER)
    link = await shares.make(shop, OWNER, wish())
    assert (await shares.page(other, OWNER)).links == []
    for step in (shares.one, shares.revoke):
        with pytest.raises(NotFound):
            await step(other, OWNER, link.key)


async def test_a_revoked_link_shows_nothing_from_that_moment(
    db: Db, shares: Shares, shop: Shop, clock: TestClock
) -> None:
    """Revoking twice, or by two at once, is revoking once."""
    link = await shares.make(shop, OWNER, wish())
    url = shares.url(link)
    assert url is not None
    ended = await asyncio.gather(*(shares.revoke(shop, OWNER, link.key) for _ in range(3)))
    assert {each.revoked_at for each in ended} == {clock.now()}
    assert shares.url(ended[0]) is None
    with pytest.raises(LinkExpired):
        await shares.open(url.rpartition("/")[2], str)
    acts = await AuditLog.find_all(db, {"entityId": link.key}, sort="_id")
    assert [act.action for act in acts] == ["share.make", "share.revoke"]
    assert acts[0].meta["after"]["reportType"] == "REVENUE_OVERVIEW"
    assert acts[0].actor_id == OWNER.discord_id
    assert url.rpartition("/")[2] not in str(acts)


async def test_many_who_open_it_at_once_are_one_opening_and_one_write(
    db: Db, shares: Shares, shop: Shop, clock: TestClock
) -> None:
    """A minute later it counts again."""
    link = await shares.make(shop, OWNER, wish())
    await asyncio.gather(*(read(shares, link) for _ in range(20)))
    await read(shares, link, counted=False)
    (seen,) = await ShareLink.find_all(db, {})
    assert (seen.opened_count, seen.last_opened_at) == (1, clock.now())
    clock.forward(seconds=ONE_OPENING.total_seconds() - 1)
    await read(shares, link)
    assert (await ShareLink.find_all(db, {}))[0].opened_count == 1
    clock.forward(seconds=1)
    await read(shares, link)
    assert (await ShareLink.find_all(db, {}))[0].opened_count == 2


async def test_who_lost_their_rights_leaves_links_that_others_can_end(
    db: Db, shares: Shares, shop: Shop
) -> None:
    """Nobody's rights can be asked for when a stranger opens a page; the owner sees that it has names."""
    ada = await sharer(db, shop, "analytics.share", "customer.manage")
    link = await shares.make(shop, ada, wish(INSIGHTS, with_names=True))
    await db.rows("roles").delete_many({})
    assert (await read(shares, link)).link.with_names
    (seen,) = (await shares.page(shop, OWNER)).links
    assert (seen.actor_id, seen.with_names) == (ADA.discord_id, True)
    await shares.revoke(shop, OWNER, seen.key)


async def test_what_became_of_a_link_is_forgotten_a_month_after_its_end(db: Db) -> None:
    """By an index of the database."""
    indexes = await db.rows("sharelinks").index_information()
    (lives,) = [each for each in indexes.values() if "expireAfterSeconds" in each]
    assert lives["key"] == [("expiresAt", 1)]
    assert lives["expireAfterSeconds"] == 30 * 24 * 3600


def test_an_address_says_what_its_record_says() -> None:
    """The dictionary's fields, and which record it is."""
    claim = ShareClaim("t", "REVENUE_OVERVIEW", date(2026, 3, 1), date(2026, 3, 31), "0" * 24)
    clock = TestClock()
    clock.time = NOW
    links = Links(["s" * 20], "https://shop.example/", clock)
    url = links.share_url(claim, NOW + timedelta(days=7))
    assert url is not None
    assert len(url) < 400
    assert links.read_share(url.removeprefix("https://shop.example/share/")) == claim
