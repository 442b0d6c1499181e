"""Holds recorded requests against Discord's own OpenAPI description, and says in words what differs.

`jsonschema-rs` is a development dependency and imported only here, at first use.
"""

import json
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.sandbox.errors import JSON
from bot.sandbox.recording import Request

if TYPE_CHECKING:
    from jsonschema_rs import Draft202012Validator, ValidationError

DESCRIPTION = Path("../shared/discord/openapi.json")
_ROOT = "urn:discord"
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


def violations(requests: Iterable[Request], description: Path = DESCRIPTION) -> list[str]:
    """Return what Discord's description does not allow; an empty list means all is well."""
    contract = _contract(description.resolve())
    return [text for request in requests for text in contract.check(request)]


@lru_cache(maxsize=2)
def _contract(description: Path) -> "Contract":
    return Contract(description)


class Contract:
    """The description, with one compiled validator for every schema that was needed."""

    def __init__(self, description: Path) -> None:
        from jsonschema_rs import Draft202012, Registry  # noqa: PLC0415 - development dependency

        self._document: JSON = json.loads(description.read_text(encoding="utf-8"))
        _accept_integer_ids(self._document)
        self._registry = Registry([(_ROOT, self._document)], draft=Draft202012)
        self._validators: dict[str, Draft202012Validator] = {}

    def check(self, request: Request) -> list[str]:
        where = f"{request.method} {request.template or request.path}"
        item = self._document["paths"].get(request.template or "")
        operation = item.get(request.method.lower()) if item else None
        if operation is None:
            return [f"{where}: Discord has no such operation"]
        found = self._parameters(request, item, operation) + self._body(request, operation)
        return [f"{where}: {text}" for text in found]

    def _parameters(self, request: Request, item: JSON, operation: JSON) -> list[str]:
        found: list[str] = []
        known: set[str] = set()
        for source in (item, operation):
            for index, parameter in enumerate(source.get("parameters") or []):
                pointer = self._pointer(request, operation if source is operation else None)
                known.add(parameter["name"])
                found += self._parameter(request, parameter, f"{pointer}/parameters/{index}/schema")
        found += [f"query {name} is unknown" for name in request.query if name not in known]
        return found

    def _parameter(self, request: Request, parameter: JSON, pointer: str) -> list[str]:
        name, place = parameter["name"], parameter["in"]
        given = (request.params if place == "path" else request.query).get(name)
        if given is None:
            return [f"{place} {name} is missing"] if parameter.get("required") else []
        return [
            f"{place} {name}: {error.message}" for error in self._errors(pointer, _typed(given, parameter))
        ]

    def _body(self, request: Request, operation: JSON) -> list[str]:
        described = operation.get("requestBody")
        if described is None:
            return ["a body is not expected"] if request.body is not None else []
        if request.body is None and not request.files:
            return ["the body is missing"] if described.get("required") else []
        kind = "application/json" if "application/json" in described["content"] else "multipart/form-data"
        escaped = kind.replace("/", "~1")
        pointer = f"{self._pointer(request, operation)}/requestBody/content/{escaped}/schema"
        return [_in_words(error) for error in self._errors(pointer, request.body)]

    def _pointer(self, request: Request, operation: JSON | None) -> str:
        path = (request.template or "").replace("~", "~0").replace("/", "~1").replace("{", "%7B")
        base = f"{_ROOT}#/paths/{path.replace('}', '%7D')}"
        return f"{base}/{request.method.lower()}" if operation is not None else base

    def _errors(self, pointer: str, value: Any) -> "list[ValidationError]":
        from jsonschema_rs import Draft202012Validator  # noqa: PLC0415 - development dependency

        validator = self._validators.get(pointer)
        if validator is None:
            validator = Draft202012Validator({"$ref": pointer}, registry=self._registry)
            self._validators[pointer] = validator
        return list(validator.iter_errors(value))


def _accept_integer_ids(document: JSON) -> None:
    """Allow ids as integers: Discord takes both, the description names strings, nextcord sends integers."""
    schemas = document.get("components", {}).get("schemas", {})
    if "SnowflakeType" in schemas:
        integer = {"type": "integer", "minimum": 0}
        schemas["SnowflakeType"] = {"anyOf": [schemas["SnowflakeType"], integer]}


def _typed(text: str, parameter: JSON) -> Any:
    """Read a query value as the type its schema names."""
    kinds = parameter["schema"].get("type")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    if "boolean" in kinds and text.lower() in _BOOLEANS:
        return _BOOLEANS[text.lower()]
    if "integer" in kinds and text.lstrip("-").isdigit():
        return int(text)
    return text


def _in_words(error: "ValidationError") -> str:
    """Name the deepest thing that is wrong, and where."""
    while within := [each for way in getattr(error.kind, "context", ()) for each in way]:
        error = max(within, key=lambda inner: len(inner.instance_path))
    where = "".join(f"[{each}]" if isinstance(each, int) else f".{each}" for each in error.instance_path)
    return f"${where}: {error.message[:300]}"
