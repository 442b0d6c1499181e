"""What people read when a part of the shop is off, or a theme cannot be as they tried to make it."""

from collections.abc import Callable
from typing import Any

from cogs._ui.words import Words, later
from models.errors import FeatureOff, LowContrast
from models.flag import Flag
from services.features import FEATURES

PROBLEMS = {
    "between": later("Please enter a whole number in the range {limit} for {field}, or leave it empty."),
    "not_a_colour": later("I cannot read {field}. Please write a colour like #3d4fd1, or leave it empty."),
    "theme_base": later("A theme cannot be built on itself. Please choose another base."),
    "theme_in_use": later("Other themes are built on this one: {limit}. Give them another base first."),
    "too_many_themes": later("There is room for {limit} themes of your own. Please delete one first."),
}
UNKNOWN = {
    "flag": later("I cannot find that part of the shop. Please open `/admin flags` again."),
    "theme": later("I cannot find that theme. It may have been deleted. Please choose another."),
}
TAKEN = {"theme": later("Another of your themes has that name. Please enter a different one.")}
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
    FeatureOff: _feature_off,
    LowContrast: _low_contrast,
}
