"""A refusal as it is shown: its sentence, and beside it, as a button, the command that the sentence names."""

import re
from collections.abc import Mapping

from cogs._ui.card import Button, Card
from cogs._ui.refusals import mentioned, sentence
from cogs._ui.role_names import RoleName
from cogs._ui.target import Target
from cogs._ui.words import Words, later
from models.errors import NotFound, ShopError
from services.reports.contract import ReportType
from services.reports.period import Preset

# A customer is sent to the customers' lists, while staff have lists of their own.
_BEHIND_COUNTER = {
    "product": later("I cannot find that product. Please choose one with `/admin product`."),
    "order": later("I cannot find that order. Please choose one with `/admin order`."),
    "payment": later("I cannot find that payment. Please choose one with `/admin payments`."),
    "line": later("That is not in the order any more. Please open it again with `/admin order`."),
}
# By the words of the command.
_WORDED = {
    "shop_browse": (later("Browse the shop"), Target("shop:page", 0, "")),
    "cart_view": (later("My cart"), Target("cart:view")),
    "checkout": (later("Check out"), Target("checkout:open")),
    "orders_list": (later("My orders"), Target("orders:page", 0)),
}
# Staff know their commands by name.
_NAMED: Mapping[str, Target] = {
    "admin_alerts": Target("alerts:list"),
    "admin_analytics": Target("report:show", ReportType.REVENUE_OVERVIEW, Preset.LAST_30_DAYS, "", 1),
    "admin_audit": Target("audit:list", 0),
    "admin_config": Target("config:open"),
    "admin_customer": Target("customer:list"),
    "admin_discount": Target("discount:list"),
    "admin_doctor": Target("doctor:open"),
    "admin_flags": Target("flags:list"),
    "admin_fund": Target("fundbook:open"),
    "admin_order": Target("order:list"),
    "admin_panel": Target("panel:home"),
    "admin_payments": Target("payments:list"),
    "admin_people_identity": Target("identity:list"),
    "admin_people_roles": Target("roles:list"),
    "admin_people_user": Target("user:list"),
    "admin_product": Target("product:list"),
    "admin_providers": Target("providers:list"),
    "admin_queue": Target("queue:list"),
    "admin_ship": Target("ship:list"),
}
_COMMAND = re.compile(r"`(/[a-z ]+)`")


def refused(error: ShopError, w: Words, role: RoleName = mentioned, *, counter: bool = False) -> Card:
    """What to tell the person, and a click that leads on; `counter` says that they act as staff."""
    said = _said(error, Words.of(None), role, counter=counter)
    ways = [way for path in dict.fromkeys(_COMMAND.findall(said)) if (way := _way(path, w))]
    return Card(note=_said(error, w, role, counter=counter), rows=[ways] if ways else [])


def _said(error: ShopError, w: Words, role: RoleName, *, counter: bool) -> str:
    if counter and isinstance(error, NotFound) and error.kind in _BEHIND_COUNTER:
        return w(_BEHIND_COUNTER[error.kind])
    return sentence(error, w, role)


def _way(path: str, w: Words) -> Button | None:
    words = path.removeprefix("/").replace(" ", "_")
    if words in _WORDED:
        label, target = _WORDED[words]
        return Button(w(label), target)
    return Button(w.command(path), _NAMED[words]) if words in _NAMED else None
