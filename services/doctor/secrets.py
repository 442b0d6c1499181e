"""Whether the installation's secrets are hard to guess, and the old ones not needed any more."""

from models import troubles
from models.provider import Provider
from services.doctor.contract import Case, Check, Finding, Section, Severity

_KEYS = 200


class Secrets(Check):
    """A secret that is left out too early makes everything unreadable that it sealed."""

    name = "secrets"
    section = Section.MACHINE
    finds = frozenset({"secret_weak", "secret_old_provider", "secret_old_keys"})

    async def run(self, case: Case) -> list[Finding]:
        """Look at the secrets by what they sealed."""
        vault, found = case.tools.vault, list[Finding]()
        if vault.weak:
            found.append(Finding("secret_weak", Severity.WARNING))
        stored = await Provider.all_of(case.tools.db, case.shop.id)
        stale = [
            each.type
            for each in stored
            if each.is_active and any(vault.stale(str(value)) for value in each.config.values())
        ]
        if stale:
            found.append(Finding("secret_old_provider", Severity.HINT, {"providers": sorted(stale)}))
        keys = await troubles.sealed_keys(case.tools.db, case.shop.id, _KEYS)
        if any(vault.stale(key.sealed) for key in keys):
            found.append(Finding("secret_old_keys", Severity.HINT))
        return found


CHECK = Secrets()
