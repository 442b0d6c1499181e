"""What the configuration says of the outside, as services want it: clients, times, links, addresses, keys."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from cryptography.x509 import Certificate
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo.monitoring import CommandListener
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from bot.config import Settings, ShopSettings
from models.base import Db
from models.primary_monitor import PrimaryMonitor
from models.retention import Retention
from services.clock import Clock
from services.links import Links
from services.mail.smtp import SmtpKeys
from services.partner import Site
from services.rules import Rules
from services.vault import Vault

_REDIS_SECONDS = 1.0
# What is answered for is lost by no server's end, whatever the address says; nor is a read of ours old
# (docs/adr/0039).
_PROMISES: dict[str, Any] = {
    "w": "majority",
    "journal": True,
    "retryWrites": True,
    "retryReads": True,
    "readPreference": "primary",
}
# People wait: an election that was asked for is over sooner, and after a crash they are rather told. A server
# that says nothing any more is noticed after connectTimeoutMS and heartbeatFrequencyMS together.
_PATIENCE = {
    "serverSelectionTimeoutMS": 5_000,
    "connectTimeoutMS": 2_000,
    "heartbeatFrequencyMS": 2_000,
    "wTimeoutMS": 10_000,
}


def open_database(uri: str, name: str, *listeners: CommandListener) -> Db:
    """A database whose times come back aware, in UTC; an address may name another patience, no less care."""
    said = uri.lower()
    patience = {key: value for key, value in _PATIENCE.items() if key.lower() not in said}
    monitor = PrimaryMonitor()
    options: dict[str, Any] = {**_PROMISES, **patience, "event_listeners": [monitor, *listeners]}
    return Db(client=AsyncIOMotorClient(uri, tz_aware=True, **options), database=name, monitor=monitor)


def open_redis(url: str) -> Redis:
    """A Redis client that gives up soon, and does not try again: the shop goes on without it."""
    return Redis.from_url(
        url,
        socket_timeout=_REDIS_SECONDS,
        socket_connect_timeout=_REDIS_SECONDS,
        retry=Retry(NoBackoff(), 0),
    )


def rules_from(shop: ShopSettings, kept: Retention | None = None) -> Rules:
    """The configured times as the services want them."""
    return Rules(
        session=timedelta(minutes=shop.session_minutes),
        hold_p2p=timedelta(hours=shop.hold_hours_p2p),
        hold_processor=timedelta(minutes=shop.hold_minutes_processor),
        stale_confirm=timedelta(seconds=shop.stale_confirm_seconds),
        offer=timedelta(minutes=shop.offer_minutes),
        storefront_pause=timedelta(seconds=shop.storefront_pause_seconds),
        outbox_lease=timedelta(seconds=shop.lease_seconds),
        poll=timedelta(seconds=shop.poll_seconds),
        sweep=timedelta(seconds=shop.sweep_seconds),
        grace=timedelta(days=shop.grace_days),
        kept=kept or Retention(),
        cooldowns=shop.cooldowns,
    )


def links_from(settings: Settings, public_url: str | None, clock: Clock) -> Links:
    """The maker of signed links; without a configured public address the one given is used."""
    secrets = [secret.get_secret_value() for secret in settings.security.secrets]
    return Links(secrets, settings.web.public_url or public_url, clock)


@dataclass(frozen=True)
class Outside:
    """What reaching outside services takes; `sites` says where they answer, by the adapter's name.

    `mail` is for shops without a mail service of their own; `mail_anywhere` lets theirs be in our network.
    """

    vault: Vault
    sites: Mapping[str, Site] = field(default_factory=dict)
    paypal_roots: tuple[Certificate, ...] | None = None
    discord_public_key: str | None = None
    discord_url: str | None = None
    mail: SmtpKeys | None = None
    mail_anywhere: bool = False
    sendgrid_eu: str | None = None

    def wishes(self, clock: Clock, rules: Rules) -> dict[str, dict[str, Any]]:
        """What only one of the partners wants to know, by its name."""
        mail = {"anywhere": self.mail_anywhere, "in_clear": self.mail_anywhere}
        roots = {"roots": self.paypal_roots} if self.paypal_roots is not None else {}
        return {
            "paypal": {"now": clock.now, **roots},
            "smtp": {**mail, "within": rules.call.total_seconds()},
            "sendgrid": {"eu": self.sendgrid_eu} if self.sendgrid_eu is not None else {},
        }


def outside_from(settings: Settings) -> Outside:
    """The configured addresses and secrets as the services want them."""
    secrets = [secret.get_secret_value() for secret in settings.security.secrets]
    return Outside(
        vault=Vault(secrets),
        sites=settings.providers.sites(),
        paypal_roots=settings.providers.roots(),
        discord_public_key=settings.discord.public_key,
        discord_url=settings.discord.api_url,
        mail=settings.mail.keys(),
        mail_anywhere=settings.mail.anywhere,
        sendgrid_eu=settings.providers.sendgrid_eu_url,
    )
