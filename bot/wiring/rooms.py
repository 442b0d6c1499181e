"""The services by what they are for: the shelf, the till, the post."""

from typing import Any

from bot.wiring.ground import Ground
from services.carts import Carts
from services.catalog import Catalog
from services.csv.contract import Context
from services.csv.imports import Imports
from services.csv.running import Runner
from services.customers import Customers
from services.discord_events import DiscordSource
from services.discord_gateway import DiscordHearing
from services.discord_purchases import DiscordEntitlements
from services.donations import Donations
from services.draft import Drafts
from services.hosted import Hosted
from services.inbox import Inbox
from services.label_buying import LabelBuying
from services.labels import Labels
from services.levels import Levels
from services.mail.smtp import Smtp
from services.mailing import Mailing
from services.orders import Orders
from services.packing import Packer
from services.pages import Pages
from services.payment_effects import PaymentEffects
from services.payments.methods import PaymentMethods
from services.placement import Placement
from services.refund_sending import RefundSending
from services.refunds import Refunds
from services.refusals import Refusals
from services.settlement import Settlement
from services.ship_desk import ShipDesk
from services.shipping.contract import Shipper
from services.sources import ProcessorSource, Source
from services.storefronts import Storefronts
from services.tax_records import TaxRecords
from services.tracking import ShipperSource, Tracking
from services.waitlist import Waitlist


class Shelf:
    """From a product on the shelf to an order, whatever way it is paid."""

    def __init__(self, on: Ground) -> None:
        db, clock, rules, outbox, stock = on.db, on.clock, on.rules, on.outbox, on.stock
        discounts, levels, flags = on.discounts, Levels(db), on.flags
        self.customers = customers = Customers(db)
        self.catalog = Catalog(db, clock, on.audit, levels, on.offering, flags, on.memories)
        self.storefronts = Storefronts(db, clock, rules, audit=on.audit, outbox=outbox, flags=flags)
        self.waitlist = Waitlist(
            db, clock, catalog=self.catalog, offering=on.offering, outbox=outbox, flags=flags
        )
        self.methods = methods = PaymentMethods(on.shops, on.adapters)
        self.carts = Carts(
            db, clock, rules, catalog=self.catalog, levels=levels, discounts=discounts, flags=flags
        )
        self.orders = Orders(
            db, clock,
            audit=on.audit, outbox=outbox, methods=methods, links=on.links, stock=stock, discounts=discounts,
        )  # fmt: skip
        self.placement = Placement(
            db, clock, rules,
            outbox=outbox, carts=self.carts, customers=customers, discounts=discounts,
            drafts=Drafts(clock, rules, methods), paid=on.paid, stock=stock,
            taxes=on.taxes, fund=on.fund,
        )  # fmt: skip
        self.donations = Donations(
            db, clock, rules, outbox=outbox, fund=on.fund, customers=customers, methods=methods
        )
        context = Context(db, clock, offering=on.offering, stock=stock, key_pool=on.key_pool)
        runner = Runner(
            context,
            audit=on.audit, outbox=outbox, shops=on.shops, catalog=self.catalog, discounts=discounts,
        )  # fmt: skip
        self.imports = Imports(context, on.outside.vault, runner)


class Post:
    """What is sent by post: parcels, labels, and where they are."""

    def __init__(self, on: Ground) -> None:
        db, clock, outbox, shops = on.db, on.clock, on.outbox, on.shops
        partners, providers = on.partners, on.providers
        packer = Packer(
            db, clock, audit=on.audit, outbox=outbox, fulfilment=on.fulfilment, delivery=on.delivery
        )
        self.desk = ShipDesk(db, clock, audit=on.audit, packer=packer)
        shared: dict[str, Any] = {
            "shops": shops,
            "partners": partners,
            "providers": providers,
            "packer": packer,
        }
        buying = LabelBuying(db, clock, on.rules, **shared)
        buying.sign_up(on.worker)
        self.labels = Labels(
            clock,
            outbox=outbox, providers=providers, packer=packer, desk=self.desk, buying=buying, flags=on.flags,
        )  # fmt: skip
        self.tracking = Tracking(db, clock, outbox=outbox, **shared)
        self.tracking.sign_up(on.worker)


class Till:
    """Payments on a provider's page, and what providers deliver."""

    def __init__(self, on: Ground) -> None:
        db, clock, rules, outbox, shops = on.db, on.clock, on.rules, on.outbox, on.shops
        adapters = on.adapters
        self.providers = providers = on.providers
        keys, within = on.outside.mail, rules.call.total_seconds()
        relay = Smtp(on.calls, Smtp.site, anywhere=True, in_clear=True, within=within)
        self.mailing = Mailing(
            db, clock,
            outbox=outbox, providers=providers,
            default=(relay, keys) if keys is not None else None, flags=on.flags,
        )  # fmt: skip
        settlement = Settlement(
            db, clock, rules,
            outbox=outbox, paid=on.paid, stock=on.stock, discounts=on.discounts, revocation=on.revocation,
            fulfilment=on.fulfilment, fund=on.fund,
        )  # fmt: skip
        pages = Pages(db, clock, rules, outbox=outbox, providers=providers, links=on.links)
        self.hosted = Hosted(
            db, clock,
            shops=shops, adapters=adapters, providers=providers, pages=pages, settlement=settlement,
        )  # fmt: skip
        self.refunds = Refunds(
            db, clock,
            audit=on.audit, outbox=outbox, adapters=adapters, settlement=settlement, fulfilment=on.fulfilment,
        )  # fmt: skip
        sending = RefundSending(
            db, clock, rules,
            outbox=outbox, shops=shops, adapters=adapters, providers=providers, settlement=settlement,
        )  # fmt: skip
        PaymentEffects(db, shops=shops, hosted=self.hosted, refunds=sending).sign_up(on.worker)
        TaxRecords(db, shops=shops, providers=providers, partners=on.partners).sign_up(on.worker)
        self.post = Post(on)
        self.entitlements = DiscordEntitlements(db, clock, shops=shops, outbox=outbox, flags=on.flags)
        self.discord = DiscordHearing(clock, self.entitlements)
        self.inbox = Inbox(
            db, clock, rules,
            wakeups=on.wakeups, outbox=outbox, audit=on.audit, sources=self._sources(on),
            url_of=on.links.webhook_url, refusals=Refusals(on.redis, clock), meters=on.meters,
        )  # fmt: skip

    def _sources(self, on: Ground) -> dict[str, Source]:
        sources: dict[str, Source] = {
            adapter.name: ProcessorSource(adapter, self.providers, self.hosted)
            for adapter in on.adapters.all()
        }
        shippers = [each for each in on.partners.all() if isinstance(each, Shipper)]
        posts: dict[str, Source] = {
            each.name: ShipperSource(each, self.providers, self.post.tracking) for each in shippers
        }
        key = on.outside.discord_public_key
        return {
            **sources,
            **posts,
            "discord": DiscordSource(key, on.memories, shops=on.shops, entitlements=self.entitlements),
        }
