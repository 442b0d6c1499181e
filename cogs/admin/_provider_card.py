"""Providers as admins see them: how the shop stands with each, and what to do at the provider's."""

from collections.abc import Sequence

from cogs._ui.card import Button, Card, Field, Option, Row, Select, block, code
from cogs._ui.controls import Style
from cogs._ui.target import Target
from cogs._ui.words import Words
from cogs.admin._provider_words import HEADINGS, leave_label, provider_state, takes_money, use_label
from services.partner import PartnerKind
from services.providers import ProviderView
from services.shops import Shop


def provider_list(views: Sequence[ProviderView], shop: Shop, w: Words) -> Card:
    """Every partner with its state, by what they do, and the way to each."""
    groups = [_group(kind, views, shop, w) for kind in PartnerKind]
    options = [Option(_named(view, w), view.name, w(view.about), view.icon) for view in views]
    return Card(
        title=w("Providers"),
        text="\n\n".join([w("Open one to enter its keys."), *filter(None, groups)]),
        rows=[
            Select(w("Open a provider"), Target("providers:open"), options),
            [
                Button(w("Look again"), Target("providers:list")),
                Button(w("All settings"), Target("config:open")),
            ],
        ],
    )


def _group(kind: PartnerKind, views: Sequence[ProviderView], shop: Shop, w: Words) -> str:
    lines = [provider_line(view, shop, w) for view in views if view.kind is kind]
    heading = f"__{w(HEADINGS[kind])}__"
    if kind is PartnerKind.PAYMENT:
        heading = f"{heading}: {w('they confirm payments by themselves')}"
    return "\n".join([heading, *lines]) if lines else ""


def provider_line(view: ProviderView, shop: Shop, w: Words) -> str:
    """A provider with its state; of one that is closed also why."""
    named = f"{view.icon} **{_named(view, w)}**"
    said = f"{named}: {provider_state(view, shop, w)}"
    return said if view.opens else f"{said}. {w(view.about)}"


def _named(view: ProviderView, w: Words) -> str:
    """What it is called with who answers for it, such as Card (Stripe)."""
    name = w(view.title)
    return name if name == view.company else f"{name} ({view.company})"


def provider_title(view: ProviderView, w: Words) -> str:
    """The same with its sign."""
    return f"{view.icon} {_named(view, w)}"


def provider_card(view: ProviderView, shop: Shop, refused: int, w: Words) -> Card:
    """One provider: where the shop stands, its keys masked, its webhook, and every step there is.

    `refused` is how many of its deliveries were turned away lately.
    """
    warnings = _warnings(view, w)
    state = w("State: {state}", state=f"**{provider_state(view, shop, w)}**")
    about = w(view.about)
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
        said.append(
            w("These keys are for trying out: payers spend play money and get real goods.")
            if takes_money(view)
            else w("These keys are for trying out: nothing real comes of what I do with them.")
        )
    if view.webhook_url is not None and not view.webhook_url.startswith("https://"):
        said.append(w("The address below does not begin with https://, so the provider may not use it."))
    return said


def _keys(view: ProviderView, w: Words) -> list[Field]:
    if not view.readable:
        return []
    given = [(w(field.label), view.values[field.key]) for field in view.fields]
    lines = [f"{label}: {code(value) if value else w('none')}" for label, value in given]
    if view.has_sandbox:
        where = w("sandbox") if view.environment == "sandbox" else w("live")
        lines.append(f"{w('Site')}: **{where}**")
    return [Field(w("Keys"), "\n".join(lines))]


def _webhook(view: ProviderView, w: Words) -> list[Field]:
    if not view.delivers:
        return []
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
    if not (view.configured and view.delivers):
        return []
    last = w.when(view.last_event.received_at) if view.last_event else w("never")
    fields = [Field(w("Last message"), last, inline=True)]
    if refused:
        why = w("Please compare the address and the webhook's key with what the provider shows you.")
        said = f"{w('{n} of late.', n=refused)} {why}"
        fields.append(Field(w("Refused messages"), said, inline=True))
    return fields


def _rows(view: ProviderView, w: Words) -> list[Row]:
    enter = w("Change keys") if view.configured else w("Enter keys")
    style: Style = "secondary" if view.readable else "primary"
    first = [Button(enter, Target("providers:keys", view.name), style)]
    if view.readable:
        first += _acts(view, w)
    ways = [
        Button(w("All providers"), Target("providers:list")),
        Button(w("Look again"), Target("providers:open", view.name)),
    ]
    if view.delivers:
        ways.insert(0, Button(w("Its messages"), Target("webhooks:list", 0, f"{view.name.upper()}.all")))
    if view.configured:
        ways.append(Button(w("Remove keys"), Target("providers:forget", view.name), "danger"))
    return [first, ways]


def _acts(view: ProviderView, w: Words) -> list[Button]:
    acts = [Button(w("Test keys"), Target("providers:test", view.name), "primary")]
    if view.offered:
        acts.append(Button(leave_label(view, w), Target("providers:offer", view.name, "no")))
    elif view.opens:
        acts.append(Button(use_label(view, w), Target("providers:offer", view.name, "yes"), "success"))
    if view.has_sandbox:
        live = view.environment == "live"
        label = w("Use the sandbox") if live else w("Use the live site")
        acts.append(Button(label, Target("providers:site", view.name, "sandbox" if live else "live")))
    return acts


def ask_card(view: ProviderView, w: Words, *, question: str, yes: Button) -> Card:
    """A question before a step that is not easily taken back."""
    return Card(
        title=provider_title(view, w),
        text=question,
        colour="warn",
        rows=[[yes, Button(w("Back"), Target("providers:open", view.name))]],
    )
