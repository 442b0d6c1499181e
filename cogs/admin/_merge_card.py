"""Merging two records of one person, asked twice: it cannot be undone."""

from cogs._ui.card import Button, Card, Field, Option, PickUser, Row, Select, plain
from cogs._ui.target import Target
from cogs._ui.words import Words
from cogs.admin._customer_card import name
from models.customer import Customer
from services.customer_desk import CustomerView
from services.paging import PeoplePage

MOST = 25


def other_card(customer: Customer, found: PeoplePage[Customer] | None, w: Words) -> Card:
    """Which other record is the same person's."""
    key = customer.key
    rows: list[Row] = [PickUser(w("Choose the other member"), Target("customer:pick", key))]
    others = [each for each in found.people if each.key != key] if found else []
    if others:
        options = [Option(name(each), each.key, description=each.discord_id) for each in others[:MOST]]
        rows.append(Select(w("Choose the other record"), Target("customer:chosen", key), options))
    said = w("Which other Discord account is the same person's? Its record will be joined with this one.")
    if found is not None and not others:
        said = w("Nothing found. Try part of a name, an e-mail address or an order number.")
    elif found is not None and found.pages > 1:
        said = f"{said} {w('There are more; please search for more letters.')}"
    buttons = [
        Button(w("Search"), Target("customer:seek", key), "primary"),
        Button(w("Back to the customer"), Target("customer:open", key)),
    ]
    return Card(title=w("Merge {name}", name=plain(name(customer))), text=said, rows=[*rows, buttons])


def review_card(kept: CustomerView, gone: CustomerView, w: Words) -> Card:
    """Both records side by side, and what will become of them."""
    said = w(
        "The first record is kept, for both Discord accounts. Orders, discounts, addresses and notes of the "
        "second move to it. Both accounts will then see the same e-mail address and saved addresses; each "
        "sees its own orders, and roles stay with the account that bought them."
    )
    pair = (kept.customer.key, gone.customer.key)
    return Card(
        title=w("Merge two records"),
        text=said,
        fields=[
            Field(w("Is kept"), _sides(kept, w), inline=True),
            Field(w("Goes"), _sides(gone, w), inline=True),
        ],
        colour="warn",
        rows=[
            [
                Button(w("Merge them"), Target("customer:ask", *pair), "danger"),
                Button(w("Keep the other one"), Target("customer:review", *reversed(pair))),
                Button(w("Leave both"), Target("customer:open", kept.customer.key)),
            ]
        ],
    )


def _sides(view: CustomerView, w: Words) -> str:
    customer = view.customer
    lines = [
        f"{' '.join(f'<@{key}>' for key in view.discord_ids)} {plain(name(customer))}",
        plain(customer.email or "") or w("no e-mail address"),
        w.count(view.orders, "{n} order", "{n} orders"),
        w.count(len(customer.addresses), "{n} address", "{n} addresses"),
        w.count(view.notes, "{n} note", "{n} notes"),
    ]
    if not customer.is_active:
        lines.append(f"⛔ {w('deactivated')}")
    return "\n".join(lines)


def sure_card(kept: Customer, gone: Customer, w: Words) -> Card:
    """The second question."""
    said = w(
        "Is <@{gone}> really the same person as <@{kept}>? This cannot be undone.",
        gone=gone.discord_id,
        kept=kept.discord_id,
    )
    return Card(
        title=w("Really merge?"),
        text=said,
        colour="bad",
        rows=[
            [
                Button(w("Yes, merge them"), Target("customer:merge", kept.key, gone.key), "danger"),
                Button(w("No, leave both"), Target("customer:open", kept.key)),
            ]
        ],
    )
