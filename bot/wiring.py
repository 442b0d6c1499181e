"""The only place where clients and services are made."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from cryptography.x509 import Certificate
from motor.motor_asyncio import AsyncIOMotorClient
from redis.asyncio import Redis

from bot.config import Settings, ShopSettings
from models.base import Db
from services import Services
from services.access import Access
from services.alerts import Alerts
from services.audit import Audit
from services.carts import Carts
from services.catalog import Catalog
from services.checkout import Checkout
from services.claims import Claims
from services.clock import Clock
from services.customers import Customers
from services.decisions import Decisions
from services.delivery import Delivery
from services.draft import Drafts
from services.hosted import Hosted
from services.invoices import Invoices
from services.levels import Levels
from services.links import Links
from services.orders import Orders
from services.outbox import Outbox
from services.pages import Pages
from services.paid import Paid
from services.payment_desk import PaymentDesk
from services.payment_effects import PaymentEffects
from services.payments.adapters import Adapters
from services.payments.calls import Calls
from services.payments.methods import PaymentMethods
from services.payments.processor import Site
from services.placement import Placement
from services.poller import Poller
from services.providers import Providers
from services.refunds import Refunds
from services.rules import Rules
from services.settlement import Settlement
from services.shops import Shops
from services.stock import Stock
from services.sweeper import Sweeper
from services.vault import Vault
from services.wakeups import Wakeups
from services.worker import Worker

_REDIS_SECONDS = 1.0


def open_database(uri: str, name: str) -> Db:
    """A database whose times come back aware, in UTC."""
    return Db(client=AsyncIOMotorClient(uri, tz_aware=True), database=name)


def open_redis(url: str) -> Redis:
    """A Redis client that gives up soon: the shop goes on without it."""
    return Redis.from_url(url, socket_timeout=None, socket_connect_timeout=_REDIS_SECONDS)


def rules_from(shop: ShopSettings) -> Rules:
    """The configured times as the services want them."""
    return Rules(
        session=timedelta(minutes=shop.session_minutes),
        hold_p2p=timedelta(hours=shop.hold_hours_p2p),
        hold_processor=timedelta(minutes=shop.hold_minutes_processor),
        stale_confirm=timedelta(seconds=shop.stale_confirm_seconds),
        outbox_lease=timedelta(seconds=shop.lease_seconds),
        poll=timedelta(seconds=shop.poll_seconds),
        sweep=timedelta(seconds=shop.sweep_seconds),
    )


def links_from(settings: Settings, public_url: str | None, clock: Clock) -> Links:
    """The maker of signed links; without a configured public address the one given is used."""
    secrets = [secret.get_secret_value() for secret in settings.security.secrets]
    return Links(secrets, settings.web.public_url or public_url, clock)


@dataclass(frozen=True)
class Outside:
    """What reaching outside services takes; `sites` says where they answer, by the adapter's name."""

    vault: Vault
    sites: Mapping[str, Site] = field(default_factory=dict)
    paypal_roots: tuple[Certificate, ...] | None = None
    discord_public_key: str | None = None


def outside_from(settings: Settings) -> Outside:
    """The configured addresses and secrets as the services want them."""
    secrets = [secret.get_secret_value() for secret in settings.security.secrets]
    return Outside(
        vault=Vault(secrets),
        sites=settings.providers.sites(),
        paypal_roots=settings.providers.roots(),
        discord_public_key=settings.discord.public_key,
    )


def build(
    db: Db, clock: Clock, rules: Rules, links: Links, outside: Outside, redis: Redis | None = None
) -> Services:
    """Every service over one database."""
    wakeups = Wakeups(redis)
    audit, outbox = Audit(db), Outbox(db, wakeups)
    levels, shops, customers = Levels(db), Shops(db, clock, audit), Customers(db)
    catalog = Catalog(db, clock, audit, levels)
    calls = Calls(clock)
    adapters = _adapters(calls, clock, outside)
    methods = PaymentMethods(shops, adapters)
    stock, paid = Stock(db, clock, audit, outbox), Paid(db, clock, outbox)
    carts = Carts(db, clock, rules, catalog, levels)
    orders = Orders(db, clock, audit=audit, outbox=outbox, methods=methods, links=links, stock=stock)
    placement = Placement(
        db,
        clock,
        rules,
        outbox=outbox,
        carts=carts,
        customers=customers,
        drafts=Drafts(clock, rules, methods),
        paid=paid,
        stock=stock,
    )
    providers = Providers(
        db, clock, audit=audit, shops=shops, vault=outside.vault, adapters=adapters, links=links
    )
    settlement = Settlement(db, clock, rules, outbox=outbox, paid=paid, stock=stock)
    pages = Pages(db, clock, rules, outbox=outbox, providers=providers, links=links)
    hosted = Hosted(
        db,
        clock,
        shops=shops,
        adapters=adapters,
        providers=providers,
        pages=pages,
        settlement=settlement,
    )
    refunds = Refunds(
        db,
        clock,
        rules,
        audit=audit,
        outbox=outbox,
        shops=shops,
        adapters=adapters,
        providers=providers,
        settlement=settlement,
    )
    worker = Worker(db, clock, rules, wakeups)
    PaymentEffects(db, shops=shops, hosted=hosted, refunds=refunds).sign_up(worker)
    return Services(
        clock=clock,
        shops=shops,
        access=Access(db),
        catalog=catalog,
        carts=carts,
        checkout=Checkout(carts, customers, methods),
        placement=placement,
        orders=orders,
        claims=Claims(db, clock, rules, audit=audit, outbox=outbox, paid=paid, stock=stock),
        methods=methods,
        providers=providers,
        hosted=hosted,
        payments=PaymentDesk(db, refunds),
        decisions=Decisions(db, clock, audit=audit, outbox=outbox, paid=paid, stock=stock),
        refunds=refunds,
        poller=Poller(db, clock, rules, shops=shops, hosted=hosted, outbox=outbox),
        calls=calls,
        stock=stock,
        customers=customers,
        delivery=Delivery(db, clock, outbox),
        invoices=Invoices(db),
        links=links,
        alerts=Alerts(db),
        worker=worker,
        sweeper=Sweeper(db, clock, rules, shops=shops, placement=placement, orders=orders, stock=stock),
        wakeups=wakeups,
    )


def _adapters(calls: Calls, clock: Clock, outside: Outside) -> Adapters:
    paypal: dict[str, Any] = {"now": clock.now}
    if outside.paypal_roots is not None:
        paypal["roots"] = outside.paypal_roots
    return Adapters(calls, outside.sites, {"paypal": paypal})
