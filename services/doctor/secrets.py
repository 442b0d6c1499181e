"""Whether the installation's secrets are hard to guess, and the old ones not needed any more."""

import asyncio
from collections.abc import Iterable

from models.data_import import DataImport
from models.digital_key import DigitalKey
from models.provider import Provider
from models.sealed import SEALED_PLACES, SealedRecord
from services.doctor.contract import Case, Check, Finding, Section, Severity
from services.vault import Vault

# So many are looked at in a moment; a shop that sells more keys is looked at in part.
_RECORDS = 20_000
_FILES = 20


class Secrets(Check):
    """A secret that is left out too early makes everything unreadable that it sealed."""

    name = "secrets"
    section = Section.MACHINE
    finds = frozenset({"secret_weak", "secret_old_provider", "secret_old_keys", "secret_old_others"})

    async def run(self, case: Case) -> list[Finding]:
        """Look at the secrets by what they sealed."""
        vault, found = case.tools.vault, list[Finding]()
        if vault.weak:
            found.append(Finding("secret_weak", Severity.WARNING))
        if not vault.rotating:
            return found
        stale = await _stale(case)
        if Provider in stale:
            stored = await Provider.all_of(case.tools.db, case.shop.id)
            names = [each.type for each in stored if _any_stale(vault, map(str, each.config.values()))]
            found.append(Finding("secret_old_provider", Severity.HINT, {"providers": sorted(names)}))
        if DigitalKey in stale:
            found.append(Finding("secret_old_keys", Severity.HINT))
        if stale - {Provider, DigitalKey}:
            found.append(Finding("secret_old_others", Severity.HINT))
        return found


async def _stale(case: Case) -> set[type]:
    """The kinds of records of this shop in which something is still under an old secret."""
    stale: set[type] = set()
    for place in SEALED_PLACES:
        limit = _FILES if place.document is DataImport else _RECORDS
        records = await place.of_tenant(case.tools.db, case.shop.id, limit)
        if await asyncio.to_thread(_any_record_stale, case.tools.vault, records):
            stale.add(place.document)
    return stale


def _any_record_stale(vault: Vault, records: list[SealedRecord]) -> bool:
    return any(_any_stale(vault, each.values.values()) for each in records)


def _any_stale(vault: Vault, values: Iterable[str]) -> bool:
    return any(vault.stale(value) for value in values)


CHECK = Secrets()
