"""What kinds of records, sections, forms and ways are called in the panel."""

from cogs._ui.words import Words, later
from services.panel import declared
from services.panel.contract import Declared, PanelSection

SECTIONS = {
    PanelSection.PEOPLE: later("Users & Identity"),
    PanelSection.COMMERCE: later("Commerce"),
    PanelSection.CONFIGURATION: later("Configuration"),
    PanelSection.MONITORING: later("Monitoring"),
}
KINDS = {
    "tenant": later("Shop"),
    "user": later("Users"),
    "identity": later("Log-ins"),
    "role": later("Roles of the shop"),
    "held": later("Assigned roles"),
    "settings": later("Users' settings"),
    "product": later("Products"),
    "snapshot": later("Stock"),
    "ledger": later("Stock ledger"),
    "key": later("Digital keys"),
    "file": later("Digital files"),
    "waiting": later("Waiting for stock"),
    "discount": later("Discounts"),
    "assigned": later("Assigned discounts"),
    "use": later("Uses of discounts"),
    "customer": later("Customers"),
    "note": later("Notes about customers"),
    "cart": later("Carts"),
    "order": later("Orders"),
    "payment": later("Payments"),
    "shipment": later("Shipments"),
    "owed": later("Entitlements"),
    "bought": later("Purchases at Discord"),
    "gift": later("Gifts to the fund"),
    "spent": later("Payments out of the fund"),
    "movement": later("Movements of the fund"),
    "balance": later("Balances of the fund"),
    "fund": later("Rules of the fund"),
    "config": later("Settings"),
    "provider": later("Providers"),
    "flag": later("Feature switches"),
    "theme": later("Themes"),
    "front": later("Storefront"),
    "alert": later("Alerts"),
    "audit": later("Audit log"),
    "webhook": later("Messages from providers"),
    "effect": later("Effects owed"),
    "import": later("Imports of files"),
    "share": later("Shared reports"),
    "rolecheck": later("Comparison of roles"),
    "absence": later("Away from the server"),
    "counter": later("Counters"),
}
FORMS = {
    "amounts": later("Change the amounts"),
    "contact": later("Change how they are reached"),
    "name": later("Change the name"),
    "notices": later("Change e-mail and instructions"),
    "prices": later("Change SKU and prices"),
    "remark": later("Change the remark"),
    "stock": later("Change warning and picture"),
    "words": later("Change the texts"),
}
WAYS = {
    "alerts:open": later("Open alert"),
    "audit:open": later("Open act"),
    "config:open": later("Open settings"),
    "customer:open": later("Open customer"),
    "discount:open": later("Open discount"),
    "order:open": later("Open order"),
    "payment:open": later("Open payment"),
    "payment:order": later("Open payment"),
    "product:open": later("Open product"),
    "providers:open": later("Open provider"),
    "queue:effect": later("Open in the queue"),
    "refund:open": later("Give money back"),
    "share:link": later("Open link"),
    "stock:open": later("Open stock"),
    "storefront:open": later("Open storefront"),
    "webhook:open": later("Open message"),
}


def declared_as(name: str) -> Declared | None:
    """The kind of record that the data dictionary and the audit log call so."""
    return next((each for each in declared().values() if each.name == name), None)


def record_kind(name: str, w: Words) -> str:
    """What records are called, by the dictionary's name; of another version as it is written."""
    found = declared_as(name)
    return kind_name(found, w) if found else name


def kind_name(kind: Declared, w: Words) -> str:
    """What records of a kind are called, such as Products."""
    return w(KINDS[kind.code])
