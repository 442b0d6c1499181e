"""Whether the shop's keys to its partners, and the keys that it sells, can still be read."""

from models import troubles
from services.doctor.contract import Case, Check, Finding, Section, Severity
from services.key_pool import about
from services.vault import VaultShut

_SOLD = 200


class ProviderKeys(Check):
    """They cannot when the secret was changed and the old one not kept."""

    name = "provider_keys"
    section = Section.SHOP
    finds = frozenset({"keys_unreadable", "sold_keys_unreadable"})

    async def run(self, case: Case) -> list[Finding]:
        """Look whether everything that is sealed opens."""
        found = list[Finding]()
        views = await case.tools.providers.views(case.shop)
        shut = [view.name for view in views if view.configured and not view.readable]
        if shut:
            found.append(Finding("keys_unreadable", Severity.WRONG, {"providers": shut}))
        sold = await troubles.sealed_keys(case.tools.db, case.shop.id, _SOLD)
        products = dict.fromkeys(key.product_id for key in sold if not _opens(case, key))
        if products:
            names = await troubles.names_of(case.tools.db, case.shop.id, list(products))
            found.append(Finding("sold_keys_unreadable", Severity.WRONG, {"names": names}))
        return found


def _opens(case: Case, key: troubles.Sealed) -> bool:
    try:
        case.tools.vault.open(key.sealed, about=about(case.shop.id, key.product_id))
    except VaultShut:
        return False
    return True


CHECK = ProviderKeys()
