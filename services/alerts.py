"""What staff should look at: listed, opened, and put aside once somebody has seen it."""

from dataclasses import dataclass

from models.alert import Alert, AlertFilter
from models.base import Db, Tx, transact
from models.member import Member
from models.required import required
from services.audit import Audit
from services.paging import bounded
from services.shops import Shop

PAGE_SIZE = 10
_ALL = AlertFilter()
_UNREAD = AlertFilter(unread=True)


@dataclass(frozen=True)
class AlertsPage:
    """One page of alerts; `page` counts from 0, `unread` are all of the shop."""

    alerts: list[Alert]
    page: int
    pages: int
    total: int
    unread: int


class Alerts:
    """Reads alerts; they are raised where the thing happens. What one of the staff has seen, all have."""

    def __init__(self, db: Db, audit: Audit) -> None:
        self._db = db
        self._audit = audit

    async def of(self, tenant_id: str, alert_id: str) -> Alert | None:
        """One alert of a tenant."""
        return await Alert.get(self._db, tenant_id, alert_id)

    async def one(self, shop: Shop, alert_id: str) -> Alert:
        """One alert of the shop; raises NotFound."""
        return required(await self.of(shop.id, alert_id), "alert")

    async def page(self, shop: Shop, by: AlertFilter = _ALL, page: int = 0) -> AlertsPage:
        """The shop's alerts that fit, newest first."""
        total = await Alert.how_many(self._db, shop.id, by)
        page, pages = bounded(page, total, PAGE_SIZE)
        alerts = await Alert.page(self._db, shop.id, by, skip=page * PAGE_SIZE, limit=PAGE_SIZE)
        unread = total if by == _UNREAD else await Alert.how_many(self._db, shop.id, _UNREAD)
        return AlertsPage(alerts, page, pages, total, unread)

    async def read(self, shop: Shop, actor: Member, alert_id: str) -> Alert:
        """Put an alert aside, once; raises NotFound."""

        async def work(tx: Tx) -> Alert | None:
            seen = await Alert.mark_read(self._db, shop.id, alert_id, tx=tx)
            if seen is not None:
                await self._audit.record(
                    shop.id, actor, "alert.read", seen,
                    before={"isRead": False}, after={"isRead": True}, tx=tx,
                )  # fmt: skip
            return seen

        return await transact(self._db, work) or await self.one(shop, alert_id)

    async def read_all(self, shop: Shop, actor: Member, by: AlertFilter = _ALL) -> int:
        """Put all unread alerts that fit aside; how many there were."""
        read = await Alert.mark_all_read(self._db, shop.id, by)
        if read:
            said = {"read": read, "type": by.type, "severity": by.severity}
            await self._audit.record(shop.id, actor, "alert.read_all", shop.tenant, after=said)
        return read
