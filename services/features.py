"""Every part of the shop that can be switched: what it gates, how it starts, and what can be set about it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field

from models.flag import Flag

_WEEK = 7 * 24 * 60


class Payload(BaseModel):
    """What can be set about a feature.

    A whole number is entered by form, a tuple of words is chosen from a menu; `title` is the label.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")


class Setting(NamedTuple):
    """One thing that can be set about a feature; `options` are the words of a menu, empty for a number."""

    name: str
    label: str
    options: tuple[str, ...]


def settings_of(payload: type[Payload]) -> Iterator[Setting]:
    """Everything that a payload holds, in the order of its fields."""
    for name, field in payload.model_fields.items():
        menu = get_origin(field.annotation) is tuple
        words = tuple(get_args(field.annotation)[0]) if menu else ()
        yield Setting(name, field.title or name, words)


class WaitlistPayload(Payload):
    """How the line moves."""

    offer_minutes: int | None = Field(default=None, ge=1, le=_WEEK, title="Minutes that a unit is kept")


class MailEvent(StrEnum):
    """What customers can be told by e-mail, by the names of their preferences."""

    ORDER_RECEIVED = "order_received"
    PAYMENT_CONFIRMED = "payment_confirmed"
    ORDER_SHIPPED = "order_shipped"
    REFUNDS = "refunds"


class EmailPayload(Payload):
    """Which news go out by e-mail."""

    events: tuple[MailEvent, ...] = Field(default=tuple(MailEvent), title="What customers get by e-mail")


# What a menu calls the words that a payload holds.
OPTIONS: Mapping[str, str] = MappingProxyType(
    {
        MailEvent.ORDER_RECEIVED: "New orders",
        MailEvent.PAYMENT_CONFIRMED: "Payments, and keys that are ready",
        MailEvent.ORDER_SHIPPED: "Parcels on their way",
        MailEvent.REFUNDS: "Refunds",
    }
)


@dataclass(frozen=True)
class Feature:
    """A part of the shop: its name, what it gates, and what somebody reads who wants it while it is off."""

    flag: Flag
    title: str
    about: str
    off: str
    default: bool = True
    payload: type[Payload] = Payload


_ALL = (
    Feature(
        Flag.STOREFRONT,
        "Storefront",
        "The shop as a permanent message in a channel. While it is off the message goes away; "
        "its place is remembered.",
        "The storefront is switched off. Switch it on with `/admin flags` first.",
    ),
    Feature(
        Flag.WAITLIST,
        "Waiting list",
        "The Tell me button of what is sold out. While it is off nobody new joins a line; "
        "those who wait keep their places.",
        "This shop keeps no waiting list at the moment. Please look in again later.",
        payload=WaitlistPayload,
    ),
    Feature(
        Flag.AUTOMATIC_DISCOUNTS,
        "Automatic discounts",
        "Discounts that carts get by themselves. While it is off only codes and assigned discounts count.",
        "Automatic discounts are switched off. Switch them on with `/admin flags` first.",
    ),
    Feature(
        Flag.EMAIL,
        "E-mail",
        "News to customers by e-mail. What is owed already still goes out, and staff still get theirs.",
        "This shop sends no e-mails at the moment.",
        payload=EmailPayload,
    ),
    Feature(
        Flag.TAX_PARTNER,
        "Tax service",
        "A tax service such as TaxJar works out the tax. While it is off the shop's own rate counts, "
        "or no tax; sales and refunds with its tax are still told to it.",
        "Tax services are switched off. Switch them on with `/admin flags` first.",
    ),
    Feature(
        Flag.LABELS,
        "Labels",
        "Prices of labels, and buying them. Labels that were bought can still be used, followed and voided.",
        "Buying labels is switched off. Switch it on with `/admin flags` first.",
    ),
    Feature(
        Flag.DISCORD_PURCHASES,
        "Purchases at Discord",
        "Staff are told of what people buy from Discord itself. "
        "While it is off only the ends of known purchases are told.",
        "Purchases at Discord are switched off. Switch them on with `/admin flags` first.",
    ),
)
FEATURES: Mapping[Flag, Feature] = MappingProxyType({each.flag: each for each in _ALL})
