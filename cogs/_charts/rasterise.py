"""Run as a program: an SVG comes in, a PNG goes out. It knows nothing of the shop."""

import os
import sys

from resvg_py import svg_to_bytes

_SECONDS = 10
_BYTES = 1 << 30


def main() -> None:
    """Draw once, giving way to whoever serves people, and never for long."""
    if sys.platform != "win32":
        _modest()
    markup = sys.stdin.buffer.read().decode()
    picture = svg_to_bytes(svg_string=markup, skip_system_fonts=True, font_files=sys.argv[1:])
    sys.stdout.buffer.write(picture)


def _modest() -> None:
    import resource  # noqa: PLC0415 - Windows has none

    os.nice(5)
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (_BYTES, _BYTES))


if __name__ == "__main__":
    main()
