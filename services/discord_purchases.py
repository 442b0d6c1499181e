"""Purchases made at Discord itself: one way in for webhook, gateway and list, told twice or late the same."""

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo.errors import DuplicateKeyError

from models.alert import Alert, AlertSeverity, AlertType
from models.base import Db, Tx
from models.errors import NoShop
from models.flag import Flag
from models.platform_entitlement import EntitlementKind, PlatformEntitlement, PlatformState
from services.clock import Clock
from services.flags import Flags
from services.outbox import Outbox
from services.payments.processor import BadPayload
from services.shops import Shops
from services.stock import alert_effect

_ID = re.compile(r"[0-9]{1,20}")
_LAST_TYPE = 1000
# Developer gift, purchase in test mode, free purchase, reward of a quest (docs: Entitlement Types).
_UNPAID = frozenset({3, 4, 5, 10})
# A purchase that a listing brings to light later than this is kept, but no news to anybody: a shop that is
# set up after years of sales must not be told of each of them.
_NEWS_FOR = timedelta(days=7)
_EPOCH = datetime(2015, 1, 1, tzinfo=UTC)
_TIME_SHIFT = 22


@dataclass(frozen=True)
class EntitlementNews:
    """What Discord says of one entitlement, and when that was so; ids are Discord's, times in UTC.

    `listed` news are no event, but how the entitlement stands in Discord's list.
    """

    kind: EntitlementKind
    at: datetime
    entitlement_id: str
    sku_id: str
    type: int
    user_id: str | None
    guild_id: str | None
    starts_at: datetime | None
    ends_at: datetime | None
    listed: bool = False

    @property
    def bought_at(self) -> datetime:
        """When the entitlement came to be, which its id tells (docs: Snowflakes)."""
        return _EPOCH + timedelta(milliseconds=int(self.entitlement_id) >> _TIME_SHIFT)

    def state(self, now: datetime) -> PlatformState:
        """What follows from it at this time."""
        if self.kind is EntitlementKind.DELETE:
            return PlatformState.DELETED
        ended = self.ends_at is not None and self.ends_at <= now
        return PlatformState.ENDED if ended else PlatformState.ACTIVE


class DiscordEntitlements:
    """Keeps what Discord says of entitlements and tells staff once of each purchase and its end."""

    def __init__(self, db: Db, clock: Clock, *, shops: Shops, outbox: Outbox, flags: Flags) -> None:
        self._db = db
        self._clock = clock
        self._shops = shops
        self._outbox = outbox
        self._flags = flags

    async def take(self, news: EntitlementNews, *, tenant_id: str | None = None) -> str:
        """Note the news for the shop of its guild, else for the tenant given, else for the only shop.

        The outcome in a word: new, changed, known, switched_off for one that is not known, or no_shop.
        """
        tenant_id = await self._tenant_of(news, tenant_id)
        if tenant_id is None:
            return "no_shop"
        if not await self._heard(tenant_id, news):
            return "switched_off"
        try:
            return await self._note(tenant_id, news)
        except DuplicateKeyError:
            # Somebody else was the first to hear of it.
            return await self._note(tenant_id, news)

    async def _heard(self, tenant_id: str, news: EntitlementNews) -> bool:
        """Whether the shop hears of this: while that is switched off, only of what it knows already."""
        if await self._flags.on(tenant_id, Flag.DISCORD_PURCHASES):
            return True
        return await PlatformEntitlement.of(self._db, tenant_id, news.entitlement_id) is not None

    async def end_due(self) -> int:
        """End what Discord lets end without a word; how many."""
        ended = await PlatformEntitlement.ended(self._db, self._clock.now())
        return sum([await self._end(each) for each in ended])

    async def _tenant_of(self, news: EntitlementNews, otherwise: str | None) -> str | None:
        if news.guild_id is not None:
            with suppress(NoShop):
                return (await self._shops.of_guild(news.guild_id)).id
        if otherwise is not None:
            return otherwise
        with suppress(NoShop):
            return (await self._shops.sole()).id
        return None

    async def _note(self, tenant_id: str, news: EntitlementNews) -> str:
        fresh = _record(tenant_id, news, news.state(self._clock.now()))

        async def work(tx: Tx) -> str:
            seen = await PlatformEntitlement.of(self._db, tenant_id, news.entitlement_id, tx=tx)
            if seen is not None and _tells_nothing(seen, fresh, news):
                return "known"
            if seen is None:
                await fresh.insert(self._db, tx=tx)
            elif await PlatformEntitlement.tell(self._db, seen, fresh, tx=tx) is None:
                return "known"
            if seen is not None or self._is_news(news):
                await self._tell_staff(fresh, seen.state if seen else None, tx)
            return "changed" if seen else "new"

        if news.listed:
            # A list says mostly what is known, which is worth no transaction.
            seen = await PlatformEntitlement.of(self._db, tenant_id, news.entitlement_id)
            if seen is not None and _tells_nothing(seen, fresh, news):
                return "known"
        return await self._outbox.commit(work)

    def _is_news(self, news: EntitlementNews) -> bool:
        return not news.listed or news.bought_at > self._clock.now() - _NEWS_FOR

    async def _end(self, seen: PlatformEntitlement) -> int:
        async def work(tx: Tx) -> int:
            ended = await PlatformEntitlement.end(self._db, seen, tx=tx)
            if ended is None:
                return 0
            await self._tell_staff(ended, seen.state, tx)
            return 1

        return await self._outbox.commit(work)

    async def _tell_staff(self, record: PlatformEntitlement, before: PlatformState | None, tx: Tx) -> None:
        was, now = before is PlatformState.ACTIVE, record.state is PlatformState.ACTIVE
        if was == now and before is not None:
            return
        alert = Alert(
            tenant_id=record.tenant_id,
            type=AlertType.NEW_ORDER,
            severity=AlertSeverity.INFO,
            message=_message(record),
            params={"skuId": record.sku_id, "userId": record.user_id},
            entity_type="PlatformEntitlement",
            entity_id=record.key,
        )
        await alert.insert(self._db, tx=tx)
        await self._outbox.owe([alert_effect(alert, self._clock)], tx)


def _tells_nothing(seen: PlatformEntitlement, fresh: PlatformEntitlement, news: EntitlementNews) -> bool:
    return seen.outdates(news.kind, news.at) or (news.listed and seen.same_as(fresh))


def _message(record: PlatformEntitlement) -> str:
    match record.state:
        case PlatformState.ACTIVE:
            return "discord_purchase_free" if record.type in _UNPAID else "discord_purchase"
        case PlatformState.ENDED:
            return "discord_purchase_ended"
        case PlatformState.DELETED:
            return "discord_purchase_deleted"


def read_entitlement(kind: str, data: Any, at: datetime, *, listed: bool = False) -> EntitlementNews:
    """Read an entitlement object of Discord's API; `kind` is CREATE, UPDATE or DELETE. Raises BadPayload."""
    if kind not in set(EntitlementKind):
        raise BadPayload("unknown kind")
    if not isinstance(data, dict):
        raise BadPayload("no object")
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
        listed=listed,
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


def _record(tenant_id: str, news: EntitlementNews, state: PlatformState) -> PlatformEntitlement:
    return PlatformEntitlement(
        tenant_id=tenant_id,
        entitlement_id=news.entitlement_id,
        sku_id=news.sku_id,
        user_id=news.user_id,
        guild_id=news.guild_id,
        type=news.type,
        starts_at=news.starts_at,
        ends_at=news.ends_at,
        deleted=state is PlatformState.DELETED,
        state=state,
        told_kind=news.kind,
        told_at=news.at,
    )
