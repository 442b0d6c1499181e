"""Texts of a picture: made harmless, measured generously, and cut to the room that there is."""

import re
import unicodedata
from dataclasses import dataclass

# Widths in hundredths of the type size, of the widest face that browsers commonly take for a page.
_BY_WIDTH = {
    29: "iljIJ'|",
    34: " .,:;!\u00a0",
    42: 'frt()[]{}/\\-\u2011"`',
    56: "cszLF",
    62: "aekovxyzEPTY*?",
    64: "bdghnpqu0123456789$\u20ac\u00a3\u00a5S",
    70: "ABCKRVXZ",
    79: "DGHNOQU",
    84: "w+=<>~^#\u2212&",
    87: "M",
    100: "mW%@\u2026\u2014",
}
_WIDTHS = {each: wide for wide, letters in _BY_WIDTH.items() for each in letters}
_USUAL, _OTHER, _WIDE = 66, 90, 135
_MARKS_AT_ONCE = 2
# Strokes and rings through letters: no name needs them.
_OVERLAYS = re.compile(r"[\u0334-\u0338\u20d0-\u20f0]")
_DROPPED = {"Cc", "Cf", "Cs", "Co", "Cn"}
_JOINERS = "\u200c\u200d"
_SPACES = {"\u2028", "\u2029", "\t", "\n", "\r"}
_PICTURES = re.compile(r"[\u2190-\u2bff\u3000-\u303f\ufe00-\ufe0f\u200c\u200d\U0001f000-\U0001faff]")
# What the picture's own face has letters for: Latin, Greek, Cyrillic, and what stands around numbers.
_KNOWN = re.compile(
    "[ -~\u00a0-\u017e\u0218-\u021b\u0386\u0388-\u038a\u038c\u038e-\u03a1\u03a3-\u03ce\u0400-\u045f"
    "\u0490\u0491\u1ea0-\u1ef9\u2013\u2014\u2018-\u201a\u201c-\u201e\u2022\u2026\u202f\u20a6\u20a9\u20ab\u20ac"
    "\u20b1\u20b4\u20b8-\u20ba\u20bd\u2212]*"
)
_RIGHT_TO_LEFT = re.compile(r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff]")


def clean(text: str) -> str:
    """Somebody's text on one line: no controls, no towers of accents, fancy letters as plain ones."""
    spaced = "".join(" " if each in _SPACES else each for each in text)
    kept, marks = [], 0
    for each in _OVERLAYS.sub("", unicodedata.normalize("NFKC", spaced)):
        category = unicodedata.category(each)
        marks = marks + 1 if category.startswith("M") else 0
        if marks <= _MARKS_AT_ONCE and (category not in _DROPPED or each in _JOINERS):
            kept.append(each)
    return " ".join("".join(kept).split())


def printable(text: str) -> str:
    """A cleaned text as the picture's own face can write it: without little pictures, or else empty."""
    spoken = (each for each in _PICTURES.sub("", text) if not unicodedata.category(each).startswith("M"))
    plain = " ".join("".join(spoken).split())
    return plain if known(plain) else ""


def known(text: str) -> bool:
    """Whether the picture's own face has every letter of it."""
    return _KNOWN.fullmatch(text) is not None


def isolated(text: str) -> str:
    """A text that is written from right to left, so that it does not turn around what stands beside it."""
    return f"\u2068{text}\u2069" if _RIGHT_TO_LEFT.search(text) else text


@dataclass(frozen=True)
class Face:
    """What a text is set in: how its letters compare to the widest face's, and those of its bold."""

    usual: float
    bold: float

    def width(self, text: str, size: float, *, bold: bool = False) -> float:
        """How much room a text takes at most."""
        return sum(map(_hundredths, text)) * size * (self.bold if bold else self.usual) / 100

    def fit(self, text: str, room: float, size: float, *, bold: bool = False) -> str:
        """The text if there is room for it, else its beginning and an ellipsis; no cluster is cut in two."""
        if self.width(text, size, bold=bold) <= room:
            return text
        room -= self.width("…", size, bold=bold)
        taken, end = 0.0, 0
        for each in text:
            taken += self.width(each, size, bold=bold)
            if taken > room:
                break
            end += 1
        while 0 < end < len(text) and (_joins(text[end]) or text[end - 1] in _JOINERS):
            end -= 1
        kept = text[:end].rstrip()
        return f"{kept}…" if kept else ""


# Whatever the reader's browser has; and the picture's own, which is narrower.
BROWSER, PICTURE = Face(1.0, 1.1), Face(0.88, 0.93)


def _hundredths(character: str) -> int:
    if (found := _WIDTHS.get(character)) is not None:
        return found
    if unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    if character.isascii() or unicodedata.category(character) in {"Ll", "Nd"}:
        return _USUAL
    wide = unicodedata.east_asian_width(character) in "WF" or character > "\uffff"
    return _WIDE if wide else _OTHER


def _joins(character: str) -> bool:
    joined = unicodedata.category(character).startswith("M") or character in _JOINERS
    return joined or "\U0001f3fb" <= character <= "\U0001f3ff"
