"""A report as a file: CSV as spreadsheets read it, and JSON with the data dictionary's names."""

import csv
import io
import json
from collections.abc import Callable
from datetime import date
from typing import Any

from models.money import decimal_text
from services.cells import harmless
from services.reports.contract import Cell, Column, Unit, Word
from services.reports.desk import Shown

type Say = Callable[[str], str]


def _as_it_is(text: str) -> str:
    return text


def csv_of(shown: Shown, *, personal: bool = False, say: Say = _as_it_is) -> bytes:
    """The table in UTF-8 as spreadsheets read it; `say` translates our own words."""
    table = visible(shown, personal=personal, say=say).table
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([harmless(say(column.label)) for column in table.columns])
    for row in table.rows:
        cells = zip(table.columns, row, strict=True)
        writer.writerow([_written(column, cell, shown.currency, say) for column, cell in cells])
    return text.getvalue().encode("utf-8-sig")


def json_of(shown: Shown, *, personal: bool = False) -> bytes:
    """The result, with what it is about; amounts in minor units."""
    told: dict[str, Any] = {
        "reportType": shown.report.type,
        "period": {
            "from": shown.period.first.isoformat(),
            "to": shown.period.last.isoformat(),
            "timeZone": shown.period.zone,
        },
        "currency": shown.currency if shown.report.of_money else None,
        "computedAt": shown.at.isoformat(timespec="seconds"),
        "report": shown.payload(personal=personal),
    }
    return json.dumps(told, ensure_ascii=False, indent=2).encode()


def visible(shown: Shown, *, personal: bool, say: Say = _as_it_is) -> Shown:
    """The report; unless asked for, with Customer 1, Customer 2 instead of who somebody is."""
    return shown if personal else shown.masked(lambda place: f"{say('Customer')} {place}")


def _written(column: Column, cell: Cell, currency: str, say: Say) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, int | float):
        # A number is a number, also below zero.
        return decimal_text(int(cell), currency) if column.unit is Unit.MONEY else str(cell)
    if isinstance(cell, date):
        return cell.isoformat()
    return harmless(say(cell) if isinstance(cell, Word) else cell)
