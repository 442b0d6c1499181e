"""REST: the answer to an interaction and everything that follows by its token."""

from typing import Any

from bot.sandbox import messages
from bot.sandbox.errors import JSON, ApiError, Problems, invalid, unknown, unknown_webhook
from bot.sandbox.guilds import Channel
from bot.sandbox.interactions import (
    AUTOCOMPLETE,
    CHOICES,
    COMMAND,
    COMPONENT,
    DEFER,
    DEFER_UPDATE,
    MODAL,
    REPLY,
    UPDATE,
    Interaction,
    by_token,
)
from bot.sandbox.limits_commands import check_choices
from bot.sandbox.limits_modals import check_modal
from bot.sandbox.messages import EPHEMERAL, LOADING
from bot.sandbox.routing import NO_CONTENT, Answer, Call, Routes
from bot.sandbox.world import Message, World

_BY_COMMAND, _BY_REPLY = 20, 19


def answer_interaction(call: Call) -> Answer:
    """POST /interactions/{id}/{token}/callback."""
    interaction = _addressed(call)
    body = call.body if isinstance(call.body, dict) else {}
    answer = body.get("type")
    if answer not in _allowed(interaction):
        raise invalid(("type",), "BASE_TYPE_CHOICES", f"Type {answer} does not answer this interaction.")
    data = body.get("data") or {}
    interaction.take_answer(answer, call.world.clock())
    try:
        _carry_out(call, interaction, answer, data)
    except ApiError:
        interaction.answer = None
        raise
    if not call.flag("with_response"):
        return NO_CONTENT
    return 200, _told(interaction)


def _addressed(call: Call) -> Interaction:
    interaction: Interaction | None = call.world.interactions.get(call.params["interaction_token"])
    if interaction is None or str(interaction.id) != call.params["interaction_id"]:
        raise unknown("interaction", 10062)
    return interaction


def _allowed(interaction: Interaction) -> tuple[int, ...]:
    if interaction.kind == AUTOCOMPLETE:
        return (CHOICES,)
    if interaction.kind == COMMAND:
        return (REPLY, DEFER, MODAL)
    if interaction.kind == COMPONENT:
        return (REPLY, DEFER, DEFER_UPDATE, UPDATE, MODAL)
    return (REPLY, DEFER, DEFER_UPDATE, UPDATE) if interaction.source else (REPLY, DEFER)


def _carry_out(call: Call, interaction: Interaction, answer: int, data: JSON) -> None:
    if answer == REPLY:
        interaction.response = _reply(call, interaction, data)
        interaction.finish(interaction.response)
    elif answer == DEFER:
        interaction.response = _reply(call, interaction, {"flags": data.get("flags") or 0}, LOADING)
        interaction.acknowledge()
    elif answer == DEFER_UPDATE:
        source = interaction.original()
        source.waiting = [one for one in source.waiting if not one.finished.done()] + [interaction]
        interaction.acknowledge()
    elif answer == UPDATE:
        source = interaction.original()
        interaction.finish(messages.edit(call.world, source, data, call.uploads, path=("data",)))
    elif answer == CHOICES:
        problems = Problems()
        check_choices(data.get("choices"), 0, ("data", "choices"), problems)
        problems.settle()
        interaction.choices = data["choices"]
        interaction.finish(None)
    else:
        check_modal(data, ("data",))
        interaction.modal = data
        interaction.finish(None)


def _reply(call: Call, interaction: Interaction, data: JSON, flags: int = 0) -> Message:
    """Post an answer; ephemeral when its flags ask for that."""
    hidden = (data.get("flags") or 0) & EPHEMERAL
    return messages.post(
        call.world,
        interaction.channel,
        call.world.bot,
        data,
        call.uploads,
        path=("data",),
        flags=flags | hidden,
        viewer_id=interaction.user.id if hidden else None,
        more=_provenance(call.world, interaction),
    )


def _provenance(world: World, interaction: Interaction) -> JSON:
    """Return what a message says of the interaction that caused it."""
    owners = interaction.payload["authorizing_integration_owners"]
    about: JSON = {
        "id": str(interaction.id),
        "type": interaction.kind,
        "user": interaction.user.payload(),
        "authorizing_integration_owners": owners,
    }
    more: JSON = {
        "type": _BY_COMMAND if interaction.kind == COMMAND else _BY_REPLY,
        "application_id": str(world.application_id),
        "webhook_id": str(world.application_id),
        "interaction_metadata": about,
    }
    if interaction.kind == COMMAND:
        about["name"] = interaction.payload["data"]["name"]
    elif interaction.source is not None:
        about["interacted_message_id"] = str(interaction.source.id)
        more["message_reference"] = _reference(interaction.channel, interaction.source)
    return more


def _reference(channel: Channel, message: Message) -> JSON:
    place = {"guild_id": str(channel.guild.id)} if channel.guild else {}
    return {"type": 0, "channel_id": str(channel.id), "message_id": str(message.id)} | place


def _told(interaction: Interaction) -> JSON:
    """Return the InteractionCallbackResponse of with_response=true."""
    about: JSON = {"id": str(interaction.id), "type": interaction.kind}
    told: JSON = {"interaction": about}
    if interaction.answer in (REPLY, DEFER, UPDATE, DEFER_UPDATE):
        message = interaction.original()
        about["response_message_id"] = str(message.id)
        about["response_message_loading"] = bool(message.payload["flags"] & LOADING)
        about["response_message_ephemeral"] = message.viewer_id is not None
        told["resource"] = {"type": interaction.answer, "message": message.payload}
    return told


def _live(call: Call) -> Interaction:
    if call.params["webhook_id"] != str(call.world.application_id):
        raise unknown_webhook()
    return by_token(call.world, call.params["webhook_token"])


def follow_up(call: Call) -> Answer:
    """POST /webhooks/{app}/{token}: the first one after a deferred reply takes the waiting reply's place."""
    interaction = _live(call)
    if interaction.answer is None:
        raise unknown_webhook()
    body: dict[str, Any] = call.body or {}
    waiting = interaction.response
    if waiting and not waiting.deleted and waiting.payload["flags"] & LOADING:
        message = messages.edit(call.world, waiting, body, call.uploads)
    else:
        message = _reply(call, interaction, body)
        interaction.followups.append(message)
    interaction.finish(message)
    return 200, message.payload


def get_message(call: Call) -> Answer:
    return 200, _live(call).message(call.params.get("message_id", "@original")).payload


def edit_message(call: Call) -> Answer:
    interaction = _live(call)
    message = interaction.message(call.params.get("message_id", "@original"))
    messages.edit(call.world, message, call.body or {}, call.uploads)
    interaction.finish(message)
    return 200, message.payload


def delete_message(call: Call) -> Answer:
    interaction = _live(call)
    message = interaction.message(call.params.get("message_id", "@original"))
    messages.remove(call.world, message)
    interaction.finish(message)
    return NO_CONTENT


_HOOK = "/webhooks/{webhook_id}/{webhook_token}"

ROUTES: Routes = {
    ("POST", "/interactions/{interaction_id}/{interaction_token}/callback"): answer_interaction,
    ("POST", _HOOK): follow_up,
    ("GET", f"{_HOOK}/messages/@original"): get_message,
    ("PATCH", f"{_HOOK}/messages/@original"): edit_message,
    ("DELETE", f"{_HOOK}/messages/@original"): delete_message,
    ("GET", f"{_HOOK}/messages/{{message_id}}"): get_message,
    ("PATCH", f"{_HOOK}/messages/{{message_id}}"): edit_message,
    ("DELETE", f"{_HOOK}/messages/{{message_id}}"): delete_message,
}
