"""One line per event, with its fields, and with nothing in it that must stay secret."""

import json
import logging
import re
import sys
import time
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, TextIO

from bot.config import LogSettings, Settings
from models.correlation import current

CHATTY = ("nextcord", "aiohttp", "pymongo", "motor", "redis", "asyncio")
HIDDEN = "***"
SHORTEST_SECRET = 6  # hiding every "abc" would hide the log
_LONGEST_WORD, _MOST_WORDS = 60, 500
OWN_FIELDS = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}

PATTERNS = [
    (re.compile(pattern, re.IGNORECASE), rf"\g<keep>{HIDDEN}")
    for pattern in (
        r"(?P<keep>\bauthorization\b['\"]?\s*[:=,]\s*['\"]?)(?:(?:bot|bearer|basic)\s+)?[^\s'\",;)}]+",
        r"(?P<keep>\b(?:bot|bearer|basic)\s+)[\w.~+/=-]{16,}",
        r"(?P<keep>\b[a-z][a-z0-9+.-]{0,30}://)[^/\s@'\"]+(?=@)",
        r"(?P<keep>/(?:invoice|share)/)[^\s/?'\"]+",
        r"(?P<keep>/(?:interactions|webhooks)/\d+/)[^\s/?'\"]+",
        r"(?P<keep>)\beyJ[\w-]{10,}\.[\w.-]{16,}",  # base64 of `{"`: a signed link or a JWT
        r"(?P<keep>)\b[\w-]{23,28}\.[\w-]{6,7}\.[\w-]{27,}",  # a bot's token
        r"(?P<keep>)\b(?:[rs]k_(?:live|test)_|whsec_|EZ[AT]K|SG\.|EAAA)[\w.+/=-]{8,}",  # keys to providers
        # MongoDB quotes what somebody else has already, its driver the whole record.
        r"(?P<keep>\bfull error: )\{.*",
        r"(?P<keep>\bdup key: )\{(?:[^}]|\}(?!, full error))*+.*",
        r"(?P<keep>)(?<![\w.+%-])[\w.+%-]++@[\w-]+(?:\.[\w-]+)+",  # an e-mail address
    )
]


def set_up(settings: Settings, stream: TextIO = sys.stderr) -> None:
    """Send everything that is logged to the stream, as configured; replaces what was set up before."""
    logging.root.handlers[:] = [handler(settings.log, settings.secret_values(), stream)]
    logging.root.setLevel(settings.log.level)
    for name in CHATTY:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.root.level))


def handler(settings: LogSettings, hidden: Iterable[str], stream: TextIO) -> logging.Handler:
    """A handler that writes one redacted line per record."""
    made = logging.StreamHandler(stream)
    made.setFormatter((JsonLines if settings.as_json else TextLines)(Redactor(hidden)))
    return made


class Redactor:
    """Hides the secrets it was given, and whatever looks like one."""

    def __init__(self, hidden: Iterable[str]) -> None:
        known = sorted({each for each in hidden if len(each) >= SHORTEST_SECRET}, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, known))) if known else None
        # Most of a log is the same few words again and again.
        self._words = lru_cache(_MOST_WORDS)(self._without_secrets)

    def text(self, text: str) -> str:
        """The text without its secrets."""
        return self._words(text) if len(text) <= _LONGEST_WORD else self._without_secrets(text)

    def _without_secrets(self, text: str) -> str:
        if self._known:
            text = self._known.sub(HIDDEN, text)
        for pattern, instead in PATTERNS:
            text = pattern.sub(instead, text)
        return text

    def value(self, value: Any) -> Any:
        """A field's value without its secrets; numbers stay numbers."""
        return value if value is None or isinstance(value, int | float) else self.text(str(value))


class Lines(logging.Formatter):
    """What both forms share: a record becomes a flat dictionary, already redacted."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__()
        self._redact = redactor

    def fields(self, record: logging.LogRecord) -> dict[str, Any]:
        """Time, level, logger, event, correlation, then the record's own fields, then its traceback."""
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        found: dict[str, Any] = {
            "time": f"{moment}.{record.msecs:03.0f}Z",
            "level": record.levelname,
            "logger": record.name,
            "event": self._redact.text(_message(record)),
        }
        if (correlation := current()) is not None:
            found["correlation"] = correlation
        extras = {key: value for key, value in record.__dict__.items() if key not in OWN_FIELDS}
        for key, value in extras.items():
            found[f"{key}_" if key in found else key] = self._redact.value(value)
        if record.exc_info:
            found["traceback"] = self._redact.text(self.formatException(record.exc_info))
        if record.stack_info:
            found["stack"] = self._redact.text(record.stack_info)
        return found


class JsonLines(Lines):
    """For log collectors."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(self.fields(record))


class TextLines(Lines):
    """For people: time, level, logger and event, then key=value for each field."""

    def format(self, record: logging.LogRecord) -> str:
        found = self.fields(record)
        start = [found.pop("time"), found.pop("level"), found.pop("logger"), _one_line(found.pop("event"))]
        return " ".join([*start, *(f"{key}={_quoted(value)}" for key, value in found.items())])


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError, KeyError):  # the standard handler would print the arguments as they are
        return f"{record.msg} {record.args}"


def _one_line(text: str) -> str:
    return text if text.isprintable() else json.dumps(text)


def _quoted(value: Any) -> str:
    text = str(value)
    plain = text.isprintable() and text and not set(text) & set(" =\"'")
    return text if plain else json.dumps(text, ensure_ascii=not text.isprintable())
