"""REST: a guild's channels, who may do what in them, and pinned messages."""

from bot.sandbox import messages
from bot.sandbox.errors import JSON, Problems, missing_access, missing_permissions
from bot.sandbox.guilds import Channel
from bot.sandbox.permissions import Permission, holds
from bot.sandbox.rest_guilds import guild_of
from bot.sandbox.routing import NO_CONTENT, Answer, Call, Handler, Routes


def list_channels(call: Call) -> Answer:
    return 200, [channel.payload() for channel in guild_of(call).channels.values()]


def create_channel(call: Call) -> Answer:
    guild, body = guild_of(call, Permission.MANAGE_CHANNELS), call.body or {}
    mine = guild.permissions_of(guild.members[call.world.bot.id])
    for one in body.get("permission_overwrites") or ():
        # Nobody hands out or takes in a channel what they do not hold in the guild.
        if not holds(mine, int(one.get("allow") or 0) | int(one.get("deny") or 0)):
            raise missing_permissions()
    channel = Channel(call.world.ids.next(), "", body.get("type") or 0, guild)
    _apply_channel(channel, body | {"name": body.get("name")})
    return 201, call.world.add_channel(guild, channel).payload()


def get_channel(call: Call) -> Answer:
    return 200, call.world.channel_for_bot(call.params["channel_id"]).payload()


def change_channel(call: Call) -> Answer:
    channel = call.world.channel_for_bot(call.params["channel_id"], int(Permission.MANAGE_CHANNELS))
    _apply_channel(channel, call.body or {})
    if channel.guild:
        channel.guild.version += 1
    call.world.channel_changed(channel)
    return 200, channel.payload()


def delete_channel(call: Call) -> Answer:
    channel = call.world.channel_for_bot(call.params["channel_id"], int(Permission.MANAGE_CHANNELS))
    if channel.guild is None:
        raise missing_access()
    call.world.remove_channel(channel)
    return 200, channel.payload()


def _apply_channel(channel: Channel, body: JSON) -> None:
    problems = Problems()
    if "name" in body:
        problems.text(body["name"], ("name",), 100, low=1, needed=True)
    problems.text(body.get("topic"), ("topic",), 1024)
    problems.settle()
    channel.name = body.get("name") or channel.name
    channel.topic = body.get("topic", channel.topic)
    parent = body.get("parent_id", channel.parent_id)
    channel.parent_id = int(parent) if parent else None
    if body.get("permission_overwrites") is not None:
        channel.overwrites = {
            int(one["id"]): (int(one.get("type") or 0), int(one.get("allow") or 0), int(one.get("deny") or 0))
            for one in body["permission_overwrites"]
        }


def set_overwrite(call: Call) -> Answer:
    """PUT what one role or member may do in a channel."""
    channel = call.world.channel_for_bot(call.params["channel_id"], int(Permission.MANAGE_ROLES))
    body = call.body or {}
    kept = (int(body.get("type") or 0), int(body.get("allow") or 0), int(body.get("deny") or 0))
    channel.overwrites[int(call.params["overwrite_id"])] = kept
    return _overwritten(call, channel)


def delete_overwrite(call: Call) -> Answer:
    channel = call.world.channel_for_bot(call.params["channel_id"], int(Permission.MANAGE_ROLES))
    channel.overwrites.pop(int(call.params["overwrite_id"]), None)
    return _overwritten(call, channel)


def _overwritten(call: Call, channel: Channel) -> Answer:
    if channel.guild:
        channel.guild.version += 1
    call.world.channel_changed(channel)
    return NO_CONTENT


def _pinning(*, pinned: bool) -> Handler:
    def pin(call: Call) -> Answer:
        channel = call.world.channel_for_bot(call.params["channel_id"], int(Permission.MANAGE_MESSAGES))
        message = messages.find(channel, call.params["message_id"])
        message.payload = message.payload | {"pinned": pinned}
        return NO_CONTENT

    return pin


def list_pins(call: Call) -> Answer:
    channel = call.world.channel_for_bot(call.params["channel_id"])
    return 200, [one.payload for one in channel.messages.values() if one.payload["pinned"]]


_GUILD = "/guilds/{guild_id}/channels"
_CHANNEL = "/channels/{channel_id}"

ROUTES: Routes = {
    ("GET", _GUILD): list_channels,
    ("POST", _GUILD): create_channel,
    ("GET", _CHANNEL): get_channel,
    ("PATCH", _CHANNEL): change_channel,
    ("DELETE", _CHANNEL): delete_channel,
    ("PUT", f"{_CHANNEL}/permissions/{{overwrite_id}}"): set_overwrite,
    ("DELETE", f"{_CHANNEL}/permissions/{{overwrite_id}}"): delete_overwrite,
    ("GET", f"{_CHANNEL}/pins"): list_pins,
    ("PUT", f"{_CHANNEL}/pins/{{message_id}}"): _pinning(pinned=True),
    ("DELETE", f"{_CHANNEL}/pins/{{message_id}}"): _pinning(pinned=False),
}
