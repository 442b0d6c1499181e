"""The backup as a file: a compressed tar of numbered parts, with a head before and a manifest after them."""

import gzip
import hashlib
import io
import json
import re
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

FORMAT = 1
HEAD, SECRET, MANIFEST = "head.json", "secret", "manifest.json"
_COMPRESSION = 5
# A batch of the driver's has at most 16 MiB and one document more.
_LARGEST = 48 * 1024 * 1024
_SMALLEST_DOCUMENT = 5
_BROKEN = (OSError, EOFError, zlib.error, tarfile.TarError)
_COLLECTION = re.compile(r"(?!system\.)[A-Za-z0-9_.-]{1,100}")


class BackupError(Exception):
    """A backup cannot be made or used; the text says why, and what to do."""


class Part(BaseModel):
    """One piece of a collection, or the secret, as the manifest names it."""

    model_config = ConfigDict(extra="forbid")

    name: str
    collection: str | None = None
    count: int = Field(default=0, ge=0)
    sha256: str


class Manifest(BaseModel):
    """What a backup holds; `secrets` are marks by which secrets are known again, nothing more."""

    model_config = ConfigDict(extra="forbid")

    made_at: str
    secrets: list[str]
    parts: list[Part]

    @property
    def counts(self) -> dict[str, int]:
        """How many records there are of each collection."""
        found: dict[str, int] = {}
        for part in self.parts:
            if part.collection is not None:
                found[part.collection] = found.get(part.collection, 0) + part.count
        return found

    @property
    def has_secret(self) -> bool:
        """Whether the shop's own secret came along."""
        return any(part.name == SECRET for part in self.parts)


class Loaded(NamedTuple):
    """A part with what it holds; the manifest vouches for it."""

    part: Part
    data: bytes


class Writer:
    """Writes a backup into an open file, one part after the other; it holds one part at a time."""

    def __init__(self, file: IO[bytes], now: int) -> None:
        self._now = now
        self._packed = gzip.GzipFile("", "wb", _COMPRESSION, file, mtime=now)
        self._tar = tarfile.open(fileobj=self._packed, mode="w|")  # noqa: SIM115 - closed in `finish`
        self._parts: list[Part] = []
        self._put(HEAD, json.dumps({"format": FORMAT}).encode())

    def add(self, collection: str, data: bytes) -> None:
        """Add documents of a collection, as the database gave them."""
        name = f"data/{len(self._parts):08}.bson"
        count = sum(1 for _ in documents(data))
        self._parts.append(Part(name=name, collection=collection, count=count, sha256=_digest(data)))
        self._put(name, data)

    def add_secret(self, data: bytes) -> None:
        """Add the shop's own secret."""
        self._parts.append(Part(name=SECRET, sha256=_digest(data)))
        self._put(SECRET, data)

    def finish(self, made_at: str, secrets: list[str]) -> Manifest:
        """Write the manifest; without it the file is worth nothing."""
        manifest = Manifest(made_at=made_at, secrets=secrets, parts=self._parts)
        self._put(MANIFEST, manifest.model_dump_json().encode())
        self._tar.close()
        self._packed.close()
        return manifest

    def _put(self, name: str, data: bytes) -> None:
        member = tarfile.TarInfo(name)
        member.size, member.mtime, member.mode = len(data), self._now, 0o600
        self._tar.addfile(member, io.BytesIO(data))


def documents(data: bytes) -> Iterator[bytes]:
    """The BSON documents that stand one after another; raises BackupError where they do not."""
    at = 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "little")
        if not _SMALLEST_DOCUMENT <= size <= len(data) - at:
            raise BackupError("The backup holds something that is no record of a database.")
        yield data[at : at + size]
        at += size


def examine(path: Path) -> Manifest:
    """Read a backup from beginning to end and compare every checksum; raises BackupError."""
    seen: dict[str, str] = {}
    manifest: bytes | None = None
    for name, data in _members(path):
        if manifest is not None or name in seen:
            raise _altered(path)
        if name == MANIFEST:
            manifest = data
        else:
            seen[name] = _digest(data)
    if manifest is None:
        raise BackupError(f"{path} is not whole: its end is missing. Copy it again, or take an older backup.")
    told = _manifest(path, manifest)
    if {part.name: part.sha256 for part in told.parts} != seen or len(told.parts) != len(seen):
        raise _altered(path)
    return told


def load(path: Path, manifest: Manifest) -> Iterator[Loaded]:
    """Every part in its order, compared anew: the file may have changed since; raises BackupError."""
    known = {part.name: part for part in manifest.parts}
    for name, data in _members(path):
        if name == MANIFEST:
            continue
        part = known.pop(name, None)
        if part is None or part.sha256 != _digest(data):
            raise _altered(path)
        yield Loaded(part, data)
    if known:
        raise _altered(path)


def _manifest(path: Path, data: bytes) -> Manifest:
    try:
        told = Manifest.model_validate_json(data)
    except ValidationError:
        raise _altered(path) from None
    if any(part.collection and not _COLLECTION.fullmatch(part.collection) for part in told.parts):
        raise _altered(path)
    return told


def _members(path: Path) -> Iterator[tuple[str, bytes]]:
    """The name and content of everything behind the head, whose format is checked first."""
    try:
        with gzip.open(path, "rb") as packed:
            with tarfile.open(fileobj=packed, mode="r|") as tar:
                members = _read(path, tar)
                _check_head(path, next(members, None))
                yield from members
            # What comes behind the tar is compared by gzip's own checksum only when it is read.
            while packed.read(65536):
                continue
    except FileNotFoundError:
        raise BackupError(f"There is no file {path}.") from None
    except _BROKEN as reason:
        raise BackupError(
            f"{path} is no backup, or not whole ({type(reason).__name__}). "
            "Copy it again, or take an older backup."
        ) from None


def _read(path: Path, tar: tarfile.TarFile) -> Iterator[tuple[str, bytes]]:
    for member in tar:
        file = tar.extractfile(member) if member.isreg() and member.size <= _LARGEST else None
        if file is None:
            raise _altered(path)
        yield member.name, file.read()
        tar.members = []  # type: ignore[attr-defined]  # else a stream notes each of them for ever


def _check_head(path: Path, head: tuple[str, bytes] | None) -> None:
    try:
        told: Any = json.loads(head[1]) if head and head[0] == HEAD else None
    except ValueError:
        told = None
    if not isinstance(told, dict) or "format" not in told:
        raise BackupError(f"{path} is no backup that `run.py backup` made.")
    if told["format"] != FORMAT:
        raise BackupError(
            f"{path} was made in format {told['format']!r:.20}, and this version reads format {FORMAT}. "
            "Restore it with the version of the shop that made it."
        )


def _altered(path: Path) -> BackupError:
    return BackupError(
        f"{path} was altered or is damaged: what it holds does not match its checksums. "
        "Copy it again, or take an older backup."
    )


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
