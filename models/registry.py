"""Every stored record of the house, found by being there, and the indexes they ask for."""

import asyncio
import contextlib
import hashlib
import importlib
import inspect
import logging
import pkgutil
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from types import ModuleType
from typing import Any, NamedTuple

from odmantic.index import ODMBaseIndex
from pymongo import IndexModel
from pymongo.errors import DuplicateKeyError, OperationFailure

import models
from models.base import Db, Document, Rows
from models.retention import Retention

# Made by hand when a cluster is sharded (models/sharding.py), and good for nothing without one.
SHARD_INDEX = "tenantId_hashed"
# Indexes of earlier versions, dropped once those that replace them are there.
_RETIRED = {"outbox": {"dedupeKey_1", "urgency_1_nextAttemptAt_1"}}
NOT_FOUND = 27
_NO_COLLECTION = 26
# Seconds between two looks at an index that another process is building.
_AGAIN_AFTER = 0.1
_TRIES = 3
_TIMELESS = ("unique", "partialFilterExpression")
_OPTIONS = (*_TIMELESS, "expireAfterSeconds")
_NOT_OURS = {"_id_", SHARD_INDEX}
AS_DECLARED = Retention()

log = logging.getLogger(__name__)


type Keys = list[tuple[str, Any]]


class IndexRefused(Exception):
    """Stored records break a rule that an index must keep; the text says what an operator can do."""


def all_documents() -> tuple[type[Document], ...]:
    """Every record that has a collection, in order of the collections' names."""
    found = {document for module in _modules() for document in _declared(module)}
    return tuple(sorted(found, key=lambda document: document.__collection__))


def indexes_of(document: type[Document], kept: Retention = AS_DECLARED) -> list[IndexModel]:
    """The indexes that a record declares, those that let records expire with the configured time."""
    found = [
        each.get_pymongo_index() if isinstance(each, ODMBaseIndex) else each
        for each in document.__indexes__()
    ]
    return [_expiring(each, document.__collection__, kept) for each in found]


def _expiring(wanted: IndexModel, collection: str, kept: Retention) -> IndexModel:
    seconds = kept.expiries.get(f"{collection}.{_keys(wanted)[0][0]}")
    if "expireAfterSeconds" not in wanted.document or seconds is None:
        return wanted
    return _with(wanted, expireAfterSeconds=seconds)


def _with(wanted: IndexModel, **changed: Any) -> IndexModel:
    options = {name: value for name, value in wanted.document.items() if name != "key"}
    return IndexModel(_keys(wanted), **{**options, **changed})


async def create_indexes(
    db: Db, kept: Retention = AS_DECLARED, *, leaving: Collection[type[Document]] = ()
) -> None:
    """Make the database's indexes those that the records declare; safe to repeat and to run twice at once.

    A changed definition stands under a name of its own before the old one is dropped, so that what must be
    unique is at every moment; one that nobody declared stays and is logged. Records of the kinds in `leaving`
    are left alone.
    Raises IndexRefused when stored records break a unique index.
    """
    for document in all_documents():
        if document in leaving:
            continue
        await _agree(document.rows(db), indexes_of(document, kept))


class IndexState(NamedTuple):
    """How the database's indexes differ from the declared ones, each as `collection.index`."""

    missing: list[str]
    undeclared: list[str]


async def index_state(db: Db, kept: Retention = AS_DECLARED) -> IndexState:
    """Which declared indexes are not there, or not as they are declared, and which ones nobody declares.

    One that is still being built is not there.
    """
    missing, undeclared = list[str](), list[str]()
    for document in all_documents():
        rows, declared = document.rows(db), indexes_of(document, kept)
        there = (await _listed(rows)).built
        standing = {wanted.document["name"]: found(wanted, there) for wanted in declared}
        missing += [f"{rows.name}.{name}" for name, has in standing.items() if has is None]
        strays = set(there) - set(standing) - set(standing.values()) - _NOT_OURS
        undeclared += [f"{rows.name}.{stray}" for stray in sorted(strays)]
    return IndexState(missing, undeclared)


def found(wanted: IndexModel, there: Mapping[str, Any]) -> str | None:
    """The name of the index that is as declared; a changed one was built beside the old, under another."""
    return _first(wanted, there, _OPTIONS)


def _first(wanted: IndexModel, there: Mapping[str, Any], options: Sequence[str]) -> str | None:
    alike = (
        name
        for name, each in there.items()
        if each["key"] == _keys(wanted)
        and all(wanted.document.get(option) == each.get(option) for option in options)
    )
    return next(alike, None)


def _keys(wanted: IndexModel) -> Keys:
    return list(wanted.document["key"].items())


def _modules() -> Iterator[ModuleType]:
    for module in pkgutil.walk_packages(models.__path__, f"{models.__name__}."):
        yield importlib.import_module(module.name)


def _declared(module: ModuleType) -> Iterator[type[Document]]:
    for _, found in inspect.getmembers(module, inspect.isclass):
        if issubclass(found, Document) and "__collection__" in vars(found):
            yield found


class _Listed(NamedTuple):
    """A collection's indexes by their names, with keys and options, and the keys of those still to come."""

    built: dict[str, Any]
    building: list[Keys]


async def _listed(rows: Rows) -> _Listed:
    listing = {"listIndexes": rows.name, "cursor": {}, "includeBuildUUIDs": True}
    try:
        found = (await rows.database.command(listing))["cursor"]["firstBatch"]
    except OperationFailure as refusal:
        if refusal.code != _NO_COLLECTION:
            raise
        return _Listed({}, [])
    ready = [each for each in found if "buildUUID" not in each]
    built = {each["name"]: {**each, "key": list(each["key"].items())} for each in ready}
    return _Listed(built, [list(each["spec"]["key"].items()) for each in found if "buildUUID" in each])


async def _built(rows: Rows, declared: Sequence[IndexModel]) -> dict[str, Any]:
    """The indexes that keep their rules, once none of those that are declared is being built any more.

    MongoDB 6.0.5 may say at once that one is there which another process has just begun to build: whoever
    then drops the one it replaces leaves a time in which nothing is unique.
    """
    while True:
        there, building = await _listed(rows)
        if not any(_keys(wanted) in building for wanted in declared):
            return there
        await asyncio.sleep(_AGAIN_AFTER)


async def _agree(rows: Rows, declared: Sequence[IndexModel]) -> None:
    there = await _built(rows, declared)
    missing = [_beside(wanted, there) for wanted in declared if found(wanted, there) is None]
    if missing:
        with contextlib.suppress(OperationFailure):  # of one of them: below it is found out of which
            await rows.create_indexes(missing)
        there = await _built(rows, declared)
    for wanted in declared:
        if found(wanted, there) is None:
            await settle(rows, wanted)
    await _drop_replaced(rows, declared)
    there = await _built(rows, declared)
    for stray in set(there) - {found(wanted, there) for wanted in declared} - _NOT_OURS:
        if stray in _RETIRED.get(rows.name, ()):
            await _drop(rows, stray)
            log.info("index_retired", extra={"collection": rows.name, "index": stray})
            continue
        log.warning("index_undeclared", extra={"collection": rows.name, "index": stray})


async def settle(rows: Rows, wanted: IndexModel) -> None:
    """Make one index what is declared; raises IndexRefused like create_indexes."""
    # More than once where another process built it meanwhile, and could not.
    for _ in range(_TRIES):
        if found(wanted, there := await _built(rows, [wanted])):
            break
        # MongoDB lets none stand beside it that differs in nothing but when records expire.
        if (timed := _first(wanted, there, _TIMELESS)) is not None:
            await _time(rows, timed, wanted)
            continue
        try:
            await rows.create_indexes([_beside(wanted, there)])
        except DuplicateKeyError as reason:
            raise _refused(rows, wanted) from reason
    await _drop_replaced(rows, [wanted])


def _beside(wanted: IndexModel, there: Mapping[str, Any]) -> IndexModel:
    """The index under a name that is free, also while an old one has the declared name."""
    name = wanted.document["name"]
    return _with(wanted, name=f"{name}_{_digest(wanted)}" if name in there else name)


def _digest(wanted: IndexModel) -> str:
    meant = [_keys(wanted), [wanted.document.get(option) for option in _OPTIONS]]
    return hashlib.blake2s(repr(meant).encode(), digest_size=4).hexdigest()


def _was(name: str, wanted: IndexModel) -> bool:
    """Whether a definition of this index had that name."""
    declared = wanted.document["name"]
    return name == declared or bool(re.fullmatch(f"{re.escape(declared)}_[0-9a-f]{{8}}", name))


async def _drop_replaced(rows: Rows, declared: Sequence[IndexModel]) -> None:
    there = await _built(rows, declared)
    standing = {found(wanted, there) for wanted in declared}
    for wanted in declared:
        if found(wanted, there) is None:
            continue
        for name in [each for each in there if _was(each, wanted) and each not in standing]:
            await _drop(rows, name)
            log.info("index_replaced", extra={"collection": rows.name, "index": name})


async def _time(rows: Rows, name: str, wanted: IndexModel) -> None:
    seconds = wanted.document.get("expireAfterSeconds")
    if seconds is None:
        # MongoDB has no other way back; what expires is never unique.
        await _drop(rows, name)
        return
    changed = {"name": name, "expireAfterSeconds": seconds}
    await rows.database.command("collMod", rows.name, index=changed)
    log.info("index_expiry_changed", extra={"collection": rows.name, "index": name})


async def _drop(rows: Rows, name: str) -> None:
    try:
        await rows.drop_index(name)
    except OperationFailure as refusal:
        if refusal.code != NOT_FOUND:  # another process of ours was faster
            raise


def _refused(rows: Rows, wanted: IndexModel) -> IndexRefused:
    fields = ", ".join(wanted.document["key"])
    return IndexRefused(
        f"Two records of {rows.name} have the same {fields}, which must be unique: "
        "remove or change one of them, then start again."
    )
