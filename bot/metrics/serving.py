"""Opens the port for monitoring: /metrics, /ready and /live, on this machine alone unless told otherwise."""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST

from bot.config import ConfigError, Settings
from bot.metrics.reading import Reading
from bot.metrics.vitals import Vitals, ready
from bot.stores import Stores
from bot.web.connection import Runner
from bot.web.crowd import Crowd
from bot.web.headers import finish
from services import Services

_PAUSE = 0.5
# Those who watch are few.
_MOST = 20
_GRACE = 1.0

log = logging.getLogger(__name__)


class Probes:
    """What a supervisor and a monitoring system ask."""

    def __init__(self, vitals: Vitals, reading: Reading) -> None:
        self._vitals = vitals
        self._reading = reading

    def app(self) -> web.Application:
        """The three pages, and no other."""
        app = web.Application()
        app.on_response_prepare.append(finish)
        app.router.add_get("/live", self.live)
        app.router.add_get("/ready", self.ready)
        app.router.add_get("/metrics", self.metrics)
        return app

    async def live(self, _: web.Request) -> web.Response:
        """200 as long as the event loop turns; a process that does not answer should be started again."""
        return web.json_response({"status": "ok"})

    async def ready(self, _: web.Request) -> web.Response:
        """200 while the process can do its part, else 503 with what it lacks."""
        parts = await self._vitals.look()
        well = ready(parts)
        found = {"status": "ready" if well else "not ready", **parts, "ended": self._vitals.ended}
        return web.json_response(found, status=200 if well else 503)

    async def metrics(self, _: web.Request) -> web.Response:
        """The numbers."""
        return web.Response(body=await self._reading.page(), headers={"Content-Type": CONTENT_TYPE_LATEST})


@contextlib.asynccontextmanager
async def watched(settings: Settings, stores: Stores, services: Services) -> AsyncIterator[Vitals]:
    """Serve what a monitoring system asks, where a port is set; raises ConfigError when it cannot be had."""
    vitals = Vitals(stores.db, stores.cache)
    if settings.metrics.port is None:
        yield vitals
        return
    reading = Reading(stores.db, services.clock, services.meters, services.calls, vitals)
    runner = Runner(Probes(vitals, reading).app(), Crowd(_MOST), access_log=None, shutdown_timeout=_GRACE)
    await runner.setup()
    lag = asyncio.create_task(_measure_lag(services), name="lag")
    try:
        await _open(runner, settings.metrics.host, settings.metrics.port)
        yield vitals
    finally:
        lag.cancel()
        await runner.cleanup()


async def _open(runner: Runner, host: str, port: int) -> None:
    site = web.TCPSite(runner, host, port)
    try:
        await site.start()
    except OSError as reason:
        why = f"The metrics cannot use {host}:{port} ({reason.strerror}): choose another SHOP_METRICS__PORT."
        raise ConfigError([why]) from reason
    log.info("metrics_started", extra={"port": site.port})


async def _measure_lag(services: Services) -> None:
    while True:
        began = time.monotonic()
        await asyncio.sleep(_PAUSE)
        services.meters.lag(max(0.0, time.monotonic() - began - _PAUSE))
