"""How a message comes to be and changes: one place for channel posts, interaction answers and follow-ups."""

import re
from typing import Any

from bot.sandbox.errors import JSON, Path, unknown_message
from bot.sandbox.guilds import Channel, User
from bot.sandbox.ids import stamp
from bot.sandbox.limits_messages import COMPONENTS_V2, check_body, refuse_empty
from bot.sandbox.uploads import Upload, store
from bot.sandbox.world import DIRECT_MESSAGES, GUILD_MESSAGES, Message, World

EPHEMERAL, LOADING, SUPPRESS_EMBEDS, SILENT = 1 << 6, 1 << 7, 1 << 2, 1 << 12
_KEPT_FLAGS = SUPPRESS_EMBEDS | SILENT | COMPONENTS_V2
_PICTURES = ("image", "thumbnail")
_MENTION = re.compile(r"<@(!?|&)(\d+)>|@(everyone|here)")


def post(
    world: World,
    channel: Channel,
    author: User,
    body: JSON,
    uploads: list[Upload],
    *,
    path: Path = (),
    flags: int = 0,
    viewer_id: int | None = None,
    more: JSON | None = None,
) -> Message:
    """Check a body, store it as a new message and tell whoever listens."""
    check_body(body, path)
    message = Message(world.ids.next(), channel, {}, viewer_id)
    payload: JSON = {
        "id": str(message.id),
        "type": 0,
        "channel_id": str(channel.id),
        "author": author.payload(),
        "content": "",
        "timestamp": stamp(world.clock()),
        "edited_timestamp": None,
        "tts": False,
        "pinned": False,
        "embeds": [],
        "components": [],
        "attachments": [],
        "flags": flags | (body.get("flags") or 0) & _KEPT_FLAGS,
    } | (more or {})
    _fill(world, message, payload, body, uploads)
    if not flags & LOADING:
        refuse_empty(payload, has_files=bool(message.files))
    message.payload = payload
    world.keep(message)
    if viewer_id is None:
        _tell(world, "MESSAGE_CREATE", message)
    return message


def edit(world: World, message: Message, body: JSON, uploads: list[Upload], *, path: Path = ()) -> Message:
    """Change what the body names and keep the rest; refuses to leave nothing to see."""
    was = message.payload
    flags = (was["flags"] | (body.get("flags") or 0) & _KEPT_FLAGS) & ~LOADING
    check_body(body | {"flags": flags}, path)
    payload = was | {"flags": flags, "edited_timestamp": stamp(world.clock())}
    _fill(world, message, payload, body, uploads)
    refuse_empty(payload, has_files=bool(message.files))
    message.payload = payload
    if message.viewer_id is None:
        _tell(world, "MESSAGE_UPDATE", message)
    return message


def remove(world: World, message: Message) -> None:
    message.deleted = True
    world.messages.pop(message.id, None)
    message.channel.messages.pop(message.id, None)
    if message.viewer_id is None:
        event = {"id": str(message.id), "channel_id": str(message.channel.id)}
        world.emit("MESSAGE_DELETE", event | _place(message), _intent(message))


def find(channel: Channel, message_id: str) -> Message:
    """Return a message that everyone in the channel can see; raises Unknown Message."""
    message = channel.messages.get(int(message_id) if message_id.isdigit() else 0)
    if message is None or message.viewer_id is not None:
        raise unknown_message()
    return message  # type: ignore[no-any-return]  # channels hold messages as Any: Channel is defined below Message


def _fill(world: World, message: Message, payload: JSON, body: JSON, uploads: list[Upload]) -> None:
    if "content" in body:
        payload["content"] = (body["content"] or "").strip()
    if "components" in body:
        payload["components"] = _numbered(body["components"] or [])
    _attach(world, message, body, uploads)
    if "embeds" in body:
        payload["embeds"] = [_shown_embed(message, embed) for embed in body["embeds"] or []]
    # A file that an embed shows is not listed as an attachment as well.
    shown = {(embed.get(part) or {}).get("url") for embed in payload["embeds"] for part in _PICTURES}
    payload["attachments"] = [
        file.payload for file in message.files.values() if file.payload["url"] not in shown
    ]
    _mention(world, message.channel, payload, body.get("allowed_mentions"))


def _numbered(components: list[JSON]) -> list[JSON]:
    """Give every component its id, as Discord does, without touching what the bot sent."""
    count = 0

    def visit(node: JSON) -> JSON:
        nonlocal count
        count += 1
        shown = node if node.get("id") else node | {"id": count}
        if node.get("components"):
            shown = shown | {"components": [visit(child) for child in node["components"]]}
        if isinstance(node.get("accessory"), dict):
            shown = shown | {"accessory": visit(node["accessory"])}
        return shown

    return [visit(node) for node in components]


def _attach(world: World, message: Message, body: JSON, uploads: list[Upload]) -> None:
    listed = body.get("attachments")
    if listed is not None:
        kept = {int(item["id"]) for item in listed}
        message.files = {file_id: file for file_id, file in message.files.items() if file_id in kept}
    described = {int(item["id"]): item for item in listed or []}
    for upload in uploads:
        more = described.get(upload.index, {})
        name = more.get("filename") or upload.name
        file = store(world, message.channel, name, upload.content, more.get("description"))
        message.files[file.id] = file


def _shown_embed(message: Message, embed: JSON) -> JSON:
    shown = {"type": "rich"} | embed
    for part in _PICTURES:
        url = (embed.get(part) or {}).get("url", "")
        if url.startswith("attachment://"):
            shown[part] = embed[part] | {"url": _resolve(message, url)}
    return shown


def _resolve(message: Message, url: str) -> str:
    name = url.removeprefix("attachment://")
    return next((str(file.payload["url"]) for file in message.files.values() if file.name == name), url)


def _mention(world: World, channel: Channel, payload: JSON, allowed: JSON | None) -> None:
    """Work out who is pinged: mentioned in the content and allowed to be."""
    payload |= {"mentions": [], "mention_roles": [], "mention_everyone": False}
    if "@" not in payload["content"]:
        return
    for kind, number, everyone in _MENTION.findall(payload["content"]):
        group = "everyone" if everyone else "roles" if kind == "&" else "users"
        if not _pings(allowed, group, number):
            continue
        if everyone:
            payload["mention_everyone"] = True
        elif kind == "&":
            if channel.guild and int(number) in channel.guild.roles:
                payload["mention_roles"].append(number)
        elif int(number) in world.users:
            payload["mentions"].append(world.users[int(number)].payload())


def _pings(allowed: JSON | None, group: str, number: str) -> bool:
    if allowed is None:
        return True
    return group in (allowed.get("parse") or []) or number in {str(who) for who in allowed.get(group) or []}


def _place(message: Message) -> dict[str, Any]:
    guild = message.channel.guild
    return {"guild_id": str(guild.id)} if guild else {}


def _intent(message: Message) -> int:
    return GUILD_MESSAGES if message.channel.guild else DIRECT_MESSAGES


def _tell(world: World, event: str, message: Message) -> None:
    world.emit(event, message.payload | _place(message), _intent(message))
