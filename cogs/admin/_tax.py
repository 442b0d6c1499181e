"""Tax as staff see and set it: who works it out, and what happens when that cannot be done."""

from collections.abc import Sequence

from cogs._ui.address import country as country_name
from cogs._ui.address import typed_address
from cogs._ui.card import Button, Card, Field, Option, Row, Select, plain
from cogs._ui.form import Form, Input
from cogs._ui.target import Target
from cogs._ui.words import Words, later
from models.errors import BadInput
from models.tenant import BotConfig, TaxOrigin, TaxUnknownRule
from services.partner import PartnerKind
from services.postal import known_postal_code, known_state, place_lines
from services.providers import ProviderView
from services.shops import Shop

NONE, FLAT = "none", "flat"
_PLACE = 100
_RULES = {
    TaxUnknownRule.STOP: later("Without the tax: nothing can be ordered"),
    TaxUnknownRule.ZERO: later("Without the tax: order with none, and tell me"),
}


def tax_card(shop: Shop, providers: Sequence[ProviderView], w: Words, *, services: bool) -> Card:
    """Who works out the tax, and the settings that this has; `services`: a tax service may do it."""
    config, providers = shop.config, providers if services else ()
    partner = in_use(providers)
    by_partner = services and config.partners.get(PartnerKind.TAX) is not None
    rows: list[Row] = [_modes(config, providers, w, by_partner=by_partner)]
    fields: list[Field] = []
    if by_partner:
        rules = [
            Option(w(text), rule.value, default=rule is config.tax_when_unknown)
            for rule, text in _RULES.items()
        ]
        fields = [Field(w("The shop's address"), _origin_text(config.tax_origin, w))]
        rows += [
            Select(w("When the tax cannot be worked out"), Target("tax:unknown"), rules),
            [Button(w("Change the shop's address"), Target("tax:origin"), "primary")],
        ]
    elif config.tax_percent is not None:
        shipping = [
            Option(w("Shipping is not taxed"), "no", default=not config.tax_on_shipping),
            Option(w("Shipping is taxed, too"), "yes", default=config.tax_on_shipping),
        ]
        rows += [
            Select(w("Tax on shipping"), Target("tax:shipping"), shipping),
            [Button(w("Change the rate"), Target("tax:rate"), "primary")],
        ]
    hint = _hint(providers, w) if services else []
    text = "\n".join([tax_text(shop, partner, w, services=services), *hint])
    return Card(text=text, fields=fields, rows=rows)


def in_use(providers: Sequence[ProviderView]) -> ProviderView | None:
    """The tax partner that the shop uses."""
    return next((view for view in _partners(providers) if view.offered), None)


def usable(name: str, providers: Sequence[ProviderView]) -> bool:
    """Whether this is a tax partner that the shop has keys to."""
    return any(view.name == name for view in _partners(providers))


def tax_text(shop: Shop, partner: ProviderView | None, w: Words, *, services: bool) -> str:
    """Who works out the tax, in a sentence or two."""
    chosen = shop.config.partners.get(PartnerKind.TAX) is not None
    if chosen and not services:
        off = w("The tax service is switched off with `/admin flags`.")
        return f"{off} {_own_rate(shop.config, w)}"
    if partner is not None:
        return w("**{partner}** works out the tax on every order.", partner=partner.title)
    if chosen:
        return w("The keys of who works out the tax are missing. Enter them with `/admin providers`.")
    return _own_rate(shop.config, w)


def _own_rate(config: BotConfig, w: Words) -> str:
    percent = config.tax_percent
    if percent is None:
        return w("No tax is added to your prices.")
    return w("**{rate}** is added to every order, after discounts.", rate=w.percent(percent))


def rate_form(config: BotConfig, w: Words) -> Form:
    """The one rate."""
    known = "" if config.tax_percent is None else w.typed(f"{config.tax_percent.normalize():f}")
    rate = Input("tax_percent", w("Tax in percent"), known, max_length=10, placeholder=w.typed("8.25"))
    return Form(w("Tax"), Target("tax:rate"), [rate], edits=True)


def origin_form(config: BotConfig, w: Words) -> Form:
    """Where the shop sells from."""
    known = config.tax_origin or TaxOrigin.model_construct(
        country="", postal_code="", state="", city="", street=""
    )
    place = ", ".join(filter(None, [known.city, known.state]))
    return Form(
        w("The shop's address"),
        Target("tax:origin"),
        [
            Input("street", w("Street and number"), known.street, required=False, max_length=_PLACE),
            Input(
                "place",
                w("City, state or region"),
                place,
                max_length=_PLACE * 2,
                placeholder=w("Springfield, Illinois"),
            ),
            Input("postal_code", w("Postal code"), known.postal_code, required=False, max_length=20),
            Input("country", w("Country"), known.country, max_length=60, placeholder="US"),
        ],
        edits=True,
    )


def origin_of(fields: dict[str, str], w: Words) -> TaxOrigin:
    """What that form says; raises BadInput."""
    typed = {key: " ".join(value.split()) for key, value in typed_address(fields, w).items()}
    country = typed["country"]
    if not (len(country) == 2 and country.isascii() and country.isalpha()):  # noqa: PLR2004 - ISO 3166-1
        raise BadInput("country", "not_a_country")
    lengths = {"line1": _PLACE, "city": _PLACE, "state": _PLACE, "postal_code": 20}
    for name, most in lengths.items():
        if len(typed[name]) > most:
            raise BadInput(name, "length", most)
    return TaxOrigin(
        country=country,
        postal_code=known_postal_code(typed["postal_code"], country),
        state=known_state(typed["state"], country),
        city=typed["city"],
        street=typed["line1"],
    )


def _partners(providers: Sequence[ProviderView]) -> list[ProviderView]:
    return [view for view in providers if view.kind is PartnerKind.TAX and view.configured]


def _modes(config: BotConfig, providers: Sequence[ProviderView], w: Words, *, by_partner: bool) -> Select:
    used = config.partners.get(PartnerKind.TAX) if by_partner else None
    flat = used is None and config.tax_percent is not None
    options = [
        Option(w("No tax"), NONE, default=used is None and not flat),
        Option(w("One rate for every order"), FLAT, default=flat),
        *(
            Option(view.title, view.name, w(view.about), emoji=view.icon, default=view.name == used)
            for view in _partners(providers)
        ),
    ]
    return Select(w("Who works out the tax"), Target("tax:mode"), options)


def _hint(providers: Sequence[ProviderView], w: Words) -> list[str]:
    if _partners(providers):
        return []
    return [w("For sales tax by the customer's address, set up TaxJar with `/admin providers`.")]


def _origin_text(origin: TaxOrigin | None, w: Words) -> str:
    if origin is None:
        return w("None yet. Without it, the tax on digital goods cannot be worked out.")
    place = place_lines(origin.country, origin.city, origin.state, origin.postal_code)
    parts = [origin.street, *place, country_name(origin.country, w)]
    return plain(", ".join(filter(None, parts)))
