"""The invoice as a page."""

from typing import Any

from aiohttp import web

from bot.web.pages import Pages
from cogs._ui.address import address_lines
from cogs._ui.paying import method_name
from cogs._ui.words import Words, later
from models.erasing import is_pseudonym
from models.order import Order, OrderStatus
from models.payment import PaymentStatus
from services.invoices import Invoices, InvoiceView
from services.links import Links
from services.themes import Look, Themes

_PAID = (later("Paid"), "good")
# What an invoice calls an order, and the colour of its badge.
BADGES = {
    OrderStatus.PENDING_PAYMENT: (later("Awaiting payment"), "open"),
    OrderStatus.PAID: _PAID,
    OrderStatus.FULFILLING: _PAID,
    OrderStatus.SHIPPED: _PAID,
    OrderStatus.COMPLETE: _PAID,
    OrderStatus.CANCELLED: (later("Cancelled"), "bad"),
    OrderStatus.PARTIALLY_REFUNDED: (later("Partly refunded"), "quiet"),
    OrderStatus.REFUNDED: (later("Refunded"), "quiet"),
}
PAYMENT_STATUSES = {
    PaymentStatus.PENDING_PAYMENT: later("Not paid yet"),
    PaymentStatus.AWAITING_ADMIN_APPROVAL: later("Being checked"),
    PaymentStatus.PROCESSING: later("Being processed"),
    PaymentStatus.CONFIRMED: later("Confirmed"),
    PaymentStatus.REJECTED: later("Not accepted"),
    PaymentStatus.UNDERPAID: later("Paid in part"),
    PaymentStatus.FAILED: later("Failed"),
    PaymentStatus.EXPIRED: later("Expired"),
    PaymentStatus.PARTIALLY_REFUNDED: later("Partly refunded"),
    PaymentStatus.REFUNDED: later("Refunded"),
    PaymentStatus.DISPUTED: later("Disputed"),
}


class InvoicePage:
    """Shows the invoice that a signed link names."""

    def __init__(self, links: Links, invoices: Invoices, pages: Pages, themes: Themes | None) -> None:
        self._links = links
        self._invoices = invoices
        self._pages = pages
        self._themes = themes

    async def show(self, request: web.Request) -> web.Response:
        """The page; whatever is wrong with the link or the order is raised."""
        claim = self._links.read_invoice(request.match_info["token"])
        view = await self._invoices.view(claim.tenant_id, claim.order_id)
        words = Words.of(view.order.customer.locale)
        look = await self._look(view)
        return self._pages.page("invoice.html", words, look=look, **_shown(view, words))

    async def _look(self, view: InvoiceView) -> Look | None:
        if self._themes is None:
            return None
        return await self._themes.look(view.config, view.order.customer.discord_id)


def _shown(view: InvoiceView, w: Words) -> dict[str, Any]:
    order = view.order
    badge, tone = BADGES[order.status]
    return {
        "view": view,
        "order": order,
        "customer": _who(order, w),
        "badge": w(badge),
        "tone": tone,
        "method": method_name(order.payment_method, w),
        "payment_status": w(PAYMENT_STATUSES[view.payment.status]),
        "ship_to": _ship_to(order, w),
        "money": lambda cents: w.money(cents, order.currency),
    }


def _who(order: Order, w: Words) -> str:
    if is_pseudonym(order.customer.discord_id):
        return w("Customer of this shop")
    return order.customer.discord_display_name


def _ship_to(order: Order, w: Words) -> list[str]:
    if order.shipping_address is None or is_pseudonym(order.customer.discord_id):
        return []
    return address_lines(order.shipping_address, w)
