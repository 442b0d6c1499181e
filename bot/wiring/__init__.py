"""The only place where clients and services are made."""

from typing import Any

from redis.asyncio import Redis

from bot.mail.sending import MailEffects
from bot.outside import Outside
from bot.wiring.ground import Ground
from bot.wiring.rooms import Shelf, Till
from models.base import Db
from services import Services
from services.access import Access
from services.alerts import Alerts
from services.checkout import Checkout
from services.claims import Claims
from services.clock import Clock
from services.csv.exports import Exports
from services.customer_desk import CustomerDesk
from services.customer_merge import CustomerMerge
from services.decisions import Decisions
from services.discount_desk import DiscountDesk
from services.invoices import Invoices
from services.links import Links
from services.payment_desk import PaymentDesk
from services.poller import Poller
from services.queue import Queue
from services.refund_desk import RefundDesk
from services.reminders import Reminders
from services.rules import Rules
from services.storefront_worker import StorefrontWorker
from services.sweeper import Step, Sweeper


def build(
    db: Db, clock: Clock, rules: Rules, links: Links, outside: Outside, redis: Redis | None = None
) -> Services:
    """Every service over one database."""
    ground = Ground(db, clock, rules, links, outside, redis)
    outbox, shops, stock = ground.outbox, ground.shops, ground.stock
    shelf = Shelf(ground)
    customers, methods = shelf.customers, shelf.methods
    till = Till(ground)
    services = Services(
        clock=clock,
        shops=shops,
        access=Access(db),
        catalog=shelf.catalog,
        carts=shelf.carts,
        checkout=Checkout(shelf.carts, customers, methods, taxes=ground.taxes),
        placement=shelf.placement,
        orders=shelf.orders,
        methods=methods,
        providers=till.providers,
        hosted=till.hosted,
        refunds=till.refunds,
        revocation=ground.revocation,
        role_terms=ground.role_terms,
        role_checks=ground.role_checks,
        poller=Poller(db, clock, rules, shops=shops, hosted=till.hosted, outbox=outbox),
        inbox=till.inbox,
        discord=till.discord,
        calls=ground.calls,
        stock=stock,
        waitlist=shelf.waitlist,
        storefronts=shelf.storefronts,
        storefront_worker=StorefrontWorker(rules, ground.wakeups, shelf.storefronts),
        customers=customers,
        delivery=ground.delivery,
        goods=ground.goods,
        key_pool=ground.key_pool,
        keys=ground.keys,
        invoices=Invoices(db),
        links=links,
        alerts=Alerts(db),
        worker=ground.worker,
        sweeper=_sweeper(ground, shelf, till),
        wakeups=ground.wakeups,
        mailing=till.mailing,
        **_staff(ground, shelf, till),
    )
    MailEffects(services).sign_up(ground.worker)
    return services


def _staff(on: Ground, shelf: Shelf, till: Till) -> dict[str, Any]:
    """What only the people behind the counter use, by the names of the directory."""
    db, clock, rules, audit, outbox = on.db, on.clock, on.rules, on.audit, on.outbox
    paying: dict[str, Any] = {"audit": audit, "outbox": outbox, "paid": on.paid, "stock": on.stock}
    desk = PaymentDesk(db, till.refunds)
    return {
        "claims": Claims(db, clock, rules, **paying),
        "payments": desk,
        "refund_desk": RefundDesk(db, desk, shelf.orders),
        "ship_desk": till.post.desk,
        "labels": till.post.labels,
        "tracking": till.post.tracking,
        "decisions": Decisions(db, clock, **paying),
        "queue": Queue(
            db, clock, rules, audit=audit, outbox=outbox, delivery=on.delivery, refunds=till.refunds
        ),
        "customer_desk": CustomerDesk(db, clock, audit),
        "imports": shelf.imports,
        "exports": Exports(db, clock, audit),
        "merging": CustomerMerge(db, clock, audit=audit, discounts=on.discounts),
        "discounts": DiscountDesk(db, clock, audit=audit, discounts=on.discounts, customers=shelf.customers),
    }


def _sweeper(on: Ground, shelf: Shelf, till: Till) -> Sweeper:
    also: dict[str, Step] = {
        "uses": on.discounts.sweep,
        "entitlements": till.entitlements.end_due,
        "files": on.goods.sweep,
        "roles": on.role_terms.sweep,
        "role_checks": on.role_checks.sweep,
        "imports": shelf.imports.sweep,
        "offers": on.offering.sweep,
        "reminders": Reminders(on.db, on.clock, on.rules, on.outbox).remind_due,
    }
    return Sweeper(
        on.db, on.clock, on.rules,
        shops=on.shops, placement=shelf.placement, orders=shelf.orders, stock=on.stock, also=also,
    )  # fmt: skip
