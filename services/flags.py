"""Which parts are on: the shop's word, else the installation's, else the default (docs/adr/0026)."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Literal

from pydantic import ValidationError
from pymongo.errors import DuplicateKeyError

from models.audit import AuditLog
from models.base import Db, Tx, transact
from models.errors import BadInput, ChangedMeanwhile, FeatureOff
from models.flag import FeatureFlag, Flag, FlagScope
from models.member import Member
from models.storefront import Storefront
from services.audit import Audit
from services.clock import Clock
from services.features import FEATURES, Feature, Payload
from services.memories import Memories
from services.partner import PartnerKind
from services.remembered import Remembered
from services.shops import Shop

# Short enough that another process's switch is soon obeyed.
_REMEMBERED = timedelta(seconds=2)

log = logging.getLogger(__name__)

type Said = Literal["default", "system", "shop", "final"]


@dataclass(frozen=True)
class FlagState:
    """How a part stands, who said so, and the shop's own record where there is one."""

    feature: Feature
    on: bool
    payload: Payload
    said: Said
    own: FeatureFlag | None = None

    @property
    def version(self) -> int:
        """Which state of the shop's record this is; 0 where there is none."""
        return int(self.own.updated_at.timestamp() * 1000) if self.own else 0


@dataclass(frozen=True)
class Change:
    """Who last changed a flag, by Discord's id, and when."""

    actor_id: str
    at: datetime


class Flags:
    """Answers whether a part is on, and lets a shop switch its parts."""

    def __init__(self, db: Db, clock: Clock, audit: Audit, memories: Memories) -> None:
        self._db = db
        self._clock = clock
        self._audit = audit
        self._remembered: Remembered[str, dict[Flag, FlagState]] = memories.make("flags", _REMEMBERED)

    async def on(self, tenant_id: str, flag: Flag) -> bool:
        """Whether this part of the shop is on."""
        return (await self._states(tenant_id))[flag].on

    async def require(self, tenant_id: str, flag: Flag) -> None:
        """Return if this part is on; raises FeatureOff."""
        if not await self.on(tenant_id, flag):
            raise FeatureOff(flag)

    async def taxes(self, shop: Shop) -> bool:
        """Whether tax may come on top of a shop's prices."""
        if shop.config.tax_percent is not None:
            return True
        return PartnerKind.TAX in shop.config.partners and await self.on(shop.id, Flag.TAX_PARTNER)

    async def payload[P: Payload](self, tenant_id: str, flag: Flag, kind: type[P]) -> P:
        """What is set about a part, as its declared type."""
        found = (await self._states(tenant_id))[flag].payload
        if not isinstance(found, kind):
            raise TypeError(f"{flag} has another payload")
        return found

    async def states(self, shop: Shop) -> list[FlagState]:
        """Every part as it stands, in the order of declaration."""
        return list((await self._read(shop.id)).values())

    async def state(self, shop: Shop, flag: Flag) -> FlagState:
        """One part as it stands."""
        return (await self._read(shop.id))[flag]

    async def last_change(self, shop: Shop, state: FlagState) -> Change | None:
        """Who last changed it in this shop, and when."""
        if state.own is None:
            return None
        where = {"tenantId": shop.id, "entityType": FeatureFlag.__name__, "entityId": state.own.key}
        rows = await AuditLog.find_all(self._db, where, sort="-createdAt", limit=1)
        return Change(rows[0].actor_id, rows[0].created_at) if rows else None

    async def switch(self, shop: Shop, actor: Member, flag: Flag, *, on: bool) -> FlagState:
        """Switch a part of the shop; raises FeatureOff where the installation leaves no choice."""
        for last in (False, True):
            state = await self.state(shop, flag)
            if state.said == "final":
                raise FeatureOff(flag, final=True)
            if state.on == on:
                return state
            try:
                return await self._put(shop, actor, state, "flag.switch", {"enabled": on})
            except ChangedMeanwhile:
                # Whoever was faster may have wanted the same; a switch says what it wants, so try again.
                if last:
                    raise
        raise AssertionError("unreachable")

    async def fill(
        self, shop: Shop, actor: Member, flag: Flag, fields: Mapping[str, Any], version: int
    ) -> FlagState:
        """Set what can be set about a part, by the payload's names, if that is as it was when it was shown.

        Raises BadInput naming the field, FeatureOff as `switch` does, and ChangedMeanwhile.
        """
        state = await self.state(shop, flag)
        if state.said == "final":
            raise FeatureOff(flag, final=True)
        if state.version != version:
            raise ChangedMeanwhile
        kind = FEATURES[flag].payload
        try:
            payload = kind.model_validate({**state.payload.model_dump(), **fields})
        except ValidationError as error:
            raise _wrong(error) from error
        written = {"payload": payload.model_dump(mode="json"), "enabled": state.on}
        return await self._put(shop, actor, state, "flag.payload", written)

    async def _put(
        self, shop: Shop, actor: Member, state: FlagState, action: str, fields: dict[str, Any]
    ) -> FlagState:
        flag, now = state.feature.flag, self._clock.now()
        seen = state.own.updated_at if state.own else None
        whole = {"enabled": state.on, "payload": state.payload.model_dump(mode="json")}
        before = {"flag": flag.value} | {key: whole[key] for key in fields}

        async def work(tx: Tx) -> None:
            put = await FeatureFlag.put(self._db, shop.id, flag, fields, seen, tx=tx)
            if put is None:
                raise ChangedMeanwhile
            after = {"flag": flag.value, **fields}
            await self._audit.record(shop.id, actor, action, put, before=before, after=after, tx=tx)
            await Storefront.mark(self._db, shop.id, now, tx=tx)

        await self._done(work)
        return await self.state(shop, flag)

    async def _done(self, work: Callable[[Tx], Any]) -> None:
        self._remembered.lose()
        try:
            await transact(self._db, work)
        except DuplicateKeyError as error:
            raise ChangedMeanwhile from error
        finally:
            self._remembered.forget()

    async def _states(self, tenant_id: str) -> dict[Flag, FlagState]:
        read: Callable[[], Awaitable[dict[Flag, FlagState]]] = partial(self._read, tenant_id)
        return await self._remembered.get(tenant_id, read)

    async def _read(self, tenant_id: str) -> dict[Flag, FlagState]:
        rows = await FeatureFlag.that_count(self._db, tenant_id)
        system = {row.name: row for row in rows if row.scope is FlagScope.SYSTEM and row.tenant_id is None}
        own = {row.name: row for row in rows if row.scope is FlagScope.TENANT and row.tenant_id == tenant_id}
        return {flag: _state(feature, system.get(flag), own.get(flag)) for flag, feature in FEATURES.items()}


async def keep_system_flags(db: Db, said: Mapping[Flag, Literal["on", "off", "never"]]) -> None:
    """Write down the installation's word at every start, so that all its processes obey the same."""
    for flag, word in said.items():
        try:
            await FeatureFlag.set_system(db, flag, enabled=word == "on", final=word == "never")
        except DuplicateKeyError:  # another process of ours wrote it first
            await FeatureFlag.set_system(db, flag, enabled=word == "on", final=word == "never")
    await FeatureFlag.drop_system(db, list(said))


def _state(feature: Feature, system: FeatureFlag | None, own: FeatureFlag | None) -> FlagState:
    payload = _payload(feature, own)
    if system is not None and system.final:
        return FlagState(feature, system.enabled, payload, "final", own)
    if own is not None:
        return FlagState(feature, own.enabled, payload, "shop", own)
    if system is not None:
        return FlagState(feature, system.enabled, payload, "system")
    return FlagState(feature, feature.default, payload, "default")


def _payload(feature: Feature, own: FeatureFlag | None) -> Payload:
    try:
        return feature.payload.model_validate(own.payload if own else {})
    except ValidationError:
        # It was written by hand; what the feature does without it is always right.
        log.warning("flag_payload_unreadable", extra={"flag": feature.flag.value})
        return feature.payload()


def _wrong(error: ValidationError) -> BadInput:
    found = error.errors(include_input=False, include_url=False)[0]
    name, limits = str(found["loc"][0]), found.get("ctx", {})
    if "le" in limits or "ge" in limits:
        return BadInput(name, "between", f"{_bound(name, 'ge')} - {_bound(name, 'le')}")
    return BadInput(name, "not_a_number" if found["type"].startswith("int") else "not_allowed")


def _bound(name: str, which: str) -> object:
    for feature in FEATURES.values():
        field = feature.payload.model_fields.get(name)
        for rule in field.metadata if field else ():
            if hasattr(rule, which):
                return getattr(rule, which)
    return ""
