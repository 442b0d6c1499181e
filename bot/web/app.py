"""The routing table: everything that the listener serves."""

from aiohttp import web
from redis.asyncio import Redis

from bot.web.gate import gate
from bot.web.headers import finish
from bot.web.health import Health
from bot.web.invoice import InvoicePage
from bot.web.limits import Limits
from bot.web.pages import Pages
from bot.web.problems import pause, translator
from bot.web.share import SharePage
from bot.web.visitors import Visitors
from bot.web.webhooks import PATH, Webhooks
from models.base import Db
from services.inbox import Inbox
from services.invoices import Invoices
from services.links import Links
from services.shares import Shares
from services.themes import Themes

LARGEST_BODY = 256 * 1024


def make_app(
    *,
    db: Db,
    cache: Redis | None,
    links: Links,
    invoices: Invoices,
    inbox: Inbox | None = None,
    themes: Themes | None = None,
    shares: Shares | None = None,
    visitors: Visitors | None = None,
) -> web.Application:
    """The listener's application; `cache` is None when no Redis is configured."""
    pages = Pages()
    steps = [gate(visitors or Visitors(), Limits(cache), pause(pages)), translator(pages)]
    app = web.Application(middlewares=steps, client_max_size=LARGEST_BODY)
    app.on_response_prepare.append(finish)
    app.router.add_get("/healthz", Health(db, cache).show)
    app.router.add_get("/invoice/{token}", InvoicePage(links, invoices, pages, themes).show)
    if shares is not None:
        page = SharePage(shares, pages, themes)
        app.router.add_get("/share/{token}", page.show)
        app.router.add_get("/share/{token}/data.csv", page.as_csv)
        app.router.add_get("/share/{token}/data.json", page.as_json)
    if inbox is not None:
        app.router.add_post(PATH, Webhooks(inbox).take)
    return app
