"""The words for values of closed lists, in the panel and in the audit log; what is stored are codes."""

from collections.abc import Callable, Iterator, Mapping
from enum import Enum, StrEnum
from functools import cache
from typing import Any, get_args

from cogs._effects.alerts import EFFECTS
from cogs._ui.address import country
from cogs._ui.import_card import KINDS as FILES
from cogs._ui.labels import status
from cogs._ui.parcels import MOVEMENTS
from cogs._ui.parcels import STATES as PARCELS
from cogs._ui.paying import method_name, provider_name
from cogs._ui.permission_words import permission_words
from cogs._ui.words import Words, later
from cogs.admin._act_words import act_words
from cogs.admin._alert_list import SEVERITIES, TYPES
from cogs.admin._order_card import EVENTS as ORDER_EVENTS
from cogs.admin._order_card import FAILED, WHY
from cogs.admin._panel_names import record_kind
from cogs.admin._payment_card import DISPUTES, REFUNDS
from cogs.admin._payment_card import EVENTS as PAYMENT_EVENTS
from cogs.admin._time import RHYTHMS
from cogs.admin._webhook_list import STATES as WEBHOOKS
from models import browsing
from models.alert import AlertSeverity, AlertType
from models.base import Document, Part
from models.customer import CustomerSource
from models.data_import import ImportState
from models.digital_key import KeyStatus
from models.discount import DiscountType
from models.discount_use import AssignmentRule, UseStatus
from models.entitlement import EntitlementStatus, EntitlementType
from models.flag import Flag, FlagScope
from models.fund_ledger import FundMove
from models.inventory import InventoryMove
from models.order import ShippingStatus
from models.order_life import OrderStatus
from models.outbox import OutboxStatus, Urgency
from models.payment_life import PaymentStatus
from models.payment_method import PaymentMethod
from models.payment_parts import RefundState
from models.platform_entitlement import EntitlementKind, PlatformState
from models.product import QtyVisibility
from models.session import SessionState, SessionStep
from models.shipment import ParcelState, ShipmentStatus
from models.tenant import DigestRhythm, ResponseMode, TaxUnknownRule, VisibilityDefault
from models.waiting import WaitStatus
from models.webhook import WebhookProvider, WebhookState
from services.features import FEATURES
from services.panel.contract import Declared
from services.reports import known_reports
from services.reports.contract import ReportType

type Say = Callable[[str, Words], str]

_PUBLIC = later("customers see how many are left")
_PRIVATE = later("customers only see whether there is any")
MOVES = {
    InventoryMove.ADJUSTMENT: later("corrected"),
    InventoryMove.RESERVE: later("reserved"),
    InventoryMove.RELEASE: later("given back"),
    InventoryMove.SALE: later("sold"),
    InventoryMove.RESTOCK: later("restocked"),
    InventoryMove.REFUND: later("refunded"),
}
_TABLES: Mapping[type[Enum], Mapping[Any, str]] = {
    AlertSeverity: SEVERITIES,
    AlertType: TYPES,
    AssignmentRule: {
        AssignmentRule.ONE_TIME: later("once"),
        AssignmentRule.NEXT_N: later("a number of times"),
        AssignmentRule.FOREVER: later("any number of times"),
    },
    CustomerSource: {
        CustomerSource.DISCORD: later("came by Discord"),
        CustomerSource.EMAIL: later("came by e-mail"),
        CustomerSource.MANUAL: later("added by the staff"),
    },
    DigestRhythm: RHYTHMS,
    DiscountType: {
        DiscountType.PERCENT: later("a percentage"),
        DiscountType.AMOUNT: later("a fixed amount"),
    },
    EntitlementKind: {
        EntitlementKind.CREATE: later("bought"),
        EntitlementKind.UPDATE: later("renewed or changed"),
        EntitlementKind.DELETE: later("taken back by Discord"),
    },
    EntitlementStatus: {
        EntitlementStatus.PENDING: later("not handed over yet"),
        EntitlementStatus.GRANTED: later("handed over"),
        EntitlementStatus.REVOKED: later("taken back"),
        EntitlementStatus.FAILED: later("failed"),
    },
    EntitlementType: {
        EntitlementType.DISCORD_ROLE: later("A role"),
        EntitlementType.DIGITAL_ITEM: later("A digital item"),
    },
    FlagScope: {
        FlagScope.SYSTEM: later("every shop of this bot"),
        FlagScope.TENANT: later("this shop"),
    },
    FundMove: {
        FundMove.CONTRIBUTION: later("given"),
        FundMove.RETURNED: later("went back with a refund"),
        FundMove.RESTORED: later("came back: a refund did not go through"),
        FundMove.DISBURSEMENT: later("paid out"),
        FundMove.REVERSAL: later("put back: a payment was a mistake"),
    },
    InventoryMove: MOVES,
    KeyStatus: {
        KeyStatus.FREE: later("free"),
        KeyStatus.TAKEN: later("handed out"),
        KeyStatus.REPLACED: later("replaced"),
    },
    OutboxStatus: {
        OutboxStatus.PENDING: later("still to be done"),
        OutboxStatus.DONE: later("done"),
        OutboxStatus.DEAD: later("given up"),
    },
    ParcelState: PARCELS,
    PlatformState: {
        PlatformState.ACTIVE: later("valid"),
        PlatformState.ENDED: later("ended"),
        PlatformState.DELETED: later("taken back by Discord"),
    },
    QtyVisibility: {
        QtyVisibility.PUBLIC: _PUBLIC,
        QtyVisibility.PRIVATE: _PRIVATE,
        QtyVisibility.INHERIT: later("as the shop's setting says"),
    },
    RefundState: REFUNDS,
    ResponseMode: {
        ResponseMode.EPHEMERAL: later("in the channel, seen by the customer alone"),
        ResponseMode.DM: later("by direct message"),
    },
    SessionState: {
        SessionState.OPEN: later("open"),
        SessionState.CONFIRMING: later("being ordered"),
        SessionState.SUBMITTED: later("ordered"),
        SessionState.EXPIRED: later("expired"),
    },
    SessionStep: {
        SessionStep.CART: later("Cart"),
        SessionStep.ADDRESS: later("Address"),
        SessionStep.SHIPPING: later("Shipping"),
        SessionStep.DONATION: later("Gift to the fund"),
        SessionStep.PAYMENT: later("Payment"),
        SessionStep.REVIEW: later("Review"),
    },
    ShipmentStatus: {
        ShipmentStatus.PENDING: later("not sent yet"),
        ShipmentStatus.LABEL_CREATED: later("has a label, waits for its carrier"),
        ShipmentStatus.IN_TRANSIT: later("on its way"),
        ShipmentStatus.DELIVERED: later("arrived"),
        ShipmentStatus.EXCEPTION: later("its carrier cannot deliver it"),
    },
    ShippingStatus: {
        ShippingStatus.PENDING: later("not sent yet"),
        ShippingStatus.LABEL_CREATED: later("has a label, waits for its carrier"),
        ShippingStatus.SHIPPED: later("shipped"),
        ShippingStatus.DELIVERED: later("arrived"),
        ShippingStatus.FAILED: later("its carrier cannot deliver it"),
    },
    TaxUnknownRule: {
        TaxUnknownRule.STOP: later("nothing can be ordered"),
        TaxUnknownRule.ZERO: later("ordered without tax, and the staff are told"),
    },
    Urgency: {
        Urgency.MONEY_AND_KEYS: later("money and keys"),
        Urgency.ROLES: later("roles"),
        Urgency.WORD: later("messages"),
        Urgency.PARTNERS: later("calls to providers"),
        Urgency.LEISURE: later("digests"),
    },
    UseStatus: {
        UseStatus.USED: later("used"),
        UseStatus.RETURNED: later("given back"),
    },
    VisibilityDefault: {
        VisibilityDefault.PUBLIC: _PUBLIC,
        VisibilityDefault.PRIVATE: _PRIVATE,
    },
    WaitStatus: {
        WaitStatus.WAITING: later("waits"),
        WaitStatus.OFFERED: later("was told, one is kept"),
        WaitStatus.TAKEN: later("has ordered it"),
        WaitStatus.LAPSED: later("did not come in time"),
        WaitStatus.WITHDRAWN: later("does not want it any more"),
        WaitStatus.OPENED: later("need not wait any more"),
    },
    WebhookState: WEBHOOKS,
}


def _listed(words: Mapping[str, str]) -> Say:
    return lambda value, w: w(words[value]) if value in words else value


def _provider(name: str, _: Words) -> str:
    return provider_name(name)


def _method(name: str, w: Words) -> str:
    return method_name(PaymentMethod(name), w) if name in set(PaymentMethod) else name


def _report(kind: str, w: Words) -> str:
    return w(known_reports()[ReportType(kind)].title) if kind in set(ReportType) else kind


# Enumerations whose words are made by somebody else.
_SAID: Mapping[type[StrEnum], Say] = {
    ImportState: status,
    OrderStatus: status,
    PaymentMethod: _method,
    PaymentStatus: status,
    WebhookProvider: _provider,
}
# Fields that hold codes without an enumeration of their own in the model.
_FIELDS: Mapping[tuple[str, str], Say] = {
    ("alert", "entityType"): record_kind,
    ("audit", "action"): act_words,
    ("audit", "entityType"): record_kind,
    ("cart", "paymentMethod"): _method,
    ("config", "shipFrom.country"): country,
    ("config", "taxOrigin.country"): country,
    ("customer", "addresses.address.country"): country,
    ("effect", "kind"): _listed(EFFECTS),
    ("flag", "key"): lambda value, w: w(FEATURES[Flag(value)].title) if value in set(Flag) else value,
    ("import", "kind"): _listed(FILES),
    ("order", "shippingAddress.country"): country,
    ("order", "history.what"): _listed(ORDER_EVENTS),
    ("order", "cancelReason"): _listed(WHY),
    ("owed", "failedReason"): _listed(FAILED),
    ("payment", "disputes.state"): _listed(DISPUTES),
    ("payment", "history.what"): _listed(PAYMENT_EVENTS),
    ("provider", "type"): _provider,
    ("role", "permissionKeys"): permission_words,
    ("share", "reportType"): _report,
    ("shipment", "parcels.movement"): _listed(MOVEMENTS),
    ("shipment", "parcels.partner"): _provider,
    # Written down with what was done to a parcel of the order.
    ("order", "state"): lambda value, w: enum_word(ParcelState, value, w) or value,
}


def value_word(kind: Declared | None, name: str, value: Any, w: Words) -> str | None:
    """The words for a stored value of a kind of record; None where no list of ours is closed."""
    if kind is None or isinstance(value, bool) or not isinstance(value, str | int):
        return None
    if (say := _FIELDS.get((kind.code, name))) is not None:
        return say(str(value), w)
    of = enumerations(kind.model).get(name)
    return enum_word(of, value, w) if of else None


def enum_word(of: type[Enum], value: str | int, w: Words) -> str | None:
    """The words for a value of an enumeration; None for one that it does not have any more."""
    try:
        known = of(value)
    except ValueError:
        return None
    table = _TABLES.get(of, {})
    if known in table:
        return w(table[known])
    say = next((each for kind, each in _SAID.items() if kind is of), None)
    return say(str(value), w) if say else None


@cache
def enumerations(model: type[Document | Part]) -> Mapping[str, type[Enum]]:
    """The fields of a record that hold values of an enumeration, by stored names such as parcels.state."""
    found = dict[str, type[Enum]]()
    for stored, name in browsing.names_of(model).items():
        for each in _types(model.model_fields[name].annotation):
            if issubclass(each, Enum):
                found[stored] = each
            elif issubclass(each, Part):
                found |= {f"{stored}.{inner}": of for inner, of in enumerations(each).items()}
    return found


def _types(annotation: Any) -> Iterator[type]:
    if isinstance(annotation, type):
        yield annotation
    for within in get_args(annotation):
        yield from _types(within)
