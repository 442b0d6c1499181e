"""What staff enter to reach a partner: which values, whether they can be right, how they show."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr, ValidationError
from pydantic.fields import FieldInfo

from models.errors import BadInput
from services.partner import ProviderKeys
from services.storable import well_formed

_LENGTH = 4000
_SHOWN = 4


@dataclass(frozen=True)
class KeyField:
    """One value that staff enter; `description` says where to find it, `lines` that it may have several."""

    key: str
    label: str
    example: str
    description: str
    secret: bool
    required: bool
    lines: bool
    length: int


def key_fields(keys: type[ProviderKeys]) -> tuple[KeyField, ...]:
    """What staff enter, in order; the environment is chosen apart."""
    return tuple(
        KeyField(
            key=key,
            label=field.title or key,
            example=str(field.examples[0]) if field.examples else "",
            description=field.description or "",
            secret=field.annotation is SecretStr,
            required=field.is_required(),
            lines=isinstance(field.json_schema_extra, dict) and bool(field.json_schema_extra.get("lines")),
            length=min(_limits(field), default=_LENGTH),
        )
        for key, field in keys.model_fields.items()
        if key != "environment"
    )


def _limits(field: FieldInfo) -> Iterator[int]:
    return (rule.max_length for rule in field.metadata if isinstance(getattr(rule, "max_length", None), int))


def checked(shape: type[ProviderKeys], values: Mapping[str, str], known: ProviderKeys | None) -> ProviderKeys:
    """The keys as entered; an empty secret is the one known. Raises BadInput naming the first wrong value."""
    given: dict[str, Any] = {"environment": known.environment if known else "live"}
    for field in key_fields(shape):
        text = values.get(field.key, "").strip()
        if len(text) > _LENGTH:
            raise BadInput(field.key, "length", _LENGTH)
        if well_formed(text) != text:
            raise BadInput(field.key, "example", field.example)
        if text:
            given[field.key] = text
        elif field.secret and known is not None:
            given[field.key] = getattr(known, field.key)
        elif field.required:
            raise BadInput(field.key, "required")
    try:
        return shape(**given)
    except ValidationError as error:
        wrong = str(error.errors()[0]["loc"][0])
    example = next((field.example for field in key_fields(shape) if field.key == wrong), "")
    raise BadInput(wrong, "example", example)


def masked(keys: ProviderKeys) -> dict[str, str]:
    """The values as they may be seen: of a secret the last four characters at most."""
    shown: dict[str, str] = {}
    for field in key_fields(type(keys)):
        value = getattr(keys, field.key)
        if isinstance(value, SecretStr):
            text = value.get_secret_value()
            # Of a short one the last characters would be half of it.
            hidden = f"••••{text[-_SHOWN:]}" if len(text) >= 4 * _SHOWN else "••••"
            shown[field.key] = hidden if text else ""
        else:
            shown[field.key] = str(value)
    return shown
