"""Discord's refusals in Discord's shape, and the two ways in which a person's act can fail."""

import json
from collections.abc import Sequence
from typing import Any

JSON = dict[str, Any]
to_json = json.JSONEncoder(separators=(",", ":")).encode
Path = Sequence[str | int]


class ApiError(Exception):
    """An answer other than success, as {code, message, errors}."""

    def __init__(self, status: int, code: int, message: str, errors: JSON | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.body: JSON = {"message": message, "code": code}
        if errors:
            self.body["errors"] = errors


class NoAnswerError(Exception):
    """The bot did not answer in time: what Discord shows as "The application did not respond"."""


class NotOfferedError(Exception):
    """The Discord client would not let this person do that (no such command, button, option or value)."""


def unknown(thing: str, code: int) -> ApiError:
    return ApiError(404, code, f"Unknown {thing}")


def unknown_channel() -> ApiError:
    return unknown("Channel", 10003)


def unknown_message() -> ApiError:
    return unknown("Message", 10008)


def unknown_webhook() -> ApiError:
    return unknown("Webhook", 10015)


def missing_access() -> ApiError:
    return ApiError(403, 50001, "Missing Access")


def missing_permissions() -> ApiError:
    return ApiError(403, 50013, "Missing Permissions")


def invalid(path: Path, code: str, message: str) -> ApiError:
    problems = Problems()
    problems.add(path, code, message)
    return problems.as_error()


class Problems:
    """Collects what is wrong with a request body and where, as Discord's nested `errors` object."""

    __slots__ = ("_found",)

    def __init__(self) -> None:
        self._found: JSON = {}

    def add(self, path: Path, code: str, message: str) -> None:
        node = self._found
        for part in path:
            node = node.setdefault(str(part), {})
        node.setdefault("_errors", []).append({"code": code, "message": message})

    def text(self, value: Any, path: Path, high: int, *, low: int = 0, needed: bool = False) -> None:
        """Refuse a text that is missing though needed, no text, too short or too long."""
        if value is None:
            if needed:
                self.add(path, "BASE_TYPE_REQUIRED", "This field is required")
        elif not isinstance(value, str):
            self.add(path, "STRING_TYPE_CONVERT", f'Could not interpret "{value}" as string.')
        elif needed and not value:
            self.add(path, "BASE_TYPE_REQUIRED", "This field is required")
        elif len(value) > high:
            self.add(path, "BASE_TYPE_MAX_LENGTH", f"Must be {high} or fewer in length.")
        elif len(value) < low:
            self.add(path, "BASE_TYPE_MIN_LENGTH", f"Must be {low} or more in length.")

    def whole(self, value: Any, path: Path, low: int, high: int) -> None:
        """Refuse a number outside of low..high; None passes."""
        if value is None:
            return
        if not isinstance(value, int) or isinstance(value, bool):
            self.add(path, "NUMBER_TYPE_COERCE", f'Value "{value}" is not int.')
        elif value > high:
            self.add(path, "NUMBER_TYPE_MAX", f"int value should be less than or equal to {high}.")
        elif value < low:
            self.add(path, "NUMBER_TYPE_MIN", f"int value should be greater than or equal to {low}.")

    def items(self, value: Any, path: Path, low: int, high: int) -> list[Any]:
        """Return the list to look into; refuse what is no list or has too few or too many entries."""
        if not isinstance(value, list):
            self.add(path, "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
            return []
        if not low <= len(value) <= high:
            self.add(path, "BASE_TYPE_BAD_LENGTH", f"Must be between {low} and {high} in length.")
        return value

    def as_error(self) -> ApiError:
        return ApiError(400, 50035, "Invalid Form Body", self._found)

    def settle(self) -> None:
        if self._found:
            raise self.as_error()
