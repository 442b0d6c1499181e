"""Whether every role that the shop names is there, and the bot can grant those that it has to."""

from collections.abc import Iterable, Sequence

from models import troubles
from models.troubles import RoleUse
from services.doctor.contract import Case, Check, Finding, Section, Severity
from services.doctor.place import RoleState

_UNGRANTABLE = {
    None: "granted_role_gone",
    RoleState.TOO_HIGH: "granted_role_too_high",
    RoleState.MANAGED: "granted_role_managed",
    RoleState.EVERYBODY: "granted_role_everybody",
    RoleState.RULING: "granted_role_guarded",
}


class Roles(Check):
    """A product whose role cannot be granted is sold and never delivered."""

    name = "roles"
    section = Section.DISCORD
    finds = frozenset(
        {*_UNGRANTABLE.values(), "required_role_gone", "discount_role_gone", "staff_role_gone", "staff_none"}
    )

    async def run(self, case: Case) -> list[Finding]:
        """Look at the roles of products, discounts and staff."""
        config, db = case.shop.config, case.tools.db
        found = list[Finding]()
        if not (config.admin_role_ids or config.staff_role_ids):
            found.append(Finding("staff_none", Severity.HINT))
        if not case.place.seen:
            return found
        products = await troubles.roles_of_products(db, case.shop.id)
        discounts = await troubles.roles_of_discounts(db, case.shop.id)
        found += _ungrantable(case, products)
        found += _gone(case, "required_role_gone", products)
        found += _gone(case, "discount_role_gone", discounts)
        staff = {*config.admin_role_ids, *config.staff_role_ids} - set(case.place.roles)
        if staff:
            found.append(Finding("staff_role_gone", Severity.WARNING, {"many": len(staff)}))
        return found


def _ungrantable(case: Case, products: Sequence[RoleUse]) -> Iterable[Finding]:
    named: dict[tuple[str, str], list[str]] = {}
    counter = case.shop.config.counter_role_ids & set(case.place.roles)
    for product in products:
        for role in product.granted:
            state = case.place.roles.get(role)
            code = _UNGRANTABLE.get(RoleState.RULING if role in counter else state)
            if code is not None:
                named.setdefault((code, role), []).append(product.name)
    for (code, role), names in named.items():
        yield Finding(code, Severity.WRONG, {"role": role, "names": names}, about=role)


def _gone(case: Case, code: str, uses: Sequence[RoleUse]) -> Iterable[Finding]:
    names = [use.name for use in uses if set(use.required) - set(case.place.roles)]
    if names:
        yield Finding(code, Severity.WARNING, {"names": names})


CHECK = Roles()
