"""What people read when staff have closed something to them, or cannot set the shop up as they tried to."""

from collections.abc import Callable
from typing import Any

from cogs._ui.words import Words, later
from models.errors import FeatureOff, LowContrast, OrdersClosed, UnderWay
from models.flag import Flag
from services.features import FEATURES

PROBLEMS = {
    "same_customer": later("That is the same customer. Please choose another one to merge with."),
    "too_many": later("There is room for at most {limit}. Please remove one first."),
    "between": later("Please enter a whole number in the range {limit} for {field}, or leave it empty."),
    "not_a_colour": later("I cannot read {field}. Please write a colour like #3d4fd1, or leave it empty."),
    "theme_base": later("A theme cannot be built on itself. Please choose another base."),
    "theme_in_use": later("Other themes are built on this one: {limit}. Give them another base first."),
    "too_many_themes": later("There is room for {limit} themes of your own. Please delete one first."),
}
UNKNOWN = {
    "customer": later("I cannot find that customer. Please look for them with `/admin customer`."),
    "webhook": later("I cannot find that webhook event. It may have been cleared away."),
    "flag": later("I cannot find that part of the shop. Please open `/admin flags` again."),
    "theme": later("I cannot find that theme. It may have been deleted. Please choose another."),
}
THEME_TAKEN = later("Another of your themes has that name. Please enter a different one.")
# A theme's colours, as its forms and refusals call them.
COLOURS = {
    "sidebar": later("Around the page"),
    "container": later("Page"),
    "section_bg": later("Sections"),
    "text": later("Text"),
    "primary": later("Accent"),
    "muted": later("Small print"),
    "border": later("Lines"),
    "success": later("Good news"),
    "warning": later("Open matters"),
    "error": later("Bad news"),
}


def _orders_closed(_: OrdersClosed, w: Words) -> str:
    return w(
        "This shop takes no new orders from you at the moment. Please ask its staff. "
        "What you have paid for still arrives."
    )


def _under_way(_: UnderWay, w: Words) -> str:
    return w("I am trying that at this very moment. Please look again in half a minute.")


def _feature_off(error: FeatureOff, w: Words) -> str:
    if error.final:
        return w("This is off for every shop here. Only who runs the bot can change that.")
    return w(FEATURES[Flag(error.flag)].off)


def _low_contrast(error: LowContrast, w: Words) -> str:
    said = w(
        "**{words}** on **{ground}** has a contrast of {ratio} to 1, and people need 4.5 to read it.",
        words=w(COLOURS[error.text]),
        ground=w(COLOURS[error.ground]),
        ratio=w.decimal(error.ratio),
    )
    if error.nearest is None:
        return (
            f"{said} {w('No colour can be read on both grounds. Please make page and sections more alike.')}"
        )
    return f"{said} {w('The nearest colour that works is `{colour}`.', colour=error.nearest)}"


SAID: dict[type, Callable[[Any, Words], str]] = {
    OrdersClosed: _orders_closed,
    UnderWay: _under_way,
    FeatureOff: _feature_off,
    LowContrast: _low_contrast,
}
