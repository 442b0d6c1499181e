"""Names each wrong setting where it was written, with what is allowed there, and never with its value."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

PREFIX = "SHOP_"

# pydantic's wording where people need a plainer one; {…} are the limits it reports.
PLAIN = {
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "finite_number": "must be a number",
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "string_type": "must be a text in quotes",
    "path_type": "must be a text in quotes",
    "tuple_type": "must be a list",
    "model_type": "must be a section with keys",
    "literal_error": "must be one of {expected}",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "string_too_short": "must not be empty",
    "string_pattern_mismatch": "must match {pattern}",
    "value_error": "{error}",
}


class ConfigError(Exception):
    """Settings that cannot be used; the text lists every problem on a line of its own."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = list(problems)
        super().__init__(
            "\n".join(["The configuration cannot be used:", *(f"- {each}" for each in self.problems)])
        )


class Layers:
    """What was written where: the file below, the environment above."""

    def __init__(
        self, model: type[BaseModel], path: Path | None, file: dict[str, Any], environ: Mapping[str, str]
    ) -> None:
        self.path = path
        self.file = file
        self.sections = {name: keys_of(field.annotation) for name, field in model.model_fields.items()}
        self.environment: dict[tuple[str, ...], str] = {}
        self.misplaced: list[str] = []
        for name, value in environ.items():
            if name.startswith(PREFIX):
                self._take(name, value)

    def merged(self) -> dict[str, Any]:
        """Both layers as one document."""
        document = {
            key: dict(value) if isinstance(value, dict) else value for key, value in self.file.items()
        }
        for (section, *key), value in self.environment.items():
            if not key:
                document[section] = value
            elif isinstance(table := document.setdefault(section, {}), dict):
                table[key[0]] = value
        return document

    def name_of(self, where: tuple[str, ...]) -> str:
        """The setting as its author wrote it."""
        if where in self.environment:
            return variable(where)
        return (
            f"{where[-1]} in [{where[0]}] of {self.path}" if len(where) > 1 else f"{where[0]} in {self.path}"
        )

    def _take(self, name: str, value: str) -> None:
        where = tuple(name.removeprefix(PREFIX).lower().split("__"))
        if where not in self._settings():
            self.misplaced.append(f"{name} is not a setting. {self._nearest(name, where[0])}")
        elif value:  # an empty variable is how many tools spell an absent one
            self.environment[where] = value

    def _settings(self) -> list[tuple[str, ...]]:
        plain: list[tuple[str, ...]] = [(name,) for name, keys in self.sections.items() if not keys]
        return plain + [(section, key) for section, keys in self.sections.items() for key in keys]

    def _nearest(self, name: str, section: str) -> str:
        keys = self.sections.get(section, [])
        families = [
            variable((each, "…")) if inside else variable((each,)) for each, inside in self.sections.items()
        ]
        allowed = [variable((section, key)) for key in keys] or families
        return guess(name, map(variable, self._settings()), allowed)


def phrase(wrong: ValidationError, layers: Layers) -> list[str]:
    """One sentence for each of pydantic's findings."""
    return [_sentence(each, layers) for each in wrong.errors(include_url=False, include_input=False)]


def keys_of(annotation: Any) -> list[str]:
    """The keys of a section; none for a plain setting."""
    if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
        return []
    return [field.alias or name for name, field in annotation.model_fields.items()]


def variable(where: tuple[str, ...]) -> str:
    """The environment variable of a setting."""
    return PREFIX + "__".join(where).upper()


def guess(name: str, candidates: Iterable[str], allowed: Iterable[str]) -> str:
    """The nearest name that exists, and all that are allowed."""
    nearest = get_close_matches(name, list(candidates), n=1)
    hint = f"Did you mean {nearest[0]}? " if nearest else ""
    return f"{hint}Allowed: {', '.join(allowed)}."


def _sentence(finding: ErrorDetails, layers: Layers) -> str:
    names = tuple(part for part in finding["loc"] if isinstance(part, str))
    where, items = names[:2], [part for part in finding["loc"] if isinstance(part, int)]
    if finding["type"] == "extra_forbidden":
        return f"{layers.name_of(where)} is not a setting. {_better_place(where, layers)}"
    item = f", value {items[0] + 1}," if items else ""
    plain = PLAIN.get(finding["type"], finding["msg"]).format(**finding.get("ctx", {}))
    return f"{layers.name_of(where)}{item} {plain}."


def _better_place(where: tuple[str, ...], layers: Layers) -> str:
    key = where[-1]
    homes = [section for section, keys in layers.sections.items() if key in keys]
    if homes:
        return f"Did you mean {key} in [{homes[0]}]?"
    allowed = list(layers.sections) if len(where) == 1 else layers.sections[where[0]]
    return guess(key, allowed, allowed)
