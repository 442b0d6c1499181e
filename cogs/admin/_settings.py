"""The parts of a shop's set-up as cards; the wizard shows them one by one, /admin config in any order."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Self

from babel.numbers import get_currency_name

from cogs._ui.card import Button, Card, Field, Option, PickChannel, PickRole, Row, Select, plain
from cogs._ui.desk import Visit
from cogs._ui.stamp import stamp_of
from cogs._ui.target import Target
from cogs._ui.words import Words, later
from cogs.admin._provider_card import provider_line
from cogs.admin._provider_words import takes_money
from cogs.admin._reach import channel_warning, known_channel, known_roles
from cogs.admin._shipping import sender_field, shipping_rows, shipping_text
from cogs.admin._tax import tax_card
from cogs.admin._time import time_card
from models.flag import Flag
from models.tenant import BotConfig, ResponseMode, VisibilityDefault
from services.payments.methods import PaymentMethods
from services.providers import ProviderView
from services.shops import Shop

STEPS = ("roles", "channels", "methods", "currency", "product")
# The most traded ones whose minor unit the shop knows; as many as a menu takes.
CURRENCIES = (
    *("USD", "EUR", "GBP", "CAD", "AUD", "NZD", "CHF", "SEK", "NOK", "DKK", "PLN", "CZK", "HUF"),
    *("JPY", "KRW", "INR", "BRL", "MXN", "SGD", "HKD", "ZAR", "TRY", "ILS", "PHP", "THB"),
)
MAX_ROLES = 10
_BY_THEMSELVES = later(
    "PayPal, cards, Bitcoin and the like confirm themselves: set them up with `/admin providers`."
)
_CHANNELS = {
    "announcement_channel_id": later("Staff channel: payments to check, alerts"),
    "admin_channel_id": later("Second staff channel, used without the first"),
    "default_order_channel_id": later("Channel for new orders (else the staff channel)"),
}
FILLED_IN = later("{amount} and {reference} stand for those of the order.")
CHANNEL_FIELDS = frozenset(_CHANNELS)
_MODES = {
    ResponseMode.EPHEMERAL: later("Answers: in the channel, seen by the customer alone"),
    ResponseMode.DM: later("Answers: by direct message"),
}
_STOCK = {
    VisibilityDefault.PUBLIC: later("Stock: customers see how many are left"),
    VisibilityDefault.PRIVATE: later("Stock: customers only see whether there is any"),
}


class Look(NamedTuple):
    """What a part's card is made from; `where` is setup or config, the way back.

    `tax_services`: those are not switched off.
    """

    shop: Shop
    visit: Visit
    methods: PaymentMethods
    providers: Sequence[ProviderView]
    where: str
    tax_services: bool

    @classmethod
    async def at(cls, visit: Visit, shop: Shop, where: str) -> Self:
        """The look of a person at a shop."""
        services = visit.services
        views = await services.providers.views(shop)
        taxing = await services.flags.on(shop.id, Flag.TAX_PARTNER)
        return cls(shop, visit, services.methods, views, where, taxing)

    @property
    def config(self) -> BotConfig:
        """The set-up that is shown."""
        return self.shop.config

    @property
    def w(self) -> Words:
        """The words of who looks."""
        return self.visit.words


def part_card(name: str, look: Look) -> Card | None:
    """The card of one part, with the way on below it; None when there is no such part."""
    part = PARTS.get(name)
    if part is None:
        return None
    card = part.card(look)
    card.title = look.w(part.title)
    card.rows = [*card.rows, ways(name, look)]
    return card


def ways(name: str, look: Look) -> list[Button]:
    """The way back and on from a part."""
    w = look.w
    if look.where != "setup" or name not in STEPS:
        return [Button(w("All settings"), Target("config:open"))]
    at = STEPS.index(name)
    back = [Button(w("Back"), Target("setup:step", STEPS[at - 1]))] if at else []
    last = at + 1 == len(STEPS)
    onward = Button(
        w("Finish") if last else w("Next"), Target("setup:step", "done" if last else STEPS[at + 1]), "primary"
    )
    return [*back, onward]


def _roles(look: Look) -> Card:
    w, config = look.w, look.config

    def pick(placeholder: str, action: str, chosen: list[str]) -> Row:
        known = known_roles(look.visit, chosen)
        return PickRole(placeholder, Target(action, look.where, stamp_of(chosen)), 0, MAX_ROLES, known)

    return Card(
        text=w(
            "Admins may do everything here. Staff may do all the daily work, also give money back and see "
            "customers' data, but not change these settings or the keys to providers. The server's owner "
            "may always do everything."
        ),
        rows=[
            pick(w("Roles of the admins"), "config:admins", config.admin_role_ids),
            pick(w("Roles of the staff"), "config:staff", config.staff_role_ids),
        ],
    )


def _channels(look: Look) -> Card:
    w, visit = look.w, look.visit
    warnings = {channel_warning(visit, getattr(look.config, field)) for field in _CHANNELS} - {None}
    told = w("Choose where the staff are called. It should be a channel that customers do not see.")
    return Card(
        text="\n".join([told, *(f"⚠️ {warning}" for warning in sorted(map(str, warnings)))]),
        colour="warn" if warnings else "plain",
        rows=[
            PickChannel(
                w(text),
                Target("config:channel", field, look.where),
                min_values=0,
                defaults=known_channel(visit, getattr(look.config, field)),
            )
            for field, text in _CHANNELS.items()
        ],
    )


def _methods(look: Look) -> Card:
    w, methods = look.w, look.methods
    known = methods.known()
    options = [
        Option(w(method.display_name), method.value.value, w(method.description), method.icon)
        for method in known
    ]
    ready = [method for method in known if methods.values_of(look.shop, method.value)]
    rows: list[Row] = [Select(w("Set up a way to pay"), Target("config:method", look.where), options)]
    if ready:
        offered = [
            Option(
                w(method.display_name),
                method.value.value,
                default=method.value in look.config.enabled_payment_methods,
            )
            for method in ready
        ]
        shown = stamp_of(look.config.enabled_payment_methods)
        to = Target("config:offer", look.where, shown)
        rows.append(Select(w("What customers are offered"), to, offered, 0, len(offered)))
        read = [Option(w(method.display_name), method.value.value, emoji=method.icon) for method in ready]
        rows.append(Select(w("See what customers read"), Target("config:preview", look.where), read))
    rows.append([Button(w("Payment providers"), Target("providers:list"))])
    lines = [
        f"{method.icon} **{w(method.display_name)}**: {method_state(method.value, look)}" for method in known
    ]
    return Card(text="\n".join([*lines, *provider_lines(look), "", w(_BY_THEMSELVES)]), rows=rows)


def provider_lines(look: Look) -> list[str]:
    """How far the payment providers are that the shop has keys to, a line each."""
    taking = [view for view in look.providers if view.configured and takes_money(view)]
    return [provider_line(view, look.shop, look.w) for view in taking]


def method_state(value: str, look: Look) -> str:
    """How far a way to pay is set up, in words."""
    w = look.w
    if not look.methods.values_of(look.shop, value):
        return w("not set up")
    if value not in look.config.enabled_payment_methods:
        return w("set up, not offered")
    if any(method.value == value for method in look.methods.available(look.shop)):
        return w("offered")
    return w("not offered: it does not take {currency}", currency=look.shop.currency)


def _currency(look: Look) -> Card:
    w = look.w
    options = [
        Option(
            f"{code} · {get_currency_name(code, locale=w.locale)}", code, default=code == look.shop.currency
        )
        for code in CURRENCIES
    ]
    return Card(
        text=w(
            "You sell in **{currency}**. Choose well: once you have products, it cannot change any more.",
            currency=look.shop.currency,
        ),
        rows=[Select(w("Currency"), Target("config:currency", look.where), options)],
    )


def _general(look: Look) -> Card:
    w, config = look.w, look.config
    none = w("none")
    fields = [
        Field(w("Name of the shop"), plain(look.shop.name), inline=True),
        Field(w("Call staff when only so many are left"), str(config.low_inventory_threshold), inline=True),
        Field(w("Staff e-mail"), plain(config.admin_notify_email or "") or none, inline=True),
        Field(w("Picture of products without one"), plain(config.default_product_image_url or "") or none),
        Field(w("Shown with every way to pay"), plain(config.payment_instructions, lines=True) or none),
    ]
    modes = [
        Option(w(text), mode.value, default=mode is config.response_mode) for mode, text in _MODES.items()
    ]
    shown = [
        Option(w(text), value.value, default=value is config.default_qty_visibility)
        for value, text in _STOCK.items()
    ]
    return Card(
        fields=fields,
        rows=[
            Select(w("Where customers are answered"), Target("config:mode"), modes),
            Select(w("Who sees the stock"), Target("config:stock"), shown),
            [
                Button(w("Edit"), Target("config:general"), "primary"),
                Button(
                    w("Send a test e-mail"), Target("config:mail"), disabled=not config.admin_notify_email
                ),
            ],
        ],
        thumbnail_url=config.default_product_image_url,
    )


def _shipping(look: Look) -> Card:
    shop, w = look.shop, look.w
    return Card(text=shipping_text(shop, w), fields=[sender_field(shop, w)], rows=shipping_rows(shop, w))


def _tax(look: Look) -> Card:
    return tax_card(look.shop, look.providers, look.w, services=look.tax_services)


class Part(NamedTuple):
    """One part of the set-up, and which of its stored fields are changed there."""

    title: str
    card: Callable[[Look], Card]
    fields: tuple[str, ...]


PARTS = {
    "roles": Part(later("Who runs the shop"), _roles, ("admin_role_ids", "staff_role_ids")),
    "channels": Part(later("Channels"), _channels, tuple(_CHANNELS)),
    "methods": Part(
        later("Ways to pay"), _methods, ("enabled_payment_methods", "payment_instructions_by_method")
    ),
    "currency": Part(later("Currency"), _currency, ("currency",)),
    "general": Part(
        later("Name, answers and texts"),
        _general,
        (
            *("response_mode", "default_qty_visibility", "low_inventory_threshold"),
            *("default_product_image_url", "admin_notify_email", "payment_instructions"),
        ),
    ),
    "shipping": Part(later("Ways to ship"), _shipping, ("shipping_types", "ship_from")),
    "time": Part(
        later("Time zone and digest"),
        lambda look: time_card(look.shop, look.visit.services.clock.now(), look.w),
        ("time_zone", "digest_rhythm"),
    ),
    "tax": Part(later("Tax"), _tax, ("tax_percent", "tax_on_shipping", "tax_when_unknown", "tax_origin")),
}
