"""One interaction's answers in order: first, deferred, edited, followed up; never two first ones."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from enum import Enum, auto
from typing import Any

import nextcord

from cogs._ui import wire
from cogs._ui.card import Picture

log = logging.getLogger(__name__)

# Discord waits three seconds; a slow network and a busy moment must fit in what is left.
PATIENCE = 1.2
# Where more people than these are attended to at once, saying so takes longer itself.
_CALM = 60
_MESSAGE, _DEFER_MESSAGE, _DEFER_EDIT, _EDIT, _CHOICES, _FORM = 4, 5, 6, 7, 8, 9
_ORIGINAL = "@original"

type Payload = dict[str, Any]


class Stage(Enum):
    """What the person has been given so far, which is what `@original` names from then on."""

    NOTHING = auto()
    WAITING = auto()  # a new ephemeral message that still shows "thinking"
    NEW = auto()  # a new ephemeral message
    CLICKED = auto()  # the message that was clicked
    CLOSED = auto()  # a form or choices: what follows belongs to another interaction
    LOST = auto()  # Discord listens no longer


def patience(attended: int) -> float:
    """Seconds to wait for the answer itself before deferring, when so many people are attended to."""
    return PATIENCE * min(1.0, _CALM / max(1, attended))


class Answer:
    """Speaks to one person about one interaction; defers by itself when nothing was said in time."""

    def __init__(
        self, interaction: nextcord.Interaction[Any], *, defers: bool, quietly: bool, attended: int
    ) -> None:
        self.stage = Stage.NOTHING
        self._line = wire.Line(interaction)
        self._quietly = quietly
        self._card: str | None = None
        self._lock = asyncio.Lock()
        self._deferral: asyncio.Task[None] | None = None
        self._doubtful = False
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(patience(attended), self._begin_deferral) if defers else None

    async def fresh(
        self, payload: Payload, pictures: Sequence[Picture] = (), *, is_card: bool = False
    ) -> None:
        """Show a message only this person sees; a card takes the place of the one shown before, if any."""
        async with self._lock:
            place = await self._fresh(payload, pictures, self._card if is_card else None)
            if is_card:
                self._card = place

    async def _fresh(self, payload: Payload, pictures: Sequence[Picture], place: str | None) -> str | None:
        if self.stage is Stage.NOTHING:
            first = {**payload, "flags": wire.EPHEMERAL}
            if await self._first(_MESSAGE, Stage.NEW, first, pictures):
                return _ORIGINAL
        if self.stage is Stage.LOST:
            return None
        if self.stage is Stage.WAITING:
            self.stage, place = Stage.NEW, _ORIGINAL
        return await self._edit_or_follow(payload, pictures, place)

    async def update(self, payload: Payload, pictures: Sequence[Picture] = ()) -> bool:
        """Edit the message that was clicked; False when this interaction cannot reach it any more."""
        async with self._lock:
            if self.stage is Stage.NOTHING and await self._first(_EDIT, Stage.CLICKED, payload, pictures):
                return True
            if self.stage is Stage.CLICKED:
                await self._edit_or_follow(payload, pictures, _ORIGINAL)
                return True
            return self.stage is Stage.LOST

    async def form(self, payload: Payload) -> bool:
        """Open a form; False when something was answered before, which Discord does not allow."""
        async with self._lock:
            if self.stage is Stage.NOTHING and await self._first(_FORM, Stage.CLOSED, payload):
                return True
            return self.stage is Stage.LOST

    async def choices(self, choices: list[dict[str, str]]) -> None:
        """Offer choices while a person types."""
        async with self._lock:
            if self.stage is Stage.NOTHING:
                await self._first(_CHOICES, Stage.CLOSED, {"choices": choices})

    async def acknowledge(self) -> None:
        """Tell Discord that the click arrived, without showing anything."""
        async with self._lock:
            if self.stage is Stage.NOTHING:
                await self._first(_DEFER_EDIT, Stage.CLICKED)

    async def close(self) -> None:
        """Stop deferring; one that is on its way is waited for."""
        if self._timer is not None:
            self._timer.cancel()
        if self._deferral is not None:
            await self._deferral

    def _begin_deferral(self) -> None:
        self._deferral = asyncio.get_running_loop().create_task(self._defer())

    async def _defer(self) -> None:
        async with self._lock:
            if self.stage is not Stage.NOTHING:
                return
            try:
                if self._quietly:
                    await self._first(_DEFER_EDIT, Stage.CLICKED)
                else:
                    await self._first(_DEFER_MESSAGE, Stage.WAITING, {"flags": wire.EPHEMERAL})
            except wire.FAILED as error:
                # It may have arrived all the same; the answer itself will find out.
                self._doubtful = True
                log.warning("deferral_failed", extra={"error": type(error).__name__})

    async def _first(
        self, kind: int, then: Stage, data: Payload | None = None, pictures: Sequence[Picture] = ()
    ) -> bool:
        """Give the first answer; False when a deferral that seemed lost had come first."""
        try:
            await _twice(lambda: self._line.callback(kind, data, pictures))
        except nextcord.HTTPException as error:
            if error.code != wire.ALREADY_ANSWERED:
                self._lost_or_raise(error)
                return True
            if self._doubtful:
                self.stage = Stage.CLICKED if self._quietly else Stage.WAITING
                return False
            # Otherwise the try before a lost answer or a 5xx had arrived: the person was served.
        self.stage = then
        return True

    async def _edit_or_follow(
        self, payload: Payload, pictures: Sequence[Picture], place: str | None
    ) -> str | None:
        """Edit a message of this interaction, or say it anew; where it stands now, None when lost."""
        try:
            if place is None:
                return await self._line.follow_up(payload, pictures)
            try:
                await _twice(lambda: self._line.edit(payload, pictures, place))
            except nextcord.HTTPException as error:
                if error.code != wire.UNKNOWN_MESSAGE:
                    raise
                # The person dismissed the message; what happened must reach them all the same.
                return await self._line.follow_up(payload, pictures)
        except nextcord.HTTPException as error:
            self._lost_or_raise(error)
            return None
        return place

    def _lost_or_raise(self, error: nextcord.HTTPException) -> None:
        if error.code not in wire.LOST:
            raise error
        self.stage = Stage.LOST
        log.warning("interaction_lost", extra={"code": error.code})


async def _twice(send: Callable[[], Awaitable[None]]) -> None:
    """Send again after a broken connection; both a first answer and an edit may be repeated harmlessly."""
    try:
        await send()
    except wire.BROKEN:
        await send()
