"""Tells the demo in a terminal: who did what, and what they then saw, as on a screen of theirs."""

import json
import os
import re
import textwrap
from collections.abc import Iterator
from typing import TextIO

from bot.sandbox import Form, Person, Seen
from bot.sandbox.reading import read
from bot.sandbox.world import Message

WIDTH = 92
_MARGIN = "    | "
_BOLD, _DIM, _GREEN, _RED, _PLAIN = "\x1b[1m", "\x1b[2m", "\x1b[32m", "\x1b[31m", "\x1b[0m"
# What a client turns into looks, and what nobody sees.
_MARKS = re.compile(r"\*\*|`|[\u200b\u2066-\u2069\ufe0f]|\\(?=[^\w\s])")
_LINK = re.compile(r"\[([^\[\]]+)\]\(https?://[^\s()]+\)")
_FENCE = "```"
_BUTTON = re.compile(r"\[.*\](?: \(off\))?(?: -> \S+)?")
_OPTION = re.compile(r"  [*-] ")
_RELATIVE = re.compile(r"<t:(\d+):R>")
_UNITS = (("day", 86400.0), ("hour", 3600.0), ("minute", 60.0), ("second", 1.0))
_MOST_LINES = 24


class Telling:
    """Writes to a stream; colour only where a person is looking."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._coloured = stream.isatty() and "NO_COLOR" not in os.environ

    def chapter(self, title: str) -> None:
        """Begin a part of the story."""
        self._write(f"\n{self._paint(title, _BOLD)}\n{'=' * len(title)}")

    def aside(self, text: str) -> None:
        """Say what happens behind the scenes."""
        self._write("\n" + "\n".join(textwrap.wrap(text, WIDTH)))

    def fact(self, text: str) -> None:
        """Say what has come true."""
        self._write(self._paint(f"  * {text}", _GREEN))

    def line(self, text: str) -> None:
        """Say something that must stay in one line, such as an address."""
        self._write(f"    {text}")

    def wrong(self, text: str) -> None:
        """Say what went wrong."""
        self._write(self._paint(f"\nSomething went wrong: {text}", _RED))

    def does(self, who: Person, what: str) -> None:
        """Say what a person did."""
        self._write(f"\n{self._paint(who.name, _BOLD)} {what}")

    def sees(self, seen: Seen, where: str = "") -> None:
        """Show what the person has in front of them now."""
        if where:
            self._write(self._paint(f"  {where}", _DIM))
        self._frame(shown(seen))

    def fills(self, form: Form, values: dict[str, str]) -> None:
        """Show the form and what was written into it."""
        self._frame([form.title, *(f"{label}: {value}" for label, value in values.items())])

    def _frame(self, lines: list[str]) -> None:
        left = len(lines) - _MOST_LINES
        kept = lines if left <= 1 else [*lines[:_MOST_LINES], f"({left} more lines)"]
        for line in kept:
            for part in textwrap.wrap(line, WIDTH - len(_MARGIN), break_on_hyphens=False) or [""]:
                self._write(self._paint(_MARGIN, _DIM) + part)

    def _paint(self, text: str, colour: str) -> str:
        return f"{colour}{text}{_PLAIN}" if self._coloured else text

    def _write(self, text: str) -> None:
        encoding = self._stream.encoding or "utf-8"
        self._stream.write(text.encode(encoding, "replace").decode(encoding) + "\n")
        self._stream.flush()


def shown(seen: Seen) -> list[str]:
    """A message's text without its marks, its buttons side by side, its menus closed."""
    world, now = seen.person.world, seen.person.world.clock().timestamp()
    with_times = _RELATIVE.sub(lambda found: _from_now(int(found[1]) - now), json.dumps(seen.payload))
    message = Message(seen.id, seen.message.channel, json.loads(with_times))
    lines = [line for line in read(world, message).splitlines() if line != _FENCE]
    return list(_rows([_MARKS.sub("", _LINK.sub(r"\1", line)) for line in lines]))


def _from_now(seconds: float) -> str:
    """A moment as clients show it: in 24 hours, 3 minutes ago."""
    unit, size = next((each for each in _UNITS if abs(seconds) >= each[1]), _UNITS[-1])
    n = max(1, round(abs(seconds) / size))
    said = f"{n} {unit}{'s' * (n > 1)}"
    return f"in {said}" if seconds > 0 else f"{said} ago"


def _rows(lines: list[str]) -> Iterator[str]:
    buttons: list[str] = []
    for line in lines:
        if _OPTION.match(line):
            continue
        if _BUTTON.fullmatch(line) and line != "[image]":
            buttons.append(re.sub(r" -> \S+", "", line))
            continue
        if buttons:
            yield "  ".join(buttons)
            buttons.clear()
        yield line
    if buttons:
        yield "  ".join(buttons)
