"""How alerts about money and about what providers say read in the staff channel, with what can be done."""

from collections.abc import Callable
from typing import Any

from cogs._ui.card import Button, code
from cogs._ui.paying import method_name, provider_name
from cogs._ui.target import Target
from cogs._ui.text import cut
from cogs._ui.words import Words, later
from models.alert import Alert
from models.payment_method import PaymentMethod

_REASON_LENGTH = 100
_SENTENCES = {
    "payment_overpaid": later(
        "Order **{number}** is paid, and {over} too much came by {method}. You may give that back."
    ),
    "payment_late": later(
        "{came} came by {method} for order **{number}** after it was cancelled. "
        "Give the money back, or fulfil the order anyway."
    ),
    "payment_amount": later(
        "{came} came by {method} for order **{number}**, but {total} was asked for. "
        "Give the money back, or fulfil the order anyway."
    ),
    "payment_currency": later(
        "{came} came by {method} for order **{number}**, which costs {total}. "
        "Give the money back on the provider's site, or fulfil the order anyway."
    ),
    "payment_second": later(
        "Order **{number}** was paid before, and {came} more came by {method}. Please give that back."
    ),
    "payment_underpaid": later(
        "{came} of {total} came by {method} for order **{number}**, which is not open any more. "
        "Give the money back, or fulfil the order anyway."
    ),
    "cancelled_with_money": later(
        "Order **{number}** was cancelled, but {came} of {total} had come for it by {method}. "
        "Give the money back, or fulfil the order anyway."
    ),
    "refund_failed": later(
        "The money for order **{number}** could not be given back by {method}. Please look at the payment."
    ),
    "refund_made": later("{back} of order **{number}** went back to the customer by {method}."),
    "refund_bounced": later(
        "{back} that had gone back for order **{number}** by {method} bounced: the money is yours again. "
        "What the customer lost by that refund stays taken back until you decide. Please look at the payment."
    ),
    "dispute_open": later(
        "The payment of {total} by {method} for order **{number}** is disputed. "
        "Please answer in time on the provider's site."
    ),
    "dispute_won": later("The dispute about order **{number}** is won: the {total} by {method} stay yours."),
    "dispute_lost": later("The dispute about order **{number}** is lost: the money went back by {method}."),
    "payment_stuck": later(
        "I have asked {method} for days about order **{number}** and do not know where its money is. "
        "Please look on the provider's site."
    ),
    "page_declined": later(
        "{method} does not take the payment of order **{number}**. The customer was told to pay in another "
        "way. Please look on the provider's site what it does not like."
    ),
    "page_wrong_keys": later(
        "{method} does not accept the shop's keys, so order **{number}** cannot be paid. "
        "Enter them anew with `/admin providers`."
    ),
    "webhook_conflict": later(
        "{provider} has sent two different messages as if they were one. "
        "I kept the second and did nothing about it. Please look at it with `/admin webhooks`."
    ),
    "webhook_unmatched": later(
        "{provider} tells of a payment that I cannot find. Please look at it with `/admin webhooks`."
    ),
    "webhook_dead": later(
        "I could not act upon a message from {provider}, and gave up after several tries. "
        "Please look at it with `/admin webhooks`."
    ),
    "discord_purchase": later(
        "{who} has bought {sku} from Discord itself and paid there. "
        "If you owe something for it, please see to it."
    ),
    "discord_purchase_free": later(
        "{who} has got {sku} from Discord itself, as a test or a gift: nobody paid for it."
    ),
    "discord_purchase_ended": later(
        "{who} had {sku} from Discord itself, and its time is over. "
        "If you gave something for it, you may take it back."
    ),
    "discord_purchase_deleted": later(
        "{who} had {sku} from Discord itself, and Discord took it back, most likely with a refund. "
        "If you gave something for it, you may take it back."
    ),
}
# Where money lies that pays nothing, what staff can decide stands right under the alert.
_REFUND = frozenset(
    {
        "payment_overpaid",
        "payment_late",
        "payment_amount",
        "payment_second",
        "payment_underpaid",
        "cancelled_with_money",
    }
)
# Where the provider's own word for the reason tells staff more.
_REASONED = frozenset({"page_declined", "page_wrong_keys", "dispute_open", "dispute_won", "dispute_lost"})
_FULFIL = frozenset(
    {"payment_late", "payment_amount", "payment_currency", "payment_underpaid", "cancelled_with_money"}
)


def line(alert: Alert, w: Words) -> str | None:
    """The alert in a sentence or two; None when it is about something else."""
    sentence = _SENTENCES.get(alert.message)
    if sentence is None:
        return None
    said = w(sentence, **{key: show(alert, w) for key, show in _VALUES.items()})
    reason = alert.params.get("code") or alert.params.get("reason")
    if not reason or alert.message not in _REASONED:
        return said
    return f"{said}\n" + w("Reason given: {reason}", reason=code(cut(str(reason), _REASON_LENGTH)))


def ways(alert: Alert, w: Words) -> list[list[Button]]:
    """The way to the payment, and to what can be decided about it."""
    key, message = alert.entity_id or "", alert.message
    row = [Button(w("Open payment"), Target("payment:open", key), "primary")]
    if message in _REFUND:
        row.append(Button(w("Refund"), Target("payment:refund", key)))
    if message in _FULFIL:
        row.append(Button(w("Fulfil anyway"), Target("payment:fulfil", key)))
    return [row]


def way_to_message(alert: Alert, w: Words) -> list[list[Button]]:
    """The way to what a provider has told."""
    return [[Button(w("Open message"), Target("webhook:open", alert.entity_id or ""), "primary")]]


def _money(name: str, currency: str) -> Callable[[Alert, Words], str]:
    def show(alert: Alert, w: Words) -> str:
        cents, params = alert.params.get(name), alert.params
        return "" if cents is None else w.money(int(cents), str(params.get(currency) or params["currency"]))

    return show


def _method(alert: Alert, w: Words) -> str:
    method: Any = alert.params.get("method")
    return method_name(PaymentMethod(method), w) if method in set(PaymentMethod) else ""


def _who(alert: Alert, w: Words) -> str:
    return f"<@{alert.params['userId']}>" if alert.params.get("userId") else w("Somebody")


_VALUES: dict[str, Callable[[Alert, Words], str]] = {
    "number": lambda alert, _: str(alert.params.get("number", "")),
    "method": _method,
    "total": _money("total", "currency"),
    "came": _money("came", "came_currency"),
    "over": _money("over", "currency"),
    "back": _money("back", "currency"),
    "provider": lambda alert, _: provider_name(str(alert.params.get("provider", ""))),
    "who": _who,
    "sku": lambda alert, _: code(str(alert.params.get("skuId", ""))),
}
