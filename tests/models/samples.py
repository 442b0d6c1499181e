"""A valid record of any kind, made from its declaration: required fields filled, the rest as by default."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, get_args, get_origin

import annotated_types
from odmantic import EmbeddedModel
from pydantic.fields import FieldInfo

from models.base import Document

NOW = datetime(2026, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC)


def sample[K: Document | EmbeddedModel](kind: type[K], **given: Any) -> K:
    """A record or part of this kind with the given Python fields; unique where an index may ask for it."""
    needed = {name: field for name, field in kind.model_fields.items() if field.is_required()}
    return kind(**{name: fill(name, field) for name, field in needed.items()} | given)


def fill(name: str, field: FieldInfo) -> Any:
    """A value that the field takes."""
    kind = field.annotation
    if get_origin(kind) is list:
        return [sample(part) for part in get_args(kind) if issubclass(part, EmbeddedModel)]
    assert isinstance(kind, type)
    if issubclass(kind, EmbeddedModel):
        return sample(kind)
    if issubclass(kind, StrEnum):
        return next(iter(kind))
    if issubclass(kind, datetime):
        return NOW
    if issubclass(kind, int):
        return 1
    return f"{name}-1"[: longest(field)]


def longest(field: FieldInfo) -> int:
    """How many characters the field takes."""
    return min(
        (limit.max_length for limit in field.metadata if isinstance(limit, annotated_types.MaxLen)),
        default=99,
    )
