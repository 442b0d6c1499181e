"""What Discord refuses in a message: lengths, embeds, mentions, emptiness."""

import re
from typing import Any

from bot.sandbox.errors import JSON, ApiError, Path, Problems
from bot.sandbox.limits_components import check_components, check_layout

COMPONENTS_V2 = 1 << 15
MAX_CONTENT, MAX_EMBEDS, MAX_EMBED_TEXT = 2000, 10, 6000
_URL = re.compile(r"(https?|attachment)://\S+")
_EMBED_TEXTS = (("title", 256), ("description", 4096))


def check_body(body: JSON, path: Path) -> None:
    """Raise Invalid Form Body when a message body breaks a limit; fields that are absent pass."""
    problems = Problems()
    if body.get("content") is not None:
        problems.text(body["content"], (*path, "content"), MAX_CONTENT)
    if body.get("embeds"):
        _check_embeds(body["embeds"], (*path, "embeds"), problems)
    if body.get("components"):
        check = check_layout if (body.get("flags") or 0) & COMPONENTS_V2 else check_components
        check(body["components"], (*path, "components"), problems)
    if (body.get("flags") or 0) & COMPONENTS_V2:
        _refuse_beside_layout(body, path, problems)
    if body.get("allowed_mentions"):
        _check_mentions(body["allowed_mentions"], (*path, "allowed_mentions"), problems)
    if body.get("attachments"):
        _check_attachments(body["attachments"], (*path, "attachments"), problems)
    problems.text(_nonce(body), (*path, "nonce"), 25)
    problems.settle()


def refuse_empty(payload: JSON, *, has_files: bool) -> None:
    """Raise Cannot send an empty message when a person would see nothing."""
    layout = payload["flags"] & COMPONENTS_V2 and payload["components"]
    said = payload["content"] and not payload["content"].isspace()
    if not (said or payload["embeds"] or has_files or layout):
        raise ApiError(400, 50006, "Cannot send an empty message")


def _nonce(body: JSON) -> str | None:
    nonce = body.get("nonce")
    return None if nonce is None else str(nonce)


def _refuse_beside_layout(body: JSON, path: Path, problems: Problems) -> None:
    for key in ("content", "embeds", "poll", "sticker_ids"):
        if body.get(key):
            problems.add(
                (*path, key),
                "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
                f"The '{key}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2",
            )


def _check_embeds(embeds: Any, path: Path, problems: Problems) -> None:
    total = 0
    for index, embed in enumerate(problems.items(embeds, path, 0, MAX_EMBEDS)):
        if not isinstance(embed, dict):
            problems.add((*path, index), "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType")
            continue
        total += _check_embed(embed, (*path, index), problems)
    if total > MAX_EMBED_TEXT:
        problems.add(path, "MAX_EMBED_SIZE_EXCEEDED", "Embed size exceeds maximum size of 6000")


def _check_embed(embed: JSON, path: Path, problems: Problems) -> int:
    """Check one embed and return how many characters it counts."""
    total = 0
    for key, high in _EMBED_TEXTS:
        problems.text(embed.get(key), (*path, key), high)
        total += len(embed.get(key) or "")
    for part, key, high in (("footer", "text", 2048), ("author", "name", 256)):
        if embed.get(part):
            problems.text(embed[part].get(key), (*path, part, key), high, needed=True)
            total += len(embed[part].get(key) or "")
    for index, field in enumerate(problems.items(embed.get("fields") or [], (*path, "fields"), 0, 25)):
        here = (*path, "fields", index)
        problems.text(field.get("name"), (*here, "name"), 256, low=1, needed=True)
        problems.text(field.get("value"), (*here, "value"), 1024, low=1, needed=True)
        total += len(field.get("name") or "") + len(field.get("value") or "")
    problems.whole(embed.get("color"), (*path, "color"), 0, 0xFFFFFF)
    _check_addresses(embed, path, problems)
    return total


def _check_addresses(embed: JSON, path: Path, problems: Problems) -> None:
    addresses = [((*path, "url"), embed.get("url"))]
    addresses += [
        ((*path, part, "url"), (embed.get(part) or {}).get("url")) for part in ("image", "thumbnail")
    ]
    addresses += [
        ((*path, part, "icon_url"), (embed.get(part) or {}).get("icon_url")) for part in ("footer", "author")
    ]
    for where, address in addresses:
        if address and not _URL.fullmatch(address):
            problems.add(where, "URL_TYPE_INVALID_URL", "Not a well formed URL.")


def _check_mentions(allowed: JSON, path: Path, problems: Problems) -> None:
    parse = allowed.get("parse") or []
    for index, kind in enumerate(parse):
        if kind not in ("roles", "users", "everyone"):
            problems.add(
                (*path, "parse", index), "BASE_TYPE_CHOICES", "Value must be one of roles, users, everyone."
            )
    for kind in ("roles", "users"):
        if kind in parse and allowed.get(kind):
            problems.add(
                (*path, "parse"),
                "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
                f'parse:["{kind}"] and {kind}: [ids...] are mutually exclusive.',
            )
        problems.items(allowed.get(kind) or [], (*path, kind), 0, 100)


def _check_attachments(attachments: Any, path: Path, problems: Problems) -> None:
    for index, attachment in enumerate(problems.items(attachments, path, 0, 10)):
        problems.text(attachment.get("description"), (*path, index, "description"), 1024)
        if attachment.get("id") is None:
            problems.add((*path, index, "id"), "BASE_TYPE_REQUIRED", "This field is required")
