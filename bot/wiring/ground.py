"""What nearly every service stands on."""

from typing import Any

from redis.asyncio import Redis

from bot.outside import Outside
from models.base import Db
from services.absences import Absences
from services.access import Access
from services.audit import Audit
from services.calls import Calls
from services.clock import Clock
from services.delivery import Delivery
from services.discord_throttle import DiscordThrottle
from services.discounts import Discounts
from services.flags import Flags
from services.fulfilment import Fulfilment
from services.fund import Fund
from services.goods import Goods
from services.key_delivery import KeyDelivery
from services.key_pool import KeyPool
from services.links import Links
from services.memories import Memories
from services.meters import Meters
from services.offering import Offering
from services.outbox import Outbox
from services.pace import Pace
from services.paid import Paid
from services.partners import Partners
from services.payments.adapters import Adapters
from services.providers import Providers
from services.revocation import Revocation
from services.role_checks import RoleChecks
from services.role_terms import RoleTerms
from services.rules import Rules
from services.setting_rights import SettingRights
from services.shops import Shops
from services.stock import Stock
from services.taxes import Taxes
from services.themes import Themes
from services.wakeups import Wakeups
from services.worker import Worker


class Ground:
    """What nearly every service stands on."""

    def __init__(
        self,
        db: Db,
        clock: Clock,
        rules: Rules,
        links: Links,
        outside: Outside,
        redis: Redis | None,
        meters: Meters,
    ) -> None:
        self.db, self.clock, self.rules, self.links = db, clock, rules, links
        self.outside, self.redis, self.meters = outside, redis, meters
        self.wakeups = Wakeups(redis)
        self.audit, self.outbox = Audit(db), Outbox(db, self.wakeups)
        self.memories = Memories(clock, self.wakeups)
        self.worker = Worker(db, clock, rules, self.wakeups, meters)
        self.pace = Pace(clock, redis, on=rules.cooldowns)
        self.setting_rights = SettingRights(db, Access(db))
        self.shops = Shops(db, clock, self.audit, rights=self.setting_rights, memories=self.memories)
        self.absences = Absences(db, clock, rules, self.outbox)
        self.flags = Flags(db, clock, self.audit, self.memories)
        self.themes = Themes(db, self.memories)
        self.offering = Offering(db, clock, rules, self.outbox, self.flags)
        self.stock = Stock(db, clock, self.audit, self.outbox, self.offering)
        self.discounts = Discounts(db, clock, self.flags, self.memories)
        self.fund = Fund(db, clock, self.outbox)
        self.paid = Paid(db, clock, outbox=self.outbox, discounts=self.discounts, fund=self.fund)
        self.delivery = Delivery(db, clock, self.outbox)
        self.fulfilment, self.throttle = Fulfilment(db, clock), DiscordThrottle(clock)
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
        self.calls = Calls(clock, within=rules.call.total_seconds(), meters=meters)
        self.partners = Partners(self.calls, outside.sites, outside.wishes(clock, rules))
        self.adapters = Adapters(self.partners)
        self.providers = Providers(
            db,
            audit=self.audit, shops=self.shops, vault=outside.vault, partners=self.partners, links=links,
            rights=self.setting_rights, memories=self.memories,
        )  # fmt: skip
        self.taxes = Taxes(
            db, clock, outbox=self.outbox, providers=self.providers, flags=self.flags, memories=self.memories
        )  # fmt: skip
