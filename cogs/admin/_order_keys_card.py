"""The one-time keys of an order as staff see them: by number and date, never the keys themselves."""

from cogs._ui import amounts
from cogs._ui.card import Button, Card, Option, Row, Select, plain
from cogs._ui.form import Form, Input
from cogs._ui.labels import status
from cogs._ui.target import Target
from cogs._ui.text import cut
from cogs._ui.words import Words
from cogs.admin._paging import pager
from services.key_delivery import HeldKey, HeldKeys
from services.orders import OrderView
from services.paging import bounded

_PER_PAGE = 20
_SHOWN_REASON = 60
_MAX_REASON = 500


def keys_card(view: OrderView, keys: HeldKeys, page: int, w: Words) -> Card:
    """What an order got of its keys; a bad one is chosen to be replaced."""
    order = view.order
    names = {item.product_id: item.name for item in order.items}
    every = [
        (names.get(owed.product_id, ""), key) for owed in view.entitlements for key in keys.get(owed.key, [])
    ]
    page, pages = bounded(page, len(every), _PER_PAGE)
    shown = every[page * _PER_PAGE : (page + 1) * _PER_PAGE]
    lines = [_standing(view, names, w), "\n".join(_line(name, key, w) for name, key in shown)]
    options = [_option(name, key, w) for name, key in shown if key.replaced_at is None]
    menu = [Select(w("Replace a bad key"), Target("keys:bad", order.key), options)] if options else []
    rows: list[Row] = [
        *menu,
        pager(w, "keys:order", page, pages, order.key),
        [Button(w("Back to the order"), Target("order:open", order.key))],
    ]
    return Card(
        title=w("Keys of order {number}", number=order.order_number),
        text="\n\n".join(line for line in lines if line),
        rows=[row for row in rows if row],
    )


def _standing(view: OrderView, names: dict[str, str], w: Words) -> str:
    owed = [each for each in view.entitlements if each.keys]
    return "\n".join(
        f"**{amounts.name_of(names.get(each.product_id, ''))}**, {each.keys}: {status(each.status, w)}"
        for each in owed
    )


def _line(name: str, key: HeldKey, w: Words) -> str:
    what = w("{name}, key {n}", name=amounts.name_of(name), n=key.number)
    if key.replaced_at is None:
        when = w.when(key.taken_at) if key.taken_at else ""
        return w("{what}: handed out {when}", what=what, when=when)
    reason = plain(cut(key.reason or "", _SHOWN_REASON))
    return w("{what}: replaced {when} ({reason})", what=what, when=w.when(key.replaced_at), reason=reason)


def _option(name: str, key: HeldKey, w: Words) -> Option:
    return Option(w("{name}, key {n}", name=cut(name, 60), n=key.number), key.id)


def reason_form(key_id: str, w: Words) -> Form:
    """Why a key is replaced; the customer reads it."""
    reason = Input("reason", w("Why? The customer will read this."), long=True, max_length=_MAX_REASON)
    return Form(w("Replace a bad key"), Target("keys:replace", key_id), [reason])
