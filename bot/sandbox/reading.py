"""Puts a message into words, in the order in which a person's eye meets it."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from bot.sandbox.errors import JSON
from bot.sandbox.guilds import Guild
from bot.sandbox.limits_components import (
    BUTTON,
    FILE,
    GALLERY,
    LINK_STYLE,
    TEXT_DISPLAY,
    THUMBNAIL,
)
from bot.sandbox.messages import LOADING
from bot.sandbox.world import Message, World

_TOKEN = re.compile(r"<(@!?|@&|#)(\d+)>|<t:(-?\d+)(?::[tTdDfFR])?>")


def walk(components: list[JSON]) -> Iterator[JSON]:
    """Yield every component, depth first, a section's accessory after its texts."""
    for node in components:
        yield node
        yield from walk(node.get("components") or [])
        if isinstance(node.get("component"), dict):
            yield from walk([node["component"]])
        if isinstance(node.get("accessory"), dict):
            yield node["accessory"]


def emoji(node: JSON) -> str:
    return (node.get("emoji") or {}).get("name") or ""


def caption(node: JSON) -> str:
    """Return what stands on a button: emoji and label."""
    return " ".join(part for part in (emoji(node), node.get("label") or "") if part)


def read(world: World, message: Message) -> str:
    """Return all that a person sees of a message, one thing per line."""
    payload = message.payload
    if payload["flags"] & LOADING:
        return f"{world.bot.name} is thinking..."
    lines = [payload["content"]]
    for embed in payload["embeds"]:
        lines += _embed(embed)
    lines += [f"[file: {item['filename']}]" for item in payload["attachments"]]
    for node in walk(payload["components"]):
        lines += _component(node)
    text = "\n".join(line for line in lines if line)
    return _TOKEN.sub(lambda found: _shown(world, message.channel.guild, found), text)


def _embed(embed: JSON) -> Iterator[str]:
    yield (embed.get("author") or {}).get("name") or ""
    yield embed.get("title") or ""
    yield embed.get("description") or ""
    for field in embed.get("fields") or []:
        yield f"{field['name']}: {field['value']}"
    yield "[image]" if embed.get("image") or embed.get("thumbnail") else ""
    yield (embed.get("footer") or {}).get("text") or ""


def _component(node: JSON) -> Iterator[str]:
    kind = node.get("type")
    if kind == TEXT_DISPLAY:
        yield node["content"]
    elif kind == BUTTON:
        off = " (off)" if node.get("disabled") else ""
        link = f" -> {node['url']}" if node.get("style") == LINK_STYLE else ""
        yield f"[{caption(node)}]{off}{link}"
    elif kind in (THUMBNAIL, GALLERY, FILE):
        yield "[file]" if kind == FILE else "[image]"
    elif "custom_id" in node:
        yield f"[{node.get('placeholder') or 'select'} v]"
        for option in node.get("options") or []:
            mark = "*" if option.get("default") else "-"
            note = f" ({option['description']})" if option.get("description") else ""
            yield f"  {mark} {option['label']}{note}"


def _shown(world: World, guild: Guild | None, found: re.Match[str]) -> str:
    """Show a mention by its name and a timestamp as a date, as the client does."""
    if found[3]:
        return datetime.fromtimestamp(int(found[3]), UTC).strftime("%d %B %Y %H:%M UTC")
    number = int(found[2])
    if found[1] == "@&":
        role = guild.roles.get(number) if guild else None
        return f"@{role.name}" if role else "@unknown-role"
    if found[1] == "#":
        channel = world.channels.get(number)
        return f"#{channel.name}" if channel else "#unknown"
    user = world.users.get(number)
    return f"@{user.display_name or user.name}" if user else "@unknown-user"
