"""The only place where clients and services are made."""

from typing import Any

from redis.asyncio import Redis

from bot.mail.sending import MailEffects
from bot.outside import Outside
from models.base import Db
from services import Services
from services.access import Access
from services.alerts import Alerts
from services.audit import Audit
from services.calls import Calls
from services.carts import Carts
from services.catalog import Catalog
from services.checkout import Checkout
from services.claims import Claims
from services.clock import Clock
from services.customer_desk import CustomerDesk
from services.customer_merge import CustomerMerge
from services.customers import Customers
from services.decisions import Decisions
from services.delivery import Delivery
from services.discord_events import DiscordSource
from services.discord_gateway import DiscordHearing
from services.discord_purchases import DiscordEntitlements
from services.discount_desk import DiscountDesk
from services.discounts import Discounts
from services.draft import Drafts
from services.goods import Goods
from services.hosted import Hosted
from services.inbox import Inbox
from services.invoices import Invoices
from services.key_delivery import KeyDelivery
from services.key_pool import KeyPool
from services.levels import Levels
from services.links import Links
from services.mail.smtp import Smtp
from services.mailing import Mailing
from services.offering import Offering
from services.orders import Orders
from services.outbox import Outbox
from services.pages import Pages
from services.paid import Paid
from services.partners import Partners
from services.payment_desk import PaymentDesk
from services.payment_effects import PaymentEffects
from services.payments.adapters import Adapters
from services.payments.methods import PaymentMethods
from services.placement import Placement
from services.poller import Poller
from services.providers import Providers
from services.queue import Queue
from services.refund_sending import RefundSending
from services.refunds import Refunds
from services.refusals import Refusals
from services.reminders import Reminders
from services.revocation import Revocation
from services.role_checks import RoleChecks
from services.role_terms import RoleTerms
from services.rules import Rules
from services.settlement import Settlement
from services.shops import Shops
from services.sources import ProcessorSource, Source
from services.stock import Stock
from services.storefront_worker import StorefrontWorker
from services.storefronts import Storefronts
from services.sweeper import Step, Sweeper
from services.tax_records import TaxRecords
from services.taxes import Taxes
from services.waitlist import Waitlist
from services.wakeups import Wakeups
from services.worker import Worker


def build(
    db: Db, clock: Clock, rules: Rules, links: Links, outside: Outside, redis: Redis | None = None
) -> Services:
    """Every service over one database."""
    ground = _Ground(db, clock, rules, links, outside, redis)
    outbox, shops, stock = ground.outbox, ground.shops, ground.stock
    shelf = _Shelf(ground)
    customers, methods = shelf.customers, shelf.methods
    till = _Till(ground)
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


def _staff(on: "_Ground", shelf: "_Shelf", till: "_Till") -> dict[str, Any]:
    """What only the people behind the counter use, by the names of the directory."""
    db, clock, rules, audit, outbox = on.db, on.clock, on.rules, on.audit, on.outbox
    paying: dict[str, Any] = {"audit": audit, "outbox": outbox, "paid": on.paid, "stock": on.stock}
    return {
        "claims": Claims(db, clock, rules, **paying),
        "payments": PaymentDesk(db, till.refunds),
        "decisions": Decisions(db, clock, **paying),
        "queue": Queue(
            db, clock, rules, audit=audit, outbox=outbox, delivery=on.delivery, refunds=till.refunds
        ),
        "customer_desk": CustomerDesk(db, clock, audit),
        "merging": CustomerMerge(db, clock, audit=audit, discounts=on.discounts),
        "discounts": DiscountDesk(db, clock, audit=audit, discounts=on.discounts, customers=shelf.customers),
    }


def _sweeper(on: "_Ground", shelf: "_Shelf", till: "_Till") -> Sweeper:
    also: dict[str, Step] = {
        "uses": on.discounts.sweep,
        "entitlements": till.entitlements.end_due,
        "files": on.goods.sweep,
        "roles": on.role_terms.sweep,
        "role_checks": on.role_checks.sweep,
        "offers": on.offering.sweep,
        "reminders": Reminders(on.db, on.clock, on.rules, on.outbox).remind_due,
    }
    return Sweeper(
        on.db, on.clock, on.rules,
        shops=on.shops, placement=shelf.placement, orders=shelf.orders, stock=on.stock, also=also,
    )  # fmt: skip


class _Ground:
    """What nearly every service stands on."""

    def __init__(
        self, db: Db, clock: Clock, rules: Rules, links: Links, outside: Outside, redis: Redis | None
    ) -> None:
        self.db, self.clock, self.rules, self.links = db, clock, rules, links
        self.outside, self.redis = outside, redis
        self.wakeups = Wakeups(redis)
        self.audit, self.outbox = Audit(db), Outbox(db, self.wakeups)
        self.worker = Worker(db, clock, rules, self.wakeups)
        self.shops = Shops(db, clock, self.audit)
        self.offering = Offering(db, clock, rules, self.outbox)
        self.stock = Stock(db, clock, self.audit, self.outbox, self.offering)
        self.discounts = Discounts(db, clock)
        self.paid = Paid(db, clock, outbox=self.outbox, discounts=self.discounts)
        self.delivery = Delivery(db, clock, self.outbox)
        self.goods = Goods(db, clock, audit=self.audit, outbox=self.outbox)
        pool: dict[str, Any] = {
            "audit": self.audit, "outbox": self.outbox, "stock": self.stock, "vault": outside.vault
        }  # fmt: skip
        self.key_pool = KeyPool(db, clock, **pool)
        self.keys = KeyDelivery(db, clock, **pool, delivery=self.delivery)
        self.keys.sign_up(self.worker)
        self.revocation = Revocation(db, clock, self.outbox)
        self.role_terms = RoleTerms(db, clock, self.outbox, self.revocation)
        self.role_checks = RoleChecks(db, clock, self.outbox)
        self.calls = Calls(clock)
        paypal: dict[str, Any] = {"now": clock.now}
        if outside.paypal_roots is not None:
            paypal["roots"] = outside.paypal_roots
        more = {
            "paypal": paypal,
            "smtp": {"anywhere": outside.mail_anywhere, "in_clear": outside.mail_anywhere},
        }
        if outside.sendgrid_eu is not None:
            more["sendgrid"] = {"eu": outside.sendgrid_eu}
        self.partners = Partners(self.calls, outside.sites, more)
        self.adapters = Adapters(self.partners)
        self.providers = Providers(
            db, clock,
            audit=self.audit, shops=self.shops, vault=outside.vault, partners=self.partners, links=links,
        )  # fmt: skip
        self.taxes = Taxes(db, clock, outbox=self.outbox, providers=self.providers)


class _Shelf:
    """From a product on the shelf to an order, whatever way it is paid."""

    def __init__(self, on: _Ground) -> None:
        db, clock, rules, outbox, stock = on.db, on.clock, on.rules, on.outbox, on.stock
        discounts, levels = on.discounts, Levels(db)
        self.customers = customers = Customers(db, on.keys)
        self.catalog = Catalog(db, clock, on.audit, levels, on.offering)
        self.storefronts = Storefronts(db, clock, rules, audit=on.audit, outbox=outbox)
        self.waitlist = Waitlist(db, clock, catalog=self.catalog, offering=on.offering, outbox=outbox)
        self.methods = methods = PaymentMethods(on.shops, on.adapters)
        self.carts = Carts(db, clock, rules, catalog=self.catalog, levels=levels, discounts=discounts)
        self.orders = Orders(
            db, clock,
            audit=on.audit, outbox=outbox, methods=methods, links=on.links, stock=stock, discounts=discounts,
        )  # fmt: skip
        self.placement = Placement(
            db, clock, rules,
            outbox=outbox, carts=self.carts, customers=customers, discounts=discounts,
            drafts=Drafts(clock, rules, methods), paid=on.paid, stock=stock,
            taxes=on.taxes,
        )  # fmt: skip


class _Till:
    """Payments on a provider's page, and what providers deliver."""

    def __init__(self, on: _Ground) -> None:
        db, clock, rules, outbox, shops = on.db, on.clock, on.rules, on.outbox, on.shops
        adapters = on.adapters
        self.providers = providers = on.providers
        keys, relay = on.outside.mail, Smtp(on.calls, Smtp.site, anywhere=True, in_clear=True)
        self.mailing = Mailing(
            db, clock,
            outbox=outbox, providers=providers,
            default=(relay, keys) if keys is not None else None,
        )  # fmt: skip
        settlement = Settlement(
            db, clock, rules,
            outbox=outbox, paid=on.paid, stock=on.stock, discounts=on.discounts, revocation=on.revocation,
        )  # fmt: skip
        pages = Pages(db, clock, rules, outbox=outbox, providers=providers, links=on.links)
        self.hosted = Hosted(
            db, clock,
            shops=shops, adapters=adapters, providers=providers, pages=pages, settlement=settlement,
        )  # fmt: skip
        self.refunds = Refunds(
            db, clock, audit=on.audit, outbox=outbox, adapters=adapters, settlement=settlement
        )
        sending = RefundSending(
            db, clock, rules,
            outbox=outbox, shops=shops, adapters=adapters, providers=providers, settlement=settlement,
        )  # fmt: skip
        PaymentEffects(db, shops=shops, hosted=self.hosted, refunds=sending).sign_up(on.worker)
        TaxRecords(db, shops=shops, providers=providers, partners=on.partners).sign_up(on.worker)
        self.entitlements = DiscordEntitlements(db, clock, shops=shops, outbox=outbox)
        self.discord = DiscordHearing(clock, self.entitlements)
        self.inbox = Inbox(
            db, clock, rules,
            wakeups=on.wakeups, outbox=outbox, audit=on.audit, sources=self._sources(on),
            url_of=on.links.webhook_url, refusals=Refusals(on.redis, clock),
        )  # fmt: skip

    def _sources(self, on: _Ground) -> dict[str, Source]:
        sources: dict[str, Source] = {
            adapter.name: ProcessorSource(adapter, self.providers, self.hosted)
            for adapter in on.adapters.all()
        }
        key = on.outside.discord_public_key
        return {
            **sources,
            "discord": DiscordSource(key, on.clock, shops=on.shops, entitlements=self.entitlements),
        }
