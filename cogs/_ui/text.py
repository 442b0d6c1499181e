"""Texts that fit Discord's limits, and people's texts that cannot ping or break out of their field."""

import re
import unicodedata

BLANK = "\u200b"
_JOINERS = ("\u200d", "\ufe0e", "\ufe0f")
_TICK = "\N{MODIFIER LETTER GRAVE ACCENT}"
_LONGEST_CLUSTER = 16
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
_MARKDOWN = re.compile(r"([\\*_~`|\[\]<]|^[ \t]*(?:[#>+-]|\d+(?=\. )))", re.MULTILINE)
_EVERYBODY = re.compile(r"@(?=everyone|here)", re.IGNORECASE)
_RIGHT_TO_LEFT = re.compile(r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff]")


def width(text: str) -> int:
    """How long Discord's clients take a text to be: UTF-16 units, never less than its characters."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def cut(text: str, limit: int) -> str:
    """The text if it fits, else its beginning and an ellipsis; no character or accent is cut in two."""
    if len(text) * 2 <= limit or width(text) <= limit:
        return text
    units = text.encode("utf-16-le", "surrogatepass")[: (limit - 1) * 2]
    end = len(units.decode("utf-16-le", "ignore"))
    for _ in range(_LONGEST_CLUSTER):
        if end == 0 or not (_joins(text[end]) or text[end - 1] == "\u200d"):
            break
        end -= 1
    return text[:end].rstrip() + "…"


def _joins(character: str) -> bool:
    return character in _JOINERS or unicodedata.category(character).startswith("M")


def plain(text: str, *, lines: bool = False) -> str:
    """A person's text, harmless inside an embed or a message; `lines` keeps its line breaks.

    Labels of buttons, options and forms show no markdown: give them the text as it is, they use `label`.
    """
    seen = _UNSEEN.sub("", text.replace("\r\n", "\n"))
    if not lines:
        seen = " ".join(seen.split())
    escaped = _MARKDOWN.sub(_escape, seen)
    escaped = _EVERYBODY.sub("@" + BLANK, escaped).replace("://", ":\\//")
    return f"\u2068{escaped}\u2069" if _RIGHT_TO_LEFT.search(escaped) else escaped


def _escape(found: re.Match[str]) -> str:
    mark = found[0]
    if mark[-1].isdigit():
        return f"{mark}{BLANK}"
    return f"{mark[:-1]}\\{mark[-1]}"


def marked(text: str) -> str:
    """A text of the staff's whose marks work, apart from pings and from links that hide where they lead."""
    seen = _EVERYBODY.sub("@" + BLANK, _UNSEEN.sub("", text))
    return seen.replace("](", f"]{BLANK}(").replace("<@", f"<{BLANK}@")


def label(text: str, limit: int) -> str:
    """A text where Discord shows no marks, cut, and without what turns a line round or is not seen."""
    return cut(text if text.isascii() and text.isprintable() else _UNSEEN.sub("", text), limit)


def code(text: str) -> str:
    """A person's text as inline code, from which no backtick breaks out."""
    return f"`{' '.join(_UNSEEN.sub('', text).replace('`', _TICK).split()) or ' '}`"


def block(text: str, limit: int = 1000) -> str:
    """A text to copy or to look at, its lines kept, as a code block from which no backtick breaks out."""
    return f"```\n{cut(_UNSEEN.sub('', text).replace('`', _TICK), limit) or ' '}\n```"


def mention(discord_id: str) -> str:
    """A person as Discord's clients show them; nobody is pinged by it, and an erased one is only named."""
    return f"<@{discord_id}>" if discord_id.isdigit() else code(discord_id)
