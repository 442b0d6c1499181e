"""Files as staff bring them in and take them out, for tests of imports and exports."""

import csv
import io
import zipfile
from dataclasses import dataclass

from models.data_import import DataImport
from models.member import Member
from services import Services
from services.csv.contract import Desk
from services.csv.exports import Export
from services.csv.imports import ImportView
from services.csv.writing import Part
from services.shops import Shop
from tests.services.conftest import OWNER


@dataclass(frozen=True)
class Clerk:
    """Somebody who brings files in and takes them out of one shop."""

    services: Services
    shop: Shop
    actor: Member = OWNER
    guarded: frozenset[str] = frozenset()

    @property
    def desk(self) -> Desk:
        """As the services see them."""
        return Desk(self.shop, self.actor, self.guarded)

    async def check(self, kind: str, text: str | bytes, name: str = "file.csv") -> ImportView:
        """Look at a file."""
        content = text if isinstance(text, bytes) else text.encode()
        return await self.services.imports.check(self.desk, kind, name, content)

    async def bring(self, kind: str, text: str | bytes) -> DataImport:
        """Look at a file, find nothing wrong, and bring it in."""
        view = await self.check(kind, text)
        assert [said(problem) for problem in view.look.problems] == []
        return await self.services.imports.apply(self.desk, view.record.key)

    async def take(self, kind: str) -> Export:
        """Everything of a kind."""
        return await self.services.exports.export(self.shop, self.actor, kind)

    async def text(self, kind: str) -> bytes:
        """The one file with everything of a kind."""
        (part,) = (await self.take(kind)).parts
        return part.data


def said(problem: object) -> tuple[int, str, str]:
    """Where, in which column and why a row cannot be taken."""
    error = getattr(problem, "error")  # noqa: B009 - any problem
    return getattr(problem, "line"), error.field, error.problem  # noqa: B009 - as above


def problems(view: ImportView) -> list[tuple[int, str, str]]:
    """The same of every row of a file."""
    return [said(problem) for problem in view.look.problems]


def counts(view: ImportView) -> tuple[int, int, int, int]:
    """How many rows are new, changed, the same and wrong."""
    look = view.look
    return look.added, look.changed, look.same, look.wrong


def table(data: bytes) -> list[dict[str, str]]:
    """A file as a spreadsheet program reads it."""
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def unpacked(part: Part) -> bytes:
    """What is in a zipped part."""
    with zipfile.ZipFile(io.BytesIO(part.data)) as packed:
        (name,) = packed.namelist()
        return packed.read(name)
