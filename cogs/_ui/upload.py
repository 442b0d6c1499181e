"""A file that somebody attached to a command, fetched from Discord and never larger than is wanted."""

import nextcord

from cogs._ui import wire
from cogs._ui.goods_text import megabytes
from cogs._ui.words import Words
from models.errors import BadInput


async def content(file: nextcord.Attachment, field: str, most: int) -> bytes:
    """Its bytes; raises BadInput naming the field when it has more than `most`, or cannot be fetched."""
    if file.size > most:
        raise BadInput(field, "file_size", megabytes(most, Words.of(None)))
    try:
        return await file.read()
    except wire.FAILED as error:
        raise BadInput(field, "file_lost") from error
