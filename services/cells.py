"""Texts on their way into a table that a spreadsheet opens."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
# Signs that some spreadsheets take for those.
_WIDE = ("＝", "＋", "－", "＠")  # noqa: RUF001 - they are meant to look alike


def safe(text: str) -> str:
    """The text so that no spreadsheet takes it for a formula: with a quote before what could begin one."""
    return f"'{text}" if text.lstrip(" \n").startswith((*_FORMULA, *_WIDE)) else text
