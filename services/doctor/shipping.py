"""Whether what has to be sent can be sent."""

from models import troubles
from services.doctor.contract import Case, Check, Finding, Section, Severity
from services.partner import PartnerKind


class Shipping(Check):
    """Without a way to ship nothing that is sent can be bought; labels need a sender."""

    name = "shipping"
    section = Section.SHOP
    finds = frozenset({"shipping_none", "sender_none"})

    async def run(self, case: Case) -> list[Finding]:
        """Look at ways and sender."""
        config, found = case.shop.config, list[Finding]()
        if not config.shipping_types and await troubles.ships_anything(case.tools.db, case.shop.id):
            found.append(Finding("shipping_none", Severity.WRONG))
        if PartnerKind.SHIPPING.value in config.partners and config.ship_from is None:
            found.append(Finding("sender_none", Severity.WARNING))
        return found


CHECK = Shipping()
