"""A message on a person's screen: what it says, and what can be pressed on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.sandbox.errors import JSON, NotOfferedError
from bot.sandbox.limits_components import BUTTON, LINK_STYLE
from bot.sandbox.reading import caption, emoji, read, walk
from bot.sandbox.world import Message, StoredFile

if TYPE_CHECKING:
    from bot.sandbox.forms import Form
    from bot.sandbox.people import Person


@dataclass(slots=True, frozen=True)
class Button:
    """A button as the person sees it."""

    label: str
    custom_id: str | None
    url: str | None
    enabled: bool
    style: int


@dataclass(slots=True, frozen=True)
class Select:
    """A select menu; kind is 3 string, 5 user, 6 role, 7 mentionable, 8 channel."""

    placeholder: str
    custom_id: str
    kind: int
    enabled: bool
    options: dict[str, str]
    chosen: tuple[str, ...]
    least: int
    most: int


class Seen:
    """A message as it stood when the person looked; presses act on that state, as on a second device."""

    def __init__(self, person: "Person", message: Message, followups: list[Message] | None = None) -> None:
        self.person = person
        self.message = message
        self.payload: JSON = message.payload
        self._followups = followups if followups is not None else []

    def __repr__(self) -> str:
        return f"<Seen by {self.person.name}: {self.text!r}>"

    @property
    def id(self) -> int:
        return self.message.id

    @property
    def text(self) -> str:
        """Everything a person would read, in order, with mentions and timestamps shown as the client does."""
        stand_in = Message(self.message.id, self.message.channel, self.payload)
        return read(self.person.world, stand_in)

    @property
    def content(self) -> str:
        return str(self.payload["content"])

    @property
    def embeds(self) -> list[JSON]:
        return list(self.payload["embeds"])

    @property
    def ephemeral(self) -> bool:
        return self.message.viewer_id is not None

    @property
    def deleted(self) -> bool:
        return self.message.deleted

    @property
    def pings(self) -> list[str]:
        """Ids of users and roles this message pinged, and "everyone"."""
        everyone = ["everyone"] if self.payload["mention_everyone"] else []
        people: list[str] = [user["id"] for user in self.payload["mentions"]]
        return [*people, *self.payload["mention_roles"], *everyone]

    @property
    def files(self) -> dict[str, bytes]:
        stored: list[StoredFile] = list(self.message.files.values())
        return {file.name: file.content for file in stored}

    @property
    def buttons(self) -> list[Button]:
        return [
            Button(
                caption(node), node.get("custom_id"), node.get("url"), not node.get("disabled"), node["style"]
            )
            for node in walk(self.payload["components"])
            if node["type"] == BUTTON
        ]

    @property
    def selects(self) -> list[Select]:
        return [_select(node) for node in walk(self.payload["components"]) if _is_select(node)]

    @property
    def now(self) -> "Seen":
        """The same message as it stands now."""
        return Seen(self.person, self.message, self._followups)

    @property
    def followups(self) -> list["Seen"]:
        """Further messages of the same answer."""
        return [Seen(self.person, one) for one in self._followups if one is not self.message]

    def button(self, label: str | None = None, *, custom_id: str | None = None) -> Button:
        """Find an enabled button by its label (with or without emoji) or custom_id."""
        for node in walk(self.payload["components"]):
            if node["type"] != BUTTON or node.get("style") == LINK_STYLE:
                continue
            names = (caption(node), node.get("label"), emoji(node))
            if (custom_id and node.get("custom_id") == custom_id) or (label and label in names):
                if node.get("disabled"):
                    raise NotOfferedError(f"The button {label or custom_id!r} is switched off")
                return Button(caption(node), node["custom_id"], None, enabled=True, style=node["style"])
        offered = [one.label for one in self.buttons if one.enabled and not one.url]
        raise NotOfferedError(
            f"There is no button {label or custom_id!r}; there are {offered} on:\n{self.text}"
        )

    def select(self, name: str | None = None, *, custom_id: str | None = None) -> Select:
        """Find an enabled select menu by its placeholder or custom_id; without either, the only one."""
        for one in self.selects:
            if (name is None and custom_id is None) or name == one.placeholder or custom_id == one.custom_id:
                if not one.enabled:
                    raise NotOfferedError(f"The menu {one.placeholder!r} is switched off")
                return one
        offered = [one.placeholder for one in self.selects]
        raise NotOfferedError(f"There is no menu {name or custom_id!r}; there are {offered} on:\n{self.text}")

    async def click(self, label: str | None = None, *, custom_id: str | None = None) -> "Seen | Form":
        """Press a button and return what the bot's answer shows."""
        return await self.person.click(self, label, custom_id=custom_id)

    async def press(self, label: str | None = None, *, custom_id: str | None = None) -> "Seen":
        """Press a button that must be answered by a message."""
        return await self.person.press(self, label, custom_id=custom_id)

    async def open(self, label: str | None = None, *, custom_id: str | None = None) -> "Form":
        """Press a button that must open a form."""
        return await self.person.open(self, label, custom_id=custom_id)

    async def choose(self, name: str | None, *picks: Any, custom_id: str | None = None) -> "Seen":
        """Choose in a select menu by option labels, or by person, role or channel."""
        return await self.person.choose(self, name, *picks, custom_id=custom_id)

    async def choose_form(self, name: str | None, *picks: Any, custom_id: str | None = None) -> "Form":
        """Choose in a select menu that must open a form."""
        return await self.person.choose_form(self, name, *picks, custom_id=custom_id)


def _is_select(node: JSON) -> bool:
    return node["type"] in (3, 5, 6, 7, 8)


def _select(node: JSON) -> Select:
    options: Sequence[JSON] = node.get("options") or ()
    least = node.get("min_values")
    return Select(
        node.get("placeholder") or "",
        node["custom_id"],
        node["type"],
        not node.get("disabled"),
        {option["label"]: option["value"] for option in options},
        tuple(option["label"] for option in options if option.get("default")),
        1 if least is None else least,
        node.get("max_values") or 1,
    )
