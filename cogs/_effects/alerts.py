"""How an alert reads in the staff channel: one line, and the way to what it is about."""

from collections.abc import Callable
from typing import Any, Literal

from cogs._effects import fund_alerts, payment_alerts
from cogs._ui.card import Button, Card, plain
from cogs._ui.parcels import MOVEMENTS
from cogs._ui.target import Target
from cogs._ui.text import cut, mention
from cogs._ui.words import Words, later
from models.alert import Alert, AlertSeverity
from services.shipping.contract import Movement

_NAME_LENGTH = 100
_COLOURS: dict[AlertSeverity, Literal["plain", "good", "warn", "bad"]] = {
    AlertSeverity.INFO: "good",
    AlertSeverity.WARN: "warn",
    AlertSeverity.ERROR: "bad",
}
REMEDIES = {
    "fund_channel": later(
        "I cannot post in the fund's channel. Let me write there, or choose another with `/admin fund`."
    ),
    "missing_permission": later(
        "I lack the permission Manage Roles. Give it to my role in Server Settings, Roles."
    ),
    "role_too_high": later("The role stands above mine. Drag my role above it in Server Settings, Roles."),
    "role_gone": later("The role was deleted. Choose another one for the product with `/admin product`."),
    "role_guarded": later(
        "The role opens `/admin` or could rule the server: I give it to nobody. Give it by hand, or refund."
    ),
    "member_left": later("The member has left. They will get it when they come back."),
    "guild_left": later("I am not in the server any more. It goes on by itself when I am back."),
    "guild_gone": later("I am not in the server any more. Invite me again."),
    "no_staff_channel": later("No channel for the staff is set. Choose one with `/admin config`."),
    "channel_gone": later("The channel for the staff was deleted. Choose another with `/admin config`."),
    "discord_down": later("Discord did not take it for hours."),
    "discord_lost": later("Discord could not be reached for hours."),
    "rate_limited": later("Discord asked us to slow down for hours."),
    "discord_rests": later("Discord does not answer just now. It goes on by itself when it does."),
    "token_refused": later(
        "Discord did not accept the bot. It goes on by itself once the bot has a new token."
    ),
    "took_too_long": later("It took too long. I will try again by myself."),
    "being_opened": later("Somebody is at it at this moment."),
    "provider_away": later("The provider could not be reached for hours."),
    "wrong_keys": later(
        "The provider does not accept the shop's keys. Enter them anew with `/admin providers`."
    ),
    "mail_away": later("The mail service could not be reached for hours."),
    "mail_refused": later(
        "The mail service refused it. Please test its keys with `/admin providers`, and look there."
    ),
    "address_refused": later("Nobody can be reached at that address. Change it with `/admin config`."),
    "webhooks_wait": later("A webhook of theirs still waits. Look at it with `/admin webhooks`."),
    "no_keys": later("No key is left. Import keys with `/admin stock`; then it is handed out by itself."),
    "tax_no_address": later("It needs the shop's address. Enter it with `/admin config`, under Tax."),
    "tax_declined": later("It refused the question. Look at the customer's address and the shop's."),
    "tax_not_taken": later("It did not take it. Please enter it on the provider's site."),
    "refund_unknown": later(
        "The answer was lost. Look on the provider's site whether the money went back, "
        "then tell me at the payment."
    ),
    "label_unknown": later(
        "The answer was lost. Look on the provider's site whether the label was bought, "
        "then tell me at the parcel."
    ),
}
EFFECTS = {
    "role.grant": later("granting a role"),
    "role.revoke": later("taking a role back"),
    "role.check": later("comparing roles with purchases"),
    "customer.notice": later("telling a customer"),
    "staff.claim": later("posting a payment to be checked"),
    "staff.decided": later("showing a decision on its card"),
    "staff.alert": later("posting an alert"),
    "invoice.number": later("numbering an invoice"),
    "payment.open": later("making the page for a payment"),
    "payment.close": later("closing the page of a payment"),
    "payment.refund": later("giving money back"),
    "mail.customer": later("sending a customer an e-mail"),
    "mail.staff": later("sending your staff an e-mail"),
    "keys.assign": later("handing out keys"),
    "tax.record": later("telling of a sale for its tax"),
    "tax.refund": later("telling of a refund for its tax"),
    "stock.offer": later("telling somebody that a product is back"),
    "label.buy": later("buying a label"),
    "parcel.follow": later("following a parcel"),
    "fund.celebrate": later("posting that somebody gave to the community fund"),
    "person.scrub": later("clearing what providers told about an erased person"),
    "staff.digest": later("telling staff how the shop is doing"),
    "import.result": later("telling how an import ended"),
    "indexes.make": later("making the database's indexes"),
    "owner.notice": later("telling the owner where the shop is"),
}


_OPENS = {
    "Order": (later("Open order"), "order:open"),
    "Product": (later("Open stock"), "stock:open"),
    "Storefront": (later("Open storefront"), "storefront:open"),
    "CommunityFund": (later("Open the fund"), "fundbook:open"),
    "Customer": (later("Open customer"), "customer:open"),
}


def card(alert: Alert, w: Words) -> Card:
    """The alert as staff see it."""
    say = _LINES.get(alert.message, _other)
    return Card(text=say(alert, w), colour=_COLOURS[alert.severity], rows=_ways(alert, w))


def _ways(alert: Alert, w: Words) -> list[list[Button]]:
    if alert.entity_id is None:
        return []
    if alert.message in {"parcel_failed", "parcel_moves"} or alert.params.get("ships"):
        return _to_parcels(alert.entity_id, w)
    if alert.entity_type in _OPENS:
        label, action = _OPENS[alert.entity_type]
        return [[Button(w(label), Target(action, alert.entity_id))]]
    if alert.entity_type == "Payment":
        return payment_alerts.ways(alert, w)
    if alert.entity_type == "WebhookEvent":
        return payment_alerts.way_to_message(alert, w)
    return _effect_ways(alert, w)


def _effect_ways(alert: Alert, w: Words) -> list[list[Button]]:
    order_id = alert.params.get("orderId")
    # Here somebody tries again, or says that it was done by hand.
    queue = Button(w("Open in the queue"), Target("queue:effect", alert.entity_id or ""), "primary")
    if not order_id:
        return [[queue]]
    if str(alert.params.get("kind")).startswith(("label.", "parcel.")):
        return _to_parcels(str(order_id), w)
    if str(alert.params.get("kind")).startswith("payment."):
        return [[queue, Button(w("Open payment"), Target("payment:order", str(order_id)))]]
    return [[queue, Button(w("Open order"), Target("order:open", str(order_id)))]]


def _to_parcels(order_id: str, w: Words) -> list[list[Button]]:
    ship = Button(w("Ship"), Target("ship:open", order_id), "primary")
    return [[ship, Button(w("Open order"), Target("order:open", order_id))]]


def _low_stock(alert: Alert, w: Words) -> str:
    name, left = plain(cut(str(alert.params["product"]), _NAME_LENGTH)), int(alert.params["left"])
    if left <= 0:
        return w("**{name}** is sold out.", name=name)
    return w.count(left, "Only {n} of **{name}** is left.", "Only {n} of **{name}** are left.", name=name)


def _new_order(alert: Alert, w: Words) -> str:
    total = w.money(int(alert.params["total"]), str(alert.params["currency"]))
    said = w("Order **{number}** for {total} is paid.", number=alert.params["number"], total=total)
    return f"{said} {w('It has to be sent.')}" if alert.params.get("ships") else said


def _role_failed(alert: Alert, w: Words) -> str:
    role, who = f"<@&{alert.params['roleId']}>", mention(str(alert.params["userId"]))
    said = w("I could not give the role {role} to {who}.", role=role, who=who)
    return f"{said} {_remedy(alert.params['reason'], w)}\n" + w("I will keep trying.")


def _role_not_removed(alert: Alert, w: Words) -> str:
    role, who = f"<@&{alert.params['roleId']}>", mention(str(alert.params["userId"]))
    said = w("I could not take the role {role} back from {who}.", role=role, who=who)
    return f"{said} {_remedy(alert.params['reason'], w)}\n" + w("I will keep trying.")


def _keys_missing(alert: Alert, w: Words) -> str:
    name, number = plain(cut(str(alert.params["product"]), _NAME_LENGTH)), alert.params["number"]
    said = w("Order **{number}** is paid, but no key of **{name}** is left.", number=number, name=name)
    return f"{said} {w('Import keys, and it is handed out by itself.')}"


def _roles_mended(alert: Alert, w: Words) -> str:
    given, taken = int(alert.params["given"]), int(alert.params["taken"])
    said = [w("I compared everybody's roles with what they bought.")]
    if given:
        said.append(
            w.count(given, "{n} role was missing: I give it again.", "{n} were missing: I give them again.")
        )
    if taken:
        said.append(
            w.count(taken, "{n} role was left over: I take it away.", "{n} were left over: I take them away.")
        )
    return " ".join(said)


def _import_stopped(alert: Alert, w: Words) -> str:
    name = plain(cut(str(alert.params["name"]), _NAME_LENGTH))
    done, total = int(alert.params["done"]), int(alert.params["total"])
    said = w("I had to stop the import of **{name}**, after several tries.", name=name)
    left = w("{done} of {total} rows are done, {left} are left.", done=done, total=total, left=total - done)
    ask = w("Please send the file again with `/admin import`: what is done already stays as it is.")
    return f"{said} {left} {ask}"


def _effect_dead(alert: Alert, w: Words) -> str:
    kind = EFFECTS.get(str(alert.params["kind"]))
    what = w(kind) if kind else str(alert.params["kind"])
    if alert.params["reason"] == "refund_unknown":
        said = w("I was to give money back, and cannot tell whether that was done.")
    elif alert.params["reason"] == "label_unknown":
        said = w("I was to buy a label, and cannot tell whether that was done.")
    else:
        said = w("I gave up on {what} after several tries.", what=what)
    return f"{said} {_remedy(alert.params['reason'], w)}"


def _parcel_moves(alert: Alert, w: Words) -> str:
    said = w(
        "A parcel of order **{number}** is on its way, although its label was voided or given up.",
        number=alert.params["number"],
    )
    ask = w("Please do not send its pieces again: mark them as sent with this number, or get it back.")
    return "\n".join(part for part in (said, _carried(alert), ask) if part)


def _carried(alert: Alert) -> str:
    by = " ".join(str(alert.params[key]) for key in ("carrier", "tracking") if alert.params.get(key))
    return plain(cut(by, _NAME_LENGTH))


def _parcel_failed(alert: Alert, w: Words) -> str:
    reason = MOVEMENTS.get(str(alert.params["reason"]), MOVEMENTS[Movement.FAILED])
    number, where = alert.params["number"], w(reason)
    said = w("The carrier of a parcel of order **{number}** says: {where}.", number=number, where=where)
    ask = w("Please ask its carrier, then tell me what became of it.")
    return "\n".join(part for part in (said, _carried(alert), ask) if part)


def _tax_blocks(alert: Alert, w: Words) -> str:
    said = w("A customer cannot order because the tax cannot be worked out.")
    return f"{said} {_tax_remedy(alert, w)}"


def _tax_unknown(alert: Alert, w: Words) -> str:
    number = alert.params["number"]
    said = w("Order **{number}** was placed without tax, which could not be worked out.", number=number)
    return f"{said} {_tax_remedy(alert, w)}"


def _tax_remedy(alert: Alert, w: Words) -> str:
    if alert.params["reason"] == "provider_away":
        return w("The provider does not answer just now.")
    return _remedy(alert.params["reason"], w)


def _storefront_failed(alert: Alert, w: Words) -> str:
    if alert.params["reason"] == "channel_gone":
        return w("The channel of the storefront was deleted. Choose another with `/admin storefront`.")
    return w(
        "I cannot show the storefront in {channel}. "
        "Please give me View Channel, Send Messages and Embed Links there.",
        channel=f"<#{alert.params['channelId']}>",
    )


def _erasure_asked(alert: Alert, w: Words) -> str:
    said = w("{who} asks you to erase their data.", who=mention(str(alert.params["userId"])))
    return f"{said} {w('Please look at what is still owed, and erase them from their card.')}"


def _remedy(reason: Any, w: Words) -> str:
    known = REMEDIES.get(str(reason))
    return w(known) if known else w("The reason is `{reason}`; the log says more.", reason=reason)


def _other(alert: Alert, w: Words) -> str:
    known = payment_alerts.line(alert, w)
    return known or w("Please look at this: `{what}`.", what=alert.message)


_LINES: dict[str, Callable[[Alert, Words], str]] = {
    "low_stock": _low_stock,
    "new_order": _new_order,
    "role_failed": _role_failed,
    "role_not_removed": _role_not_removed,
    "keys_missing": _keys_missing,
    "roles_mended": _roles_mended,
    "effect_dead": _effect_dead,
    "import_stopped": _import_stopped,
    "parcel_failed": _parcel_failed,
    "parcel_moves": _parcel_moves,
    "tax_blocks": _tax_blocks,
    "tax_unknown": _tax_unknown,
    "storefront_failed": _storefront_failed,
    **fund_alerts.LINES,
    "erasure_asked": _erasure_asked,
}
