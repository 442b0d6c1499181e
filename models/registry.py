"""Every stored record of the house, found by being there, and the indexes they ask for."""

import importlib
import inspect
import logging
import pkgutil
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
OPTIONS_CONFLICT = 85
KEYS_CONFLICT = 86
NOT_FOUND = 27
_OPTIONS = ("unique", "partialFilterExpression", "expireAfterSeconds")
_NOT_OURS = {"_id_", SHARD_INDEX}
AS_DECLARED = Retention()

log = logging.getLogger(__name__)


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
    keys = list(wanted.document["key"].items())
    seconds = kept.expiries.get(f"{collection}.{keys[0][0]}")
    if "expireAfterSeconds" not in wanted.document or seconds is None:
        return wanted
    others = {name: value for name, value in wanted.document.items() if name != "key"}
    return IndexModel(keys, **{**others, "expireAfterSeconds": seconds})


async def create_indexes(
    db: Db, kept: Retention = AS_DECLARED, *, leaving: Collection[type[Document]] = ()
) -> None:
    """Make the database's indexes those that the records declare; safe to repeat and to run twice at once.

    A changed definition replaces the old one; one that nobody declared stays and is logged. Records of the
    kinds in `leaving` are left alone.
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
    """Which declared indexes are not there, or not as they are declared, and which ones nobody declares."""
    missing, undeclared = list[str](), list[str]()
    for document in all_documents():
        rows, declared = document.rows(db), indexes_of(document, kept)
        there = await rows.index_information()
        missing += [
            f"{rows.name}.{wanted.document['name']}"
            for wanted in declared
            if not _same(wanted, there.get(wanted.document["name"]))
        ]
        strays = set(there) - {wanted.document["name"] for wanted in declared} - _NOT_OURS
        undeclared += [f"{rows.name}.{stray}" for stray in sorted(strays)]
    return IndexState(missing, undeclared)


def _same(wanted: IndexModel, there: Mapping[str, Any] | None) -> bool:
    if there is None or list(wanted.document["key"].items()) != there["key"]:
        return False
    return all(wanted.document.get(option) == there.get(option) for option in _OPTIONS)


def _modules() -> Iterator[ModuleType]:
    for module in pkgutil.walk_packages(models.__path__, f"{models.__name__}."):
        yield importlib.import_module(module.name)


def _declared(module: ModuleType) -> Iterator[type[Document]]:
    for _, found in inspect.getmembers(module, inspect.isclass):
        if issubclass(found, Document) and "__collection__" in vars(found):
            yield found


async def _agree(rows: Rows, declared: Sequence[IndexModel]) -> None:
    try:
        await rows.create_indexes(declared)
    except OperationFailure:  # one of them: find out which
        for wanted in declared:
            await settle(rows, wanted)
    names = {wanted.document["name"] for wanted in declared}
    for stray in set(await rows.index_information()) - names - _NOT_OURS:
        if stray in _RETIRED.get(rows.name, ()):
            await _drop(rows, stray)
            log.info("index_retired", extra={"collection": rows.name, "index": stray})
            continue
        log.warning("index_undeclared", extra={"collection": rows.name, "index": stray})


async def settle(rows: Rows, wanted: IndexModel) -> None:
    """Make one index what is declared; raises IndexRefused like create_indexes."""
    try:
        await rows.create_indexes([wanted])
    except DuplicateKeyError as reason:
        raise _refused(rows, wanted) from reason
    except OperationFailure as refusal:
        if refusal.code not in (OPTIONS_CONFLICT, KEYS_CONFLICT):
            raise
        await _replace(rows, wanted)


async def _replace(rows: Rows, wanted: IndexModel) -> None:
    keys, there = list(wanted.document["key"].items()), await rows.index_information()
    if _expires_otherwise(wanted, there.get(wanted.document["name"])):
        changed = {
            "name": wanted.document["name"],
            "expireAfterSeconds": wanted.document["expireAfterSeconds"],
        }
        await rows.database.command("collMod", rows.name, index=changed)
        log.info("index_expiry_changed", extra={"collection": rows.name, "index": changed["name"]})
        return
    for name, existing in there.items():
        if name == wanted.document["name"] or existing["key"] == keys:
            await _drop(rows, name)
    try:
        await rows.create_indexes([wanted])
    except DuplicateKeyError as reason:
        raise _refused(rows, wanted) from reason
    log.info("index_replaced", extra={"collection": rows.name, "index": wanted.document["name"]})


def _expires_otherwise(wanted: IndexModel, there: Mapping[str, Any] | None) -> bool:
    """Whether only the time differs after which both let records expire."""
    if there is None or "expireAfterSeconds" not in there or "expireAfterSeconds" not in wanted.document:
        return False
    return _same(wanted, {**there, "expireAfterSeconds": wanted.document["expireAfterSeconds"]})


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
