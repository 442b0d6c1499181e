"""The shop's time zone as staff see and set it."""

from datetime import datetime

from cogs._ui.card import Button, Card, Option, Row, Select
from cogs._ui.form import Form, Input
from cogs._ui.target import Target
from cogs._ui.words import Words
from services.shops import Shop
from services.time_zones import COMMON, zone

_LENGTH = 64


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
    ]
    told = w(
        "Reports count days and hours by the clock of **{zone}**, where it is {time} now.",
        zone=_place(chosen),
        time=here.strftime("%H:%M"),
    )
    return Card(text=told, rows=rows)


def time_form(shop: Shop, w: Words) -> Form:
    """A city, typed."""
    city = Input(
        "time_zone", w("A large city of your time zone"), shop.config.time_zone, max_length=_LENGTH,
        placeholder="Berlin",
    )  # fmt: skip
    return Form(w("Time zone"), Target("time:other"), [city], edits=True)


def _place(name: str) -> str:
    return name.replace("_", " ")
