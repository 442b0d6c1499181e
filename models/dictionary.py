"""Writes the data dictionary from the models themselves: `python -m models.dictionary`."""

import inspect
import json
import re
import sys
from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import annotated_types as limits
from bson import ObjectId
from odmantic import EmbeddedModel
from pydantic.alias_generators import to_camel
from pydantic.fields import FieldInfo
from pymongo import IndexModel

from models.base import Document, dated, given
from models.registry import all_documents, indexes_of

type Kind = type[Document | EmbeddedModel]

PREFACE = """# Data dictionary

Written from the models by `make docs`; a test fails when it is stale. Amounts are integers of the currency's
minor unit, times are UTC. *Required* means: never null. Required fields with a default may be left out when a
record is made. The enumerations list every value that may be stored."""

NAMES: dict[type, str] = {
    bool: "Boolean",
    int: "Integer",
    str: "String",
    bytes: "Binary",
    Decimal: "Decimal",
    datetime: "Date",
    ObjectId: "ObjectId",
}
WORDS: dict[type, tuple[str, str]] = {
    limits.Ge: ("ge", "at least {}"),
    limits.Gt: ("gt", "above {}"),
    limits.Le: ("le", "at most {}"),
    limits.Lt: ("lt", "below {}"),
}


def markdown() -> str:
    """The whole dictionary: a table for each record, then one for each part stored inside them."""
    records = sorted(all_documents(), key=lambda record: record.__name__)
    sections = [PREFACE, "## Records", *map(_record, records)]
    parts = sorted(set(_parts(records)), key=lambda part: part.__name__)
    return "\n\n".join([*sections, "## Parts of records", *map(_section, parts)]) + "\n"


def fields(kind: Kind) -> Iterator[tuple[str, FieldInfo]]:
    """(stored name, definition) of every field, the id first and the two stamps last."""
    found = {field.key_name: kind.model_fields[name] for name, field in kind.__odm_fields__.items()}
    order = {"_id": -1, "createdAt": 1, "updatedAt": 2}
    return iter(sorted(found.items(), key=lambda item: order.get(item[0], 0)))


def type_of(kind: Any) -> str:
    """The type in the words of the dictionary; null is told apart."""
    inner = [arg for arg in get_args(kind) if arg is not type(None)]
    match get_origin(kind):
        case origin if origin in (Union, UnionType, Annotated):
            return type_of(inner[0])
        case origin if origin is list:
            return f"[{type_of(inner[0])}]"
    if _is(kind, StrEnum):
        return "enum: " + ", ".join(f"`{value}`" for value in kind)
    if _is(kind, EmbeddedModel):
        return f"[{kind.__name__}](#{kind.__name__.lower()})"
    return next((name for plain, name in NAMES.items() if _is(kind, plain)), "Mixed")


def is_required(field: FieldInfo) -> bool:
    """Whether null is refused."""
    return type(None) not in _flat(field.annotation)


def enum_of(field: FieldInfo) -> type[StrEnum] | None:
    """The enumeration that a field, or each entry of its list, takes its values from."""
    return next((kind for kind in _flat(field.annotation) if _is(kind, StrEnum)), None)


def _record(document: type[Document]) -> str:
    indexes = [f"- {_index(found)}" for found in indexes_of(document)]
    return "\n".join([_section(document), "", "Indexes:", "", *indexes])


def _section(kind: Kind) -> str:
    stored = f" · `{kind.__collection__}`" if issubclass(kind, Document) else ""
    meaning = re.sub(r"(?<=`)\w+(?=`)", lambda name: to_camel(name[0]), inspect.getdoc(kind) or "")
    head = [f"### {kind.__name__}{stored}", "", meaning, ""]
    table = ["| field | type | required | default | meaning |", "|---|---|---|---|---|"]
    return "\n".join([*head, *table, *(_row(name, field) for name, field in fields(kind))])


def _row(name: str, field: FieldInfo) -> str:
    required = "yes" if is_required(field) else "no"
    said = [field.description] if field.description else []
    cells = [
        f"`{name}`",
        type_of(field.annotation),
        required,
        _default(field),
        "; ".join([*said, *_limits(field)]),
    ]
    return f"| {' | '.join(cells)} |"


def _limits(field: FieldInfo) -> list[str]:
    known = [(WORDS[type(limit)], limit) for limit in field.metadata if type(limit) in WORDS]
    said = [words.format(getattr(limit, attribute)) for (attribute, words), limit in known]
    return said + _length(field)


def _length(field: FieldInfo) -> list[str]:
    least = max((limit.min_length for limit in field.metadata if isinstance(limit, limits.MinLen)), default=0)
    most = [limit.max_length for limit in field.metadata if isinstance(limit, limits.MaxLen)]
    if not most:
        return ["not empty"] if least else []
    return [f"{most[0]} characters" if least == most[0] else f"{least or 'up'} to {most[0]} characters"]


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return ""
    value = field.get_default(call_default_factory=True, validated_data={})
    if isinstance(value, datetime):
        return "now"
    if isinstance(value, ObjectId):
        return "a new one"
    if isinstance(value, bytes):
        return "empty"
    plain = value.model_dump_doc() if isinstance(value, EmbeddedModel) else value
    return f"`{json.dumps(plain, ensure_ascii=False)}`"


def _index(found: IndexModel) -> str:
    spec = found.document
    keys = ", ".join(f"`{name}`{' descending' if way == -1 else ''}" for name, way in spec["key"].items())
    only = spec.get("partialFilterExpression", {})
    notes = [
        " **unique**" if spec.get("unique") else "",
        *(f" where {_condition(name, wanted)}" for name, wanted in only.items()),
        f", removed {spec['expireAfterSeconds']} s after it" if "expireAfterSeconds" in spec else "",
    ]
    return keys + "".join(notes)


def _condition(name: str, wanted: Any) -> str:
    if {name: wanted} in (given(name), dated(name), {name: {"$gt": b""}}):
        return f"`{name}` is set"
    return f"`{name}` is there" if wanted == {"$exists": True} else f"`{name}` is `{json.dumps(wanted)}`"


def _parts(kinds: Iterable[Kind]) -> Iterator[type[EmbeddedModel]]:
    for kind in kinds:
        inside = [found for _, field in fields(kind) for found in _flat(field.annotation)]
        found_parts = [found for found in inside if _is(found, EmbeddedModel)]
        yield from found_parts
        yield from _parts(found_parts)


def _flat(kind: Any) -> Iterator[Any]:
    """The type and all types inside it."""
    yield kind
    for inner in get_args(kind):
        yield from _flat(inner)


def _is(kind: Any, plain: type) -> bool:
    return isinstance(kind, type) and get_origin(kind) is None and issubclass(kind, plain)


if __name__ == "__main__":
    sys.stdout.write(markdown())
