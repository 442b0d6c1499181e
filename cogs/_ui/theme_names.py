"""What themes are called: those of the system in a person's language, a shop's own as it named them."""

from cogs._ui.words import Words, later
from models.theme import UserTheme

_NAMES = {
    "light": later("Light"),
    "dark": later("Dark"),
    "high-contrast": later("High contrast"),
    "forest": later("Forest"),
    "harbour": later("Harbour"),
    "orchid": later("Orchid"),
}


def theme_name(theme: UserTheme, w: Words) -> str:
    """A theme's name, as it is, for menus."""
    known = _NAMES.get(theme.slug) if theme.is_system else None
    return w(known) if known else theme.name
