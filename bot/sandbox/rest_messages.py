"""REST: direct messages and channel messages, with nonces, permissions and closed doors."""

from bot.sandbox import messages
from bot.sandbox.errors import JSON, ApiError, invalid, missing_permissions
from bot.sandbox.guilds import Channel
from bot.sandbox.permissions import Permission
from bot.sandbox.routing import NO_CONTENT, Answer, Call, Routes
from bot.sandbox.world import World

_HISTORY = int(Permission.READ_MESSAGE_HISTORY)


def open_dm(call: Call) -> Answer:
    """POST /users/@me/channels."""
    recipient = str((call.body or {}).get("recipient_id") or "")
    user = call.world.users.get(int(recipient)) if recipient.isdigit() else None
    if user is None:
        raise invalid(("recipient_id",), "UNKNOWN_USER", f'User "{recipient}" was not found.')
    if user is call.world.bot:
        raise ApiError(400, 50007, "Cannot send messages to this user")
    return 200, call.world.dm_with(user).payload()


def create_message(call: Call) -> Answer:
    """POST /channels/{id}/messages; a nonce with enforce_nonce returns the message it already made."""
    world, body = call.world, call.body or {}
    channel = world.channel_for_bot(call.params["channel_id"], int(Permission.SEND_MESSAGES))
    _refuse_closed(call, channel)
    _refuse_unpermitted(call, channel)
    nonce = body.get("nonce")
    key = (channel.id, str(nonce))
    if nonce is not None and body.get("enforce_nonce") and key in world.nonces:
        return 200, world.nonces[key].payload | {"nonce": nonce}
    message = messages.post(world, channel, world.bot, _permitted(world, channel, body), call.uploads)
    if nonce is None:
        return 200, message.payload
    world.nonces[key] = message
    return 200, message.payload | {"nonce": nonce}


def _refuse_closed(call: Call, channel: Channel) -> None:
    user = channel.recipient
    if user is not None and not (user.dms_open and call.world.shares_guild(user)):
        raise ApiError(403, 50007, "Cannot send messages to this user")


def _refuse_unpermitted(call: Call, channel: Channel) -> None:
    granted = call.world.bot_permissions(channel)
    if call.uploads and not granted & Permission.ATTACH_FILES:
        raise missing_permissions()


def _permitted(world: World, channel: Channel, body: JSON) -> JSON:
    """What Discord takes of a message: without Embed Links it leaves the embeds out and says nothing."""
    may_embed = channel.guild is None or world.bot_permissions(channel) & Permission.EMBED_LINKS
    return body if may_embed or "embeds" not in body else body | {"embeds": []}


def list_messages(call: Call) -> Answer:
    channel = call.world.channel_for_bot(call.params["channel_id"], _HISTORY)
    limit = min(int(call.query.get("limit", 50)), 100)
    before, after = int(call.query.get("before", 1 << 63)), int(call.query.get("after", 0))
    public = [one for one in channel.messages.values() if one.viewer_id is None and after < one.id < before]
    chosen = public[:limit] if after else public[-limit:]
    return 200, [message.payload for message in reversed(chosen)]


def get_message(call: Call) -> Answer:
    channel = call.world.channel_for_bot(call.params["channel_id"], _HISTORY)
    return 200, messages.find(channel, call.params["message_id"]).payload


def edit_message(call: Call) -> Answer:
    channel = call.world.channel_for_bot(call.params["channel_id"])
    message = messages.find(channel, call.params["message_id"])
    if message.payload["author"]["id"] != str(call.world.bot.id):
        raise ApiError(403, 50005, "Cannot edit a message authored by another user")
    messages.edit(call.world, message, _permitted(call.world, channel, call.body or {}), call.uploads)
    # Whoever pressed a button here and got no more than a deferral now sees what came of it.
    for interaction in message.waiting:
        interaction.finish(message)
    return 200, message.payload


def delete_message(call: Call) -> Answer:
    channel = call.world.channel_for_bot(call.params["channel_id"])
    message = messages.find(channel, call.params["message_id"])
    own = message.payload["author"]["id"] == str(call.world.bot.id)
    if not own and not call.world.bot_permissions(channel) & Permission.MANAGE_MESSAGES:
        raise missing_permissions()
    messages.remove(call.world, message)
    return NO_CONTENT


def start_typing(call: Call) -> Answer:
    call.world.channel_for_bot(call.params["channel_id"], int(Permission.SEND_MESSAGES))
    return NO_CONTENT


_ALL = "/channels/{channel_id}/messages"
_ONE = "/channels/{channel_id}/messages/{message_id}"

ROUTES: Routes = {
    ("POST", "/users/@me/channels"): open_dm,
    ("POST", _ALL): create_message,
    ("GET", _ALL): list_messages,
    ("GET", _ONE): get_message,
    ("PATCH", _ONE): edit_message,
    ("DELETE", _ONE): delete_message,
    ("POST", "/channels/{channel_id}/typing"): start_typing,
}
