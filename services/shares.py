"""Reports that are shown to whoever holds a link: making, opening, listing and revoking these."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from models.base import Db, Tx, transact
from models.errors import BadInput, NotFound
from models.member import Member
from models.share_link import ShareLink
from services.access import Access, Permission
from services.audit import Audit
from services.clock import Clock
from services.links import SHARE_LIFE, LinkExpired, Links, ShareClaim
from services.paging import bounded
from services.reports import report_of
from services.reports.contract import ReportType
from services.reports.desk import ReportDesk, Shown
from services.reports.period import Period
from services.shops import Shop, Shops

PAGE_SIZE = 10
MOST_DAYS = 90
DAYS = SHARE_LIFE.days


@dataclass(frozen=True)
class Wish:
    """What somebody wants to share: a report over fixed days, in one currency, for so many days."""

    kind: ReportType
    period: Period
    currency: str
    days: int = DAYS
    with_names: bool = False


@dataclass(frozen=True)
class Shared:
    """What a link shows; unless it was made with names, there are none in it."""

    shop: Shop
    link: ShareLink
    shown: Shown


@dataclass(frozen=True)
class SharesPage:
    """One page of links; `page` counts from 0, `every` tells whether they are those of the whole shop."""

    links: list[ShareLink]
    page: int
    pages: int
    total: int
    every: bool


class Shares:
    """Keeps account of links; each staff member sees their own, and whoever rules the shop sees all."""

    def __init__(
        self, db: Db, clock: Clock, *, access: Access, audit: Audit, links: Links, shops: Shops,
        reports: ReportDesk,
    ) -> None:  # fmt: skip
        self._db = db
        self._clock = clock
        self._access = access
        self._audit = audit
        self._links = links
        self._shops = shops
        self._reports = reports

    async def may_name(self, shop: Shop, actor: Member, kind: ReportType) -> bool:
        """Whether this report has names, and the member may give them away."""
        keys = await self._access.permissions_of(shop, actor)
        return report_of(kind).personal and Permission.CUSTOMER_MANAGE in keys

    async def check(self, shop: Shop, wish: Wish) -> None:
        """Return if such a link can be made; raises NotFound and BadInput."""
        report_of(wish.kind)
        if self._links.public_url is None:
            raise BadInput("link", "no_public_url")
        if not 1 <= wish.days <= MOST_DAYS:
            raise BadInput("days", "share_days", MOST_DAYS)
        if wish.currency not in await self._reports.currencies(shop):
            raise NotFound("report")

    async def make(self, shop: Shop, actor: Member, wish: Wish) -> ShareLink:
        """A new link; raises NotFound, BadInput, and NotAllowed for names that the member may not see."""
        await self.check(shop, wish)
        named = wish.with_names and report_of(wish.kind).personal
        if named:
            await self._access.require(shop, actor, Permission.CUSTOMER_MANAGE)
        link = ShareLink(
            tenant_id=shop.id,
            actor_id=actor.discord_id,
            report_type=wish.kind,
            first_day=wish.period.first.isoformat(),
            last_day=wish.period.last.isoformat(),
            currency=wish.currency,
            with_names=named,
            # Whole seconds, as the address has them.
            expires_at=self._clock.now().replace(microsecond=0) + timedelta(days=wish.days),
        )
        after = {
            "reportType": link.report_type, "from": link.first_day, "to": link.last_day,
            "currency": link.currency, "withNames": named, "expiresAt": link.expires_at,
        }  # fmt: skip

        async def work(tx: Tx) -> None:
            await link.insert(self._db, tx=tx)
            await self._audit.record(shop.id, actor, "share.make", link, after=after, tx=tx)

        await transact(self._db, work)
        return link

    def url(self, link: ShareLink) -> str | None:
        """The link's address, while it shows anything and there is a public one."""
        if not link.open_at(self._clock.now()):
            return None
        return self._links.share_url(_claim(link), link.expires_at)

    async def page(self, shop: Shop, actor: Member, page: int = 0) -> SharesPage:
        """The links that somebody may look after, newest first."""
        every = await self._rules(shop, actor)
        of = None if every else actor.discord_id
        total = await ShareLink.how_many(self._db, shop.id, of)
        page, pages = bounded(page, total, PAGE_SIZE)
        links = await ShareLink.page(self._db, shop.id, of, skip=page * PAGE_SIZE, limit=PAGE_SIZE)
        return SharesPage(links, page, pages, total, every)

    async def one(self, shop: Shop, actor: Member, key: str) -> ShareLink:
        """One of the links that somebody may look after; raises NotFound."""
        link = await ShareLink.get(self._db, shop.id, key)
        if link is None or not (link.actor_id == actor.discord_id or await self._rules(shop, actor)):
            raise NotFound("share")
        return link

    async def revoke(self, shop: Shop, actor: Member, key: str) -> ShareLink:
        """End a link at once; raises NotFound. Ending it twice is ending it once."""
        seen = await self.one(shop, actor, key)

        async def work(tx: Tx) -> ShareLink | None:
            ended = await ShareLink.revoke(self._db, shop.id, key, self._clock.now(), tx=tx)
            if ended is not None:
                after = {"revokedAt": ended.revoked_at}
                await self._audit.record(shop.id, actor, "share.revoke", ended, after=after, tx=tx)
            return ended

        return await transact(self._db, work) or await self.one(shop, actor, seen.key)

    async def open(self, token: str, called: Callable[[int], str], *, counted: bool = True) -> Shared:
        """What the token shows, with customers called by `called` unless it was made with names.

        Raises LinkForged and LinkExpired, the latter also for what was revoked, and NoShop.
        """
        claim = self._links.read_share(token)
        link = await ShareLink.get(self._db, claim.tenant_id, claim.link_id)
        if link is None or link.revoked_at is not None or _claim(link) != claim:
            raise LinkExpired
        shop = await self._shops.of_tenant(claim.tenant_id)
        if counted:
            await link.count_opening(self._db, self._clock.now())
        period = Period.between(claim.first, claim.last, shop.config.time_zone)
        shown = await self._reports.report(shop, report_of(link.report_type).type, period, link.currency)
        return Shared(shop, link, shown if link.with_names else shown.masked(called))

    async def _rules(self, shop: Shop, actor: Member) -> bool:
        return (await self._access.held(shop, actor)).rules


def _claim(link: ShareLink) -> ShareClaim:
    first, last = date.fromisoformat(link.first_day), date.fromisoformat(link.last_day)
    return ShareClaim(link.tenant_id, link.report_type, first, last, link.key)
