"""People who act through a Discord client: they run, click, choose, write, and see only what is theirs."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.sandbox import messages
from bot.sandbox.errors import JSON, NoAnswerError, NotOfferedError
from bot.sandbox.forms import Form
from bot.sandbox.guilds import Channel, Guild, User
from bot.sandbox.interactions import (
    AUTOCOMPLETE,
    COMMAND,
    COMPONENT,
    DEFER_UPDATE,
    MODAL_SUBMIT,
    Interaction,
    open_interaction,
)
from bot.sandbox.options import Line
from bot.sandbox.picking import pick_values
from bot.sandbox.seen import Seen
from bot.sandbox.uploads import store
from bot.sandbox.world import Message, World

if TYPE_CHECKING:
    from bot.sandbox.places import Room

# How often silence is listened to before it counts.
_LOOKS = 8


@dataclass(slots=True, frozen=True)
class Choice:
    """A suggestion of autocomplete."""

    name: str
    value: str | int | float


@dataclass(slots=True, frozen=True)
class Patience:
    """How long people wait (seconds): for the first answer, and for the last word after a deferred one.

    `settle` is how long an answer must stand without a further edit or follow-up before it is looked at;
    a bench sets it to 0.
    """

    first: float = 3.0
    last: float = 15.0
    settle: float = 0.02


class Person:
    """Somebody with an account, at home in one guild (others can be named per act)."""

    def __init__(self, world: World, user: User, guild: Guild, patience: Patience) -> None:
        self.world = world
        self.user = user
        self.guild = guild
        self._patience = patience

    def __repr__(self) -> str:
        return f"<Person {self.name}>"

    @property
    def id(self) -> int:
        return self.user.id

    @property
    def name(self) -> str:
        return self.user.display_name or self.user.name

    @property
    def mention(self) -> str:
        return f"<@{self.id}>"

    @property
    def role_names(self) -> list[str]:
        """Names of the person's roles in their guild; empty after they left."""
        member = self.guild.members.get(self.id)
        return [self.guild.roles[role].name for role in member.role_ids] if member else []

    def close_dms(self) -> None:
        self.user.dms_open = False

    def open_dms(self) -> None:
        self.user.dms_open = True

    @property
    def dm(self) -> Channel:
        """The direct message channel with the bot."""
        return self.world.dm_with(self.user)

    @property
    def dms(self) -> list[Seen]:
        """Messages from the bot in the direct message channel, oldest first; whispers there not included."""
        return [Seen(self, one) for one in self.dm.messages.values() if self._from_bot(one)]

    @property
    def whispers(self) -> list[Seen]:
        """Ephemeral messages that only this person sees, in all channels, oldest first."""
        mine = [one for one in self.world.messages.values() if one.viewer_id == self.id]
        return [Seen(self, one) for one in mine]

    def _from_bot(self, message: Message) -> bool:
        return message.viewer_id is None and message.payload["author"]["id"] == str(self.world.bot.id)

    def can_see(self, message: Message) -> bool:
        mine = message.viewer_id in (None, self.id)
        return mine and self._may_enter(message.channel)

    def _may_enter(self, channel: Channel) -> bool:
        if channel.guild is None:
            return channel.recipient is self.user
        return channel.guild.may_see(self.id, channel)

    def _place(self, place: "Room | Channel | None") -> Channel:
        channel = getattr(place, "channel", place) or next(iter(self.guild.channels.values()))
        if not isinstance(channel, Channel) or not self._may_enter(channel):
            raise NotOfferedError(f"{self.name} cannot see that channel")
        return channel

    async def run(
        self,
        path: str,
        options: dict[str, Any] | None = None,
        *,
        at: "Room | Channel | None" = None,
        **more: Any,
    ) -> Seen:
        """Run a slash command and return the message that answers it."""
        answer = await self.call(path, options, at=at, **more)
        if isinstance(answer, Form):
            raise NotOfferedError(f"{path} opened a form: {answer!r}")
        return answer

    async def call(
        self,
        path: str,
        options: dict[str, Any] | None = None,
        *,
        at: "Room | Channel | None" = None,
        **more: Any,
    ) -> Seen | Form:
        """Run a slash command that may answer with a form."""
        channel = self._place(at)
        data = Line(self.world, self.user, channel, path).data((options or {}) | more)
        return await self._await(open_interaction(self.world, COMMAND, self.user, channel, data))

    async def suggest(self, path: str, *, at: "Room | Channel | None" = None, **typed: Any) -> list[Choice]:
        """Type into an autocomplete option (the last one named) and return the suggestions."""
        channel = self._place(at)
        line = Line(self.world, self.user, channel, path)
        focused = list(typed)[-1]
        if not line.known.get(focused, {}).get("autocomplete"):
            raise NotOfferedError(f"{path} does not suggest values for {focused!r}")
        data = line.data(typed, focused=focused)
        interaction = open_interaction(self.world, AUTOCOMPLETE, self.user, channel, data)
        await self._await_first(interaction)
        return [Choice(choice["name"], choice["value"]) for choice in interaction.choices]

    async def click(
        self, seen: Seen, label: str | None = None, *, custom_id: str | None = None, forged: bool = False
    ) -> Seen | Form:
        """Press a button; `forged` sends a custom_id that the message does not have."""
        if not forged:
            custom_id = seen.button(label, custom_id=custom_id).custom_id
        return await self._touch(seen, {"custom_id": custom_id, "component_type": 2, "id": 1})

    async def press(self, seen: Seen, label: str | None = None, *, custom_id: str | None = None) -> Seen:
        answer = await self.click(seen, label, custom_id=custom_id)
        if isinstance(answer, Form):
            raise NotOfferedError(f"{label or custom_id} opened a form: {answer!r}")
        return answer

    async def open(self, seen: Seen, label: str | None = None, *, custom_id: str | None = None) -> Form:
        answer = await self.click(seen, label, custom_id=custom_id)
        if isinstance(answer, Seen):
            raise NotOfferedError(f"{label or custom_id} opened no form but showed: {answer.text}")
        return answer

    async def choose(
        self, seen: Seen, name: str | None, *picks: Any, custom_id: str | None = None, forged: bool = False
    ) -> Seen:
        """Choose in a select menu that answers with a message; `forged` sends the picks as they are."""
        answer = await self._choose(seen, name, picks, custom_id, forged=forged)
        if isinstance(answer, Form):
            raise NotOfferedError(f"{name or custom_id} opened a form: {answer!r}")
        return answer

    async def choose_form(
        self, seen: Seen, name: str | None, *picks: Any, custom_id: str | None = None
    ) -> Form:
        """Choose in a select menu that opens a form."""
        answer = await self._choose(seen, name, picks, custom_id, forged=False)
        if isinstance(answer, Seen):
            raise NotOfferedError(f"{name or custom_id} opened no form but showed: {answer.text}")
        return answer

    async def _choose(
        self, seen: Seen, name: str | None, picks: Sequence[Any], custom_id: str | None, *, forged: bool
    ) -> Seen | Form:
        select = seen.select(name, custom_id=custom_id)
        values, resolved = (
            ([str(one) for one in picks], {}) if forged else pick_values(select, picks, self.guild)
        )
        data: JSON = {"custom_id": select.custom_id, "component_type": select.kind, "id": 1, "values": values}
        return await self._touch(seen, data | ({"resolved": resolved} if resolved else {}))

    async def _touch(self, seen: Seen, data: JSON) -> Seen | Form:
        if not self.can_see(seen.message):
            raise NotOfferedError(f"{self.name} cannot see that message")
        message = seen.message
        return await self._await(
            open_interaction(self.world, COMPONENT, self.user, message.channel, data, message)
        )

    async def send_form(self, form: Form, data: JSON) -> Seen:
        interaction = open_interaction(self.world, MODAL_SUBMIT, self.user, form.place, data, form.source)
        answer = await self._await(interaction)
        if isinstance(answer, Form):
            raise NotOfferedError("A form cannot answer a form")
        return answer

    def upload(self, place: Channel, name: str, content: bytes, *, resolved: JSON) -> str:
        """Attach a file to a form; returns its id."""
        file = store(self.world, place, name, content)
        resolved.setdefault("attachments", {})[str(file.id)] = file.payload
        return str(file.id)

    def say(self, text: str, *, at: "Room | Channel | None" = None) -> Seen:
        """Write a message into a channel or, with at=person.dm, to the bot."""
        message = messages.post(self.world, self._place(at), self.user, {"content": text}, [])
        return Seen(self, message)

    async def _await_first(self, interaction: Interaction) -> None:
        try:
            await asyncio.wait_for(interaction.acknowledged, self._patience.first)
        except TimeoutError:
            raise _no_answer("The application did not respond", interaction) from None

    async def _await(self, interaction: Interaction) -> Seen | Form:
        """Wait for the bot's last word: a message, an edit or follow-up after a deferral, or a form."""
        await self._await_first(interaction)
        if interaction.modal is not None:
            return Form(self, interaction.modal, interaction.source, interaction.channel)
        try:
            message = await _ready_or(interaction.finished, self._patience.last)
        except TimeoutError:
            if interaction.answer == DEFER_UPDATE and interaction.source and not interaction.refusals:
                return Seen(self, interaction.source, interaction.followups)
            raise _no_answer("The application is still thinking", interaction) from None
        if message is None:
            raise _no_answer("The application showed nothing", interaction)
        await self._settle(interaction)
        if message.deleted and interaction.followups:
            message = interaction.followups[-1]
        return Seen(self, message, interaction.followups)

    async def _settle(self, interaction: Interaction) -> None:
        """Give the bot the moment in which it adds to what it has said."""
        settle, touched, looks = self._patience.settle, interaction.touched, 0
        # Time alone says nothing: while the loop stands still, a bot on it cannot add anything.
        while settle and looks < _LOOKS:
            await asyncio.sleep(settle / _LOOKS)
            looks = looks + 1 if touched == interaction.touched else 0
            touched = interaction.touched


async def _ready_or(finished: asyncio.Future[Message | None], seconds: float) -> Message | None:
    """Take what is there, or wait for it."""
    return finished.result() if finished.done() else await asyncio.wait_for(finished, seconds)


def _no_answer(what: str, interaction: Interaction) -> NoAnswerError:
    asked = interaction.payload["data"].get("name") or interaction.payload["data"].get("custom_id")
    return NoAnswerError("\n".join([f"{what} ({asked})", *interaction.refusals]))
