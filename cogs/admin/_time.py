"""The shop's time zone, and how often it tells how it is doing, as staff see and set them."""

from datetime import datetime

from cogs._ui.card import Button, Card, Option, Row, Select
from cogs._ui.form import Form, Input
from cogs._ui.target import Target
from cogs._ui.words import Words, later
from models.tenant import DigestRhythm
from services.shops import Shop
from services.time_zones import COMMON, zone

_LENGTH = 64
RHYTHMS = {
    DigestRhythm.OFF: later("No digest"),
    DigestRhythm.DAILY: later("A digest every morning at 8, about yesterday"),
    DigestRhythm.WEEKLY: later("A digest on Mondays at 8, about the last week"),
}
_NO_CHANNEL = later("A digest needs a staff channel. Please choose one under Channels first.")


def time_card(shop: Shop, now: datetime, w: Words) -> Card:
    """Which clock the reports go by, and what it shows."""
    here, chosen = now.astimezone(zone(shop.config.time_zone)), shop.config.time_zone
    options = [
        Option(_place(name), name, now.astimezone(zone(name)).strftime("%H:%M"), default=name == chosen)
        for name in COMMON
    ]
    rows: list[Row] = [
        Select(w("Time zone"), Target("time:zone"), options),
        [Button(w("Another place"), Target("time:other"))],
        Select(w("Digest for the staff"), Target("time:digest"), _rhythms(shop, w)),
    ]
    told = w(
        "Reports count days and hours by the clock of **{zone}**, where it is {time} now.",
        zone=_place(chosen),
        time=here.strftime("%H:%M"),
    )
    lines = [told, w("A digest tells the staff channel what was sold, with a picture.")]
    if shop.config.staff_channel_id is None:
        lines.append(w(_NO_CHANNEL))
    return Card(text="\n".join(lines), rows=rows)


def _rhythms(shop: Shop, w: Words) -> list[Option]:
    chosen = shop.config.digest_rhythm
    return [Option(w(text), rhythm, default=rhythm is chosen) for rhythm, text in RHYTHMS.items()]


def time_form(shop: Shop, w: Words) -> Form:
    """A city, typed."""
    city = Input(
        "time_zone", w("A large city of your time zone"), shop.config.time_zone, max_length=_LENGTH,
        placeholder=w("Berlin"),
    )  # fmt: skip
    return Form(w("Time zone"), Target("time:other"), [city], edits=True)


def _place(name: str) -> str:
    return name.replace("_", " ")
