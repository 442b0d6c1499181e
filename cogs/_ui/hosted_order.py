"""An order on its way to being shown: its page is made, its provider asked, and what fails becomes a note."""

from dataclasses import replace

from cogs._ui.hosted_card import needs_page
from cogs._ui.paying import method_name
from cogs._ui.visit import Visit
from cogs._ui.words import Words
from models.errors import Declined, NotFound, ProviderError, WrongKeys
from models.order import OrderStatus
from models.payment import Payment, PaymentStatus
from services.orders import OrderView

_OPENED_ELSEWHERE = "being_opened"
_QUIET = {PaymentStatus.PENDING_PAYMENT, PaymentStatus.FAILED, PaymentStatus.UNDERPAID}


async def with_page(visit: Visit, view: OrderView) -> tuple[OrderView, str | None]:
    """The order with a page that can be paid on, made now where there is none; else what went wrong."""
    if not needs_page(view):
        return view, None
    shop = await visit.shop()
    try:
        payment = await visit.services.hosted.open(shop, view.order)
    except ProviderError as error:
        now = await visit.services.orders.view(shop, visit.member, view.order.key)
        return _without_page(now), _no_page(error, view.payment, visit.words)
    if (payment.opened, payment.status) == (view.payment.opened, view.payment.status):
        return view, None
    now = await visit.services.orders.view(shop, visit.member, view.order.key)
    return now, _new_page(view, now, visit.words)


def _new_page(before: OrderView, now: OrderView, w: Words) -> str | None:
    if not (before.payment.opened and now.payment.opened > before.payment.opened and needs_page(now)):
        return None
    return w("The time to pay on the last page was over. Here is a new one; please use only this one.")


def _without_page(view: OrderView) -> OrderView:
    """A page was wanted, so the one that may be noted has ended: nobody shall pay there."""
    if not needs_page(view):
        return view
    nothing = {"page_url": None, "nowpayments_deposit_address": None}
    return replace(view, payment=view.payment.model_copy(update=nothing))


def _no_page(error: ProviderError, payment: Payment, w: Words) -> str | None:
    if isinstance(error, Declined | WrongKeys) or error.code == _OPENED_ELSEWHERE:
        # The card says so itself, also when it is opened again.
        return None
    name = method_name(payment.method, w)
    return w("{method} is not reachable just now. Your order is safe, and nothing was paid.", method=name)


async def checked(visit: Visit, order_id: str) -> tuple[OrderView, str | None]:
    """The order after its provider was asked how the payment stands; raises NotFound for another's order."""
    shop, orders = await visit.shop(), visit.services.orders
    before = await orders.view(shop, visit.member, order_id)
    note: str | None = None
    try:
        await visit.services.hosted.check(shop, visit.member, before.order.key)
    except (ProviderError, NotFound):
        note = _not_asked(before.payment, visit.words)
    now, stopped = await with_page(visit, await orders.view(shop, visit.member, before.order.key))
    return now, stopped or note or _nothing_new(before, now, visit.words)


def _not_asked(payment: Payment, w: Words) -> str:
    name = method_name(payment.method, w)
    return w("I could not ask {method} just now. Please look again later; no payment is lost.", method=name)


def _nothing_new(before: OrderView, now: OrderView, w: Words) -> str | None:
    waits = now.order.status is OrderStatus.PENDING_PAYMENT and now.payment.status in _QUIET
    if not waits or len(now.payment.history) != len(before.payment.history):
        return None
    return w("Nothing new has arrived yet. It can take a few minutes.")
