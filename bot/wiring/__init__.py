"""The only place where clients and services are made."""

from typing import Any

from redis.asyncio import Redis

from bot.mail.sending import MailEffects
from bot.outside import Outside
from bot.wiring.ground import Ground
from bot.wiring.people import people
from bot.wiring.rooms import Shelf, Till
from models.base import Db
from models.correlation import fresh
from models.registry import all_documents
from services import Services
from services.access import Access
from services.alerts import Alerts
from services.audit_search import AuditSearch
from services.checkout import Checkout
from services.claims import Claims
from services.clock import Clock
from services.csv.exports import Exports
from services.customer_desk import CustomerDesk
from services.customer_merge import CustomerMerge
from services.decisions import Decisions
from services.digests import Digests
from services.discount_desk import DiscountDesk
from services.doctor.contract import Instruments
from services.doctor.examination import Doctor
from services.doctor.index_work import IndexWork
from services.doctor.mending import Mending
from services.erasure import Erasure
from services.fund_desk import FundDesk
from services.fund_rules import FundRules
from services.fund_statement import FundStatement
from services.invoices import Invoices
from services.links import Links
from services.meters import Meters
from services.old_records import OldRecords
from services.panel.desk import Panel
from services.panel.edits import PanelEdits
from services.panel.naming import Naming
from services.payment_desk import PaymentDesk
from services.poller import Poller
from services.queue import Queue
from services.refund_desk import RefundDesk
from services.reminders import Reminders
from services.reports.desk import ReportDesk
from services.resealing import Resealing
from services.rules import Rules
from services.shares import Shares
from services.storefront_worker import StorefrontWorker
from services.sweeper import Step, Sweeper
from services.theme_desk import ThemeDesk


def build(
    db: Db,
    clock: Clock,
    rules: Rules,
    links: Links,
    outside: Outside,
    redis: Redis | None = None,
    meters: Meters | None = None,
) -> Services:
    """Every service over one database; `meters` count for all of them."""
    ground = Ground(db, clock, rules, links, outside, redis, meters or Meters())
    outbox, shops, stock = ground.outbox, ground.shops, ground.stock
    shelf = Shelf(ground)
    till, folk = Till(ground), people(ground, shelf)
    services = Services(
        clock=clock,
        shops=shops,
        flags=ground.flags,
        themes=ground.themes,
        catalog=shelf.catalog,
        carts=shelf.carts,
        checkout=Checkout(shelf.carts, shelf.customers, shelf.methods, taxes=ground.taxes, fund=ground.fund),
        placement=shelf.placement,
        orders=shelf.orders,
        methods=shelf.methods,
        providers=till.providers,
        hosted=till.hosted,
        refunds=till.refunds,
        poller=Poller(db, clock, rules, shops=shops, hosted=till.hosted, outbox=outbox),
        inbox=till.inbox,
        discord=till.discord,
        calls=ground.calls,
        stock=stock,
        waitlist=shelf.waitlist,
        storefronts=shelf.storefronts,
        storefront_worker=StorefrontWorker(rules, ground.wakeups, shelf.storefronts),
        customers=shelf.customers,
        invoices=Invoices(db),
        links=links,
        sweeper=_sweeper(ground, shelf, till, folk["erasure"]),
        mailing=till.mailing,
        **folk,
        **_ground(ground),
        **_staff(ground, shelf, till),
        **_watching(ground),
    )
    MailEffects(services).sign_up(ground.worker)
    return services


def _ground(on: Ground) -> dict[str, Any]:
    """What others stand on, and cogs use as well, by the names of the directory."""
    return {
        "meters": on.meters,
        "revocation": on.revocation,
        "role_terms": on.role_terms,
        "role_checks": on.role_checks,
        "delivery": on.delivery,
        "goods": on.goods,
        "key_pool": on.key_pool,
        "keys": on.keys,
        "worker": on.worker,
        "wakeups": on.wakeups,
    }


def _staff(on: Ground, shelf: Shelf, till: Till) -> dict[str, Any]:
    """What only the people behind the counter use, by the names of the directory."""
    db, clock, rules, audit, outbox = on.db, on.clock, on.rules, on.audit, on.outbox
    paying: dict[str, Any] = {"audit": audit, "outbox": outbox, "paid": on.paid, "stock": on.stock}
    fund = FundDesk(db, clock, access=Access(db), audit=audit, outbox=outbox, fund=on.fund)
    desk = PaymentDesk(db, till.refunds)
    queue = Queue(db, clock, rules, audit=audit, outbox=outbox, delivery=on.delivery, refunds=till.refunds)
    tools = Instruments(
        db, clock, rules, on.calls, on.links, on.outside.vault, on.providers, shelf.methods, till.mailing,
        redis=on.redis, discord_url=on.outside.discord_url,
    )  # fmt: skip
    return {
        "claims": Claims(db, clock, rules, **paying),
        "payments": desk,
        "refund_desk": RefundDesk(db, desk, shelf.orders),
        "ship_desk": till.post.desk,
        "labels": till.post.labels,
        "tracking": till.post.tracking,
        "decisions": Decisions(db, clock, **paying),
        "queue": queue,
        "doctor": Doctor(tools, fresh),
        "mending": Mending(shops=on.shops, queue=queue, storefronts=shelf.storefronts),
        "index_work": IndexWork(db, clock, rules, audit=audit, outbox=outbox, vault=on.outside.vault),
        "fund": on.fund,
        "donations": shelf.donations,
        "fund_desk": fund,
        "fund_rules": FundRules(db, audit, on.fund, Access(db)),
        "fund_statement": FundStatement(db, clock, fund),
        "theme_desk": ThemeDesk(db, clock, audit=audit, shops=on.shops, themes=on.themes),
        "customer_desk": CustomerDesk(db, clock, audit),
        "imports": shelf.imports,
        "exports": Exports(db, clock, audit),
        "merging": CustomerMerge(db, clock, audit=audit, discounts=on.discounts),
        "discounts": DiscountDesk(db, clock, audit=audit, discounts=on.discounts, customers=shelf.customers),
    }


def _watching(on: Ground) -> dict[str, Any]:
    """What looks over everything, by the names of the directory."""
    db, clock, audit, access = on.db, on.clock, on.audit, Access(on.db)
    panel, reports = Panel(db, access), ReportDesk(db, clock, on.redis)
    shares = Shares(db, clock, access=access, audit=audit, links=on.links, shops=on.shops, reports=reports)
    return {
        "throttle": on.throttle,
        "alerts": Alerts(db, audit),
        "naming": Naming(db, access),
        "audit_log": AuditSearch(db, audit, [kind.__name__ for kind in all_documents()]),
        "panel": panel,
        "reports": reports,
        "shares": shares,
        "panel_edits": PanelEdits(db, clock, audit=audit, access=access, memories=on.memories, panel=panel),
    }


def _sweeper(on: Ground, shelf: Shelf, till: Till, erasure: Erasure) -> Sweeper:
    also: dict[str, Step] = {
        "uses": on.discounts.sweep,
        "entitlements": till.entitlements.end_due,
        "files": on.goods.sweep,
        "roles": on.role_terms.sweep,
        "role_checks": on.role_checks.sweep,
        "imports": shelf.imports.sweep,
        "offers": on.offering.sweep,
        "fund": on.fund.sweep,
        "absences": on.absences.sweep,
        "erased": erasure.sweep,
        "old": OldRecords(on.db, on.clock, on.rules.kept).sweep,
        "secrets": Resealing(on.db, on.clock, on.outside.vault).sweep,
        "digests": Digests(on.db, on.clock, on.outbox).owe_due,
        "reminders": Reminders(on.db, on.clock, on.rules, on.outbox).remind_due,
    }
    return Sweeper(
        on.db, on.clock, on.rules,
        shops=on.shops, placement=shelf.placement, orders=shelf.orders, stock=on.stock, also=also,
    )  # fmt: skip
