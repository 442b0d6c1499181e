"""What can be pressed on a card: buttons and menus, rendered to Discord's components."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from nextcord import PartialEmoji

from cogs._ui.target import Target
from cogs._ui.text import BLANK, label

type Style = Literal["primary", "secondary", "success", "danger"]

_STYLES = {"primary": 1, "secondary": 2, "success": 3, "danger": 4}
_LINK = 5
_MAX_OPTIONS = 25
_MAX_URL = 512
_TEXT_CHANNELS = (0, 5)


@dataclass(slots=True)
class Button:
    """A button; with neither target nor address it only tells something and cannot be pressed."""

    label: str
    to: Target | None = None
    style: Style = "secondary"
    url: str | None = None
    emoji: str | None = None
    disabled: bool = False

    def payload(self, prefix: str, place: str) -> dict[str, Any]:
        """The button as Discord wants it; `place` names one that leads nowhere."""
        made: dict[str, Any] = {"type": 2, "style": _STYLES[self.style]}
        if self.label or not self.emoji:
            made["label"] = label(self.label, 80) or BLANK
        if self.emoji:
            made["emoji"] = _emoji(self.emoji)
        if self.url is not None:
            made |= {"style": _LINK, "url": _checked(self.url)}
        else:
            made["custom_id"] = prefix + (self.to.custom_id if self.to else f"none:here:{place}")
        if self.disabled or (self.to is None and self.url is None):
            made["disabled"] = True
        return made


@dataclass(slots=True)
class Option:
    """One choice of a menu; `value` comes back as it is."""

    label: str
    value: str
    description: str | None = None
    emoji: str | None = None
    default: bool = False

    def payload(self) -> dict[str, Any]:
        """The option as Discord wants it."""
        made: dict[str, Any] = {"label": _shown(self.label, 100), "value": self.value}
        if self.description and self.description.strip():
            made["description"] = label(self.description, 100)
        if self.emoji:
            made["emoji"] = _emoji(self.emoji)
        if self.default:
            made["default"] = True
        return made


@dataclass(slots=True)
class Select:
    """A menu of 1 to 25 options; raises ValueError for more or none."""

    placeholder: str
    to: Target
    options: Sequence[Option]
    min_values: int = 1
    max_values: int = 1

    def payload(self, prefix: str) -> dict[str, Any]:
        """The menu as Discord wants it."""
        if not 1 <= len(self.options) <= _MAX_OPTIONS:
            raise ValueError(f"a menu takes 1 to 25 options, not {len(self.options)}")
        most = min(self.max_values, len(self.options))
        made = _menu(3, self.placeholder, prefix + self.to.custom_id, min(self.min_values, most), most)
        made["options"] = [option.payload() for option in self.options]
        return made


@dataclass(slots=True)
class PickRole:
    """Discord's own menu of the guild's roles; the values are role ids."""

    placeholder: str
    to: Target
    min_values: int = 1
    max_values: int = 1
    defaults: Sequence[str] = ()

    def payload(self, prefix: str) -> dict[str, Any]:
        """The menu as Discord wants it."""
        made = _menu(6, self.placeholder, prefix + self.to.custom_id, self.min_values, self.max_values)
        return made | _defaults(self.defaults[: self.max_values], "role")


@dataclass(slots=True)
class PickUser:
    """Discord's own menu of people; the values are user ids, and who they are is resolved beside them."""

    placeholder: str
    to: Target
    min_values: int = 1
    max_values: int = 1

    def payload(self, prefix: str) -> dict[str, Any]:
        """The menu as Discord wants it."""
        return _menu(5, self.placeholder, prefix + self.to.custom_id, self.min_values, self.max_values)


@dataclass(slots=True)
class PickChannel:
    """Discord's own menu of the guild's text channels; the values are channel ids."""

    placeholder: str
    to: Target
    min_values: int = 1
    max_values: int = 1
    defaults: Sequence[str] = ()

    def payload(self, prefix: str) -> dict[str, Any]:
        """The menu as Discord wants it."""
        made = _menu(8, self.placeholder, prefix + self.to.custom_id, self.min_values, self.max_values)
        made["channel_types"] = list(_TEXT_CHANNELS)
        return made | _defaults(self.defaults[: self.max_values], "channel")


def _menu(kind: int, placeholder: str, custom_id: str, low: int, high: int) -> dict[str, Any]:
    return {
        "type": kind,
        "custom_id": custom_id,
        "placeholder": label(placeholder, 150),
        "min_values": low,
        "max_values": high,
    }


def _defaults(ids: Sequence[str], kind: str) -> dict[str, Any]:
    return {"default_values": [{"id": key, "type": kind} for key in ids]} if ids else {}


def _shown(text: str, limit: int) -> str:
    return label(text, limit) or BLANK if text.strip() else BLANK


def _checked(url: str) -> str:
    if not url.startswith(("https://", "http://", "discord://")) or len(url) > _MAX_URL:
        raise ValueError("a link button takes an http address of at most 512 characters")
    return url


def _emoji(text: str) -> dict[str, Any]:
    if not text.startswith("<"):
        return {"name": text}
    found = PartialEmoji.from_str(text)
    return {"id": str(found.id), "name": found.name, "animated": found.animated}
