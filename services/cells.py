"""Texts on their way into a table that a spreadsheet opens, and back."""

import re

# What a spreadsheet takes for a formula, and what may stand before it; some take the wide signs as well.
_SIGNS = "=+\\-@＝＋－＠"  # noqa: RUF001 - they are meant to look alike
_FIRST = rf"""(?=['" ]*[{_SIGNS}\t\r])"""
# A German Excel splits at semicolons, others at tabs. Such a program does not see quotes in the middle of
# what it takes for a cell, so there a cell, or a row, may begin within one of ours.
_INNER, _AFTER = rf"""(?=['" ]*[{_SIGNS}])""", r"(?<=[;\t\r\n])"
_RISKY = re.compile(rf"\A{_FIRST}|{_AFTER}{_INNER}")
_MADE_SAFE = re.compile(rf"\A'{_FIRST}|{_AFTER}'{_INNER}")


def harmless(text: str) -> str:
    """The text as no spreadsheet runs any of it: behind an apostrophe whatever could begin a formula."""
    return _RISKY.sub("'", text)


def as_meant(text: str) -> str:
    """What was made harmless, as it was before."""
    return _MADE_SAFE.sub("", text)
