"""How Python declarations become stored names: metaclasses for records and their parts, and the time type."""

from datetime import UTC, datetime
from types import UnionType
from typing import Annotated, Any, get_args

from odmantic import EmbeddedModel, Field
from odmantic.bson import WithBsonSerializer
from odmantic.config import ODMConfigDict
from odmantic.field import ODMFieldInfo
from odmantic.model import BaseModelMetaclass, EmbeddedModelMetaclass, ModelMetaclass
from pydantic import AfterValidator, BeforeValidator
from pydantic.alias_generators import to_camel


def utc_now() -> datetime:
    """The present time, aware, in UTC, cut to the milliseconds that MongoDB keeps."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def _aware(moment: Any) -> Any:
    if not isinstance(moment, datetime):
        return moment
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


# Before, because ODMantic refuses other zones; after, because it may have read a text.
Utc = Annotated[datetime, BeforeValidator(_aware), AfterValidator(_aware)]


def _optional_part(kind: Any) -> Any:
    # ODMantic takes `Part | None` for a list of parts, and can neither store nor read it.
    parts = [arg for arg in get_args(kind) if isinstance(arg, type) and issubclass(arg, EmbeddedModel)]
    if not parts or not isinstance(kind, UnionType):
        return kind
    part = parts[0]

    def read(value: Any) -> Any:
        by_stored_names = isinstance(value, dict) and not value.keys() <= part.model_fields.keys()
        return part.model_validate_doc(value) if by_stored_names else value

    def write(value: dict[str, Any] | None) -> dict[str, Any] | None:
        return None if value is None else part.model_validate(value).model_dump_doc()

    return Annotated[kind, BeforeValidator(read), WithBsonSerializer(write)]


def _name_keys(namespace: dict[str, Any]) -> None:
    for name, kind in namespace.get("__annotations__", {}).items():
        if name.startswith("_"):
            continue
        namespace["__annotations__"][name] = _optional_part(kind)
        value = namespace.get(name)
        if isinstance(value, ODMFieldInfo):
            value.key_name = value.key_name or to_camel(name)
        elif name in namespace:
            namespace[name] = Field(default=value, key_name=to_camel(name))
        else:
            namespace[name] = Field(key_name=to_camel(name))


def _abstract(
    meta: type[BaseModelMetaclass], name: str, bases: tuple[type, ...], namespace: dict[str, Any]
) -> type:
    # ODMantic takes every subclass of Model for a stored record and swaps it out as a base.
    made: type = super(BaseModelMetaclass, meta).__new__(meta, name, bases, namespace)
    return made


class DocumentMeta(ModelMetaclass):
    """Gives a record's fields the dictionary's names, and createdAt and updatedAt."""

    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **kwargs: Any) -> type:
        if "model_config" not in namespace:
            return _abstract(mcs, name, bases, namespace)
        namespace["__annotations__"] |= {"created_at": Utc, "updated_at": Utc}
        namespace["created_at"] = Field(default_factory=utc_now)
        namespace["updated_at"] = Field(default_factory=utc_now)
        _name_keys(namespace)
        made: type = super().__new__(mcs, name, bases, namespace, **kwargs)
        return made


class PartMeta(EmbeddedModelMetaclass):
    """Gives a part's fields the dictionary's names."""

    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **kwargs: Any) -> type:
        if "__annotations__" not in namespace:
            return _abstract(mcs, name, bases, namespace)
        namespace["model_config"] = ODMConfigDict(parse_doc_with_default_factories=True, extra="ignore")
        _name_keys(namespace)
        made: type = super().__new__(mcs, name, bases, namespace, **kwargs)
        return made
