"""Whether the database has the indexes that the records declare."""

from models.registry import index_state
from services.doctor.contract import Case, Check, Finding, Mend, Section, Severity


class Indexes(Check):
    """Without one of them people wait, and what must be unique may come twice."""

    name = "indexes"
    section = Section.MACHINE
    finds = frozenset({"indexes_missing", "indexes_undeclared"})

    async def run(self, case: Case) -> list[Finding]:
        """Look at every collection."""
        state, found = await index_state(case.tools.db, case.tools.rules.kept), list[Finding]()
        if state.missing:
            values = {"names": state.missing}
            found.append(Finding("indexes_missing", Severity.WRONG, values, Mend.INDEXES))
        if state.undeclared:
            found.append(Finding("indexes_undeclared", Severity.HINT, {"names": state.undeclared}))
        return found


CHECK = Indexes()
