"""The only place where clients and services are made."""

from datetime import timedelta

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
from services.delivery import Delivery
from services.draft import Drafts
from services.invoices import Invoices
from services.levels import Levels
from services.links import Links
from services.orders import Orders
from services.outbox import Outbox
from services.paid import Paid
from services.payments.methods import PaymentMethods
from services.placement import Placement
from services.rules import Rules
from services.shops import Shops
from services.stock import Stock
from services.sweeper import Sweeper
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
        stale_confirm=timedelta(seconds=shop.stale_confirm_seconds),
        outbox_lease=timedelta(seconds=shop.lease_seconds),
        poll=timedelta(seconds=shop.poll_seconds),
        sweep=timedelta(seconds=shop.sweep_seconds),
    )


def links_from(settings: Settings, public_url: str | None, clock: Clock) -> Links:
    """The maker of signed links; without a configured public address the one given is used."""
    secrets = [secret.get_secret_value() for secret in settings.security.secrets]
    return Links(secrets, settings.web.public_url or public_url, clock)


def build(db: Db, clock: Clock, rules: Rules, links: Links, redis: Redis | None = None) -> Services:
    """Every service over one database."""
    wakeups = Wakeups(redis)
    audit, outbox = Audit(db), Outbox(db, wakeups)
    levels, shops, customers = Levels(db), Shops(db, clock, audit), Customers(db)
    catalog = Catalog(db, clock, audit, levels)
    methods = PaymentMethods(shops)
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
        stock=stock,
        customers=customers,
        delivery=Delivery(db, clock, outbox),
        invoices=Invoices(db),
        links=links,
        alerts=Alerts(db),
        worker=Worker(db, clock, rules, wakeups),
        sweeper=Sweeper(db, clock, rules, shops=shops, placement=placement, orders=orders, stock=stock),
        wakeups=wakeups,
    )
