"""What the shop knows about a customer, and what it tells them, as they see and change it."""

from collections.abc import Sequence

from cogs._ui.address import address_label, address_text
from cogs._ui.card import Button, Card, Field, Option, Picture, Row, Select
from cogs._ui.target import Target
from cogs._ui.text import plain
from cogs._ui.words import Words, later
from models.address import SavedAddress
from models.customer import Customer, NoticePreferences

_EVENTS = {
    "order_received": later("New order"),
    "payment_confirmed": later("Payment"),
    "order_shipped": later("Shipping"),
    "refunds": later("Refunds"),
}
_MOST_OPTIONS = 25


def profile_card(customer: Customer, w: Words, *, mails: bool, note: str | None = None) -> Card:
    """How the shop can reach this customer; `mails` says whether it sends any."""
    told = [w("Both are optional. This shop uses them for your orders and nothing else.")]
    if customer.email and customer.email_refused:
        told.append(w("⚠️ My last e-mail could not be delivered to your address. Please enter it anew."))
    elif not mails:
        told.append(w("This shop sends no e-mails at the moment."))
    elif customer.email:
        told.append(w("Choose under Notifications what I tell you by e-mail."))
    else:
        told.append(w("With an address I can also tell you by e-mail how your orders are."))
    return Card(
        title=w("Your profile"),
        text="\n".join(told),
        fields=[
            Field(w("E-mail address"), plain(customer.email or "") or w("none"), inline=True),
            Field(w("Phone number"), plain(customer.phone or "") or w("none"), inline=True),
        ],
        rows=[[Button(w("Change"), Target("account:edit"), "primary"), *ways_on("account:profile", w)]],
        note=note,
    )


def ways_on(here: str, w: Words) -> list[Button]:
    """The ways to the other sides of an account."""
    ways = {
        "account:profile": w("Profile"),
        "account:addresses": w("Addresses"),
        "account:notices": w("Notifications"),
        "account:theme": w("My theme"),
        "account:data": w("My data"),
    }
    return [Button(label, Target(action)) for action, label in ways.items() if action != here]


def addresses_card(customer: Customer, w: Words, *, chosen: str | None = None) -> Card:
    """The saved addresses; the buttons are for the chosen one, the first when none is chosen."""
    saved = customer.addresses
    rows: list[Row] = []
    fields = []
    if saved:
        shown = next((each for each in saved if each.id == chosen), saved[0])
        fields = [Field(w("Chosen"), address_text(shown.address, w))]
        rows = _address_rows(saved, shown, customer.default_address_id, w)
    add = Button(w("Add an address"), Target("account:enter"), "primary")
    return Card(
        title=w("Your addresses"),
        text=_addresses(customer, w),
        fields=fields,
        rows=[*rows, [add, *ways_on("account:addresses", w)]],
    )


def _addresses(customer: Customer, w: Words) -> str:
    if not customer.addresses:
        return w("You have not saved an address yet. Add one now, or enter it when you order.")
    first = customer.default_address_id
    return "\n".join(
        f"{'⭐' if each.id == first else '•'} {plain(address_label(each.address, w))}"
        for each in customer.addresses
    )


def addresses_of(customer: Customer, w: Words) -> list[Field]:
    """Every saved address in full, the one that is offered first marked, for staff."""
    first = customer.default_address_id
    return [
        Field(f"{'⭐' if each.id == first else '•'} {n}", address_text(each.address, w), inline=True)
        for n, each in enumerate(customer.addresses[:_MOST_OPTIONS], 1)
    ]


def _address_rows(
    saved: Sequence[SavedAddress], shown: SavedAddress, first: str | None, w: Words
) -> list[Row]:
    rows: list[Row] = []
    if len(saved) > 1:
        options = [
            Option(address_label(each.address, w), each.id, default=each is shown)
            for each in saved[:_MOST_OPTIONS]
        ]
        rows.append(Select(w("Choose an address"), Target("account:address"), options))
    offer = Button(w("Offer this first"), Target("account:first", shown.id), disabled=shown.id == first)
    return [*rows, [offer, Button(w("Remove"), Target("account:drop", shown.id), "danger")]]


def notices_card(customer: Customer, w: Words, *, mails: bool) -> Card:
    """What this customer is told about, and where; every button switches one thing."""
    said = [w("💬 is a direct message, ✉️ an e-mail. Press one to switch it on or off.")]
    if not mails:
        said.append(w("This shop sends no e-mails at the moment."))
    elif not customer.email:
        said.append(w("For e-mails, please enter your e-mail address in your profile."))
    if customer.dm_opt_out:
        said.append(w("You get no direct messages at all. Your orders are always in `/orders list`."))
    opted = customer.dm_opt_out
    everything = Button(
        w("Allow direct messages") if opted else w("Stop all direct messages"),
        Target("account:messages", int(opted)),
        "success" if opted else "danger",
    )
    return Card(
        title=w("Your notifications"),
        text="\n".join(said),
        rows=[
            _switches("dm", "💬", customer.dm_preferences, w, usable=not opted),
            _switches("email", "✉️", customer.email_preferences, w, usable=bool(customer.email)),
            [everything],
            ways_on("account:notices", w),
        ],
    )


def _switches(
    channel: str, emoji: str, preferences: NoticePreferences, w: Words, *, usable: bool
) -> list[Button]:
    on = {event: bool(getattr(preferences, event)) for event in _EVENTS}
    return [
        Button(
            w("{switch}: on", switch=w(label)) if on[event] else w("{switch}: off", switch=w(label)),
            Target("account:notice", channel, event, int(not on[event])),
            "success" if on[event] else "secondary",
            emoji=emoji,
            disabled=not usable,
        )
        for event, label in _EVENTS.items()
    ]


def data_card(name: str, export: bytes, w: Words) -> Card:
    """Everything the shop keeps about a customer, as a file."""
    return Card(
        title=w("Your data"),
        text=w("The file holds everything that this shop keeps about you. Only you can see it here."),
        rows=[
            [*ways_on("account:data", w), Button(w("Erase my data"), Target("account:forget"), "danger")],
        ],
        pictures=[Picture(name, export)],
    )


def forget_card(w: Words) -> Card:
    """What happens when a customer wants to be erased, before the staff are asked."""
    said = w(
        "I can ask the staff to erase your data. Your orders stay in the shop's books, without your name. "
        "You will not see them here any more, nor get anything out of them. What is still owed comes first."
    )
    return Card(
        title=w("Erase your data?"),
        text=said,
        colour="warn",
        rows=[
            [
                Button(w("Ask the staff"), Target("account:forgotten"), "danger"),
                Button(w("Keep it"), Target("account:data")),
            ]
        ],
    )
