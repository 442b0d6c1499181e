"""Which indexes a start waits for, and which are built while the shop sells."""

import logging
from typing import NamedTuple

from pymongo import IndexModel

from models.base import Db, Document
from models.registry import AS_DECLARED, all_documents, create_indexes, index_state, indexes_of, settle
from models.retention import Retention

# So many records are indexed within seconds.
SMALL = 200_000

log = logging.getLogger(__name__)


class Wanted(NamedTuple):
    """An index that a record declares and its collection does not have, or has otherwise."""

    document: type[Document]
    declared: IndexModel

    @property
    def name(self) -> str:
        """As `collection.index`."""
        return f"{self.document.__collection__}.{self.declared.document['name']}"


async def lacking(db: Db, kept: Retention = AS_DECLARED) -> list[Wanted]:
    """Everything that is declared and not there, or not as it is declared or configured."""
    missing = set((await index_state(db, kept)).missing)
    found = (Wanted(kind, each) for kind in all_documents() for each in indexes_of(kind, kept))
    return [each for each in found if each.name in missing]


async def prepare_indexes(db: Db, kept: Retention = AS_DECLARED, *, small: int = SMALL) -> list[Wanted]:
    """Build what can be built at once, and what big collections need to be right; the rest is returned.

    Raises IndexRefused like create_indexes.
    """
    wanted = await lacking(db, kept)
    big = {kind for kind in {each.document for each in wanted} if await _how_many(db, kind) > small}
    await create_indexes(db, kept, leaving=big)
    later = [each for each in wanted if each.document in big and "unique" not in each.declared.document]
    for each in wanted:
        if each.document in big and each not in later:
            # Without it two may have what only one may have.
            await build(db, each)
    return later


async def build(db: Db, wanted: Wanted) -> None:
    """Build one, however long that takes; the database goes on reading and writing meanwhile."""
    log.info("index_building", extra={"index": wanted.name})
    await settle(wanted.document.rows(db), wanted.declared)
    log.info("index_built", extra={"index": wanted.name})


async def _how_many(db: Db, kind: type[Document]) -> int:
    return int(await kind.rows(db).estimated_document_count())
