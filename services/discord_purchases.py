"""Purchases made at Discord itself: one way in for webhook and gateway, told twice or late the same."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pymongo.errors import DuplicateKeyError

from models.alert import Alert, AlertSeverity, AlertType
from models.base import Db, Tx
from models.errors import NoShop
from models.platform_entitlement import EntitlementKind, PlatformEntitlement, PlatformState
from services.clock import Clock
from services.outbox import Outbox
from services.payments.processor import BadPayload
from services.shops import Shops
from services.stock import alert_effect

_ID = re.compile(r"[0-9]{1,20}")
_LAST_TYPE = 1000


@dataclass(frozen=True)
class EntitlementNews:
    """What Discord says of one entitlement, and when that happened; ids are Discord's, times in UTC."""

    kind: EntitlementKind
    at: datetime
    entitlement_id: str
    sku_id: str
    type: int
    user_id: str | None
    guild_id: str | None
    starts_at: datetime | None
    ends_at: datetime | None

    @property
    def state(self) -> PlatformState:
        """How the entitlement stood then."""
        if self.kind is EntitlementKind.DELETE:
            return PlatformState.DELETED
        ended = self.ends_at is not None and self.ends_at <= self.at
        return PlatformState.ENDED if ended else PlatformState.ACTIVE


class DiscordEntitlements:
    """Keeps what Discord says of entitlements and tells staff once of each purchase and its end."""

    def __init__(self, db: Db, clock: Clock, *, shops: Shops, outbox: Outbox) -> None:
        self._db = db
        self._clock = clock
        self._shops = shops
        self._outbox = outbox

    async def note(self, entitlement: dict[str, Any], kind: str, at: datetime | None = None) -> str:
        """Take what the gateway sent: `kind` is CREATE, UPDATE or DELETE; raises BadPayload."""
        return await self.take(read_entitlement(kind, entitlement, at or self._clock.now()), tenant_id=None)

    async def take(self, news: EntitlementNews, *, tenant_id: str | None) -> str:
        """Note the news for the shop of its guild, else for the tenant given.

        The outcome in a word: new, changed, known, or no_shop.
        """
        tenant_id = await self._tenant_of(news, tenant_id)
        if tenant_id is None:
            return "no_shop"
        try:
            return await self._note(tenant_id, news)
        except DuplicateKeyError:
            # Somebody else was the first to hear of it.
            return await self._note(tenant_id, news)

    async def end_due(self) -> int:
        """End what Discord lets end without a word; how many."""
        ended = await PlatformEntitlement.ended(self._db, self._clock.now())
        return sum([await self._end(each) for each in ended])

    async def _tenant_of(self, news: EntitlementNews, otherwise: str | None) -> str | None:
        if news.guild_id is None:
            return otherwise
        try:
            return (await self._shops.of_guild(news.guild_id)).id
        except NoShop:
            return otherwise

    async def _note(self, tenant_id: str, news: EntitlementNews) -> str:
        async def work(tx: Tx) -> str:
            seen = await PlatformEntitlement.of(self._db, tenant_id, news.entitlement_id, tx=tx)
            if seen is not None and seen.outdates(news.kind, news.at):
                return "known"
            fresh = _record(tenant_id, news)
            if seen is None:
                await fresh.insert(self._db, tx=tx)
            elif await PlatformEntitlement.tell(self._db, seen, fresh, tx=tx) is None:
                return "known"
            await self._tell_staff(seen or fresh, seen.state if seen else None, news.state, tx)
            return "changed" if seen else "new"

        return await self._outbox.commit(work)

    async def _end(self, seen: PlatformEntitlement) -> int:
        async def work(tx: Tx) -> int:
            if await PlatformEntitlement.end(self._db, seen, tx=tx) is None:
                return 0
            await self._tell_staff(seen, seen.state, PlatformState.ENDED, tx)
            return 1

        return await self._outbox.commit(work)

    async def _tell_staff(
        self, record: PlatformEntitlement, before: PlatformState | None, after: PlatformState, tx: Tx
    ) -> None:
        was, now = before is PlatformState.ACTIVE, after is PlatformState.ACTIVE
        if was == now and before is not None:
            return
        alert = Alert(
            tenant_id=record.tenant_id,
            type=AlertType.NEW_ORDER,
            severity=AlertSeverity.INFO,
            message="discord_purchase" if now else "discord_purchase_ended",
            params={"skuId": record.sku_id, "userId": record.user_id},
            entity_type="PlatformEntitlement",
            entity_id=record.key,
        )
        await alert.insert(self._db, tx=tx)
        await self._outbox.owe([alert_effect(alert, self._clock)], tx)


def read_entitlement(kind: str, data: dict[str, Any], at: datetime) -> EntitlementNews:
    """Read an entitlement object of Discord's API; raises BadPayload."""
    if kind not in set(EntitlementKind):
        raise BadPayload("unknown kind")
    number = data.get("type")
    if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number <= _LAST_TYPE:
        raise BadPayload("no type")
    deleted = data.get("deleted") is True
    return EntitlementNews(
        kind=EntitlementKind.DELETE if deleted else EntitlementKind(kind),
        # MongoDB keeps milliseconds; what is compared with it has to be cut the same.
        at=at.replace(microsecond=at.microsecond // 1000 * 1000),
        entitlement_id=_id(data, "id") or _missing("id"),
        sku_id=_id(data, "sku_id") or _missing("sku_id"),
        type=number,
        user_id=_id(data, "user_id"),
        guild_id=_id(data, "guild_id"),
        starts_at=_time(data, "starts_at"),
        ends_at=_time(data, "ends_at"),
    )


def moment(text: str) -> datetime:
    """An ISO 8601 time of Discord's, which is UTC where it names no offset; raises BadPayload."""
    try:
        found = datetime.fromisoformat(text)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadPayload("no time") from None


def _id(data: dict[str, Any], name: str) -> str | None:
    value = data.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise BadPayload(f"wrong {name}")
    return value


def _missing(name: str) -> str:
    raise BadPayload(f"no {name}")


def _time(data: dict[str, Any], name: str) -> datetime | None:
    value = data.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise BadPayload(f"wrong {name}")
    return moment(value)


def _record(tenant_id: str, news: EntitlementNews) -> PlatformEntitlement:
    return PlatformEntitlement(
        tenant_id=tenant_id,
        entitlement_id=news.entitlement_id,
        sku_id=news.sku_id,
        user_id=news.user_id,
        guild_id=news.guild_id,
        type=news.type,
        starts_at=news.starts_at,
        ends_at=news.ends_at,
        deleted=news.state is PlatformState.DELETED,
        state=news.state,
        told_kind=news.kind,
        told_at=news.at,
    )
