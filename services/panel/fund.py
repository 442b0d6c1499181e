"""The community fund in the panel: its rules by form, its money never."""

from collections.abc import Mapping
from string import Formatter
from typing import Any

from models.base import Document
from models.errors import BadInput
from models.fund import CommunityFundConfig, CommunityFundContribution, CommunityFundDisbursement
from models.fund_ledger import FundBalance, FundEntry
from services.access import Permission
from services.panel.contract import Declared, Form, Link, PanelSection, Values, Way

_WITH = "/admin fund"
_PLACES = {
    "celebration_message_template": ("donor", "amount"),
    "anonymous_message_template": ("amount",),
}


def _rules(old: Document, values: Mapping[str, Any]) -> Values:
    both: dict[str, Any] = {**old.model_dump(), **values}
    if both["custom_amount_min_cents"] > both["custom_amount_max_cents"]:
        raise BadInput("custom_amount_max_cents", "too_small")
    if not all(cents > 0 for cents in both["allowed_amounts_cents"]):
        raise BadInput("allowed_amounts_cents", "too_small")
    for field, places in _PLACES.items():
        if field in values:
            _placed(field, values[field], places)
    return dict(values)


def _placed(field: str, text: str, places: tuple[str, ...]) -> None:
    """Raise BadInput for a template that names anything but its places, plainly."""
    allowed = ", ".join(f"{{{place}}}" for place in places)
    try:
        parts = list(Formatter().parse(text))
    except ValueError:
        raise BadInput(field, "example", allowed) from None
    if any(name is not None and (name not in places or spec or how) for _, name, spec, how in parts):
        raise BadInput(field, "example", allowed)


DECLARED = (
    Declared(
        "gift", CommunityFundContribution, PanelSection.COMMERCE,
        columns=("amountCents", "customerId", "anonymous", "createdAt"), changed_with=_WITH,
        looks=Permission.CUSTOMER_MANAGE, search=("orderId",),
        ways=(Way("order:open", "orderId"),),
        links=(Link("customerId", "customer"), Link("orderId", "order")),
    ),
    Declared(
        "spent", CommunityFundDisbursement, PanelSection.COMMERCE,
        columns=("amountCents", "reason", "approvedBy", "createdAt"), changed_with=_WITH,
        links=(Link("recipientCustomerId", "customer"),),
    ),
    Declared(
        "movement", FundEntry, PanelSection.COMMERCE,
        columns=("move", "amountCents", "currency", "at"), sort="currency -at -_id", changed_with=_WITH,
        links=(Link("contributionId", "gift"), Link("disbursementId", "spent")),
    ),
    Declared(
        "balance", FundBalance, PanelSection.COMMERCE,
        columns=("balanceCents", "currency"), sort="currency", changed_with=_WITH,
    ),
    Declared(
        "fund", CommunityFundConfig, PanelSection.CONFIGURATION,
        columns=("enabled", "disclaimerText"), sort="tenantId", changed_with=_WITH,
        edits=Permission.FUND_MANAGE,
        forms=(
            Form("amounts", ("allowedAmountsCents", "customAmountMinCents", "customAmountMaxCents")),
            Form(
                "words", ("celebrationMessageTemplate", "anonymousMessageTemplate", "disclaimerText")
            ),
        ),
        switches=("enabled", "customAmountAllowed", "anonymityAllowed"), check=_rules,
    ),
)  # fmt: skip
