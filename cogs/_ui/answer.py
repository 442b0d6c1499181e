"""One interaction's answers in order: first, deferred, edited, followed up; never two first ones."""

import asyncio
import logging
from collections.abc import Awaitable, Sequence
from enum import Enum, auto
from typing import Any

import aiohttp
import nextcord

from cogs._ui import wire
from cogs._ui.card import Picture

log = logging.getLogger(__name__)

# Discord waits three seconds; a slow network and a busy moment must fit in what is left.
PATIENCE = 1.2
_MESSAGE, _DEFER_MESSAGE, _DEFER_EDIT, _EDIT, _CHOICES, _FORM = 4, 5, 6, 7, 8, 9

type Payload = dict[str, Any]


class Stage(Enum):
    """What the person has been given so far, which is what `@original` names from then on."""

    NOTHING = auto()
    WAITING = auto()  # a new ephemeral message that still shows "thinking"
    NEW = auto()  # a new ephemeral message
    CLICKED = auto()  # the message that was clicked
    CLOSED = auto()  # a form or choices: what follows belongs to another interaction
    LOST = auto()  # Discord listens no longer


class Answer:
    """Speaks to one person about one interaction; defers by itself when nothing was said in time."""

    def __init__(self, interaction: nextcord.Interaction[Any], *, defers: bool, quietly: bool) -> None:
        self.stage = Stage.NOTHING
        self._line = wire.Line(interaction)
        self._quietly = quietly
        self._follow_up: str | None = None
        self._lock = asyncio.Lock()
        self._deferral: asyncio.Task[None] | None = None
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(PATIENCE, self._begin_deferral) if defers else None

    async def fresh(self, payload: Payload, pictures: Sequence[Picture] = (), *, again: bool = False) -> None:
        """Show a message only this person sees; `again` replaces the one shown before, if any."""
        async with self._lock:
            if self.stage is Stage.NOTHING:
                await self._first(_MESSAGE, Stage.NEW, {**payload, "flags": wire.EPHEMERAL}, pictures)
            elif self.stage is Stage.WAITING or (again and self.stage is Stage.NEW):
                self.stage = Stage.NEW
                await self._edit_or_follow(payload, pictures)
            elif again and self._follow_up:
                await self._heard(self._line.edit(payload, pictures, self._follow_up))
            else:
                self._follow_up = await self._heard(self._line.follow_up(payload, pictures))

    async def update(self, payload: Payload, pictures: Sequence[Picture] = ()) -> bool:
        """Edit the message that was clicked; False when this interaction cannot reach it any more."""
        async with self._lock:
            if self.stage is Stage.NOTHING:
                await self._first(_EDIT, Stage.CLICKED, payload, pictures)
            elif self.stage is Stage.CLICKED:
                await self._edit_or_follow(payload, pictures)
            else:
                return self.stage is Stage.LOST
            return True

    async def form(self, payload: Payload) -> bool:
        """Open a form; False when something was answered before, which Discord does not allow."""
        async with self._lock:
            if self.stage is not Stage.NOTHING:
                return self.stage is Stage.LOST
            await self._first(_FORM, Stage.CLOSED, payload)
            return True

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
            except (nextcord.HTTPException, aiohttp.ClientError, OSError) as error:
                # The answer itself is still to come and may fare better.
                log.warning("deferral_failed", extra={"error": type(error).__name__})

    async def _first(
        self, kind: int, then: Stage, data: Payload | None = None, pictures: Sequence[Picture] = ()
    ) -> None:
        try:
            await self._line.callback(kind, data, pictures)
        except nextcord.HTTPException as error:
            # The try before a lost answer or a 5xx had arrived: the person was served.
            if error.code != wire.ALREADY_ANSWERED:
                self._lost_or_raise(error)
                return
        self.stage = then

    async def _edit_or_follow(self, payload: Payload, pictures: Sequence[Picture]) -> None:
        try:
            await self._line.edit(payload, pictures)
        except nextcord.HTTPException as error:
            if error.code != wire.UNKNOWN_MESSAGE:
                self._lost_or_raise(error)
                return
            # The person dismissed the message; what happened must reach them all the same.
            self._follow_up = await self._heard(self._line.follow_up(payload, pictures))

    async def _heard(self, sending: Awaitable[str | None]) -> str | None:
        try:
            return await sending
        except nextcord.HTTPException as error:
            self._lost_or_raise(error)
            return None

    def _lost_or_raise(self, error: nextcord.HTTPException) -> None:
        if error.code not in wire.LOST:
            raise error
        self.stage = Stage.LOST
        log.warning("interaction_lost", extra={"code": error.code})
