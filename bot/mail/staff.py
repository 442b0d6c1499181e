"""What the shop's own address is told by e-mail: alarms, and payments that were turned down."""

import re
from datetime import UTC, datetime
from typing import Any

from bot.mail.letters import Draft, unmarked
from cogs._effects import alerts
from cogs._effects.owners import owner_card
from cogs._ui.words import Words
from models.alert import Alert
from services.orders import OrderView
from services.shops import Shop


def alert_draft(alert: Alert, shop: Shop, w: Words) -> Draft:
    """An alert as it stands in the staff channel."""
    said = unmarked(alerts.card(alert, w).text or "")
    title = w("Something needs your staff")
    return _draft(title, [said, w("The staff channel of your server has the way to it.")], shop, w)


def rejection_draft(view: OrderView, reason: str, shop: Shop, w: Words) -> Draft:
    """That the staff turned a claim down, and why."""
    number = view.order.order_number
    title = w("Order {number}: a payment was rejected", number=number)
    said = [
        w(
            "{name} said to have paid {amount}, and the staff did not find it.",
            name=view.order.customer.discord_display_name,
            amount=w.money(view.payment.amount_cents, view.payment.currency),
        ),
        w("They wrote: “{reason}”", reason=reason),
    ]
    return _draft(title, said, shop, w)


def owner_draft(payload: dict[str, Any], shop: Shop, w: Words) -> Draft:
    """What the owner could not be told by DM; days stand as text, which Discord would write itself."""
    until = datetime.fromtimestamp(payload.get("until", 0), UTC)
    card = owner_card(payload, shop, w)
    said = re.sub(r"<t:\d+:D>", w.date(until), card.text or "")
    return _draft(card.title or "", [unmarked(said)], shop, w)


def test_draft(shop: Shop, w: Words) -> Draft:
    """That e-mails arrive, and nothing else."""
    title = w("E-mails for your staff arrive")
    said = w("Somebody tried it out with `/admin config`. There is nothing to do.")
    return _draft(title, [unmarked(said)], shop, w)


def _draft(title: str, said: list[str], shop: Shop, w: Words) -> Draft:
    small = w("You get this because {shop} has this address for its staff (/admin config).", shop=shop.name)
    return Draft(f"{shop.name}: {title}", title, paragraphs=said, small=[small])
