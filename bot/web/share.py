"""A shared report as a page, as CSV and as JSON, for whoever holds its link."""

import asyncio
import re

from aiohttp import hdrs, web

from bot.web.language import asked_for
from bot.web.pages import Pages
from bot.web.problems import StillCounting
from bot.web.reports import ReportWords
from cogs._ui.words import Words
from services.reports.files import csv_of, json_of
from services.shares import Shared, Shares
from services.themes import Look, Themes
from services.time_zones import zone

# Less than the listener gives an answer, so that this one can say why there is none yet.
_PATIENCE = 8.0
# Whoever looks at a link before a person does: previews, search engines, scanners. Cubot makes phones.
_ROBOTS = re.compile(
    r"(?<!cu)bot\b|crawl|spider|preview|scan|facebookexternalhit|whatsapp|slurp|embed", re.IGNORECASE
)
_PREFETCH = ("Purpose", "Sec-Purpose", "X-Moz")


class SharePage:
    """Shows the report that a signed link names; what is wrong with the link is raised."""

    def __init__(self, shares: Shares, pages: Pages, themes: Themes | None) -> None:
        self._shares = shares
        self._pages = pages
        self._themes = themes

    async def show(self, request: web.Request) -> web.Response:
        """The page."""
        words = asked_for(request)
        shared = await self._open(request, words)
        look = await self._themes.look(shared.shop.config) if self._themes else None
        token = request.match_info["token"]
        # Hundreds of rows take a while to write, and others are waiting.
        return await asyncio.to_thread(self._page, shared, words, look, token)

    async def as_csv(self, request: web.Request) -> web.Response:
        """The table as spreadsheets read it."""
        words = asked_for(request)
        shared = await self._open(request, words)
        # What must not be told is no longer in it.
        body = await asyncio.to_thread(csv_of, shared.shown, personal=True, say=words)
        return _file(shared, body, "csv", "text/csv")

    async def as_json(self, request: web.Request) -> web.Response:
        """The numbers with the data dictionary's names."""
        shared = await self._open(request, asked_for(request))
        body = await asyncio.to_thread(json_of, shared.shown, personal=True)
        return _file(shared, body, "json", "application/json")

    async def _open(self, request: web.Request, words: Words) -> Shared:
        try:
            async with asyncio.timeout(_PATIENCE):
                return await self._shares.open(
                    request.match_info["token"],
                    lambda place: words("Customer {n}", n=place),
                    counted=_by_a_person(request),
                )
        except TimeoutError as error:
            raise StillCounting from error

    def _page(self, shared: Shared, words: Words, look: Look | None, token: str) -> web.Response:
        values = ReportWords(shared.shown, words).page()
        # The day as the shop counts it.
        until = words.date(shared.link.expires_at.astimezone(zone(shared.shown.period.zone)))
        shop = shared.shop.name
        return self._pages.page("share.html", words, look=look, shop=shop, until=until, token=token, **values)


def _by_a_person(request: web.Request) -> bool:
    if request.method != hdrs.METH_GET or any(name in request.headers for name in _PREFETCH):
        return False
    return _ROBOTS.search(request.headers.get(hdrs.USER_AGENT, "")) is None


def _file(shared: Shared, body: bytes, ending: str, kind: str) -> web.Response:
    name = shared.shown.report.type.lower().replace("_", "-")
    days = f"{shared.link.first_day}-to-{shared.link.last_day}"
    headers = {"Content-Disposition": f'attachment; filename="{name}-{days}.{ending}"'}
    return web.Response(body=body, content_type=kind, charset="utf-8", headers=headers)
