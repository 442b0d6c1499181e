"""What the shop does: the directory of every service, built in bot/wiring/."""

from dataclasses import dataclass

from services.absences import Absences
from services.access import Access
from services.alerts import Alerts
from services.audit_search import AuditSearch
from services.calls import Calls
from services.carts import Carts
from services.catalog import Catalog
from services.checkout import Checkout
from services.claims import Claims
from services.clock import Clock
from services.csv.exports import Exports
from services.csv.imports import Imports
from services.customer_desk import CustomerDesk
from services.customer_merge import CustomerMerge
from services.customers import Customers
from services.decisions import Decisions
from services.delivery import Delivery
from services.discord_gateway import DiscordHearing
from services.discord_throttle import DiscordThrottle
from services.discount_desk import DiscountDesk
from services.doctor.examination import Doctor
from services.doctor.index_work import IndexWork
from services.doctor.mending import Mending
from services.donations import Donations
from services.erasure import Erasure
from services.flags import Flags
from services.fund import Fund
from services.fund_desk import FundDesk
from services.fund_rules import FundRules
from services.fund_statement import FundStatement
from services.goods import Goods
from services.hosted import Hosted
from services.identity_desk import IdentityDesk
from services.inbox import Inbox
from services.invoices import Invoices
from services.key_delivery import KeyDelivery
from services.key_pool import KeyPool
from services.labels import Labels
from services.links import Links
from services.mailing import Mailing
from services.meters import Meters
from services.moving import Moving
from services.orders import Orders
from services.ownership import Ownership
from services.pace import Pace
from services.panel.desk import Panel
from services.panel.edits import PanelEdits
from services.panel.naming import Naming
from services.payment_desk import PaymentDesk
from services.payments.methods import PaymentMethods
from services.person_data import PersonData
from services.placement import Placement
from services.poller import Poller
from services.providers import Providers
from services.queue import Queue
from services.refund_desk import RefundDesk
from services.refunds import Refunds
from services.reports.desk import ReportDesk
from services.revocation import Revocation
from services.role_checks import RoleChecks
from services.role_desk import RoleDesk
from services.role_terms import RoleTerms
from services.shares import Shares
from services.ship_desk import ShipDesk
from services.shops import Shops
from services.stock import Stock
from services.storefront_worker import StorefrontWorker
from services.storefronts import Storefronts
from services.sweeper import Sweeper
from services.theme_desk import ThemeDesk
from services.themes import Themes
from services.tracking import Tracking
from services.user_desk import UserDesk
from services.waitlist import Waitlist
from services.wakeups import Wakeups
from services.worker import Worker


@dataclass(frozen=True)
class Services:
    """Every verb of the shop; cogs and the listener get exactly this."""

    clock: Clock
    meters: Meters
    shops: Shops
    access: Access
    pace: Pace
    flags: Flags
    themes: Themes
    theme_desk: ThemeDesk
    absences: Absences
    catalog: Catalog
    carts: Carts
    checkout: Checkout
    placement: Placement
    orders: Orders
    claims: Claims
    methods: PaymentMethods
    providers: Providers
    hosted: Hosted
    payments: PaymentDesk
    decisions: Decisions
    refunds: Refunds
    refund_desk: RefundDesk
    ship_desk: ShipDesk
    labels: Labels
    tracking: Tracking
    revocation: Revocation
    role_terms: RoleTerms
    queue: Queue
    role_checks: RoleChecks
    poller: Poller
    inbox: Inbox
    discord: DiscordHearing
    calls: Calls
    stock: Stock
    waitlist: Waitlist
    storefronts: Storefronts
    storefront_worker: StorefrontWorker
    customers: Customers
    customer_desk: CustomerDesk
    merging: CustomerMerge
    users: UserDesk
    role_desk: RoleDesk
    ownership: Ownership
    moving: Moving
    identities: IdentityDesk
    erasure: Erasure
    person_data: PersonData
    discounts: DiscountDesk
    delivery: Delivery
    goods: Goods
    key_pool: KeyPool
    keys: KeyDelivery
    invoices: Invoices
    links: Links
    alerts: Alerts
    audit_log: AuditSearch
    naming: Naming
    panel: Panel
    panel_edits: PanelEdits
    reports: ReportDesk
    shares: Shares
    worker: Worker
    fund: Fund
    fund_desk: FundDesk
    fund_rules: FundRules
    fund_statement: FundStatement
    donations: Donations
    sweeper: Sweeper
    wakeups: Wakeups
    throttle: DiscordThrottle
    mailing: Mailing
    doctor: Doctor
    mending: Mending
    index_work: IndexWork
    imports: Imports
    exports: Exports
