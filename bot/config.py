"""Every setting of the installation: read once from file and environment, checked whole, then frozen."""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Self

from cryptography.x509 import Certificate, load_pem_x509_certificates
from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from bot.config_problems import ConfigError, Layers, phrase
from bot.config_values import (
    MAKE_ONE,
    SECRET_LENGTH,
    DatabaseName,
    Duration,
    GuildIds,
    Level,
    MongoAddress,
    Networks,
    Port,
    PublicKey,
    RedisAddress,
    Secrets,
    Section,
    ShardRange,
    Switch,
    Token,
    WebAddress,
)
from bot.own_secret import own_secret
from models.flag import Flag
from models.retention import Retention
from services.mail.smtp import SmtpKeys
from services.payments.processor import Site

__all__ = ["ConfigError", "Settings", "ShopSettings", "load_settings"]


class DiscordSettings(Section):
    """How to reach Discord, and as whom."""

    token: Token | None = None
    api_url: WebAddress = "https://discord.com/api/v10"
    requests_per_second: Annotated[int, Field(ge=1)] = 50
    shards: ShardRange | None = None
    public_key: PublicKey | None = None
    command_guild_ids: GuildIds = ()


class DatabaseSettings(Section):
    """MongoDB; with no address the embedded one."""

    uri: MongoAddress | None = None
    name: DatabaseName = "shop"
    wait_seconds: Duration = 30.0


class RedisSettings(Section):
    """Redis or Valkey; with no address the embedded one."""

    url: RedisAddress | None = None


class WebSettings(Section):
    """The listener for webhooks, invoices and shared reports."""

    host: Annotated[str, Field(min_length=1)] = "127.0.0.1"
    port: Port = 8080
    public_url: WebAddress | None = None
    trusted_proxies: Networks = ()
    max_connections: Annotated[int, Field(ge=10, le=100_000)] = 500


class MetricsSettings(Section):
    """Numbers and probes for whoever watches; without a port there are none."""

    host: Annotated[str, Field(min_length=1)] = "127.0.0.1"
    port: Port | None = None


class SecuritySettings(Section):
    """What signs links and encrypts provider keys; the newest secret first."""

    secrets: Secrets = ()


class ShopSettings(Section):
    """The shop's patience, in the unit each name ends with."""

    session_minutes: Duration = 30.0
    hold_hours_p2p: Duration = 24.0
    hold_minutes_processor: Duration = 60.0
    lease_seconds: Duration = 28.0
    sweep_seconds: Duration = 15.0
    stale_confirm_seconds: Duration = 30.0
    offer_minutes: Duration = 30.0
    storefront_pause_seconds: Duration = 15.0
    poll_seconds: Duration = 1.0
    grace_days: Duration = 30.0
    cooldowns: bool = True


class ProviderSettings(Section):
    """Where providers answer; other addresses are for a proxy or a stand-in."""

    paypal_url: WebAddress = "https://api-m.paypal.com"
    paypal_sandbox_url: WebAddress = "https://api-m.sandbox.paypal.com"
    paypal_roots: Path | None = None
    stripe_url: WebAddress = "https://api.stripe.com"
    square_url: WebAddress = "https://connect.squareup.com"
    square_sandbox_url: WebAddress = "https://connect.squareupsandbox.com"
    nowpayments_url: WebAddress = "https://api.nowpayments.io/v1"
    nowpayments_sandbox_url: WebAddress = "https://api-sandbox.nowpayments.io/v1"
    coinbase_business_url: WebAddress = "https://business.coinbase.com/api/v1"
    coinbase_commerce_url: WebAddress = "https://api.commerce.coinbase.com"
    sendgrid_url: WebAddress = "https://api.sendgrid.com"
    sendgrid_eu_url: WebAddress = "https://api.eu.sendgrid.com"
    taxjar_url: WebAddress = "https://api.taxjar.com"
    taxjar_sandbox_url: WebAddress = "https://api.sandbox.taxjar.com"
    easypost_url: WebAddress = "https://api.easypost.com"

    def sites(self) -> dict[str, Site]:
        """The addresses by the adapters' names."""
        return {
            "paypal": Site(self.paypal_url, self.paypal_sandbox_url),
            "stripe": Site(self.stripe_url),
            "cashapp_pay": Site(self.square_url, self.square_sandbox_url),
            "nowpayments": Site(self.nowpayments_url, self.nowpayments_sandbox_url),
            "coinbase_business": Site(self.coinbase_business_url),
            "coinbase_commerce": Site(self.coinbase_commerce_url),
            "sendgrid": Site(self.sendgrid_url),
            "taxjar": Site(self.taxjar_url, self.taxjar_sandbox_url),
            "easypost": Site(self.easypost_url),
        }

    def roots(self) -> tuple[Certificate, ...] | None:
        """The configured root certificates, None for the system's own; raises ConfigError."""
        if self.paypal_roots is None:
            return None
        try:
            return tuple(load_pem_x509_certificates(self.paypal_roots.read_bytes()))
        except (OSError, ValueError):
            why = "must be a readable file of certificates in PEM form"
            raise ConfigError(
                [f"SHOP_PROVIDERS__PAYPAL_ROOTS, or paypal_roots in [providers], {why}."]
            ) from None


class MailSettings(Section):
    """The mail server for shops that have no mail service of their own."""

    host: Annotated[str, Field(min_length=1)] | None = None
    port: Port = 587
    user: str = ""
    password: SecretStr = SecretStr("")
    sender: str = ""
    anywhere: bool = False

    def keys(self) -> SmtpKeys | None:
        """How to reach it; None without one. Raises ConfigError."""
        if self.host is None:
            return None
        try:
            return SmtpKeys(
                host=self.host, port=self.port, user=self.user, password=self.password, sender=self.sender
            )
        except ValidationError as error:
            name = error.errors()[0]["loc"][0]
            why = "must be an e-mail address" if name == "sender" else "is not what a mail server needs"
            raise ConfigError([f"SHOP_MAIL__{str(name).upper()}, or {name} in [mail], {why}."]) from None


class FlagSettings(Section):
    """How parts of every shop start, where the installation says so; `never` leaves shops no choice."""

    storefront: Switch | None = None
    waitlist: Switch | None = None
    automatic_discounts: Switch | None = None
    email: Switch | None = None
    tax_partner: Switch | None = None
    labels: Switch | None = None
    discord_purchases: Switch | None = None

    def said(self) -> dict[Flag, Switch]:
        """What the installation says, flag by flag."""
        return {Flag(name): value for name, value in self.model_dump(exclude_none=True).items()}


class LogSettings(Section):
    """How much is written to the log, and in which form."""

    level: Level = "INFO"
    as_json: Annotated[bool, Field(alias="json")] = False


class Settings(BaseSettings):
    """All of it; built by load_settings only."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    data_dir: Path = Path("data")
    discord: DiscordSettings = DiscordSettings()
    database: DatabaseSettings = DatabaseSettings()
    redis: RedisSettings = RedisSettings()
    web: WebSettings = WebSettings()
    metrics: MetricsSettings = MetricsSettings()
    security: SecuritySettings = SecuritySettings()
    shop: ShopSettings = ShopSettings()
    providers: ProviderSettings = ProviderSettings()
    mail: MailSettings = MailSettings()
    flags: FlagSettings = FlagSettings()
    retention: Retention = Retention()
    log: LogSettings = LogSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the library's signature
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - as above
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - as above
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - as above
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what load_settings gathered: it can name the place where each wrong setting was written."""
        return (init_settings,)

    def completed(self, *, needs_token: bool = True) -> Self:
        """These settings, ready for a real run; makes the first secret of an embedded shop."""
        missing = []
        if needs_token and self.discord.token is None:
            missing.append(
                "SHOP_DISCORD__TOKEN, or token in [discord], is missing: "
                "the bot's token from Discord's developer portal."
            )
        if not self.security.secrets and self.database.uri is not None:
            missing.append(
                "SHOP_SECURITY__SECRETS, or secrets in [security], is missing: "
                f"one of at least {SECRET_LENGTH} characters, the same on every host; {MAKE_ONE}."
            )
        if missing:
            raise ConfigError(missing)
        if self.security.secrets:
            return self
        return self.model_copy(update={"security": SecuritySettings(secrets=(own_secret(self.data_dir),))})

    def secret_values(self) -> Iterator[str]:
        """Everything that must never be printed."""
        several = (
            self.discord.token,
            self.database.uri,
            self.redis.url,
            self.mail.password,
            *self.security.secrets,
        )
        return (each.get_secret_value() for each in several if each)


def load_settings(path: Path | None, environ: Mapping[str, str]) -> Settings:
    """The settings of file and environment, the latter first; raises ConfigError with all problems."""
    layers = Layers(Settings, path, _read(path) if path is not None else {}, environ)
    try:
        settings = Settings(**layers.merged())
    except ValidationError as wrong:
        raise ConfigError([*layers.misplaced, *phrase(wrong, layers)]) from None
    if layers.misplaced:
        raise ConfigError(layers.misplaced)
    return settings


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as reason:
        raise ConfigError([f"The file {path} cannot be read: {reason.strerror}."]) from reason
    except UnicodeDecodeError:
        raise ConfigError([f"The file {path} is not UTF-8 text."]) from None
    except tomllib.TOMLDecodeError as reason:
        raise ConfigError([f"The file {path} is not valid TOML: {reason}."]) from None
