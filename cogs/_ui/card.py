"""The one form in which the shop shows anything: an embed with buttons, cut to Discord's limits."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from cogs._ui.controls import Button, Option, PickChannel, PickRole, PickUser, Select
from cogs._ui.text import BLANK, block, code, cut, plain, width

__all__ = [
    "Button",
    "Card",
    "Field",
    "Option",
    "PickChannel",
    "PickRole",
    "PickUser",
    "Picture",
    "Select",
    "block",
    "code",
    "plain",
]

type Row = Sequence[Button] | Select | PickRole | PickUser | PickChannel

_COLOURS = {"plain": 0x5865F2, "good": 0x2E9E5B, "warn": 0xE0A100, "bad": 0xD83C3E}
_MAX_TOTAL = 6000
_MAX_ROWS = _MAX_IN_ROW = 5
_MAX_FIELDS = 25
_IMAGES = (".png", ".jpg", ".jpeg", ".gif", ".webp")
_ADDRESS = re.compile(r"(?:https?|attachment)://[^\s<>\"]{1,2000}")


@dataclass(slots=True)
class Field:
    """A named value on a card."""

    name: str
    value: str
    inline: bool = False


@dataclass(slots=True)
class Picture:
    """A picture, or another file by the ending of its name, that travels with the card.

    One that is not shown is a file to download, whatever it is.
    """

    name: str
    data: bytes
    shown: bool = True


@dataclass(slots=True)
class Card:
    """What a person sees; texts are cut, while too many rows, buttons, fields or options raise ValueError.

    The first picture is the card's image unless `image_url` says otherwise; an address that Discord would
    not take is left out. `accent` is a theme's colour for a plain card; the others tell something.
    """

    title: str | None = None
    text: str | None = None
    fields: Sequence[Field] = ()
    rows: Sequence[Row] = ()
    image_url: str | None = None
    thumbnail_url: str | None = None
    colour: Literal["plain", "good", "warn", "bad"] = "plain"
    footer: str | None = None
    note: str | None = None
    pictures: Sequence[Picture] = ()
    accent: int | None = None

    def payload(self, guild_prefix: str | None = None) -> dict[str, Any]:
        """The message as Discord wants it; the prefix tells the guild in a DM."""
        embed = self._embed()
        return {
            "content": cut(self.note or "", 2000),
            "embeds": [embed] if len(embed) > 1 else [],
            "components": _rows(self.rows, guild_prefix or ""),
            "allowed_mentions": {"parse": []},
            "attachments": [],
        }

    def _embed(self) -> dict[str, Any]:
        if len(self.fields) > _MAX_FIELDS:
            raise ValueError(f"a card takes {_MAX_FIELDS} fields, not {len(self.fields)}")
        themed = self.accent is not None and self.colour == "plain"
        made: dict[str, Any] = {"color": self.accent if themed else _COLOURS[self.colour]}
        if self.title and self.title.strip():
            made["title"] = cut(self.title, 256)
        if self.text and self.text.strip():
            made["description"] = cut(self.text, 4096)
        if self.fields:
            made["fields"] = [_field(field) for field in self.fields]
        if self.footer and self.footer.strip():
            made["footer"] = {"text": cut(self.footer, 2048)}
        image = self.image_url or next(map(_attached, filter(_is_image, self.pictures)), None)
        made |= _picture("image", image) | _picture("thumbnail", self.thumbnail_url)
        _fit(made)
        return made


def _field(field: Field) -> dict[str, Any]:
    name = cut(field.name, 256) if field.name.strip() else BLANK
    value = cut(field.value, 1024) if field.value.strip() else BLANK
    return {"name": name, "value": value, "inline": field.inline}


def _is_image(picture: Picture) -> bool:
    return picture.shown and picture.name.endswith(_IMAGES)


def _attached(picture: Picture) -> str:
    return f"attachment://{picture.name}"


def _picture(place: str, address: str | None) -> dict[str, Any]:
    return {place: {"url": address}} if address and _ADDRESS.fullmatch(address) else {}


def _fit(embed: dict[str, Any]) -> None:
    """Shorten the longest texts, in turn, until the whole embed is within Discord's limit."""
    places: list[tuple[dict[str, Any], str]] = [
        (embed, key) for key in ("title", "description") if key in embed
    ]
    places += [(field, key) for field in embed.get("fields", ()) for key in ("name", "value")]
    places += [(embed["footer"], "text")] if "footer" in embed else []
    # No character is wider than two, and hardly a card is half as long as allowed.
    if 2 * sum(len(part[key]) for part, key in places) <= _MAX_TOTAL:
        return
    excess = sum(width(part[key]) for part, key in places) - _MAX_TOTAL
    while excess > 0:
        part, key = max(places, key=lambda place: width(place[0][place[1]]))
        before = width(part[key])
        part[key] = cut(part[key], max(before - excess, before // 2))
        excess -= before - width(part[key])


def _rows(rows: Sequence[Row], prefix: str) -> list[dict[str, Any]]:
    if len(rows) > _MAX_ROWS:
        raise ValueError(f"a card takes {_MAX_ROWS} rows, not {len(rows)}")
    made: list[dict[str, Any]] = [
        {"type": 1, "components": _row(row, prefix, place)} for place, row in enumerate(rows) if row
    ]
    ids = [part["custom_id"] for row in made for part in row["components"] if "custom_id" in part]
    if len(ids) != len(set(ids)):
        raise ValueError(f"two controls of a card lead to the same place: {ids}")
    return made


def _row(row: Row, prefix: str, place: int) -> list[dict[str, Any]]:
    if isinstance(row, Select | PickRole | PickUser | PickChannel):
        return [row.payload(prefix)]
    if len(row) > _MAX_IN_ROW:
        raise ValueError(f"a row takes {_MAX_IN_ROW} buttons, not {len(row)}")
    return [button.payload(prefix, f"{place}:{at}") for at, button in enumerate(row)]
