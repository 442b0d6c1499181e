"""Finds the handler for a path in a tree of segments, literal before {named}, filled from the ROUTES."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.sandbox.uploads import Upload
from bot.sandbox.world import World


@dataclass(slots=True)
class Call:
    """What a handler gets to know of a request."""

    world: World
    params: dict[str, str]
    query: Mapping[str, str]
    body: Any = None
    uploads: list[Upload] = field(default_factory=list)

    def flag(self, name: str) -> bool:
        return self.query.get(name, "").lower() in ("1", "true")


Answer = tuple[int, Any]
Handler = Callable[[Call], Answer]
Routes = Mapping[tuple[str, str], Handler]
NO_CONTENT: Answer = (204, None)


@dataclass(slots=True)
class _Node:
    literal: dict[str, "_Node"] = field(default_factory=dict)
    named: "tuple[str, _Node] | None" = None
    handlers: dict[str, tuple[str, Handler]] = field(default_factory=dict)


@dataclass(slots=True)
class Match:
    """A template, its handler and the values of its names."""

    template: str
    handler: Handler
    params: dict[str, str]


class Router:
    """All routes of the stand-in."""

    def __init__(self, *tables: Routes) -> None:
        self._root = _Node()
        for table in tables:
            for (method, template), handler in table.items():
                self._add(method, template, handler)

    def _add(self, method: str, template: str, handler: Handler) -> None:
        node = self._root
        for segment in template.split("/")[1:]:
            if segment.startswith("{"):
                if node.named is None:
                    node.named = (segment[1:-1], _Node())
                node = node.named[1]
            else:
                node = node.literal.setdefault(segment, _Node())
        node.handlers[method] = (template, handler)

    def match(self, method: str, path: str) -> Match | None:
        values: list[str] = []
        node = self._root
        for segment in path.split("/")[1:]:
            following = node.literal.get(segment)
            if following is None:
                if node.named is None:
                    return None
                following = node.named[1]
                values.append(segment)
            node = following
        found = node.handlers.get(method)
        if found is None:
            return None
        template, handler = found
        names = [part[1:-1] for part in template.split("/") if part.startswith("{")]
        return Match(template, handler, dict(zip(names, values, strict=True)))
