"""The shop's own texts, in which addresses stay clickable while everything else is harmless."""

import re

from cogs._ui.text import plain

_ADDRESS = re.compile(r"(https?://[^\s<>()\[\]|*`\"]+)")


def linked(text: str) -> str:
    """A text that staff wrote, such as a description or a download address, line breaks kept."""
    parts = _ADDRESS.split(text)
    return "".join(part if at % 2 else _around(part) for at, part in enumerate(parts))


def _around(text: str) -> str:
    # Line by line, because what is plain loses the blanks around it only as a whole.
    return plain(text, lines=True) if text.strip() else text
