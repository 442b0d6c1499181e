"""What an act wrote down that no record has as a field: what it is called, and how it is read."""

from collections.abc import Mapping
from functools import cache

from cogs._effects.alerts import EFFECTS
from cogs._ui.import_card import KINDS as FILES
from cogs._ui.words import Words, later
from cogs.admin._alert_list import SEVERITIES, TYPES
from cogs.admin._panel_fields import FIELDS
from cogs.admin._panel_names import kind_name
from cogs.admin._panel_within import WITHIN
from cogs.admin._queue_card import REASONS, WHAT
from services.audit_search import area
from services.features import FEATURES
from services.panel import declared
from services.partners import known_partners
from services.provider_keys import key_fields

DETAILS = {
    "accounts": later("Accounts"),
    "amount": later("Amount"),
    "available": later("Was available"),
    "cents": later("Price of the label"),
    "count": later("How many"),
    "customers": later("Customers"),
    "delta": later("Difference"),
    "discounts": later("Discounts"),
    "effects": later("How much was tried"),
    "environment": later("Test or live"),
    "flag": later("Part of the shop"),
    "from": later("From this day on"),
    "gift": later("Gift to the fund"),
    "identity": later("Linked account"),
    "orders": later("Orders"),
    "parcel": later("Parcel number"),
    "products": later("Products"),
    "read": later("How many were read"),
    "recipient": later("Recipient"),
    "replacement": later("New key"),
    "role": later("Role"),
    "roles_owed": later("Roles still to be given"),
    "rows": later("Rows"),
    "set": later("Is stored"),
    "shipping": later("Shipping"),
    "to": later("Up to this day"),
    "unpaid": later("Orders that are not paid"),
    "users": later("Users"),
    "uses": later("Number of uses"),
    "what": later("What had not arrived"),
    "wornBy": later("How many wore it"),
}
# Amounts whose names do not say so, as the field that is read alike.
_AMOUNTS = frozenset({"amount", "cents", "gift", "shipping"})
_VALUES: Mapping[tuple[str, str], Mapping[str, str]] = {
    ("alert", "severity"): {each.value: words for each, words in SEVERITIES.items()},
    ("alert", "type"): {each.value: words for each, words in TYPES.items()},
    ("data", "kind"): FILES,
    ("flag", "flag"): {each.value: feature.title for each, feature in FEATURES.items()},
    ("queue", "reason"): REASONS,
    ("queue", "what"): {**EFFECTS, **WHAT},
}


def label(name: str, w: Words) -> str:
    """What something that was written down is called; the record's own field comes first."""
    known = FIELDS.get(name) or DETAILS.get(name) or WITHIN.get(name) or _key_labels().get(name)
    return w(known) if known else _moved(name, w) or name


@cache
def _key_labels() -> dict[str, str]:
    """What staff enter to reach a partner."""
    return {field.key: field.label for each in known_partners() for field in key_fields(each.keys)}


def _moved(name: str, w: Words) -> str | None:
    """Records that went over to another, by their collection and the field that says whose they are."""
    collection, _, field = name.partition(".")
    kinds = (each for each in declared().values() if each.model.__collection__ == collection)
    found = next(kinds, None) if field else None
    return kind_name(found, w) if found else None


def like(name: str) -> str:
    """The stored field as which a detail is read."""
    return "amountCents" if name in _AMOUNTS else name


def detail_word(action: str, name: str, value: object, w: Words) -> str | None:
    """The words for a code that only this part of the shop writes down; None for everything else."""
    known = _VALUES.get((area(action), name), {}).get(value) if isinstance(value, str) else None
    return w(known) if known else None
