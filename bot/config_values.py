"""The kinds of values that settings hold, each with the sentence for a wrong one."""

import json
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr
from pymongo.errors import PyMongoError
from pymongo.uri_parser import parse_uri
from redis.connection import parse_url

from bot.shards import Shards, shards

SECRET_LENGTH = 32
MAKE_ONE = "`openssl rand -hex 32` makes a good one"


class Section(BaseModel):
    """One table of the file; knows its keys and no others."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


def listed(value: Any) -> Any:
    """A list out of one environment variable: JSON, or values between commas."""
    if not isinstance(value, str):
        return value
    if not value.lstrip().startswith("["):
        return [part.strip() for part in value.split(",") if part.strip()]
    try:
        return json.loads(value)
    except ValueError as reason:
        raise ValueError("must be a JSON list or values separated by commas") from reason


def filled(value: SecretStr) -> SecretStr:
    """A secret that is there at all."""
    if not value.get_secret_value().strip():
        raise ValueError("must not be empty; leave the setting out instead")
    return value


def long_enough(value: SecretStr) -> SecretStr:
    """A secret that cannot be guessed."""
    if len(value.get_secret_value()) < SECRET_LENGTH:
        raise ValueError(f"must have at least {SECRET_LENGTH} characters; {MAKE_ONE}")
    return value


def _web_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("must be an address such as https://shop.example.org")
    return value.rstrip("/")


def _mongo_address(value: SecretStr) -> SecretStr:
    address = value.get_secret_value()
    try:
        if not address.startswith("mongodb+srv://"):  # that one asks the name service
            parse_uri(address)
    except (PyMongoError, ValueError):
        raise ValueError(
            "must be an address such as mongodb://name:password@host:27017/?replicaSet=rs0 "
            "(special characters in name and password percent-encoded)"
        ) from None
    return value


def _redis_address(value: SecretStr) -> SecretStr:
    try:
        parse_url(value.get_secret_value())  # type: ignore[no-untyped-call]  # redis leaves it untyped
    except ValueError:
        raise ValueError("must be an address such as redis://host:6379/0, rediss://… or unix://…") from None
    return value


def _network(value: object) -> IPv4Network | IPv6Network:
    try:
        return ip_network(str(value).strip(), strict=False)
    except ValueError:
        raise ValueError("must be addresses or networks such as 10.0.0.0/8") from None


Duration = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Token = Annotated[SecretStr, AfterValidator(filled)]
Secrets = Annotated[tuple[Annotated[SecretStr, AfterValidator(long_enough)], ...], BeforeValidator(listed)]
GuildIds = Annotated[tuple[int, ...], BeforeValidator(listed)]
WebAddress = Annotated[str, AfterValidator(_web_address)]
Networks = Annotated[
    tuple[Annotated[IPv4Network | IPv6Network, BeforeValidator(_network)], ...], BeforeValidator(listed)
]
MongoAddress = Annotated[SecretStr, AfterValidator(_mongo_address)]
RedisAddress = Annotated[SecretStr, AfterValidator(_redis_address)]
PublicKey = Annotated[str, Field(pattern=r"^[0-9a-fA-F]{64}$")]
ShardRange = Annotated[
    Shards, BeforeValidator(lambda value: shards(value) if isinstance(value, str) else value)
]
Switch = Annotated[
    Literal["on", "off", "never"],
    BeforeValidator(lambda value: {True: "on", False: "off"}[value] if isinstance(value, bool) else value),
]
Port = Annotated[int, Field(ge=0, le=65535)]
DatabaseName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,38}$")]
Level = Annotated[
    Literal["DEBUG", "INFO", "WARNING", "ERROR"],
    BeforeValidator(lambda value: value.upper() if isinstance(value, str) else value),
]
