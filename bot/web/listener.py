"""Opens the port that the pages are served on."""

import logging

from aiohttp import web
from yarl import URL

from bot.web.access import AccessLog
from bot.web.connection import Runner
from bot.web.crowd import MOST, READ_WITHIN, Crowd

IDLE = 15.0  # seconds for a request's headers to arrive, and between requests
_LINGER = 2.0  # seconds for the rest of a body that nobody reads
_GRACE = 5.0  # seconds for running requests when the listener stops
_LONGEST_LINE = 4096
_MOST_HEADERS = 64
_WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared with, not bound to

log = logging.getLogger(__name__)


class Listener:
    """Serves an application until it is stopped; port 0 takes a free one."""

    def __init__(
        self,
        app: web.Application,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        idle: float = IDLE,
        most: int = MOST,
        read_within: float = READ_WITHIN,
    ) -> None:
        """Take how many connections there may be, and how long a client may take to read an answer."""
        self._host = host
        self._port = port
        self._site: web.TCPSite | None = None
        self._crowd = Crowd(most, read_within)
        self._runner = Runner(
            app,
            self._crowd,
            access_log_class=AccessLog,
            access_log=logging.getLogger(f"{__package__}.access"),
            keepalive_timeout=idle,
            lingering_time=_LINGER,
            max_line_size=_LONGEST_LINE,
            max_field_size=_LONGEST_LINE,
            max_headers=_MOST_HEADERS,
            # A webhook's signature is over the body as it came; nobody else sends one.
            auto_decompress=False,
            shutdown_timeout=_GRACE,
        )

    @property
    def url(self) -> str:
        """Where this machine reaches the listener, without a slash at the end."""
        port = self._port if self._site is None else self._site.port
        return str(URL.build(scheme="http", host=_WILDCARDS.get(self._host, self._host), port=port))

    async def start(self) -> None:
        """Open the port; raises OSError when it is taken."""
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, self._port)
        try:
            await site.start()
        except OSError:
            await self._runner.cleanup()
            raise
        self._site = site
        self._crowd.watch()
        log.info("listener_started", extra={"port": site.port})

    async def stop(self) -> None:
        """Close the port and let running requests end."""
        await self._runner.cleanup()
        self._crowd.rest()
        self._site = None
