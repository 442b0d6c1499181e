"""What the running shop writes into its log, as a log collector would read it."""

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from bot.config import LogSettings
from bot.log import handler


class Journal:
    """Every record of the house since it was opened."""

    def __init__(self, stream: io.StringIO) -> None:
        self._stream = stream

    def lines(self, **wanted: object) -> list[dict[str, Any]]:
        """Those with these fields, in order."""
        found = (json.loads(line) for line in self._stream.getvalue().splitlines())
        return [line for line in found if all(line.get(key) == value for key, value in wanted.items())]

    def story(self, correlation: str) -> list[str]:
        """What grepping one id tells: the events, in order."""
        return [str(line["event"]) for line in self.lines(correlation=correlation)]


@contextmanager
def journal() -> Iterator[Journal]:
    """Read along until the block ends."""
    stream, root = io.StringIO(), logging.getLogger()
    writing, level = handler(LogSettings.model_validate({"json": True}), (), stream), root.level
    root.addHandler(writing)
    root.setLevel(logging.INFO)
    try:
        yield Journal(stream)
    finally:
        root.setLevel(level)
        root.removeHandler(writing)
