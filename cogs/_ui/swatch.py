"""Pictures of a theme's colours: squares for lines of text, and a small PNG of a page in them."""

import colorsys
import struct
import zlib

from models.palette import Palette

_WIDTH, _HEIGHT = 480, 200
# By hue, in degrees.
_SQUARES = {0: "🟥", 30: "🟧", 52: "🟨", 120: "🟩", 210: "🟦", 275: "🟪", 330: "🟥", 360: "🟥"}
_GREY, _DARK, _BRIGHT = 0.18, 0.18, 0.88

type _Box = tuple[int, int, int, int]


def squares(palette: Palette) -> str:
    """The most telling colours as the squares that come nearest."""
    return "".join(map(_square, (palette.primary, palette.container, palette.section_bg, palette.text)))


def _square(colour: str) -> str:
    red, green, blue = (part / 255 for part in bytes.fromhex(colour[1:]))
    hue, light, full = colorsys.rgb_to_hls(red, green, blue)
    if full < _GREY or not _DARK < light < _BRIGHT:
        return "⬜" if light > 0.5 else "⬛"  # noqa: PLR2004 - half-way
    return _SQUARES[min(_SQUARES, key=lambda each: abs(each - hue * 360))]


def page_picture(palette: Palette) -> bytes:
    """A page in these colours: its surroundings, paper, a section, lines of text and three badges."""
    rows = [bytearray(bytes.fromhex(palette.sidebar[1:]) * _WIDTH) for _ in range(_HEIGHT)]
    for colour, box in _boxes(palette):
        _fill(rows, colour, box)
    return _png(rows)


def _boxes(palette: Palette) -> list[tuple[str, _Box]]:
    badges = (palette.success, palette.warning, palette.error)
    return [
        (palette.border, (39, 15, 441, 185)),
        (palette.container, (40, 16, 440, 184)),
        (palette.primary, (40, 16, 440, 22)),
        (palette.primary, (64, 38, 150, 48)),
        (palette.text, (64, 58, 230, 72)),
        (palette.border, (63, 85, 417, 131)),
        (palette.section_bg, (64, 86, 416, 130)),
        (palette.muted, (76, 94, 150, 102)),
        (palette.text, (76, 110, 210, 118)),
        *((colour, (240 + 56 * at, 102, 284 + 56 * at, 114)) for at, colour in enumerate(badges)),
        (palette.muted, (64, 146, 190, 154)),
        (palette.text, (340, 146, 416, 154)),
        (palette.border, (64, 162, 416, 163)),
        (palette.text, (300, 168, 416, 178)),
    ]


def _fill(rows: list[bytearray], colour: str, box: _Box) -> None:
    left, top, right, bottom = box
    line = bytes.fromhex(colour[1:]) * (right - left)
    for row in rows[top:bottom]:
        row[3 * left : 3 * right] = line


def _png(rows: list[bytearray]) -> bytes:
    head = struct.pack(">IIBBBBB", len(rows[0]) // 3, len(rows), 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows), 6)
    parts = ((b"IHDR", head), (b"IDAT", pixels), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*part) for part in parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
