"""What may be given to the community fund, and how that moved while somebody was choosing."""

from typing import Any

from models.errors import BadInput
from models.fund import CommunityFundConfig
from models.money import parse_amount
from models.problems import Amount, Change
from models.session import OrderSession


def suits(rules: CommunityFundConfig, cents: int, *, anonymous: bool) -> bool:
    """Whether this much can be given in this way."""
    custom = rules.custom_amount_allowed
    within = custom and rules.custom_amount_min_cents <= cents <= rules.custom_amount_max_cents
    return (within or cents in rules.allowed_amounts_cents) and (rules.anonymity_allowed or not anonymous)


def read_gift(rules: CommunityFundConfig, text: str, currency: str) -> int:
    """An amount that somebody typed; raises BadInput for none, or one out of bounds."""
    cents = parse_amount(text, currency)
    if suits(rules, cents, anonymous=False):
        return cents
    if not rules.custom_amount_allowed:
        raise BadInput("amount", "not_allowed")
    if cents < rules.custom_amount_min_cents:
        raise BadInput("amount", "at_least", Amount(rules.custom_amount_min_cents, currency))
    raise BadInput("amount", "at_most", Amount(rules.custom_amount_max_cents, currency))


def chosen_gift(rules: CommunityFundConfig, session: OrderSession) -> int | None:
    """What a checkout gives, as far as the rules allow that now; None while that has to be asked."""
    if not rules.enabled:
        return 0
    cents = session.donation_cents
    if cents and not suits(rules, cents, anonymous=session.donation_anonymous):
        return None
    return cents


def gift_change(rules: CommunityFundConfig, session: OrderSession) -> Change | None:
    """How the gift moved since the customer saw it; None when it did not.

    A fund that opened since is no reason to stop somebody who wants to order.
    """
    old, now = session.donation_cents or 0, chosen_gift(rules, session) or 0
    return None if old == now else Change("donation", "", old, now)


def given_with(rules: CommunityFundConfig, session: OrderSession) -> dict[str, Any]:
    """What an order keeps of the gift that comes with it, by fields."""
    cents = chosen_gift(rules, session)
    if not cents:
        return {}
    return {
        "donation_cents": cents,
        "donation_anonymous": session.donation_anonymous,
        "donation_disclaimer": rules.disclaimer_text,
    }
