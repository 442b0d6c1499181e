"""How the shop is doing: one report a file, found by being there.

A file of this folder that defines `REPORT`, a `Report`, adds a report. The file owns its type, its title,
its question to the database and what is shown of the answer; nothing else has to change.
"""

import importlib
import pkgutil
from functools import cache

from models.required import required
from services.reports.contract import ReportType
from services.reports.report import AnyReport


@cache
def known_reports() -> dict[ReportType, AnyReport]:
    """Every report by its type, in the order of the types."""
    modules = [importlib.import_module(f"{__name__}.{info.name}") for info in pkgutil.iter_modules(__path__)]
    found: list[AnyReport] = [module.REPORT for module in modules if hasattr(module, "REPORT")]
    order = list(ReportType)
    return {report.type: report for report in sorted(found, key=lambda report: order.index(report.type))}


def report_of(name: str) -> AnyReport:
    """The report of this type; raises NotFound for a word that is none."""
    found = known_reports().get(ReportType(name)) if name in set(ReportType) else None
    return required(found, "report")
