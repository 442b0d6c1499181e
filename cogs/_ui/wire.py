"""The shop's words on the wire: raw payloads through nextcord's own HTTP, so that no view is ever stored."""

import io
from collections.abc import Sequence
from typing import Any, cast

import aiohttp
import nextcord
from nextcord import utils
from nextcord.http import Route
from nextcord.webhook.async_ import async_context

from cogs._ui.card import Picture

EPHEMERAL = 1 << 6
ALREADY_ANSWERED = 40060
# The person waited too long, or the token's fifteen minutes are over.
LOST = frozenset({10062, 10015, 50027})
UNKNOWN_MESSAGE = 10008
# nextcord lets the errors of its HTTP library pass.
BROKEN = (aiohttp.ClientConnectionError, ConnectionError)
FAILED = (nextcord.DiscordException, aiohttp.ClientError, OSError)


def _files(pictures: Sequence[Picture]) -> list[nextcord.File]:
    return [nextcord.File(io.BytesIO(picture.data), filename=picture.name) for picture in pictures]


def _form(payload: dict[str, Any], files: list[nextcord.File]) -> list[dict[str, Any]]:
    named = [{"id": at, "filename": file.filename} for at, file in enumerate(files)]
    parts: list[dict[str, Any]] = [
        {"name": "payload_json", "value": utils.to_json({**payload, "attachments": named})}
    ]
    for at, file in enumerate(files):
        kind = "application/octet-stream"
        parts.append(
            {"name": f"files[{at}]", "value": file.fp, "filename": file.filename, "content_type": kind}
        )
    return parts


def data_of(interaction: nextcord.Interaction[Any]) -> dict[str, Any]:
    """The raw data of an interaction, empty when Discord sent none."""
    return cast("dict[str, Any]", interaction.data or {})


class Line:
    """One interaction's way back to the person: its callback, its first message and its follow-ups."""

    __slots__ = ("_interaction", "_session")

    def __init__(self, interaction: nextcord.Interaction[Any]) -> None:
        self._interaction = interaction
        self._session = interaction._session  # noqa: SLF001 - the adapter needs the client's own session

    async def callback(
        self, kind: int, data: dict[str, Any] | None = None, pictures: Sequence[Picture] = ()
    ) -> None:
        """Give the first answer; raises HTTPException."""
        await async_context.get().create_interaction_response(
            self._interaction.id,
            self._interaction.token,
            session=self._session,
            type=kind,
            data=data,
            files=_files(pictures),
        )

    async def edit(
        self, payload: dict[str, Any], pictures: Sequence[Picture] = (), message_id: str = "@original"
    ) -> None:
        """Edit the message of the first answer, or a follow-up by its id; raises HTTPException."""
        path = "/webhooks/{webhook_id}/{webhook_token}/messages/" + message_id
        await self._send("PATCH", path, payload, pictures)

    async def follow_up(self, payload: dict[str, Any], pictures: Sequence[Picture] = ()) -> str:
        """Say something more, to this person only; the message's id. Raises HTTPException."""
        made = await self._send(
            "POST", "/webhooks/{webhook_id}/{webhook_token}", {**payload, "flags": EPHEMERAL}, pictures
        )
        return str(made["id"])

    async def _send(
        self, method: str, path: str, payload: dict[str, Any], pictures: Sequence[Picture]
    ) -> Any:
        interaction = self._interaction
        route = Route(method, path, webhook_id=interaction.application_id, webhook_token=interaction.token)
        files = _files(pictures)
        return await async_context.get().request(
            route,
            self._session,
            payload=None if files else payload,
            multipart=_form(payload, files) if files else None,
            files=files,
            params={"wait": 1} if method == "POST" else None,
        )


async def request(
    bot: nextcord.Client, route: Route, payload: dict[str, Any], pictures: Sequence[Picture] = ()
) -> Any:
    """Ask Discord as the bot, with its rate limits minded; raises HTTPException."""
    files = _files(pictures)
    if files:
        return await bot.http.request(route, files=files, form=_form(payload, files))
    return await bot.http.request(route, json=payload)
