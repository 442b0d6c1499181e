"""Whether the database takes transactions and gives up forgotten ones soon."""

from models import server
from services.doctor.contract import Case, Check, Finding, Section, Severity

_SLOW_SECONDS = 5


class Database(Check):
    """A server that takes none looks fine until the first order."""

    name = "database"
    section = Section.MACHINE
    finds = frozenset({"database_alone", "transactions_long", "operations_slow"})

    async def run(self, case: Case) -> list[Finding]:
        """Look at what the server tells of itself."""
        db, found = case.tools.db, list[Finding]()
        if not server.takes_transactions(await server.hello(db)):
            found.append(Finding("database_alone", Severity.WRONG))
        seconds = await server.transaction_seconds(db.client.admin.command)
        if seconds is not None and seconds > server.KIND_TRANSACTION_SECONDS:
            values = {"seconds": seconds, "better": server.KIND_TRANSACTION_SECONDS}
            found.append(Finding("transactions_long", Severity.HINT, values))
        if slow := await server.slow_operations(db, _SLOW_SECONDS):
            found.append(
                Finding("operations_slow", Severity.WARNING, {"many": slow, "seconds": _SLOW_SECONDS})
            )
        return found


CHECK = Database()
