"""Answers with reports: each computed once for all who ask within a minute, whatever process they ask."""

import asyncio
import logging
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, cast

from pydantic import BaseModel, ConfigDict, ValidationError
from redis.asyncio import Redis
from redis.exceptions import RedisError

from models.base import Db, Utc
from models.order import Order
from services.clock import Clock
from services.reports import report_of
from services.reports.contract import Chart, Figure, ReportType, Table
from services.reports.period import Period, Preset, period_of
from services.reports.report import AnyReport, Question, Result
from services.reports.turns import Turns
from services.shops import Shop

LIFE = timedelta(seconds=60)
# How long others wait for the one who computes, before they compute it themselves.
_LOCK = timedelta(seconds=30)
_LOOK_AGAIN = 0.05
_PATIENCE = 1.0
# Unlocks only what is still ours.
_UNLOCK = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0"

log = logging.getLogger(__name__)


class _Kept[R: Result](BaseModel):
    """What stands in the cache: both results, and when they were computed."""

    model_config = ConfigDict(frozen=True)

    at: Utc
    now: R
    before: R


type _Known = _Kept[Any]


@dataclass(frozen=True)
class Shown:
    """A report as it was computed at `at`, with the equal period before."""

    report: AnyReport
    period: Period
    currency: str
    at: Utc
    now: Result
    before: Result

    @property
    def figures(self) -> list[Figure]:
        """The three that matter."""
        return self.report.figures(self.now, self.before)

    @property
    def chart(self) -> Chart:
        """The picture in numbers."""
        return self.report.chart(self.now, self.before)

    @property
    def table(self) -> Table:
        """All of it in rows."""
        return self.report.table(self.now)

    def masked(self, called: Callable[[int], str]) -> "Shown":
        """The same for strangers: nobody's name is in its figures, chart, table or payload."""
        return replace(self, now=self.now.masked(called), before=self.before.masked(called))

    def payload(self, *, personal: bool = False) -> dict[str, Any]:
        """The result with the data dictionary's names; what is personal only when asked for."""
        return self.now.payload(personal=personal)


class ReportDesk:
    """Computes reports; who may see one is asked before."""

    def __init__(self, db: Db, clock: Clock, redis: Redis | None) -> None:
        self._db = db
        self._aside = db.aside()
        self._clock = clock
        self._redis = redis
        self._turns = Turns()
        self._under_way: dict[str, asyncio.Task[_Known]] = {}

    def period(self, shop: Shop, preset: Preset) -> Period:
        """The days that a preset means in the shop's own time zone."""
        return Period.of(preset, self._clock.now(), shop.config.time_zone)

    def between(self, shop: Shop, first: str, last: str) -> Period:
        """The days between two that were typed as 2026-03-31; raises BadInput naming the period."""
        return Period.typed(first, last, shop.config.time_zone)

    def coded(self, shop: Shop, code: str) -> Period:
        """The days that a preset's name or a period's code means here now; raises BadInput."""
        return period_of(code, shop.config.time_zone, self._clock.now())

    async def currencies(self, shop: Shop) -> list[str]:
        """Those in which anything was ever sold, and the shop's own, which comes first."""
        found = await Order.currencies(self._db, shop.id)
        return [shop.currency, *sorted(set(found) - {shop.currency})]

    async def report(
        self, shop: Shop, kind: ReportType, period: Period, currency: str | None = None
    ) -> Shown:
        """The report over these days in one currency, the shop's own if none is named.

        It may be a minute old. Raises NotFound for a type that is no report.
        """
        report = report_of(kind)
        money = (currency if report.of_money else None) or shop.currency
        key = ":".join(
            ("shop:report", shop.id, report.type, str(period.first), str(period.last), period.zone, money)
        )
        task = self._under_way.get(key)
        if task is None:
            # A task of its own: whoever asked first may go away without taking the answer along.
            task = asyncio.create_task(self._answer(report, shop.id, period, money, key))
            self._under_way[key] = task
            task.add_done_callback(lambda done: self._over(key, done))
        kept = await asyncio.shield(task)
        return Shown(report, period, money, kept.at, kept.now, kept.before)

    def _over(self, key: str, task: asyncio.Task[_Known]) -> None:
        self._under_way.pop(key, None)
        if not task.cancelled():
            task.exception()  # seen, also where nobody waits for it any more

    async def _answer(
        self, report: AnyReport, tenant_id: str, period: Period, currency: str, key: str
    ) -> _Known:
        token = secrets.token_hex(8)
        try:
            kept = await self._kept_or_turn(report, key, token)
        except (RedisError, OSError, TimeoutError):
            # Whoever cannot ask Redis does not wait for it again to tell what came of it.
            return await self._compute(report, tenant_id, period, currency)
        if kept is not None:
            return kept
        try:
            kept = await self._compute(report, tenant_id, period, currency)
            await self._keep(key, kept)
        finally:
            await self._unlock(key, token)
        return kept

    async def _compute(self, report: AnyReport, tenant_id: str, period: Period, currency: str) -> _Known:
        async with self._turns.turn():
            return await self._count(report, tenant_id, period, currency)

    async def _count(self, report: AnyReport, tenant_id: str, period: Period, currency: str) -> _Known:
        at = self._clock.now()
        asked = Question(self._aside, tenant_id, period, currency, at)
        earlier = replace(asked, period=period.before, to_compare=True)
        # One after the other, as a report asks its own: a small machine keeps a core for those who shop.
        now, before = await report.query(asked), await report.query(earlier)
        kept = _form(report)(at=at, now=report.compared(now, before), before=before)
        await asyncio.sleep(0)  # reading a year of rows took milliseconds, in which others came
        return kept

    async def _kept_or_turn(self, report: AnyReport, key: str, token: str) -> _Known | None:
        """What somebody computed; None when it is our turn to. Raises when Redis is away."""
        until = asyncio.get_running_loop().time() + _LOCK.total_seconds()
        while asyncio.get_running_loop().time() < until:
            async with asyncio.timeout(_PATIENCE):
                kept, ours = await self._look(report, key, token)
            if kept is not None or ours:
                return kept
            await asyncio.sleep(_LOOK_AGAIN)
        return None

    async def _look(self, report: AnyReport, key: str, token: str) -> tuple[_Known | None, bool]:
        """What is kept, and whether we are the one to compute."""
        if self._redis is None:
            return None, True
        kept = _read(report, await self._redis.get(key))
        if kept is not None:
            return kept, False
        ours = bool(await self._redis.set(_lock(key), token, nx=True, px=_LOCK))
        # Somebody may have finished between the two.
        return (_read(report, await self._redis.get(key)) if ours else None), ours

    async def _keep(self, key: str, kept: _Known) -> None:
        if self._redis is None:
            return
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._redis.set(key, kept.model_dump_json(by_alias=True), px=LIFE)
        except (RedisError, OSError, TimeoutError):
            log.info("report_not_kept")

    async def _unlock(self, key: str, token: str) -> None:
        if self._redis is None:
            return
        with suppress(RedisError, OSError, TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                await self._redis.eval(_UNLOCK, 1, _lock(key), token)


def _lock(key: str) -> str:
    return f"{key}:lock"


def _form(report: AnyReport) -> type[_Known]:
    # Which one is known at run time only; pydantic keeps those it has made.
    return cast("type[_Known]", _Kept.__class_getitem__(report.result))


def _read(report: AnyReport, found: bytes | str | None) -> _Known | None:
    if not found:
        return None
    with suppress(ValidationError):  # it was written by another version
        return _form(report).model_validate_json(found)
    return None
