"""What the bot says, as Discord's clients would take it: who is pinged, and what people's texts become."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from bot.sandbox.recording import Request

# The kinds of a first answer that carry a message: a new one, and the clicked one anew.
_SHOWING = frozenset({4, 7})
_ESCAPED, _CODE = re.compile(r"\\."), re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
# What hostile texts of these tests are made of, where it works; the role and the person 1 are nobody's.
_WORKING = re.compile(r"@everyone|@here|<@&?1>|\]\([^)]*evil|~~c~~|\|\|d\|\|")
_TURNING = re.compile(r"[\u202a-\u202e]")
_WORDS = ("content", "embeds", "components", "poll")


def pinging(requests: Iterable[Request]) -> list[str]:
    """The requests with a message in them that do not say that nobody is pinged by it."""
    return [
        f"{each.method} {each.template}: {body.get('allowed_mentions')}"
        for each in requests
        if (body := _message(each)) is not None and body.get("allowed_mentions") != {"parse": []}
    ]


def _message(request: Request) -> dict[str, Any] | None:
    """The message that a request brings, None for one without."""
    body, path = request.body, request.template or ""
    if not isinstance(body, dict) or request.method not in {"POST", "PATCH", "PUT"}:
        return None
    if path.endswith("/callback"):
        return (body.get("data") or {}) if body.get("type") in _SHOWING else None
    told = "/messages" in path or path.startswith("/webhooks/")
    return body if told and any(body.get(name) for name in _WORDS) else None


def broken(message: dict[str, Any]) -> list[str]:
    """What of hostile texts works in a message: a ping, a link, a mark, a turned line."""
    found = [
        f"works: {each[0]!r} in {text[:300]!r}"
        for text in _marked(message)
        if (each := _WORKING.search(_bare(text)))
    ]
    return found + [f"turns: {text[:300]!r}" for text in _every(message) if _TURNING.search(text)]


def linking(message: dict[str, Any]) -> list[str]:
    """The texts in which a hostile address is a link."""
    return [text[:300] for text in _marked(message) if "://evil" in _CODE.sub("", text)]


def _bare(text: str) -> str:
    """A text without what is escaped, and without code, in which nothing works."""
    return _CODE.sub("", _ESCAPED.sub("", text))


def _marked(message: dict[str, Any]) -> Iterator[str]:
    """The texts in which Discord's clients see marks."""
    yield message.get("content") or ""
    for embed in message.get("embeds") or ():
        yield from (embed.get("title") or "", embed.get("description") or "")
        for field in embed.get("fields") or ():
            yield from (field["name"], field["value"])


def _every(node: Any) -> Iterator[str]:
    """All texts that people see, also those without marks."""
    if isinstance(node, dict):
        for name, value in node.items():
            if isinstance(value, str) and name in {
                "content",
                "title",
                "description",
                "name",
                "value",
                "text",
                "label",
                "placeholder",
            }:
                yield value
            else:
                yield from _every(value)
    elif isinstance(node, list):
        for each in node:
            yield from _every(each)
