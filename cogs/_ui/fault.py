"""What the log says of a fault: where it happened and of which kind, without anything that people typed."""

import traceback
from collections.abc import Iterator

import nextcord

# What these say names code, never a person's text; others quote what they were given.
_OF_CODE = (AttributeError, ImportError, NameError, NotImplementedError, RecursionError, TypeError)
_MOST_CAUSES = 5


def told(error: BaseException) -> str:
    """A traceback of the fault and of what it came from; messages that may quote people are left out."""
    parts = []
    for each, how in _chain(error):
        said = f"{type(each).__module__}.{type(each).__qualname__}{_message(each)}"
        parts.append(f"{how}{''.join(traceback.format_tb(each.__traceback__))}{said}")
    return "\n".join(reversed(parts))


def _chain(error: BaseException) -> Iterator[tuple[BaseException, str]]:
    """The fault and its causes, latest first, each with how it follows from the one before it."""
    for _ in range(_MOST_CAUSES):
        cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        yield error, "" if cause is None else "from that:\n"
        if cause is None:
            return
        error = cause


def _message(error: BaseException) -> str:
    """What may be said of it: names of code, and the codes of Discord and of the database."""
    if isinstance(error, _OF_CODE):
        return f": {error}"
    if isinstance(error, nextcord.HTTPException):
        return f": {error.status} {error.code}"
    code = getattr(error, "code", None)
    return f": {code}" if isinstance(code, int) else ""
