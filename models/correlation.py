"""The one id that a click or a webhook has in common with all that comes of it (docs/adr/0042)."""

import contextlib
import secrets
from collections.abc import Iterator
from contextvars import ContextVar

# Crockford's base 32 has no letters that are mistaken for digits when read aloud.
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH = 8

_current: ContextVar[str | None] = ContextVar("correlation", default=None)


def fresh() -> str:
    """A short id that a person can read out and the log contains."""
    return "".join(secrets.choice(CROCKFORD) for _ in range(_LENGTH))


def current() -> str | None:
    """The id of what is being done here and now; None outside of everything that has one."""
    return _current.get()


@contextlib.contextmanager
def correlated(correlation_id: str | None) -> Iterator[str]:
    """Let all that is done inside belong to this id, or to a fresh one where there is none."""
    known = correlation_id or fresh()
    token = _current.set(known)
    try:
        yield known
    finally:
        _current.reset(token)
