"""An interaction from the person's act to the bot's last word, with Discord's deadlines."""

import asyncio
import secrets
from datetime import datetime, timedelta
from typing import Any

from bot.sandbox import permissions as may
from bot.sandbox.errors import JSON, ApiError, unknown, unknown_message, unknown_webhook
from bot.sandbox.guilds import Channel, User
from bot.sandbox.world import KEPT, Message, World

COMMAND, COMPONENT, AUTOCOMPLETE, MODAL_SUBMIT = 2, 3, 4, 5
REPLY, DEFER, DEFER_UPDATE, UPDATE, CHOICES, MODAL = 4, 5, 6, 7, 8, 9
ANSWER_WITHIN = timedelta(seconds=3)
TOKEN_LIFE = timedelta(minutes=15)


class Interaction:
    """One act of a person and what the bot has answered so far."""

    __slots__ = (
        "acknowledged",
        "answer",
        "channel",
        "choices",
        "created",
        "finished",
        "followups",
        "id",
        "kind",
        "modal",
        "payload",
        "refusals",
        "response",
        "source",
        "token",
        "touched",
        "user",
    )

    def __init__(self, world: World, kind: int, user: User, channel: Channel, source: Message | None) -> None:
        loop = asyncio.get_running_loop()
        self.id = world.ids.next()
        self.token = f"aW50{secrets.token_urlsafe(96)}"
        self.kind = kind
        self.user = user
        self.channel = channel
        self.source = source
        self.created: datetime = world.clock()
        self.answer: int | None = None
        self.response: Message | None = None
        self.followups: list[Message] = []
        self.modal: JSON | None = None
        self.choices: list[JSON] = []
        self.refusals: list[str] = []
        self.acknowledged: asyncio.Future[None] = loop.create_future()
        self.finished: asyncio.Future[Message | None] = loop.create_future()
        self.payload: JSON = {}
        self._touch()

    def _touch(self) -> None:
        """Note that the bot is still busy with this interaction."""
        self.touched = asyncio.get_running_loop().time()

    def take_answer(self, answer: int, now: datetime) -> None:
        """Accept the first answer; raises Unknown interaction when late, 40060 when it is the second."""
        self._touch()
        if self.answer is not None:
            raise ApiError(400, 40060, "Interaction has already been acknowledged.")
        if now - self.created >= ANSWER_WITHIN:
            raise unknown("interaction", 10062)
        self.answer = answer

    def acknowledge(self) -> None:
        self._touch()
        if not self.acknowledged.done():
            self.acknowledged.set_result(None)

    def finish(self, message: Message | None) -> None:
        self.acknowledge()
        if not self.finished.done():
            self.finished.set_result(message)

    def original(self) -> Message:
        """Return what messages/@original means; raises Unknown Webhook before the answer."""
        if self.answer is None:
            raise unknown_webhook()
        message = self.source if self.answer in (DEFER_UPDATE, UPDATE) else self.response
        if message is None or message.deleted:
            raise unknown_message()
        return message

    def message(self, message_id: str) -> Message:
        if message_id == "@original":
            return self.original()
        known = [*self.followups, *([self.response] if self.response else []), *self._own_source()]
        for message in known:
            if str(message.id) == message_id and not message.deleted:
                return message
        raise unknown_message()

    def _own_source(self) -> list[Message]:
        return [self.source] if self.source else []


def by_token(world: World, token: str) -> Interaction:
    """Find a live interaction; raises Invalid Webhook Token (50027) when it is too old or made up."""
    interaction: Interaction | None = world.interactions.get(token)
    if interaction is None or world.clock() - interaction.created >= TOKEN_LIFE:
        raise ApiError(401, 50027, "Invalid Webhook Token")
    return interaction


def open_interaction(
    world: World, kind: int, user: User, channel: Channel, data: JSON, source: Message | None = None
) -> Interaction:
    """Make an interaction known and send it to the bot."""
    _forget_expired(world)
    interaction = Interaction(world, kind, user, channel, source)
    world.interactions[interaction.token] = interaction
    interaction.payload = _payload(world, interaction, data)
    world.emit("INTERACTION_CREATE", interaction.payload, 0)
    return interaction


def _forget_expired(world: World) -> None:
    """Drop the oldest interactions once nothing can refer to them any more."""
    limit = world.clock() - TOKEN_LIFE - TOKEN_LIFE
    while world.interactions:
        token, oldest = next(iter(world.interactions.items()))
        if oldest.created > limit and len(world.interactions) < KEPT:
            return
        del world.interactions[token]


def _payload(world: World, interaction: Interaction, data: JSON) -> JSON:
    user, channel = interaction.user, interaction.channel
    payload: JSON = {
        "id": str(interaction.id),
        "application_id": str(world.application_id),
        "type": interaction.kind,
        "token": interaction.token,
        "version": 1,
        "channel_id": str(channel.id),
        "channel": _seen_channel(channel, user),
        "app_permissions": str(world.bot_permissions(channel)),
        "locale": user.locale,
        "entitlements": [],
        "entitlement_sku_ids": [],
        "attachment_size_limit": 10_485_760,
        "data": data,
    } | _where(channel, user)
    if interaction.source is not None:
        payload["message"] = interaction.source.payload
    return payload


def _where(channel: Channel, user: User) -> dict[str, Any]:
    guild = channel.guild
    if guild is None:
        return {"user": user.payload(), "context": 1, "authorizing_integration_owners": {"0": "0"}}
    member = guild.members[user.id]
    return {
        "guild_id": str(guild.id),
        "guild": {"id": str(guild.id), "locale": guild.locale, "features": []},
        "guild_locale": guild.locale,
        "member": member.payload() | {"permissions": str(guild.permissions_of(member, channel))},
        "context": 0,
        "authorizing_integration_owners": {"0": str(guild.id)},
    }


def _seen_channel(channel: Channel, user: User) -> JSON:
    guild = channel.guild
    granted = guild.permissions_of(guild.members[user.id], channel) if guild else may.DIRECT_MESSAGE
    return channel.payload() | {"permissions": str(granted)}
