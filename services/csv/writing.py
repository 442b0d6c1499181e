"""Writes rows into files that Discord takes: one CSV, or zipped ones where that would be too large."""

import csv
import io
import zipfile
from collections.abc import Iterable, Sequence
from typing import NamedTuple

# The least that Discord takes in any server.
MAX_PART = 8 * 1024 * 1024
# What the packer still holds back, and its index.
_ROOM = 512 * 1024
_BOM = "\ufeff"


class Part(NamedTuple):
    """A file to hand over."""

    name: str
    data: bytes


class _Zip:
    """A packed file of which is known at any time how large it is."""

    def __init__(self, name: str, header: str) -> None:
        self._buffer = io.BytesIO()
        self._zip = zipfile.ZipFile(self._buffer, "w", zipfile.ZIP_DEFLATED)
        self._file = self._zip.open(name, "w", force_zip64=True)
        self.write(header)

    @property
    def size(self) -> int:
        return self._buffer.tell()

    def write(self, text: str) -> None:
        self._file.write(text.encode())

    def done(self) -> bytes:
        self._file.close()
        self._zip.close()
        return self._buffer.getvalue()


class CsvFile:
    """Takes rows in order; every part begins with the header and stays below `most` bytes."""

    def __init__(self, name: str, header: Sequence[str], most: int = MAX_PART) -> None:
        self._name = name
        self._header = _BOM + _lines([header])
        self._most = most
        self._plain: list[str] | None = [self._header]
        self._length = len(self._header.encode())
        self._full: list[bytes] = []
        self._part = self._next()
        self.rows = 0

    def _next(self) -> _Zip:
        return _Zip(f"{self._name}.csv", self._header)

    def write(self, rows: Sequence[Sequence[str]]) -> None:
        """Add rows that belong together no more than any others."""
        text = _lines(rows)
        self.rows += len(rows)
        self._length += len(text.encode())
        if self._length > self._most:
            self._plain = None
        if self._plain is not None:
            self._plain.append(text)
        if self._part.size + min(_ROOM, self._most // 4) + len(text) // 4 > self._most:
            self._full.append(self._part.done())
            self._part = self._next()
        self._part.write(text)

    def parts(self) -> list[Part]:
        """The files, when all rows are in."""
        last = self._part.done()
        if self._plain is not None:
            return [Part(f"{self._name}.csv", "".join(self._plain).encode())]
        every = [*self._full, last]
        if len(every) == 1:
            return [Part(f"{self._name}.zip", last)]
        return [Part(f"{self._name}-{at}.zip", data) for at, data in enumerate(every, start=1)]


def _lines(rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue()
