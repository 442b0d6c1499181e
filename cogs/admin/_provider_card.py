"""Payment providers as admins see them: how the shop stands with each, and what to do at the provider's."""

from collections.abc import Sequence

from cogs._ui.card import Button, Card, Field, Option, Row, Select, block, code
from cogs._ui.target import Target
from cogs._ui.words import Words
from services.providers import ProviderView
from services.shops import Shop


def provider_state(view: ProviderView, shop: Shop, w: Words) -> str:
    """How far the shop is with a provider, in words."""
    if view.configured and not view.readable:
        return w("its keys cannot be read any more, enter them anew")
    if not view.opens:
        return w("takes no new payments, only old ones are followed") if view.configured else w("closed")
    if not view.configured:
        return w("not set up")
    if not view.fits_currency:
        return w("not offered: it does not take {currency}", currency=shop.currency)
    if not view.offered:
        return w("set up, not offered")
    return w("offered, but it does not answer at the moment") if view.down else w("offered")


def provider_list(views: Sequence[ProviderView], shop: Shop, w: Words) -> Card:
    """Every provider with its state, and the way to each."""
    lines = [provider_line(view, shop, w) for view in views]
    told = w("They confirm payments by themselves. Open one to enter its keys.")
    options = [
        Option(
            _named(view, w),
            view.descriptor.value.value,
            w(view.descriptor.description),
            view.descriptor.icon,
        )
        for view in views
    ]
    return Card(
        title=w("Payment providers"),
        text="\n".join([told, "", *lines]),
        rows=[
            Select(w("Open a provider"), Target("providers:open"), options),
            [
                Button(w("Look again"), Target("providers:list")),
                Button(w("All settings"), Target("config:open")),
            ],
        ],
    )


def provider_line(view: ProviderView, shop: Shop, w: Words) -> str:
    """A provider with its state; of one that is closed also why."""
    named = f"{view.descriptor.icon} **{_named(view, w)}**"
    said = f"{named}: {provider_state(view, shop, w)}"
    return said if view.opens else f"{said}. {w(view.descriptor.description)}"


def _named(view: ProviderView, w: Words) -> str:
    """A way to pay with who answers for it, such as Card (Stripe)."""
    name = w(view.descriptor.display_name)
    return name if name == view.company else f"{name} ({view.company})"


def provider_title(view: ProviderView, w: Words) -> str:
    """The same with its sign."""
    return f"{view.descriptor.icon} {_named(view, w)}"


def provider_card(view: ProviderView, shop: Shop, refused: int, w: Words) -> Card:
    """One provider: where the shop stands, its keys masked, its webhook, and every step there is.

    `refused` is how many of its deliveries were turned away lately.
    """
    warnings = _warnings(view, w)
    state = w("State: {state}", state=f"**{provider_state(view, shop, w)}**")
    about = w(view.descriptor.description)
    return Card(
        title=provider_title(view, w),
        text="\n".join([about, state, *(f"⚠️ {each}" for each in warnings)]),
        colour="warn" if warnings else "plain",
        fields=[*_keys(view, w), *_webhook(view, w), *_heard(view, refused, w)],
        rows=_rows(view, w),
    )


def _warnings(view: ProviderView, w: Words) -> list[str]:
    said = []
    if view.configured and not view.readable:
        said.append(w("The installation's secret was changed, so nobody can read these keys any more."))
    if view.plays:
        said.append(w("These keys are for trying out: payers spend play money and get real goods."))
    if view.webhook_url is not None and not view.webhook_url.startswith("https://"):
        said.append(w("The address below does not begin with https://, so the provider may not use it."))
    return said


def _keys(view: ProviderView, w: Words) -> list[Field]:
    if not view.readable:
        return []
    lines = [f"{w(field.label)}: {code(view.values[field.key])}" for field in view.fields]
    if view.has_sandbox:
        where = w("sandbox") if view.environment == "sandbox" else w("live")
        lines.append(f"{w('Site')}: **{where}**")
    return [Field(w("Keys"), "\n".join(lines))]


def _webhook(view: ProviderView, w: Words) -> list[Field]:
    if view.webhook_url is None:
        said = w(
            "I have no address at which the provider could reach me. Whoever runs me sets `public_url` "
            "under `[web]` in `config.toml`, or `SHOP_WEB__PUBLIC_URL`."
        )
        return [Field(w("Webhook"), said)]
    if view.subscribe is not None and not view.subscribe:
        said = w("I send this address along with every payment; you need not register it.")
        return [Field(w("Webhook"), f"{said}\n{block(view.webhook_url)}")]
    said = w(
        "First register this address in the provider's settings; what it shows you then is one of the keys."
    )
    fields = [Field(w("Webhook"), f"{said}\n{block(view.webhook_url)}")]
    if view.subscribe:
        fields.append(Field(w("Events to subscribe to"), block("\n".join(view.subscribe))))
    else:
        fields.append(Field(w("Events to subscribe to"), w("All about payments, refunds and disputes.")))
    return fields


def _heard(view: ProviderView, refused: int, w: Words) -> list[Field]:
    if not view.configured:
        return []
    last = w.when(view.last_event.received_at) if view.last_event else w("never")
    fields = [Field(w("Last message"), last, inline=True)]
    if refused:
        why = w("Please compare the address and the webhook's key with what the provider shows you.")
        said = f"{w('{n} of late.', n=refused)} {why}"
        fields.append(Field(w("Refused messages"), said, inline=True))
    return fields


def _rows(view: ProviderView, w: Words) -> list[Row]:
    method = view.descriptor.value.value
    enter = w("Change keys") if view.configured else w("Enter keys")
    first = [Button(enter, Target("providers:keys", method), "secondary" if view.readable else "primary")]
    if view.readable:
        first += _acts(view, w)
    ways = [
        Button(w("Its messages"), Target("webhooks:list", 0, f"{view.name.upper()}.all")),
        Button(w("All providers"), Target("providers:list")),
        Button(w("Look again"), Target("providers:open", method)),
    ]
    if view.configured:
        ways.append(Button(w("Remove keys"), Target("providers:forget", method), "danger"))
    return [first, ways]


def _acts(view: ProviderView, w: Words) -> list[Button]:
    method = view.descriptor.value.value
    acts = [Button(w("Test keys"), Target("providers:test", method), "primary")]
    if view.offered:
        acts.append(Button(w("Do not offer"), Target("providers:offer", method, "no")))
    elif view.opens:
        acts.append(Button(w("Offer at checkout"), Target("providers:offer", method, "yes"), "success"))
    if view.has_sandbox:
        live = view.environment == "live"
        label = w("Use the sandbox") if live else w("Use the live site")
        acts.append(Button(label, Target("providers:site", method, "sandbox" if live else "live")))
    return acts


def ask_card(view: ProviderView, w: Words, *, question: str, yes: Button) -> Card:
    """A question before a step that is not easily taken back."""
    return Card(
        title=provider_title(view, w),
        text=question,
        colour="warn",
        rows=[[yes, Button(w("Back"), Target("providers:open", view.descriptor.value.value))]],
    )
