"""Files that the bot or a person uploads, and the addresses under which they can be fetched."""

import mimetypes
from dataclasses import dataclass

from bot.sandbox.errors import JSON
from bot.sandbox.guilds import Channel
from bot.sandbox.world import StoredFile, World


@dataclass(slots=True)
class Upload:
    """One file part of a multipart request: its index in files[n], name and bytes."""

    index: int
    name: str
    content: bytes


def store(
    world: World, channel: Channel, name: str, content: bytes, description: str | None = None
) -> StoredFile:
    """Keep a file and describe it as Discord's attachments do."""
    file_id = world.ids.next()
    url = f"{world.origin}/attachments/{channel.id}/{file_id}/{name}"
    payload: JSON = {
        "id": str(file_id),
        "filename": name,
        "size": len(content),
        "url": url,
        "proxy_url": url,
        "content_type": mimetypes.guess_type(name)[0] or "application/octet-stream",
    }
    if description:
        payload["description"] = description
    file = StoredFile(file_id, name, content, payload)
    world.files[file_id] = file
    return file
