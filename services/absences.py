"""What becomes of a shop whose server the bot was removed from: it waits, and its owner is told."""

import logging
from collections.abc import Collection, Mapping
from typing import Any

from pymongo.errors import DuplicateKeyError

from models.absence import Absence, seen_again, unseen
from models.base import Db, Tx
from models.outbox import OutboxEffect
from models.role_check import RoleCheck
from models.session import OrderSession
from models.storefront import Storefront
from models.tenant import BotConfig
from services.clock import Clock
from services.effects import OwnerEvent, owner_notice
from services.outbox import Outbox
from services.rules import Rules

# What failed because the bot was out, or was about to be.
AWAY = "guild_left"
TROUBLES = (AWAY, "guild_gone", "missing_permission", "channel_gone")

log = logging.getLogger(__name__)


class Absences:
    """Cogs say where the bot is; nothing of a shop is deleted because it is not there (docs/adr/0031)."""

    def __init__(self, db: Db, clock: Clock, rules: Rules, outbox: Outbox) -> None:
        self._db = db
        self._clock = clock
        self._rules = rules
        self._outbox = outbox

    async def away(self, tenant_id: str) -> bool:
        """Whether the bot is out of this shop's server, so that nothing can be done there."""
        return await Absence.of(self._db, tenant_id) is not None

    async def outdated(self, tenant_id: str, payload: Mapping[str, Any]) -> bool:
        """Whether what an owner was to be told is not so any more: the bot came back, or left once more."""
        now = await Absence.of(self._db, tenant_id)
        if OwnerEvent(payload["event"]) is OwnerEvent.BACK:
            return now is not None
        # Earlier versions did not say which absence they meant.
        return now is None or payload.get("absence", now.key) != now.key

    async def unseen(self, present: Collection[str]) -> list[str]:
        """The servers of shops that are not among those where the bot is, and not known to be left."""
        return await unseen(self._db, present)

    async def seen_again(self, present: Collection[str]) -> list[str]:
        """The servers that the bot had left and is in again."""
        return await seen_again(self._db, present)

    async def left(self, guild_id: str, guild_name: str = "", locale: str | None = None) -> bool:
        """The bot was removed from a server; tells its shop's owner, once. False for one without a shop."""

        async def work(tx: Tx) -> bool:
            config = await BotConfig.find_one(self._db, {"guildId": guild_id}, tx=tx)
            if config is None or await Absence.of(self._db, config.tenant_id, tx=tx) is not None:
                return False
            if await BotConfig.touch(self._db, config.tenant_id, guild_id, tx=tx) is None:
                return False
            now = self._clock.now()
            absence = Absence(
                tenant_id=config.tenant_id, guild_id=guild_id, guild_name=guild_name, locale=locale,
                left_at=now, due_at=now + self._rules.grace,
            )  # fmt: skip
            await absence.insert(self._db, tx=tx)
            until = {"until": int((now + self._rules.grace).timestamp())}
            await self._outbox.owe([owner_notice(OwnerEvent.LEFT, absence, now, **until)], tx)
            return True

        try:
            left = await self._outbox.commit(work)
        except DuplicateKeyError:
            # Another process heard of it, too.
            return False
        if left:
            log.warning("guild_left", extra={"guild": guild_id})
        return left

    async def back(self, guild_id: str) -> bool:
        """The bot is in a server again; the shop goes on and its owner is told. False when it never left."""

        async def work(tx: Tx) -> bool:
            absence = await Absence.of_guild(self._db, guild_id, tx=tx)
            if absence is None or not await Absence.end(self._db, absence, tx=tx):
                return False
            now = self._clock.now()
            for reason in TROUBLES:
                await OutboxEffect.hasten(self._db, absence.tenant_id, reason, now, tx=tx)
            await RoleCheck.hasten(self._db, absence.tenant_id, now, tx=tx)
            await Storefront.look(self._db, absence.tenant_id, now, tx=tx)
            await self._outbox.owe([owner_notice(OwnerEvent.BACK, absence, now)], tx)
            return True

        # Nearly always it never left, at every start and after every outage of each server.
        if await Absence.of_guild(self._db, guild_id) is None:
            return False
        back = await self._outbox.commit(work)
        if back:
            log.info("guild_back", extra={"guild": guild_id})
        return back

    async def sweep(self) -> int:
        """Close every shop whose time is over; how many."""
        due = await Absence.due(self._db, self._clock.now())
        return sum([await self._close(each) for each in due])

    async def _close(self, seen: Absence) -> bool:
        async def work(tx: Tx) -> bool:
            now = self._clock.now()
            if await Absence.close(self._db, seen, now, tx=tx) is None:
                return False
            await OrderSession.expire_all(self._db, seen.tenant_id, tx=tx)
            await self._outbox.owe([owner_notice(OwnerEvent.CLOSED, seen, now)], tx)
            return True

        return await self._outbox.commit(work)
