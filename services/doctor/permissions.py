"""Whether the bot is in the server and may do there what it was invited for."""

from models import troubles
from services.doctor.contract import Case, Check, Finding, Section, Severity


class Permissions(Check):
    """Without Manage Roles nothing that grants a role can be delivered; the others are per channel, too."""

    name = "permissions"
    section = Section.DISCORD
    finds = frozenset({"server_unseen", "roles_unmanaged", "permissions_missing"})

    async def run(self, case: Case) -> list[Finding]:
        """Look at what the bot lacks everywhere."""
        if not case.place.seen:
            return [Finding("server_unseen", Severity.WRONG)]
        found, lacks = list[Finding](), set(case.place.lacks)
        if "manage_roles" in lacks:
            uses = await troubles.roles_of_products(case.tools.db, case.shop.id)
            if any(use.granted for use in uses):
                lacks.remove("manage_roles")
                found.append(Finding("roles_unmanaged", Severity.WRONG))
        if lacks:
            found.append(Finding("permissions_missing", Severity.WARNING, {"permissions": sorted(lacks)}))
        return found


CHECK = Permissions()
