"""Messages that answer nobody's click: posts in a channel, their edits, and DMs."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import nextcord
from nextcord.http import Route

from cogs._ui import wire
from cogs._ui.card import Card, Picture
from cogs._ui.target import guild_prefix

_MAX_NONCE = 25
_REASONS = {
    50007: "dm_closed",
    50278: "dm_closed",
    50001: "missing_permission",
    50013: "missing_permission",
    # A card is never empty; without Embed Links Discord leaves out what it is made of.
    50006: "missing_permission",
    10003: "channel_gone",
    10013: "unknown_user",
    10008: "message_gone",
}
# The only thing that can be wrong with opening a DM is the person.
_NO_PERSON = _REASONS | {50033: "unknown_user", 50035: "unknown_user"}

_TOO_LATE = _REASONS | dict.fromkeys(wire.LOST, "message_gone")


class Unreachable(Exception):
    """Discord will not deliver there.

    `reason` is dm_closed, channel_gone, missing_permission, unknown_user or message_gone.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


async def post(bot: nextcord.Client, channel_id: str, card: Card, *, nonce: str) -> str:
    """Post a card once, however often this is tried in a few minutes; the message's id.

    Raises Unreachable.
    """
    return str((await _create(bot, channel_id, card, None, nonce))["id"])


async def post_whole(bot: nextcord.Client, channel_id: str, card: Card, *, nonce: str) -> tuple[str, bool]:
    """Post as `post` does; the message's id, and whether Discord left nothing of the card out."""
    made = await _create(bot, channel_id, card, None, nonce)
    return str(made["id"]), _whole(made, card)


async def edit(bot: nextcord.Client, channel_id: str, message_id: str, card: Card) -> bool:
    """Show another card in a message of ours; whether Discord left nothing of it out. Raises Unreachable."""
    route = Route(
        "PATCH", "/channels/{channel_id}/messages/{message_id}", channel_id=channel_id, message_id=message_id
    )
    return _whole(await _ask(bot, route, card.payload(), card.pictures), card)


async def edit_dm(bot: nextcord.Client, channel_id: str, message_id: str, card: Card, guild_id: str) -> None:
    """Show another card in a DM of ours; raises Unreachable."""
    route = Route(
        "PATCH", "/channels/{channel_id}/messages/{message_id}", channel_id=channel_id, message_id=message_id
    )
    await _ask(bot, route, card.payload(guild_prefix(guild_id)), card.pictures)


async def edit_reply(bot: nextcord.Client, application_id: str, token: str, card: Card) -> None:
    """Show another card in the message that answered an interaction; raises Unreachable when too late."""
    path = "/webhooks/{application_id}/{interaction_token}/messages/@original"
    route = Route("PATCH", path, application_id=application_id, interaction_token=token)
    await _ask(bot, route, card.payload(), reasons=_TOO_LATE)


async def delete(bot: nextcord.Client, channel_id: str, message_id: str) -> None:
    """Take a message of ours away; raises Unreachable, also when it is gone."""
    path = "/channels/{channel_id}/messages/{message_id}"
    try:
        await bot.http.request(Route("DELETE", path, channel_id=channel_id, message_id=message_id))
    except nextcord.HTTPException as error:
        if error.code in _REASONS:
            raise Unreachable(_REASONS[error.code]) from error
        raise


async def dm(bot: nextcord.Client, user_id: str, card: Card, *, guild_id: str, nonce: str) -> str:
    """Send a card to a person on behalf of a guild's shop; the message's id. Raises Unreachable."""
    route = Route("POST", "/users/@me/channels")
    channel = await _ask(bot, route, {"recipient_id": user_id}, reasons=_NO_PERSON)
    made = await _create(bot, channel["id"], card, guild_prefix(guild_id), nonce)
    return str(made["id"])


def _whole(made: Any, card: Card) -> bool:
    """Without Embed Links Discord takes a message and leaves out what it is made of."""
    return bool(made.get("embeds")) or not card.payload()["embeds"]


async def _create(bot: nextcord.Client, channel_id: str, card: Card, prefix: str | None, nonce: str) -> Any:
    route = Route("POST", "/channels/{channel_id}/messages", channel_id=channel_id)
    once = {"nonce": _short(nonce), "enforce_nonce": True}
    return await _ask(bot, route, card.payload(prefix) | once, card.pictures)


async def _ask(
    bot: nextcord.Client,
    route: Route,
    payload: dict[str, Any],
    pictures: Sequence[Picture] = (),
    reasons: Mapping[int, str] = _REASONS,
) -> Any:
    try:
        return await wire.request(bot, route, payload, pictures)
    except nextcord.HTTPException as error:
        if error.code in reasons:
            raise Unreachable(reasons[error.code]) from error
        raise


def _short(nonce: str) -> str:
    """Discord takes 25 characters; a longer name of the same thing is always shortened alike."""
    return nonce if len(nonce) <= _MAX_NONCE else hashlib.blake2s(nonce.encode(), digest_size=12).hexdigest()
