"""Whether customers can pay in every way that they are offered."""

from services.doctor.contract import Case, Check, Finding, Section, Severity
from services.payments import by_hand, processors


class Paying(Check):
    """A way that is switched on without its instructions is one that no customer sees."""

    name = "paying"
    section = Section.SHOP
    finds = frozenset({"paying_impossible", "method_unset", "method_currency", "method_down"})

    async def run(self, case: Case) -> list[Finding]:
        """Look at every way to pay."""
        methods, shop = case.tools.methods, case.shop
        able = {each.value for each in methods.available(shop)}
        down = {each.value for each in methods.down(shop)}
        found = list[Finding]()
        if not able and not down:
            found.append(Finding("paying_impossible", Severity.WRONG))
        for value in shop.config.enabled_payment_methods:
            if value in down:
                found.append(Finding("method_down", Severity.WARNING, {"method": value}, about=value))
            elif value in by_hand() and not methods.values_of(shop, value):
                found.append(Finding("method_unset", Severity.WRONG, {"method": value}, about=value))
            elif value not in able and (value in by_hand() or processors()[value].opens):
                values = {"method": value, "currency": shop.currency}
                found.append(Finding("method_currency", Severity.WARNING, values, about=value))
        return found


CHECK = Paying()
