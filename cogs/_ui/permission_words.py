"""What each permission key allows, in words, and under which heading it stands."""

from collections.abc import Iterable

from cogs._ui.words import Words, later
from services.access import FUND_APPROVAL, MAIL_CARRIER, Permission

_WORDS = {
    Permission.SETUP_RUN: later("Run the set-up"),
    Permission.CONFIG_MANAGE: later("Change settings"),
    Permission.PRODUCT_MANAGE: later("Add and change products"),
    Permission.STOCK_MANAGE: later("Count and change stock"),
    Permission.ORDER_VIEW: later("Look at orders"),
    Permission.ORDER_MANAGE: later("Change and cancel orders"),
    Permission.ORDER_SHIP: later("Pack and send parcels"),
    Permission.PAYMENT_APPROVE: later("Approve and reject payments"),
    Permission.PAYMENT_REFUND: later("Give money back"),
    Permission.PROVIDER_MANAGE: later("Set up providers and their keys"),
    Permission.WEBHOOK_MANAGE: later("See webhooks and try them again"),
    Permission.DISCOUNT_MANAGE: later("Make discounts and hand them out"),
    Permission.CUSTOMER_MANAGE: later("See, note and change customers"),
    Permission.STOREFRONT_MANAGE: later("Put the shop into a channel"),
    Permission.USER_MANAGE: later("See users, give and take roles"),
    Permission.ROLE_MANAGE: later("Make and change roles"),
    Permission.IDENTITY_MANAGE: later("Link accounts and keep their secrets"),
    Permission.CUSTOMER_ERASE: later("Erase a person's data"),
    Permission.FUND_MANAGE: later("Run the community fund"),
    Permission.PANEL_VIEW: later("Look through all records"),
    Permission.ALERT_VIEW: later("See alerts"),
    Permission.AUDIT_VIEW: later("See who changed what"),
    Permission.ANALYTICS_VIEW: later("See how the shop is doing"),
    Permission.DOCTOR_RUN: later("Examine the shop and its server"),
    Permission.DATA_IMPORT: later("Bring in files of records"),
    Permission.DATA_EXPORT: later("Take records out as files"),
    Permission.ANALYTICS_SHARE: later("Share reports by link, also outside Discord"),
    Permission.FLAG_MANAGE: later("Switch parts of the shop on and off"),
    Permission.THEME_MANAGE: later("Change the shop's colours"),
}
# What is no key of a role's.
_NO_KEYS = {
    FUND_APPROVAL: later("Approve payments out of the community fund"),
    MAIL_CARRIER: later("Choose who carries the shop's e-mails (its owner and admins)"),
}
GROUPS = {
    "goods": later("Goods"),
    "money": later("Orders and money"),
    "people": later("People"),
    "house": later("The shop itself"),
}
# By what a key begins with; everything else is of the shop itself.
_GROUP = {
    "product": "goods",
    "stock": "goods",
    "discount": "goods",
    "storefront": "goods",
    "order": "money",
    "payment": "money",
    "fund": "money",
    "customer": "people",
    "user": "people",
    "role": "people",
    "identity": "people",
}


def permission_words(key: str, w: Words) -> str:
    """What a key allows; an unknown one as it is written."""
    known = _WORDS.get(Permission(key)) if key in set(Permission) else _NO_KEYS.get(key)
    return w(known) if known else key


def in_group(group: str, keys: Iterable[Permission] = Permission) -> list[Permission]:
    """Those of the keys that stand under a heading, in the order in which they are declared."""
    wanted = set(keys)
    return [
        key for key in Permission if key in wanted and _GROUP.get(key.partition(".")[0], "house") == group
    ]
